// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connecting without waiting for the answer: what the port can do meanwhile,
 * how the answer comes, and what happens if none comes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>
#include <sys/syscall.h>

#include "alpc_thread.h"

FIXTURE(async)
{
	const char *name;
	int port;
	int client;
	int server;
	struct alpc_msg msg;
	struct alpc_msg request;
	struct transfer_worker worker;
	char buf[64];
};

FIXTURE_SETUP(async)
{
	struct alpc_connect arg;

	self->server = -1;
	self->name = unique_name();
	self->port = alpc_create(self->name);
	ASSERT_LE(0, self->port);
	arg = connect_args(self->name);
	arg.flags = ALPC_CONNECT_ASYNC;
	arg.send_data = address("hello");
	arg.send_len = 5;
	self->client = alpc_connect_with(&arg);
	ASSERT_LE(0, self->client);
	TAKE(ALPC_CONNECTION_REQUEST, self->port, &self->request, self->buf);
	ASSERT_EQ(5, self->request.len);
}

FIXTURE_TEARDOWN(async)
{
	close_fd(&self->client);
	close_fd(&self->server);
	close_fd(&self->port);
}

static int state_of(int fd)
{
	struct alpc_port_info info;

	return alpc_info(fd, &info) ?: (int)info.out_state;
}

/* Let another thread wait for the answer. */
#define START_RECEIVER() do { \
	transfer_init(&self->worker.transfer, ALPC_TRANSFER_RECEIVE); \
	transfer_receive(&self->worker.transfer, self->buf, sizeof(self->buf)); \
	ASSERT_EQ(0, worker_transfer(&self->worker, self->client)); \
	ASSERT_EQ(0, worker_blocked(&self->worker.worker)); \
} while (0)

#define ACCEPT() do { \
	self->server = alpc_accept_data(self->port, self->request.id, 5, "welcome", 7); \
	ASSERT_LE(0, self->server); \
} while (0)

TEST_F(async, port_is_there_but_not_connected)
{
	struct alpc_msg reply;

	EXPECT_EQ(ALPC_STATE_CONNECTING, state_of(self->client));
	EXPECT_EQ(0, events_of(self->client));
	EXPECT_EQ(-ENOTCONN, alpc_send(self->client, "x", 1));
	EXPECT_EQ(-ENOTCONN, alpc_send_nowait(self->client, "x", 1));
	EXPECT_EQ(-ENOTCONN, alpc_request_async(self->client, "x", 1, 0, 0, NULL));
	EXPECT_EQ(-ENOTCONN, alpc_call(self->client, "x", 1, &reply, self->buf, 8));
	NOTHING(self->client);
	NOTHING(self->port);
	/* None of that hurts the connection. */
	ACCEPT();
	TAKE(ALPC_CONNECTION_REPLY, self->client, &self->msg, self->buf);
	EXPECT_EQ(0, alpc_send(self->client, "x", 1));
	TAKE(ALPC_DATAGRAM, self->port, &self->msg, self->buf);
	NOTHING(self->port);
}

TEST_F(async, exit_notice_needs_a_connection)
{
	struct alpc_query query;

	ASSERT_EQ(0, alpc_query(&query));
	EXPECT_EQ(query.out_features & ALPC_FEATURE_EXIT_NOTICE ? -ENOTCONN : -EOPNOTSUPP,
		  alpc_notify_exit(self->client, 1));
}

TEST_F(async, acceptance_comes_as_a_message)
{
	ACCEPT();
	EXPECT_EQ(ALPC_STATE_OPEN, state_of(self->client));
	EXPECT_EQ(POLLIN, events_of(self->client) & (POLLIN | POLLHUP));
	EXPECT_EQ(1, alpc_queued(self->client));
	TAKE(ALPC_CONNECTION_REPLY, self->client, &self->msg, self->buf);
	EXPECT_EQ(7, self->msg.len);
	EXPECT_EQ(0, memcmp("welcome", self->buf, 7));
	EXPECT_EQ(0, self->msg.context);
	NOTHING(self->client);
	EXPECT_EQ(POLLOUT, events_of(self->client));
}

