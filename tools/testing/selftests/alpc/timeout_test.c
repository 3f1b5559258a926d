// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timeouts, zero, relative, absolute and infinite, and not waiting at all;
 * what a call that timed out leaves behind, and the race of its reply with the
 * time.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>

#include "alpc_thread.h"

FIXTURE(timeout)
{
	struct pair pair;
	struct alpc_transfer t;
	char buf[64];
};

FIXTURE_SETUP(timeout)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(timeout)
{
	pair_close(&self->pair);
}

static void receive_init(struct alpc_transfer *t, __u32 flags, long long timeout, char *buf,
			 __u32 room)
{
	transfer_init(t, ALPC_TRANSFER_RECEIVE | flags);
	transfer_receive(t, buf, room);
	t->timeout = timeout;
}

static void call_init(struct alpc_transfer *t, __u32 flags, long long timeout, char *buf,
		      __u32 room)
{
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT | flags);
	transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(t, buf, room);
	t->timeout = timeout;
}

TEST_F(timeout, receive_gives_up_in_time)
{
	const struct {
		__u32 flags;
		long long timeout;
	} past[] = {
		{ 0, 0 },
		{ 0, 1 },
		{ 0, SHORT_TIME },
		{ ALPC_TRANSFER_ABSTIME, 0 },
		{ ALPC_TRANSFER_ABSTIME, 1 },
		{ ALPC_TRANSFER_ABSTIME, monotonic_ns() },
		{ ALPC_TRANSFER_ABSTIME, monotonic_ns() + SHORT_TIME },
	};
	const int ports[] = { self->pair.port, self->pair.client };
	unsigned int i, end;

	for (i = 0; i < ARRAY_SIZE(past); i++) {
		for (end = 0; end < ARRAY_SIZE(ports); end++) {
			receive_init(&self->t, past[i].flags, past[i].timeout, self->buf,
				     sizeof(self->buf));
			EXPECT_EQ(-ETIMEDOUT, alpc_transfer(ports[end], &self->t));
			EXPECT_EQ(0, self->t.out_done);
		}
	}
}

/* Not before the time: the clock is the one that the header names. */
TEST_F(timeout, does_not_give_up_before_the_time)
{
	long long before = monotonic_ns();

	receive_init(&self->t, 0, SHORT_TIME, self->buf, sizeof(self->buf));
	ASSERT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.port, &self->t));
	EXPECT_LE(before + SHORT_TIME, monotonic_ns());

	before = monotonic_ns();
	receive_init(&self->t, ALPC_TRANSFER_ABSTIME, before + SHORT_TIME, self->buf,
		     sizeof(self->buf));
	ASSERT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.port, &self->t));
	EXPECT_LE(before + SHORT_TIME, monotonic_ns());
}

/* What is there already is received, however little time there is. */
TEST_F(timeout, message_that_is_there_needs_no_time)
{
	const struct {
		__u32 flags;
		long long timeout;
	} any[] = {
		{ 0, 0 }, { ALPC_TRANSFER_ABSTIME, 0 }, { ALPC_TRANSFER_ABSTIME, 1 },
		{ ALPC_TRANSFER_DONTWAIT, 0 }, { ALPC_TRANSFER_DONTWAIT, ALPC_INFINITE },
		{ 0, INT64_MAX }, { ALPC_TRANSFER_ABSTIME, INT64_MAX }, { 0, ALPC_INFINITE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(any); i++) {
		ASSERT_EQ(0, alpc_send(self->pair.client, &i, sizeof(i)));
		receive_init(&self->t, any[i].flags, any[i].timeout, self->buf,
			     sizeof(self->buf));
		EXPECT_EQ(0, alpc_transfer(self->pair.port, &self->t));
		EXPECT_EQ(0, memcmp(self->buf, &i, sizeof(i)));
	}
}

/* The longest times do not wrap into the past. */
TEST_F(timeout, longest_times_wait)
{
	static const struct {
		__u32 flags;
		long long timeout;
	} longest[] = {
		{ 0, INT64_MAX }, { ALPC_TRANSFER_ABSTIME, INT64_MAX }, { 0, INT64_MAX - 1 },
		{ 0, ALPC_INFINITE },
	};
	struct transfer_worker receiver;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(longest); i++) {
		receive_init(&receiver.transfer, longest[i].flags, longest[i].timeout, self->buf,
			     sizeof(self->buf));
		ASSERT_EQ(0, worker_transfer(&receiver, self->pair.port));
		ASSERT_EQ(0, worker_blocked(&receiver.worker));
		ASSERT_EQ(0, alpc_send(self->pair.client, "x", 1));
		EXPECT_EQ(0, worker_join(&receiver.worker));
	}
}

