// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: what becomes of a request that somebody cancels, or waits for by its id,
 * in each of its states.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../cancel.h"

#include "../deliver.h"
#include "../reply.h"
#include "../shutdown.h"
#include "fixture.h"

/* An asynchronous request of the client's. */
struct asked {
	struct alpc_fixture *f;
	struct alpc_end *client, *server;
	u64 out_id;	/* as the client knows it */
	u64 id;		/* as the server knows it, once it has received it */
};

static struct asked ask(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct asked q = {
		.f = f, .client = &f->conn[0]->client, .server = &f->port->end,
	};
	struct alpc_actor *a = alpc_actor(f, q.client);

	KUNIT_ASSERT_EQ(test, alpc_actor_send(a, ALPC_SEND_REQUEST, 0, 8), 0);
	q.out_id = a->x.out_id;
	return q;
}

static struct asked ask_and_receive(struct kunit *test)
{
	struct asked q = ask(test);
	struct alpc_actor *a = alpc_fixture_receive(q.f, q.server);

	q.id = alpc_actor_got(a)->id;
	alpc_actor_done(a);
	return q;
}

static int cancel(const struct asked *q)
{
	struct alpc_cancel arg = { .id = q->out_id };

	return alpc_cancel(q->client, &arg) ?: arg.out_state;
}

static int reject(const struct asked *q)
{
	struct alpc_cancel arg = {
		.flags = ALPC_CANCEL_RECEIVED,
		.id = q->id,
	};

	return alpc_cancel(q->server, &arg) ?: arg.out_state;
}

static int reply(const struct asked *q)
{
	return alpc_actor_reply(alpc_actor(q->f, q->server), q->id, 0);
}

/* Nothing is left of it, on either side. */
static void expect_nothing(struct kunit *test, const struct asked *q)
{
	KUNIT_EXPECT_EQ(test, cancel(q), -ESRCH);
	KUNIT_EXPECT_EQ(test, reject(q), -ESRCH);
	KUNIT_EXPECT_EQ(test, q->client->unanswered, 0);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&q->client->sent));
	KUNIT_EXPECT_EQ(test, q->client->own->length, 0);
	KUNIT_EXPECT_EQ(test, q->client->own->pending.count, 0);
	alpc_fixture_expect_empty(test);
}

static void queued_request_is_not_known_to_its_receiver(struct kunit *test)
{
	struct asked q = ask(test);

	q.id = q.f->port->queue.last_id;
	KUNIT_EXPECT_EQ(test, reject(&q), -ESRCH);
	KUNIT_EXPECT_EQ(test, cancel(&q), ALPC_CANCELED_QUEUED);
	expect_nothing(test, &q);
}

static void received_request_becomes_the_notice(struct kunit *test)
{
	struct asked q = ask_and_receive(test);

	KUNIT_EXPECT_EQ(test, cancel(&q), ALPC_CANCELED_TAKEN);
	/* Outstanding until the other side has heard of it. */
	KUNIT_EXPECT_EQ(test, q.client->unanswered, 1);
	KUNIT_EXPECT_EQ(test, cancel(&q), -ESRCH);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(q.f, q.server),
			ALPC_CANCELED);
	expect_nothing(test, &q);
}

static void who_replies_to_a_cancelled_request_gets_no_notice(struct kunit *test)
{
	struct asked q = ask_and_receive(test);

	KUNIT_EXPECT_EQ(test, cancel(&q), ALPC_CANCELED_TAKEN);
	KUNIT_EXPECT_EQ(test, reply(&q), -ECANCELED);
	expect_nothing(test, &q);
}

static void request_that_is_being_answered_is_its_threads(struct kunit *test)
{
	struct asked q = ask_and_receive(test);
	struct alpc_message *m = alpc_request_claim(q.server, q.id,
						    ALPC_REQUEST, NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(m));
	KUNIT_EXPECT_EQ(test, reject(&q), -ESRCH);
	KUNIT_EXPECT_EQ(test, cancel(&q), ALPC_CANCELED_TAKEN);
	KUNIT_EXPECT_EQ(test, cancel(&q), -ESRCH);
	KUNIT_EXPECT_EQ(test, alpc_request_unclaim(q.server, m), -ECANCELED);
	expect_nothing(test, &q);
}

