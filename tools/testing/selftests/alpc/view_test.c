// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views: which ranges of which sections travel with which messages, that the
 * receiver sees what the sender wrote, and replies that lie in the request's view.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_view.h"

enum { PAGES = 8, MAX_VIEW = 4 };

#define MAX	(MAX_VIEW * self->page)

/* Everything in both directions: @from and @to are the ports that messages take. */
FIXTURE(view)
{
	struct pair pair;
	struct section own, peer;
	int from, to;		/* the sender's port, and where it arrives */
	int back;		/* the receiver's communication port */
	size_t page;
	struct alpc_msg msg;
	struct view_call call;
	char buf[64];
};

FIXTURE_VARIANT(view)
{
	bool from_server;
};

FIXTURE_VARIANT_ADD(view, to_server) { false };
FIXTURE_VARIANT_ADD(view, to_client) { true };

FIXTURE_SETUP(view)
{
	const struct alpc_create_port options = { .max_view = MAX_VIEW * page_size() };

	self->page = page_size();
	ASSERT_EQ(0, pair_open(&self->pair, &options));
	self->from = variant->from_server ? self->pair.server : self->pair.client;
	self->to = variant->from_server ? self->pair.client : self->pair.port;
	self->back = variant->from_server ? self->pair.client : self->pair.server;
	ASSERT_EQ(0, section_make(self->from, PAGES * self->page, ALPC_SECTION_PEER_WRITE,
				  &self->own));
	ASSERT_EQ(0, section_open(self->back, self->own.id, &self->peer));
}

FIXTURE_TEARDOWN(view)
{
	EXPECT_EQ(0, pair_works(&self->pair));
	EXPECT_QUIET(self->pair.port);
	EXPECT_QUIET(self->pair.client);
	section_close(&self->own);
	section_close(&self->peer);
	pair_close(&self->pair);
}

/* Where the sender receives what comes back. */
static int home(FIXTURE_DATA(view) *self)
{
	return self->from == self->pair.server ? self->pair.port : self->from;
}

#define EXPECT_RELEASED(fd, id) do { \
	EXPECT_EQ(1, alpc_unanswered(fd)); \
	EXPECT_EQ(0, alpc_release(fd, id)); \
	EXPECT_EQ(0, alpc_unanswered(fd)); \
	EXPECT_EQ(-ESRCH, alpc_release(fd, id)); \
} while (0)

/* --- each kind of message ------------------------------------------------- */

TEST_F(view, of_a_datagram_is_seen_and_held)
{
	pattern(self->own.mem, self->own.len, 1);
	ASSERT_EQ(0, send_view(self->from, 0, 0, self->own.id, 100, 3000, ALPC_VIEW_SLOT(7)));
	TAKE(ALPC_DATAGRAM, self->to, &self->msg, self->buf);
	EXPECT_EQ(4, self->msg.len);
	EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);
	/* The counter is the sender's business. */
	EXPECT_TRUE(is_view(&self->msg, self->own.id, 100, 3000, 0));
	EXPECT_EQ(0, memcmp(self->peer.mem + 100, self->own.mem + 100, 3000));
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 1));
	EXPECT_EQ(0, self->own.slots[7]);
	EXPECT_RELEASED(self->to, self->msg.id);
	EXPECT_EQ(1, self->own.slots[7]);
}

TEST_F(view, of_a_call_is_seen_until_the_reply)
{
	pattern(self->own.mem, self->own.len, 2);
	ASSERT_EQ(0, call_view(&self->call, self->from, self->own.id, self->page, self->page,
			       ALPC_VIEW_BODY | ALPC_VIEW_SLOT(1023)));
	AWAIT(ALPC_REQUEST, self->to, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_TRUE(is_view(&self->msg, self->own.id, self->page, self->page, ALPC_VIEW_BODY));
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 2));
	EXPECT_EQ(0, self->own.slots[1023]);
	ASSERT_EQ(0, alpc_reply(self->to, self->msg.id, "answer", 6));
	ASSERT_EQ(0, worker_join(&self->call.worker.worker));
	EXPECT_EQ(1, self->own.slots[1023]);
	EXPECT_EQ(0, self->call.worker.transfer.recv.flags);
	EXPECT_TRUE(NO_VIEW(&self->call.worker.transfer.recv));
	EXPECT_EQ(-ESRCH, alpc_release(self->to, self->msg.id));
}

