// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module, step by step: a reply goes where its caller wants
 * it, and nowhere else, also when the caller gives up while it is being written.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "hole.h"
#include "step_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* -- A caller that gives up ------------------------------------------------------- */

/* As many as a section has blocks of the length, so that one is used again. */
#define MESSAGES	8

struct messages {
	struct alpc_message *m[MESSAGES];
	void *data[MESSAGES];
};

/* Take memory for messages like big, of every sort that is there. */
static int messages_new(struct messages *ms, struct alpc_port *port)
{
	int ret = 0;

	for (int i = 0; i < MESSAGES && !ret; i++) {
		ret = alpc_message_new_in(port, sizeof(big), 0, &ms->m[i]);
		if (!ret)
			ret = alpc_message_resize(ms->m[i], sizeof(big),
						  &ms->data[i]);
		if (!ret)
			pattern(ms->data[i], sizeof(big), (uint32_t)i);
	}
	return ret;
}

static bool messages_are_whole(const struct messages *ms)
{
	bool whole = true;

	for (int i = 0; i < MESSAGES; i++)
		whole &= is_pattern(ms->data[i], sizeof(big), (uint32_t)i);
	return whole;
}

/* Return: the memory that was needed for them, of a port that has none else. */
static size_t messages_free(struct messages *ms, struct alpc_port *port)
{
	for (int i = 0; i < MESSAGES; i++)
		alpc_message_free(ms->m[i]);
	return alpc_port_trim(port);
}

/* A reply in a thread of its own. */
struct answer {
	struct alpc_port *port;
	pthread_t thread;
	uint64_t id;
	const void *data;
	struct alpc_message *m;		/* to receive into with that, or NULL */
	int ret;
};

static void *answer(void *arg)
{
	struct answer *a = arg;

	a->ret = a->m ? alpc_reply_and_receive(a->port, a->id, a->data, HOLE_LEN,
					       a->m, 0) :
			alpc_reply(a->port, a->id, a->data, HOLE_LEN);
	return NULL;
}

static void on_sigusr1(int sig)
{
	(void)sig;
}

/*
 * While a reply is written into the caller's memory nobody gives that back,
 * although the caller has given up, and this was received; afterwards it is.
 */
static void give_up(FIXTURE_DATA(step) * self,
		    struct __test_metadata *_metadata, bool receive)
{
	const struct sigaction action = { .sa_handler = on_sigusr1 };
	struct caller c = { .port = self->client, .timeout = FOR_EVER };
	struct answer a = { .port = self->port };
	struct messages ms;
	struct hole hole;
	size_t memory;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, hole_open(&hole));
	ASSERT_EQ(0, messages_new(&ms, self->client));
	memory = messages_free(&ms, self->client);
	ASSERT_NE(0, memory);
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
	ASSERT_EQ(0, alpc_receive(self->port, self->in, FOR_EVER));
	a.id = alpc_message_id(self->in);
	a.data = hole.data;
	a.m = receive ? self->in : NULL;
	ASSERT_EQ(0, pthread_create(&a.thread, NULL, answer, &a));
	ASSERT_EQ(0, hole_wait(&hole));

	pthread_kill(c.thread, SIGUSR1);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(-EINTR, c.ret);
	ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
	EXPECT_EQ(ALPC_CANCELED, alpc_message_type(self->m));
	/* If it is to give anything back it does so with this. */
	EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
	ASSERT_EQ(0, messages_new(&ms, self->client));
	ASSERT_EQ(0, hole_fill(&hole));
	pthread_join(a.thread, NULL);
	EXPECT_TRUE(a.ret == -ECANCELED || a.ret == -ESRCH);
	EXPECT_TRUE(messages_are_whole(&ms));
	messages_free(&ms, self->client);
	ASSERT_EQ(0, messages_new(&ms, self->client));
	EXPECT_EQ(memory, messages_free(&ms, self->client));
	hole_close(&hole);
}

TEST_F(step, caller_gives_up_during_a_reply)
{
	give_up(self, _metadata, false);
}

TEST_F(step, caller_gives_up_during_a_reply_and_receive)
{
	give_up(self, _metadata, true);
}

/* -- Two ports --------------------------------------------------------------------- */

FIXTURE(two) {
	struct alpc_port *port[2], *client[2], *server[2];
	struct alpc_message *m[2];
};

