// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: what the library promises, end to end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "short_server.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

/* The same in a test and in the processes that it starts. */
static const char *port_name(void)
{
	static char name[64];

	if (!name[0])
		snprintf(name, sizeof(name), "libalpc.test.%d", getpid());
	return name;
}

/* -- Step by step ------------------------------------------------------------- */

FIXTURE(step) {
	struct alpc_port *port;		/* connection port */
	struct alpc_port *client;	/* client communication port */
	struct alpc_port *server;	/* server communication port */
	struct alpc_message *m;
};

FIXTURE_SETUP(step)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = LIMIT,
	};
	const struct alpc_connect_options async = {
		.size = sizeof(async), .flags = ALPC_CONNECT_ASYNC,
		.data = "hello", .len = 5,
	};

	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_port_create(port_name(), &options, &self->port));
	ASSERT_EQ(0, alpc_port_connect(port_name(), &async, 0, &self->client));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	ASSERT_EQ(ALPC_CONNECTION_REQUEST, alpc_message_type(self->m));
	EXPECT_TRUE(is(self->m, "hello"));
	EXPECT_EQ(getpid(), alpc_message_pid(self->m));
	ASSERT_EQ(0, alpc_port_accept(self->port, alpc_message_id(self->m), 42,
				      "welcome", 7, &self->server));
	ASSERT_EQ(0, alpc_port_finish_connect(self->client, self->m, 0));
	EXPECT_TRUE(is(self->m, "welcome"));
}

FIXTURE_TEARDOWN(step)
{
	alpc_port_close(self->client);
	alpc_port_close(self->server);
	alpc_port_close(self->port);
	alpc_message_free(self->m);
}

