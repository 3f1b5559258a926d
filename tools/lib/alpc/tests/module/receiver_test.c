// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module, step by step: what a receiver may rely on, whatever
 * the sender does to its long messages and to itself.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "step_fixture.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the receiver has in place stays as it is until it is given back. */
TEST_F(step, in_place_until_it_is_given_back)
{
	pattern(big, sizeof(big), 1);
	pattern(other, sizeof(other), 2);
	alpc_message_set_in_place(self->in, true);
	ASSERT_EQ(0, alpc_send(self->client, big, sizeof(big), 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->in, 0));
	EXPECT_TRUE(alpc_message_is_in_place(self->in));
	EXPECT_FALSE(alpc_message_is_secure(self->in));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, alpc_send(self->client, other, sizeof(other), 0));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
		EXPECT_FALSE(alpc_message_is_in_place(self->m));
		EXPECT_EQ(0, memcmp(other, alpc_message_data(self->m),
				    sizeof(other)));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(self->in),
				    sizeof(big)));
	}
	ASSERT_EQ(0, alpc_message_release(self->in));
	EXPECT_EQ(0, alpc_message_len(self->in));
}

/* More sections than are kept mapped, while one of them is read in place. */
TEST_F(step, mapping_that_is_in_use)
{
	alpc_message_set_in_place(self->in, true);
	for (int i = 0; i < 20; i++) {
		struct alpc_message *m = i ? self->m : self->in;
		unsigned char *memory;
		uint32_t id = section_new(self->client, sizeof(big), &memory);

		ASSERT_NE(0, id);
		memset(memory, i + 1, sizeof(big));
		ASSERT_EQ(0, send_section(self->client, id, sizeof(big)));
		ASSERT_EQ(0, alpc_receive(self->port, m, 0));
		EXPECT_EQ(i + 1, *(const char *)alpc_message_data(m));
		munmap(memory, sizeof(big));
	}
	EXPECT_EQ(1, *(const char *)alpc_message_data(self->in));
}

struct message_caller {
	struct alpc_port *port;
	struct alpc_message *m;
	pthread_t thread;
	int ret;
};

static void *call_message(void *arg)
{
	struct message_caller *c = arg;

	c->ret = alpc_call_message(c->port, c->m, c->m, FOR_EVER, NULL);
	return NULL;
}

/* The caller has given up, and its memory is used again: not this memory. */
TEST_F(step, request_in_place_of_a_caller_that_gave_up)
{
	struct caller c = { .port = self->client, .timeout = ALPC_SEC(1) };
	uint64_t id;

	pattern(big, sizeof(big), 1);
	pattern(other, sizeof(other), 2);
	alpc_message_set_in_place(self->in, true);
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
	ASSERT_EQ(0, alpc_receive(self->port, self->in, FOR_EVER));
	id = alpc_message_id(self->in);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(-ETIMEDOUT, c.ret);
	/* Also after its end was told. */
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(ALPC_CANCELED, alpc_message_type(self->m));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, alpc_send(self->client, other, sizeof(other), 0));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
		EXPECT_EQ(ALPC_DATAGRAM, alpc_message_type(self->m));
	}
	EXPECT_EQ(0, memcmp(big, alpc_message_data(self->in), sizeof(big)));
	EXPECT_EQ(-ESRCH, alpc_reply(self->port, id, other, sizeof(other)));
}

/* By id, through either port; the request's message is used again meanwhile. */
TEST_F(step, reply_by_id)
{
	pattern(big, sizeof(big), 3);
	pattern(other, sizeof(other), 4);
	for (int i = 0; i < 6; i++) {
		struct caller c = { .port = self->client, .timeout = FOR_EVER };
		uint64_t id;

		alpc_port_set_way(self->client, i / 2 ? ALPC_WAY_AUTO :
							ALPC_WAY_DIRECT);
		ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
		ASSERT_EQ(sizeof(big), alpc_message_len(self->m));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(self->m),
				    sizeof(big)));
		id = alpc_message_id(self->m);
		EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
		ASSERT_EQ(0, alpc_reply(i % 2 ? self->port : self->server, id,
					other, sizeof(other)));
		pthread_join(c.thread, NULL);
		EXPECT_EQ(0, c.ret);
	}
}

/* Two clients with one context: which of them it is, only the kernel knows. */
TEST_F(step, ambiguous_context)
{
	struct alpc_port *client, *server_port;

	pattern(big, sizeof(big), 5);
	pattern(other, sizeof(other), 6);
	ASSERT_EQ(0, connect_here(self->port, 42, &client, &server_port));
	for (int i = 0; i < 10; i++) {
		struct caller c = {
			.port = i % 2 ? client : self->client,
			.timeout = FOR_EVER,
		};

		ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(self->m),
				    sizeof(big)));
		ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m),
					other, sizeof(other)));
		pthread_join(c.thread, NULL);
		EXPECT_EQ(0, c.ret);
		ASSERT_EQ(0, alpc_send(c.port, other, sizeof(other), 0));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
		EXPECT_EQ(0, memcmp(other, alpc_message_data(self->m),
				    sizeof(other)));
	}
	alpc_port_close(client);
	alpc_port_close(server_port);
}

