// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callbacks: requests that one side makes inside a request of the other, given
 * to the thread that waits for the reply.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"

FIXTURE(callback)
{
	struct pair pair;
	struct transfer_worker caller;		/* the client's call */
	struct transfer_worker server;		/* the server's callback */
	struct alpc_msg request;
	char in[16], out[16], buf[64];
};

FIXTURE_SETUP(callback)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(callback)
{
	EXPECT_QUIET(self->pair.port);
	EXPECT_QUIET(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

/* The client calls, and the server receives it. */
#define START_CALL(self) do { \
	transfer_init(&(self)->caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(&(self)->caller.transfer, ALPC_SEND_REQUEST, 0, "call", 4); \
	transfer_receive(&(self)->caller.transfer, (self)->in, sizeof((self)->in)); \
	ASSERT_EQ(0, worker_transfer(&(self)->caller, (self)->pair.client)); \
	AWAIT(ALPC_REQUEST, (self)->pair.port, &(self)->request, (self)->buf); \
} while (0)

/* The server calls back through @fd, and the client's call returns with it. */
#define START_CALLBACK(self, fd) do { \
	transfer_init(&(self)->server.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(&(self)->server.transfer, ALPC_SEND_CALLBACK, (self)->request.id, \
		      "callback", 8); \
	transfer_receive(&(self)->server.transfer, (self)->out, sizeof((self)->out)); \
	ASSERT_EQ(0, worker_transfer(&(self)->server, fd)); \
	ASSERT_EQ(0, worker_join(&(self)->caller.worker)); \
	ASSERT_EQ(ALPC_REQUEST, (self)->caller.transfer.recv.type); \
	ASSERT_EQ(ALPC_MSG_CALLBACK, (self)->caller.transfer.recv.flags); \
} while (0)

/* The client goes on to wait, having answered the callback or not. */
#define GO_ON(self, answer) do { \
	const struct alpc_msg __msg = (self)->caller.transfer.recv; \
\
	transfer_init(&(self)->caller.transfer, ((answer) ? ALPC_TRANSFER_SEND : 0) | \
		      ALPC_TRANSFER_WAIT); \
	if (answer) \
		transfer_send(&(self)->caller.transfer, ALPC_SEND_REPLY, __msg.id, "answer", 6); \
	transfer_receive(&(self)->caller.transfer, (self)->in, sizeof((self)->in)); \
	(self)->caller.transfer.recv.call = __msg.call; \
	ASSERT_EQ(0, worker_transfer(&(self)->caller, (self)->pair.client)); \
} while (0)

#define FINISH(self) do { \
	ASSERT_EQ(0, alpc_reply((self)->pair.port, (self)->request.id, "reply", 5)); \
	ASSERT_EQ(0, worker_join(&(self)->caller.worker)); \
	EXPECT_EQ(ALPC_REPLY, (self)->caller.transfer.recv.type); \
	EXPECT_EQ(5, (self)->caller.transfer.recv.len); \
	EXPECT_EQ(0, (self)->caller.transfer.recv.flags); \
	EXPECT_EQ(0, memcmp((self)->in, "reply", 5)); \
} while (0)

/* --- one callback --------------------------------------------------------- */

