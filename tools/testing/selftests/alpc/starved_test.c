// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every command in a cgroup that has no byte of memory left: it needs none, or fails with
 * ENOMEM and has done nothing.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/stat.h>

#include "command_fixture.h"

#define CGROUP	"/sys/fs/cgroup/alpc-starved"

/* Sizes of System V messages, which are memory of whoever sends them, in bytes. */
static const size_t crumbs[] = { 2000, 512, 128, 32, 1 };

static int enter_cgroup(void)
{
	int err = write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");

	if (!err && mkdir(CGROUP, 0700) && errno != EEXIST)
		err = -errno;
	/* Nobody in it is to be killed instead. */
	return err ?: write_file("/proc/self/oom_score_adj", "-1000") ?:
	       write_file(CGROUP "/cgroup.procs", "0");
}

static int use_one_processor(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
}

/* A queue that holds what a page stays behind for. */
static int make_queue(void)
{
	struct msqid_ds state;
	int queue = msgget(IPC_PRIVATE, 0600);

	if (queue < 0 || msgctl(queue, IPC_STAT, &state))
		return -errno;
	state.msg_qbytes = 1 << 20;
	return msgctl(queue, IPC_SET, &state) ? -errno : queue;
}

/* So deep that nothing on the way to a command needs more. */
static void touch_stack(void)
{
	volatile char stack[64 << 10];
	size_t i;

	for (i = 0; i < sizeof(stack); i += 1024)
		stack[i] = 0;
}

static int set_limit(int limit, const char *text)
{
	return pwrite(limit, text, strlen(text), 0) < 0 ? -errno : 0;
}

/*
 * Have no memory but what this process has touched. Processors keep what was charged
 * last, down to single bytes: messages of ever smaller sizes use that up.
 */
static int starve(int limit, int queue)
{
	struct {
		long type;
		char text[2000];
	} crumb = { .type = 1 };
	size_t i;
	int err;

	touch_stack();
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		return -errno;
	err = set_limit(limit, "0");
	for (i = 0; i < ARRAY_SIZE(crumbs) && !err; i++) {
		while (!msgsnd(queue, &crumb, crumbs[i], IPC_NOWAIT))
			;
		err = errno == ENOMEM ? 0 : -errno;
	}
	return err;
}

/* Those that keep nothing, or only what was there before. */
static bool needs_memory(enum command_index index)
{
	switch (index) {
	case QUERY:
	case DISCONNECT:
	case PORT_INFO:
	case SHUTDOWN:
	case DELETE_SECTION:
	case ACCESS:
	case GET_IDENTITY:
	case REVOKE_SECURITY:
	case DELETE_SECURITY:
	case GET_USAGE:
	case SET_COMPLETION:
	case CANCEL:
	case DELETE_RESERVE:
	case QUICK_WAIT:
	case QUICK_WAKE:
	case DELETE_LIST:
		return false;
	default:
		return true;
	}
}

TEST_F(command, abuse_57_without_memory_fails_and_does_nothing)
{
	int queue, limit, err, fed;

	ASSERT_EQ(0, use_one_processor());
	ASSERT_EQ(0, enter_cgroup());
	limit = open(CGROUP "/memory.max", O_WRONLY);
	ASSERT_LE(0, limit);
	queue = make_queue();
	ASSERT_LE(0, queue);
	self->fds = open_fds();
	err = starve(limit, queue);
	if (!err)
		err = alpc_ioctl(self->fd, self->command->number, self->arg);
	fed = set_limit(limit, "max");
	ASSERT_EQ(0, fed);
	munlockall();
	EXPECT_EQ(0, msgctl(queue, IPC_RMID, NULL));
	if (needs_memory(variant->index)) {
		EXPECT_EQ(-ENOMEM, err);
		EXPECT_UNTOUCHED();
	} else {
		EXPECT_EQ(0, err);
		EXPECT_TRUE(self->command->happened(&self->scene, self->arg));
		EXPECT_EQ(0, pair_works(&self->scene.pair));
	}
}

TEST_HARNESS_MAIN
