// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: quick calls, and everything that makes a call that
 * could have been quick an ordinary one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "harness.h"
#include "quick_world.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEN	64

FIXTURE(quick) {
	pid_t server;
	struct alpc_port *port;
	struct alpc_quick_calls *quick;
	struct alpc_message *m;
};

FIXTURE_VARIANT(quick) {
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(quick, one_thread) { .threads = 1 };
FIXTURE_VARIANT_ADD(quick, threads) { .threads = 3 };

FIXTURE_SETUP(quick)
{
	self->server = world_start(ALPC_SERVER_QUICK, variant->threads);
	ASSERT_LT(0, self->server);
	ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &self->port));
	ASSERT_EQ(0, alpc_quick_open(self->port, &world_options, FOR_EVER,
				     &self->quick));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
}

FIXTURE_TEARDOWN(quick)
{
	EXPECT_EQ(0, quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER));
	alpc_message_free(self->m);
	alpc_quick_close(self->quick);
	EXPECT_EQ(0, alpc_message_new(0, &self->m));
	EXPECT_EQ(0, plain_order(self->port, ECHO, LEN, 0, self->m));
	alpc_message_free(self->m);
	alpc_port_close(self->port);
	EXPECT_EQ(0, world_stop(self->server));
	EXPECT_EQ(1, atomic_load(&world->closed));
	EXPECT_EQ(0, atomic_load(&world->mistakes));
}

/* -- Quick calls ------------------------------------------------------------ */

TEST_F(quick, of_every_length)
{
	static const size_t lengths[] = {
		sizeof(struct order), 65, 257, ALPC_QUICK_MAX - 1, ALPC_QUICK_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		ASSERT_EQ(0, until_quick(self->quick, ECHO, lengths[i], 0, self->m));
		ASSERT_EQ(0, until_quick(self->quick, REPLY, LEN, lengths[i], self->m));
	}
	ASSERT_EQ(0, until_quick(self->quick, REPLY, LEN, 0, self->m));
}

TEST_F(quick, each_is_handled_once)
{
	unsigned int quick = 0;

	/* On a busy machine all of many may find nobody awake. */
	for (unsigned int i = 1; i <= rounds(1000) || !quick; i++) {
		ASSERT_EQ(0, quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER));
		ASSERT_EQ(i, atomic_load(&world->handled));
		quick += alpc_message_way(self->m) == ALPC_WAY_QUICK;
		ASSERT_EQ(quick, atomic_load(&world->quick));
		ASSERT_EQ(ALPC_DONE_SENT | ALPC_DONE_RECEIVED, alpc_message_done(self->m));
	}
}

TEST_F(quick, the_request_may_lie_in_the_reply)
{
	struct order o = { .what = ECHO };
	void *data;

	for (int i = 0; i < (int)rounds(200); i++) {
		ASSERT_EQ(0, alpc_message_resize(self->m, sizeof(o), &data));
		memcpy(data, &o, sizeof(o));
		ASSERT_EQ(0, alpc_quick_call(self->quick, data, sizeof(o), self->m,
					     FOR_EVER));
		ASSERT_EQ(sizeof(o), alpc_message_len(self->m));
		ASSERT_EQ(0, memcmp(alpc_message_data(self->m), &o, sizeof(o)));
	}
}

TEST_F(quick, caller_is_who_has_opened)
{
	struct who who;

	ASSERT_EQ(0, until_quick(self->quick, WHO, LEN, 0, self->m));
	memcpy(&who, alpc_message_data(self->m), sizeof(who));
	EXPECT_EQ(getpid(), who.pid);
	EXPECT_EQ(getpid(), who.credentials_pid);
	EXPECT_EQ(getuid(), who.uid);
	EXPECT_FALSE(who.named);
	EXPECT_EQ(self->server, alpc_message_pid(self->m));
	EXPECT_EQ(ALPC_REPLY, alpc_message_type(self->m));
}