TEST_F(view, of_an_asynchronous_request_is_seen_until_the_reply)
{
	ASSERT_EQ(0, send_view(self->from, ALPC_SEND_REQUEST, 0, self->own.id, 0, MAX,
			       ALPC_VIEW_WRITE | ALPC_VIEW_SLOT(1)));
	TAKE(ALPC_REQUEST, self->to, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_TRUE(is_view(&self->msg, self->own.id, 0, MAX, ALPC_VIEW_WRITE));
	ASSERT_EQ(0, alpc_reply(self->back, self->msg.id, NULL, 0));
	EXPECT_EQ(1, self->own.slots[1]);
	TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_TRUE(NO_VIEW(&self->msg));
}

/* The same connection carries messages with views and without. */
TEST_F(view, leaves_no_trace_in_other_messages)
{
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, send_view(self->from, i % 3 ? ALPC_SEND_REQUEST : 0, 0, self->own.id,
				       i, i + 1, ALPC_VIEW_SLOT(1)));
		TAKE(i % 3 ? ALPC_REQUEST : ALPC_DATAGRAM, self->to, &self->msg, self->buf);
		EXPECT_TRUE(is_view(&self->msg, self->own.id, i, i + 1, 0));
		if (i % 3) {
			ASSERT_EQ(0, alpc_reply(self->to, self->msg.id, NULL, 0));
			TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
		} else {
			ASSERT_EQ(0, alpc_release(self->to, self->msg.id));
		}
		ASSERT_EQ(0, alpc_send(self->from, "plain", 5));
		TAKE(ALPC_DATAGRAM, self->to, &self->msg, self->buf);
		EXPECT_EQ(0, self->msg.flags);
		EXPECT_TRUE(NO_VIEW(&self->msg));
		EXPECT_EQ(-ESRCH, alpc_release(self->to, self->msg.id));
	}
	EXPECT_EQ(10, self->own.slots[1]);
}

TEST_F(view, of_a_callback_goes_to_the_thread_that_calls)
{
	struct view_call callback;
	struct alpc_transfer *t = &callback.worker.transfer;
	struct alpc_msg *got = &self->call.worker.transfer.recv;
	struct section section;

	ASSERT_EQ(0, section_make(self->back, self->page, 0, &section));
	pattern(section.mem, section.len, 3);
	ASSERT_EQ(0, call_view(&self->call, self->from, 0, 0, 0, 0));
	AWAIT(ALPC_REQUEST, self->to, &self->msg, self->buf);
	/* On the connection port nobody knows whose section it is. */
	if (self->to == self->pair.port)
		EXPECT_EQ(-EOPNOTSUPP, send_view(self->to, ALPC_SEND_CALLBACK, self->msg.id,
						 section.id, 0, 1, 0));
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_CALLBACK, self->msg.id, "back", 4);
	transfer_receive(t, callback.buf, sizeof(callback.buf));
	transfer_view(&t->send, section.id, 8, 80, ALPC_VIEW_SLOT(2));
	ASSERT_EQ(0, worker_transfer(&callback.worker, self->back));
	ASSERT_EQ(0, worker_join(&self->call.worker.worker));
	EXPECT_EQ(ALPC_REQUEST, got->type);
	EXPECT_EQ(ALPC_MSG_CALLBACK, got->flags);
	EXPECT_TRUE(is_view(got, section.id, 8, 80, 0));
	EXPECT_EQ(0, section.slots[2]);
	ASSERT_EQ(0, alpc_reply(self->from, got->id, "forth", 5));
	ASSERT_EQ(0, worker_join(&callback.worker.worker));
	EXPECT_EQ(1, section.slots[2]);
	/* The outer call is still to be answered, and waited for. */
	ASSERT_EQ(0, alpc_reply(self->to, self->msg.id, NULL, 0));
	transfer_init(t, ALPC_TRANSFER_WAIT);
	transfer_receive(t, callback.buf, sizeof(callback.buf));
	t->recv.call = got->call;
	EXPECT_EQ(0, alpc_transfer(self->from, t));
	section_close(&section);
}

