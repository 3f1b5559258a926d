/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port with its clients and servers, played by the one thread of a test.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_FIXTURE_H
#define ALPC_TESTS_FIXTURE_H

#include <kunit/test.h>

#include "../port.h"
#include "../transfer.h"

/**
 * DOC: Fixture
 *
 * Everything below the files works on objects, so the tests make the objects and
 * play all threads themselves. An &struct alpc_actor is a thread in a transfer:
 * it does the steps that alpc_transfer() does, but where a thread would sleep
 * the actor returns, and the test looks later at what it was given.
 *
 * All of this belongs to the fixture, which takes it down however the test ends.
 * So a test may give up at any line, except while it holds something that it got
 * past the fixture, such as a claimed request.
 */

/* Limits of the fixture's port, so low that a test can reach them. */
#define ALPC_FIXTURE_MESSAGES		4U
#define ALPC_FIXTURE_BYTES		1000U
#define ALPC_FIXTURE_CONNECTIONS	6U
#define ALPC_FIXTURE_PENDING		3U

/* Context of the connection that was made first; the next has one more. */
#define ALPC_FIXTURE_CONTEXT		0x1000ULL

#define ALPC_FIXTURE_CONNS		8
#define ALPC_FIXTURE_ACTORS		48

/**
 * struct alpc_actor - a thread in a transfer
 * @op: the transfer
 * @x: its argument
 */
struct alpc_actor {
	struct alpc_op op;
	struct alpc_transfer x;
};

/**
 * struct alpc_fixture - a connection port and what belongs to it
 * @test: the test
 * @port: the port; what is not closed of it is closed when the test ends
 * @conn: connections, with a reference each beside those of their ends
 * @conns: how many
 * @actor: threads
 * @actors: how many
 */
struct alpc_fixture {
	struct kunit *test;
	struct alpc_port *port;
	struct alpc_conn *conn[ALPC_FIXTURE_CONNS];
	unsigned int conns;
	struct alpc_actor actor[ALPC_FIXTURE_ACTORS];
	unsigned int actors;
};

int alpc_fixture_init(struct kunit *test);
struct alpc_conn *alpc_fixture_conn(struct alpc_fixture *f);
struct alpc_conn *alpc_fixture_ask(struct alpc_fixture *f);
int alpc_fixture_answer(struct alpc_fixture *f, u64 id, u32 flags, u64 context);
struct alpc_conn *alpc_fixture_connect(struct alpc_fixture *f);

struct alpc_actor *alpc_actor(struct alpc_fixture *f, struct alpc_end *end);
int alpc_actor_send(struct alpc_actor *a, u32 what, u64 id, u32 len);
int alpc_actor_call(struct alpc_actor *a, u32 what, u64 id, u32 len);
int alpc_actor_retry(struct alpc_actor *a);
int alpc_actor_reply(struct alpc_actor *a, u64 id, u32 len);
int alpc_actor_wait(struct alpc_actor *a, u64 call);
int alpc_actor_receive(struct alpc_actor *a, u32 room);
void alpc_actor_cancel(struct alpc_actor *a);
void alpc_actor_done(struct alpc_actor *a);
void alpc_actor_undo(struct alpc_actor *a, bool call);

/* What the thread was handed, or NULL. */
static inline const struct alpc_delivery *
alpc_actor_got(const struct alpc_actor *a)
{
	return a->op.w.delivery.msg ? &a->op.w.delivery : NULL;
}

/* How the thread's wait ended, or -EINPROGRESS if it goes on. */
static inline int alpc_actor_result(const struct alpc_actor *a)
{
	return alpc_waiter_is_done(&a->op.w) ? a->op.w.error : -EINPROGRESS;
}

/* Shorthands for actors that do one thing. */
struct alpc_actor *alpc_fixture_receive(struct alpc_fixture *f,
					struct alpc_end *end);
u16 alpc_fixture_next_type(struct alpc_fixture *f, struct alpc_end *end);
struct alpc_actor *alpc_fixture_call(struct alpc_fixture *f,
				     struct alpc_end *end);
void alpc_fixture_datagram(struct alpc_fixture *f, struct alpc_end *end,
			   u32 len);

#endif /* ALPC_TESTS_FIXTURE_H */
