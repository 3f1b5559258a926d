// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small helpers: failing, whole reads and writes, time, trouble.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "report.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* No round takes this long, unless a message was lost. */
#define ROUND_SECONDS 120

static volatile sig_atomic_t trouble;

__attribute__((noreturn, format(printf, 2, 0)))
static void vfail(int err, const char *fmt, va_list ap)
{
	fflush(stdout);
	report_end_line();
	fputs("alpc-bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	if (err)
		fprintf(stderr, ": %s", strerror(err));
	if (trouble == SIGCHLD)
		fputs(" (the other process has ended)", stderr);
	else if (trouble == SIGALRM)
		fprintf(stderr, " (the round did not end within %d s)", ROUND_SECONDS);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(0, fmt, ap);
}

void fail_errno(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	vfail(err, fmt, ap);
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		fail_errno("calloc of %zu bytes", n * size);
	return p;
}

static void *map_memory(size_t bytes, int flags)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_ANONYMOUS | MAP_POPULATE | flags, -1, 0);

	if (p == MAP_FAILED)
		fail_errno("mmap of %zu bytes", bytes);
	return p;
}

/* Memory that a child shares; unmap it with munmap(). */
void *shared_memory(size_t bytes)
{
	return map_memory(bytes, MAP_SHARED);
}

/* Memory of this process's own, page-aligned; unmap it with munmap(). */
void *page_memory(size_t bytes)
{
	return map_memory(bytes, MAP_PRIVATE);
}

void write_all(int fd, const void *buf, size_t bytes)
{
	const char *p = buf;
	ssize_t n;

	while (bytes) {
		n = write(fd, p, bytes);
		if (n <= 0)
			fail_errno("write");
		p += n;
		bytes -= (size_t)n;
	}
}

void read_all(int fd, void *buf, size_t bytes)
{
	char *p = buf;
	ssize_t n;

	while (bytes) {
		n = read(fd, p, bytes);
		if (n < 0)
			fail_errno("read");
		if (!n)
			fail("end of file before the end of a message");
		p += n;
		bytes -= (size_t)n;
	}
}

void raise_open_files(unsigned int n)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		fail_errno("getrlimit");
	if (lim.rlim_cur >= n)
		return;
	lim.rlim_cur = n;
	if (lim.rlim_max < n)
		lim.rlim_max = n;
	if (setrlimit(RLIMIT_NOFILE, &lim))
		fail_errno("setrlimit to %u open files", n);
}

void sleep_seconds(double seconds)
{
	struct timespec ts = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	while (nanosleep(&ts, &ts))
		if (errno != EINTR)
			fail_errno("nanosleep");
}

/* Uses a CPU for so many milliseconds. */
void run_for_ms(unsigned int ms)
{
	const uint64_t end = cpu_ns(getpid()) + ms * UINT64_C(1000000);

	while (cpu_ns(getpid()) < end)
		;
}

static void note_trouble(int sig)
{
	trouble = sig;
}

/*
 * Called before every round. A server that dies, or a lost message, must not
 * leave the client asleep for ever: both signals interrupt the call it sleeps
 * in, which then fails. The alarm repeats because the first may fall just
 * before the call.
 */
void watch_for_trouble(void)
{
	const struct itimerval round = {
		.it_value = { .tv_sec = ROUND_SECONDS },
		.it_interval = { .tv_sec = 1 },
	};
	struct sigaction sa = { .sa_handler = note_trouble };

	if (sigaction(SIGALRM, &sa, NULL) ||
	    setitimer(ITIMER_REAL, &round, NULL))
		fail_errno("watching for trouble");
}

/*
 * True if the last system call failed because this process had been stopped and
 * went on: it is to be made again.
 */
bool was_stopped(void)
{
	return errno == EINTR && !trouble;
}

/* Says whether the end of a child would be no trouble from now on. */
void expect_child_exit(bool expected)
{
	struct sigaction sa = {
		.sa_handler = expected ? SIG_DFL : note_trouble,
		.sa_flags = SA_NOCLDSTOP,
	};

	if (sigaction(SIGCHLD, &sa, NULL))
		fail_errno("sigaction");
}

/* CPU time of a process, in nanoseconds. */
uint64_t cpu_ns(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &ts))
		fail_errno("reading the CPU time of process %d", (int)pid);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts))
		fail_errno("clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}