TEST_F(step, datagrams_both_ways)
{
	ASSERT_EQ(0, alpc_send(self->client, "up", 2, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(ALPC_DATAGRAM, alpc_message_type(self->m));
	EXPECT_EQ(42, alpc_message_context(self->m));
	EXPECT_EQ(getuid(), alpc_message_uid(self->m));
	EXPECT_TRUE(is(self->m, "up"));
	ASSERT_EQ(0, alpc_send(self->server, "down", 4, 0));
	ASSERT_EQ(0, alpc_receive(self->client, self->m, 0));
	EXPECT_EQ(0, alpc_message_context(self->m));
	EXPECT_TRUE(is(self->m, "down"));
}

TEST_F(step, nothing_to_receive)
{
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(-ETIMEDOUT, alpc_receive(self->port, self->m, ALPC_MSEC(5)));
	EXPECT_EQ(-ETIMEDOUT, alpc_receive(self->port, self->m, alpc_until(0)));
	EXPECT_EQ(-ETIMEDOUT,
		  alpc_receive(self->port, self->m, alpc_deadline(5)));
}

TEST_F(step, messages_grow_as_needed)
{
	static char data[LIMIT + 1];

	for (size_t len = 1; len <= LIMIT; len *= 2) {
		memset(data, (int)len, len);
		ASSERT_EQ(0, alpc_send(self->client, data, len, 0));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
		ASSERT_EQ(len, alpc_message_len(self->m));
		EXPECT_EQ(0, memcmp(data, alpc_message_data(self->m), len));
	}
	ASSERT_EQ(0, alpc_port_set_way(self->client, ALPC_WAY_INLINE));
	EXPECT_EQ(-EMSGSIZE, alpc_send(self->client, data, LIMIT + 1, 0));
}

TEST_F(step, request_and_reply_apart)
{
	uint64_t id, request;

	ASSERT_EQ(0, alpc_send_request(self->client, "?", 1, 0, 0xc00c1e, 0, &id));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	request = alpc_message_id(self->m);
	/* In one call: reply, and find that there is nothing more. */
	EXPECT_EQ(-EAGAIN, alpc_reply_and_receive(self->port, request, "!", 1,
						  self->m, 0));
	EXPECT_EQ(ALPC_DONE_SENT, alpc_message_done(self->m));
	EXPECT_EQ(-ESRCH, alpc_reply_and_receive(self->port, request, "!", 1,
						 self->m, 0));
	EXPECT_EQ(0, alpc_message_done(self->m));
	ASSERT_EQ(0, alpc_receive(self->client, self->m, 0));
	EXPECT_EQ(ALPC_REPLY, alpc_message_type(self->m));
	EXPECT_EQ(id, alpc_message_id(self->m));
	EXPECT_EQ(0xc00c1e, alpc_message_cookie(self->m));
	EXPECT_TRUE(is(self->m, "!"));
}

TEST_F(step, call_that_nobody_takes_times_out)
{
	EXPECT_EQ(-ETIMEDOUT,
		  alpc_call(self->client, "?", 1, self->m, ALPC_MSEC(5)));
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
}

TEST_F(step, readable_when_there_is_something)
{
	struct pollfd fd = { .fd = alpc_port_fd(self->port), .events = POLLIN };

	EXPECT_EQ(0, poll(&fd, 1, 0));
	ASSERT_EQ(0, alpc_send(self->client, "", 0, 0));
	EXPECT_EQ(1, poll(&fd, 1, 0));
	EXPECT_EQ(POLLIN, fd.revents);
}

TEST_F(step, disconnect)
{
	EXPECT_EQ(0, alpc_port_disconnect(self->client));
	EXPECT_EQ(-EPIPE, alpc_port_disconnect(self->client));
	EXPECT_EQ(-EPIPE, alpc_send(self->server, "x", 1, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(ALPC_PORT_CLOSED, alpc_message_type(self->m));
	EXPECT_EQ(42, alpc_message_context(self->m));
}

TEST_F(step, info)
{
	struct alpc_port_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, alpc_port_get_info(self->server, &info));
	EXPECT_EQ(ALPC_KIND_SERVER, info.out_kind);
	EXPECT_EQ(42, info.out_context);
	EXPECT_EQ(LIMIT, info.out_max_message);
}

TEST_F(step, adopt)
{
	struct alpc_port *adopted;
	int fd = dup(alpc_port_fd(self->client));
	int pipes[2];

	ASSERT_EQ(0, alpc_port_adopt(fd, &adopted));
	ASSERT_EQ(0, alpc_send(adopted, "x", 1, 0));
	EXPECT_EQ(fd, alpc_port_release(adopted));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(-EBADF, alpc_port_adopt(fd, &adopted));
	fd = open("/dev/alpc", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EOPNOTSUPP, alpc_port_adopt(fd, &adopted));
	EXPECT_EQ(0, close(fd));
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-ENOTTY, alpc_port_adopt(pipes[0], &adopted));
	EXPECT_EQ(0, close(pipes[0]));
	EXPECT_EQ(0, close(pipes[1]));
}

TEST_F(step, connect_with_a_device_that_was_passed)
{
	struct alpc_connect_options options = {
		.size = sizeof(options),
		.flags = ALPC_USE_DEVICE | ALPC_CONNECT_ASYNC,
		.device = open("/dev/alpc", O_RDWR | O_CLOEXEC),
	};
	struct alpc_port *client;

	ASSERT_LE(0, options.device);
	ASSERT_EQ(0, alpc_port_connect(port_name(), &options, 0, &client));
	close(options.device);
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	ASSERT_EQ(0, alpc_port_refuse(self->port, alpc_message_id(self->m),
				      "busy", 4));
	EXPECT_EQ(-ECONNREFUSED, alpc_port_finish_connect(client, self->m, 0));
	EXPECT_TRUE(is(self->m, "busy"));
	alpc_port_close(client);
}

TEST_F(step, mode)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0646,
	};
	struct alpc_port *port;
	struct stat st;

	ASSERT_EQ(0, alpc_port_create("libalpc.mode", &options, &port));
	ASSERT_EQ(0, fstat(alpc_port_fd(port), &st));
	EXPECT_EQ(0646, st.st_mode & 07777);
	EXPECT_EQ(-EEXIST, alpc_port_create("libalpc.mode", &options, &port));
	alpc_port_close(port);
}

TEST(device_query)
{
	struct alpc_query query = { .size = sizeof(query) };

	ASSERT_EQ(0, alpc_device_query(&query));
	EXPECT_EQ(ALPC_ABI_VERSION, query.out_version);
	EXPECT_EQ(ALPC_DATA_MAX, query.out_data_max);
}

/* -- With a server loop ----------------------------------------------------------- */

FIXTURE(loop) {
	struct alpc_port *client;
	struct alpc_message *m;
};

