// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vectors: many messages in one call, each with its own result.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "alpc_thread.h"
#include "alpc_vector.h"

enum { MAX = ALPC_VECTOR_MAX, LEN = 48, QUEUE = 10, ALICE = 1001 };

#define USER_MESSAGES	"/sys/module/alpc/parameters/user_messages"

FIXTURE(vector)
{
	struct pair pair;
	struct alpc_vector v;
	struct alpc_vector_send send[MAX];
	struct alpc_msg recv[MAX];
	char out[MAX][LEN], in[MAX][LEN];
	struct alpc_msg msg;
	char buf[LEN];
};

/* Room for all, each message with contents of its own. */
FIXTURE_SETUP(vector)
{
	int i;

	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	memset(self->send, 0, sizeof(self->send));
	memset(self->recv, POISON, sizeof(self->recv));
	for (i = 0; i < MAX; i++) {
		pattern(self->out[i], LEN, i);
		self->send[i].msg.data = address(self->out[i]);
		self->send[i].msg.len = LEN;
		self->send[i].out_error = POISON_U32;
		self->send[i].out_id = POISON_U64;
		self->recv[i].data = address(self->in[i]);
		self->recv[i].len = LEN;
		self->recv[i].attrs = 0;
		self->recv[i].attrs_len = 0;
		self->recv[i].reserve = 0;
	}
}

FIXTURE_TEARDOWN(vector)
{
	pair_close(&self->pair);
}

/* Send the first @count of the fixture's messages. */
#define SEND(fd, count)	alpc_vector(fd, &self->v, 0, self->send, count, NULL, 0)

/* --- whole vectors --------------------------------------------------------- */

FIXTURE_VARIANT(vector) { int count; };
FIXTURE_VARIANT_ADD(vector, of_1) { 1 };
FIXTURE_VARIANT_ADD(vector, of_8) { 8 };
FIXTURE_VARIANT_ADD(vector, of_9) { 9 };
FIXTURE_VARIANT_ADD(vector, of_64) { 64 };

/* Twice: the second time what was used before is used again. */
TEST_F(vector, arrives_in_order_with_its_contents)
{
	int i, round;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, SEND(self->pair.client, variant->count));
		ASSERT_EQ(variant->count, self->v.out_sent);
		EXPECT_EQ(0, self->v.out_received);
		ASSERT_EQ(variant->count, alpc_queued(self->pair.port));
		for (i = 0; i < MAX; i++)
			self->recv[i].len = LEN;
		ASSERT_EQ(0, alpc_vector(self->pair.port, &self->v, 0, NULL, 0, self->recv, MAX));
		ASSERT_EQ(variant->count, self->v.out_received);
		for (i = 0; i < variant->count; i++) {
			EXPECT_EQ(0, self->send[i].out_error);
			EXPECT_EQ(0, self->send[i].out_id);
			EXPECT_EQ(ALPC_DATAGRAM, self->recv[i].type);
			EXPECT_EQ(0, self->recv[i].flags);
			EXPECT_EQ(LEN, self->recv[i].len);
			EXPECT_EQ(self->pair.context, self->recv[i].context);
			EXPECT_EQ(getpid(), self->recv[i].pid);
			EXPECT_EQ(FIRST_SEQ + round * variant->count + i, self->recv[i].seq);
			EXPECT_EQ(0, self->recv[i].view_len);
			EXPECT_TRUE(is_pattern(self->in[i], LEN, i));
		}
		if (i < MAX)
			EXPECT_EQ(POISON_U16, self->recv[i].type);
	}
	EXPECT_QUIET(self->pair.port);
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* Requests, their replies as a vector, and those received as a vector. */
TEST_F(vector, of_requests_gets_a_reply_for_each)
{
	int i;

	for (i = 0; i < variant->count; i++) {
		self->send[i].msg.flags = ALPC_SEND_REQUEST;
		self->send[i].msg.cookie = 100 + i;
		self->send[i].room = LEN;
	}
	ASSERT_EQ(0, SEND(self->pair.client, variant->count));
	ASSERT_EQ(0, alpc_vector(self->pair.port, &self->v, 0, NULL, 0, self->recv, MAX));
	ASSERT_EQ(variant->count, self->v.out_received);
	EXPECT_EQ(variant->count, alpc_unanswered(self->pair.port));
	for (i = 0; i < variant->count; i++) {
		EXPECT_EQ(ALPC_REQUEST, self->recv[i].type);
		EXPECT_EQ(0, self->recv[i].cookie);
		EXPECT_LT(0, self->send[i].out_id);
		/* The last one is answered first. */
		self->send[i].msg.id = self->recv[variant->count - 1 - i].id;
		self->send[i].msg.flags = ALPC_SEND_REPLY;
	}
	__u64 first = self->send[0].out_id;

	ASSERT_EQ(0, SEND(self->pair.port, variant->count));
	ASSERT_EQ(variant->count, self->v.out_sent);
	ASSERT_EQ(0, alpc_vector(self->pair.client, &self->v, 0, NULL, 0, self->recv, MAX));
	ASSERT_EQ(variant->count, self->v.out_received);
	for (i = 0; i < variant->count; i++) {
		EXPECT_EQ(ALPC_REPLY, self->recv[i].type);
		EXPECT_EQ(100 + variant->count - 1 - i, self->recv[i].cookie);
		EXPECT_EQ(first + variant->count - 1 - i, self->recv[i].id);
		EXPECT_TRUE(is_pattern(self->in[i], LEN, i));
	}
	EXPECT_QUIET(self->pair.port);
	EXPECT_QUIET(self->pair.client);
}