/* --- which ranges --------------------------------------------------------- */

TEST_F(view, abuse_06_must_lie_in_the_section)
{
	const __u64 len = self->own.len;
	const struct {
		__u64 offset, len;
	} bad[] = {
		{ len, 1 }, { len - 1, 2 }, { 0, len + 1 }, { 1, len }, { len + 1, 1 },
		{ -1ULL, 1 }, { -1ULL, 2 }, { 1, -1ULL }, { 2, -1ULL }, { 0, -1ULL },
		{ -len, len }, { 1ULL << 63, 1ULL << 63 }, { 1ULL << 32, 1 }, { 0, 1ULL << 32 },
		{ len, self->page }, { len + self->page, self->page },
	};
	const struct {
		__u64 offset, len;
	} good[] = {
		{ 0, 1 }, { len - 1, 1 }, { len - MAX, MAX }, { 0, MAX }, { 1, MAX },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, self->own.id, bad[i].offset,
					     bad[i].len, ALPC_VIEW_SLOT(1)));
		EXPECT_EQ(-EINVAL, send_view(self->from, ALPC_SEND_REQUEST, 0, self->own.id,
					     bad[i].offset, bad[i].len, ALPC_VIEW_SLOT(1)));
	}
	EXPECT_EQ(0, self->own.slots[1]);
	NOTHING(self->to);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, send_view(self->from, 0, 0, self->own.id, good[i].offset, good[i].len,
				       ALPC_VIEW_SLOT(1)));
		TAKE(ALPC_DATAGRAM, self->to, &self->msg, self->buf);
		EXPECT_TRUE(is_view(&self->msg, self->own.id, good[i].offset, good[i].len, 0));
		EXPECT_EQ(0, alpc_release(self->to, self->msg.id));
	}
	EXPECT_EQ(ARRAY_SIZE(good), self->own.slots[1]);
}

TEST_F(view, may_be_so_long)
{
	struct alpc_port_info info;

	ASSERT_EQ(0, alpc_info(self->from, &info));
	EXPECT_EQ(MAX, info.out_max_view);
	EXPECT_EQ(-EFBIG, send_view(self->from, 0, 0, self->own.id, 0, MAX + 1, 0));
	EXPECT_EQ(-EFBIG, send_view(self->from, ALPC_SEND_REQUEST, 0, self->own.id, 0,
				    self->own.len, 0));
	NOTHING(self->to);
}

TEST_F(view, that_is_none_has_no_other_field)
{
	EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, self->own.id, 0, 0, 0));
	EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, 0, 1, 0, 0));
	EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, 0, 0, 0, ALPC_VIEW_BODY));
	EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, 0, 0, 0, ALPC_VIEW_SLOT(1)));
	NOTHING(self->to);
}

TEST_F(view, has_flags_that_make_sense)
{
	const __u32 known = ALPC_VIEW_BODY | ALPC_VIEW_WRITE | ALPC_VIEW_AUTO_RELEASE |
			    ALPC_VIEW_SECURE | ALPC_VIEW_RANGE;
	struct section plain;
	unsigned int bit;

	for (bit = 0; bit < ALPC_VIEW_SLOT_SHIFT; bit++) {
		if (!(known & 1U << bit))
			EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, self->own.id, 0, 1,
						     1U << bit));
	}
	EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, self->own.id, 0, 1,
				     ALPC_VIEW_SLOT(ALPC_SECTION_SLOTS)));
	EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, self->own.id, 0, 1,
				     ALPC_VIEW_SLOT(0xffff)));
	/* A datagram has no reply to lie in it, a request is given back by that. */
	EXPECT_EQ(-EINVAL, send_view(self->from, 0, 0, self->own.id, 0, 1, ALPC_VIEW_WRITE));
	EXPECT_EQ(-EINVAL, send_view(self->from, ALPC_SEND_REQUEST, 0, self->own.id, 0, 1,
				     ALPC_VIEW_AUTO_RELEASE));
	/* Ranges are a call's. */
	EXPECT_EQ(-ENOENT, send_view(self->from, 0, 0, 0, 0, 1, ALPC_VIEW_RANGE));
	/* What the other side may not write to is not for its reply. */
	ASSERT_EQ(0, section_create(self->from, 1, 0, &plain));
	EXPECT_EQ(-EPERM, send_view(self->from, ALPC_SEND_REQUEST, 0, plain.id, 0, 1,
				    ALPC_VIEW_WRITE));
	section_close(&plain);
	NOTHING(self->to);
}

