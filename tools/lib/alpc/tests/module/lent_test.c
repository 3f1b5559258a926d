// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module, step by step: what a caller may do with a message
 * whose reply lies in place, in its own section or in the server's.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "step_fixture.h"

#include <stdlib.h>

/* Where in the caller's memory a reply can be made to begin. */
#define AT	100

/* A server of so many requests, which it reads in place. */
struct server {
	struct alpc_port *port;
	pthread_t thread;
	int requests;
	bool inside;	/* the reply is the request from AT on, else all of big */
	size_t len;	/* of the last request */
	uint64_t sum;	/* of its data */
	int ret;
};

static void *serve(void *arg)
{
	struct server *s = arg;
	struct alpc_message *m;

	s->ret = alpc_message_new(0, &m);
	if (s->ret)
		return NULL;
	alpc_message_set_in_place(m, true);
	s->ret = alpc_receive(s->port, m, FOR_EVER);
	while (!s->ret) {
		const char *data = alpc_message_data(m);
		int64_t timeout = --s->requests ? FOR_EVER : 0;

		s->len = alpc_message_len(m);
		s->sum = sum(data, s->len);
		s->ret = s->inside ?
			 alpc_reply_and_receive(s->port, alpc_message_id(m),
						data + AT, s->len - AT, m,
						timeout) :
			 alpc_reply_and_receive(s->port, alpc_message_id(m), big,
						sizeof(big), m, timeout);
	}
	/* That was the last one. */
	if (!s->requests && s->ret == -EAGAIN &&
	    alpc_message_done(m) & ALPC_DONE_SENT)
		s->ret = 0;
	alpc_message_free(m);
	return NULL;
}

static int start(struct server *s)
{
	return pthread_create(&s->thread, NULL, serve, s);
}

static int result(struct server *s)
{
	pthread_join(s->thread, NULL);
	return s->ret;
}

/* A message in place that is filled in with all of other. */
static int other_in(struct alpc_port *port, struct alpc_message **m)
{
	int ret = alpc_message_new_in(port, 0, 0, m);

	if (ret)
		return ret;
	pattern(other, sizeof(other), 2);
	alpc_message_set_in_place(*m, true);
	return alpc_message_set(*m, other, sizeof(other));
}

/* What a failed call has not sent is there, wherever it began. */
TEST_F(step, reply_that_begins_anywhere)
{
	struct server s = { .port = self->port, .requests = 1, .inside = true };
	struct alpc_message *m;
	const void *data;
	void *longer;

	ASSERT_EQ(0, other_in(self->client, &m));
	ASSERT_EQ(0, start(&s));
	ASSERT_EQ(0, alpc_call_message(self->client, m, m, FOR_EVER, NULL));
	ASSERT_EQ(0, result(&s));
	data = alpc_message_data(m);
	ASSERT_EQ(sizeof(other) - AT, alpc_message_len(m));
	EXPECT_TRUE(alpc_message_is_in_place(m));
	EXPECT_EQ(0, memcmp(other + AT, data, sizeof(other) - AT));

	EXPECT_EQ(-EINVAL, alpc_call_message(self->client, m, m, 0, NULL));
	EXPECT_EQ(0, alpc_message_done(m));
	ASSERT_EQ(sizeof(other) - AT, alpc_message_len(m));
	ASSERT_EQ(data, alpc_message_data(m));
	/* It can be sent, and made longer. */
	s = (struct server){ .port = self->port, .requests = 1, .inside = true };
	ASSERT_EQ(0, start(&s));
	ASSERT_EQ(0, alpc_call_message(self->client, m, m, FOR_EVER, NULL));
	ASSERT_EQ(0, result(&s));
	EXPECT_EQ(sizeof(other) - AT, s.len);
	EXPECT_EQ(sum(other + AT, sizeof(other) - AT), s.sum);
	ASSERT_EQ(sizeof(other) - 2 * AT, alpc_message_len(m));
	ASSERT_EQ(0, alpc_message_resize(m, 3 * sizeof(other), &longer));
	EXPECT_EQ(0, memcmp(other + 2 * AT, longer, sizeof(other) - 2 * AT));
	alpc_message_free(m);
}