/* --- partial success ------------------------------------------------------- */

/* The one in the middle cannot be sent: what is before it was, and no more. */
TEST_F(vector, ends_at_a_new_message_that_fails)
{
	int bad = variant->count / 2, i;

	self->send[bad].msg.len = ALPC_DATA_DEFAULT + 1;
	EXPECT_EQ(-EMSGSIZE, alpc_vector(self->pair.client, &self->v, 0, self->send,
					 variant->count, self->recv, 1));
	EXPECT_EQ(bad + 1, self->v.out_sent);
	EXPECT_EQ(0, self->v.out_received);
	EXPECT_EQ(bad, alpc_queued(self->pair.port));
	for (i = 0; i < bad; i++)
		EXPECT_EQ(0, self->send[i].out_error);
	EXPECT_EQ(EMSGSIZE, self->send[bad].out_error);
	if (bad + 1 < variant->count)
		EXPECT_EQ(POISON_U32, self->send[bad + 1].out_error);
}

/* Every second reply is to nothing; the others arrive. */
TEST_F(vector, goes_on_behind_a_reply_that_fails)
{
	int i;

	for (i = 0; i < variant->count; i++)
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, i, LEN, NULL));
	for (i = 0; i < variant->count; i++) {
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		self->send[i].msg.flags = ALPC_SEND_REPLY;
		self->send[i].msg.id = i % 2 ? 0x123456 : self->msg.id;
	}
	ASSERT_EQ(0, SEND(self->pair.port, variant->count));
	ASSERT_EQ(variant->count, self->v.out_sent);
	for (i = 0; i < variant->count; i++)
		EXPECT_EQ(i % 2 ? ESRCH : 0, self->send[i].out_error);
	for (i = 0; i < variant->count; i += 2) {
		TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
		EXPECT_EQ(i, self->msg.cookie);
	}
	NOTHING(self->pair.client);
	EXPECT_EQ(variant->count / 2, alpc_unanswered(self->pair.port));
}

