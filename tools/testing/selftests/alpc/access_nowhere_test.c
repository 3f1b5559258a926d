// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct access to and from memory that never comes: neither side can hold the
 * other with it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "alpc_access.h"

enum { LENGTH = 256 << 10 };

/* Pages that somebody has to provide, and nobody does. */
static char *memory_of_nobody(size_t len, int *fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register registration = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	char *p = new_memory(len);

	*fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	registration.range.start = address(p);
	registration.range.len = len;
	if (*fd < 0 || ioctl(*fd, UFFDIO_API, &api) ||
	    ioctl(*fd, UFFDIO_REGISTER, &registration)) {
		fprintf(stderr, "# userfaultfd: %s\n", strerror(errno));
		return NULL;
	}
	return p;
}

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

/* Wait until the one thread of a process sleeps in an ioctl, for a page. */
static int fault_blocked(pid_t pid)
{
	char path[64], call[256], before[4096], after[4096];

	for (;;) {
		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		if (read_file(path, before, sizeof(before)) <= 0)
			return -ESRCH;
		snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
		if (read_file(path, call, sizeof(call)) <= 0)
			return -ESRCH;
		snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
		if (read_file(path, after, sizeof(after)) <= 0 || strstr(before, "State:\tZ"))
			return -ESRCH;
		if (atoi(call) == SYS_ioctl && !strcmp(after, "handle_userfault"))
			return 0;
		usleep(500);
	}
}

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

TEST_HARNESS_MAIN