FIXTURE_VARIANT(loop) {
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(loop, one_thread) { .threads = 1 };
FIXTURE_VARIANT_ADD(loop, four_threads) { .threads = 4 };

static void connect_to_loop(struct __test_metadata *_metadata,
			    struct alpc_port **client, struct alpc_message *m)
{
	const struct alpc_connect_options options = {
		.size = sizeof(options), .data = "hi", .len = 2, .answer = m,
	};

	ASSERT_EQ(0, alpc_port_connect(port_name(), &options, FOR_EVER, client));
	EXPECT_TRUE(is(m, "hi"));
	ASSERT_EQ(0, alpc_receive(*client, m, FOR_EVER));
	EXPECT_TRUE(is(m, "first"));
}

FIXTURE_SETUP(loop)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = LIMIT,
	};
	unsigned int threads = variant->threads;

	memset(&served, 0, sizeof(served));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_port_create(port_name(), &options, &served.port));
	ASSERT_EQ(0, alpc_server_new(served.port, &served_ops, &served,
				     &served.server));
	ASSERT_EQ(0, pthread_create(&served.thread, NULL, serve, &threads));
	connect_to_loop(_metadata, &self->client, self->m);
}

/* Until the server has done what it must do; if it does not, the test ends. */
static void until(atomic_uint *count, unsigned int value)
{
	while (*count != value)
		sched_yield();
}

/* Whoever was accepted is closed, also if it was gone before it knew. */
static void until_closed_but(unsigned int n)
{
	while (served.closed + n != served.accepted)
		sched_yield();
}

FIXTURE_TEARDOWN(loop)
{
	alpc_port_close(self->client);
	until_closed_but(0);
	EXPECT_EQ(0, alpc_server_stop(served.server));
	pthread_join(served.thread, NULL);
	EXPECT_EQ(0, served.result);
	alpc_server_free(served.server);
	EXPECT_EQ(0, atomic_load(&served.mistakes));
	alpc_message_free(self->m);
}

static int call(struct alpc_port *client, const char *text, struct alpc_message *m)
{
	return alpc_call(client, text, strlen(text), m, FOR_EVER);
}

TEST_F(loop, call)
{
	ASSERT_EQ(0, call(self->client, "echo this", self->m));
	EXPECT_TRUE(is(self->m, "echo this"));
	EXPECT_EQ(ALPC_REPLY, alpc_message_type(self->m));
	EXPECT_EQ(getpid(), alpc_message_pid(self->m));
	/* What is sent may lie where the reply goes. */
	ASSERT_EQ(0, alpc_call(self->client, alpc_message_data(self->m), 4,
			       self->m, FOR_EVER));
	EXPECT_TRUE(is(self->m, "echo"));
	ASSERT_EQ(0, alpc_call(self->client, NULL, 0, self->m, FOR_EVER));
	EXPECT_TRUE(is(self->m, ""));
}

TEST_F(loop, refused)
{
	const struct alpc_connect_options options = {
		.size = sizeof(options), .data = "no", .len = 2,
		.answer = self->m,
	};
	struct alpc_port *client = NULL;

	EXPECT_EQ(-ECONNREFUSED,
		  alpc_port_connect(port_name(), &options, FOR_EVER, &client));
	EXPECT_TRUE(is(self->m, "because"));
	EXPECT_EQ(NULL, client);
}

TEST_F(loop, reply_longer_than_the_room)
{
	for (int i = 0; i < 3; i++) {
		struct alpc_message *m;

		ASSERT_EQ(0, alpc_message_new(1, &m));
		ASSERT_EQ(0, call(self->client, "long", m));
		ASSERT_EQ(LIMIT, alpc_message_len(m));
		EXPECT_EQ('L', *((const char *)alpc_message_data(m) + LIMIT - 1));
		alpc_message_free(m);
	}
	/* None of them was left behind at the port. */
	EXPECT_EQ(-EAGAIN, alpc_receive(self->client, self->m, 0));
}

static int answer_ask(void *arg, const struct alpc_message *request,
		      struct alpc_message *reply)
{
	struct alpc_message *m;
	int ret;

	if (!alpc_message_is_callback(request))
		return -EPROTO;
	if (is(request, "?"))
		return alpc_message_set(reply, "because", 7);
	/* Ask back, inside the callback. */
	ret = alpc_message_new(0, &m);
	if (!ret)
		ret = alpc_callback(arg, alpc_message_id(request), "deeper", 6, m,
				    FOR_EVER);
	if (!ret)
		ret = alpc_message_set(reply, alpc_message_data(m),
				       alpc_message_len(m));
	alpc_message_free(m);
	return ret;
}

