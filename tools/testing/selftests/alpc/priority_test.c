// SPDX-License-Identifier: GPL-2.0-only
/*
 * Priorities: nobody's is changed, whoever calls whom, and however that ends.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "alpc_thread.h"

/* A server in the background, and clients that are urgent. */
enum { SERVER_NICE = 10, CLIENT_PRIORITY = 30 };

/* What decides when a thread runs: as it was set, and as the kernel has it just now. */
struct priority {
	int policy;
	int nice;
	struct sched_param param;
	long now;	/* field 18 of /proc/<pid>/stat: lower is more urgent */
};

static int priority_of(pid_t tid, struct priority *priority)
{
	char path[64], text[4096], *field;
	int i;

	memset(priority, 0, sizeof(*priority));
	priority->policy = sched_getscheduler(tid);
	priority->nice = getpriority(PRIO_PROCESS, tid);
	if (priority->policy < 0 || sched_getparam(tid, &priority->param))
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return -ESRCH;
	/* The name, which ends with the last parenthesis, is field 2. */
	field = strrchr(text, ')');
	for (i = 2; field && i < 18; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return -EINVAL;
	priority->now = atol(field);
	return 0;
}

/* --- a thread of the server --------------------------------------------------------- */

struct server {
	struct worker worker;
	int port;
	struct alpc_msg msg;
	char buf[16];
	bool received, go_on;
	int replied;		/* what came of the first reply */
};

static void mark(bool *what)
{
	__atomic_store_n(what, true, __ATOMIC_RELEASE);
}

static void await(bool *what)
{
	while (!__atomic_load_n(what, __ATOMIC_ACQUIRE))
		usleep(1000);
}

/* In the background: take a request, answer it when told to, and go on receiving. */
static int serve(void *arg)
{
	struct server *server = arg;
	int err = setpriority(PRIO_PROCESS, 0, SERVER_NICE) ? -errno : 0;

	err = err ?: alpc_receive(server->port, &server->msg, server->buf, sizeof(server->buf));
	mark(&server->received);
	await(&server->go_on);
	if (err)
		return err;
	server->replied = alpc_reply(server->port, server->msg.id, "r", 1);
	do {
		err = alpc_receive(server->port, &server->msg, server->buf, sizeof(server->buf));
	} while (!err);
	return err;
}

static void signal_came(int signo)
{
	(void)signo;
}

FIXTURE(priority)
{
	struct pair pair;
	struct server server;
	struct transfer_worker caller;
	struct priority before, now;
	char in[16];
};

FIXTURE_SETUP(priority)
{
	const struct sigaction action = { .sa_handler = signal_came };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->server = (struct server){ .port = self->pair.port };
	ASSERT_EQ(0, worker_start(&self->server.worker, serve, &self->server));
	ASSERT_EQ(0, worker_blocked(&self->server.worker));
	ASSERT_EQ(0, priority_of(self->server.worker.tid, &self->before));
	ASSERT_EQ(SERVER_NICE, self->before.nice);
}

FIXTURE_TEARDOWN(priority)
{
	ASSERT_EQ(0, alpc_shutdown(self->pair.port, ALPC_SHUTDOWN_RECEIVE));
	EXPECT_EQ(-ESHUTDOWN, worker_join(&self->server.worker));
	pair_close(&self->pair);
}

#define EXPECT_UNCHANGED(self) do { \
	ASSERT_EQ(0, priority_of((self)->server.worker.tid, &(self)->now)); \
	EXPECT_EQ(0, memcmp(&(self)->before, &(self)->now, sizeof((self)->now))); \
} while (0)

/* The calling thread, and those that it starts. */
static int make_urgent(bool urgent)
{
	const struct sched_param param = { .sched_priority = urgent ? CLIENT_PRIORITY : 0 };

	return sched_setscheduler(0, urgent ? SCHED_FIFO : SCHED_OTHER, &param) ? -errno : 0;
}

