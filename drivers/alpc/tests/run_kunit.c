// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: runs of plain messages, where they meet the queue.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../vector.h"

#include "../deliver.h"
#include "../transfer.h"
#include "queue_fixture.h"

/* Messages of the client that are filled, each with a byte for its length. */
static struct alpc_chain prepared(struct kunit *test, u32 count, u32 len)
{
	struct alpc_message *m, *none = NULL;
	struct alpc_end *from = client(test);
	struct alpc_chain run = {};

	while (run.count < count) {
		m = alpc_message_alloc(&none, from->user, 0);
		KUNIT_ASSERT_FALSE(test, IS_ERR(m));
		KUNIT_ASSERT_EQ(test, alpc_ident_renew(&m->sender,
						       &from->idents), 0);
		m->type = ALPC_DATAGRAM;
		m->len = len;
		memset(m->data, 0, len);
		alpc_chain_add(&run, m);
	}
	return run;
}

/* Return: how many were not posted. */
static u32 post(struct kunit *test, u32 count, u32 len)
{
	struct alpc_chain run = prepared(test, count, len);
	struct alpc_end *end = client(test);
	struct alpc_message *m;
	struct alpc_work work;
	u32 left;

	alpc_work_begin(&work, end->port);
	alpc_send_run(end, &run, &work.wake);
	alpc_work_end(&work, end->port);
	left = run.count;
	while ((m = alpc_chain_pop(&run))) {
		KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_NEW);
		KUNIT_EXPECT_TRUE(test, hlist_unhashed(&m->sent));
		alpc_message_put(m);
	}
	return left;
}

static u64 next_seq(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_fixture_receive(f, &f->port->end);
	u64 seq = alpc_actor_got(a)->seq;

	alpc_actor_done(a);
	return seq;
}

static void waits_in_order_and_is_counted(struct kunit *test)
{
	u64 seq = client(test)->seq;
	struct alpc_queue *q = queue(test);

	KUNIT_EXPECT_EQ(test, post(test, 3, 7), 0);
	KUNIT_EXPECT_EQ(test, q->length, 3);
	KUNIT_EXPECT_EQ(test, q->size, 21);
	KUNIT_EXPECT_EQ(test, q->count, 3);
	KUNIT_EXPECT_EQ(test, q->bytes, 21);
	KUNIT_EXPECT_EQ(test, alpc_end_backlog(client(test))->count, 3);
	KUNIT_EXPECT_EQ(test, alpc_end_backlog(client(test))->bytes, 21);
	KUNIT_EXPECT_EQ(test, next_seq(test), seq + 1);
	KUNIT_EXPECT_EQ(test, next_seq(test), seq + 2);
	KUNIT_EXPECT_EQ(test, next_seq(test), seq + 3);
	KUNIT_EXPECT_EQ(test, q->count, 0);
	KUNIT_EXPECT_EQ(test, q->bytes, 0);
	alpc_fixture_expect_empty(test);
}

/* Behind what waits already, and before what is sent later. */
static void keeps_its_place_among_others(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u64 seq = client(test)->seq;
	int i;

	alpc_fixture_datagram(f, client(test), 1);
	KUNIT_EXPECT_EQ(test, post(test, 2, 1), 0);
	alpc_fixture_datagram(f, client(test), 1);
	for (i = 1; i <= 4; i++)
		KUNIT_EXPECT_EQ(test, next_seq(test), seq + i);
	alpc_fixture_expect_empty(test);
}

static void ends_with_the_room(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, post(test, ALPC_FIXTURE_MESSAGES + 3, 1), 3);
	KUNIT_EXPECT_EQ(test, queue(test)->length, ALPC_FIXTURE_MESSAGES);
	/* Its share is for who sends one message. */
	KUNIT_EXPECT_EQ(test, post(test, 1, 1), 1);
}

/* Of 1000 bytes: the last one may go beyond them, and none after it. */
static void ends_with_the_bytes(struct kunit *test)
{
	struct alpc_queue *q = queue(test);

	q->max_count = 100;
	KUNIT_EXPECT_EQ(test, post(test, 10, ALPC_MESSAGE_INLINE), 6);
	KUNIT_EXPECT_EQ(test, q->bytes, 4 * ALPC_MESSAGE_INLINE);
	KUNIT_EXPECT_EQ(test, alpc_queue_room(q, ALPC_MESSAGE_INLINE), 0);
}

