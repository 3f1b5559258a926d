// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connecting and waiting for the answer: the messages both ways, every way in
 * which it ends, and that nothing is left of a connect that failed. Who may
 * connect: permission_test.c. Without waiting: connect_async_test.c.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <limits.h>

#include "alpc_thread.h"

FIXTURE(connect)
{
	const char *name;
	int port;
	struct connect_worker client;
	struct alpc_msg msg;
	char buf[64];
	char reply[64];
	int fds;
};

FIXTURE_SETUP(connect)
{
	self->name = unique_name();
	self->port = alpc_create(self->name);
	ASSERT_LE(0, self->port);
	self->client.connect = connect_args(self->name);
	memset(self->reply, POISON, sizeof(self->reply));
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(connect)
{
	close_fd(&self->port);
}

/* Start the client, and take its request out of the queue. */
#define START_AND_TAKE() do { \
	ASSERT_EQ(0, worker_connect(&self->client)); \
	AWAIT(ALPC_CONNECTION_REQUEST, self->port, &self->msg, self->buf); \
} while (0)

#define EXPECT_NO_CONNECTION() do { \
	struct alpc_port_info __info; \
\
	ASSERT_EQ(0, alpc_info(self->port, &__info)); \
	EXPECT_EQ(0, __info.out_connections); \
	EXPECT_QUIET(self->port); \
	EXPECT_EQ(self->fds, open_fds()); \
} while (0)

/* A client that comes afterwards finds everything in order. */
#define EXPECT_CONNECTS() do { \
	int __client, __server; \
\
	EXPECT_EQ(0, pair_connect(self->port, self->name, 1, &__client, &__server)); \
	close(__client); \
	close(__server); \
} while (0)

/* A request that its client gave up cannot be answered any more. */
#define EXPECT_GIVEN_UP(id) do { \
	int __err = alpc_accept_id(self->port, id, 0); \
\
	EXPECT_TRUE(__err == -ECANCELED || __err == -ESRCH) \
		TH_LOG("accepting: %d", __err); \
	EXPECT_EQ(-ESRCH, alpc_accept_id(self->port, id, 0)); \
} while (0)

TEST_F(connect, carries_a_message_each_way)
{
	int client, server;

	self->client.connect.send_data = address("hello");
	self->client.connect.send_len = 5;
	self->client.connect.reply_data = address(self->reply);
	self->client.connect.reply_len = sizeof(self->reply);
	START_AND_TAKE();
	EXPECT_EQ(5, self->msg.len);
	EXPECT_EQ(0, memcmp("hello", self->buf, 5));
	EXPECT_EQ(0, self->msg.context);
	EXPECT_EQ(0, self->msg.cookie);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_EQ(getpid(), self->msg.pid);
	EXPECT_EQ(self->client.worker.tid, self->msg.tid);
	EXPECT_FALSE(worker_done(&self->client.worker));
	server = alpc_accept_data(self->port, self->msg.id, 7, "welcome", 7);
	ASSERT_LE(0, server);
	client = worker_join(&self->client.worker);
	ASSERT_LE(0, client);
	EXPECT_EQ(7, self->client.connect.reply_len);
	EXPECT_EQ(0, memcmp("welcome", self->reply, 7));
	EXPECT_TRUE(is_poison(self->reply + 7, sizeof(self->reply) - 7));
	/* What the call gave does not come as a message too. */
	NOTHING(client);
	EXPECT_EQ(0, alpc_send(client, "x", 1));
	TAKE(ALPC_DATAGRAM, self->port, &self->msg, self->buf);
	EXPECT_EQ(7, self->msg.context);
	close(client);
	close(server);
}

TEST_F(connect, needs_no_message)
{
	int client, server;

	self->client.connect.reply_data = address(self->reply);
	self->client.connect.reply_len = sizeof(self->reply);
	START_AND_TAKE();
	EXPECT_EQ(0, self->msg.len);
	server = alpc_accept_id(self->port, self->msg.id, 0);
	client = worker_join(&self->client.worker);
	ASSERT_LE(0, client);
	EXPECT_EQ(0, self->client.connect.reply_len);
	EXPECT_TRUE(IS_POISON(self->reply));
	close(client);
	close(server);
}

