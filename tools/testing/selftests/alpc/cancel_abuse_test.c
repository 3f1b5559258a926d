// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cancelling what is not there, is somebody else's, or brings something.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_access.h"
#include "alpc_fds.h"
#include "alpc_view.h"

enum { COOKIE = 0xc00c1e, OUTSTANDING = 1024 };

FIXTURE(cancel_abuse)
{
	struct pair pair;
	struct transfer_worker caller, server;
	struct alpc_msg msg;
	char in[64], out[64], buf[64];
};

FIXTURE_SETUP(cancel_abuse)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(cancel_abuse)
{
	EXPECT_QUIET(self->pair.port);
	EXPECT_QUIET(self->pair.client);
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
}

/* Cancelled by the client that sent it, or by the server that received it. */
static int cancel_by(const struct pair *pair, bool sender, __u64 id, __u64 request)
{
	return sender ? alpc_cancel(pair->client, id) : alpc_cancel_received(pair->port, request);
}

static int request(int fd, __u64 cookie, __u64 *id)
{
	return alpc_request_async(fd, "ask", 3, cookie, 64, id);
}

/* --- arguments --------------------------------------------------------------- */

TEST_F(cancel_abuse, fields_that_do_not_go_together_are_invalid)
{
	static const struct { __u32 flags; __u64 id, cookie; } bad[] = {
		{ 0, 1, 1 },
		{ ALPC_CANCEL_RECEIVED, 1, 1 },
		{ ALPC_CANCEL_COOKIE, 1, 1 },
		{ ALPC_CANCEL_COOKIE, 1, 0 },
		{ ALPC_CANCEL_COOKIE | ALPC_CANCEL_RECEIVED, 0, 1 },
		{ ALPC_CANCEL_COOKIE | ALPC_CANCEL_RECEIVED, 1, 0 },
	};
	struct alpc_cancel arg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arg = (struct alpc_cancel){
			.size = sizeof(arg), .flags = bad[i].flags, .id = bad[i].id,
			.cookie = bad[i].cookie,
		};
		EXPECT_EQ(-EINVAL, alpc_ioctl(self->pair.client, ALPC_IOC_CANCEL, &arg));
	}
}

TEST_F(cancel_abuse, connection_port_has_sent_nothing)
{
	EXPECT_EQ(-EOPNOTSUPP, alpc_cancel(self->pair.port, 1));
	EXPECT_EQ(-EOPNOTSUPP, alpc_cancel_cookie(self->pair.port, 1));
	EXPECT_EQ(-ESRCH, alpc_cancel_received(self->pair.port, ~0ULL));
}

TEST_F(cancel_abuse, connection_request_is_refused_and_not_cancelled)
{
	int client = alpc_connect_async(self->pair.name);

	ASSERT_LE(0, client);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-EBADMSG, alpc_cancel_received(self->pair.port, self->msg.id));
	EXPECT_EQ(-ESRCH, alpc_cancel_cookie(client, 0));
	EXPECT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	close(client);
}

/* The result cannot be told: then nothing has been done. */
TEST_F(cancel_abuse, where_the_result_cannot_be_written_does_nothing)
{
	struct alpc_cancel *arg = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 id;

	ASSERT_NE(MAP_FAILED, arg);
	ASSERT_EQ(0, request(self->pair.client, 0, &id));
	*arg = (struct alpc_cancel){ .size = sizeof(*arg), .id = id };
	ASSERT_EQ(0, mprotect(arg, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, alpc_ioctl(self->pair.client, ALPC_IOC_CANCEL, arg));
	EXPECT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel(self->pair.client, id));
}

/* --- whose ------------------------------------------------------------------- */

