/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fixture: both ends of a connection in one process, step by step, and calls in
 * threads of their own.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_STEP_FIXTURE_H
#define ALPC_TESTS_STEP_FIXTURE_H

#include "harness.h"
#include "large.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

FIXTURE(step) {
	struct alpc_port *port;
	struct alpc_port *client;
	struct alpc_port *server;
	struct alpc_message *m;
	struct alpc_message *in;
};

FIXTURE_SETUP(step)
{
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_port_create(port_name(), NULL, &self->port));
	ASSERT_EQ(0, connect_here(self->port, 42, &self->client, &self->server));
	ASSERT_EQ(0, alpc_message_new(0, &self->in));
}

FIXTURE_TEARDOWN(step)
{
	alpc_port_close(self->client);
	alpc_port_close(self->server);
	alpc_port_close(self->port);
	/* After the ports: nothing of theirs is looked at. */
	alpc_message_free(self->in);
	alpc_message_free(self->m);
}

static char big[100000], other[100000];

/* A call with all of big, to which the reply is all of other. */
struct caller {
	struct alpc_port *port;
	pthread_t thread;
	int64_t timeout;
	int ret;
};

static inline void *call_big(void *arg)
{
	struct caller *c = arg;
	struct alpc_message *m;

	c->ret = alpc_message_new(sizeof(big), &m);
	if (!c->ret)
		c->ret = alpc_call(c->port, big, sizeof(big), m, c->timeout);
	if (!c->ret && (alpc_message_len(m) != sizeof(other) ||
			memcmp(other, alpc_message_data(m), sizeof(other))))
		c->ret = -EBADMSG;
	alpc_message_free(m);
	return NULL;
}

#endif /* ALPC_TESTS_STEP_FIXTURE_H */
