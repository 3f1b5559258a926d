// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: messages, their memory, and using them again.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../message.h"

#include <linux/mm.h>
#include <uapi/linux/alpc.h>

#include "../user.h"
#include "fixture.h"

/* A message that is dropped at the end, whatever becomes of the test. */
struct message_test {
	struct alpc_message *spare;
	struct alpc_ident *ident;
	struct alpc_ident __rcu *slot[1];
	struct alpc_ident_cache cache;
};

static void message_exit(void *data)
{
	struct message_test *t = data;

	if (t->spare)
		alpc_message_put(t->spare);
	alpc_ident_put(t->ident);
	alpc_ident_cache_exit(&t->cache);
}

static int message_init(struct kunit *test)
{
	struct message_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	alpc_ident_cache_init(&t->cache, t->slot, 1);
	t->ident = alpc_ident_get_current(&t->cache);
	test->priv = t;
	return kunit_add_action_or_reset(test, message_exit, t);
}

KUNIT_DEFINE_ACTION_WRAPPER(put_message, alpc_message_put,
			    struct alpc_message *);

/* With a reference of the test's own, which it gives up at its end. */
static struct alpc_message *alloc(struct kunit *test, u32 room)
{
	struct message_test *t = test->priv;
	struct alpc_message *m = alpc_message_alloc(&t->spare, NULL, room);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m);
	refcount_inc(&m->ref);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_message, m),
			0);
	return m;
}

/* The same, when the message is to have no reference but one. */
static struct alpc_message *alloc_single(struct kunit *test, u32 room)
{
	struct alpc_message *m = alloc(test, room);

	kunit_remove_action(test, put_message, m);
	refcount_dec(&m->ref);
	return m;
}

static void new_message_belongs_to_nobody(struct kunit *test)
{
	struct alpc_message *m = alloc_single(test, 0);

	KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_NEW);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&m->node));
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&m->sent));
	KUNIT_EXPECT_NULL(test, m->caller);
	KUNIT_EXPECT_NULL(test, m->sender);
	KUNIT_EXPECT_NULL(test, m->replier);
	KUNIT_EXPECT_NULL(test, m->answer);
	alpc_message_put(m);
}

static void short_data_lie_in_the_message(struct kunit *test)
{
	struct alpc_message *m = alloc_single(test, ALPC_MESSAGE_INLINE);

	KUNIT_EXPECT_EQ(test, m->room, ALPC_MESSAGE_INLINE);
	KUNIT_EXPECT_PTR_EQ(test, m->data, (void *)(m + 1));
	/* KASAN watches that it is as long as it says. */
	memset(m->data, 0xff, m->room);
	alpc_message_put(m);
}

static void longer_data_get_memory_of_their_own(struct kunit *test)
{
	struct alpc_message *m = alloc_single(test, ALPC_MESSAGE_INLINE + 1);

	KUNIT_EXPECT_EQ(test, m->room, ALPC_MESSAGE_INLINE + 1);
	KUNIT_EXPECT_PTR_NE(test, m->data, (void *)(m + 1));
	memset(m->data, 0xff, m->room);
	alpc_message_put(m);

	m = alloc_single(test, ALPC_DATA_MAX);
	KUNIT_EXPECT_EQ(test, m->room, ALPC_DATA_MAX);
	memset(m->data, 0xff, m->room);
	alpc_message_put(m);
}

static void recycled_message_is_the_next(struct kunit *test)
{
	struct message_test *t = test->priv;
	struct alpc_message *m = alloc_single(test, 0);

	alpc_message_recycle(m, &t->spare);
	KUNIT_ASSERT_PTR_EQ(test, t->spare, m);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	KUNIT_EXPECT_PTR_EQ(test, alpc_message_alloc(&t->spare, NULL, 0), m);
	KUNIT_EXPECT_NULL(test, t->spare);
	alpc_message_put(m);
}

static void recycled_message_lost_what_it_was(struct kunit *test)
{
	struct message_test *t = test->priv;
	struct alpc_message *m = alloc_single(test, 0);

	m->caller = (struct alpc_waiter *)m;
	m->state = ALPC_MSG_DONE;
	m->depth = 3;
	m->flags = ALPC_MSG_CALLBACK;
	m->async = true;
	m->charged = true;
	m->detached = true;
	m->called_back = true;
	m->call = 17;
	alpc_message_recycle(m, &t->spare);
	KUNIT_EXPECT_PTR_EQ(test, alpc_message_alloc(&t->spare, NULL, 8), m);
	KUNIT_EXPECT_NULL(test, m->caller);
	KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_NEW);
	KUNIT_EXPECT_EQ(test, m->depth, 0);
	KUNIT_EXPECT_FALSE(test, m->flags || m->async || m->charged ||
			   m->detached || m->called_back);
	KUNIT_EXPECT_EQ(test, m->call, 0);
	alpc_message_put(m);
}

