// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports: who may have one, and what ends first.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/resource.h>

#include "alpc_completion.h"
#include "alpc_fds.h"

enum { KEY = 0x6b6579, ROUNDS = 300, STORM = 4, ACTS = 1500, SLOTS = 3 };

FIXTURE(life)
{
	int fd;
	struct pair pair;
	struct alpc_packet packet[ALPC_PACKETS_MAX];
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(life)
{
	self->fd = completion_create(1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(life)
{
	close_fd(&self->fd);
	pair_close(&self->pair);
}

/* --- descriptors -------------------------------------------------------------- */

TEST_F(life, is_closed_by_executing_a_program)
{
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fd, F_GETFD));
}

/* It cannot keep a port alive, but what is ours does not travel in messages. */
TEST_F(life, abuse_34_does_not_travel_in_messages)
{
	EXPECT_EQ(-ELOOP, send_fd(self->pair.client, self->fd));
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	EXPECT_EQ(-ELOOP, send_fd(self->pair.client, self->fd));
	EXPECT_EQ(0, state_of(self->fd).out_packets);
}

/* Sent to nobody, through the port that is bound: both end with their descriptors. */
TEST_F(life, abuse_34_is_not_kept_by_a_socket_that_holds_it)
{
	struct child child;

	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		/* It must not take them out. */
		pause();
		child_exit(true);
	}
	ASSERT_EQ(0, child_put_fd(&child, self->fd));
	ASSERT_EQ(0, child_put_fd(&child, self->pair.port));
	close_fd(&self->fd);
	EXPECT_EQ(-EBUSY, bind_port(self->pair.port, completion_create(1), KEY));
	child_kill(&child);
	/* The last descriptor was in the socket. */
	self->fd = completion_create(1);
	EXPECT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
}

TEST_F(life, is_the_same_where_it_was_inherited_or_passed_to)
{
	struct child child;
	int fd;

	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		if (post(self->fd, 1, 0))
			child_exit(false);
		close_fd(&self->fd);
		fd = child_get_fd(&child);
		if (fd < 0 || wait_packets(fd, self->packet, 1, ALPC_INFINITE) != 1 ||
		    self->packet[0].key != 2 || unbind_port(self->pair.port) ||
		    bind_port(self->pair.port, fd, KEY + 1))
			child_exit(false);
		child_exit(true);
	}
	ASSERT_EQ(1, wait_packets(self->fd, self->packet, 1, ALPC_INFINITE));
	EXPECT_EQ(1, self->packet[0].key);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	ASSERT_EQ(0, child_put_fd(&child, self->fd));
	EXPECT_EQ(0, child_end(&child));
	/* Its end has unbound nothing. */
	EXPECT_EQ(1, state_of(self->fd).out_bound);
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	ASSERT_EQ(1, wait_packets(self->fd, self->packet, 1, 0));
	EXPECT_EQ(KEY + 1, self->packet[0].key);
}

/* A completion port of a process that dies takes no port of others along. */
TEST_F(life, ends_with_its_process_and_leaves_the_ports)
{
	struct child child;
	int fd;

	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		fd = completion_create(1);
		child_put_fd(&child, fd);
		wait_packets(fd, self->packet, 1, ALPC_INFINITE);
		child_exit(false);
	}
	fd = child_get_fd(&child);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind_port(self->pair.port, fd, KEY));
	close(fd);
	ASSERT_EQ(0, thread_blocked(child.pid, child.pid));
	EXPECT_EQ(-EBUSY, bind_port(self->pair.port, self->fd, KEY));
	child_kill(&child);
	ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* --- what ends first ------------------------------------------------------------ */

/* The calling thread has been released by it, and then by others. */
TEST_F(life, released_thread_outlives_it)
{
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, post(self->fd, i, 0));
		ASSERT_EQ(1, wait_packets(self->fd, self->packet, 1, ALPC_INFINITE));
		close_fd(&self->fd);
		if (i % 2)
			sched_yield();
		if (i % 3)
			usleep(1000);
		self->fd = completion_create(1);
		ASSERT_LE(0, self->fd);
		EXPECT_EQ(0, state_of(self->fd).out_running);
	}
}

TEST_F(life, released_thread_that_never_sleeps_outlives_it)
{
	struct taker taker = { .completion = self->fd, .waits = 1 };

	ASSERT_EQ(0, worker_start(&taker.worker, take_and_run, &taker));
	ASSERT_EQ(0, worker_blocked(&taker.worker));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	await_released(&taker);
	close_fd(&self->fd);
	stop_running(&taker);
	EXPECT_EQ(0, worker_join(&taker.worker));
}

enum part { COMPLETION, PORT, CLIENT, SERVER, PARTS };

static void close_part(FIXTURE_DATA(life) *self, enum part part)
{
	int *fd[PARTS] = { &self->fd, &self->pair.port, &self->pair.client, &self->pair.server };

	close_fd(fd[part]);
}

/* With packets of all kinds waiting, and a thread that was released. */
TEST_F(life, ends_in_any_order)
{
	int order, left, i, k;
	bool closed[PARTS];

	for (order = 0; order < 24; order++) {
		ASSERT_EQ(0, bind_port(self->pair.port, self->fd, KEY));
		ASSERT_EQ(0, bind_port(self->pair.client, self->fd, KEY));
		for (i = 0; i < 3; i++) {
			ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
			ASSERT_EQ(0, alpc_send(self->pair.server, "x", 1));
			ASSERT_EQ(0, post(self->fd, 1, 0));
		}
		ASSERT_EQ(2, wait_packets(self->fd, self->packet, 2, 0));
		memset(closed, 0, sizeof(closed));
		for (left = PARTS, k = order; left; k /= left--) {
			for (i = 0; closed[i]; i++)
				;
			for (int skip = k % left; skip; skip--)
				do {
					i++;
				} while (closed[i]);
			closed[i] = true;
			close_part(self, i);
			if (!closed[COMPLETION])
				EXPECT_EQ(2 - closed[PORT] - closed[CLIENT],
					  state_of(self->fd).out_bound);
		}
		self->fd = completion_create(1);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(0, pair_open(&self->pair, NULL));
	}
}

