// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports: which thread is released, and how many run at a time.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <sys/mman.h>

#include "completion_fixture.h"

enum { KEY = 0x6b6579, MESSAGES = 400, PACKETS = 100 };

TEST_F(threads, the_last_one_is_released_first)
{
	int i;

	for (i = 0; i < THREADS; i++)
		START(i, take_and_sleep);
	EXPECT_EQ(THREADS, state_of(self->fd).out_waiting);
	for (i = THREADS - 1; i >= 0; i--) {
		ASSERT_EQ(0, post(self->fd, i, 0));
		ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[i].worker.tid, SYS_read));
		EXPECT_EQ(i, self->taker[i].packet.key);
		EXPECT_EQ(i, state_of(self->fd).out_waiting);
	}
	ASSERT_EQ(THREADS, write(self->pipe[1], "xxxxxxxx", THREADS));
	for (i = 0; i < THREADS; i++)
		EXPECT_EQ(0, worker_join(&self->taker[i].worker));
}

/* The first one runs: the second packet waits. It sleeps: another thread has it. */
TEST_F(threads, one_that_sleeps_makes_room_for_another)
{
	int i;

	for (i = 0; i < 2; i++)
		START(i, take_and_sleep);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	ASSERT_EQ(0, post(self->fd, 2, 0));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[i].worker.tid, SYS_read));
	EXPECT_EQ(0, state_of(self->fd).out_running);
	EXPECT_EQ(0, state_of(self->fd).out_packets);
	ASSERT_EQ(2, write(self->pipe[1], "xx", 2));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, worker_join(&self->taker[i].worker));
}

/* More threads than may run, and the released one does not sleep. */
TEST_F(threads, one_that_runs_holds_the_others_up)
{
	START(0, take_and_sleep);
	START(1, take_and_run);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	await_released(&self->taker[1]);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	EXPECT_EQ(1, state_of(self->fd).out_waiting);
	EXPECT_EQ(1, state_of(self->fd).out_running);
	EXPECT_FALSE(is_released(&self->taker[0]));
	/* It ends, and its place is another's. */
	stop_running(&self->taker[1]);
	EXPECT_EQ(0, worker_join(&self->taker[1].worker));
	ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[0].worker.tid, SYS_read));
	EXPECT_EQ(0, state_of(self->fd).out_packets);
	ASSERT_EQ(1, write(self->pipe[1], "x", 1));
	EXPECT_EQ(0, worker_join(&self->taker[0].worker));
	await_running(self->fd, 0);
}

TEST_F(threads, a_higher_limit_releases_at_once)
{
	START(0, take_and_sleep);
	START(1, take_and_run);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	await_released(&self->taker[1]);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	ASSERT_EQ(0, set_concurrency(self->fd, 2));
	ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[0].worker.tid, SYS_read));
	stop_running(&self->taker[1]);
	EXPECT_EQ(0, worker_join(&self->taker[1].worker));
	ASSERT_EQ(1, write(self->pipe[1], "x", 1));
	EXPECT_EQ(0, worker_join(&self->taker[0].worker));
}

TEST_F(threads, as_many_run_as_may)
{
	int i;

	ASSERT_EQ(0, set_concurrency(self->fd, 2));
	for (i = 0; i < THREADS; i++)
		START(i, take_and_run);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, post(self->fd, i, 0));
	/* The two that waited last run, and each that ends is followed by one. */
	for (i = THREADS - 1; i > 0; i--) {
		await_released(&self->taker[i]);
		await_released(&self->taker[i - 1]);
		EXPECT_EQ(2, state_of(self->fd).out_running);
		EXPECT_EQ(i - 1, state_of(self->fd).out_waiting);
		EXPECT_EQ(i - 1, state_of(self->fd).out_packets);
		STOP(i);
	}
	STOP(0);
	await_running(self->fd, 0);
}

