// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: of a queue in messages and bytes, of unanswered requests, connections
 * and connection requests; who waits at them, and who passes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"

enum { QUEUE = 4, BYTES = 300, SENDERS = 5 };

FIXTURE(limits)
{
	struct pair pair;
	struct transfer_worker sender[SENDERS];
	struct alpc_msg msg;
	char buf[ALPC_DATA_DEFAULT];
};

FIXTURE_SETUP(limits)
{
	const struct alpc_create_port options = {
		.queue_messages = QUEUE, .queue_bytes = BYTES, .max_connections = 3,
		.max_pending = 2,
	};

	ASSERT_EQ(0, pair_open(&self->pair, &options));
}

FIXTURE_TEARDOWN(limits)
{
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

#define FILL(self) do { \
	int __i; \
\
	for (__i = 0; __i < QUEUE; __i++) \
		ASSERT_EQ(0, alpc_send_nowait((self)->pair.client, "fill", 4)); \
	ASSERT_EQ(-EAGAIN, alpc_send_nowait((self)->pair.client, "fill", 4)); \
} while (0)

/* A datagram of one byte that has to wait for room. */
#define BLOCK_SENDER(self, i, byte) do { \
	transfer_init(&(self)->sender[i].transfer, ALPC_TRANSFER_SEND); \
	transfer_send(&(self)->sender[i].transfer, 0, 0, byte, 1); \
	ASSERT_EQ(0, worker_transfer(&(self)->sender[i], (self)->pair.client)); \
	ASSERT_EQ(0, worker_blocked(&(self)->sender[i].worker)); \
} while (0)

/* --- queues --------------------------------------------------------------- */

TEST_F(limits, queue_takes_so_many_messages)
{
	struct alpc_port_info info;
	int round, i;

	for (round = 0; round < 3; round++) {
		FILL(self);
		ASSERT_EQ(0, alpc_info(self->pair.port, &info));
		EXPECT_EQ(QUEUE, info.out_queued);
		EXPECT_EQ(QUEUE * 4, info.out_queued_bytes);
		for (i = 0; i < QUEUE; i++) {
			TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
			ASSERT_EQ(0, alpc_send_nowait(self->pair.client, NULL, 0));
			ASSERT_EQ(-EAGAIN, alpc_send_nowait(self->pair.client, NULL, 0));
		}
		for (i = 0; i < QUEUE; i++)
			TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		NOTHING(self->pair.port);
	}
}

/* The message that reaches the limit of bytes is the last one. */
TEST_F(limits, queue_takes_so_many_bytes)
{
	struct alpc_port_info info;

	ASSERT_EQ(0, alpc_send_nowait(self->pair.client, self->buf, BYTES / 2));
	ASSERT_EQ(0, alpc_send_nowait(self->pair.client, self->buf, BYTES / 2));
	EXPECT_EQ(-EAGAIN, alpc_send_nowait(self->pair.client, self->buf, 1));
	ASSERT_EQ(0, alpc_info(self->pair.port, &info));
	EXPECT_EQ(2, info.out_queued);
	EXPECT_EQ(BYTES, info.out_queued_bytes);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_send_nowait(self->pair.client, self->buf, 1));
	ASSERT_EQ(0, alpc_info(self->pair.port, &info));
	EXPECT_EQ(BYTES / 2 + 1, info.out_queued_bytes);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_info(self->pair.port, &info));
	EXPECT_EQ(0, info.out_queued_bytes);
}

/*
 * A message that a receiver has no room for was never taken out. One that comes
 * back because its buffer is not there does not wait for room, but that is no
 * way to make the queue grow.
 */
TEST_F(limits, message_that_stays_still_counts)
{
	int i, sent = QUEUE;

	FILL(self);
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(-EMSGSIZE, alpc_receive_nowait(self->pair.port, &self->msg, NULL, 0));
		EXPECT_EQ(QUEUE, alpc_queued(self->pair.port));
		EXPECT_EQ(-EAGAIN, alpc_send_nowait(self->pair.client, "x", 1));
	}
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(-EFAULT, alpc_receive_nowait(self->pair.port, &self->msg, NULL, 4));
		sent += !alpc_send_nowait(self->pair.client, "x", 1);
	}
	EXPECT_GE(QUEUE + 1, sent);
	for (i = 0; i < sent; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(FIRST_SEQ + i, self->msg.seq);
	}
	NOTHING(self->pair.port);
}

