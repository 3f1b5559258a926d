// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: calls with long messages that end early, in many
 * threads, and in processes that are killed.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
	for (uint32_t i = 0; i < rounds(60) && !c->ret; i++)
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
	for (int i = 0; i < (int)rounds(300) && !c->ret; i++) {
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

/* -- Killed at any moment ----------------------------------------------------------- */

static const struct alpc_port_options options = {
	.size = sizeof(options), .max_message = INLINE,
};

/* A client that never stops. */
static int work(void)
{
	const struct order nothing = {};
	struct alpc_message *m;
	struct alpc_port *port;
	int ret;

	ret = alpc_port_connect(port_name(), NULL, FOR_EVER, &port);
	if (ret)
		return ret;
	ret = alpc_message_new(0, &m);
	while (!ret) {
		ret = good_call(port, m);
		if (!ret)
			ret = alpc_send(port, &nothing, sizeof(nothing),
					FOR_EVER);
	}
	alpc_message_free(m);
	alpc_port_close(port);
	return ret;
}

static void *work_in_thread(void *unused)
{
	(void)unused;
	return (void *)(long)work();
}

TEST(killed_server)
{
	for (int i = 0; i < 5; i++) {
		pthread_t thread[3];
		pid_t pid = server_start(&options, 0, 2);
		void *result;

		ASSERT_LT(0, pid);
		for (int n = 0; n < 3; n++)
			ASSERT_EQ(0, pthread_create(&thread[n], NULL,
						    work_in_thread, NULL));
		usleep((useconds_t)(20000 + i * 13000));
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		for (int n = 0; n < 3; n++) {
			long ret;

			pthread_join(thread[n], &result);
			ret = (long)result;
			/* Or before it had connected. */
			EXPECT_TRUE(ret == -EPIPE || ret == -ECONNRESET ||
				    ret == -ENOENT);
		}
	}
}

TEST(killed_clients)
{
	struct alpc_message *m;
	struct alpc_port *port;
	pid_t server = server_start(&options, 0, 2);

	ASSERT_LT(0, server);
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &port));
	ASSERT_EQ(0, alpc_message_new(0, &m));
	for (int i = 0; i < 15; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(work() ? 1 : 0);
		ASSERT_LT(0, pid);
		usleep((useconds_t)(10000 + i * 7000));
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		ASSERT_EQ(0, good_call(port, m));
	}
	alpc_message_free(m);
	alpc_port_close(port);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

TEST_HARNESS_MAIN
