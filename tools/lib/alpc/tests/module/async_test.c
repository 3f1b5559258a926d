// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: requests whose replies are collected later, and
 * requests that are cancelled.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "step_fixture.h"

#include <poll.h>
#include <unistd.h>

#define SOME	5

/* The next message at the port is a request. */
static uint64_t take(struct alpc_port *port, struct alpc_message *m)
{
	return !alpc_receive(port, m, 0) && alpc_message_type(m) == ALPC_REQUEST ?
	       alpc_message_id(m) : 0;
}

static bool says(const struct alpc_message *m, const void *data, size_t len)
{
	return alpc_message_len(m) == len &&
	       !memcmp(alpc_message_data(m), data, len);
}

/* -- Sending ------------------------------------------------------------------ */

TEST_F(step, request_with_a_security_context)
{
	struct alpc_request_options options = {
		.size = sizeof(options), .cookie = 5,
	};
	struct alpc_message *m;
	uint64_t id;

	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_security_create(self->client, ALPC_LEVEL_IDENTIFICATION,
					  0, ALPC_IDENTITY_PROCESS,
					  &options.security));
	ASSERT_EQ(0, alpc_send_request_with(self->client, "?", 1, 0, &options,
					    &id));
	ASSERT_NE(0, take(self->port, self->m));
	EXPECT_EQ(0, alpc_message_pid(self->m));
	/* The message's, and then that of the options, which goes first. */
	ASSERT_EQ(0, alpc_message_set(m, big, sizeof(big)));
	ASSERT_EQ(0, alpc_message_set_security(m, options.security));
	ASSERT_EQ(0, alpc_send_request_message(self->client, m, 0, NULL, NULL));
	ASSERT_NE(0, take(self->port, self->m));
	EXPECT_EQ(0, alpc_message_pid(self->m));
	EXPECT_TRUE(says(self->m, big, sizeof(big)));
	ASSERT_EQ(0, alpc_message_set_security(m, 99));
	EXPECT_EQ(-ENOENT, alpc_send_request_message(self->client, m, 0, NULL,
						     NULL));
	EXPECT_EQ(0, alpc_send_request_message(self->client, m, 0, &options,
					       NULL));
	/* Without one it is as it was. */
	ASSERT_EQ(0, alpc_send_request_with(self->client, "?", 1, 0, NULL, &id));
	ASSERT_NE(0, take(self->port, self->m));
	ASSERT_NE(0, take(self->port, self->m));
	EXPECT_EQ(getpid(), alpc_message_pid(self->m));
	alpc_message_free(m);
}

TEST_F(step, request_that_lies_in_place)
{
	struct alpc_message *m;
	void *data;

	ASSERT_EQ(0, alpc_message_new_in(self->client, 0, 0, &m));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, alpc_message_resize(m, sizeof(big), &data));
		pattern(data, sizeof(big), (uint32_t)i);
		pattern(big, sizeof(big), (uint32_t)i);
		ASSERT_EQ(0, alpc_send_request_message(self->client, m, 0, NULL,
						       NULL));
		EXPECT_EQ(0, alpc_message_len(m));
		ASSERT_NE(0, take(self->port, self->m));
		EXPECT_TRUE(says(self->m, big, sizeof(big)));
		ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m),
					big, 1));
		ASSERT_EQ(0, alpc_receive(self->client, self->in, 0));
	}
	EXPECT_EQ(-EXDEV, alpc_send_request_message(self->server, m, 0, NULL,
						    NULL));
	alpc_message_free(m);
}

/* What no section can hold cannot wait for its reply elsewhere. */
TEST_F(step, request_that_goes_no_way)
{
	ASSERT_EQ(0, alpc_port_set_way(self->client, ALPC_WAY_DIRECT));
	EXPECT_EQ(-EOPNOTSUPP, alpc_send_request(self->client, big, sizeof(big),
						 0, 0, 0, NULL));
	ASSERT_EQ(0, alpc_port_set_way(self->client, ALPC_WAY_AUTO));
	EXPECT_EQ(-EFBIG, alpc_send_request(self->client, big, TOO_LONG,
					    0, 0, 0, NULL));
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
}

/* -- One certain reply -------------------------------------------------------- */

