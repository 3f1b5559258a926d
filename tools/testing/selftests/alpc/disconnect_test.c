// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a connection, from either side, by disconnecting or by closing:
 * who is told what, and what becomes of the messages on the way.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <poll.h>

#include "alpc_thread.h"

FIXTURE(end)
{
	struct pair pair;
	struct alpc_msg msg;
	struct transfer_worker worker;
	char buf[64];
};

FIXTURE_VARIANT(end)
{
	bool by_client;
	bool by_closing;
};

FIXTURE_VARIANT_ADD(end, client_disconnects) { .by_client = true };
FIXTURE_VARIANT_ADD(end, client_closes) { .by_client = true, .by_closing = true };
FIXTURE_VARIANT_ADD(end, server_disconnects) { };
FIXTURE_VARIANT_ADD(end, server_closes) { .by_closing = true };

FIXTURE_SETUP(end)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(end)
{
	pair_close(&self->pair);
}

static int finish(struct pair *pair, const FIXTURE_VARIANT(end) *variant)
{
	int *fd = variant->by_client ? &pair->client : &pair->server;

	if (!variant->by_closing)
		return alpc_disconnect(*fd);
	close_fd(fd);
	return 0;
}

#define FINISH() ASSERT_EQ(0, finish(&self->pair, variant))

/* The server hears of every end, once, unless it has closed its own port. */
#define IS_TOLD (variant->by_client || !variant->by_closing)

#define EXPECT_CLOSED_ONCE() do { \
	if (IS_TOLD) { \
		TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf); \
		EXPECT_EQ(self->pair.context, self->msg.context); \
		EXPECT_EQ(0, self->msg.len); \
		EXPECT_EQ(getpid(), self->msg.pid); \
	} \
	NOTHING(self->pair.port); \
	EXPECT_QUIET(self->pair.port); \
} while (0)

/* Another client finds everything in order. */
#define EXPECT_CONNECTS() do { \
	struct pair __again = self->pair; \
\
	EXPECT_EQ(0, pair_connect(__again.port, __again.name, __again.context, \
				  &__again.client, &__again.server)); \
	EXPECT_EQ(0, pair_works(&__again)); \
	close(__again.client); \
	close(__again.server); \
} while (0)

TEST_F(end, nothing_can_be_sent_after_it)
{
	struct alpc_msg reply;

	FINISH();
	if (self->pair.client >= 0) {
		EXPECT_EQ(-EPIPE, alpc_send(self->pair.client, "x", 1));
		EXPECT_EQ(-EPIPE, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
		EXPECT_EQ(-EPIPE, alpc_call(self->pair.client, "x", 1, &reply, self->buf, 8));
		EXPECT_EQ(-EPIPE, alpc_receive(self->pair.client, &reply, self->buf, 8));
	}
	if (self->pair.server >= 0) {
		EXPECT_EQ(-EPIPE, alpc_send(self->pair.server, "x", 1));
		EXPECT_EQ(-EPIPE, alpc_request_async(self->pair.server, "x", 1, 0, 0, NULL));
		EXPECT_EQ(-EPIPE, alpc_call(self->pair.server, "x", 1, &reply, self->buf, 8));
	}
	EXPECT_CLOSED_ONCE();
	EXPECT_CONNECTS();
}

TEST_F(end, comes_once)
{
	FINISH();
	if (self->pair.client >= 0)
		EXPECT_EQ(-EPIPE, alpc_disconnect(self->pair.client));
	if (self->pair.server >= 0)
		EXPECT_EQ(-EPIPE, alpc_disconnect(self->pair.server));
	EXPECT_CLOSED_ONCE();
	/* Nor does closing what is left say it again. */
	close_fd(&self->pair.client);
	NOTHING(self->pair.port);
	close_fd(&self->pair.server);
	NOTHING(self->pair.port);
	EXPECT_CONNECTS();
}

TEST_F(end, shows_as_a_hang_up)
{
	struct alpc_port_info info;

	EXPECT_EQ(POLLOUT, events_of(self->pair.client));
	EXPECT_EQ(0, events_of(self->pair.server) & POLLHUP);
	FINISH();
	if (self->pair.client >= 0) {
		EXPECT_EQ(POLLHUP, events_of(self->pair.client) & POLLHUP);
		ASSERT_EQ(0, alpc_info(self->pair.client, &info));
		EXPECT_EQ(ALPC_STATE_CLOSED, info.out_state);
		EXPECT_LE(0, fcntl(self->pair.client, F_GETFD));
	}
	if (self->pair.server >= 0) {
		EXPECT_EQ(POLLHUP, events_of(self->pair.server) & POLLHUP);
		ASSERT_EQ(0, alpc_info(self->pair.server, &info));
		EXPECT_EQ(ALPC_STATE_CLOSED, info.out_state);
		EXPECT_EQ(self->pair.context, info.out_context);
	}
	EXPECT_EQ(0, events_of(self->pair.port) & POLLHUP);
}

TEST_F(end, wakes_who_polls_the_other_side)
{
	FINISH();
	EXPECT_EQ(IS_TOLD ? POLLIN : 0, events_of(self->pair.port) & POLLIN);
	EXPECT_CLOSED_ONCE();
	EXPECT_EQ(0, events_of(self->pair.port) & POLLIN);
}

TEST_F(end, what_the_client_sent_before_still_arrives)
{
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, &i, sizeof(i)));
	FINISH();
	/* A server that closed its port has let go of the context with it. */
	if (IS_TOLD) {
		for (i = 0; i < 10; i++) {
			TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
			EXPECT_EQ(0, memcmp(&i, self->buf, sizeof(i)));
			EXPECT_EQ(self->pair.context, self->msg.context);
		}
	}
	EXPECT_CLOSED_ONCE();
}