/* --- all at once ---------------------------------------------------------------- */

struct storm {
	struct worker worker;
	unsigned int seed;
	int *completion;	/* SLOTS of them */
	struct pair *pair;	/* likewise */
};

/*
 * Another one in its place. A number that somebody uses just now is of something else
 * then: one of ours, as nobody else opens anything.
 */
static int replace(int *slot, int fd)
{
	int old;

	if (fd < 0)
		return fd;
	old = __atomic_exchange_n(slot, fd, __ATOMIC_SEQ_CST);
	return close(old) ? -errno : 0;
}

static int storm_act(struct storm *storm, int completion, struct pair *pair)
{
	int *slot = &storm->completion[rand_r(&storm->seed) % SLOTS];
	struct alpc_packet packet[3];
	struct alpc_msg msg;
	char buf[16];

	switch (rand_r(&storm->seed) % 12) {
	case 0:
		return bind_port(pair->port, completion, 1);
	case 1:
		return bind_port(pair->client, completion, 2);
	case 2:
		return unbind_port(pair->port);
	case 3:
		return unbind_port(pair->client);
	case 4:
		return post(completion, 3, 4);
	case 5:
		return wait_packets(completion, packet, 3, 0) < 0;
	case 6:
		return wait_packets(completion, packet, 3, NSEC_PER_MSEC / 4) < 0;
	case 7:
		return wait_packets(completion, (void *)8, 3, 0);
	case 8:
		return alpc_send_nowait(pair->client, "x", 1);
	case 9:
		return alpc_send_nowait(pair->server, "x", 1);
	case 10:
		return alpc_receive_nowait(pair->port, &msg, buf, sizeof(buf)) +
		       alpc_receive_nowait(pair->client, &msg, buf, sizeof(buf));
	default:
		return rand_r(&storm->seed) % 4 ? set_concurrency(completion, 1) :
						  replace(slot, completion_create(1));
	}
}

static int storm_run(void *arg)
{
	struct storm *storm = arg;
	int i, k;

	for (i = 0; i < ACTS; i++) {
		k = rand_r(&storm->seed) % SLOTS;
		storm_act(storm, __atomic_load_n(&storm->completion[k], __ATOMIC_SEQ_CST),
			  &storm->pair[rand_r(&storm->seed) % SLOTS]);
	}
	return 0;
}

/* Nothing hangs, and the kernel does not complain. */
TEST(everything_at_once)
{
	struct storm storm[STORM];
	int completion[SLOTS], i;
	struct pair pair[SLOTS];

	for (i = 0; i < SLOTS; i++) {
		completion[i] = completion_create(1);
		ASSERT_LE(0, completion[i]);
		ASSERT_EQ(0, pair_open(&pair[i], NULL));
	}
	for (i = 0; i < STORM; i++) {
		storm[i] = (struct storm){
			.seed = i + 1, .completion = completion, .pair = pair,
		};
		ASSERT_EQ(0, worker_start(&storm[i].worker, storm_run, &storm[i]));
	}
	for (i = 0; i < STORM; i++)
		EXPECT_EQ(0, worker_join(&storm[i].worker));
	for (i = 0; i < SLOTS; i++) {
		EXPECT_EQ(0, state_of(completion[i]).out_waiting);
		close(completion[i]);
		pair_close(&pair[i]);
	}
}

static _Noreturn void take_until_killed(int fd, int *taken)
{
	struct alpc_packet packet;

	for (;;)
		if (wait_packets(fd, &packet, 1, ALPC_INFINITE) == 1)
			__atomic_add_fetch(taken, 1, __ATOMIC_SEQ_CST);
}

/*
 * Processes that are killed somewhere between waiting and having taken: each takes one
 * packet along at most, and none its place.
 */
TEST_F(life, killed_takers_lose_no_more_than_they_have)
{
	int *taken = shared_memory(sizeof(*taken));
	struct child child[2];
	int i, k, n, left = 0;

	ASSERT_NE(NULL, taken);
	for (i = 0; i < ROUNDS / 10; i++) {
		for (k = 0; k < 2; k++) {
			ASSERT_LE(0, child_start(&child[k]));
			if (!child[k].pid)
				take_until_killed(self->fd, taken);
		}
		for (k = 0; k < 10; k++)
			ASSERT_EQ(0, post(self->fd, k, 0));
		for (k = 0; k < 2; k++)
			child_kill(&child[k]);
	}
	await_running(self->fd, 0);
	EXPECT_EQ(0, state_of(self->fd).out_waiting);
	do {
		n = wait_packets(self->fd, self->packet, ALPC_PACKETS_MAX, 0);
		left += n > 0 ? n : 0;
	} while (n > 0);
	EXPECT_EQ(-ETIMEDOUT, n);
	EXPECT_GE(ROUNDS, *taken + left);
	EXPECT_LE(ROUNDS - 2 * (ROUNDS / 10), *taken + left);
}

TEST_HARNESS_MAIN
