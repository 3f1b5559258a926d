// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cancelling a request: what either side is told, by what has become of it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>

#include "alpc_nowhere.h"
#include "alpc_thread.h"

enum { COOKIE = 0xc00c1e };

/* Either end can ask the other, and names its request by id or by cookie. */
FIXTURE(cancel)
{
	struct pair pair;
	int from;		/* the port it is sent through */
	int inbox;		/* where its sender receives */
	int to;			/* where it is received */
	__u64 id, request;	/* as either side knows it */
	struct transfer_worker caller, replier;
	struct alpc_msg msg;
	char in[64], buf[64];
	int faults;
};

FIXTURE_VARIANT(cancel) { bool server, cookie; };
FIXTURE_VARIANT_ADD(cancel, of_client_by_id) { false, false };
FIXTURE_VARIANT_ADD(cancel, of_client_by_cookie) { false, true };
FIXTURE_VARIANT_ADD(cancel, of_server_by_id) { true, false };
FIXTURE_VARIANT_ADD(cancel, of_server_by_cookie) { true, true };

FIXTURE_SETUP(cancel)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->from = variant->server ? self->pair.server : self->pair.client;
	self->inbox = variant->server ? self->pair.port : self->pair.client;
	self->to = variant->server ? self->pair.client : self->pair.port;
	self->faults = -1;
}

/* Whatever was cancelled, and however: nothing is left, and everything goes on. */
FIXTURE_TEARDOWN(cancel)
{
	EXPECT_QUIET(self->to);
	EXPECT_QUIET(self->inbox);
	EXPECT_EQ(0, pair_works(&self->pair));
	close_fd(&self->faults);
	pair_close(&self->pair);
}

#define SEND() \
	ASSERT_EQ(0, alpc_request_async(self->from, "ask", 3, COOKIE, sizeof(self->buf), \
					&self->id))

#define RECEIVE() do { \
	AWAIT(ALPC_REQUEST, self->to, &self->msg, self->buf); \
	self->request = self->msg.id; \
} while (0)

/* A request whose sender waits for the reply in a thread. */
#define CALL() do { \
	struct alpc_transfer *__t = &self->caller.transfer; \
\
	transfer_init(__t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(__t, ALPC_SEND_REQUEST, 0, "call", 4); \
	__t->send.cookie = COOKIE; \
	transfer_receive(__t, self->in, sizeof(self->in)); \
	ASSERT_EQ(0, worker_transfer(&self->caller, self->from)); \
	ASSERT_EQ(0, worker_blocked(&self->caller.worker)); \
} while (0)

/* A caller is told its id when it returns; ids of one side are in sequence. */
#define FIND_ID_OF_CALL() do { \
	__u64 __id; \
\
	ASSERT_EQ(0, alpc_request_async(self->from, "x", 1, 0, 0, &__id)); \
	ASSERT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel(self->from, __id)); \
	self->id = __id - 1; \
} while (0)

#define CANCEL() (variant->cookie ? alpc_cancel_cookie(self->from, COOKIE) : \
				    alpc_cancel(self->from, self->id))

/* The notice to who has received it. */
#define EXPECT_NOTICE() do { \
	TAKE(ALPC_CANCELED, self->to, &self->msg, self->buf); \
	EXPECT_EQ(self->request, self->msg.id); \
	EXPECT_EQ(0, self->msg.cookie); \
	EXPECT_EQ(0, self->msg.len); \
	EXPECT_EQ(0, self->msg.seq); \
	EXPECT_EQ(0, self->msg.flags); \
	EXPECT_EQ(variant->server ? 0 : self->pair.context, self->msg.context); \
} while (0)

/* The notice to who has sent it. */
#define EXPECT_RETURNED() do { \
	TAKE(ALPC_CANCELED, self->inbox, &self->msg, self->buf); \
	EXPECT_EQ(self->id, self->msg.id); \
	EXPECT_EQ(COOKIE, self->msg.cookie); \
	EXPECT_EQ(0, self->msg.len); \
	EXPECT_EQ(0, self->msg.seq); \
	EXPECT_EQ(0, self->msg.call); \
	EXPECT_EQ(ALPC_MSG_RETURNED, self->msg.flags); \
	EXPECT_EQ(getpid(), self->msg.pid); \
	EXPECT_EQ(variant->server ? self->pair.context : 0, self->msg.context); \
} while (0)

/* --- by who sent it --------------------------------------------------------- */

TEST_F(cancel, queued_request_vanishes)
{
	SEND();
	EXPECT_EQ(ALPC_CANCELED_QUEUED, CANCEL());
	NOTHING(self->to);
	EXPECT_EQ(-ESRCH, CANCEL());
}

TEST_F(cancel, received_request_becomes_a_notice)
{
	SEND();
	RECEIVE();
	EXPECT_EQ(ALPC_CANCELED_TAKEN, CANCEL());
	EXPECT_EQ(-ESRCH, CANCEL());
	EXPECT_NOTICE();
	EXPECT_EQ(-ESRCH, alpc_reply(self->to, self->request, "late", 4));
	EXPECT_EQ(-ESRCH, CANCEL());
}

