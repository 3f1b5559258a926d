// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user may have, and how a port's budget is shared: who floods waits, and
 * nobody else does. Nothing here looks at a clock: turns are counted.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "alpc_vector.h"
#include "alpc_thread.h"

#define ALICE		1001
#define BOB		1002
#define PARAMETERS	"/sys/module/alpc/parameters/"
#define OTHERS		99

static int usage_of(int fd, __u32 flags, struct alpc_usage *usage)
{
	memset(usage, POISON, sizeof(*usage));
	usage->size = sizeof(*usage);
	usage->flags = flags;
	return alpc_ioctl(fd, ALPC_IOC_GET_USAGE, usage);
}

/* --- what a user may have -------------------------------------------------- */

FIXTURE(quota)
{
	struct pair pair;
	struct child child;
	struct alpc_usage usage;
	struct alpc_msg msg;
	const char *parameter;
	char buf[64];
};

FIXTURE_SETUP(quota)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
	self->parameter = NULL;
}

FIXTURE_TEARDOWN(quota)
{
	if (self->parameter)
		write_file(self->parameter, "0");
	pair_close(&self->pair);
}

/* Set a limit until the end of the test. */
#define LIMIT(name, value) do { \
	self->parameter = PARAMETERS name; \
	ASSERT_EQ(0, write_file(self->parameter, value)); \
} while (0)

#define USED(what) ({ \
	EXPECT_EQ(0, usage_of(alpc_device(), ALPC_USAGE_USER, &self->usage)); \
	self->usage.what.used; \
})

TEST_F(quota, is_told_to_the_user)
{
	__u64 messages = USED(messages), bytes = USED(message_bytes);
	struct alpc_create_port create = create_args(unique_name());
	char data[1000] = "";
	struct pair pair;

	create.max_message = sizeof(data);
	ASSERT_EQ(0, pair_open(&pair, &create));
	EXPECT_EQ(2, USED(connections));
	EXPECT_EQ(0, USED(connects));
	ASSERT_EQ(0, alpc_send(pair.client, data, sizeof(data)));
	ASSERT_EQ(0, alpc_send(pair.client, data, sizeof(data)));
	EXPECT_EQ(bytes + 2 * sizeof(data), USED(message_bytes));
	EXPECT_LE(messages + 2, USED(messages));
	/* The port counts them as well. */
	ASSERT_EQ(0, usage_of(pair.port, 0, &self->usage));
	EXPECT_EQ(2, self->usage.messages.used);
	EXPECT_EQ(2 * sizeof(data), self->usage.message_bytes.used);
	EXPECT_EQ(1, self->usage.connections.used);
	EXPECT_LT(0, self->usage.connections.limit);
	pair_close(&pair);
	EXPECT_EQ(bytes, USED(message_bytes));
	EXPECT_EQ(1, USED(connections));
	EXPECT_EQ(messages, USED(messages));
	EXPECT_EQ(-EINVAL, usage_of(alpc_device(), 0, &self->usage));
}

/* What a port keeps to use again is the user's until it is closed, and no longer. */
TEST_F(quota, what_is_kept_for_vectors_goes_with_its_port)
{
	__u64 messages = USED(messages);
	struct alpc_vector_send send[32];
	struct alpc_msg recv[32];
	struct alpc_vector v;
	struct pair pair;
	int i, round;

	for (i = 0; i < 32; i++)
		send[i] = (struct alpc_vector_send){
			.msg = { .data = address("x"), .len = 1 },
		};
	ASSERT_EQ(0, pair_open(&pair, NULL));
	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, alpc_vector(pair.client, &v, 0, send, 32, NULL, 0));
		/* What is received when the port is closed is not kept either. */
		if (round)
			close_fd(&pair.client);
		for (i = 0; i < 32; i++)
			recv[i] = (struct alpc_msg){ .data = address(self->buf), .len = 1 };
		ASSERT_EQ(0, alpc_vector(pair.port, &v, 0, NULL, 0, recv, 32));
		ASSERT_EQ(32, v.out_received);
		if (!round)
			EXPECT_LE(messages + 32, USED(messages));
	}
	TAKE(ALPC_PORT_CLOSED, pair.port, &self->msg, self->buf);
	EXPECT_GE(messages + 4, USED(messages));
	pair_close(&pair);
	EXPECT_EQ(messages, USED(messages));
}