/* A reply that did not fit is given back by filling the message in again. */
TEST_F(step, filled_in_after_a_reply_of_the_server)
{
	struct server s = { .port = self->port, .requests = 5 };
	struct alpc_message *m;
	void *data;

	pattern(big, sizeof(big), 1);
	ASSERT_EQ(0, alpc_message_new_in(self->client, 0, 0, &m));
	alpc_message_set_in_place(m, true);
	ASSERT_EQ(0, start(&s));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, alpc_message_resize(m, 4000, &data));
		pattern(data, 4000, (uint32_t)i);
		ASSERT_EQ(0, alpc_call_message(self->client, m, m, FOR_EVER,
					       NULL));
		ASSERT_EQ(sizeof(big), alpc_message_len(m));
		EXPECT_TRUE(alpc_message_is_in_place(m));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(m), sizeof(big)));
	}
	ASSERT_EQ(0, result(&s));
	/* What is given back is the server's, not what has been filled in. */
	ASSERT_EQ(0, alpc_message_resize(m, 4000, &data));
	pattern(data, 4000, 3);
	ASSERT_EQ(0, alpc_message_release(m));
	ASSERT_EQ(4000, alpc_message_len(m));
	EXPECT_TRUE(is_pattern(alpc_message_data(m), 4000, 3));
	alpc_message_free(m);
}

/* What a call gives back before it sends cannot be what it sends. */
TEST_F(step, sending_what_is_given_back)
{
	struct server s = { .port = self->port, .requests = 1 };
	struct alpc_message *m = self->m;
	const char *data;

	pattern(big, sizeof(big), 1);
	alpc_message_set_in_place(m, true);
	ASSERT_EQ(0, start(&s));
	ASSERT_EQ(0, alpc_call(self->client, other, 5000, m, FOR_EVER));
	ASSERT_EQ(0, result(&s));
	data = alpc_message_data(m);
	ASSERT_EQ(sizeof(big), alpc_message_len(m));
	ASSERT_TRUE(alpc_message_is_in_place(m));

	/* A message is as it was. */
	EXPECT_EQ(-EINVAL, alpc_call_message(self->client, m, m, ALPC_MSEC(10),
					     NULL));
	EXPECT_EQ(0, alpc_message_done(m));
	ASSERT_EQ(data, alpc_message_data(m));
	ASSERT_EQ(sizeof(big), alpc_message_len(m));
	EXPECT_EQ(0, memcmp(big, data, sizeof(big)));
	/* The room for a reply is empty. */
	EXPECT_EQ(-EINVAL, alpc_call(self->client, data + sizeof(big) - 1, 1, m,
				     ALPC_MSEC(10)));
	EXPECT_EQ(0, alpc_message_done(m));
	EXPECT_EQ(0, alpc_message_type(m));
	EXPECT_EQ(0, alpc_message_len(m));
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->in, 0));
}

/* Two replies lie in one section: what the one has the other does not give back. */
TEST_F(step, sending_what_another_message_has)
{
	struct server s = { .port = self->port, .requests = 3 };

	pattern(big, sizeof(big), 1);
	alpc_message_set_in_place(self->m, true);
	alpc_message_set_in_place(self->in, true);
	ASSERT_EQ(0, start(&s));
	ASSERT_EQ(0, alpc_call(self->client, other, 5000, self->m, FOR_EVER));
	ASSERT_EQ(0, alpc_call(self->client, other, 5000, self->in, FOR_EVER));
	ASSERT_TRUE(alpc_message_is_in_place(self->m));
	ASSERT_TRUE(alpc_message_is_in_place(self->in));
	ASSERT_EQ(0, alpc_call_message(self->client, self->m, self->in, FOR_EVER,
				       NULL));
	ASSERT_EQ(0, result(&s));
	EXPECT_EQ(sizeof(big), s.len);
	EXPECT_EQ(sum(big, sizeof(big)), s.sum);
}

/* The limit is for what lies in the caller's own memory too. */
TEST_F(step, limit_of_the_caller)
{
	struct server s = { .port = self->port, .requests = 2, .inside = true };
	struct alpc_message *m;

	ASSERT_EQ(0, other_in(self->client, &m));
	alpc_message_set_limit(m, sizeof(other) - AT - 1);
	ASSERT_EQ(0, start(&s));
	EXPECT_EQ(-EMSGSIZE, alpc_call_message(self->client, m, m, FOR_EVER,
					       NULL));
	EXPECT_EQ(0, alpc_message_len(m));
	alpc_message_set_limit(m, sizeof(other) - AT);
	ASSERT_EQ(0, alpc_message_set(m, other, sizeof(other)));
	EXPECT_EQ(0, alpc_call_message(self->client, m, m, FOR_EVER, NULL));
	ASSERT_EQ(0, result(&s));
	EXPECT_EQ(sizeof(other) - AT, alpc_message_len(m));
	alpc_message_free(m);
}

TEST_HARNESS_MAIN
