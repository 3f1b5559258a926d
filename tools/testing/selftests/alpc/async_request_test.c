// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous requests: many at a time, and their replies in any order.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <kselftest_harness.h>

#include "alpc_view.h"

enum { MANY = 64, COOKIE = 1000, THREADS = 8, ROUNDS = 40 };

/* Either end can ask the other. */
FIXTURE(async)
{
	struct pair pair;
	int from;		/* the port it is sent through */
	int inbox;		/* where its sender receives */
	int to;			/* where it is received */
	__u64 id[MANY], request[MANY];
	struct transfer_worker waiter, other;
	struct alpc_msg msg;
	char in[64], buf[64];
};

FIXTURE_VARIANT(async) { bool server; };
FIXTURE_VARIANT_ADD(async, of_client) { false };
FIXTURE_VARIANT_ADD(async, of_server) { true };

FIXTURE_SETUP(async)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->from = variant->server ? self->pair.server : self->pair.client;
	self->inbox = variant->server ? self->pair.port : self->pair.client;
	self->to = variant->server ? self->pair.client : self->pair.port;
}

FIXTURE_TEARDOWN(async)
{
	EXPECT_QUIET(self->to);
	EXPECT_QUIET(self->inbox);
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

/* So many requests, received by the other side. */
#define SEND_REQUESTS(count) do { \
	int __i; \
\
	for (__i = 0; __i < (count); __i++) \
		ASSERT_EQ(0, alpc_request_async(self->from, "ask", 3, COOKIE + __i, \
						sizeof(self->buf), &self->id[__i])); \
	for (__i = 0; __i < (count); __i++) { \
		TAKE(ALPC_REQUEST, self->to, &self->msg, self->buf); \
		self->request[__i] = self->msg.id; \
	} \
} while (0)

#define REPLY(i) \
	ASSERT_EQ(0, alpc_reply(self->to, self->request[i], &(int){ i }, sizeof(int)))

#define IS_REPLY(i) do { \
	int __n = -1; \
\
	EXPECT_EQ(ALPC_REPLY, self->msg.type); \
	EXPECT_EQ(self->id[i], self->msg.id); \
	EXPECT_EQ(COOKIE + (i), self->msg.cookie); \
	EXPECT_EQ(sizeof(__n), self->msg.len); \
	memcpy(&__n, self->buf, sizeof(__n)); \
	EXPECT_EQ(i, __n); \
	EXPECT_EQ(variant->server ? self->pair.context : 0, self->msg.context); \
	EXPECT_EQ(getpid(), self->msg.pid); \
} while (0)

#define AWAIT_REPLY(i, time) \
	alpc_await_reply(self->from, self->id[i], time, &self->msg, self->buf, sizeof(self->buf))

/* A thread that waits for that reply. */
#define START_WAITING(who, i) do { \
	struct transfer_worker *__w = (who); \
\
	transfer_init(&__w->transfer, ALPC_TRANSFER_WAIT); \
	transfer_receive(&__w->transfer, self->in, sizeof(self->in)); \
	__w->transfer.recv.call = self->id[i]; \
	ASSERT_EQ(0, worker_transfer(__w, self->from)); \
	ASSERT_EQ(0, worker_blocked(&__w->worker)); \
} while (0)

/* --- in any order ----------------------------------------------------------- */

/* Given in one order, fetched in another: half by id, the rest as they come. */
TEST_F(async, replies_are_fetched_in_any_order)
{
	int i, n;

	SEND_REQUESTS(MANY);
	ASSERT_EQ(0, alpc_send(self->to == self->pair.port ? self->pair.server : self->to,
			       "before", 6));
	for (i = 0; i < MANY; i++)
		REPLY((i * 37) % MANY);
	EXPECT_EQ(MANY + 1, alpc_queued(self->inbox));
	for (i = MANY - 2; i >= 0; i -= 2) {
		ASSERT_EQ(0, AWAIT_REPLY(i, 0));
		IS_REPLY(i);
		EXPECT_EQ(-ESRCH, AWAIT_REPLY(i, 0));
	}
	TAKE(ALPC_DATAGRAM, self->inbox, &self->msg, self->buf);
	for (i = 0; i < MANY; i++) {
		n = (i * 37) % MANY;
		if (n % 2 == 0)
			continue;
		TAKE(ALPC_REPLY, self->inbox, &self->msg, self->buf);
		IS_REPLY(n);
	}
	NOTHING(self->inbox);
}

