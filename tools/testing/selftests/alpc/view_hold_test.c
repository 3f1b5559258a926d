// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds a view, and when it is given back: by the reply, a release, or by being
 * received; each time exactly once. A release counter tells.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_list.h"
#include "alpc_nowhere.h"
#include "alpc_view.h"

/* How many views of one end may be outstanding. */
enum { OUTSTANDING = 1024 };

FIXTURE(hold)
{
	struct pair pair;
	struct section own, peer;
	struct alpc_msg msg;
	struct view_call call;
	char buf[64];
};

FIXTURE_SETUP(hold)
{
	const struct alpc_create_port options = { .queue_messages = 2 * OUTSTANDING };

	ASSERT_EQ(0, pair_open(&self->pair, &options));
	ASSERT_EQ(0, section_make(self->pair.client, page_size(), ALPC_SECTION_PEER_WRITE,
				  &self->own));
	ASSERT_EQ(0, section_open(self->pair.server, self->own.id, &self->peer));
}

FIXTURE_TEARDOWN(hold)
{
	if (self->pair.port >= 0)
		EXPECT_QUIET(self->pair.port);
	if (self->pair.client >= 0)
		EXPECT_QUIET(self->pair.client);
	section_close(&self->own);
	section_close(&self->peer);
	pair_close(&self->pair);
}

/* How often the view has been given back so far. */
#define EXPECT_GIVEN_BACK(times)	EXPECT_EQ(times, self->own.slots[1])

#define SEND(kind) \
	ASSERT_EQ(0, send_view(self->pair.client, kind, 0, self->own.id, 0, 100, \
			       ALPC_VIEW_SLOT(1)))

/* A call of the client's, taken by the server. */
#define TAKE_CALL() do { \
	ASSERT_EQ(0, call_view(&self->call, self->pair.client, self->own.id, 0, 100, \
			       ALPC_VIEW_SLOT(1))); \
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf); \
} while (0)

/* Let that call give up. */
#define TAKE_CALL_THAT_ENDS() do { \
	struct alpc_transfer *__t = &self->call.worker.transfer; \
\
	transfer_init(__t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(__t, ALPC_SEND_REQUEST, 0, "call", 4); \
	transfer_receive(__t, self->call.buf, sizeof(self->call.buf)); \
	transfer_view(&__t->send, self->own.id, 0, 100, ALPC_VIEW_SLOT(1)); \
	ASSERT_EQ(0, worker_transfer(&self->call.worker, self->pair.client)); \
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf); \
	ASSERT_EQ(-EINTR, worker_interrupt(&self->call.worker.worker)); \
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, __t->out_done); \
} while (0)

/* --- releasing ------------------------------------------------------------ */

TEST_F(hold, ends_early_if_the_receiver_wishes)
{
	TAKE_CALL();
	EXPECT_GIVEN_BACK(0);
	EXPECT_EQ(0, alpc_release(self->pair.server, self->msg.id));
	EXPECT_GIVEN_BACK(1);
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, self->msg.id));
	EXPECT_FALSE(worker_done(&self->call.worker.worker));
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "answer", 6));
	EXPECT_EQ(0, worker_join(&self->call.worker.worker));
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, self->msg.id));
	EXPECT_GIVEN_BACK(1);
}

/* Ranges are the call's, and no reason to release anything. */
TEST_F(hold, of_a_call_with_ranges_ends_once)
{
	struct alpc_range range = { .len = 64, .rights = ALPC_RANGE_READ };
	struct alpc_attrs attrs = { .ranges = address(&range), .range_count = 1 };
	struct alpc_access_part part = { .len = 64 };
	struct alpc_access access = { .size = sizeof(access), .count = 1 };
	struct alpc_transfer *t = &self->call.worker.transfer;
	char ours[64];
	int with_view;

	range.address = address(self);
	for (with_view = 0; with_view < 2; with_view++) {
		transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
		transfer_receive(t, self->call.buf, sizeof(self->call.buf));
		t->send.attrs = address(&attrs);
		t->send.attrs_len = sizeof(attrs);
		if (with_view)
			transfer_view(&t->send, self->own.id, 0, 100, ALPC_VIEW_SLOT(1));
		ASSERT_EQ(0, worker_transfer(&self->call.worker, self->pair.client));
		AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(ALPC_MSG_RANGES, self->msg.flags);
		if (with_view)
			EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
		EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, self->msg.id));
		EXPECT_GIVEN_BACK(with_view);
		part.address = address(ours);
		access.parts = address(&part);
		access.id = self->msg.id;
		EXPECT_EQ(0, alpc_ioctl(self->pair.port, ALPC_IOC_ACCESS, &access));
		EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
		EXPECT_EQ(0, worker_join(&self->call.worker.worker));
	}
	EXPECT_GIVEN_BACK(1);
}