/* Several times, through either port of the server. */
TEST_F(callback, is_answered_inside_the_call)
{
	struct alpc_msg *got = &self->caller.transfer.recv;
	__u64 id;
	int i;

	START_CALL(self);
	for (i = 0; i < 4; i++) {
		if (i)
			ASSERT_EQ(0, worker_blocked(&self->caller.worker));
		START_CALLBACK(self, i & 1 ? self->pair.server : self->pair.port);
		EXPECT_EQ(ALPC_DONE_RECEIVED, self->caller.transfer.out_done & ~ALPC_DONE_SENT);
		EXPECT_EQ(8, got->len);
		EXPECT_EQ(0, memcmp(self->in, "callback", 8));
		EXPECT_EQ(0, got->context);
		EXPECT_EQ(0, got->cookie);
		EXPECT_EQ(getpid(), got->pid);
		EXPECT_EQ(self->server.worker.tid, got->tid);
		EXPECT_NE(0, got->id);
		EXPECT_NE(0, got->call);
		id = got->id;
		GO_ON(self, true);
		ASSERT_EQ(0, worker_join(&self->server.worker));
		EXPECT_EQ(ALPC_REPLY, self->server.transfer.recv.type);
		EXPECT_EQ(self->server.transfer.out_id, self->server.transfer.recv.id);
		EXPECT_EQ(self->pair.context, self->server.transfer.recv.context);
		EXPECT_EQ(0, memcmp(self->out, "answer", 6));
		EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, id, "again", 5));
	}
	FINISH(self);
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
}

/* Answered apart from waiting, by another thread even. */
TEST_F(callback, is_answered_first_and_waited_for_later)
{
	START_CALL(self);
	START_CALLBACK(self, self->pair.port);
	ASSERT_EQ(0, alpc_reply(self->pair.client, self->caller.transfer.recv.id, "answer", 6));
	ASSERT_EQ(0, worker_join(&self->server.worker));
	GO_ON(self, false);
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	FINISH(self);
}

/* The reply to the call may come before the callback is answered. */
TEST_F(callback, call_is_answered_while_the_callback_is_not)
{
	struct alpc_msg msg;

	START_CALL(self);
	START_CALLBACK(self, self->pair.port);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->request.id, "early", 5));
	NOTHING(self->pair.client);
	msg = self->caller.transfer.recv;
	ASSERT_EQ(0, alpc_reply_wait(self->pair.client, msg.id, msg.call, "answer", 6, &msg,
				     self->buf, sizeof(self->buf)));
	EXPECT_EQ(ALPC_REPLY, msg.type);
	EXPECT_EQ(0, memcmp(self->buf, "early", 5));
	ASSERT_EQ(0, worker_join(&self->server.worker));
	EXPECT_EQ(0, memcmp(self->out, "answer", 6));
}

/* A server that does not wait gets the answer as a message. */
TEST_F(callback, answer_is_received_later)
{
	struct alpc_transfer t;
	struct alpc_msg msg;

	START_CALL(self);
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_CALLBACK, self->request.id, "callback", 8);
	t.send.cookie = 55;
	ASSERT_EQ(0, alpc_transfer(self->pair.port, &t));
	ASSERT_EQ(0, worker_join(&self->caller.worker));
	EXPECT_EQ(ALPC_MSG_CALLBACK, self->caller.transfer.recv.flags);
	GO_ON(self, true);
	AWAIT(ALPC_REPLY, self->pair.port, &msg, self->buf);
	EXPECT_EQ(t.out_id, msg.id);
	EXPECT_EQ(55, msg.cookie);
	EXPECT_EQ(self->pair.context, msg.context);
	FINISH(self);
}

/* An asynchronous request has no thread: the callback goes to its port. */
TEST_F(callback, inside_an_asynchronous_request)
{
	struct alpc_msg msg;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "async", 5, 3, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->request, self->buf);
	transfer_init(&self->server.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&self->server.transfer, ALPC_SEND_CALLBACK, self->request.id, "cb", 2);
	transfer_receive(&self->server.transfer, self->out, sizeof(self->out));
	ASSERT_EQ(0, worker_transfer(&self->server, self->pair.server));
	AWAIT(ALPC_REQUEST, self->pair.client, &msg, self->buf);
	EXPECT_EQ(ALPC_MSG_CALLBACK, msg.flags);
	EXPECT_EQ(2, msg.len);
	ASSERT_EQ(0, alpc_reply(self->pair.client, msg.id, "answer", 6));
	ASSERT_EQ(0, worker_join(&self->server.worker));
	EXPECT_EQ(0, memcmp(self->out, "answer", 6));
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->request.id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ(3, msg.cookie);
}

