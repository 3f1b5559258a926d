// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: what handlers of a server loop are given, and what
 * becomes of what they leave behind when their caller is gone.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "hole.h"
#include "step_fixture.h"

#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LONGEST	sizeof(big)	/* of requests of the fixture's server */

/* What requests begin with, and what their handlers do. */
enum {
	NOTHING,	/* reply with OK */
	STOP,		/* set descriptors, and reply when the test says so */
	LEAVE,		/* set descriptors, and leave the reply for later */
	LEAVE_SLOWLY,	/* leave it for later when the test says so */
	FILL,		/* reply with HOLE_LEN bytes of FILL */
	ASK,		/* make a request of the caller, and reply with OK */
};

#define OK	"ok"
#define COOKIE	77

static struct {
	struct alpc_server *server;
	pthread_t thread;
	unsigned int threads;
	long result;
	int fd;			/* what descriptors are made of */
	sem_t taken;		/* a handler that does not just reply has begun */
	sem_t go;		/* the test says so */
	sem_t canceled;		/* a request has lost its caller */
	sem_t returned;		/* the server's own request is cancelled */
	uint64_t id;		/* of the last such request */
	uint64_t asked;		/* of the server's own one */
	uint64_t returned_id;	/* of what is cancelled */
	uint64_t returned_cookie;
	bool in_place;		/* what FILL was handed to fill in */
	atomic_uint requests;
	atomic_int error;	/* the last of an answer that did not get through */
} world;

static int on_request(struct alpc_client *client, const struct alpc_message *m,
		      struct alpc_message *reply)
{
	char what = alpc_message_len(m) ? *(const char *)alpc_message_data(m) : 0;
	void *data;

	world.requests++;
	switch (what) {
	case STOP:
	case LEAVE:
		if (alpc_message_set_fds(reply, &world.fd, 1))
			return -EIO;
		break;
	case LEAVE_SLOWLY:
		break;
	case FILL:
		if (alpc_message_fill(reply, HOLE_LEN, &data))
			return -EIO;
		world.in_place = alpc_message_is_in_place(reply);
		memset(data, FILL, HOLE_LEN);
		return 0;
	case ASK:
		if (alpc_send_request(alpc_client_port(client), "?", 1, 0, COOKIE, 0,
				      &world.asked))
			return -EIO;
		return alpc_message_set(reply, OK, sizeof(OK));
	default:
		return alpc_message_set(reply, OK, sizeof(OK));
	}
	world.id = alpc_message_id(m);
	sem_post(&world.taken);
	if (what != LEAVE)
		sem_wait(&world.go);
	return what == STOP ? 0 : ALPC_REPLY_LATER;
}

static void on_canceled(struct alpc_client *client, uint64_t id)
{
	(void)client;
	(void)id;
	sem_post(&world.canceled);
}

static void on_unanswered(void *arg, uint64_t id, int error)
{
	(void)arg;
	(void)id;
	world.error = error;
}

static void on_returned(struct alpc_client *client,
			const struct alpc_message *notice)
{
	(void)client;
	world.returned_id = alpc_message_id(notice);
	world.returned_cookie = alpc_message_cookie(notice);
	sem_post(&world.returned);
}

static const struct alpc_server_ops ops = {
	.size = sizeof(ops), .request = on_request, .canceled = on_canceled,
	.unanswered = on_unanswered, .returned = on_returned,
};

static void *run(void *unused)
{
	(void)unused;
	world.result = alpc_server_run(world.server, world.threads);
	return NULL;
}

static int world_start(unsigned int threads, unsigned int flags)
{
	const struct alpc_server_options options = {
		.size = sizeof(options), .flags = flags, .max_request = LONGEST,
	};
	struct alpc_port *port;
	int ret;

	memset(&world, 0, sizeof(world));
	world.threads = threads;
	world.fd = STDERR_FILENO;
	sem_init(&world.taken, 0, 0);
	sem_init(&world.go, 0, 0);
	sem_init(&world.canceled, 0, 0);
	sem_init(&world.returned, 0, 0);
	ret = alpc_port_create(port_name(), NULL, &port);
	if (!ret)
		ret = alpc_server_new_with(port, &ops, NULL, &options,
					   &world.server);
	return ret ? ret : -pthread_create(&world.thread, NULL, run, NULL);
}