static void answered_request_is_too_late(struct kunit *test)
{
	struct asked q = ask_and_receive(test);

	KUNIT_EXPECT_EQ(test, reply(&q), 0);
	KUNIT_EXPECT_EQ(test, cancel(&q), -EALREADY);
	KUNIT_EXPECT_EQ(test, reject(&q), -ESRCH);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(q.f, q.client),
			ALPC_REPLY);
	expect_nothing(test, &q);
}

static void rejected_request_comes_back(struct kunit *test)
{
	struct asked q = ask_and_receive(test);
	const struct alpc_delivery *d;
	struct alpc_actor *a;

	KUNIT_EXPECT_EQ(test, reject(&q), ALPC_CANCELED_TAKEN);
	KUNIT_EXPECT_EQ(test, reject(&q), -ESRCH);
	KUNIT_EXPECT_EQ(test, q.client->unanswered, 1);
	a = alpc_fixture_receive(q.f, q.client);
	d = alpc_actor_got(a);
	KUNIT_EXPECT_EQ(test, d->type, ALPC_CANCELED);
	KUNIT_EXPECT_EQ(test, d->id, q.out_id);
	KUNIT_EXPECT_EQ(test, d->len, 0);
	KUNIT_EXPECT_EQ(test, d->seq, 0);
	/* As if it had not been received; then it is the same again. */
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, q.client->unanswered, 1);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(q.f, q.client),
			ALPC_CANCELED);
	expect_nothing(test, &q);
}

static void second_side_to_cancel_gets_no_notice(struct kunit *test)
{
	struct asked q = ask_and_receive(test);

	KUNIT_EXPECT_EQ(test, reject(&q), ALPC_CANCELED_TAKEN);
	KUNIT_EXPECT_EQ(test, cancel(&q), -ECANCELED);
	expect_nothing(test, &q);
	q = ask_and_receive(test);
	KUNIT_EXPECT_EQ(test, cancel(&q), ALPC_CANCELED_TAKEN);
	KUNIT_EXPECT_EQ(test, reject(&q), -ECANCELED);
	expect_nothing(test, &q);
}

/* The receiver's thread could not copy it out, and somebody cancelled meanwhile. */
static void request_nobody_saw_needs_no_notice(struct kunit *test)
{
	struct asked q = ask(test);
	struct alpc_actor *a = alpc_fixture_receive(q.f, q.server);

	q.id = alpc_actor_got(a)->id;
	KUNIT_EXPECT_EQ(test, cancel(&q), ALPC_CANCELED_TAKEN);
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	expect_nothing(test, &q);

	q = ask(test);
	a = alpc_fixture_receive(q.f, q.server);
	q.id = alpc_actor_got(a)->id;
	KUNIT_EXPECT_EQ(test, reject(&q), ALPC_CANCELED_TAKEN);
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(q.f, q.client),
			ALPC_CANCELED);
	expect_nothing(test, &q);
}

/* --- waiting for one reply ------------------------------------------------- */

static void waiter_is_handed_its_reply(struct kunit *test)
{
	struct asked one = ask_and_receive(test), two = ask_and_receive(test);
	struct alpc_actor *a = alpc_actor(one.f, one.client);

	a->x.recv.len = U32_MAX;
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(a, two.out_id), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(alpc_actor(one.f, one.client),
					      two.out_id), -EBUSY);
	KUNIT_EXPECT_EQ(test, reply(&one), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, reply(&two), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->id, two.out_id);
	alpc_actor_done(a);
	KUNIT_EXPECT_EQ(test, one.client->unanswered, 1);
	/* The other one is in the queue, and is taken out of it. */
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(a, one.out_id), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->id, one.out_id);
	alpc_actor_done(a);
	expect_nothing(test, &one);
	expect_nothing(test, &two);
}