/* Its caches are warm, and it has its place: nobody is woken instead of it. */
static int take_many(void *arg)
{
	struct taker *taker = arg;
	int n, i;

	n = wait_packets(taker->completion, &taker->packet, 1, ALPC_INFINITE);
	if (n != 1)
		return n;
	__atomic_store_n(&taker->released, true, __ATOMIC_RELEASE);
	while (__atomic_load_n(&taker->waits, __ATOMIC_ACQUIRE))
		;
	for (i = 0; i < PACKETS; i++) {
		n = wait_packets(taker->completion, &taker->packet, 1, ALPC_INFINITE);
		if (n != 1)
			return n;
	}
	return 0;
}

TEST_F(threads, who_runs_takes_what_waits_itself)
{
	int i;

	START(0, take_and_sleep);
	START(1, take_many);
	ASSERT_EQ(0, post(self->fd, 0, 0));
	await_released(&self->taker[1]);
	for (i = 0; i < PACKETS; i++)
		ASSERT_EQ(0, post(self->fd, i, 0));
	EXPECT_EQ(PACKETS, state_of(self->fd).out_packets);
	STOP(1);
	await_running(self->fd, 0);
	EXPECT_FALSE(is_released(&self->taker[0]));
	EXPECT_EQ(1, state_of(self->fd).out_waiting);
	EXPECT_EQ(0, state_of(self->fd).out_packets);
	ASSERT_EQ(0, post(self->fd, 0, 0));
	FINISH(0);
}

/* There is a packet, and no place; who does not want to wait has it all the same. */
TEST_F(threads, one_that_is_held_up_gives_up_in_time)
{
	struct alpc_packet packet;

	START(1, take_and_run);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	await_released(&self->taker[1]);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(-ETIMEDOUT, wait_packets(self->fd, &packet, 1, NSEC_PER_SEC));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	EXPECT_EQ(1, wait_packets(self->fd, &packet, 1, 0));
	EXPECT_EQ(2, packet.key);
	EXPECT_EQ(2, state_of(self->fd).out_running);
	STOP(1);
	await_running(self->fd, 1);
	/* Asking again ends its own turn, whatever comes of it. */
	EXPECT_EQ(-ETIMEDOUT, wait_packets(self->fd, &packet, 1, 0));
	EXPECT_EQ(0, state_of(self->fd).out_running);
}

TEST_F(threads, a_lower_limit_holds_for_those_that_come)
{
	ASSERT_EQ(0, set_concurrency(self->fd, 2));
	START(0, take_and_sleep);
	START(1, take_and_run);
	START(2, take_and_run);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	await_released(&self->taker[2]);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	await_released(&self->taker[1]);
	ASSERT_EQ(0, set_concurrency(self->fd, 1));
	ASSERT_EQ(0, post(self->fd, 0, 0));
	STOP(2);
	await_running(self->fd, 1);
	EXPECT_EQ(1, state_of(self->fd).out_waiting);
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	STOP(1);
	FINISH(0);
}

/* Who waits elsewhere has gone from here. */
static int take_and_go(void *arg)
{
	struct taker *taker = arg;
	struct alpc_packet packet;
	int n = take_and_run(arg);

	return n ? n : wait_packets(taker->pipe, &packet, 1, ALPC_INFINITE) - 1;
}

TEST_F(threads, one_that_waits_elsewhere_leaves_its_place)
{
	int other = completion_create(1);

	ASSERT_LE(0, other);
	START(0, take_and_sleep);
	self->taker[1].pipe = other;
	START(1, take_and_go);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	await_released(&self->taker[1]);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(1, state_of(self->fd).out_running);
	stop_running(&self->taker[1]);
	FINISH(0);
	await_running(self->fd, 0);
	await_waiting(other, 1);
	ASSERT_EQ(0, post(other, 3, 0));
	EXPECT_EQ(0, worker_join(&self->taker[1].worker));
	await_running(other, 0);
	/* It is forgotten there, too. */
	EXPECT_EQ(0, state_of(self->fd).out_waiting);
	close(other);
}

/* --- at most so many run -------------------------------------------------------- */

struct crowd {
	struct worker worker;
	int completion;
	int *now, *most;
	int taken;
};