/* The buffer of one in the middle is too small: the others wait behind it. */
TEST_F(vector, ends_before_a_message_that_does_not_fit)
{
	int bad = variant->count / 2, i;

	ASSERT_EQ(0, SEND(self->pair.client, variant->count));
	self->recv[bad].len = LEN - 1;
	if (!bad) {
		EXPECT_EQ(-EMSGSIZE,
			  alpc_vector(self->pair.port, &self->v, 0, NULL, 0, self->recv, MAX));
		EXPECT_EQ(LEN, self->recv[0].len);
	} else {
		EXPECT_EQ(0, alpc_vector(self->pair.port, &self->v, 0, NULL, 0, self->recv, MAX));
	}
	EXPECT_EQ(bad, self->v.out_received);
	for (i = bad; i < variant->count; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(FIRST_SEQ + i, self->msg.seq);
	}
	NOTHING(self->pair.port);
}

/* The same for one that was taken and cannot be copied out. */
TEST_F(vector, puts_back_what_cannot_be_copied_out)
{
	int bad = variant->count / 2, i;

	ASSERT_EQ(0, SEND(self->pair.client, variant->count));
	self->recv[bad].data = address(memory_before_hole(LEN / 2));
	EXPECT_EQ(bad ? 0 : -EFAULT,
		  alpc_vector(self->pair.port, &self->v, 0, NULL, 0, self->recv, MAX));
	EXPECT_EQ(bad, self->v.out_received);
	for (i = bad; i < variant->count; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(FIRST_SEQ + i, self->msg.seq);
		EXPECT_TRUE(is_pattern(self->buf, LEN, i));
	}
	NOTHING(self->pair.port);
}

/* An array that ends at a hole: the entries before it count. */
TEST_F(vector, ends_where_its_array_cannot_be_read)
{
	__u32 size = variant->count * sizeof(self->send[0]);
	struct alpc_vector_send *send = memory_before_hole(size);
	int more = variant->count < MAX;

	ASSERT_NE(NULL, send);
	memcpy(send, self->send, size);
	EXPECT_EQ(more ? -EFAULT : 0,
		  alpc_vector(self->pair.client, &self->v, 0, send, variant->count + more,
			      NULL, 0));
	EXPECT_EQ(variant->count, self->v.out_sent);
	EXPECT_EQ(variant->count, alpc_queued(self->pair.port));
	EXPECT_EQ(0, send[variant->count - 1].out_error);
}

/* --- waiting --------------------------------------------------------------- */

FIXTURE(full)
{
	struct pair pair;
	struct alpc_vector v;
	struct alpc_vector_send send[MAX];
	struct worker worker;
	struct alpc_msg msg;
	char buf[LEN];
};

FIXTURE_SETUP(full)
{
	const struct alpc_create_port options = { .queue_messages = QUEUE };
	int i;

	ASSERT_EQ(0, pair_open(&self->pair, &options));
	memset(self->send, 0, sizeof(self->send));
	for (i = 0; i < MAX; i++)
		self->send[i].msg.data = address(self->buf);
}

FIXTURE_TEARDOWN(full)
{
	pair_close(&self->pair);
}

TEST_F(full, vector_says_how_far_it_was)
{
	EXPECT_EQ(-EAGAIN, alpc_vector(self->pair.client, &self->v, ALPC_TRANSFER_DONTWAIT,
				       self->send, MAX, NULL, 0));
	EXPECT_EQ(QUEUE + 1, self->v.out_sent);
	EXPECT_EQ(0, self->send[QUEUE - 1].out_error);
	EXPECT_EQ(EAGAIN, self->send[QUEUE].out_error);
	EXPECT_EQ(QUEUE, alpc_queued(self->pair.port));
}

static int send_all(void *arg)
{
	struct _test_data_full *self = arg;

	return alpc_vector(self->pair.client, &self->v, 0, self->send, MAX, NULL, 0);
}

/* It sleeps for room again and again, and all arrive in order. */
TEST_F(full, vector_waits_for_room)
{
	int i;

	ASSERT_EQ(0, worker_start(&self->worker, send_all, self));
	ASSERT_EQ(0, worker_blocked(&self->worker));
	for (i = 0; i < MAX; i++) {
		AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(FIRST_SEQ + i, self->msg.seq);
	}
	EXPECT_EQ(0, worker_join(&self->worker));
	EXPECT_EQ(MAX, self->v.out_sent);
	NOTHING(self->pair.port);
}

