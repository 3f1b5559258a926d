// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reserves: what is sent from one gets through when nothing else does, and comes back
 * when it and its reply were received, or whoever was to receive them is gone; once.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_fds.h"
#include "alpc_reserve.h"
#include "alpc_view.h"

enum { LIMIT = 1000, QUEUE = 4, UNANSWERED = 1024, RESERVES = 256 };

FIXTURE(reserve)
{
	struct pair pair;
	struct alpc_usage before;
	struct transfer_worker caller;
	struct alpc_msg msg;
	char out[LIMIT], in[LIMIT], buf[LIMIT];
	int sends, receives, answers;
	int reserve;
};

FIXTURE_VARIANT(reserve) { bool server; };
FIXTURE_VARIANT_ADD(reserve, of_client) { .server = false };
FIXTURE_VARIANT_ADD(reserve, of_server) { .server = true };

/* A short queue, so that it is soon full, and a reserve for the longest message. */
FIXTURE_SETUP(reserve)
{
	struct alpc_create_port create = create_args(unique_name());
	struct alpc_connect connect;
	struct transfer_worker server;

	self->before = usage_of(alpc_device(), ALPC_USAGE_USER);
	create.max_message = LIMIT;
	create.queue_messages = QUEUE;
	self->pair = (struct pair){ .port = alpc_create_with(&create), .server = -1 };
	ASSERT_LE(0, self->pair.port);
	transfer_init(&server.transfer, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&server.transfer, NULL, 0);
	connect = connect_args((const char *)(unsigned long)create.name);
	connect.flags = ALPC_CONNECT_ASYNC;
	connect.queue_messages = QUEUE;
	self->pair.client = alpc_connect_with(&connect);
	ASSERT_LE(0, self->pair.client);
	ASSERT_EQ(0, alpc_transfer(self->pair.port, &server.transfer));
	self->pair.server = alpc_accept_id(self->pair.port, server.transfer.recv.id, 1);
	ASSERT_LE(0, self->pair.server);
	TAKE(ALPC_CONNECTION_REPLY, self->pair.client, &self->msg, self->buf);
	self->sends = variant->server ? self->pair.server : self->pair.client;
	self->receives = variant->server ? self->pair.client : self->pair.port;
	self->answers = variant->server ? self->pair.client : self->pair.port;
	pattern(self->out, LIMIT, 1);
	self->reserve = reserve_create(self->sends, 0);
	ASSERT_LT(0, self->reserve);
}

/* Whatever happened, closing gives all of it back. */
FIXTURE_TEARDOWN(reserve)
{
	struct alpc_usage after;

	pair_close(&self->pair);
	after = usage_of(alpc_device(), ALPC_USAGE_USER);
	EXPECT_EQ(self->before.messages.used, after.messages.used);
	EXPECT_EQ(self->before.message_bytes.used, after.message_bytes.used);
}

/* It is on its way: neither sent again nor deleted. */
#define EXPECT_BUSY(self) do { \
	EXPECT_EQ(-EBUSY, reserve_datagram((self)->sends, (self)->reserve, "again", 5)); \
	EXPECT_EQ(-EBUSY, reserve_delete((self)->sends, (self)->reserve)); \
} while (0)

/* It is back, once: one message can be sent from it, and not two; nothing is left. */
#define EXPECT_BACK(self) do { \
	EXPECT_EQ(0, reserve_datagram((self)->sends, (self)->reserve, (self)->out, LIMIT)); \
	EXPECT_BUSY(self); \
	TAKE(ALPC_DATAGRAM, (self)->receives, &(self)->msg, (self)->buf); \
	EXPECT_EQ(LIMIT, (self)->msg.len); \
	EXPECT_EQ(0, memcmp((self)->out, (self)->buf, LIMIT)); \
	NOTHING((self)->receives); \
	EXPECT_EQ(0, reserve_delete((self)->sends, (self)->reserve)); \
	EXPECT_EQ(-ENOENT, reserve_delete((self)->sends, (self)->reserve)); \
	(self)->reserve = reserve_create((self)->sends, 0); \
	ASSERT_LT(0, (self)->reserve); \
} while (0)

