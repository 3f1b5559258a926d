// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: connection requests, their answers and their limits.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../connect.h"

#include <linux/cred.h>
#include <linux/uidgid.h>

#include "../shutdown.h"
#include "fixture.h"

static u64 received_request(struct alpc_fixture *f)
{
	struct alpc_actor *a = alpc_fixture_receive(f, &f->port->end);
	u64 id = alpc_actor_got(a)->id;

	KUNIT_EXPECT_EQ(f->test, alpc_actor_got(a)->type,
			ALPC_CONNECTION_REQUEST);
	KUNIT_EXPECT_EQ(f->test, alpc_actor_got(a)->context, 0);
	alpc_actor_done(a);
	return id;
}

/* What the client's connect returns, without waiting for an answer. */
static int connect_at_once(struct alpc_conn *conn, u32 flags, u32 id)
{
	const struct alpc_connect arg = {
		.flags = flags,
		.server_uid = id,
		.server_gid = id,
	};
	struct alpc_delivery d;

	return alpc_connect(conn, &arg, &d);
}

static void expect_counts(struct alpc_fixture *f, u32 connections, u32 pending)
{
	KUNIT_EXPECT_EQ(f->test, f->port->connections, connections);
	KUNIT_EXPECT_EQ(f->test, f->port->pending_connects, pending);
}

static void request_waits_until_it_is_accepted(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_ask(f);
	u64 id;

	KUNIT_EXPECT_EQ(test, conn->state, ALPC_STATE_CONNECTING);
	expect_counts(f, 1, 1);
	id = received_request(f);
	expect_counts(f, 1, 1);
	KUNIT_EXPECT_EQ(test, alpc_fixture_answer(f, id, 0, 17), 0);
	expect_counts(f, 1, 0);
	KUNIT_EXPECT_EQ(test, conn->state, ALPC_STATE_OPEN);
	KUNIT_EXPECT_EQ(test, conn->context, 17);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &conn->client),
			ALPC_CONNECTION_REPLY);
}

static void refused_connection_counts_no_more(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_ask(f);
	struct alpc_actor *sender = alpc_actor(f, &conn->client);

	KUNIT_EXPECT_EQ(test,
			alpc_fixture_answer(f, received_request(f),
					    ALPC_ACCEPT_REFUSE, 0), 0);
	expect_counts(f, 0, 0);
	KUNIT_EXPECT_EQ(test, conn->state, ALPC_STATE_REFUSED);
	KUNIT_EXPECT_EQ(test, conn->error, -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &conn->client),
			ALPC_CONNECTION_REFUSED);
	KUNIT_EXPECT_EQ(test, alpc_actor_send(sender, 0, 0, 0), -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, alpc_disconnect(&conn->client), -EPIPE);
	/* The server never had this connection: it does not hear of its end. */
	alpc_end_release(&conn->client);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &f->port->end), 0);
}

static void request_is_answered_once(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u64 id;

	alpc_fixture_ask(f);
	id = received_request(f);
	KUNIT_EXPECT_EQ(test, alpc_fixture_answer(f, id, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_fixture_answer(f, id, 0, 0), -ESRCH);
	KUNIT_EXPECT_EQ(test, alpc_fixture_answer(f, id, ALPC_ACCEPT_REFUSE, 0),
			-ESRCH);
	expect_counts(f, 1, 0);
}

static void nothing_can_be_sent_before_the_answer(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_ask(f);
	struct alpc_actor *a = alpc_actor(f, &conn->client);

	KUNIT_EXPECT_EQ(test, alpc_actor_send(a, 0, 0, 0), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, alpc_actor_call(a, ALPC_SEND_REQUEST, 0, 0),
			-ENOTCONN);
}

static void failed_acceptance_leaves_the_request(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_ask(f);
	struct alpc_accept arg = { .id = received_request(f) };
	unsigned int references = refcount_read(&conn->ref);
	struct alpc_message *m;
	struct alpc_conn *got;
	struct alpc_answer *answer;

	got = alpc_accept_begin(&f->port->end, &arg, &m, &answer);
	KUNIT_ASSERT_PTR_EQ(test, got, conn);
	alpc_accept_abort(conn, m, answer);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), references);
	expect_counts(f, 1, 1);
	/* An answer that is too long, and one that cannot be read. */
	arg.len = f->port->max_message + 1;
	got = alpc_accept_begin(&f->port->end, &arg, &m, &answer);
	KUNIT_EXPECT_PTR_EQ(test, got, ERR_PTR(-EMSGSIZE));
	arg.len = 1;
	got = alpc_accept_begin(&f->port->end, &arg, &m, &answer);
	KUNIT_EXPECT_PTR_EQ(test, got, ERR_PTR(-EFAULT));
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), references);
	KUNIT_EXPECT_EQ(test, alpc_fixture_answer(f, arg.id, 0, 0), 0);
}

