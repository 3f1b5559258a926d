// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order and completeness: what one port sends arrives once and in the order in
 * which it was sent, whoever sends and receives at the same time.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"

enum {
	SENDERS = 4,
	EACH = 250,
	RECEIVERS = 3,
};

/* What the messages of this suite carry. */
struct payload {
	__u32 sender;
	__u32 number;
};

FIXTURE(order)
{
	struct pair pair;
	struct child child[SENDERS];
	char buf[64];
};

FIXTURE_SETUP(order)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(order)
{
	pair_close(&self->pair);
}

static bool send_all(int fd, __u32 sender)
{
	struct payload payload = { .sender = sender };

	for (payload.number = 1; payload.number <= EACH; payload.number++) {
		if (alpc_send(fd, &payload, sizeof(payload)))
			return false;
	}
	return true;
}

/* Several processes, each with a connection of its own. */
TEST_F(order, abuse_55_each_connection_is_in_order)
{
	__u32 last[SENDERS] = {};
	struct payload payload;
	int server[SENDERS];
	struct alpc_msg msg;
	unsigned int i;

	for (i = 0; i < SENDERS; i++) {
		ASSERT_LE(0, client_start(&self->pair, &self->child[i], i, &server[i]));
		if (!self->child[i].pid)
			child_exit(!child_wait(&self->child[i]) && send_all(server[i], i));
	}
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, child_signal(&self->child[i]));
	for (i = 0; i < SENDERS * EACH; ) {
		ASSERT_EQ(0, alpc_receive(self->pair.port, &msg, &payload, sizeof(payload)));
		ASSERT_GT(SENDERS, msg.context);
		if (msg.type == ALPC_PORT_CLOSED) {
			EXPECT_EQ(EACH, last[msg.context]);
			continue;
		}
		ASSERT_EQ(ALPC_DATAGRAM, msg.type);
		ASSERT_EQ(msg.context, payload.sender);
		ASSERT_EQ(last[payload.sender] + 1, payload.number);
		ASSERT_EQ(FIRST_SEQ + last[payload.sender], msg.seq);
		ASSERT_EQ(self->child[payload.sender].pid, msg.pid);
		last[payload.sender]++;
		i++;
	}
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, child_end(&self->child[i]));
}

/* Calls, asynchronous requests and datagrams stand in one line. */
TEST_F(order, kinds_of_messages_do_not_overtake_each_other)
{
	struct transfer_worker caller;
	struct alpc_msg msg;
	char in[16];

	ASSERT_EQ(0, alpc_send(self->pair.client, "1", 1));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "2", 1, 0, 0, NULL));
	transfer_init(&caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&caller.transfer, ALPC_SEND_REQUEST, 0, "3", 1);
	transfer_receive(&caller.transfer, in, sizeof(in));
	ASSERT_EQ(0, worker_transfer(&caller, self->pair.client));
	ASSERT_EQ(0, worker_blocked(&caller.worker));
	ASSERT_EQ(0, alpc_send(self->pair.client, "4", 1));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "5", 1, 0, 0, NULL));

	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	EXPECT_EQ('1', self->buf[0]);
	EXPECT_EQ(FIRST_SEQ, msg.seq);
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_EQ('2', self->buf[0]);
	EXPECT_EQ(FIRST_SEQ + 1, msg.seq);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "r2", 2));
	ASSERT_EQ(0, alpc_send(self->pair.server, "d", 1));
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_EQ('3', self->buf[0]);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, NULL, 0));
	EXPECT_EQ(0, worker_join(&caller.worker));
	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	EXPECT_EQ('4', self->buf[0]);
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_EQ('5', self->buf[0]);
	EXPECT_EQ(FIRST_SEQ + 4, msg.seq);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "r5", 2));

	/* A reply that is received later, and what was sent after it. */
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ('2', self->buf[1]);
	TAKE(ALPC_DATAGRAM, self->pair.client, &msg, self->buf);
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ('5', self->buf[1]);
}

