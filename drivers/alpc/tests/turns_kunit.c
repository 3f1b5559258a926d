// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: how several senders share a queue: turns, and room when it is full.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../queue.h"

#include "../shutdown.h"
#include "fixture.h"

/* Two clients; the limit is four messages, so the share of each is two. */
static int turns_init(struct kunit *test)
{
	int ret = alpc_fixture_init(test);

	if (!ret) {
		alpc_fixture_connect(test->priv);
		alpc_fixture_connect(test->priv);
	}
	return ret;
}

static struct alpc_end *client(struct kunit *test, unsigned int i)
{
	struct alpc_fixture *f = test->priv;

	return &f->conn[i]->client;
}

static void post(struct kunit *test, unsigned int i, unsigned int count)
{
	while (count--)
		alpc_fixture_datagram(test->priv, client(test, i), 1);
}

/* Whose message is the next? */
static int next(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_fixture_receive(f, &f->port->end);
	int i = alpc_actor_got(a)->context - ALPC_FIXTURE_CONTEXT;

	alpc_actor_done(a);
	return i;
}

static struct alpc_actor *blocked_sender(struct kunit *test, unsigned int i)
{
	struct alpc_actor *a = alpc_actor(test->priv, client(test, i));

	KUNIT_ASSERT_EQ(test, alpc_actor_send(a, 0, 0, 1), -EINPROGRESS);
	return a;
}

static void senders_take_turns(struct kunit *test)
{
	post(test, 0, 3);
	post(test, 1, 2);
	KUNIT_EXPECT_EQ(test, next(test), 0);
	KUNIT_EXPECT_EQ(test, next(test), 1);
	KUNIT_EXPECT_EQ(test, next(test), 0);
	KUNIT_EXPECT_EQ(test, next(test), 1);
	KUNIT_EXPECT_EQ(test, next(test), 0);
}

static void who_begins_again_comes_last(struct kunit *test)
{
	post(test, 0, 2);
	KUNIT_EXPECT_EQ(test, next(test), 0);
	post(test, 1, 1);
	KUNIT_EXPECT_EQ(test, next(test), 0);
	post(test, 0, 1);
	KUNIT_EXPECT_EQ(test, next(test), 1);
	KUNIT_EXPECT_EQ(test, next(test), 0);
}

static void message_that_is_put_back_has_the_turn(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a;

	post(test, 0, 2);
	post(test, 1, 2);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->seq, 2);
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->seq, 2);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->context, ALPC_FIXTURE_CONTEXT);
	alpc_actor_done(a);
	KUNIT_EXPECT_EQ(test, next(test), 1);
	KUNIT_EXPECT_EQ(test, next(test), 0);
	KUNIT_EXPECT_EQ(test, next(test), 1);
}

static void full_queue_has_room_for_a_share(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	post(test, 0, ALPC_FIXTURE_MESSAGES);
	KUNIT_EXPECT_FALSE(test, alpc_queue_is_open(&f->port->queue));
	KUNIT_EXPECT_FALSE(test, alpc_end_has_share(client(test, 0)));
	KUNIT_EXPECT_TRUE(test, alpc_end_has_share(client(test, 1)));
	post(test, 1, ALPC_FIXTURE_MESSAGES / 2);
	KUNIT_EXPECT_FALSE(test, alpc_end_has_share(client(test, 1)));
	KUNIT_EXPECT_EQ(test, f->port->queue.count, ALPC_FIXTURE_MESSAGES * 3 / 2);
}

static void share_is_of_bytes_as_well(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	post(test, 0, ALPC_FIXTURE_MESSAGES);
	alpc_fixture_datagram(f, client(test, 1), ALPC_FIXTURE_MESSAGE);
	KUNIT_EXPECT_TRUE(test, alpc_end_has_share(client(test, 1)));
	f->conn[1]->to_server.bytes = ALPC_FIXTURE_BYTES / 2;
	KUNIT_EXPECT_FALSE(test, alpc_end_has_share(client(test, 1)));
	f->conn[1]->to_server.bytes = ALPC_FIXTURE_MESSAGE;
}

static void room_in_a_share_goes_to_who_waits_for_it(struct kunit *test)
{
	struct alpc_actor *third, *fourth;

	post(test, 0, ALPC_FIXTURE_MESSAGES);
	post(test, 1, 2);
	third = blocked_sender(test, 1);
	fourth = blocked_sender(test, 1);
	KUNIT_EXPECT_FALSE(test, alpc_end_has_share(client(test, 1)));
	KUNIT_EXPECT_EQ(test, next(test), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(third), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, next(test), 1);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(third), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(fourth), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, alpc_actor_retry(third), 0);
}

static void who_is_gone_leaves_a_larger_share(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, f->port->queue.sharers, 2);
	alpc_end_release(&f->conn[1]->server);
	KUNIT_EXPECT_EQ(test, f->port->queue.sharers, 1);
	post(test, 0, ALPC_FIXTURE_MESSAGES - 1);
	KUNIT_EXPECT_TRUE(test, alpc_end_has_share(client(test, 0)));
	post(test, 0, 1);
	KUNIT_EXPECT_FALSE(test, alpc_end_has_share(client(test, 0)));
}

static struct kunit_case turns_cases[] = {
	KUNIT_CASE(senders_take_turns),
	KUNIT_CASE(who_begins_again_comes_last),
	KUNIT_CASE(message_that_is_put_back_has_the_turn),
	KUNIT_CASE(full_queue_has_room_for_a_share),
	KUNIT_CASE(share_is_of_bytes_as_well),
	KUNIT_CASE(room_in_a_share_goes_to_who_waits_for_it),
	KUNIT_CASE(who_is_gone_leaves_a_larger_share),
	{}
};

static struct kunit_suite turns_suite = {
	.name = "alpc_turns",
	.init = turns_init,
	.test_cases = turns_cases,
};

kunit_test_suite(turns_suite);