TEST_F(async, requests_of_a_vector_are_waited_for_by_id)
{
	static struct alpc_vector_send send[MANY];
	struct alpc_vector vector = {
		.size = sizeof(vector), .flags = ALPC_TRANSFER_SEND, .timeout = ALPC_INFINITE,
		.send = address(send), .send_count = MANY,
	};
	int i;

	for (i = 0; i < MANY; i++)
		send[i] = (struct alpc_vector_send){
			.msg.flags = ALPC_SEND_REQUEST, .msg.cookie = COOKIE + i, .room = 64,
		};
	ASSERT_EQ(0, alpc_ioctl(self->from, ALPC_IOC_VECTOR, &vector));
	for (i = 0; i < MANY; i++) {
		self->id[i] = send[i].out_id;
		TAKE(ALPC_REQUEST, self->to, &self->msg, self->buf);
		self->request[i] = self->msg.id;
	}
	for (i = 0; i < MANY; i += 2)
		REPLY(i);
	for (i = 0; i < MANY; i += 2) {
		ASSERT_EQ(0, AWAIT_REPLY(i, ALPC_INFINITE));
		IS_REPLY(i);
		EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel(self->from, self->id[i + 1]));
		TAKE(ALPC_CANCELED, self->to, &self->msg, self->buf);
	}
}

/* --- waiting ---------------------------------------------------------------- */

TEST_F(async, reply_comes_while_its_thread_waits)
{
	SEND_REQUESTS(2);
	START_WAITING(&self->waiter, 1);
	/* Others are none of its business. */
	REPLY(0);
	EXPECT_FALSE(worker_done(&self->waiter.worker));
	REPLY(1);
	ASSERT_EQ(0, worker_join(&self->waiter.worker));
	EXPECT_EQ(ALPC_DONE_RECEIVED, self->waiter.transfer.out_done);
	self->msg = self->waiter.transfer.recv;
	memcpy(self->buf, self->in, sizeof(self->buf));
	IS_REPLY(1);
	TAKE(ALPC_REPLY, self->inbox, &self->msg, self->buf);
	IS_REPLY(0);
	NOTHING(self->inbox);
}

/* Also of one that nobody has received when the thread begins to wait. */
TEST_F(async, request_is_received_while_its_thread_waits)
{
	ASSERT_EQ(0, alpc_request_async(self->from, "ask", 3, COOKIE, 64, &self->id[0]));
	START_WAITING(&self->waiter, 0);
	TAKE(ALPC_REQUEST, self->to, &self->msg, self->buf);
	self->request[0] = self->msg.id;
	REPLY(0);
	EXPECT_EQ(0, worker_join(&self->waiter.worker));
	EXPECT_EQ(self->id[0], self->waiter.transfer.recv.id);
}

TEST_F(async, one_thread_waits_for_a_reply)
{
	SEND_REQUESTS(2);
	START_WAITING(&self->waiter, 0);
	EXPECT_EQ(-EBUSY, AWAIT_REPLY(0, ALPC_INFINITE));
	EXPECT_EQ(-EBUSY, AWAIT_REPLY(0, 0));
	START_WAITING(&self->other, 1);
	REPLY(1);
	EXPECT_EQ(0, worker_join(&self->other.worker));
	REPLY(0);
	EXPECT_EQ(0, worker_join(&self->waiter.worker));
}