/* --- senders that wait for room ------------------------------------------- */

TEST_F(limits, senders_go_on_one_by_one_in_the_order_they_came)
{
	static const char byte[] = "abcde";
	int i, n;

	FILL(self);
	for (i = 0; i < SENDERS; i++)
		BLOCK_SENDER(self, i, &byte[i]);
	for (i = 0; i < SENDERS; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(0, worker_join(&self->sender[i].worker));
		EXPECT_EQ(ALPC_DONE_SENT, self->sender[i].transfer.out_done);
		/* Room that was made for one is not for anybody else. */
		EXPECT_EQ(-EAGAIN, alpc_send_nowait(self->pair.client, "x", 1));
		for (n = i + 1; n < SENDERS; n++)
			EXPECT_FALSE(worker_done(&self->sender[n].worker));
	}
	/* The last of those that filled the queue is gone; theirs are there. */
	for (i = SENDERS - QUEUE; i < SENDERS; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(byte[i], self->buf[0]);
	}
	NOTHING(self->pair.port);
}

/* One in the middle gives up; those behind it go on all the same. */
TEST_F(limits, sender_that_times_out_has_sent_nothing)
{
	int i;

	FILL(self);
	BLOCK_SENDER(self, 0, "a");
	transfer_init(&self->sender[1].transfer, ALPC_TRANSFER_SEND);
	transfer_send(&self->sender[1].transfer, 0, 0, "b", 1);
	self->sender[1].transfer.timeout = SHORT_TIME;
	ASSERT_EQ(0, worker_transfer(&self->sender[1], self->pair.client));
	BLOCK_SENDER(self, 2, "c");
	EXPECT_EQ(-ETIMEDOUT, worker_join(&self->sender[1].worker));
	EXPECT_EQ(0, self->sender[1].transfer.out_done);
	for (i = 0; i < QUEUE; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		if (i < 2)
			EXPECT_EQ(0, worker_join(&self->sender[i * 2].worker));
	}
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ('a', self->buf[0]);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ('c', self->buf[0]);
	NOTHING(self->pair.port);
}

/* A client that waits for room and goes leaves its place to the next. */
TEST_F(limits, sender_that_is_killed_passes_its_turn)
{
	struct child child;
	int server;

	ASSERT_LE(0, client_start(&self->pair, &child, 1, &server));
	if (!child.pid) {
		child_wait(&child);
		/* First what is its share of the queue. */
		while (!alpc_send_nowait(server, "share", 5))
			;
		alpc_send(server, "child", 5);
		_exit(0);
	}
	FILL(self);
	ASSERT_EQ(0, child_signal(&child));
	ASSERT_EQ(0, client_blocked(&child));
	BLOCK_SENDER(self, 0, "a");
	child_kill(&child);
	do {
		ASSERT_EQ(0, alpc_receive(self->pair.port, &self->msg, self->buf,
					  sizeof(self->buf)));
		EXPECT_TRUE(self->msg.type == ALPC_PORT_CLOSED || self->buf[0] != 'c');
	} while (self->msg.type == ALPC_PORT_CLOSED || self->buf[0] != 'a');
	EXPECT_EQ(0, worker_join(&self->sender[0].worker));
	NOTHING(self->pair.port);
	close(server);
}

/* --- what passes a full queue --------------------------------------------- */