TEST_F(step, replies_in_any_order)
{
	static const size_t lens[SOME] = { 1, 256, 257, 0, sizeof(big) };
	static const int order[SOME] = { 2, 4, 0, 3, 1 };
	struct alpc_port *ports[] = { self->client, self->server };
	uint64_t id[SOME], request[SOME];

	pattern(big, sizeof(big), 1);
	for (int side = 0; side < 2; side++) {
		struct alpc_port *from = ports[side];
		struct alpc_port *to = side ? self->client : self->port;

		for (int i = 0; i < SOME; i++) {
			ASSERT_EQ(0, alpc_send_request(from, big, lens[i], 0, 0,
						       0, &id[i]));
			request[i] = take(to, self->in);
			ASSERT_NE(0, request[i]);
		}
		EXPECT_EQ(-EAGAIN, alpc_receive_reply(from, id[0], self->m, 0));
		EXPECT_EQ(-ETIMEDOUT, alpc_receive_reply(from, id[0], self->m,
							 ALPC_MSEC(5)));
		/* It was not cancelled by that. */
		for (int i = 0; i < SOME; i++)
			ASSERT_EQ(0, alpc_reply(to, request[i], big, lens[i]));
		for (int i = 0; i < SOME; i++) {
			struct alpc_message *m = self->m;
			int n = order[i];

			ASSERT_EQ(0, alpc_receive_reply(from, id[n], m, 0));
			EXPECT_EQ(ALPC_REPLY, alpc_message_type(m));
			EXPECT_EQ(id[n], alpc_message_id(m));
			EXPECT_TRUE(says(m, big, lens[n]));
			EXPECT_EQ(-ESRCH, alpc_receive_reply(from, id[n], m, 0));
			EXPECT_EQ(0, alpc_message_type(m));
		}
		EXPECT_EQ(-EAGAIN, alpc_receive(side ? self->port : from,
						self->m, 0));
	}
	EXPECT_EQ(-ESRCH, alpc_receive_reply(self->client, 12345, self->m, 0));
	EXPECT_EQ(-EINVAL, alpc_receive_reply(self->client, 12345, self->m, -2));
}

struct waiter {
	struct alpc_port *port;
	pthread_t thread;
	uint64_t id;
	size_t len;
	int ret;
};

static void *wait_for_reply(void *arg)
{
	struct waiter *w = arg;
	struct alpc_message *m;

	w->ret = alpc_message_new(0, &m);
	if (!w->ret)
		w->ret = alpc_receive_reply(w->port, w->id, m, FOR_EVER);
	if (!w->ret)
		w->len = alpc_message_len(m);
	alpc_message_free(m);
	return NULL;
}

/* Each thread gets its own, whatever comes first. */
TEST_F(step, threads_that_wait_for_one_each)
{
	struct waiter w[SOME];
	uint64_t request[SOME];

	for (int i = 0; i < SOME; i++) {
		w[i] = (struct waiter){ .port = self->client };
		ASSERT_EQ(0, alpc_send_request(self->client, NULL, 0, 0, 0, 0,
					       &w[i].id));
		request[i] = take(self->port, self->m);
		pthread_create(&w[i].thread, NULL, wait_for_reply, &w[i]);
	}
	for (int i = SOME; i--;)
		ASSERT_EQ(0, alpc_reply(self->port, request[i], big,
					1000 * (size_t)i));
	for (int i = 0; i < SOME; i++) {
		pthread_join(w[i].thread, NULL);
		EXPECT_EQ(0, w[i].ret);
		EXPECT_EQ(1000 * (size_t)i, w[i].len);
	}
}

/* -- Cancelling --------------------------------------------------------------- */

TEST_F(step, cancelled_by_its_sender)
{
	uint64_t id, request;

	/* Not seen. */
	ASSERT_EQ(0, alpc_send_request(self->client, "?", 1, 0, 0, 0, &id));
	EXPECT_EQ(ALPC_CANCELED_QUEUED, alpc_cancel_request(self->client, id));
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(-ESRCH, alpc_cancel_request(self->client, id));
	EXPECT_EQ(-ESRCH, alpc_receive_reply(self->client, id, self->m, 0));
	/* Taken: the receiver is told. */
	ASSERT_EQ(0, alpc_send_request(self->client, "?", 1, 0, 7, 0, &id));
	request = take(self->port, self->m);
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_cookie(self->client, 7));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(ALPC_CANCELED, alpc_message_type(self->m));
	EXPECT_EQ(request, alpc_message_id(self->m));
	EXPECT_EQ(-ESRCH, alpc_reply(self->port, request, "!", 1));
	/* Answered: too late. */
	ASSERT_EQ(0, alpc_send_request(self->client, "?", 1, 0, 8, 0, &id));
	request = take(self->port, self->m);
	ASSERT_EQ(0, alpc_reply(self->port, request, "!", 1));
	EXPECT_EQ(-EALREADY, alpc_cancel_request(self->client, id));
	EXPECT_EQ(-EALREADY, alpc_cancel_cookie(self->client, 8));
	ASSERT_EQ(0, alpc_receive(self->client, self->m, 0));
	EXPECT_EQ(ALPC_REPLY, alpc_message_type(self->m));
	EXPECT_EQ(-ESRCH, alpc_cancel_request(self->client, id));
	EXPECT_EQ(-EAGAIN, alpc_receive(self->client, self->m, 0));
}

