// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port with its clients and servers, played by the one thread of a test.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "fixture.h"

#include <net/net_namespace.h>

#include "../connect.h"
#include "../shutdown.h"

static void fixture_close_all(struct alpc_fixture *f)
{
	struct alpc_conn *conn;
	unsigned int i;

	for (i = 0; i < f->conns; i++) {
		conn = f->conn[i];
		if (conn->accepted && !conn->server.released)
			alpc_end_release(&conn->server);
		if (!conn->client.released)
			alpc_end_release(&conn->client);
	}
	if (!f->port->closed)
		alpc_end_release(&f->port->end);
}

static void fixture_exit(void *data)
{
	struct alpc_fixture *f = data;
	struct alpc_actor *a;

	/* Threads that wait hold the file, so nothing is freed below them. */
	alpc_receive_switch(&f->port->end, false);
	fixture_close_all(f);
	for (a = f->actor; a < f->actor + f->actors; a++)
		alpc_actor_drop(a);
	while (f->conns)
		alpc_conn_put(f->conn[--f->conns]);
	alpc_port_put(f->port);
}

/**
 * alpc_fixture_init() - make a connection port, as the init of a suite
 * @test: test, whose priv becomes the &struct alpc_fixture
 *
 * Return: 0 or a negative errno.
 */
int alpc_fixture_init(struct kunit *test)
{
	static const struct alpc_port_limits limits = {
		.max_message = ALPC_FIXTURE_MESSAGE,
		.queue_messages = ALPC_FIXTURE_MESSAGES,
		.max_connections = ALPC_FIXTURE_CONNECTIONS,
		.max_pending = ALPC_FIXTURE_PENDING,
		.queue_bytes = ALPC_FIXTURE_BYTES,
	};
	struct alpc_fixture *f;

	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	f->test = test;
	f->port = alpc_port_alloc(&init_net, &limits);
	if (IS_ERR(f->port))
		return PTR_ERR(f->port);
	/* One reference is the file's, and one ours. */
	alpc_port_get(f->port);
	test->priv = f;
	return kunit_add_action_or_reset(test, fixture_exit, f);
}

/**
 * alpc_fixture_init_connected() - the same with a connection, which is open
 * @test: likewise
 *
 * Return: 0 or a negative errno.
 */
int alpc_fixture_init_connected(struct kunit *test)
{
	int ret = alpc_fixture_init(test);

	if (!ret)
		alpc_fixture_connect(test->priv);
	return ret;
}

/**
 * alpc_fixture_conn() - a connection that is not announced
 * @f: fixture
 */
struct alpc_conn *alpc_fixture_conn(struct alpc_fixture *f)
{
	static const struct alpc_conn_options options = {
		.queue_messages = ALPC_FIXTURE_MESSAGES,
		.queue_bytes = ALPC_FIXTURE_BYTES,
		.level = ALPC_LEVEL_IDENTIFICATION,
	};
	struct alpc_conn *conn;

	KUNIT_ASSERT_LT(f->test, f->conns, ALPC_FIXTURE_CONNS);
	conn = alpc_conn_alloc(f->port, &options);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(f->test, conn);
	f->conn[f->conns++] = alpc_conn_get(conn);
	return conn;
}

/**
 * alpc_fixture_ask() - a connection whose request waits at the port
 * @f: fixture
 */
struct alpc_conn *alpc_fixture_ask(struct alpc_fixture *f)
{
	const struct alpc_connect arg = { .flags = ALPC_CONNECT_ASYNC };
	struct alpc_conn *conn = alpc_fixture_conn(f);
	struct alpc_delivery d;

	KUNIT_ASSERT_EQ(f->test, alpc_connect(conn, &arg, &d), 0);
	return conn;
}

/**
 * alpc_fixture_answer() - accept or refuse, without data
 * @f: fixture
 * @id: connection request
 * @flags: ALPC_ACCEPT_*
 * @context: for the connection
 *
 * Return: as &struct alpc_accept says.
 */
int alpc_fixture_answer(struct alpc_fixture *f, u64 id, u32 flags, u64 context)
{
	const struct alpc_accept arg = {
		.flags = flags,
		.id = id,
		.context = context,
	};
	struct alpc_message *m;
	struct alpc_conn *conn;
	struct alpc_answer *answer;
	int ret;

	conn = alpc_accept_begin(&f->port->end, &arg, &m, &answer);
	if (IS_ERR(conn))
		return PTR_ERR(conn);
	ret = alpc_accept_commit(conn, &arg, m, answer);
	/* The server's port, which does not exist otherwise, has it. */
	if (ret || (flags & ALPC_ACCEPT_REFUSE))
		alpc_conn_put(conn);
	return ret;
}

/**
 * alpc_fixture_connect() - a connection that both ends know to be open
 * @f: fixture, with nothing in its queue
 */