/* The receiver of a request; a server's requests are answered by the client. */
#define TAKE_REQUEST(self) do { \
	TAKE(ALPC_REQUEST, (self)->receives, &(self)->msg, (self)->buf); \
	EXPECT_EQ(0, memcmp((self)->out, (self)->buf, (self)->msg.len)); \
} while (0)

/* --- getting through ------------------------------------------------------- */

TEST_F(reserve, abuse_50_gets_through_when_the_queue_is_full)
{
	int i, sent = 0, other = reserve_create(self->sends, 8);

	ASSERT_LT(0, other);
	while (!alpc_send_nowait(self->sends, &sent, sizeof(sent)))
		sent++;
	EXPECT_LE(QUEUE, sent);
	EXPECT_EQ(-EAGAIN, alpc_send_nowait(self->sends, "x", 1));
	EXPECT_EQ(0, reserve_datagram(self->sends, self->reserve, "first", 5));
	EXPECT_EQ(0, reserve_request(self->sends, other, "second", 6));
	/* It takes no room from others either. */
	for (i = 0; i < sent; i++) {
		TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
		EXPECT_EQ(0, memcmp(&i, self->buf, sizeof(i)));
		if (!i)
			EXPECT_EQ(0, alpc_send_nowait(self->sends, "third", 5));
	}
	TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
	EXPECT_EQ(0, memcmp("first", self->buf, 5));
	TAKE(ALPC_REQUEST, self->receives, &self->msg, self->buf);
	EXPECT_EQ(0, memcmp("second", self->buf, 6));
	EXPECT_EQ(0, alpc_reply(self->answers, self->msg.id, NULL, 0));
	TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
	EXPECT_EQ(0, memcmp("third", self->buf, 5));
	EXPECT_BACK(self);
}

TEST_F(reserve, request_gets_through_when_too_many_are_unanswered)
{
	int i, replies = variant->server ? self->pair.port : self->pair.client;

	for (i = 0; i < UNANSWERED; i++) {
		ASSERT_EQ(0, alpc_request_async(self->sends, self->out, 1, 0, 1, NULL));
		TAKE_REQUEST(self);
	}
	EXPECT_EQ(-EDQUOT, alpc_request_async(self->sends, self->out, 1, 0, 1, NULL));
	ASSERT_EQ(0, reserve_request(self->sends, self->reserve, self->out, 2));
	EXPECT_EQ(-EDQUOT, alpc_request_async(self->sends, self->out, 1, 0, 1, NULL));
	TAKE_REQUEST(self);
	EXPECT_EQ(2, self->msg.len);
	ASSERT_EQ(0, alpc_reply(self->answers, self->msg.id, self->out, LIMIT));
	TAKE(ALPC_REPLY, replies, &self->msg, self->buf);
	EXPECT_EQ(self->reserve, self->msg.cookie);
	EXPECT_EQ(0, memcmp(self->out, self->buf, LIMIT));
	EXPECT_BACK(self);
}