/* A reply longer than the room set aside is memory of who replies. */
TEST_F(quota, long_reply_is_charged_to_who_replies)
{
	struct alpc_create_port create = create_args(unique_name());
	static char data[4096], buf[4096];
	__u64 bytes = USED(message_bytes);
	struct pair pair;

	create.max_message = sizeof(data);
	ASSERT_EQ(0, pair_open(&pair, &create));
	ASSERT_EQ(0, alpc_request_async(pair.client, "x", 1, 0, 1, NULL));
	TAKE(ALPC_REQUEST, pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_reply(pair.port, self->msg.id, data, sizeof(data)));
	EXPECT_EQ(bytes + sizeof(data), USED(message_bytes));
	TAKE(ALPC_REPLY, pair.client, &self->msg, buf);
	EXPECT_EQ(sizeof(data), self->msg.len);
	EXPECT_EQ(bytes, USED(message_bytes));

	ASSERT_EQ(0, alpc_request_async(pair.client, "x", 1, 0, 1, NULL));
	TAKE(ALPC_REQUEST, pair.port, &self->msg, self->buf);
	LIMIT("user_message_bytes", "4000");
	ASSERT_EQ(0, setresuid(BOB, BOB, 0));
	EXPECT_EQ(-EDQUOT, alpc_reply(pair.port, self->msg.id, data, sizeof(data)));
	/* The request is still there. */
	EXPECT_EQ(0, alpc_reply(pair.port, self->msg.id, data, 256));
	ASSERT_EQ(0, setresuid(0, 0, 0));
	TAKE(ALPC_REPLY, pair.client, &self->msg, buf);
	pair_close(&pair);
	EXPECT_EQ(bytes, USED(message_bytes));
}

TEST_F(quota, abuse_50_messages_of_a_user_end_at_the_limit)
{
	int fd, sent, err;

	LIMIT("user_messages", "20");
	ASSERT_LE(0, client_start(&self->pair, &self->child, 2, &fd));
	if (!self->child.pid) {
		/* As root it is nobody's limit, but that of the port. */
		ASSERT_EQ(0, become(ALICE, ALICE));
		fd = alpc_connect_async(self->pair.name);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, alpc_receive(fd, &self->msg, self->buf, 8));
		for (sent = 0; sent < 100; sent++) {
			err = alpc_send_nowait(fd, "x", 1);
			if (err)
				break;
		}
		EXPECT_EQ(-EDQUOT, err);
		EXPECT_LT(10, sent);
		EXPECT_GE(20, sent);
		EXPECT_EQ(-EDQUOT, alpc_request_async(fd, "x", 1, 0, 0, NULL));
		EXPECT_LE(USED(messages), 20);
		EXPECT_EQ(20, self->usage.messages.limit);
		child_signal(&self->child);
		child_wait(&self->child);
		/* What the server has taken is the user's again. */
		EXPECT_EQ(0, alpc_send_nowait(fd, "x", 1));
		child_exit(true);
	}
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_LE(0, alpc_accept_id(self->pair.port, self->msg.id, 3));
	ASSERT_EQ(0, child_wait(&self->child));
	/* Another user is not touched by it. */
	EXPECT_EQ(0, alpc_send_nowait(self->pair.client, "y", 1));
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 8))
		EXPECT_EQ(ALPC_DATAGRAM, self->msg.type);
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	close(fd);
}

TEST_F(quota, abuse_52_connections_of_a_user_end_at_the_limit)
{
	int fd, last = -1, made;

	LIMIT("user_connections", "10");
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(ALICE, ALICE));
		for (made = 0; made < 20; made++) {
			fd = alpc_connect_async(self->pair.name);
			if (fd < 0)
				break;
			last = fd;
		}
		EXPECT_EQ(10, made);
		EXPECT_EQ(-EDQUOT, fd);
		EXPECT_EQ(10, USED(connections));
		EXPECT_EQ(10, USED(connects));
		close(last);
		EXPECT_EQ(9, USED(connections));
		EXPECT_EQ(9, USED(connects));
		EXPECT_LE(0, alpc_connect_async(self->pair.name));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(1, USED(connections));
}

