// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of every kind and length, in both directions, with their contents;
 * buffers that are too small or not there.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"

/* One more than the largest message, for rooms and for what is too long. */
#define BUF_SIZE	(ALPC_DATA_MAX + 1)

FIXTURE(message)
{
	struct pair pair;
	__u32 limit;
	__u32 length[7];
	unsigned int lengths;
	char *out, *in;
};

FIXTURE_VARIANT(message)
{
	__u32 max_message;
};

FIXTURE_VARIANT_ADD(message, limit_default) { .max_message = 0 };
FIXTURE_VARIANT_ADD(message, limit_1) { .max_message = 1 };
FIXTURE_VARIANT_ADD(message, limit_256) { .max_message = 256 };
FIXTURE_VARIANT_ADD(message, limit_257) { .max_message = 257 };
FIXTURE_VARIANT_ADD(message, limit_4096) { .max_message = 4096 };
FIXTURE_VARIANT_ADD(message, limit_max) { .max_message = ALPC_DATA_MAX };

FIXTURE_SETUP(message)
{
	const struct alpc_create_port options = { .max_message = variant->max_message };
	const __u32 limit = variant->max_message ?: ALPC_DATA_DEFAULT;
	const __u32 lengths[] = { 0, 1, 8, 256, 257, limit - 1, limit };
	size_t i;

	self->limit = limit;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		if (lengths[i] <= limit)
			self->length[self->lengths++] = lengths[i];
	}
	ASSERT_EQ(0, pair_open(&self->pair, &options));
	self->out = malloc(BUF_SIZE);
	self->in = malloc(BUF_SIZE);
	ASSERT_NE(NULL, self->out);
	ASSERT_NE(NULL, self->in);
}

FIXTURE_TEARDOWN(message)
{
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
	EXPECT_QUIET(self->pair.port);
	EXPECT_QUIET(self->pair.client);
	pair_close(&self->pair);
	free(self->out);
	free(self->in);
}

/* Whether @msg in self->in has the type, the length and the pattern. */
#define EXPECT_MESSAGE(expected, msg, length, seed) do { \
	EXPECT_EQ(expected, (msg)->type); \
	EXPECT_EQ(length, (msg)->len); \
	EXPECT_TRUE(is_pattern(self->in, length, seed)); \
	EXPECT_EQ(POISON, (unsigned char)self->in[length]); \
} while (0)

TEST_F(message, datagrams_of_every_length_both_ways)
{
	struct alpc_msg msg;
	unsigned int i;

	for (i = 0; i < self->lengths; i++) {
		__u32 len = self->length[i];

		pattern(self->out, len, i);
		ASSERT_EQ(0, alpc_send(self->pair.client, self->out, len));
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &msg, self->in, BUF_SIZE));
		EXPECT_MESSAGE(ALPC_DATAGRAM, &msg, len, i);
		EXPECT_EQ(self->pair.context, msg.context);
		EXPECT_EQ(FIRST_SEQ + i, msg.seq);

		pattern(self->out, len, ~i);
		ASSERT_EQ(0, alpc_send(self->pair.server, self->out, len));
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.client, &msg, self->in, BUF_SIZE));
		EXPECT_MESSAGE(ALPC_DATAGRAM, &msg, len, ~i);
		EXPECT_EQ(0, msg.context);
		EXPECT_EQ(FIRST_SEQ + i, msg.seq);
	}
}

TEST_F(message, requests_and_replies_of_every_length_both_ways)
{
	const struct {
		int asks, receives, answers, gets;
	} way[] = {
		{ self->pair.client, self->pair.port, self->pair.port, self->pair.client },
		{ self->pair.client, self->pair.port, self->pair.server, self->pair.client },
		{ self->pair.server, self->pair.client, self->pair.client, self->pair.port },
	};
	struct alpc_msg msg;
	unsigned int i, w;
	__u64 id;

	for (w = 0; w < ARRAY_SIZE(way); w++) {
		for (i = 0; i < self->lengths; i++) {
			__u32 len = self->length[i];
			__u32 answer = self->length[self->lengths - 1 - i];

			pattern(self->out, len, i);
			ASSERT_EQ(0, alpc_request_async(way[w].asks, self->out, len, 100 + i, 0,
							&id));
			ASSERT_EQ(0, alpc_receive_nowait(way[w].receives, &msg, self->in,
							 BUF_SIZE));
			EXPECT_MESSAGE(ALPC_REQUEST, &msg, len, i);
			EXPECT_EQ(0, msg.cookie);
			EXPECT_EQ(0, msg.flags);

			pattern(self->out, answer, ~i);
			ASSERT_EQ(0, alpc_reply(way[w].answers, msg.id, self->out, answer));
			ASSERT_EQ(0, alpc_receive_nowait(way[w].gets, &msg, self->in, BUF_SIZE));
			EXPECT_MESSAGE(ALPC_REPLY, &msg, answer, ~i);
			EXPECT_EQ(id, msg.id);
			EXPECT_EQ(100 + i, msg.cookie);
		}
	}
}

