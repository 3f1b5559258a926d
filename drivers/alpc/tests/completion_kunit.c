// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the packets of a completion port, how they are counted, and whose turn it is.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../completion.h"

#include "../packet.h"
#include "../shutdown.h"
#include "fixture.h"

#define KEY	0x6b6579ULL

static void exit_completion(void *c)
{
	alpc_completion_exit(c);
}

/* A completion port that is no file's. */
static struct alpc_completion *completion(struct kunit *test)
{
	struct alpc_completion *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	alpc_completion_init(c, 1);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, exit_completion, c), 0);
	return c;
}

static struct alpc_end *server(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return &f->port->end;
}

static struct alpc_end *client(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;

	return &f->conn[0]->client;
}

/* Bind a port, which is unbound when it is closed. */
static struct alpc_binding *bind(struct kunit *test, struct alpc_end *end,
				 struct alpc_completion *c, u64 key)
{
	KUNIT_ASSERT_EQ(test, alpc_bind_to(end, c, key), 0);
	return end->own->binding;
}

static void send(struct kunit *test, struct alpc_end *end, unsigned int count)
{
	while (count--)
		alpc_fixture_datagram(test->priv, end, 1);
}

static void receive(struct kunit *test, struct alpc_end *end)
{
	alpc_actor_done(alpc_fixture_receive(test->priv, end));
}

/* The next packet, as a thread takes it that keeps it in hand. */
static struct alpc_binding *take(struct kunit *test, struct alpc_completion *c,
				 struct alpc_packet *packet)
{
	struct alpc_ready *ready;
	struct alpc_binding *b;

	KUNIT_ASSERT_FALSE(test, list_empty(&c->ready));
	ready = list_first_entry(&c->ready, struct alpc_ready, node);
	KUNIT_ASSERT_FALSE(test, ready->posted);
	b = container_of(ready, struct alpc_binding, ready);
	memset(packet, 0xff, sizeof(*packet));
	spin_lock_irq(&c->lock);
	alpc_binding_take(b, packet);
	spin_unlock_irq(&c->lock);
	return b;
}

static void put_back(struct alpc_completion *c, struct alpc_binding *b, u32 type)
{
	spin_lock_irq(&c->lock);
	alpc_binding_put_back(b, type);
	spin_unlock_irq(&c->lock);
	alpc_binding_put(b);
}

/* Take one, and be told of it. */
static u64 next_key(struct kunit *test, struct alpc_completion *c, u32 type)
{
	struct alpc_packet packet;

	alpc_binding_put(take(test, c, &packet));
	KUNIT_EXPECT_EQ(test, packet.type, type);
	KUNIT_EXPECT_EQ(test, packet.data, 0);
	return packet.key;
}

static void new_one_is_empty(struct kunit *test)
{
	struct alpc_completion *c = completion(test);

	KUNIT_EXPECT_TRUE(test, list_empty(&c->ready));
	KUNIT_EXPECT_EQ(test, c->packets, 0);
	KUNIT_EXPECT_EQ(test, c->bound, 0);
	KUNIT_EXPECT_EQ(test, c->waiting, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->running), 0);
	KUNIT_EXPECT_EQ(test, alpc_completion_limit(c), 1);
	c->concurrency = 0;
	KUNIT_EXPECT_EQ(test, alpc_completion_limit(c), num_online_cpus());
}

static void message_that_is_queued_is_due(struct kunit *test)
{
	struct alpc_completion *c = completion(test);
	struct alpc_binding *b = bind(test, server(test), c, KEY);

	KUNIT_EXPECT_TRUE(test, list_empty(&c->ready));
	send(test, client(test), 2);
	KUNIT_EXPECT_EQ(test, b->due, 2);
	KUNIT_EXPECT_EQ(test, c->packets, 2);
	KUNIT_EXPECT_EQ(test, next_key(test, c, ALPC_PACKET_MESSAGE), KEY);
	KUNIT_EXPECT_EQ(test, b->due, 1);
	KUNIT_EXPECT_EQ(test, next_key(test, c, ALPC_PACKET_MESSAGE), KEY);
	KUNIT_EXPECT_EQ(test, c->packets, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&c->ready));
}

static void message_that_is_handed_over_is_not(struct kunit *test)
{
	struct alpc_completion *c = completion(test);
	struct alpc_fixture *f = test->priv;
	struct alpc_actor *a = alpc_actor(f, server(test));

	bind(test, server(test), c, KEY);
	KUNIT_ASSERT_EQ(test, alpc_actor_receive(a, 8), -EINPROGRESS);
	send(test, client(test), 1);
	KUNIT_EXPECT_NOT_NULL(test, alpc_actor_got(a));
	KUNIT_EXPECT_EQ(test, c->packets, 0);
}

static void never_more_are_due_than_wait(struct kunit *test)
{
	struct alpc_completion *c = completion(test);
	struct alpc_binding *b;

	send(test, client(test), 3);
	b = bind(test, server(test), c, KEY);
	KUNIT_EXPECT_EQ(test, b->due, 3);
	receive(test, server(test));
	KUNIT_EXPECT_EQ(test, b->due, 2);
	/* One is told: as many are due as wait, less one. */
	next_key(test, c, ALPC_PACKET_MESSAGE);
	KUNIT_EXPECT_EQ(test, b->due, 1);
	receive(test, server(test));
	KUNIT_EXPECT_EQ(test, b->due, 1);
	receive(test, server(test));
	KUNIT_EXPECT_EQ(test, b->due, 0);
	KUNIT_EXPECT_EQ(test, c->packets, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&c->ready));
}