static void connections_are_limited(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn;
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_CONNECTIONS - 1; i++)
		alpc_fixture_connect(f);
	/* One that is not accepted yet counts as well. */
	alpc_fixture_ask(f);
	conn = alpc_fixture_conn(f);
	KUNIT_ASSERT_EQ(test, connect_at_once(conn, ALPC_CONNECT_ASYNC, 0),
			-EUSERS);
	expect_counts(f, ALPC_FIXTURE_CONNECTIONS, 1);
	/* As long as the server has its end a connection exists. */
	alpc_end_release(&f->conn[0]->client);
	expect_counts(f, ALPC_FIXTURE_CONNECTIONS, 1);
	alpc_end_release(&f->conn[0]->server);
	expect_counts(f, ALPC_FIXTURE_CONNECTIONS - 1, 1);
	KUNIT_EXPECT_EQ(test, connect_at_once(conn, ALPC_CONNECT_ASYNC, 0), 0);
}

static void unanswered_requests_are_limited(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn;
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_PENDING; i++)
		alpc_fixture_ask(f);
	conn = alpc_fixture_conn(f);
	KUNIT_ASSERT_EQ(test, connect_at_once(conn, ALPC_CONNECT_ASYNC, 0),
			-EAGAIN);
	KUNIT_ASSERT_EQ(test, connect_at_once(conn, 0, 0), -ETIMEDOUT);
	expect_counts(f, ALPC_FIXTURE_PENDING, ALPC_FIXTURE_PENDING);
	KUNIT_EXPECT_TRUE(test, list_empty(&f->port->connectors));
	KUNIT_EXPECT_EQ(test,
			alpc_fixture_answer(f, received_request(f), 0, 0), 0);
	KUNIT_EXPECT_EQ(test, connect_at_once(conn, ALPC_CONNECT_ASYNC, 0), 0);
	expect_counts(f, ALPC_FIXTURE_PENDING + 1, ALPC_FIXTURE_PENDING);
}

/* They do not go through the limits of the queue, which is as full as can be. */
static void full_queue_holds_up_no_request(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_connect(f);
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++)
		alpc_fixture_datagram(f, &conn->client, 0);
	alpc_fixture_ask(f);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, ALPC_FIXTURE_MESSAGES + 1);
	KUNIT_EXPECT_EQ(test, f->port->queue.count, ALPC_FIXTURE_MESSAGES);
}

static void client_that_goes_takes_its_request_along(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *unseen = alpc_fixture_ask(f);
	struct alpc_conn *seen;
	u64 id;

	alpc_end_release(&unseen->client);
	expect_counts(f, 0, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);

	seen = alpc_fixture_ask(f);
	id = received_request(f);
	alpc_end_release(&seen->client);
	expect_counts(f, 0, 0);
	/* The server never had them: there is no notice. */
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
	KUNIT_EXPECT_EQ(test, alpc_fixture_answer(f, id, 0, 0), -ESRCH);
}

static void client_that_goes_while_it_is_accepted(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_ask(f);
	const struct alpc_accept arg = { .id = received_request(f) };
	struct alpc_message *m;
	struct alpc_conn *got;
	struct alpc_answer *answer;

	got = alpc_accept_begin(&f->port->end, &arg, &m, &answer);
	KUNIT_ASSERT_PTR_EQ(test, got, conn);
	alpc_end_release(&conn->client);
	expect_counts(f, 0, 0);
	KUNIT_EXPECT_EQ(test, alpc_accept_commit(conn, &arg, m, answer),
			-ECANCELED);
	alpc_conn_put(conn);
	KUNIT_EXPECT_FALSE(test, conn->accepted);
	KUNIT_EXPECT_EQ(test, conn->state, ALPC_STATE_CLOSED);
	expect_counts(f, 0, 0);
}

