// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a client: killed in every state that it can be in, and the end of
 * its port by the last of its descriptors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>

#include "alpc_thread.h"

#define CONTEXT	0xc11e47ULL

/* What a client does when it is killed. */
enum client_state {
	IDLE,
	RECEIVING,
	REQUEST_QUEUED,
	REQUEST_TAKEN,
	REPLY_QUEUED,
	ASYNC_QUEUED,
	ASYNC_TAKEN,
	SEND_BLOCKED,
	IN_CALLBACK,
	ANSWERED_CALLBACK,
};

FIXTURE(client)
{
	struct pair pair;
	struct child child;
	int server;
	struct alpc_msg request;
	char buf[64];
};

FIXTURE_VARIANT(client)
{
	enum client_state state;
};

FIXTURE_VARIANT_ADD(client, idle) { .state = IDLE };
FIXTURE_VARIANT_ADD(client, receiving) { .state = RECEIVING };
FIXTURE_VARIANT_ADD(client, call_queued) { .state = REQUEST_QUEUED };
FIXTURE_VARIANT_ADD(client, call_taken) { .state = REQUEST_TAKEN };
FIXTURE_VARIANT_ADD(client, replies_queued) { .state = REPLY_QUEUED };
FIXTURE_VARIANT_ADD(client, async_request_queued) { .state = ASYNC_QUEUED };
FIXTURE_VARIANT_ADD(client, async_request_taken) { .state = ASYNC_TAKEN };
FIXTURE_VARIANT_ADD(client, sender_blocked) { .state = SEND_BLOCKED };
FIXTURE_VARIANT_ADD(client, in_callback) { .state = IN_CALLBACK };
FIXTURE_VARIANT_ADD(client, waiting_after_callback) { .state = ANSWERED_CALLBACK };

/* How many messages fit into the queue of the port. */
enum { QUEUE = 8, DATAGRAMS = 3 };

FIXTURE_SETUP(client)
{
	const struct alpc_create_port options = { .queue_messages = QUEUE };

	ASSERT_EQ(0, pair_open(&self->pair, &options));
}

FIXTURE_TEARDOWN(client)
{
	pair_close(&self->pair);
}

/* In the client: get into the state, tell the parent, and stay there. */
static void client_lives(struct child *child, int fd, enum client_state state)
{
	struct alpc_msg msg;
	char buf[16];
	int i;

	for (i = 0; i < DATAGRAMS; i++) {
		if (alpc_send(fd, &i, sizeof(i)))
			_exit(2);
	}
	switch (state) {
	case ASYNC_QUEUED:
	case ASYNC_TAKEN:
	case REPLY_QUEUED:
		if (alpc_request_async(fd, "async", 5, 1, 0, NULL))
			_exit(3);
		break;
	case SEND_BLOCKED:
		for (i = DATAGRAMS; i < QUEUE; i++)
			alpc_send(fd, &i, sizeof(i));
		break;
	default:
		break;
	}
	child_signal(child);
	switch (state) {
	case RECEIVING:
		alpc_receive(fd, &msg, buf, sizeof(buf));
		break;
	case REQUEST_QUEUED:
	case REQUEST_TAKEN:
		alpc_call(fd, "call", 4, &msg, buf, sizeof(buf));
		break;
	case SEND_BLOCKED:
		alpc_send(fd, "blocked", 7);
		break;
	case IN_CALLBACK:
	case ANSWERED_CALLBACK:
		if (alpc_call(fd, "call", 4, &msg, buf, sizeof(buf)) ||
		    msg.type != ALPC_REQUEST)
			_exit(4);
		child_signal(child);
		if (state == ANSWERED_CALLBACK)
			alpc_reply_wait(fd, msg.id, msg.call, "answer", 6, &msg, buf, sizeof(buf));
		break;
	default:
		break;
	}
	child_wait(child);
	_exit(5);
}