TEST_F(connect, answer_that_just_fits)
{
	int client, server;

	self->client.connect.reply_data = address(memory_before_hole(7));
	self->client.connect.reply_len = 7;
	START_AND_TAKE();
	server = alpc_accept_data(self->port, self->msg.id, 0, "welcome", 7);
	client = worker_join(&self->client.worker);
	ASSERT_LE(0, client);
	EXPECT_EQ(7, self->client.connect.reply_len);
	NOTHING(client);
	close(client);
	close(server);
}

TEST_F(connect, answer_that_is_longer_can_be_received)
{
	static const __u32 rooms[] = { 0, 1, 6 };
	int client, server;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		self->client.connect = connect_args(self->name);
		self->client.connect.reply_data = address(memory_before_hole(rooms[i]));
		self->client.connect.reply_len = rooms[i];
		START_AND_TAKE();
		server = alpc_accept_data(self->port, self->msg.id, 9, "welcome", 7);
		client = worker_join(&self->client.worker);
		ASSERT_LE(0, client);
		EXPECT_EQ(7, self->client.connect.reply_len);
		/* Before what the server sends later. */
		ASSERT_EQ(0, alpc_send(server, "next", 4));
		TAKE(ALPC_CONNECTION_REPLY, client, &self->msg, self->buf);
		EXPECT_EQ(7, self->msg.len);
		EXPECT_EQ(0, memcmp("welcome", self->buf, 7));
		TAKE(ALPC_DATAGRAM, client, &self->msg, self->buf);
		NOTHING(client);
		close(client);
		TAKE(ALPC_PORT_CLOSED, self->port, &self->msg, self->buf);
		close(server);
	}
}

/* --- the server says no --------------------------------------------------- */

TEST_F(connect, refused_with_a_reason)
{
	self->client.connect.reply_data = address(self->reply);
	self->client.connect.reply_len = sizeof(self->reply);
	START_AND_TAKE();
	ASSERT_EQ(0, alpc_refuse(self->port, self->msg.id, "too late", 8));
	EXPECT_EQ(-ECONNREFUSED, worker_join(&self->client.worker));
	EXPECT_EQ(8, self->client.connect.reply_len);
	EXPECT_EQ(0, memcmp("too late", self->reply, 8));
	EXPECT_TRUE(is_poison(self->reply + 8, sizeof(self->reply) - 8));
	EXPECT_NO_CONNECTION();
	EXPECT_CONNECTS();
}

TEST_F(connect, refused_without_a_reason)
{
	self->client.connect.reply_data = address(self->reply);
	self->client.connect.reply_len = sizeof(self->reply);
	START_AND_TAKE();
	ASSERT_EQ(0, alpc_refuse(self->port, self->msg.id, NULL, 0));
	EXPECT_EQ(-ECONNREFUSED, worker_join(&self->client.worker));
	EXPECT_EQ(0, self->client.connect.reply_len);
	EXPECT_TRUE(IS_POISON(self->reply));
	EXPECT_NO_CONNECTION();
}

TEST_F(connect, refused_with_a_reason_that_does_not_fit)
{
	self->client.connect.reply_data = address(self->reply);
	self->client.connect.reply_len = 3;
	START_AND_TAKE();
	ASSERT_EQ(0, alpc_refuse(self->port, self->msg.id, "too late", 8));
	EXPECT_EQ(-ECONNREFUSED, worker_join(&self->client.worker));
	EXPECT_EQ(8, self->client.connect.reply_len);
	EXPECT_EQ(0, memcmp("too", self->reply, 3));
	EXPECT_TRUE(is_poison(self->reply + 3, sizeof(self->reply) - 3));
	EXPECT_NO_CONNECTION();
}

TEST_F(connect, nobody_has_the_name)
{
	EXPECT_EQ(-ENOENT, alpc_connect_to(unique_name()));
	EXPECT_NO_CONNECTION();
}