TEST_F(cancel, received_request_cannot_be_answered)
{
	SEND();
	RECEIVE();
	EXPECT_EQ(ALPC_CANCELED_TAKEN, CANCEL());
	EXPECT_EQ(-ECANCELED, alpc_reply(self->to, self->request, "late", 4));
	NOTHING(self->to);
	EXPECT_EQ(-ESRCH, alpc_reply(self->to, self->request, "late", 4));
}

/* A thread that is answering: its data are not there yet. */
#define BEGIN_TO_REPLY(data) do { \
	data = memory_of_nobody(getpagesize(), &self->faults); \
	ASSERT_NE(NULL, data); \
	transfer_init(&self->replier.transfer, ALPC_TRANSFER_SEND); \
	transfer_send(&self->replier.transfer, ALPC_SEND_REPLY, self->request, data, 8); \
	ASSERT_EQ(0, worker_transfer(&self->replier, self->to)); \
	ASSERT_TRUE(page_wanted(self->faults)); \
} while (0)

#define END_REPLY(data) ASSERT_EQ(0, page_comes(self->faults, data, NULL))

TEST_F(cancel, being_answered_fails_the_answer)
{
	char *data;

	SEND();
	RECEIVE();
	BEGIN_TO_REPLY(data);
	/* To who received it, it is another thread's. */
	EXPECT_EQ(-ESRCH, alpc_cancel_received(self->to, self->request));
	EXPECT_EQ(ALPC_CANCELED_TAKEN, CANCEL());
	EXPECT_EQ(-ESRCH, CANCEL());
	END_REPLY(data);
	EXPECT_EQ(-ECANCELED, worker_join(&self->replier.worker));
	EXPECT_EQ(-ESRCH, alpc_reply(self->to, self->request, "late", 4));
}

TEST_F(cancel, answered_request_says_so)
{
	SEND();
	RECEIVE();
	ASSERT_EQ(0, alpc_reply(self->to, self->request, "answer", 6));
	EXPECT_EQ(-EALREADY, CANCEL());
	EXPECT_EQ(-ESRCH, alpc_cancel_received(self->to, self->request));
	TAKE(ALPC_REPLY, self->inbox, &self->msg, self->buf);
	EXPECT_EQ(self->id, self->msg.id);
	EXPECT_EQ(COOKIE, self->msg.cookie);
	EXPECT_EQ(0, memcmp(self->buf, "answer", 6));
	EXPECT_EQ(-ESRCH, CANCEL());
	EXPECT_EQ(-ESRCH, alpc_cancel_received(self->to, self->request));
}

/* What could not be copied out is there again, and is still an answer. */
TEST_F(cancel, answer_that_was_put_back_says_so)
{
	struct alpc_transfer t;

	SEND();
	RECEIVE();
	ASSERT_EQ(0, alpc_reply(self->to, self->request, "answer", 6));
	transfer_init(&t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&t, NULL, 0);
	t.recv.data = address(memory_before_hole(2));
	t.recv.len = 6;
	ASSERT_EQ(-EFAULT, alpc_transfer(self->inbox, &t));
	EXPECT_EQ(-EALREADY, CANCEL());
	TAKE(ALPC_REPLY, self->inbox, &self->msg, self->buf);
}

TEST_F(cancel, thread_whose_request_was_queued_is_told)
{
	CALL();
	FIND_ID_OF_CALL();
	EXPECT_EQ(ALPC_CANCELED_QUEUED, CANCEL());
	EXPECT_EQ(-ECANCELED, worker_join(&self->caller.worker));
	EXPECT_EQ(ALPC_DONE_CANCELED, self->caller.transfer.out_done);
	EXPECT_EQ(self->id, self->caller.transfer.out_id);
}

TEST_F(cancel, thread_whose_request_was_received_is_told)
{
	CALL();
	RECEIVE();
	FIND_ID_OF_CALL();
	EXPECT_EQ(ALPC_CANCELED_TAKEN, CANCEL());
	EXPECT_EQ(-ECANCELED, worker_join(&self->caller.worker));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, self->caller.transfer.out_done);
	EXPECT_NOTICE();
}

TEST_F(cancel, thread_that_waits_for_the_reply_by_id_is_told)
{
	struct alpc_transfer *t = &self->caller.transfer;

	SEND();
	RECEIVE();
	transfer_init(t, ALPC_TRANSFER_WAIT);
	transfer_receive(t, self->in, sizeof(self->in));
	t->recv.call = self->id;
	ASSERT_EQ(0, worker_transfer(&self->caller, self->from));
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	EXPECT_EQ(ALPC_CANCELED_TAKEN, CANCEL());
	EXPECT_EQ(-ECANCELED, worker_join(&self->caller.worker));
	EXPECT_EQ(0, t->out_done);
	EXPECT_NOTICE();
}

