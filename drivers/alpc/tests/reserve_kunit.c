// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the states of a reserve, and who has its message.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../reserve.h"

#include <linux/pid.h>

#include "../shutdown.h"
#include "fixture.h"

#define LENGTH	100

static struct alpc_conn *conn(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return f->conn[0];
}

/* A reserve of the client's, which is taken down with it. */
static struct alpc_reserve *reserve(struct kunit *test)
{
	struct alpc_create_reserve arg = { .len = LENGTH };

	KUNIT_ASSERT_EQ(test, alpc_reserve_create(&conn(test)->client, &arg), 0);
	return hlist_entry(conn(test)->client.reserves.first,
			   struct alpc_reserve, node);
}

/* A thread of the client's that is to send from it. */
static struct alpc_actor *sender(struct kunit *test, const struct alpc_reserve *r)
{
	struct alpc_actor *a = alpc_actor(test->priv, &conn(test)->client);

	a->x.send.reserve = r->id;
	a->op.brings = true;
	return a;
}

static int send_from(struct kunit *test, const struct alpc_reserve *r, u32 what)
{
	return alpc_actor_send(sender(test, r), what, 0, LENGTH);
}

/* It is on its way: it can be neither sent nor deleted. */
static void expect_in_flight(struct kunit *test, const struct alpc_reserve *r)
{
	KUNIT_EXPECT_EQ(test, refcount_read(&r->ref), 2);
	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, alpc_reserve_delete(&conn(test)->client, r->id),
			-EBUSY);
}

/* And nobody has it to use again but the reserve. */
static void expect_free(struct kunit *test, const struct alpc_reserve *r)
{
	KUNIT_EXPECT_EQ(test, refcount_read(&r->ref), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&r->m->ref), 0);
	KUNIT_EXPECT_PTR_NE(test, conn(test)->client.spare, r->m);
}

static struct alpc_actor *at_server(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return alpc_fixture_receive(f, &f->port->end);
}

static void new_one_is_free(struct kunit *test)
{
	struct alpc_reserve *r = reserve(test);

	KUNIT_EXPECT_EQ(test, refcount_read(&r->ref), 1);
	KUNIT_EXPECT_EQ(test, conn(test)->client.reserve_count, 1);
	KUNIT_EXPECT_PTR_EQ(test, r->m->reserve, r);
	KUNIT_EXPECT_NOT_NULL(test, r->m->sender);
	KUNIT_EXPECT_NOT_NULL(test, r->m->replier);
	KUNIT_EXPECT_NOT_NULL(test, r->m->parcel);
	KUNIT_EXPECT_GE(test, r->m->room, LENGTH);
}

static void datagram_is_in_flight_until_it_is_copied(struct kunit *test)
{
	struct alpc_reserve *r = reserve(test);
	struct alpc_actor *a;

	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), 0);
	expect_in_flight(test, r);
	a = at_server(test);
	KUNIT_EXPECT_PTR_EQ(test, alpc_actor_got(a)->msg, r->m);
	expect_in_flight(test, r);
	alpc_actor_done(a);
	expect_free(test, r);
	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), 0);
	alpc_actor_done(at_server(test));
	expect_free(test, r);
}

static void reply_is_owed_until_it_is_received(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_reserve *r = reserve(test);
	struct alpc_actor *a, *server;

	KUNIT_EXPECT_EQ(test, send_from(test, r, ALPC_SEND_REQUEST), 0);
	server = at_server(test);
	alpc_actor_done(server);
	KUNIT_EXPECT_EQ(test, r->m->state, ALPC_MSG_PENDING);
	expect_in_flight(test, r);
	KUNIT_EXPECT_EQ(test, alpc_actor_reply(alpc_actor(f, &f->port->end),
					       r->m->id, LENGTH), 0);
	expect_in_flight(test, r);
	a = alpc_fixture_receive(f, &conn(test)->client);
	KUNIT_EXPECT_PTR_EQ(test, alpc_actor_got(a)->msg, r->m);
	expect_in_flight(test, r);
	alpc_actor_done(a);
	expect_free(test, r);
}

/* A receiver that is slow to copy has a reference, whatever becomes of the call. */
static void is_back_when_the_last_one_who_copies_is_done(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_reserve *r = reserve(test);
	struct alpc_actor *caller = sender(test, r), *slow;

	KUNIT_ASSERT_EQ(test, alpc_actor_call(caller, ALPC_SEND_REQUEST, 0,
					      LENGTH), 0);
	slow = at_server(test);
	alpc_actor_cancel(caller);
	expect_in_flight(test, r);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &f->port->end),
			ALPC_CANCELED);
	expect_in_flight(test, r);
	alpc_actor_done(slow);
	expect_free(test, r);
}

