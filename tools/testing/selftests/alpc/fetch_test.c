// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments that another thread changes while the kernel reads them: what was checked
 * is what is used, so that every call does one of the things that were asked for, or
 * fails.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_vector.h"
#include "alpc_thread.h"

enum { MESSAGES = 8, SHORT = 8, LENGTH = 200, CALLS = 1000 };

FIXTURE(fetch)
{
	struct pair pair;
	struct alpc_vector_send send[MESSAGES];
	struct alpc_vector vector;
	unsigned char data[LENGTH], in[ALPC_DATA_DEFAULT];
	struct alpc_msg msg;
	bool stop;
};

FIXTURE_SETUP(fetch)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(fetch)
{
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

/*
 * Everything that says how much there is, what it is and where it lies is wrong for a
 * moment; it is right again before the next thing changes.
 */
static int change(void *arg)
{
	FIXTURE_DATA(fetch) *self = arg;
	volatile struct alpc_vector *v = &self->vector;
	unsigned int i;

	for (i = 0; !__atomic_load_n(&self->stop, __ATOMIC_RELAXED); i++) {
		volatile struct alpc_msg *msg = &self->send[i % MESSAGES].msg;

		msg->len = i & 1 ? SHORT : 0xfffffff0;
		msg->len = LENGTH;
		msg->type = ALPC_PORT_CLOSED;
		msg->type = 0;
		msg->flags = ALPC_SEND_REPLY;
		msg->flags = 0;
		/* What a message brings is looked at apart from the rest. */
		msg->view_len = SHORT;
		msg->section = i & 1;
		msg->view_len = 0;
		msg->section = 0;
		msg->attrs = i & 1 ? ~0ULL << 47 : address(self->data);
		msg->attrs_len = i & 2 ? sizeof(struct alpc_attrs) : 1;
		msg->attrs_len = 0;
		msg->attrs = 0;
		msg->data = ~0ULL << 47;
		msg->data = address(self->data);
		v->send_count = i & 1 ? 0xffffffff : ALPC_VECTOR_MAX + 1;
		v->send_count = MESSAGES;
		v->size = i & 1 ? 4 : 4096;
		v->size = sizeof(*v);
		v->send = 0;
		v->send = address(self->send);
	}
	return 0;
}

/* Everything that has arrived; how many there were, or -1 if one is wrong. */
static int take_all(FIXTURE_DATA(fetch) *self, __u64 *seq)
{
	int taken = 0;

	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->in, sizeof(self->in))) {
		if (self->msg.type != ALPC_DATAGRAM || self->msg.seq != (*seq)++ ||
		    (self->msg.len != LENGTH && self->msg.len != SHORT) ||
		    !is_pattern(self->in, self->msg.len, 1))
			return -1;
		taken++;
	}
	return taken;
}

TEST_F(fetch, abuse_03_vector_that_changes_sends_good_messages_or_none)
{
	static const int known[] = {
		0, -EINVAL, -EMSGSIZE, -EFAULT, -ESRCH, -E2BIG, -ENOENT,
	};
	unsigned int i, k, whole = 0;
	struct worker worker;
	__u64 seq = FIRST_SEQ;
	int err;

	pattern(self->data, sizeof(self->data), 1);
	for (i = 0; i < MESSAGES; i++)
		self->send[i].msg = (struct alpc_msg){
			.data = address(self->data), .len = LENGTH,
		};
	self->vector = (struct alpc_vector){
		.size = sizeof(self->vector), .flags = ALPC_TRANSFER_SEND,
		.send = address(self->send), .send_count = MESSAGES,
	};
	ASSERT_EQ(0, worker_start(&worker, change, self));
	/* The other thread may have been stopped while something is wrong. */
	for (i = 0; i < CALLS || !whole; i++) {
		int sent;

		err = alpc_ioctl(self->pair.client, ALPC_IOC_VECTOR, &self->vector);
		for (k = 0; k < ARRAY_SIZE(known) && err != known[k]; k++)
			;
		EXPECT_GT(ARRAY_SIZE(known), k)
			TH_LOG("%d", err);
		sent = take_all(self, &seq);
		ASSERT_LE(0, sent);
		EXPECT_GE(MESSAGES, sent);
		whole += !err && sent == MESSAGES;
	}
	__atomic_store_n(&self->stop, true, __ATOMIC_RELAXED);
	worker_join(&worker);
}

TEST_HARNESS_MAIN
