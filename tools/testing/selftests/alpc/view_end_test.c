// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views when their connection ends, in each way in which it can: who holds one has it until
 * he gives it back, or is gone as well; each is given back exactly once.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_view.h"

FIXTURE(ending)
{
	struct pair pair;
	struct section own, peer;
	struct alpc_msg msg;
	struct view_call call;
	char buf[64];
	int at;			/* where the messages are held */
};

enum end_kind {
	DISCONNECT_BY_SENDER, DISCONNECT_BY_RECEIVER, CLOSE_SENDER, CLOSE_RECEIVER, CLOSE_PORT,
};

FIXTURE_VARIANT(ending)
{
	enum end_kind how;
	bool from_server;
	bool held;		/* the receiver is still there to hold anything */
};

FIXTURE_VARIANT_ADD(ending, disconnect_by_client) { DISCONNECT_BY_SENDER, false, true };
FIXTURE_VARIANT_ADD(ending, disconnect_by_server) { DISCONNECT_BY_RECEIVER, false, true };
FIXTURE_VARIANT_ADD(ending, close_client) { CLOSE_SENDER, false, true };
FIXTURE_VARIANT_ADD(ending, close_server) { CLOSE_RECEIVER, false, false };
FIXTURE_VARIANT_ADD(ending, close_port) { CLOSE_PORT, false, false };
FIXTURE_VARIANT_ADD(ending, of_server_disconnect) { DISCONNECT_BY_SENDER, true, true };
FIXTURE_VARIANT_ADD(ending, of_server_disconnect_by_client) { DISCONNECT_BY_RECEIVER, true, true };
FIXTURE_VARIANT_ADD(ending, of_server_close) { CLOSE_SENDER, true, true };
FIXTURE_VARIANT_ADD(ending, of_server_close_client) { CLOSE_RECEIVER, true, false };
FIXTURE_VARIANT_ADD(ending, of_server_close_port) { CLOSE_PORT, true, true };

FIXTURE_SETUP(ending)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->at = variant->from_server ? self->pair.client : self->pair.port;
	ASSERT_EQ(0, section_make(variant->from_server ? self->pair.server : self->pair.client,
				  page_size(), 0, &self->own));
	ASSERT_EQ(0, section_open(variant->from_server ? self->pair.client : self->pair.server,
				  self->own.id, &self->peer));
	pattern(self->own.mem, self->own.len, 1);
}

FIXTURE_TEARDOWN(ending)
{
	section_close(&self->own);
	section_close(&self->peer);
	pair_close(&self->pair);
}

#define END_IT() do { \
	int *__sender = variant->from_server ? &self->pair.server : &self->pair.client; \
	int *__receiver = variant->from_server ? &self->pair.client : &self->pair.server; \
\
	switch (variant->how) { \
	case DISCONNECT_BY_SENDER: \
		ASSERT_EQ(0, alpc_disconnect(*__sender)); \
		break; \
	case DISCONNECT_BY_RECEIVER: \
		ASSERT_EQ(0, alpc_disconnect(*__receiver)); \
		break; \
	case CLOSE_SENDER: \
		close_fd(__sender); \
		break; \
	case CLOSE_RECEIVER: \
		close_fd(__receiver); \
		break; \
	case CLOSE_PORT: \
		close_fd(&self->pair.port); \
	} \
} while (0)

/* Given back now, or when the receiver does it. */
#define EXPECT_HELD_UNTIL(slot, give_back) do { \
	if (variant->held) { \
		EXPECT_EQ(0, self->own.slots[slot]); \
		EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 1)); \
		give_back; \
	} \
	EXPECT_EQ(1, self->own.slots[slot]); \
} while (0)

static int sender(FIXTURE_DATA(ending) *self)
{
	return self->at == self->pair.client ? self->pair.server : self->pair.client;
}

TEST_F(ending, leaves_a_datagram_to_its_holder)
{
	ASSERT_EQ(0, send_view(sender(self), 0, 0, self->own.id, 0, 100, ALPC_VIEW_SLOT(1)));
	TAKE(ALPC_DATAGRAM, self->at, &self->msg, self->buf);
	END_IT();
	EXPECT_HELD_UNTIL(1, EXPECT_EQ(0, alpc_release(self->at, self->msg.id)));
	EXPECT_EQ(variant->how == CLOSE_RECEIVER && variant->from_server ? -EBADF :
		  variant->how == CLOSE_PORT && !variant->from_server ? -EBADF : -ESRCH,
		  alpc_release(self->at, self->msg.id));
}