TEST_F(step, cancelled_by_its_receiver)
{
	struct caller c = { .port = self->client, .timeout = FOR_EVER };
	uint64_t id, request;

	ASSERT_EQ(0, alpc_send_request(self->client, big, sizeof(big), 0, 6, 0,
				       &id));
	request = take(self->port, self->m);
	ASSERT_EQ(0, alpc_cancel_received(self->port, request));
	EXPECT_EQ(-ESRCH, alpc_cancel_received(self->port, request));
	EXPECT_EQ(-ESRCH, alpc_reply(self->port, request, "!", 1));
	ASSERT_EQ(0, alpc_receive(self->client, self->m, 0));
	EXPECT_EQ(ALPC_CANCELED, alpc_message_type(self->m));
	EXPECT_EQ(id, alpc_message_id(self->m));
	EXPECT_EQ(6, alpc_message_cookie(self->m));
	/* Who waits for it is told so. */
	ASSERT_EQ(0, alpc_send_request(self->client, "?", 1, 0, 0, 0, &id));
	request = take(self->port, self->m);
	ASSERT_EQ(0, alpc_cancel_received(self->server, request));
	EXPECT_EQ(-ECANCELED, alpc_receive_reply(self->client, id, self->m, 0));
	/* A call as well. */
	pthread_create(&c.thread, NULL, call_big, &c);
	ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
	ASSERT_EQ(0, alpc_cancel_received(self->port,
					  alpc_message_id(self->m)));
	pthread_join(c.thread, NULL);
	EXPECT_EQ(-ECANCELED, c.ret);
}

static void *call_and_tell(void *arg)
{
	struct waiter *w = arg;
	struct alpc_message *m;

	w->ret = alpc_message_new(0, &m);
	if (!w->ret)
		w->ret = alpc_call(w->port, "?", 1, m, FOR_EVER);
	w->len = alpc_message_done(m);
	alpc_message_free(m);
	return NULL;
}

/* Which thread calls is all the same: its request is the one with cookie 0. */
TEST_F(step, call_cancelled_by_another_thread)
{
	struct waiter w = { .port = self->client };

	pthread_create(&w.thread, NULL, call_and_tell, &w);
	ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
	EXPECT_EQ(ALPC_CANCELED_TAKEN, alpc_cancel_cookie(self->client, 0));
	pthread_join(w.thread, NULL);
	EXPECT_EQ(-ECANCELED, w.ret);
	EXPECT_TRUE(w.len & ALPC_DONE_SENT);
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(ALPC_CANCELED, alpc_message_type(self->m));
}

/* The memory of what is cancelled comes back, in each state. */
TEST_F(step, cancelled_again_and_again)
{
	struct alpc_usage usage = { .size = sizeof(usage) };
	uint64_t used = 0, id;

	for (int i = 0; i < 150; i++) {
		ASSERT_EQ(0, alpc_send_request(self->client, big, sizeof(big), 0,
					       0, 0, &id));
		if (i % 3)
			ASSERT_NE(0, take(self->port, self->m));
		if (i % 3 == 2) {
			id = alpc_message_id(self->m);
			ASSERT_EQ(0, alpc_cancel_received(self->port, id));
			ASSERT_EQ(0, alpc_receive(self->client, self->in, 0));
		} else {
			ASSERT_LT(0, alpc_cancel_request(self->client, id));
			if (i % 3)
				ASSERT_EQ(0, alpc_receive(self->port, self->m,
							  0));
		}
		ASSERT_EQ(0, alpc_port_get_usage(self->client, &usage));
		if (i == 20)
			used = usage.section_bytes.used;
	}
	EXPECT_LT(0, used);
	EXPECT_EQ(used, usage.section_bytes.used);
}

/* -- Requests with functions -------------------------------------------------- */

struct answers {
	struct alpc_requests *requests;
	unsigned int replies, canceled, broken, others;
	size_t bytes;
};

