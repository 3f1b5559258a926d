// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the limits of a queue, and who gets room in it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../queue.h"

#include <linux/poll.h>

#include "../shutdown.h"
#include "queue_fixture.h"

static void post(struct kunit *test, u32 len)
{
	alpc_fixture_datagram(test->priv, client(test), len);
}

static void fill(struct kunit *test, u32 len)
{
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++)
		post(test, len);
}

static void take(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &f->port->end),
			ALPC_DATAGRAM);
}

static struct alpc_actor *blocked_sender(struct kunit *test, u32 len)
{
	struct alpc_actor *a = alpc_actor(test->priv, client(test));

	KUNIT_ASSERT_EQ(test, alpc_actor_send(a, 0, 0, len), -EINPROGRESS);
	return a;
}

static void count_closes_the_queue(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++) {
		KUNIT_EXPECT_TRUE(test, alpc_queue_is_open(queue(test)));
		post(test, 0);
	}
	KUNIT_EXPECT_FALSE(test, alpc_queue_is_open(queue(test)));
	take(test);
	KUNIT_EXPECT_TRUE(test, alpc_queue_is_open(queue(test)));
}

/* The length of the message that comes next is not known to who polls. */
static void bytes_close_the_queue_once_they_are_used_up(struct kunit *test)
{
	post(test, ALPC_FIXTURE_BYTES - 1);
	KUNIT_EXPECT_TRUE(test, alpc_queue_is_open(queue(test)));
	post(test, 1);
	KUNIT_EXPECT_FALSE(test, alpc_queue_is_open(queue(test)));
	take(test);
	KUNIT_EXPECT_TRUE(test, alpc_queue_is_open(queue(test)));
}

/* Or else requests with room for long replies would cost what they do not show. */
static void memory_for_the_reply_counts(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_actor(f, client(test));

	f->port->max_message = 600;
	KUNIT_ASSERT_EQ(test, alpc_actor_call(a, ALPC_SEND_REQUEST, 0, 8), 0);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 600);
	KUNIT_EXPECT_EQ(test, queue(test)->size, 8);
	alpc_actor_cancel(a);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 0);
	/* It is charged like that for a thread that had to wait for room. */
	fill(test, 0);
	KUNIT_ASSERT_EQ(test, alpc_actor_call(a, ALPC_SEND_REQUEST, 0, 8),
			-EINPROGRESS);
	take(test);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 600);
	KUNIT_EXPECT_EQ(test, alpc_actor_retry(a), 0);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 600);
}

static void room_goes_to_the_sender_that_waits_longest(struct kunit *test)
{
	struct alpc_actor *first, *second;

	fill(test, 10);
	first = blocked_sender(test, 20);
	second = blocked_sender(test, 30);
	take(test);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(first), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(second), -EINPROGRESS);
	/* It is charged at once, so nobody else can take it. */
	KUNIT_EXPECT_EQ(test, queue(test)->count, ALPC_FIXTURE_MESSAGES);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 3 * 10 + 20);
	KUNIT_EXPECT_FALSE(test, alpc_queue_is_open(queue(test)));

	KUNIT_EXPECT_EQ(test, alpc_actor_retry(first), 0);
	KUNIT_EXPECT_EQ(test, queue(test)->count, ALPC_FIXTURE_MESSAGES);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 3 * 10 + 20);
	take(test);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(second), 0);
}

static void room_of_one_message_can_be_enough_for_several(struct kunit *test)
{
	struct alpc_actor *a[3];
	int i;

	post(test, ALPC_FIXTURE_BYTES);
	a[0] = blocked_sender(test, 1);
	a[1] = blocked_sender(test, ALPC_FIXTURE_BYTES);
	a[2] = blocked_sender(test, 1);
	take(test);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a[0]), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a[1]), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(a[2]), -EINPROGRESS);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, alpc_actor_retry(a[i]), 0);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 1 + ALPC_FIXTURE_BYTES);
}

static void those_who_wait_are_not_overtaken(struct kunit *test)
{
	fill(test, 0);
	blocked_sender(test, 0);
	queue(test)->max_count++;
	KUNIT_EXPECT_TRUE(test, alpc_queue_has_room(queue(test)));
	KUNIT_EXPECT_FALSE(test, alpc_queue_is_open(queue(test)));
}