/* Every id that another connection, or the other side, could mean. */
TEST_F(cancel_abuse, abuse_11_request_of_others_cannot_be_cancelled)
{
	int client, server;
	__u64 id, guess;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 7, &client, &server));
	ASSERT_EQ(0, request(self->pair.client, COOKIE, &id));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	for (guess = 0; guess < 64; guess++) {
		EXPECT_EQ(-ESRCH, alpc_cancel(client, guess));
		EXPECT_EQ(-ESRCH, alpc_cancel(server, guess));
		EXPECT_EQ(-ESRCH, alpc_cancel(self->pair.server, guess));
		EXPECT_EQ(-ESRCH, alpc_cancel_received(server, guess));
		EXPECT_EQ(-ESRCH, alpc_cancel_received(client, guess));
		EXPECT_EQ(-ESRCH, alpc_cancel_received(self->pair.client, guess));
	}
	EXPECT_EQ(-ESRCH, alpc_cancel_cookie(client, COOKIE));
	EXPECT_EQ(-ESRCH, alpc_cancel_cookie(self->pair.server, COOKIE));
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	close(server);
	close(client);
}

TEST_F(cancel_abuse, abuse_12_reply_after_cancellation_by_any_thread_is_refused)
{
	__u64 id;
	int how;

	for (how = 0; how < 2; how++) {
		ASSERT_EQ(0, request(self->pair.client, COOKIE, &id));
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		ASSERT_EQ(ALPC_CANCELED_TAKEN, cancel_by(&self->pair, how, id, self->msg.id));
		EXPECT_EQ(how ? -ECANCELED : -ESRCH,
			  alpc_reply(self->pair.server, self->msg.id, "late", 4));
		EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, self->msg.id, "again", 5));
		if (!how)
			TAKE(ALPC_CANCELED, self->pair.client, &self->msg, self->buf);
	}
}

/* Whatever the sender writes where the kernel tells who it is. */
TEST_F(cancel_abuse, abuse_05_notices_tell_the_kernels_word)
{
	struct alpc_transfer t;
	int how;

	for (how = 0; how < 2; how++) {
		transfer_init(&t, ALPC_TRANSFER_SEND);
		transfer_send(&t, ALPC_SEND_REQUEST, 0, "ask", 3);
		t.send.pid = 1;
		t.send.tid = 1;
		t.send.uid = 4711;
		t.send.gid = 4711;
		t.send.context = 4711;
		ASSERT_EQ(0, alpc_transfer(self->pair.client, &t));
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		ASSERT_EQ(ALPC_CANCELED_TAKEN,
			  cancel_by(&self->pair, how, t.out_id, self->msg.id));
		TAKE(ALPC_CANCELED, how ? self->pair.port : self->pair.client, &self->msg,
		     self->buf);
		EXPECT_EQ(getpid(), self->msg.pid);
		EXPECT_EQ(gettid(), self->msg.tid);
		EXPECT_EQ(geteuid(), self->msg.uid);
		EXPECT_EQ(getegid(), self->msg.gid);
		EXPECT_EQ(how ? self->pair.context : 0, self->msg.context);
	}
}

/* --- cookies ----------------------------------------------------------------- */

/* The last one first, without those that are answered, and then no other. */
TEST_F(cancel_abuse, cookie_of_many_names_the_last_one_that_it_can)
{
	__u64 id[6], received[6];
	int i;

	for (i = 0; i < 6; i++)
		ASSERT_EQ(0, request(self->pair.client, i == 3 ? 1 : COOKIE, &id[i]));
	for (i = 0; i < 5; i++) {
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		received[i] = self->msg.id;
	}
	ASSERT_EQ(0, alpc_reply(self->pair.port, received[2], NULL, 0));
	EXPECT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel_cookie(self->pair.client, COOKIE));
	for (i = 4; i >= 0; i--) {
		if (i == 3 || i == 2)
			continue;
		EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_cookie(self->pair.client, COOKIE));
		TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(received[i], self->msg.id);
	}
	EXPECT_EQ(-EALREADY, alpc_cancel_cookie(self->pair.client, COOKIE));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(id[2], self->msg.id);
	EXPECT_EQ(-ESRCH, alpc_cancel_cookie(self->pair.client, COOKIE));
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel(self->pair.client, id[3]));
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
}

