// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: which requests give access to their callers' memory, and until when.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../access.h"

#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../parcel.h"
#include "../reply.h"
#include "../shutdown.h"
#include "fixture.h"

static struct alpc_range ranges[] = {
	{ .address = PAGE_SIZE, .len = 100, .rights = ALPC_RANGE_READ },
	{ .address = PAGE_SIZE, .len = 100, .rights = ALPC_RANGE_WRITE },
	{ .address = PAGE_SIZE, .len = SZ_1G, .rights = ALPC_RANGE_READ |
						       ALPC_RANGE_WRITE },
};

/*
 * A call that the server has received, with ranges. There is no address space to
 * them, because the thread of a test has none.
 */
static struct alpc_played_call call_with_ranges(struct kunit *test)
{
	struct alpc_played_call c = alpc_fixture_played_call(test->priv);
	struct alpc_message *m = c.client->op.call;

	if (!m->parcel)
		m->parcel = kzalloc(sizeof(*m->parcel), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m->parcel);
	m->parcel->grant.ranges = ranges;
	m->parcel->grant.count = ARRAY_SIZE(ranges);
	m->brings = ALPC_BRINGS_RANGES;
	return c;
}

/* The same, and the request as an access finds it. */
static struct alpc_message *found_call(struct kunit *test,
				       struct alpc_played_call *c)
{
	struct alpc_message *m;

	*c = call_with_ranges(test);
	m = alpc_access_find(&c->f->port->end, c->id);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m));
	return m;
}

static long find_error(struct alpc_end *end, u64 id)
{
	struct alpc_message *m = alpc_access_find(end, id);

	if (IS_ERR(m))
		return PTR_ERR(m);
	alpc_message_put(m);
	return 0;
}

static void unanswered_request_is_found(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c = call_with_ranges(test);
	struct alpc_message *m = alpc_access_find(&f->port->end, c.id);

	KUNIT_ASSERT_PTR_EQ(test, m, c.client->op.call);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 2);
	alpc_message_put(m);
	/* Either port of the server will do. */
	KUNIT_EXPECT_EQ(test, find_error(&c.conn->server, c.id), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
}

static void other_ids_are_esrch(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *other = alpc_fixture_connect(f);
	struct alpc_played_call c = call_with_ranges(test);

	KUNIT_EXPECT_EQ(test, find_error(&f->port->end, c.id + 1), -ESRCH);
	KUNIT_EXPECT_EQ(test, find_error(&f->port->end, c.id | BIT_ULL(32)),
			-ESRCH);
	KUNIT_EXPECT_EQ(test, find_error(&other->server, c.id), -ESRCH);
	KUNIT_EXPECT_EQ(test, find_error(&other->client, c.id), -ESRCH);
	KUNIT_EXPECT_EQ(test, find_error(&c.conn->client, c.id), -ESRCH);
}

static void request_without_ranges_is_enoent(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c = alpc_fixture_played_call(f);

	KUNIT_EXPECT_EQ(test, find_error(&f->port->end, c.id), -ENOENT);
}

static void connection_request_is_esrch(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a;

	alpc_fixture_ask(f);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, find_error(&f->port->end,
					 alpc_actor_got(a)->id), -ESRCH);
}

/* As long as one thread is answering, no other touches the memory. */
static void request_that_is_being_answered_is_esrch(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c = call_with_ranges(test);
	struct alpc_message *m;
	long err;

	m = alpc_request_claim(&f->port->end, c.id, ALPC_REQUEST, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m));
	err = find_error(&f->port->end, c.id);
	KUNIT_EXPECT_EQ(test, alpc_access_enter(&f->port->end, m), -ESRCH);
	alpc_request_unclaim(&f->port->end, m);
	KUNIT_EXPECT_EQ(test, err, -ESRCH);
	KUNIT_EXPECT_EQ(test, find_error(&f->port->end, c.id), 0);
}

static void answered_request_is_esrch(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c;
	struct alpc_message *m = found_call(test, &c);

	alpc_actor_reply(alpc_actor(f, &f->port->end), c.id, 0);
	KUNIT_EXPECT_EQ(test, alpc_access_enter(&f->port->end, m), -ESRCH);
	KUNIT_EXPECT_EQ(test, find_error(&f->port->end, c.id), -ESRCH);
	alpc_message_put(m);
}

static void cancelled_request_is_ecanceled(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c;
	struct alpc_message *m = found_call(test, &c);

	alpc_actor_cancel(c.client);
	KUNIT_EXPECT_EQ(test, alpc_access_enter(&f->port->end, m), -ECANCELED);
	KUNIT_EXPECT_EQ(test, find_error(&f->port->end, c.id), -ECANCELED);
	/* The notice is still there. */
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &f->port->end),
			ALPC_CANCELED);
	KUNIT_EXPECT_EQ(test, alpc_access_enter(&f->port->end, m), -ESRCH);
	KUNIT_EXPECT_EQ(test, find_error(&f->port->end, c.id), -ESRCH);
	alpc_message_put(m);
}

static void request_of_a_closed_connection_is_esrch(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c;
	struct alpc_message *m = found_call(test, &c);

	alpc_disconnect(&c.conn->server);
	KUNIT_EXPECT_EQ(test, alpc_access_enter(&f->port->end, m), -ESRCH);
	KUNIT_EXPECT_EQ(test, find_error(&f->port->end, c.id), -ESRCH);
	alpc_message_put(m);
}

