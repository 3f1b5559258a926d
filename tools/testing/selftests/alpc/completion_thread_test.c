// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion ports: threads that are released, or wait, and are stopped, frozen,
 * killed, or moved to another processor.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */

#include "completion_fixture.h"

/* The packet of a process that is killed is another's; its place as well. */
TEST_F(threads, one_that_is_killed_leaves_nothing_behind)
{
	struct alpc_packet packet;
	struct child child;
	int pid;

	pid = child_start(&child);
	ASSERT_LE(0, pid);
	if (!pid) {
		if (wait_packets(self->fd, &packet, 1, ALPC_INFINITE) != 1)
			_exit(1);
		child_signal(&child);
		for (;;)
			;
	}
	ASSERT_EQ(0, thread_blocked(child.pid, child.pid));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	ASSERT_EQ(0, child_wait(&child));
	START(0, take_and_sleep);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	child_kill(&child);
	ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[0].worker.tid, SYS_read));
	EXPECT_EQ(2, self->taker[0].packet.key);
	EXPECT_EQ(0, state_of(self->fd).out_running);
	ASSERT_EQ(1, write(self->pipe[1], "x", 1));
	EXPECT_EQ(0, worker_join(&self->taker[0].worker));
}

static void ignore(int signal)
{
	(void)signal;
}

static int take_with_a_time(void *arg)
{
	struct taker *taker = arg;

	return wait_packets(taker->completion, &taker->packet, 1, 600 * NSEC_PER_SEC);
}

TEST_F(threads, a_signal_ends_a_wait_or_has_it_repeated)
{
	const struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	START(0, take_with_a_time);
	ASSERT_EQ(0, pthread_kill(self->taker[0].worker.thread, SIGUSR1));
	EXPECT_EQ(-EINTR, worker_join(&self->taker[0].worker));
	EXPECT_EQ(0, state_of(self->fd).out_waiting);
	START(1, take_and_sleep);
	ASSERT_EQ(0, pthread_kill(self->taker[1].worker.thread, SIGUSR1));
	ASSERT_EQ(0, worker_blocked(&self->taker[1].worker));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	FINISH(1);
}

TEST_F(threads, one_that_is_killed_while_it_waits_is_not_given_anything)
{
	struct taker *taker = shared_memory(sizeof(*taker));
	struct child child;

	ASSERT_NE(NULL, taker);
	START(0, take_and_sleep);
	taker->completion = self->fd;
	ASSERT_EQ(0, process_takes_and_runs(&child, taker));
	EXPECT_EQ(2, state_of(self->fd).out_waiting);
	child_kill(&child);
	EXPECT_EQ(1, state_of(self->fd).out_waiting);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	FINISH(0);
	EXPECT_EQ(1, self->taker[0].packet.key);
}

/* A stopped thread leaves its place, and has one more when it goes on. */
TEST_F(threads, one_that_is_stopped_makes_room_for_another)
{
	struct taker *taker = shared_memory(sizeof(*taker));
	struct child child;

	ASSERT_NE(NULL, taker);
	START(0, take_and_sleep);
	taker->completion = self->fd;
	ASSERT_EQ(0, process_takes_and_runs(&child, taker));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	await_released(taker);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	ASSERT_EQ(0, kill(child.pid, SIGSTOP));
	FINISH(0);
	await_running(self->fd, 0);
	ASSERT_EQ(0, kill(child.pid, SIGCONT));
	await_running(self->fd, 1);
	stop_running(taker);
	EXPECT_EQ(0, child_end(&child));
	await_running(self->fd, 0);
}

/* While it is stopped it waits for nothing, and afterwards again. */
TEST_F(threads, one_that_is_stopped_while_it_waits_is_not_given_anything)
{
	struct taker *taker = shared_memory(sizeof(*taker));
	struct child child;

	ASSERT_NE(NULL, taker);
	START(0, take_and_sleep);
	taker->completion = self->fd;
	ASSERT_EQ(0, process_takes_and_runs(&child, taker));
	ASSERT_EQ(0, kill(child.pid, SIGSTOP));
	await_waiting(self->fd, 1);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	FINISH(0);
	ASSERT_EQ(0, kill(child.pid, SIGCONT));
	await_waiting(self->fd, 1);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	await_released(taker);
	EXPECT_EQ(2, taker->packet.key);
	stop_running(taker);
	EXPECT_EQ(0, child_end(&child));
}