TEST_F(async, acceptance_comes_before_what_the_server_sends_then)
{
	ACCEPT();
	ASSERT_EQ(0, alpc_send(self->server, "first", 5));
	ASSERT_EQ(0, alpc_send(self->server, "second", 6));
	TAKE(ALPC_CONNECTION_REPLY, self->client, &self->msg, self->buf);
	TAKE(ALPC_DATAGRAM, self->client, &self->msg, self->buf);
	EXPECT_EQ(5, self->msg.len);
	TAKE(ALPC_DATAGRAM, self->client, &self->msg, self->buf);
	EXPECT_EQ(6, self->msg.len);
	NOTHING(self->client);
}

TEST_F(async, accepted_port_sends_before_the_answer_is_received)
{
	ACCEPT();
	EXPECT_EQ(0, alpc_send(self->client, "x", 1));
	TAKE(ALPC_DATAGRAM, self->port, &self->msg, self->buf);
	EXPECT_EQ(5, self->msg.context);
	TAKE(ALPC_CONNECTION_REPLY, self->client, &self->msg, self->buf);
}

TEST_F(async, answer_that_does_not_fit_stays)
{
	ACCEPT();
	EXPECT_EQ(-EMSGSIZE, alpc_receive_nowait(self->client, &self->msg, self->buf, 6));
	EXPECT_EQ(7, self->msg.len);
	TAKE(ALPC_CONNECTION_REPLY, self->client, &self->msg, self->buf);
	NOTHING(self->client);
}

TEST_F(async, refusal_comes_as_a_message_with_its_reason)
{
	ASSERT_EQ(0, alpc_refuse(self->port, self->request.id, "go away", 7));
	EXPECT_EQ(ALPC_STATE_REFUSED, state_of(self->client));
	EXPECT_EQ(POLLIN, events_of(self->client) & POLLIN);
	TAKE(ALPC_CONNECTION_REFUSED, self->client, &self->msg, self->buf);
	EXPECT_EQ(7, self->msg.len);
	EXPECT_EQ(0, memcmp("go away", self->buf, 7));
	/* There is nothing more to come, and nobody waits for it. */
	EXPECT_EQ(-ECONNREFUSED,
		  alpc_receive(self->client, &self->msg, self->buf, sizeof(self->buf)));
	EXPECT_EQ(-ECONNREFUSED, alpc_send(self->client, "x", 1));
	EXPECT_EQ(-ECONNREFUSED, alpc_request_async(self->client, "x", 1, 0, 0, NULL));
	EXPECT_EQ(POLLHUP, events_of(self->client) & POLLHUP);
	NOTHING(self->port);
	EXPECT_QUIET(self->port);
}

TEST_F(async, server_that_goes_is_told_once)
{
	close_fd(&self->port);
	EXPECT_EQ(ALPC_STATE_CLOSED, state_of(self->client));
	EXPECT_TRUE(events_of(self->client) & (POLLIN | POLLHUP));
	EXPECT_EQ(-ECONNRESET,
		  alpc_receive(self->client, &self->msg, self->buf, sizeof(self->buf)));
	EXPECT_EQ(-EPIPE, alpc_send(self->client, "x", 1));
}

TEST_F(async, receiver_wakes_when_it_is_accepted)
{
	START_RECEIVER();
	ACCEPT();
	EXPECT_EQ(0, worker_join(&self->worker.worker));
	EXPECT_EQ(ALPC_DONE_RECEIVED, self->worker.transfer.out_done);
	EXPECT_EQ(ALPC_CONNECTION_REPLY, self->worker.transfer.recv.type);
	EXPECT_EQ(7, self->worker.transfer.recv.len);
	NOTHING(self->client);
}

TEST_F(async, receiver_wakes_when_it_is_refused)
{
	START_RECEIVER();
	ASSERT_EQ(0, alpc_refuse(self->port, self->request.id, NULL, 0));
	EXPECT_EQ(0, worker_join(&self->worker.worker));
	EXPECT_EQ(ALPC_CONNECTION_REFUSED, self->worker.transfer.recv.type);
	EXPECT_EQ(0, self->worker.transfer.recv.len);
}