TEST_F(end, what_the_server_sent_before_still_arrives)
{
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, alpc_send(self->pair.server, &i, sizeof(i)));
	FINISH();
	if (self->pair.client < 0)
		return;
	EXPECT_EQ(POLLIN | POLLHUP, events_of(self->pair.client) & (POLLIN | POLLHUP));
	for (i = 0; i < 10; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.client, &self->msg, self->buf);
		EXPECT_EQ(0, memcmp(&i, self->buf, sizeof(i)));
	}
	EXPECT_EQ(-EPIPE, alpc_receive(self->pair.client, &self->msg, self->buf, 64));
	EXPECT_EQ(POLLHUP, events_of(self->pair.client) & POLLHUP);
	EXPECT_CLOSED_ONCE();
}

TEST_F(end, request_that_was_not_taken_is_gone)
{
	ASSERT_EQ(0, alpc_send(self->pair.client, "before", 6));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "request", 7, 0, 0, NULL));
	FINISH();
	if (IS_TOLD)
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_CLOSED_ONCE();
	EXPECT_CONNECTS();
}

/* That a request was lost may be said with a message of its own, before the end. */
#define EXPECT_CANCELED_AND_CLOSED(request) do { \
	__u64 __id = (request); \
	int __closed = 0; \
\
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 64)) { \
		EXPECT_EQ(0, __closed); \
		__closed += self->msg.type == ALPC_PORT_CLOSED; \
		if (self->msg.type != ALPC_PORT_CLOSED) \
			EXPECT_EQ(ALPC_CANCELED, self->msg.type); \
		if (self->msg.type == ALPC_CANCELED) \
			EXPECT_EQ(__id, self->msg.id); \
	} \
	EXPECT_EQ(IS_TOLD, __closed); \
	EXPECT_QUIET(self->pair.port); \
} while (0)

TEST_F(end, request_that_was_taken_can_no_longer_be_answered)
{
	__u64 id;
	int err;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "request", 7, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	id = self->msg.id;
	FINISH();
	err = alpc_reply(self->pair.port, id, "late", 4);
	EXPECT_TRUE(err == -ECANCELED || err == -ESRCH || err == -EPIPE)
		TH_LOG("replying: %d", err);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, id, "late", 4));
	EXPECT_CANCELED_AND_CLOSED(id);
	if (self->pair.client >= 0)
		EXPECT_EQ(-EPIPE, alpc_receive(self->pair.client, &self->msg, self->buf, 64));
	EXPECT_CONNECTS();
}

TEST_F(end, reply_that_was_sent_is_still_received)
{
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "request", 7, 5, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "reply", 5));
	FINISH();
	if (self->pair.client >= 0) {
		TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
		EXPECT_EQ(5, self->msg.cookie);
	}
	EXPECT_CLOSED_ONCE();
}