static void on_reply(void *arg, int error, struct alpc_message *reply)
{
	struct answers *a = arg;

	a->replies += !error;
	a->canceled += error == -ECANCELED;
	a->broken += error == -EPIPE;
	if (reply)
		a->bytes += alpc_message_len(reply);
}

static void on_other(void *arg, struct alpc_message *message)
{
	struct answers *a = arg;

	a->others += alpc_message_type(message);
}

static uint64_t ask(struct answers *a)
{
	uint64_t number;

	return alpc_requests_send(a->requests, "?", 1, 0, NULL, on_reply, a,
				  &number) ? 0 : number;
}

TEST_F(step, functions_for_replies)
{
	struct pollfd pfd = { .fd = alpc_port_fd(self->client), .events = POLLIN };
	struct answers a = { 0 };
	uint64_t request[SOME];

	ASSERT_EQ(0, alpc_requests_new(self->client, on_other, &a, &a.requests));
	for (int i = 0; i < SOME; i++) {
		ASSERT_NE(0, ask(&a));
		request[i] = take(self->port, self->m);
	}
	EXPECT_EQ(SOME, alpc_requests_count(a.requests));
	EXPECT_EQ(-EAGAIN, alpc_requests_dispatch(a.requests, 0));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	for (int i = SOME; i--;)
		ASSERT_EQ(0, alpc_reply(self->port, request[i], big,
					20000 * (size_t)i));
	ASSERT_EQ(0, alpc_send(self->server, "hello", 5, 0));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	for (int i = 0; i < SOME + 1; i++)
		EXPECT_EQ(0, alpc_requests_dispatch(a.requests, 0));
	EXPECT_EQ(-EAGAIN, alpc_requests_dispatch(a.requests, 0));
	EXPECT_EQ(SOME, a.replies);
	EXPECT_EQ(20000 * (1 + 2 + 3 + 4), a.bytes);
	EXPECT_EQ(ALPC_DATAGRAM, a.others);
	EXPECT_EQ(0, alpc_requests_count(a.requests));
	alpc_requests_free(a.requests);
}

