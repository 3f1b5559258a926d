// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the ends of connections and ports.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../shutdown.h"

#include "fixture.h"

static struct alpc_conn *conn(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return f->conn[0];
}

static u16 next_at_server(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return alpc_fixture_next_type(f, &f->port->end);
}

static u16 next_at_client(struct kunit *test)
{
	return alpc_fixture_next_type(test->priv, &conn(test)->client);
}

/* The client has asked and not waited, and the server has replied. */
static void queue_reply(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_actor(f, &conn(test)->client);

	KUNIT_ASSERT_EQ(test, alpc_actor_send(a, ALPC_SEND_REQUEST, 0, 8), 0);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_ASSERT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       alpc_actor_got(a)->id, 3), 0);
	alpc_actor_done(a);
}

static void connection_ends_once(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, alpc_disconnect(&conn(test)->client), 0);
	KUNIT_EXPECT_EQ(test, conn(test)->state, ALPC_STATE_CLOSED);
	KUNIT_EXPECT_EQ(test, alpc_disconnect(&conn(test)->client), -EPIPE);
	KUNIT_EXPECT_EQ(test, alpc_disconnect(&conn(test)->server), -EPIPE);
}

static void nothing_can_be_sent_afterwards(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	alpc_disconnect(&conn(test)->client);
	KUNIT_EXPECT_EQ(test, alpc_actor_send(alpc_actor(f,
							 &conn(test)->client),
					      0, 0, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, alpc_actor_send(alpc_actor(f,
							 &conn(test)->server),
					      0, 0, 0), -EPIPE);
}

static void callers_on_both_sides_are_told(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *unseen = alpc_fixture_call(f, &conn(test)->server);
	struct alpc_actor *seen, *a;

	seen = alpc_fixture_call(f, &conn(test)->client);
	a = alpc_fixture_receive(f, &f->port->end);
	alpc_actor_done(a);
	alpc_disconnect(&conn(test)->server);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(seen), -EPIPE);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(unseen), -EPIPE);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 0);
	KUNIT_EXPECT_EQ(test, conn(test)->queue.length, 0);
}

static void those_who_wait_for_room_are_told(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *client = alpc_actor(f, &conn(test)->client);
	struct alpc_actor *server = alpc_actor(f, &conn(test)->server);
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++) {
		alpc_fixture_datagram(f, &conn(test)->client, 0);
		alpc_fixture_datagram(f, &conn(test)->server, 0);
	}
	KUNIT_ASSERT_EQ(test, alpc_actor_send(client, 0, 0, 0), -EINPROGRESS);
	KUNIT_ASSERT_EQ(test, alpc_actor_send(server, 0, 0, 0), -EINPROGRESS);
	alpc_disconnect(&conn(test)->client);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(client), -EPIPE);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(server), -EPIPE);
	KUNIT_EXPECT_TRUE(test, list_empty(&f->port->queue.senders));
	KUNIT_EXPECT_TRUE(test, list_empty(&conn(test)->queue.senders));
}

static void client_that_receives_is_told(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *client = alpc_actor(f, &conn(test)->client);
	struct alpc_actor *server = alpc_actor(f, &f->port->end);

	KUNIT_ASSERT_EQ(test, alpc_actor_receive(client, 8), -EINPROGRESS);
	KUNIT_ASSERT_EQ(test, alpc_actor_receive(server, 8), -EINPROGRESS);
	alpc_disconnect(&conn(test)->server);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(client), -EPIPE);
	/* The server has other clients; it gets the notice. */
	KUNIT_EXPECT_EQ(test, alpc_actor_result(server), 0);
	KUNIT_ASSERT_NOT_NULL(test, alpc_actor_got(server));
	KUNIT_EXPECT_EQ(test, alpc_actor_got(server)->type, ALPC_PORT_CLOSED);
}

static void notice_comes_after_everything_and_once(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	alpc_fixture_datagram(f, &conn(test)->client, 0);
	alpc_fixture_call(f, &conn(test)->client);
	alpc_fixture_datagram(f, &conn(test)->client, 0);
	alpc_disconnect(&conn(test)->client);
	alpc_end_release(&conn(test)->client);
	/* The request wants an answer that nobody waits for. */
	KUNIT_EXPECT_EQ(test, next_at_server(test), ALPC_DATAGRAM);
	KUNIT_EXPECT_EQ(test, next_at_server(test), ALPC_DATAGRAM);
	KUNIT_EXPECT_EQ(test, next_at_server(test), ALPC_PORT_CLOSED);
	alpc_fixture_expect_empty(test);
	alpc_end_release(&conn(test)->server);
	alpc_fixture_expect_empty(test);
	KUNIT_EXPECT_EQ(test, f->port->connections, 0);
}

