// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: threads that wait for their connection.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../connect.h"

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>

#include "../deliver.h"
#include "../shutdown.h"
#include "fixture.h"

/* A client's thread that connects and waits for the answer. */
struct connector {
	struct alpc_conn *conn;
	struct task_struct *task;
	struct completion ended;
	struct alpc_delivery d;
	int ret;
};

static int connector_run(void *data)
{
	const struct alpc_connect arg = { .timeout = ALPC_INFINITE };
	struct connector *c = data;

	c->ret = alpc_connect(c->conn, &arg, &c->d);
	complete_all(&c->ended);
	return 0;
}

/* However the test ended, the thread must before what it uses is freed. */
static void connector_end(void *data)
{
	struct connector *c = data;
	struct alpc_port *port = c->conn->port;
	struct alpc_work work;

	alpc_disconnect(&c->conn->client);
	alpc_work_begin(&work, port);
	alpc_connectors_fail(port, -ECONNRESET, &work.wake);
	alpc_work_end(&work, port);
	wait_for_completion(&c->ended);
	kthread_stop_put(c->task);
	if (!c->ret && c->d.msg)
		alpc_deliver_done(&c->d);
}

static struct connector *connector(struct alpc_fixture *f)
{
	struct connector *c;

	c = kunit_kzalloc(f->test, sizeof(*c), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(f->test, c);
	c->conn = alpc_fixture_conn(f);
	c->ret = -EINPROGRESS;
	init_completion(&c->ended);
	c->task = kthread_create(connector_run, c, "alpc_connector");
	KUNIT_ASSERT_FALSE(f->test, IS_ERR(c->task));
	get_task_struct(c->task);
	wake_up_process(c->task);
	KUNIT_ASSERT_EQ(f->test, kunit_add_action_or_reset(f->test,
							   connector_end, c),
			0);
	return c;
}

/*
 * What the thread does next, it does at once. Only a test that fails has to wait
 * until the time is over.
 */
static bool soon(bool (*condition)(const void *data), const void *data)
{
	unsigned long end = jiffies + 30 * HZ;

	while (!condition(data)) {
		if (time_after(jiffies, end))
			return false;
		cond_resched();
	}
	return true;
}

static void wait_for_end(struct kunit *test, struct connector *c)
{
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&c->ended, 30 * HZ),
			0);
}

static bool request_is_there(const void *data)
{
	const struct alpc_fixture *f = data;

	return READ_ONCE(f->port->queue.length);
}

static bool conn_is_announced(const void *data)
{
	const struct connector *c = data;

	return READ_ONCE(c->conn->listed);
}

static size_t count_connectors(const struct alpc_fixture *f)
{
	struct alpc_port *port = f->port;
	size_t n;

	spin_lock(&port->lock);
	n = list_count_nodes(&port->connectors);
	spin_unlock(&port->lock);
	return n;
}

static bool one_waits(const void *f)
{
	return count_connectors(f) == 1;
}

static bool two_wait(const void *f)
{
	return count_connectors(f) == 2;
}

static u64 next_request(struct alpc_fixture *f)
{
	struct alpc_actor *a;
	u64 id;

	KUNIT_ASSERT_TRUE(f->test, soon(request_is_there, f));
	a = alpc_fixture_receive(f, &f->port->end);
	id = alpc_actor_got(a)->id;
	alpc_actor_done(a);
	return id;
}

static void fill_places(struct alpc_fixture *f)
{
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_PENDING; i++)
		alpc_fixture_ask(f);
}

static void acceptance_ends_the_wait(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct connector *c = connector(f);

	KUNIT_ASSERT_EQ(test, alpc_fixture_answer(f, next_request(f), 0, 5), 0);
	wait_for_end(test, c);
	KUNIT_EXPECT_EQ(test, c->ret, 0);
	KUNIT_ASSERT_NOT_NULL(test, c->d.msg);
	KUNIT_EXPECT_EQ(test, c->d.type, ALPC_CONNECTION_REPLY);
	KUNIT_EXPECT_EQ(test, c->conn->queue.length, 0);
}

static void refusal_ends_the_wait(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct connector *c = connector(f);

	KUNIT_ASSERT_EQ(test, alpc_fixture_answer(f, next_request(f),
						  ALPC_ACCEPT_REFUSE, 0), 0);
	wait_for_end(test, c);
	KUNIT_EXPECT_EQ(test, c->ret, 0);
	KUNIT_ASSERT_NOT_NULL(test, c->d.msg);
	KUNIT_EXPECT_EQ(test, c->d.type, ALPC_CONNECTION_REFUSED);
}

static void closing_the_port_ends_the_wait(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct connector *c = connector(f);

	KUNIT_ASSERT_TRUE(test, soon(request_is_there, f));
	alpc_end_release(&f->port->end);
	wait_for_end(test, c);
	KUNIT_EXPECT_EQ(test, c->ret, -ECONNRESET);
}