struct alpc_conn *alpc_fixture_connect(struct alpc_fixture *f)
{
	u64 context = ALPC_FIXTURE_CONTEXT + f->conns;
	struct alpc_conn *conn = alpc_fixture_ask(f);
	struct alpc_actor *a;

	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_ASSERT_EQ(f->test, alpc_actor_got(a)->type,
			ALPC_CONNECTION_REQUEST);
	KUNIT_ASSERT_EQ(f->test,
			alpc_fixture_answer(f, alpc_actor_got(a)->id, 0,
					    context), 0);
	alpc_actor_done(a);
	KUNIT_ASSERT_EQ(f->test, alpc_fixture_next_type(f, &conn->client),
			ALPC_CONNECTION_REPLY);
	return conn;
}

/**
 * alpc_actor() - a thread that uses a port
 * @f: fixture
 * @end: port
 *
 * Return: the thread, which the fixture takes down.
 */
struct alpc_actor *alpc_actor(struct alpc_fixture *f, struct alpc_end *end)
{
	struct alpc_actor *a;

	KUNIT_ASSERT_LT(f->test, f->actors, ALPC_FIXTURE_ACTORS);
	a = &f->actor[f->actors++];
	alpc_actor_init(a, end);
	return a;
}

/**
 * alpc_fixture_receive() - the next message of a port, which must be there
 * @f: fixture
 * @end: port
 *
 * Return: the actor that has it.
 */
struct alpc_actor *alpc_fixture_receive(struct alpc_fixture *f,
					struct alpc_end *end)
{
	struct alpc_actor *a = alpc_actor(f, end);

	KUNIT_ASSERT_EQ(f->test, alpc_actor_receive(a, U32_MAX), 0);
	return a;
}

/**
 * alpc_fixture_next_type() - receive the next message of a port, and be done
 * @f: fixture
 * @end: port
 *
 * Return: its type, or 0 if there was none.
 */
u16 alpc_fixture_next_type(struct alpc_fixture *f, struct alpc_end *end)
{
	struct alpc_actor *a;
	u16 type;

	if (list_empty(&alpc_end_inbox(end)->ready))
		return 0;
	a = alpc_fixture_receive(f, end);
	type = alpc_actor_got(a)->type;
	alpc_actor_done(a);
	return type;
}

/**
 * alpc_fixture_call() - a thread that calls and waits for the reply
 * @f: fixture
 * @end: port with room at its other end
 */
struct alpc_actor *alpc_fixture_call(struct alpc_fixture *f,
				     struct alpc_end *end)
{
	struct alpc_actor *a = alpc_actor(f, end);

	KUNIT_ASSERT_EQ(f->test, alpc_actor_call(a, ALPC_SEND_REQUEST, 0, 8),
			0);
	return a;
}

/**
 * alpc_fixture_datagram() - send a datagram
 * @f: fixture
 * @end: port with room at its other end
 * @len: bytes
 */
void alpc_fixture_datagram(struct alpc_fixture *f, struct alpc_end *end,
			   u32 len)
{
	KUNIT_ASSERT_EQ(f->test,
			alpc_actor_send(alpc_actor(f, end), 0, 0, len), 0);
}

/**
 * alpc_fixture_played_call() - a call that the server has received
 * @f: fixture with a connection, and with nothing in its queue
 *
 * Return: who takes part in it.
 */
struct alpc_played_call alpc_fixture_played_call(struct alpc_fixture *f)
{
	struct alpc_played_call c = { .f = f, .conn = f->conn[0] };

	c.client = alpc_fixture_call(f, &c.conn->client);
	c.out_id = c.client->x.out_id;
	c.server = alpc_fixture_receive(f, &f->port->end);
	c.id = alpc_actor_got(c.server)->id;
	alpc_actor_done(c.server);
	return c;
}

/**
 * alpc_fixture_call_back() - the thread that has received a call calls back
 * @c: call, and no callback inside it
 */
void alpc_fixture_call_back(struct alpc_played_call *c)
{
	KUNIT_ASSERT_EQ(c->f->test,
			alpc_actor_call(c->server, ALPC_SEND_CALLBACK, c->id,
					8), 0);
}

/**
 * alpc_fixture_expect_empty() - nothing waits at the server, and all room is free
 * @test: test with a fixture
 */
void alpc_fixture_expect_empty(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_queue *q = &f->port->queue;

	KUNIT_EXPECT_TRUE(test, list_empty(&q->ready));
	KUNIT_EXPECT_EQ(test, q->length, 0);
	KUNIT_EXPECT_EQ(test, q->size, 0);
	KUNIT_EXPECT_EQ(test, q->count, 0);
	KUNIT_EXPECT_EQ(test, q->bytes, 0);
	KUNIT_EXPECT_EQ(test, q->pending.count, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&q->detached));
}
