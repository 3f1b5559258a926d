// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion lists and those who may not put anything in, or not more: what they
 * leave alone, who is held up, and for what.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>

#include "alpc_list.h"
#include "alpc_vector.h"

enum { SLOTS = 32, LEN = 64, QUEUE = 16 };

FIXTURE(list_fair)
{
	struct pair pair;
	struct ring ring;
	struct transfer_worker worker;
	struct alpc_msg *got, msg;
	char buf[2 * LEN];
	int other, server;
};

FIXTURE_SETUP(list_fair)
{
	const struct alpc_create_port options = { .queue_messages = QUEUE };

	ASSERT_EQ(0, pair_open(&self->pair, &options));
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &self->other,
				  &self->server));
	memset(self->buf, 'x', sizeof(self->buf));
}

FIXTURE_TEARDOWN(list_fair)
{
	list_close(&self->ring);
	close_fd(&self->other);
	close_fd(&self->server);
	pair_close(&self->pair);
}

#define SEND(fd) ASSERT_EQ(0, alpc_send_nowait(fd, "a", 1))
#define SEND_LONG(fd) ASSERT_EQ(0, alpc_send_nowait(fd, self->buf, LEN + 1))
#define NO_ROOM(fd) EXPECT_EQ(-EAGAIN, alpc_send_nowait(fd, "b", 1))

/* --- slots that are not written to ------------------------------------------ */

static void poison_slots(const struct ring *ring)
{
	memset(list_at(ring, ring->shared->slot_offset), POISON,
	       SLOTS * (size_t)ring->create.out_slot_size);
}

static bool slots_are_poison(const struct ring *ring)
{
	return is_poison(list_at(ring, ring->shared->slot_offset),
			 SLOTS * (size_t)ring->create.out_slot_size);
}

/* Single messages and vectors fail alike, and leave no trace. */
#define EXPECT_SENDS_NOTHING(error, fd) do { \
	struct alpc_vector_send __send[3] = {}; \
	struct alpc_vector __v; \
\
	EXPECT_EQ(error, alpc_send(fd, NULL, 0)); \
	EXPECT_EQ(error, alpc_request_async(fd, NULL, 0, 1, LEN, NULL)); \
	__send[1].msg.flags = ALPC_SEND_REQUEST; \
	EXPECT_EQ(error, alpc_vector(fd, &__v, 0, __send, 3, NULL, 0)); \
	EXPECT_EQ(1, __v.out_sent); \
	EXPECT_EQ(-(error), __send[0].out_error); \
	EXPECT_EQ(0, self->ring.shared->tail); \
	EXPECT_TRUE(slots_are_poison(&self->ring)); \
} while (0)

/* Of who is not connected yet, or not any more. */
TEST_F(list_fair, leaves_no_trace_of_who_is_not_connected)
{
	int fd = alpc_connect_async(self->pair.name);

	ASSERT_LE(0, fd);
	poison_slots(&self->ring);
	EXPECT_SENDS_NOTHING(-ENOTCONN, fd);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_SENDS_NOTHING(-ENOTCONN, fd);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_SENDS_NOTHING(-ECONNREFUSED, fd);
	close(fd);
	ASSERT_EQ(0, alpc_disconnect(self->pair.server));
	EXPECT_SENDS_NOTHING(-EPIPE, self->pair.client);
}

/* Of what is queued as it must not overtake. */
TEST_F(list_fair, leaves_no_trace_of_what_is_queued)
{
	struct alpc_vector_send send[3] = {};
	struct alpc_vector v;

	poison_slots(&self->ring);
	SEND_LONG(self->other);
	SEND(self->other);
	ASSERT_EQ(0, alpc_vector(self->other, &v, 0, send, 3, NULL, 0));
	EXPECT_EQ(5, alpc_queued(self->pair.port));
	EXPECT_TRUE(slots_are_poison(&self->ring));
}

/* --- what is not answered --------------------------------------------------- */

enum { UNANSWERED = 1024 };

