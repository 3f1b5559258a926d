// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: several messages with one system call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "step_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MANY	8
#define FEW	4	/* messages that wait at the narrow port */

static struct alpc_outgoing out[ALPC_VECTOR_MAX + 1];
static struct alpc_incoming in[ALPC_VECTOR_MAX + 1];
static unsigned int sent;

FIXTURE(vector) {
	struct alpc_port *port;
	struct alpc_port *client;
	struct alpc_port *server;
};

FIXTURE_SETUP(vector)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = 1000,
	};

	ASSERT_EQ(0, alpc_port_create(port_name(), &options, &self->port));
	ASSERT_EQ(0, connect_here(self->port, 42, &self->client, &self->server));
	for (int i = 0; i <= ALPC_VECTOR_MAX; i++) {
		ASSERT_EQ(0, alpc_message_new(0, &in[i].message));
		out[i] = (struct alpc_outgoing){
			.type = ALPC_DATAGRAM, .data = big, .len = (size_t)i,
		};
	}
	pattern(big, sizeof(big), 5);
}

FIXTURE_TEARDOWN(vector)
{
	alpc_port_close(self->client);
	alpc_port_close(self->server);
	alpc_port_close(self->port);
	for (int i = 0; i <= ALPC_VECTOR_MAX; i++)
		alpc_message_free(in[i].message);
}

static bool is_big(const struct alpc_message *m, size_t len)
{
	return alpc_message_len(m) == len &&
	       !memcmp(alpc_message_data(m), big, len);
}

TEST_F(vector, as_many_as_there_can_be)
{
	ASSERT_EQ(0, alpc_send_many(self->client, out, ALPC_VECTOR_MAX, 0,
				    &sent));
	EXPECT_EQ(ALPC_VECTOR_MAX, sent);
	ASSERT_EQ(ALPC_VECTOR_MAX, alpc_receive_many(self->port, in,
						     ALPC_VECTOR_MAX, 0));
	for (size_t i = 0; i < ALPC_VECTOR_MAX; i++) {
		EXPECT_EQ(0, out[i].error);
		EXPECT_EQ(0, in[i].error);
		EXPECT_TRUE(is_big(in[i].message, i));
		EXPECT_EQ(42, alpc_message_context(in[i].message));
		EXPECT_EQ(i + 2, alpc_message_seq(in[i].message));
	}
	EXPECT_EQ(-EAGAIN, alpc_receive_many(self->port, in, 1, 0));
	EXPECT_EQ(0, alpc_message_type(in[0].message));
}

TEST_F(vector, every_length)
{
	static const size_t lens[MANY] = {
		300, 0, 999, sizeof(big), 256, 1000, 1001, 50000,
	};
	int got = 0;

	for (int i = 0; i < MANY; i++)
		out[i].len = lens[i];
	for (int round = 0; round < 3; round++, got = 0) {
		ASSERT_EQ(0, alpc_send_many(self->client, out, MANY, 0, NULL));
		/* A message grows when it is the first one. */
		while (got < MANY) {
			int n = alpc_receive_many(self->port, in, MANY, 0);

			ASSERT_LT(0, n);
			for (int i = 0; i < n; i++, got++) {
				ASSERT_EQ(0, in[i].error);
				ASSERT_TRUE(is_big(in[i].message, lens[got]));
			}
		}
		EXPECT_EQ(-EAGAIN, alpc_receive_many(self->port, in, MANY, 0));
	}
}