TEST_F(async, end_of_the_wait_does_not_cancel)
{
	SEND_REQUESTS(1);
	EXPECT_EQ(-ETIMEDOUT, AWAIT_REPLY(0, 0));
	EXPECT_EQ(-ETIMEDOUT, AWAIT_REPLY(0, SHORT_TIME));
	NOTHING(self->to);
	EXPECT_EQ(1, alpc_unanswered(self->to));
	REPLY(0);
	EXPECT_EQ(0, AWAIT_REPLY(0, 0));
	IS_REPLY(0);
}

static void ignore(int signal)
{
	(void)signal;
}

/* With an absolute time, or for ever, it begins again if the handler says so. */
TEST_F(async, signal_does_not_cancel)
{
	struct sigaction act = { .sa_handler = ignore };
	int restart;

	for (restart = 0; restart < 2; restart++) {
		act.sa_flags = restart ? SA_RESTART : 0;
		ASSERT_EQ(0, sigaction(SIGUSR1, &act, NULL));
		SEND_REQUESTS(1);
		START_WAITING(&self->waiter, 0);
		ASSERT_EQ(0, pthread_kill(self->waiter.worker.thread, SIGUSR1));
		if (!restart) {
			EXPECT_EQ(-EINTR, worker_join(&self->waiter.worker));
			EXPECT_EQ(0, self->waiter.transfer.out_done);
		}
		NOTHING(self->to);
		REPLY(0);
		if (restart) {
			EXPECT_EQ(0, worker_join(&self->waiter.worker));
		} else {
			EXPECT_EQ(0, AWAIT_REPLY(0, ALPC_INFINITE));
			IS_REPLY(0);
		}
	}
}

/* Whoever receives from the port may be faster. */
TEST_F(async, reply_that_somebody_else_received_is_esrch)
{
	SEND_REQUESTS(1);
	REPLY(0);
	TAKE(ALPC_REPLY, self->inbox, &self->msg, self->buf);
	IS_REPLY(0);
	EXPECT_EQ(-ESRCH, AWAIT_REPLY(0, ALPC_INFINITE));
}

TEST_F(async, abuse_07_reply_that_does_not_fit_stays)
{
	int i;

	SEND_REQUESTS(2);
	/* One that is queued, in its place; and one that comes to a thread. */
	REPLY(0);
	EXPECT_EQ(-EMSGSIZE,
		  alpc_await_reply(self->from, self->id[0], 0, &self->msg, self->buf, 1));
	EXPECT_EQ(sizeof(int), self->msg.len);
	EXPECT_EQ(1, alpc_queued(self->inbox));
	transfer_init(&self->waiter.transfer, ALPC_TRANSFER_WAIT);
	transfer_receive(&self->waiter.transfer, self->in, 1);
	self->waiter.transfer.recv.call = self->id[1];
	ASSERT_EQ(0, worker_transfer(&self->waiter, self->from));
	ASSERT_EQ(0, worker_blocked(&self->waiter.worker));
	REPLY(1);
	EXPECT_EQ(-EMSGSIZE, worker_join(&self->waiter.worker));
	EXPECT_EQ(sizeof(int), self->waiter.transfer.recv.len);
	EXPECT_EQ(0, self->waiter.transfer.out_done);
	/* It is the first one now, and anybody's to receive. */
	for (i = 1; i >= 0; i--) {
		TAKE(ALPC_REPLY, self->inbox, &self->msg, self->buf);
		IS_REPLY(i);
	}
	EXPECT_EQ(-ESRCH, AWAIT_REPLY(0, 0));
}