TEST_F(limits, replies_and_notices_pass_a_full_queue)
{
	struct alpc_msg request[3];
	int client, server, i, got[ALPC_CONNECTION_REFUSED + 1] = {};

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &client, &server));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "q", 1, 0, 0, NULL));
		TAKE(ALPC_REQUEST, self->pair.port, &request[i], self->buf);
	}
	ASSERT_EQ(0, alpc_request_async(self->pair.server, "q", 1, 8, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.client, &self->msg, self->buf);

	/* Both queues are full: to the server, and to the client. */
	while (!alpc_send_nowait(self->pair.server, "fill", 4))
		;
	FILL(self);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, alpc_reply(self->pair.port, request[i].id, "r", 1));
	EXPECT_EQ(0, alpc_reply(self->pair.client, self->msg.id, "r", 1));
	close(client);

	/* The reply after all that was sent before it; the notice in its turn. */
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, sizeof(self->buf))) {
		got[self->msg.type]++;
		if (self->msg.type == ALPC_REPLY) {
			EXPECT_EQ(8, self->msg.cookie);
			EXPECT_EQ(QUEUE, got[ALPC_DATAGRAM]);
		}
	}
	EXPECT_EQ(QUEUE, got[ALPC_DATAGRAM]);
	EXPECT_EQ(1, got[ALPC_REPLY]);
	EXPECT_EQ(1, got[ALPC_PORT_CLOSED]);
	do {
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.client, &self->msg, self->buf,
						 sizeof(self->buf)));
	} while (self->msg.type == ALPC_DATAGRAM);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(ALPC_REPLY, self->msg.type);
		if (i < 2)
			TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	}
	NOTHING(self->pair.client);
	close(server);
}

static bool flood(int fd)
{
	while (!alpc_send(fd, "flood", 5))
		;
	return true;
}

/* A client that never stops sending: others have their turn and their replies. */
TEST_F(limits, abuse_50_flooding_client_does_not_stop_others)
{
	struct child flooder, caller;
	unsigned int i, served = 0;
	int server[2];
	struct alpc_msg reply;

	ASSERT_LE(0, client_start(&self->pair, &flooder, 1, &server[0]));
	if (!flooder.pid)
		child_exit(!child_wait(&flooder) && flood(server[0]));
	ASSERT_LE(0, client_start(&self->pair, &caller, 2, &server[1]));
	if (!caller.pid) {
		child_wait(&caller);
		for (i = 0; i < 100; i++) {
			if (alpc_call(server[1], &i, sizeof(i), &reply, &i, 0) != 0)
				_exit(1);
		}
		_exit(0);
	}
	ASSERT_EQ(0, child_signal(&flooder));
	while (alpc_queued(self->pair.port) < QUEUE)
		sched_yield();
	ASSERT_EQ(0, child_signal(&caller));
	do {
		ASSERT_EQ(0, alpc_receive(self->pair.port, &self->msg, self->buf,
					  sizeof(self->buf)));
		if (self->msg.type == ALPC_REQUEST) {
			ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
			served++;
		}
	} while (self->msg.type != ALPC_PORT_CLOSED);
	EXPECT_EQ(2, self->msg.context);
	EXPECT_EQ(100, served);
	EXPECT_EQ(0, child_end(&caller));
	child_kill(&flooder);
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, sizeof(self->buf)))
		;
	close(server[0]);
	close(server[1]);
}

/* --- unanswered requests -------------------------------------------------- */