/* -- What does not fit ------------------------------------------------------ */

TEST_F(quick, a_request_that_is_too_long)
{
	static const size_t lengths[] = { ALPC_QUICK_MAX + 1, 70000 };

	for (int i = 0; i < 50; i++) {
		ASSERT_EQ(0, quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER));
		ASSERT_EQ(0, quick_order(self->quick, ECHO, lengths[i % 2], 0, self->m,
					 FOR_EVER));
		ASSERT_NE(ALPC_WAY_QUICK, alpc_message_way(self->m));
	}
}

TEST_F(quick, a_reply_that_is_too_long)
{
	static const size_t lengths[] = { ALPC_QUICK_MAX + 1, 70000, 2000000 };

	for (int i = 0; i < 3; i++) {
		unsigned int before;

		ASSERT_EQ(0, until_quick(self->quick, REPLY, LEN, lengths[i], self->m));
		before = world->handled;
		ASSERT_EQ(0, quick_order(self->quick, REPLY, LEN, lengths[i], self->m,
					 FOR_EVER));
		ASSERT_EQ(before + 1, atomic_load(&world->handled));
	}
}

TEST_F(quick, a_descriptor_in_the_reply)
{
	int fd;

	ASSERT_EQ(0, alpc_message_accept_fds(self->m, ALPC_FD_ANY));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, until_quick(self->quick, PIPE, LEN, 20, self->m));
		ASSERT_EQ(1, alpc_message_fd_count(self->m));
		ASSERT_EQ(0, alpc_message_take_fds(self->m, 0, 1, &fd));
		ASSERT_LE(0, fd);
		close(fd);
	}
}

/* -- Handlers --------------------------------------------------------------- */

TEST_F(quick, a_reply_that_comes_later)
{
	static const size_t lengths[] = { 0, 100, ALPC_QUICK_MAX, 5000 };

	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, until_quick(self->quick, LATER, LEN, lengths[i], self->m));
}

TEST_F(quick, a_handler_that_wants_an_ordinary_request)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, until_quick(self->quick, UNWILLING, LEN, 33, self->m));
		ASSERT_NE(ALPC_WAY_QUICK, alpc_message_way(self->m));
	}
}

TEST_F(quick, a_handler_that_has_no_reply)
{
	struct alpc_quick_calls *quick;
	struct alpc_port *port;

	ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &port));
	ASSERT_EQ(0, alpc_quick_open(port, &world_options, FOR_EVER, &quick));
	ASSERT_EQ(0, until_quick(quick, ECHO, LEN, 0, self->m));
	EXPECT_EQ(-EPIPE, quick_order(quick, BYE, LEN, 0, self->m, FOR_EVER));
	EXPECT_EQ(0, alpc_message_len(self->m));
	EXPECT_EQ(0, alpc_message_type(self->m));
	EXPECT_EQ(-EPIPE, quick_order(quick, ECHO, LEN, 0, self->m, FOR_EVER));
	alpc_quick_close(quick);
	alpc_port_close(port);
	while (world->closed != 1)
		usleep(1000);
	world->closed = 0;
}

/* The call is over, and what is done for it is not; then everything is as before. */
TEST_F(quick, a_handler_that_takes_its_time)
{
	for (int i = 0; i < 3; i++) {
		int ret = -ETIMEDOUT;

		ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
		ASSERT_EQ(-ETIMEDOUT, quick_order(self->quick, HANG, LEN, 10, self->m,
						  ALPC_MSEC(100)));
		EXPECT_EQ(0, alpc_message_len(self->m));
		EXPECT_EQ(0, alpc_message_type(self->m));
		if (variant->threads > 1)
			ASSERT_EQ(0, quick_order(self->quick, ECHO, LEN, 0, self->m,
						 FOR_EVER));
		/* It may begin only now. */
		while (ret == -ETIMEDOUT) {
			world->released = world->hanging;
			ret = quick_order(self->quick, ECHO, LEN, 0, self->m, ALPC_SEC(1));
		}
		ASSERT_EQ(0, ret);
		ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
	}
}