static void packet_that_comes_back_is_the_first(struct kunit *test)
{
	struct alpc_completion *c = completion(test);
	struct alpc_binding *ours, *taken;
	struct alpc_packet packet;

	ours = bind(test, server(test), c, 1);
	bind(test, client(test), c, 2);
	send(test, client(test), 1);
	send(test, &((struct alpc_fixture *)test->priv)->conn[0]->server, 1);
	taken = take(test, c, &packet);
	KUNIT_EXPECT_PTR_EQ(test, taken, ours);
	KUNIT_EXPECT_EQ(test, refcount_read(&ours->ref), 2);
	KUNIT_EXPECT_EQ(test, c->packets, 1);
	put_back(c, taken, packet.type);
	KUNIT_EXPECT_EQ(test, refcount_read(&ours->ref), 1);
	KUNIT_EXPECT_EQ(test, c->packets, 2);
	KUNIT_EXPECT_EQ(test, next_key(test, c, ALPC_PACKET_MESSAGE), 1);
	KUNIT_EXPECT_EQ(test, next_key(test, c, ALPC_PACKET_MESSAGE), 2);
	KUNIT_EXPECT_EQ(test, c->packets, 0);
}

/* The port is unbound, or even closed, while a thread has a packet in hand. */
static void packet_of_a_port_that_has_gone_does_not_come_back(struct kunit *test)
{
	struct alpc_completion *c = completion(test);
	struct alpc_packet packet;
	struct alpc_binding *b;

	bind(test, server(test), c, KEY);
	send(test, client(test), 2);
	b = take(test, c, &packet);
	KUNIT_EXPECT_EQ(test, alpc_unbind(server(test)), 0);
	KUNIT_EXPECT_EQ(test, alpc_unbind(server(test)), -ENOENT);
	KUNIT_EXPECT_EQ(test, c->packets, 0);
	KUNIT_EXPECT_EQ(test, c->bound, 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&b->ref), 1);
	alpc_end_release(server(test));
	put_back(c, b, packet.type);
	KUNIT_EXPECT_EQ(test, c->packets, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&c->ready));
}

static void end_of_a_connection_is_told_once_and_last(struct kunit *test)
{
	struct alpc_completion *c = completion(test);
	struct alpc_fixture *f = test->priv;
	struct alpc_binding *b = bind(test, client(test), c, KEY);
	struct alpc_packet packet;

	send(test, &f->conn[0]->server, 1);
	KUNIT_ASSERT_EQ(test, alpc_disconnect(client(test)), 0);
	KUNIT_EXPECT_EQ(test, c->packets, 2);
	next_key(test, c, ALPC_PACKET_MESSAGE);
	KUNIT_EXPECT_PTR_EQ(test, take(test, c, &packet), b);
	KUNIT_EXPECT_EQ(test, packet.type, ALPC_PACKET_CLOSED);
	KUNIT_EXPECT_EQ(test, c->packets, 0);
	/* Who should have been told was not. */
	put_back(c, b, packet.type);
	KUNIT_EXPECT_EQ(test, c->packets, 1);
	KUNIT_EXPECT_EQ(test, next_key(test, c, ALPC_PACKET_CLOSED), KEY);
	KUNIT_EXPECT_EQ(test, c->packets, 0);
}

static void one_port_has_one_binding(struct kunit *test)
{
	struct alpc_completion *c = completion(test);
	struct alpc_completion *other = completion(test);

	bind(test, server(test), c, KEY);
	KUNIT_EXPECT_EQ(test, alpc_bind_to(server(test), other, KEY), -EBUSY);
	KUNIT_EXPECT_EQ(test, other->bound, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&other->bindings));
	/* Each end of a connection has its own queue. */
	bind(test, client(test), other, KEY);
	KUNIT_EXPECT_EQ(test, c->bound, 1);
	KUNIT_EXPECT_EQ(test, other->bound, 1);
}

static void closing_unbinds_everything(struct kunit *test)
{
	struct alpc_completion *c = completion(test);
	struct alpc_fixture *f = test->priv;
	unsigned int port = refcount_read(&f->port->ref);
	unsigned int conn = refcount_read(&f->conn[0]->ref);

	bind(test, server(test), c, 1);
	bind(test, client(test), c, 2);
	send(test, client(test), 2);
	KUNIT_EXPECT_EQ(test, refcount_read(&f->port->ref), port + 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&f->conn[0]->ref), conn + 1);
	alpc_unbind_all(c);
	KUNIT_EXPECT_EQ(test, c->packets, 0);
	KUNIT_EXPECT_EQ(test, c->bound, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&c->ready));
	KUNIT_EXPECT_NULL(test, server(test)->own->binding);
	KUNIT_EXPECT_NULL(test, client(test)->own->binding);
	KUNIT_EXPECT_EQ(test, refcount_read(&f->port->ref), port);
	KUNIT_EXPECT_EQ(test, refcount_read(&f->conn[0]->ref), conn);
	/* The messages are still there. */
	KUNIT_EXPECT_EQ(test, server(test)->own->length, 2);
}

static struct kunit_case completion_cases[] = {
	KUNIT_CASE(new_one_is_empty),
	KUNIT_CASE(message_that_is_queued_is_due),
	KUNIT_CASE(message_that_is_handed_over_is_not),
	KUNIT_CASE(never_more_are_due_than_wait),
	KUNIT_CASE(packet_that_comes_back_is_the_first),
	KUNIT_CASE(packet_of_a_port_that_has_gone_does_not_come_back),
	KUNIT_CASE(end_of_a_connection_is_told_once_and_last),
	KUNIT_CASE(one_port_has_one_binding),
	KUNIT_CASE(closing_unbinds_everything),
	{}
};

static struct kunit_suite completion_suite = {
	.name = "alpc_completion",
	.init = alpc_fixture_init_connected,
	.test_cases = completion_cases,
};

kunit_test_suite(completion_suite);