TEST_F(connect, abuse_21_server_goes_while_many_wait)
{
	struct connect_worker clients[6];
	int i;

	for (i = 0; i < 6; i++) {
		clients[i].connect = connect_args(self->name);
		ASSERT_EQ(0, worker_connect(&clients[i]));
		ASSERT_EQ(0, worker_blocked(&clients[i].worker));
	}
	/* Some have been seen, some have not. */
	for (i = 0; i < 3; i++)
		TAKE(ALPC_CONNECTION_REQUEST, self->port, &self->msg, self->buf);
	close_fd(&self->port);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(-ECONNRESET, worker_join(&clients[i].worker));
	EXPECT_EQ(self->fds - 1, open_fds());
	EXPECT_EQ(-ENOENT, alpc_connect_to(self->name));
}

/* --- times ---------------------------------------------------------------- */

TEST_F(connect, no_time_at_all)
{
	self->client.connect.timeout = 0;
	EXPECT_EQ(-ETIMEDOUT, alpc_connect_with(&self->client.connect));
	NOTHING(self->port);
	EXPECT_NO_CONNECTION();
	EXPECT_CONNECTS();
}

TEST_F(connect, time_is_over_before_anybody_looked)
{
	long long start = monotonic_ns();

	self->client.connect.timeout = SHORT_TIME;
	EXPECT_EQ(-ETIMEDOUT, alpc_connect_with(&self->client.connect));
	EXPECT_LE(start + SHORT_TIME, monotonic_ns());
	NOTHING(self->port);
	EXPECT_NO_CONNECTION();
	EXPECT_CONNECTS();
}

TEST_F(connect, point_in_time_is_over)
{
	long long end = monotonic_ns() + SHORT_TIME;

	self->client.connect.flags = ALPC_CONNECT_ABSTIME;
	self->client.connect.timeout = end;
	EXPECT_EQ(-ETIMEDOUT, alpc_connect_with(&self->client.connect));
	EXPECT_LE(end, monotonic_ns());
	/* One that was over before. */
	EXPECT_EQ(-ETIMEDOUT, alpc_connect_with(&self->client.connect));
	self->client.connect.timeout = 0;
	EXPECT_EQ(-ETIMEDOUT, alpc_connect_with(&self->client.connect));
	NOTHING(self->port);
	EXPECT_NO_CONNECTION();
}

TEST_F(connect, time_is_over_after_the_server_saw_the_request)
{
	struct transfer_worker server;

	/* Who waits already is given it at once, however short the time is. */
	transfer_init(&server.transfer, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&server.transfer, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, worker_transfer(&server, self->port));
	ASSERT_EQ(0, worker_blocked(&server.worker));
	self->client.connect.timeout = SHORT_TIME;
	EXPECT_EQ(-ETIMEDOUT, alpc_connect_with(&self->client.connect));
	ASSERT_EQ(0, worker_join(&server.worker));
	ASSERT_EQ(ALPC_CONNECTION_REQUEST, server.transfer.recv.type);
	EXPECT_GIVEN_UP(server.transfer.recv.id);
	EXPECT_EQ(self->fds, open_fds());
	EXPECT_CONNECTS();
}

TEST_F(connect, long_times_do_not_end_early)
{
	static const struct {
		__u32 flags;
		__s64 timeout;
	} times[] = {
		{ 0, ALPC_INFINITE },
		{ 0, 3600 * NSEC_PER_SEC },
		{ 0, LLONG_MAX },
		{ 0, LLONG_MAX - 1 },
		{ ALPC_CONNECT_ABSTIME, LLONG_MAX },
	};
	int client, server;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(times); i++) {
		self->client.connect = connect_args(self->name);
		self->client.connect.flags = times[i].flags;
		self->client.connect.timeout = times[i].timeout;
		START_AND_TAKE();
		EXPECT_EQ(0, worker_blocked(&self->client.worker))
			TH_LOG("time %lld", (long long)times[i].timeout);
		server = alpc_accept_id(self->port, self->msg.id, 0);
		EXPECT_LE(0, server);
		client = worker_join(&self->client.worker);
		EXPECT_LE(0, client);
		close(client);
		TAKE(ALPC_PORT_CLOSED, self->port, &self->msg, self->buf);
		close(server);
	}
}

