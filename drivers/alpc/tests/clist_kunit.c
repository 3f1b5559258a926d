// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: what happens to a completion list between writing to a slot and putting it
 * in, where no thread of a program can be stopped.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../clist.h"

#include "../section.h"
#include "../shutdown.h"
#include "fixture.h"

#define SLOTS	8U

static struct alpc_conn *conn(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return f->conn[0];
}

static struct alpc_end *port(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return &f->port->end;
}

static struct alpc_clist *make_list(struct kunit *test)
{
	struct alpc_clist *l = alpc_clist_alloc(port(test), SLOTS, 8);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, l);
	KUNIT_ASSERT_EQ(test, alpc_clist_attach(port(test), l), 0);
	return l;
}

/* A thread of the client's that has prepared to send a message. */
static struct alpc_actor *prepared(struct kunit *test, u32 what)
{
	struct alpc_actor *a = alpc_actor(test->priv, &conn(test)->client);

	a->x.flags = ALPC_TRANSFER_SEND;
	a->x.send.flags = what;
	a->x.recv.len = 8;
	KUNIT_ASSERT_EQ(test, alpc_send_prepare(&a->op), 0);
	return a;
}

/* One that has written it to a slot. */
static struct alpc_actor *written(struct kunit *test, u32 what)
{
	struct alpc_actor *a = prepared(test, what);

	KUNIT_ASSERT_TRUE(test, a->x.send.flags & ALPC_SEND_LISTED);
	return a;
}

static int commit(struct alpc_actor *a)
{
	struct alpc_op *op = &a->op;
	int ret;

	op->wake.task = NULL;
	rcu_read_lock();
	spin_lock(&op->end->port->lock);
	ret = alpc_send_commit(op);
	spin_unlock(&op->end->port->lock);
	alpc_wake_flush(&op->wake);
	rcu_read_unlock();
	if (op->spent.any)
		alpc_spent_drop(&op->spent);
	op->sent = !ret;
	return ret;
}

/* It is to be queued, and is. */
static void expect_stale(struct kunit *test, struct alpc_actor *a)
{
	KUNIT_EXPECT_EQ(test, commit(a), -ESTALE);
	KUNIT_EXPECT_EQ(test, alpc_send_prepare_again(&a->op), 0);
	KUNIT_EXPECT_EQ(test, commit(a), 0);
}

/* Nobody writes to the list, and this many messages are in it. */
static void expect_idle(struct kunit *test, const struct alpc_clist *l, u32 tail)
{
	KUNIT_EXPECT_EQ(test, l->writing, 0);
	KUNIT_EXPECT_EQ(test, conn(test)->client.writing, 0);
	KUNIT_EXPECT_EQ(test, l->slots.tail, tail);
	KUNIT_EXPECT_EQ(test, l->slots.spares, SLOTS - tail);
}

/* In the order in which they are put in, not in which they were written. */
static void slot_is_put_in_when_it_is_written(struct kunit *test)
{
	struct alpc_clist *l = make_list(test);
	struct alpc_actor *first = written(test, 0);
	struct alpc_actor *second = written(test, ALPC_SEND_REQUEST);

	KUNIT_EXPECT_EQ(test, l->writing, 2);
	KUNIT_EXPECT_EQ(test, l->slots.tail, 0);
	KUNIT_EXPECT_EQ(test, commit(second), 0);
	KUNIT_EXPECT_EQ(test, l->slots.ready[0], second->op.slot);
	KUNIT_EXPECT_EQ(test, commit(first), 0);
	KUNIT_EXPECT_EQ(test, l->slots.ready[1], first->op.slot);
	expect_idle(test, l, 2);
}

/* Others of an end that has so many half written queue theirs. */
static void end_has_a_share_of_the_slots(struct kunit *test)
{
	struct alpc_clist *l = make_list(test);
	struct alpc_actor *a[SLOTS / 4], *other;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = written(test, 0);
	other = prepared(test, 0);
	KUNIT_EXPECT_FALSE(test, other->x.send.flags & ALPC_SEND_LISTED);
	for (i = 0; i < ARRAY_SIZE(a); i++)
		KUNIT_EXPECT_EQ(test, commit(a[i]), 0);
	KUNIT_EXPECT_EQ(test, commit(other), 0);
	KUNIT_EXPECT_EQ(test, port(test)->own->length, 1);
	expect_idle(test, l, ARRAY_SIZE(a));
}