TEST_F(quota, abuse_52_unanswered_connects_of_a_user_end_at_the_limit)
{
	int fd, made;

	LIMIT("user_connects", "5");
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(ALICE, ALICE));
		for (made = 0; (fd = alpc_connect_async(self->pair.name)) >= 0; made++)
			;
		EXPECT_EQ(5, made);
		EXPECT_EQ(-EDQUOT, fd);
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_EQ(4, USED(connects));
		EXPECT_LE(0, alpc_connect_async(self->pair.name));
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(0, USED(connects));
}

/* Users that a user made for itself have nothing of their own. */
TEST_F(quota, abuse_46_of_a_container_is_its_owners)
{
	__u64 used;

	LIMIT("user_connections", "10");
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(BOB, BOB));
		ASSERT_LE(0, alpc_connect_async(self->pair.name));
		child_signal(&self->child);
		child_wait(&self->child);
		ASSERT_EQ(0, enter_user_namespace());
		/* An account of its own, which counts for Bob's as well. */
		EXPECT_EQ(0, USED(connections));
		for (used = 0; alpc_connect_async(self->pair.name) >= 0; used++)
			;
		EXPECT_EQ(9, used);
		EXPECT_EQ(9, USED(connections));
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
}

/* What a client has let go is the server's, who keeps it. */
TEST_F(quota, abuse_52_connection_counts_for_who_keeps_it)
{
	int client, server;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(ALICE, ALICE));
		client = alpc_connect_async(self->pair.name);
		ASSERT_LE(0, client);
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_EQ(1, USED(connections));
		close(client);
		EXPECT_EQ(0, USED(connections));
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_EQ(0, USED(connections));
		client = alpc_connect_async(self->pair.name);
		ASSERT_LE(0, client);
		child_signal(&self->child);
		child_wait(&self->child);
		/* The server has closed its end; this one is still open. */
		EXPECT_EQ(1, USED(connections));
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	server = alpc_accept_id(self->pair.port, self->msg.id, 3);
	ASSERT_LE(0, server);
	EXPECT_EQ(1, USED(connections));
	child_signal(&self->child);
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_EQ(2, USED(connections));
	close(server);
	EXPECT_EQ(1, USED(connections));
	child_signal(&self->child);
	ASSERT_EQ(0, child_wait(&self->child));
	do {
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 8));
	} while (self->msg.type != ALPC_CONNECTION_REQUEST);
	server = alpc_accept_id(self->pair.port, self->msg.id, 3);
	ASSERT_LE(0, server);
	close(server);
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(1, USED(connections));
}

/* However long a queue it wishes for: what waits in it is the server's. */
TEST_F(quota, abuse_50_client_does_not_take_its_servers_account)
{
	struct alpc_create_port create = create_args(unique_name());
	struct alpc_usage usage;
	struct alpc_connect arg;
	int client, server, err;
	struct pair pair;

	LIMIT("user_messages", "3000");
	ASSERT_EQ(0, setresuid(BOB, BOB, 0));
	ASSERT_EQ(0, pair_open(&pair, &create));
	ASSERT_EQ(0, setresuid(0, 0, 0));
	arg = connect_args(pair.name);
	arg.flags = ALPC_CONNECT_ASYNC;
	arg.queue_messages = 65536;
	arg.queue_bytes = 1 << 28;
	client = alpc_connect_with(&arg);
	ASSERT_LE(0, client);
	AWAIT(ALPC_CONNECTION_REQUEST, pair.port, &self->msg, self->buf);
	server = alpc_accept_id(pair.port, self->msg.id, 2);
	ASSERT_LE(0, server);
	ASSERT_EQ(0, usage_of(client, 0, &usage));
	EXPECT_EQ(1024, usage.messages.limit);
	EXPECT_EQ(4 << 20, usage.message_bytes.limit);
	ASSERT_EQ(0, setresuid(BOB, BOB, 0));
	while (!(err = alpc_send_nowait(server, "x", 1)))
		;
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_EQ(0, alpc_send_nowait(pair.server, "x", 1));
	ASSERT_EQ(0, setresuid(0, 0, 0));
	close(client);
	close(server);
	pair_close(&pair);
}