/* The connection ends while it sleeps: what was sent was sent. */
TEST_F(full, vector_learns_that_the_connection_ended)
{
	ASSERT_EQ(0, worker_start(&self->worker, send_all, self));
	ASSERT_EQ(0, worker_blocked(&self->worker));
	ASSERT_EQ(0, alpc_disconnect(self->pair.server));
	EXPECT_EQ(-EPIPE, worker_join(&self->worker));
	EXPECT_EQ(QUEUE + 1, self->v.out_sent);
	EXPECT_EQ(EPIPE, self->send[QUEUE].out_error);
}

/* --- what is told, and charged --------------------------------------------- */

/* A client that withholds its process, of a port that notes who sends. */
FIXTURE(told)
{
	struct pair pair;
	struct alpc_vector v;
	struct alpc_vector_send send[MAX];
	struct alpc_msg recv[MAX];
	struct alpc_attrs attrs;
	struct alpc_usage usage;
	struct child child;
	struct alpc_msg msg;
	char buf[8];
};

FIXTURE_SETUP(told)
{
	const struct alpc_create_port options = { .flags = ALPC_PORT_NOTE_IDENTITY };
	int i;

	ASSERT_EQ(0, pair_open(&self->pair, &options));
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
	memset(self->send, 0, sizeof(self->send));
	memset(self->recv, 0, sizeof(self->recv));
	for (i = 0; i < MAX; i++)
		self->recv[i].type = POISON_U16;
}

FIXTURE_TEARDOWN(told)
{
	write_file(USER_MESSAGES, "0");
	pair_close(&self->pair);
}

#define EXPECT_TOLD(msg, _flags, _pid, _uid) do { \
	EXPECT_EQ(ALPC_DATAGRAM, (msg).type); \
	EXPECT_EQ(_flags, (msg).flags); \
	EXPECT_EQ(_pid, (msg).pid); \
	EXPECT_EQ(_pid, (msg).tid); \
	EXPECT_EQ(_uid, (msg).uid); \
} while (0)

/* As with single messages, wherever in a vector it is, and the first time or not. */
TEST_F(told, what_its_sender_lets_be_known)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	int client, server, round;

	arg.flags = ALPC_CONNECT_ASYNC;
	arg.withhold = ALPC_IDENTITY_PROCESS;
	client = alpc_connect_with(&arg);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	server = alpc_accept_id(self->pair.port, self->msg.id, 2);
	ASSERT_LE(0, server);
	self->attrs.security = alpc_create_security(client, 0, ALPC_LEVEL_IDENTIFICATION, 0);
	ASSERT_LT(0, (int)self->attrs.security);
	for (round = 0; round < 3; round++) {
		self->send[0].msg.attrs = round == 1 ? address(&self->attrs) : 0;
		self->send[0].msg.attrs_len = round == 1 ? sizeof(self->attrs) : 0;
		self->send[1].msg.attrs = address(&self->attrs);
		self->send[1].msg.attrs_len = sizeof(self->attrs);
		ASSERT_EQ(0, alpc_vector(client, &self->v, 0, self->send, 4, NULL, 0));
		ASSERT_EQ(0, setresuid(-1, ALICE, -1));
		ASSERT_EQ(0, alpc_vector(client, &self->v, 0, &self->send[4], 2, NULL, 0));
		ASSERT_EQ(0, setresuid(-1, 0, -1));
		ASSERT_EQ(0, alpc_vector(self->pair.port, &self->v, 0, NULL, 0, self->recv, MAX));
		ASSERT_EQ(6, self->v.out_received);
		if (round == 0)
			EXPECT_TOLD(self->recv[0], 0, 0, 0);
		else if (round == 1)
			EXPECT_TOLD(self->recv[0], ALPC_MSG_IDENTITY | ALPC_MSG_SECURITY, getpid(),
				    0);
		else
			EXPECT_TOLD(self->recv[0], ALPC_MSG_IDENTITY, 0, 0);
		EXPECT_TOLD(self->recv[1], ALPC_MSG_SECURITY, getpid(), 0);
		EXPECT_TOLD(self->recv[2], 0, 0, 0);
		EXPECT_TOLD(self->recv[3], 0, 0, 0);
		EXPECT_TOLD(self->recv[4], ALPC_MSG_IDENTITY, 0, ALICE);
		EXPECT_TOLD(self->recv[5], 0, 0, ALICE);
	}
	close(client);
	close(server);
}

