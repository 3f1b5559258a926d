// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: messages of every length, by each of the ways,
 * to a server loop in another process.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large_server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

/* An emulated debug kernel takes its time over long messages. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

static const char *port_name(void)
{
	static char name[64];

	if (!name[0])
		snprintf(name, sizeof(name), "libalpc.large.%d", getpid());
	return name;
}

static struct alpc_server *server;

static void on_sigterm(int sig)
{
	(void)sig;
	alpc_server_stop(server);
}

/* A server loop in a process of its own, ready for clients; -1 if it failed. */
static pid_t server_start(const struct alpc_port_options *options,
			  unsigned int flags, unsigned int threads)
{
	const char *name = port_name();
	int ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		struct sigaction action = { .sa_handler = on_sigterm };

		if (large_server_new(name, options, flags, &server))
			_exit(1);
		sigaction(SIGTERM, &action, NULL);
		if (write(ready[1], "x", 1) != 1 ||
		    alpc_server_run(server, threads))
			_exit(2);
		alpc_server_free(server);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

static int server_stop(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

/* Call with an order and check the reply. Return: 0 or what went wrong. */
static int order(struct alpc_port *port, uint32_t what, size_t len,
		 struct alpc_message *m, size_t reply)
{
	uint32_t seed = (uint32_t)(len * 7 + reply);
	struct order *o = order_new(what, len, reply, seed);
	int ret;

	if (len < sizeof(*o))
		len = sizeof(*o);
	ret = alpc_call(port, o, len, m, FOR_EVER);
	free(o);
	if (ret)
		return ret;
	if (alpc_message_type(m) != ALPC_REPLY || alpc_message_len(m) != reply)
		return -EPROTO;
	return is_pattern(alpc_message_data(m), reply, seed) ? 0 : -EBADMSG;
}

static int get_counts(struct alpc_port *port, struct counts *counts)
{
	struct order *o = order_new(COUNT, 0, 0, 0);
	struct alpc_message *m;
	int ret;

	ret = alpc_message_new(0, &m);
	if (ret)
		return ret;
	alpc_port_set_way(port, ALPC_WAY_AUTO);
	ret = alpc_call(port, o, sizeof(*o), m, FOR_EVER);
	if (!ret && alpc_message_len(m) != sizeof(*counts))
		ret = -EPROTO;
	if (!ret)
		memcpy(counts, alpc_message_data(m), sizeof(*counts));
	alpc_message_free(m);
	free(o);
	return ret;
}

/* -- Every length ------------------------------------------------------------------ */

FIXTURE(large) {
	pid_t pid;
	struct alpc_port *port;
	struct alpc_message *m;
	struct counts counts;
};

FIXTURE_VARIANT(large) {
	unsigned int flags;
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(large, copied) { .threads = 1 };
FIXTURE_VARIANT_ADD(large, copied_threads) { .threads = 4 };
FIXTURE_VARIANT_ADD(large, in_place) {
	.threads = 3, .flags = ALPC_SERVER_IN_PLACE,
};

FIXTURE_SETUP(large)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = INLINE,
	};

	self->pid = server_start(&options, variant->flags, variant->threads);
	ASSERT_LT(0, self->pid);
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
}

FIXTURE_TEARDOWN(large)
{
	EXPECT_EQ(0, get_counts(self->port, &self->counts));
	EXPECT_EQ(0, self->counts.wrong);
	alpc_message_free(self->m);
	alpc_port_close(self->port);
	EXPECT_EQ(0, server_stop(self->pid));
}

/* Around every length at which something changes. */
static const size_t lengths[] = {
	sizeof(struct order), 256, 257, INLINE - 1, INLINE, INLINE + 1,
	4 * KIB - 1, 4 * KIB, 4 * KIB + 1, 64 * KIB, 256 * KIB + 1, MIB - 1, MIB,
	MIB + 1, 4 * MIB, 4 * MIB + 1, 9 * MIB,
};

#define LENGTHS ARRAY_SIZE(lengths)

TEST_F(large, every_length)
{
	for (size_t i = 0; i < LENGTHS; i++)
		for (size_t j = 0; j < LENGTHS; j += i % 3 + 1)
			ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
					   lengths[j]));
	/* None of them was left behind at the port. */
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
}

