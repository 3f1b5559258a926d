// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: messages of every length, by each of the ways,
 * to a server loop in another process.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

TEST_F(large, every_length)
{
	for (size_t i = 0; i < LENGTHS; i++)
		for (size_t j = 0; j < LENGTHS; j += i % 3 + 1)
			ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
					   lengths[j]));
	/* None of them was left behind at the port. */
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
}

TEST_F(large, every_length_with_little_room)
{
	for (size_t i = 0; i < LENGTHS; i++) {
		struct alpc_message *m;

		ASSERT_EQ(0, alpc_message_new(1, &m));
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], m, lengths[i]));
		/* Now it has room. */
		ASSERT_EQ(0, order(self->port, REPLY, 0, m, lengths[i]));
		ASSERT_EQ(0, order(self->port, REPLY, 0, m, 1));
		alpc_message_free(m);
	}
}

TEST_F(large, empty)
{
	static const enum alpc_way ways[] = {
		ALPC_WAY_AUTO, ALPC_WAY_INLINE, ALPC_WAY_VIEW, ALPC_WAY_DIRECT,
	};

	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, alpc_port_set_way(self->port, ways[i]));
		ASSERT_EQ(0, order(self->port, REPLY, 0, self->m, 0));
		EXPECT_EQ(ALPC_WAY_INLINE, alpc_message_way(self->m));
	}
	EXPECT_EQ(-EINVAL, alpc_port_set_way(self->port, (enum alpc_way)4));
}

TEST_F(large, forced_inline)
{
	struct order *o = order_new(REPLY, INLINE + 1, 0, 0);

	alpc_port_set_way(self->port, ALPC_WAY_INLINE);
	for (size_t i = 0; lengths[i] <= INLINE; i++)
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m, 50));
	EXPECT_EQ(-EMSGSIZE, alpc_call(self->port, o, INLINE + 1, self->m,
				       FOR_EVER));
	EXPECT_EQ(0, alpc_message_done(self->m));
	EXPECT_EQ(-EMSGSIZE, alpc_send(self->port, o, INLINE + 1, FOR_EVER));
	free(o);
	ASSERT_EQ(0, get_counts(self->port, &self->counts));
	EXPECT_EQ(0, self->counts.by_way[ALPC_WAY_VIEW]);
	EXPECT_EQ(0, self->counts.by_way[ALPC_WAY_DIRECT]);
}

TEST_F(large, forced_view)
{
	alpc_port_set_way(self->port, ALPC_WAY_VIEW);
	for (size_t i = 0; i < LENGTHS; i++)
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
	ASSERT_EQ(0, get_counts(self->port, &self->counts));
	EXPECT_EQ(LENGTHS, self->counts.by_way[ALPC_WAY_VIEW]);
}

TEST_F(large, forced_direct)
{
	struct order *o = order_new(REPLY, 0, 0, 0);

	alpc_port_set_way(self->port, ALPC_WAY_DIRECT);
	for (size_t i = 0; i < LENGTHS; i++) {
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
		if (lengths[LENGTHS - 1 - i] > INLINE)
			EXPECT_EQ(ALPC_WAY_DIRECT, alpc_message_way(self->m));
	}
	EXPECT_EQ(-EOPNOTSUPP, alpc_send(self->port, o, sizeof(*o), FOR_EVER));
	free(o);
	ASSERT_EQ(0, get_counts(self->port, &self->counts));
	EXPECT_EQ(2 * LENGTHS, self->counts.by_way[ALPC_WAY_DIRECT]);
}

/* What is sent may lie where the reply goes, whatever the way. */
TEST_F(large, request_in_the_reply)
{
	for (enum alpc_way way = ALPC_WAY_AUTO; way <= ALPC_WAY_DIRECT; way += 2) {
		struct order *o = order_new(REPLY, 50 * KIB, 70 * KIB, 9);
		struct alpc_message *m;

		ASSERT_EQ(0, alpc_message_new(80 * KIB, &m));
		ASSERT_EQ(0, alpc_message_set(m, o, 50 * KIB));
		free(o);
		alpc_port_set_way(self->port, way);
		ASSERT_EQ(0, alpc_call(self->port, alpc_message_data(m), 50 * KIB,
				       m, FOR_EVER));
		ASSERT_EQ(70 * KIB, alpc_message_len(m));
		EXPECT_TRUE(is_pattern(alpc_message_data(m), 70 * KIB, 9));
		alpc_message_free(m);
	}
}

