// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests and their replies: by id, by cookie, in any order, once; ids that
 * are somebody else's, used up, or made up; replies there is no room for.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_thread.h"

FIXTURE(reply)
{
	struct pair pair;
	char buf[ALPC_DATA_DEFAULT];
};

FIXTURE_SETUP(reply)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(reply)
{
	pair_close(&self->pair);
}

/* An asynchronous request of the client's, received by the server. */
#define REQUEST(pair, cookie, msg, id) do { \
	ASSERT_EQ(0, alpc_request_async((pair)->client, "q", 1, cookie, 0, id)); \
	TAKE(ALPC_REQUEST, (pair)->port, msg, self->buf); \
} while (0)

TEST_F(reply, replies_in_another_order_go_by_id_and_cookie)
{
	enum { REQUESTS = 64 };
	struct alpc_msg msg[REQUESTS], reply;
	__u64 id[REQUESTS];
	unsigned int i, n;

	for (i = 0; i < REQUESTS; i++)
		ASSERT_EQ(0, alpc_request_async(self->pair.client, &i, sizeof(i), ~0ULL - i, 0,
						&id[i]));
	for (i = 0; i < REQUESTS; i++) {
		TAKE(ALPC_REQUEST, self->pair.port, &msg[i], self->buf);
		EXPECT_EQ(0, memcmp(self->buf, &i, sizeof(i)));
	}
	EXPECT_EQ(REQUESTS, alpc_unanswered(self->pair.port));
	/* 37 and 64 have no common divisor, so that each has its turn. */
	for (n = 0; n < REQUESTS; n++) {
		i = n * 37 % REQUESTS;
		ASSERT_EQ(0, alpc_reply(self->pair.port, msg[i].id, &i, sizeof(i)));
	}
	EXPECT_EQ(0, alpc_unanswered(self->pair.port));
	for (n = 0; n < REQUESTS; n++) {
		i = n * 37 % REQUESTS;
		TAKE(ALPC_REPLY, self->pair.client, &reply, self->buf);
		EXPECT_EQ(id[i], reply.id);
		EXPECT_EQ(~0ULL - i, reply.cookie);
		EXPECT_EQ(0, memcmp(self->buf, &i, sizeof(i)));
	}
	NOTHING(self->pair.client);
}

TEST_F(reply, abuse_13_ids_are_never_used_again)
{
	enum { REQUESTS = 200 };
	__u64 sent[REQUESTS], received[REQUESTS];
	struct alpc_msg msg;
	unsigned int i, n;

	for (i = 0; i < REQUESTS; i++) {
		REQUEST(&self->pair, i, &msg, &sent[i]);
		received[i] = msg.id;
		ASSERT_EQ(0, alpc_reply(self->pair.port, received[i], NULL, 0));
		TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
		for (n = 0; n < i; n++) {
			EXPECT_NE(sent[n], sent[i]);
			EXPECT_NE(received[n], received[i]);
		}
	}
	for (n = 0; n < REQUESTS; n++)
		EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, received[n], NULL, 0));
}

TEST_F(reply, replies_to_a_server_arrive_at_its_connection_port)
{
	struct alpc_msg msg;
	__u64 first, second;

	ASSERT_EQ(0, alpc_request_async(self->pair.server, "1", 1, 11, 0, &first));
	ASSERT_EQ(0, alpc_request_async(self->pair.server, "2", 1, 22, 0, &second));
	TAKE(ALPC_REQUEST, self->pair.client, &msg, self->buf);
	EXPECT_EQ('1', self->buf[0]);
	ASSERT_EQ(0, alpc_reply(self->pair.client, msg.id, "a", 1));
	TAKE(ALPC_REQUEST, self->pair.client, &msg, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.client, msg.id, "b", 1));

	TAKE(ALPC_REPLY, self->pair.port, &msg, self->buf);
	EXPECT_EQ(first, msg.id);
	EXPECT_EQ(11, msg.cookie);
	EXPECT_EQ(self->pair.context, msg.context);
	EXPECT_EQ('a', self->buf[0]);
	TAKE(ALPC_REPLY, self->pair.port, &msg, self->buf);
	EXPECT_EQ(second, msg.id);
	EXPECT_EQ(22, msg.cookie);
	EXPECT_EQ('b', self->buf[0]);
}

