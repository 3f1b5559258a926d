// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct access to and from memory that is long in coming: neither side can hold
 * the other with it, and a signal ends the wait.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "alpc_access.h"
#include "alpc_nowhere.h"

enum { LENGTH = 256 << 10 };

/* In a process of its own: read into memory that does not come. */
static void read_into_nowhere(int fd, __u64 id, __u32 flags)
{
	int uffd;
	char *p = memory_of_nobody(LENGTH, &uffd);

	if (p)
		access_range(fd, id, flags, 0, 0, p, LENGTH);
	_exit(1);
}

FIXTURE(access_nowhere)
{
	struct pair pair;
	struct child child, receiver;
	struct alpc_msg msg;
	char buf[64];
	int server;
};

FIXTURE_VARIANT(access_nowhere)
{
	__u32 flags;
};

FIXTURE_VARIANT_ADD(access_nowhere, read) { 0 };
FIXTURE_VARIANT_ADD(access_nowhere, write) { ALPC_ACCESS_WRITE };

FIXTURE_SETUP(access_nowhere)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->server = -1;
}

FIXTURE_TEARDOWN(access_nowhere)
{
	EXPECT_EQ(0, pair_works(&self->pair));
	close_fd(&self->server);
	pair_close(&self->pair);
}

/* A process sleeps in a page fault of its own inside an access to the client. */
#define RECEIVER_SLEEPS(self, variant) do { \
	AWAIT(ALPC_REQUEST, (self)->pair.port, &(self)->msg, (self)->buf); \
	ASSERT_LE(0, child_start(&(self)->receiver)); \
	if (!(self)->receiver.pid) \
		read_into_nowhere((self)->server, (self)->msg.id, (variant)->flags); \
	ASSERT_EQ(0, fault_blocked((self)->receiver.pid)); \
} while (0)

/* A receiver that keeps its own memory away does not keep the caller waiting. */
TEST_F(access_nowhere, abuse_40_receiver_cannot_hold_the_caller)
{
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		const struct sigaction action = { .sa_handler = ignore_signal };

		sigaction(SIGUSR1, &action, NULL);
		child_exit(call_with_memory(self->server, new_memory(LENGTH), LENGTH, BOTH) ==
			   -EINTR);
	}
	RECEIVER_SLEEPS(self, variant);
	ASSERT_EQ(0, kill(self->child.pid, SIGUSR1));
	EXPECT_EQ(0, child_end(&self->child));
	child_kill(&self->receiver);
	TAKE_CLOSED(self);
}

/* Nor the memory of one that is dead: a file that it had mapped is free. */
TEST_F(access_nowhere, abuse_40_receiver_cannot_keep_the_memory_of_the_dead)
{
	int fd = memfd_create("access", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, LENGTH));
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		char *p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		child_exit(p != MAP_FAILED && !call_with_memory(self->server, p, LENGTH, BOTH));
	}
	RECEIVER_SLEEPS(self, variant);
	/* It is mapped, so it can be written to. */
	EXPECT_EQ(-1, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(EBUSY, errno);
	child_kill(&self->child);
	/* What the last one to let go has left is done by a kernel thread. */
	while (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)) {
		ASSERT_EQ(EBUSY, errno);
		usleep(1000);
	}
	EXPECT_EQ(0, waitpid(self->receiver.pid, NULL, WNOHANG));
	child_kill(&self->receiver);
	TAKE_CLOSED(self);
	close(fd);
}

/* A caller that keeps its memory away has a receiver wait, which can be killed. */
TEST_F(access_nowhere, abuse_40_caller_cannot_keep_the_receiver_from_dying)
{
	char own[16] = {};

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		int uffd;
		char *p = memory_of_nobody(LENGTH, &uffd);

		child_exit(p && !call_with_memory(self->server, p, LENGTH, BOTH));
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_LE(0, child_start(&self->receiver));
	if (!self->receiver.pid) {
		access_range(self->server, self->msg.id, variant->flags, 0, 0, own, sizeof(own));
		_exit(1);
	}
	ASSERT_EQ(0, fault_blocked(self->receiver.pid));
	child_kill(&self->receiver);
	ASSERT_EQ(0, alpc_reply(self->server, self->msg.id, NULL, 0));
	EXPECT_EQ(0, child_end(&self->child));
	TAKE_CLOSED(self);
}

/* --- signals -------------------------------------------------------------- */

/* Of each access, in pages: the whole, and what is beyond the first batch. */
enum { PAGES = LENGTH / 4096, MOST = 40 };

FIXTURE(access_signal)
{
	struct pair pair;
	struct child child, receiver;
	struct alpc_msg msg;
	char buf[64];
	char *theirs;		/* the client's memory, in the client */
	char own[LENGTH], pages[LENGTH];
	int server, uffd;
};

/* @there: bytes of the client's memory that are there when the access begins. */
FIXTURE_VARIANT(access_signal)
{
	__u32 flags;
	__u32 there;
};

