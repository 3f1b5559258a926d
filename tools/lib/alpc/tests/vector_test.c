// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: what is made of a kernel that has dealt with some messages of a vector and
 * not with others.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kselftest_harness.h>

#define MAX_STEPS	4
#define MANY		5

/* What each call is answered, and what it came with. */
static struct {
	int ret;
	__u32 sent, received;
	__u32 error[MANY];	/* of each that was sent */
	__u32 len[MANY];	/* of each that was received, or would have been */
	struct alpc_vector seen;
	struct alpc_vector_send send[MANY];
} plan[MAX_STEPS];

static int vector_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_vector *v = arg;
	struct alpc_vector_send *send = (void *)(uintptr_t)v->send;
	struct alpc_msg *recv = (void *)(uintptr_t)v->recv;

	(void)fd;
	if (request != ALPC_IOC_VECTOR || step >= MAX_STEPS)
		return -ENOTTY;
	plan[step].seen = *v;
	memcpy(plan[step].send, send, v->send_count * sizeof(*send));
	for (__u32 i = 0; i < plan[step].sent; i++) {
		send[i].out_error = plan[step].error[i];
		send[i].out_id = 100 + i;
	}
	for (__u32 i = 0; i < v->recv_count; i++)
		if (plan[step].len[i])
			recv[i].len = plan[step].len[i];
	for (__u32 i = 0; i < plan[step].received; i++) {
		memset((void *)(uintptr_t)recv[i].data, 'a' + (int)i, recv[i].len);
		recv[i].type = ALPC_DATAGRAM;
	}
	v->out_sent = plan[step].sent;
	v->out_received = plan[step].received;
	return plan[step].ret;
}

FIXTURE(vector) {
	struct alpc_port *port;
	struct alpc_outgoing out[MANY];
	struct alpc_incoming in[MANY];
	unsigned int sent;
};

FIXTURE_SETUP(vector)
{
	kernel_port = (struct alpc_port_info){
		.out_kind = ALPC_KIND_CLIENT, .out_max_message = 1000,
	};
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &self->port));
	for (int i = 0; i < MANY; i++) {
		ASSERT_EQ(0, alpc_message_new(0, &self->in[i].message));
		self->out[i] = (struct alpc_outgoing){
			.type = ALPC_REQUEST, .data = "hello", .len = 5,
			.cookie = (uint64_t)i, .room = 70, .error = 1,
		};
	}
	memset(plan, 0, sizeof(plan));
	kernel_set(vector_kernel);
}

FIXTURE_TEARDOWN(vector)
{
	for (int i = 0; i < MANY; i++)
		alpc_message_free(self->in[i].message);
	alpc_port_close(self->port);
}

TEST_F(vector, all_of_it)
{
	plan[0].sent = MANY;
	ASSERT_EQ(0, alpc_send_many(self->port, self->out, MANY, ALPC_INFINITE,
				    &self->sent));
	EXPECT_EQ(MANY, self->sent);
	EXPECT_EQ(ALPC_TRANSFER_SEND, plan[0].seen.flags);
	EXPECT_EQ(ALPC_INFINITE, plan[0].seen.timeout);
	for (unsigned int i = 0; i < MANY; i++) {
		EXPECT_EQ(ALPC_SEND_REQUEST, plan[0].send[i].msg.flags);
		EXPECT_EQ(i, plan[0].send[i].msg.cookie);
		EXPECT_EQ(5, plan[0].send[i].msg.len);
		EXPECT_EQ(70, plan[0].send[i].room);
		EXPECT_EQ(0, self->out[i].error);
		EXPECT_EQ(100 + i, self->out[i].id);
	}
	EXPECT_EQ(1, kernel_steps());
}

TEST_F(vector, part_of_it)
{
	plan[0].sent = 2;
	plan[0].error[1] = EDQUOT;
	plan[0].ret = -EDQUOT;
	EXPECT_EQ(-EDQUOT, alpc_send_and_receive_many(self->port, self->out, MANY,
						      &self->sent, self->in,
						      MANY, 0));
	EXPECT_EQ(2, self->sent);
	EXPECT_EQ(0, self->out[0].error);
	EXPECT_EQ(-EDQUOT, self->out[1].error);
	EXPECT_EQ(0, self->out[2].id);
	EXPECT_EQ(1, kernel_steps());
}

