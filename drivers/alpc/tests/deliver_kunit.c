// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: what a receiver is handed, and whose it is then.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../deliver.h"

#include "../shutdown.h"
#include "fixture.h"

static void request_waits_for_its_answer_in_the_table(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	struct alpc_actor *caller = alpc_fixture_call(f, &conn->client);
	struct alpc_message *m = caller->op.call;
	const struct alpc_delivery *d;
	struct alpc_actor *a;

	a = alpc_fixture_receive(f, &f->port->end);
	d = alpc_actor_got(a);
	KUNIT_EXPECT_PTR_EQ(test, d->msg, m);
	KUNIT_EXPECT_EQ(test, d->type, ALPC_REQUEST);
	KUNIT_EXPECT_EQ(test, d->flags, 0);
	KUNIT_EXPECT_EQ(test, d->id, m->id);
	KUNIT_EXPECT_EQ(test, d->context, ALPC_FIXTURE_CONTEXT);
	KUNIT_EXPECT_EQ(test, d->seq, conn->client.seq);
	KUNIT_EXPECT_EQ(test, d->len, 8);
	KUNIT_EXPECT_PTR_EQ(test, d->data, (const void *)m->data);
	KUNIT_EXPECT_PTR_EQ(test, d->from, m->sender);
	KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_PENDING);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 1);
	/* The table's and the receiver's. */
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 2);
	alpc_actor_done(a);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(caller), -EINPROGRESS);
}

static void datagram_is_the_receivers(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	unsigned int references = refcount_read(&conn->ref);
	const struct alpc_delivery *d;
	struct alpc_message *m;
	struct alpc_actor *a;

	alpc_fixture_datagram(f, &conn->client, 8);
	a = alpc_fixture_receive(f, &f->port->end);
	d = alpc_actor_got(a);
	m = d->msg;
	KUNIT_EXPECT_EQ(test, d->type, ALPC_DATAGRAM);
	KUNIT_EXPECT_EQ(test, d->id, 0);
	KUNIT_EXPECT_EQ(test, d->context, ALPC_FIXTURE_CONTEXT);
	KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_DONE);
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&m->sent));
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	/* The connection can go away while it is copied out. */
	KUNIT_EXPECT_PTR_EQ(test, d->conn, conn);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), references + 1);
	alpc_actor_done(a);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), references);
	/* Its memory serves the next message of the same sender. */
	KUNIT_EXPECT_PTR_EQ(test, conn->client.spare, m);
}

static void client_sees_no_context(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	struct alpc_actor *a;

	alpc_fixture_datagram(f, &conn->server, 8);
	a = alpc_fixture_receive(f, &conn->client);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->type, ALPC_DATAGRAM);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->context, 0);
	KUNIT_EXPECT_NULL(test, alpc_actor_got(a)->conn);
}

/* The server has taken the request, and then the caller gives up. */
static u64 cancelled_request(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller = alpc_fixture_call(f, &f->conn[0]->client);
	struct alpc_actor *a = alpc_fixture_receive(f, &f->port->end);
	u64 id = alpc_actor_got(a)->id;

	alpc_actor_done(a);
	alpc_actor_cancel(caller);
	return id;
}

static void cancelled_request_becomes_a_notice(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u64 id = cancelled_request(test);
	struct alpc_actor *a = alpc_actor(f, &f->port->end);
	const struct alpc_delivery *d;

	/* It has no data, so it needs no room. */
	KUNIT_ASSERT_EQ(test, alpc_actor_receive(a, 0), 0);
	d = alpc_actor_got(a);
	KUNIT_EXPECT_EQ(test, d->type, ALPC_CANCELED);
	KUNIT_EXPECT_EQ(test, d->id, id);
	KUNIT_EXPECT_EQ(test, d->context, ALPC_FIXTURE_CONTEXT);
	KUNIT_EXPECT_EQ(test, d->len, 0);
	KUNIT_EXPECT_EQ(test, d->seq, 0);
	KUNIT_EXPECT_EQ(test, d->cookie, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.size, 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       id, 0), -ESRCH);
}

static void notice_goes_to_a_thread_that_waits(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller = alpc_fixture_call(f, &f->conn[0]->client);
	struct alpc_actor *a = alpc_fixture_receive(f, &f->port->end);
	struct alpc_actor *waits = alpc_actor(f, &f->port->end);

	alpc_actor_done(a);
	KUNIT_ASSERT_EQ(test, alpc_actor_receive(waits, 0), -EINPROGRESS);
	alpc_actor_cancel(caller);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(waits), 0);
	KUNIT_ASSERT_NOT_NULL(test, alpc_actor_got(waits));
	KUNIT_EXPECT_EQ(test, alpc_actor_got(waits)->type, ALPC_CANCELED);
}