FIXTURE_VARIANT_ADD(access_signal, read_nothing) { 0, 0 };
FIXTURE_VARIANT_ADD(access_signal, read_most) { 0, MOST * 4096 };
FIXTURE_VARIANT_ADD(access_signal, write_nothing) { ALPC_ACCESS_WRITE, 0 };
FIXTURE_VARIANT_ADD(access_signal, write_most) { ALPC_ACCESS_WRITE, MOST * 4096 };

FIXTURE_SETUP(access_signal)
{
	ASSERT_EQ(PAGES * sysconf(_SC_PAGESIZE), LENGTH);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	pattern(self->pages, LENGTH, 1);
	pattern(self->own, LENGTH, 2);
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		char *p = memory_of_nobody(LENGTH, &self->uffd);

		child_put(&self->child, &p, sizeof(p));
		child_put_fd(&self->child, self->uffd);
		child_exit(p && !call_with_memory(self->server, p, LENGTH, BOTH) &&
			   is_pattern(p, LENGTH, variant->flags ? 2 : 1));
	}
	ASSERT_EQ(0, child_get(&self->child, &self->theirs, sizeof(self->theirs)));
	ASSERT_NE(NULL, self->theirs);
	self->uffd = child_get_fd(&self->child);
	ASSERT_LE(0, self->uffd);
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
}

FIXTURE_TEARDOWN(access_signal)
{
	EXPECT_EQ(0, pair_works(&self->pair));
	close_fd(&self->uffd);
	close_fd(&self->server);
	pair_close(&self->pair);
}

/* Provide these bytes of the client's memory. */
static int provide(FIXTURE_DATA(access_signal) *self, __u32 from, __u32 to)
{
	struct uffdio_copy copy = {
		.dst = address(self->theirs + from), .src = address(self->pages + from),
		.len = to - from,
	};

	return from == to || !ioctl(self->uffd, UFFDIO_COPY, &copy) ? 0 : -errno;
}

/*
 * Where a copy meets the end of what is there, arm64 may have stored half of a pair of
 * words that it does not count. They are the right ones, and come again.
 */
#ifdef __aarch64__
enum { UNCOUNTED = 16 };
#else
enum { UNCOUNTED = 0 };
#endif

/* Whether a byte that was not read is as it was. */
static bool is_untouched(unsigned char byte, __u64 i, __u64 done)
{
	return byte == pattern_byte(i, 2) ||
	       (i < done + UNCOUNTED && byte == pattern_byte(i, 1));
}

/*
 * In the receiver: access everything, in as many steps as it takes, and tell each.
 * What was not done is as it was.
 */
static void access_in_steps(FIXTURE_DATA(access_signal) *self, __u32 flags)
{
	const struct sigaction action = { .sa_handler = ignore_signal };
	struct access_result result;
	__u64 i, done = 0;
	bool right = true;

	sigaction(SIGUSR1, &action, NULL);
	do {
		result = access_range(self->server, self->msg.id, flags, 0, done,
				      self->own + done, LENGTH - done);
		done += result.done;
		for (i = done; i < LENGTH; i++)
			right = right && is_untouched(self->own[i], i, done);
		child_put(&self->receiver, &result, sizeof(result));
	} while (result.err == -EINTR);
	child_exit(right && is_pattern(self->own, LENGTH, flags ? 2 : 1));
}

/* Whether a signal that does not kill wakes it. */
static bool sleeps_lightly(pid_t pid)
{
	char path[64], status[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return read_file(path, status, sizeof(status)) > 0 && strstr(status, "State:\tS");
}

/*
 * A signal that does not kill ends the wait for a page of the caller's, if the
 * kernel can do that. What had been done is told, the request is still there, and
 * nothing is lost or done twice.
 */
TEST_F(access_signal, ends_the_wait_for_the_caller)
{
	struct access_result result;
	__u64 done = 0;
	bool light;

	ASSERT_EQ(0, provide(self, 0, variant->there));
	ASSERT_LE(0, child_start(&self->receiver));
	if (!self->receiver.pid)
		access_in_steps(self, variant->flags);
	ASSERT_EQ(0, fault_blocked(self->receiver.pid));
	light = sleeps_lightly(self->receiver.pid);
	ASSERT_EQ(0, kill(self->receiver.pid, SIGUSR1));
	if (light) {
		ASSERT_EQ(0, child_get(&self->receiver, &result, sizeof(result)));
		ASSERT_EQ(-EINTR, result.err);
		done = result.done;
		/* Less, if a page of the receiver's own was not there just then. */
		ASSERT_GE(variant->there, done);
		ASSERT_EQ(!variant->there, !done);
	}
	ASSERT_EQ(0, provide(self, variant->there, LENGTH));
	do {
		ASSERT_EQ(0, child_get(&self->receiver, &result, sizeof(result)));
		done += result.done;
	} while (result.err == -EINTR);
	ASSERT_EQ(0, result.err);
	ASSERT_EQ(LENGTH, done);
	ASSERT_EQ(0, child_end(&self->receiver));
	ASSERT_EQ(0, alpc_reply(self->server, self->msg.id, NULL, 0));
	ASSERT_EQ(0, child_end(&self->child));
	TAKE_CLOSED(self);
	if (!light)
		SKIP(return, "no signal ends such a wait on this kernel");
}

TEST_HARNESS_MAIN