/* It is looked at last, in a request and in a reply: taking it back costs most. */
TEST_F(view, is_checked_after_all_else)
{
	const int bad_fd = -1;
	struct alpc_attrs attrs = { .fds = address(&bad_fd), .fd_count = 1 };
	struct alpc_transfer t;
	int reply;

	ASSERT_EQ(0, alpc_request_async(self->from, "ask", 3, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->to, &self->msg, self->buf);
	for (reply = 0; reply < 2; reply++) {
		transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
		transfer_send(&t, reply ? ALPC_SEND_REPLY : ALPC_SEND_REQUEST,
			      reply ? self->msg.id : 0, "view", 4);
		transfer_view(&t.send, 999, 0, 1, 0);
		t.send.attrs = address(&attrs);
		t.send.attrs_len = sizeof(attrs);
		EXPECT_EQ(-EBADF, alpc_transfer(reply ? self->back : self->from, &t));
		t.send.attrs_len = 2 * self->page;
		EXPECT_EQ(-E2BIG, alpc_transfer(reply ? self->back : self->from, &t));
		t.send.attrs = 0;
		t.send.attrs_len = 0;
		EXPECT_EQ(-ENOENT, alpc_transfer(reply ? self->back : self->from, &t));
	}
	NOTHING(self->to);
	EXPECT_EQ(0, alpc_reply(self->back, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
}

TEST_F(view, is_of_a_section_that_the_sender_created_here)
{
	struct pair other = {};
	struct section theirs, elsewhere;
	int i;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &other.client,
				  &other.server));
	ASSERT_EQ(0, section_create(self->back, 1, ALPC_SECTION_PEER_WRITE, &theirs));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, section_create(other.client, 1, 0, &elsewhere));
		close_fd(&elsewhere.fd);
	}
	EXPECT_EQ(-ENOENT, send_view(self->from, 0, 0, 0, 0, 1, 0));
	EXPECT_EQ(-ENOENT, send_view(self->from, 0, 0, theirs.id, 0, 1, 0));
	EXPECT_EQ(-ENOENT, send_view(self->from, ALPC_SEND_REQUEST, 0, theirs.id, 0, 1, 0));
	EXPECT_EQ(-ENOENT, send_view(self->from, 0, 0, elsewhere.id, 0, 1, 0));
	EXPECT_EQ(-ENOENT, send_view(self->from, 0, 0, -1U, 0, 1, 0));
	EXPECT_EQ(0, section_delete(self->from, self->own.id));
	EXPECT_EQ(-ENOENT, send_view(self->from, 0, 0, self->own.id, 0, 1, 0));
	section_close(&theirs);
	/* The order in which the connections end is of no importance. */
	close(other.client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(other.server);
}

/* --- replies -------------------------------------------------------------- */

#define REQUEST(view_flags) do { \
	ASSERT_EQ(0, send_view(self->from, ALPC_SEND_REQUEST, 0, self->own.id, self->page, 1000, \
			       (view_flags) | ALPC_VIEW_SLOT(1))); \
	TAKE(ALPC_REQUEST, self->to, &self->msg, self->buf); \
} while (0)

