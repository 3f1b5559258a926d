// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order and completeness of what goes into a completion list, and past it: every
 * message is received once, and those of one port in the order in which they were
 * sent, whatever way each took.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>

#include "alpc_list.h"

enum { SENDERS = 4, EACH = 3000, LONGEST = 300 };

/* Followed by a pattern of the number. */
struct payload {
	__u32 sender;
	__u32 number;
	__u32 len;
	unsigned char data[LONGEST];
};

FIXTURE(list_order)
{
	struct pair pair;
	struct ring ring;
	struct child child[SENDERS];
	int server[SENDERS];
	__u64 seq[SENDERS];
	__u32 next[SENDERS];
	__u32 replies;
	struct alpc_msg msg;
	struct payload in;
};

FIXTURE_VARIANT(list_order)
{
	__u32 slots;
	bool vectors;
	bool polls;
	__u32 longest;
};

/* All of it fits; much is too long; hardly a slot is ever free. */
FIXTURE_VARIANT_ADD(list_order, roomy) { 256, false, false, 64 };
FIXTURE_VARIANT_ADD(list_order, roomy_vectors) { 256, true, false, 64 };
FIXTURE_VARIANT_ADD(list_order, with_long_ones) { 64, false, false, LONGEST };
FIXTURE_VARIANT_ADD(list_order, with_long_ones_in_vectors) { 64, true, true, LONGEST };
FIXTURE_VARIANT_ADD(list_order, two_slots) { 2, false, true, 64 };
FIXTURE_VARIANT_ADD(list_order, two_slots_for_vectors) { 2, true, false, LONGEST };

FIXTURE_SETUP(list_order)
{
	const struct alpc_create_port options = { .max_message = sizeof(struct payload) };

	memset(self->next, 0, sizeof(self->next));
	memset(self->seq, 0, sizeof(self->seq));
	self->replies = 0;
	ASSERT_EQ(0, pair_open(&self->pair, &options));
	ASSERT_EQ(0, list_open(self->pair.port, variant->slots,
			       offsetof(struct payload, data) + 64, &self->ring));
}

FIXTURE_TEARDOWN(list_order)
{
	list_close(&self->ring);
	pair_close(&self->pair);
}

/* Every seventh message is a request. */
static bool is_request(__u32 number)
{
	return number % 7 == 3;
}

static __u32 fill(struct payload *p, __u32 sender, __u32 number, __u32 longest)
{
	p->sender = sender;
	p->number = number;
	p->len = (number * 37 + sender) % (longest + 1);
	pattern(p->data, p->len, number + sender);
	return offsetof(struct payload, data) + p->len;
}

/* Return: how many replies are there now. */
static int take_replies(int fd, __u32 flags)
{
	struct alpc_transfer t;
	char buf[8];
	int n = 0;

	for (;;) {
		transfer_init(&t, ALPC_TRANSFER_RECEIVE | flags);
		transfer_receive(&t, buf, sizeof(buf));
		if (alpc_transfer(fd, &t))
			return n;
		n += t.recv.type == ALPC_REPLY;
		flags = ALPC_TRANSFER_DONTWAIT;
	}
}

static bool send_singles(int fd, __u32 sender, __u32 longest)
{
	struct payload p;
	__u32 len, i;
	int asked = 0, answered = 0;

	for (i = 0; i < EACH; i++) {
		len = fill(&p, sender, i, longest);
		if (is_request(i) ? alpc_request_async(fd, &p, len, i, 8, NULL) :
				    alpc_send(fd, &p, len))
			return false;
		asked += is_request(i);
		answered += take_replies(fd, ALPC_TRANSFER_DONTWAIT);
	}
	while (answered < asked)
		answered += take_replies(fd, 0);
	return answered == asked;
}

static bool send_vectors(int fd, __u32 sender, __u32 longest)
{
	static struct payload p[ALPC_VECTOR_MAX];
	static struct alpc_vector_send send[ALPC_VECTOR_MAX];
	struct alpc_vector v = {
		.size = sizeof(v), .flags = ALPC_TRANSFER_SEND, .timeout = ALPC_INFINITE,
		.send = address(send),
	};
	int asked = 0, answered = 0;
	__u32 i, n;

	for (i = 0; i < EACH; i += n) {
		for (n = 0; n < ALPC_VECTOR_MAX - i % 5 && i + n < EACH; n++) {
			send[n].msg.len = fill(&p[n], sender, i + n, longest);
			send[n].msg.data = address(&p[n]);
			send[n].msg.flags = is_request(i + n) ? ALPC_SEND_REQUEST : 0;
			send[n].room = 8;
			asked += is_request(i + n);
		}
		v.send_count = n;
		if (alpc_ioctl(fd, ALPC_IOC_VECTOR, &v) || v.out_sent != n)
			return false;
		answered += take_replies(fd, ALPC_TRANSFER_DONTWAIT);
	}
	while (answered < asked)
		answered += take_replies(fd, 0);
	return answered == asked;
}