static void last_notice_says_how_many_were_received(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_end *server = &f->conn[0]->server;
	struct alpc_actor *a;

	cancelled_request(test);
	alpc_fixture_datagram(f, &f->conn[0]->client, 8);
	KUNIT_ASSERT_EQ(test, alpc_disconnect(server), 0);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &f->port->end),
			ALPC_CANCELED);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &f->port->end),
			ALPC_DATAGRAM);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->type, ALPC_PORT_CLOSED);
	/* The request, its notice and the datagram. */
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->seq, 3);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->context,
			ALPC_FIXTURE_CONTEXT);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->len, 0);
}

/* Neither replies nor callbacks: who gets them had the context before. */
static void what_comes_to_a_call_is_not_counted(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	u64 received = conn->received;
	struct alpc_actor *caller = alpc_fixture_call(f, &conn->server);
	struct alpc_actor *client = alpc_fixture_receive(f, &conn->client);
	u64 id = alpc_actor_got(client)->id, call = caller->x.out_id;

	alpc_actor_done(client);
	KUNIT_ASSERT_EQ(test, alpc_actor_call(client, ALPC_SEND_CALLBACK, id,
					      0), 0);
	KUNIT_EXPECT_EQ(test, conn->received, received);
	KUNIT_ASSERT_NOT_NULL(test, alpc_actor_got(caller));
	alpc_actor_undo(caller, ALPC_UNDO_CALL);
	KUNIT_EXPECT_EQ(test, conn->received, received);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(caller, call), 0);
	alpc_actor_done(caller);
	KUNIT_ASSERT_EQ(test, alpc_actor_wait(caller, call), -EINPROGRESS);
	KUNIT_ASSERT_EQ(test, alpc_actor_reply(alpc_actor(f, &conn->client),
					       id, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(caller), 0);
	KUNIT_EXPECT_EQ(test, conn->received, received);
}

static void reply_names_the_request_as_its_sender_does(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	struct alpc_actor *asks = alpc_actor(f, &conn->client);
	const struct alpc_delivery *d;
	struct alpc_actor *a;
	u64 id;

	asks->x.send.cookie = 0xc00c1e;
	/* The ids of both sides go their own ways. */
	f->port->queue.last_id += 100;
	KUNIT_ASSERT_EQ(test, alpc_actor_send(asks, ALPC_SEND_REQUEST, 0, 8),
			0);
	KUNIT_EXPECT_EQ(test, conn->client.unanswered, 1);
	a = alpc_fixture_receive(f, &f->port->end);
	id = alpc_actor_got(a)->id;
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->cookie, 0);
	alpc_actor_done(a);
	KUNIT_EXPECT_NE(test, id, asks->x.out_id);
	KUNIT_ASSERT_EQ(test, alpc_actor_reply(a, id, 5), 0);

	a = alpc_fixture_receive(f, &conn->client);
	d = alpc_actor_got(a);
	KUNIT_EXPECT_EQ(test, d->type, ALPC_REPLY);
	KUNIT_EXPECT_EQ(test, d->id, asks->x.out_id);
	KUNIT_EXPECT_EQ(test, d->cookie, 0xc00c1e);
	KUNIT_EXPECT_EQ(test, d->len, 5);
	KUNIT_EXPECT_EQ(test, d->seq, conn->server.seq);
	KUNIT_EXPECT_PTR_EQ(test, d->from, d->msg->replier);
	KUNIT_EXPECT_EQ(test, conn->client.unanswered, 0);
}

static struct kunit_case deliver_cases[] = {
	KUNIT_CASE(request_waits_for_its_answer_in_the_table),
	KUNIT_CASE(datagram_is_the_receivers),
	KUNIT_CASE(client_sees_no_context),
	KUNIT_CASE(cancelled_request_becomes_a_notice),
	KUNIT_CASE(notice_goes_to_a_thread_that_waits),
	KUNIT_CASE(last_notice_says_how_many_were_received),
	KUNIT_CASE(what_comes_to_a_call_is_not_counted),
	KUNIT_CASE(reply_names_the_request_as_its_sender_does),
	{}
};

static struct kunit_suite deliver_suite = {
	.name = "alpc_deliver",
	.init = alpc_fixture_init_connected,
	.test_cases = deliver_cases,
};

kunit_test_suite(deliver_suite);
