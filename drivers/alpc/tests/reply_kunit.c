// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: who may answer a request, and what becomes of the answer.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../reply.h"

#include "../shutdown.h"
#include "fixture.h"

/* A call of the first client, which the server has received. */
static struct alpc_actor *received_call(struct kunit *test, u64 *id)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller = alpc_fixture_call(f, &f->conn[0]->client);
	struct alpc_actor *a = alpc_fixture_receive(f, &f->port->end);

	*id = alpc_actor_got(a)->id;
	alpc_actor_done(a);
	return caller;
}

static struct alpc_message *claim(struct kunit *test, u64 id)
{
	struct alpc_fixture *f = test->priv;

	return alpc_request_claim(&f->port->end, id, ALPC_REQUEST, NULL);
}

static long claim_error(struct alpc_end *end, u64 id, u8 type)
{
	struct alpc_message *m = alpc_request_claim(end, id, type, NULL);

	if (IS_ERR(m))
		return PTR_ERR(m);
	alpc_request_unclaim(end, m);
	return 0;
}

static void unknown_id_is_esrch(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u64 id;

	received_call(test, &id);
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, 0, ALPC_REQUEST),
			-ESRCH);
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, id + 1, ALPC_REQUEST),
			-ESRCH);
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, id | BIT_ULL(32),
					  ALPC_REQUEST), -ESRCH);
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, id, ALPC_REQUEST), 0);
}

static void request_that_nobody_has_received_is_esrch(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller = alpc_fixture_call(f, &f->conn[0]->client);

	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, caller->op.call->id,
					  ALPC_REQUEST), -ESRCH);
}

static void only_its_own_connection_knows_the_request(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *other = alpc_fixture_connect(f);
	u64 id;

	received_call(test, &id);
	KUNIT_EXPECT_EQ(test, claim_error(&other->server, id, ALPC_REQUEST),
			-ESRCH);
	KUNIT_EXPECT_EQ(test, claim_error(&f->conn[0]->client, id,
					  ALPC_REQUEST), -ESRCH);
	/* Either port of the server will do. */
	KUNIT_EXPECT_EQ(test, claim_error(&f->conn[0]->server, id,
					  ALPC_REQUEST), 0);
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, id, ALPC_REQUEST), 0);
}

static void answer_of_the_wrong_kind_is_ebadmsg(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a;
	u64 id;

	received_call(test, &id);
	KUNIT_EXPECT_EQ(test, alpc_fixture_answer(f, id, 0, 0), -EBADMSG);
	alpc_fixture_ask(f);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       alpc_actor_got(a)->id, 0),
			-EBADMSG);
	/* Both are still there. */
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, id, ALPC_REQUEST), 0);
	KUNIT_EXPECT_EQ(test, alpc_fixture_answer(f, alpc_actor_got(a)->id,
						  ALPC_ACCEPT_REFUSE, 0), 0);
}

static void one_thread_at_a_time_answers(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_message *m;
	u64 id;

	received_call(test, &id);
	m = claim(test, id);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m));
	KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_REPLYING);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 2);
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, id, ALPC_REQUEST),
			-ESRCH);
	KUNIT_EXPECT_EQ(test, alpc_request_unclaim(&f->port->end, m), 0);
	KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_PENDING);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, id, ALPC_REQUEST), 0);
}

static void claim_of_a_connection_request_holds_it(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn, *found = NULL;
	unsigned int references;
	struct alpc_message *m;
	struct alpc_actor *a;

	conn = alpc_fixture_ask(f);
	a = alpc_fixture_receive(f, &f->port->end);
	references = refcount_read(&conn->ref);
	m = alpc_request_claim(&f->port->end, alpc_actor_got(a)->id,
			       ALPC_CONNECTION_REQUEST, &found);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m));
	KUNIT_EXPECT_PTR_EQ(test, found, conn);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), references + 1);
	alpc_request_unclaim(&f->port->end, m);
	alpc_conn_put(conn);
}

static void reply_goes_to_the_thread_that_waits(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	const struct alpc_delivery *d;
	struct alpc_actor *caller;
	struct alpc_message *m;
	u64 id;

	caller = received_call(test, &id);
	m = caller->op.call;
	KUNIT_ASSERT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       id, 5), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(caller), 0);
	d = alpc_actor_got(caller);
	KUNIT_ASSERT_PTR_EQ(test, d->msg, m);
	KUNIT_EXPECT_EQ(test, d->type, ALPC_REPLY);
	KUNIT_EXPECT_EQ(test, d->id, caller->x.out_id);
	KUNIT_EXPECT_EQ(test, d->len, 5);
	KUNIT_EXPECT_EQ(test, d->seq, conn->server.seq);
	KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_DONE);
	/* The replier has let go of it, so it can be used again. */
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 0);
	alpc_actor_done(caller);
	KUNIT_EXPECT_PTR_EQ(test, conn->client.spare, m);
}

