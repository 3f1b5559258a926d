// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: receivers that cannot use what they were handed.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * Between the moment a thread is handed a message and the moment it finds that
 * it cannot copy it out, everything can happen to the message.
 */
#include "../deliver.h"

#include "../cancel.h"
#include "../reply.h"
#include "../shutdown.h"
#include "fixture.h"

/* A request that a server's thread has been handed. */
struct handed {
	struct alpc_actor *caller;
	struct alpc_actor *receiver;
	struct alpc_message *m;
	u64 id;
};

static struct handed hand_request(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct handed h;

	h.caller = alpc_fixture_call(f, &f->conn[0]->client);
	h.receiver = alpc_fixture_receive(f, &f->port->end);
	h.m = h.caller->op.call;
	h.id = alpc_actor_got(h.receiver)->id;
	return h;
}

static void request_waits_again_under_its_id(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct handed h = hand_request(test);
	u64 received = f->conn[0]->received;
	struct alpc_actor *a;

	alpc_actor_undo(h.receiver, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, h.m->state, ALPC_MSG_QUEUED);
	KUNIT_EXPECT_EQ(test, refcount_read(&h.m->ref), 1);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 0);
	KUNIT_EXPECT_EQ(test, f->conn[0]->received, received - 1);
	/* Who guesses its id cannot answer what nobody has received. */
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(h.receiver, h.id, 0), -ESRCH);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->id, h.id);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       h.id, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(h.caller), 0);
}

static void cancelled_meanwhile_is_not_heard_of(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	u64 received = f->conn[0]->received;
	struct handed h = hand_request(test);

	alpc_actor_cancel(h.caller);
	KUNIT_ASSERT_EQ(test, f->port->queue.length, 1);
	alpc_actor_undo(h.receiver, ALPC_UNDO_RECEIVED);
	alpc_fixture_expect_empty(test);
	KUNIT_EXPECT_EQ(test, f->conn[0]->received, received);
}

static void notice_that_was_received_stays_received(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct handed h = hand_request(test);

	alpc_actor_cancel(h.caller);
	KUNIT_ASSERT_EQ(test, alpc_fixture_next_type(f, &f->port->end),
			ALPC_CANCELED);
	alpc_actor_undo(h.receiver, ALPC_UNDO_RECEIVED);
	alpc_fixture_expect_empty(test);
}

static void answered_meanwhile_is_over(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct handed h = hand_request(test);
	struct alpc_actor *guesses = alpc_actor(f, &f->port->end);

	KUNIT_ASSERT_EQ(test, alpc_actor_reply(guesses, h.id, 0), 0);
	alpc_actor_undo(h.receiver, ALPC_UNDO_RECEIVED);
	alpc_fixture_expect_empty(test);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(h.caller), 0);
}

static void being_answered_it_stays_with_who_answers(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct handed h = hand_request(test);
	struct alpc_message *m;

	m = alpc_request_claim(&f->port->end, h.id, ALPC_REQUEST, NULL);
	KUNIT_ASSERT_PTR_EQ(test, m, h.m);
	alpc_actor_undo(h.receiver, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, m->state, ALPC_MSG_REPLYING);
	KUNIT_EXPECT_TRUE(test, list_empty(&m->node));
	alpc_request_unclaim(&f->port->end, m);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       h.id, 0), 0);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(h.caller), 0);
}

/*
 * The thread that answers is to learn of the cancellation. The message is on the
 * way to be freed when the receiver finds that it cannot use it.
 */
static void cancelled_while_being_answered_is_left_alone(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_port *port = f->port;
	struct handed h = hand_request(test);
	struct alpc_message *m, *next;
	struct alpc_work work;

	m = alpc_request_claim(&port->end, h.id, ALPC_REQUEST, NULL);
	KUNIT_ASSERT_PTR_EQ(test, m, h.m);
	alpc_work_begin(&work, port);
	alpc_call_cancel(h.m, &work);
	spin_unlock(&port->lock);
	rcu_read_unlock();

	alpc_actor_undo(h.receiver, ALPC_UNDO_RECEIVED);
	alpc_fixture_expect_empty(test);
	KUNIT_EXPECT_EQ(test, alpc_request_check(h.m), -ECANCELED);
	KUNIT_EXPECT_FALSE(test, list_empty(&work.dead));

	list_for_each_entry_safe(m, next, &work.dead, node) {
		list_del_init(&m->node);
		alpc_message_put(m);
	}
	KUNIT_EXPECT_EQ(test, refcount_read(&h.m->ref), 1);
	alpc_request_unclaim(&port->end, h.m);
}

static void withdrawn_meanwhile_stays_withdrawn(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct handed h = hand_request(test);

	KUNIT_ASSERT_EQ(test, alpc_disconnect(&f->conn[0]->client), 0);
	alpc_actor_undo(h.receiver, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &f->port->end),
			ALPC_PORT_CLOSED);
	alpc_fixture_expect_empty(test);
}