TEST_F(view, of_a_reply_can_lie_in_that_of_the_request)
{
	const struct {
		__u64 offset, len;
	} parts[] = { { 0, 1000 }, { 0, 1 }, { 999, 1 }, { 10, 500 } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		REQUEST(ALPC_VIEW_WRITE);
		pattern(self->peer.mem + self->page, 1000, i);
		ASSERT_EQ(0, send_view(i % 2 ? self->to : self->back, ALPC_SEND_REPLY,
				       self->msg.id, self->own.id, self->page + parts[i].offset,
				       parts[i].len, ALPC_VIEW_BODY));
		EXPECT_EQ(i + 1, self->own.slots[1]);
		TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
		/* It is in memory of one's own, which nobody holds. */
		EXPECT_EQ(0, self->msg.flags);
		EXPECT_TRUE(is_view(&self->msg, self->own.id, self->page + parts[i].offset,
				    parts[i].len, ALPC_VIEW_BODY));
		EXPECT_TRUE(is_pattern(self->own.mem + self->page, 1000, i));
		EXPECT_EQ(0, alpc_unanswered(home(self)));
		EXPECT_EQ(-ESRCH, alpc_release(home(self), self->msg.id));
	}
}

TEST_F(view, of_a_reply_outside_that_of_the_request_is_refused)
{
	const __u64 page = self->page;
	const struct {
		__u64 offset, len;
		__u32 flags;
		int error;
	} bad[] = {
		{ page - 1, 10, 0, -EINVAL }, { page, 1001, 0, -EINVAL },
		{ page + 1000, 1, 0, -EINVAL }, { page + 1, 1000, 0, -EINVAL },
		{ 0, 1, 0, -EINVAL }, { page + 1, -1ULL, 0, -EINVAL }, { -1ULL, 1, 0, -EINVAL },
		{ page, 10, ALPC_VIEW_WRITE, -EINVAL }, { page, 10, ALPC_VIEW_SECURE, -EINVAL },
		{ page, 10, ALPC_VIEW_AUTO_RELEASE, -EINVAL },
		{ page, 10, ALPC_VIEW_SLOT(1), -EINVAL }, { page, 10, 1U << 6, -EINVAL },
		{ 0, 10, ALPC_VIEW_RANGE, -ENOENT }, { page, 0, 0, -EINVAL },
	};
	size_t i;

	REQUEST(ALPC_VIEW_WRITE);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(bad[i].error, send_view(self->to, ALPC_SEND_REPLY, self->msg.id,
						  self->own.id, bad[i].offset, bad[i].len,
						  bad[i].flags));
	EXPECT_EQ(-ENOENT, send_view(self->to, ALPC_SEND_REPLY, self->msg.id, self->own.id + 1, 0,
				     1, 0));
	/* After all of that it can be answered, and its view is still held. */
	EXPECT_EQ(0, self->own.slots[1]);
	EXPECT_EQ(0, send_view(self->to, ALPC_SEND_REPLY, self->msg.id, self->own.id, page, 1, 0));
	EXPECT_EQ(1, self->own.slots[1]);
	TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);

	/* Without leave to write it is none to answer in. */
	REQUEST(0);
	EXPECT_EQ(-EPERM, send_view(self->to, ALPC_SEND_REPLY, self->msg.id, self->own.id, page, 1,
				    0));
	EXPECT_EQ(0, alpc_reply(self->to, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);

	/* One that was given back is not there any more, nor was it ever. */
	REQUEST(ALPC_VIEW_WRITE);
	EXPECT_EQ(0, alpc_release(self->to, self->msg.id));
	EXPECT_EQ(-ENOENT, send_view(self->to, ALPC_SEND_REPLY, self->msg.id, self->own.id, page,
				     1, 0));
	EXPECT_EQ(0, alpc_reply(self->to, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
	ASSERT_EQ(0, alpc_request_async(self->from, "none", 4, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->to, &self->msg, self->buf);
	EXPECT_EQ(-ENOENT, send_view(self->to, ALPC_SEND_REPLY, self->msg.id, self->own.id, page,
				     1, 0));
	EXPECT_EQ(0, alpc_reply(self->to, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
	EXPECT_EQ(3, self->own.slots[1]);
}

TEST_F(view, of_a_reply_can_be_of_a_section_of_who_replies)
{
	struct section theirs, mine;
	int i;

	ASSERT_EQ(0, section_make(self->back, 2 * self->page, 0, &theirs));
	ASSERT_EQ(0, section_open(self->from, theirs.id, &mine));
	for (i = 0; i < 4; i++) {
		/* Through either port of the server, to a call or a queue. */
		if (i < 2) {
			REQUEST(ALPC_VIEW_WRITE);
		} else {
			ASSERT_EQ(0, call_view(&self->call, self->from, self->own.id, 0, 1,
					       ALPC_VIEW_SLOT(1)));
			AWAIT(ALPC_REQUEST, self->to, &self->msg, self->buf);
		}
		pattern(theirs.mem, theirs.len, i);
		EXPECT_EQ(-EINVAL, send_view(self->to, ALPC_SEND_REPLY, self->msg.id, theirs.id,
					     theirs.len, 1, ALPC_VIEW_SLOT(5)));
		EXPECT_EQ(0, self->own.slots[1] - i);
		ASSERT_EQ(0, send_view(i % 2 ? self->to : self->back, ALPC_SEND_REPLY,
				       self->msg.id, theirs.id, 50, 500, ALPC_VIEW_SLOT(5)));
		EXPECT_EQ(i + 1, self->own.slots[1]);
		if (i < 2) {
			TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
		} else {
			ASSERT_EQ(0, worker_join(&self->call.worker.worker));
			self->msg = self->call.worker.transfer.recv;
			EXPECT_EQ(self->call.worker.transfer.out_id, self->msg.id);
		}
		EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);
		EXPECT_TRUE(is_view(&self->msg, theirs.id, 50, 500, 0));
		EXPECT_TRUE(is_pattern(mine.mem, mine.len, i));
		EXPECT_EQ(i, theirs.slots[5]);
		EXPECT_RELEASED(home(self), self->msg.id);
		EXPECT_EQ(i + 1, theirs.slots[5]);
	}
	section_close(&theirs);
	section_close(&mine);
}

/* --- finding the section -------------------------------------------------- */

TEST_F(view, tells_which_section_to_open)
{
	ASSERT_EQ(0, send_view(self->from, 0, 0, self->own.id, 0, 1, 0));
	TAKE(ALPC_DATAGRAM, self->to, &self->msg, self->buf);
	EXPECT_EQ(-ENOENT, section_fd(self->to, self->own.id + 1, self->msg.id));
	EXPECT_EQ(-ESRCH, section_fd(self->to, self->own.id, self->msg.id + 1));
	EXPECT_EQ(-ESRCH, section_fd(self->from, self->own.id, self->msg.id));
	close_fd(&self->peer.fd);
	self->peer.fd = section_fd(self->to, self->own.id, self->msg.id);
	EXPECT_LE(0, self->peer.fd);
	EXPECT_EQ(0, alpc_release(self->to, self->msg.id));
	EXPECT_EQ(-ESRCH, section_fd(self->to, self->own.id, self->msg.id));
	/* That of a request, until it is answered; by the way of either port. */
	REQUEST(ALPC_VIEW_WRITE);
	close_fd(&self->peer.fd);
	self->peer.fd = section_fd(self->back, self->own.id, self->msg.id);
	EXPECT_LE(0, self->peer.fd);
	EXPECT_EQ(0, send_view(self->to, ALPC_SEND_REPLY, self->msg.id, self->own.id, self->page,
			       1, 0));
	EXPECT_EQ(-ESRCH, section_fd(self->to, self->own.id, self->msg.id));
	TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
}

/*
 * A reply that brings back one's own memory and a descriptor is held for that,
 * and is no way to get at the memory from the other side.
 */
TEST_F(view, brought_back_is_not_opened_from_the_other_side)
{
	struct alpc_attrs have = { .fd_count = 1, .fds = address(&self->peer.fd) };
	struct alpc_attrs want = { .fd_kinds = ALPC_FD_ANY };
	struct alpc_transfer t;
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	have.fds = address(pipes);
	REQUEST(ALPC_VIEW_WRITE);
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_REPLY, self->msg.id, NULL, 0);
	transfer_view(&t.send, self->own.id, self->page, 10, 0);
	t.send.attrs = address(&have);
	t.send.attrs_len = sizeof(have);
	ASSERT_EQ(0, alpc_transfer(self->to, &t));
	transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	t.recv.attrs = address(&want);
	t.recv.attrs_len = sizeof(want);
	ASSERT_EQ(0, alpc_transfer(home(self), &t));
	EXPECT_EQ(ALPC_MSG_HELD | ALPC_MSG_FDS, t.recv.flags);
	EXPECT_TRUE(is_view(&t.recv, self->own.id, self->page, 10, 0));
	EXPECT_EQ(-ENOENT, section_fd(home(self), self->own.id, t.recv.id));
	EXPECT_EQ(-ENOENT, section_fd(self->from, self->own.id, t.recv.id));
	EXPECT_EQ(0, alpc_release(home(self), t.recv.id));
	close(pipes[0]);
	close(pipes[1]);
}

/* --- receiving that fails ------------------------------------------------- */

TEST_F(view, stays_with_a_message_that_could_not_be_received)
{
	struct alpc_transfer t;
	int i;

	for (i = 0; i < 3; i++) {
		/* A datagram, a request, and one that would be given back at once. */
		ASSERT_EQ(0, send_view(self->from, i == 1 ? ALPC_SEND_REQUEST : 0, 0, self->own.id,
				       0, self->page,
				       ALPC_VIEW_SLOT(1) |
				       (i == 2 ? ALPC_VIEW_AUTO_RELEASE : ALPC_VIEW_SECURE)));
		EXPECT_EQ(-EMSGSIZE, alpc_receive_nowait(self->to, &self->msg, self->buf, 1));
		transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
		transfer_receive(&t, NULL, 64);
		EXPECT_EQ(-EFAULT, alpc_transfer(self->to, &t));
		EXPECT_EQ(-EFAULT, alpc_transfer(self->to, &t));
		EXPECT_EQ(0, alpc_unanswered(self->to));
		EXPECT_EQ(i, self->own.slots[1]);
		EXPECT_EQ(i == 2 ? 0 : SIGSEGV, touch_write(self->own.mem));
		ASSERT_EQ(0, alpc_receive_nowait(self->to, &self->msg, self->buf,
						 sizeof(self->buf)));
		EXPECT_EQ(i == 0 ? ALPC_MSG_HELD : 0, self->msg.flags);
		EXPECT_TRUE(is_view(&self->msg, self->own.id, 0, self->page,
				    i == 2 ? ALPC_VIEW_AUTO_RELEASE : ALPC_VIEW_SECURE));
		EXPECT_EQ(i == 2, self->own.slots[1] - i);
		if (i == 0)
			EXPECT_EQ(0, alpc_release(self->to, self->msg.id));
		if (i == 1) {
			EXPECT_EQ(0, alpc_reply(self->to, self->msg.id, NULL, 0));
			TAKE(ALPC_REPLY, home(self), &self->msg, self->buf);
		}
		EXPECT_EQ(i + 1, self->own.slots[1]);
		EXPECT_EQ(0, touch_write(self->own.mem));
	}
}

/* A reply with a view that the caller cannot receive stays with the call. */
TEST_F(view, of_a_reply_stays_with_a_call_that_could_not_receive_it)
{
	struct alpc_transfer *t = &self->call.worker.transfer;
	struct section theirs;

	ASSERT_EQ(0, section_make(self->back, self->page, 0, &theirs));
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(t, NULL, 64);
	ASSERT_EQ(0, worker_transfer(&self->call.worker, self->from));
	AWAIT(ALPC_REQUEST, self->to, &self->msg, self->buf);
	ASSERT_EQ(0, send_view(self->to, ALPC_SEND_REPLY, self->msg.id, theirs.id, 1, 2,
			       ALPC_VIEW_SLOT(1)));
	EXPECT_EQ(-EFAULT, worker_join(&self->call.worker.worker));
	EXPECT_EQ(0, theirs.slots[1]);
	t->flags = ALPC_TRANSFER_WAIT;
	transfer_receive(t, self->buf, sizeof(self->buf));
	t->recv.call = t->out_id;
	ASSERT_EQ(0, alpc_transfer(self->from, t));
	EXPECT_EQ(ALPC_MSG_HELD, t->recv.flags);
	EXPECT_TRUE(is_view(&t->recv, theirs.id, 1, 2, 0));
	EXPECT_EQ(0, theirs.slots[1]);
	EXPECT_RELEASED(home(self), t->recv.id);
	EXPECT_EQ(1, theirs.slots[1]);
	section_close(&theirs);
}

TEST_HARNESS_MAIN