/* Start a call or a receive in a thread and wait until it sleeps. */
#define START(flags, send_flags, fd) do { \
	transfer_init(&self->worker.transfer, flags); \
	transfer_send(&self->worker.transfer, send_flags, 0, "request", 7); \
	transfer_receive(&self->worker.transfer, self->buf, sizeof(self->buf)); \
	ASSERT_EQ(0, worker_transfer(&self->worker, fd)); \
	ASSERT_EQ(0, worker_blocked(&self->worker.worker)); \
} while (0)

/* A call keeps its own port open, so closing the descriptor cannot end it. */
#define IS_CLOSING(side) (variant->by_closing && variant->by_client == (side))

TEST_F(end, ends_the_call_of_the_client)
{
	char buf[64];

	START(ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, ALPC_SEND_REQUEST, self->pair.client);
	EXPECT_EQ(1, alpc_queued(self->pair.port));
	FINISH();
	if (IS_CLOSING(true)) {
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, buf);
		EXPECT_EQ(0, worker_blocked(&self->worker.worker));
		ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "reply", 5));
		EXPECT_EQ(0, worker_join(&self->worker.worker));
		EXPECT_EQ(5, self->worker.transfer.recv.len);
	} else {
		EXPECT_EQ(-EPIPE, worker_join(&self->worker.worker));
		EXPECT_EQ(0, self->worker.transfer.out_done & ALPC_DONE_RECEIVED);
	}
	EXPECT_CLOSED_ONCE();
	EXPECT_CONNECTS();
}

TEST_F(end, ends_the_call_of_the_client_that_the_server_works_on)
{
	char buf[64];
	__u64 id;
	int err;

	START(ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, ALPC_SEND_REQUEST, self->pair.client);
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, buf);
	id = self->msg.id;
	FINISH();
	if (IS_CLOSING(true)) {
		EXPECT_EQ(0, worker_blocked(&self->worker.worker));
		ASSERT_EQ(0, alpc_reply(self->pair.port, id, "in time", 7));
		EXPECT_EQ(0, worker_join(&self->worker.worker));
		EXPECT_CLOSED_ONCE();
	} else {
		EXPECT_EQ(-EPIPE, worker_join(&self->worker.worker));
		EXPECT_EQ(ALPC_DONE_SENT, self->worker.transfer.out_done & ~ALPC_DONE_CANCELED);
		err = alpc_reply(self->pair.port, id, "late", 4);
		EXPECT_TRUE(err == -ECANCELED || err == -ESRCH || err == -EPIPE)
			TH_LOG("replying: %d", err);
		EXPECT_CANCELED_AND_CLOSED(id);
	}
	EXPECT_CONNECTS();
}

TEST_F(end, ends_the_call_of_the_server)
{
	char buf[64];
	int taken;

	for (taken = 0; taken < 2; taken++) {
		START(ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, ALPC_SEND_REQUEST,
		      self->pair.server);
		if (taken)
			TAKE(ALPC_REQUEST, self->pair.client, &self->msg, buf);
		FINISH();
		if (IS_CLOSING(false)) {
			EXPECT_EQ(0, worker_blocked(&self->worker.worker));
			if (!taken)
				TAKE(ALPC_REQUEST, self->pair.client, &self->msg, buf);
			ASSERT_EQ(0, alpc_reply(self->pair.client, self->msg.id, "reply", 5));
			EXPECT_EQ(0, worker_join(&self->worker.worker));
		} else {
			EXPECT_EQ(-EPIPE, worker_join(&self->worker.worker));
			if (taken && self->pair.client >= 0)
				EXPECT_NE(0, alpc_reply(self->pair.client, self->msg.id, "", 0));
		}
		EXPECT_CLOSED_ONCE();
		close_fd(&self->pair.server);
		close_fd(&self->pair.client);
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, self->pair.context,
					  &self->pair.client, &self->pair.server));
	}
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(end, ends_the_receive_of_the_client)
{
	START(ALPC_TRANSFER_RECEIVE, 0, self->pair.client);
	FINISH();
	if (IS_CLOSING(true)) {
		EXPECT_EQ(0, worker_blocked(&self->worker.worker));
		ASSERT_EQ(0, alpc_send(self->pair.server, "still there", 11));
		EXPECT_EQ(0, worker_join(&self->worker.worker));
		EXPECT_EQ(11, self->worker.transfer.recv.len);
	} else {
		EXPECT_EQ(-EPIPE, worker_join(&self->worker.worker));
		EXPECT_EQ(0, self->worker.transfer.out_done);
	}
	EXPECT_CLOSED_ONCE();
}

