// SPDX-License-Identifier: GPL-2.0-only
/*
 * What another program that a client executes changes: nothing of what was sent
 * before, and everything of what it sends itself.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "alpc_thread.h"

#define ALICE		1001
#define STAFF		50
#define PROGRAM		"alpc-executed"

/*
 * This program again, as the one that is executed: on a port and with a channel
 * that it inherits, it sends a datagram, says so, and goes on until it is told.
 */
static __attribute__((constructor)) void executed(int argc, char **argv)
{
	struct child parent;

	if (argc != 3 || strcmp(argv[0], PROGRAM))
		return;
	parent.channel = atoi(argv[2]);
	child_exit(!alpc_send(atoi(argv[1]), "y", 1) && !child_signal(&parent) &&
		   !child_wait(&parent));
}

/* Copy this program to where a set-user-ID bit counts, for this process alone. */
static int install(mode_t mode)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to;
	struct stat st;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("programs", "/tmp", "tmpfs", 0, "mode=755") || fstat(from, &st))
		return -errno;
	to = open("/tmp/" PROGRAM, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (sendfile(to, from, NULL, st.st_size) != st.st_size || fchmod(to, mode))
		return -errno;
	close(from);
	return close(to);
}

static int execute(struct child *child, int port)
{
	char fd[12], channel[12];
	char *const argv[] = { PROGRAM, fd, channel, NULL };

	snprintf(fd, sizeof(fd), "%d", port);
	snprintf(channel, sizeof(channel), "%d", child->channel);
	if (fcntl(port, F_SETFD, 0) || fcntl(child->channel, F_SETFD, 0))
		return -errno;
	execv("/tmp/" PROGRAM, argv);
	return -errno;
}

FIXTURE(exec)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	struct alpc_identity who;
	char buf[8];
};

FIXTURE_SETUP(exec)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(exec)
{
	pair_close(&self->pair);
}

#define EXPECT_FROM(user) do { \
	EXPECT_EQ(self->child.pid, self->msg.pid); \
	EXPECT_EQ(user, self->msg.uid); \
	EXPECT_EQ(STAFF, self->msg.gid); \
} while (0)

/* The same of the request at hand in full: a process that lives, and may do nothing. */
#define EXPECT_WHO(user) do { \
	EXPECT_EQ(0, alpc_identity(self->pair.port, self->msg.id, &self->who, NULL, 0)); \
	EXPECT_EQ(ALPC_IDENTITY_ALIVE, self->who.out_status); \
	EXPECT_EQ(self->child.pid, self->who.out_pid); \
	EXPECT_EQ(user, self->who.out_uid); \
	EXPECT_EQ(user, self->who.out_fsuid); \
	EXPECT_EQ(0, self->who.out_caps); \
	EXPECT_EQ(0, self->who.out_permitted); \
} while (0)

FIXTURE_VARIANT(exec)
{
	mode_t mode;
	uid_t user;		/* that the program runs as */
};

FIXTURE_VARIANT_ADD(exec, ordinary)
{
	.mode = 0755,
	.user = ALICE,
};

FIXTURE_VARIANT_ADD(exec, set_user_id)
{
	.mode = 04755,
	.user = 0,
};

TEST_F(exec, abuse_43_sender_executes_a_program_before_its_message_is_received)
{
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, install(variant->mode));
		ASSERT_EQ(0, become(ALICE, STAFF));
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
		ASSERT_EQ(0, execute(&self->child, self->pair.client));
	}
	ASSERT_EQ(0, child_wait(&self->child));
	/* Alice's word, though her process is another's program by now. */
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_FROM(ALICE);
	EXPECT_WHO(ALICE);
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	/* And the program's own word. */
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_FROM(variant->user);
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_HARNESS_MAIN