static void notice_needs_no_room(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++)
		alpc_fixture_datagram(f, &conn(test)->client, 0);
	alpc_end_release(&conn(test)->client);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, ALPC_FIXTURE_MESSAGES + 1);
	KUNIT_EXPECT_EQ(test, f->port->queue.count, ALPC_FIXTURE_MESSAGES);
}

static void server_that_disconnects_gets_the_notice(struct kunit *test)
{
	alpc_disconnect(&conn(test)->server);
	KUNIT_EXPECT_EQ(test, next_at_server(test), ALPC_PORT_CLOSED);
	alpc_end_release(&conn(test)->client);
	KUNIT_EXPECT_EQ(test, next_at_server(test), 0);
}

static void server_that_closed_its_port_hears_nothing(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller;

	alpc_fixture_datagram(f, &conn(test)->client, 5);
	caller = alpc_fixture_call(f, &conn(test)->client);
	alpc_actor_done(alpc_fixture_receive(f, &f->port->end));
	alpc_actor_done(alpc_fixture_receive(f, &f->port->end));
	alpc_actor_cancel(caller);
	alpc_fixture_datagram(f, &conn(test)->client, 5);
	KUNIT_ASSERT_EQ(test, f->port->queue.length, 2);
	alpc_end_release(&conn(test)->server);
	alpc_fixture_expect_empty(test);
	KUNIT_EXPECT_EQ(test, f->port->connections, 0);
	alpc_end_release(&conn(test)->client);
	alpc_fixture_expect_empty(test);
}

/* Not even of an end that came before. */
static void server_that_closed_takes_the_notice_back(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	alpc_end_release(&conn(test)->client);
	KUNIT_ASSERT_EQ(test, f->port->queue.length, 1);
	alpc_end_release(&conn(test)->server);
	alpc_fixture_expect_empty(test);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn(test)->closed.ref), 1);
}

static void other_connections_are_left_alone(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *other = alpc_fixture_connect(f);
	struct alpc_actor *caller = alpc_fixture_call(f, &other->client);

	alpc_fixture_datagram(f, &other->client, 5);
	alpc_end_release(&conn(test)->server);
	alpc_end_release(&conn(test)->client);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 2);
	KUNIT_EXPECT_EQ(test, other->state, ALPC_STATE_OPEN);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(caller), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, f->port->connections, 1);
}

static void expect_all_still_there(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, conn(test)->error, -EPIPE);
	KUNIT_EXPECT_EQ(test, next_at_client(test), ALPC_DATAGRAM);
	KUNIT_EXPECT_EQ(test, next_at_client(test), ALPC_REPLY);
	KUNIT_EXPECT_EQ(test, next_at_client(test), ALPC_DATAGRAM);
	KUNIT_EXPECT_EQ(test, next_at_client(test), 0);
	KUNIT_EXPECT_EQ(test, conn(test)->client.unanswered, 0);
}

static void send_all(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	alpc_fixture_datagram(f, &conn(test)->server, 0);
	queue_reply(test);
	alpc_fixture_datagram(f, &conn(test)->server, 0);
}

static void client_receives_what_a_server_sent_that_left(struct kunit *test)
{
	send_all(test);
	alpc_disconnect(&conn(test)->server);
	expect_all_still_there(test);
}

static void client_receives_what_a_server_sent_that_closed(struct kunit *test)
{
	send_all(test);
	alpc_end_release(&conn(test)->server);
	expect_all_still_there(test);
}

static void client_receives_what_was_sent_before_the_port_closed(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	send_all(test);
	alpc_end_release(&f->port->end);
	expect_all_still_there(test);
	alpc_fixture_expect_empty(test);
}

static void client_that_closed_drops_what_was_sent_to_it(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller;

	send_all(test);
	caller = alpc_fixture_call(f, &conn(test)->server);
	alpc_end_release(&conn(test)->client);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(caller), -EPIPE);
	KUNIT_EXPECT_EQ(test, conn(test)->queue.length, 0);
	KUNIT_EXPECT_EQ(test, conn(test)->queue.count, 0);
	KUNIT_EXPECT_EQ(test, conn(test)->queue.size, 0);
	KUNIT_EXPECT_EQ(test, next_at_server(test), ALPC_PORT_CLOSED);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&conn(test)->client.sent));
	KUNIT_EXPECT_TRUE(test, hlist_empty(&conn(test)->server.sent));
}

