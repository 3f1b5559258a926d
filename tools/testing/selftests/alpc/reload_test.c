// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module is removed as soon as nobody has anything of it, comes back, and leaves
 * nothing behind, however often that happens.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/syscall.h>

#include "alpc_completion.h"
#include "alpc_list.h"
#include "alpc_view.h"
#include "rounds.h"

enum { ROUNDS = 60, WARM = 10, NOISE = 256 /* KiB */ };

FIXTURE(reload)
{
	int file;
	struct child user;
};

FIXTURE_SETUP(reload)
{
	const char *path = getenv("ALPC_MODULE");

	if (!path)
		SKIP(return, "ALPC_MODULE does not name the module's file");
	self->file = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->file);
}

FIXTURE_TEARDOWN(reload)
{
	close_fd(&self->file);
}

/* Something of all that there is, in a process that ends with all of it open. */
static int use_everything(void)
{
	struct section section;
	struct child caller;
	struct ring ring;
	struct pair pair;
	struct alpc_msg msg;
	char buf[16];
	int fd, err;

	err = pair_open(&pair, NULL) ?: list_open(pair.port, 4, 64, &ring) ?:
	      section_make(pair.server, 4096, 0, &section) ?:
	      alpc_request_async(pair.client, "ask", 3, 0, 0, NULL);
	fd = err ? -1 : completion_create(1);
	if (fd < 0)
		return err ?: fd;
	err = bind_port(pair.client, fd, 1) ?: post(fd, 2, 0);
	if (err || child_start(&caller) < 0)
		return err ?: -errno;
	if (!caller.pid) {
		/* One sleeps in the kernel when it is killed. */
		child_signal(&caller);
		alpc_call(pair.client, "call", 4, &msg, buf, sizeof(buf));
		_exit(1);
	}
	err = child_wait(&caller);
	while (!err && list_unread(&ring) < 2)
		sched_yield();
	child_kill(&caller);
	return err;
}

TEST_F_TIMEOUT(reload, abuse_23_leaves_nothing_behind, 900)
{
	const unsigned int n = WARM + rounds(ROUNDS);
	long before = 0, after;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (i == WARM)
			before = kernel_memory();
		ASSERT_LE(0, child_start(&self->user));
		if (!self->user.pid)
			child_exit(!use_everything());
		ASSERT_EQ(0, child_end(&self->user));
		ASSERT_EQ(0, syscall(SYS_delete_module, "alpc", O_NONBLOCK))
			TH_LOG("round %d: %s", i, strerror(errno));
		ASSERT_EQ(-1, access("/dev/alpc", F_OK));
		ASSERT_EQ(0, syscall(SYS_finit_module, self->file, "", 0));
	}
	after = kernel_memory();
	TH_LOG("%ld KiB before, %ld KiB after", before, after);
	ASSERT_LT(0, before);
	/* A kernel that finds leaks itself keeps what was freed for a while. */
	if (!kernel_finds_leaks())
		EXPECT_GT(NOISE + rounds(ROUNDS) / 2, after - before);
}

TEST_HARNESS_MAIN
