// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a server stops: switching off that a port receives, which loses nothing
 * and can be undone, and closing its connection port.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>

#include "alpc_thread.h"

FIXTURE(off)
{
	struct pair pair;
	struct transfer_worker workers[3];
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(off)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(off)
{
	pair_close(&self->pair);
}

#define SWITCH_OFF(fd)	ASSERT_EQ(0, alpc_shutdown(fd, ALPC_SHUTDOWN_RECEIVE))
#define SWITCH_ON(fd)	ASSERT_EQ(0, alpc_shutdown(fd, 0))

#define EXPECT_OFF(fd) do { \
	EXPECT_EQ(-ESHUTDOWN, alpc_receive(fd, &self->msg, self->buf, sizeof(self->buf))); \
	EXPECT_EQ(-ESHUTDOWN, \
		  alpc_receive_nowait(fd, &self->msg, self->buf, sizeof(self->buf))); \
} while (0)

#define START(thread, wanted_flags, send_flags, id, fd) do { \
	struct transfer_worker *__worker = (thread); \
\
	transfer_init(&__worker->transfer, wanted_flags); \
	transfer_send(&__worker->transfer, send_flags, id, "sent", 4); \
	transfer_receive(&__worker->transfer, self->buf, sizeof(self->buf)); \
	ASSERT_EQ(0, worker_transfer(__worker, fd)); \
	ASSERT_EQ(0, worker_blocked(&__worker->worker)); \
} while (0)

TEST_F(off, wakes_every_thread_that_receives)
{
	int i;

	for (i = 0; i < 3; i++)
		START(&self->workers[i], ALPC_TRANSFER_RECEIVE, 0, 0, self->pair.port);
	SWITCH_OFF(self->pair.port);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-ESHUTDOWN, worker_join(&self->workers[i].worker));
		EXPECT_EQ(0, self->workers[i].transfer.out_done);
	}
	EXPECT_OFF(self->pair.port);
	SWITCH_ON(self->pair.port);
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(off, keeps_what_is_queued_and_what_comes)
{
	int i;

	ASSERT_EQ(0, alpc_send(self->pair.client, "0", 1));
	SWITCH_OFF(self->pair.port);
	EXPECT_OFF(self->pair.port);
	ASSERT_EQ(0, alpc_send(self->pair.client, "1", 1));
	ASSERT_EQ(0, alpc_send(self->pair.client, "2", 1));
	EXPECT_OFF(self->pair.port);
	EXPECT_EQ(3, alpc_queued(self->pair.port));
	EXPECT_EQ(POLLIN, events_of(self->pair.port) & (POLLIN | POLLHUP));
	SWITCH_ON(self->pair.port);
	for (i = 0; i < 3; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ('0' + i, self->buf[0]);
	}
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(off, lets_a_reply_out_before_it_fails)
{
	struct alpc_transfer t;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "?", 1, 0, 0, NULL));
	ASSERT_EQ(0, alpc_send(self->pair.client, "next", 4));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	SWITCH_OFF(self->pair.port);
	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE);
	transfer_send(&t, ALPC_SEND_REPLY, self->msg.id, "reply", 5);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	EXPECT_EQ(-ESHUTDOWN, alpc_transfer(self->pair.port, &t));
	EXPECT_EQ(ALPC_DONE_SENT, t.out_done);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(5, self->msg.len);
	EXPECT_EQ(1, alpc_queued(self->pair.port));
	EXPECT_EQ(0, alpc_unanswered(self->pair.port));
}

TEST_F(off, wakes_a_thread_that_replied_and_receives)
{
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "?", 1, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	START(&self->workers[0], ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE, ALPC_SEND_REPLY,
	      self->msg.id, self->pair.port);
	SWITCH_OFF(self->pair.port);
	EXPECT_EQ(-ESHUTDOWN, worker_join(&self->workers[0].worker));
	EXPECT_EQ(ALPC_DONE_SENT, self->workers[0].transfer.out_done);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	NOTHING(self->pair.client);
}

