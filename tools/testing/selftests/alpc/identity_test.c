// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who sent a message: stamped by the kernel, from the thread that sent it, when
 * it sent it, and told in the receiver's namespaces.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "alpc_thread.h"

#define ALICE		1001
#define BOB		1002
#define STAFF		50
#define OVERFLOW	65534

FIXTURE(identity)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(identity)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
}

FIXTURE_TEARDOWN(identity)
{
	pair_close(&self->pair);
}

#define EXPECT_SENDER(expected_pid, expected_tid, expected_uid, expected_gid) do { \
	EXPECT_EQ(expected_pid, self->msg.pid); \
	EXPECT_EQ(expected_tid, self->msg.tid); \
	EXPECT_EQ(expected_uid, self->msg.uid); \
	EXPECT_EQ(expected_gid, self->msg.gid); \
} while (0)

#define EXPECT_FROM_CHILD(uid, gid) \
	EXPECT_SENDER(self->child.pid, self->child.pid, uid, gid)

/* Take the next message in the parent, which has to wait for it. */
#define AWAIT_AT(fd, type) AWAIT(type, fd, &self->msg, self->buf)

TEST_F(identity, of_everything_a_client_sends_and_of_its_end)
{
	struct alpc_msg reply;
	int server;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		pair_close(&self->pair);
		ASSERT_EQ(0, become(ALICE, STAFF));
		self->pair.client = alpc_connect_to(self->pair.name);
		ASSERT_LE(0, self->pair.client);
		ASSERT_EQ(0, alpc_send(self->pair.client, "d", 1));
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "r", 1, 0, 0, NULL));
		ASSERT_EQ(0, alpc_receive(self->pair.client, &reply, self->buf, 8));
		alpc_call(self->pair.client, "c", 1, &reply, self->buf, 8);
		child_exit(false);
	}
	AWAIT_AT(self->pair.port, ALPC_CONNECTION_REQUEST);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	server = alpc_accept_id(self->pair.port, self->msg.id, 1);
	ASSERT_LE(0, server);
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	AWAIT_AT(self->pair.port, ALPC_REQUEST);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "!", 1));
	AWAIT_AT(self->pair.port, ALPC_REQUEST);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	child_kill(&self->child);
	do {
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 64));
		EXPECT_FROM_CHILD(ALICE, STAFF);
	} while (self->msg.type == ALPC_CANCELED);
	EXPECT_EQ(ALPC_PORT_CLOSED, self->msg.type);
	close(server);
}

TEST_F(identity, abuse_16_of_everything_a_server_sends)
{
	struct alpc_msg msg;
	int refused, client;

	/* The child is the server, and this process its client. */
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(ALICE, STAFF));
		AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &msg, self->buf);
		ASSERT_EQ(0, alpc_refuse(self->pair.port, msg.id, NULL, 0));
		AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &msg, self->buf);
		self->pair.server = alpc_accept_id(self->pair.port, msg.id, 0);
		ASSERT_LE(0, self->pair.server);
		ASSERT_EQ(0, alpc_send(self->pair.server, "d", 1));
		ASSERT_EQ(0, alpc_request_async(self->pair.server, "r", 1, 0, 0, NULL));
		AWAIT(ALPC_REQUEST, self->pair.port, &msg, self->buf);
		ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "!", 1));
		child_wait(&self->child);
		child_exit(true);
	}
	refused = alpc_connect_async(self->pair.name);
	AWAIT_AT(refused, ALPC_CONNECTION_REFUSED);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	client = alpc_connect_async(self->pair.name);
	AWAIT_AT(client, ALPC_CONNECTION_REPLY);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	AWAIT_AT(client, ALPC_DATAGRAM);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	AWAIT_AT(client, ALPC_REQUEST);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	ASSERT_EQ(0, alpc_call(client, "?", 1, &self->msg, self->buf, 8));
	EXPECT_EQ(ALPC_REPLY, self->msg.type);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	close(refused);
	close(client);
}

/* --- which thread, and which of its ids ----------------------------------- */

static int send_as_bob(void *arg)
{
	struct pair *pair = arg;

	/* The system call itself changes the calling thread alone. */
	if (syscall(SYS_setresgid, BOB, BOB, BOB) || syscall(SYS_setresuid, BOB, BOB, BOB))
		return -errno;
	return alpc_send(pair->client, "x", 1);
}