/* --- what is charged --------------------------------------------------------- */

/*
 * All that an end may have outstanding, cancelled, and all of it again. What was
 * received is outstanding until the notice is.
 */
TEST_F(cancel_abuse, cancelled_requests_are_outstanding_no_more)
{
	static __u64 id[OUTSTANDING], received[OUTSTANDING];
	enum { QUEUED, BY_SENDER, BY_RECEIVER, ROUNDS };
	int round, i;

	for (round = QUEUED; round < ROUNDS; round++) {
		for (i = 0; i < OUTSTANDING; i++) {
			ASSERT_EQ(0, request(self->pair.client, COOKIE, &id[i]));
			if (round == QUEUED)
				continue;
			TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
			received[i] = self->msg.id;
		}
		EXPECT_EQ(-EDQUOT, request(self->pair.client, COOKIE, NULL));
		for (i = 0; i < OUTSTANDING; i++)
			ASSERT_EQ(round == QUEUED ? ALPC_CANCELED_QUEUED : ALPC_CANCELED_TAKEN,
				  cancel_by(&self->pair, round != BY_RECEIVER, id[i], received[i]));
		if (round == QUEUED)
			continue;
		EXPECT_EQ(-EDQUOT, request(self->pair.client, COOKIE, NULL));
		for (i = 0; i < OUTSTANDING; i++)
			TAKE(ALPC_CANCELED,
			     round == BY_SENDER ? self->pair.port : self->pair.client,
			     &self->msg, self->buf);
		EXPECT_QUIET(self->pair.port);
	}
}

/* A sender without room gets that of what is cancelled. */
TEST_F(cancel_abuse, cancelled_request_gives_its_room_to_who_waits)
{
	const struct alpc_create_port options = { .queue_messages = 1 };
	struct alpc_transfer *t = &self->caller.transfer;
	struct pair pair;
	__u64 id;

	ASSERT_EQ(0, pair_open(&pair, &options));
	ASSERT_EQ(0, request(pair.client, 0, &id));
	transfer_init(t, ALPC_TRANSFER_SEND);
	transfer_send(t, 0, 0, "next", 4);
	ASSERT_EQ(0, worker_transfer(&self->caller, pair.client));
	ASSERT_EQ(0, worker_blocked(&self->caller.worker));
	EXPECT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel(pair.client, id));
	EXPECT_EQ(0, worker_join(&self->caller.worker));
	TAKE(ALPC_DATAGRAM, pair.port, &self->msg, self->buf);
	pair_close(&pair);
}

/* --- what it brings ---------------------------------------------------------- */

/* Also of a request that nobody has received, as no thread waits for its reply. */
TEST_F(cancel_abuse, view_is_given_back)
{
	struct section own;
	struct alpc_transfer t;
	int how;

	ASSERT_EQ(0, section_make(self->pair.client, page_size(), 0, &own));
	for (how = 0; how < 4; how++) {
		transfer_init(&t, ALPC_TRANSFER_SEND);
		transfer_send(&t, ALPC_SEND_REQUEST, 0, "view", 4);
		transfer_view(&t.send, own.id, 0, page_size(),
			      ALPC_VIEW_SECURE | ALPC_VIEW_SLOT(how + 1));
		ASSERT_EQ(0, alpc_transfer(self->pair.client, &t));
		EXPECT_EQ(SIGSEGV, touch_write(own.mem));
		if (!how) {
			EXPECT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel(self->pair.client, t.out_id));
			EXPECT_EQ(1, own.slots[1]);
			EXPECT_EQ(0, touch_write(own.mem));
			continue;
		}
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		if (how == 3) {
			EXPECT_EQ(ALPC_CANCELED_TAKEN,
				  alpc_cancel_received(self->pair.port, self->msg.id));
			EXPECT_EQ(1, own.slots[4]);
			TAKE(ALPC_CANCELED, self->pair.client, &self->msg, self->buf);
			EXPECT_TRUE(NO_VIEW(&self->msg));
			EXPECT_EQ(0, touch_write(own.mem));
			continue;
		}
		EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel(self->pair.client, t.out_id));
		/* Its receiver may still be looking at it. */
		EXPECT_EQ(0, own.slots[how + 1]);
		EXPECT_EQ(SIGSEGV, touch_write(own.mem));
		if (how == 1) {
			TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
			EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);
			EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
		} else {
			EXPECT_EQ(-ECANCELED,
				  alpc_cancel_received(self->pair.port, self->msg.id));
		}
		EXPECT_EQ(1, own.slots[how + 1]);
		EXPECT_EQ(0, touch_write(own.mem));
	}
	section_close(&own);
}