static void reply_of_a_client_that_left_reaches_the_server(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_actor(f, &conn(test)->server);
	struct alpc_actor *client;

	KUNIT_ASSERT_EQ(test, alpc_actor_send(a, ALPC_SEND_REQUEST, 0, 8), 0);
	client = alpc_fixture_receive(f, &conn(test)->client);
	KUNIT_ASSERT_EQ(test,
			alpc_actor_reply(alpc_actor(f, &conn(test)->client),
					 alpc_actor_got(client)->id, 0), 0);
	alpc_actor_done(client);
	alpc_end_release(&conn(test)->client);
	KUNIT_EXPECT_EQ(test, next_at_server(test), ALPC_REPLY);
	KUNIT_EXPECT_EQ(test, next_at_server(test), ALPC_PORT_CLOSED);
}

static void reply_to_a_call_in_a_callback_is_freed(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *client = alpc_fixture_call(f, &conn(test)->client);
	struct alpc_actor *server = alpc_fixture_receive(f, &f->port->end);
	u64 id = alpc_actor_got(server)->id;

	alpc_actor_done(server);
	KUNIT_ASSERT_EQ(test, alpc_actor_call(server, ALPC_SEND_CALLBACK, id,
					      0), 0);
	alpc_actor_done(client);
	KUNIT_ASSERT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       id, 0), 0);
	/* Its thread never comes back for it. */
	alpc_end_release(&conn(test)->client);
	KUNIT_EXPECT_TRUE(test, list_empty(&conn(test)->queue.detached));
	KUNIT_EXPECT_EQ(test, alpc_actor_result(server), -EPIPE);
	KUNIT_EXPECT_EQ(test, next_at_server(test), ALPC_PORT_CLOSED);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&conn(test)->client.sent));
}

static void closing_the_port_ends_all_connections(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *other = alpc_fixture_connect(f);
	struct alpc_conn *asks = alpc_fixture_ask(f);
	struct alpc_actor *caller = alpc_fixture_call(f, &other->client);

	alpc_end_release(&f->port->end);
	KUNIT_EXPECT_EQ(test, conn(test)->state, ALPC_STATE_CLOSED);
	KUNIT_EXPECT_EQ(test, other->state, ALPC_STATE_CLOSED);
	KUNIT_EXPECT_EQ(test, asks->state, ALPC_STATE_CLOSED);
	KUNIT_EXPECT_EQ(test, other->error, -EPIPE);
	KUNIT_EXPECT_EQ(test, asks->error, -ECONNRESET);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(caller), -EPIPE);
	KUNIT_EXPECT_EQ(test, f->port->connections, 0);
	KUNIT_EXPECT_EQ(test, f->port->pending_connects, 0);
	alpc_fixture_expect_empty(test);
	/* What the files do when they are closed later changes nothing. */
	alpc_end_release(&other->server);
	alpc_end_release(&other->client);
	alpc_fixture_expect_empty(test);
}

static struct kunit_case shutdown_cases[] = {
	KUNIT_CASE(connection_ends_once),
	KUNIT_CASE(nothing_can_be_sent_afterwards),
	KUNIT_CASE(callers_on_both_sides_are_told),
	KUNIT_CASE(those_who_wait_for_room_are_told),
	KUNIT_CASE(client_that_receives_is_told),
	KUNIT_CASE(notice_comes_after_everything_and_once),
	KUNIT_CASE(notice_needs_no_room),
	KUNIT_CASE(server_that_disconnects_gets_the_notice),
	KUNIT_CASE(server_that_closed_its_port_hears_nothing),
	KUNIT_CASE(server_that_closed_takes_the_notice_back),
	KUNIT_CASE(other_connections_are_left_alone),
	KUNIT_CASE(client_receives_what_a_server_sent_that_left),
	KUNIT_CASE(client_receives_what_a_server_sent_that_closed),
	KUNIT_CASE(client_receives_what_was_sent_before_the_port_closed),
	KUNIT_CASE(client_that_closed_drops_what_was_sent_to_it),
	KUNIT_CASE(reply_of_a_client_that_left_reaches_the_server),
	KUNIT_CASE(reply_to_a_call_in_a_callback_is_freed),
	KUNIT_CASE(closing_the_port_ends_all_connections),
	{}
};

static struct kunit_suite shutdown_suite = {
	.name = "alpc_shutdown",
	.init = alpc_fixture_init_connected,
	.test_cases = shutdown_cases,
};

kunit_test_suite(shutdown_suite);