TEST_F(off, does_not_touch_calls)
{
	char buf[64];
	__u64 id;

	/* One that waits already, and one that comes while it is off. */
	START(&self->workers[0], ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, ALPC_SEND_REQUEST, 0,
	      self->pair.client);
	SWITCH_OFF(self->pair.client);
	START(&self->workers[1], ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, ALPC_SEND_REQUEST, 0,
	      self->pair.client);
	ASSERT_EQ(0, alpc_send(self->pair.server, "x", 1));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, buf);
	id = self->msg.id;
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, id, "!", 1));
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "!", 1));
	EXPECT_EQ(0, worker_join(&self->workers[0].worker));
	EXPECT_EQ(0, worker_join(&self->workers[1].worker));
	EXPECT_OFF(self->pair.client);
	SWITCH_ON(self->pair.client);
	TAKE(ALPC_DATAGRAM, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(off, is_not_for_the_other_side)
{
	SWITCH_OFF(self->pair.port);
	ASSERT_EQ(0, alpc_send(self->pair.server, "x", 1));
	TAKE(ALPC_DATAGRAM, self->pair.client, &self->msg, self->buf);
	SWITCH_ON(self->pair.port);
	SWITCH_OFF(self->pair.client);
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	SWITCH_ON(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(off, lets_connections_be_answered_and_ended)
{
	int client = alpc_connect_async(self->pair.name), server;

	ASSERT_LE(0, client);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	SWITCH_OFF(self->pair.port);
	server = alpc_accept_id(self->pair.port, self->msg.id, 0xc0);
	ASSERT_LE(0, server);
	TAKE(ALPC_CONNECTION_REPLY, client, &self->msg, self->buf);
	close(client);
	EXPECT_OFF(self->pair.port);
	SWITCH_ON(self->pair.port);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0xc0, self->msg.context);
	close(server);
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(off, is_a_switch_not_a_count)
{
	SWITCH_OFF(self->pair.port);
	SWITCH_OFF(self->pair.port);
	EXPECT_OFF(self->pair.port);
	SWITCH_ON(self->pair.port);
	NOTHING(self->pair.port);
	SWITCH_ON(self->pair.port);
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(off, and_on_again_wakes_receivers_with_messages)
{
	SWITCH_OFF(self->pair.port);
	SWITCH_ON(self->pair.port);
	START(&self->workers[0], ALPC_TRANSFER_RECEIVE, 0, 0, self->pair.port);
	ASSERT_EQ(0, alpc_send(self->pair.client, "four", 4));
	EXPECT_EQ(0, worker_join(&self->workers[0].worker));
	EXPECT_EQ(4, self->workers[0].transfer.recv.len);
	NOTHING(self->pair.port);
}

FIXTURE(closing)
{
	struct pair pair;
	struct transfer_worker worker;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(closing)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(closing)
{
	pair_close(&self->pair);
}

TEST_F(closing, the_connection_port_ends_all_its_connections)
{
	ASSERT_EQ(0, alpc_send(self->pair.server, "before", 6));
	transfer_init(&self->worker.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&self->worker.transfer, ALPC_SEND_REQUEST, 0, "request", 7);
	transfer_receive(&self->worker.transfer, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, worker_transfer(&self->worker, self->pair.client));
	ASSERT_EQ(0, worker_blocked(&self->worker.worker));
	close_fd(&self->pair.port);
	EXPECT_EQ(-EPIPE, worker_join(&self->worker.worker));
	EXPECT_EQ(-EPIPE, alpc_send(self->pair.client, "x", 1));
	EXPECT_EQ(-EPIPE, alpc_send(self->pair.server, "x", 1));
	EXPECT_EQ(POLLHUP, events_of(self->pair.client) & POLLHUP);
	EXPECT_EQ(POLLHUP, events_of(self->pair.server) & POLLHUP);
	EXPECT_EQ(-EPIPE, alpc_disconnect(self->pair.client));
	EXPECT_EQ(-ENOENT, alpc_connect_to(self->pair.name));
	TAKE(ALPC_DATAGRAM, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(-EPIPE, alpc_receive(self->pair.client, &self->msg, self->buf, 64));
}

TEST_F(closing, the_connection_port_leaves_the_replies_it_sent)
{
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "request", 7, 5, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "reply", 5));
	close_fd(&self->pair.port);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(5, self->msg.cookie);
	EXPECT_EQ(-EPIPE, alpc_receive(self->pair.client, &self->msg, self->buf, 64));
}

TEST_HARNESS_MAIN