TEST_F(hold, ends_by_a_release_that_is_nothing_else)
{
	struct pair other = {};
	struct alpc_transfer t;
	__u64 id;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &other.client,
				  &other.server));
	SEND(0);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	id = self->msg.id;
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, id + 1));
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, 0));
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.client, id));
	/* It is no business of another client's. */
	EXPECT_EQ(-ESRCH, alpc_release(other.server, id));
	EXPECT_EQ(-ESRCH, alpc_release(other.client, id));
	/* Nor can it be answered. */
	EXPECT_EQ(-EBADMSG, alpc_reply(self->pair.port, id, NULL, 0));
	EXPECT_EQ(-EBADMSG, error_of(alpc_accept_id(self->pair.port, id, 0)));
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_RELEASE, id, "x", 1);
	EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.port, &t));
	transfer_send(&t, ALPC_SEND_RELEASE | ALPC_SEND_REPLY, id, NULL, 0);
	EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.port, &t));
	transfer_send(&t, ALPC_SEND_RELEASE, id, NULL, 0);
	transfer_view(&t.send, self->own.id, 0, 1, 0);
	EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.port, &t));
	transfer_view(&t.send, 0, 0, 0, 0);
	t.flags |= ALPC_TRANSFER_WAIT;
	EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.port, &t));
	EXPECT_GIVEN_BACK(0);
	EXPECT_EQ(0, alpc_release(self->pair.server, id));
	EXPECT_GIVEN_BACK(1);
	close(other.client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(other.server);
}

/* A server releases one message and waits for the next in one go. */
TEST_F(hold, ends_before_the_next_message_comes)
{
	struct transfer_worker worker;
	struct alpc_transfer *t = &worker.transfer;

	SEND(0);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE);
	transfer_send(t, ALPC_SEND_RELEASE, self->msg.id, NULL, 0);
	transfer_receive(t, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, worker_transfer(&worker, self->pair.port));
	ASSERT_EQ(0, worker_blocked(&worker.worker));
	EXPECT_GIVEN_BACK(1);
	ASSERT_EQ(0, alpc_send(self->pair.client, "next", 4));
	EXPECT_EQ(0, worker_join(&worker.worker));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_RECEIVED, t->out_done);
	/* If there is nothing to release nothing is received. */
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE);
	transfer_send(t, ALPC_SEND_RELEASE, self->msg.id, NULL, 0);
	transfer_receive(t, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, alpc_send(self->pair.client, "more", 4));
	EXPECT_EQ(-ESRCH, alpc_transfer(self->pair.port, t));
	EXPECT_EQ(0, t->out_done);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_GIVEN_BACK(1);
}

TEST_F(hold, ends_by_being_received_if_the_sender_wishes)
{
	struct section theirs;

	ASSERT_EQ(0, send_view(self->pair.client, 0, 0, self->own.id, 0, 100,
			       ALPC_VIEW_AUTO_RELEASE | ALPC_VIEW_SLOT(1)));
	EXPECT_GIVEN_BACK(0);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_GIVEN_BACK(1);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_EQ(0, alpc_unanswered(self->pair.port));
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, self->msg.id));
	/* With a reply as well. */
	ASSERT_EQ(0, section_make(self->pair.server, 1, 0, &theirs));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, send_view(self->pair.port, ALPC_SEND_REPLY, self->msg.id, theirs.id, 0, 10,
			       ALPC_VIEW_AUTO_RELEASE | ALPC_VIEW_SLOT(1)));
	EXPECT_EQ(0, theirs.slots[1]);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(1, theirs.slots[1]);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_TRUE(is_view(&self->msg, theirs.id, 0, 10, ALPC_VIEW_AUTO_RELEASE));
	section_close(&theirs);
}

/* --- callers that give up ------------------------------------------------- */

TEST_F(hold, goes_on_when_the_caller_gives_up_until_the_notice_is_released)
{
	__u64 id;

	TAKE_CALL_THAT_ENDS();
	EXPECT_GIVEN_BACK(0);
	id = self->msg.id;
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(id, self->msg.id);
	EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);
	EXPECT_TRUE(NO_VIEW(&self->msg));
	EXPECT_EQ(1, alpc_unanswered(self->pair.port));
	EXPECT_GIVEN_BACK(0);
	EXPECT_EQ(0, alpc_release(self->pair.port, id));
	EXPECT_GIVEN_BACK(1);
}

