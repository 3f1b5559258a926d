// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the order of a queue, and who is handed what.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../queue.h"

#include "queue_fixture.h"

/* A datagram of the client, which is counted or not if it has to wait. */
static struct alpc_message *post(struct kunit *test, u32 len, bool counted)
{
	struct alpc_end *from = client(test);
	struct alpc_message *m, *none = NULL;
	struct alpc_work work;

	m = alpc_message_alloc(&none, NULL, len);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m);
	m->type = ALPC_DATAGRAM;
	m->from = from;
	m->id = 0;
	m->len = len;
	m->seq = ++from->seq;
	m->state = ALPC_MSG_QUEUED;
	alpc_work_begin(&work, from->port);
	hlist_add_head(&m->sent, &from->sent);
	alpc_queue_post(queue(test), m, counted, &work.wake);
	alpc_work_end(&work, from->port);
	return m;
}

static void put_back(struct kunit *test, struct alpc_message *m)
{
	struct alpc_port *port = client(test)->port;
	struct alpc_work work;

	alpc_work_begin(&work, port);
	alpc_queue_put_back(queue(test), m, &work.wake);
	alpc_work_end(&work, port);
}

static void drop(struct kunit *test, struct alpc_message *m)
{
	struct alpc_port *port = client(test)->port;
	struct alpc_work work;

	alpc_work_begin(&work, port);
	alpc_queue_remove(queue(test), m, &work.wake);
	alpc_work_end(&work, port);
}

static u64 next_seq(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_fixture_receive(f, &f->port->end);
	u64 seq = alpc_actor_got(a)->seq;

	alpc_actor_done(a);
	return seq;
}

static void messages_come_out_in_the_order_they_came(struct kunit *test)
{
	u64 first = client(test)->seq + 1;
	int i;

	for (i = 0; i < 3; i++)
		post(test, i, true);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, next_seq(test), first + i);
	KUNIT_EXPECT_TRUE(test, list_empty(&queue(test)->ready));
}

static void message_longer_than_the_room_stays(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_actor(f, &f->port->end);
	struct alpc_message *m = post(test, 100, true);

	KUNIT_EXPECT_EQ(test, alpc_actor_receive(a, 99), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, a->op.w.delivery.len, 100);
	KUNIT_EXPECT_EQ(test, queue(test)->length, 1);
	KUNIT_EXPECT_EQ(test, queue(test)->count, 1);
	KUNIT_EXPECT_EQ(test, alpc_actor_receive(a, 100), 0);
	KUNIT_EXPECT_PTR_EQ(test, a->op.w.delivery.msg, m);
}

static void what_is_counted_counts_until_it_is_taken(struct kunit *test)
{
	struct alpc_queue *q = queue(test);

	post(test, 30, true);
	post(test, 50, false);
	KUNIT_EXPECT_EQ(test, q->count, 1);
	KUNIT_EXPECT_EQ(test, q->bytes, 30);
	KUNIT_EXPECT_EQ(test, q->length, 2);
	KUNIT_EXPECT_EQ(test, q->size, 80);
	next_seq(test);
	KUNIT_EXPECT_EQ(test, q->count, 0);
	KUNIT_EXPECT_EQ(test, q->bytes, 0);
	KUNIT_EXPECT_EQ(test, q->length, 1);
	KUNIT_EXPECT_EQ(test, q->size, 50);
	next_seq(test);
	KUNIT_EXPECT_EQ(test, q->count, 0);
	KUNIT_EXPECT_EQ(test, q->length, 0);
	KUNIT_EXPECT_EQ(test, q->size, 0);
}

static void receiver_that_came_last_is_served_first(struct kunit *test)
{
	struct alpc_actor *first = receiver(test, 8);
	struct alpc_actor *last = receiver(test, 8);
	struct alpc_message *m = post(test, 8, true);

	KUNIT_EXPECT_EQ(test, alpc_actor_result(last), 0);
	KUNIT_EXPECT_PTR_EQ(test, last->op.w.delivery.msg, m);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(first), -EINPROGRESS);
	/* It never was in the queue. */
	KUNIT_EXPECT_EQ(test, queue(test)->length, 0);
	KUNIT_EXPECT_EQ(test, queue(test)->count, 0);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 0);
	post(test, 8, true);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(first), 0);
}

static void receivers_without_room_are_sent_away(struct kunit *test)
{
	struct alpc_actor *large = receiver(test, 100);
	struct alpc_actor *small = receiver(test, 99);

	post(test, 100, true);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(small), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, small->op.w.delivery.len, 100);
	KUNIT_EXPECT_NULL(test, alpc_actor_got(small));
	KUNIT_EXPECT_EQ(test, alpc_actor_result(large), 0);
}

static void message_stays_if_no_receiver_has_room(struct kunit *test)
{
	struct alpc_actor *a = receiver(test, 0);
	struct alpc_actor *b = receiver(test, 99);

	post(test, 100, true);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(b), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, queue(test)->length, 1);
	KUNIT_EXPECT_EQ(test, queue(test)->count, 1);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 100);
}

