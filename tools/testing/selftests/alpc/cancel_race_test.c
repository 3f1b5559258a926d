// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cancelling at the same time as everything else that can happen to a request:
 * exactly one of them does.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <kselftest_harness.h>

#include "alpc_thread.h"
#include "rounds.h"

enum { ROUNDS = 300, COOKIE = 0xc00c1e };

/* What the other thread does in the meantime. */
enum act { NONE, REPLY, REJECT, CANCEL, AWAIT_REPLY, RECEIVE };

/* A thread that does what it is told, at the same time as the main one. */
struct partner {
	struct worker worker;
	struct pair *pair;
	enum act what;
	__u64 id, request;
	struct alpc_msg msg;
	int result;
	unsigned int turn;	/* odd: act; even: done */
	bool stop;
};

static int act(struct pair *pair, enum act what, __u64 id, __u64 request, struct alpc_msg *msg)
{
	char buf[16];

	switch (what) {
	case REPLY:
		return alpc_reply(pair->port, request, "answer", 6);
	case REJECT:
		return alpc_cancel_received(pair->port, request);
	case CANCEL:
		return alpc_cancel(pair->client, id);
	case AWAIT_REPLY:
		return alpc_await_reply(pair->client, id, NSEC_PER_SEC, msg, buf, sizeof(buf));
	case RECEIVE:
		return alpc_receive_nowait(pair->port, msg, buf, sizeof(buf));
	default:
		return 0;
	}
}

static int partner(void *arg)
{
	struct partner *p = arg;
	unsigned int turn;

	for (turn = 1;; turn += 2) {
		while (__atomic_load_n(&p->turn, __ATOMIC_ACQUIRE) != turn)
			sched_yield();
		if (p->stop)
			return 0;
		p->result = act(p->pair, p->what, p->id, p->request, &p->msg);
		__atomic_store_n(&p->turn, turn + 1, __ATOMIC_RELEASE);
	}
}

FIXTURE(race)
{
	struct pair pair;
	struct partner partner;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(race)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->partner.pair = &self->pair;
	ASSERT_EQ(0, worker_start(&self->partner.worker, partner, &self->partner));
}

FIXTURE_TEARDOWN(race)
{
	self->partner.stop = true;
	__atomic_store_n(&self->partner.turn, self->partner.turn + 1, __ATOMIC_RELEASE);
	worker_join(&self->partner.worker);
	EXPECT_QUIET(self->pair.port);
	EXPECT_QUIET(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

static void go(struct partner *p, enum act what, __u64 id, __u64 request)
{
	p->what = what;
	p->id = id;
	p->request = request;
	__atomic_store_n(&p->turn, p->turn + 1, __ATOMIC_RELEASE);
}

static int result_of(struct partner *p)
{
	while (__atomic_load_n(&p->turn, __ATOMIC_ACQUIRE) & 1)
		sched_yield();
	return p->result;
}

/* Let the other thread have more and more of a start. */
static void hesitate(int round)
{
	int n;

	for (n = round % 16; n; n--)
		sched_yield();
}

/* A request that was received; both do their part, either first. */
#define BOTH(mine, theirs, round) do { \
	__u64 __id; \
\
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, COOKIE, 16, &__id)); \
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf); \
	id = __id; \
	request = self->msg.id; \
	go(&self->partner, theirs, id, request); \
	hesitate(round); \
	result = act(&self->pair, mine, id, request, &self->msg); \
	other = result_of(&self->partner); \
} while (0)

#define EXPECT_MESSAGE(expected, fd, expected_id) do { \
	TAKE(expected, fd, &self->msg, self->buf); \
	EXPECT_EQ(expected_id, self->msg.id); \
} while (0)

/*
 * Sender's cancel beside the reply: either the reply is there, or the receiver is
 * told that it is not wanted, by the error or by the notice.
 */
TEST_F(race, abuse_12_cancel_beside_a_reply)
{
	int round, result, other, won[2] = {};
	__u64 id, request;

	for (round = 0; round < rounds(ROUNDS); round++) {
		BOTH(CANCEL, REPLY, round);
		won[result > 0]++;
		if (result == -EALREADY) {
			EXPECT_EQ(0, other);
			EXPECT_MESSAGE(ALPC_REPLY, self->pair.client, id);
		} else {
			EXPECT_EQ(ALPC_CANCELED_TAKEN, result);
			EXPECT_EQ(-ECANCELED, other);
		}
		NOTHING(self->pair.port);
		NOTHING(self->pair.client);
	}
	TH_LOG("%d answered, %d cancelled", won[0], won[1]);
}

