// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion lists and the replies of those who answer: what goes into the list of
 * who has asked, and what is left of a request whose reply did.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_fds.h"
#include "alpc_list.h"
#include "alpc_vector.h"

enum { SLOTS = 8, LEN = 64, REPLIES = 6 };

FIXTURE(list_reply)
{
	struct pair pair;
	struct ring ring;
	struct ring client_ring;
	struct alpc_msg *got, msg;
	char buf[LEN + 1];
	__u64 id;
};

FIXTURE_SETUP(list_reply)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	self->client_ring = (struct ring){ .fd = -1 };
}

FIXTURE_TEARDOWN(list_reply)
{
	list_close(&self->ring);
	list_close(&self->client_ring);
	pair_close(&self->pair);
}

static unsigned long long messages_used(void)
{
	struct alpc_usage usage = { .size = sizeof(usage), .flags = ALPC_USAGE_USER };

	return alpc_ioctl(alpc_device(), ALPC_IOC_GET_USAGE, &usage) ? 0 : usage.messages.used;
}

/* --- what goes into the list ------------------------------------------------ */

/* What counts is what the reply brings, whatever the request did. */
TEST_F(list_reply, is_listed_if_it_brings_nothing)
{
	struct alpc_attrs attrs;
	struct probe probe;

	ASSERT_EQ(0, list_open(self->pair.client, SLOTS, LEN, &self->client_ring));
	ASSERT_EQ(0, probe_open(&probe));
	ASSERT_EQ(0, send_fds(self->pair.client, ALPC_SEND_REQUEST, 0, &probe.sent, 1));
	probe_let_go(&probe);
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &attrs, ALPC_FD_ANY));
	EXPECT_TRUE(probe_is_open(&probe));
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "told", 4));
	EXPECT_TRUE(probe_is_gone(&probe));
	LISTED(ALPC_REPLY, &self->client_ring, self->got);
	EXPECT_EQ(0, memcmp("told", list_at(&self->client_ring, self->got->data), 4));
	NOTHING(self->pair.client);
	probe_close(&probe);

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "a", 1, 3, LEN, NULL));
	LISTED(ALPC_REQUEST, &self->ring, self->got);
	ASSERT_EQ(0, probe_open(&probe));
	ASSERT_EQ(0, send_fds(self->pair.port, ALPC_SEND_REPLY, self->got->id, &probe.sent, 1));
	UNLISTED(&self->client_ring);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(3, self->msg.cookie);
	probe_close(&probe);
	EXPECT_QUIET(self->pair.port);
}

/* What the same side has sent before, and waits in the queue, comes first. */
TEST_F(list_reply, does_not_overtake_what_is_queued)
{
	ASSERT_EQ(0, list_open(self->pair.client, SLOTS, LEN, &self->client_ring));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "a", 1, 3, LEN, NULL));
	LISTED(ALPC_REQUEST, &self->ring, self->got);
	ASSERT_EQ(0, alpc_send(self->pair.server, self->buf, LEN + 1));
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->got->id, "told", 4));
	UNLISTED(&self->client_ring);
	TAKE(ALPC_DATAGRAM, self->pair.client, &self->msg, self->buf);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	NOTHING(self->pair.client);
}

/* --- nothing is left of what was answered ----------------------------------- */

/* Reply to @id, and wait for the reply to @call. */
static int reply_await(int fd, __u64 id, __u64 call)
{
	struct alpc_transfer t;
	char buf[LEN];

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REPLY, id, "told", 4);
	transfer_receive(&t, buf, sizeof(buf));
	t.recv.call = call;
	return alpc_transfer(fd, &t);
}

/* One call spends two requests: one by its reply, the other with its notice. */
TEST_F(list_reply, and_a_notice_leave_nothing_behind)
{
	unsigned long long before = 0;
	__u64 asked;
	int i;

	/* What is kept to be used again is there after the first time. */
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "a", 1, 1, LEN, &self->id));
		LISTED(ALPC_REQUEST, &self->ring, self->got);
		asked = self->got->id;
		ASSERT_EQ(0, alpc_request_async(self->pair.server, "k", 1, 2, LEN, NULL));
		TAKE(ALPC_REQUEST, self->pair.client, &self->msg, self->buf);
		ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->pair.port, asked));
		ASSERT_EQ(1, alpc_queued(self->pair.client));
		EXPECT_EQ(-ECANCELED, reply_await(self->pair.client, self->msg.id, self->id));
		LISTED(ALPC_REPLY, &self->ring, self->got);
		EXPECT_EQ(2, self->got->cookie);
		EXPECT_QUIET(self->pair.client);
		EXPECT_QUIET(self->pair.port);
		if (i)
			EXPECT_EQ(before, messages_used());
		before = messages_used();
	}
}

/* The replies of a vector are all done with, and in order. */
TEST_F(list_reply, of_a_vector_leave_nothing_behind)
{
	struct alpc_vector_send send[REPLIES] = {};
	unsigned long long before = 0;
	struct alpc_vector v;
	int i, round;

	ASSERT_EQ(0, list_open(self->pair.client, SLOTS, LEN, &self->client_ring));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < REPLIES; i++) {
			ASSERT_EQ(0, alpc_request_async(self->pair.client, "a", 1, i, LEN, NULL));
			LISTED(ALPC_REQUEST, &self->ring, self->got);
			send[i].msg.flags = ALPC_SEND_REPLY;
			send[i].msg.id = self->got->id;
		}
		ASSERT_EQ(0, alpc_vector(self->pair.port, &v, 0, send, REPLIES, NULL, 0));
		EXPECT_EQ(REPLIES, v.out_sent);
		for (i = 0; i < REPLIES; i++) {
			LISTED(ALPC_REPLY, &self->client_ring, self->got);
			EXPECT_EQ(i, self->got->cookie);
		}
		EXPECT_QUIET(self->pair.port);
		EXPECT_QUIET(self->pair.client);
		if (round)
			EXPECT_EQ(before, messages_used());
		before = messages_used();
	}
}

TEST_HARNESS_MAIN