TEST_F(vector, requests_and_replies)
{
	for (unsigned int i = 0; i < MANY; i++) {
		out[i].type = ALPC_REQUEST;
		out[i].cookie = 100 + i;
		out[i].len = 10000 * i;
	}
	ASSERT_EQ(0, alpc_send_many(self->client, out, MANY, 0, NULL));
	for (unsigned int i = 0; i < MANY; i++) {
		struct alpc_message *m = in[0].message;
		uint64_t id = out[i].id;

		ASSERT_EQ(0, alpc_receive(self->port, m, 0));
		ASSERT_EQ(ALPC_REQUEST, alpc_message_type(m));
		ASSERT_TRUE(is_big(m, 10000 * i));
		out[MANY + i] = (struct alpc_outgoing){
			.type = ALPC_REPLY, .id = alpc_message_id(m),
			.data = big, .len = 70000 - 10000 * i,
		};
		ASSERT_NE(0, id);
	}
	/* All replies go out, and there is nothing to receive. */
	EXPECT_EQ(-EAGAIN,
		  alpc_send_and_receive_many(self->port, out + MANY, MANY, &sent,
					     in, MANY, 0));
	ASSERT_EQ(MANY, sent);
	for (unsigned int i = 0; i < MANY;) {
		int n = alpc_receive_many(self->client, in, MANY, 0);

		ASSERT_LT(0, n);
		for (int j = 0; j < n; j++, i++) {
			const struct alpc_message *m = in[j].message;

			EXPECT_EQ(0, out[MANY + i].error);
			EXPECT_EQ(ALPC_REPLY, alpc_message_type(m));
			EXPECT_EQ(100 + i, alpc_message_cookie(m));
			EXPECT_EQ(out[i].id, alpc_message_id(m));
			EXPECT_TRUE(is_big(m, 70000 - 10000 * i));
		}
	}
}

TEST_F(vector, replies_that_fail_hold_up_nobody)
{
	struct alpc_message *place;
	uint64_t id;

	ASSERT_EQ(0, alpc_message_new_in(self->server, 0, 0, &place));
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, alpc_send_request(self->client, "?", 1, 0, 0, 0, &id));
		ASSERT_EQ(0, alpc_receive(self->port, in[0].message, 0));
		out[i] = (struct alpc_outgoing){
			.type = ALPC_REPLY, .data = "!", .len = 1,
			.id = alpc_message_id(in[0].message),
		};
	}
	ASSERT_EQ(0, alpc_send(self->client, "next", 4, 0));
	out[1].id += 1000;		/* no such request */
	out[2].message = place;		/* no reply can lie there */
	ASSERT_EQ(1, alpc_send_and_receive_many(self->port, out, 4, &sent, in,
						MANY, 0));
	EXPECT_EQ(4, sent);
	EXPECT_EQ(0, out[0].error);
	EXPECT_EQ(-ESRCH, out[1].error);
	EXPECT_EQ(-EXDEV, out[2].error);
	EXPECT_EQ(0, out[3].error);
	EXPECT_EQ(ALPC_DATAGRAM, alpc_message_type(in[0].message));
	EXPECT_EQ(2, alpc_receive_many(self->client, in, MANY, 0));
	/* If all of them fail it receives all the same. */
	out[1].message = place;
	EXPECT_EQ(-EAGAIN, alpc_send_and_receive_many(self->port, out + 1, 2,
						      &sent, in, MANY, 0));
	EXPECT_EQ(2, sent);
	EXPECT_EQ(-EXDEV, out[1].error);
	alpc_message_free(place);
}

/* What the library finds, and what the kernel finds. */
TEST_F(vector, datagram_that_fails_ends_it)
{
	ASSERT_EQ(0, alpc_send(self->server, "?", 1, 0));
	ASSERT_EQ(0, alpc_port_set_way(self->client, ALPC_WAY_INLINE));
	out[2].len = 1001;
	EXPECT_EQ(-EMSGSIZE,
		  alpc_send_and_receive_many(self->client, out, MANY, &sent, in,
					     MANY, 0));
	EXPECT_EQ(3, sent);
	EXPECT_EQ(0, out[0].error);
	EXPECT_EQ(0, out[1].error);
	EXPECT_EQ(-EMSGSIZE, out[2].error);
	EXPECT_EQ(2, alpc_receive_many(self->port, in, MANY, 0));
	out[2].len = 2;
	out[1].security = 99;
	EXPECT_EQ(-ENOENT,
		  alpc_send_and_receive_many(self->client, out, MANY, &sent, in,
					     MANY, 0));
	EXPECT_EQ(2, sent);
	EXPECT_EQ(0, out[0].error);
	EXPECT_EQ(-ENOENT, out[1].error);
	EXPECT_EQ(1, alpc_receive_many(self->port, in, MANY, 0));
	out[0].type = 9;
	EXPECT_EQ(-EINVAL, alpc_send_many(self->client, out, MANY, 0, &sent));
	EXPECT_EQ(1, sent);
	EXPECT_EQ(-EAGAIN, alpc_receive_many(self->port, in, MANY, 0));
	EXPECT_EQ(1, alpc_receive_many(self->client, in, MANY, 0));
}