TEST_F(race, abuse_12_rejection_beside_a_reply)
{
	int round, result, other;
	__u64 id, request;

	for (round = 0; round < rounds(ROUNDS); round++) {
		BOTH(REJECT, REPLY, round);
		if (other) {
			EXPECT_EQ(-ESRCH, other);
			EXPECT_EQ(ALPC_CANCELED_TAKEN, result);
		} else {
			EXPECT_EQ(-ESRCH, result);
		}
		EXPECT_MESSAGE(other ? ALPC_CANCELED : ALPC_REPLY, self->pair.client, id);
		NOTHING(self->pair.client);
		NOTHING(self->pair.port);
	}
}

/* Both sides at once: the second one is told so, and there is no notice. */
TEST_F(race, cancel_beside_a_rejection)
{
	int round, result, other;
	__u64 id, request;

	for (round = 0; round < rounds(ROUNDS); round++) {
		BOTH(CANCEL, REJECT, round);
		EXPECT_EQ(ALPC_CANCELED_TAKEN, result > 0 ? result : other);
		EXPECT_EQ(-ECANCELED, result > 0 ? other : result);
		NOTHING(self->pair.port);
		NOTHING(self->pair.client);
	}
}

TEST_F(race, two_threads_cancel)
{
	int round, result, other;
	__u64 id, request;

	for (round = 0; round < rounds(ROUNDS); round++) {
		BOTH(CANCEL, CANCEL, round);
		EXPECT_EQ(ALPC_CANCELED_TAKEN, result > 0 ? result : other);
		EXPECT_EQ(-ESRCH, result > 0 ? other : result);
		EXPECT_MESSAGE(ALPC_CANCELED, self->pair.port, request);
		BOTH(REJECT, REJECT, round);
		EXPECT_EQ(ALPC_CANCELED_TAKEN, result > 0 ? result : other);
		EXPECT_EQ(-ESRCH, result > 0 ? other : result);
		EXPECT_MESSAGE(ALPC_CANCELED, self->pair.client, id);
	}
}

/* A thread waits for the reply; whatever becomes of the request, it is told. */
TEST_F(race, abuse_27_wait_beside_all_that_ends_it)
{
	static const enum act acts[] = { REPLY, REJECT, CANCEL };
	int round, result, other;
	__u64 id, request;
	enum act what;

	for (round = 0; round < rounds(ROUNDS); round++) {
		what = acts[round % 3];
		BOTH(what, AWAIT_REPLY, round / 3);
		EXPECT_EQ(what == REPLY ? 0 : ALPC_CANCELED_TAKEN, result);
		if (what == REPLY) {
			EXPECT_EQ(0, other);
			EXPECT_EQ(id, self->partner.msg.id);
		} else {
			/* It may come when its sender has cancelled it. */
			EXPECT_TRUE(other == -ECANCELED || (other == -ESRCH && what == CANCEL));
		}
		if (what == CANCEL)
			EXPECT_MESSAGE(ALPC_CANCELED, self->pair.port, request);
		NOTHING(self->pair.port);
		NOTHING(self->pair.client);
	}
}

/* Received or not: the answer to the cancel says which. */
TEST_F(race, cancel_beside_receiving)
{
	int round, result, other;
	__u64 id;

	for (round = 0; round < rounds(ROUNDS); round++) {
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, COOKIE, 16, &id));
		go(&self->partner, RECEIVE, 0, 0);
		hesitate(round);
		result = alpc_cancel(self->pair.client, id);
		other = result_of(&self->partner);
		if (result == ALPC_CANCELED_TAKEN) {
			EXPECT_EQ(0, other);
			EXPECT_MESSAGE(ALPC_CANCELED, self->pair.port, self->partner.msg.id);
		} else {
			EXPECT_EQ(ALPC_CANCELED_QUEUED, result);
			EXPECT_EQ(-EAGAIN, other);
		}
		NOTHING(self->pair.port);
	}
}

/* --- callers ---------------------------------------------------------------- */

struct caller {
	struct worker worker;
	int fd;
	__s64 timeout;
	struct alpc_transfer t;
	char in[16];
};

static int call(void *arg)
{
	struct caller *c = arg;

	transfer_init(&c->t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&c->t, ALPC_SEND_REQUEST, 0, "call", 4);
	c->t.send.cookie = COOKIE;
	transfer_receive(&c->t, c->in, sizeof(c->in));
	c->t.timeout = c->timeout;
	return alpc_transfer(c->fd, &c->t);
}

/*
 * A call whose time is over just when it is cancelled, by either side: one of them
 * it was, and its receiver is told once.
 */