/*
 * The caller's buffer is too small for the callback: that stays with the call,
 * as does the reply, which may even have come meanwhile.
 */
TEST_F(callback, longer_than_the_callers_buffer)
{
	struct alpc_transfer t;
	struct alpc_msg msg;
	__u64 call;
	int early;

	for (early = 0; early < 2; early++) {
		transfer_init(&self->caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(&self->caller.transfer, ALPC_SEND_REQUEST, 0, "call", 4);
		transfer_receive(&self->caller.transfer, self->in, 7);
		ASSERT_EQ(0, worker_transfer(&self->caller, self->pair.client));
		AWAIT(ALPC_REQUEST, self->pair.port, &self->request, self->buf);
		transfer_init(&t, ALPC_TRANSFER_SEND);
		transfer_send(&t, ALPC_SEND_CALLBACK, self->request.id, "callback", 8);
		ASSERT_EQ(0, alpc_transfer(self->pair.port, &t));
		EXPECT_EQ(-EMSGSIZE, worker_join(&self->caller.worker));
		EXPECT_EQ(8, self->caller.transfer.recv.len);
		call = self->caller.transfer.out_id;
		NOTHING(self->pair.client);
		if (early)
			ASSERT_EQ(0, alpc_reply(self->pair.port, self->request.id, "reply", 5));

		transfer_init(&t, ALPC_TRANSFER_WAIT);
		transfer_receive(&t, self->buf, sizeof(self->buf));
		t.recv.call = call;
		ASSERT_EQ(0, alpc_transfer(self->pair.client, &t));
		EXPECT_EQ(ALPC_REQUEST, t.recv.type);
		EXPECT_EQ(ALPC_MSG_CALLBACK, t.recv.flags);
		EXPECT_EQ(call, t.recv.call);
		EXPECT_EQ(0, memcmp(self->buf, "callback", 8));
		self->caller.transfer.recv = t.recv;
		GO_ON(self, true);
		AWAIT(ALPC_REPLY, self->pair.port, &msg, self->buf);
		if (!early)
			ASSERT_EQ(0, alpc_reply(self->pair.port, self->request.id, "reply", 5));
		ASSERT_EQ(0, worker_join(&self->caller.worker));
		EXPECT_EQ(ALPC_REPLY, self->caller.transfer.recv.type);
		EXPECT_EQ(0, memcmp(self->in, "reply", 5));
	}
}

/* --- errors --------------------------------------------------------------- */

#define EXPECT_CALLBACK_ERROR(expected, fd, id) do { \
	struct alpc_msg __msg; \
	char __buf[8]; \
\
	EXPECT_EQ(expected, alpc_callback(fd, id, "x", 1, &__msg, __buf, sizeof(__buf))); \
} while (0)

TEST_F(callback, abuse_13_needs_an_unanswered_request)
{
	struct alpc_msg msg;
	int client, server;
	__u64 id;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &client, &server));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "q", 1, 3, 0, &id));
	EXPECT_CALLBACK_ERROR(-ESRCH, self->pair.client, id);
	TAKE(ALPC_REQUEST, self->pair.port, &self->request, self->buf);
	EXPECT_CALLBACK_ERROR(-ESRCH, self->pair.port, 0);
	EXPECT_CALLBACK_ERROR(-ESRCH, self->pair.port, ~0ULL);
	EXPECT_CALLBACK_ERROR(-ESRCH, self->pair.port, self->request.id + 1);
	EXPECT_CALLBACK_ERROR(-ESRCH, self->pair.client, self->request.id);
	EXPECT_CALLBACK_ERROR(-ESRCH, server, self->request.id);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->request.id, NULL, 0));
	EXPECT_CALLBACK_ERROR(-ESRCH, self->pair.port, self->request.id);
	EXPECT_CALLBACK_ERROR(-ESRCH, self->pair.server, self->request.id);
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	close(client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	close(server);

	client = alpc_connect_async(self->pair.name);
	ASSERT_LE(0, client);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_CALLBACK_ERROR(-EBADMSG, self->pair.port, msg.id);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, msg.id, NULL, 0));
	close(client);
	NOTHING(self->pair.client);
}