#define USED_MESSAGES() ({ \
	self->usage.size = sizeof(self->usage); \
	self->usage.flags = ALPC_USAGE_USER; \
	EXPECT_EQ(0, alpc_ioctl(alpc_device(), ALPC_IOC_GET_USAGE, &self->usage)); \
	self->usage.messages.used; \
})

/* Messages of vectors are a user's, and those kept for more of them few enough. */
TEST_F(told, messages_are_charged_to_their_user)
{
	int fd;

	ASSERT_EQ(0, write_file(USER_MESSAGES, "40"));
	ASSERT_LE(0, client_start(&self->pair, &self->child, 2, &fd));
	if (!self->child.pid) {
		/* As root it is nobody's limit. */
		ASSERT_EQ(0, become(ALICE, ALICE));
		fd = alpc_connect_async(self->pair.name);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, alpc_receive(fd, &self->msg, self->buf, sizeof(self->buf)));
		EXPECT_EQ(-EDQUOT, alpc_vector(fd, &self->v, 0, self->send, MAX, NULL, 0));
		EXPECT_LT(20, self->v.out_sent);
		EXPECT_GE(41, self->v.out_sent);
		EXPECT_EQ(EDQUOT, self->send[self->v.out_sent - 1].out_error);
		EXPECT_EQ(40, USED_MESSAGES());
		child_signal(&self->child);
		child_wait(&self->child);
		/* The server has received them. */
		EXPECT_GE(20, USED_MESSAGES());
		EXPECT_LT(0, USED_MESSAGES());
		child_exit(true);
	}
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_LE(0, alpc_accept_id(self->pair.port, self->msg.id, 3));
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, alpc_vector(self->pair.port, &self->v, 0, NULL, 0, self->recv, MAX));
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	close(fd);
}

/* --- arguments ------------------------------------------------------------- */

TEST_F(full, vector_refuses_nonsense)
{
	int client = self->pair.client, i;
	const struct alpc_vector good = {
		.size = sizeof(good), .flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE, .send = address(self->send), .send_count = 1,
	};
	struct alpc_vector bad[9];

	for (i = 0; i < 9; i++)
		bad[i] = good;
	bad[0].flags = 0;
	bad[1].flags |= ALPC_TRANSFER_WAIT;
	bad[2].flags |= 1U << 31;
	bad[3].send_count = 0;
	bad[4].send_count = MAX + 1;
	bad[5].recv_count = 1;
	bad[6].timeout = -2;
	bad[7].size = sizeof(good) - 1;
	bad[8].flags |= ALPC_TRANSFER_RECEIVE;
	for (i = 0; i < 9; i++)
		EXPECT_EQ(-EINVAL, alpc_ioctl(client, ALPC_IOC_VECTOR, &bad[i]));
	NOTHING(self->pair.port);
	EXPECT_EQ(-EOPNOTSUPP, alpc_vector(self->pair.server, &self->v, 0, NULL, 0, &self->msg, 1));
	EXPECT_EQ(-EOPNOTSUPP, alpc_vector(alpc_device(), &self->v, 0, self->send, 1, NULL, 0));
}

TEST_HARNESS_MAIN