static void room_is_certain(struct kunit *test)
{
	struct alpc_queue *q = queue(test);

	q->max_count = 100;
	KUNIT_EXPECT_EQ(test, alpc_queue_room(q, 256), 4);
	q->bytes = 999;
	KUNIT_EXPECT_EQ(test, alpc_queue_room(q, 256), 1);
	q->bytes = 1000;
	KUNIT_EXPECT_EQ(test, alpc_queue_room(q, 256), 0);
	q->bytes = 0;
	q->count = 98;
	KUNIT_EXPECT_EQ(test, alpc_queue_room(q, 256), 2);
	q->count = 0;
}

/* Who waits for room is not overtaken. */
static void stands_back_behind_who_waits(struct kunit *test)
{
	struct alpc_actor *a = alpc_actor(test->priv, client(test));
	struct alpc_queue *q = queue(test);

	KUNIT_EXPECT_EQ(test, post(test, ALPC_FIXTURE_MESSAGES, 1), 0);
	KUNIT_ASSERT_EQ(test, alpc_actor_send(a, 0, 0, 1), -EINPROGRESS);
	q->max_count++;
	KUNIT_EXPECT_EQ(test, post(test, 1, 1), 1);
	q->max_count--;
}

static void goes_to_those_who_wait_first(struct kunit *test)
{
	struct alpc_actor *first = receiver(test, 16);
	struct alpc_actor *second = receiver(test, 16);
	u64 seq = client(test)->seq;

	KUNIT_EXPECT_EQ(test, post(test, 3, 1), 0);
	KUNIT_ASSERT_EQ(test, alpc_actor_result(second), 0);
	KUNIT_ASSERT_EQ(test, alpc_actor_result(first), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(second)->seq, seq + 1);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(first)->seq, seq + 2);
	KUNIT_EXPECT_EQ(test, queue(test)->length, 1);
	KUNIT_EXPECT_EQ(test, queue(test)->count, 1);
	alpc_actor_done(first);
	alpc_actor_done(second);
	KUNIT_EXPECT_EQ(test, next_seq(test), seq + 3);
}

static void is_refused_when_the_connection_has_ended(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	f->conn[0]->state = ALPC_STATE_CLOSED;
	KUNIT_EXPECT_EQ(test, post(test, 2, 1), 2);
	KUNIT_EXPECT_EQ(test, queue(test)->length, 0);
	f->conn[0]->state = ALPC_STATE_OPEN;
}

static void is_plain_without_anything_beside_data(struct kunit *test)
{
	struct alpc_chain run = prepared(test, 1, 1);
	struct alpc_message *m = run.first;

	KUNIT_EXPECT_TRUE(test, alpc_message_is_plain(m));
	KUNIT_EXPECT_TRUE(test, alpc_message_is_clean(m));
	m->brings = ALPC_BRINGS_SECURITY;
	KUNIT_EXPECT_FALSE(test, alpc_message_is_plain(m));
	m->brings = 0;
	m->type = ALPC_REQUEST;
	KUNIT_EXPECT_FALSE(test, alpc_message_is_plain(m));
	refcount_inc(&m->ref);
	KUNIT_EXPECT_FALSE(test, alpc_message_is_clean(m));
	refcount_dec(&m->ref);
	alpc_message_put(m);
}

static struct kunit_case run_cases[] = {
	KUNIT_CASE(waits_in_order_and_is_counted),
	KUNIT_CASE(keeps_its_place_among_others),
	KUNIT_CASE(ends_with_the_room),
	KUNIT_CASE(ends_with_the_bytes),
	KUNIT_CASE(room_is_certain),
	KUNIT_CASE(stands_back_behind_who_waits),
	KUNIT_CASE(goes_to_those_who_wait_first),
	KUNIT_CASE(is_refused_when_the_connection_has_ended),
	KUNIT_CASE(is_plain_without_anything_beside_data),
	{}
};

static struct kunit_suite run_suite = {
	.name = "alpc_run",
	.init = alpc_fixture_init_connected,
	.test_cases = run_cases,
};

kunit_test_suite(run_suite);