TEST_F(identity, abuse_43_is_the_thread_s_not_the_process_s)
{
	struct worker worker;

	ASSERT_EQ(0, worker_start(&worker, send_as_bob, &self->pair));
	ASSERT_EQ(0, worker_join(&worker));
	ASSERT_EQ(0, alpc_send(self->pair.client, "y", 1));
	/* By now that thread is gone. */
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_SENDER(getpid(), worker.tid, BOB, BOB);
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_SENDER(getpid(), gettid(), 0, 0);
}

TEST_F(identity, abuse_43_is_that_of_each_send)
{
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	ASSERT_EQ(0, setresgid(-1, STAFF, -1));
	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	ASSERT_EQ(0, setresgid(-1, BOB, -1));
	ASSERT_EQ(0, setresuid(-1, BOB, -1));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	ASSERT_EQ(0, setresgid(-1, 0, -1));
	/* What was sent before is not changed by what came then. */
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_SENDER(getpid(), gettid(), 0, 0);
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_SENDER(getpid(), gettid(), ALICE, STAFF);
	AWAIT_AT(self->pair.port, ALPC_REQUEST);
	EXPECT_SENDER(getpid(), gettid(), BOB, BOB);
}

TEST_F(identity, is_the_effective_one)
{
	ASSERT_EQ(0, setresgid(STAFF, BOB, 0));
	ASSERT_EQ(0, setresuid(ALICE, BOB, 0));
	ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_SENDER(getpid(), gettid(), BOB, BOB);
}

TEST_F(identity, is_who_sends_not_who_connected)
{
	/* Inherited, and used by another process and user. */
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(ALICE, STAFF));
		child_exit(!alpc_send(self->pair.client, "x", 1) &&
			   !alpc_send(self->pair.server, "y", 1));
	}
	ASSERT_EQ(0, child_end(&self->child));
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	AWAIT_AT(self->pair.client, ALPC_DATAGRAM);
	EXPECT_FROM_CHILD(ALICE, STAFF);
}

TEST_F(identity, of_a_port_that_was_passed_on)
{
	int client, server;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		pair_close(&self->pair);
		ASSERT_EQ(0, become(ALICE, STAFF));
		client = alpc_connect_to(self->pair.name);
		ASSERT_LE(0, client);
		ASSERT_EQ(0, alpc_send(client, "x", 1));
		child_exit(!child_put_fd(&self->child, client));
	}
	AWAIT_AT(self->pair.port, ALPC_CONNECTION_REQUEST);
	server = alpc_accept_id(self->pair.port, self->msg.id, 1);
	ASSERT_LE(0, server);
	client = child_get_fd(&self->child);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, child_end(&self->child));
	ASSERT_EQ(0, alpc_send(client, "y", 1));
	/* The first sender is dead, and named by what was his number. */
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_SENDER(getpid(), gettid(), 0, 0);
	/* The end is told of who connected. */
	close(client);
	AWAIT_AT(self->pair.port, ALPC_PORT_CLOSED);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	close(server);
}

static int ask_for_notice(void *arg)
{
	struct pair *pair = arg;

	if (syscall(SYS_setresgid, BOB, BOB, BOB) || syscall(SYS_setresuid, BOB, BOB, BOB))
		return -errno;
	return alpc_notify_exit(pair->client, 0xc00c1e);
}

TEST_F(identity, of_a_thread_that_died)
{
	struct alpc_query query;
	struct worker worker;

	ASSERT_EQ(0, alpc_query(&query));
	if (!(query.out_features & ALPC_FEATURE_EXIT_NOTICE))
		SKIP(return, "this kernel cannot tell when a thread ends");
	ASSERT_EQ(0, worker_start(&worker, ask_for_notice, &self->pair));
	ASSERT_EQ(0, worker_join(&worker));
	AWAIT_AT(self->pair.port, ALPC_CLIENT_DIED);
	EXPECT_SENDER(getpid(), worker.tid, BOB, BOB);
	EXPECT_EQ(0xc00c1e, self->msg.cookie);
	NOTHING(self->pair.port);
}

/* --- what a sender writes about itself ------------------------------------ */

