// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answering a connection request: once, with the right means, by who may, and
 * again after it failed.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sched.h>
#include <sys/socket.h>

#include "alpc_thread.h"

/* A pair, and a client that waits to be accepted. */
FIXTURE(accept)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
	int pending;
	__u64 id;
	int fds;
};

FIXTURE_SETUP(accept)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->pending = alpc_connect_async(self->pair.name);
	ASSERT_LE(0, self->pending);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	self->id = self->msg.id;
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(accept)
{
	close_fd(&self->pending);
	pair_close(&self->pair);
}

/* The request is as good as new: accept it, and use the connection. */
#define EXPECT_ACCEPTABLE() do { \
	int __server; \
\
	EXPECT_EQ(self->fds, open_fds()); \
	NOTHING(self->pending); \
	EXPECT_EQ(1, alpc_unanswered(self->pair.port)); \
	__server = alpc_accept_data(self->pair.port, self->id, 0xacce, "yes", 3); \
	ASSERT_LE(0, __server); \
	TAKE(ALPC_CONNECTION_REPLY, self->pending, &self->msg, self->buf); \
	EXPECT_EQ(3, self->msg.len); \
	EXPECT_EQ(0, alpc_send(self->pending, "x", 1)); \
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf); \
	EXPECT_EQ(0xacce, self->msg.context); \
	close(__server); \
	EXPECT_EQ(self->fds, open_fds()); \
	EXPECT_EQ(0, pair_works(&self->pair)); \
} while (0)

TEST_F(accept, abuse_14_only_once)
{
	int server = alpc_accept_id(self->pair.port, self->id, 1);

	ASSERT_LE(0, server);
	EXPECT_EQ(-ESRCH, alpc_accept_id(self->pair.port, self->id, 2));
	EXPECT_EQ(-ESRCH, alpc_refuse(self->pair.port, self->id, NULL, 0));
	EXPECT_EQ(self->fds + 1, open_fds());
	TAKE(ALPC_CONNECTION_REPLY, self->pending, &self->msg, self->buf);
	NOTHING(self->pending);
	EXPECT_EQ(0, alpc_send(self->pending, "x", 1));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(1, self->msg.context);
	EXPECT_EQ(0, pair_works(&self->pair));
	close(server);
}

TEST_F(accept, not_after_a_refusal)
{
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->id, "no", 2));
	EXPECT_EQ(-ESRCH, alpc_accept_id(self->pair.port, self->id, 1));
	EXPECT_EQ(-ESRCH, alpc_refuse(self->pair.port, self->id, "no", 2));
	TAKE(ALPC_CONNECTION_REFUSED, self->pending, &self->msg, self->buf);
	EXPECT_EQ(self->fds, open_fds());
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(accept, refusal_gives_no_descriptor)
{
	struct alpc_accept arg = {
		.size = sizeof(arg), .flags = ALPC_ACCEPT_REFUSE, .id = self->id,
		.out_fd = POISON_S32,
	};

	EXPECT_EQ(0, alpc_ioctl(self->pair.port, ALPC_IOC_ACCEPT, &arg));
	EXPECT_EQ(-1, arg.out_fd);
	EXPECT_EQ(self->fds, open_fds());
}