TEST_F(timeout, negative_times_are_einval)
{
	static const struct {
		__u32 flags;
		long long timeout;
	} bad[] = {
		{ 0, -2 }, { 0, INT64_MIN }, { 0, INT64_MIN + 1 }, { 0, -NSEC_PER_SEC },
		{ ALPC_TRANSFER_ABSTIME, -2 }, { ALPC_TRANSFER_ABSTIME, INT64_MIN },
	};
	unsigned int i;

	ASSERT_EQ(0, alpc_send(self->pair.server, "there", 5));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		receive_init(&self->t, bad[i].flags, bad[i].timeout, self->buf,
			     sizeof(self->buf));
		EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.client, &self->t));
		call_init(&self->t, bad[i].flags, bad[i].timeout, self->buf, sizeof(self->buf));
		EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.client, &self->t));
	}
	NOTHING(self->pair.port);
	EXPECT_EQ(1, alpc_queued(self->pair.client));
}

/* --- not waiting ---------------------------------------------------------- */

TEST_F(timeout, dontwait_and_nonblocking_files_give_eagain)
{
	const int ports[] = { self->pair.port, self->pair.client };
	unsigned int end;

	for (end = 0; end < ARRAY_SIZE(ports); end++) {
		receive_init(&self->t, ALPC_TRANSFER_DONTWAIT, ALPC_INFINITE, self->buf,
			     sizeof(self->buf));
		EXPECT_EQ(-EAGAIN, alpc_transfer(ports[end], &self->t));
		ASSERT_EQ(0, fcntl(ports[end], F_SETFL, O_NONBLOCK));
		receive_init(&self->t, 0, ALPC_INFINITE, self->buf, sizeof(self->buf));
		EXPECT_EQ(-EAGAIN, alpc_transfer(ports[end], &self->t));
		ASSERT_EQ(0, fcntl(ports[end], F_SETFL, 0));
		receive_init(&self->t, 0, SHORT_TIME, self->buf, sizeof(self->buf));
		EXPECT_EQ(-ETIMEDOUT, alpc_transfer(ports[end], &self->t));
	}
}

/* Neither is about the reply to a call, which has a timeout for that. */
TEST_F(timeout, dontwait_is_not_for_the_reply_to_a_call)
{
	struct transfer_worker caller;
	struct alpc_msg msg;
	char in[16];
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, fcntl(self->pair.client, F_SETFL, i ? O_NONBLOCK : 0));
		call_init(&caller.transfer, i ? 0 : ALPC_TRANSFER_DONTWAIT, ALPC_INFINITE, in,
			  sizeof(in));
		ASSERT_EQ(0, worker_transfer(&caller, self->pair.client));
		ASSERT_EQ(0, worker_blocked(&caller.worker));
		TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
		ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "reply", 5));
		EXPECT_EQ(0, worker_join(&caller.worker));
		EXPECT_EQ(5, caller.transfer.recv.len);
	}
}