TEST_F(async, receiver_wakes_when_the_server_goes)
{
	START_RECEIVER();
	close_fd(&self->port);
	EXPECT_EQ(-ECONNRESET, worker_join(&self->worker.worker));
	EXPECT_EQ(0, self->worker.transfer.out_done);
}

static int wait_for_input(void *arg)
{
	struct pollfd pollfd = { .fd = *(int *)arg, .events = POLLIN };

	return poll(&pollfd, 1, -1) == 1 ? pollfd.revents : -errno;
}

TEST_F(async, poll_waits_for_the_answer)
{
	struct worker worker;

	ASSERT_EQ(0, worker_start(&worker, wait_for_input, &self->client));
	ASSERT_EQ(0, thread_blocked_in(getpid(), worker.tid, SYS_poll));
	ACCEPT();
	EXPECT_EQ(POLLIN, worker_join(&worker));
	TAKE(ALPC_CONNECTION_REPLY, self->client, &self->msg, self->buf);
}

TEST_F(async, closing_the_port_gives_the_request_up)
{
	int second, err;

	/* One that the server has seen, and one that it has not. */
	second = alpc_connect_async(self->name);
	ASSERT_LE(0, second);
	EXPECT_EQ(1, alpc_queued(self->port));
	close(second);
	NOTHING(self->port);
	close_fd(&self->client);
	err = alpc_accept_id(self->port, self->request.id, 0);
	EXPECT_TRUE(err == -ECANCELED || err == -ESRCH)
		TH_LOG("accepting: %d", err);
	EXPECT_EQ(-ESRCH, alpc_accept_id(self->port, self->request.id, 0));
	EXPECT_EQ(0, alpc_unanswered(self->port));
}

TEST_F(async, disconnecting_the_port_is_no_harm)
{
	int err = alpc_disconnect(self->client);

	EXPECT_TRUE(err == 0 || err == -ENOTCONN)
		TH_LOG("disconnecting: %d", err);
	close_fd(&self->client);
	err = alpc_accept_id(self->port, self->request.id, 0);
	EXPECT_TRUE(err == -ECANCELED || err == -ESRCH);
	EXPECT_QUIET(self->port);
}

TEST_F(async, no_time_is_enough_if_there_is_room)
{
	struct alpc_connect arg = connect_args(self->name);

	arg.flags = ALPC_CONNECT_ASYNC;
	arg.timeout = 0;
	close_fd(&self->client);
	self->client = alpc_connect_with(&arg);
	EXPECT_LE(0, self->client);
}

TEST_F(async, answers_go_to_those_who_asked)
{
	struct alpc_msg requests[8];
	int clients[8], servers[8], i;
	struct alpc_connect arg;
	char number;

	for (i = 0; i < 8; i++) {
		number = '0' + i;
		arg = connect_args(self->name);
		arg.flags = ALPC_CONNECT_ASYNC;
		arg.send_data = address(&number);
		arg.send_len = 1;
		clients[i] = alpc_connect_with(&arg);
		ASSERT_LE(0, clients[i]);
	}
	for (i = 0; i < 8; i++) {
		TAKE(ALPC_CONNECTION_REQUEST, self->port, &requests[i], self->buf);
		EXPECT_EQ('0' + i, self->buf[0]);
	}
	/* In another order, and not all with yes. */
	for (i = 7; i >= 0; i--) {
		number = 'a' + i;
		if (i % 3)
			servers[i] = alpc_accept_data(self->port, requests[i].id, i, &number, 1);
		else
			servers[i] = alpc_refuse(self->port, requests[i].id, &number, 1);
		ASSERT_LE(0, servers[i]);
	}
	for (i = 0; i < 8; i++) {
		TAKE(i % 3 ? ALPC_CONNECTION_REPLY : ALPC_CONNECTION_REFUSED, clients[i],
		     &self->msg, self->buf);
		EXPECT_EQ(1, self->msg.len);
		EXPECT_EQ('a' + i, self->buf[0]);
		close(clients[i]);
		if (i % 3) {
			TAKE(ALPC_PORT_CLOSED, self->port, &self->msg, self->buf);
			EXPECT_EQ(i, self->msg.context);
			close(servers[i]);
		}
	}
	NOTHING(self->port);
}

TEST_HARNESS_MAIN