TEST_F(limits, unanswered_asynchronous_requests_are_limited)
{
	const int ends[] = { self->pair.client, self->pair.server };
	const int receivers[] = { self->pair.port, self->pair.client };
	unsigned int end, n;
	__u64 first = 0;
	int err;

	for (end = 0; end < ARRAY_SIZE(ends); end++) {
		for (n = 0; n < 100000; n++) {
			err = alpc_request_async(ends[end], "q", 1, 0, 0, NULL);
			if (err)
				break;
			TAKE(ALPC_REQUEST, receivers[end], &self->msg, self->buf);
			if (!n)
				first = self->msg.id;
		}
		EXPECT_EQ(-EDQUOT, err);
		EXPECT_LT(16, n);
		EXPECT_EQ(n, alpc_unanswered(receivers[end]));
		/* Datagrams are none, and a reply makes room for one more. */
		EXPECT_EQ(0, alpc_send(ends[end], "d", 1));
		TAKE(ALPC_DATAGRAM, receivers[end], &self->msg, self->buf);
		ASSERT_EQ(0, alpc_reply(receivers[end], first, NULL, 0));
		TAKE(ALPC_REPLY, end ? self->pair.port : self->pair.client, &self->msg, self->buf);
		ASSERT_EQ(0, alpc_request_async(ends[end], "q", 1, 0, 0, NULL));
		EXPECT_EQ(-EDQUOT, alpc_request_async(ends[end], "q", 1, 0, 0, NULL));
		TAKE(ALPC_REQUEST, receivers[end], &self->msg, self->buf);
	}
	/* Another connection has its own limit. */
	pair_close(&self->pair);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

/* --- connections ---------------------------------------------------------- */

TEST_F(limits, connections_are_limited)
{
	int client[2], server[2], pending;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &client[0], &server[0]));
	/* One which is not accepted yet is one. */
	pending = alpc_connect_async(self->pair.name);
	ASSERT_LE(0, pending);
	EXPECT_EQ(-EUSERS, alpc_connect_async(self->pair.name));
	EXPECT_EQ(-EUSERS, alpc_connect_to(self->pair.name));
	close(pending);
	NOTHING(self->pair.port);
	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &client[1], &server[1]));
	EXPECT_EQ(-EUSERS, alpc_connect_async(self->pair.name));
	/* It is one until both its ends are closed. */
	close(client[1]);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-EUSERS, alpc_connect_async(self->pair.name));
	close(server[1]);
	pending = alpc_connect_async(self->pair.name);
	EXPECT_LE(0, pending);
	close(pending);
	close(client[0]);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(server[0]);
}

/* Those beyond the limit wait until others are answered, in their order. */
TEST_F(limits, abuse_52_unanswered_connects_are_limited)
{
	const struct alpc_create_port options = { .max_pending = 2 };
	struct connect_worker waiting[2];
	struct alpc_connect connect;
	struct pair pair;
	int first[2], i;

	ASSERT_EQ(0, pair_open(&pair, &options));
	for (i = 0; i < 2; i++) {
		first[i] = alpc_connect_async(pair.name);
		ASSERT_LE(0, first[i]);
	}
	connect = connect_args(pair.name);
	connect.flags = ALPC_CONNECT_ASYNC;
	connect.timeout = 0;
	EXPECT_EQ(-EAGAIN, alpc_connect_with(&connect));
	connect = connect_args(pair.name);
	connect.timeout = SHORT_TIME;
	EXPECT_EQ(-ETIMEDOUT, alpc_connect_with(&connect));
	for (i = 0; i < 2; i++) {
		waiting[i].connect = connect_args(pair.name);
		waiting[i].connect.send_data = address(i ? "b" : "a");
		waiting[i].connect.send_len = 1;
		ASSERT_EQ(0, worker_connect(&waiting[i]));
		ASSERT_EQ(0, worker_blocked(&waiting[i].worker));
	}
	EXPECT_EQ(2, alpc_queued(pair.port));
	for (i = 0; i < 2; i++) {
		struct alpc_msg *msg = &self->msg;

		TAKE(ALPC_CONNECTION_REQUEST, pair.port, msg, self->buf);
		EXPECT_EQ(0, msg->len);
		ASSERT_EQ(0, alpc_refuse(pair.port, msg->id, NULL, 0));
		/* Its place is taken by the first of those who wait. */
		while (alpc_queued(pair.port) < 2)
			sched_yield();
	}
	for (i = 0; i < 2; i++) {
		TAKE(ALPC_CONNECTION_REQUEST, pair.port, &self->msg, self->buf);
		ASSERT_EQ(1, self->msg.len);
		EXPECT_EQ(i ? 'b' : 'a', self->buf[0]);
		ASSERT_EQ(0, alpc_refuse(pair.port, self->msg.id, NULL, 0));
		EXPECT_EQ(-ECONNREFUSED, worker_join(&waiting[i].worker));
		close(first[i]);
	}
	EXPECT_EQ(0, pair_works(&pair));
	pair_close(&pair);
}

TEST_HARNESS_MAIN
