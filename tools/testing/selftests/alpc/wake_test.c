// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is woken: one thread for one message, the one that slept last, and another
 * one if it cannot take it. Nobody sleeps while there is something for him.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"
#include "rounds.h"

enum { THREADS = 6 };

FIXTURE(wake)
{
	struct pair pair;
	struct transfer_worker worker[THREADS];
	long slept[THREADS];
	struct alpc_msg msg;
	char in[THREADS][16], buf[64];
};

FIXTURE_SETUP(wake)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(wake)
{
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
	pair_close(&self->pair);
}

/* How often a thread has gone to sleep. */
static long times_slept(struct worker *worker)
{
	char path[64], text[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", worker->tid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return -1;
	line = strstr(text, "\nvoluntary_ctxt_switches:");
	return line ? atol(strchr(line, ':') + 1) : -1;
}

/* Start a thread, see it sleep, and remember how often it has. */
#define START(self, i, fd, flags) do { \
	transfer_init(&(self)->worker[i].transfer, flags); \
	transfer_send(&(self)->worker[i].transfer, (flags) & ALPC_TRANSFER_SEND ? \
		      ALPC_SEND_REQUEST : 0, 0, &(i), sizeof(i)); \
	transfer_receive(&(self)->worker[i].transfer, (self)->in[i], sizeof((self)->in[i])); \
	ASSERT_EQ(0, worker_transfer(&(self)->worker[i], fd)); \
	ASSERT_EQ(0, worker_blocked(&(self)->worker[i].worker)); \
	(self)->slept[i] = times_slept(&(self)->worker[i].worker); \
	ASSERT_LT(0, (self)->slept[i]); \
} while (0)

/* None of the first @number threads has been woken. */
#define EXPECT_ASLEEP(self, number) do { \
	int __i; \
\
	for (__i = 0; __i < (number); __i++) { \
		EXPECT_EQ((self)->slept[__i], times_slept(&(self)->worker[__i].worker)); \
		EXPECT_FALSE(worker_done(&(self)->worker[__i].worker)); \
	} \
} while (0)

/* --- receivers ------------------------------------------------------------ */

FIXTURE_VARIANT(wake)
{
	bool client;
};

FIXTURE_VARIANT_ADD(wake, connection_port) { .client = false };
FIXTURE_VARIANT_ADD(wake, client_port) { .client = true };

TEST_F(wake, abuse_56_one_message_wakes_the_one_that_slept_last)
{
	int receives = variant->client ? self->pair.client : self->pair.port;
	int sends = variant->client ? self->pair.server : self->pair.client;
	int i;

	for (i = 0; i < THREADS; i++)
		START(self, i, receives, ALPC_TRANSFER_RECEIVE);
	while (i--) {
		ASSERT_EQ(0, alpc_send(sends, &i, sizeof(i)));
		EXPECT_EQ(0, worker_join(&self->worker[i].worker));
		EXPECT_EQ(0, memcmp(self->in[i], &i, sizeof(i)));
		EXPECT_ASLEEP(self, i);
	}
}

/* Messages that nobody could take at once: as many threads as messages. */
TEST_F(wake, abuse_56_several_messages_wake_as_many)
{
	int receives = variant->client ? self->pair.client : self->pair.port;
	int sends = variant->client ? self->pair.server : self->pair.client;
	int i;

	for (i = 0; i < THREADS; i++)
		START(self, i, receives, ALPC_TRANSFER_RECEIVE);
	for (i = 0; i < THREADS / 2; i++)
		ASSERT_EQ(0, alpc_send(sends, &i, sizeof(i)));
	for (i = THREADS / 2; i < THREADS; i++) {
		EXPECT_EQ(0, worker_join(&self->worker[i].worker));
		EXPECT_EQ(ALPC_DATAGRAM, self->worker[i].transfer.recv.type);
	}
	EXPECT_ASLEEP(self, THREADS / 2);
	for (i = 0; i < THREADS / 2; i++)
		ASSERT_EQ(0, alpc_send(sends, &i, sizeof(i)));
	for (i = 0; i < THREADS / 2; i++)
		EXPECT_EQ(0, worker_join(&self->worker[i].worker));
}