TEST_F(quota, queue_of_a_client_is_as_long_as_it_wishes_within_the_ports)
{
	static const struct {
		__u32 port, client, limit;
	} cases[] = {
		{ 5000, 4000, 4000 }, { 5000, 6000, 5000 }, { 0, 7, 7 },
		/* The default is anybody's. */
		{ 50, 0, 256 }, { 50, 1000, 256 }, { 50, 100, 100 },
	};
	struct alpc_create_port create;
	struct alpc_connect arg;
	struct alpc_usage usage;
	size_t i;
	int port;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		create = create_args(unique_name());
		create.queue_messages = cases[i].port;
		create.queue_bytes = cases[i].port * 1000;
		port = alpc_create_with(&create);
		ASSERT_LE(0, port);
		arg = connect_args((const char *)(uintptr_t)create.name);
		arg.flags = ALPC_CONNECT_ASYNC;
		arg.queue_messages = cases[i].client;
		arg.queue_bytes = cases[i].client * 1000;
		arg.out_fd = alpc_connect_with(&arg);
		ASSERT_LE(0, arg.out_fd);
		ASSERT_EQ(0, usage_of(arg.out_fd, 0, &usage));
		EXPECT_EQ(cases[i].limit, usage.messages.limit);
		if (cases[i].client && cases[i].limit == cases[i].client)
			EXPECT_EQ(cases[i].limit * 1000, usage.message_bytes.limit);
		close(arg.out_fd);
		close(port);
	}
}

/* A security context is nothing that its receiver gives back. */
TEST_F(quota, datagrams_with_a_context_wait_like_others)
{
	struct alpc_create_port create = create_args(unique_name());
	struct alpc_attrs attrs = {};
	struct alpc_transfer t;
	struct pair pair;
	int sent, err;

	create.queue_messages = 1100;
	ASSERT_EQ(0, pair_open(&pair, &create));
	attrs.security = alpc_create_security(pair.client, 0, 0, 0);
	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
	transfer_send(&t, 0, 0, "x", 1);
	t.send.attrs = address(&attrs);
	t.send.attrs_len = sizeof(attrs);
	for (sent = 0; !(err = alpc_transfer(pair.client, &t)); sent++)
		;
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_EQ(1100, sent);
	/* Received in vain, and again. */
	t.recv.data = 8;
	t.flags = ALPC_TRANSFER_RECEIVE;
	t.recv.len = 8;
	EXPECT_EQ(-EFAULT, alpc_transfer(pair.port, &t));
	while (!alpc_receive_nowait(pair.port, &self->msg, self->buf, 8))
		sent--;
	EXPECT_EQ(0, sent);
	for (; !alpc_request_async(pair.client, "x", 1, 0, 0, NULL); sent++)
		;
	EXPECT_EQ(1024, sent);
	pair_close(&pair);
}

/* --- how a port's budget is shared ---------------------------------------- */

FIXTURE(fair)
{
	struct pair pair;
	int client[OTHERS];
	int server[OTHERS];
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(fair)
{
	struct alpc_create_port create = create_args(unique_name());
	int i;

	create.queue_messages = 200;
	ASSERT_EQ(0, pair_open(&self->pair, &create));
	for (i = 0; i < OTHERS; i++)
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 100 + i,
					  &self->client[i], &self->server[i]));
}

FIXTURE_TEARDOWN(fair)
{
	int i;

	for (i = 0; i < OTHERS; i++) {
		close(self->client[i]);
		close(self->server[i]);
	}
	pair_close(&self->pair);
}

/* Send until there is no room. */
static int flood(int fd)
{
	int sent = 0;

	while (!alpc_send_nowait(fd, "flood", 5))
		sent++;
	return sent;
}

TEST_F(fair, abuse_50_one_floods_and_99_others_see_no_error_and_wait_for_one_turn)
{
	int i, round;

	for (round = 0; round < 3; round++) {
		EXPECT_LT(0, flood(self->pair.client));
		EXPECT_EQ(0, events_of(self->pair.client) & POLLOUT);
		for (i = 0; i < OTHERS; i++) {
			EXPECT_EQ(POLLOUT, events_of(self->client[i]) & POLLOUT);
			EXPECT_EQ(0, alpc_send_nowait(self->client[i], "call", 4));
		}
		/*
		 * Everybody's turn comes before anybody's next. The flooder's
		 * was the first, as it was alone then.
		 */
		AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(self->pair.context, self->msg.context);
		for (i = 0; i < OTHERS; i++) {
			AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
			EXPECT_EQ(100 + i, self->msg.context);
		}
		AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(self->pair.context, self->msg.context);
	}
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 8))
		EXPECT_EQ(self->pair.context, self->msg.context);
}

