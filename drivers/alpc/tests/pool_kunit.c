// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: messages that an end keeps for its vectors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../pool.h"

#include "../user.h"
#include "fixture.h"

static struct alpc_pool *pool(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return alpc_pool_make(&f->conn[0]->client);
}

/* New messages of the client, as many as are asked for. */
static struct alpc_chain messages(struct kunit *test, u32 count)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_message *m, *none = NULL;
	struct alpc_chain chain = {};

	while (chain.count < count) {
		m = alpc_message_alloc(&none, f->conn[0]->client.user, 0);
		KUNIT_ASSERT_FALSE(test, IS_ERR(m));
		alpc_chain_add(&chain, m);
	}
	return chain;
}

/* They are in a row, the first one first. */
static void expect_chain(struct kunit *test, const struct alpc_chain *chain,
			 u32 count)
{
	const struct alpc_message *m;
	u32 n = 0;

	KUNIT_EXPECT_EQ(test, chain->count, count);
	for (m = chain->first; m; m = m->next) {
		n++;
		if (!m->next)
			KUNIT_EXPECT_PTR_EQ(test, m, chain->last);
	}
	KUNIT_EXPECT_EQ(test, n, count);
}

static void is_made_once(struct kunit *test)
{
	struct alpc_pool *first = pool(test);

	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_EXPECT_PTR_EQ(test, pool(test), first);
	expect_chain(test, &first->messages, 0);
}

static void gives_as_many_as_it_has(struct kunit *test)
{
	struct alpc_chain chain = messages(test, 5), taken = {};
	struct alpc_message *first = chain.first;
	struct alpc_pool *p = pool(test);

	alpc_pool_give(p, &chain);
	expect_chain(test, &chain, 0);
	expect_chain(test, &p->messages, 5);
	alpc_pool_take(p, 2, &taken);
	KUNIT_EXPECT_PTR_EQ(test, taken.first, first);
	expect_chain(test, &taken, 2);
	expect_chain(test, &p->messages, 3);
	alpc_pool_give(p, &taken);
	expect_chain(test, &p->messages, 5);
	alpc_pool_take(p, 6, &taken);
	expect_chain(test, &taken, 5);
	expect_chain(test, &p->messages, 0);
	alpc_pool_give(p, &taken);
}

static void gives_nothing_when_empty_or_not_asked(struct kunit *test)
{
	struct alpc_chain chain = messages(test, 1), taken = {};
	struct alpc_pool *p = pool(test);

	alpc_pool_take(p, 1, &taken);
	expect_chain(test, &taken, 0);
	alpc_pool_give(p, &taken);
	expect_chain(test, &p->messages, 0);
	alpc_pool_give(p, &chain);
	alpc_pool_take(p, 0, &taken);
	expect_chain(test, &taken, 0);
	expect_chain(test, &p->messages, 1);
}

static void keeps_no_more_than_its_limit(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_user *user = f->conn[0]->client.user;
	long used = user ? alpc_user_used(user, ALPC_USER_MESSAGES) : 0;
	struct alpc_pool *p = pool(test);
	struct alpc_chain chain;

	chain = messages(test, ALPC_POOL_MAX - 1);
	alpc_pool_give(p, &chain);
	chain = messages(test, 2);
	alpc_pool_give(p, &chain);
	expect_chain(test, &chain, 0);
	expect_chain(test, &p->messages, ALPC_POOL_MAX - 1);
	chain = messages(test, 1);
	alpc_pool_give(p, &chain);
	expect_chain(test, &p->messages, ALPC_POOL_MAX);
	/* What is kept is charged, and what was not is not. */
	if (user)
		KUNIT_EXPECT_EQ(test, alpc_user_used(user, ALPC_USER_MESSAGES),
				used + ALPC_POOL_MAX);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE(is_made_once),
	KUNIT_CASE(gives_as_many_as_it_has),
	KUNIT_CASE(gives_nothing_when_empty_or_not_asked),
	KUNIT_CASE(keeps_no_more_than_its_limit),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "alpc_pool",
	.init = alpc_fixture_init_connected,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);