TEST_F(accept, abuse_14_a_request_is_no_connection_request)
{
	__u64 id;

	ASSERT_EQ(0, alpc_request_async(self->pair.client, "?", 1, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	id = self->msg.id;
	EXPECT_EQ(-EBADMSG, alpc_accept_id(self->pair.port, id, 1));
	EXPECT_EQ(-EBADMSG, alpc_refuse(self->pair.port, id, NULL, 0));
	/* The caller still gets its reply, and that alone. */
	NOTHING(self->pair.client);
	EXPECT_EQ(0, alpc_reply(self->pair.port, id, "!", 1));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, abuse_14_a_reply_is_no_acceptance)
{
	EXPECT_EQ(-EBADMSG, alpc_reply(self->pair.port, self->id, "!", 1));
	EXPECT_EQ(-EBADMSG, alpc_reply_receive(self->pair.port, self->id, "!", 1, &self->msg,
					       self->buf, sizeof(self->buf)));
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, a_callback_is_no_acceptance)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_CALLBACK, self->id, "?", 1);
	EXPECT_EQ(-EBADMSG, alpc_transfer(self->pair.port, &t));
	EXPECT_EQ(0, t.out_done);
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, made_up_ids)
{
	const __u64 ids[] = {
		0, 1, 2, self->id + 1, self->id - 1, self->id ^ 1ULL << 32, self->id ^ 1ULL << 63,
		self->id << 1, ~self->id, ~0ULL, 1ULL << 63, 0xffffffff00000000ULL,
		(unsigned long)self,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		if (ids[i] == self->id)
			continue;
		EXPECT_EQ(-ESRCH, alpc_accept_id(self->pair.port, ids[i], 1))
			TH_LOG("id %#llx of %#llx", ids[i], self->id);
		EXPECT_EQ(-ESRCH, alpc_refuse(self->pair.port, ids[i], NULL, 0));
	}
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, not_before_it_was_received)
{
	int second = alpc_connect_async(self->pair.name), server;
	__u64 guess;

	ASSERT_LE(0, second);
	/* Whatever its id is, it is close to the last one. */
	for (guess = self->id + 1; guess < self->id + 64; guess++)
		EXPECT_EQ(-ESRCH, alpc_accept_id(self->pair.port, guess, 1));
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	server = alpc_accept_id(self->pair.port, self->msg.id, 1);
	EXPECT_LE(0, server);
	close(second);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
	close(server);
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, abuse_14_id_of_another_port)
{
	struct pair other;

	ASSERT_EQ(0, pair_open(&other, NULL));
	EXPECT_EQ(-ESRCH, alpc_accept_id(other.port, self->id, 1));
	EXPECT_EQ(-ESRCH, alpc_refuse(other.port, self->id, NULL, 0));
	EXPECT_EQ(-ESRCH, alpc_reply(other.port, self->id, "!", 1));
	EXPECT_EQ(0, pair_works(&other));
	pair_close(&other);
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, not_through_a_communication_port)
{
	EXPECT_EQ(-EOPNOTSUPP, alpc_accept_id(self->pair.server, self->id, 1));
	EXPECT_EQ(-EOPNOTSUPP, alpc_accept_id(self->pair.client, self->id, 1));
	EXPECT_EQ(-EOPNOTSUPP, alpc_accept_id(self->pending, self->id, 1));
	EXPECT_EQ(-EOPNOTSUPP, alpc_accept_id(alpc_device(), self->id, 1));
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, with_data_that_is_not_there)
{
	char *hole = memory_before_hole(3);
	int i;

	for (i = 0; i < 5; i++) {
		EXPECT_EQ(-EFAULT, alpc_accept_data(self->pair.port, self->id, 1, NULL, 4));
		EXPECT_EQ(-EFAULT, alpc_accept_data(self->pair.port, self->id, 1, hole, 4));
		EXPECT_EQ(-EFAULT, alpc_refuse(self->pair.port, self->id, hole, 4));
	}
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, with_data_that_is_too_long)
{
	char data[ALPC_DATA_DEFAULT + 1] = "";

	EXPECT_EQ(-EMSGSIZE,
		  alpc_accept_data(self->pair.port, self->id, 1, data, sizeof(data)));
	EXPECT_EQ(-EMSGSIZE, alpc_refuse(self->pair.port, self->id, data, sizeof(data)));
	EXPECT_EQ(-EMSGSIZE, alpc_accept_data(self->pair.port, self->id, 1, data, ~0U));
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, without_a_descriptor_to_give)
{
	int i, old = forbid_descriptors();

	for (i = 0; i < 5; i++)
		EXPECT_EQ(-EMFILE, alpc_accept_id(self->pair.port, self->id, 1));
	allow_descriptors(old);
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, refusal_needs_no_descriptor)
{
	int old = forbid_descriptors();

	EXPECT_EQ(0, alpc_refuse(self->pair.port, self->id, "full", 4));
	allow_descriptors(old);
	TAKE(ALPC_CONNECTION_REFUSED, self->pending, &self->msg, self->buf);
}

TEST_F(accept, where_the_descriptor_cannot_be_told)
{
	struct alpc_accept *arg;
	int i;

	arg = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, arg);
	*arg = (struct alpc_accept){ .size = sizeof(*arg), .id = self->id };
	ASSERT_EQ(0, mprotect(arg, 4096, PROT_READ));
	for (i = 0; i < 5; i++)
		EXPECT_EQ(-EFAULT, alpc_accept_with(self->pair.port, arg));
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, after_the_client_closed)
{
	int err;

	close_fd(&self->pending);
	err = alpc_accept_id(self->pair.port, self->id, 1);
	EXPECT_TRUE(err == -ECANCELED || err == -ESRCH)
		TH_LOG("accepting: %d", err);
	EXPECT_EQ(-ESRCH, alpc_accept_id(self->pair.port, self->id, 1));
	EXPECT_EQ(self->fds - 1, open_fds());
	EXPECT_EQ(0, alpc_unanswered(self->pair.port));
}

TEST_F(accept, after_the_client_was_killed)
{
	int err;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		/* The parent's ports must not outlive it here. */
		pair_close(&self->pair);
		close_fd(&self->pending);
		child_exit(alpc_connect_to(self->pair.name) >= 0);
	}
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	child_kill(&self->child);
	err = alpc_accept_id(self->pair.port, self->msg.id, 1);
	EXPECT_TRUE(err == -ECANCELED || err == -ESRCH)
		TH_LOG("accepting: %d", err);
	EXPECT_EQ(-ESRCH, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
}