/* Receive what the client sent until there is a request. */
#define TAKE_REQUEST(self) do { \
	int __i; \
\
	for (__i = 0; __i < DATAGRAMS; __i++) \
		AWAIT(ALPC_DATAGRAM, (self)->pair.port, &(self)->request, (self)->buf); \
	AWAIT(ALPC_REQUEST, (self)->pair.port, &(self)->request, (self)->buf); \
} while (0)

/* The datagrams that were not taken before. */
#define EXPECT_DATAGRAMS(self, number) do { \
	struct alpc_msg __msg; \
	int __i; \
\
	for (__i = 0; __i < (number); __i++) { \
		TAKE(ALPC_DATAGRAM, (self)->pair.port, &__msg, (self)->buf); \
		EXPECT_EQ(0, memcmp((self)->buf, &__i, sizeof(__i))); \
		EXPECT_EQ((self)->child.pid, __msg.pid); \
	} \
} while (0)

#define EXPECT_CLOSED_ONCE(self) do { \
	struct alpc_msg __msg; \
\
	TAKE(ALPC_PORT_CLOSED, (self)->pair.port, &__msg, (self)->buf); \
	EXPECT_EQ(CONTEXT, __msg.context); \
	EXPECT_EQ((self)->child.pid, __msg.pid); \
	EXPECT_EQ(0, __msg.len); \
	EXPECT_EQ(0, __msg.cookie); \
	NOTHING((self)->pair.port); \
} while (0)

/* Whether @err tells a replier that its caller is gone. */
static bool reports_lost_caller(int err)
{
	return err == -ECANCELED || err == -ESRCH || err == -EPIPE;
}

TEST_F(client, abuse_17_killed_is_closed_once_after_all_it_sent)
{
	struct transfer_worker callback;
	struct alpc_msg msg;
	char in[16];

	ASSERT_LE(0, client_start(&self->pair, &self->child, CONTEXT, &self->server));
	if (!self->child.pid)
		client_lives(&self->child, self->server, variant->state);
	ASSERT_EQ(0, child_wait(&self->child));

	switch (variant->state) {
	case RECEIVING:
	case REQUEST_QUEUED:
	case SEND_BLOCKED:
		ASSERT_EQ(0, client_blocked(&self->child));
		child_kill(&self->child);
		EXPECT_DATAGRAMS(self, variant->state == SEND_BLOCKED ? QUEUE : DATAGRAMS);
		break;
	case REQUEST_TAKEN:
		TAKE_REQUEST(self);
		ASSERT_EQ(0, client_blocked(&self->child));
		child_kill(&self->child);
		TAKE(ALPC_CANCELED, self->pair.port, &msg, self->buf);
		EXPECT_EQ(self->request.id, msg.id);
		EXPECT_EQ(CONTEXT, msg.context);
		break;
	case REPLY_QUEUED:
		TAKE_REQUEST(self);
		ASSERT_EQ(0, alpc_reply(self->pair.port, self->request.id, "reply", 5));
		ASSERT_EQ(0, alpc_send(self->server, "datagram", 8));
		child_kill(&self->child);
		break;
	case ASYNC_TAKEN:
		TAKE_REQUEST(self);
		child_kill(&self->child);
		break;
	case IN_CALLBACK:
	case ANSWERED_CALLBACK:
		TAKE_REQUEST(self);
		transfer_init(&callback.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(&callback.transfer, ALPC_SEND_CALLBACK, self->request.id, "cb", 2);
		transfer_receive(&callback.transfer, in, sizeof(in));
		ASSERT_EQ(0, worker_transfer(&callback, self->pair.port));
		ASSERT_EQ(0, child_wait(&self->child));
		if (variant->state == ANSWERED_CALLBACK)
			ASSERT_EQ(0, worker_join(&callback.worker));
		child_kill(&self->child);
		if (variant->state == IN_CALLBACK)
			EXPECT_TRUE(reports_lost_caller(worker_join(&callback.worker)));
		break;
	default:
		child_kill(&self->child);
		EXPECT_DATAGRAMS(self, DATAGRAMS);
	}
	if (variant->state == ANSWERED_CALLBACK) {
		TAKE(ALPC_CANCELED, self->pair.port, &msg, self->buf);
		EXPECT_EQ(self->request.id, msg.id);
	}
	EXPECT_CLOSED_ONCE(self);
	EXPECT_QUIET(self->pair.port);
	if (self->request.id)
		EXPECT_TRUE(reports_lost_caller(alpc_reply(self->pair.port, self->request.id, "x",
							   1)));
	EXPECT_EQ(-EPIPE, alpc_send(self->server, "x", 1));
	NOTHING(self->pair.port);
	close(self->server);
	NOTHING(self->pair.port);
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* --- killed while it connects --------------------------------------------- */

FIXTURE(connecting)
{
	struct pair pair;
	struct child child;
	char buf[64];
};

FIXTURE_SETUP(connecting)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		pair_close(&self->pair);
		alpc_connect_to(self->pair.name);
		_exit(1);
	}
	ASSERT_EQ(0, client_blocked(&self->child));
}

