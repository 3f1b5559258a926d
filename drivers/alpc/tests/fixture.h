/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port with its clients and servers, played by the one thread of a test.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_FIXTURE_H
#define ALPC_TESTS_FIXTURE_H

#include <kunit/test.h>

#include "../port.h"
#include "actor.h"

/**
 * DOC: Fixture
 *
 * Everything below the files works on objects, so the tests make the objects and
 * play all threads themselves. What they make belongs to the fixture, which takes
 * it down however the test ends. So a test may give up at any line, except while
 * it holds something that it got past the fixture, such as a claimed request.
 */

/* Limits of the fixture's port, so low that a test can reach them. */
#define ALPC_FIXTURE_MESSAGE		ALPC_MESSAGE_INLINE
#define ALPC_FIXTURE_MESSAGES		4U
#define ALPC_FIXTURE_BYTES		1000U
#define ALPC_FIXTURE_CONNECTIONS	6U
#define ALPC_FIXTURE_PENDING		3U

/* Context of the connection that was made first; the next has one more. */
#define ALPC_FIXTURE_CONTEXT		0x1000ULL

#define ALPC_FIXTURE_CONNS		8
#define ALPC_FIXTURE_ACTORS		48

/**
 * struct alpc_fixture - a connection port and what belongs to it
 * @test: the test
 * @port: the port, with a reference beside that of its file
 * @conn: connections, with a reference each beside those of their ends
 * @conns: how many
 * @actor: threads
 * @actors: how many
 *
 * What of this the test has not closed is closed when it ends.
 */
struct alpc_fixture {
	struct kunit *test;
	struct alpc_port *port;
	struct alpc_conn *conn[ALPC_FIXTURE_CONNS];
	unsigned int conns;
	struct alpc_actor actor[ALPC_FIXTURE_ACTORS];
	unsigned int actors;
};

int alpc_fixture_init(struct kunit *test);
int alpc_fixture_init_connected(struct kunit *test);
struct alpc_conn *alpc_fixture_conn(struct alpc_fixture *f);
struct alpc_conn *alpc_fixture_ask(struct alpc_fixture *f);
int alpc_fixture_answer(struct alpc_fixture *f, u64 id, u32 flags, u64 context);
struct alpc_conn *alpc_fixture_connect(struct alpc_fixture *f);

struct alpc_actor *alpc_actor(struct alpc_fixture *f, struct alpc_end *end);

/* Shorthands for actors that do one thing. */
struct alpc_actor *alpc_fixture_receive(struct alpc_fixture *f,
					struct alpc_end *end);
u16 alpc_fixture_next_type(struct alpc_fixture *f, struct alpc_end *end);
struct alpc_actor *alpc_fixture_call(struct alpc_fixture *f,
				     struct alpc_end *end);
void alpc_fixture_datagram(struct alpc_fixture *f, struct alpc_end *end,
			   u32 len);

/**
 * struct alpc_played_call - a call that a server has received
 * @f: fixture
 * @conn: its connection
 * @client: thread that calls
 * @server: thread that has received the request
 * @id: the request, as the server knows it
 * @out_id: the call, as the client knows it
 */
struct alpc_played_call {
	struct alpc_fixture *f;
	struct alpc_conn *conn;
	struct alpc_actor *client;
	struct alpc_actor *server;
	u64 id;
	u64 out_id;
};

struct alpc_played_call alpc_fixture_played_call(struct alpc_fixture *f);
void alpc_fixture_call_back(struct alpc_played_call *c);

void alpc_fixture_expect_empty(struct kunit *test);

#endif /* ALPC_TESTS_FIXTURE_H */
