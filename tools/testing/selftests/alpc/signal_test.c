// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: what had an effect is not repeated, what had none is, and both sides
 * agree on what became of a request. Processes that are stopped.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"
#include "alpc_vector.h"

/*
 * How many messages fit into the queue of the port, are sent together, and are in a
 * vector.
 */
enum { QUEUE = 4, GROUP = 8, VECTOR = 12 };

static unsigned int handled;

static void handle(int signal)
{
	(void)signal;
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELEASE);
}

FIXTURE(signal)
{
	struct pair pair;
	struct transfer_worker worker;
	char in[64], buf[64];
};

FIXTURE_VARIANT(signal)
{
	int flags;
};

FIXTURE_VARIANT_ADD(signal, no_restart) { .flags = 0 };
FIXTURE_VARIANT_ADD(signal, restart) { .flags = SA_RESTART };

FIXTURE_SETUP(signal)
{
	const struct alpc_create_port options = { .queue_messages = QUEUE };
	const struct sigaction action = { .sa_handler = handle, .sa_flags = variant->flags };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pair_open(&self->pair, &options));
}

FIXTURE_TEARDOWN(signal)
{
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

/*
 * Interrupt a thread that sleeps in a command. -ESRCH if that ended the
 * command, 0 if the thread sleeps in it again.
 */
static int interrupt(struct worker *worker)
{
	unsigned int before = handled;

	if (pthread_kill(worker->thread, SIGUSR1))
		return -EINVAL;
	while (__atomic_load_n(&handled, __ATOMIC_ACQUIRE) == before)
		sched_yield();
	return worker_blocked(worker);
}

#define START(self, fd, flags) do { \
	transfer_init(&(self)->worker.transfer, flags); \
	transfer_receive(&(self)->worker.transfer, (self)->in, sizeof((self)->in)); \
	transfer_send(&(self)->worker.transfer, (flags) & ALPC_TRANSFER_WAIT ? \
		      ALPC_SEND_REQUEST : 0, 0, "from worker", 11); \
	ASSERT_EQ(0, worker_transfer(&(self)->worker, fd)); \
	ASSERT_EQ(0, worker_blocked(&(self)->worker.worker)); \
} while (0)

/* --- calls ---------------------------------------------------------------- */

/* Nobody had seen it, so it can be sent again, if that is what is wanted. */
TEST_F(signal, queued_call_is_taken_back_or_restarted)
{
	struct alpc_msg msg;

	START(self, self->pair.client, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	if (variant->flags & SA_RESTART) {
		ASSERT_EQ(0, interrupt(&self->worker.worker));
		ASSERT_EQ(0, interrupt(&self->worker.worker));
		EXPECT_EQ(1, alpc_queued(self->pair.port));
		TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
		ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "reply", 5));
		EXPECT_EQ(0, worker_join(&self->worker.worker));
		EXPECT_EQ(5, self->worker.transfer.recv.len);
	} else {
		ASSERT_EQ(-ESRCH, interrupt(&self->worker.worker));
		EXPECT_EQ(-EINTR, worker_join(&self->worker.worker));
		EXPECT_EQ(ALPC_DONE_CANCELED, self->worker.transfer.out_done);
		EXPECT_TRUE(IS_POISON(self->in));
	}
}

TEST_F(signal, taken_call_is_cancelled_and_the_server_is_told)
{
	struct alpc_msg request, msg;

	START(self, self->pair.client, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	TAKE(ALPC_REQUEST, self->pair.port, &request, self->buf);
	ASSERT_EQ(-ESRCH, interrupt(&self->worker.worker));
	EXPECT_EQ(-EINTR, worker_join(&self->worker.worker));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, self->worker.transfer.out_done);
	TAKE(ALPC_CANCELED, self->pair.port, &msg, self->buf);
	EXPECT_EQ(request.id, msg.id);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, request.id, "late", 4));
}

