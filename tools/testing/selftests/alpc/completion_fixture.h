/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that wait at a completion port, as the suites about them start them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_COMPLETION_FIXTURE_H
#define ALPC_TEST_COMPLETION_FIXTURE_H

#include <kselftest_harness.h>

#include "alpc_completion.h"

enum { THREADS = 4 };

FIXTURE(threads)
{
	int fd;
	int pipe[2];
	struct taker taker[THREADS];
};

FIXTURE_SETUP(threads)
{
	int i;

	if (!has_concurrency())
		SKIP(return, "this kernel does not show when a thread blocks");
	self->fd = completion_create(1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pipe(self->pipe));
	for (i = 0; i < THREADS; i++)
		self->taker[i] = (struct taker){
			.completion = self->fd, .pipe = self->pipe[0], .waits = 1,
		};
}

FIXTURE_TEARDOWN(threads)
{
	close(self->pipe[0]);
	close(self->pipe[1]);
	close_fd(&self->fd);
}

/* Have a thread wait that does @fn once it is released. */
#define START(i, fn) do { \
	ASSERT_EQ(0, worker_start(&self->taker[i].worker, fn, &self->taker[i])); \
	ASSERT_EQ(0, worker_blocked(&self->taker[i].worker)); \
} while (0)

/* It was released, and sleeps: let it end. */
#define FINISH(i) do { \
	ASSERT_EQ(0, thread_blocked_in(getpid(), self->taker[i].worker.tid, SYS_read)); \
	ASSERT_EQ(1, write(self->pipe[1], "x", 1)); \
	EXPECT_EQ(0, worker_join(&self->taker[i].worker)); \
} while (0)

/* It burns its CPU: let it end. */
#define STOP(i) do { \
	stop_running(&self->taker[i]); \
	EXPECT_EQ(0, worker_join(&self->taker[i].worker)); \
} while (0)

#endif /* ALPC_TEST_COMPLETION_FIXTURE_H */
