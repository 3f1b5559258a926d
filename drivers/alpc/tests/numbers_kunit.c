// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: numbers of 32 bits that have been given for the last time. The counters are set
 * to where they would be after four thousand million objects.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../limits.h"
#include "../reserve.h"
#include "../section.h"
#include "../security.h"
#include "fixture.h"

#define LAST	U32_MAX

static struct alpc_end *client(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return &f->conn[0]->client;
}

static int make_reserve(struct alpc_end *end, u32 *id)
{
	struct alpc_create_reserve arg = { .len = 8 };
	int ret = alpc_reserve_create(end, &arg);

	*id = arg.out_reserve;
	return ret;
}

static int make_context(struct alpc_end *end, u32 *id)
{
	struct alpc_create_security arg = {};
	int ret = alpc_security_create(end, &arg);

	*id = arg.out_security;
	return ret;
}

static int make_section(struct alpc_end *end, u32 *id)
{
	struct alpc_section *sec = alpc_section_create(end, PAGE_SIZE, 0);

	if (IS_ERR(sec))
		return PTR_ERR(sec);
	*id = sec->id;
	alpc_section_put(sec);
	return 0;
}

/* The last number is given, and then none, also when that object has gone. */
static void expect_end(struct kunit *test, u32 *counter,
		       int (*make)(struct alpc_end *end, u32 *id),
		       int (*delete)(struct alpc_end *end, u32 id))
{
	u32 first, last = 0, none = 0;

	KUNIT_ASSERT_EQ(test, make(client(test), &first), 0);
	*counter = LAST - 1;
	KUNIT_ASSERT_EQ(test, make(client(test), &last), 0);
	KUNIT_EXPECT_EQ(test, last, LAST);
	KUNIT_EXPECT_EQ(test, make(client(test), &none), -EDQUOT);
	KUNIT_EXPECT_EQ(test, none, 0);
	KUNIT_EXPECT_EQ(test, delete(client(test), last), 0);
	KUNIT_EXPECT_EQ(test, make(client(test), &none), -EDQUOT);
	/* What is there can be used, and number 0 is none. */
	KUNIT_EXPECT_EQ(test, delete(client(test), last), -ENOENT);
	KUNIT_EXPECT_EQ(test, delete(client(test), 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, delete(client(test), first), 0);
	KUNIT_EXPECT_EQ(test, *counter, LAST);
}

static void abuse_13_reserves_end_with_their_numbers(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u32 id;

	expect_end(test, &client(test)->last_reserve, make_reserve,
		   alpc_reserve_delete);
	/* Those of the other end are its own. */
	KUNIT_EXPECT_EQ(test, make_reserve(&f->conn[0]->server, &id), 0);
}

static void abuse_13_contexts_end_with_their_numbers(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u32 id;

	f->port->max_security = ALPC_SECURITY_DEFAULT;
	expect_end(test, &client(test)->last_security, make_context,
		   alpc_security_delete);
	KUNIT_EXPECT_EQ(test, make_context(&f->conn[0]->server, &id), 0);
}

/* Both ends of a connection count together. */
static void abuse_13_sections_end_with_their_numbers(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u32 id;

	f->port->max_section = ALPC_SECTION_DEFAULT;
	f->port->max_section_total = ALPC_SECTION_TOTAL_DEFAULT;
	KUNIT_ASSERT_EQ(test, make_section(client(test), &id), 0);
	expect_end(test, &f->conn[0]->sections->last_id, make_section,
		   alpc_section_delete);
	KUNIT_EXPECT_EQ(test, make_section(&f->conn[0]->server, &id), -EDQUOT);
}

static struct kunit_case numbers_cases[] = {
	KUNIT_CASE(abuse_13_reserves_end_with_their_numbers),
	KUNIT_CASE(abuse_13_contexts_end_with_their_numbers),
	KUNIT_CASE(abuse_13_sections_end_with_their_numbers),
	{}
};

static struct kunit_suite numbers_suite = {
	.name = "alpc_numbers",
	.init = alpc_fixture_init_connected,
	.test_cases = numbers_cases,
};

kunit_test_suite(numbers_suite);