/* Requests beside the one that is cancelled are served, in their order. */
TEST_F(signal, cancelled_call_leaves_others_alone)
{
	struct alpc_msg request, msg;

	START(self, self->pair.client, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	TAKE(ALPC_REQUEST, self->pair.port, &request, self->buf);
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "before", 6, 1, 0, NULL));
	ASSERT_EQ(-ESRCH, interrupt(&self->worker.worker));
	EXPECT_EQ(-EINTR, worker_join(&self->worker.worker));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "after", 5, 2, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_EQ('b', self->buf[0]);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, NULL, 0));
	TAKE(ALPC_CANCELED, self->pair.port, &msg, self->buf);
	EXPECT_EQ(request.id, msg.id);
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_EQ('a', self->buf[0]);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ(1, msg.cookie);
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ(2, msg.cookie);
}

/* --- waiting without an effect -------------------------------------------- */

TEST_F(signal, receive_is_restarted_if_the_handler_says_so)
{
	START(self, self->pair.port, ALPC_TRANSFER_RECEIVE);
	if (variant->flags & SA_RESTART) {
		ASSERT_EQ(0, interrupt(&self->worker.worker));
		ASSERT_EQ(0, interrupt(&self->worker.worker));
		ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
		EXPECT_EQ(0, worker_join(&self->worker.worker));
		EXPECT_EQ(1, self->worker.transfer.recv.len);
	} else {
		ASSERT_EQ(-ESRCH, interrupt(&self->worker.worker));
		EXPECT_EQ(-EINTR, worker_join(&self->worker.worker));
		EXPECT_EQ(0, self->worker.transfer.out_done);
	}
}

TEST_F(signal, sender_that_waits_for_room_is_restarted_likewise)
{
	struct alpc_msg msg;
	int i;

	for (i = 0; i < QUEUE; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, &i, sizeof(i)));
	START(self, self->pair.client, ALPC_TRANSFER_SEND);
	if (variant->flags & SA_RESTART) {
		ASSERT_EQ(0, interrupt(&self->worker.worker));
	} else {
		ASSERT_EQ(-ESRCH, interrupt(&self->worker.worker));
		EXPECT_EQ(-EINTR, worker_join(&self->worker.worker));
		EXPECT_EQ(0, self->worker.transfer.out_done);
	}
	for (i = 0; i < QUEUE; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
		EXPECT_EQ(0, memcmp(self->buf, &i, sizeof(i)));
	}
	if (variant->flags & SA_RESTART) {
		EXPECT_EQ(0, worker_join(&self->worker.worker));
		TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
		EXPECT_EQ(11, msg.len);
	}
}

/* The reply has been sent: that must be told, and not be done again. */
TEST_F(signal, reply_and_receive_reports_the_reply)
{
	struct alpc_transfer *t = &self->worker.transfer;
	struct alpc_msg msg;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "q", 1, 9, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE);
	transfer_send(t, ALPC_SEND_REPLY, msg.id, "reply", 5);
	transfer_receive(t, self->in, sizeof(self->in));
	ASSERT_EQ(0, worker_transfer(&self->worker, self->pair.port));
	ASSERT_EQ(0, worker_blocked(&self->worker.worker));
	ASSERT_EQ(-ESRCH, interrupt(&self->worker.worker));
	EXPECT_EQ(-EINTR, worker_join(&self->worker.worker));
	EXPECT_EQ(ALPC_DONE_SENT, t->out_done);
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ(9, msg.cookie);
}

/* --- vectors -------------------------------------------------------------- */

struct vector_worker {
	struct worker worker;
	struct alpc_vector v;
	struct alpc_vector_send send[VECTOR];
	struct alpc_msg recv;
	int number[VECTOR], in;
	int fd;
	__u32 send_count, recv_count;
};

static int send_vector(void *arg)
{
	struct vector_worker *w = arg;

	return alpc_vector(w->fd, &w->v, 0, w->send, w->send_count, &w->recv, w->recv_count);
}

/* Start a thread that sends so many numbers, from 0 on, as datagrams or requests. */
static int start_vector(struct vector_worker *w, int fd, __u32 send_count, __u32 recv_count,
			__u16 flags)
{
	__u32 i;

	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->send_count = send_count;
	w->recv_count = recv_count;
	w->recv.data = address(&w->in);
	w->recv.len = sizeof(w->in);
	for (i = 0; i < VECTOR; i++) {
		w->number[i] = i;
		w->send[i].msg.data = address(&w->number[i]);
		w->send[i].msg.len = sizeof(w->number[i]);
		w->send[i].msg.flags = flags;
		w->send[i].out_error = POISON_U32;
	}
	return worker_start(&w->worker, send_vector, w) ?: worker_blocked(&w->worker);
}