TEST_F(large, every_length_with_little_room)
{
	for (size_t i = 0; i < LENGTHS; i++) {
		struct alpc_message *m;

		ASSERT_EQ(0, alpc_message_new(1, &m));
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], m, lengths[i]));
		/* Now it has room. */
		ASSERT_EQ(0, order(self->port, REPLY, 0, m, lengths[i]));
		ASSERT_EQ(0, order(self->port, REPLY, 0, m, 1));
		alpc_message_free(m);
	}
}

TEST_F(large, empty)
{
	static const enum alpc_way ways[] = {
		ALPC_WAY_AUTO, ALPC_WAY_INLINE, ALPC_WAY_VIEW, ALPC_WAY_DIRECT,
	};

	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, alpc_port_set_way(self->port, ways[i]));
		ASSERT_EQ(0, order(self->port, REPLY, 0, self->m, 0));
		EXPECT_EQ(ALPC_WAY_INLINE, alpc_message_way(self->m));
	}
	EXPECT_EQ(-EINVAL, alpc_port_set_way(self->port, (enum alpc_way)4));
}

TEST_F(large, forced_inline)
{
	struct order *o = order_new(REPLY, INLINE + 1, 0, 0);

	alpc_port_set_way(self->port, ALPC_WAY_INLINE);
	for (size_t i = 0; lengths[i] <= INLINE; i++)
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m, 50));
	EXPECT_EQ(-EMSGSIZE, alpc_call(self->port, o, INLINE + 1, self->m,
				       FOR_EVER));
	EXPECT_EQ(0, alpc_message_done(self->m));
	EXPECT_EQ(-EMSGSIZE, alpc_send(self->port, o, INLINE + 1, FOR_EVER));
	free(o);
	ASSERT_EQ(0, get_counts(self->port, &self->counts));
	EXPECT_EQ(0, self->counts.by_way[ALPC_WAY_VIEW]);
	EXPECT_EQ(0, self->counts.by_way[ALPC_WAY_DIRECT]);
}

TEST_F(large, forced_view)
{
	alpc_port_set_way(self->port, ALPC_WAY_VIEW);
	for (size_t i = 0; i < LENGTHS; i++)
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
	ASSERT_EQ(0, get_counts(self->port, &self->counts));
	EXPECT_EQ(LENGTHS, self->counts.by_way[ALPC_WAY_VIEW]);
}

TEST_F(large, forced_direct)
{
	struct order *o = order_new(REPLY, 0, 0, 0);

	alpc_port_set_way(self->port, ALPC_WAY_DIRECT);
	for (size_t i = 0; i < LENGTHS; i++) {
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
		if (lengths[LENGTHS - 1 - i] > INLINE)
			EXPECT_EQ(ALPC_WAY_DIRECT, alpc_message_way(self->m));
	}
	EXPECT_EQ(-EOPNOTSUPP, alpc_send(self->port, o, sizeof(*o), FOR_EVER));
	free(o);
	ASSERT_EQ(0, get_counts(self->port, &self->counts));
	EXPECT_EQ(2 * LENGTHS, self->counts.by_way[ALPC_WAY_DIRECT]);
}

