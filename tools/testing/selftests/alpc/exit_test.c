// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC_IOC_NOTIFY_EXIT: the server hears of the end of a thread that asked for
 * it, however it ends, once, and after what was sent before.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"

#define COOKIE	0xd1ed00000000c001ULL

FIXTURE(exit)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
	int server;
};

FIXTURE_SETUP(exit)
{
	struct alpc_query query;

	self->server = -1;
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, alpc_query(&query));
	ASSERT_EQ(ALPC_FEATURE_EXIT_NOTICE, query.out_features & ALPC_FEATURE_EXIT_NOTICE);
}

FIXTURE_TEARDOWN(exit)
{
	NOTHING(self->pair.port);
	EXPECT_QUIET(self->pair.port);
	close_fd(&self->server);
	pair_close(&self->pair);
}

#define EXPECT_DIED(self, the_cookie, the_context, the_tid) do { \
	AWAIT(ALPC_CLIENT_DIED, (self)->pair.port, &(self)->msg, (self)->buf); \
	EXPECT_EQ(the_cookie, (self)->msg.cookie); \
	EXPECT_EQ(the_context, (self)->msg.context); \
	EXPECT_EQ(the_tid, (self)->msg.tid); \
	EXPECT_EQ(0, (self)->msg.len); \
	EXPECT_EQ(0, (self)->msg.seq); \
} while (0)

/* --- the ways in which a thread ends -------------------------------------- */

struct thread {
	struct worker worker;
	int fd;
	bool by_exit;
	int messages;
	__u64 cookie;
};

/* Ask for the notice, send, and end. */
static int ask_and_end(void *arg)
{
	struct thread *thread = arg;
	int err, i;

	err = alpc_notify_exit(thread->fd, thread->cookie);
	for (i = 0; i < thread->messages && !err; i++)
		err = alpc_send(thread->fd, &i, sizeof(i));
	if (thread->by_exit && !err)
		pthread_exit(NULL);
	return err;
}

TEST_F(exit, thread_returns)
{
	struct thread thread = { .fd = self->pair.client, .cookie = COOKIE };

	ASSERT_EQ(0, worker_start(&thread.worker, ask_and_end, &thread));
	EXPECT_DIED(self, COOKIE, self->pair.context, thread.worker.tid);
	EXPECT_EQ(getpid(), self->msg.pid);
	EXPECT_EQ(getuid(), self->msg.uid);
	EXPECT_EQ(0, worker_join(&thread.worker));
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(exit, thread_calls_pthread_exit)
{
	struct thread thread = { .fd = self->pair.client, .cookie = COOKIE, .by_exit = true };

	ASSERT_EQ(0, worker_start(&thread.worker, ask_and_end, &thread));
	EXPECT_DIED(self, COOKIE, self->pair.context, thread.worker.tid);
	EXPECT_EQ(0, worker_join(&thread.worker));
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* The notice comes last, and no thread that did not ask has one. */
TEST_F(exit, abuse_26_notice_follows_what_the_thread_sent)
{
	struct thread thread = { .fd = self->pair.client, .cookie = COOKIE, .messages = 100 };
	int i;

	ASSERT_EQ(0, worker_start(&thread.worker, ask_and_end, &thread));
	for (i = 0; i < thread.messages; i++) {
		AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(0, memcmp(self->buf, &i, sizeof(i)));
		EXPECT_EQ(thread.worker.tid, self->msg.tid);
	}
	EXPECT_DIED(self, COOKIE, self->pair.context, thread.worker.tid);
	EXPECT_EQ(0, worker_join(&thread.worker));
}

TEST_F(exit, process_is_killed)
{
	ASSERT_LE(0, client_start(&self->pair, &self->child, 5, &self->server));
	if (!self->child.pid) {
		alpc_notify_exit(self->server, COOKIE);
		alpc_send(self->server, "last", 4);
		child_signal(&self->child);
		child_wait(&self->child);
		_exit(1);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	child_kill(&self->child);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_DIED(self, COOKIE, 5, self->child.pid);
	EXPECT_EQ(self->child.pid, self->msg.pid);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(5, self->msg.context);
}

/* A call that its thread's end cancels, and then the notice. */
TEST_F(exit, abuse_25_process_is_killed_in_a_call)
{
	struct alpc_msg request;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 5, &self->server));
	if (!self->child.pid) {
		alpc_notify_exit(self->server, COOKIE);
		alpc_call(self->server, "call", 4, &self->msg, self->buf, sizeof(self->buf));
		_exit(1);
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &request, self->buf);
	child_kill(&self->child);
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(request.id, self->msg.id);
	EXPECT_DIED(self, COOKIE, 5, self->child.pid);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
}

/* --- exec ----------------------------------------------------------------- */

static int exec_shell(void *arg)
{
	(void)arg;
	execl("/bin/sh", "sh", "-c", "read line", NULL);
	return -errno;
}

static int ask_and_stay(void *arg)
{
	struct thread *thread = arg;
	int err = alpc_notify_exit(thread->fd, thread->cookie);

	__atomic_store_n(&thread->messages, err ?: 1, __ATOMIC_RELEASE);
	for (;;)
		pause();
	return 0;
}

/* All other threads end, and then the port is closed, as it is on every exec. */
TEST_F(exit, another_thread_executes_a_program)
{
	pid_t tid;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 5, &self->server));
	if (!self->child.pid) {
		struct thread thread = { .fd = self->server, .cookie = COOKIE };

		if (worker_start(&thread.worker, ask_and_stay, &thread))
			_exit(1);
		while (!__atomic_load_n(&thread.messages, __ATOMIC_ACQUIRE))
			sched_yield();
		child_put(&self->child, &thread.worker.tid, sizeof(pid_t));
		/* The shell waits for its parent to end the channel. */
		dup2(self->child.channel, 0);
		exec_shell(NULL);
		_exit(1);
	}
	ASSERT_EQ(0, child_get(&self->child, &tid, sizeof(tid)));
	EXPECT_DIED(self, COOKIE, 5, tid);
	EXPECT_EQ(self->child.pid, self->msg.pid);
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	child_kill(&self->child);
}