/* A thread that goes on waiting is again the last one. */
TEST_F(wake, thread_that_waits_again_is_last)
{
	int receives = variant->client ? self->pair.client : self->pair.port;
	int sends = variant->client ? self->pair.server : self->pair.client;
	int i;

	for (i = 0; i < THREADS; i++)
		START(self, i, receives, ALPC_TRANSFER_RECEIVE);
	for (i = 0; i < 5; i++) {
		const int last = THREADS - 1;

		ASSERT_EQ(0, alpc_send(sends, "x", 1));
		EXPECT_EQ(0, worker_join(&self->worker[last].worker));
		START(self, last, receives, ALPC_TRANSFER_RECEIVE);
	}
	EXPECT_ASLEEP(self, THREADS);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, alpc_send(sends, "x", 1));
	for (i = 0; i < THREADS; i++)
		EXPECT_EQ(0, worker_join(&self->worker[i].worker));
}

/* --- callers -------------------------------------------------------------- */

/* A reply wakes its caller and nobody else. */
TEST_F(wake, reply_wakes_its_caller)
{
	int calls = variant->client ? self->pair.server : self->pair.client;
	int answers = variant->client ? self->pair.client : self->pair.port;
	__u64 id[THREADS];
	int i, n;

	for (i = 0; i < THREADS; i++)
		START(self, i, calls, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	for (i = 0; i < THREADS; i++) {
		TAKE(ALPC_REQUEST, answers, &self->msg, self->buf);
		memcpy(&n, self->buf, sizeof(n));
		ASSERT_EQ(i, n);
		id[n] = self->msg.id;
	}
	while (i--) {
		ASSERT_EQ(0, alpc_reply(answers, id[i], &i, sizeof(i)));
		EXPECT_EQ(0, worker_join(&self->worker[i].worker));
		EXPECT_EQ(0, memcmp(self->in[i], &i, sizeof(i)));
		EXPECT_ASLEEP(self, i);
	}
}

/* --- those that cannot take what they were given -------------------------- */

struct victim {
	struct alpc_transfer transfer;
	char in[16];
};

/*
 * A process that waits is killed at the moment at which a message is given to
 * it. Either its memory has it, or the thread that waited before gets it.
 */
TEST_F(wake, abuse_56_message_given_to_a_killed_process_is_not_lost)
{
	int receives = variant->client ? self->pair.client : self->pair.port;
	int sends = variant->client ? self->pair.server : self->pair.client;
	struct victim *victim = shared_memory(sizeof(*victim));
	struct child child;
	int i, survivor = 0;

	ASSERT_NE(NULL, victim);
	START(self, survivor, receives, ALPC_TRANSFER_RECEIVE);
	for (i = 0; i < 40; i++) {
		transfer_init(&victim->transfer, ALPC_TRANSFER_RECEIVE);
		transfer_receive(&victim->transfer, victim->in, sizeof(victim->in));
		ASSERT_LE(0, child_start(&child));
		if (!child.pid) {
			alpc_transfer(receives, &victim->transfer);
			for (;;)
				pause();
		}
		ASSERT_EQ(0, client_blocked(&child));
		if (i & 1)
			kill(child.pid, SIGKILL);
		ASSERT_EQ(0, alpc_send(sends, &i, sizeof(i)));
		child_kill(&child);
		if (victim->transfer.out_done == ALPC_DONE_RECEIVED) {
			EXPECT_EQ(0, memcmp(victim->in, &i, sizeof(i)));
			continue;
		}
		EXPECT_EQ(0, worker_join(&self->worker[survivor].worker));
		EXPECT_EQ(0, memcmp(self->in[survivor], &i, sizeof(i)));
		START(self, survivor, receives, ALPC_TRANSFER_RECEIVE);
	}
	ASSERT_EQ(0, alpc_send(sends, "last", 4));
	EXPECT_EQ(0, worker_join(&self->worker[survivor].worker));
	EXPECT_EQ(0, memcmp(self->in[survivor], "last", 4));
}

static void signal_came(int signo)
{
	(void)signo;
}

/*
 * A thread is sent a message and a signal at once: it has the message, or it was
 * interrupted and the thread that waited before has it.
 */
TEST_F(wake, abuse_56_message_given_to_an_interrupted_thread_is_not_lost)
{
	int receives = variant->client ? self->pair.client : self->pair.port;
	int sends = variant->client ? self->pair.server : self->pair.client;
	const struct sigaction action = { .sa_handler = signal_came };
	int i, err, survivor = 0, victim = 1;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	START(self, survivor, receives, ALPC_TRANSFER_RECEIVE);
	for (i = 0; i < 100; i++) {
		START(self, victim, receives, ALPC_TRANSFER_RECEIVE);
		if (i & 1)
			ASSERT_EQ(0, pthread_kill(self->worker[victim].worker.thread, SIGUSR1));
		ASSERT_EQ(0, alpc_send(sends, &i, sizeof(i)));
		if (!(i & 1))
			ASSERT_EQ(0, pthread_kill(self->worker[victim].worker.thread, SIGUSR1));
		err = worker_join(&self->worker[victim].worker);
		if (!err) {
			EXPECT_EQ(0, memcmp(self->in[victim], &i, sizeof(i)));
			continue;
		}
		EXPECT_EQ(-EINTR, err);
		EXPECT_EQ(0, worker_join(&self->worker[survivor].worker));
		EXPECT_EQ(0, memcmp(self->in[survivor], &i, sizeof(i)));
		START(self, survivor, receives, ALPC_TRANSFER_RECEIVE);
	}
	ASSERT_EQ(0, alpc_send(sends, "last", 4));
	EXPECT_EQ(0, worker_join(&self->worker[survivor].worker));
	EXPECT_EQ(0, memcmp(self->in[survivor], "last", 4));
}

/* --- under load ----------------------------------------------------------- */

enum { MESSAGES = 600 };

struct receiver {
	struct worker worker;
	int fd;
	long long timeout;
	unsigned int *left;
};

/* Receivers that give up again and again, for a time that is hardly any. */
static int receive_impatiently(void *arg)
{
	struct receiver *receiver = arg;
	struct alpc_transfer t;
	char buf[16];
	int err;

	while (__atomic_load_n(receiver->left, __ATOMIC_RELAXED)) {
		transfer_init(&t, ALPC_TRANSFER_RECEIVE);
		transfer_receive(&t, buf, sizeof(buf));
		t.timeout = receiver->timeout;
		err = alpc_transfer(receiver->fd, &t);
		if (!err && t.recv.len)
			__atomic_sub_fetch(receiver->left, 1, __ATOMIC_RELAXED);
		else if (err && err != -ETIMEDOUT)
			return err;
	}
	return 0;
}

TEST_F(wake, no_message_is_lost_by_impatient_receivers)
{
	int receives = variant->client ? self->pair.client : self->pair.port;
	int sends = variant->client ? self->pair.server : self->pair.client;
	struct receiver receiver[3];
	unsigned int left = rounds(MESSAGES), i;

	for (i = 0; i < ARRAY_SIZE(receiver); i++) {
		receiver[i] = (struct receiver){
			.fd = receives, .timeout = 1 + 20000 * i, .left = &left,
		};
		ASSERT_EQ(0, worker_start(&receiver[i].worker, receive_impatiently, &receiver[i]));
	}
	for (i = 0; i < rounds(MESSAGES); i++)
		ASSERT_EQ(0, alpc_send(sends, "x", 1));
	for (i = 0; i < ARRAY_SIZE(receiver); i++)
		EXPECT_EQ(0, worker_join(&receiver[i].worker));
	EXPECT_EQ(0, left);
}

/* One message at a time, so that each has to wake a thread that just slept. */
static int ping(void *arg)
{
	struct receiver *receiver = arg;
	struct alpc_msg msg;
	char buf[16];
	int err;

	for (;;) {
		err = alpc_receive(receiver->fd, &msg, buf, sizeof(buf));
		if (err || !msg.len)
			return err;
		err = alpc_reply(receiver->fd, msg.id, buf, msg.len);
		if (err)
			return err;
	}
}

TEST_F(wake, each_call_finds_its_way_while_others_sleep)
{
	int receives = variant->client ? self->pair.client : self->pair.port;
	int sends = variant->client ? self->pair.server : self->pair.client;
	struct receiver receiver[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(receiver); i++) {
		receiver[i] = (struct receiver){ .fd = receives };
		ASSERT_EQ(0, worker_start(&receiver[i].worker, ping, &receiver[i]));
	}
	for (i = 0; i < rounds(MESSAGES); i++) {
		ASSERT_EQ(0, alpc_call(sends, &i, sizeof(i), &self->msg, self->buf, 16));
		ASSERT_EQ(0, memcmp(self->buf, &i, sizeof(i)));
	}
	for (i = 0; i < ARRAY_SIZE(receiver); i++)
		ASSERT_EQ(0, alpc_send(sends, NULL, 0));
	for (i = 0; i < ARRAY_SIZE(receiver); i++)
		EXPECT_EQ(0, worker_join(&receiver[i].worker));
}

TEST_HARNESS_MAIN