TEST_F(accept, by_another_process_that_holds_the_port)
{
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		int server = alpc_accept_id(self->pair.port, self->id, 3);

		EXPECT_LE(0, server);
		child_signal(&self->child);
		child_wait(&self->child);
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_EQ(-ESRCH, alpc_accept_id(self->pair.port, self->id, 4));
	TAKE(ALPC_CONNECTION_REPLY, self->pending, &self->msg, self->buf);
	EXPECT_EQ(self->child.pid, self->msg.pid);
	EXPECT_EQ(0, alpc_send(self->pending, "x", 1));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(3, self->msg.context);
	/* The server port ends with its only holder. */
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(-EPIPE, alpc_send(self->pending, "x", 1));
	EXPECT_EQ(0, pair_works(&self->pair));
}

TEST_F(accept, context_is_on_everything_from_that_client)
{
	static const __u64 contexts[] = { 0, 1, ~0ULL, 1ULL << 63, 0xffffffff };
	int clients[5], servers[5], i;
	__u64 id;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, contexts[i],
					  &clients[i], &servers[i]));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, alpc_send(clients[i], "d", 1));
		ASSERT_EQ(0, alpc_request_async(clients[i], "r", 1, 0, 0, &id));
	}
	/* They take turns. */
	for (i = 0; i < 5; i++) {
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(contexts[i], self->msg.context);
	}
	for (i = 0; i < 5; i++) {
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(contexts[i], self->msg.context);
	}
	for (i = 0; i < 5; i++) {
		close(clients[i]);
		TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(contexts[i], self->msg.context);
		close(servers[i]);
	}
}

struct contest {
	int port;
	__u64 id;
	bool refuse;
	bool go;
};

static int contend(void *arg)
{
	struct contest *contest = arg;

	while (!__atomic_load_n(&contest->go, __ATOMIC_ACQUIRE))
		sched_yield();
	return alpc_accept_id(contest->port, contest->id, gettid());
}

static int contend_refusing(void *arg)
{
	struct contest *contest = arg;

	while (!__atomic_load_n(&contest->go, __ATOMIC_ACQUIRE))
		sched_yield();
	return alpc_refuse(contest->port, contest->id, NULL, 0);
}

TEST_F(accept, abuse_15_one_of_those_who_answer_at_once_does)
{
	struct contest contest = { .port = self->pair.port };
	int round, i, result, won;
	struct worker workers[4];
	bool accepted;

	for (round = 0; round < 20; round++) {
		int client = alpc_connect_async(self->pair.name);

		ASSERT_LE(0, client);
		TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
		contest.id = self->msg.id;
		contest.go = false;
		for (i = 0; i < 4; i++)
			ASSERT_EQ(0, worker_start(&workers[i], i % 2 ? contend : contend_refusing,
						  &contest));
		__atomic_store_n(&contest.go, true, __ATOMIC_RELEASE);
		for (i = won = accepted = 0; i < 4; i++) {
			result = worker_join(&workers[i]);
			if (result < 0) {
				EXPECT_EQ(-ESRCH, result);
				continue;
			}
			won++;
			accepted = i % 2;
			if (accepted)
				close(result);
		}
		EXPECT_EQ(1, won);
		TAKE(accepted ? ALPC_CONNECTION_REPLY : ALPC_CONNECTION_REFUSED, client,
		     &self->msg, self->buf);
		close(client);
		EXPECT_EQ(self->fds, open_fds());
	}
	while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, sizeof(self->buf)))
		EXPECT_EQ(ALPC_PORT_CLOSED, self->msg.type);
	EXPECT_ACCEPTABLE();
}

TEST_F(accept, races_with_a_client_that_gives_up)
{
	struct contest contest = { .port = self->pair.port };
	struct alpc_port_info info;
	struct worker worker;
	int round, result, closed = 0, accepted = 0;

	for (round = 0; round < 50; round++) {
		int client = alpc_connect_async(self->pair.name);

		ASSERT_LE(0, client);
		TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
		contest.id = self->msg.id;
		contest.go = false;
		ASSERT_EQ(0, worker_start(&worker, contend, &contest));
		__atomic_store_n(&contest.go, true, __ATOMIC_RELEASE);
		close(client);
		result = worker_join(&worker);
		if (result >= 0) {
			/* The end comes as a message, even if the client never knew. */
			accepted++;
			EXPECT_EQ(-EPIPE, alpc_send(result, "x", 1));
		} else {
			EXPECT_TRUE(result == -ECANCELED || result == -ESRCH)
				TH_LOG("accepting: %d", result);
		}
		while (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf, 64))
			closed += self->msg.type == ALPC_PORT_CLOSED;
		close_fd(&result);
	}
	EXPECT_EQ(accepted, closed);
	EXPECT_EQ(self->fds, open_fds());
	ASSERT_EQ(0, alpc_info(self->pair.port, &info));
	EXPECT_EQ(2, info.out_connections);
	EXPECT_ACCEPTABLE();
}

TEST_HARNESS_MAIN
