// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: memory set aside for messages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "step_fixture.h"

#include <stdio.h>

/* Fill the queue of the port: nothing else goes through. */
static int fill(struct alpc_port *client)
{
	int ret;

	do {
		ret = alpc_send(client, "x", 1, 0);
	} while (!ret);
	return ret;
}

TEST_F(step, datagram_that_gets_through)
{
	struct alpc_port *port, *client, *server;
	const struct alpc_port_options options = {
		.size = sizeof(options), .queue_messages = 4,
	};
	char name[80];
	uint32_t r;

	snprintf(name, sizeof(name), "%s.narrow", port_name());
	ASSERT_EQ(0, alpc_port_create(name, &options, &port));
	ASSERT_EQ(0, connect_to(name, port, 1, &client, &server));
	ASSERT_EQ(0, alpc_reserve_create(client, 10, &r));
	ASSERT_NE(0, r);
	ASSERT_EQ(-EAGAIN, fill(client));
	EXPECT_EQ(-EMSGSIZE, alpc_send_reserved(client, big, 11, r));
	EXPECT_EQ(-ENOENT, alpc_send_reserved(client, big, 10, r + 1));
	EXPECT_EQ(-ENOENT, alpc_send_reserved(client, big, 10, 0));
	ASSERT_EQ(0, alpc_send_reserved(client, "at last!!!", 10, r));
	/* It is on its way. */
	EXPECT_EQ(-EBUSY, alpc_send_reserved(client, "again", 5, r));
	EXPECT_EQ(-EBUSY, alpc_reserve_delete(client, r));
	for (int i = 0; i < 5; i++)
		ASSERT_EQ(0, alpc_receive(port, self->m, 0));
	EXPECT_EQ(10, alpc_message_len(self->m));
	EXPECT_EQ(0, memcmp("at last!!!", alpc_message_data(self->m), 10));
	ASSERT_EQ(0, alpc_send_reserved(client, "again", 5, r));
	ASSERT_EQ(0, alpc_receive(port, self->m, 0));
	EXPECT_EQ(0, alpc_reserve_delete(client, r));
	EXPECT_EQ(-ENOENT, alpc_reserve_delete(client, r));
	EXPECT_EQ(-ENOENT, alpc_send_reserved(client, "again", 5, r));
	alpc_port_close(client);
	alpc_port_close(server);
	alpc_port_close(port);
}

TEST_F(step, request_from_a_reserve)
{
	struct alpc_request_options options = {
		.size = sizeof(options), .room = 100, .cookie = 4,
	};
	struct alpc_message *m = self->m;

	ASSERT_EQ(0, alpc_reserve_create(self->client, 0, &options.reserve));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, alpc_send_request_with(self->client, big, 200, 0,
						    &options, NULL));
		EXPECT_EQ(-EBUSY, alpc_send_request_with(self->client, big, 200,
							 0, &options, NULL));
		ASSERT_EQ(0, alpc_receive(self->port, m, 0));
		ASSERT_EQ(200, alpc_message_len(m));
		ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(m), big,
					100));
		EXPECT_EQ(-EBUSY, alpc_send_request_with(self->client, big, 200,
							 0, &options, NULL));
		ASSERT_EQ(0, alpc_receive(self->client, m, 0));
		EXPECT_EQ(4, alpc_message_cookie(m));
		EXPECT_EQ(100, alpc_message_len(m));
	}
	/* It is for what goes inline. */
	EXPECT_EQ(-EMSGSIZE, alpc_send_request_with(self->client, big,
						    sizeof(big), 0, &options,
						    NULL));
	EXPECT_EQ(0, alpc_reserve_delete(self->client, options.reserve));
}

static void *answer_one(void *arg)
{
	struct alpc_message *m;
	int ret;

	ret = alpc_message_new(0, &m);
	if (!ret)
		ret = alpc_receive(arg, m, FOR_EVER);
	if (!ret)
		ret = alpc_reply(arg, alpc_message_id(m), alpc_message_data(m),
				 alpc_message_len(m));
	alpc_message_free(m);
	return (void *)(intptr_t)ret;
}

TEST_F(step, call_from_a_reserve)
{
	struct alpc_call_options options = { .size = sizeof(options) };
	pthread_t thread;
	void *result;

	pattern(big, sizeof(big), 8);
	ASSERT_EQ(0, alpc_reserve_create(self->client, 0, &options.reserve));
	for (int i = 0; i < 3; i++) {
		pthread_create(&thread, NULL, answer_one, self->port);
		ASSERT_EQ(0, alpc_call_with(self->client, big, 200, self->m,
					    FOR_EVER, &options));
		pthread_join(thread, &result);
		EXPECT_EQ(NULL, result);
		EXPECT_EQ(200, alpc_message_len(self->m));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(self->m), 200));
	}
	EXPECT_EQ(-EMSGSIZE, alpc_call_with(self->client, big, sizeof(big),
					    self->m, FOR_EVER, &options));
	options.reserve++;
	EXPECT_EQ(-ENOENT, alpc_call_with(self->client, big, 1, self->m,
					  FOR_EVER, &options));
}

TEST_F(step, vector_from_reserves)
{
	struct alpc_outgoing out[3] = {
		{ .type = ALPC_DATAGRAM, .data = "one", .len = 3 },
		{ .type = ALPC_REQUEST, .data = "two", .len = 3 },
		{ .type = ALPC_DATAGRAM, .data = "no", .len = 2 },
	};
	unsigned int sent;

	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, alpc_reserve_create(self->client, 0,
						 &out[i].reserve));
	out[2].reserve = out[0].reserve;
	EXPECT_EQ(-EBUSY, alpc_send_many(self->client, out, 3, 0, &sent));
	EXPECT_EQ(3, sent);
	EXPECT_EQ(-EBUSY, out[2].error);
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(0, alpc_send_many(self->client, out + 2, 1, 0, &sent));
}

TEST_F(step, bad_reserves)
{
	uint32_t r;

	EXPECT_EQ(-EMSGSIZE, alpc_reserve_create(self->client, 257, &r));
	EXPECT_EQ(-EMSGSIZE, alpc_reserve_create(self->client, SIZE_MAX / 2 + 1, &r));
	EXPECT_EQ(-EOPNOTSUPP, alpc_reserve_create(self->port, 1, &r));
	EXPECT_EQ(-ENOENT, alpc_reserve_delete(self->client, 1));
}

TEST_HARNESS_MAIN