FIXTURE_TEARDOWN(connecting)
{
	struct alpc_port_info info;

	ASSERT_EQ(0, alpc_info(self->pair.port, &info));
	EXPECT_EQ(1, info.out_connections);
	EXPECT_QUIET(self->pair.port);
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

TEST_F(connecting, abuse_17_killed_before_its_request_is_received_leaves_nothing)
{
	child_kill(&self->child);
	NOTHING(self->pair.port);
}

TEST_F(connecting, abuse_17_killed_before_it_is_answered_cannot_be_accepted)
{
	struct alpc_msg request;

	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &request, self->buf);
	child_kill(&self->child);
	NOTHING(self->pair.port);
	EXPECT_EQ(-ESRCH, alpc_accept_id(self->pair.port, request.id, CONTEXT));
	EXPECT_EQ(-ESRCH, alpc_refuse(self->pair.port, request.id, NULL, 0));
	NOTHING(self->pair.port);
}

/* --- the last descriptor -------------------------------------------------- */

FIXTURE(descriptor)
{
	struct pair pair;
	struct child child;
	pid_t inside;
	char buf[64];
};

FIXTURE_SETUP(descriptor)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(descriptor)
{
	pair_close(&self->pair);
}

TEST_F(descriptor, duplicates_keep_the_port_open)
{
	int copy = fcntl(self->pair.client, F_DUPFD_CLOEXEC, 100);
	struct alpc_msg msg;

	ASSERT_LE(0, copy);
	close_fd(&self->pair.client);
	NOTHING(self->pair.port);
	ASSERT_EQ(0, alpc_send(copy, "x", 1));
	close(copy);
	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	EXPECT_EQ(self->pair.context, msg.context);
	NOTHING(self->pair.port);
}

TEST_F(descriptor, abuse_20_fork_shares_the_port)
{
	struct alpc_msg msg;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		if (child_wait(&self->child) || alpc_send(self->pair.client, "child", 5))
			_exit(1);
		child_signal(&self->child);
		child_wait(&self->child);
		_exit(0);
	}
	close_fd(&self->pair.client);
	NOTHING(self->pair.port);
	ASSERT_EQ(0, child_signal(&self->child));
	ASSERT_EQ(0, child_wait(&self->child));
	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	EXPECT_EQ(self->child.pid, msg.pid);
	NOTHING(self->pair.port);
	child_kill(&self->child);
	/* The notice names who connected. */
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	EXPECT_EQ(getpid(), msg.pid);
	NOTHING(self->pair.port);
}