/* What is sent may lie where the reply goes, whatever the way. */
TEST_F(large, request_in_the_reply)
{
	for (enum alpc_way way = ALPC_WAY_AUTO; way <= ALPC_WAY_DIRECT; way += 2) {
		struct order *o = order_new(REPLY, 50 * KIB, 70 * KIB, 9);
		struct alpc_message *m;

		ASSERT_EQ(0, alpc_message_new(80 * KIB, &m));
		ASSERT_EQ(0, alpc_message_set(m, o, 50 * KIB));
		free(o);
		alpc_port_set_way(self->port, way);
		ASSERT_EQ(0, alpc_call(self->port, alpc_message_data(m), 50 * KIB,
				       m, FOR_EVER));
		ASSERT_EQ(70 * KIB, alpc_message_len(m));
		EXPECT_TRUE(is_pattern(alpc_message_data(m), 70 * KIB, 9));
		alpc_message_free(m);
	}
}

TEST_F(large, replies_later)
{
	for (size_t i = 0; i < LENGTHS; i++)
		ASSERT_EQ(0, order(self->port, LATER, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
	alpc_port_set_way(self->port, ALPC_WAY_DIRECT);
	for (size_t i = 0; i < LENGTHS; i++)
		ASSERT_EQ(0, order(self->port, LATER, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
}

TEST_F(large, datagrams)
{
	unsigned int n = 0;

	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < LENGTHS; i++, n++) {
			struct order *o = order_new(0, lengths[i], 0, n);

			ASSERT_EQ(0, alpc_send(self->port, o, lengths[i],
					       FOR_EVER));
			free(o);
		}
	}
	for (int i = 0; i < 200; i++, n++) {
		struct order *o = order_new(0, 5 * KIB, 0, n);

		ASSERT_EQ(0, alpc_send(self->port, o, 5 * KIB, FOR_EVER));
		free(o);
	}
	/* With several threads the last may not be finished. */
	do {
		ASSERT_EQ(0, get_counts(self->port, &self->counts));
	} while (self->counts.datagrams != n);
}

/* The reply is fetched like any message, and its view given back. */
TEST_F(large, reply_apart)
{
	for (int i = 0; i < 20; i++) {
		struct order *o = order_new(REPLY, 30 * KIB, 20 * KIB, 3);
		uint64_t id;

		ASSERT_EQ(0, alpc_send_request(self->port, o, 30 * KIB, 0, 5,
					       FOR_EVER, &id));
		free(o);
		ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
		EXPECT_EQ(id, alpc_message_id(self->m));
		EXPECT_EQ(5, alpc_message_cookie(self->m));
		ASSERT_EQ(20 * KIB, alpc_message_len(self->m));
		EXPECT_TRUE(is_pattern(alpc_message_data(self->m), 20 * KIB, 3));
	}
	EXPECT_EQ(0, alpc_message_release(self->m));
	EXPECT_EQ(0, alpc_message_release(self->m));
}

static int answer_callback(void *arg, const struct alpc_message *request,
			   struct alpc_message *reply)
{
	struct order o;
	void *data;

	(void)arg;
	memcpy(&o, alpc_message_data(request), sizeof(o));
	if (o.sum != sum((const char *)alpc_message_data(request) + sizeof(o),
			 alpc_message_len(request) - sizeof(o)) ||
	    alpc_message_resize(reply, o.reply, &data))
		return -EBADMSG;
	pattern(data, o.reply, o.seed);
	return 0;
}

TEST_F(large, callbacks)
{
	const struct alpc_call_options options = {
		.size = sizeof(options), .callback = answer_callback,
	};

	for (enum alpc_way way = ALPC_WAY_AUTO; way <= ALPC_WAY_DIRECT; way++) {
		alpc_port_set_way(self->port, way);
		for (size_t i = 0; i < LENGTHS; i++) {
			size_t len = way == ALPC_WAY_INLINE ? 100 : lengths[i];
			struct order *o = order_new(CALLBACK, len, len, 4);

			/* The way is for the answer to a callback too. */
			alpc_port_set_way(self->port, way == ALPC_WAY_DIRECT ?
					  ALPC_WAY_AUTO : way);
			ASSERT_EQ(0, alpc_call_with(self->port, o, len, self->m,
						    FOR_EVER, &options));
			ASSERT_EQ(len, alpc_message_len(self->m));
			EXPECT_TRUE(is_pattern(alpc_message_data(self->m), len,
					       4));
			free(o);
		}
	}
}

/* -- Calls that end without a reply -------------------------------------------------- */

TEST_F(large, memory_of_a_call_that_timed_out)
{
	for (int round = 0; round < 20; round++) {
		struct order *o = order_new(HOLD, 20 * KIB, 10 * KIB, 1);

		EXPECT_EQ(-ETIMEDOUT, alpc_call(self->port, o, 20 * KIB, self->m,
						ALPC_MSEC(5)));
		EXPECT_EQ(0, alpc_message_len(self->m));
		free(o);
		for (size_t i = 0; i < LENGTHS - 4; i++)
			ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
					   lengths[i]));
	}
}