TEST_F(hold, goes_on_when_the_caller_gives_up_until_a_reply_fails)
{
	TAKE_CALL_THAT_ENDS();
	EXPECT_GIVEN_BACK(0);
	EXPECT_EQ(-ECANCELED, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_GIVEN_BACK(1);
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, self->msg.id));

	TAKE_CALL_THAT_ENDS();
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	EXPECT_GIVEN_BACK(1);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_GIVEN_BACK(2);
	EXPECT_EQ(-ESRCH, alpc_release(self->pair.port, self->msg.id));
}

TEST_F(hold, goes_on_when_the_caller_gives_up_until_it_is_released)
{
	TAKE_CALL_THAT_ENDS();
	EXPECT_GIVEN_BACK(0);
	EXPECT_EQ(0, alpc_release(self->pair.server, self->msg.id));
	EXPECT_GIVEN_BACK(1);
	NOTHING(self->pair.port);

	/* What was given back before the end needs no giving back after it. */
	TAKE_CALL();
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_GIVEN_BACK(2);
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(0, worker_join(&self->call.worker.worker));
	EXPECT_GIVEN_BACK(2);
}

/*
 * The thread of a call can give up while another thread of its process still
 * looks at what a callback in that call has brought.
 */
TEST_F(hold, of_a_callback_goes_on_when_the_call_around_it_is_given_up)
{
	struct alpc_transfer *t = &self->call.worker.transfer;
	struct view_call callback;
	struct section theirs;
	struct alpc_msg request;

	ASSERT_EQ(0, section_make(self->pair.server, 1, 0, &theirs));
	ASSERT_EQ(0, call_view(&self->call, self->pair.client, 0, 0, 0, 0));
	AWAIT(ALPC_REQUEST, self->pair.port, &request, self->buf);
	transfer_init(&callback.worker.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&callback.worker.transfer, ALPC_SEND_CALLBACK, request.id, "back", 4);
	transfer_receive(&callback.worker.transfer, callback.buf, sizeof(callback.buf));
	transfer_view(&callback.worker.transfer.send, theirs.id, 0, 10, ALPC_VIEW_SLOT(1));
	ASSERT_EQ(0, worker_transfer(&callback.worker, self->pair.server));
	ASSERT_EQ(0, worker_join(&self->call.worker.worker));
	self->msg = t->recv;
	ASSERT_EQ(ALPC_MSG_CALLBACK, self->msg.flags);
	t->flags = ALPC_TRANSFER_WAIT;
	t->timeout = SHORT_TIME;
	transfer_receive(t, self->buf, sizeof(self->buf));
	t->recv.call = self->msg.call;
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, t));
	EXPECT_EQ(-ECANCELED, worker_join(&callback.worker.worker));
	EXPECT_EQ(0, theirs.slots[1]);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, self->msg.id, NULL, 0));
	EXPECT_EQ(1, theirs.slots[1]);
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	section_close(&theirs);
}

/* A callback of the server's in a call of the client's, which its thread is given. */
#define TAKE_CALLBACK(callback, theirs) do { \
	struct alpc_transfer *__t = &(callback)->worker.transfer; \
	struct alpc_msg __request; \
\
	ASSERT_EQ(0, call_view(&self->call, self->pair.client, 0, 0, 0, 0)); \
	AWAIT(ALPC_REQUEST, self->pair.port, &__request, self->buf); \
	transfer_init(__t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(__t, ALPC_SEND_CALLBACK, __request.id, "back", 4); \
	transfer_receive(__t, (callback)->buf, sizeof((callback)->buf)); \
	transfer_view(&__t->send, (theirs)->id, 0, 10, ALPC_VIEW_SLOT(1)); \
	ASSERT_EQ(0, worker_transfer(&(callback)->worker, self->pair.server)); \
	ASSERT_EQ(0, worker_join(&self->call.worker.worker)); \
	self->msg = self->call.worker.transfer.recv; \
	ASSERT_EQ(ALPC_MSG_CALLBACK, self->msg.flags); \
} while (0)

/*
 * The same if the callback's own thread is just handling a callback in it: that
 * thread learns of it when it comes back, whether the view is still held then or
 * not.
 */