TEST_F(ending, leaves_requests_to_their_holder)
{
	__u64 async, released;

	ASSERT_EQ(0, send_view(sender(self), ALPC_SEND_REQUEST, 0, self->own.id, 0, 100,
			       ALPC_VIEW_SLOT(1)));
	TAKE(ALPC_REQUEST, self->at, &self->msg, self->buf);
	async = self->msg.id;
	ASSERT_EQ(0, send_view(sender(self), ALPC_SEND_REQUEST, 0, self->own.id, 0, 100,
			       ALPC_VIEW_SLOT(2)));
	TAKE(ALPC_REQUEST, self->at, &self->msg, self->buf);
	released = self->msg.id;
	if (variant->how != CLOSE_SENDER) {
		ASSERT_EQ(0, call_view(&self->call, sender(self), self->own.id, 0, 100,
				       ALPC_VIEW_SLOT(3)));
		AWAIT(ALPC_REQUEST, self->at, &self->msg, self->buf);
	}
	END_IT();
	if (variant->how != CLOSE_SENDER) {
		EXPECT_EQ(-EPIPE, worker_join(&self->call.worker.worker));
		EXPECT_HELD_UNTIL(3, EXPECT_EQ(-ESRCH, alpc_reply(self->at, self->msg.id, NULL,
								  0)));
	}
	EXPECT_HELD_UNTIL(1, EXPECT_EQ(-ESRCH, alpc_reply(self->at, async, "late", 4)));
	EXPECT_HELD_UNTIL(2, EXPECT_EQ(0, alpc_release(self->at, released)));
	/* Nobody gives back twice. */
	alpc_release(self->at, async);
	alpc_reply(self->at, released, NULL, 0);
	EXPECT_EQ(1, self->own.slots[1]);
	EXPECT_EQ(1, self->own.slots[2]);
}

/* Held until the receiver is gone, too, whichever goes first. */
TEST_F(ending, gives_back_everything_when_both_are_gone)
{
	struct section theirs;

	ASSERT_EQ(0, section_make(variant->from_server ? self->pair.client : self->pair.server,
				  1, 0, &theirs));
	ASSERT_EQ(0, send_view(sender(self), 0, 0, self->own.id, 0, 100, ALPC_VIEW_SLOT(1)));
	TAKE(ALPC_DATAGRAM, self->at, &self->msg, self->buf);
	ASSERT_EQ(0, send_view(sender(self), ALPC_SEND_REQUEST, 0, self->own.id, 0, 100,
			       ALPC_VIEW_SLOT(2)));
	TAKE(ALPC_REQUEST, self->at, &self->msg, self->buf);
	/* One that is answered with a view, which is held by who asked. */
	ASSERT_EQ(0, send_view(sender(self), ALPC_SEND_REQUEST, 0, self->own.id, 0, 100,
			       ALPC_VIEW_SLOT(3)));
	TAKE(ALPC_REQUEST, self->at, &self->msg, self->buf);
	ASSERT_EQ(0, send_view(self->at, ALPC_SEND_REPLY, self->msg.id, theirs.id, 0, 1,
			       ALPC_VIEW_SLOT(1)));
	TAKE(ALPC_REPLY, variant->from_server ? self->pair.port : self->pair.client, &self->msg,
	     self->buf);
	/* And two that nobody receives. */
	ASSERT_EQ(0, send_view(sender(self), 0, 0, self->own.id, 0, 100, ALPC_VIEW_SLOT(4)));
	ASSERT_EQ(0, send_view(sender(self), ALPC_SEND_REQUEST, 0, self->own.id, 0, 100,
			       ALPC_VIEW_SLOT(5)));
	END_IT();
	close_fd(variant->from_server ? &self->pair.server : &self->pair.client);
	pair_close(&self->pair);
	EXPECT_EQ(1, self->own.slots[1]);
	EXPECT_EQ(1, self->own.slots[2]);
	EXPECT_EQ(1, self->own.slots[3]);
	EXPECT_EQ(1, self->own.slots[4]);
	EXPECT_EQ(1, self->own.slots[5]);
	EXPECT_EQ(1, theirs.slots[1]);
	section_close(&theirs);
}

TEST_HARNESS_MAIN