struct caller {
	struct alpc_port *port;
	pthread_t thread;
	uint32_t seed;
	int ret;
	atomic_bool over;
};

static void *call_many(void *arg)
{
	struct caller *c = arg;
	struct alpc_message *m;

	c->ret = alpc_message_new(0, &m);
	for (uint32_t i = 0; i < 60 && !c->ret; i++)
		c->ret = order(c->port, i % 7 ? REPLY : LATER,
			       lengths[(c->seed + i) % (LENGTHS - 3)], m,
			       lengths[(c->seed * 5 + i * 3) % (LENGTHS - 3)]);
	alpc_message_free(m);
	return NULL;
}

TEST_F(large, many_threads_on_one_port)
{
	struct caller c[8];

	for (uint32_t i = 0; i < 8; i++) {
		c[i] = (struct caller){ .port = self->port, .seed = i * 11 };
		ASSERT_EQ(0, pthread_create(&c[i].thread, NULL, call_many, &c[i]));
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(c[i].thread, NULL);
		EXPECT_EQ(0, c[i].ret);
	}
}

static void on_sigusr1(int sig)
{
	(void)sig;
}

static void *call_and_be_interrupted(void *arg)
{
	struct caller *c = arg;
	struct alpc_message *m;
	struct order *o = order_new(REPLY, 70 * KIB, 70 * KIB, 77);

	c->ret = alpc_message_new(70 * KIB, &m);
	for (int i = 0; i < 300 && !c->ret; i++) {
		int ret = alpc_call(c->port, o, 70 * KIB, m, FOR_EVER);

		if (ret && ret != -EINTR)
			c->ret = ret;
		else if (!ret && !is_pattern(alpc_message_data(m), 70 * KIB, 77))
			c->ret = -EBADMSG;
	}
	c->over = true;
	free(o);
	alpc_message_free(m);
	return NULL;
}

TEST_F(large, interrupted_calls)
{
	const struct sigaction action = { .sa_handler = on_sigusr1 };
	struct caller c = { .port = self->port };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_and_be_interrupted, &c));
	while (!c.over) {
		pthread_kill(c.thread, SIGUSR1);
		usleep(300);
	}
	pthread_join(c.thread, NULL);
	EXPECT_EQ(0, c.ret);
}

/* -- fork(2) -------------------------------------------------------------------------- */

/* Parent and child use one handle, with memory that only the parent has. */
TEST_F(large, child_starts_anew)
{
	struct alpc_message *in;
	void *data;
	int status;
	pid_t pid;

	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	ASSERT_EQ(0, alpc_message_new_in(self->port, 4096, 0, &in));
	pid = fork();
	if (!pid) {
		struct caller c = { .port = self->port, .seed = 3 };

		call_many(&c);
		if (c.ret)
			_exit(1);
		if (alpc_message_resize(in, 8192, &data))
			_exit(2);
		memset(data, 1, 8192);
		alpc_message_free(in);
		alpc_message_free(self->m);
		alpc_port_close(self->port);
		_exit(0);
	}
	ASSERT_LT(0, pid);
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	alpc_message_free(in);
}

/* -- In place ------------------------------------------------------------------------- */