TEST_F(loop, callbacks)
{
	const struct alpc_call_options options = {
		.size = sizeof(options), .callback = answer_ask,
		.arg = self->client,
	};

	ASSERT_EQ(0, alpc_call_with(self->client, "ask", 3, self->m, FOR_EVER,
				    &options));
	EXPECT_TRUE(is(self->m, "because"));
}

TEST_F(loop, callbacks_inside_callbacks)
{
	const struct alpc_call_options options = {
		.size = sizeof(options), .callback = answer_ask,
		.arg = self->client,
	};

	ASSERT_EQ(0, alpc_call_with(self->client, "deep", 4, self->m, FOR_EVER,
				    &options));
	EXPECT_TRUE(is(self->m, "deeper"));
}

/* The call is given up, and the server's thread does not wait for its answer. */
TEST_F(loop, callback_that_nobody_answers)
{
	EXPECT_EQ(-EPROTO, call(self->client, "ask", self->m));
	EXPECT_TRUE(alpc_message_done(self->m) & ALPC_DONE_CANCELED);
	/* With one thread this shows that it is free again. */
	ASSERT_EQ(0, call(self->client, "echo", self->m));
	while (!served.callback_result)
		sched_yield();
	EXPECT_EQ(-ECANCELED, atomic_load(&served.callback_result));
}

static void *call_in_thread(void *client)
{
	struct alpc_message *m;
	long ret;

	if (alpc_message_new(0, &m))
		return NULL;
	ret = call(client, "call", m) ?: !is(m, "fine");
	alpc_message_free(m);
	return (void *)ret;
}

TEST_F(loop, server_calls_the_client)
{
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, pthread_create(&thread, NULL, call_in_thread, self->client));
	ASSERT_EQ(0, alpc_receive(self->client, self->m, FOR_EVER));
	EXPECT_EQ(ALPC_REQUEST, alpc_message_type(self->m));
	EXPECT_TRUE(is(self->m, "and you?"));
	EXPECT_EQ(0, alpc_reply(self->client, alpc_message_id(self->m), "fine", 4));
	pthread_join(thread, &result);
	EXPECT_EQ(NULL, result);
}

TEST_F(loop, reply_from_another_thread)
{
	ASSERT_EQ(0, call(self->client, "later", self->m));
	EXPECT_TRUE(is(self->m, "late"));
}

TEST_F(loop, nothing_to_reply_ends_the_connection)
{
	EXPECT_EQ(-EPIPE, call(self->client, "bye", self->m));
	EXPECT_EQ(-EPIPE, call(self->client, "echo", self->m));
}

TEST_F(loop, timed_out_call_is_cancelled)
{
	EXPECT_EQ(-ETIMEDOUT, alpc_call(self->client, "wait", 4, self->m,
					ALPC_MSEC(50)));
	EXPECT_TRUE(alpc_message_done(self->m) & ALPC_DONE_CANCELED);
	ASSERT_EQ(0, call(self->client, "echo", self->m));
	/*
	 * It was either taken, and its end was told, or never seen. Several
	 * threads may do the one before the other or after it.
	 */
	while (served.canceled != served.waiting)
		sched_yield();
}

static void on_signal(int sig)
{
	(void)sig;
}

struct interrupted {
	struct alpc_port *client;
	pthread_t thread;
	atomic_int result;
	atomic_uint done;
	atomic_bool over;
};

static void *call_and_be_interrupted(void *arg)
{
	struct interrupted *i = arg;
	struct alpc_message *m;

	if (alpc_message_new(0, &m))
		return NULL;
	i->result = call(i->client, "wait", m);
	i->done = alpc_message_done(m);
	i->over = true;
	alpc_message_free(m);
	return NULL;
}

TEST_F(loop, interrupted_call_is_cancelled)
{
	const struct sigaction action = { .sa_handler = on_signal,
					  .sa_flags = SA_RESTART };
	struct interrupted i = { .client = self->client };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&i.thread, NULL, call_and_be_interrupted, &i));
	/* The server has it, so it is not repeated, whatever SA_RESTART says. */
	until(&served.waiting, 1);
	while (!i.over) {
		pthread_kill(i.thread, SIGUSR1);
		sched_yield();
	}
	pthread_join(i.thread, NULL);
	EXPECT_EQ(-EINTR, atomic_load(&i.result));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, atomic_load(&i.done));
	until(&served.canceled, 1);
	EXPECT_EQ(1, atomic_load(&served.waiting));
}