#define TAKE_NUMBER(self, number) do { \
	struct alpc_msg __msg; \
	int __number = number; \
\
	AWAIT(ALPC_DATAGRAM, (self)->pair.port, &__msg, (self)->buf); \
	EXPECT_EQ(sizeof(__number), __msg.len); \
	EXPECT_EQ(0, memcmp((self)->buf, &__number, sizeof(__number))); \
} while (0)

/* Whatever the handler says: what was sent is not sent again. */
TEST_F(signal, vector_that_has_sent_some_says_so)
{
	struct vector_worker w;
	int i;

	ASSERT_EQ(0, start_vector(&w, self->pair.client, VECTOR, 0, 0));
	ASSERT_EQ(QUEUE, alpc_queued(self->pair.port));
	ASSERT_EQ(-ESRCH, interrupt(&w.worker));
	EXPECT_EQ(-EINTR, worker_join(&w.worker));
	EXPECT_EQ(QUEUE + 1, w.v.out_sent);
	for (i = 0; i < QUEUE; i++)
		EXPECT_EQ(0, w.send[i].out_error);
	EXPECT_EQ(EINTR, w.send[QUEUE].out_error);
	EXPECT_EQ(POISON_U32, w.send[QUEUE + 1].out_error);
	for (i = 0; i < QUEUE; i++)
		TAKE_NUMBER(self, i);
}

/* Request by request, so in groups: the first one is sent, and the next one not begun. */
TEST_F(signal, vector_that_has_sent_a_group_says_so)
{
	struct vector_worker w;
	struct alpc_msg msg;
	int i;

	ASSERT_EQ(0, start_vector(&w, self->pair.client, VECTOR, 0, ALPC_SEND_REQUEST));
	for (i = 0; i < GROUP; i++) {
		if (i == GROUP - QUEUE) {
			ASSERT_EQ(-ESRCH, interrupt(&w.worker));
			EXPECT_EQ(-EINTR, worker_join(&w.worker));
		}
		AWAIT(ALPC_REQUEST, self->pair.port, &msg, self->buf);
		EXPECT_EQ(0, memcmp(self->buf, &i, sizeof(i)));
		ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->pair.port, msg.id));
		TAKE(ALPC_CANCELED, self->pair.client, &msg, self->buf);
		if (i < GROUP - QUEUE)
			ASSERT_EQ(0, worker_blocked(&w.worker));
	}
	EXPECT_EQ(GROUP + 1, w.v.out_sent);
	EXPECT_EQ(0, w.send[GROUP - 1].out_error);
	EXPECT_EQ(EINTR, w.send[GROUP].out_error);
}

/* As nothing had been done, that is what is said, or it begins again. */
TEST_F(signal, vector_that_waits_for_room_is_restarted_likewise)
{
	struct vector_worker w;
	int i;

	for (i = 0; i < QUEUE; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, &i, sizeof(i)));
	ASSERT_EQ(0, start_vector(&w, self->pair.client, VECTOR, 0, 0));
	if (variant->flags & SA_RESTART) {
		ASSERT_EQ(0, interrupt(&w.worker));
		ASSERT_EQ(0, interrupt(&w.worker));
	} else {
		ASSERT_EQ(-ESRCH, interrupt(&w.worker));
		EXPECT_EQ(-EINTR, worker_join(&w.worker));
		EXPECT_EQ(0, w.v.out_sent);
		EXPECT_EQ(POISON_U32, w.send[0].out_error);
	}
	for (i = 0; i < QUEUE; i++)
		TAKE_NUMBER(self, i);
	if (variant->flags & SA_RESTART) {
		for (i = 0; i < VECTOR; i++)
			TAKE_NUMBER(self, i);
		EXPECT_EQ(0, worker_join(&w.worker));
		EXPECT_EQ(VECTOR, w.v.out_sent);
	}
}