static long world_stop(void)
{
	alpc_server_stop(world.server);
	pthread_join(world.thread, NULL);
	alpc_server_free(world.server);
	return world.result;
}

/* One that is not disturbed by whatever becomes of the other. */
static int good(struct alpc_port *port, struct alpc_message *m)
{
	int ret = alpc_call(port, "", 0, m, FOR_EVER);

	if (!ret && (alpc_message_len(m) != sizeof(OK) ||
		     memcmp(alpc_message_data(m), OK, sizeof(OK))))
		ret = -EBADMSG;
	return ret;
}

FIXTURE(handler) {
	struct alpc_port *port, *good;
	struct alpc_message *m;
};

FIXTURE_VARIANT(handler) {
	unsigned int threads;
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(handler, one_thread) { .threads = 1 };
FIXTURE_VARIANT_ADD(handler, two_threads) { .threads = 2 };
FIXTURE_VARIANT_ADD(handler, in_place) {
	.threads = 1, .flags = ALPC_SERVER_IN_PLACE,
};

FIXTURE_SETUP(handler)
{
	ASSERT_EQ(0, world_start(variant->threads, variant->flags));
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &self->port));
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &self->good));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
}

FIXTURE_TEARDOWN(handler)
{
	EXPECT_EQ(0, good(self->good, self->m));
	alpc_message_free(self->m);
	alpc_port_close(self->port);
	alpc_port_close(self->good);
	EXPECT_EQ(0, world_stop());
}

/* -- Requests of the server's own ------------------------------------------------ */

TEST_F(handler, own_request_that_the_client_cancels)
{
	const char what = ASK;
	int canceled;

	ASSERT_EQ(0, alpc_call(self->port, &what, 1, self->m, FOR_EVER));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
	ASSERT_EQ(ALPC_REQUEST, alpc_message_type(self->m));
	ASSERT_EQ(0, alpc_cancel_received(self->port, alpc_message_id(self->m)));
	sem_wait(&world.returned);
	EXPECT_EQ(world.asked, world.returned_id);
	EXPECT_EQ(COOKIE, world.returned_cookie);
	/* It is none that the client has made. */
	ASSERT_EQ(0, sem_getvalue(&world.canceled, &canceled));
	EXPECT_EQ(0, canceled);
}

/* -- Descriptors of a reply that was not sent ----------------------------------- */

TEST_F(handler, descriptors_for_a_caller_that_is_gone)
{
	const char what = STOP;

	ASSERT_EQ(0, alpc_message_accept_fds(self->m, ALPC_FD_ANY));
	ASSERT_EQ(0, alpc_send_request(self->port, &what, 1, 0, 0, 0, NULL));
	sem_wait(&world.taken);
	ASSERT_EQ(0, alpc_port_disconnect(self->port));
	sem_post(&world.go);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, good(self->good, self->m));
		EXPECT_EQ(0, alpc_message_fd_count(self->m));
		EXPECT_EQ(0, alpc_message_fds_dropped(self->m));
	}
}

TEST_F(handler, descriptors_of_a_reply_that_is_left_for_later)
{
	const char what = LEAVE;

	ASSERT_EQ(0, alpc_message_accept_fds(self->m, ALPC_FD_ANY));
	ASSERT_EQ(0, alpc_send_request(self->port, &what, 1, 0, 0, 0, NULL));
	sem_wait(&world.taken);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, good(self->good, self->m));
		EXPECT_EQ(0, alpc_message_fd_count(self->m));
		EXPECT_EQ(0, alpc_message_fds_dropped(self->m));
	}
	ASSERT_EQ(0, alpc_server_reply(world.server, world.id, OK, sizeof(OK)));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
	EXPECT_EQ(0, alpc_message_fd_count(self->m));
}