/* Who writes keeps the list, and the last one frees it. */
static void list_is_deleted(struct kunit *test)
{
	struct alpc_section *memory;
	struct alpc_actor *first, *last;
	struct alpc_clist *l;

	l = make_list(test);
	memory = alpc_section_get(l->section);
	first = written(test, 0);
	last = written(test, ALPC_SEND_REQUEST);
	KUNIT_EXPECT_EQ(test, alpc_clist_delete(port(test)), 0);
	expect_stale(test, first);
	KUNIT_EXPECT_EQ(test, refcount_read(&memory->ref), 2);
	expect_stale(test, last);
	KUNIT_EXPECT_EQ(test, refcount_read(&memory->ref), 1);
	KUNIT_EXPECT_EQ(test, port(test)->own->length, 2);
	alpc_section_put(memory);
}

/* A slot of one list is none of the next one. */
static void list_is_another_one(struct kunit *test)
{
	struct alpc_actor *a;
	struct alpc_clist *l;

	make_list(test);
	a = written(test, 0);
	KUNIT_EXPECT_EQ(test, alpc_clist_delete(port(test)), 0);
	l = make_list(test);
	expect_stale(test, a);
	KUNIT_EXPECT_EQ(test, port(test)->own->length, 1);
	expect_idle(test, l, 0);
}

/* It does not overtake what was sent meanwhile, and is queued. */
static void something_is_queued(struct kunit *test)
{
	struct alpc_clist *l = make_list(test);
	struct alpc_actor *other, *a = written(test, 0);

	other = alpc_actor(test->priv, &conn(test)->client);
	other->op.plain = true;
	KUNIT_EXPECT_EQ(test, alpc_actor_send(other, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, port(test)->own->length, 1);
	expect_stale(test, a);
	KUNIT_EXPECT_EQ(test, port(test)->own->length, 2);
	expect_idle(test, l, 0);
}

static void connection_ends(struct kunit *test)
{
	struct alpc_section *memory;
	struct alpc_actor *datagram, *request;
	struct alpc_clist *l;

	l = make_list(test);
	memory = alpc_section_get(l->section);
	datagram = written(test, 0);
	request = written(test, ALPC_SEND_REQUEST);
	alpc_end_release(&conn(test)->server);
	KUNIT_EXPECT_EQ(test, commit(datagram), -EPIPE);
	KUNIT_EXPECT_EQ(test, l->writing, 1);
	alpc_end_release(port(test));
	KUNIT_EXPECT_EQ(test, commit(request), -EPIPE);
	KUNIT_EXPECT_EQ(test, refcount_read(&memory->ref), 1);
	alpc_section_put(memory);
}

/* Others have used up what may be outstanding. */
static void request_has_no_quota_left(struct kunit *test)
{
	struct alpc_clist *l = make_list(test);
	struct alpc_actor *request = written(test, ALPC_SEND_REQUEST);
	struct alpc_actor *datagram = written(test, 0);

	conn(test)->client.unanswered = ALPC_UNANSWERED_MAX;
	KUNIT_EXPECT_EQ(test, commit(request), -EDQUOT);
	KUNIT_EXPECT_EQ(test, l->writing, 1);
	KUNIT_EXPECT_EQ(test, commit(datagram), 0);
	expect_idle(test, l, 1);
	conn(test)->client.unanswered = 0;
}

static struct kunit_case alpc_clist_cases[] = {
	KUNIT_CASE(slot_is_put_in_when_it_is_written),
	KUNIT_CASE(end_has_a_share_of_the_slots),
	KUNIT_CASE(list_is_deleted),
	KUNIT_CASE(list_is_another_one),
	KUNIT_CASE(something_is_queued),
	KUNIT_CASE(connection_ends),
	KUNIT_CASE(request_has_no_quota_left),
	{}
};

static struct kunit_suite alpc_clist_suite = {
	.name = "alpc_clist",
	.init = alpc_fixture_init_connected,
	.test_cases = alpc_clist_cases,
};

kunit_test_suite(alpc_clist_suite);