TEST_F(reserve, callback_gets_through)
{
	__u64 call;

	/* Whoever receives calls back through its own communication port. */
	int back = variant->server ? self->pair.client : self->pair.server;
	int reserve = reserve_create(back, 16);
	struct alpc_transfer t;

	ASSERT_LT(0, reserve);
	transfer_init(&self->caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&self->caller.transfer, ALPC_SEND_REQUEST, 0, self->out, 8);
	transfer_receive(&self->caller.transfer, self->in, 16);
	ASSERT_EQ(0, worker_transfer(&self->caller, self->sends));
	AWAIT(ALPC_REQUEST, self->receives, &self->msg, self->buf);
	call = self->msg.id;
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_CALLBACK, call, "back", 4);
	t.send.reserve = reserve;
	t.recv.len = 16;
	ASSERT_EQ(0, alpc_transfer(back, &t));
	EXPECT_EQ(-EBUSY, reserve_delete(back, reserve));
	EXPECT_EQ(0, worker_join(&self->caller.worker));
	EXPECT_EQ(ALPC_MSG_CALLBACK, self->caller.transfer.recv.flags);
	EXPECT_EQ(0, memcmp("back", self->in, 4));
	EXPECT_EQ(-EBUSY, reserve_delete(back, reserve));
	t = self->caller.transfer;
	transfer_init(&self->caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&self->caller.transfer, ALPC_SEND_REPLY, t.recv.id, "yes", 3);
	transfer_receive(&self->caller.transfer, self->in, 16);
	self->caller.transfer.recv.call = t.recv.call;
	ASSERT_EQ(0, worker_transfer(&self->caller,
				     variant->server ? self->pair.server : self->pair.client));
	AWAIT(ALPC_REPLY, self->receives, &self->msg, self->buf);
	EXPECT_EQ(3, self->msg.len);
	EXPECT_EQ(0, reserve_delete(back, reserve));
	ASSERT_EQ(0, alpc_reply(self->answers, call, "end", 3));
	EXPECT_EQ(0, worker_join(&self->caller.worker));
	EXPECT_EQ(0, memcmp("end", self->in, 3));
	EXPECT_BACK(self);
}

/* --- busy, and back ---------------------------------------------------------- */

TEST_F(reserve, abuse_51_is_busy_until_the_datagram_is_received)
{
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, reserve_datagram(self->sends, self->reserve, self->out, LIMIT));
		EXPECT_BUSY(self);
		TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
		EXPECT_EQ(0, memcmp(self->out, self->buf, LIMIT));
	}
	EXPECT_BACK(self);
}

TEST_F(reserve, abuse_51_is_busy_until_the_reply_is_received)
{
	int replies = variant->server ? self->pair.port : self->pair.client;

	ASSERT_EQ(0, reserve_request(self->sends, self->reserve, self->out, 16));
	EXPECT_BUSY(self);
	TAKE_REQUEST(self);
	EXPECT_BUSY(self);
	ASSERT_EQ(0, alpc_reply(self->answers, self->msg.id, self->out, LIMIT));
	EXPECT_BUSY(self);
	TAKE(ALPC_REPLY, replies, &self->msg, self->buf);
	EXPECT_EQ(self->reserve, self->msg.cookie);
	EXPECT_EQ(0, memcmp(self->out, self->buf, LIMIT));
	EXPECT_BACK(self);
}

TEST_F(reserve, comes_back_with_the_reply_to_a_call)
{
	int i;

	for (i = 0; i < 3; i++) {
		reserve_call(&self->caller.transfer, self->reserve, self->out, LIMIT, self->in,
			     LIMIT);
		ASSERT_EQ(0, worker_transfer(&self->caller, self->sends));
		ASSERT_EQ(0, worker_blocked(&self->caller.worker));
		EXPECT_BUSY(self);
		TAKE_REQUEST(self);
		EXPECT_EQ(LIMIT, self->msg.len);
		EXPECT_BUSY(self);
		ASSERT_EQ(0, alpc_reply(self->answers, self->msg.id, self->out, LIMIT));
		EXPECT_EQ(0, worker_join(&self->caller.worker));
		EXPECT_EQ(0, memcmp(self->out, self->in, LIMIT));
	}
	EXPECT_BACK(self);
}

/* What cannot be copied out stays, and stays busy. */
TEST_F(reserve, comes_back_once_after_a_receiver_could_not_take_it)
{
	struct alpc_msg msg;

	ASSERT_EQ(0, reserve_datagram(self->sends, self->reserve, self->out, LIMIT));
	EXPECT_EQ(-EMSGSIZE, alpc_receive_nowait(self->receives, &msg, self->buf, LIMIT - 1));
	EXPECT_BUSY(self);
	EXPECT_EQ(-EFAULT, alpc_receive_nowait(self->receives, &msg, NULL, LIMIT));
	EXPECT_BUSY(self);
	TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
	EXPECT_EQ(0, memcmp(self->out, self->buf, LIMIT));
	EXPECT_BACK(self);
}