TEST_F(callback, caller_that_is_in_one_takes_no_other)
{
	START_CALL(self);
	START_CALLBACK(self, self->pair.port);
	EXPECT_CALLBACK_ERROR(-EBUSY, self->pair.port, self->request.id);
	EXPECT_CALLBACK_ERROR(-EBUSY, self->pair.server, self->request.id);
	NOTHING(self->pair.client);
	GO_ON(self, true);
	ASSERT_EQ(0, worker_join(&self->server.worker));
	FINISH(self);
}

TEST_F(callback, only_one_thread_waits_for_a_call)
{
	struct alpc_transfer t;
	__u64 call;

	START_CALL(self);
	START_CALLBACK(self, self->pair.port);
	call = self->caller.transfer.recv.call;
	GO_ON(self, true);
	ASSERT_EQ(0, worker_join(&self->server.worker));
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	transfer_init(&t, ALPC_TRANSFER_WAIT);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	t.recv.call = call;
	EXPECT_EQ(-ESRCH, alpc_transfer(self->pair.client, &t));
	FINISH(self);
}

TEST_F(callback, waiting_for_a_call_that_is_not_there)
{
	const int fds[] = { self->pair.client, self->pair.port, self->pair.server };
	struct alpc_transfer t;
	unsigned int i;
	__u64 call;

	START_CALL(self);
	START_CALLBACK(self, self->pair.port);
	call = self->caller.transfer.recv.call;
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		transfer_init(&t, ALPC_TRANSFER_WAIT);
		transfer_receive(&t, self->buf, sizeof(self->buf));
		t.recv.call = i ? call : call + 1;
		EXPECT_EQ(-ESRCH, alpc_transfer(fds[i], &t));
		t.recv.call = 0;
		EXPECT_EQ(-ESRCH, alpc_transfer(fds[i], &t));
	}
	GO_ON(self, true);
	ASSERT_EQ(0, worker_join(&self->server.worker));
	FINISH(self);
	transfer_init(&t, ALPC_TRANSFER_WAIT);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	t.recv.call = call;
	EXPECT_EQ(-ESRCH, alpc_transfer(self->pair.client, &t));
}

/* The client wants neither to answer nor to wait: that ends both. */
TEST_F(callback, caller_gives_up)
{
	const struct alpc_msg *got = &self->caller.transfer.recv;
	struct alpc_transfer t;
	struct alpc_msg msg;
	int err;

	START_CALL(self);
	START_CALLBACK(self, self->pair.port);
	transfer_init(&t, ALPC_TRANSFER_WAIT);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	t.recv.call = got->call;
	t.timeout = 0;
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, &t));
	EXPECT_EQ(ALPC_DONE_CANCELED, t.out_done);
	TAKE(ALPC_CANCELED, self->pair.port, &msg, self->buf);
	EXPECT_EQ(self->request.id, msg.id);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, self->request.id, "late", 4));
	EXPECT_CALLBACK_ERROR(-ESRCH, self->pair.port, self->request.id);

	/* The callback, which is not answered, has ended with it. */
	EXPECT_EQ(-ECANCELED, worker_join(&self->server.worker));
	err = alpc_reply(self->pair.client, got->id, "answer", 6);
	EXPECT_TRUE(err == -ESRCH || err == -ECANCELED);
	while (!alpc_receive_nowait(self->pair.client, &msg, self->buf, sizeof(self->buf))) {
		EXPECT_EQ(ALPC_CANCELED, msg.type);
		EXPECT_EQ(got->id, msg.id);
	}
}