FIXTURE_SETUP(two)
{
	for (int i = 0; i < 2; i++) {
		char name[80];

		snprintf(name, sizeof(name), "%s.%d", port_name(), i);
		ASSERT_EQ(0, alpc_message_new(0, &self->m[i]));
		ASSERT_EQ(0, alpc_port_create(name, NULL, &self->port[i]));
		ASSERT_EQ(0, connect_to(name, self->port[i], 42, &self->client[i],
					&self->server[i]));
	}
}

FIXTURE_TEARDOWN(two)
{
	for (int i = 0; i < 2; i++) {
		alpc_port_close(self->client[i]);
		alpc_port_close(self->server[i]);
		alpc_port_close(self->port[i]);
		alpc_message_free(self->m[i]);
	}
}

static void *call_in_place(void *arg)
{
	struct caller *c = arg;
	struct alpc_message *m;
	void *data;

	c->ret = alpc_message_new_in(c->port, sizeof(big), 0, &m);
	if (!c->ret)
		c->ret = alpc_message_resize(m, sizeof(big), &data);
	if (c->ret)
		return NULL;
	memcpy(data, big, sizeof(big));
	c->ret = alpc_call_message(c->port, m, m, FOR_EVER, NULL);
	/* The reply is empty, and the server has written to nothing. */
	if (!c->ret && (alpc_message_len(m) || memcmp(big, data, sizeof(big))))
		c->ret = -EBADMSG;
	alpc_message_free(m);
	return NULL;
}

/*
 * Requests of two ports have the same id, and their views the same section: what a
 * message was received from is what tells them apart.
 */
TEST_F(two, reply_with_a_message_of_the_other_port)
{
	struct caller c[2] = {
		{ .port = self->client[0], .timeout = FOR_EVER },
		{ .port = self->client[1], .timeout = FOR_EVER },
	};

	pattern(big, sizeof(big), 1);
	pattern(other, sizeof(other), 2);
	for (int in_place = 0; in_place < 2; in_place++) {
		uint64_t id[2];

		for (int i = 0; i < 2; i++) {
			alpc_message_set_in_place(self->m[i], in_place);
			ASSERT_EQ(0, pthread_create(&c[i].thread, NULL, i ?
						    call_in_place : call_big,
						    &c[i]));
			ASSERT_EQ(0, alpc_receive(self->port[i], self->m[i],
						  FOR_EVER));
			id[i] = alpc_message_id(self->m[i]);
		}
		ASSERT_EQ(id[0], id[1]);
		EXPECT_EQ(-EAGAIN,
			  alpc_reply_and_receive(self->port[0], id[0], other,
						 sizeof(other), self->m[1], 0));
		EXPECT_TRUE(alpc_message_done(self->m[1]) & ALPC_DONE_SENT);
		pthread_join(c[0].thread, NULL);
		EXPECT_EQ(0, c[0].ret);
		ASSERT_EQ(0, alpc_reply(self->port[1], id[1], NULL, 0));
		pthread_join(c[1].thread, NULL);
		EXPECT_EQ(0, c[1].ret);
	}
}

/* -- Room -------------------------------------------------------------------------- */

struct room_caller {
	struct alpc_port *port;
	struct alpc_message *m;
	pthread_t thread;
	int ret;
};

static void *call_with_room(void *arg)
{
	struct room_caller *c = arg;

	c->ret = alpc_call(c->port, big, sizeof(big), c->m, FOR_EVER);
	return NULL;
}

/* A short reply to a call whose reply could be written directly. */
TEST_F(step, room_is_there_after_a_short_reply)
{
	struct room_caller c = { .port = self->client };

	ASSERT_EQ(0, alpc_message_new(sizeof(other), &c.m));
	pattern(other, sizeof(other), 2);
	alpc_port_set_way(self->client, ALPC_WAY_DIRECT);
	for (int i = 0; i < 4; i++) {
		size_t len = i % 2 ? sizeof(other) : 10;

		ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_with_room, &c));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
		/* What is short goes inline. */
		alpc_port_set_way(self->port, i % 2 ? ALPC_WAY_DIRECT :
						      ALPC_WAY_AUTO);
		ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m),
					other, len));
		pthread_join(c.thread, NULL);
		ASSERT_EQ(0, c.ret);
		ASSERT_EQ(len, alpc_message_len(c.m));
		EXPECT_EQ(0, memcmp(other, alpc_message_data(c.m), len));
	}
	alpc_message_free(c.m);
}

TEST_HARNESS_MAIN