static void request_is_answered_once(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u64 seq = f->conn[0]->server.seq;
	struct alpc_actor *a;
	u64 id;

	received_call(test, &id);
	a = alpc_actor(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(a, id, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(a, id, 0), -ESRCH);
	KUNIT_EXPECT_EQ(test, f->conn[0]->server.seq, seq + 1);
}

static void client_answers_requests_of_the_server(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	unsigned int references = refcount_read(&conn->ref);
	struct alpc_actor *caller = alpc_fixture_call(f, &conn->server);
	struct alpc_actor *a = alpc_fixture_receive(f, &conn->client);
	u64 id = alpc_actor_got(a)->id;

	alpc_actor_done(a);
	KUNIT_EXPECT_EQ(test, conn->queue.pending.count, 1);
	KUNIT_EXPECT_EQ(test, claim_error(&f->port->end, id, ALPC_REQUEST),
			-ESRCH);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &conn->client),
					       id, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(caller), 0);
	KUNIT_ASSERT_NOT_NULL(test, alpc_actor_got(caller));
	KUNIT_EXPECT_EQ(test, alpc_actor_got(caller)->context,
			ALPC_FIXTURE_CONTEXT);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), references + 1);
	alpc_actor_done(caller);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), references);
}

static void answering_what_was_cancelled_says_so_once(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller;
	u64 id;

	caller = received_call(test, &id);
	alpc_actor_cancel(caller);
	KUNIT_ASSERT_EQ(test, f->port->queue.length, 1);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       id, 0), -ECANCELED);
	/* Who knows it already need not receive the notice. */
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       id, 0), -ESRCH);
}

static void cancelled_while_being_answered_needs_no_notice(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *caller;
	struct alpc_message *m;
	u64 id;

	caller = received_call(test, &id);
	m = claim(test, id);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m));
	KUNIT_EXPECT_EQ(test, alpc_request_check(m), 0);
	alpc_actor_cancel(caller);
	KUNIT_EXPECT_EQ(test, alpc_request_check(m), -ECANCELED);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 0);
	/* The replier has the last reference. */
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	/* It is told even if its answer could not be read. */
	KUNIT_EXPECT_EQ(test, alpc_request_unclaim(&f->port->end, m),
			-ECANCELED);
}

static void closed_while_being_answered_is_epipe(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_message *m;
	u64 id;

	received_call(test, &id);
	m = claim(test, id);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m));
	alpc_end_release(&f->conn[0]->client);
	KUNIT_EXPECT_EQ(test, alpc_request_check(m), -EPIPE);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&m->ref), 1);
	KUNIT_EXPECT_EQ(test, alpc_request_unclaim(&f->port->end, m), -EPIPE);
}

static void reply_without_a_thread_that_waits_is_queued(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	struct alpc_actor *a;
	unsigned int i;
	u64 id;

	KUNIT_ASSERT_EQ(test, alpc_actor_send(alpc_actor(f, &conn->client),
					      ALPC_SEND_REQUEST, 0, 8), 0);
	a = alpc_fixture_receive(f, &f->port->end);
	id = alpc_actor_got(a)->id;
	alpc_actor_done(a);
	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++)
		alpc_fixture_datagram(f, &conn->server, 0);
	/* It cannot wait for room, nor does it take any. */
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(a, id, 7), 0);
	KUNIT_EXPECT_EQ(test, conn->queue.length, ALPC_FIXTURE_MESSAGES + 1);
	KUNIT_EXPECT_EQ(test, conn->queue.count, ALPC_FIXTURE_MESSAGES);
	KUNIT_EXPECT_EQ(test, conn->queue.size, 7);
	KUNIT_EXPECT_EQ(test, conn->client.unanswered, 1);
	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++)
		KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &conn->client),
				ALPC_DATAGRAM);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &conn->client),
			ALPC_REPLY);
	KUNIT_EXPECT_EQ(test, conn->client.unanswered, 0);
}

static struct kunit_case reply_cases[] = {
	KUNIT_CASE(unknown_id_is_esrch),
	KUNIT_CASE(request_that_nobody_has_received_is_esrch),
	KUNIT_CASE(only_its_own_connection_knows_the_request),
	KUNIT_CASE(answer_of_the_wrong_kind_is_ebadmsg),
	KUNIT_CASE(one_thread_at_a_time_answers),
	KUNIT_CASE(claim_of_a_connection_request_holds_it),
	KUNIT_CASE(reply_goes_to_the_thread_that_waits),
	KUNIT_CASE(request_is_answered_once),
	KUNIT_CASE(client_answers_requests_of_the_server),
	KUNIT_CASE(answering_what_was_cancelled_says_so_once),
	KUNIT_CASE(cancelled_while_being_answered_needs_no_notice),
	KUNIT_CASE(closed_while_being_answered_is_epipe),
	KUNIT_CASE(reply_without_a_thread_that_waits_is_queued),
	{}
};

static struct kunit_suite reply_suite = {
	.name = "alpc_reply",
	.init = alpc_fixture_init_connected,
	.test_cases = reply_cases,
};

kunit_test_suite(reply_suite);