TEST_F(reserve, comes_back_at_once_from_a_call_that_nobody_received)
{
	reserve_call(&self->caller.transfer, self->reserve, self->out, 8, self->in, 8);
	self->caller.transfer.timeout = SHORT_TIME;
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->sends, &self->caller.transfer));
	EXPECT_EQ(ALPC_DONE_CANCELED, self->caller.transfer.out_done);
	EXPECT_BACK(self);
}

/* The request has become the notice of its end, for which it needs the memory. */
TEST_F(reserve, comes_back_with_the_notice_of_a_call_that_was_given_up)
{
	reserve_call(&self->caller.transfer, self->reserve, self->out, 8, self->in, 8);
	ASSERT_EQ(0, worker_transfer(&self->caller, self->sends));
	AWAIT(ALPC_REQUEST, self->receives, &self->msg, self->buf);
	EXPECT_EQ(-EINTR, worker_interrupt(&self->caller.worker));
	EXPECT_BUSY(self);
	TAKE(ALPC_CANCELED, self->receives, &self->msg, self->buf);
	EXPECT_BACK(self);
}

TEST_F(reserve, comes_back_with_a_reply_that_was_too_late)
{
	reserve_call(&self->caller.transfer, self->reserve, self->out, 8, self->in, 8);
	ASSERT_EQ(0, worker_transfer(&self->caller, self->sends));
	AWAIT(ALPC_REQUEST, self->receives, &self->msg, self->buf);
	EXPECT_EQ(-EINTR, worker_interrupt(&self->caller.worker));
	EXPECT_BUSY(self);
	EXPECT_EQ(-ECANCELED, alpc_reply(self->answers, self->msg.id, "late", 4));
	EXPECT_BACK(self);
}

/* --- ends ------------------------------------------------------------------ */

TEST_F(reserve, comes_back_when_the_connection_ends)
{
	int taken = reserve_create(self->sends, 8), queued = reserve_create(self->sends, 8);

	ASSERT_EQ(0, reserve_request(self->sends, taken, self->out, 8));
	TAKE_REQUEST(self);
	ASSERT_EQ(0, reserve_request(self->sends, queued, self->out, 8));
	reserve_call(&self->caller.transfer, self->reserve, self->out, 8, self->in, 8);
	ASSERT_EQ(0, worker_transfer(&self->caller, self->sends));
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	ASSERT_EQ(0, alpc_disconnect(self->receives == self->pair.client ? self->receives :
									   self->pair.server));
	EXPECT_EQ(-EPIPE, worker_join(&self->caller.worker));
	EXPECT_EQ(-EPIPE, reserve_datagram(self->sends, self->reserve, "x", 1));
	EXPECT_EQ(0, reserve_delete(self->sends, self->reserve));
	EXPECT_EQ(0, reserve_delete(self->sends, taken));
	EXPECT_EQ(0, reserve_delete(self->sends, queued));
	EXPECT_EQ(-EPIPE, reserve_create(self->sends, 8));
}

TEST_F(reserve, comes_back_when_the_receiver_is_closed)
{
	int other = reserve_create(self->sends, 8);

	ASSERT_EQ(0, reserve_datagram(self->sends, self->reserve, self->out, LIMIT));
	ASSERT_EQ(0, reserve_request(self->sends, other, self->out, 8));
	if (variant->server) {
		close_fd(&self->pair.client);
	} else {
		close_fd(&self->pair.server);
		close_fd(&self->pair.port);
	}
	EXPECT_EQ(0, reserve_delete(self->sends, self->reserve));
	EXPECT_EQ(0, reserve_delete(self->sends, other));
}

/* A message outlives its sender, and takes the reserve's memory along. */
TEST_F(reserve, message_outlives_the_end_that_sent_it)
{
	struct alpc_usage usage;

	ASSERT_EQ(0, reserve_datagram(self->sends, self->reserve, self->out, LIMIT));
	ASSERT_LT(0, reserve_create(self->sends, 8));
	close_fd(variant->server ? &self->pair.server : &self->pair.client);
	usage = usage_of(alpc_device(), ALPC_USAGE_USER);
	EXPECT_EQ(self->before.message_bytes.used + LIMIT, usage.message_bytes.used);
	TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
	EXPECT_EQ(0, memcmp(self->out, self->buf, LIMIT));
	usage = usage_of(alpc_device(), ALPC_USAGE_USER);
	EXPECT_EQ(self->before.message_bytes.used, usage.message_bytes.used);
}