TEST_F(step, functions_for_what_is_cancelled)
{
	struct answers a = { 0 };
	uint64_t number, request;

	ASSERT_EQ(0, alpc_requests_new(self->client, NULL, NULL, &a.requests));
	number = ask(&a);
	EXPECT_EQ(ALPC_CANCELED_QUEUED, alpc_requests_cancel(a.requests, number));
	EXPECT_EQ(1, a.canceled);
	EXPECT_EQ(-ESRCH, alpc_requests_cancel(a.requests, number));
	/* By the receiver. */
	ASSERT_NE(0, ask(&a));
	request = take(self->port, self->m);
	ASSERT_EQ(0, alpc_cancel_received(self->port, request));
	ASSERT_EQ(0, alpc_requests_dispatch(a.requests, 0));
	EXPECT_EQ(2, a.canceled);
	/* By both: there is no notice any more. */
	number = ask(&a);
	request = take(self->port, self->m);
	ASSERT_EQ(0, alpc_cancel_received(self->port, request));
	EXPECT_EQ(-ECANCELED, alpc_requests_cancel(a.requests, number));
	EXPECT_EQ(3, a.canceled);
	EXPECT_EQ(-EAGAIN, alpc_requests_dispatch(a.requests, 0));
	/* Too late. */
	number = ask(&a);
	ASSERT_EQ(0, alpc_reply(self->port, take(self->port, self->m), "!", 1));
	EXPECT_EQ(-EALREADY, alpc_requests_cancel(a.requests, number));
	EXPECT_EQ(0, a.replies);
	EXPECT_EQ(0, alpc_requests_dispatch(a.requests, 0));
	EXPECT_EQ(1, a.replies);
	/* A request of the server's, which nobody here answers. */
	ASSERT_EQ(0, alpc_send_request(self->server, "?", 1, 0, 9, 0, NULL));
	EXPECT_EQ(0, alpc_requests_dispatch(a.requests, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(ALPC_CANCELED, alpc_message_type(self->m));
	EXPECT_EQ(9, alpc_message_cookie(self->m));
	/* With the set. */
	ASSERT_NE(0, ask(&a));
	alpc_requests_free(a.requests);
	EXPECT_EQ(4, a.canceled);
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
	alpc_requests_free(NULL);
}

struct again {
	struct alpc_requests *requests;
	unsigned int calls;
	int ret;
};

static void send_again(void *arg, int error, struct alpc_message *reply)
{
	struct again *a = arg;

	(void)error;
	(void)reply;
	if (a->calls++ < SOME)
		a->ret = alpc_requests_send(a->requests, "?", 1, 0, NULL,
					    send_again, a, NULL);
}

/* Whose function sends it again: each is called for what it has sent. */
TEST_F(step, functions_that_send_again)
{
	struct again a = { 0 };

	ASSERT_EQ(0, alpc_requests_new(self->client, NULL, NULL, &a.requests));
	ASSERT_EQ(0, alpc_requests_send(a.requests, "?", 1, 0, NULL, send_again,
					&a, NULL));
	ASSERT_EQ(0, alpc_reply(self->port, take(self->port, self->m), "!", 1));
	ASSERT_EQ(0, alpc_requests_dispatch(a.requests, 0));
	EXPECT_EQ(1, a.calls);
	EXPECT_EQ(0, a.ret);
	EXPECT_EQ(1, alpc_requests_count(a.requests));
	/* But not while the set is being freed. */
	alpc_requests_free(a.requests);
	EXPECT_EQ(2, a.calls);
	EXPECT_EQ(-ECANCELED, a.ret);
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
}

TEST_F(step, functions_when_the_connection_ends)
{
	const struct alpc_request_options options = {
		.size = sizeof(options), .cookie = 1,
	};
	struct answers a = { 0 };

	ASSERT_EQ(0, alpc_requests_new(self->client, NULL, NULL, &a.requests));
	EXPECT_EQ(-EINVAL, alpc_requests_send(a.requests, "?", 1, 0, &options,
					      on_reply, &a, NULL));
	for (int i = 0; i < SOME; i++)
		ASSERT_NE(0, ask(&a));
	ASSERT_EQ(0, alpc_reply(self->port, take(self->port, self->m), "!", 1));
	ASSERT_EQ(0, alpc_port_disconnect(self->server));
	EXPECT_EQ(0, alpc_requests_dispatch(a.requests, 0));
	EXPECT_EQ(-EPIPE, alpc_requests_dispatch(a.requests, 0));
	EXPECT_EQ(1, a.replies);
	EXPECT_EQ(SOME - 1, a.broken);
	EXPECT_EQ(-EPIPE, alpc_requests_send(a.requests, "?", 1, 0, NULL,
					     on_reply, &a, NULL));
	EXPECT_EQ(0, alpc_requests_count(a.requests));
	alpc_requests_free(a.requests);
	EXPECT_EQ(SOME - 1, a.broken);
	EXPECT_EQ(0, a.canceled);
}

/* -- A server loop ------------------------------------------------------------ */

static int leave_or_cancel(struct alpc_client *client,
			   const struct alpc_message *request,
			   struct alpc_message *reply)
{
	uint64_t id = alpc_message_id(request);

	(void)reply;
	if (alpc_server_cancel(alpc_client_server(client), id) ||
	    alpc_server_cancel(alpc_client_server(client), id) != -ESRCH ||
	    alpc_server_reply(alpc_client_server(client), id, "!", 1) != -ESRCH)
		return -EPROTO;
	return ALPC_REPLY_LATER;
}

static void *run_server(void *server)
{
	return (void *)(intptr_t)alpc_server_run(server, 2);
}

TEST(server_that_cancels)
{
	const struct alpc_server_ops ops = {
		.size = sizeof(ops), .request = leave_or_cancel,
	};
	struct alpc_server *server;
	struct alpc_port *port;
	struct alpc_message *m;
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_port_create(port_name(), NULL, &port));
	ASSERT_EQ(0, alpc_server_new(port, &ops, NULL, &server));
	pthread_create(&thread, NULL, run_server, server);
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &port));
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(-ECANCELED, alpc_call(port, big, 10000 * (size_t)i, m,
						FOR_EVER));
	ASSERT_EQ(0, alpc_send_request(port, "?", 1, 0, 3, FOR_EVER, NULL));
	ASSERT_EQ(0, alpc_receive(port, m, FOR_EVER));
	EXPECT_EQ(ALPC_CANCELED, alpc_message_type(m));
	EXPECT_EQ(3, alpc_message_cookie(m));
	EXPECT_EQ(0, alpc_server_stop(server));
	pthread_join(thread, &result);
	EXPECT_EQ(NULL, result);
	alpc_server_free(server);
	alpc_port_close(port);
	alpc_message_free(m);
}

TEST_HARNESS_MAIN
