// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers and sandboxes: what is seen from inside, what works with nothing but
 * a descriptor, and that nothing shows what others do.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sched.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "alpc_thread.h"

#define ALICE	1001
#define BOB	1002

FIXTURE(sandbox)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(sandbox)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
}

FIXTURE_TEARDOWN(sandbox)
{
	pair_close(&self->pair);
}

/* Allow ioctl(2) with our type, and ending; anything else kills. */
static int only_our_ioctl(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffffff00),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, _IO(ALPC_IOC_TYPE, 0), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		return -errno;
	return 0;
}

/* In a sandbox nothing can be printed: the exit status says which step failed. */
#define STEP(number, ok) do { \
	if (!(ok)) \
		syscall(SYS_exit_group, number); \
} while (0)

TEST_F(sandbox, abuse_49_client_with_a_descriptor_and_ioctl_alone)
{
	int fd, status;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 2, &fd));
	if (!self->child.pid) {
		struct alpc_identity who;
		struct alpc_usage usage = { .size = sizeof(usage), .flags = ALPC_USAGE_USER };
		int sec;

		STEP(1, !become(ALICE, ALICE) && !only_our_ioctl());
		STEP(2, !alpc_call(fd, "ping", 4, &self->msg, self->buf, 64));
		STEP(3, self->msg.type == ALPC_REPLY && self->msg.uid == 0);
		STEP(4, !alpc_send(fd, "x", 1));
		STEP(5, !alpc_identity(fd, 0, &who, NULL, 0) && who.out_uid == 0);
		sec = alpc_create_security(fd, 0, ALPC_LEVEL_IMPERSONATION, 0);
		STEP(6, sec > 0 && !alpc_revoke_security(fd, sec));
		STEP(7, !alpc_ioctl(fd, ALPC_IOC_GET_USAGE, &usage));
		STEP(8, !alpc_disconnect(fd));
		syscall(SYS_exit_group, 0);
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(ALICE, self->msg.uid);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "pong", 4));
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(self->child.pid, waitpid(self->child.pid, &status, 0));
	EXPECT_EQ(0, status);
	close(fd);
}

TEST_F(sandbox, abuse_49_server_with_a_descriptor_and_ioctl_alone)
{
	int client, status;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		struct alpc_msg msg;
		int server;

		STEP(1, !become(ALICE, ALICE) && !only_our_ioctl());
		STEP(2, !alpc_receive(self->pair.port, &msg, self->buf, 64));
		STEP(3, msg.type == ALPC_CONNECTION_REQUEST);
		server = alpc_accept_id(self->pair.port, msg.id, 7);
		STEP(4, server >= 0);
		STEP(5, !alpc_receive(self->pair.port, &msg, self->buf, 64));
		STEP(6, msg.type == ALPC_REQUEST && msg.context == 7);
		STEP(7, !alpc_reply(self->pair.port, msg.id, "pong", 4));
		syscall(SYS_exit_group, 0);
	}
	client = alpc_connect_to(self->pair.name);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, alpc_call(client, "ping", 4, &self->msg, self->buf, 64));
	EXPECT_EQ(ALICE, self->msg.uid);
	ASSERT_EQ(self->child.pid, waitpid(self->child.pid, &status, 0));
	EXPECT_EQ(0, status);
	close(client);
}

/* A descriptor gives what it stands for, not what else its holder could open. */
TEST_F(sandbox, abuse_49_port_cannot_be_opened_again_by_its_path)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->pair.port);
	EXPECT_EQ(-1, open(path, O_RDWR));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->pair.client);
	EXPECT_EQ(-1, open(path, O_RDWR));
}

/* --- containers ------------------------------------------------------------ */

TEST_F(sandbox, abuse_46_containers_share_no_names_but_descriptors)
{
	struct child other;
	int client;

	/* Two containers, each with a port of the same name. */
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		int port, fd;

		pair_close(&self->pair);
		ASSERT_EQ(0, become(ALICE, ALICE));
		ASSERT_EQ(0, enter_user_namespace());
		ASSERT_EQ(0, unshare(CLONE_NEWNET | CLONE_NEWPID));
		port = alpc_create("service");
		ASSERT_LE(0, port);
		EXPECT_EQ(-ENOENT, error_of(alpc_connect_async(self->pair.name)));
		fd = alpc_connect_async("service");
		AWAIT(ALPC_CONNECTION_REQUEST, port, &self->msg, self->buf);
		ASSERT_LE(0, alpc_accept_id(port, self->msg.id, 1));
		ASSERT_EQ(0, child_put_fd(&self->child, fd));
		close(fd);
		AWAIT(ALPC_REQUEST, port, &self->msg, self->buf);
		/* Root of outside, who is nobody in here. */
		EXPECT_EQ(65534, self->msg.uid);
		ASSERT_EQ(0, alpc_reply(port, self->msg.id, "inside", 6));
		child_wait(&self->child);
		child_exit(true);
	}
	ASSERT_LE(0, child_start(&other));
	if (!other.pid) {
		ASSERT_EQ(0, become(BOB, BOB));
		ASSERT_EQ(0, enter_user_namespace());
		ASSERT_EQ(0, unshare(CLONE_NEWNET));
		EXPECT_EQ(-ENOENT, error_of(alpc_connect_async("service")));
		EXPECT_LE(0, alpc_create("service"));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&other));
	EXPECT_EQ(-ENOENT, error_of(alpc_connect_async("service")));
	client = child_get_fd(&self->child);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, alpc_call(client, "outside", 7, &self->msg, self->buf, 64));
	EXPECT_EQ(ALPC_REPLY, self->msg.type);
	EXPECT_EQ(ALICE, self->msg.uid);
	EXPECT_EQ(self->child.pid, self->msg.pid);
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	close(client);
}