TEST_F(async, abuse_08_reply_that_cannot_be_copied_out_stays)
{
	struct alpc_transfer t;
	int i;

	SEND_REQUESTS(1);
	REPLY(0);
	for (i = 0; i < 3; i++) {
		transfer_init(&t, ALPC_TRANSFER_WAIT);
		t.recv.data = address(memory_before_hole(2));
		t.recv.len = 64;
		t.recv.call = self->id[0];
		EXPECT_EQ(-EFAULT, alpc_transfer(self->from, &t));
		EXPECT_EQ(0, t.out_done);
		EXPECT_EQ(1, alpc_queued(self->inbox));
		EXPECT_EQ(-EALREADY, alpc_cancel(self->from, self->id[0]));
	}
	EXPECT_EQ(0, AWAIT_REPLY(0, 0));
	IS_REPLY(0);
}

/* The view of a reply is held like that of one that was received. */
TEST_F(async, reply_with_a_view_is_held)
{
	struct section own;
	int i;

	ASSERT_EQ(0, section_make(variant->server ? self->pair.client : self->pair.server,
				  page_size(), 0, &own));
	for (i = 0; i < 2; i++) {
		SEND_REQUESTS(1);
		if (i)
			START_WAITING(&self->waiter, 0);
		ASSERT_EQ(0, send_view(variant->server ? self->pair.client : self->pair.server,
				       ALPC_SEND_REPLY, self->request[0], own.id, 0, 100,
				       ALPC_VIEW_SLOT(1)));
		if (i) {
			ASSERT_EQ(0, worker_join(&self->waiter.worker));
			self->msg = self->waiter.transfer.recv;
		} else {
			ASSERT_EQ(0, AWAIT_REPLY(0, 0));
		}
		EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);
		EXPECT_TRUE(is_view(&self->msg, own.id, 0, 100, 0));
		EXPECT_EQ(self->id[0], self->msg.id);
		EXPECT_EQ(-ESRCH, alpc_cancel(self->from, self->id[0]));
		EXPECT_EQ(-ESRCH, AWAIT_REPLY(0, 0));
		EXPECT_EQ(i, own.slots[1]);
		EXPECT_EQ(0, alpc_release(self->inbox, self->id[0]));
		EXPECT_EQ(i + 1, own.slots[1]);
	}
	section_close(&own);
}

/* --- ids -------------------------------------------------------------------- */

TEST_F(async, id_that_is_none_is_esrch)
{
	struct alpc_transfer *t = &self->other.transfer;
	const int elsewhere = variant->server ? self->pair.client : self->pair.server;
	__u64 id, call;

	SEND_REQUESTS(1);
	id = self->id[0];
	self->id[0] = id + 1;
	EXPECT_EQ(-ESRCH, AWAIT_REPLY(0, 0));
	self->id[0] = 0;
	EXPECT_EQ(-ESRCH, AWAIT_REPLY(0, 0));
	EXPECT_EQ(-ESRCH, alpc_await_reply(elsewhere, id, 0, &self->msg, self->buf, 64));
	EXPECT_EQ(-ESRCH, alpc_await_reply(self->pair.port, id, 0, &self->msg, self->buf, 64));
	/* A call belongs to its thread, which waits already. */
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(t, self->in, sizeof(self->in));
	ASSERT_EQ(0, worker_transfer(&self->other, self->from));
	AWAIT(ALPC_REQUEST, self->to, &self->msg, self->buf);
	call = self->msg.id;
	self->id[0] = id + 1;
	EXPECT_EQ(-ESRCH, AWAIT_REPLY(0, 0));
	ASSERT_EQ(0, alpc_reply(self->to, call, NULL, 0));
	EXPECT_EQ(0, worker_join(&self->other.worker));
	EXPECT_EQ(id + 1, t->out_id);
	REPLY(0);
	self->id[0] = id;
	EXPECT_EQ(0, AWAIT_REPLY(0, 0));
}

/* --- cancelled -------------------------------------------------------------- */

