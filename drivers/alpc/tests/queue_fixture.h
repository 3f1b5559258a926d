/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about the queue of a connection port share.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_QUEUE_FIXTURE_H
#define ALPC_TESTS_QUEUE_FIXTURE_H

#include "fixture.h"

/* Who sends to it. */
static inline struct alpc_end *client(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return &f->conn[0]->client;
}

static inline struct alpc_queue *queue(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return &f->port->queue;
}

/* A thread that waits for a message. */
static inline struct alpc_actor *receiver(struct kunit *test, u32 room)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_actor(f, &f->port->end);

	KUNIT_ASSERT_EQ(test, alpc_actor_receive(a, room), -EINPROGRESS);
	return a;
}

#endif /* ALPC_TESTS_QUEUE_FIXTURE_H */