/* A second thread makes a callback in what the first was handed. */
static void in_use_for_a_callback_it_stays_unanswered(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct handed h = hand_request(test);
	struct alpc_actor *guesses = alpc_actor(f, &f->port->end);

	KUNIT_ASSERT_EQ(test, alpc_actor_call(guesses, ALPC_SEND_CALLBACK, h.id,
					      8), 0);
	KUNIT_ASSERT_TRUE(test, h.m->detached);
	alpc_actor_undo(h.receiver, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, h.m->state, ALPC_MSG_PENDING);
	KUNIT_EXPECT_TRUE(test, h.m->detached);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
	/* The call goes on once the callback is answered. */
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       h.id, 0), 0);
	KUNIT_EXPECT_EQ(test, h.m->state, ALPC_MSG_REPLIED);
}

static void notice_waits_again(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct handed h = hand_request(test);
	u64 received = f->conn[0]->received;
	struct alpc_actor *a;

	alpc_actor_done(h.receiver);
	alpc_actor_cancel(h.caller);
	a = alpc_fixture_receive(f, &f->port->end);
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, f->conn[0]->received, received);
	KUNIT_EXPECT_EQ(test, f->port->queue.pending.count, 1);
	KUNIT_EXPECT_EQ(test, f->port->queue.size, 0);
	/* Who has not heard of it yet learns it by answering. */
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(a, h.id, 0), -ECANCELED);
	alpc_fixture_expect_empty(test);
}

static void last_notice_comes_again_as_it_was(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a;
	u64 seq;

	alpc_fixture_datagram(f, &f->conn[0]->client, 8);
	alpc_fixture_next_type(f, &f->port->end);
	KUNIT_ASSERT_EQ(test, alpc_disconnect(&f->conn[0]->client), 0);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->type, ALPC_PORT_CLOSED);
	seq = alpc_actor_got(a)->seq;
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	a = alpc_fixture_receive(f, &f->port->end);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->type, ALPC_PORT_CLOSED);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->seq, seq);
}

static void reply_that_was_queued_counts_again(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	struct alpc_actor *asks = alpc_actor(f, &conn->client);
	struct alpc_actor *a;
	u64 id;

	KUNIT_ASSERT_EQ(test, alpc_actor_send(asks, ALPC_SEND_REQUEST, 0, 8),
			0);
	a = alpc_fixture_receive(f, &f->port->end);
	id = alpc_actor_got(a)->id;
	alpc_actor_done(a);
	KUNIT_ASSERT_EQ(test, alpc_actor_reply(a, id, 4), 0);
	a = alpc_fixture_receive(f, &conn->client);
	KUNIT_EXPECT_EQ(test, conn->client.unanswered, 0);
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	KUNIT_EXPECT_EQ(test, conn->client.unanswered, 1);
	KUNIT_EXPECT_EQ(test, conn->queue.size, 4);
	a = alpc_fixture_receive(f, &conn->client);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->type, ALPC_REPLY);
	KUNIT_EXPECT_EQ(test, alpc_actor_got(a)->id, asks->x.out_id);
	KUNIT_EXPECT_EQ(test, conn->client.unanswered, 0);
}

/* Once the server's port is closed no message carries its context. */
static void nothing_comes_back_for_a_closed_server(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = f->conn[0];
	unsigned int references = refcount_read(&conn->ref);
	struct alpc_actor *a;

	alpc_fixture_datagram(f, &conn->client, 8);
	a = alpc_fixture_receive(f, &f->port->end);
	alpc_end_release(&conn->server);
	alpc_actor_undo(a, ALPC_UNDO_RECEIVED);
	alpc_fixture_expect_empty(test);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), references - 1);
}

static struct kunit_case undo_cases[] = {
	KUNIT_CASE(request_waits_again_under_its_id),
	KUNIT_CASE(cancelled_meanwhile_is_not_heard_of),
	KUNIT_CASE(notice_that_was_received_stays_received),
	KUNIT_CASE(answered_meanwhile_is_over),
	KUNIT_CASE(being_answered_it_stays_with_who_answers),
	KUNIT_CASE(cancelled_while_being_answered_is_left_alone),
	KUNIT_CASE(withdrawn_meanwhile_stays_withdrawn),
	KUNIT_CASE(in_use_for_a_callback_it_stays_unanswered),
	KUNIT_CASE(notice_waits_again),
	KUNIT_CASE(last_notice_comes_again_as_it_was),
	KUNIT_CASE(reply_that_was_queued_counts_again),
	KUNIT_CASE(nothing_comes_back_for_a_closed_server),
	{}
};

static struct kunit_suite undo_suite = {
	.name = "alpc_undo",
	.init = alpc_fixture_init_connected,
	.test_cases = undo_cases,
};

kunit_test_suite(undo_suite);
