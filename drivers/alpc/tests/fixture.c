// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port with its clients and servers, played by the one thread of a test.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "fixture.h"

#include <linux/mm.h>
#include <net/net_namespace.h>

#include "../connect.h"
#include "../deliver.h"
#include "../reply.h"
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
	alpc_port_get(f->port);
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
	for (a = f->actor; a < f->actor + f->actors; a++) {
		if (alpc_actor_got(a))
			alpc_actor_done(a);
		if (a->op.m && !a->op.sent)
			alpc_send_abort(&a->op);
	}
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
		.max_message = 512,
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
	test->priv = f;
	return kunit_add_action_or_reset(test, fixture_exit, f);
}

/**
 * alpc_fixture_conn() - a connection that is not announced
 * @f: fixture
 */
struct alpc_conn *alpc_fixture_conn(struct alpc_fixture *f)
{
	struct alpc_conn *conn;

	KUNIT_ASSERT_LT(f->test, f->conns, ALPC_FIXTURE_CONNS);
	conn = alpc_conn_alloc(f->port, ALPC_FIXTURE_MESSAGES,
			       ALPC_FIXTURE_BYTES);
	KUNIT_ASSERT_NOT_NULL(f->test, conn);
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
	void *answer;
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
 */
struct alpc_actor *alpc_actor(struct alpc_fixture *f, struct alpc_end *end)
{
	struct alpc_actor *a;

	KUNIT_ASSERT_LT(f->test, f->actors, ALPC_FIXTURE_ACTORS);
	a = &f->actor[f->actors++];
	a->op.end = end;
	a->op.x = &a->x;
	a->op.deadline.infinite = true;
	alpc_waiter_init(&a->op.w, U32_MAX);
	return a;
}

static int actor_commit(struct alpc_actor *a, int (*step)(struct alpc_op *op))
{
	struct alpc_op *op = &a->op;
	spinlock_t *lock = &op->end->port->lock;
	int ret;

	alpc_waiter_init(&op->w, a->x.recv.len);
	op->blocked = false;
	op->wake.task = NULL;
	rcu_read_lock();
	spin_lock(lock);
	ret = step(op);
	spin_unlock(lock);
	alpc_wake_flush(&op->wake);
	rcu_read_unlock();
	return ret;
}

static int actor_send_commit(struct alpc_actor *a)
{
	int ret = actor_commit(a, alpc_send_commit);

	if (!ret) {
		a->op.sent = true;
	} else if (ret != -EINPROGRESS) {
		alpc_send_abort(&a->op);
		a->op.m = NULL;
	}
	return ret;
}

/*
 * Nobody looks at the data, so none are read: the message only says how long it
 * is.
 */
static int actor_send(struct alpc_actor *a, u32 flags, u32 what, u64 id,
		      u32 len)
{
	int ret;

	a->x.flags = flags;
	a->x.send.flags = what;
	a->x.send.id = id;
	a->x.send.len = 0;
	a->x.recv.len = a->op.end->port->max_message;
	a->op.sent = false;
	a->op.call = NULL;
	ret = alpc_send_prepare(&a->op);
	if (ret)
		return ret;
	a->op.m->len = len;
	return actor_send_commit(a);
}

/**
 * alpc_actor_send() - send without waiting for a reply
 * @a: actor
 * @what: 0, %ALPC_SEND_REQUEST or %ALPC_SEND_CALLBACK
 * @id: request in which a callback is made, or 0
 * @len: bytes
 *
 * Return: 0, -EINPROGRESS if it waits for room, or an error.
 */
int alpc_actor_send(struct alpc_actor *a, u32 what, u64 id, u32 len)
{
	return actor_send(a, ALPC_TRANSFER_SEND, what, id, len);
}

/**
 * alpc_actor_call() - send and wait for the reply
 * @a: actor
 * @what: %ALPC_SEND_REQUEST or %ALPC_SEND_CALLBACK
 * @id: as for alpc_actor_send()
 * @len: bytes
 *
 * Return: 0 if it waits for the reply, -EINPROGRESS if for room, or an error.
 */
int alpc_actor_call(struct alpc_actor *a, u32 what, u64 id, u32 len)
{
	return actor_send(a, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, what, id,
			  len);
}

/**
 * alpc_actor_retry() - send what had to wait for room that is there now
 * @a: actor
 *
 * Return: as for alpc_actor_send().
 */
int alpc_actor_retry(struct alpc_actor *a)
{
	a->op.m->charged = true;
	return actor_send_commit(a);
}

/**
 * alpc_actor_reply() - answer a request
 * @a: actor
 * @id: request
 * @len: bytes
 *
 * Return: as &struct alpc_transfer says.
 */
int alpc_actor_reply(struct alpc_actor *a, u64 id, u32 len)
{
	struct alpc_op *op = &a->op;
	int ret;

	a->x.flags = ALPC_TRANSFER_SEND;
	a->x.send.flags = ALPC_SEND_REPLY;
	a->x.send.id = id;
	a->x.send.len = 0;
	ret = alpc_reply_prepare(op);
	if (ret)
		return ret;
	a->x.send.len = len;
	ret = actor_commit(a, alpc_reply_commit);
	if (ret) {
		kvfree(op->answer);
		op->answer = NULL;
		alpc_message_put(op->m);
	}
	op->m = NULL;
	return ret;
}

/**
 * alpc_actor_wait() - go on waiting for a call
 * @a: actor
 * @call: id of the call
 *
 * Return: 0 if there was something, -EINPROGRESS if it waits, or an error.
 */
int alpc_actor_wait(struct alpc_actor *a, u64 call)
{
	a->x.flags = ALPC_TRANSFER_WAIT;
	a->x.recv.call = call;
	return actor_commit(a, alpc_call_resume);
}

static int actor_receive(struct alpc_op *op)
{
	struct alpc_queue *q = op->end->inbox;
	int ret;

	ret = alpc_queue_take(q, op->w.room, &op->w.delivery, &op->wake);
	if (ret != -EAGAIN)
		return ret;
	hlist_add_head(&op->w.receiver, &q->receivers);
	return -EINPROGRESS;
}

/**
 * alpc_actor_receive() - take the first message, or wait for one
 * @a: actor
 * @room: bytes that it has room for
 *
 * Return: 0, -EINPROGRESS if it waits, or -EMSGSIZE.
 */
int alpc_actor_receive(struct alpc_actor *a, u32 room)
{
	a->x.recv.len = room;
	return actor_commit(a, actor_receive);
}

/**
 * alpc_actor_cancel() - give up waiting for the reply
 * @a: actor that calls
 */
void alpc_actor_cancel(struct alpc_actor *a)
{
	struct alpc_port *port = a->op.end->port;
	struct alpc_work work;

	alpc_work_begin(&work, port);
	alpc_call_cancel(a->op.call, &work);
	alpc_work_end(&work, port);
}

/**
 * alpc_actor_done() - the thread has copied out what it was handed
 * @a: actor that was handed something
 */
void alpc_actor_done(struct alpc_actor *a)
{
	alpc_deliver_done(&a->op.w.delivery);
	a->op.w.delivery.msg = NULL;
}

/**
 * alpc_actor_undo() - the thread could not copy out what it was handed
 * @a: actor that was handed something
 * @call: it was waiting for a call
 */
void alpc_actor_undo(struct alpc_actor *a, bool call)
{
	alpc_deliver_undo(a->op.end, &a->op.w.delivery, call);
	a->op.w.delivery.msg = NULL;
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

	if (list_empty(&end->inbox->messages))
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