TEST_F(fair, abuse_50_queue_holds_its_limit_and_a_share_for_each)
{
	struct alpc_usage usage;
	int i;

	EXPECT_EQ(200, flood(self->pair.client));
	/* 200 divided by 100 connections. */
	for (i = 0; i < OTHERS; i++)
		EXPECT_EQ(2, flood(self->client[i]));
	EXPECT_EQ(0, flood(self->pair.client));
	EXPECT_EQ(200 + 2 * OTHERS, alpc_queued(self->pair.port));
	ASSERT_EQ(0, usage_of(self->pair.port, 0, &usage));
	EXPECT_EQ(200 + 2 * OTHERS, usage.messages.used);
	EXPECT_EQ(200, usage.messages.limit);
	EXPECT_EQ(100, usage.connections.used);
}

TEST_F(fair, abuse_50_queue_holds_twice_its_limit_however_many_came_meanwhile)
{
	struct alpc_create_port create = create_args(unique_name());
	int client[64], server[64], i, n;
	struct alpc_usage usage;
	struct pair pair;

	create.queue_messages = 1024;
	ASSERT_EQ(0, pair_open(&pair, &create));
	EXPECT_EQ(1024, flood(pair.client));
	for (n = 1; n < 64; n *= 2) {
		for (i = n; i < 2 * n; i++) {
			client[i] = alpc_connect_async(pair.name);
			ASSERT_LE(0, client[i]);
		}
		for (i = n; i < 2 * n;) {
			ASSERT_EQ(0, alpc_receive(pair.port, &self->msg, self->buf, 64));
			if (self->msg.type == ALPC_CONNECTION_REQUEST)
				server[i++] = alpc_accept_id(pair.port, self->msg.id, 2);
		}
		for (i = n; i < 2 * n; i++)
			EXPECT_LT(0, flood(client[i]));
	}
	ASSERT_EQ(0, usage_of(pair.port, 0, &usage));
	EXPECT_GE(2 * 1024 + 64, usage.messages.used);
	for (i = 1; i < 64; i++) {
		close(client[i]);
		close(server[i]);
	}
	pair_close(&pair);
}

TEST_F(fair, sender_that_waits_gets_the_room_of_its_share)
{
	struct transfer_worker sender = {};
	int i;

	EXPECT_EQ(200, flood(self->pair.client));
	EXPECT_EQ(2, flood(self->client[0]));
	transfer_init(&sender.transfer, ALPC_TRANSFER_SEND);
	transfer_send(&sender.transfer, 0, 0, "third", 5);
	ASSERT_EQ(0, worker_transfer(&sender, self->client[0]));
	ASSERT_EQ(0, worker_blocked(&sender.worker));
	/* Not overtaken by who comes later on the same port. */
	EXPECT_EQ(-EAGAIN, alpc_send_nowait(self->client[0], "x", 1));
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(self->pair.context, self->msg.context);
	EXPECT_FALSE(worker_done(&sender.worker));
	/* Its own first message makes room for its third, in a queue that is full. */
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(100, self->msg.context);
	EXPECT_EQ(0, worker_join(&sender.worker));
	for (i = 0; i < 199; i++)
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 8));
	EXPECT_EQ(2, alpc_queued(self->pair.port));
}

TEST_F(fair, messages_of_one_port_stay_in_order)
{
	__u64 seq[2] = {};
	int i, who;

	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, alpc_send(self->client[0], "x", 1));
		if (i % 3)
			ASSERT_EQ(0, alpc_send(self->client[1], "x", 1));
	}
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 8)) {
		who = self->msg.context - 100;
		EXPECT_LT(seq[who], self->msg.seq);
		seq[who] = self->msg.seq;
	}
	EXPECT_EQ(FIRST_SEQ + 49, seq[0]);
}

TEST_HARNESS_MAIN