/* Who else has the file open: it ends when nobody has. */
static bool pipe_has_ended(int reader)
{
	char byte;

	return read(reader, &byte, 1) == 0;
}

TEST_F(cancel_abuse, descriptors_are_closed)
{
	struct alpc_transfer t;
	struct alpc_attrs attrs, came;
	int pipes[2], how;

	for (how = 0; how < 3; how++) {
		ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
		attrs = attrs_of(&pipes[1], 1);
		transfer_init(&t, ALPC_TRANSFER_SEND);
		transfer_send(&t, ALPC_SEND_REQUEST, 0, "fd", 2);
		transfer_attrs(&t.send, &attrs);
		ASSERT_EQ(0, alpc_transfer(self->pair.client, &t));
		close(pipes[1]);
		EXPECT_FALSE(pipe_has_ended(pipes[0]));
		if (how) {
			ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &came, ALPC_FD_ANY));
			ASSERT_EQ(1, came.fd_count);
		}
		if (how == 2) {
			EXPECT_EQ(ALPC_CANCELED_TAKEN,
				  alpc_cancel_received(self->pair.port, self->msg.id));
			EXPECT_TRUE(pipe_has_ended(pipes[0]));
			TAKE(ALPC_CANCELED, self->pair.client, &self->msg, self->buf);
		} else {
			EXPECT_LT(0, alpc_cancel(self->pair.client, t.out_id));
		}
		if (how == 1) {
			TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
			EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
		}
		EXPECT_TRUE(pipe_has_ended(pipes[0]));
		close(pipes[0]);
	}
}

/* A call with a range of its caller's memory, received by the server. */
#define CALL_WITH_RANGE(memory) do { \
	struct alpc_transfer *__t = &self->caller.transfer; \
	static struct alpc_range __range; \
	static struct alpc_attrs __attrs; \
\
	__range = (struct alpc_range){ \
		.address = address(memory), .len = sizeof(memory), .rights = ALPC_RANGE_READ, \
	}; \
	__attrs = (struct alpc_attrs){ .ranges = address(&__range), .range_count = 1 }; \
	transfer_init(__t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(__t, ALPC_SEND_REQUEST, 0, "call", 4); \
	__t->send.cookie = COOKIE; \
	transfer_attrs(&__t->send, &__attrs); \
	transfer_receive(__t, self->in, sizeof(self->in)); \
	ASSERT_EQ(0, worker_transfer(&self->caller, self->pair.client)); \
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf); \
} while (0)

TEST_F(cancel_abuse, memory_cannot_be_touched_any_more)
{
	char byte;
	int how;

	for (how = 0; how < 2; how++) {
		CALL_WITH_RANGE(self->out);
		EXPECT_RESULT(0, 1, read_range(self->pair.port, self->msg.id, 0, &byte, 1));
		ASSERT_EQ(ALPC_CANCELED_TAKEN,
			  how ? alpc_cancel_cookie(self->pair.client, COOKIE) :
				alpc_cancel_received(self->pair.port, self->msg.id));
		EXPECT_RESULT(how ? -ECANCELED : -ESRCH, 0,
			      read_range(self->pair.port, self->msg.id, 0, &byte, 1));
		EXPECT_EQ(-ECANCELED, worker_join(&self->caller.worker));
		if (how)
			TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	}
}

/* --- callbacks --------------------------------------------------------------- */

