// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server with 64 threads and 10,000 clients: everybody is answered, once and by
 * whoever is free, and a message wakes one thread however many sleep.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "alpc_thread.h"

enum {
	CLIENTS = 10000,
	THREADS = 64,
	CALLERS = 8,		/* threads that play the clients */
	CALLS = 2,		/* of each client */
	ALONE = 200,		/* of so many clients one finds everybody asleep */
	DESCRIPTORS = 2 * CLIENTS + 200,
};

/* Fewer on a kernel that is slow. */
static unsigned int clients_here(void)
{
	return kernel_finds_leaks() ? CLIENTS / 10 : CLIENTS;
}

/* What a client asks, and is told. */
struct question {
	__u32 client;
	__u32 number;
};

static __u64 answer_to(const struct question *question)
{
	return (question->client + 1ULL) * 1000003 + question->number;
}

/* --- the server ------------------------------------------------------------------- */

struct server {
	struct worker worker;
	struct serving *serving;
	unsigned int answered;
};

struct serving {
	int port;
	__u32 accepted;
	int end[CLIENTS];
	struct server thread[THREADS];
};

static int accept_client(struct serving *serving, __u64 id)
{
	__u32 number = __atomic_fetch_add(&serving->accepted, 1, __ATOMIC_RELAXED);
	int fd;

	if (number >= CLIENTS)
		return -EUSERS;
	fd = alpc_accept_id(serving->port, id, number);
	serving->end[number] = fd;
	return error_of(fd);
}

/* One of the threads, until receiving is switched off. */
static int serve(void *arg)
{
	struct server *server = arg;
	struct serving *serving = server->serving;
	struct question question;
	struct alpc_msg msg;
	__u64 answer;
	int err;

	err = alpc_receive(serving->port, &msg, &question, sizeof(question));
	while (!err) {
		switch (msg.type) {
		case ALPC_REQUEST:
			answer = answer_to(&question);
			server->answered++;
			err = alpc_reply_receive(serving->port, msg.id, &answer, sizeof(answer),
						 &msg, &question, sizeof(question));
			continue;
		case ALPC_CONNECTION_REQUEST:
			err = accept_client(serving, msg.id);
			break;
		case ALPC_PORT_CLOSED:
			break;
		default:
			err = -EBADMSG;
		}
		err = err ?: alpc_receive(serving->port, &msg, &question, sizeof(question));
	}
	return err;
}

static unsigned int answered(const struct serving *serving)
{
	unsigned int i, sum = 0;

	for (i = 0; i < THREADS; i++)
		sum += serving->thread[i].answered;
	return sum;
}

/* --- the clients ------------------------------------------------------------------ */

struct caller {
	struct worker worker;
	const char *name;
	const int *client;	/* all of them, by number */
	__u32 first, count;	/* its own */
};

static int connect_clients(void *arg)
{
	struct caller *caller = arg;
	int *client = (int *)caller->client, i;

	for (i = caller->first; i < caller->first + caller->count; i++) {
		client[i] = alpc_connect_to(caller->name);
		if (client[i] < 0)
			return client[i];
	}
	return 0;
}

static int call(int fd, const struct question *question)
{
	struct alpc_msg reply;
	__u64 answer = 0;
	int err = alpc_call(fd, question, sizeof(*question), &reply, &answer, sizeof(answer));

	if (err)
		return err;
	return reply.type == ALPC_REPLY && answer == answer_to(question) ? 0 : -EBADMSG;
}

static int call_by_turns(void *arg)
{
	const struct caller *caller = arg;
	struct question question;
	int err = 0;

	for (question.number = 0; question.number < CALLS && !err; question.number++)
		for (question.client = caller->first;
		     question.client < caller->first + caller->count && !err; question.client++)
			err = call(caller->client[question.client], &question);
	return err;
}

/* All ask before any looks for its answer: that many wait at the port. */
static int ask_all_at_once(void *arg)
{
	const struct caller *caller = arg;
	struct question question = {};
	struct alpc_msg msg;
	__u64 answer;
	int err = 0;

	for (question.client = caller->first;
	     question.client < caller->first + caller->count && !err; question.client++)
		err = alpc_request_async(caller->client[question.client], &question,
					 sizeof(question), question.client, sizeof(answer), NULL);
	for (question.client = caller->first;
	     question.client < caller->first + caller->count && !err; question.client++) {
		err = alpc_receive(caller->client[question.client], &msg, &answer,
				   sizeof(answer));
		if (!err && (msg.type != ALPC_REPLY || msg.cookie != question.client ||
			     answer != answer_to(&question) ||
			     alpc_queued(caller->client[question.client])))
			err = -EBADMSG;
	}
	return err;
}

/* --- the test --------------------------------------------------------------------- */

