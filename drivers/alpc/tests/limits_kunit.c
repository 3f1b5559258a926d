// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the limits that a port can be given.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../limits.h"

#include <kunit/test.h>

#include "../port.h"
#include "../security.h"

static void zeroes_ask_for_the_defaults(struct kunit *test)
{
	const struct alpc_create_port arg = {};
	struct alpc_port_limits l = {};

	KUNIT_EXPECT_EQ(test, alpc_port_limits_init(&l, &arg), 0);
	KUNIT_EXPECT_EQ(test, l.max_message, ALPC_DATA_DEFAULT);
	KUNIT_EXPECT_EQ(test, l.queue_messages, ALPC_QUEUE_MESSAGES_DEFAULT);
	KUNIT_EXPECT_EQ(test, l.max_connections, ALPC_CONNECTIONS_DEFAULT);
	KUNIT_EXPECT_EQ(test, l.max_pending, ALPC_PENDING_DEFAULT);
	KUNIT_EXPECT_EQ(test, l.spin_ns, ALPC_SPIN_DEFAULT_NS);
	KUNIT_EXPECT_EQ(test, l.queue_bytes, ALPC_QUEUE_BYTES_DEFAULT);
}

static void defaults_are_within_the_limits(struct kunit *test)
{
	KUNIT_EXPECT_LE(test, ALPC_DATA_DEFAULT, ALPC_DATA_MAX);
	KUNIT_EXPECT_LE(test, ALPC_QUEUE_MESSAGES_DEFAULT,
			ALPC_QUEUE_MESSAGES_MAX);
	KUNIT_EXPECT_LE(test, ALPC_CONNECTIONS_DEFAULT, ALPC_CONNECTIONS_MAX);
	KUNIT_EXPECT_LE(test, ALPC_PENDING_DEFAULT, ALPC_PENDING_MAX);
	KUNIT_EXPECT_LE(test, ALPC_SPIN_DEFAULT_NS, ALPC_SPIN_MAX_NS);
	KUNIT_EXPECT_LE(test, ALPC_QUEUE_BYTES_DEFAULT, ALPC_QUEUE_BYTES_MAX);
	KUNIT_EXPECT_LE(test, ALPC_CLIENT_MESSAGES_DEFAULT,
			ALPC_QUEUE_MESSAGES_MAX);
	KUNIT_EXPECT_LE(test, ALPC_CLIENT_BYTES_DEFAULT, ALPC_QUEUE_BYTES_MAX);
	/* What the header promises of them. */
	KUNIT_EXPECT_EQ(test, ALPC_PENDING_MAX, ALPC_QUEUE_MESSAGES_MAX);
	KUNIT_EXPECT_EQ(test, ALPC_SPIN_MAX_NS, 1000000);
}

static const struct alpc_create_port highest = {
	.max_message = ALPC_DATA_MAX,
	.queue_messages = ALPC_QUEUE_MESSAGES_MAX,
	.max_connections = ALPC_CONNECTIONS_MAX,
	.max_pending = ALPC_PENDING_MAX,
	.spin_ns = ALPC_SPIN_MAX_NS,
	.queue_bytes = ALPC_QUEUE_BYTES_MAX,
};

static void highest_of_each_is_taken_as_it_is(struct kunit *test)
{
	struct alpc_port_limits l = {};

	KUNIT_EXPECT_EQ(test, alpc_port_limits_init(&l, &highest), 0);
	KUNIT_EXPECT_EQ(test, l.max_message, ALPC_DATA_MAX);
	KUNIT_EXPECT_EQ(test, l.queue_messages, ALPC_QUEUE_MESSAGES_MAX);
	KUNIT_EXPECT_EQ(test, l.max_connections, ALPC_CONNECTIONS_MAX);
	KUNIT_EXPECT_EQ(test, l.max_pending, ALPC_PENDING_MAX);
	KUNIT_EXPECT_EQ(test, l.spin_ns, ALPC_SPIN_MAX_NS);
	KUNIT_EXPECT_EQ(test, l.queue_bytes, ALPC_QUEUE_BYTES_MAX);
}

static void lowest_of_each_is_taken_as_it_is(struct kunit *test)
{
	const struct alpc_create_port arg = {
		.max_message = 1,
		.queue_messages = 1,
		.max_connections = 1,
		.max_pending = 1,
		.spin_ns = 1,
		.queue_bytes = 1,
	};
	struct alpc_port_limits l = {};

	KUNIT_EXPECT_EQ(test, alpc_port_limits_init(&l, &arg), 0);
	KUNIT_EXPECT_EQ(test, l.max_message, 1);
	KUNIT_EXPECT_EQ(test, l.queue_messages, 1);
	KUNIT_EXPECT_EQ(test, l.max_connections, 1);
	KUNIT_EXPECT_EQ(test, l.max_pending, 1);
	KUNIT_EXPECT_EQ(test, l.spin_ns, 1);
	KUNIT_EXPECT_EQ(test, l.queue_bytes, 1);
}

static const struct alpc_create_port too_high[] = {
	{ .max_message = ALPC_DATA_MAX + 1 },
	{ .max_message = U32_MAX },
	{ .queue_messages = ALPC_QUEUE_MESSAGES_MAX + 1 },
	{ .queue_messages = U32_MAX },
	{ .max_connections = ALPC_CONNECTIONS_MAX + 1 },
	{ .max_connections = U32_MAX },
	{ .max_pending = ALPC_PENDING_MAX + 1 },
	{ .max_pending = U32_MAX },
	{ .spin_ns = ALPC_SPIN_MAX_NS + 1 },
	{ .spin_ns = U32_MAX },
	{ .queue_bytes = ALPC_QUEUE_BYTES_MAX + 1 },
	{ .queue_bytes = U64_MAX },
	/* The one limit that does not fit into 32 bits. */
	{ .queue_bytes = 1ULL << 32 },
};

