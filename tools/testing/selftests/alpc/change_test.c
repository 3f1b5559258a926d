// SPDX-License-Identifier: GPL-2.0-only
/*
 * Noticing that a connection is used by somebody else than before.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_nowhere.h"
#include "alpc_thread.h"

#define ALICE		1001

FIXTURE(change)
{
	struct pair pair;
	struct alpc_msg msg;
	struct alpc_identity who;
	char buf[64];
};

FIXTURE_SETUP(change)
{
	struct alpc_create_port create = create_args(unique_name());

	create.flags = ALPC_PORT_NOTE_IDENTITY;
	ASSERT_EQ(0, pair_open(&self->pair, &create));
}

FIXTURE_TEARDOWN(change)
{
	pair_close(&self->pair);
}

static int send_one(void *arg)
{
	struct pair *pair = arg;

	return alpc_send(pair->client, NULL, 0);
}

#define EXPECT_CHANGED(yes, count) do { \
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf); \
	EXPECT_EQ((yes) ? ALPC_MSG_IDENTITY : 0, self->msg.flags); \
	ASSERT_EQ(0, alpc_identity(self->pair.server, 0, &self->who, NULL, 0)); \
	EXPECT_EQ(count, self->who.out_changes); \
} while (0)

TEST_F(change, abuse_43_is_told_with_the_first_message_of_somebody_else)
{
	struct worker worker;

	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(false, 0);
	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(true, 1);
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(false, 1);
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(true, 2);
	/* Another thread, and the first one again. */
	ASSERT_EQ(0, worker_start(&worker, send_one, &self->pair));
	ASSERT_EQ(0, worker_join(&worker));
	EXPECT_CHANGED(true, 3);
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(true, 4);
}

TEST_F(change, abuse_43_of_what_was_received_twice_is_told_twice)
{
	struct alpc_attrs attrs = { .identity = address(&self->who) };
	struct alpc_transfer t;

	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, alpc_send(self->pair.client, "long", 4));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	transfer_init(&t, ALPC_TRANSFER_RECEIVE);
	t.recv.data = 8;
	t.recv.len = 8;
	EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.port, &t));
	memset(&self->who, 0, sizeof(self->who));
	self->who.size = sizeof(self->who);
	transfer_init(&t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	t.recv.attrs = address(&attrs);
	t.recv.attrs_len = sizeof(attrs);
	ASSERT_EQ(0, alpc_transfer(self->pair.port, &t));
	EXPECT_EQ(ALPC_MSG_IDENTITY, t.recv.flags);
	EXPECT_EQ(1, self->who.out_changes);
	EXPECT_CHANGED(true, 2);
}

/* Who withdraws the first of what it sends is told of with the next. */
TEST_F(change, abuse_43_is_told_although_a_request_was_cancelled)
{
	__u64 id;

	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, NULL, 0, 0, 0, &id));
	ASSERT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel(self->pair.client, id));
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(true, 2);
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(false, 2);
	/* That it was told of is not forgotten. */
	ASSERT_EQ(0, alpc_request_async(self->pair.client, NULL, 0, 0, 0, &id));
	ASSERT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel(self->pair.client, id));
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(false, 2);
}

TEST_F(change, abuse_43_is_told_although_a_call_was_given_up)
{
	struct alpc_transfer t;

	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REQUEST, 0, "ask", 3);
	t.timeout = 0;
	ASSERT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, &t));
	EXPECT_EQ(ALPC_DONE_CANCELED, t.out_done);
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(true, 2);
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_CHANGED(false, 2);
}

/* Somebody else, who sends twice. */
struct stranger {
	struct worker worker;
	struct pair *pair;
	__u64 id;
	bool sent, go_on;
};

static int send_twice(void *arg)
{
	struct stranger *s = arg;
	int err;

	err = alpc_request_async(s->pair->client, "ask", 3, 0, 0, &s->id);
	__atomic_store_n(&s->sent, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&s->go_on, __ATOMIC_ACQUIRE))
		sched_yield();
	return err ?: alpc_send(s->pair->client, NULL, 0);
}

/* In a process of its own: receive into memory that does not come. */
static void receive_into_nowhere(int fd)
{
	struct alpc_transfer t;
	int uffd;

	transfer_init(&t, ALPC_TRANSFER_RECEIVE);
	t.recv.data = address(memory_of_nobody(getpagesize(), &uffd));
	t.recv.len = getpagesize();
	if (t.recv.data)
		alpc_transfer(fd, &t);
	_exit(1);
}