TEST_F(identity, abuse_05_cannot_be_written_by_the_sender)
{
	struct alpc_transfer t;
	int i;

	for (i = 0; i < 2; i++) {
		transfer_init(&t, ALPC_TRANSFER_SEND);
		transfer_send(&t, i ? ALPC_SEND_REQUEST : 0, 0, "x", 1);
		t.send.pid = 1;
		t.send.tid = 1;
		t.send.uid = ALICE;
		t.send.gid = STAFF;
		t.send.seq = 0xf01d;
		t.send.context = 0xf01d;
		t.send.cookie = 0xf01d;
		ASSERT_EQ(0, alpc_transfer(self->pair.client, &t));
		AWAIT_AT(self->pair.port, i ? ALPC_REQUEST : ALPC_DATAGRAM);
		EXPECT_SENDER(getpid(), gettid(), 0, 0);
		EXPECT_GT(0xf01d, self->msg.seq);
		EXPECT_EQ(self->pair.context, self->msg.context);
		EXPECT_EQ(0, self->msg.cookie);
	}
}

TEST_F(identity, abuse_04_types_are_made_by_the_kernel_only)
{
	static const __u16 sends[] = { 0, ALPC_SEND_REQUEST };
	struct alpc_transfer t;
	unsigned int type;
	size_t i;

	for (type = 1; type <= 0x10000; type = type < 32 ? type + 1 : type * 2) {
		for (i = 0; i < ARRAY_SIZE(sends); i++) {
			transfer_init(&t, ALPC_TRANSFER_SEND);
			transfer_send(&t, sends[i], 0, "x", 1);
			t.send.type = type == 0x10000 ? 0xffff : type;
			EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.client, &t))
				TH_LOG("type %#x", type);
			EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.server, &t));
		}
	}
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* --- namespaces ----------------------------------------------------------- */

TEST_F(identity, in_another_pid_namespace)
{
	pid_t pid;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, unshare(CLONE_NEWPID));
		pid = fork();
		if (!pid) {
			/* This one is number 1 of its namespace. */
			ASSERT_EQ(1, getpid());
			ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
			ASSERT_EQ(0, alpc_send(self->pair.client, "y", 1));
			AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
			EXPECT_SENDER(1, 1, 0, 0);
			/* Whoever is outside has no number here. */
			AWAIT_AT(self->pair.client, ALPC_DATAGRAM);
			EXPECT_SENDER(0, 0, 0, 0);
			child_exit(true);
		}
		child_put(&self->child, &pid, sizeof(pid));
		child_exit(waitpid(pid, NULL, 0) == pid);
	}
	ASSERT_EQ(0, child_get(&self->child, &pid, sizeof(pid)));
	ASSERT_EQ(0, alpc_send(self->pair.server, "z", 1));
	EXPECT_EQ(0, child_end(&self->child));
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_SENDER(pid, pid, 0, 0);
	EXPECT_EQ('y', self->buf[0]);
	NOTHING(self->pair.port);
}

TEST_F(identity, in_another_user_namespace)
{
	ASSERT_EQ(0, alpc_send(self->pair.server, "first", 5));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(ALICE, STAFF));
		/* One message of each before and after the change. */
		ASSERT_EQ(0, alpc_send(self->pair.server, "x", 1));
		ASSERT_EQ(0, enter_user_namespace());
		ASSERT_EQ(0, getuid());
		ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
		AWAIT_AT(self->pair.client, ALPC_DATAGRAM);
		EXPECT_SENDER(getppid(), getppid(), OVERFLOW, OVERFLOW);
		AWAIT_AT(self->pair.client, ALPC_DATAGRAM);
		EXPECT_SENDER(getpid(), gettid(), 0, 0);
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
	AWAIT_AT(self->pair.port, ALPC_DATAGRAM);
	EXPECT_FROM_CHILD(ALICE, STAFF);
	NOTHING(self->pair.port);
}

TEST_F(identity, of_connecting_from_another_user_namespace)
{
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(BOB, STAFF));
		ASSERT_EQ(0, enter_user_namespace());
		self->pair.client = alpc_connect_async(self->pair.name);
		ASSERT_LE(0, self->pair.client);
		AWAIT_AT(self->pair.client, ALPC_CONNECTION_REFUSED);
		EXPECT_SENDER(getppid(), getppid(), OVERFLOW, OVERFLOW);
		child_exit(true);
	}
	AWAIT_AT(self->pair.port, ALPC_CONNECTION_REQUEST);
	EXPECT_FROM_CHILD(BOB, STAFF);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_HARNESS_MAIN