TEST_F(hold, of_a_callback_goes_on_though_its_thread_is_in_another_one)
{
	struct view_call callback, inner;
	struct transfer_worker resume;
	struct alpc_transfer *t = &resume.transfer;
	struct section theirs;
	int how;

	ASSERT_EQ(0, section_make(self->pair.server, 1, 0, &theirs));
	for (how = 0; how < 4; how++) {
		TAKE_CALLBACK(&callback, &theirs);
		transfer_init(&inner.worker.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(&inner.worker.transfer, ALPC_SEND_CALLBACK, self->msg.id, "in", 2);
		transfer_receive(&inner.worker.transfer, inner.buf, sizeof(inner.buf));
		ASSERT_EQ(0, worker_transfer(&inner.worker, self->pair.client));
		ASSERT_EQ(0, worker_join(&callback.worker.worker));
		ASSERT_EQ(ALPC_MSG_CALLBACK, callback.worker.transfer.recv.flags);
		/* The thread of the outermost call gives up. */
		transfer_init(t, ALPC_TRANSFER_WAIT);
		t->timeout = 0;
		transfer_receive(t, self->buf, sizeof(self->buf));
		t->recv.call = self->msg.call;
		EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, t));
		EXPECT_EQ(-ECANCELED, worker_join(&inner.worker.worker));
		EXPECT_EQ(how, theirs.slots[1]);
		EXPECT_EQ(1, alpc_unanswered(self->pair.client));
		if (how == 0)
			EXPECT_EQ(0, alpc_release(self->pair.client, self->msg.id));
		if (how == 1)
			EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, self->msg.id, NULL, 0));
		if (how < 2)
			EXPECT_EQ(how + 1, theirs.slots[1]);
		if (how == 3)
			ASSERT_EQ(0, alpc_disconnect(self->pair.client));
		transfer_init(t, ALPC_TRANSFER_WAIT);
		transfer_receive(t, callback.buf, sizeof(callback.buf));
		t->recv.call = callback.worker.transfer.out_id;
		EXPECT_EQ(-ECANCELED, alpc_transfer(self->pair.server, t));
		EXPECT_EQ(how < 3 ? -ESRCH : -EPIPE, alpc_transfer(self->pair.server, t));
		if (how >= 2) {
			EXPECT_EQ(how, theirs.slots[1]);
			EXPECT_EQ(0, alpc_release(self->pair.client, self->msg.id));
		}
		EXPECT_EQ(how + 1, theirs.slots[1]);
		EXPECT_EQ(-ESRCH, alpc_release(self->pair.client, self->msg.id));
		TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	}
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	section_close(&theirs);
}

/* --- what is not sent does not count -------------------------------------- */

struct slow_receiver {
	struct transfer_worker worker;
	char *page;
	int faults;
};

/*
 * One thread is still copying a request out when another one answers it, with a view
 * that the client then holds. That the first one fails takes nothing from the client.
 */
TEST_F(hold, of_an_answer_does_not_end_with_the_requests_receiver)
{
	struct slow_receiver slow = {};
	struct alpc_transfer *t = &slow.worker.transfer;
	struct alpc_port_info info;
	struct section section;

	ASSERT_EQ(0, section_create(self->pair.server, 1, 0, &section));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, 0, 8, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));

	slow.page = memory_of_nobody(getpagesize(), &slow.faults);
	ASSERT_NE(NULL, slow.page);
	transfer_init(t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(t, self->call.buf, sizeof(self->call.buf));
	t->recv.data = address(slow.page);
	ASSERT_EQ(0, worker_transfer(&slow.worker, self->pair.port));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, 0, 8, NULL));
	ASSERT_TRUE(page_wanted(slow.faults));
	ASSERT_EQ(0, send_view(self->pair.server, ALPC_SEND_REPLY, self->msg.id + 1, section.id,
			       0, 1, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);

	/* Its page will never come. */
	munmap(slow.page, getpagesize());
	close_fd(&slow.faults);
	EXPECT_EQ(-EFAULT, worker_join(&slow.worker.worker));
	ASSERT_EQ(0, alpc_info(self->pair.port, &info));
	EXPECT_EQ(0, info.out_unanswered);
	EXPECT_EQ(0, alpc_release(self->pair.client, self->msg.id));
	section_close(&section);
}