TEST_F(message, calls_of_every_length_both_ways)
{
	struct transfer_worker caller;
	struct alpc_msg msg;
	unsigned int i, way;
	char *buf = malloc(BUF_SIZE);

	ASSERT_NE(NULL, buf);
	for (way = 0; way < 2; way++) {
		int asks = way ? self->pair.server : self->pair.client;
		int answers = way ? self->pair.client : self->pair.port;

		for (i = 0; i < self->lengths; i++) {
			__u32 len = self->length[i];

			pattern(self->out, len, i);
			transfer_init(&caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
			transfer_send(&caller.transfer, ALPC_SEND_REQUEST, 0, self->out, len);
			transfer_receive(&caller.transfer, self->in, len);
			ASSERT_EQ(0, worker_transfer(&caller, asks));
			ASSERT_EQ(0, alpc_receive(answers, &msg, buf, BUF_SIZE));
			EXPECT_EQ(ALPC_REQUEST, msg.type);
			EXPECT_EQ(len, msg.len);
			EXPECT_TRUE(is_pattern(buf, len, i));

			pattern(buf, len, ~i);
			ASSERT_EQ(0, alpc_reply(answers, msg.id, buf, len));
			ASSERT_EQ(0, worker_join(&caller.worker));
			EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_RECEIVED, caller.transfer.out_done);
			EXPECT_EQ(ALPC_REPLY, caller.transfer.recv.type);
			EXPECT_EQ(caller.transfer.out_id, caller.transfer.recv.id);
			EXPECT_EQ(len, caller.transfer.recv.len);
			EXPECT_TRUE(is_pattern(self->in, len, ~i));
		}
	}
	free(buf);
}

TEST_F(message, abuse_02_longer_than_the_limit_is_emsgsize)
{
	const __u32 too_long[] = {
		self->limit + 1, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff - ALPC_HEADER_SIZE,
		0xffffffff - ALPC_HEADER_SIZE + 1, 0xfffffff0, 0xffffffff,
	};
	struct alpc_msg request, msg;
	unsigned int i;

	memset(self->out, 'x', BUF_SIZE);
	for (i = 0; i < ARRAY_SIZE(too_long); i++) {
		__u32 len = too_long[i];

		EXPECT_EQ(-EMSGSIZE, alpc_send(self->pair.client, self->out, len));
		EXPECT_EQ(-EMSGSIZE, alpc_send(self->pair.server, self->out, len));
		EXPECT_EQ(-EMSGSIZE, alpc_request_async(self->pair.client, self->out, len, 0, 0,
							NULL));
		EXPECT_EQ(-EMSGSIZE, alpc_call(self->pair.client, self->out, len, &msg, self->in,
					       8));
		NOTHING(self->pair.port);

		/* The request can still be answered after a reply was too long. */
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &request, self->in, BUF_SIZE));
		EXPECT_EQ(-EMSGSIZE, alpc_reply(self->pair.port, request.id, self->out, len));
		EXPECT_EQ(-EMSGSIZE, alpc_reply_receive(self->pair.port, request.id, self->out,
							len, &msg, self->in, 8));
		EXPECT_EQ(1, alpc_unanswered(self->pair.port));
		NOTHING(self->pair.client);
		ASSERT_EQ(0, alpc_reply(self->pair.port, request.id, "y", 1));
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.client, &msg, self->in, BUF_SIZE));
		EXPECT_EQ(1, msg.len);
	}
}

