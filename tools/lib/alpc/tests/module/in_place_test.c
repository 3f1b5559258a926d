// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: messages that are built and read where they are
 * sent from.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int order_what_in(struct alpc_message *m, uint32_t what, size_t len,
			 size_t reply, uint32_t seed)
{
	struct order *o = order_new(what, len, reply, seed);
	int ret = alpc_message_set(m, o, len);

	free(o);
	return ret;
}

static int order_in(struct alpc_message *m, size_t len, size_t reply, uint32_t seed)
{
	return order_what_in(m, REPLY, len, reply, seed);
}

TEST_F(large, in_place_over_itself)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	for (size_t i = 0; i < LENGTHS; i++) {
		ASSERT_EQ(0, order_in(m, lengths[i], lengths[i], 5));
		EXPECT_TRUE(alpc_message_is_in_place(m));
		ASSERT_EQ(0, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
		ASSERT_EQ(lengths[i], alpc_message_len(m));
		EXPECT_TRUE(is_pattern(alpc_message_data(m), lengths[i], 5));
		if (lengths[i] > 4 * KIB)
			EXPECT_TRUE(alpc_message_is_in_place(m));
	}
	alpc_message_free(m);
}

/* What comes back is not what lies where the request was. */
TEST_F(large, in_place_over_itself_from_elsewhere)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	for (size_t i = 0; i < LENGTHS; i++) {
		/* Longer than there is room for, or so short that it goes inline. */
		ASSERT_EQ(0, order_in(m, 2 * KIB, lengths[i], 7));
		ASSERT_EQ(0, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
		ASSERT_EQ(lengths[i], alpc_message_len(m));
		EXPECT_TRUE(is_pattern(alpc_message_data(m), lengths[i], 7));
		EXPECT_EQ(ALPC_REPLY, alpc_message_type(m));
		EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_RECEIVED,
			  alpc_message_done(m));
	}
	alpc_message_set_limit(m, 16 * KIB);
	ASSERT_EQ(0, order_in(m, 8 * KIB, 16 * KIB + 1, 7));
	EXPECT_EQ(-EMSGSIZE, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
	EXPECT_EQ(0, alpc_message_len(m));
	ASSERT_EQ(0, order_in(m, 32 * KIB, 16 * KIB + 1, 7));
	EXPECT_EQ(-EMSGSIZE, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
	EXPECT_EQ(0, alpc_message_len(m));
	ASSERT_EQ(0, order_in(m, 32 * KIB, 16 * KIB, 7));
	ASSERT_EQ(0, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
	EXPECT_TRUE(is_pattern(alpc_message_data(m), 16 * KIB, 7));
	alpc_message_free(m);
}

/* However it ends, what lay in the block is given back, and used again. */
TEST_F(large, in_place_over_itself_uses_memory_again)
{
	struct alpc_usage usage = { .size = sizeof(usage) };
	struct alpc_message *m;
	uint64_t used = 0;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	for (uint32_t i = 0; i < 120; i++) {
		ASSERT_EQ(0, order_in(m, 2 * KIB, i % 2 ? 100 : 64 * KIB, i));
		ASSERT_EQ(0, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
		ASSERT_EQ(0, order_what_in(m, HOLD, 2 * KIB, 1, i));
		ASSERT_EQ(-ETIMEDOUT, alpc_call_message(self->port, m, m,
							ALPC_MSEC(1), NULL));
		ASSERT_EQ(0, alpc_port_get_usage(self->port, &usage));
		if (i == 40)
			used = usage.section_bytes.used;
	}
	EXPECT_LT(0, used);
	EXPECT_EQ(used, usage.section_bytes.used);
	alpc_message_free(m);
}

TEST_F(large, in_place_over_itself_fails)
{
	struct alpc_message *m;
	struct alpc_port *other;

	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &other));
	ASSERT_EQ(0, alpc_message_new_in(other, 0, 0, &m));
	ASSERT_EQ(0, order_in(m, 8 * KIB, 8 * KIB, 3));
	/* Nothing was sent: the message is what it was. */
	EXPECT_EQ(-EINVAL, alpc_call_message(other, m, m, -2, NULL));
	EXPECT_EQ(0, alpc_message_done(m));
	EXPECT_EQ(0, alpc_message_type(m));
	EXPECT_EQ(8 * KIB, alpc_message_len(m));
	EXPECT_TRUE(alpc_message_is_in_place(m));
	ASSERT_EQ(0, alpc_call_message(other, m, m, FOR_EVER, NULL));
	EXPECT_TRUE(is_pattern(alpc_message_data(m), 8 * KIB, 3));
	/* A callback that nobody wants to answer ends the call, and this client. */
	ASSERT_EQ(0, order_what_in(m, CALLBACK, 8 * KIB, 8 * KIB, 3));
	EXPECT_EQ(-EPROTO, alpc_call_message(other, m, m, FOR_EVER, NULL));
	EXPECT_EQ(0, alpc_message_len(m));
	EXPECT_EQ(0, alpc_message_type(m));
	alpc_message_free(m);
	alpc_port_close(other);
}

TEST_F(large, in_place_with_another_for_the_reply)
{
	struct alpc_message *m, *in, *own;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &in));
	ASSERT_EQ(0, alpc_message_new(0, &own));
	for (size_t i = 0; i < LENGTHS; i++) {
		ASSERT_EQ(0, order_in(m, lengths[i], lengths[i], 6));
		ASSERT_EQ(0, alpc_call_message(self->port, m, in, FOR_EVER, NULL));
		ASSERT_EQ(lengths[i], alpc_message_len(in));
		EXPECT_TRUE(is_pattern(alpc_message_data(in), lengths[i], 6));
		/* Longer than there is room for. */
		ASSERT_EQ(0, order_in(m, 2 * KIB, lengths[i], 7));
		ASSERT_EQ(0, alpc_call_message(self->port, m, in, FOR_EVER, NULL));
		ASSERT_EQ(lengths[i], alpc_message_len(in));
		EXPECT_TRUE(is_pattern(alpc_message_data(in), lengths[i], 7));
		ASSERT_EQ(0, order_in(m, lengths[i], 9 * KIB, 8));
		ASSERT_EQ(0, alpc_call_message(self->port, m, own, FOR_EVER,
					       NULL));
		EXPECT_TRUE(is_pattern(alpc_message_data(own), 9 * KIB, 8));
		ASSERT_EQ(0, order_in(own, lengths[i], 9 * KIB, 9));
		ASSERT_EQ(0, alpc_call_message(self->port, own, in, FOR_EVER,
					       NULL));
		EXPECT_TRUE(is_pattern(alpc_message_data(in), 9 * KIB, 9));
	}
	alpc_message_free(m);
	alpc_message_free(in);
	alpc_message_free(own);
}