/* The client receives it before what the server sent after accepting. */
static void answer_that_is_put_back_comes_first(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *before = alpc_fixture_connect(f);
	struct connector *c;
	int i;

	/* What went through the port before is of no importance to the client. */
	for (i = 0; i < 3; i++) {
		alpc_fixture_datagram(f, &before->client, 0);
		alpc_fixture_next_type(f, &f->port->end);
	}
	c = connector(f);
	KUNIT_ASSERT_EQ(test, alpc_fixture_answer(f, next_request(f), 0, 5), 0);
	alpc_fixture_datagram(f, &c->conn->server, 0);
	alpc_fixture_datagram(f, &c->conn->server, 0);
	wait_for_end(test, c);
	KUNIT_ASSERT_EQ(test, c->ret, 0);
	alpc_deliver_undo(&c->conn->client, &c->d, ALPC_UNDO_RECEIVED);
	c->d.msg = NULL;
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &c->conn->client),
			ALPC_CONNECTION_REPLY);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &c->conn->client),
			ALPC_DATAGRAM);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &c->conn->client),
			ALPC_DATAGRAM);
}

static void place_goes_to_who_waits_longest(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct connector *first, *second;

	fill_places(f);
	first = connector(f);
	KUNIT_ASSERT_TRUE(test, soon(one_waits, f));
	second = connector(f);
	KUNIT_ASSERT_TRUE(test, soon(two_wait, f));
	KUNIT_EXPECT_FALSE(test, first->conn->listed);
	KUNIT_ASSERT_EQ(test, alpc_fixture_answer(f, next_request(f), 0, 0), 0);
	KUNIT_ASSERT_TRUE(test, soon(one_waits, f));
	KUNIT_ASSERT_TRUE(test, soon(conn_is_announced, first));
	KUNIT_EXPECT_EQ(test, f->port->pending_connects, ALPC_FIXTURE_PENDING);
	KUNIT_EXPECT_FALSE(test, second->conn->listed);
	/* Nor does somebody who comes now overtake the second. */
	KUNIT_ASSERT_EQ(test, alpc_fixture_answer(f, next_request(f), 0, 0), 0);
	KUNIT_ASSERT_TRUE(test, soon(conn_is_announced, second));
	KUNIT_EXPECT_EQ(test, f->port->pending_connects, ALPC_FIXTURE_PENDING);
	KUNIT_EXPECT_EQ(test, f->port->connections, ALPC_FIXTURE_PENDING + 2);
}

static void place_that_cannot_be_used_is_passed_on(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct connector *c;

	fill_places(f);
	c = connector(f);
	KUNIT_ASSERT_TRUE(test, soon(one_waits, f));
	f->port->max_connections = ALPC_FIXTURE_PENDING;
	/* It may ask now, but the port has no connection left. */
	KUNIT_ASSERT_EQ(test, alpc_fixture_answer(f, next_request(f), 0, 0), 0);
	wait_for_end(test, c);
	KUNIT_EXPECT_EQ(test, c->ret, -EUSERS);
	KUNIT_EXPECT_EQ(test, f->port->pending_connects,
			ALPC_FIXTURE_PENDING - 1);
}

static void closing_the_port_sends_all_away(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct connector *c[2];
	int i;

	fill_places(f);
	for (i = 0; i < 2; i++)
		c[i] = connector(f);
	KUNIT_ASSERT_TRUE(test, soon(two_wait, f));
	alpc_end_release(&f->port->end);
	for (i = 0; i < 2; i++) {
		wait_for_end(test, c[i]);
		KUNIT_EXPECT_EQ(test, c[i]->ret, -ECONNRESET);
	}
	KUNIT_EXPECT_EQ(test, f->port->pending_connects, 0);
	KUNIT_EXPECT_EQ(test, f->port->connections, 0);
}

static void giving_up_after_the_answer_is_too_late(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_conn *conn = alpc_fixture_connect(f);
	struct alpc_wake wake = {};
	struct alpc_waiter w;

	alpc_waiter_init(&w, 0);
	alpc_waiter_give(&w, 0, &wake);
	KUNIT_EXPECT_FALSE(test, alpc_conn_abandon(conn, &w));
	KUNIT_EXPECT_EQ(test, conn->state, ALPC_STATE_OPEN);
}

static struct kunit_case connecting_cases[] = {
	KUNIT_CASE(acceptance_ends_the_wait),
	KUNIT_CASE(refusal_ends_the_wait),
	KUNIT_CASE(closing_the_port_ends_the_wait),
	KUNIT_CASE(answer_that_is_put_back_comes_first),
	KUNIT_CASE(place_goes_to_who_waits_longest),
	KUNIT_CASE(place_that_cannot_be_used_is_passed_on),
	KUNIT_CASE(closing_the_port_sends_all_away),
	KUNIT_CASE(giving_up_after_the_answer_is_too_late),
	{}
};

static struct kunit_suite connecting_suite = {
	.name = "alpc_connecting",
	.init = alpc_fixture_init,
	.test_cases = connecting_cases,
};

kunit_test_suite(connecting_suite);