TEST_F(async, request_that_was_cancelled_has_no_reply)
{
	int i;

	SEND_REQUESTS(2);
	ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel(self->from, self->id[0]));
	EXPECT_EQ(-ESRCH, AWAIT_REPLY(0, ALPC_INFINITE));
	TAKE(ALPC_CANCELED, self->to, &self->msg, self->buf);
	EXPECT_EQ(-ESRCH, AWAIT_REPLY(0, ALPC_INFINITE));
	/* By the other side: that is told instead of the notice, once. */
	ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->to, self->request[1]));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(i ? -ESRCH : -ECANCELED, AWAIT_REPLY(1, ALPC_INFINITE));
	NOTHING(self->inbox);
}

/* --- callbacks -------------------------------------------------------------- */

/* The callback goes to the port, for the thread waits for the reply and no more. */
TEST_F(async, callback_is_received_from_the_port)
{
	struct alpc_transfer *t = &self->other.transfer;
	char out[16];

	SEND_REQUESTS(1);
	START_WAITING(&self->waiter, 0);
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_CALLBACK, self->request[0], "back", 4);
	transfer_receive(t, out, sizeof(out));
	ASSERT_EQ(0, worker_transfer(&self->other, variant->server ? self->pair.client :
							 self->pair.server));
	AWAIT(ALPC_REQUEST, self->inbox, &self->msg, self->buf);
	EXPECT_EQ(ALPC_MSG_CALLBACK, self->msg.flags);
	EXPECT_EQ(self->id[0], self->msg.call);
	EXPECT_FALSE(worker_done(&self->waiter.worker));
	ASSERT_EQ(0, alpc_reply(self->inbox, self->msg.id, "answer", 6));
	EXPECT_EQ(0, worker_join(&self->other.worker));
	REPLY(0);
	EXPECT_EQ(0, worker_join(&self->waiter.worker));
	EXPECT_EQ(ALPC_REPLY, self->waiter.transfer.recv.type);
}

/* --- the end of the connection ---------------------------------------------- */

TEST_F(async, end_of_the_connection_ends_the_wait)
{
	SEND_REQUESTS(2);
	REPLY(1);
	START_WAITING(&self->waiter, 0);
	ASSERT_EQ(0, alpc_disconnect(variant->server ? self->pair.client : self->pair.server));
	EXPECT_EQ(-EPIPE, worker_join(&self->waiter.worker));
	EXPECT_EQ(-EPIPE, AWAIT_REPLY(0, ALPC_INFINITE));
	/* What was given before can be fetched. */
	EXPECT_EQ(0, AWAIT_REPLY(1, ALPC_INFINITE));
	IS_REPLY(1);
	EXPECT_EQ(-EPIPE, AWAIT_REPLY(1, ALPC_INFINITE));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	/* The connection request, two requests or none; fetching by id does not count. */
	EXPECT_EQ(variant->server ? 0 : 2, self->msg.seq);
	pair_close(&self->pair);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->inbox = self->pair.client;
	self->to = self->pair.port;
}

TEST_F(async, end_of_the_other_process_ends_the_wait)
{
	SEND_REQUESTS(1);
	START_WAITING(&self->waiter, 0);
	if (variant->server)
		close_fd(&self->pair.client);
	else
		close_fd(&self->pair.port);
	EXPECT_EQ(-EPIPE, worker_join(&self->waiter.worker));
	pair_close(&self->pair);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->inbox = self->pair.client;
	self->to = self->pair.port;
}

/* Who is killed while it waits leaves the reply to those who still have the port. */
TEST_F(async, abuse_25_reply_outlives_who_waited_for_it)
{
	struct child child;

	SEND_REQUESTS(1);
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		AWAIT_REPLY(0, ALPC_INFINITE);
		_exit(1);
	}
	ASSERT_EQ(0, thread_blocked(child.pid, child.pid));
	EXPECT_EQ(-EBUSY, AWAIT_REPLY(0, 0));
	child_kill(&child);
	REPLY(0);
	EXPECT_EQ(0, AWAIT_REPLY(0, ALPC_INFINITE));
	IS_REPLY(0);
}