/* A server that gives up its callback leaves the call alone. */
TEST_F(callback, server_gives_up)
{
	struct alpc_msg msg;

	START_CALL(self);
	START_CALLBACK(self, self->pair.port);
	EXPECT_EQ(-EINTR, worker_interrupt(&self->server.worker));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, self->server.transfer.out_done);
	TAKE(ALPC_CANCELED, self->pair.client, &msg, self->buf);
	EXPECT_EQ(self->caller.transfer.recv.id, msg.id);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, msg.id, "answer", 6));
	GO_ON(self, false);
	FINISH(self);
}

/* --- nested both ways ----------------------------------------------------- */

struct nested {
	struct worker worker;
	int fd;
	int depth;	/* of the innermost request that is to be made */
	int error;	/* what going one deeper fails with */
};

static int answer_until_reply(struct nested *side, struct alpc_msg *msg, int *value);

/*
 * One side of a game of ping-pong: answer the request @msg of depth @at, after
 * having called back inside it, unless it is deep enough. Each side sees every
 * second depth.
 */
static int answer_nested(struct nested *side, const struct alpc_msg *msg, int at)
{
	const int deeper = at + 1;
	struct alpc_msg reply;
	int value, err;

	err = alpc_callback(side->fd, msg->id, &deeper, sizeof(deeper), &reply, &value,
			    sizeof(value));
	if (at == side->depth) {
		side->error = err;
		return alpc_reply(side->fd, msg->id, &at, sizeof(at));
	}
	err = err ?: answer_until_reply(side, &reply, &value);
	if (err)
		return err;
	return value == deeper ? alpc_reply(side->fd, msg->id, &at, sizeof(at)) : -EPROTO;
}

/* Answer the callbacks that come in a call which was made with *@value. */
static int answer_until_reply(struct nested *side, struct alpc_msg *msg, int *value)
{
	struct alpc_transfer t;
	int err;

	while (msg->type == ALPC_REQUEST) {
		if (msg->flags != ALPC_MSG_CALLBACK)
			return -EBADMSG;
		err = answer_nested(side, msg, *value);
		if (err)
			return err;
		transfer_init(&t, ALPC_TRANSFER_WAIT);
		transfer_receive(&t, value, sizeof(*value));
		t.recv.call = msg->call;
		err = alpc_transfer(side->fd, &t);
		if (err)
			return err;
		*msg = t.recv;
	}
	return msg->type == ALPC_REPLY ? 0 : -EBADMSG;
}

static int nested_server(void *arg)
{
	struct nested *side = arg;
	struct alpc_msg msg;
	int value, err;

	err = alpc_receive(side->fd, &msg, &value, sizeof(value));
	return err ?: answer_nested(side, &msg, value);
}

/* The client's outermost call is no callback, and so has the depth 0. */
static int nested_client(struct nested *side)
{
	const int outermost = 0;
	struct alpc_msg msg;
	int value, err;

	err = alpc_call(side->fd, &outermost, sizeof(outermost), &msg, &value, sizeof(value));
	err = err ?: answer_until_reply(side, &msg, &value);
	return err ?: value == outermost ? 0 : -EPROTO;
}

TEST_F(callback, abuse_53_nested_to_the_limit_and_no_deeper)
{
	const int limit = ALPC_CALLBACK_DEPTH_MAX;
	struct nested server = { .fd = self->pair.port, .depth = -1 };
	struct nested client = { .fd = self->pair.client, .depth = -1 };

	/* Whoever handles the deepest request tries to go one deeper. */
	*(limit & 1 ? &client.depth : &server.depth) = limit;
	ASSERT_EQ(0, worker_start(&server.worker, nested_server, &server));
	EXPECT_EQ(0, nested_client(&client));
	EXPECT_EQ(0, worker_join(&server.worker));
	EXPECT_EQ(-EDEADLK, limit & 1 ? client.error : server.error);
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
}

TEST_HARNESS_MAIN