TEST_F(vector, queue_without_room)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .queue_messages = FEW,
	};
	struct alpc_port *port, *client, *server;
	char name[80];

	snprintf(name, sizeof(name), "%s.narrow", port_name());
	ASSERT_EQ(0, alpc_port_create(name, &options, &port));
	ASSERT_EQ(0, connect_to(name, port, 1, &client, &server));
	/* One that lies in a section is given back if it is not sent. */
	out[FEW].len = sizeof(big);
	EXPECT_EQ(-EAGAIN, alpc_send_many(client, out, MANY, 0, &sent));
	/* The one for which there was no room is told. */
	EXPECT_EQ(FEW + 1, sent);
	EXPECT_EQ(0, out[FEW - 1].error);
	EXPECT_EQ(-EAGAIN, out[FEW].error);
	EXPECT_EQ(-ETIMEDOUT, alpc_send_many(client, out, MANY, ALPC_MSEC(5),
					     &sent));
	EXPECT_EQ(1, sent);
	EXPECT_EQ(-ETIMEDOUT, out[0].error);
	EXPECT_EQ(FEW, alpc_receive_many(port, in, MANY, 0));
	EXPECT_EQ(0, alpc_send_many(client, out + FEW, FEW, 0, &sent));
	ASSERT_EQ(1, alpc_receive_many(port, in, 1, 0));
	EXPECT_TRUE(is_big(in[0].message, sizeof(big)));
	alpc_port_close(client);
	alpc_port_close(server);
	alpc_port_close(port);
}

/* What came in views goes back with the next vector: the sender needs no more. */
TEST_F(vector, views_are_given_back)
{
	struct alpc_usage usage = { .size = sizeof(usage) };
	uint64_t used = 0;

	for (int i = 0; i < MANY; i++)
		out[i].len = 50000;
	for (int round = 0; round < 20; round++) {
		ASSERT_EQ(0, alpc_send_many(self->server, out, MANY, 0, NULL));
		ASSERT_EQ(MANY, alpc_receive_many(self->client, in, MANY, 0));
		for (int i = 0; i < MANY; i++)
			ASSERT_TRUE(is_big(in[i].message, 50000));
		ASSERT_EQ(0, alpc_port_get_usage(self->server, &usage));
		if (round == 2)
			used = usage.section_bytes.used;
	}
	EXPECT_EQ(used, usage.section_bytes.used);
	EXPECT_LT(0, used);
	/* Also if nothing comes. */
	EXPECT_EQ(-EAGAIN, alpc_receive_many(self->client, in, MANY, 0));
	EXPECT_EQ(used, alpc_port_trim(self->server));
}

TEST_F(vector, messages_with_what_they_bring)
{
	int fd = open("/dev/null", O_RDONLY), got;
	struct alpc_message *m, *place;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_message_set(m, "fd", 2));
	ASSERT_EQ(0, alpc_message_set_fds(m, &fd, 1));
	ASSERT_EQ(0, alpc_message_new_in(self->client, 0, 0, &place));
	ASSERT_EQ(0, alpc_message_set(place, big, 3000));
	out[0].message = m;
	out[1].message = place;
	ASSERT_EQ(0, alpc_message_accept_fds(in[0].message, ALPC_FD_ANY));
	ASSERT_EQ(0, alpc_send_many(self->client, out, 3, 0, NULL));
	EXPECT_EQ(0, alpc_message_len(place));
	ASSERT_EQ(3, alpc_receive_many(self->port, in, 3, 0));
	EXPECT_EQ(1, alpc_message_fd_count(in[0].message));
	ASSERT_EQ(0, alpc_message_take_fds(in[0].message, 0, 1, &got));
	EXPECT_EQ(0, close(got));
	EXPECT_TRUE(is_big(in[1].message, 3000));
	EXPECT_EQ(ALPC_WAY_VIEW, alpc_message_way(in[1].message));
	/* They went once. */
	ASSERT_EQ(0, alpc_send_many(self->client, out, 1, 0, NULL));
	ASSERT_EQ(1, alpc_receive_many(self->port, in, 1, 0));
	EXPECT_EQ(0, alpc_message_fd_count(in[0].message));
	alpc_message_free(m);
	alpc_message_free(place);
	close(fd);
}