/*
 * A call whose thread handles a callback, which a thread of the server waits for. It
 * brings a view of a section of the server's, if there is one.
 */
#define CALL_AND_CALL_BACK_WITH(request_id, view_section) do { \
	struct alpc_transfer *__t = &self->caller.transfer; \
\
	transfer_init(__t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(__t, ALPC_SEND_REQUEST, 0, "call", 4); \
	__t->send.cookie = COOKIE; \
	transfer_receive(__t, self->in, sizeof(self->in)); \
	ASSERT_EQ(0, worker_transfer(&self->caller, self->pair.client)); \
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf); \
	request_id = self->msg.id; \
	__t = &self->server.transfer; \
	transfer_init(__t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT); \
	transfer_send(__t, ALPC_SEND_CALLBACK, request_id, "back", 4); \
	__t->send.cookie = COOKIE; \
	if (view_section) \
		transfer_view(&__t->send, view_section, 0, 1, 0); \
	transfer_receive(__t, self->out, sizeof(self->out)); \
	ASSERT_EQ(0, worker_transfer(&self->server, self->pair.server)); \
	ASSERT_EQ(0, worker_join(&self->caller.worker)); \
	ASSERT_TRUE(self->caller.transfer.recv.flags & ALPC_MSG_CALLBACK); \
} while (0)

#define CALL_AND_CALL_BACK(request_id)	CALL_AND_CALL_BACK_WITH(request_id, 0)

TEST_F(cancel_abuse, sender_takes_the_callbacks_along)
{
	__u64 id, call;

	CALL_AND_CALL_BACK(id);
	call = self->caller.transfer.recv.call;
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel(self->pair.client, call));
	EXPECT_EQ(-ECANCELED, worker_join(&self->server.worker));
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(id, self->msg.id);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, self->caller.transfer.recv.id, "no", 2));
	EXPECT_EQ(-ESRCH, alpc_await_reply(self->pair.client, call, ALPC_INFINITE, &self->msg,
					   self->buf, sizeof(self->buf)));
}

/* The thread that handles a callback hears of it when it comes back, once. */
TEST_F(cancel_abuse, receiver_takes_the_callbacks_along)
{
	__u64 id, call;

	CALL_AND_CALL_BACK(id);
	call = self->caller.transfer.recv.call;
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_received(self->pair.port, id));
	EXPECT_EQ(-ECANCELED, worker_join(&self->server.worker));
	EXPECT_EQ(-ESRCH, alpc_cancel(self->pair.client, call));
	EXPECT_EQ(-ECANCELED, alpc_await_reply(self->pair.client, call, ALPC_INFINITE, &self->msg,
					       self->buf, sizeof(self->buf)));
	EXPECT_EQ(-ESRCH, alpc_await_reply(self->pair.client, call, ALPC_INFINITE, &self->msg,
					   self->buf, sizeof(self->buf)));
}

/* It is a request like others: its sender, and its receiver, can cancel it. */
TEST_F(cancel_abuse, callback_itself_is_cancelled_by_either_side)
{
	const struct alpc_msg *got = &self->caller.transfer.recv;
	__u64 id, call;
	int how;

	for (how = 0; how < 2; how++) {
		CALL_AND_CALL_BACK(id);
		call = got->call;
		if (how) {
			EXPECT_EQ(ALPC_CANCELED_TAKEN,
				  alpc_cancel_cookie(self->pair.server, COOKIE));
			TAKE(ALPC_CANCELED, self->pair.client, &self->msg, self->buf);
			EXPECT_EQ(got->id, self->msg.id);
		} else {
			EXPECT_EQ(ALPC_CANCELED_TAKEN,
				  alpc_cancel_received(self->pair.client, got->id));
		}
		EXPECT_EQ(-ECANCELED, worker_join(&self->server.worker));
		/* The call goes on without it. */
		EXPECT_EQ(0, alpc_reply(self->pair.port, id, "answer", 6));
		EXPECT_EQ(-EALREADY, alpc_cancel(self->pair.client, call));
		EXPECT_EQ(0, alpc_await_reply(self->pair.client, call, ALPC_INFINITE, &self->msg,
					      self->buf, sizeof(self->buf)));
		EXPECT_EQ(ALPC_REPLY, self->msg.type);
	}
}