static int call_urgently(struct transfer_worker *caller, int fd, char *buf, __u32 room,
			 long long timeout)
{
	int err = make_urgent(true);

	transfer_init(&caller->transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&caller->transfer, ALPC_SEND_REQUEST, 0, "c", 1);
	transfer_receive(&caller->transfer, buf, room);
	caller->transfer.timeout = timeout;
	err = err ?: worker_transfer(caller, fd);
	return err ?: make_urgent(false);
}

/* An urgent call, which the server has received, and for which it is not urgent. */
#define CALL(self, time) do { \
	ASSERT_EQ(0, call_urgently(&(self)->caller, (self)->pair.client, (self)->in, \
				   sizeof((self)->in), time)); \
	await(&(self)->server.received); \
	EXPECT_UNCHANGED(self); \
} while (0)

/* The server has heard how it ended, and waits again. */
#define END(self, expected) do { \
	mark(&(self)->server.go_on); \
	ASSERT_EQ(0, worker_blocked(&(self)->server.worker)); \
	EXPECT_EQ(expected, (self)->server.replied); \
	EXPECT_UNCHANGED(self); \
} while (0)

TEST_F(priority, abuse_54_of_a_server_is_its_own_after_the_reply)
{
	struct priority caller;

	CALL(self, ALPC_INFINITE);
	ASSERT_EQ(0, priority_of(self->caller.worker.tid, &caller));
	EXPECT_EQ(SCHED_FIFO, caller.policy);
	EXPECT_EQ(CLIENT_PRIORITY, caller.param.sched_priority);
	EXPECT_EQ(-1 - CLIENT_PRIORITY, caller.now);
	mark(&self->server.go_on);
	EXPECT_EQ(0, worker_join(&self->caller.worker));
	END(self, 0);
}

TEST_F(priority, abuse_54_of_a_server_is_its_own_after_a_timeout)
{
	/* The server receives it before that. */
	CALL(self, 50 * SHORT_TIME);
	EXPECT_EQ(-ETIMEDOUT, worker_join(&self->caller.worker));
	EXPECT_UNCHANGED(self);
	END(self, -ECANCELED);
}

TEST_F(priority, abuse_54_of_a_server_is_its_own_after_a_cancellation)
{
	CALL(self, ALPC_INFINITE);
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	ASSERT_EQ(0, pthread_kill(self->caller.worker.thread, SIGUSR1));
	EXPECT_EQ(-EINTR, worker_join(&self->caller.worker));
	EXPECT_UNCHANGED(self);
	END(self, -ECANCELED);
}

TEST_F(priority, abuse_54_of_a_server_is_its_own_after_the_clients_death)
{
	struct child child;
	int server;

	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		child_wait(&child);
		if (make_urgent(true))
			_exit(1);
		alpc_call(self->pair.client, "c", 1, NULL, self->in, sizeof(self->in));
		_exit(1);
	}
	/* The child has the only descriptor of the client. */
	close_fd(&self->pair.client);
	ASSERT_EQ(0, child_signal(&child));
	await(&self->server.received);
	EXPECT_UNCHANGED(self);
	child_kill(&child);
	EXPECT_UNCHANGED(self);
	END(self, -ECANCELED);
	server = self->pair.server;
	EXPECT_EQ(-EPIPE, alpc_send(server, "x", 1));
}

/* Nor is it while it waits, however many urgent ones queue up behind it. */
TEST_F(priority, abuse_54_of_a_server_is_its_own_while_others_wait)
{
	struct transfer_worker other[4];
	char in[4][16];
	int i;

	CALL(self, ALPC_INFINITE);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, call_urgently(&other[i], self->pair.client, in[i], sizeof(in[i]),
					   ALPC_INFINITE));
		ASSERT_EQ(0, worker_blocked(&other[i].worker));
		EXPECT_UNCHANGED(self);
	}
	mark(&self->server.go_on);
	EXPECT_EQ(0, worker_join(&self->caller.worker));
	ASSERT_EQ(0, worker_blocked(&self->server.worker));
	EXPECT_UNCHANGED(self);
	/* It takes those, and never answers. */
	ASSERT_EQ(0, alpc_disconnect(self->pair.client));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(-EPIPE, worker_join(&other[i].worker));
}

TEST_HARNESS_MAIN
