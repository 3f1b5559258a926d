// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that end when there is no memory: who depends on them is told all the
 * same. What tells it was set aside before.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "alpc_thread.h"

#define CGROUP	"/sys/fs/cgroup/alpc-pressure"
#define DEBUG	"/sys/kernel/debug/"

enum { THREADS = 20, MESSAGES = 10, LIMIT = 16 << 20 };

/* Nothing that this process asks for is there to be had, in a kernel that can do so. */
static int lose_all_memory(void)
{
	static const char *const faults[] = { "failslab", "fail_page_alloc" };
	static const char *const settings[][2] = {
		{ "ignore-gfp-wait", "N" }, { "task-filter", "Y" }, { "times", "-1" },
		{ "probability", "100" },
	};
	char path[128];
	size_t i, k;
	int err = 0;

	if (access("/proc/self/make-it-fail", W_OK))
		return 0;
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		for (k = 0; k < ARRAY_SIZE(settings); k++) {
			snprintf(path, sizeof(path), DEBUG "%s/%s", faults[i], settings[k][0]);
			err = err ?: write_file(path, settings[k][1]);
		}
	}
	return err;
}

static void find_memory_again(void)
{
	if (access("/proc/self/make-it-fail", W_OK))
		return;
	write_file(DEBUG "failslab/probability", "0");
	write_file(DEBUG "fail_page_alloc/probability", "0");
	write_file(DEBUG "failslab/task-filter", "N");
	write_file(DEBUG "fail_page_alloc/task-filter", "N");
}

static long long cgroup_number(const char *file, const char *key)
{
	char path[128], text[8192], *found;

	snprintf(path, sizeof(path), CGROUP "/%s", file);
	if (read_file(path, text, sizeof(text)) <= 0)
		return -1;
	found = strstr(text, key);
	return found ? atoll(found + strlen(key)) : -1;
}

FIXTURE(pressure)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
	int server;
};

FIXTURE_SETUP(pressure)
{
	char text[16];

	ASSERT_EQ(0, write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory"));
	ASSERT_TRUE(!mkdir(CGROUP, 0755) || errno == EEXIST);
	snprintf(text, sizeof(text), "%d", LIMIT);
	ASSERT_EQ(0, write_file(CGROUP "/memory.max", text));
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->server = -1;
}

FIXTURE_TEARDOWN(pressure)
{
	find_memory_again();
	close_fd(&self->server);
	pair_close(&self->pair);
	cgroup_remove(CGROUP);
}

/* In the child: use up all memory of the cgroup, and be killed for it. */
static _Noreturn void be_killed_for_memory(void)
{
	const size_t size = 4 * LIMIT;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
	size_t i;

	for (i = 0; memory != MAP_FAILED && i < size; i += 4096)
		((volatile char *)memory)[i] = 1;
	_exit(1);
}

/* Whether the child was killed, by the kernel, for want of memory. */
#define EXPECT_KILLED_FOR_MEMORY() do { \
	siginfo_t __end = {}; \
\
	ASSERT_EQ(0, waitid(P_PID, self->child.pid, &__end, WEXITED)); \
	EXPECT_EQ(CLD_KILLED, __end.si_code); \
	EXPECT_EQ(SIGKILL, __end.si_status); \
	EXPECT_LT(0, cgroup_number("memory.events", "oom_kill ")); \
	close_fd(&self->child.channel); \
} while (0)

struct thread {
	struct worker worker;
	int fd;
	__u64 cookie;
};

static int ask_and_wait(void *arg)
{
	struct thread *thread = arg;
	int err = alpc_notify_exit(thread->fd, thread->cookie);

	__atomic_store_n(&thread->fd, err ? -2 : -1, __ATOMIC_RELEASE);
	for (;;)
		pause();
	return 0;
}

/* In the child: have notices asked for and messages queued; whether all of it worked. */
static bool prepare_to_die(int fd, struct thread *thread)
{
	int i;

	for (i = 0; i < THREADS; i++) {
		thread[i] = (struct thread){ .fd = fd, .cookie = i };
		if (worker_start(&thread[i].worker, ask_and_wait, &thread[i]))
			return false;
		while (__atomic_load_n(&thread[i].fd, __ATOMIC_ACQUIRE) == fd)
			sched_yield();
		if (thread[i].fd != -1)
			return false;
	}
	for (i = 0; i < MESSAGES; i++) {
		if (alpc_send(fd, &i, sizeof(i)))
			return false;
	}
	return true;
}