TEST_F(reply, reply_and_receive_does_both)
{
	struct alpc_msg first, msg;

	REQUEST(&self->pair, 1, &first, NULL);
	ASSERT_EQ(0, alpc_send(self->pair.client, "next", 4));
	ASSERT_EQ(0, alpc_reply_receive(self->pair.port, first.id, "r", 1, &msg, self->buf,
					sizeof(self->buf)));
	EXPECT_EQ(ALPC_DATAGRAM, msg.type);
	EXPECT_EQ(4, msg.len);
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ('r', self->buf[0]);
}

/* The same at a client, which answers a request that its server made. */
TEST_F(reply, client_replies_and_receives)
{
	struct alpc_msg first, msg;

	ASSERT_EQ(0, alpc_request_async(self->pair.server, "q", 1, 7, 0, NULL));
	ASSERT_EQ(0, alpc_send(self->pair.server, "next", 4));
	TAKE(ALPC_REQUEST, self->pair.client, &first, self->buf);
	ASSERT_EQ(0, alpc_reply_receive(self->pair.client, first.id, "r", 1, &msg, self->buf,
					sizeof(self->buf)));
	EXPECT_EQ(ALPC_DATAGRAM, msg.type);
	TAKE(ALPC_REPLY, self->pair.port, &msg, self->buf);
	EXPECT_EQ(7, msg.cookie);
}

TEST_F(reply, failed_reply_does_not_receive)
{
	struct alpc_msg msg;

	ASSERT_EQ(0, alpc_send(self->pair.client, "next", 4));
	EXPECT_EQ(-ESRCH, alpc_reply_receive(self->pair.port, 12345, "r", 1, &msg, self->buf,
					     sizeof(self->buf)));
	EXPECT_TRUE(IS_POISON(self->buf));
	EXPECT_EQ(1, alpc_queued(self->pair.port));
	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
}

/* --- ids ------------------------------------------------------------------ */

TEST_F(reply, made_up_ids_are_esrch)
{
	static const __u64 made_up[] = {
		0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 32, 1ULL << 63, ~0ULL - 1,
		~0ULL,
	};
	const int ports[] = { self->pair.port, self->pair.server, self->pair.client };
	unsigned int i, end;

	for (i = 0; i < ARRAY_SIZE(made_up); i++) {
		for (end = 0; end < ARRAY_SIZE(ports); end++)
			EXPECT_EQ(-ESRCH, alpc_reply(ports[end], made_up[i], "x", 1));
	}
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
}

TEST_F(reply, abuse_12_request_is_answered_once)
{
	struct alpc_msg msg;
	__u64 id;

	REQUEST(&self->pair, 1, &msg, NULL);
	id = msg.id;
	ASSERT_EQ(0, alpc_reply(self->pair.port, id, "1", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, id, "2", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.server, id, "3", 1));
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ('1', self->buf[0]);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, id, "4", 1));
	NOTHING(self->pair.client);
}

/* Ids that are used nearby, and all bits of one that is unanswered. */
TEST_F(reply, abuse_11_guessed_ids_do_not_resolve)
{
	struct alpc_msg msg, reply;
	unsigned int bit;

	REQUEST(&self->pair, 1, &msg, NULL);
	/* Another waits to be received: it cannot be answered before. */
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "q", 1, 2, 0, NULL));
	for (bit = 0; bit < 64; bit++)
		EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, msg.id ^ (1ULL << bit), "x", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, msg.id + 1, "x", 1));
	NOTHING(self->pair.client);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "y", 1));
	TAKE(ALPC_REPLY, self->pair.client, &reply, self->buf);
	EXPECT_EQ(1, reply.cookie);
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
}