/* Who copies is counted, and can neither sleep nor be descheduled. */
static void user_is_counted_and_atomic(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c = call_with_ranges(test);
	struct alpc_message *m = c.client->op.call;
	struct alpc_grant *grant = &m->parcel->grant;
	int users, ret, preemption;
	bool faults;

	ret = alpc_access_enter(&f->port->end, m);
	KUNIT_ASSERT_EQ(test, ret, 0);
	users = atomic_read(&grant->users);
	preemption = preempt_count();
	faults = !pagefault_disabled();
	alpc_access_leave(m);
	KUNIT_EXPECT_EQ(test, users, 1);
	KUNIT_EXPECT_NE(test, preemption, 0);
	KUNIT_EXPECT_FALSE(test, faults);
	KUNIT_EXPECT_EQ(test, atomic_read(&grant->users), 0);
	KUNIT_EXPECT_EQ(test, preempt_count(), 0);
	KUNIT_EXPECT_FALSE(test, pagefault_disabled());
	alpc_grant_wait(grant);
}

/* Who is refused is not counted, and nothing stays switched off. */
static void refused_user_is_not_counted(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c;
	struct alpc_message *m = found_call(test, &c);

	alpc_actor_cancel(c.client);
	KUNIT_EXPECT_EQ(test, alpc_access_enter(&f->port->end, m), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&m->parcel->grant.users), 0);
	KUNIT_EXPECT_EQ(test, preempt_count(), 0);
	KUNIT_EXPECT_FALSE(test, pagefault_disabled());
	alpc_message_put(m);
}

static void parts_are_checked(struct kunit *test)
{
	static const struct {
		struct alpc_access_part part;
		u32 right;
		int err;
	} cases[] = {
		{ { .range = 0, .len = 100 }, ALPC_RANGE_READ, 0 },
		{ { .range = 0, .len = 100 }, ALPC_RANGE_WRITE, -EPERM },
		{ { .range = 1, .len = 100 }, ALPC_RANGE_READ, -EPERM },
		{ { .range = 1, .len = 100 }, ALPC_RANGE_WRITE, 0 },
		{ { .range = 2, .len = SZ_1G }, ALPC_RANGE_READ, 0 },
		{ { .range = 2, .len = SZ_1G }, ALPC_RANGE_WRITE, 0 },
		{ { .range = 3 }, ALPC_RANGE_READ, -ENOENT },
		{ { .range = U32_MAX }, ALPC_RANGE_READ, -ENOENT },
		{ { .offset = 100 }, ALPC_RANGE_READ, 0 },
		{ { .offset = 101 }, ALPC_RANGE_READ, -EINVAL },
		{ { .offset = 99, .len = 1 }, ALPC_RANGE_READ, 0 },
		{ { .offset = 99, .len = 2 }, ALPC_RANGE_READ, -EINVAL },
		{ { .offset = 100, .len = 1 }, ALPC_RANGE_READ, -EINVAL },
		{ { .len = 101 }, ALPC_RANGE_READ, -EINVAL },
		{ { .len = U64_MAX }, ALPC_RANGE_READ, -EINVAL },
		{ { .offset = 1, .len = U64_MAX }, ALPC_RANGE_READ, -EINVAL },
		{ { .offset = U64_MAX, .len = 1 }, ALPC_RANGE_READ, -EINVAL },
		{ { .offset = U64_MAX, .len = 2 }, ALPC_RANGE_READ, -EINVAL },
		{ { .__reserved = 1 }, ALPC_RANGE_READ, -EINVAL },
		{ { .address = U64_MAX, .len = 1 }, ALPC_RANGE_READ, -EFAULT },
		{ { .address = S64_MIN, .len = 1 }, ALPC_RANGE_READ, -EFAULT },
	};
	const struct alpc_grant grant = {
		.ranges = ranges, .count = ARRAY_SIZE(ranges),
	};
	struct alpc_access_part parts[3] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ_MSG(test, alpc_grant_check(&grant,
							   &cases[i].part, 1,
							   cases[i].right),
				    cases[i].err, "case %u", i);
		if (!cases[i].err)
			continue;
		/* The last one of several as well. */
		parts[0].range = cases[i].right == ALPC_RANGE_WRITE;
		parts[1].range = 2;
		parts[2] = cases[i].part;
		KUNIT_EXPECT_EQ_MSG(test, alpc_grant_check(&grant, parts, 3,
							   cases[i].right),
				    cases[i].err, "case %u", i);
	}
}

static struct kunit_case access_cases[] = {
	KUNIT_CASE(unanswered_request_is_found),
	KUNIT_CASE(other_ids_are_esrch),
	KUNIT_CASE(request_without_ranges_is_enoent),
	KUNIT_CASE(connection_request_is_esrch),
	KUNIT_CASE(request_that_is_being_answered_is_esrch),
	KUNIT_CASE(answered_request_is_esrch),
	KUNIT_CASE(cancelled_request_is_ecanceled),
	KUNIT_CASE(request_of_a_closed_connection_is_esrch),
	KUNIT_CASE(user_is_counted_and_atomic),
	KUNIT_CASE(refused_user_is_not_counted),
	KUNIT_CASE(parts_are_checked),
	{}
};

static struct kunit_suite access_suite = {
	.name = "alpc_access",
	.init = alpc_fixture_init_connected,
	.test_cases = access_cases,
};

kunit_test_suite(access_suite);
