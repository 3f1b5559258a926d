// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: transfers that end with an error, and what they say they have done.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "../transfer.h"

#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "fixture.h"

/* Do a transfer whose argument lies in user memory, as the ABI has it. */
static int transfer(struct kunit *test, struct alpc_end *end,
		    struct alpc_transfer *x)
{
	struct alpc_transfer __user *ux;
	unsigned long at;
	int ret;

	at = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, at, 0);
	ux = (struct alpc_transfer __user *)at;
	x->size = sizeof(*x);
	KUNIT_ASSERT_EQ(test, copy_to_user(ux, x, sizeof(*x)), 0);
	ret = alpc_transfer(end, ux, false);
	KUNIT_ASSERT_EQ(test, copy_from_user(x, ux, sizeof(*x)), 0);
	return ret;
}

/* The same with a signal that is there when the thread is about to sleep. */
static int interrupted_transfer(struct kunit *test, struct alpc_end *end,
				struct alpc_transfer *x)
{
	int ret;

	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	ret = transfer(test, end, x);
	flush_signals(current);
	disallow_signal(SIGUSR1);
	return ret;
}

static void interrupted_receive_can_be_repeated(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_transfer x = {
		.flags = ALPC_TRANSFER_RECEIVE,
		.timeout = ALPC_INFINITE,
	};

	KUNIT_EXPECT_EQ(test, interrupted_transfer(test, &f->port->end, &x),
			-ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, x.out_done, 0);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&f->port->queue.receivers));
	/* But not if it would then take longer than it may. */
	x.timeout = NSEC_PER_SEC * 100;
	KUNIT_EXPECT_EQ(test, interrupted_transfer(test, &f->port->end, &x),
			-EINTR);
	KUNIT_EXPECT_EQ(test, x.out_done, 0);
}

static void interrupted_call_that_nobody_took_can_be_repeated(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_transfer x = {
		.flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT,
		.timeout = ALPC_INFINITE,
		.send.flags = ALPC_SEND_REQUEST,
	};

	KUNIT_EXPECT_EQ(test, interrupted_transfer(test, &f->conn[0]->client,
						   &x), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, x.out_done, ALPC_DONE_CANCELED);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.count, 0);
}

/* The server has it: to wait for it again would be to wait for nothing. */
static void interrupted_wait_has_cancelled_the_call(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_played_call c = alpc_fixture_played_call(f);
	struct alpc_transfer x = {
		.flags = ALPC_TRANSFER_WAIT,
		.timeout = ALPC_INFINITE,
		.recv.call = c.out_id,
	};

	KUNIT_ASSERT_EQ(test, alpc_actor_call(c.server, ALPC_SEND_CALLBACK,
					      c.id, 0), 0);
	alpc_actor_done(c.client);
	KUNIT_EXPECT_EQ(test, interrupted_transfer(test, &c.conn->client, &x),
			-EINTR);
	KUNIT_EXPECT_EQ(test, x.out_done, ALPC_DONE_CANCELED);
	KUNIT_EXPECT_EQ(test, alpc_actor_result(c.server), -ECANCELED);
	KUNIT_EXPECT_EQ(test, alpc_fixture_next_type(f, &f->port->end),
			ALPC_CANCELED);
}

static void call_without_time_is_cancelled(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_transfer x = {
		.flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT,
		.send.flags = ALPC_SEND_REQUEST,
	};

	KUNIT_EXPECT_EQ(test, transfer(test, &f->conn[0]->client, &x),
			-ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, x.out_done, ALPC_DONE_CANCELED);
	KUNIT_EXPECT_NE(test, x.out_id, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 0);
}

static void sender_that_gives_up_waits_no_more(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_transfer x = {
		.flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE,
	};
	unsigned int i;

	for (i = 0; i < ALPC_FIXTURE_MESSAGES; i++)
		alpc_fixture_datagram(f, &f->conn[0]->client, 0);
	KUNIT_EXPECT_EQ(test, interrupted_transfer(test, &f->conn[0]->client,
						   &x), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, x.out_done, 0);
	x.timeout = 0;
	KUNIT_EXPECT_EQ(test, transfer(test, &f->conn[0]->client, &x),
			-ETIMEDOUT);
	x.flags |= ALPC_TRANSFER_DONTWAIT;
	KUNIT_EXPECT_EQ(test, transfer(test, &f->conn[0]->client, &x),
			-EAGAIN);
	KUNIT_EXPECT_TRUE(test, list_empty(&f->port->queue.senders));
	KUNIT_EXPECT_TRUE(test, list_empty(&f->conn[0]->to_server.blocked));
	KUNIT_EXPECT_EQ(test, f->port->queue.count, ALPC_FIXTURE_MESSAGES);
}

static void what_cannot_be_copied_out_is_not_received(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_transfer x = {
		.flags = ALPC_TRANSFER_RECEIVE,
		.recv.len = 8,
	};

	alpc_fixture_datagram(f, &f->conn[0]->client, 8);
	KUNIT_EXPECT_EQ(test, transfer(test, &f->port->end, &x), -EFAULT);
	KUNIT_EXPECT_EQ(test, x.out_done, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 1);
	x.recv.len = 7;
	KUNIT_EXPECT_EQ(test, transfer(test, &f->port->end, &x), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, x.recv.len, 8);
	KUNIT_EXPECT_EQ(test, x.out_done, 0);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 1);
}

static void port_that_is_switched_off_keeps_its_messages(struct kunit *test)
{
	struct alpc_fixture *f = test->priv;
	struct alpc_transfer x = {
		.flags = ALPC_TRANSFER_RECEIVE,
		.timeout = ALPC_INFINITE,
	};

	alpc_fixture_datagram(f, &f->conn[0]->client, 0);
	alpc_receive_switch(&f->port->end, false);
	KUNIT_EXPECT_EQ(test, transfer(test, &f->port->end, &x), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, f->port->queue.length, 1);
	alpc_receive_switch(&f->port->end, true);
	KUNIT_EXPECT_EQ(test, transfer(test, &f->port->end, &x), 0);
	KUNIT_EXPECT_EQ(test, x.out_done, ALPC_DONE_RECEIVED);
	KUNIT_EXPECT_EQ(test, x.recv.type, ALPC_DATAGRAM);
}

static struct kunit_case transfer_cases[] = {
	KUNIT_CASE(interrupted_receive_can_be_repeated),
	KUNIT_CASE(interrupted_call_that_nobody_took_can_be_repeated),
	KUNIT_CASE(interrupted_wait_has_cancelled_the_call),
	KUNIT_CASE(call_without_time_is_cancelled),
	KUNIT_CASE(sender_that_gives_up_waits_no_more),
	KUNIT_CASE(what_cannot_be_copied_out_is_not_received),
	KUNIT_CASE(port_that_is_switched_off_keeps_its_messages),
	{}
};

static struct kunit_suite transfer_suite = {
	.name = "alpc_transfer",
	.init = alpc_fixture_init_connected,
	.test_cases = transfer_cases,
};

kunit_test_suite(transfer_suite);
