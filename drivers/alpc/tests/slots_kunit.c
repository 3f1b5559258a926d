// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: whose each slot of a completion list is, whatever the process says.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../slots.h"

#include <kunit/test.h>
#include <linux/mm.h>

#define SLOTS	128U

static void slots_exit(void *data)
{
	alpc_slots_exit(data);
}

static int slots_init(struct kunit *test)
{
	struct alpc_slots *s;
	void *mem;

	s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	mem = kunit_kzalloc(test, alpc_slots_offset(SLOTS), GFP_KERNEL);
	if (!s || !mem || alpc_slots_init(s, mem, SLOTS))
		return -ENOMEM;
	test->priv = s;
	return kunit_add_action_or_reset(test, slots_exit, s);
}

static void give_back(struct alpc_slots *s, u32 slot)
{
	s->free[s->shared->free_tail++ & s->mask] = slot;
}

/* Take all, each once, and give all of them to the process. */
static void publish_all(struct kunit *test)
{
	struct alpc_slots *s = test->priv;
	DECLARE_BITMAP(seen, SLOTS) = {};
	int i, slot;

	for (i = 0; i < SLOTS; i++) {
		slot = alpc_slots_take(s);
		KUNIT_ASSERT_GE(test, slot, 0);
		KUNIT_ASSERT_LT(test, slot, SLOTS);
		KUNIT_EXPECT_FALSE(test, __test_and_set_bit(slot, seen));
		alpc_slots_publish(s, slot);
	}
	KUNIT_ASSERT_EQ(test, alpc_slots_take(s), -EAGAIN);
}

static void each_slot_is_taken_once(struct kunit *test)
{
	struct alpc_slots *s = test->priv;

	publish_all(test);
	KUNIT_EXPECT_EQ(test, s->shared->tail, SLOTS);
	KUNIT_EXPECT_EQ(test, alpc_slots_take(s), -EAGAIN);
}

static void slot_that_is_not_used_is_taken_again(struct kunit *test)
{
	struct alpc_slots *s = test->priv;
	int slot = alpc_slots_take(s);

	alpc_slots_untake(s, slot);
	KUNIT_EXPECT_EQ(test, alpc_slots_take(s), slot);
	KUNIT_EXPECT_EQ(test, s->shared->tail, 0);
	alpc_slots_untake(s, slot);
	publish_all(test);
}

static void what_is_given_back_is_taken_again(struct kunit *test)
{
	struct alpc_slots *s = test->priv;
	u32 i;

	publish_all(test);
	for (i = 0; i < SLOTS; i++)
		give_back(s, i);
	publish_all(test);
	KUNIT_EXPECT_EQ(test, s->shared->tail, 2 * SLOTS);
}

static void nothing_is_given_back_twice(struct kunit *test)
{
	struct alpc_slots *s = test->priv;

	publish_all(test);
	give_back(s, 5);
	give_back(s, 5);
	give_back(s, 7);
	KUNIT_EXPECT_EQ(test, alpc_slots_take(s), 7);
	KUNIT_EXPECT_EQ(test, alpc_slots_take(s), 5);
	KUNIT_EXPECT_EQ(test, alpc_slots_take(s), -EAGAIN);
}

static void what_somebody_writes_to_is_not_given_back(struct kunit *test)
{
	struct alpc_slots *s = test->priv;
	int slot = alpc_slots_take(s);

	give_back(s, slot);
	give_back(s, SLOTS);
	give_back(s, U32_MAX);
	while (s->spares)
		alpc_slots_publish(s, alpc_slots_take(s));
	KUNIT_EXPECT_EQ(test, s->shared->tail, SLOTS - 1);
	KUNIT_EXPECT_EQ(test, alpc_slots_take(s), -EAGAIN);
	alpc_slots_publish(s, slot);
	KUNIT_EXPECT_EQ(test, s->shared->tail, SLOTS);
}

/* However far ahead the count is, so much is looked at, and not more. */
static void little_is_looked_at_in_one_go(struct kunit *test)
{
	struct alpc_slots *s = test->priv;
	u32 i;

	publish_all(test);
	for (i = 0; i < SLOTS; i++)
		s->free[i] = SLOTS;
	s->shared->free_tail = U32_MAX;
	KUNIT_EXPECT_EQ(test, alpc_slots_take(s), -EAGAIN);
	KUNIT_EXPECT_EQ(test, s->returned, ALPC_SLOTS_COLLECT);
	for (i = 0; i < SLOTS; i++)
		s->free[i] = i;
	KUNIT_EXPECT_EQ(test, alpc_slots_take(s), 2 * ALPC_SLOTS_COLLECT - 1);
	KUNIT_EXPECT_EQ(test, s->returned, 2 * ALPC_SLOTS_COLLECT);
}

static void what_is_unread_is_told_from_garbage(struct kunit *test)
{
	struct alpc_slots *s = test->priv;

	KUNIT_EXPECT_EQ(test, alpc_slots_unread(s), 0);
	publish_all(test);
	KUNIT_EXPECT_EQ(test, alpc_slots_unread(s), SLOTS);
	s->shared->head = SLOTS - 1;
	KUNIT_EXPECT_EQ(test, alpc_slots_unread(s), 1);
	s->shared->head = SLOTS + 1;
	KUNIT_EXPECT_EQ(test, alpc_slots_unread(s), 0);
	s->shared->head = -1;
	KUNIT_EXPECT_EQ(test, alpc_slots_unread(s), 0);
}

/* The counts are of 32 bits. */
static void counts_go_around(struct kunit *test)
{
	struct alpc_slots *s = test->priv;
	u32 i;

	s->tail = U32_MAX - 3;
	s->shared->tail = s->tail;
	s->shared->head = s->tail;
	s->returned = s->tail;
	s->shared->free_tail = s->tail;
	publish_all(test);
	KUNIT_EXPECT_EQ(test, alpc_slots_unread(s), SLOTS);
	for (i = 0; i < SLOTS; i++)
		give_back(s, i);
	s->shared->head = s->shared->tail;
	publish_all(test);
	KUNIT_EXPECT_EQ(test, alpc_slots_unread(s), SLOTS);
}

static struct kunit_case slots_cases[] = {
	KUNIT_CASE(each_slot_is_taken_once),
	KUNIT_CASE(slot_that_is_not_used_is_taken_again),
	KUNIT_CASE(what_is_given_back_is_taken_again),
	KUNIT_CASE(nothing_is_given_back_twice),
	KUNIT_CASE(what_somebody_writes_to_is_not_given_back),
	KUNIT_CASE(little_is_looked_at_in_one_go),
	KUNIT_CASE(what_is_unread_is_told_from_garbage),
	KUNIT_CASE(counts_go_around),
	{}
};

static struct kunit_suite slots_suite = {
	.name = "alpc_slots",
	.init = slots_init,
	.test_cases = slots_cases,
};

kunit_test_suite(slots_suite);