TEST_F(signal, vector_that_receives_is_restarted_likewise)
{
	struct vector_worker w;

	ASSERT_EQ(0, start_vector(&w, self->pair.port, 0, 1, 0));
	if (variant->flags & SA_RESTART) {
		ASSERT_EQ(0, interrupt(&w.worker));
		ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
		EXPECT_EQ(0, worker_join(&w.worker));
		EXPECT_EQ(1, w.v.out_received);
	} else {
		ASSERT_EQ(-ESRCH, interrupt(&w.worker));
		EXPECT_EQ(-EINTR, worker_join(&w.worker));
		EXPECT_EQ(0, w.v.out_received);
	}
}

TEST_F(signal, vector_that_has_sent_and_receives_says_so)
{
	struct vector_worker w;

	ASSERT_EQ(0, start_vector(&w, self->pair.client, 2, 1, 0));
	ASSERT_EQ(-ESRCH, interrupt(&w.worker));
	EXPECT_EQ(-EINTR, worker_join(&w.worker));
	EXPECT_EQ(2, w.v.out_sent);
	EXPECT_EQ(0, w.v.out_received);
	EXPECT_EQ(0, w.send[1].out_error);
	TAKE_NUMBER(self, 0);
	TAKE_NUMBER(self, 1);
}

/* --- processes that are stopped ------------------------------------------- */

FIXTURE(stopped)
{
	struct pair pair;
	struct child child;
	int server;
	char buf[64];
};

FIXTURE_SETUP(stopped)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->server = -1;
}

FIXTURE_TEARDOWN(stopped)
{
	close_fd(&self->server);
	pair_close(&self->pair);
}

/* The server learns whether its reply was of use, and the caller agrees. */
TEST_F(stopped, caller_and_server_agree)
{
	struct alpc_msg request, msg;
	int replied, called;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		called = alpc_call(self->server, "call", 4, &msg, self->buf, sizeof(self->buf));
		child_put(&self->child, &called, sizeof(called));
		_exit(0);
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &request, self->buf);
	ASSERT_EQ(0, client_blocked(&self->child));
	ASSERT_EQ(0, child_stand(&self->child, false));
	replied = alpc_reply(self->pair.port, request.id, "reply", 5);
	EXPECT_TRUE(replied == 0 || replied == -ECANCELED || replied == -ESRCH);
	ASSERT_EQ(0, kill(self->child.pid, SIGCONT));
	ASSERT_EQ(0, child_get(&self->child, &called, sizeof(called)));
	EXPECT_EQ(replied ? -EINTR : 0, called);
	EXPECT_EQ(0, child_end(&self->child));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	EXPECT_QUIET(self->pair.port);
}

/* A process that is stopped while it waits takes no message from the others. */
TEST_F(stopped, receiver_is_passed_over)
{
	struct transfer_worker other;
	struct alpc_msg msg;
	char in[16];

	transfer_init(&other.transfer, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&other.transfer, in, sizeof(in));
	ASSERT_EQ(0, worker_transfer(&other, self->pair.port));
	ASSERT_EQ(0, worker_blocked(&other.worker));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		int err = alpc_receive(self->pair.port, &msg, self->buf, sizeof(self->buf));

		child_exit(!err && msg.len == 6);
	}
	ASSERT_EQ(0, client_blocked(&self->child));
	ASSERT_EQ(0, child_stand(&self->child, false));
	ASSERT_EQ(0, alpc_send(self->pair.client, "first", 5));
	EXPECT_EQ(0, worker_join(&other.worker));
	EXPECT_EQ(5, other.transfer.recv.len);

	/* It goes on waiting as if nothing had been. */
	ASSERT_EQ(0, kill(self->child.pid, SIGCONT));
	ASSERT_EQ(0, client_blocked(&self->child));
	ASSERT_EQ(0, alpc_send(self->pair.client, "second", 6));
	EXPECT_EQ(0, child_end(&self->child));
}

/* --- signals all the time ------------------------------------------------- */

enum { CALLS = 500 };

struct storm {
	struct worker target, storm;
	struct alpc_transfer transfer;
	int fd;
	unsigned int interrupted;
	unsigned char got[CALLS];	/* call: 1 if its reply came */
	unsigned char sent[CALLS];	/* replies that were sent */
};

static int signal_target(void *arg)
{
	struct storm *storm = arg;

	while (!worker_done(&storm->target)) {
		pthread_kill(storm->target.thread, SIGUSR1);
		sched_yield();
	}
	return 0;
}

