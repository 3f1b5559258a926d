// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: which names a port can have, and the table of names.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../names.h"

#include <net/net_namespace.h>

#include "../shutdown.h"
#include "fixture.h"

struct name_case {
	const char *desc;
	const char *name;
	size_t len;
};

#define NAME(_desc, _name) \
	{ .desc = (_desc), .name = (_name), .len = sizeof(_name) - 1 }

static void name_case_desc(const struct name_case *c, char *desc)
{
	strscpy(desc, c->desc, KUNIT_PARAM_DESC_SIZE);
}

static const struct name_case good_names[] = {
	NAME("one letter", "a"),
	NAME("lowest character", " "),
	NAME("highest of ASCII", "~"),
	NAME("path", "/a\\b:c"),
	NAME("lowest of two bytes that is no control", "\xc2\xa0"),
	NAME("highest of two bytes", "\xdf\xbf"),
	NAME("lowest of three bytes", "\xe0\xa0\x80"),
	NAME("before the surrogates", "\xed\x9f\xbf"),
	NAME("after the surrogates", "\xee\x80\x80"),
	NAME("highest of three bytes", "\xef\xbf\xbf"),
	NAME("lowest of four bytes", "\xf0\x90\x80\x80"),
	NAME("highest of all", "\xf4\x8f\xbf\xbf"),
	NAME("mixed", "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z"),
};

KUNIT_ARRAY_PARAM(good_name, good_names, name_case_desc);

static void valid_utf8_is_a_name(struct kunit *test)
{
	const struct name_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, alpc_name_check(c->name, c->len), 0);
}

static const struct name_case bad_names[] = {
	NAME("NUL", "\0"),
	NAME("NUL at the end", "a\0"),
	NAME("lowest control", "a\x01"),
	NAME("newline", "a\nb"),
	NAME("highest control of ASCII", "\x1f"),
	NAME("delete", "\x7f"),
	NAME("lowest of the second controls", "\xc2\x80"),
	NAME("highest of the second controls", "a\xc2\x9f"),
	NAME("lone continuation", "\x80"),
	NAME("continuation too many", "\xc3\xbc\xbc"),
	NAME("two bytes cut", "a\xc3"),
	NAME("three bytes cut after one", "a\xe2"),
	NAME("three bytes cut after two", "a\xe2\x82"),
	NAME("four bytes cut after three", "a\xf0\x9f\x98"),
	NAME("letter instead of a continuation", "\xc3z"),
	NAME("letter instead of the last continuation", "\xe2\x82z"),
	NAME("lead instead of a continuation", "\xc3\xc3"),
	NAME("overlong in two bytes", "\xc0\xaf"),
	NAME("highest overlong in two bytes", "\xc1\xbf"),
	NAME("overlong in three bytes", "\xe0\x9f\xbf"),
	NAME("overlong in four bytes", "\xf0\x8f\xbf\xbf"),
	NAME("overlong NUL", "\xc0\x80"),
	NAME("lowest surrogate", "\xed\xa0\x80"),
	NAME("highest surrogate", "\xed\xbf\xbf"),
	NAME("surrogate pair", "\xed\xa0\xbd\xed\xb8\x80"),
	NAME("above the highest character", "\xf4\x90\x80\x80"),
	NAME("five bytes", "\xf8\x88\x80\x80\x80"),
	NAME("six bytes", "\xfc\x84\x80\x80\x80\x80"),
	NAME("never a lead", "\xfe"),
	NAME("never anything", "\xff"),
	NAME("good before bad", "good name\xff"),
};

KUNIT_ARRAY_PARAM(bad_name, bad_names, name_case_desc);

static void invalid_utf8_and_controls_are_not(struct kunit *test)
{
	const struct name_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, alpc_name_check(c->name, c->len), -EINVAL);
}

