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

#define CGROUPS	"/sys/fs/cgroup"

/* Sizes of System V messages, which are memory of whoever sends them, in bytes. */
static const size_t crumbs[] = { 2000, 512, 128, 32, 1 };

/*
 * A cgroup that only this process ever was in, so that nothing which an earlier one had
 * is given back to it late, after a grace period of RCU; and its files, opened before
 * anything is charged to it, for the same reason.
 */
struct cgroup {
	char path[64];
	int procs;
	int limit;
	int others;		/* cgroup.procs of the cgroup to go back to. */
};

static int open_in(const char *path, const char *file)
{
	char name[96];
	int fd;

	snprintf(name, sizeof(name), "%s/%s", path, file);
	fd = open(name, O_WRONLY);
	return fd < 0 ? -errno : fd;
}

static int make_cgroup(struct cgroup *cgroup)
{
	int err = write_file(CGROUPS "/cgroup.subtree_control", "+memory");

	snprintf(cgroup->path, sizeof(cgroup->path), CGROUPS "/alpc-starved-%d", getpid());
	if (!err && mkdir(cgroup->path, 0700))
		err = -errno;
	if (err)
		return err;
	cgroup->procs = open_in(cgroup->path, "cgroup.procs");
	cgroup->limit = open_in(cgroup->path, "memory.max");
	cgroup->others = open_in(CGROUPS, "cgroup.procs");
	/* Nobody in it is to be killed instead. */
	return write_file("/proc/self/oom_score_adj", "-1000");
}

static int put(int fd, const char *text)
{
	return pwrite(fd, text, strlen(text), 0) < 0 ? -errno : 0;
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

/*
 * Have no memory but what this process has touched. Processors keep what was charged
 * last, down to single bytes: messages of ever smaller sizes use that up.
 */
static int starve(const struct cgroup *cgroup, int queue)
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
	err = put(cgroup->procs, "0") ?: put(cgroup->limit, "0");
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
	struct cgroup cgroup;
	int queue, err, fed;

	ASSERT_EQ(0, use_one_processor());
	ASSERT_EQ(0, make_cgroup(&cgroup));
	queue = make_queue();
	ASSERT_LE(0, queue);
	self->fds = open_fds();
	err = starve(&cgroup, queue);
	if (!err)
		err = alpc_ioctl(self->fd, self->command->number, self->arg);
	fed = put(cgroup.limit, "max");
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
	ASSERT_EQ(0, put(cgroup.others, "0"));
	cgroup_remove(cgroup.path);
}

TEST_HARNESS_MAIN