/* --- with long messages, and calls that are given up ------------------------ */

enum { LONG = 60000, MIXED = 240 };

/* Datagrams, long and short, requests, and every fourth a call that is given up. */
static bool send_mixed(int fd, __u32 sender)
{
	static char buf[LONG];
	struct payload *payload = (struct payload *)buf;
	struct alpc_transfer t;
	char reply[8];
	int err = 0;

	payload->sender = sender;
	for (payload->number = 1; payload->number <= MIXED && !err; payload->number++) {
		const __u32 len = payload->number % 3 ? sizeof(*payload) : LONG;

		switch (payload->number % 4) {
		case 0:
			transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
			transfer_send(&t, ALPC_SEND_REQUEST, 0, buf, len);
			transfer_receive(&t, reply, sizeof(reply));
			t.timeout = payload->number * 2000;
			err = alpc_transfer(fd, &t) == -ETIMEDOUT ? 0 : -EBADMSG;
			break;
		case 1:
			err = alpc_request_async(fd, buf, len, 0, 0, NULL);
			break;
		default:
			err = alpc_send(fd, buf, len);
		}
	}
	return !err;
}

/*
 * What is given up may arrive or not, and some of it waits for room when it is; the
 * others arrive all of them, and nothing is overtaken.
 */
TEST_F(order, abuse_55_with_long_messages_and_cancelled_calls)
{
	struct alpc_create_port create = create_args(unique_name());
	static char buf[LONG];
	const struct payload *payload = (struct payload *)buf;
	__u32 last[SENDERS] = {}, wanted[SENDERS] = {}, closed = 0, seen, n;
	int server[SENDERS];
	struct pair pair;
	struct alpc_msg msg;
	unsigned int i;

	create.max_message = LONG;
	create.queue_messages = 8;
	ASSERT_EQ(0, pair_open(&pair, &create));
	for (i = 0; i < SENDERS; i++) {
		ASSERT_LE(0, client_start(&pair, &self->child[i], i, &server[i]));
		if (!self->child[i].pid)
			child_exit(!child_wait(&self->child[i]) && send_mixed(server[i], i) &&
				   !child_wait(&self->child[i]));
	}
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, child_signal(&self->child[i]));
	while (closed < SENDERS) {
		ASSERT_EQ(0, alpc_receive(pair.port, &msg, buf, sizeof(buf)));
		i = msg.context;
		ASSERT_GT(SENDERS, i);
		if (msg.type == ALPC_CANCELED)
			continue;
		if (msg.type == ALPC_PORT_CLOSED) {
			closed++;
			continue;
		}
		n = payload->number;
		ASSERT_EQ(i, payload->sender);
		ASSERT_LT(last[i], n);
		ASSERT_EQ(n % 3 ? sizeof(*payload) : LONG, msg.len);
		/* Only calls may be missing in between. */
		for (seen = last[i] + 1; seen < n; seen++)
			ASSERT_EQ(0, seen % 4);
		last[i] = n;
		wanted[i] += n % 4 != 0;
		/* What nobody has received of its requests would go with it. */
		if (n % 4 && wanted[i] == MIXED - MIXED / 4)
			ASSERT_EQ(0, child_signal(&self->child[i]));
	}
	for (i = 0; i < SENDERS; i++) {
		EXPECT_EQ(MIXED - MIXED / 4, wanted[i]);
		EXPECT_EQ(0, child_end(&self->child[i]));
		close(server[i]);
	}
	pair_close(&pair);
}

/* --- several processes share one port: .seq is the order of them all ----- */

FIXTURE(shared_port)
{
	struct pair pair;
	struct child child[SENDERS];
};

FIXTURE_VARIANT(shared_port)
{
	bool to_client;
};

FIXTURE_VARIANT_ADD(shared_port, to_server) { .to_client = false };
FIXTURE_VARIANT_ADD(shared_port, to_client) { .to_client = true };