/* A client that is killed with its message queued, taken or answered leaves nothing. */
TEST_F(reserve, of_a_killed_client_is_given_back)
{
	struct alpc_usage usage;
	struct child child;
	int stage, server = -1;

	if (variant->server)
		return;
	self->pair.name = unique_name();
	for (stage = 0; stage < 3; stage++) {
		struct pair pair;

		ASSERT_EQ(0, pair_open(&pair, NULL));
		ASSERT_LE(0, client_start(&pair, &child, 7, &server));
		if (!child.pid) {
			int reserve = reserve_create(server, 8);

			child_signal(&child);
			reserve_request(server, reserve, "request", 8);
			child_signal(&child);
			pause();
		}
		ASSERT_EQ(0, child_wait(&child));
		ASSERT_EQ(0, child_wait(&child));
		if (stage > 0)
			TAKE(ALPC_REQUEST, pair.port, &self->msg, self->buf);
		if (stage > 1)
			ASSERT_EQ(0, alpc_reply(pair.port, self->msg.id, "reply", 6));
		child_kill(&child);
		TAKE(ALPC_PORT_CLOSED, pair.port, &self->msg, self->buf);
		close(server);
		pair_close(&pair);
	}
	usage = usage_of(alpc_device(), ALPC_USAGE_USER);
	EXPECT_GE(self->before.messages.used + 3, usage.messages.used);
}

/* --- what is refused --------------------------------------------------------- */

TEST_F(reserve, abuse_51_as_many_as_an_end_may_have)
{
	int i, number = 0, last = self->reserve;

	for (i = 1; i < RESERVES; i++) {
		number = reserve_create(self->sends, 1);
		ASSERT_LT(last, number);
		last = number;
	}
	EXPECT_EQ(-EDQUOT, reserve_create(self->sends, 1));
	EXPECT_EQ(0, reserve_delete(self->sends, number));
	/* A number is not given again. */
	number = reserve_create(self->sends, 1);
	EXPECT_LT(last, number);
	EXPECT_EQ(-EDQUOT, reserve_create(self->sends, 1));
	/* The other end has its own. */
	EXPECT_LT(0, reserve_create(variant->server ? self->pair.client : self->pair.server, 1));
	EXPECT_EQ(RESERVES, usage_of(self->sends, 0).reserves.used);
	EXPECT_EQ(RESERVES, usage_of(self->sends, 0).reserves.limit);
}

TEST_F(reserve, length_is_what_it_was_created_for)
{
	int small = reserve_create(self->sends, 10);

	ASSERT_LT(0, small);
	EXPECT_EQ(-EMSGSIZE, reserve_create(self->sends, LIMIT + 1));
	EXPECT_EQ(-EMSGSIZE, reserve_datagram(self->sends, small, self->out, 11));
	EXPECT_EQ(-EMSGSIZE, reserve_datagram(self->sends, self->reserve, self->out, LIMIT + 1));
	EXPECT_EQ(0, reserve_datagram(self->sends, small, self->out, 10));
	TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
	EXPECT_EQ(10, self->msg.len);
	EXPECT_BACK(self);
}

TEST_F(reserve, number_means_something_at_its_own_end_only)
{
	int other = variant->server ? self->pair.client : self->pair.server;

	EXPECT_EQ(-ENOENT, reserve_datagram(self->sends, self->reserve + 1, "x", 1));
	EXPECT_EQ(-ENOENT, reserve_datagram(self->sends, ~0, "x", 1));
	EXPECT_EQ(-ENOENT, reserve_delete(self->sends, 0));
	EXPECT_EQ(-ENOENT, reserve_datagram(other, self->reserve, "x", 1));
	EXPECT_EQ(-ENOENT, reserve_delete(other, self->reserve));
	EXPECT_EQ(-EOPNOTSUPP, reserve_create(self->pair.port, 1));
	EXPECT_EQ(-EOPNOTSUPP, reserve_delete(self->pair.port, self->reserve));
	EXPECT_BACK(self);
}