/* A frozen thread holds neither a place nor a packet. */
TEST_F(threads, abuse_57_one_that_is_frozen_holds_nobody_up)
{
	struct taker *taker = shared_memory(sizeof(*taker));
	struct child child;

	ASSERT_NE(NULL, taker);
	START(0, take_and_sleep);
	START(1, take_and_sleep);
	taker->completion = self->fd;
	ASSERT_EQ(0, process_takes_and_runs(&child, taker));
	ASSERT_EQ(0, freezer_enter(child.pid));
	/* While it waits ... */
	ASSERT_EQ(0, freezer_set(true));
	EXPECT_EQ(2, state_of(self->fd).out_waiting);
	ASSERT_EQ(0, post(self->fd, 1, 0));
	FINISH(1);
	ASSERT_EQ(0, freezer_set(false));
	await_waiting(self->fd, 2);
	/* ... and while it runs. */
	ASSERT_EQ(0, post(self->fd, 2, 0));
	await_released(taker);
	ASSERT_EQ(0, post(self->fd, 3, 0));
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	ASSERT_EQ(0, freezer_set(true));
	FINISH(0);
	EXPECT_EQ(3, self->taker[0].packet.key);
	ASSERT_EQ(0, freezer_set(false));
	await_running(self->fd, 1);
	stop_running(taker);
	EXPECT_EQ(0, child_end(&child));
	freezer_remove();
}

/* It goes on counting as what it has become, until that ends. */
TEST_F(threads, one_that_executes_a_program_still_counts)
{
	struct alpc_packet packet;
	char path[32], name[32];
	struct child child;
	int pid;

	pid = child_start(&child);
	ASSERT_LE(0, pid);
	if (!pid) {
		if (wait_packets(self->fd, &packet, 1, ALPC_INFINITE) != 1)
			_exit(1);
		execl("/bin/sh", "sh", "-c", "while :; do :; done", NULL);
		_exit(1);
	}
	ASSERT_EQ(0, thread_blocked(child.pid, child.pid));
	ASSERT_EQ(0, post(self->fd, 1, 0));
	snprintf(path, sizeof(path), "/proc/%d/comm", child.pid);
	do {
		ASSERT_LT(0, read_file(path, name, sizeof(name)));
	} while (strcmp(name, "sh\n"));
	/* It sleeps while the program is read. */
	await_running(self->fd, 1);
	child_kill(&child);
	await_running(self->fd, 0);
	START(0, take_and_sleep);
	ASSERT_EQ(0, post(self->fd, 2, 0));
	FINISH(0);
}

/* --- processors that come and go ------------------------------------------------ */

#define CPU	"/sys/devices/system/cpu/cpu1/online"

FIXTURE(cpus)
{
	int fd;
};

FIXTURE_SETUP(cpus)
{
	self->fd = -1;
	if (access(CPU, W_OK))
		SKIP(return, "there is no second processor that can be taken away");
	self->fd = completion_create(0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(cpus)
{
	write_file(CPU, "1");
	close_fd(&self->fd);
}

TEST_F(cpus, set_the_limit_that_nobody_has_set)
{
	__u32 cpus = state_of(self->fd).concurrency;

	ASSERT_EQ(0, write_file(CPU, "0"));
	EXPECT_EQ(cpus - 1, state_of(self->fd).concurrency);
	ASSERT_EQ(0, write_file(CPU, "1"));
	EXPECT_EQ(cpus, state_of(self->fd).concurrency);
	ASSERT_EQ(0, set_concurrency(self->fd, 5));
	ASSERT_EQ(0, write_file(CPU, "0"));
	EXPECT_EQ(5, state_of(self->fd).concurrency);
}

/* Released threads are moved, and lose nothing. */
TEST_F(cpus, abuse_57_that_go_take_no_released_thread_along)
{
	struct taker taker[3];
	int i;

	for (i = 0; i < 3; i++) {
		taker[i] = (struct taker){ .completion = self->fd, .waits = 1 };
		ASSERT_EQ(0, worker_start(&taker[i].worker, take_and_run, &taker[i]));
		ASSERT_EQ(0, worker_blocked(&taker[i].worker));
	}
	ASSERT_EQ(0, set_concurrency(self->fd, 2));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, post(self->fd, i, 0));
	await_released(&taker[2]);
	await_released(&taker[1]);
	ASSERT_EQ(0, write_file(CPU, "0"));
	EXPECT_EQ(2, state_of(self->fd).out_running);
	EXPECT_EQ(1, state_of(self->fd).out_packets);
	stop_running(&taker[2]);
	EXPECT_EQ(0, worker_join(&taker[2].worker));
	await_released(&taker[0]);
	ASSERT_EQ(0, write_file(CPU, "1"));
	for (i = 0; i < 2; i++) {
		stop_running(&taker[i]);
		EXPECT_EQ(0, worker_join(&taker[i].worker));
	}
	await_running(self->fd, 0);
}

TEST_HARNESS_MAIN