static atomic_bool enough;

static void *release(void *unused)
{
	while (!enough) {
		if (world->released != world->hanging) {
			/* Longer than anybody looks. */
			usleep(20000);
			world->released = world->hanging;
		}
		usleep(500);
	}
	return unused;
}

TEST_F(quick, a_caller_that_sleeps_is_woken)
{
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, release, NULL));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, until_quick(self->quick, HANG, LEN, 10, self->m));
	enough = true;
	pthread_join(thread, NULL);
}

/* -- Servers that do not look ------------------------------------------------ */

TEST_F(quick, a_server_that_sleeps)
{
	for (int i = 0; i < 20; i++) {
		/* Longer than anybody looks. */
		usleep(10000);
		ASSERT_EQ(0, quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER));
	}
	ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
}

/* Each of its threads has stopped when this returns. */
static void stop(pid_t server)
{
	kill(server, SIGSTOP);
	waitpid(server, NULL, WUNTRACED);
}

TEST_F(quick, a_server_that_is_stopped)
{
	unsigned int done = 0, before = world->handled;

	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
		before = world->handled;
		stop(self->server);
		ASSERT_EQ(-ETIMEDOUT, quick_order(self->quick, ECHO, LEN, 0, self->m,
						  ALPC_MSEC(50)));
		done = alpc_message_done(self->m);
		kill(self->server, SIGCONT);
		ASSERT_EQ(0, quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER));
		EXPECT_LE(before + 1, atomic_load(&world->handled));
		/* What was cancelled in time was not handled. */
		if (done & ALPC_DONE_CANCELED && !(done & ALPC_DONE_SENT))
			EXPECT_EQ(before + 1, atomic_load(&world->handled));
		EXPECT_GE(before + 2, atomic_load(&world->handled));
	}
}

struct caller {
	struct alpc_quick_calls *quick;
	pthread_t thread;
	unsigned int calls;
	int ret;
	atomic_bool over;
};

static void *call_many(void *arg)
{
	struct caller *c = arg;
	struct alpc_message *m;

	c->ret = alpc_message_new(0, &m);
	for (unsigned int i = 0; i < c->calls && !c->ret; i++)
		c->ret = quick_order(c->quick, i % 3 ? ECHO : REPLY, LEN,
				     i % 11 ? 100 : 3000, m, FOR_EVER);
	alpc_message_free(m);
	c->over = true;
	return NULL;
}

TEST_F(quick, a_server_that_is_stopped_at_any_moment)
{
	struct caller c = { .quick = self->quick, .calls = 1500 };

	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_many, &c));
	while (!c.over) {
		stop(self->server);
		usleep(500);
		kill(self->server, SIGCONT);
		usleep(700);
	}
	pthread_join(c.thread, NULL);
	EXPECT_EQ(0, c.ret);
	EXPECT_EQ(c.calls, atomic_load(&world->handled));
}

TEST_F(quick, many_threads)
{
	struct caller c[6];

	for (int i = 0; i < 6; i++) {
		c[i] = (struct caller){ .quick = self->quick, .calls = 150 };
		ASSERT_EQ(0, pthread_create(&c[i].thread, NULL, call_many, &c[i]));
	}
	for (int i = 0; i < 6; i++) {
		pthread_join(c[i].thread, NULL);
		EXPECT_EQ(0, c[i].ret);
	}
	EXPECT_EQ(6 * 150, atomic_load(&world->handled));
	ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
}