TEST_F(descriptor, abuse_20_passed_port_outlives_its_process)
{
	struct alpc_msg msg;
	int server, passed;

	ASSERT_LE(0, client_start(&self->pair, &self->child, CONTEXT, &server));
	if (!self->child.pid)
		child_exit(!child_put_fd(&self->child, server));
	/* In a socket's queue, which is the only one that has it. */
	EXPECT_EQ(0, waitid(P_PID, self->child.pid, &(siginfo_t){}, WEXITED | WNOWAIT));
	NOTHING(self->pair.port);
	passed = child_get_fd(&self->child);
	ASSERT_LE(0, passed);
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(FD_CLOEXEC, fcntl(passed, F_GETFD));

	ASSERT_EQ(0, alpc_send(passed, "passed", 6));
	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	EXPECT_EQ(CONTEXT, msg.context);
	EXPECT_EQ(getpid(), msg.pid);
	ASSERT_EQ(0, alpc_send(server, "back", 4));
	TAKE(ALPC_DATAGRAM, passed, &msg, self->buf);
	close(passed);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	EXPECT_EQ(self->child.pid, msg.pid);
	close(server);
}

/* A port that was sent and never received goes with the socket. */
TEST_F(descriptor, port_in_a_closed_socket_is_closed)
{
	struct alpc_msg msg;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		pair_close(&self->pair);
		for (;;)
			pause();
	}
	ASSERT_EQ(0, child_put_fd(&self->child, self->pair.client));
	close_fd(&self->pair.client);
	NOTHING(self->pair.port);
	child_kill(&self->child);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	NOTHING(self->pair.port);
}

TEST_F(descriptor, abuse_20_exec_closes_the_port)
{
	struct alpc_msg msg;
	int server, in[2];

	ASSERT_EQ(0, pipe2(in, O_CLOEXEC));
	ASSERT_LE(0, client_start(&self->pair, &self->child, CONTEXT, &server));
	if (!self->child.pid) {
		dup2(in[0], 0);
		execl("/bin/sh", "sh", "-c", "read line", NULL);
		_exit(1);
	}
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	EXPECT_EQ(CONTEXT, msg.context);
	EXPECT_EQ(self->child.pid, msg.pid);
	EXPECT_EQ(0, kill(self->child.pid, 0));
	child_kill(&self->child);
	NOTHING(self->pair.port);
	close(server);
}

#define INHERITED	"ALPC_INHERITED_PORT"

/*
 * What this program does where it was executed by a client that kept its port open:
 * fetch the reply to what was asked before, and send.
 */
static __attribute__((constructor)) void inherit(void)
{
	const char *number = getenv(INHERITED);
	struct alpc_msg msg;
	char buf[16], byte;
	int fd;

	if (!number)
		return;
	fd = atoi(number);
	if (alpc_receive(fd, &msg, buf, sizeof(buf)) || msg.type != ALPC_REPLY ||
	    alpc_send(fd, buf, msg.len))
		_exit(1);
	_exit(read(0, &byte, 1) != 1);
}

/* A client that wants to keeps its port, and what it has asked, over execve(2). */
TEST_F(descriptor, abuse_20_exec_keeps_a_port_that_is_to_be_kept)
{
	char number[16], go[2] = "x";
	struct alpc_msg msg;
	int server, in[2];

	ASSERT_EQ(0, pipe2(in, O_CLOEXEC));
	ASSERT_LE(0, client_start(&self->pair, &self->child, CONTEXT, &server));
	if (!self->child.pid) {
		snprintf(number, sizeof(number), "%d", server);
		setenv(INHERITED, number, 1);
		dup2(in[0], 0);
		if (alpc_request_async(server, "before", 6, 1, 0, NULL) ||
		    fcntl(server, F_SETFD, 0))
			_exit(1);
		execl("/proc/self/exe", "death_test", NULL);
		_exit(1);
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "answer", 6));
	AWAIT(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	EXPECT_EQ(0, memcmp(self->buf, "answer", 6));
	EXPECT_EQ(CONTEXT, msg.context);
	EXPECT_EQ(self->child.pid, msg.pid);
	NOTHING(self->pair.port);
	ASSERT_EQ(1, write(in[1], go, 1));
	EXPECT_EQ(0, child_end(&self->child));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	NOTHING(self->pair.port);
	close(server);
}

