// SPDX-License-Identifier: GPL-2.0-only
/*
 * 100,000 connections at one time, and 100,000 connects that nobody answers: each of them
 * works or waits, others do not notice, and when they have gone nothing of them is left.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/resource.h>

#include "alpc_thread.h"

enum {
	MANY = 100000,
	PORTS = 2,		/* one port has room for fewer that wait */
	WAIT_MAX = 65536,
	DESCRIPTORS = 2 * MANY + 200,
};

#define PARAMETERS	"/sys/module/alpc/parameters/"

/* Fewer on a kernel that is slow. */
static int many(void)
{
	return kernel_finds_leaks() ? MANY / 40 : MANY;
}

/* Let one user have them all, or, with "0", what users usually may. */
static int set_user_limits(const char *limit)
{
	return write_file(PARAMETERS "user_connections", limit) ?:
	       write_file(PARAMETERS "user_connects", limit) ?:
	       write_file(PARAMETERS "user_messages", limit);
}

static int usage_of_user(struct alpc_usage *usage)
{
	*usage = (struct alpc_usage){ .size = sizeof(*usage), .flags = ALPC_USAGE_USER };
	return alpc_ioctl(alpc_device(), ALPC_IOC_GET_USAGE, usage);
}

FIXTURE(multitude)
{
	struct pair other;
	const char *name[PORTS];
	int port[PORTS];
	int *client, *server;
	unsigned char *seen;
	int count;
	struct alpc_usage before;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(multitude)
{
	const struct rlimit descriptors = { DESCRIPTORS, DESCRIPTORS };
	struct alpc_create_port create;
	int i;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &descriptors));
	ASSERT_EQ(0, set_user_limits("1000000"));
	self->count = many();
	self->client = calloc(MANY, sizeof(*self->client));
	self->server = calloc(MANY, sizeof(*self->server));
	self->seen = calloc(MANY, 1);
	ASSERT_TRUE(self->client && self->server && self->seen);
	ASSERT_EQ(0, pair_open(&self->other, NULL));
	for (i = 0; i < PORTS; i++) {
		self->name[i] = unique_name();
		create = create_args(self->name[i]);
		create.max_connections = MANY + 1;
		create.max_pending = WAIT_MAX;
		create.queue_messages = WAIT_MAX;
		self->port[i] = alpc_create_with(&create);
		ASSERT_LE(0, self->port[i]);
	}
	ASSERT_EQ(0, usage_of_user(&self->before));
}

FIXTURE_TEARDOWN(multitude)
{
	struct alpc_usage after;
	int i;

	/* What is charged says what is there. */
	ASSERT_EQ(0, usage_of_user(&after));
	EXPECT_EQ(self->before.connections.used, after.connections.used);
	EXPECT_EQ(self->before.connects.used, after.connects.used);
	EXPECT_EQ(0, pair_works(&self->other));
	pair_close(&self->other);
	for (i = 0; i < PORTS; i++)
		close_fd(&self->port[i]);
	free(self->client);
	free(self->server);
	free(self->seen);
	EXPECT_EQ(0, set_user_limits("0"));
}

/* One call through a connection, by this one thread. */
static int call(int client, int port, __u32 number)
{
	struct alpc_msg msg;
	__u32 asked = 0, answered = 0;
	int err = alpc_request_async(client, &number, sizeof(number), number, sizeof(answered),
				     NULL);

	err = err ?: alpc_receive_nowait(port, &msg, &asked, sizeof(asked));
	if (err)
		return err;
	if (msg.type != ALPC_REQUEST || msg.context != number || asked != number)
		return -EBADMSG;
	asked = ~asked;
	err = alpc_reply(port, msg.id, &asked, sizeof(asked)) ?:
	      alpc_receive_nowait(client, &msg, &answered, sizeof(answered));
	if (err)
		return err;
	return msg.type == ALPC_REPLY && msg.cookie == number && answered == ~number ? 0 :
	       -EBADMSG;
}