static int order_in(struct alpc_message *m, size_t len, size_t reply, uint32_t seed)
{
	struct order *o = order_new(REPLY, len, reply, seed);
	int ret = alpc_message_set(m, o, len);

	free(o);
	return ret;
}

TEST_F(large, in_place_over_itself)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	for (size_t i = 0; i < LENGTHS; i++) {
		ASSERT_EQ(0, order_in(m, lengths[i], lengths[i], 5));
		EXPECT_TRUE(alpc_message_is_in_place(m));
		ASSERT_EQ(0, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
		ASSERT_EQ(lengths[i], alpc_message_len(m));
		EXPECT_TRUE(is_pattern(alpc_message_data(m), lengths[i], 5));
		if (lengths[i] > 4 * KIB)
			EXPECT_TRUE(alpc_message_is_in_place(m));
	}
	alpc_message_free(m);
}

TEST_F(large, in_place_with_another_for_the_reply)
{
	struct alpc_message *m, *in, *own;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &in));
	ASSERT_EQ(0, alpc_message_new(0, &own));
	for (size_t i = 0; i < LENGTHS; i++) {
		ASSERT_EQ(0, order_in(m, lengths[i], lengths[i], 6));
		ASSERT_EQ(0, alpc_call_message(self->port, m, in, FOR_EVER, NULL));
		ASSERT_EQ(lengths[i], alpc_message_len(in));
		EXPECT_TRUE(is_pattern(alpc_message_data(in), lengths[i], 6));
		/* Longer than there is room for. */
		ASSERT_EQ(0, order_in(m, 2 * KIB, lengths[i], 7));
		ASSERT_EQ(0, alpc_call_message(self->port, m, in, FOR_EVER, NULL));
		ASSERT_EQ(lengths[i], alpc_message_len(in));
		EXPECT_TRUE(is_pattern(alpc_message_data(in), lengths[i], 7));
		ASSERT_EQ(0, order_in(m, lengths[i], 9 * KIB, 8));
		ASSERT_EQ(0, alpc_call_message(self->port, m, own, FOR_EVER,
					       NULL));
		EXPECT_TRUE(is_pattern(alpc_message_data(own), 9 * KIB, 8));
		ASSERT_EQ(0, order_in(own, lengths[i], 9 * KIB, 9));
		ASSERT_EQ(0, alpc_call_message(self->port, own, in, FOR_EVER,
					       NULL));
		EXPECT_TRUE(is_pattern(alpc_message_data(in), 9 * KIB, 9));
	}
	alpc_message_free(m);
	alpc_message_free(in);
	alpc_message_free(own);
}

TEST_F(large, in_place_datagrams)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	for (uint32_t i = 0; i < 100; i++) {
		size_t len = lengths[i % LENGTHS];

		ASSERT_EQ(0, order_in(m, len, 0, i));
		ASSERT_EQ(0, alpc_send_message(self->port, m, FOR_EVER));
		EXPECT_EQ(0, alpc_message_len(m));
	}
	alpc_message_free(m);
	do {
		ASSERT_EQ(0, get_counts(self->port, &self->counts));
	} while (self->counts.datagrams != 100);
}

TEST_F(large, in_place_that_timed_out)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	for (int i = 0; i < 10; i++) {
		struct order *o = order_new(HOLD, 8 * KIB, 1, 1);

		ASSERT_EQ(0, alpc_message_set(m, o, 8 * KIB));
		free(o);
		EXPECT_EQ(-ETIMEDOUT, alpc_call_message(self->port, m, m,
							ALPC_MSEC(5), NULL));
		ASSERT_EQ(0, order_in(m, 8 * KIB, 8 * KIB, 2));
		ASSERT_EQ(0, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
		EXPECT_TRUE(is_pattern(alpc_message_data(m), 8 * KIB, 2));
	}
	alpc_message_free(m);
}