/* Nothing but data: neither a view, nor anything in attributes, nor a reply. */
TEST_F(reserve, abuse_51_used_for_what_it_is_not)
{
	struct alpc_attrs attrs = {};
	struct section section;
	struct alpc_transfer t;

	ASSERT_EQ(0, section_create(self->sends, 1, 0, &section));
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, 0, 0, "x", 1);
	t.send.reserve = self->reserve;
	transfer_view(&t.send, section.id, 0, 1, 0);
	EXPECT_EQ(-EOPNOTSUPP, alpc_transfer(self->sends, &t));
	section_close(&section);
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, 0, 0, "x", 1);
	t.send.reserve = self->reserve;
	transfer_attrs(&t.send, &attrs);
	EXPECT_EQ(-EOPNOTSUPP, alpc_transfer(self->sends, &t));
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, 0, 0, NULL, 1);
	t.send.reserve = self->reserve;
	EXPECT_EQ(-EFAULT, alpc_transfer(self->sends, &t));

	ASSERT_EQ(0, alpc_request_async(self->sends, self->out, 1, 0, 1, NULL));
	TAKE_REQUEST(self);
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_REPLY, self->msg.id, "x", 1);
	t.send.reserve = self->reserve;
	EXPECT_EQ(-EINVAL, alpc_transfer(self->answers, &t));
	transfer_send(&t, ALPC_SEND_RELEASE, self->msg.id, NULL, 0);
	t.send.reserve = self->reserve;
	EXPECT_EQ(-EINVAL, alpc_transfer(self->answers, &t));
	transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(&t, self->buf, LIMIT);
	t.recv.reserve = self->reserve;
	EXPECT_EQ(-EINVAL, alpc_transfer(self->receives, &t));
	EXPECT_BACK(self);
}

/* --- replies, identities, vectors ------------------------------------------- */

/* What is longer, or more, than was set aside is allocated like any reply. */
TEST_F(reserve, reply_may_be_longer_and_bring_more)
{
	int small = reserve_create(self->sends, 8);
	int replies = variant->server ? self->pair.port : self->pair.client;
	int answers = variant->server ? self->pair.client : self->pair.server;
	struct section section;

	ASSERT_LT(0, small);
	ASSERT_EQ(0, reserve_request(self->sends, small, self->out, 8));
	TAKE_REQUEST(self);
	ASSERT_EQ(0, alpc_reply(self->answers, self->msg.id, self->out, LIMIT));
	TAKE(ALPC_REPLY, replies, &self->msg, self->buf);
	EXPECT_EQ(0, memcmp(self->out, self->buf, LIMIT));

	ASSERT_EQ(0, section_create(answers, 1, 0, &section));
	ASSERT_EQ(0, reserve_request(self->sends, small, self->out, 8));
	TAKE_REQUEST(self);
	ASSERT_EQ(0, send_view(answers, ALPC_SEND_REPLY, self->msg.id, section.id, 0, 1, 0));
	TAKE(ALPC_REPLY, replies, &self->msg, self->buf);
	EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);
	EXPECT_EQ(-EBUSY, reserve_delete(self->sends, small));
	EXPECT_EQ(0, alpc_release(replies, self->msg.id));
	EXPECT_EQ(0, reserve_delete(self->sends, small));
	section_close(&section);
	EXPECT_BACK(self);
}