/* Take packets until an empty one; in between nothing that could sleep. */
static int take_and_count(void *arg)
{
	struct crowd *crowd = arg;
	struct alpc_packet packet;
	int n, now, most, i;

	for (;;) {
		n = wait_packets(crowd->completion, &packet, 1, ALPC_INFINITE);
		if (n != 1)
			return n;
		if (!packet.key)
			return 0;
		now = __atomic_add_fetch(crowd->now, 1, __ATOMIC_SEQ_CST);
		most = __atomic_load_n(crowd->most, __ATOMIC_SEQ_CST);
		while (now > most &&
		       !__atomic_compare_exchange_n(crowd->most, &most, now, false,
						    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
		for (i = 0; i < 2000; i++)
			asm volatile("" ::: "memory");
		__atomic_sub_fetch(crowd->now, 1, __ATOMIC_SEQ_CST);
		crowd->taken++;
	}
}

TEST(never_more_threads_run_than_may)
{
	enum { CROWD = 8, LIMIT = 2, ROUNDS = 1000 };
	struct crowd crowd[CROWD];
	int fd, i, now = 0, most = 0, taken = 0;

	if (!has_concurrency())
		SKIP(return, "this kernel does not show when a thread blocks");
	fd = completion_create(LIMIT);
	ASSERT_LE(0, fd);
	/* No page of it is missing, which would be slept for. */
	ASSERT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
	for (i = 0; i < CROWD; i++) {
		crowd[i] = (struct crowd){ .completion = fd, .now = &now, .most = &most };
		ASSERT_EQ(0, worker_start(&crowd[i].worker, take_and_count, &crowd[i]));
	}
	for (i = 1; i <= ROUNDS; i++) {
		while (post(fd, i, 0) == -EDQUOT)
			sched_yield();
		if (i % 64 == 0)
			sched_yield();
	}
	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(0, post(fd, 0, 0));
	for (i = 0; i < CROWD; i++) {
		EXPECT_EQ(0, worker_join(&crowd[i].worker));
		taken += crowd[i].taken;
	}
	munlockall();
	EXPECT_EQ(ROUNDS, taken);
	EXPECT_LT(0, most);
	EXPECT_GE(LIMIT, most);
	await_running(fd, 0);
	close(fd);
}

/* --- a server --------------------------------------------------------------- */

struct server {
	struct worker worker;
	int completion;
	int port;
	int received;
};

static int serve(void *arg)
{
	struct server *server = arg;
	struct alpc_packet packet;
	struct alpc_msg msg;
	char buf[16];
	int n;

	for (;;) {
		n = wait_packets(server->completion, &packet, 1, ALPC_INFINITE);
		if (n != 1)
			return n;
		if (packet.type == ALPC_PACKET_POSTED)
			return 0;
		/* Another one may have been faster. */
		n = alpc_receive_nowait(server->port, &msg, buf, sizeof(buf));
		if (n == -EAGAIN)
			continue;
		if (n || msg.type != ALPC_REQUEST)
			return n ? n : -EPROTO;
		server->received++;
		n = alpc_reply(server->port, msg.id, buf, msg.len);
		if (n)
			return n;
	}
}

/* A lost packet, or a thread that is not released, and this does not end. */
TEST(more_threads_than_cpus_serve_every_call)
{
	struct server server[THREADS];
	struct alpc_msg msg;
	struct pair pair;
	int fd, i, received = 0;
	char buf[16];

	fd = completion_create(0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pair_open(&pair, NULL));
	ASSERT_EQ(0, bind_port(pair.port, fd, KEY));
	for (i = 0; i < THREADS; i++) {
		server[i] = (struct server){ .completion = fd, .port = pair.port };
		ASSERT_EQ(0, worker_start(&server[i].worker, serve, &server[i]));
	}
	for (i = 0; i < MESSAGES; i++)
		ASSERT_EQ(0, alpc_call(pair.client, &i, sizeof(i), &msg, buf, sizeof(buf)));
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, post(fd, 0, 0));
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0, worker_join(&server[i].worker));
		received += server[i].received;
	}
	EXPECT_EQ(MESSAGES, received);
	close(fd);
	pair_close(&pair);
}

TEST_HARNESS_MAIN