FIXTURE_SETUP(shared_port)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(shared_port)
{
	pair_close(&self->pair);
}

TEST_F(shared_port, abuse_55_is_in_order)
{
	int out = variant->to_client ? self->pair.server : self->pair.client;
	int in = variant->to_client ? self->pair.client : self->pair.port;
	__u32 last[SENDERS] = {};
	struct payload payload;
	struct alpc_msg msg;
	unsigned int i;

	for (i = 0; i < SENDERS; i++) {
		ASSERT_LE(0, child_start(&self->child[i]));
		if (!self->child[i].pid)
			child_exit(!child_wait(&self->child[i]) && send_all(out, i));
	}
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, child_signal(&self->child[i]));
	for (i = 0; i < SENDERS * EACH; i++) {
		ASSERT_EQ(0, alpc_receive(in, &msg, &payload, sizeof(payload)));
		ASSERT_EQ(ALPC_DATAGRAM, msg.type);
		ASSERT_EQ(FIRST_SEQ + i, msg.seq);
		ASSERT_GT(SENDERS, payload.sender);
		ASSERT_EQ(++last[payload.sender], payload.number);
		ASSERT_EQ(self->child[payload.sender].pid, msg.pid);
	}
	NOTHING(in);
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, child_end(&self->child[i]));
}

/* --- several receivers ---------------------------------------------------- */

struct receiver {
	struct worker worker;
	int fd;
	unsigned char *seen;	/* for each message, how many receivers got it */
	__u64 last[SENDERS];
	unsigned int received;
	bool disorder;
};

/* Receive until the message that has no data; it is handed on to the next. */
static int receive_until_end(void *arg)
{
	struct receiver *receiver = arg;
	struct payload payload;
	struct alpc_msg msg;
	int err;

	for (;;) {
		err = alpc_receive(receiver->fd, &msg, &payload, sizeof(payload));
		if (err)
			return err;
		if (!msg.len)
			return 0;
		receiver->received++;
		/* Each receiver for itself sees every sender's messages rise. */
		if (receiver->last[payload.sender] >= msg.seq)
			receiver->disorder = true;
		receiver->last[payload.sender] = msg.seq;
		__atomic_add_fetch(&receiver->seen[payload.sender * EACH + payload.number - 1], 1,
				   __ATOMIC_RELAXED);
	}
}

TEST_F(order, each_message_goes_to_one_of_several_receivers)
{
	struct receiver receiver[RECEIVERS] = {};
	unsigned char seen[SENDERS * EACH] = {};
	unsigned int i, total = 0;
	int client[SENDERS], server[SENDERS];

	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, i, &client[i],
					  &server[i]));
	for (i = 0; i < SENDERS; i++) {
		ASSERT_LE(0, child_start(&self->child[i]));
		if (!self->child[i].pid)
			child_exit(!child_wait(&self->child[i]) && send_all(client[i], i));
	}
	for (i = 0; i < RECEIVERS; i++) {
		receiver[i].fd = self->pair.port;
		receiver[i].seen = seen;
		ASSERT_EQ(0, worker_start(&receiver[i].worker, receive_until_end, &receiver[i]));
	}
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, child_signal(&self->child[i]));
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, child_end(&self->child[i]));
	/* What one client sends comes in its turn, not after what others sent. */
	while (alpc_queued(self->pair.port))
		sched_yield();
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	for (i = 0; i < RECEIVERS; i++) {
		EXPECT_EQ(0, worker_join(&receiver[i].worker));
		EXPECT_FALSE(receiver[i].disorder);
		total += receiver[i].received;
	}
	EXPECT_EQ(SENDERS * EACH, total);
	for (i = 0; i < SENDERS * EACH; i++)
		ASSERT_EQ(1, seen[i]);
	NOTHING(self->pair.port);
	for (i = 0; i < SENDERS; i++) {
		close(client[i]);
		close(server[i]);
	}
}