/* A port may have so many requests outstanding, also if they lie in a list. */
TEST_F(list_fair, requests_count_as_outstanding)
{
	struct alpc_vector_send send[2] = {};
	struct alpc_vector v;
	struct ring ring;
	int i;

	ASSERT_EQ(0, list_delete(self->pair.port));
	ASSERT_EQ(0, list_open(self->pair.port, 2 * UNANSWERED, 1, &ring));
	for (i = 0; i < UNANSWERED; i++)
		ASSERT_EQ(0, alpc_request_async(self->pair.client, NULL, 0, i, 1, NULL));
	EXPECT_EQ(UNANSWERED, list_unread(&ring));
	EXPECT_EQ(-EDQUOT, alpc_request_async(self->pair.client, NULL, 0, i, 1, NULL));
	send[1].msg.flags = ALPC_SEND_REQUEST;
	EXPECT_EQ(-EDQUOT, alpc_vector(self->pair.client, &v, 0, send, 2, NULL, 0));
	EXPECT_EQ(EDQUOT, send[1].out_error);
	EXPECT_EQ(UNANSWERED + 1, list_unread(&ring));
	EXPECT_EQ(UNANSWERED, alpc_unanswered(self->pair.port));
	list_close(&ring);
}

/* --- who is held up --------------------------------------------------------- */

/* Messages that count against the limit of the queue, with those that have room. */
static unsigned long long charged(int port)
{
	struct alpc_usage usage = { .size = sizeof(usage) };

	return alpc_ioctl(port, ALPC_IOC_GET_USAGE, &usage) ? ~0ULL : usage.messages.used;
}

/* A client fills the list, has one message in the queue, and waits with another one. */
static void fill_and_wait(struct __test_metadata *const _metadata,
			  struct _test_data_list_fair *self)
{
	int i;

	for (i = 0; i < SLOTS + 1; i++)
		SEND(self->pair.client);
	transfer_init(&self->worker.transfer, ALPC_TRANSFER_SEND);
	transfer_send(&self->worker.transfer, 0, 0, "d", 1);
	ASSERT_EQ(0, worker_transfer(&self->worker, self->pair.client));
	ASSERT_EQ(0, worker_blocked(&self->worker.worker));
}

/* The queue is open to others as far as it has room. */
TEST_F(list_fair, who_is_held_keeps_nobody_out)
{
	int i;

	fill_and_wait(_metadata, self);
	for (i = 1; i < QUEUE; i++) {
		EXPECT_EQ(POLLOUT, events_of(self->other) & POLLOUT);
		SEND_LONG(self->other);
	}
	EXPECT_EQ(QUEUE, charged(self->pair.port));
	EXPECT_EQ(0, worker_blocked(&self->worker.worker));
	for (i = 0; i < SLOTS + QUEUE + 1; i++)
		ASSERT_EQ(0, list_receive(&self->ring, &self->msg, self->buf,
					  sizeof(self->buf), 0));
	EXPECT_EQ(0, worker_join(&self->worker.worker));
	EXPECT_EQ(0, charged(self->pair.port));
}

/* What is received of others does not let it in. */
TEST_F(list_fair, who_is_held_waits_for_its_own_message)
{
	int i;

	SEND_LONG(self->other);
	fill_and_wait(_metadata, self);
	EXPECT_EQ(2, charged(self->pair.port));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(2, self->msg.context);
	EXPECT_EQ(1, charged(self->pair.port));
	EXPECT_EQ(0, worker_blocked(&self->worker.worker));
	for (i = 0; i < SLOTS; i++)
		LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	EXPECT_EQ(0, worker_blocked(&self->worker.worker));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, worker_join(&self->worker.worker));
	ASSERT_EQ(0, list_receive(&self->ring, &self->msg, self->buf, sizeof(self->buf), 0));
	EXPECT_EQ(0, charged(self->pair.port));
}