/* What it has beside its reserve goes once, though the reserve goes next. */
TEST_F(reserve, longer_reply_is_freed_before_the_reserve_is)
{
	int replies = variant->server ? self->pair.port : self->pair.client;
	int i, small;

	for (i = 0; i < 10; i++) {
		small = reserve_create(self->sends, 8);
		ASSERT_LT(0, small);
		ASSERT_EQ(0, reserve_request(self->sends, small, self->out, 8));
		TAKE_REQUEST(self);
		ASSERT_EQ(0, alpc_reply(self->answers, self->msg.id, self->out, LIMIT));
		TAKE(ALPC_REPLY, replies, &self->msg, self->buf);
		EXPECT_EQ(0, memcmp(self->out, self->buf, LIMIT));
		EXPECT_EQ(0, reserve_delete(self->sends, small));
	}
	EXPECT_BACK(self);
}

struct sending { int fd, reserve; pid_t tid; };

static int send_one(void *arg)
{
	struct sending *sending = arg;

	sending->tid = gettid();
	return reserve_datagram(sending->fd, sending->reserve, "x", 1);
}

/* Each message tells who sent it, whoever did so before from the same memory. */
TEST_F(reserve, message_has_the_identity_of_its_sender)
{
	struct sending sending = { .fd = self->sends, .reserve = self->reserve };
	struct alpc_identity identity;
	struct worker worker;
	struct child child;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, worker_start(&worker, send_one, &sending));
		EXPECT_EQ(0, worker_join(&worker));
		TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
		EXPECT_EQ(sending.tid, self->msg.tid);
		EXPECT_EQ(getpid(), self->msg.pid);
		EXPECT_EQ(0, self->msg.uid);
		ASSERT_LE(0, child_start(&child));
		if (!child.pid)
			child_exit(!become(1001, 1002) &&
				   !reserve_request(self->sends, self->reserve, "x", 1));
		EXPECT_EQ(0, child_end(&child));
		TAKE(ALPC_REQUEST, self->receives, &self->msg, self->buf);
		EXPECT_EQ(child.pid, self->msg.pid);
		EXPECT_EQ(child.pid, self->msg.tid);
		EXPECT_EQ(1001, self->msg.uid);
		EXPECT_EQ(1002, self->msg.gid);
		EXPECT_EQ(0, alpc_identity(self->answers, self->msg.id, &identity, NULL, 0));
		EXPECT_EQ(child.pid, identity.out_pid);
		EXPECT_EQ(1001, identity.out_uid);
		ASSERT_EQ(0, alpc_reply(self->answers, self->msg.id, "y", 1));
		TAKE(ALPC_REPLY, variant->server ? self->pair.port : self->pair.client,
		     &self->msg, self->buf);
		EXPECT_EQ(getpid(), self->msg.pid);
		EXPECT_EQ(0, self->msg.uid);
	}
	EXPECT_BACK(self);
}

TEST_F(reserve, vectors_name_reserves)
{
	struct alpc_vector_send send[3] = {};
	struct alpc_vector v = {
		.size = sizeof(v), .flags = ALPC_TRANSFER_SEND, .timeout = ALPC_INFINITE,
		.send = address(send), .send_count = 3,
	};
	int i, sent = 0, other = reserve_create(self->sends, 1);

	while (!alpc_send_nowait(self->sends, "x", 1))
		sent++;
	for (i = 0; i < 3; i++) {
		send[i].msg.data = address(self->out + i);
		send[i].msg.len = 1;
		send[i].msg.reserve = i ? other : self->reserve;
	}
	/* The second one is on its way when it is to be sent again. */
	EXPECT_EQ(-EBUSY, alpc_ioctl(self->sends, ALPC_IOC_VECTOR, &v));
	EXPECT_EQ(3, v.out_sent);
	EXPECT_EQ(0, send[0].out_error | send[1].out_error);
	EXPECT_EQ(EBUSY, send[2].out_error);
	EXPECT_BUSY(self);
	while (sent--)
		TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
	for (i = 0; i < 2; i++) {
		TAKE(ALPC_DATAGRAM, self->receives, &self->msg, self->buf);
		EXPECT_EQ(self->out[i], self->buf[0]);
	}
	EXPECT_BACK(self);
}

/* --- accounts ---------------------------------------------------------------- */