static void reply_that_a_waiter_cannot_use_is_anybodys(struct kunit *test)
{
	struct asked one = ask_and_receive(test), two = ask_and_receive(test);
	struct alpc_actor *a = alpc_actor(one.f, one.client);
	struct alpc_actor *b;

	a->x.recv.len = U32_MAX;
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(a, two.out_id), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, reply(&one), 0);
	KUNIT_EXPECT_EQ(test, reply(&two), 0);
	alpc_actor_undo(a, ALPC_UNDO_REPLY);
	KUNIT_EXPECT_EQ(test, one.client->unanswered, 2);
	KUNIT_EXPECT_EQ(test, cancel(&two), -EALREADY);
	b = alpc_fixture_receive(one.f, one.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(b)->id, two.out_id);
	alpc_actor_done(b);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(one.f, one.client),
			ALPC_REPLY);
	expect_nothing(test, &one);
}

static void waiter_hears_of_a_cancellation(struct kunit *test)
{
	struct asked q = ask_and_receive(test);
	struct alpc_actor *a = alpc_actor(q.f, q.client);

	KUNIT_ASSERT_EQ(test, alpc_actor_wait(a, q.out_id), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, reject(&q), ALPC_CANCELED_TAKEN);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a), -ECANCELED);
	expect_nothing(test, &q);

	q = ask_and_receive(test);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(a, q.out_id), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, cancel(&q), ALPC_CANCELED_TAKEN);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a), -ECANCELED);
	KUNIT_EXPECT_FALSE(test, a->op.w.unseen);
	KUNIT_EXPECT_EQ(test, reject(&q), -ECANCELED);
	expect_nothing(test, &q);

	/* Who comes later is told instead of the notice. */
	q = ask_and_receive(test);
	KUNIT_EXPECT_EQ(test, reject(&q), ALPC_CANCELED_TAKEN);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(a, q.out_id), -ECANCELED);
	expect_nothing(test, &q);
}

static void caller_hears_whether_it_was_received(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct asked q = {
		.f = f, .client = &f->conn[0]->client, .server = &f->port->end,
	};
	struct alpc_actor *a = alpc_fixture_call(f, q.client);

	q.out_id = a->x.out_id;
	KUNIT_EXPECT_EQ(test, cancel(&q), ALPC_CANCELED_QUEUED);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a), -ECANCELED);
	KUNIT_EXPECT_TRUE(test, a->op.w.unseen);
	expect_nothing(test, &q);
}

static void end_of_the_connection_ends_the_wait(struct kunit *test)
{
	struct asked q = ask_and_receive(test);
	struct alpc_actor *a = alpc_actor(q.f, q.client);

	KUNIT_ASSERT_EQ(test, alpc_actor_wait(a, q.out_id), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, alpc_disconnect(q.client), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a), -EPIPE);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(a, q.out_id), -EPIPE);
	KUNIT_EXPECT_EQ(test, q.client->unanswered, 0);
}

static struct kunit_case request_cases[] = {
	KUNIT_CASE(queued_request_is_not_known_to_its_receiver),
	KUNIT_CASE(received_request_becomes_the_notice),
	KUNIT_CASE(who_replies_to_a_cancelled_request_gets_no_notice),
	KUNIT_CASE(request_that_is_being_answered_is_its_threads),
	KUNIT_CASE(answered_request_is_too_late),
	KUNIT_CASE(rejected_request_comes_back),
	KUNIT_CASE(second_side_to_cancel_gets_no_notice),
	KUNIT_CASE(request_nobody_saw_needs_no_notice),
	KUNIT_CASE(waiter_is_handed_its_reply),
	KUNIT_CASE(reply_that_a_waiter_cannot_use_is_anybodys),
	KUNIT_CASE(waiter_hears_of_a_cancellation),
	KUNIT_CASE(caller_hears_whether_it_was_received),
	KUNIT_CASE(end_of_the_connection_ends_the_wait),
	{}
};

static struct kunit_suite request_suite = {
	.name = "alpc_request",
	.init = alpc_fixture_init_connected,
	.test_cases = request_cases,
};

kunit_test_suite(request_suite);
