// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU time that waiting takes: of a caller whose server is stopped, of one whose
 * server works on its call, and of a receiver to whom nothing is sent.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_SECONDS 1.0

static void stop_process(pid_t pid)
{
	siginfo_t info;

	if (kill(pid, SIGSTOP) || waitid(P_PID, (id_t)pid, &info, WSTOPPED))
		fail_errno("stopping the server");
}

/* A process that lets @pid run again after WAIT_SECONDS. */
static pid_t start_waker(pid_t pid)
{
	pid_t waker = fork();

	if (waker < 0)
		fail_errno("fork");
	if (!waker) {
		sleep_seconds(WAIT_SECONDS);
		_exit(kill(pid, SIGCONT) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	return waker;
}

/* Returns the caller's nanoseconds of CPU time per second of waiting. */
double measure_cpu_caller(const struct mechanism *mech, size_t bytes,
			  const struct options *opt)
{
	uint64_t start, time, cpu;
	struct pair pair;
	pid_t waker;
	int status;

	pair_start(&pair, mech, bytes, opt->pin);
	pair_call(&pair);
	stop_process(pair.server);
	expect_child_exit(true);
	waker = start_waker(pair.server);

	start = now_ns();
	cpu = cpu_ns(getpid());
	pair_call(&pair);
	cpu = cpu_ns(getpid()) - cpu;
	time = now_ns() - start;

	if (waitpid(waker, &status, 0) != waker || status)
		fail("the server could not be continued");
	if ((double)time < 0.9e9 * WAIT_SECONDS)
		fail("a stopped server has replied");
	pair_stop(&pair);
	return (double)cpu * 1e9 / (double)time;
}

/*
 * The server runs on another CPU, if there is one, but does not reply for long.
 * Returns the caller's nanoseconds of CPU time per second of waiting.
 */
double measure_cpu_long(const struct mechanism *mech, size_t bytes,
			const struct options *opt)
{
	uint64_t start, time, cpu;
	struct pair pair;

	pair_start(&pair, mech, bytes, opt->pin);
	pair_call(&pair);

	start = now_ns();
	cpu = cpu_ns(getpid());
	do {
		pair_call_long(&pair);
		time = now_ns() - start;
	} while ((double)time < 1e9 * WAIT_SECONDS);
	cpu = cpu_ns(getpid()) - cpu;

	pair_stop(&pair);
	return (double)cpu * 1e9 / (double)time;
}

/* Returns the receiver's nanoseconds of CPU time per second of waiting. */
double measure_cpu_receiver(const struct mechanism *mech, size_t bytes,
			    const struct options *opt)
{
	uint64_t start, time, cpu;
	struct pair pair;

	pair_start(&pair, mech, bytes, opt->pin);
	pair_call(&pair);

	start = now_ns();
	cpu = cpu_ns(pair.server);
	sleep_seconds(WAIT_SECONDS);
	cpu = cpu_ns(pair.server) - cpu;
	time = now_ns() - start;

	pair_stop(&pair);
	return (double)cpu * 1e9 / (double)time;
}