/* It goes away as anybody who waits does. */
TEST_F(list_fair, who_is_held_need_not_wait_for_ever)
{
	struct alpc_transfer t;
	int i;

	fill_and_wait(_metadata, self);
	transfer_init(&t, ALPC_TRANSFER_SEND);
	t.timeout = SHORT_TIME;
	transfer_send(&t, 0, 0, "e", 1);
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, &t));
	EXPECT_EQ(1, charged(self->pair.port));
	ASSERT_EQ(0, alpc_disconnect(self->pair.server));
	EXPECT_EQ(-EPIPE, worker_join(&self->worker.worker));
	for (i = 0; i < SLOTS; i++)
		LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	SEND(self->other);
	LISTED(ALPC_DATAGRAM, &self->ring, self->got);
}

/* Put in so many, which are received. */
static void put_and_take(struct __test_metadata *const _metadata,
			 struct _test_data_list_fair *self, int fd, int count)
{
	while (count--) {
		SEND(fd);
		LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	}
}

/* A little in a long time is not much, even if the list is full then. */
TEST_F(list_fair, who_sends_little_is_not_held)
{
	int i;

	for (i = 0; i < 2 * SLOTS; i++) {
		put_and_take(_metadata, self, self->pair.client, 1);
		put_and_take(_metadata, self, self->other, SLOTS / 2);
	}
	for (i = 0; i < SLOTS + 1; i++)
		SEND(self->other);
	NO_ROOM(self->other);
	for (i = 0; i < 4; i++)
		SEND(self->pair.client);
	EXPECT_EQ(5, alpc_queued(self->pair.port));
}

/* The client sends more than fits, and all of it is received. */
#define FILL_AND_EMPTY() do { \
	int __i; \
\
	for (__i = 0; __i < SLOTS + 1; __i++) \
		SEND(self->pair.client); \
	NO_ROOM(self->pair.client); \
	for (__i = 0; __i < SLOTS + 1; __i++) \
		ASSERT_EQ(0, list_receive(&self->ring, &self->msg, self->buf, \
					  sizeof(self->buf), 0)); \
} while (0)

/* Much is much, whatever came before that, and wherever counting began. */
TEST_F(list_fair, who_fills_the_list_is_held)
{
	int before;

	for (before = 0; before < 2 * SLOTS; before += SLOTS / 4) {
		put_and_take(_metadata, self, self->other, before);
		FILL_AND_EMPTY();
		SEND(self->pair.client);
		LISTED(ALPC_DATAGRAM, &self->ring, self->got);
	}
}

/* Nor is what was much, but long ago. */
TEST_F(list_fair, who_has_filled_it_long_ago_is_not_held)
{
	int i;

	put_and_take(_metadata, self, self->pair.client, SLOTS);
	put_and_take(_metadata, self, self->other, 2 * SLOTS);
	for (i = 0; i < SLOTS; i++)
		SEND(self->other);
	for (i = 0; i < 4; i++)
		SEND(self->pair.client);
	SEND(self->other);
	NO_ROOM(self->other);
}

/* Who found a slot when it looked last has something queued for another reason. */
TEST_F(list_fair, who_finds_a_slot_is_not_held)
{
	int i;

	FILL_AND_EMPTY();
	SEND(self->pair.client);
	SEND_LONG(self->pair.client);
	for (i = 0; i < 4; i++)
		SEND(self->pair.client);
	EXPECT_EQ(5, alpc_queued(self->pair.port));
}

/* What was in a list that is no more has not filled this one. */
TEST_F(list_fair, who_filled_another_list_is_not_held)
{
	int i;

	put_and_take(_metadata, self, self->pair.client, SLOTS / 2);
	ASSERT_EQ(0, list_delete(self->pair.port));
	list_close(&self->ring);
	ASSERT_EQ(0, list_open(self->pair.port, SLOTS, LEN, &self->ring));
	for (i = 0; i < SLOTS; i++)
		SEND(self->other);
	for (i = 0; i < 4; i++)
		SEND(self->pair.client);
	SEND(self->other);
	NO_ROOM(self->other);
}

TEST_HARNESS_MAIN