TEST_F(large, in_place_datagrams)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	for (uint32_t i = 0; i < 100; i++) {
		size_t len = lengths[i % LENGTHS];

		ASSERT_EQ(0, order_in(m, len, 0, i));
		ASSERT_EQ(0, alpc_send_message(self->port, m, FOR_EVER));
		EXPECT_EQ(0, alpc_message_len(m));
	}
	alpc_message_free(m);
	do {
		ASSERT_EQ(0, get_counts(self->port, &self->counts));
	} while (self->counts.datagrams != 100);
}

TEST_F(large, in_place_that_timed_out)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new_in(self->port, 0, 0, &m));
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, order_what_in(m, HOLD, 8 * KIB, 1, 1));
		EXPECT_EQ(-ETIMEDOUT, alpc_call_message(self->port, m, m,
							ALPC_MSEC(5), NULL));
		ASSERT_EQ(0, order_in(m, 8 * KIB, 8 * KIB, 2));
		ASSERT_EQ(0, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
		EXPECT_TRUE(is_pattern(alpc_message_data(m), 8 * KIB, 2));
	}
	alpc_message_free(m);
}

TEST_F(large, in_place_of_another_port)
{
	struct alpc_message *m;
	struct alpc_port *other;

	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &other));
	ASSERT_EQ(0, alpc_message_new_in(other, 0, 0, &m));
	ASSERT_EQ(0, order_in(m, 100, 100, 1));
	ASSERT_EQ(0, good_call(self->port, self->m));
	EXPECT_EQ(-EXDEV, alpc_call_message(self->port, m, self->m, FOR_EVER,
					    NULL));
	/* There is no reply, and the request is what it was. */
	EXPECT_EQ(0, alpc_message_done(self->m));
	EXPECT_EQ(0, alpc_message_type(self->m));
	EXPECT_EQ(0, alpc_message_len(self->m));
	EXPECT_EQ(100, alpc_message_len(m));
	EXPECT_EQ(-EXDEV, alpc_call_message(self->port, m, m, FOR_EVER, NULL));
	EXPECT_EQ(100, alpc_message_len(m));
	EXPECT_TRUE(alpc_message_is_in_place(m));
	EXPECT_EQ(-EXDEV, alpc_send_message(self->port, m, FOR_EVER));
	EXPECT_EQ(-EXDEV, alpc_call_message(self->port, self->m, m, FOR_EVER,
					    NULL));
	EXPECT_EQ(-EINVAL, alpc_message_new_in(other, 0, 2, &m));
	alpc_message_free(m);
	alpc_port_close(other);
}

TEST_HARNESS_MAIN