TEST_F(connect, negative_times_are_invalid)
{
	static const __s64 times[] = { -2, -NSEC_PER_SEC, LLONG_MIN, LLONG_MIN + 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(times); i++) {
		self->client.connect.timeout = times[i];
		self->client.connect.flags = 0;
		EXPECT_EQ(-EINVAL, alpc_connect_with(&self->client.connect));
		self->client.connect.flags = ALPC_CONNECT_ABSTIME;
		EXPECT_EQ(-EINVAL, alpc_connect_with(&self->client.connect));
	}
	NOTHING(self->port);
	EXPECT_NO_CONNECTION();
}

/* --- the client cannot go on ---------------------------------------------- */

TEST_F(connect, answer_has_nowhere_to_go)
{
	int server;

	self->client.connect.reply_data = address(memory_before_hole(3));
	self->client.connect.reply_len = 64;
	ASSERT_EQ(0, worker_connect(&self->client));
	ASSERT_EQ(0, worker_blocked(&self->client.worker));
	TAKE(ALPC_CONNECTION_REQUEST, self->port, &self->msg, self->buf);
	server = alpc_accept_data(self->port, self->msg.id, 0xfa17, "welcome", 7);
	ASSERT_LE(0, server);
	EXPECT_EQ(-EFAULT, worker_join(&self->client.worker));
	/* The client cannot have the port, so the connection is over. */
	TAKE(ALPC_PORT_CLOSED, self->port, &self->msg, self->buf);
	EXPECT_EQ(0xfa17, self->msg.context);
	NOTHING(self->port);
	EXPECT_EQ(-EPIPE, alpc_send(server, "x", 1));
	close(server);
	EXPECT_NO_CONNECTION();
}

TEST_F(connect, no_descriptor_is_left)
{
	int old = forbid_descriptors();

	EXPECT_EQ(-EMFILE, alpc_connect_to(self->name));
	EXPECT_EQ(-EMFILE, alpc_connect_async(self->name));
	allow_descriptors(old);
	/* The server was not asked for what the client cannot have. */
	NOTHING(self->port);
	EXPECT_NO_CONNECTION();
	EXPECT_CONNECTS();
}

static void ignore(int signal)
{
	(void)signal;
}

TEST_F(connect, interrupted_and_not_repeated)
{
	struct sigaction action = { .sa_handler = ignore };
	int restart, seen;

	for (restart = 0; restart < 2; restart++) {
		action.sa_flags = restart ? SA_RESTART : 0;
		sigaction(SIGUSR1, &action, NULL);
		for (seen = 0; seen < 2; seen++) {
			self->client.connect = connect_args(self->name);
			ASSERT_EQ(0, worker_connect(&self->client));
			ASSERT_EQ(0, worker_blocked(&self->client.worker));
			if (seen)
				TAKE(ALPC_CONNECTION_REQUEST, self->port, &self->msg, self->buf);
			pthread_kill(self->client.worker.thread, SIGUSR1);
			EXPECT_EQ(-EINTR, worker_join(&self->client.worker));
			if (seen)
				EXPECT_GIVEN_UP(self->msg.id);
			else
				NOTHING(self->port);
			EXPECT_EQ(self->fds, open_fds());
		}
	}
	EXPECT_CONNECTS();
}

TEST_F(connect, abuse_17_client_is_killed_while_it_waits)
{
	struct child child;

	ASSERT_LE(0, child_start(&child));
	if (!child.pid)
		child_exit(alpc_connect_to(self->name) >= 0);
	ASSERT_EQ(0, client_blocked(&child));
	EXPECT_EQ(1, alpc_queued(self->port));
	child_kill(&child);
	NOTHING(self->port);
	EXPECT_NO_CONNECTION();
	EXPECT_CONNECTS();
}

TEST_F(connect, abuse_13_no_id_comes_twice)
{
	__u64 ids[50];
	int client, i, k;

	for (i = 0; i < 50; i++) {
		client = alpc_connect_async(self->name);
		ASSERT_LE(0, client);
		TAKE(ALPC_CONNECTION_REQUEST, self->port, &self->msg, self->buf);
		ids[i] = self->msg.id;
		EXPECT_NE(0, ids[i]);
		for (k = 0; k < i; k++)
			EXPECT_NE(ids[k], ids[i]);
		if (i % 2)
			EXPECT_EQ(0, alpc_refuse(self->port, ids[i], NULL, 0));
		close(client);
	}
}

TEST_HARNESS_MAIN