/* Each thread is announced once, after the messages and before the end. */
#define EXPECT_ANNOUNCED() do { \
	bool __died[THREADS] = {}; \
	int __i; \
\
	for (__i = 0; __i < MESSAGES; __i++) { \
		AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf); \
		EXPECT_EQ(0, memcmp(self->buf, &__i, sizeof(__i))); \
	} \
	for (__i = 0; __i < THREADS; __i++) { \
		AWAIT(ALPC_CLIENT_DIED, self->pair.port, &self->msg, self->buf); \
		ASSERT_GT(THREADS, self->msg.cookie); \
		EXPECT_FALSE(__died[self->msg.cookie]); \
		__died[self->msg.cookie] = true; \
	} \
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf); \
	EXPECT_EQ(1, self->msg.context); \
	NOTHING(self->pair.port); \
} while (0)

TEST_F(pressure, abuse_26_notices_of_who_is_killed_for_memory_come)
{
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		struct thread thread[THREADS];

		if (write_file(CGROUP "/cgroup.procs", "0") ||
		    !prepare_to_die(self->server, thread))
			_exit(1);
		be_killed_for_memory();
	}
	EXPECT_ANNOUNCED();
	EXPECT_KILLED_FOR_MEMORY();
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* Not a byte is there from before the process begins to end until it is gone. */
TEST_F(pressure, abuse_26_notices_need_no_memory)
{
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		struct thread thread[THREADS];
		char path[64];
		int i;

		if (!prepare_to_die(self->server, thread))
			_exit(1);
		for (i = 0; i < THREADS; i++) {
			snprintf(path, sizeof(path), "/proc/self/task/%d/make-it-fail",
				 thread[i].worker.tid);
			if (!access(path, W_OK) && write_file(path, "1"))
				_exit(1);
		}
		child_signal(&self->child);
		pause();
		_exit(1);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, lose_all_memory());
	child_kill(&self->child);
	find_memory_again();
	EXPECT_ANNOUNCED();
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* --- the server ----------------------------------------------------------------- */

static int connect_result(void *arg)
{
	return error_of(alpc_connect_to(arg));
}

/* In the child: accept one client, take a request, and then take all memory. */
static _Noreturn void serve_and_be_killed(struct child *child, const char *name)
{
	struct alpc_msg msg;
	char buf[64];
	int port = alpc_create(name);

	if (port < 0 || child_signal(child) || alpc_receive(port, &msg, buf, sizeof(buf)) ||
	    alpc_accept_id(port, msg.id, 1) < 0 || alpc_receive(port, &msg, buf, sizeof(buf)) ||
	    write_file(CGROUP "/cgroup.procs", "0") || child_signal(child) || child_wait(child))
		_exit(1);
	be_killed_for_memory();
}

TEST_F(pressure, abuse_57_server_that_is_killed_for_memory_keeps_nobody)
{
	struct transfer_worker caller;
	const char *name = unique_name();
	struct worker connecting;
	int client, again;
	char in[16];

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid)
		serve_and_be_killed(&self->child, name);
	ASSERT_EQ(0, child_wait(&self->child));
	client = alpc_connect_to(name);
	ASSERT_LE(0, client);
	transfer_init(&caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&caller.transfer, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(&caller.transfer, in, sizeof(in));
	ASSERT_EQ(0, worker_transfer(&caller, client));
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, worker_start(&connecting, connect_result, (void *)name));
	ASSERT_EQ(0, worker_blocked(&connecting));
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(-EPIPE, worker_join(&caller.worker));
	EXPECT_EQ(-ECONNRESET, worker_join(&connecting));
	EXPECT_KILLED_FOR_MEMORY();
	EXPECT_EQ(-EPIPE, alpc_send(client, "x", 1));
	again = alpc_create(name);
	EXPECT_LE(0, again);
	close(again);
	close(client);
	/* Nobody else has noticed. */
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_HARNESS_MAIN