/*
 * Receivers whose buffers are not there have every message for a moment, several
 * of them at a time. What they leave is in the order in which it was sent.
 */
static int receive_in_vain(void *arg)
{
	struct receiver *receiver = arg;
	struct alpc_transfer t;
	int err;

	do {
		transfer_init(&t, ALPC_TRANSFER_RECEIVE);
		transfer_receive(&t, NULL, sizeof(struct payload));
		err = alpc_transfer(receiver->fd, &t);
	} while (err == -EFAULT && !__atomic_load_n(&receiver->received, __ATOMIC_RELAXED));
	return err;
}

TEST_F(order, messages_that_nobody_could_take_keep_their_order)
{
	enum { MESSAGES = 500 };
	struct receiver receiver[RECEIVERS] = {};
	struct payload payload = {};
	struct alpc_msg msg;
	unsigned int i;

	for (i = 0; i < RECEIVERS; i++) {
		receiver[i].fd = self->pair.port;
		ASSERT_EQ(0, worker_start(&receiver[i].worker, receive_in_vain, &receiver[i]));
	}
	for (i = 0; i < MESSAGES; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, &payload, sizeof(payload)));
	for (i = 0; i < RECEIVERS; i++)
		__atomic_store_n(&receiver[i].received, 1, __ATOMIC_RELAXED);
	for (i = 0; i < RECEIVERS; i++)
		EXPECT_EQ(-EFAULT, worker_join(&receiver[i].worker));
	for (i = 0; i < MESSAGES; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
		ASSERT_EQ(FIRST_SEQ + i, msg.seq);
	}
	NOTHING(self->pair.port);
}

/* --- calls of many processes ---------------------------------------------- */

/* Answer each request with what it said, until the port is closed. */
static int echo(void *arg)
{
	struct pair *pair = arg;
	char buf[64], out[64];
	struct alpc_msg msg;
	int err;

	err = alpc_receive(pair->port, &msg, buf, sizeof(buf));
	while (!err) {
		if (msg.type == ALPC_DATAGRAM)
			return 0;
		if (msg.type == ALPC_REQUEST) {
			memcpy(out, buf, msg.len);
			err = alpc_reply_receive(pair->port, msg.id, out, msg.len, &msg, buf,
						 sizeof(buf));
		} else {
			err = alpc_receive(pair->port, &msg, buf, sizeof(buf));
		}
	}
	return err;
}

static bool call_all(int fd, __u32 sender)
{
	struct payload out = { .sender = sender }, in;
	struct alpc_msg msg;

	for (out.number = 1; out.number <= EACH; out.number++) {
		if (alpc_call(fd, &out, sizeof(out), &msg, &in, sizeof(in)))
			return false;
		if (msg.type != ALPC_REPLY || msg.len != sizeof(in) ||
		    memcmp(&in, &out, sizeof(in)))
			return false;
	}
	return true;
}

/* Half of the callers share one port, the others have one each. */
TEST_F(order, each_of_many_callers_gets_its_own_replies)
{
	struct worker server[RECEIVERS];
	int client[SENDERS], port[SENDERS];
	unsigned int i;

	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, i, &client[i],
					  &port[i]));
	for (i = 0; i < SENDERS; i++) {
		ASSERT_LE(0, child_start(&self->child[i]));
		if (!self->child[i].pid)
			child_exit(!child_wait(&self->child[i]) &&
				   call_all(client[i & 1 ? i : 0], i));
	}
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_EQ(0, worker_start(&server[i], echo, &self->pair));
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, child_signal(&self->child[i]));
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, child_end(&self->child[i]));
	EXPECT_EQ(0, alpc_unanswered(self->pair.port));
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	for (i = 0; i < RECEIVERS; i++)
		EXPECT_EQ(0, worker_join(&server[i]));
	for (i = 0; i < SENDERS; i++) {
		close(client[i]);
		close(port[i]);
	}
}

TEST_HARNESS_MAIN