/* Longer than the receiver takes, be it copied or not. */
TEST_F(step, limit_of_the_receiver)
{
	pattern(big, sizeof(big), 5);
	pattern(other, sizeof(other), 6);
	for (int in_place = 0; in_place < 2; in_place++) {
		struct caller c = { .port = self->client, .timeout = FOR_EVER };

		alpc_message_set_in_place(self->m, in_place);
		alpc_message_set_limit(self->m, sizeof(big) - 1);
		ASSERT_EQ(0, alpc_send(self->client, big, sizeof(big), 0));
		EXPECT_EQ(-EMSGSIZE, alpc_receive(self->port, self->m, 0));
		EXPECT_EQ(0, alpc_message_len(self->m));
		ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
		EXPECT_EQ(-EMSGSIZE, alpc_receive(self->port, self->m, FOR_EVER));
		ASSERT_EQ(ALPC_REQUEST, alpc_message_type(self->m));
		ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m),
					other, sizeof(other)));
		pthread_join(c.thread, NULL);
		EXPECT_EQ(0, c.ret);
		alpc_message_set_limit(self->m, 0);
		ASSERT_EQ(0, alpc_send(self->client, big, sizeof(big), 0));
		EXPECT_EQ(0, alpc_receive(self->port, self->m, 0));
	}
}

/* What a request has brought stays with it until its answer, released or not. */
TEST_F(step, request_that_was_released)
{
	struct message_caller c = { .port = self->client };
	struct pollfd end = { .events = POLLIN };
	int fds[2], fd;

	ASSERT_EQ(0, pipe(fds));
	end.fd = fds[0];
	ASSERT_EQ(0, alpc_message_new(0, &c.m));
	ASSERT_EQ(0, alpc_message_accept_fds(self->m, ALPC_FD_ANY));
	ASSERT_EQ(0, alpc_message_set_fds(c.m, &fds[1], 1));
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_message, &c));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
	ASSERT_EQ(1, alpc_message_fd_count(self->m));
	close(fds[1]);
	EXPECT_EQ(0, alpc_message_release(self->m));
	EXPECT_EQ(0, alpc_message_fd_count(self->m));
	EXPECT_EQ(-ENOENT, alpc_message_take_fds(self->m, 0, 1, &fd));
	EXPECT_EQ(0, poll(&end, 1, 0));
	ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m), NULL, 0));
	pthread_join(c.thread, NULL);
	EXPECT_EQ(0, c.ret);
	/* What is closed is closed by then. */
	ASSERT_EQ(1, poll(&end, 1, -1));
	EXPECT_EQ(POLLHUP, end.revents);
	alpc_message_free(c.m);
	close(fds[0]);
}

/* The receiver keeps every view: the sender runs out of its own, and no more. */
TEST_F(step, views_that_are_not_given_back)
{
	struct alpc_message *kept[1100];
	int n, ret = 0;

	for (n = 0; n < 1100 && !ret; n++) {
		ASSERT_EQ(0, alpc_message_new(0, &kept[n]));
		ret = alpc_send(self->client, big, 5000, 0);
		if (!ret)
			ASSERT_EQ(0, alpc_receive(self->port, kept[n], 0));
	}
	EXPECT_EQ(-EDQUOT, ret);
	while (n)
		alpc_message_free(kept[--n]);
	EXPECT_EQ(0, alpc_send(self->client, big, 5000, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
}

static sigjmp_buf fault;

static void on_sigsegv(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

static int can_write(volatile char *at)
{
	if (sigsetjmp(fault, 1))
		return 0;
	*at = *at;
	return 1;
}

/* Nothing that was checked can be changed, until it is given back. */
TEST_F(step, secure)
{
	const struct sigaction action = { .sa_handler = on_sigsegv };
	struct alpc_message *m;
	volatile char *at;
	void *data;

	ASSERT_EQ(0, sigaction(SIGSEGV, &action, NULL));
	alpc_message_set_in_place(self->in, true);
	ASSERT_EQ(0, alpc_message_new_in(self->client, 9000,
					 ALPC_MESSAGE_SECURE, &m));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, alpc_message_resize(m, 9000, &data));
		memset(data, 's', 9000);
		at = data;
		EXPECT_TRUE(can_write(at));
		ASSERT_EQ(0, alpc_send_message(self->client, m, 0));
		EXPECT_FALSE(can_write(at));
		EXPECT_FALSE(can_write(at + 8999));
		ASSERT_EQ(0, alpc_receive(self->port, self->in, 0));
		EXPECT_TRUE(alpc_message_is_secure(self->in));
		ASSERT_EQ(9000, alpc_message_len(self->in));
		EXPECT_EQ('s', *(const char *)alpc_message_data(self->in));
		EXPECT_FALSE(can_write(at));
		ASSERT_EQ(0, alpc_message_release(self->in));
		EXPECT_TRUE(can_write(at));
	}
	alpc_message_free(m);
}

TEST_HARNESS_MAIN