/* A port that is passed to a container is what it was outside. */
TEST_F(descriptor, abuse_20_works_in_other_namespaces)
{
	struct alpc_msg msg;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		int fd = fcntl(self->pair.client, F_DUPFD_CLOEXEC, 100);
		pid_t pid;

		pair_close(&self->pair);
		if (unshare(CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC))
			_exit(1);
		/* The pid namespace is that of the children. */
		pid = fork();
		if (!pid) {
			_exit(getpid() != 1 || alpc_connect_to(self->pair.name) != -ENOENT ||
			      alpc_call(fd, "inside", 6, &msg, self->buf, 64) || msg.pid);
		}
		close(fd);
		child_put(&self->child, &pid, sizeof(pid));
		child_exit(!waitid(P_PID, pid, &(siginfo_t){}, WEXITED | WNOWAIT) &&
			   waitpid(pid, &pid, 0) > 0 && !pid);
	}
	close_fd(&self->pair.client);
	ASSERT_EQ(0, child_get(&self->child, self->buf, sizeof(pid_t)));
	memcpy(&self->inside, self->buf, sizeof(self->inside));
	AWAIT(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_EQ(self->pair.context, msg.context);
	EXPECT_EQ(self->inside, msg.pid);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "outside", 7));
	EXPECT_EQ(0, child_end(&self->child));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
}

/* --- nothing is left ------------------------------------------------------ */

/*
 * Each round leaves messages of every kind behind in both directions. Ports
 * that are limited to a few of each would soon be full.
 */
TEST_F(descriptor, closing_frees_what_was_queued_and_unanswered)
{
	const struct alpc_create_port options = {
		.queue_messages = 4, .queue_bytes = 400, .max_connections = 2, .max_pending = 1,
	};
	struct alpc_port_info info;
	struct alpc_msg msg;
	struct pair pair;
	int client, server;
	unsigned int i;

	ASSERT_EQ(0, pair_open(&pair, &options));
	for (i = 0; i < 500; i++) {
		ASSERT_EQ(0, pair_connect(pair.port, pair.name, i, &client, &server));
		ASSERT_EQ(0, alpc_request_async(client, "taken", 5, 0, 200, NULL));
		TAKE(ALPC_REQUEST, pair.port, &msg, self->buf);
		ASSERT_EQ(0, alpc_request_async(client, "answered", 8, 0, 200, NULL));
		TAKE(ALPC_REQUEST, pair.port, &msg, self->buf);
		ASSERT_EQ(0, alpc_reply(pair.port, msg.id, "reply", 5));
		ASSERT_EQ(0, alpc_request_async(client, "queued", 6, 0, 0, NULL));
		ASSERT_EQ(0, alpc_request_async(server, "to client", 9, 0, 0, NULL));
		ASSERT_EQ(0, alpc_send(server, "to client", 9));
		ASSERT_EQ(0, alpc_send(client, "to port", 7));
		/* Either end goes first; a server that does hears no more of it. */
		close(i & 1 ? client : server);
		if (i & 1) {
			TAKE(ALPC_DATAGRAM, pair.port, &msg, self->buf);
			TAKE(ALPC_PORT_CLOSED, pair.port, &msg, self->buf);
		}
		close(i & 1 ? server : client);
		NOTHING(pair.port);
		ASSERT_EQ(0, alpc_info(pair.port, &info));
		ASSERT_EQ(0, info.out_queued);
		ASSERT_EQ(0, info.out_queued_bytes);
		ASSERT_EQ(0, info.out_unanswered);
		ASSERT_EQ(1, info.out_connections);
	}
	EXPECT_EQ(0, pair_works(&pair));
	pair_close(&pair);
}

TEST_HARNESS_MAIN