static void message_that_is_put_back_is_the_next(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a;
	u64 first;

	post(test, 10, true);
	post(test, 20, true);
	a = alpc_fixture_receive(f, &f->port->end);
	first = alpc_actor_got(a)->seq;
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, queue(test)->length, 2);
	KUNIT_EXPECT_EQ(test, queue(test)->size, 30);
	/* It is not counted a second time: it cannot wait for room. */
	KUNIT_EXPECT_EQ(test, queue(test)->count, 1);
	KUNIT_EXPECT_EQ(test, next_seq(test), first);
	KUNIT_EXPECT_EQ(test, next_seq(test), first + 1);
}

static void message_that_is_put_back_goes_to_who_waits(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_message *m = post(test, 10, true);
	struct alpc_actor *a, *waits;

	a = alpc_fixture_receive(f, &f->port->end);
	waits = receiver(test, 10);
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(waits), 0);
	KUNIT_EXPECT_PTR_EQ(test, waits->op.w.delivery.msg, m);
	KUNIT_EXPECT_EQ(test, queue(test)->length, 0);
}

static void messages_put_back_together_keep_their_order(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u64 first = client(test)->seq + 1;
	struct alpc_actor *a[3];
	int i;

	for (i = 0; i < 3; i++)
		post(test, 0, true);
	for (i = 0; i < 3; i++)
		a[i] = alpc_fixture_receive(f, &f->port->end);
	alpc_actor_undo(a[1], ALPC_UNDO_RECEIVED);
	alpc_actor_undo(a[0], ALPC_UNDO_RECEIVED);
	alpc_actor_undo(a[2], ALPC_UNDO_RECEIVED);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, next_seq(test), first + i);
}

static void removed_message_leaves_no_trace(struct kunit *test)
{
	struct alpc_queue *q = queue(test);
	struct alpc_message *m;

	post(test, 10, true);
	m = post(test, 20, true);
	post(test, 30, true);
	drop(test, m);
	KUNIT_EXPECT_TRUE(test, list_empty(&m->node));
	KUNIT_EXPECT_FALSE(test, m->charged);
	KUNIT_EXPECT_EQ(test, q->length, 2);
	KUNIT_EXPECT_EQ(test, q->size, 40);
	KUNIT_EXPECT_EQ(test, q->count, 2);
	KUNIT_EXPECT_EQ(test, q->bytes, 40);
	put_back(test, m);
	KUNIT_EXPECT_EQ(test, q->length, 3);
	KUNIT_EXPECT_EQ(test, q->size, 60);
}

/* A call whose thread handles a callback is in no queue. */
static void removing_what_is_detached_changes_no_count(struct kunit *test)
{
	struct alpc_queue *q = queue(test);
	struct alpc_message *m = post(test, 20, true);

	post(test, 10, true);
	drop(test, m);
	m->detached = true;
	list_add_tail(&m->node, &q->detached);
	drop(test, m);
	KUNIT_EXPECT_TRUE(test, list_empty(&q->detached));
	KUNIT_EXPECT_FALSE(test, m->detached);
	KUNIT_EXPECT_EQ(test, q->length, 1);
	KUNIT_EXPECT_EQ(test, q->size, 10);
	KUNIT_EXPECT_EQ(test, q->count, 1);
	put_back(test, m);
}

static void all_receivers_are_sent_away_with_the_error(struct kunit *test)
{
	struct alpc_actor *a = receiver(test, 8);
	struct alpc_actor *b = receiver(test, 8);
	struct alpc_port *port = client(test)->port;
	struct alpc_work work;

	alpc_work_begin(&work, port);
	alpc_queue_fail_receivers(queue(test), -ESHUTDOWN, &work.wake);
	alpc_work_end(&work, port);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(b), -ESHUTDOWN);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&queue(test)->receivers));
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE(messages_come_out_in_the_order_they_came),
	KUNIT_CASE(message_longer_than_the_room_stays),
	KUNIT_CASE(what_is_counted_counts_until_it_is_taken),
	KUNIT_CASE(receiver_that_came_last_is_served_first),
	KUNIT_CASE(receivers_without_room_are_sent_away),
	KUNIT_CASE(message_stays_if_no_receiver_has_room),
	KUNIT_CASE(message_that_is_put_back_is_the_next),
	KUNIT_CASE(message_that_is_put_back_goes_to_who_waits),
	KUNIT_CASE(messages_put_back_together_keep_their_order),
	KUNIT_CASE(removed_message_leaves_no_trace),
	KUNIT_CASE(removing_what_is_detached_changes_no_count),
	KUNIT_CASE(all_receivers_are_sent_away_with_the_error),
	{}
};

static struct kunit_suite queue_suite = {
	.name = "alpc_queue",
	.init = alpc_fixture_init_connected,
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);