FIXTURE(scale)
{
	struct serving *serving;
	struct caller caller[CALLERS];
	int client[CLIENTS];
	int clients;
	const char *name;
};

FIXTURE_SETUP(scale)
{
	const struct rlimit descriptors = { DESCRIPTORS, DESCRIPTORS };
	struct alpc_create_port create;
	int i;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &descriptors));
	self->clients = clients_here();
	self->name = unique_name();
	create = create_args(self->name);
	create.flags = ALPC_PORT_NO_SPIN;
	create.queue_messages = CLIENTS;
	self->serving = calloc(1, sizeof(*self->serving));
	ASSERT_NE(NULL, self->serving);
	self->serving->port = alpc_create_with(&create);
	ASSERT_LE(0, self->serving->port);
	for (i = 0; i < THREADS; i++) {
		self->serving->thread[i].serving = self->serving;
		ASSERT_EQ(0, worker_start(&self->serving->thread[i].worker, serve,
					  &self->serving->thread[i]));
	}
	for (i = 0; i < CALLERS; i++)
		self->caller[i] = (struct caller){
			.name = self->name, .client = self->client,
			.first = i * (self->clients / CALLERS),
			.count = self->clients / CALLERS,
		};
}

FIXTURE_TEARDOWN(scale)
{
	int i;

	EXPECT_EQ(0, alpc_queued(self->serving->port));
	EXPECT_EQ(0, alpc_unanswered(self->serving->port));
	ASSERT_EQ(0, alpc_shutdown(self->serving->port, ALPC_SHUTDOWN_RECEIVE));
	for (i = 0; i < THREADS; i++)
		EXPECT_EQ(-ESHUTDOWN, worker_join(&self->serving->thread[i].worker));
	free(self->serving);
}

#define ALL_CALLERS(self, what) do { \
	int __i; \
\
	for (__i = 0; __i < CALLERS; __i++) \
		ASSERT_EQ(0, worker_start(&(self)->caller[__i].worker, what, \
					  &(self)->caller[__i])); \
	for (__i = 0; __i < CALLERS; __i++) \
		ASSERT_EQ(0, worker_join(&(self)->caller[__i].worker)); \
} while (0)

/* How often the threads of the server have gone to sleep, all together. */
static long times_slept(const struct serving *serving)
{
	char path[64], text[4096];
	const char *line;
	long sum = 0;
	int i;

	for (i = 0; i < THREADS; i++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/status",
			 serving->thread[i].worker.tid);
		if (read_file(path, text, sizeof(text)) <= 0)
			return -1;
		line = strstr(text, "\nvoluntary_ctxt_switches:");
		if (!line)
			return -1;
		sum += atol(strchr(line, ':') + 1);
	}
	return sum;
}

#define ALL_ASLEEP(serving) do { \
	int __i; \
\
	for (__i = 0; __i < THREADS; __i++) \
		ASSERT_EQ(0, worker_blocked(&(serving)->thread[__i].worker)); \
} while (0)

TEST_F_TIMEOUT(scale, abuse_56_64_threads_answer_10000_clients, 380)
{
	struct serving *serving = self->serving;
	struct question question = {};
	struct alpc_port_info info;
	long before, after;
	int i, all = 0;

	ALL_CALLERS(self, connect_clients);
	EXPECT_EQ(self->clients, serving->accepted);
	ASSERT_EQ(0, alpc_info(serving->port, &info));
	EXPECT_EQ(self->clients, info.out_connections);

	ALL_CALLERS(self, call_by_turns);
	EXPECT_EQ(all += CALLS * self->clients, answered(serving));
	ALL_CALLERS(self, ask_all_at_once);
	EXPECT_EQ(all += self->clients, answered(serving));

	/* 63 of 64 sleep on, for each message. */
	for (i = 0; i < self->clients; i += ALONE) {
		question.client = i;
		ALL_ASLEEP(serving);
		before = times_slept(serving);
		ASSERT_LT(0, before);
		ASSERT_EQ(0, call(self->client[question.client], &question));
		ALL_ASLEEP(serving);
		after = times_slept(serving);
		EXPECT_EQ(before + 1, after);
	}
	EXPECT_EQ(all + self->clients / ALONE, answered(serving));

	/* All of them go: as many notices, and then nobody is connected. */
	for (i = 0; i < self->clients; i++)
		ASSERT_EQ(0, close(self->client[i]));
	ALL_ASLEEP(serving);
	for (i = 0; i < self->clients; i++)
		ASSERT_EQ(0, close(serving->end[i]));
	ASSERT_EQ(0, alpc_info(serving->port, &info));
	EXPECT_EQ(0, info.out_connections);
}

TEST_HARNESS_MAIN