TEST_F(reserve, is_charged_to_who_creates_it_until_it_is_deleted)
{
	struct alpc_usage with = usage_of(alpc_device(), ALPC_USAGE_USER), without;
	char line[64], path[64], text[4096];

	EXPECT_EQ(self->before.message_bytes.used + LIMIT, with.message_bytes.used);
	EXPECT_EQ(1, usage_of(self->sends, 0).reserves.used);
	EXPECT_EQ(0, with.reserves.used | with.reserves.limit);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->sends);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	snprintf(line, sizeof(line), "alpc-reserves:\t1 of %d\n", RESERVES);
	EXPECT_NE(NULL, strstr(text, line));
	ASSERT_EQ(0, reserve_delete(self->sends, self->reserve));
	without = usage_of(alpc_device(), ALPC_USAGE_USER);
	EXPECT_EQ(self->before.message_bytes.used, without.message_bytes.used);
	EXPECT_EQ(with.messages.used - 1, without.messages.used);
	EXPECT_EQ(0, usage_of(self->sends, 0).reserves.used);
}

/* --- several threads at once --------------------------------------------------- */

enum { RACERS = 4, ROUNDS = 400 };

struct racer {
	struct worker worker;
	int fd, number;
	int reserve;
	unsigned int sent;
};

static int race(void *arg)
{
	struct racer *racer = arg;
	int i, err;

	for (i = 0; i < ROUNDS; i++) {
		err = reserve_datagram(racer->fd, racer->reserve, &racer->number,
				       sizeof(racer->number));
		if (err && err != -EBUSY)
			return err;
		racer->sent += !err;
		if (err)
			sched_yield();
	}
	return 0;
}

/* Whoever was told that it sent a message did, and nobody else. */
TEST_F(reserve, abuse_51_used_by_several_threads_at_once)
{
	unsigned int received[RACERS] = {}, running = RACERS, i;
	struct racer racer[RACERS];
	int number, err;

	for (i = 0; i < RACERS; i++) {
		racer[i] = (struct racer){
			.fd = self->sends, .number = i, .reserve = self->reserve,
		};
		ASSERT_EQ(0, worker_start(&racer[i].worker, race, &racer[i]));
	}
	while (running) {
		for (running = 0, i = 0; i < RACERS; i++)
			running += !worker_done(&racer[i].worker);
		do {
			err = alpc_receive_nowait(self->receives, &self->msg, &number,
						  sizeof(number));
			if (!err)
				received[number]++;
		} while (!err);
		sched_yield();
	}
	EXPECT_EQ(-EAGAIN, err);
	for (i = 0; i < RACERS; i++) {
		EXPECT_EQ(0, worker_join(&racer[i].worker));
		EXPECT_EQ(racer[i].sent, received[i]);
	}
	EXPECT_BACK(self);
}

/* Somebody deletes it all the time, and creates another, while others send. */
TEST_F(reserve, abuse_51_deleted_while_threads_send_from_it)
{
	unsigned int sent = 0, received = 0, deleted = 0, i;
	struct racer racer[RACERS];
	int number, err, last = self->reserve;

	for (i = 0; i < RACERS; i++) {
		racer[i] = (struct racer){
			.fd = self->sends, .number = i, .reserve = self->reserve,
		};
		ASSERT_EQ(0, worker_start(&racer[i].worker, race, &racer[i]));
	}
	do {
		while (!alpc_receive_nowait(self->receives, &self->msg, &number, sizeof(number)))
			received++;
		err = reserve_delete(self->sends, last);
		ASSERT_TRUE(!err || err == -EBUSY);
		deleted += !err;
	} while (!deleted);
	for (i = 0; i < RACERS; i++) {
		err = worker_join(&racer[i].worker);
		EXPECT_TRUE(!err || err == -ENOENT);
		sent += racer[i].sent;
	}
	while (!alpc_receive_nowait(self->receives, &self->msg, &number, sizeof(number)))
		received++;
	EXPECT_EQ(sent, received);
	EXPECT_EQ(-ENOENT, reserve_datagram(self->sends, last, "x", 1));
	EXPECT_EQ(-ENOENT, reserve_delete(self->sends, last));
}

TEST_HARNESS_MAIN