/* One that never stops asking quickly keeps nobody from being served. */
TEST_F(quick, other_clients)
{
	struct alpc_quick_calls *quick[5];
	struct alpc_port *port[6];
	struct caller c[6];
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &port[i]));
		ASSERT_EQ(0, alpc_quick_open(port[i], &world_options, FOR_EVER,
					     &quick[i]));
		c[i] = (struct caller){ .quick = quick[i], .calls = rounds(400) };
		ASSERT_EQ(0, pthread_create(&c[i].thread, NULL, call_many, &c[i]));
	}
	ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &port[5]));
	for (i = 0; i < (int)rounds(200); i++)
		ASSERT_EQ(0, plain_order(port[5], REPLY, LEN, i * 20, self->m));
	for (i = 0; i < 5; i++) {
		pthread_join(c[i].thread, NULL);
		EXPECT_EQ(0, c[i].ret);
		alpc_quick_close(quick[i]);
		alpc_port_close(port[i]);
	}
	alpc_port_close(port[5]);
	EXPECT_EQ(5 * rounds(400) + rounds(200), atomic_load(&world->handled));
	while (world->closed != 6)
		usleep(1000);
	world->closed = 0;
}

/* -- Opening and closing ---------------------------------------------------- */

TEST_F(quick, opened_again)
{
	struct alpc_quick_calls *quick;

	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, alpc_quick_open(self->port, &world_options, FOR_EVER, &quick));
		ASSERT_EQ(0, until_quick(quick, ECHO, LEN, 0, self->m));
		/* The one before is not looked at any more. */
		ASSERT_EQ(0, quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER));
		alpc_quick_close(self->quick);
		self->quick = quick;
		ASSERT_EQ(0, until_quick(quick, ECHO, LEN, 0, self->m));
	}
}

TEST_F(quick, options)
{
	struct alpc_quick_options options = { .size = sizeof(options) };
	struct alpc_quick_calls *quick = NULL;

	options.spin_ns = ALPC_QUICK_SPIN_MAX + 1;
	EXPECT_EQ(-EINVAL, alpc_quick_open(self->port, &options, FOR_EVER, &quick));
	options.spin_ns = ALPC_QUICK_SPIN_MAX;
	options.size = 0;
	EXPECT_EQ(-EINVAL, alpc_quick_open(self->port, &options, FOR_EVER, &quick));
	options.size = sizeof(options);
	EXPECT_EQ(-EINVAL, alpc_quick_open(self->port, &options, 0, &quick));
	EXPECT_EQ(NULL, quick);
	ASSERT_EQ(0, alpc_quick_open(self->port, &options, FOR_EVER, &quick));
	ASSERT_EQ(0, until_quick(quick, ECHO, LEN, 0, self->m));
	EXPECT_EQ(-EINVAL, quick_order(quick, ECHO, LEN, 0, self->m, 0));
	EXPECT_EQ(0, alpc_message_type(self->m));
	alpc_quick_close(quick);
	alpc_quick_close(NULL);
	EXPECT_EQ(-EINVAL, alpc_port_set_way(self->port, ALPC_WAY_QUICK));
}

TEST_F(quick, a_child_calls_like_any_other)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
	pid = fork();
	if (!pid) {
		int ret = 0;

		for (int i = 0; i < 20 && !ret; i++)
			ret = quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER);
		if (!ret && alpc_message_way(self->m) == ALPC_WAY_QUICK)
			ret = -EIO;
		alpc_quick_close(self->quick);
		_exit(ret ? 1 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
}

TEST(server_that_does_not_want_them)
{
	pid_t pid = world_start(0, 1);
	struct alpc_quick_calls *quick;
	struct alpc_port *port;
	struct alpc_message *m;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &port));
	EXPECT_EQ(-EOPNOTSUPP, alpc_quick_open(port, &world_options, FOR_EVER, &quick));
	EXPECT_EQ(0, plain_order(port, ECHO, LEN, 0, m));
	/* Its handlers have not seen that. */
	EXPECT_EQ(1, atomic_load(&world->handled));
	alpc_port_close(port);
	alpc_message_free(m);
	EXPECT_EQ(0, world_stop(pid));
}

TEST_HARNESS_MAIN