static void one_more_is_refused(struct kunit *test)
{
	struct alpc_port_limits l = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(too_high); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    alpc_port_limits_init(&l, &too_high[i]),
				    -EINVAL, "number %u", i);
}

static void no_spin_turns_spinning_off(struct kunit *test)
{
	struct alpc_create_port arg = { .flags = ALPC_PORT_NO_SPIN };
	struct alpc_port_limits l = { .spin_ns = 1 };

	KUNIT_EXPECT_EQ(test, alpc_port_limits_init(&l, &arg), 0);
	KUNIT_EXPECT_EQ(test, l.spin_ns, 0);
	/* A time to spin for contradicts it. */
	arg.spin_ns = 1;
	KUNIT_EXPECT_EQ(test, alpc_port_limits_init(&l, &arg), -EINVAL);
}

/* The flag must not hide what is wrong beside it. */
static void no_spin_leaves_other_errors(struct kunit *test)
{
	const struct alpc_create_port arg = {
		.flags = ALPC_PORT_NO_SPIN,
		.queue_bytes = ALPC_QUEUE_BYTES_MAX + 1,
	};
	struct alpc_port_limits l = {};

	KUNIT_EXPECT_EQ(test, alpc_port_limits_init(&l, &arg), -EINVAL);
}

static void client_gets_its_own_defaults(struct kunit *test)
{
	const struct alpc_connect arg = {};
	struct alpc_conn_options o;

	KUNIT_EXPECT_EQ(test, alpc_conn_options_init(&o, &arg), 0);
	KUNIT_EXPECT_EQ(test, o.queue_messages, ALPC_CLIENT_MESSAGES_DEFAULT);
	KUNIT_EXPECT_EQ(test, o.queue_bytes, ALPC_CLIENT_BYTES_DEFAULT);
	KUNIT_EXPECT_EQ(test, o.level, ALPC_LEVEL_IDENTIFICATION);
	KUNIT_EXPECT_EQ(test, o.withhold, 0);
	KUNIT_EXPECT_FALSE(test, o.note);
}

static void client_limits_are_bounded_as_the_ports(struct kunit *test)
{
	struct alpc_connect arg = {
		.queue_messages = ALPC_QUEUE_MESSAGES_MAX,
		.queue_bytes = ALPC_QUEUE_BYTES_MAX,
	};
	struct alpc_conn_options o;

	KUNIT_EXPECT_EQ(test, alpc_conn_options_init(&o, &arg), 0);
	KUNIT_EXPECT_EQ(test, o.queue_messages, ALPC_QUEUE_MESSAGES_MAX);
	KUNIT_EXPECT_EQ(test, o.queue_bytes, ALPC_QUEUE_BYTES_MAX);

	arg.queue_messages = ALPC_QUEUE_MESSAGES_MAX + 1;
	KUNIT_EXPECT_EQ(test, alpc_conn_options_init(&o, &arg), -EINVAL);
	arg.queue_messages = 1;
	arg.queue_bytes = ALPC_QUEUE_BYTES_MAX + 1;
	KUNIT_EXPECT_EQ(test, alpc_conn_options_init(&o, &arg), -EINVAL);
}

static void anonymous_withholds_everything(struct kunit *test)
{
	u8 level, withheld;

	KUNIT_EXPECT_EQ(test, alpc_level_check(ALPC_LEVEL_ANONYMOUS, 0, &level,
					       &withheld), 0);
	KUNIT_EXPECT_EQ(test, level, ALPC_LEVEL_ANONYMOUS);
	KUNIT_EXPECT_EQ(test, withheld, ALPC_IDENTITY_ALL);
}

static void impersonation_can_withhold_the_process_only(struct kunit *test)
{
	u8 level, withheld;
	u32 parts;
	int ret;

	for (parts = 0; parts <= ALPC_IDENTITY_ALL; parts++) {
		ret = alpc_level_check(ALPC_LEVEL_IMPERSONATION, parts, &level,
				       &withheld);
		KUNIT_EXPECT_EQ(test, ret, parts & ~ALPC_IDENTITY_PROCESS ?
					   -EINVAL : 0);
	}
	KUNIT_EXPECT_EQ(test, alpc_level_check(ALPC_LEVEL_IMPERSONATION + 1, 0,
					       &level, &withheld), -EINVAL);
	KUNIT_EXPECT_EQ(test, alpc_level_check(0, ALPC_IDENTITY_ALL + 1,
					       &level, &withheld), -EINVAL);
}

static struct kunit_case limits_cases[] = {
	KUNIT_CASE(zeroes_ask_for_the_defaults),
	KUNIT_CASE(defaults_are_within_the_limits),
	KUNIT_CASE(highest_of_each_is_taken_as_it_is),
	KUNIT_CASE(lowest_of_each_is_taken_as_it_is),
	KUNIT_CASE(one_more_is_refused),
	KUNIT_CASE(no_spin_turns_spinning_off),
	KUNIT_CASE(no_spin_leaves_other_errors),
	KUNIT_CASE(client_gets_its_own_defaults),
	KUNIT_CASE(client_limits_are_bounded_as_the_ports),
	KUNIT_CASE(anonymous_withholds_everything),
	KUNIT_CASE(impersonation_can_withhold_the_process_only),
	{}
};

static struct kunit_suite limits_suite = {
	.name = "alpc_limits",
	.test_cases = limits_cases,
};

kunit_test_suite(limits_suite);