/* Its receiver had it in its hands when it was cancelled, and saw nothing of it. */
TEST_F(change, abuse_43_is_told_although_receiving_failed)
{
	struct stranger s = { .pair = &self->pair };
	struct child child;

	ASSERT_EQ(0, worker_start(&s.worker, send_twice, &s));
	while (!__atomic_load_n(&s.sent, __ATOMIC_ACQUIRE))
		sched_yield();
	ASSERT_LE(0, child_start(&child));
	if (!child.pid)
		receive_into_nowhere(self->pair.port);
	ASSERT_EQ(0, fault_blocked(child.pid));
	ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel(self->pair.client, s.id));
	child_kill(&child);
	__atomic_store_n(&s.go_on, true, __ATOMIC_RELEASE);
	ASSERT_EQ(0, worker_join(&s.worker));
	EXPECT_CHANGED(true, 2);
}

/* Whoever has the memory to fill finds it filled: run with slub_debug=P. */
TEST_F(change, abuse_47_is_none_in_what_nobody_noted)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	int client;

	arg.flags = ALPC_CONNECT_ASYNC | ALPC_CONNECT_NOTE_IDENTITY;
	client = alpc_connect_with(&arg);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, alpc_receive_who(self->pair.port, ALPC_IDENTITY_ALL, &self->msg, &self->who));
	EXPECT_EQ(ALPC_CONNECTION_REQUEST, self->msg.type);
	EXPECT_EQ(0, self->who.out_changes);
	ASSERT_EQ(0, alpc_identity(self->pair.port, self->msg.id, &self->who, NULL, 0));
	EXPECT_EQ(0, self->who.out_changes);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	ASSERT_EQ(0, alpc_receive_who(client, ALPC_IDENTITY_ALL, &self->msg, &self->who));
	EXPECT_EQ(ALPC_CONNECTION_REFUSED, self->msg.type);
	EXPECT_EQ(0, self->who.out_changes);
	close(client);
}

TEST_F(change, abuse_43_of_a_server_is_told_to_who_asked)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	struct connect_worker connector = { .connect = arg };
	struct alpc_msg request;
	int client, server;

	connector.connect.flags = ALPC_CONNECT_NOTE_IDENTITY;
	ASSERT_EQ(0, worker_connect(&connector));
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	server = alpc_accept_id(self->pair.port, self->msg.id, 2);
	client = worker_join(&connector.worker);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, alpc_request_async(client, NULL, 0, 0, 0, NULL));
	ASSERT_EQ(0, alpc_request_async(client, NULL, 0, 0, 0, NULL));
	AWAIT(ALPC_REQUEST, self->pair.port, &request, self->buf);
	/* Not of the thread that connected. */
	EXPECT_EQ(ALPC_MSG_IDENTITY, request.flags);
	ASSERT_EQ(0, alpc_reply(self->pair.port, request.id, NULL, 0));
	AWAIT(ALPC_REPLY, client, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	AWAIT(ALPC_REQUEST, self->pair.port, &request, self->buf);
	EXPECT_EQ(0, request.flags);
	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, alpc_reply(self->pair.port, request.id, NULL, 0));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	AWAIT(ALPC_REPLY, client, &self->msg, self->buf);
	EXPECT_EQ(ALPC_MSG_IDENTITY, self->msg.flags);
	EXPECT_EQ(ALICE, self->msg.uid);
	ASSERT_EQ(0, alpc_send(server, NULL, 0));
	AWAIT(ALPC_DATAGRAM, client, &self->msg, self->buf);
	EXPECT_EQ(ALPC_MSG_IDENTITY, self->msg.flags);
	ASSERT_EQ(0, alpc_identity(client, 0, &self->who, NULL, 0));
	EXPECT_EQ(2, self->who.out_changes);
	/* Who did not ask is not told. */
	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, alpc_send(self->pair.server, NULL, 0));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	AWAIT(ALPC_DATAGRAM, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	close(client);
	close(server);
}

TEST_F(change, abuse_43_of_a_server_is_told_although_it_cancelled)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	struct connect_worker connector = { .connect = arg };
	int client, server;
	__u64 id;

	connector.connect.flags = ALPC_CONNECT_NOTE_IDENTITY;
	ASSERT_EQ(0, worker_connect(&connector));
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	server = alpc_accept_id(self->pair.port, self->msg.id, 2);
	client = worker_join(&connector.worker);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, alpc_request_async(server, NULL, 0, 0, 0, &id));
	ASSERT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel(server, id));
	ASSERT_EQ(0, alpc_send(server, NULL, 0));
	AWAIT(ALPC_DATAGRAM, client, &self->msg, self->buf);
	EXPECT_EQ(ALPC_MSG_IDENTITY, self->msg.flags);
	ASSERT_EQ(0, alpc_send(server, NULL, 0));
	AWAIT(ALPC_DATAGRAM, client, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	close(client);
	close(server);
}

TEST_HARNESS_MAIN