/* Receive the next message; before sleeping in poll(2), say so. */
static int receive(struct ring *ring, struct alpc_msg *msg, struct payload *in, bool polls)
{
	struct pollfd pollfd = { .fd = ring->port, .events = POLLIN };
	int err;

	if (!polls)
		return list_receive(ring, msg, in, sizeof(*in), 0);
	for (;;) {
		err = list_receive(ring, msg, in, sizeof(*in), ALPC_TRANSFER_DONTWAIT);
		if (err != -EAGAIN)
			return err;
		__atomic_store_n(&ring->shared->sleeping, ALPC_LIST_SLEEPING, __ATOMIC_SEQ_CST);
		if (!list_unread(ring) && poll(&pollfd, 1, -1) < 0)
			return -errno;
		__atomic_store_n(&ring->shared->sleeping, 0, __ATOMIC_SEQ_CST);
	}
}

TEST_F(list_order, of_each_sender_is_kept)
{
	__u32 closed = 0, all = 0, listed;
	struct payload *in = &self->in;
	struct alpc_msg *msg = &self->msg;
	int i;

	for (i = 0; i < SENDERS; i++) {
		ASSERT_LE(0, client_start(&self->pair, &self->child[i], i, &self->server[i]));
		if (!self->child[i].pid) {
			int fd = self->server[i];

			child_exit(!child_wait(&self->child[i]) &&
				   (variant->vectors ? send_vectors(fd, i, variant->longest) :
						       send_singles(fd, i, variant->longest)));
		}
		self->seq[i] = FIRST_SEQ;
	}
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, child_signal(&self->child[i]));
	while (closed < SENDERS) {
		ASSERT_EQ(0, receive(&self->ring, msg, in, variant->polls));
		if (msg->type == ALPC_PORT_CLOSED) {
			ASSERT_EQ(EACH, self->next[msg->context]);
			/* The request to connect came before there was a context. */
			ASSERT_EQ(EACH, msg->seq);
			closed++;
			continue;
		}
		ASSERT_GT(SENDERS, in->sender);
		ASSERT_EQ(in->sender, msg->context);
		ASSERT_EQ(self->next[in->sender], in->number);
		ASSERT_EQ(self->seq[in->sender], msg->seq);
		ASSERT_EQ(offsetof(struct payload, data) + in->len, msg->len);
		ASSERT_TRUE(is_pattern(in->data, in->len, in->number + in->sender));
		ASSERT_EQ(is_request(in->number) ? ALPC_REQUEST : ALPC_DATAGRAM, msg->type);
		if (msg->type == ALPC_REQUEST)
			ASSERT_EQ(0, alpc_reply(self->pair.port, msg->id, "ok", 2));
		self->next[in->sender]++;
		self->seq[in->sender]++;
		all++;
	}
	listed = self->ring.shared->tail;
	ASSERT_EQ(SENDERS * EACH, all);
	/* Both ways were taken, where there was a reason for it. */
	EXPECT_LT(0, listed);
	if (variant->longest > 64)
		EXPECT_GT(SENDERS * EACH, listed);
	for (i = 0; i < SENDERS; i++) {
		EXPECT_EQ(0, child_end(&self->child[i]));
		close(self->server[i]);
	}
	EXPECT_QUIET(self->pair.port);
}

/* --- several threads with one port ------------------------------------------ */

static int send_from_thread(void *arg)
{
	struct _test_data_list_order *self = arg;
	struct payload p;
	__u32 i;
	int err = 0;

	for (i = 0; i < EACH / 2 && !err; i++)
		err = alpc_send(self->pair.client, &p, fill(&p, i % 2, i, i % 16 ? 64 : LONGEST));
	return err;
}

/* Their messages are numbered, and come in that order. */
TEST_F(list_order, of_threads_is_that_of_their_numbers)
{
	struct worker worker[2];
	__u64 seq;
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, worker_start(&worker[i], send_from_thread, self));
	for (seq = FIRST_SEQ; seq < FIRST_SEQ + EACH; seq++) {
		ASSERT_EQ(0, receive(&self->ring, &self->msg, &self->in, variant->polls));
		ASSERT_EQ(seq, self->msg.seq);
	}
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, worker_join(&worker[i]));
	EXPECT_QUIET(self->pair.port);
	UNLISTED(&self->ring);
}

TEST_HARNESS_MAIN