static int call_in_storm(void *arg)
{
	struct storm *storm = arg;
	struct alpc_msg msg;
	unsigned int i, in;
	int err;

	for (i = 0; i < CALLS; i++) {
		err = alpc_call(storm->fd, &i, sizeof(i), &msg, &in, sizeof(in));
		storm->got[i] = !err && in == ~i;
		if (err && err != -EINTR)
			return err;
	}
	return alpc_send_nowait(storm->fd, NULL, 0);
}

/* Each request is seen at most once; who was answered has its own answer. */
TEST_F(signal, abuse_28_storm_on_a_caller)
{
	static struct storm storm;
	struct alpc_msg msg;
	unsigned int i, in, out, last = 0;
	int err;

	storm.fd = self->pair.client;
	ASSERT_EQ(0, worker_start(&storm.target, call_in_storm, &storm));
	ASSERT_EQ(0, worker_start(&storm.storm, signal_target, &storm));
	for (;;) {
		ASSERT_EQ(0, alpc_receive(self->pair.port, &msg, &in, sizeof(in)));
		if (msg.type == ALPC_CANCELED)
			continue;
		if (msg.type == ALPC_DATAGRAM)
			break;
		ASSERT_EQ(ALPC_REQUEST, msg.type);
		ASSERT_LE(last, in);
		last = in + 1;
		out = ~in;
		err = alpc_reply(self->pair.port, msg.id, &out, sizeof(out));
		ASSERT_TRUE(!err || err == -ECANCELED || err == -ESRCH);
		storm.sent[in] = !err;
	}
	EXPECT_EQ(0, worker_join(&storm.storm));
	EXPECT_EQ(0, worker_join(&storm.target));
	for (i = 0; i < CALLS; i++)
		ASSERT_EQ(storm.got[i], storm.sent[i]);
}

static int receive_in_storm(void *arg)
{
	struct storm *storm = arg;
	struct alpc_msg msg;
	unsigned int i, in;
	int err;

	for (i = 0; i < CALLS; i++) {
		do {
			err = alpc_receive(storm->fd, &msg, &in, sizeof(in));
		} while (err == -EINTR);
		if (err)
			return err;
		if (in != i || msg.type != ALPC_DATAGRAM)
			return -EBADMSG;
	}
	return 0;
}

TEST_F(signal, abuse_28_storm_on_a_receiver_loses_nothing)
{
	static struct storm storm;
	unsigned int i;

	storm.fd = self->pair.port;
	ASSERT_EQ(0, worker_start(&storm.target, receive_in_storm, &storm));
	ASSERT_EQ(0, worker_start(&storm.storm, signal_target, &storm));
	for (i = 0; i < CALLS; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, &i, sizeof(i)));
	EXPECT_EQ(0, worker_join(&storm.storm));
	EXPECT_EQ(0, worker_join(&storm.target));
}

/* What was interrupted before it was sent is sent by the second attempt only. */
static int send_in_storm(void *arg)
{
	struct storm *storm = arg;
	struct alpc_transfer *t = &storm->transfer;
	unsigned int i;
	int err;

	for (i = 0; i < CALLS; i++) {
		do {
			transfer_init(t, ALPC_TRANSFER_SEND);
			transfer_send(t, 0, 0, &i, sizeof(i));
			err = alpc_transfer(storm->fd, t);
		} while (err == -EINTR && !t->out_done);
		if (err)
			return err;
	}
	return 0;
}

TEST_F(signal, abuse_28_storm_on_a_sender_repeats_nothing)
{
	static struct storm storm;
	struct alpc_msg msg;
	unsigned int i, in;

	storm.fd = self->pair.client;
	ASSERT_EQ(0, worker_start(&storm.target, send_in_storm, &storm));
	ASSERT_EQ(0, worker_start(&storm.storm, signal_target, &storm));
	for (i = 0; i < CALLS; i++) {
		ASSERT_EQ(0, alpc_receive(self->pair.port, &msg, &in, sizeof(in)));
		ASSERT_EQ(ALPC_DATAGRAM, msg.type);
		ASSERT_EQ(i, in);
		ASSERT_EQ(FIRST_SEQ + i, msg.seq);
	}
	EXPECT_EQ(0, worker_join(&storm.storm));
	EXPECT_EQ(0, worker_join(&storm.target));
}

TEST_HARNESS_MAIN