/* One that nobody had heard of when the signal came. */
TEST_F(vector, interrupted_between_two)
{
	plan[0].sent = 3;
	plan[0].ret = -EINTR;
	EXPECT_EQ(-EINTR, alpc_send_many(self->port, self->out, MANY,
					 ALPC_SEC(1), &self->sent));
	EXPECT_EQ(3, self->sent);
	EXPECT_EQ(0, self->out[2].error);
	EXPECT_EQ(ALPC_TRANSFER_SEND | ALPC_TRANSFER_ABSTIME,
		  plan[0].seen.flags);
}

/* The error of a datagram is not taken for that of receiving. */
TEST_F(vector, message_too_long_to_send)
{
	plan[0].sent = MANY;
	plan[0].error[MANY - 1] = EMSGSIZE;
	plan[0].ret = -EMSGSIZE;
	plan[0].len[0] = 5000;
	EXPECT_EQ(-EMSGSIZE, alpc_send_and_receive_many(self->port, self->out,
							MANY, &self->sent,
							self->in, MANY, 0));
	EXPECT_EQ(MANY, self->sent);
	EXPECT_EQ(1, kernel_steps());
}

/* Nothing is sent twice when the first one has to grow. */
TEST_F(vector, message_too_long_to_receive)
{
	plan[0].sent = MANY;
	plan[0].ret = -EMSGSIZE;
	plan[0].len[0] = 5000;
	plan[1].len[0] = 5000;
	plan[1].len[1] = 9;
	plan[1].received = 2;
	ASSERT_EQ(2, alpc_send_and_receive_many(self->port, self->out, MANY,
						&self->sent, self->in, MANY, 0));
	EXPECT_EQ(MANY, self->sent);
	EXPECT_EQ(2, kernel_steps());
	EXPECT_EQ(ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT,
		  plan[1].seen.flags);
	EXPECT_EQ(0, plan[1].seen.send_count);
	EXPECT_EQ(5000, alpc_message_len(self->in[0].message));
	EXPECT_EQ(9, alpc_message_len(self->in[1].message));
	EXPECT_EQ('b', *(const char *)alpc_message_data(self->in[1].message));
	EXPECT_EQ(0, alpc_message_type(self->in[2].message));
}

/* A reply that cannot be sent is left out, and the others keep their results. */
TEST_F(vector, reply_that_is_left_out)
{
	for (unsigned int i = 0; i < MANY; i++) {
		self->out[i].type = ALPC_REPLY;
		self->out[i].id = 500 + i;
	}
	self->out[1].security = 1;
	plan[0].sent = MANY - 1;
	plan[0].error[1] = ECANCELED;
	ASSERT_EQ(0, alpc_send_many(self->port, self->out, MANY, 0,
				    &self->sent));
	EXPECT_EQ(MANY, self->sent);
	EXPECT_EQ(MANY - 1, plan[0].seen.send_count);
	EXPECT_EQ(502, plan[0].send[1].msg.id);
	EXPECT_EQ(0, self->out[0].error);
	EXPECT_EQ(-EINVAL, self->out[1].error);
	EXPECT_EQ(-ECANCELED, self->out[2].error);
	EXPECT_EQ(0, self->out[3].error);
	EXPECT_EQ(500, self->out[0].id);
}

/* Nothing is asked of the kernel that it would not do. */
TEST_F(vector, first_one_that_makes_no_sense)
{
	self->out[0].type = ALPC_CONNECTION_REQUEST;
	EXPECT_EQ(-EINVAL, alpc_send_and_receive_many(self->port, self->out, MANY,
						      &self->sent, self->in,
						      MANY, 0));
	EXPECT_EQ(1, self->sent);
	EXPECT_EQ(-EINVAL, self->out[0].error);
	EXPECT_EQ(0, kernel_steps());
}

TEST_HARNESS_MAIN