/* -- Lengths ----------------------------------------------------------------------- */

/* Who sends more than the server takes is disconnected; no handler sees it. */
TEST_F(handler, longest_request)
{
	char *longer = calloc(1, LONGEST + 1);

	ASSERT_EQ(0, alpc_call(self->port, longer, LONGEST, self->m, FOR_EVER));
	EXPECT_EQ(1, atomic_load(&world.requests));
	EXPECT_EQ(-EPIPE, alpc_call(self->port, longer, LONGEST + 1, self->m,
				    FOR_EVER));
	free(longer);
	EXPECT_EQ(1, atomic_load(&world.requests));
	/* The thread that has disconnected it tells that next. */
	do {
		ASSERT_EQ(0, good(self->good, self->m));
	} while (!world.error);
	EXPECT_EQ(-EMSGSIZE, atomic_load(&world.error));
}

/* The caller's room is filled in where it is if the request came in a view. */
TEST_F(handler, reply_that_is_filled_in)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new(sizeof(big), &m));
	memset(big, FILL, sizeof(big));
	for (size_t len = 1; len <= 10000; len += 9999) {
		ASSERT_EQ(0, alpc_call(self->port, big, len, m, FOR_EVER));
		ASSERT_EQ(HOLE_LEN, alpc_message_len(m));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(m), HOLE_LEN));
		EXPECT_EQ(len > 1, world.in_place);
	}
	alpc_message_free(m);
}

/* -- A caller that gives up ------------------------------------------------------- */

/* As many as a section has blocks of the length, so that one is used again. */
#define MESSAGES	8

/* A reply, for later, in a thread of its own, which stops in the hole. */
static void *reply_later(void *hole)
{
	long ret = alpc_server_reply(world.server, world.id,
				     ((const struct hole *)hole)->data, HOLE_LEN);

	return (void *)ret;
}

static void on_sigusr1(int sig)
{
	(void)sig;
}

/*
 * While a reply is written into the caller's memory nobody gives that back,
 * although the caller has given up, and the server knows; before the handler has
 * returned, which needs another thread to learn that, or after.
 */
TEST_F(handler, caller_gives_up_during_a_later_reply)
{
	const struct sigaction action = { .sa_handler = on_sigusr1 };
	struct caller c = { .port = self->port, .timeout = FOR_EVER };
	struct alpc_message *m[MESSAGES];
	bool early = variant->threads > 1;
	void *data[MESSAGES], *result;
	struct hole hole;
	pthread_t thread;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, hole_open(&hole));
	memset(big, LEAVE_SLOWLY, sizeof(big));
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
	sem_wait(&world.taken);
	if (!early) {
		sem_post(&world.go);
		ASSERT_EQ(0, good(self->good, self->m));
	}
	ASSERT_EQ(0, pthread_create(&thread, NULL, reply_later, &hole));
	ASSERT_EQ(0, hole_wait(&hole));
	pthread_kill(c.thread, SIGUSR1);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(-EINTR, c.ret);
	sem_wait(&world.canceled);
	if (early)
		sem_post(&world.go);
	/* Whatever the threads have to do about it they have done. */
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0, good(self->good, self->m));
	for (int i = 0; i < MESSAGES; i++) {
		ASSERT_EQ(0, alpc_message_new_in(self->port, sizeof(big), 0,
						 &m[i]));
		ASSERT_EQ(0, alpc_message_resize(m[i], sizeof(big), &data[i]));
		pattern(data[i], sizeof(big), (uint32_t)i);
	}
	ASSERT_EQ(0, hole_fill(&hole));
	pthread_join(thread, &result);
	EXPECT_TRUE((long)result == -ECANCELED || (long)result == -ESRCH);
	for (int i = 0; i < MESSAGES; i++) {
		EXPECT_TRUE(is_pattern(data[i], sizeof(big), (uint32_t)i));
		alpc_message_free(m[i]);
	}
	/* All of it has come back. */
	EXPECT_NE(0, alpc_port_trim(self->port));
	hole_close(&hole);
}

TEST_HARNESS_MAIN