/* A call without any time has been sent and taken back. */
TEST_F(timeout, call_without_time_is_cancelled)
{
	const struct {
		__u32 flags;
		long long timeout;
	} call[] = {
		{ 0, 0 }, { ALPC_TRANSFER_DONTWAIT, 0 }, { ALPC_TRANSFER_ABSTIME, 0 },
		{ ALPC_TRANSFER_ABSTIME, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(call); i++) {
		call_init(&self->t, call[i].flags, call[i].timeout, self->buf,
			  sizeof(self->buf));
		EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, &self->t));
		EXPECT_EQ(ALPC_DONE_CANCELED, self->t.out_done);
		NOTHING(self->pair.port);
	}
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* --- calls that time out -------------------------------------------------- */

TEST_F(timeout, queued_call_vanishes)
{
	call_init(&self->t, 0, SHORT_TIME, self->buf, sizeof(self->buf));
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, &self->t));
	/* As if it had not been sent. */
	EXPECT_EQ(ALPC_DONE_CANCELED, self->t.out_done);
	EXPECT_TRUE(IS_POISON(self->buf));
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
}

/*
 * Start a call that times out, and take it before it does; a call that timed
 * out first must have vanished, and the next one gets more time.
 */
#define TAKE_TIMED_CALL(caller, msg) do { \
	long long __timeout = SHORT_TIME; \
	int __err; \
\
	for (;; __timeout *= 2) { \
		call_init(&(caller)->transfer, 0, __timeout, (caller)->in, \
			  sizeof((caller)->in)); \
		ASSERT_EQ(0, alpc_call_start(caller, self->pair.client)); \
		do { \
			__err = alpc_receive_nowait(self->pair.port, msg, self->buf, \
						    sizeof(self->buf)); \
		} while (__err == -EAGAIN && !worker_done(&(caller)->worker)); \
		if (!__err) \
			break; \
		ASSERT_EQ(-ETIMEDOUT, worker_join(&(caller)->worker)); \
		NOTHING(self->pair.port); \
	} \
	ASSERT_EQ(ALPC_REQUEST, (msg)->type); \
} while (0)

struct timed_caller {
	struct worker worker;
	struct alpc_transfer transfer;
	int fd;
	char in[16];
};

static int timed_call(void *arg)
{
	struct timed_caller *caller = arg;

	return alpc_transfer(caller->fd, &caller->transfer);
}

static int alpc_call_start(struct timed_caller *caller, int fd)
{
	caller->fd = fd;
	return worker_start(&caller->worker, timed_call, caller);
}

TEST_F(timeout, taken_call_is_announced_as_cancelled)
{
	struct timed_caller caller;
	struct alpc_msg request, msg;

	TAKE_TIMED_CALL(&caller, &request);
	EXPECT_EQ(-ETIMEDOUT, worker_join(&caller.worker));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, caller.transfer.out_done);

	TAKE(ALPC_CANCELED, self->pair.port, &msg, self->buf);
	EXPECT_EQ(request.id, msg.id);
	EXPECT_EQ(self->pair.context, msg.context);
	EXPECT_EQ(0, msg.len);
	EXPECT_EQ(0, msg.seq);
	EXPECT_EQ(0, msg.cookie);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, request.id, "late", 4));
	EXPECT_EQ(0, alpc_unanswered(self->pair.port));
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* The reply comes after the caller left and before the server was told. */
TEST_F(timeout, abuse_12_reply_to_a_call_that_timed_out_is_reported)
{
	struct timed_caller caller;
	struct alpc_msg request, msg;
	int err;

	TAKE_TIMED_CALL(&caller, &request);
	EXPECT_EQ(-ETIMEDOUT, worker_join(&caller.worker));
	EXPECT_EQ(-ECANCELED, alpc_reply(self->pair.port, request.id, "late", 4));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, request.id, "late", 4));
	/* Told once: by the error, or by a message beside it. */
	err = alpc_receive_nowait(self->pair.port, &msg, self->buf, sizeof(self->buf));
	if (!err) {
		EXPECT_EQ(ALPC_CANCELED, msg.type);
		EXPECT_EQ(request.id, msg.id);
	} else {
		EXPECT_EQ(-EAGAIN, err);
	}
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* --- the reply and the time come together --------------------------------- */

