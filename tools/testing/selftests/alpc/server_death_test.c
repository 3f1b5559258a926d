// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a server: killed while its clients wait for it in every way that
 * there is. None of them stays behind, and the name is free.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"

/* How many messages fit into the queue of the port. */
enum { QUEUE = 4 };

/* What the server does before it is killed. */
enum server_state {
	ACCEPTS,	/* the client's connection, and no more */
	TAKES,		/* and receives a request */
	CALLS_BACK,	/* and calls back inside it */
	REPLIES,	/* or answers it, and sends a datagram */
};

FIXTURE(server)
{
	const char *name;
	struct child child;
	int client;
	struct transfer_worker caller;
	char in[16], buf[64];
};

FIXTURE_SETUP(server)
{
	self->name = unique_name();
}

FIXTURE_TEARDOWN(server)
{
	close_fd(&self->client);
}

static void server_lives(struct child *child, const char *name, enum server_state state)
{
	const struct alpc_create_port options = { .queue_messages = QUEUE };
	struct alpc_create_port create = create_args(name);
	struct alpc_msg msg;
	int port, server;
	char buf[64];

	create.queue_messages = options.queue_messages;
	port = alpc_create_with(&create);
	if (port < 0 || child_signal(child) || alpc_receive(port, &msg, buf, sizeof(buf)))
		_exit(1);
	server = alpc_accept_id(port, msg.id, 1);
	if (server < 0)
		_exit(1);
	if (state != ACCEPTS && alpc_receive(port, &msg, buf, sizeof(buf)))
		_exit(1);
	if (state == REPLIES &&
	    (alpc_reply(port, msg.id, "reply", 5) || alpc_send(server, "datagram", 8)))
		_exit(1);
	child_signal(child);
	if (state == CALLS_BACK)
		alpc_callback(port, msg.id, "callback", 8, &msg, buf, sizeof(buf));
	child_wait(child);
	_exit(1);
}

/* Start a server in a process, and connect to it. */
#define START_SERVER(self, state) do { \
	ASSERT_LE(0, child_start(&(self)->child)); \
	if (!(self)->child.pid) \
		server_lives(&(self)->child, (self)->name, state); \
	ASSERT_EQ(0, child_wait(&(self)->child)); \
	(self)->client = alpc_connect_to((self)->name); \
	ASSERT_LE(0, (self)->client); \
} while (0)

#define START_CALL(self) do { \
	transfer_init(&(self)->caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(&(self)->caller.transfer, ALPC_SEND_REQUEST, 0, "call", 4); \
	transfer_receive(&(self)->caller.transfer, (self)->in, sizeof((self)->in)); \
	ASSERT_EQ(0, worker_transfer(&(self)->caller, (self)->client)); \
} while (0)

/* Everything that can be done with the client's port fails at once. */
#define EXPECT_DEAD(self) do { \
	struct alpc_port_info __info; \
	struct alpc_msg __msg; \
	int __again; \
\
	EXPECT_EQ(-EPIPE, alpc_receive((self)->client, &__msg, (self)->buf, 16)); \
	EXPECT_EQ(-EPIPE, alpc_receive_nowait((self)->client, &__msg, (self)->buf, 16)); \
	EXPECT_EQ(-EPIPE, alpc_send((self)->client, "x", 1)); \
	EXPECT_EQ(-EPIPE, alpc_request_async((self)->client, "x", 1, 0, 0, NULL)); \
	EXPECT_EQ(-EPIPE, alpc_call((self)->client, "x", 1, &__msg, (self)->buf, 16)); \
	EXPECT_EQ(-EPIPE, alpc_notify_exit((self)->client, 1)); \
	EXPECT_EQ(-EPIPE, alpc_disconnect((self)->client)); \
	EXPECT_EQ(0, alpc_info((self)->client, &__info)); \
	EXPECT_EQ(ALPC_STATE_CLOSED, __info.out_state); \
	EXPECT_EQ(-ENOENT, alpc_connect_to((self)->name)); \
	__again = alpc_create((self)->name); \
	EXPECT_LE(0, __again); \
	close(__again); \
} while (0)

TEST_F(server, abuse_18_killed_while_idle)
{
	START_SERVER(self, ACCEPTS);
	ASSERT_EQ(0, child_wait(&self->child));
	child_kill(&self->child);
	EXPECT_DEAD(self);
}