TEST_F_TIMEOUT(race, abuse_27_cancel_beside_a_timeout, 300)
{
	enum { CALLS = 60 };
	struct alpc_transfer t;
	int round, result, got, timeouts = 0;
	long long until;

	for (round = 0; round < CALLS; round++) {
		struct caller c = { .fd = self->pair.client, .timeout = 2 * NSEC_PER_MSEC };

		/* Before that time in half of the rounds, and after it. */
		until = monotonic_ns() + c.timeout + (round % 8 - 3) * NSEC_PER_MSEC / 4;
		ASSERT_EQ(0, worker_start(&c.worker, call, &c));
		transfer_init(&t, ALPC_TRANSFER_RECEIVE);
		transfer_receive(&t, self->buf, sizeof(self->buf));
		t.timeout = 10 * SHORT_TIME;
		result = alpc_transfer(self->pair.port, &t);
		if (result) {
			/* It was over before anybody received it. */
			ASSERT_EQ(-ETIMEDOUT, result);
			EXPECT_EQ(-ETIMEDOUT, worker_join(&c.worker));
			EXPECT_EQ(ALPC_DONE_CANCELED, c.t.out_done);
			NOTHING(self->pair.port);
			continue;
		}
		self->msg = t.recv;
		while (monotonic_ns() < until)
			sched_yield();
		result = round & 1 ? alpc_cancel_cookie(self->pair.client, COOKIE) :
				     alpc_cancel_received(self->pair.port, self->msg.id);
		got = worker_join(&c.worker);
		EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, c.t.out_done);
		timeouts += got == -ETIMEDOUT;
		if (result > 0) {
			EXPECT_EQ(ALPC_CANCELED_TAKEN, result);
			EXPECT_EQ(-ECANCELED, got);
		} else {
			EXPECT_EQ(-ETIMEDOUT, got);
			EXPECT_EQ(round & 1 ? -ESRCH : -ECANCELED, result);
		}
		/* Who cancels what was received here is told nothing more. */
		if (round & 1)
			EXPECT_MESSAGE(ALPC_CANCELED, self->pair.port, self->msg.id);
		NOTHING(self->pair.port);
	}
	TH_LOG("%d of %d timed out first", timeouts, CALLS);
}

/* --- death ------------------------------------------------------------------ */

/*
 * A process of clients is killed, or closes, while its requests are cancelled by the
 * server: each is cancelled, or gone with the connection.
 */
TEST_F(race, abuse_27_rejection_beside_the_end_of_the_client)
{
	enum { REQUESTS = 32, DEATHS = 12 };
	__u64 request[REQUESTS];
	struct child child;
	int round, i, err, fd = -1;

	for (round = 0; round < DEATHS; round++) {
		ASSERT_LE(0, client_start(&self->pair, &child, 7, &fd));
		if (!child.pid) {
			for (i = 0; i < REQUESTS; i++)
				alpc_request_async(fd, "ask", 3, i, 16, NULL);
			child_signal(&child);
			child_wait(&child);
			if (round & 1)
				close(fd);
			else
				kill(getpid(), SIGKILL);
			child_exit(true);
		}
		ASSERT_EQ(0, child_wait(&child));
		for (i = 0; i < REQUESTS; i++) {
			TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
			request[i] = self->msg.id;
		}
		ASSERT_EQ(0, child_signal(&child));
		for (i = 0; i < REQUESTS; i++) {
			err = alpc_cancel_received(self->pair.port, request[i]);
			EXPECT_TRUE(err == ALPC_CANCELED_TAKEN || err == -ESRCH);
		}
		EXPECT_EQ(round & 1 ? 0 : -1, child_end(&child) ? -1 : 0);
		AWAIT(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
		EXPECT_QUIET(self->pair.port);
		close(fd);
	}
}

/* The server goes while its client cancels. */
TEST_F(race, abuse_27_cancel_beside_the_end_of_the_server)
{
	enum { REQUESTS = 32, DEATHS = 12 };
	__u64 id[REQUESTS];
	struct child child;
	int round, i, err, client;

	for (round = 0; round < DEATHS; round++) {
		const char *name = unique_name();

		ASSERT_LE(0, child_start(&child));
		if (!child.pid) {
			int port = alpc_create(name), n, server;

			pair_close(&self->pair);
			child_signal(&child);
			if (alpc_receive(port, &self->msg, self->buf, sizeof(self->buf)))
				_exit(1);
			server = alpc_accept_id(port, self->msg.id, 1);
			for (n = 0; n < REQUESTS / 2 && server >= 0; n++)
				alpc_receive(port, &self->msg, self->buf, sizeof(self->buf));
			child_signal(&child);
			child_wait(&child);
			_exit(0);
		}
		ASSERT_EQ(0, child_wait(&child));
		client = alpc_connect_to(name);
		ASSERT_LE(0, client);
		for (i = 0; i < REQUESTS; i++)
			ASSERT_EQ(0, alpc_request_async(client, "ask", 3, i, 16, &id[i]));
		ASSERT_EQ(0, child_wait(&child));
		ASSERT_EQ(0, child_signal(&child));
		for (i = 0; i < REQUESTS; i++) {
			err = alpc_cancel(client, id[i]);
			EXPECT_TRUE(err == -ESRCH || err == (i < REQUESTS / 2 ?
				    ALPC_CANCELED_TAKEN : ALPC_CANCELED_QUEUED));
		}
		child_end(&child);
		EXPECT_QUIET(client);
		close(client);
	}
}

TEST_HARNESS_MAIN