/* Kmemleak finds what is not freed here. */
static void recycled_message_keeps_no_large_memory(struct kunit *test)
{
	struct message_test *t = test->priv;
	struct alpc_message *m = alloc_single(test, 4000);
	struct alpc_user *user = alpc_user_get_current();

	KUNIT_ASSERT_NOT_NULL(test, user);
	m->answer = alpc_answer_alloc(user, 5000);
	alpc_user_put(user);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m->answer);
	alpc_message_recycle(m, &t->spare);
	KUNIT_ASSERT_PTR_EQ(test, t->spare, m);
	KUNIT_EXPECT_PTR_EQ(test, m->data, (void *)(m + 1));
	KUNIT_EXPECT_NULL(test, m->answer);
	KUNIT_EXPECT_PTR_EQ(test, alpc_message_alloc(&t->spare, NULL, 8), m);
	KUNIT_EXPECT_EQ(test, m->room, ALPC_MESSAGE_INLINE);
	alpc_message_put(m);
}

static void recycled_message_can_hold_more_than_before(struct kunit *test)
{
	struct message_test *t = test->priv;
	struct alpc_message *m = alloc_single(test, 0);

	alpc_message_recycle(m, &t->spare);
	KUNIT_EXPECT_PTR_EQ(test, alpc_message_alloc(&t->spare, NULL, 4000), m);
	KUNIT_EXPECT_EQ(test, m->room, 4000);
	memset(m->data, 0xff, m->room);
	alpc_message_put(m);
}

static void recycled_message_keeps_its_identities(struct kunit *test)
{
	struct message_test *t = test->priv;
	struct alpc_message *m = alloc_single(test, 0);
	unsigned int references = refcount_read(&t->ident->ref);

	refcount_add(2, &t->ident->ref);
	m->sender = t->ident;
	m->replier = t->ident;
	alpc_message_recycle(m, &t->spare);
	KUNIT_EXPECT_PTR_EQ(test, alpc_message_alloc(&t->spare, NULL, 0), m);
	KUNIT_EXPECT_PTR_EQ(test, m->sender, t->ident);
	KUNIT_EXPECT_PTR_EQ(test, m->replier, t->ident);
	/* It gives them back when it is freed. */
	alpc_message_put(m);
	KUNIT_EXPECT_EQ(test, refcount_read(&t->ident->ref), references);
}

static void one_message_at_a_time_is_kept(struct kunit *test)
{
	struct message_test *t = test->priv;
	struct alpc_message *kept = alloc_single(test, 0);
	struct alpc_message *m = alloc(test, 0);

	alpc_message_recycle(kept, &t->spare);
	alpc_message_recycle(m, &t->spare);
	KUNIT_EXPECT_PTR_EQ(test, t->spare, kept);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
}

static void message_that_is_still_read_is_not_used_again(struct kunit *test)
{
	struct message_test *t = test->priv;
	struct alpc_message *m = alloc(test, 4000);
	void *data = m->data;

	alpc_message_recycle(m, &t->spare);
	KUNIT_EXPECT_NULL(test, t->spare);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	/* The reader goes on. */
	KUNIT_EXPECT_PTR_EQ(test, m->data, data);
	memset(m->data, 0, m->room);
}

static void notice_is_of_its_object(struct kunit *test)
{
	struct message_test *t = test->priv;
	struct alpc_end end = {};
	struct alpc_message m;

	memset(&m, 0xff, sizeof(m));
	alpc_message_init_notice(&m, &end, ALPC_PORT_CLOSED);
	KUNIT_EXPECT_EQ(test, m.type, ALPC_PORT_CLOSED);
	KUNIT_EXPECT_PTR_EQ(test, m.from, &end);
	KUNIT_EXPECT_EQ(test, m.len, 0);
	KUNIT_EXPECT_EQ(test, m.id, 0);
	KUNIT_EXPECT_FALSE(test, m.charged || m.detached || m.flags);
	KUNIT_EXPECT_TRUE(test, list_empty(&m.node));
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&m.sent));
	/* Who receives it does not free it, nor keep it for another message. */
	refcount_inc(&m.ref);
	alpc_message_recycle(&m, &t->spare);
	KUNIT_EXPECT_NULL(test, t->spare);
	KUNIT_EXPECT_EQ(test, refcount_read(&m.ref), 1);
}

static struct kunit_case message_cases[] = {
	KUNIT_CASE(new_message_belongs_to_nobody),
	KUNIT_CASE(short_data_lie_in_the_message),
	KUNIT_CASE(longer_data_get_memory_of_their_own),
	KUNIT_CASE(recycled_message_is_the_next),
	KUNIT_CASE(recycled_message_lost_what_it_was),
	KUNIT_CASE(recycled_message_keeps_no_large_memory),
	KUNIT_CASE(recycled_message_can_hold_more_than_before),
	KUNIT_CASE(recycled_message_keeps_its_identities),
	KUNIT_CASE(one_message_at_a_time_is_kept),
	KUNIT_CASE(message_that_is_still_read_is_not_used_again),
	KUNIT_CASE(notice_is_of_its_object),
	{}
};

static struct kunit_suite message_suite = {
	.name = "alpc_message",
	.init = message_init,
	.test_cases = message_cases,
};

kunit_test_suite(message_suite);