TEST_F(server, abuse_18_killed_while_a_call_is_queued)
{
	START_SERVER(self, ACCEPTS);
	START_CALL(self);
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	child_kill(&self->child);
	EXPECT_EQ(-EPIPE, worker_join(&self->caller.worker));
	EXPECT_EQ(0, self->caller.transfer.out_done & ALPC_DONE_RECEIVED);
	EXPECT_DEAD(self);
}

TEST_F(server, abuse_18_killed_while_it_handles_a_call)
{
	START_SERVER(self, TAKES);
	START_CALL(self);
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	child_kill(&self->child);
	EXPECT_EQ(-EPIPE, worker_join(&self->caller.worker));
	EXPECT_DEAD(self);
}

TEST_F(server, abuse_18_killed_while_an_asynchronous_request_is_unanswered)
{
	struct alpc_msg msg;
	int err;

	START_SERVER(self, TAKES);
	ASSERT_EQ(0, alpc_request_async(self->client, "queued", 6, 1, 0, NULL));
	ASSERT_EQ(0, alpc_request_async(self->client, "taken", 5, 2, 0, NULL));
	ASSERT_EQ(0, child_wait(&self->child));
	transfer_init(&self->caller.transfer, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&self->caller.transfer, self->in, sizeof(self->in));
	ASSERT_EQ(0, worker_transfer(&self->caller, self->client));
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	child_kill(&self->child);
	EXPECT_EQ(-EPIPE, worker_join(&self->caller.worker));
	err = alpc_receive_nowait(self->client, &msg, self->buf, sizeof(self->buf));
	EXPECT_EQ(-EPIPE, err);
	EXPECT_QUIET(self->client);
	EXPECT_DEAD(self);
}

TEST_F(server, abuse_18_killed_while_a_sender_waits_for_room)
{
	struct transfer_worker second;
	int i;

	START_SERVER(self, ACCEPTS);
	ASSERT_EQ(0, child_wait(&self->child));
	for (i = 0; i < QUEUE; i++)
		ASSERT_EQ(0, alpc_send(self->client, "x", 1));
	ASSERT_EQ(-EAGAIN, alpc_send_nowait(self->client, "x", 1));
	transfer_init(&second.transfer, ALPC_TRANSFER_SEND);
	transfer_send(&second.transfer, 0, 0, "x", 1);
	ASSERT_EQ(0, worker_transfer(&second, self->client));
	START_CALL(self);
	ASSERT_EQ(0, worker_blocked(&second.worker));
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	child_kill(&self->child);
	EXPECT_EQ(-EPIPE, worker_join(&second.worker));
	EXPECT_EQ(0, second.transfer.out_done);
	EXPECT_EQ(-EPIPE, worker_join(&self->caller.worker));
	EXPECT_EQ(0, self->caller.transfer.out_done);
	EXPECT_DEAD(self);
}

/* What it had sent is received; then there is nothing to wait for. */
TEST_F(server, abuse_18_killed_after_it_replied)
{
	struct alpc_msg msg;

	START_SERVER(self, REPLIES);
	ASSERT_EQ(0, alpc_request_async(self->client, "q", 1, 33, 0, NULL));
	ASSERT_EQ(0, child_wait(&self->child));
	child_kill(&self->child);
	TAKE(ALPC_REPLY, self->client, &msg, self->buf);
	EXPECT_EQ(33, msg.cookie);
	EXPECT_EQ(self->child.pid, msg.pid);
	EXPECT_EQ(0, memcmp(self->buf, "reply", 5));
	TAKE(ALPC_DATAGRAM, self->client, &msg, self->buf);
	EXPECT_EQ(0, memcmp(self->buf, "datagram", 8));
	EXPECT_DEAD(self);
}

TEST_F(server, abuse_18_killed_while_it_calls_back)
{
	struct alpc_transfer t;
	struct alpc_msg msg;
	int err;

	START_SERVER(self, CALLS_BACK);
	START_CALL(self);
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, worker_join(&self->caller.worker));
	msg = self->caller.transfer.recv;
	ASSERT_EQ(ALPC_REQUEST, msg.type);
	ASSERT_EQ(ALPC_MSG_CALLBACK, msg.flags);
	ASSERT_EQ(0, client_blocked(&self->child));
	child_kill(&self->child);

	/* Neither the answer nor waiting on has anybody to go to. */
	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REPLY, msg.id, "answer", 6);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	t.recv.call = msg.call;
	err = alpc_transfer(self->client, &t);
	EXPECT_TRUE(err == -ECANCELED || err == -EPIPE);
	EXPECT_EQ(0, t.out_done & (ALPC_DONE_SENT | ALPC_DONE_RECEIVED));
	transfer_init(&t, ALPC_TRANSFER_WAIT);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	t.recv.call = msg.call;
	EXPECT_EQ(-EPIPE, alpc_transfer(self->client, &t));
	EXPECT_DEAD(self);
}