TEST_F(reply, abuse_11_ids_of_other_connections_and_ports_do_not_resolve)
{
	struct alpc_msg msg, reply;
	struct pair other;
	int client, server;

	ASSERT_EQ(0, pair_open(&other, NULL));
	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &client, &server));
	REQUEST(&self->pair, 1, &msg, NULL);

	/* The server port of another client, clients, another port. */
	EXPECT_EQ(-ESRCH, alpc_reply(server, msg.id, "x", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(client, msg.id, "x", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, msg.id, "x", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(other.port, msg.id, "x", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(other.server, msg.id, "x", 1));
	EXPECT_EQ(1, alpc_unanswered(self->pair.port));
	NOTHING(self->pair.client);

	ASSERT_EQ(0, alpc_reply(self->pair.server, msg.id, "y", 1));
	TAKE(ALPC_REPLY, self->pair.client, &reply, self->buf);
	NOTHING(client);
	close(client);
	close(server);
	pair_close(&other);
}

/* A client cannot answer itself, nor its server through the id that it knows. */
TEST_F(reply, abuse_12_sender_cannot_answer_its_own_request)
{
	struct alpc_msg msg;
	__u64 id;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "q", 1, 1, 0, &id));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, id, "x", 1));
	TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, id, "x", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.client, msg.id, "x", 1));

	ASSERT_EQ(0, alpc_request_async(self->pair.server, "q", 1, 1, 0, &id));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.server, id, "x", 1));
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, id, "x", 1));
	TAKE(ALPC_REQUEST, self->pair.client, &msg, self->buf);
	NOTHING(self->pair.port);
	NOTHING(self->pair.client);
}

TEST_F(reply, abuse_14_messages_other_than_requests_take_no_reply)
{
	struct alpc_msg msg;
	int client;

	ASSERT_EQ(0, alpc_send(self->pair.client, "d", 1));
	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, msg.id, "x", 1));

	/* Instead of accepting, as in an old hole of another system. */
	client = alpc_connect_async(self->pair.name);
	ASSERT_LE(0, client);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &msg, self->buf);
	EXPECT_EQ(-EBADMSG, alpc_reply(self->pair.port, msg.id, "x", 1));
	EXPECT_EQ(-EBADMSG, alpc_reply_receive(self->pair.port, msg.id, "x", 1,
					       &(struct alpc_msg){}, self->buf, 1));
	ASSERT_EQ(0, alpc_refuse(self->pair.port, msg.id, NULL, 0));
	TAKE(ALPC_CONNECTION_REFUSED, client, &msg, self->buf);
	close(client);

	REQUEST(&self->pair, 1, &msg, NULL);
	EXPECT_EQ(-EBADMSG, alpc_accept_id(self->pair.port, msg.id, 0));
	EXPECT_EQ(-EBADMSG, alpc_refuse(self->pair.port, msg.id, NULL, 0));
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "y", 1));
}

/* A port is a file: whoever holds it answers, the receiver or not. */
TEST_F(reply, abuse_12_another_process_with_the_port_replies)
{
	struct alpc_msg msg;
	struct child child;

	REQUEST(&self->pair, 9, &msg, NULL);
	ASSERT_LE(0, child_start(&child));
	if (!child.pid)
		child_exit(!alpc_reply(self->pair.port, msg.id, "child", 5));
	ASSERT_EQ(0, child_end(&child));
	TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
	EXPECT_EQ(9, msg.cookie);
	EXPECT_EQ(child.pid, msg.pid);
	EXPECT_EQ(0, memcmp(self->buf, "child", 5));
}

/* --- room for the reply --------------------------------------------------- */

/* .recv.len is room that is set aside, not a promise about the reply. */
TEST_F(reply, longer_than_the_room_set_aside_is_still_received)
{
	static const __u32 rooms[] = { 1, 8, ALPC_DATA_DEFAULT, 100000, 0xffffffff };
	char out[ALPC_DATA_DEFAULT];
	struct alpc_msg msg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "q", 1, i, rooms[i], NULL));
		TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
		pattern(out, sizeof(out), i);
		ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, out, sizeof(out)));
		TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
		EXPECT_EQ(sizeof(out), msg.len);
		EXPECT_TRUE(is_pattern(self->buf, sizeof(out), i));
	}
}

/*
 * The caller learns that its buffer was too small, or was not there. The reply
 * stays with the call, where no other thread finds it, until it is fetched.
 */