TEST_F(large, in_place_of_another_port)
{
	struct alpc_message *m;
	struct alpc_port *other;

	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &other));
	ASSERT_EQ(0, alpc_message_new_in(other, 0, 0, &m));
	ASSERT_EQ(0, order_in(m, 100, 100, 1));
	EXPECT_EQ(-EXDEV, alpc_call_message(self->port, m, self->m, FOR_EVER,
					    NULL));
	EXPECT_EQ(-EXDEV, alpc_call_message(self->port, self->m, m, FOR_EVER,
					    NULL));
	EXPECT_EQ(-EXDEV, alpc_send_message(self->port, m, FOR_EVER));
	EXPECT_EQ(-EINVAL, alpc_message_new_in(other, 0, 2, &m));
	alpc_message_free(m);
	alpc_port_close(other);
}

/* -- Ranges, descriptors ---------------------------------------------------------------- */

TEST_F(large, ranges)
{
	unsigned char in[3 * 4096], out[3 * 4096];
	const struct alpc_range ranges[] = {
		{ .address = (uintptr_t)in, .len = sizeof(in),
		  .rights = ALPC_RANGE_READ },
		{ .address = (uintptr_t)out, .len = sizeof(out),
		  .rights = ALPC_RANGE_WRITE },
	};
	const struct alpc_call_options options = {
		.size = sizeof(options), .ranges = ranges, .range_count = 2,
	};

	pattern(in, sizeof(in), 1);
	for (enum alpc_way way = ALPC_WAY_AUTO; way <= ALPC_WAY_DIRECT; way++) {
		size_t len = way == ALPC_WAY_INLINE ? 100 : 20 * KIB;
		struct order *o = order_new(RANGES, len, 0, 1);
		ssize_t done;

		memset(out, 0, sizeof(out));
		alpc_port_set_way(self->port, way);
		ASSERT_EQ(0, alpc_call_with(self->port, o, len, self->m, FOR_EVER,
					    &options));
		memcpy(&done, alpc_message_data(self->m), sizeof(done));
		ASSERT_EQ((ssize_t)sizeof(in), done);
		for (size_t i = 0; i < sizeof(in); i++)
			ASSERT_EQ(in[i], out[sizeof(in) - 1 - i]);
		free(o);
	}
}

TEST_F(large, descriptors)
{
	struct alpc_message *m;
	unsigned int n;
	int fds[3], got[3];
	char text[8] = "";

	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_message_accept_fds(self->m, ALPC_FD_MEMFD));
	ASSERT_EQ(0, pipe(fds));
	fds[2] = memfd_create("x", MFD_CLOEXEC);
	ASSERT_EQ(5, write(fds[2], "hello", 5));
	for (size_t len = sizeof(struct order); len < 100 * KIB; len *= 60) {
		struct order *o = order_new(FDS, len, 0, 1);

		ASSERT_EQ(0, alpc_message_set(m, o, len));
		free(o);
		ASSERT_EQ(0, alpc_message_set_fds(m, fds, 3));
		ASSERT_EQ(0, alpc_call_message(self->port, m, self->m, FOR_EVER,
					       NULL));
		memcpy(&n, alpc_message_data(self->m), sizeof(n));
		EXPECT_EQ(3, n);
		EXPECT_EQ(1, alpc_message_fd_count(self->m));
		EXPECT_EQ(2, alpc_message_fds_dropped(self->m));
		EXPECT_EQ(-ENOENT, alpc_message_take_fds(self->m, 1, 1, got));
		ASSERT_EQ(0, alpc_message_take_fds(self->m, 0, 1, got));
		EXPECT_EQ(-ENOENT, alpc_message_take_fds(self->m, 0, 1, &got[1]));
		EXPECT_EQ(5, pread(got[0], text, sizeof(text), 0));
		EXPECT_STREQ("hello", text);
		close(got[0]);
	}
	/* They do not go twice. */
	ASSERT_EQ(0, alpc_call_message(self->port, m, self->m, FOR_EVER, NULL));
	EXPECT_EQ(0, alpc_message_fd_count(self->m));
	EXPECT_EQ(-EINVAL, alpc_message_set_fds(m, fds, ALPC_FDS_MAX + 1));
	alpc_message_free(m);
}