/* --- pending connections -------------------------------------------------- */

/* Connects which the server has received, and not received; sync and async. */
TEST_F(server, abuse_18_killed_while_clients_connect)
{
	struct connect_worker connector[2];
	struct alpc_msg msg;
	int async[2], i;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		int port = alpc_create(self->name);

		child_signal(&self->child);
		for (i = 0; i < 2; i++)
			alpc_receive(port, &msg, self->buf, sizeof(self->buf));
		child_signal(&self->child);
		child_wait(&self->child);
		_exit(1);
	}
	self->client = -1;
	ASSERT_EQ(0, child_wait(&self->child));
	for (i = 0; i < 2; i++) {
		connector[i].connect = connect_args(self->name);
		ASSERT_EQ(0, worker_connect(&connector[i]));
		ASSERT_EQ(0, worker_blocked(&connector[i].worker));
		async[i] = alpc_connect_async(self->name);
		ASSERT_LE(0, async[i]);
		if (!i)
			ASSERT_EQ(0, child_wait(&self->child));
	}
	child_kill(&self->child);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-ECONNRESET, worker_join(&connector[i].worker));
		EXPECT_EQ(-ECONNRESET, alpc_receive(async[i], &msg, self->buf,
						    sizeof(self->buf)));
		EXPECT_EQ(-ECONNRESET, alpc_receive_nowait(async[i], &msg, self->buf,
							   sizeof(self->buf)));
		close(async[i]);
	}
	EXPECT_EQ(-ENOENT, alpc_connect_to(self->name));
}

/* --- threads of a server -------------------------------------------------- */

static int receive_one(void *arg)
{
	struct transfer_worker *worker = arg;

	return alpc_transfer(worker->fd, &worker->transfer);
}

/* A request belongs to the port; the thread that received it may end. */
TEST_F(server, abuse_25_thread_ends_and_another_replies)
{
	struct transfer_worker receiver;
	struct pair pair;
	struct alpc_msg msg;

	self->client = -1;
	ASSERT_EQ(0, pair_open(&pair, NULL));
	ASSERT_EQ(0, alpc_request_async(pair.client, "q", 1, 4, 0, NULL));
	transfer_init(&receiver.transfer, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&receiver.transfer, self->in, sizeof(self->in));
	receiver.fd = pair.port;
	ASSERT_EQ(0, worker_start(&receiver.worker, receive_one, &receiver));
	ASSERT_EQ(0, worker_join(&receiver.worker));
	EXPECT_EQ(1, alpc_unanswered(pair.port));
	ASSERT_EQ(0, alpc_reply(pair.port, receiver.transfer.recv.id, "r", 1));
	TAKE(ALPC_REPLY, pair.client, &msg, self->buf);
	EXPECT_EQ(4, msg.cookie);
	pair_close(&pair);
}

/* The same with processes: one of two that share the port is killed. */
TEST_F(server, abuse_25_process_dies_and_another_replies)
{
	struct alpc_msg msg;
	struct pair pair;
	__u64 id;

	self->client = -1;
	ASSERT_EQ(0, pair_open(&pair, NULL));
	ASSERT_EQ(0, alpc_request_async(pair.client, "q", 1, 4, 0, NULL));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		if (alpc_receive(pair.port, &msg, self->buf, sizeof(self->buf)))
			_exit(1);
		child_put(&self->child, &msg.id, sizeof(msg.id));
		child_wait(&self->child);
		_exit(1);
	}
	ASSERT_EQ(0, child_get(&self->child, &id, sizeof(id)));
	child_kill(&self->child);
	EXPECT_EQ(1, alpc_unanswered(pair.port));
	ASSERT_EQ(0, alpc_reply(pair.port, id, "r", 1));
	TAKE(ALPC_REPLY, pair.client, &msg, self->buf);
	pair_close(&pair);
}

TEST_HARNESS_MAIN