static void *die(void *client)
{
	return (void *)(long)alpc_port_notify_exit(client, 77);
}

TEST_F(loop, thread_exit_notice)
{
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, pthread_create(&thread, NULL, die, self->client));
	pthread_join(thread, &result);
	ASSERT_EQ(NULL, result);
	until(&served.died, 1);
}

/* A process that may do nothing but ioctl on what it was given. */
TEST_F(loop, sandbox)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = 5, .filter = filter };
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(1);
		if (alpc_send(self->client, "x", 1, ALPC_INFINITE))
			_exit(2);
		if (alpc_call(self->client, "echo", 4, self->m, ALPC_INFINITE) ||
		    !is(self->m, "echo"))
			_exit(3);
		_exit(0);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	until(&served.datagrams, 1);
}

/* Clients that come, talk, and go in every way, many at a time. */
static void *visit(void *unused)
{
	struct alpc_message *m;
	long ret = 0;

	(void)unused;
	if (alpc_message_new(0, &m))
		return (void *)1L;
	for (int i = 0; i < 20 && !ret; i++) {
		struct alpc_port *client;

		ret = alpc_port_connect(port_name(), NULL, FOR_EVER, &client);
		if (ret)
			break;
		for (int n = 0; n < 5 && !ret; n++)
			ret = alpc_send(client, "datagram", 8, FOR_EVER);
		ret = ret ?: call(client, "echo", m);
		for (int n = 0; n < 5 && !ret; n++)
			ret = alpc_send(client, "datagram", 8, FOR_EVER);
		if (i % 3 == 0 && !ret)
			ret = alpc_send_request(client, "echo", 4, 0, 0, FOR_EVER,
						NULL);
		if (i % 3 == 1 && !ret)
			ret = alpc_port_disconnect(client);
		alpc_port_close(client);
	}
	alpc_message_free(m);
	return (void *)ret;
}

TEST_F(loop, many_come_and_go)
{
	pthread_t thread[8];
	void *result;

	for (int i = 0; i < 8; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, visit, NULL));
	for (int i = 0; i < 8; i++) {
		pthread_join(thread[i], &result);
		EXPECT_EQ(NULL, result);
	}
	/* All but the fixture's; every datagram was sent by then, and arrives. */
	until_closed_but(1);
	EXPECT_EQ(8 * 20 * 10, atomic_load(&served.datagrams));
	EXPECT_EQ(8 * 20 + 1, atomic_load(&served.connected));
}

/* Clients that are killed at any moment leave nothing behind in the server. */
TEST_F(loop, killed_clients)
{
	for (int i = 0; i < 20; i++) {
		unsigned int before = served.connected;
		pid_t pid = fork();
		int status;

		if (!pid)
			for (;;)
				visit(NULL);
		ASSERT_LT(0, pid);
		/* Not before it has begun, and then anywhere. */
		while (served.connected == before)
			sched_yield();
		for (int n = 0; n < i * 10; n++)
			sched_yield();
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
	}
	until_closed_but(1);
	ASSERT_EQ(0, call(self->client, "echo", self->m));
}

/* -- Stopping ------------------------------------------------------------------- */

static void on_sigterm(int sig)
{
	(void)sig;
	alpc_server_stop(served.server);
}

TEST(stopped_by_a_signal)
{
	const struct sigaction action = { .sa_handler = on_sigterm };
	unsigned int threads = 3;

	memset(&served, 0, sizeof(served));
	ASSERT_EQ(0, sigaction(SIGTERM, &action, NULL));
	ASSERT_EQ(0, alpc_port_create(port_name(), NULL, &served.port));
	ASSERT_EQ(0, alpc_server_new(served.port,
				     &(struct alpc_server_ops){
					     .size = sizeof(struct alpc_server_ops) },
				     NULL, &served.server));
	ASSERT_EQ(0, pthread_create(&served.thread, NULL, serve, &threads));
	kill(getpid(), SIGTERM);
	pthread_join(served.thread, NULL);
	EXPECT_EQ(0, served.result);
	alpc_server_free(served.server);
}

TEST_HARNESS_MAIN