static void length_is_limited(struct kunit *test)
{
	char name[ALPC_NAME_MAX + 1];

	memset(name, 'x', sizeof(name));
	KUNIT_EXPECT_EQ(test, alpc_name_check(name, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, alpc_name_check(name, 1), 0);
	KUNIT_EXPECT_EQ(test, alpc_name_check(name, ALPC_NAME_MAX), 0);
	KUNIT_EXPECT_EQ(test, alpc_name_check(name, ALPC_NAME_MAX + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, alpc_name_check(name, SIZE_MAX), -EINVAL);
}

/* The byte behind the name would complete its last character. */
static void nothing_behind_the_name_is_read(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, alpc_name_check("a\xe2\x82\xac", 4), 0);
	KUNIT_EXPECT_EQ(test, alpc_name_check("a\xe2\x82\xac", 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, alpc_name_check("a\xff", 1), 0);
}

static void set_name(struct alpc_port *port, const char *name, u32 len)
{
	memcpy(port->name, name, len);
	port->name_len = len;
}

/* Look a name up and leave the port as it was. */
static const struct alpc_port *find(const char *name, size_t len)
{
	struct alpc_port *port = alpc_names_find(&init_net, name, len);

	if (port)
		alpc_port_put(port);
	return port;
}

static void published_port_is_found_by_its_whole_name(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	set_name(f->port, "KUnit port", 10);
	KUNIT_EXPECT_NULL(test, find("KUnit port", 10));
	KUNIT_ASSERT_EQ(test, alpc_names_add(f->port), 0);
	KUNIT_EXPECT_PTR_EQ(test, find("KUnit port", 10), f->port);
	KUNIT_EXPECT_NULL(test, find("KUnit port", 9));
	KUNIT_EXPECT_NULL(test, find("KUnit port\0", 11));
	KUNIT_EXPECT_NULL(test, find("kunit port", 10));
}

static void finding_takes_a_reference(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	unsigned int references = refcount_read(&f->port->ref);
	struct alpc_port *port;

	set_name(f->port, "KUnit port", 10);
	KUNIT_ASSERT_EQ(test, alpc_names_add(f->port), 0);
	port = alpc_names_find(&init_net, "KUnit port", 10);
	KUNIT_EXPECT_PTR_EQ(test, port, f->port);
	KUNIT_EXPECT_EQ(test, refcount_read(&f->port->ref), references + 1);
	if (port)
		alpc_port_put(port);
}

static void deleted_name_is_free_again(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	set_name(f->port, "KUnit port", 10);
	KUNIT_ASSERT_EQ(test, alpc_names_add(f->port), 0);
	alpc_names_del(f->port);
	KUNIT_EXPECT_NULL(test, find("KUnit port", 10));
	KUNIT_EXPECT_EQ(test, alpc_names_add(f->port), 0);
}

static void close_second_port(void *port)
{
	alpc_end_release(&((struct alpc_port *)port)->end);
}

static void name_in_use_is_refused_and_left_alone(struct kunit *test)
{
	const struct alpc_port_limits limits = {};
	struct alpc_fixture *f = test->priv;
	struct alpc_port *second;

	second = alpc_port_alloc(&init_net, &limits);
	KUNIT_ASSERT_FALSE(test, IS_ERR(second));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, close_second_port,
							second), 0);
	set_name(f->port, "KUnit port", 10);
	set_name(second, "KUnit port", 10);
	KUNIT_ASSERT_EQ(test, alpc_names_add(f->port), 0);
	KUNIT_EXPECT_EQ(test, alpc_names_add(second), -EEXIST);
	KUNIT_EXPECT_PTR_EQ(test, find("KUnit port", 10), f->port);
	/* Nor does the end of the second take the name away. */
	alpc_names_del(second);
	KUNIT_EXPECT_PTR_EQ(test, find("KUnit port", 10), f->port);
}

static struct kunit_case names_cases[] = {
	KUNIT_CASE_PARAM(valid_utf8_is_a_name, good_name_gen_params),
	KUNIT_CASE_PARAM(invalid_utf8_and_controls_are_not,
			 bad_name_gen_params),
	KUNIT_CASE(length_is_limited),
	KUNIT_CASE(nothing_behind_the_name_is_read),
	KUNIT_CASE(published_port_is_found_by_its_whole_name),
	KUNIT_CASE(finding_takes_a_reference),
	KUNIT_CASE(deleted_name_is_free_again),
	KUNIT_CASE(name_in_use_is_refused_and_left_alone),
	{}
};

static struct kunit_suite names_suite = {
	.name = "alpc_names",
	.init = alpc_fixture_init,
	.test_cases = names_cases,
};

kunit_test_suite(names_suite);
