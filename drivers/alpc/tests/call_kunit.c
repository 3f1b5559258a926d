// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: calls and the callbacks made in them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../transfer.h"

#include "../shutdown.h"
#include "fixture.h"

/* Another of the server's threads answers. */
static int reply(struct alpc_played_call *c, u64 id)
{
	return alpc_actor_reply(alpc_actor(c->f, &c->f->port->end), id, 0);
}

static void callback_comes_to_the_thread_that_calls(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	const struct alpc_delivery *d;

	alpc_fixture_call_back(&c);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(c.client), 0);
	d = alpc_actor_got(c.client);
	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_EXPECT_EQ(test, d->type, ALPC_REQUEST);
	KUNIT_EXPECT_EQ(test, d->flags, ALPC_MSG_CALLBACK);
	KUNIT_EXPECT_EQ(test, d->call, c.out_id);
	KUNIT_EXPECT_EQ(test, d->msg->depth, 1);
	KUNIT_EXPECT_EQ(test, c.conn->queue.length, 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(c.server), -EINPROGRESS);
}

static void call_goes_on_after_its_callback(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	u64 id;

	alpc_fixture_call_back(&c);
	id = alpc_actor_got(c.client)->id;
	alpc_actor_done(c.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(c.client, id, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(c.server), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(c.client, c.out_id),
			-EINPROGRESS);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.conn->queue.detached));
	KUNIT_EXPECT_EQ(test, reply(&c, c.id), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(c.client), 0);
	KUNIT_ASSERT_NOT_NULL(test, alpc_actor_got(c.client));
	KUNIT_EXPECT_EQ(test, alpc_actor_got(c.client)->type, ALPC_REPLY);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(c.client)->id, c.out_id);
	KUNIT_EXPECT_EQ(test, c.conn->client.unanswered, 0);
}

static void reply_waits_for_the_end_of_the_callback(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);

	alpc_fixture_call_back(&c);
	alpc_actor_done(c.client);
	KUNIT_EXPECT_EQ(test, reply(&c, c.id), 0);
	/* No other thread of the client can receive it. */
	KUNIT_EXPECT_TRUE(test, list_empty(&c.conn->queue.ready));
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(c.client, c.out_id), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(c.client)->type, ALPC_REPLY);
}

static void only_the_call_itself_can_be_waited_for(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	struct alpc_conn *other = alpc_fixture_connect(c.f);
	struct alpc_actor *a = alpc_actor(c.f, &c.conn->client);

	/* Its thread still waits. */
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(a, c.out_id), -ESRCH);
	alpc_fixture_call_back(&c);
	alpc_actor_done(c.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(a, c.out_id + 1), -ESRCH);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(alpc_actor(c.f, &other->client),
					      c.out_id), -ESRCH);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(a, c.out_id), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(c.client, c.out_id), -ESRCH);
}

static void waiting_after_the_end_is_epipe(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);

	alpc_fixture_call_back(&c);
	alpc_actor_done(c.client);
	KUNIT_ASSERT_EQ(test, alpc_disconnect(&c.conn->server), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(c.client, c.out_id), -EPIPE);
	KUNIT_EXPECT_EQ(test, c.conn->client.unanswered, 0);
}

static void callback_that_did_not_fit_comes_before_the_reply(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	u64 id;

	alpc_fixture_call_back(&c);
	id = alpc_actor_got(c.client)->id;
	alpc_actor_undo(c.client, ALPC_UNDO_CALL);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.conn->queue.ready));
	KUNIT_EXPECT_EQ(test, c.conn->queue.pending.count, 0);
	KUNIT_ASSERT_EQ(test, reply(&c, c.id), 0);

	KUNIT_ASSERT_EQ(test, alpc_actor_wait(c.client, c.out_id), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(c.client)->flags,
			ALPC_MSG_CALLBACK);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(c.client)->id, id);
	alpc_actor_done(c.client);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(c.client, c.out_id), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(c.client)->type, ALPC_REPLY);
}

static void reply_that_did_not_fit_stays_with_the_call(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	int i;

	KUNIT_ASSERT_EQ(test, reply(&c, c.id), 0);
	for (i = 0; i < 3; i++) {
		alpc_actor_undo(c.client, ALPC_UNDO_CALL);
		KUNIT_EXPECT_TRUE(test, list_empty(&c.conn->queue.ready));
		KUNIT_ASSERT_EQ(test, alpc_actor_wait(c.client, c.out_id), 0);
		KUNIT_EXPECT_EQ(test, alpc_actor_got(c.client)->type,
				ALPC_REPLY);
	}
	alpc_actor_done(c.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(c.client, c.out_id), -ESRCH);
	KUNIT_EXPECT_EQ(test, c.conn->client.unanswered, 0);
}

static void one_callback_at_a_time_is_made_in_a_call(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	struct alpc_actor *a = alpc_actor(c.f, &c.conn->server);
	u64 id;

	alpc_fixture_call_back(&c);
	id = alpc_actor_got(c.client)->id;
	alpc_actor_done(c.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_call(a, ALPC_SEND_CALLBACK, c.id, 0),
			-EBUSY);
	/* Going on to wait is no answer. */
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(c.client, c.out_id),
			-EINPROGRESS);
	KUNIT_EXPECT_EQ(test, alpc_actor_call(a, ALPC_SEND_CALLBACK, c.id, 0),
			-EBUSY);
	KUNIT_ASSERT_EQ(test, alpc_actor_reply(alpc_actor(c.f,
							  &c.conn->client),
					       id, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_call(a, ALPC_SEND_CALLBACK, c.id, 0),
			0);
	KUNIT_EXPECT_NOT_NULL(test, alpc_actor_got(c.client));
}