enum { CALLERS = 3, CALLS = 300 };

/* What became of one call, as each of the two sides saw it. */
struct outcome {
	int call;	/* what the caller got */
	int reply;	/* what the server got for its reply, 1 if there was none */
	int canceled;	/* how many notices */
	__u64 id;	/* at the server */
};

struct race {
	struct worker worker;
	int fd;
	unsigned int number;
	struct outcome *outcome;
};

/* Calls whose time is anything from too short to long enough. */
static int race_calls(void *arg)
{
	struct race *race = arg;
	struct alpc_transfer t;
	__u32 call, in;

	for (call = race->number; call < CALLERS * CALLS; call += CALLERS) {
		transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(&t, ALPC_SEND_REQUEST, 0, &call, sizeof(call));
		transfer_receive(&t, &in, sizeof(in));
		t.timeout = (call * 7919) % 400 * 1000;
		race->outcome[call].call = alpc_transfer(race->fd, &t);
		if (!race->outcome[call].call && (in != ~call || t.recv.type != ALPC_REPLY))
			return -EBADMSG;
		if (race->outcome[call].call && (t.out_done & ALPC_DONE_RECEIVED))
			return -EPROTO;
	}
	return 0;
}

/* Answer at once; a message without data ends it. */
static int race_server(void *arg)
{
	struct race *race = arg;
	struct alpc_msg msg;
	__u32 call, answer, i;
	int err;

	for (;;) {
		err = alpc_receive(race->fd, &msg, &call, sizeof(call));
		if (err || msg.type == ALPC_DATAGRAM)
			return err;
		if (msg.type == ALPC_REQUEST) {
			answer = ~call;
			race->outcome[call].id = msg.id;
			race->outcome[call].reply = alpc_reply(race->fd, msg.id, &answer,
							       sizeof(answer));
			continue;
		}
		for (i = 0; i < CALLERS * CALLS && race->outcome[i].id != msg.id; i++)
			;
		if (i == CALLERS * CALLS || msg.type != ALPC_CANCELED)
			return -EBADMSG;
		race->outcome[i].canceled++;
	}
}

TEST_F(timeout, abuse_27_race_with_the_reply_has_one_outcome_on_both_sides)
{
	static struct outcome outcome[CALLERS * CALLS];
	struct race caller[CALLERS], server = { .fd = self->pair.port, .outcome = outcome };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(outcome); i++)
		outcome[i] = (struct outcome){ .reply = 1 };
	ASSERT_EQ(0, worker_start(&server.worker, race_server, &server));
	for (i = 0; i < CALLERS; i++) {
		caller[i] = (struct race){
			.fd = self->pair.client, .number = i, .outcome = outcome,
		};
		ASSERT_EQ(0, worker_start(&caller[i].worker, race_calls, &caller[i]));
	}
	for (i = 0; i < CALLERS; i++)
		EXPECT_EQ(0, worker_join(&caller[i].worker));
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	ASSERT_EQ(0, worker_join(&server.worker));

	for (i = 0; i < ARRAY_SIZE(outcome); i++) {
		struct outcome *o = &outcome[i];

		if (!o->call) {
			ASSERT_EQ(0, o->reply);
			ASSERT_EQ(0, o->canceled);
			continue;
		}
		ASSERT_EQ(-ETIMEDOUT, o->call);
		if (o->reply == 1) {
			ASSERT_EQ(0, o->canceled);
			continue;
		}
		/* The server had it, and was told that nobody waits. */
		ASSERT_TRUE(o->reply == -ECANCELED || o->reply == -ESRCH);
		ASSERT_GE(1, o->canceled);
		ASSERT_TRUE(o->reply == -ECANCELED || o->canceled == 1);
	}
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_HARNESS_MAIN