static void time_that_is_over_leaves_nothing_behind(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_conn(f);

	KUNIT_ASSERT_EQ(test, connect_at_once(conn, 0, 0), -ETIMEDOUT);
	expect_counts(f, 0, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
	KUNIT_EXPECT_EQ(test, conn->state, ALPC_STATE_CLOSED);
}

static void closed_port_resets(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *asked = alpc_fixture_ask(f);
	struct alpc_conn *late = alpc_fixture_conn(f);

	alpc_end_release(&f->port->end);
	KUNIT_EXPECT_EQ(test, asked->state, ALPC_STATE_CLOSED);
	KUNIT_EXPECT_EQ(test, asked->error, -ECONNRESET);
	expect_counts(f, 0, 0);
	KUNIT_ASSERT_EQ(test, connect_at_once(late, ALPC_CONNECT_ASYNC, 0),
			-ECONNRESET);
	KUNIT_ASSERT_EQ(test, connect_at_once(late, 0, 0), -ECONNRESET);
}

static void wrong_server_is_not_even_asked(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_conn(f);

	KUNIT_ASSERT_EQ(test, connect_at_once(conn, ALPC_CONNECT_ASYNC |
					      ALPC_CONNECT_SERVER_UID, 1),
			-EPERM);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
	KUNIT_ASSERT_EQ(test, connect_at_once(conn, ALPC_CONNECT_ASYNC |
					      ALPC_CONNECT_SERVER_UID, ~0U),
			-EPERM);
	expect_counts(f, 0, 0);
}

static void wrong_group_is_not_even_asked(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_conn(f);

	KUNIT_ASSERT_EQ(test, connect_at_once(conn, ALPC_CONNECT_ASYNC |
					      ALPC_CONNECT_SERVER_GID, 1),
			-EPERM);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
	expect_counts(f, 0, 0);
}

static void client_spins_no_longer_than_is_usual(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn;

	f->port->end.spin.max_ns = ALPC_SPIN_MAX_NS;
	conn = alpc_fixture_conn(f);
	KUNIT_EXPECT_EQ(test, conn->client.spin.max_ns, ALPC_SPIN_DEFAULT_NS);
	KUNIT_EXPECT_EQ(test, conn->server.spin.max_ns, ALPC_SPIN_MAX_NS);
	f->port->end.spin.max_ns = 0;
	conn = alpc_fixture_conn(f);
	KUNIT_EXPECT_EQ(test, conn->client.spin.max_ns, 0);
	KUNIT_EXPECT_EQ(test, conn->server.spin.max_ns, 0);
}

KUNIT_DEFINE_ACTION_WRAPPER(put_creds, put_cred, const struct cred *);

/* A thread with the port, but of another user than the one that made it. */
static void other_user_cannot_accept_for_the_server(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_conn(f);
	struct cred *cred = prepare_creds();
	const struct cred *before;
	int accept, refuse;
	u64 id;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_creds,
							(void *)cred), 0);
	cred->euid = KUIDT_INIT(1234);
	KUNIT_ASSERT_EQ(test, connect_at_once(conn, ALPC_CONNECT_ASYNC |
					      ALPC_CONNECT_SERVER_UID |
					      ALPC_CONNECT_SERVER_GID, 0), 0);
	id = received_request(f);
	before = override_creds(cred);
	accept = alpc_fixture_answer(f, id, 0, 0);
	revert_creds(before);
	KUNIT_EXPECT_EQ(test, accept, -EPERM);
	expect_counts(f, 1, 1);
	before = override_creds(cred);
	refuse = alpc_fixture_answer(f, id, ALPC_ACCEPT_REFUSE, 0);
	revert_creds(before);
	KUNIT_EXPECT_EQ(test, refuse, 0);
	expect_counts(f, 0, 0);
}

static struct kunit_case connect_cases[] = {
	KUNIT_CASE(request_waits_until_it_is_accepted),
	KUNIT_CASE(refused_connection_counts_no_more),
	KUNIT_CASE(request_is_answered_once),
	KUNIT_CASE(nothing_can_be_sent_before_the_answer),
	KUNIT_CASE(failed_acceptance_leaves_the_request),
	KUNIT_CASE(connections_are_limited),
	KUNIT_CASE(unanswered_requests_are_limited),
	KUNIT_CASE(full_queue_holds_up_no_request),
	KUNIT_CASE(client_that_goes_takes_its_request_along),
	KUNIT_CASE(client_that_goes_while_it_is_accepted),
	KUNIT_CASE(time_that_is_over_leaves_nothing_behind),
	KUNIT_CASE(closed_port_resets),
	KUNIT_CASE(wrong_server_is_not_even_asked),
	KUNIT_CASE(wrong_group_is_not_even_asked),
	KUNIT_CASE(client_spins_no_longer_than_is_usual),
	KUNIT_CASE(other_user_cannot_accept_for_the_server),
	{}
};

static struct kunit_suite connect_suite = {
	.name = "alpc_connect",
	.init = alpc_fixture_init,
	.test_cases = connect_cases,
};

kunit_test_suite(connect_suite);