/* --- many threads ------------------------------------------------------------ */

struct asker {
	struct worker worker;
	int from;
	unsigned int number;
	bool cancels;
	unsigned int answered, canceled;
};

/* Several requests at a time, fetched last one first; some of them cancelled. */
static int ask_and_fetch(void *arg)
{
	struct asker *a = arg;
	unsigned int i, n, value, round;
	struct alpc_msg msg;
	__u64 id[4];
	int err;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < 4; i++) {
			value = a->number << 16 | round << 4 | i;
			err = alpc_request_async(a->from, &value, sizeof(value), value, 64, &id[i]);
			if (err)
				return err;
		}
		for (i = 4; i--;) {
			n = a->number << 16 | round << 4 | i;
			err = a->cancels && (round + i) % 3 == 0 ? alpc_cancel(a->from, id[i]) : 0;
			if (err > 0) {
				a->canceled++;
				continue;
			}
			if (err && err != -EALREADY)
				return err;
			err = alpc_await_reply(a->from, id[i], ALPC_INFINITE, &msg, &value,
					       sizeof(value));
			if (err)
				return err;
			if (msg.type != ALPC_REPLY || msg.id != id[i] || msg.cookie != n ||
			    value != ~n)
				return -EBADMSG;
			a->answered++;
		}
	}
	return 0;
}

struct answerer {
	struct worker worker;
	int port;
	unsigned int answered, refused, notices;
};

static int answer_all(void *arg)
{
	struct answerer *a = arg;
	struct alpc_msg msg;
	unsigned int value;
	int err;

	for (;;) {
		err = alpc_receive(a->port, &msg, &value, sizeof(value));
		if (err)
			return err == -ESHUTDOWN ? 0 : err;
		if (msg.type == ALPC_CANCELED) {
			a->notices++;
			continue;
		}
		if (msg.type != ALPC_REQUEST)
			return -EBADMSG;
		value = ~value;
		err = alpc_reply(a->port, msg.id, &value, sizeof(value));
		if (err && err != -ECANCELED && err != -ESRCH)
			return err;
		a->answered += !err;
		a->refused += !!err;
	}
}

/* Each request is answered or cancelled, and never both. */
TEST_F_TIMEOUT(async, abuse_27_many_threads_fetch_and_cancel, 300)
{
	struct asker asker[THREADS];
	struct answerer answerer[2];
	unsigned int i, asked = 0, answered = 0, canceled = 0, told = 0;

	for (i = 0; i < ARRAY_SIZE(answerer); i++) {
		answerer[i] = (struct answerer){ .port = self->to };
		ASSERT_EQ(0, worker_start(&answerer[i].worker, answer_all, &answerer[i]));
	}
	for (i = 0; i < THREADS; i++) {
		asker[i] = (struct asker){
			.from = self->from, .number = i, .cancels = i & 1,
		};
		ASSERT_EQ(0, worker_start(&asker[i].worker, ask_and_fetch, &asker[i]));
	}
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0, worker_join(&asker[i].worker));
		answered += asker[i].answered;
		canceled += asker[i].canceled;
		asked += ROUNDS * 4;
	}
	EXPECT_EQ(asked, answered + canceled);
	ASSERT_EQ(0, alpc_shutdown(self->to, ALPC_SHUTDOWN_RECEIVE));
	for (i = 0; i < ARRAY_SIZE(answerer); i++) {
		EXPECT_EQ(0, worker_join(&answerer[i].worker));
		told += answerer[i].answered;
	}
	ASSERT_EQ(0, alpc_shutdown(self->to, 0));
	EXPECT_EQ(answered, told);
	while (alpc_queued(self->to) > 0)
		TAKE(ALPC_CANCELED, self->to, &self->msg, self->buf);
	NOTHING(self->inbox);
}

TEST_HARNESS_MAIN