TEST_F(message, data_that_is_not_there_is_efault)
{
	const __u32 len = self->limit < 8 ? self->limit : 8;
	const __u64 bad[] = {
		0, 1, address(memory_before_hole(0)), address(memory_before_hole(len - 1)),
		0xffffffff80000000ULL, 0xffff888000000000ULL, 0x8000000000000000ULL,
		~0ULL, ~0ULL - len + 1, 0x00007fffffffffffULL,
	};
	struct alpc_msg msg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const void *data = (void *)(unsigned long)bad[i];

		EXPECT_EQ(-EFAULT, alpc_send(self->pair.client, data, len));
		EXPECT_EQ(-EFAULT, alpc_send(self->pair.server, data, len));
		EXPECT_EQ(-EFAULT, alpc_request_async(self->pair.client, data, len, 0, 0, NULL));
		EXPECT_EQ(-EFAULT, alpc_call(self->pair.client, data, len, &msg, self->in, 8));
	}
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);

	/* No data need no address. */
	ASSERT_EQ(0, alpc_send(self->pair.client, (void *)1, 0));
	ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &msg, (void *)1, 0));
	EXPECT_EQ(0, msg.len);

	/* A reply that was not there leaves its request to be answered. */
	ASSERT_EQ(0, alpc_request_async(self->pair.client, NULL, 0, 0, 0, NULL));
	ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &msg, NULL, 0));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EFAULT, alpc_reply(self->pair.port, msg.id,
					      (void *)(unsigned long)bad[i], len));
	NOTHING(self->pair.client);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "y", 1));
	ASSERT_EQ(0, alpc_receive_nowait(self->pair.client, &msg, self->in, BUF_SIZE));
	EXPECT_EQ('y', self->in[0]);
}

/* Each of them is at the head of its queue; the next receiver gets it whole. */
TEST_F(message, abuse_07_stays_when_the_buffer_is_too_small)
{
	const int ports[] = { self->pair.port, self->pair.client };
	struct alpc_msg msg;
	unsigned int i, end;
	__u32 room;

	for (i = 0; i < self->lengths; i++) {
		__u32 len = self->length[i];
		const __u32 rooms[] = { 0, 1, len / 2, len - 1 };
		unsigned int r;

		pattern(self->out, len, i);
		ASSERT_EQ(0, alpc_send(self->pair.client, self->out, len));
		ASSERT_EQ(0, alpc_send(self->pair.server, self->out, len));
		ASSERT_EQ(0, alpc_send(self->pair.client, "", 1));
		ASSERT_EQ(0, alpc_send(self->pair.server, "", 1));
		for (end = 0; end < ARRAY_SIZE(ports); end++) {
			for (r = 0; r < ARRAY_SIZE(rooms); r++) {
				room = rooms[r];
				if (room >= len)
					continue;
				EXPECT_EQ(-EMSGSIZE, alpc_receive_nowait(ports[end], &msg,
									 self->in, room));
				EXPECT_EQ(len, msg.len);
				EXPECT_EQ(2, alpc_queued(ports[end]));
			}
			ASSERT_EQ(0, alpc_receive_nowait(ports[end], &msg, self->in, BUF_SIZE));
			EXPECT_MESSAGE(ALPC_DATAGRAM, &msg, len, i);
			ASSERT_EQ(0, alpc_receive_nowait(ports[end], &msg, self->in, BUF_SIZE));
			EXPECT_EQ(1, msg.len);
		}
	}
}

TEST_F(message, abuse_08_stays_when_the_buffer_is_not_there)
{
	const int ports[] = { self->pair.port, self->pair.client };
	struct alpc_transfer t;
	struct alpc_msg msg;
	unsigned int i, end;

	for (i = 0; i < self->lengths; i++) {
		__u32 len = self->length[i];
		const __u64 bad[] = {
			0, address(memory_before_hole(len / 2)), 0xffff888000000000ULL,
			~0ULL - len + 1,
		};
		unsigned int b;

		if (!len)
			continue;
		pattern(self->out, len, i);
		ASSERT_EQ(0, alpc_send(self->pair.client, self->out, len));
		ASSERT_EQ(0, alpc_send(self->pair.server, self->out, len));
		ASSERT_EQ(0, alpc_send(self->pair.client, "", 1));
		ASSERT_EQ(0, alpc_send(self->pair.server, "", 1));
		for (end = 0; end < ARRAY_SIZE(ports); end++) {
			for (b = 0; b < ARRAY_SIZE(bad); b++) {
				transfer_init(&t, ALPC_TRANSFER_RECEIVE);
				transfer_receive(&t, NULL, len);
				t.recv.data = bad[b];
				EXPECT_EQ(-EFAULT, alpc_transfer(ports[end], &t));
				EXPECT_EQ(0, t.out_done);
				EXPECT_EQ(2, alpc_queued(ports[end]));
			}
			ASSERT_EQ(0, alpc_receive_nowait(ports[end], &msg, self->in, BUF_SIZE));
			EXPECT_MESSAGE(ALPC_DATAGRAM, &msg, len, i);
			ASSERT_EQ(0, alpc_receive_nowait(ports[end], &msg, self->in, BUF_SIZE));
			EXPECT_EQ(1, msg.len);
		}
	}
}

