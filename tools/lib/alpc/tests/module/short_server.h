/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that does everything that the tests over the real module ask for.
 *
 * Requests: "echo...": the same back. "long": LIMIT bytes. "ask": the answer
 * to a callback "?" (or what went wrong with it) comes back; "deep": so, to a
 * callback "!", which is answered after a callback of its own. "call": the
 * server calls the client, and that reply comes back. "later": another thread
 * replies. "wait": not answered until it is cancelled. "bye": nothing to reply.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_SHORT_SERVER_H
#define ALPC_TESTS_SHORT_SERVER_H

#include <alpc/alpc.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define LIMIT		8192U		/* longest message of its port */
#define FOR_EVER	ALPC_SEC(30)	/* in vain: the test fails, not hangs */

/* What it is and what it has done. */
struct served {
	struct alpc_port *port;
	struct alpc_server *server;
	pthread_t thread;
	int result;
	atomic_uint accepted, connected, closed, canceled, died, unanswered;
	atomic_uint waiting;
	atomic_uint datagrams, mistakes;
	atomic_int callback_result;
};

extern struct served served;
extern const struct alpc_server_ops served_ops;

/* The thread that runs served.server; the argument is how many threads it has. */
void *serve(void *threads);

/* Is this what the message says? */
bool is(const struct alpc_message *m, const char *text);

#endif /* ALPC_TESTS_SHORT_SERVER_H */