TEST_F(hold, does_not_begin_if_sending_fails)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, 0, 0, NULL, 8);
	transfer_view(&t.send, self->own.id, 0, 100, ALPC_VIEW_SLOT(1));
	EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.client, &t));
	transfer_send(&t, 0, 0, self->own.mem, ALPC_DATA_MAX);
	EXPECT_EQ(-EMSGSIZE, alpc_transfer(self->pair.client, &t));
	/* A call without any time that nobody takes is withdrawn. */
	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REQUEST, 0, NULL, 0);
	transfer_receive(&t, self->buf, sizeof(self->buf));
	transfer_view(&t.send, self->own.id, 0, 100, ALPC_VIEW_SLOT(1));
	t.timeout = 0;
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, &t));
	EXPECT_EQ(0, t.out_done & ALPC_DONE_SENT);
	ASSERT_EQ(0, alpc_disconnect(self->pair.server));
	EXPECT_EQ(-EPIPE, send_view(self->pair.client, 0, 0, self->own.id, 0, 100,
				    ALPC_VIEW_SLOT(1)));
	EXPECT_GIVEN_BACK(0);
	close_fd(&self->pair.client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	EXPECT_GIVEN_BACK(0);
}

TEST_F(hold, does_not_begin_if_there_is_no_room)
{
	int i;

	/* The queue takes more messages than there may be views. */
	for (i = 0; i < 2 * OUTSTANDING; i++)
		ASSERT_EQ(0, alpc_send_nowait(self->pair.client, NULL, 0));
	EXPECT_EQ(-EAGAIN, send_view(self->pair.client, 0, 0, self->own.id, 0, 100,
				     ALPC_VIEW_SLOT(1)));
	for (i = 0; i < 2 * OUTSTANDING; i++)
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_GIVEN_BACK(0);
}

/* --- those that never give back ------------------------------------------- */

TEST_F(hold, abuse_38_of_views_that_are_never_given_back_is_bounded)
{
	struct pair other = {};
	__u64 id = 0;
	int i;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &other.client,
				  &other.server));
	for (i = 0; i < OUTSTANDING; i++)
		SEND(0);
	EXPECT_EQ(-EDQUOT, send_view(self->pair.client, 0, 0, self->own.id, 0, 100,
				     ALPC_VIEW_SLOT(1)));
	for (i = 0; i < OUTSTANDING; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		id = self->msg.id;
	}
	EXPECT_EQ(OUTSTANDING, alpc_unanswered(self->pair.port));
	EXPECT_EQ(-EDQUOT, send_view(self->pair.client, 0, 0, self->own.id, 0, 100,
				     ALPC_VIEW_SLOT(1)));
	EXPECT_GIVEN_BACK(0);
	/* What brings nothing passes, and nobody else notices. */
	EXPECT_EQ(0, alpc_send_nowait(self->pair.client, NULL, 0));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, alpc_send_nowait(other.client, NULL, 0));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, alpc_release(self->pair.port, id));
	EXPECT_GIVEN_BACK(1);
	SEND(0);
	EXPECT_EQ(-EDQUOT, send_view(self->pair.client, 0, 0, self->own.id, 0, 100,
				     ALPC_VIEW_SLOT(1)));
	/* Whoever held them is gone. */
	close_fd(&self->pair.server);
	EXPECT_GIVEN_BACK(OUTSTANDING + 1);
	close(other.client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(other.server);
}

/* What is put back because it could not be copied out still counts. */
TEST_F(hold, abuse_38_of_views_that_cannot_be_received_is_bounded)
{
	const __u32 flags = ALPC_VIEW_AUTO_RELEASE | ALPC_VIEW_SLOT(1);
	struct alpc_transfer t;
	int i;

	for (i = 0; i < OUTSTANDING; i++)
		ASSERT_EQ(0, send_view(self->pair.client, 0, 0, self->own.id, 0, 100, flags));
	for (i = 0; i < 3; i++) {
		transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
		transfer_receive(&t, NULL, 64);
		EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.port, &t));
		EXPECT_EQ(-EDQUOT, send_view(self->pair.client, 0, 0, self->own.id, 0, 100, flags));
	}
	EXPECT_GIVEN_BACK(0);
	for (i = 0; i < OUTSTANDING; i++)
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_GIVEN_BACK(OUTSTANDING);
	for (i = 0; i < OUTSTANDING; i++)
		ASSERT_EQ(0, send_view(self->pair.client, 0, 0, self->own.id, 0, 100, flags));
	for (i = 0; i < OUTSTANDING; i++)
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
}

TEST_HARNESS_MAIN
