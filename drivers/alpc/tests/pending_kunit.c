// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the table of unanswered requests.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../pending.h"

#include <kunit/test.h>

#define BUCKETS	8

struct table {
	struct alpc_pending pending;
	struct hlist_head bucket[BUCKETS];
	struct alpc_message m[64];
};

static int table_init(struct kunit *test)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	alpc_pending_init(&t->pending, t->bucket, BUCKETS);
	test->priv = t;
	return 0;
}

/* The i-th message of the table, under an id. */
static struct alpc_message *add(struct table *t, unsigned int i, u64 id)
{
	t->m[i].id = id;
	alpc_pending_add(&t->pending, &t->m[i]);
	return &t->m[i];
}

static void empty_table_has_nothing(struct kunit *test)
{
	struct table *t = test->priv;
	u64 id;

	for (id = 0; id < 2 * BUCKETS; id++)
		KUNIT_EXPECT_NULL(test, alpc_pending_find(&t->pending, id));
	KUNIT_EXPECT_EQ(test, t->pending.count, 0);
}

static void each_id_finds_its_own_request(struct kunit *test)
{
	struct table *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t->m); i++)
		add(t, i, i + 1);
	KUNIT_EXPECT_EQ(test, t->pending.count, ARRAY_SIZE(t->m));
	for (i = 0; i < ARRAY_SIZE(t->m); i++)
		KUNIT_EXPECT_PTR_EQ(test, alpc_pending_find(&t->pending, i + 1),
				    &t->m[i]);
	KUNIT_EXPECT_NULL(test, alpc_pending_find(&t->pending, 0));
	KUNIT_EXPECT_NULL(test, alpc_pending_find(&t->pending, i + 1));
}

static void ids_of_one_bucket_are_told_apart(struct kunit *test)
{
	struct table *t = test->priv;
	struct alpc_message *a, *b, *c;

	a = add(t, 0, 3);
	b = add(t, 1, 3 + BUCKETS);
	c = add(t, 2, 3 + 2 * BUCKETS);
	KUNIT_EXPECT_PTR_EQ(test, alpc_pending_find(&t->pending, a->id), a);
	KUNIT_EXPECT_PTR_EQ(test, alpc_pending_find(&t->pending, b->id), b);
	KUNIT_EXPECT_PTR_EQ(test, alpc_pending_find(&t->pending, c->id), c);
	KUNIT_EXPECT_NULL(test,
			  alpc_pending_find(&t->pending, 3 + 3 * BUCKETS));

	alpc_pending_del(&t->pending, b);
	KUNIT_EXPECT_PTR_EQ(test, alpc_pending_find(&t->pending, a->id), a);
	KUNIT_EXPECT_NULL(test, alpc_pending_find(&t->pending, b->id));
	KUNIT_EXPECT_PTR_EQ(test, alpc_pending_find(&t->pending, c->id), c);
}

static void ids_differ_in_all_64_bits(struct kunit *test)
{
	struct table *t = test->priv;
	unsigned int bit;

	for (bit = 0; bit < 64; bit++)
		add(t, bit, BIT_ULL(bit));
	for (bit = 0; bit < 64; bit++)
		KUNIT_EXPECT_PTR_EQ(test,
				    alpc_pending_find(&t->pending, BIT_ULL(bit)),
				    &t->m[bit]);
	/* What only its low half shares with an id is not there. */
	KUNIT_EXPECT_NULL(test, alpc_pending_find(&t->pending, BIT_ULL(40) | 1));
	KUNIT_EXPECT_NULL(test, alpc_pending_find(&t->pending, U64_MAX));
}

static void removed_id_is_gone(struct kunit *test)
{
	struct table *t = test->priv;
	struct alpc_message *m = add(t, 0, 5);

	alpc_pending_del(&t->pending, m);
	KUNIT_EXPECT_NULL(test, alpc_pending_find(&t->pending, 5));
	KUNIT_EXPECT_EQ(test, t->pending.count, 0);
}

static void count_follows_every_change(struct kunit *test)
{
	struct table *t = test->priv;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		add(t, i, i * BUCKETS);
		KUNIT_EXPECT_EQ(test, t->pending.count, i + 1);
	}
	for (i = 0; i < 10; i++) {
		alpc_pending_del(&t->pending, &t->m[i]);
		KUNIT_EXPECT_EQ(test, t->pending.count, 9 - i);
	}
}

/* As a client's port has, which makes few requests at a time. */
static void one_bucket_is_enough(struct kunit *test)
{
	struct table *t = test->priv;
	unsigned int i;

	alpc_pending_init(&t->pending, t->bucket, 1);
	for (i = 0; i < 5; i++)
		add(t, i, i + 1);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_PTR_EQ(test, alpc_pending_find(&t->pending, i + 1),
				    &t->m[i]);
	for (i = 1; i < BUCKETS; i++)
		KUNIT_EXPECT_TRUE(test, hlist_empty(&t->bucket[i]));
}

static struct kunit_case pending_cases[] = {
	KUNIT_CASE(empty_table_has_nothing),
	KUNIT_CASE(each_id_finds_its_own_request),
	KUNIT_CASE(ids_of_one_bucket_are_told_apart),
	KUNIT_CASE(ids_differ_in_all_64_bits),
	KUNIT_CASE(removed_id_is_gone),
	KUNIT_CASE(count_follows_every_change),
	KUNIT_CASE(one_bucket_is_enough),
	{}
};

static struct kunit_suite pending_suite = {
	.name = "alpc_pending",
	.init = table_init,
	.test_cases = pending_cases,
};

kunit_test_suite(pending_suite);
