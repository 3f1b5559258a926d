// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: calls that are given up, and what goes with them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../reply.h"

#include "../shutdown.h"
#include "fixture.h"

static void call_that_nobody_took_vanishes(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller = alpc_fixture_call(f, &f->conn[0]->client);

	KUNIT_ASSERT_EQ(test, f->port->queue.count, 1);
	alpc_actor_cancel(caller);
	KUNIT_EXPECT_TRUE(test, list_empty(&f->port->queue.ready));
	KUNIT_EXPECT_EQ(test, f->port->queue.count, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.bytes, 0);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&f->conn[0]->client.sent));
}

static void cancelled_call_takes_its_callbacks_along(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	u64 id;

	alpc_fixture_call_back(&c);
	id = alpc_actor_got(c.client)->id;
	alpc_actor_done(c.client);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(c.client, c.out_id),
			-EINPROGRESS);
	alpc_actor_cancel(c.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(c.server), -ECANCELED);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(c.client, id, 0), -ESRCH);
	KUNIT_EXPECT_EQ(test, c.conn->queue.pending.count, 0);
	/* The call was received, so the server is told. */
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(c.f, &c.f->port->end),
			ALPC_CANCELED);
	KUNIT_EXPECT_EQ(test, c.f->port->queue.pending.count, 0);
}

static void callbacks_of_other_calls_stay(struct kunit *test)
{
	struct alpc_played_call one = alpc_fixture_played_call(test->priv);
	struct alpc_played_call two = alpc_fixture_played_call(test->priv);

	alpc_fixture_call_back(&one);
	alpc_fixture_call_back(&two);
	alpc_actor_done(one.client);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(one.client, one.out_id),
			-EINPROGRESS);
	alpc_actor_cancel(one.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(one.server), -ECANCELED);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(two.server), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test,
			alpc_actor_reply(alpc_actor(two.f, &two.conn->client),
					 alpc_actor_got(two.client)->id, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(two.server), 0);
}

/*
 * A call, a callback in it, and a callback in that: each thread handles what the
 * other side wants of it. A third thread gives up the outermost call.
 */
static struct alpc_played_call cancelled_nest(struct kunit *test,
					      u64 *callback)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	struct alpc_actor *a = alpc_actor(c.f, &c.conn->client);
	u64 id;

	alpc_fixture_call_back(&c);
	*callback = c.server->x.out_id;
	id = alpc_actor_got(c.client)->id;
	alpc_actor_done(c.client);
	KUNIT_ASSERT_EQ(test, alpc_actor_call(c.client, ALPC_SEND_CALLBACK, id,
					      0), 0);
	KUNIT_ASSERT_NOT_NULL(test, alpc_actor_got(c.server));
	alpc_actor_done(c.server);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(a, c.out_id), -EINPROGRESS);
	alpc_actor_cancel(a);
	return c;
}

static void nested_callbacks_are_taken_along(struct kunit *test)
{
	u64 callback;
	struct alpc_played_call c = cancelled_nest(test, &callback);

	KUNIT_EXPECT_EQ(test, alpc_actor_result(c.client), -ECANCELED);
	/* The server's thread is told when it comes back to its callback. */
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(c.server, callback), -ECANCELED);
	KUNIT_EXPECT_EQ(test, alpc_actor_wait(c.server, callback), -ESRCH);
	KUNIT_EXPECT_EQ(test, c.conn->queue.pending.count, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&c.f->port->queue.detached));
	KUNIT_EXPECT_EQ(test, c.conn->server.unanswered, 0);
}

static void thread_that_never_comes_back_leaves_nothing(struct kunit *test)
{
	u64 callback;
	struct alpc_played_call c = cancelled_nest(test, &callback);

	alpc_end_release(&c.conn->server);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&c.conn->server.sent));
	KUNIT_EXPECT_TRUE(test, list_empty(&c.f->port->queue.detached));
	KUNIT_EXPECT_EQ(test, c.conn->server.unanswered, 0);
}

static void callback_that_is_being_answered_says_so(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	struct alpc_end *client;
	struct alpc_message *m;
	u64 id;

	client = &c.conn->client;
	alpc_fixture_call_back(&c);
	id = alpc_actor_got(c.client)->id;
	alpc_actor_done(c.client);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(c.client, c.out_id),
			-EINPROGRESS);
	m = alpc_request_claim(client, id, ALPC_REQUEST, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m));
	alpc_actor_cancel(c.client);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(c.server), -ECANCELED);
	KUNIT_EXPECT_EQ(test, alpc_request_unclaim(client, m), -ECANCELED);
	KUNIT_EXPECT_EQ(test, c.conn->queue.pending.count, 0);
}

static struct kunit_case cancel_cases[] = {
	KUNIT_CASE(call_that_nobody_took_vanishes),
	KUNIT_CASE(cancelled_call_takes_its_callbacks_along),
	KUNIT_CASE(callbacks_of_other_calls_stay),
	KUNIT_CASE(nested_callbacks_are_taken_along),
	KUNIT_CASE(thread_that_never_comes_back_leaves_nothing),
	KUNIT_CASE(callback_that_is_being_answered_says_so),
	{}
};

static struct kunit_suite cancel_suite = {
	.name = "alpc_cancel",
	.init = alpc_fixture_init_connected,
	.test_cases = cancel_cases,
};

kunit_test_suite(cancel_suite);