TEST_F(end, wakes_the_receive_of_the_server_with_its_notice)
{
	int client;

	START(ALPC_TRANSFER_RECEIVE, 0, self->pair.port);
	FINISH();
	if (IS_TOLD) {
		EXPECT_EQ(0, worker_join(&self->worker.worker));
		EXPECT_EQ(ALPC_PORT_CLOSED, self->worker.transfer.recv.type);
		EXPECT_EQ(self->pair.context, self->worker.transfer.recv.context);
		EXPECT_EQ(getpid(), self->worker.transfer.recv.pid);
	} else {
		/* Of what it has closed it needs no notice. */
		EXPECT_EQ(0, worker_blocked(&self->worker.worker));
		client = alpc_connect_async(self->pair.name);
		EXPECT_LE(0, client);
		EXPECT_EQ(0, worker_join(&self->worker.worker));
		EXPECT_EQ(ALPC_CONNECTION_REQUEST, self->worker.transfer.recv.type);
		close(client);
	}
	NOTHING(self->pair.port);
}

TEST_F(end, tells_how_many_messages_were_received)
{
	struct alpc_msg request;
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "r", 1, 0, 0, NULL));
	for (i = 0; i < 3; i++)
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	TAKE(ALPC_REQUEST, self->pair.port, &request, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, request.id, "!", 1));
	/* One that did not fit was not received, until it was. */
	ASSERT_EQ(0, alpc_send(self->pair.client, "long", 4));
	EXPECT_EQ(-EMSGSIZE, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 1));
	EXPECT_EQ(-EMSGSIZE, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 1));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	FINISH();
	if (IS_TOLD) {
		TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(5, self->msg.seq);
	}
	NOTHING(self->pair.port);
}

TEST_F(end, leaves_the_other_clients_alone)
{
	struct pair other = self->pair;

	other.context = 0x07e2;
	ASSERT_EQ(0, pair_connect(other.port, other.name, other.context, &other.client,
				  &other.server));
	ASSERT_EQ(0, alpc_send(other.client, "a", 1));
	ASSERT_EQ(0, alpc_send(other.server, "b", 1));
	FINISH();
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(other.context, self->msg.context);
	TAKE(ALPC_DATAGRAM, other.client, &self->msg, self->buf);
	EXPECT_CLOSED_ONCE();
	EXPECT_EQ(0, pair_works(&other));
	close(other.client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(other.server);
}

TEST_F(end, needs_no_reader)
{
	struct alpc_port_info info;
	int closed = 0;

	/* All queues full, nobody to read them: it is over all the same. */
	while (!alpc_send_nowait(self->pair.client, "flood", 5))
		;
	while (!alpc_send_nowait(self->pair.server, "flood", 5))
		;
	FINISH();
	if (self->pair.client >= 0)
		EXPECT_EQ(-EPIPE, alpc_send(self->pair.client, "x", 1));
	close_fd(&self->pair.client);
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 64))
		closed += self->msg.type == ALPC_PORT_CLOSED;
	EXPECT_EQ(IS_TOLD, closed);
	close_fd(&self->pair.server);
	NOTHING(self->pair.port);
	ASSERT_EQ(0, alpc_info(self->pair.port, &info));
	EXPECT_EQ(0, info.out_connections);
}

TEST_F(end, before_the_client_looked_at_its_acceptance)
{
	struct pair second = self->pair;

	second.client = alpc_connect_async(second.name);
	ASSERT_LE(0, second.client);
	TAKE(ALPC_CONNECTION_REQUEST, second.port, &self->msg, self->buf);
	second.server = alpc_accept_id(second.port, self->msg.id, second.context);
	ASSERT_LE(0, second.server);
	ASSERT_EQ(0, finish(&second, variant));
	if (second.client >= 0) {
		TAKE(ALPC_CONNECTION_REPLY, second.client, &self->msg, self->buf);
		EXPECT_EQ(-EPIPE, alpc_receive(second.client, &self->msg, self->buf, 64));
		EXPECT_EQ(-EPIPE, alpc_send(second.client, "x", 1));
	}
	EXPECT_CLOSED_ONCE();
	close_fd(&second.server);
	close_fd(&second.client);
	NOTHING(self->pair.port);
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_HARNESS_MAIN