/* The struct itself can be read but not written, so nothing can be told. */
TEST_F(message, abuse_08_stays_when_the_transfer_cannot_be_written)
{
	struct alpc_transfer *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct alpc_msg msg;

	ASSERT_NE(MAP_FAILED, t);
	pattern(self->out, self->limit, 1);
	ASSERT_EQ(0, alpc_send(self->pair.client, self->out, self->limit));
	transfer_init(t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(t, self->in, self->limit);
	ASSERT_EQ(0, mprotect(t, sizeof(*t), PROT_READ));
	EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.port, t));
	EXPECT_EQ(1, alpc_queued(self->pair.port));
	ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &msg, self->in, BUF_SIZE));
	EXPECT_MESSAGE(ALPC_DATAGRAM, &msg, self->limit, 1);
}

/*
 * A receiver that slept is given a message it has no room for, or whose buffer
 * has gone: the one that began to wait before it gets the message.
 */
TEST_F(message, abuse_07_goes_to_the_other_receiver_when_one_cannot_take_it)
{
	struct transfer_worker good, bad;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		const int error = i ? -EFAULT : -EMSGSIZE;

		transfer_init(&good.transfer, ALPC_TRANSFER_RECEIVE);
		transfer_receive(&good.transfer, self->in, BUF_SIZE);
		ASSERT_EQ(0, worker_transfer(&good, self->pair.port));
		ASSERT_EQ(0, worker_blocked(&good.worker));
		transfer_init(&bad.transfer, ALPC_TRANSFER_RECEIVE);
		transfer_receive(&bad.transfer, NULL, i ? self->limit : self->limit - 1);
		bad.transfer.recv.data = i ? address(memory_before_hole(self->limit - 1)) :
					     address(self->out);
		ASSERT_EQ(0, worker_transfer(&bad, self->pair.port));
		ASSERT_EQ(0, worker_blocked(&bad.worker));

		pattern(self->out, self->limit, i);
		ASSERT_EQ(0, alpc_send(self->pair.client, self->out, self->limit));
		EXPECT_EQ(error, worker_join(&bad.worker));
		EXPECT_EQ(0, bad.transfer.out_done);
		if (!i)
			EXPECT_EQ(self->limit, bad.transfer.recv.len);
		ASSERT_EQ(0, worker_join(&good.worker));
		EXPECT_MESSAGE(ALPC_DATAGRAM, &good.transfer.recv, self->limit, i);
	}
}

/* --- memory that changes while it is read --------------------------------- */

struct changer {
	struct alpc_transfer *transfer;
	char *data;
	bool stop;
};

/* Swing between two transfers which are each right; what is seen may be mixed. */
static int change(void *arg)
{
	struct changer *changer = arg;
	volatile struct alpc_msg *send = &changer->transfer->send;
	unsigned int i;

	for (i = 0; !__atomic_load_n(&changer->stop, __ATOMIC_RELAXED); i++) {
		send->len = i & 1 ? 8 : 0xfffffff0;
		send->type = i & 2 ? ALPC_PORT_CLOSED : 0;
		send->flags = i & 4 ? ALPC_SEND_REPLY : 0;
		send->len = 200;
		send->type = 0;
		send->flags = 0;
		memset(changer->data, i, 200);
	}
	return 0;
}

FIXTURE(changing)
{
	struct pair pair;
};

FIXTURE_SETUP(changing)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(changing)
{
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

TEST_F(changing, abuse_03_memory_during_send_gives_one_good_message_or_an_error)
{
	struct alpc_transfer t;
	struct changer changer = { .transfer = &t };
	struct worker worker;
	struct alpc_msg msg;
	char in[ALPC_DATA_DEFAULT];
	unsigned int i, sent = 0;

	changer.data = malloc(200);
	ASSERT_NE(NULL, changer.data);
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, 0, 0, changer.data, 200);
	ASSERT_EQ(0, worker_start(&worker, change, &changer));
	/* The other thread may have been stopped while what is there is bad. */
	for (i = 0; i < 1000 || !sent; i++) {
		int err = alpc_transfer(self->pair.client, &t);

		if (err) {
			EXPECT_TRUE(err == -EMSGSIZE || err == -EINVAL || err == -ESRCH);
			EXPECT_EQ(0, alpc_queued(self->pair.port));
			continue;
		}
		ASSERT_EQ(0, alpc_receive_nowait(self->pair.port, &msg, in, sizeof(in)));
		EXPECT_EQ(ALPC_DATAGRAM, msg.type);
		EXPECT_EQ(FIRST_SEQ + sent++, msg.seq);
		EXPECT_TRUE(msg.len == 200 || msg.len == 8);
		EXPECT_TRUE(is_poison(in + msg.len, sizeof(in) - msg.len));
	}
	__atomic_store_n(&changer.stop, true, __ATOMIC_RELAXED);
	worker_join(&worker);
	free(changer.data);
}

TEST_HARNESS_MAIN