TEST_F(reply, abuse_10_caller_without_room_fetches_the_reply)
{
	static const __u32 rooms[] = { 0, 1, 99 };
	struct transfer_worker caller;
	struct alpc_transfer *t = &caller.transfer;
	struct alpc_msg msg;
	char in[100], out[100];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rooms) + 1; i++) {
		bool too_small = i < ARRAY_SIZE(rooms);
		const int error = too_small ? -EMSGSIZE : -EFAULT;
		__u64 call;

		transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(t, ALPC_SEND_REQUEST, 0, "q", 1);
		transfer_receive(t, too_small ? in : NULL, too_small ? rooms[i] : sizeof(in));
		if (!too_small)
			t->recv.data = address(memory_before_hole(50));
		t->send.cookie = 77;
		ASSERT_EQ(0, worker_transfer(&caller, self->pair.client));
		AWAIT(ALPC_REQUEST, self->pair.port, &msg, self->buf);
		pattern(out, sizeof(out), i);
		ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, out, sizeof(out)));
		EXPECT_EQ(error, worker_join(&caller.worker));
		EXPECT_EQ(ALPC_DONE_SENT, t->out_done);
		if (too_small)
			EXPECT_EQ(sizeof(out), t->recv.len);
		call = t->out_id;
		NOTHING(self->pair.client);

		transfer_init(t, ALPC_TRANSFER_WAIT);
		transfer_receive(t, in, sizeof(in) - 1);
		t->recv.call = call;
		EXPECT_EQ(-EMSGSIZE, alpc_transfer(self->pair.client, t));
		EXPECT_EQ(sizeof(out), t->recv.len);
		transfer_receive(t, in, sizeof(in));
		t->recv.call = call;
		ASSERT_EQ(0, alpc_transfer(self->pair.client, t));
		EXPECT_EQ(ALPC_REPLY, t->recv.type);
		EXPECT_EQ(call, t->recv.id);
		EXPECT_EQ(77, t->recv.cookie);
		EXPECT_EQ(sizeof(out), t->recv.len);
		EXPECT_TRUE(is_pattern(in, sizeof(out), i));
		transfer_receive(t, in, sizeof(in));
		t->recv.call = call;
		EXPECT_EQ(-ESRCH, alpc_transfer(self->pair.client, t));
	}
	EXPECT_EQ(0, pair_works(&self->pair));
}

/* Nobody fetches it: it goes with the port. */
TEST_F(reply, reply_that_is_not_fetched_is_freed_with_the_port)
{
	struct transfer_worker caller;
	struct alpc_msg msg;

	transfer_init(&caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&caller.transfer, ALPC_SEND_REQUEST, 0, "q", 1);
	ASSERT_EQ(0, worker_transfer(&caller, self->pair.client));
	AWAIT(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, self->buf, sizeof(self->buf)));
	EXPECT_EQ(-EMSGSIZE, worker_join(&caller.worker));
	close_fd(&self->pair.client);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
	EXPECT_QUIET(self->pair.port);
}

/* A call does not take what else is sent to its port, nor another's reply. */
TEST_F(reply, call_gets_its_own_reply_only)
{
	struct transfer_worker caller[2];
	struct alpc_msg msg[2], other;
	char in[2][16];
	unsigned int i;
	__u64 id;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "async", 5, 5, 0, &id));
	for (i = 0; i < 2; i++) {
		transfer_init(&caller[i].transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(&caller[i].transfer, ALPC_SEND_REQUEST, 0, i ? "1" : "0", 1);
		transfer_receive(&caller[i].transfer, in[i], sizeof(in[i]));
		ASSERT_EQ(0, worker_transfer(&caller[i], self->pair.client));
		ASSERT_EQ(0, worker_blocked(&caller[i].worker));
	}
	TAKE(ALPC_REQUEST, self->pair.port, &other, self->buf);
	for (i = 0; i < 2; i++) {
		TAKE(ALPC_REQUEST, self->pair.port, &msg[i], self->buf);
		EXPECT_EQ('0' + i, self->buf[0]);
	}
	ASSERT_EQ(0, alpc_send(self->pair.server, "datagram", 8));
	ASSERT_EQ(0, alpc_reply(self->pair.port, other.id, "async", 5));
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg[1].id, "b", 1));
	ASSERT_EQ(0, worker_join(&caller[1].worker));
	EXPECT_FALSE(worker_done(&caller[0].worker));
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg[0].id, "a", 1));
	ASSERT_EQ(0, worker_join(&caller[0].worker));
	EXPECT_EQ('a', in[0][0]);
	EXPECT_EQ('b', in[1][0]);
	EXPECT_NE(caller[0].transfer.out_id, caller[1].transfer.out_id);
	TAKE(ALPC_DATAGRAM, self->pair.client, &other, self->buf);
	TAKE(ALPC_REPLY, self->pair.client, &other, self->buf);
	EXPECT_EQ(id, other.id);
	NOTHING(self->pair.client);
}

TEST_HARNESS_MAIN