/* -- Limits ---------------------------------------------------------------------------- */

FIXTURE(small) {
	pid_t pid;
	struct alpc_port *port;
	struct alpc_message *m;
};

FIXTURE_VARIANT(small) {
	uint64_t section, total;
	unsigned int flags;
	int error;		/* of what cannot go in a view */
};

FIXTURE_VARIANT_ADD(small, short_sections) {
	.section = 64 * KIB, .error = -EFBIG,
};

FIXTURE_VARIANT_ADD(small, few_sections) {
	.section = MIB, .total = MIB + 64 * KIB, .error = -EFBIG,
};

FIXTURE_VARIANT_ADD(small, no_sections) {
	.flags = ALPC_PORT_NO_SECTIONS, .error = -EOPNOTSUPP,
};

FIXTURE_SETUP(small)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = INLINE,
		.max_section = variant->section,
		.max_section_total = variant->total, .flags = variant->flags,
	};

	self->pid = server_start(&options, 0, 2);
	ASSERT_LT(0, self->pid);
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
}

FIXTURE_TEARDOWN(small)
{
	struct counts counts;

	EXPECT_EQ(0, get_counts(self->port, &counts));
	EXPECT_EQ(0, counts.wrong);
	alpc_message_free(self->m);
	alpc_port_close(self->port);
	EXPECT_EQ(0, server_stop(self->pid));
}

/* What no section holds goes directly, there and back. */
TEST_F(small, direct_where_no_section_helps)
{
	struct order *o = order_new(REPLY, 2 * MIB, 0, 0);
	struct alpc_message *room;
	struct counts counts;

	ASSERT_EQ(0, alpc_message_new(2 * MIB, &room));
	for (size_t i = 0; i < LENGTHS; i++) {
		size_t reply = lengths[i] < 2 * MIB ? lengths[i] : 2 * MIB;

		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], room, reply));
	}
	alpc_message_free(room);
	ASSERT_EQ(0, get_counts(self->port, &counts));
	EXPECT_NE(0, counts.by_way[ALPC_WAY_DIRECT]);
	alpc_port_set_way(self->port, ALPC_WAY_VIEW);
	EXPECT_EQ(variant->error, alpc_call(self->port, o, 2 * MIB, self->m,
					    FOR_EVER));
	EXPECT_EQ(variant->error, alpc_send(self->port, o, 2 * MIB, FOR_EVER));
	alpc_port_set_way(self->port, ALPC_WAY_AUTO);
	EXPECT_EQ(variant->section ? variant->error : -EMSGSIZE,
		  alpc_send(self->port, o, 2 * MIB, FOR_EVER));
	free(o);
}

/* Nobody can carry the reply: the server ends the connection. */
TEST_F(small, reply_that_goes_nowhere)
{
	struct alpc_port *port;

	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &port));
	EXPECT_EQ(-EPIPE, order(port, REPLY, 0, self->m, 3 * MIB));
	alpc_port_close(port);
}

/* Memory that is all out on loan, and back. */
TEST_F(small, space_that_is_in_use)
{
	struct alpc_message *m[32];
	int n = 0, ret = 0;

	if (!variant->section)
		return;
	while (n < 32 && !ret) {
		ret = alpc_message_new_in(self->port, 60 * KIB, 0, &m[n]);
		n += !ret;
	}
	EXPECT_LT(0, n);
	if (variant->total)
		EXPECT_EQ(-EDQUOT, ret);
	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	while (n)
		alpc_message_free(m[--n]);
	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	EXPECT_NE(0, alpc_port_trim(self->port));
	EXPECT_EQ(0, alpc_port_trim(self->port));
	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
}

TEST_HARNESS_MAIN