/* Of a message that was never used, and of one that was used on another port. */
TEST_F(vector, who_sent_a_request)
{
	struct alpc_port *port, *client, *server;
	struct alpc_credentials *who;
	char name[80];

	snprintf(name, sizeof(name), "%s.other", port_name());
	ASSERT_EQ(0, alpc_port_create(name, NULL, &port));
	ASSERT_EQ(0, connect_to(name, port, 1, &client, &server));
	ASSERT_EQ(0, alpc_send(client, "?", 1, 0));
	ASSERT_EQ(0, alpc_receive(port, in[1].message, 0));
	for (int i = 0; i < 2; i++)
		out[i].type = ALPC_REQUEST;
	ASSERT_EQ(0, alpc_send_many(self->client, out, 2, 0, NULL));
	ASSERT_EQ(2, alpc_receive_many(self->port, in, 2, 0));
	for (int i = 0; i < 2; i++) {
		const struct alpc_message *m = in[i].message;
		int fd;

		ASSERT_EQ(0, alpc_message_get_credentials(m, ALPC_IDENTITY_ALL,
							  &who));
		EXPECT_EQ(getpid(), who->pid);
		alpc_credentials_free(who);
		fd = alpc_message_open_process(m);
		EXPECT_LE(0, fd);
		close(fd);
		ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(m), NULL, 0));
		EXPECT_EQ(-ESRCH,
			  alpc_message_get_credentials(m, ALPC_IDENTITY_ALL,
						       &who));
	}
	alpc_port_close(client);
	alpc_port_close(server);
	alpc_port_close(port);
}

/* One that cannot be taken in is there all the same, and the next one too. */
TEST_F(vector, message_that_is_too_long_for_its_receiver)
{
	out[0].type = ALPC_REQUEST;
	out[0].len = 5000;
	ASSERT_EQ(0, alpc_send_many(self->client, out, 2, 0, NULL));
	alpc_message_set_limit(in[0].message, 2000);
	ASSERT_EQ(2, alpc_receive_many(self->port, in, 2, 0));
	EXPECT_EQ(-EMSGSIZE, in[0].error);
	EXPECT_EQ(0, alpc_message_len(in[0].message));
	EXPECT_EQ(0, alpc_reply(self->port, alpc_message_id(in[0].message),
				NULL, 0));
	EXPECT_EQ(0, in[1].error);
	EXPECT_TRUE(is_big(in[1].message, 1));
}

TEST_F(vector, bad_arguments)
{
	EXPECT_EQ(-EINVAL, alpc_send_many(self->client, out, 0, 0, &sent));
	EXPECT_EQ(-EINVAL, alpc_send_many(self->client, out,
					  ALPC_VECTOR_MAX + 1, 0, &sent));
	EXPECT_EQ(-EINVAL, alpc_send_many(self->client, out, 1, -2, &sent));
	EXPECT_EQ(0, sent);
	EXPECT_EQ(-EINVAL, alpc_receive_many(self->port, in, 0, 0));
	EXPECT_EQ(-EINVAL, alpc_receive_many(self->port, in,
					     ALPC_VECTOR_MAX + 1, 0));
	EXPECT_EQ(-EINVAL, alpc_send_and_receive_many(self->client, out, 0,
						      &sent, in, 1, 0));
	EXPECT_EQ(-EINVAL, alpc_send_and_receive_many(self->client, out, 1,
						      &sent, in, 0, 0));
	EXPECT_EQ(-EOPNOTSUPP, alpc_receive_many(self->server, in, 1, 0));
	out[1].reserved[1] = 1;
	EXPECT_EQ(-EINVAL, alpc_send_many(self->client, out + 1, 1, 0, &sent));
	EXPECT_EQ(1, sent);
	EXPECT_EQ(-EINVAL, out[1].error);
	out[1].reserved[1] = 0;
	in[1].reserved[2] = 1;
	EXPECT_EQ(-EINVAL, alpc_receive_many(self->port, in, 2, 0));
	in[1].reserved[2] = 0;
	EXPECT_EQ(-EAGAIN, alpc_receive_many(self->port, in, 1, 0));
	EXPECT_EQ(-ETIMEDOUT, alpc_receive_many(self->port, in, 1, ALPC_MSEC(5)));
}

TEST_HARNESS_MAIN