/*
 * A callback with a view, whose thread handles another one when all of it is cancelled
 * and the connection ends: what is left of it goes when its receiver lets go.
 */
TEST_F(cancel_abuse, callback_that_is_kept_ends_with_its_connection)
{
	struct transfer_worker nested = {};
	struct alpc_transfer *t = &nested.transfer;
	struct section section;
	__u64 id, back;
	int how;

	for (how = 0; how < 2; how++) {
		ASSERT_EQ(0, section_create(self->pair.server, 1, 0, &section));
		CALL_AND_CALL_BACK_WITH(id, section.id);
		back = self->caller.transfer.recv.id;
		transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(t, ALPC_SEND_CALLBACK, back, "inner", 5);
		transfer_receive(t, self->buf, sizeof(self->buf));
		ASSERT_EQ(0, worker_transfer(&nested, self->pair.client));
		ASSERT_EQ(0, worker_join(&self->server.worker));
		EXPECT_EQ(ALPC_MSG_CALLBACK, self->server.transfer.recv.flags);
		EXPECT_EQ(ALPC_CANCELED_TAKEN,
			  alpc_cancel(self->pair.client, self->caller.transfer.recv.call));
		EXPECT_EQ(-ECANCELED, worker_join(&nested.worker));
		EXPECT_EQ(0, alpc_disconnect(how ? self->pair.client : self->pair.server));
		if (how)
			EXPECT_EQ(0, alpc_release(self->pair.client, back));
		close_fd(&self->pair.client);
		EXPECT_EQ(-EPIPE, alpc_await_reply(self->pair.server,
						   self->server.transfer.out_id, 0,
						   &self->msg, self->in, sizeof(self->in)));
		section_close(&section);
		pair_close(&self->pair);
		ASSERT_EQ(0, pair_open(&self->pair, NULL));
	}
}

/* Who could not be told that its request was cancelled has it on its account still. */
TEST_F(cancel_abuse, notice_that_is_put_back_counts_for_its_sender)
{
	struct alpc_transfer *t = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 id, ids[OUTSTANDING];
	int i;

	ASSERT_NE(MAP_FAILED, t);
	for (i = 0; i < OUTSTANDING; i++) {
		ASSERT_EQ(0, request(self->pair.client, COOKIE, &ids[i]));
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	}
	EXPECT_EQ(-EDQUOT, request(self->pair.client, COOKIE, NULL));
	ASSERT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel(self->pair.client, ids[0]));
	transfer_init(t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(t, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, mprotect(t, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.port, t));
	EXPECT_EQ(-EDQUOT, request(self->pair.client, COOKIE, NULL));
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, request(self->pair.client, COOKIE, &id));
	EXPECT_EQ(-EDQUOT, request(self->pair.client, COOKIE, NULL));
	munmap(t, 4096);
	pair_close(&self->pair);
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

/* Of an asynchronous request as well. */
TEST_F(cancel_abuse, callbacks_in_an_asynchronous_request_are_taken_along)
{
	struct alpc_transfer *t = &self->server.transfer;
	__u64 id, callback;

	ASSERT_EQ(0, request(self->pair.client, COOKIE, &id));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_CALLBACK, self->msg.id, "back", 4);
	transfer_receive(t, self->out, sizeof(self->out));
	ASSERT_EQ(0, worker_transfer(&self->server, self->pair.server));
	AWAIT(ALPC_REQUEST, self->pair.client, &self->msg, self->buf);
	callback = self->msg.id;
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel(self->pair.client, id));
	EXPECT_EQ(-ECANCELED, worker_join(&self->server.worker));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, callback, NULL, 0));
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
}

TEST_HARNESS_MAIN