/* --- abuse 47: what shows ------------------------------------------------- */

TEST_F(sandbox, abuse_47_ids_do_not_count_what_others_send)
{
	struct alpc_msg theirs;
	int client, server, i, k;
	__u64 id, last = 0;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &client, &server));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, alpc_request_async(client, "x", 1, 0, 0, &id));
		AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		if (last)
			EXPECT_EQ(last + 1, id);
		last = id;
		/* The others are busy meanwhile, in both directions. */
		for (k = 0; k <= i; k++) {
			ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
			AWAIT(ALPC_REQUEST, self->pair.port, &theirs, self->buf);
			ASSERT_EQ(0, alpc_reply(self->pair.port, theirs.id, NULL, 0));
			ASSERT_EQ(0, alpc_send(self->pair.server, "x", 1));
		}
		ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
		AWAIT(ALPC_REPLY, client, &self->msg, self->buf);
		EXPECT_EQ(id, self->msg.id);
		EXPECT_EQ(FIRST_SEQ + i, self->msg.seq);
		EXPECT_EQ(0, self->msg.context);
	}
	/* A request of the server's: numbered on this connection, too. */
	ASSERT_EQ(0, alpc_request_async(server, "x", 1, 0, 0, NULL));
	AWAIT(ALPC_REQUEST, client, &self->msg, self->buf);
	EXPECT_EQ(last + 1, self->msg.id);
	close(client);
	close(server);
}

TEST_F(sandbox, abuse_47_everything_that_is_written_is_defined)
{
	struct alpc_identity who, again;
	struct alpc_usage usage, usage_again;
	struct alpc_transfer t;
	unsigned char *byte;
	size_t i;

	/* What is told of nobody is what is told of nobody, however it was before. */
	ASSERT_EQ(0, alpc_identity(self->pair.server, 0, &who, NULL, 0));
	memset(&again, 0x33, sizeof(again));
	again.size = sizeof(again);
	again.flags = 0;
	again.id = 0;
	again.parts = ALPC_IDENTITY_ALL;
	again.groups = 0;
	again.group_count = 0;
	ASSERT_EQ(0, alpc_ioctl(self->pair.server, ALPC_IOC_GET_IDENTITY, &again));
	EXPECT_EQ(0, memcmp(&who, &again, sizeof(who)));
	memset(&usage, POISON, sizeof(usage));
	memset(&usage_again, 0x33, sizeof(usage_again));
	usage.size = sizeof(usage);
	usage.flags = 0;
	usage_again.size = sizeof(usage);
	usage_again.flags = 0;
	ASSERT_EQ(0, alpc_ioctl(self->pair.port, ALPC_IOC_GET_USAGE, &usage));
	ASSERT_EQ(0, alpc_ioctl(self->pair.port, ALPC_IOC_GET_USAGE, &usage_again));
	EXPECT_EQ(0, memcmp(&usage, &usage_again, sizeof(usage)));
	/* No bytes of the message before that used the same memory. */
	memset(self->buf, 0x5a, sizeof(self->buf));
	ASSERT_EQ(0, alpc_send(self->pair.client, self->buf, 64));
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	memset(self->buf, POISON, sizeof(self->buf));
	ASSERT_EQ(0, alpc_send(self->pair.client, "abc", 3));
	transfer_init(&t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, alpc_transfer(self->pair.port, &t));
	EXPECT_TRUE(is_poison(self->buf + 3, sizeof(self->buf) - 3));
	/* No kernel pointer anywhere in what came. */
	byte = (void *)&t.recv;
	for (i = 0; i + 8 <= sizeof(t.recv); i += 8)
		EXPECT_NE(0xffff, *(__u64 *)(byte + i) >> 48);
}

TEST_HARNESS_MAIN