TEST_F(large, replies_later)
{
	for (size_t i = 0; i < LENGTHS; i++)
		ASSERT_EQ(0, order(self->port, LATER, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
	alpc_port_set_way(self->port, ALPC_WAY_DIRECT);
	for (size_t i = 0; i < LENGTHS; i++)
		ASSERT_EQ(0, order(self->port, LATER, lengths[i], self->m,
				   lengths[LENGTHS - 1 - i]));
}

TEST_F(large, datagrams)
{
	unsigned int n = 0;

	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < LENGTHS; i++, n++) {
			struct order *o = order_new(0, lengths[i], 0, n);

			ASSERT_EQ(0, alpc_send(self->port, o, lengths[i],
					       FOR_EVER));
			free(o);
		}
	}
	for (int i = 0; i < 200; i++, n++) {
		struct order *o = order_new(0, 5 * KIB, 0, n);

		ASSERT_EQ(0, alpc_send(self->port, o, 5 * KIB, FOR_EVER));
		free(o);
	}
	/* With several threads the last may not be finished. */
	do {
		ASSERT_EQ(0, get_counts(self->port, &self->counts));
	} while (self->counts.datagrams != n);
}

/* The reply is fetched like any message, and its view given back. */
TEST_F(large, reply_apart)
{
	for (int i = 0; i < 20; i++) {
		struct order *o = order_new(REPLY, 30 * KIB, 20 * KIB, 3);
		uint64_t id;

		ASSERT_EQ(0, alpc_send_request(self->port, o, 30 * KIB, 0, 5,
					       FOR_EVER, &id));
		free(o);
		ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
		EXPECT_EQ(id, alpc_message_id(self->m));
		EXPECT_EQ(5, alpc_message_cookie(self->m));
		ASSERT_EQ(20 * KIB, alpc_message_len(self->m));
		EXPECT_TRUE(is_pattern(alpc_message_data(self->m), 20 * KIB, 3));
	}
	EXPECT_EQ(0, alpc_message_release(self->m));
	EXPECT_EQ(0, alpc_message_release(self->m));
}

static int answer_callback(void *arg, const struct alpc_message *request,
			   struct alpc_message *reply)
{
	struct order o;
	void *data;

	(void)arg;
	memcpy(&o, alpc_message_data(request), sizeof(o));
	if (o.sum != sum((const char *)alpc_message_data(request) + sizeof(o),
			 alpc_message_len(request) - sizeof(o)) ||
	    alpc_message_resize(reply, o.reply, &data))
		return -EBADMSG;
	pattern(data, o.reply, o.seed);
	return 0;
}

TEST_F(large, callbacks)
{
	const struct alpc_call_options options = {
		.size = sizeof(options), .callback = answer_callback,
	};

	for (enum alpc_way way = ALPC_WAY_AUTO; way <= ALPC_WAY_DIRECT; way++) {
		alpc_port_set_way(self->port, way);
		for (size_t i = 0; i < LENGTHS; i++) {
			size_t len = way == ALPC_WAY_INLINE ? 100 : lengths[i];
			struct order *o = order_new(CALLBACK, len, len, 4);

			/* The way is for the answer to a callback too. */
			alpc_port_set_way(self->port, way == ALPC_WAY_DIRECT ?
					  ALPC_WAY_AUTO : way);
			ASSERT_EQ(0, alpc_call_with(self->port, o, len, self->m,
						    FOR_EVER, &options));
			ASSERT_EQ(len, alpc_message_len(self->m));
			EXPECT_TRUE(is_pattern(alpc_message_data(self->m), len,
					       4));
			free(o);
		}
	}
}

TEST_HARNESS_MAIN