static void callback_needs_a_request_to_be_made_in(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	struct alpc_actor *a = alpc_actor(c.f, &c.f->port->end);
	struct alpc_actor *asks;

	KUNIT_EXPECT_EQ(test, alpc_actor_call(a, ALPC_SEND_CALLBACK, c.id + 1,
					      0), -ESRCH);
	alpc_fixture_ask(c.f);
	asks = alpc_fixture_receive(c.f, &c.f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_call(a, ALPC_SEND_CALLBACK,
					      alpc_actor_got(asks)->id, 0),
			-EBADMSG);
	alpc_actor_cancel(c.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_call(a, ALPC_SEND_CALLBACK, c.id, 0),
			-ECANCELED);
}

/* Each side in turn calls back in what it was given. */
static void callbacks_are_nested_so_deep(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	struct alpc_actor *from = c.server, *to = c.client;
	u64 id = c.id;
	int i;

	for (i = 1; i <= ALPC_CALLBACK_DEPTH_MAX; i++) {
		KUNIT_ASSERT_EQ(test, alpc_actor_call(from, ALPC_SEND_CALLBACK,
						      id, 0), 0);
		KUNIT_ASSERT_NOT_NULL(test, alpc_actor_got(to));
		KUNIT_EXPECT_EQ(test, alpc_actor_got(to)->msg->depth, i);
		id = alpc_actor_got(to)->id;
		alpc_actor_done(to);
		swap(from, to);
	}
	KUNIT_EXPECT_EQ(test, alpc_actor_call(from, ALPC_SEND_CALLBACK, id, 0),
			-EDEADLK);
}

static void callback_to_nobody_who_waits_is_queued(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	struct alpc_actor *asks = alpc_actor(f, &conn->client);
	struct alpc_actor *a;

	KUNIT_ASSERT_EQ(test, alpc_actor_send(asks, ALPC_SEND_REQUEST, 0, 8),
			0);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_call(alpc_actor(f, &f->port->end),
					      ALPC_SEND_CALLBACK,
					      alpc_actor_got(a)->id, 8), 0);
	a = alpc_fixture_receive(f, &conn->client);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->flags, ALPC_MSG_CALLBACK);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->call, asks->x.out_id);
}

static void requests_without_an_answer_are_limited(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	struct alpc_actor *a = alpc_actor(c.f, &c.conn->client);

	c.conn->client.unanswered = ALPC_UNANSWERED_MAX;
	c.conn->server.unanswered = ALPC_UNANSWERED_MAX;
	KUNIT_EXPECT_EQ(test, alpc_actor_send(a, ALPC_SEND_REQUEST, 0, 0),
			-EDQUOT);
	KUNIT_EXPECT_EQ(test, alpc_actor_send(c.server, ALPC_SEND_CALLBACK,
					      c.id, 0), -EDQUOT);
	/* What wants no answer can be sent. */
	KUNIT_EXPECT_EQ(test, alpc_actor_send(a, 0, 0, 0), 0);
	c.conn->client.unanswered = ALPC_UNANSWERED_MAX - 1;
	c.conn->server.unanswered = 0;
	KUNIT_EXPECT_EQ(test, alpc_actor_send(a, ALPC_SEND_REQUEST, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, c.conn->client.unanswered, ALPC_UNANSWERED_MAX);
	c.conn->client.unanswered = 1;
}

/* Or else a client could leave any number of calls lying in callbacks. */
static void call_without_its_thread_counts(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);

	KUNIT_EXPECT_EQ(test, c.conn->client.unanswered, 0);
	alpc_fixture_call_back(&c);
	KUNIT_EXPECT_EQ(test, c.conn->client.unanswered, 1);
	alpc_actor_done(c.client);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(c.client, c.out_id),
			-EINPROGRESS);
	KUNIT_EXPECT_EQ(test, c.conn->client.unanswered, 0);
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE(callback_comes_to_the_thread_that_calls),
	KUNIT_CASE(call_goes_on_after_its_callback),
	KUNIT_CASE(reply_waits_for_the_end_of_the_callback),
	KUNIT_CASE(only_the_call_itself_can_be_waited_for),
	KUNIT_CASE(waiting_after_the_end_is_epipe),
	KUNIT_CASE(callback_that_did_not_fit_comes_before_the_reply),
	KUNIT_CASE(reply_that_did_not_fit_stays_with_the_call),
	KUNIT_CASE(one_callback_at_a_time_is_made_in_a_call),
	KUNIT_CASE(callback_needs_a_request_to_be_made_in),
	KUNIT_CASE(callbacks_are_nested_so_deep),
	KUNIT_CASE(callback_to_nobody_who_waits_is_queued),
	KUNIT_CASE(requests_without_an_answer_are_limited),
	KUNIT_CASE(call_without_its_thread_counts),
	{}
};

static struct kunit_suite call_suite = {
	.name = "alpc_call",
	.init = alpc_fixture_init_connected,
	.test_cases = call_cases,
};

kunit_test_suite(call_suite);