static void is_back_at_once_if_nobody_received_it(struct kunit *test)
{
	struct alpc_reserve *r = reserve(test);
	struct alpc_actor *caller = sender(test, r);

	KUNIT_ASSERT_EQ(test, alpc_actor_call(caller, ALPC_SEND_REQUEST, 0,
					      LENGTH), 0);
	expect_in_flight(test, r);
	alpc_actor_cancel(caller);
	expect_free(test, r);
}

static void is_back_if_it_could_not_be_filled(struct kunit *test)
{
	struct alpc_reserve *r = reserve(test);
	struct alpc_actor *a = sender(test, r);

	/* The thread has no memory from which it could be read. */
	a->x.send.len = 8;
	KUNIT_EXPECT_EQ(test, alpc_send_prepare(&a->op), -EFAULT);
	expect_free(test, r);
	a->x.send.len = LENGTH + 1;
	KUNIT_EXPECT_EQ(test, alpc_send_prepare(&a->op), -EMSGSIZE);
	expect_free(test, r);
	alpc_disconnect(&conn(test)->server);
	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), -EPIPE);
	expect_free(test, r);
}

/* The message is counted nowhere, and the queue holds more than it may. */
static void takes_no_room(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_reserve *r = reserve(test);
	u32 count;

	while (alpc_queue_is_open(&f->port->queue))
		alpc_fixture_datagram(f, &conn(test)->client, 8);
	count = f->port->queue.count;
	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.count, count);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, count + 1);
	KUNIT_EXPECT_FALSE(test, r->m->charged);
}

/* Its memory is written again; but not while somebody else reads it. */
static void identity_is_written_again(struct kunit *test)
{
	struct alpc_reserve *r = reserve(test);
	struct alpc_ident *ident = r->m->sender;

	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, r->m->sender, ident);
	KUNIT_EXPECT_PTR_EQ(test, ident->thread, task_pid(current));
	alpc_actor_done(at_server(test));
	alpc_ident_get(ident);
	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), -EBUSY);
	alpc_ident_put(ident);
	/* As if another thread had sent last. */
	put_pid(ident->thread);
	ident->thread = NULL;
	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, r->m->sender, ident);
	KUNIT_EXPECT_PTR_EQ(test, ident->thread, task_pid(current));
}

/* Its end does not wait for it, and whoever has the message does. */
static void outlives_its_end_with_the_message(struct kunit *test)
{
	struct alpc_reserve *r = reserve(test);
	struct alpc_actor *a;

	KUNIT_EXPECT_EQ(test, send_from(test, r, 0), 0);
	refcount_inc(&r->ref);
	alpc_end_release(&conn(test)->client);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&conn(test)->client.reserves));
	KUNIT_EXPECT_EQ(test, refcount_read(&r->ref), 2);
	a = at_server(test);
	KUNIT_EXPECT_EQ(test, refcount_read(&r->ref), 2);
	alpc_actor_done(a);
	KUNIT_EXPECT_EQ(test, refcount_read(&r->ref), 1);
	alpc_reserve_put(r);
}

static void deleted_one_is_gone(struct kunit *test)
{
	struct alpc_end *end = &conn(test)->client;
	u32 id = reserve(test)->id;

	KUNIT_EXPECT_EQ(test, alpc_reserve_delete(end, id), 0);
	KUNIT_EXPECT_EQ(test, alpc_reserve_delete(end, id), -ENOENT);
	KUNIT_EXPECT_EQ(test, end->reserve_count, 0);
	KUNIT_EXPECT_EQ(test, reserve(test)->id, id + 1);
	end->last_reserve = U32_MAX;
	KUNIT_EXPECT_EQ(test, alpc_reserve_create(end,
						  &(struct alpc_create_reserve) {}),
			-EDQUOT);
}

static struct kunit_case reserve_cases[] = {
	KUNIT_CASE(new_one_is_free),
	KUNIT_CASE(datagram_is_in_flight_until_it_is_copied),
	KUNIT_CASE(reply_is_owed_until_it_is_received),
	KUNIT_CASE(is_back_when_the_last_one_who_copies_is_done),
	KUNIT_CASE(is_back_at_once_if_nobody_received_it),
	KUNIT_CASE(is_back_if_it_could_not_be_filled),
	KUNIT_CASE(takes_no_room),
	KUNIT_CASE(identity_is_written_again),
	KUNIT_CASE(outlives_its_end_with_the_message),
	KUNIT_CASE(deleted_one_is_gone),
	{}
};

static struct kunit_suite reserve_suite = {
	.name = "alpc_reserve",
	.init = alpc_fixture_init_connected,
	.test_cases = reserve_cases,
};

kunit_test_suite(reserve_suite);
