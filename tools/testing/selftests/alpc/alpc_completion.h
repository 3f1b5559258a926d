/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about completion ports share: a function for each command, and
 * threads that are released.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_COMPLETION_H
#define ALPC_TEST_COMPLETION_H

#include <sys/syscall.h>

#include "alpc_thread.h"

static inline int completion_create(__u32 concurrency)
{
	struct alpc_create_completion arg = {
		.size = sizeof(arg), .concurrency = concurrency, .out_fd = POISON_S32,
	};
	int err = alpc_ioctl(alpc_device(), ALPC_IOC_CREATE_COMPLETION, &arg);

	return err ? err : arg.out_fd;
}

static inline int bind_port(int port, int completion, __u64 key)
{
	struct alpc_bind arg = { .size = sizeof(arg), .key = key, .completion = completion };

	return alpc_ioctl(port, ALPC_IOC_BIND, &arg);
}

static inline int unbind_port(int port)
{
	struct alpc_bind arg = { .size = sizeof(arg), .flags = ALPC_BIND_REMOVE };

	return alpc_ioctl(port, ALPC_IOC_BIND, &arg);
}

/* How many packets were taken, or a negative errno. */
static inline int wait_packets_flags(int fd, struct alpc_packet *packets, __u32 count,
				     long long timeout, __u32 flags)
{
	struct alpc_wait_packets arg = {
		.size = sizeof(arg), .flags = flags, .timeout = timeout,
		.packets = address(packets), .count = count, .out_count = POISON_U32,
	};
	int err = alpc_ioctl(fd, ALPC_IOC_WAIT_PACKETS, &arg);

	if (err)
		return arg.out_count ? -EPROTO : err;
	return arg.out_count;
}

static inline int wait_packets(int fd, struct alpc_packet *packets, __u32 count,
			       long long timeout)
{
	return wait_packets_flags(fd, packets, count, timeout, 0);
}

static inline int post_packets(int fd, struct alpc_packet *packets, __u32 count)
{
	struct alpc_post_packets arg = {
		.size = sizeof(arg), .packets = address(packets), .count = count,
	};

	return alpc_ioctl(fd, ALPC_IOC_POST_PACKETS, &arg);
}

static inline int post(int fd, __u64 key, __u64 data)
{
	struct alpc_packet packet = { .key = key, .data = data };

	return post_packets(fd, &packet, 1);
}

static inline struct alpc_set_completion state_of(int fd)
{
	struct alpc_set_completion arg = { .size = sizeof(arg) };

	if (alpc_ioctl(fd, ALPC_IOC_SET_COMPLETION, &arg))
		memset(&arg, POISON, sizeof(arg));
	return arg;
}

static inline int set_concurrency(int fd, __u32 concurrency)
{
	struct alpc_set_completion arg = {
		.size = sizeof(arg), .flags = ALPC_SET_CONCURRENCY, .concurrency = concurrency,
	};

	return alpc_ioctl(fd, ALPC_IOC_SET_COMPLETION, &arg);
}

/* Does this kernel show when a thread blocks? */
static inline bool has_concurrency(void)
{
	struct alpc_query query;

	return !alpc_query(&query) && (query.out_features & ALPC_FEATURE_CONCURRENCY);
}

/*
 * Until so many run. A thread that was killed or joined is seen to be gone some
 * time before its last instruction.
 */
static inline void await_running(int fd, __u32 running)
{
	while (state_of(fd).out_running != running)
		sched_yield();
}

static inline void await_waiting(int fd, __u32 waiting)
{
	while (state_of(fd).out_waiting != waiting)
		sched_yield();
}

/* A thread, or process, that is released and then does something. */
struct taker {
	struct worker worker;
	int completion;
	int pipe;		/* what it sleeps in once it was released */
	struct alpc_packet packet;
	int waits;		/* how often it comes back */
	bool released;
};

static inline bool is_released(struct taker *taker)
{
	return __atomic_load_n(&taker->released, __ATOMIC_ACQUIRE);
}

static inline void await_released(struct taker *taker)
{
	while (!is_released(taker))
		sched_yield();
}

/* Take a packet, sleep in a pipe, and so on; then end. */
static inline int take_and_sleep(void *arg)
{
	struct taker *taker = arg;
	char byte;
	int n;

	while (taker->waits--) {
		n = wait_packets(taker->completion, &taker->packet, 1, ALPC_INFINITE);
		if (n != 1)
			return n;
		__atomic_store_n(&taker->released, true, __ATOMIC_RELEASE);
		if (taker->pipe >= 0 && read(taker->pipe, &byte, 1) != 1)
			return -EPROTO;
	}
	return 0;
}

/* Take one, and burn the CPU until @waits is 0. */
static inline int take_and_run(void *arg)
{
	struct taker *taker = arg;
	int n = wait_packets(taker->completion, &taker->packet, 1, ALPC_INFINITE);

	if (n != 1)
		return n;
	__atomic_store_n(&taker->released, true, __ATOMIC_RELEASE);
	while (__atomic_load_n(&taker->waits, __ATOMIC_ACQUIRE))
		;
	return 0;
}

/* The same in a process of its own; @taker in memory that is shared. */
static inline int process_takes_and_runs(struct child *child, struct taker *taker)
{
	int pid;

	taker->waits = 1;
	pid = child_start(child);
	if (pid)
		return pid < 0 ? pid : thread_blocked(pid, pid);
	_exit(take_and_run(taker) != 0);
}

/* Let who burns its CPU end. */
static inline void stop_running(struct taker *taker)
{
	__atomic_store_n(&taker->waits, 0, __ATOMIC_RELEASE);
}

#endif /* ALPC_TEST_COMPLETION_H */