static void unused_room_goes_to_the_next_sender(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *first, *second;

	fill(test, 0);
	first = blocked_sender(test, 20);
	second = blocked_sender(test, 30);
	take(test);
	KUNIT_ASSERT_EQ(test, alpc_actor_result(first), 0);
	/* Its connection ends before it gets to send. */
	KUNIT_ASSERT_EQ(test, alpc_disconnect(&f->conn[0]->server), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(second), -EPIPE);
	KUNIT_EXPECT_EQ(test, alpc_actor_retry(first), -EPIPE);
	KUNIT_EXPECT_EQ(test, queue(test)->count, ALPC_FIXTURE_MESSAGES - 1);
	KUNIT_EXPECT_EQ(test, queue(test)->bytes, 0);
}

static void granted_room_is_given_back_when_not_needed(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *sender, *r;
	unsigned int i;

	fill(test, 0);
	sender = blocked_sender(test, 20);
	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++)
		take(test);
	KUNIT_ASSERT_EQ(test, queue(test)->count, 1);
	r = receiver(test, 20);
	KUNIT_EXPECT_EQ(test, alpc_actor_retry(sender), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(r), 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.count, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.bytes, 0);
}

/* Somebody who polls: counts how often it is woken. */
struct poller {
	wait_queue_entry_t entry;
	unsigned int woken;
	__poll_t events;
};

static int poller_woken(wait_queue_entry_t *entry, unsigned int mode,
			int flags, void *key)
{
	struct poller *p = container_of(entry, struct poller, entry);

	p->woken++;
	p->events |= key_to_poll(key);
	return 0;
}

static void poller_add(struct poller *p, wait_queue_head_t *head)
{
	init_waitqueue_func_entry(&p->entry, poller_woken);
	add_wait_queue(head, &p->entry);
}

static void those_who_poll_are_woken_for_what_is_queued(struct kunit *test)
{
	struct alpc_actor *r = receiver(test, 8);
	struct poller p = {};

	poller_add(&p, &queue(test)->readers);
	/* There is nothing to read after this one. */
	post(test, 8);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(r), 0);
	KUNIT_EXPECT_EQ(test, p.woken, 0);
	post(test, 8);
	KUNIT_EXPECT_EQ(test, p.woken, 1);
	KUNIT_EXPECT_TRUE(test, p.events & EPOLLIN);
	remove_wait_queue(&queue(test)->readers, &p.entry);
}

static void those_who_were_told_full_are_woken_for_room(struct kunit *test)
{
	struct alpc_queue *q = queue(test);
	struct poller p = {};

	fill(test, 0);
	poller_add(&p, &q->writers);
	q->starved = true;
	take(test);
	KUNIT_EXPECT_EQ(test, p.woken, 1);
	KUNIT_EXPECT_TRUE(test, p.events & EPOLLOUT);
	KUNIT_EXPECT_FALSE(test, q->starved);
	/* Nobody has been told so since. */
	take(test);
	KUNIT_EXPECT_EQ(test, p.woken, 1);
	remove_wait_queue(&q->writers, &p.entry);
}

static void room_that_a_sender_takes_wakes_no_poller(struct kunit *test)
{
	struct alpc_queue *q = queue(test);
	struct poller p = {};

	fill(test, 0);
	blocked_sender(test, 0);
	poller_add(&p, &q->writers);
	q->starved = true;
	take(test);
	KUNIT_EXPECT_EQ(test, p.woken, 0);
	KUNIT_EXPECT_TRUE(test, q->starved);
	remove_wait_queue(&q->writers, &p.entry);
}

static struct kunit_case room_cases[] = {
	KUNIT_CASE(count_closes_the_queue),
	KUNIT_CASE(bytes_close_the_queue_once_they_are_used_up),
	KUNIT_CASE(memory_for_the_reply_counts),
	KUNIT_CASE(room_goes_to_the_sender_that_waits_longest),
	KUNIT_CASE(room_of_one_message_can_be_enough_for_several),
	KUNIT_CASE(those_who_wait_are_not_overtaken),
	KUNIT_CASE(unused_room_goes_to_the_next_sender),
	KUNIT_CASE(granted_room_is_given_back_when_not_needed),
	KUNIT_CASE(those_who_poll_are_woken_for_what_is_queued),
	KUNIT_CASE(those_who_were_told_full_are_woken_for_room),
	KUNIT_CASE(room_that_a_sender_takes_wakes_no_poller),
	{}
};

static struct kunit_suite room_suite = {
	.name = "alpc_room",
	.init = alpc_fixture_init_connected,
	.test_cases = room_cases,
};

kunit_test_suite(room_suite);