/* --- by who received it ----------------------------------------------------- */

TEST_F(cancel, receiver_does_not_know_what_is_queued)
{
	SEND();
	RECEIVE();
	ASSERT_EQ(0, alpc_reply(self->to, self->request, NULL, 0));
	TAKE(ALPC_REPLY, self->inbox, &self->msg, self->buf);
	SEND();
	EXPECT_EQ(-ESRCH, alpc_cancel_received(self->to, self->request + 1));
	EXPECT_EQ(ALPC_CANCELED_QUEUED, CANCEL());
}

TEST_F(cancel, receiver_returns_a_request)
{
	SEND();
	RECEIVE();
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->to, self->request));
	EXPECT_EQ(0, alpc_unanswered(self->to));
	EXPECT_EQ(-ESRCH, alpc_cancel_received(self->to, self->request));
	EXPECT_EQ(-ESRCH, alpc_reply(self->to, self->request, "late", 4));
	EXPECT_RETURNED();
	EXPECT_EQ(-ESRCH, CANCEL());
}

/* The notice that could not be copied out comes again. */
TEST_F(cancel, returned_request_is_put_back)
{
	struct alpc_transfer *t;

	SEND();
	RECEIVE();
	ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->to, self->request));
	t = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, t);
	transfer_init(t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(t, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, mprotect(t, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, alpc_transfer(self->inbox, t));
	EXPECT_EQ(1, alpc_queued(self->inbox));
	EXPECT_RETURNED();
}

TEST_F(cancel, receiver_cancels_before_the_sender)
{
	SEND();
	RECEIVE();
	ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->to, self->request));
	EXPECT_EQ(-ECANCELED, CANCEL());
	NOTHING(self->inbox);
	EXPECT_EQ(-ESRCH, CANCEL());
}

TEST_F(cancel, sender_cancels_before_the_receiver)
{
	SEND();
	RECEIVE();
	ASSERT_EQ(ALPC_CANCELED_TAKEN, CANCEL());
	EXPECT_EQ(-ECANCELED, alpc_cancel_received(self->to, self->request));
	NOTHING(self->to);
	EXPECT_EQ(-ESRCH, alpc_cancel_received(self->to, self->request));
}

TEST_F(cancel, receiver_fails_a_call)
{
	CALL();
	RECEIVE();
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->to, self->request));
	EXPECT_EQ(-ECANCELED, worker_join(&self->caller.worker));
	EXPECT_EQ(ALPC_DONE_SENT | ALPC_DONE_CANCELED, self->caller.transfer.out_done);
	EXPECT_EQ(-ESRCH, alpc_reply(self->to, self->request, "late", 4));
}

/* The thread that waits for it is told, and then there is no notice. */
TEST_F(cancel, receiver_fails_a_wait_by_id)
{
	struct alpc_transfer *t = &self->caller.transfer;

	SEND();
	RECEIVE();
	transfer_init(t, ALPC_TRANSFER_WAIT);
	transfer_receive(t, self->in, sizeof(self->in));
	t->recv.call = self->id;
	ASSERT_EQ(0, worker_transfer(&self->caller, self->from));
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->to, self->request));
	EXPECT_EQ(-ECANCELED, worker_join(&self->caller.worker));
	NOTHING(self->inbox);
	EXPECT_EQ(-ESRCH, CANCEL());
}

/* A server answers, and cancels, through either of its ports. */
TEST_F(cancel, server_returns_through_either_port)
{
	int port = variant->server ? self->pair.client : self->pair.server;

	SEND();
	RECEIVE();
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(port, self->request));
	EXPECT_RETURNED();
}

/* --- the ends --------------------------------------------------------------- */

/* Notices of both kinds, which nobody has received, go with either end. */
TEST_F(cancel, notices_go_with_the_ports)
{
	__u64 request[4], id[4];
	int i;

	for (i = 0; i < 4; i++) {
		SEND();
		RECEIVE();
		id[i] = self->id;
		request[i] = self->request;
	}
	for (i = 0; i < 4; i++)
		EXPECT_EQ(ALPC_CANCELED_TAKEN, i & 1 ? alpc_cancel(self->from, id[i]) :
					       alpc_cancel_received(self->to, request[i]));
	EXPECT_EQ(2, alpc_queued(self->inbox));
	EXPECT_EQ(2, alpc_queued(self->to));
	pair_close(&self->pair);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->inbox = self->pair.client;
	self->to = self->pair.port;
}

/* What was cancelled before the end is told after it. */
TEST_F(cancel, notice_outlives_the_connection)
{
	SEND();
	RECEIVE();
	ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->to, self->request));
	ASSERT_EQ(0, alpc_disconnect(self->to == self->pair.port ? self->pair.server : self->to));
	EXPECT_RETURNED();
	EXPECT_EQ(-ESRCH, CANCEL());
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	pair_close(&self->pair);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->inbox = self->pair.client;
	self->to = self->pair.port;
}

TEST_HARNESS_MAIN