TEST_F_TIMEOUT(multitude, abuse_52_100000_connections_work, 560)
{
	struct alpc_port_info info;
	struct alpc_usage usage;
	int port = self->port[0], i;

	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, pair_connect(port, self->name[0], i, &self->client[i],
					  &self->server[i]));
	ASSERT_EQ(0, alpc_info(port, &info));
	EXPECT_EQ(self->count, info.out_connections);
	ASSERT_EQ(0, usage_of_user(&usage));
	EXPECT_EQ(self->before.connections.used + self->count, usage.connections.used);
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, call(self->client[i], port, i));
	EXPECT_EQ(0, pair_works(&self->other));

	/* Half of the clients go first, which is told once each; the others find it out. */
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, close(i & 1 ? self->client[i] : self->server[i]));
	for (i = 0; i < self->count / 2; i++) {
		TAKE(ALPC_PORT_CLOSED, port, &self->msg, self->buf);
		ASSERT_GT(self->count, self->msg.context);
		ASSERT_EQ(1, self->msg.context & 1);
		ASSERT_EQ(0, self->seen[self->msg.context]++);
	}
	for (i = 0; i < self->count; i += 2)
		ASSERT_EQ(-EPIPE, alpc_send_nowait(self->client[i], "x", 1));
	for (i = 0; i < self->count; i++)
		ASSERT_EQ(0, close(i & 1 ? self->server[i] : self->client[i]));
	NOTHING(port);
	ASSERT_EQ(0, alpc_info(port, &info));
	EXPECT_EQ(0, info.out_connections);
	EXPECT_QUIET(port);
}

static int connect_at_once(const char *name)
{
	struct alpc_connect arg = connect_args(name);

	arg.flags = ALPC_CONNECT_ASYNC;
	arg.timeout = 0;
	return alpc_connect_with(&arg);
}

TEST_F_TIMEOUT(multitude, abuse_52_100000_connects_wait, 560)
{
	struct alpc_usage usage;
	struct alpc_port_info info;
	int i, first = self->count < WAIT_MAX ? self->count / 2 : WAIT_MAX, waits;

	for (i = 0; i < self->count; i++) {
		self->client[i] = connect_at_once(self->name[i >= first]);
		ASSERT_LE(0, self->client[i]);
	}
	/* No port has more of them than it wants. */
	if (first == WAIT_MAX)
		EXPECT_EQ(-EAGAIN, connect_at_once(self->name[0]));
	ASSERT_EQ(0, usage_of_user(&usage));
	EXPECT_EQ(self->before.connects.used + self->count, usage.connects.used);
	EXPECT_EQ(first, alpc_queued(self->port[0]));
	EXPECT_EQ(0, pair_works(&self->other));

	/* The first one can be answered, and gone those are that give up. */
	AWAIT(ALPC_CONNECTION_REQUEST, self->port[0], &self->msg, self->buf);
	self->server[0] = alpc_accept_id(self->port[0], self->msg.id, 0);
	ASSERT_LE(0, self->server[0]);
	TAKE(ALPC_CONNECTION_REPLY, self->client[0], &self->msg, self->buf);
	EXPECT_EQ(0, alpc_send(self->server[0], "x", 1));
	TAKE(ALPC_DATAGRAM, self->client[0], &self->msg, self->buf);
	for (i = 1; i < first; i += 2)
		ASSERT_EQ(0, close(self->client[i]));
	waits = first / 2 - 1;
	EXPECT_EQ(waits, alpc_queued(self->port[0]));
	ASSERT_EQ(0, alpc_info(self->port[0], &info));
	EXPECT_EQ(waits + 1, info.out_connections);

	/* The others learn that the port has gone. */
	for (i = 0; i < PORTS; i++)
		close_fd(&self->port[i]);
	for (i = 2; i < self->count; i += i < first ? 2 : 1)
		ASSERT_EQ(-ECONNRESET, alpc_receive_nowait(self->client[i], &self->msg, self->buf,
							   sizeof(self->buf)));
	for (i = 0; i < self->count; i += i < first ? 2 : 1)
		ASSERT_EQ(0, close(self->client[i]));
	close_fd(&self->server[0]);
}

TEST_HARNESS_MAIN
