/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of quick calls share: a server in a process of its own, and calls
 * whose replies are checked.
 *
 * Functions that return int return 0 or a negative errno value.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_QUICK_WORLD_H
#define ALPC_TESTS_QUICK_WORLD_H

#include <alpc/alpc.h>

#include <stdatomic.h>

#define FOR_EVER	ALPC_SEC(60)	/* in vain: the test fails, not hangs */

/* What to do with a request. */
enum {
	ECHO,		/* the same back */
	REPLY,		/* @reply bytes of a pattern */
	LATER,		/* so, from another thread, and once more, which fails */
	UNWILLING,	/* @reply bytes, but not to a quick request */
	WHO,		/* struct who */
	PIPE,		/* @reply bytes and a descriptor */
	HANG,		/* @reply bytes when the test says so */
	BYE,		/* no reply, and no connection any more */
};

struct order {
	uint32_t what;
	uint32_t reply;
	uint32_t seed;
};

/* Who a handler was told the caller is. */
struct who {
	pid_t pid;
	pid_t credentials_pid;
	uid_t uid;
	bool named;		/* the kernel knows the request by its id */
};

/* Written by the server, read by everybody; in shared memory. */
struct world {
	atomic_uint handled;	/* requests that handlers have been given */
	atomic_uint quick;	/* those of them that were quick */
	atomic_uint closed;	/* clients */
	atomic_uint mistakes;
	atomic_uint hanging;	/* handlers that have begun to hang */
	atomic_uint released;	/* those of them that need not any more */
};

extern struct world *world;

/*
 * On one CPU nothing is quick, and where threads stay is up to the scheduler: servers
 * on CPU 1, tests on CPU 0.
 */
int world_pin(int cpu);

/* For alpc_port_create() and alpc_port_connect(). */
const char *world_name(void);

/*
 * A server in a process of its own, on a CPU of its own. @flags: of struct
 * alpc_server_options. Gives its pid, or -1.
 */
pid_t world_start(unsigned int flags, unsigned int threads);

/* For alpc_quick_open(): as patient as can be, since a guest takes its time. */
extern const struct alpc_quick_options world_options;

/* Have it stop; gives its status, as of waitpid(2). */
int world_stop(pid_t pid);

/* Call with an order of @len bytes, which must be enough for one, and check the reply. */
int quick_order(struct alpc_quick_calls *quick, uint32_t what, size_t len,
		size_t reply, struct alpc_message *m, int64_t timeout);

/* The same as an ordinary call. */
int plain_order(struct alpc_port *port, uint32_t what, size_t len, size_t reply,
		struct alpc_message *m);

/* Call until a call was quick: the server has handled it as one. */
int until_quick(struct alpc_quick_calls *quick, uint32_t what, size_t len,
		size_t reply, struct alpc_message *m);

#endif /* ALPC_TESTS_QUICK_WORLD_H */