/* The first thread of a process ends too when another one executes. */
TEST_F(exit, first_thread_asked_and_another_executes_a_program)
{
	struct worker worker;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 5, &self->server));
	if (!self->child.pid) {
		if (alpc_notify_exit(self->server, COOKIE))
			_exit(1);
		dup2(self->child.channel, 0);
		worker_start(&worker, exec_shell, NULL);
		for (;;)
			pause();
	}
	EXPECT_DIED(self, COOKIE, 5, self->child.pid);
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	child_kill(&self->child);
}

/* A thread that executes a program does not end; its port is closed. */
TEST_F(exit, thread_itself_executes_a_program)
{
	ASSERT_LE(0, client_start(&self->pair, &self->child, 5, &self->server));
	if (!self->child.pid) {
		if (alpc_notify_exit(self->server, COOKIE))
			_exit(1);
		dup2(self->child.channel, 0);
		exec_shell(NULL);
		_exit(1);
	}
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	NOTHING(self->pair.port);
	child_kill(&self->child);
}

/* --- asking --------------------------------------------------------------- */

TEST_F(exit, asking_twice_is_eexist)
{
	int client, server;

	/* In a process, so that the notices come while the test still runs. */
	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 6, &client, &server));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		bool ok = !alpc_notify_exit(self->pair.client, 1) &&
			  alpc_notify_exit(self->pair.client, 1) == -EEXIST &&
			  alpc_notify_exit(self->pair.client, 2) == -EEXIST &&
			  !alpc_notify_exit(client, 3) &&
			  alpc_notify_exit(client, 3) == -EEXIST;

		child_exit(ok);
	}
	EXPECT_EQ(0, child_end(&self->child));
	/* One for each connection, with the cookies that were taken. */
	AWAIT(ALPC_CLIENT_DIED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(self->msg.context == 6 ? 3 : 1, self->msg.cookie);
	AWAIT(ALPC_CLIENT_DIED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(self->msg.context == 6 ? 3 : 1, self->msg.cookie);
	NOTHING(self->pair.port);
	close(client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(server);
}

TEST_F(exit, only_open_client_ports_are_asked)
{
	int async = alpc_connect_async(self->pair.name);

	ASSERT_LE(0, async);
	EXPECT_EQ(-ENOTCONN, alpc_notify_exit(async, COOKIE));
	EXPECT_EQ(-EOPNOTSUPP, alpc_notify_exit(self->pair.port, COOKIE));
	EXPECT_EQ(-EOPNOTSUPP, alpc_notify_exit(self->pair.server, COOKIE));
	EXPECT_EQ(-EOPNOTSUPP, alpc_notify_exit(alpc_device(), COOKIE));
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_NE(0, alpc_notify_exit(async, COOKIE));
	close(async);
	ASSERT_EQ(0, alpc_disconnect(self->pair.client));
	EXPECT_EQ(-EPIPE, alpc_notify_exit(self->pair.client, COOKIE));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
}

/* --- many ----------------------------------------------------------------- */

enum { THREADS = 30 };

TEST_F(exit, abuse_26_each_of_many_threads_is_announced_once)
{
	struct thread thread[THREADS];
	unsigned char seen[THREADS] = {};
	unsigned int i, round;

	for (round = 0; round < 2; round++) {
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < THREADS; i++) {
			thread[i] = (struct thread){ .fd = self->pair.client, .cookie = i };
			ASSERT_EQ(0, worker_start(&thread[i].worker, ask_and_end, &thread[i]));
		}
		for (i = 0; i < THREADS; i++) {
			AWAIT(ALPC_CLIENT_DIED, self->pair.port, &self->msg, self->buf);
			ASSERT_GT(THREADS, self->msg.cookie);
			EXPECT_EQ(1, ++seen[self->msg.cookie]);
			EXPECT_EQ(thread[self->msg.cookie].worker.tid, self->msg.tid);
		}
		NOTHING(self->pair.port);
		for (i = 0; i < THREADS; i++)
			EXPECT_EQ(0, worker_join(&thread[i].worker));
	}
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* All threads of a killed process, and its connection last. */
TEST_F(exit, all_threads_of_a_killed_process_are_announced)
{
	unsigned char seen[THREADS] = {};
	unsigned int i;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 5, &self->server));
	if (!self->child.pid) {
		static struct thread thread[THREADS];

		for (i = 0; i < THREADS; i++) {
			thread[i] = (struct thread){ .fd = self->server, .cookie = i };
			if (worker_start(&thread[i].worker, ask_and_stay, &thread[i]))
				_exit(1);
			while (!__atomic_load_n(&thread[i].messages, __ATOMIC_ACQUIRE))
				sched_yield();
			if (thread[i].messages != 1)
				_exit(1);
		}
		child_signal(&self->child);
		child_wait(&self->child);
		_exit(1);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	child_kill(&self->child);
	for (i = 0; i < THREADS; i++) {
		AWAIT(ALPC_CLIENT_DIED, self->pair.port, &self->msg, self->buf);
		ASSERT_GT(THREADS, self->msg.cookie);
		EXPECT_EQ(1, ++seen[self->msg.cookie]);
	}
	AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
}

/* --- the connection ends first -------------------------------------------- */

TEST_F(exit, nothing_follows_the_end_of_the_connection)
{
	struct thread thread = { .cookie = COOKIE };
	int client, server, i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 7, &client, &server));
		ASSERT_LE(0, child_start(&self->child));
		if (!self->child.pid) {
			thread.fd = client;
			if (worker_start(&thread.worker, ask_and_stay, &thread))
				_exit(1);
			while (!__atomic_load_n(&thread.messages, __ATOMIC_ACQUIRE))
				sched_yield();
			close(client);
			child_signal(&self->child);
			child_wait(&self->child);
			_exit(0);
		}
		ASSERT_EQ(0, child_wait(&self->child));
		if (i == 0)
			ASSERT_EQ(0, alpc_disconnect(client));
		if (i == 1)
			ASSERT_EQ(0, alpc_disconnect(server));
		close(i == 2 ? server : client);
		child_kill(&self->child);
		while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf,
					    sizeof(self->buf)))
			EXPECT_EQ(ALPC_PORT_CLOSED, self->msg.type);
		close(i == 2 ? client : server);
	}
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, sizeof(self->buf)))
		EXPECT_EQ(ALPC_PORT_CLOSED, self->msg.type);
}

/* The server is gone before the thread is. */
TEST_F(exit, thread_outlives_its_server)
{
	struct thread thread = { .cookie = COOKIE };
	struct pair pair;

	ASSERT_EQ(0, pair_open(&pair, NULL));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		close(pair.port);
		close(pair.server);
		thread.fd = pair.client;
		if (worker_start(&thread.worker, ask_and_stay, &thread))
			_exit(1);
		while (!__atomic_load_n(&thread.messages, __ATOMIC_ACQUIRE))
			sched_yield();
		child_signal(&self->child);
		child_wait(&self->child);
		_exit(1);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	pair_close(&pair);
	child_kill(&self->child);
}

TEST_HARNESS_MAIN
