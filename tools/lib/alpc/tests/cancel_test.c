// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: a request that is cancelled while its answer is being prepared, with a
 * kernel that delivers the notice of that just then.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kselftest_harness.h>

enum { LENGTH = 16384, ID = 7, CONTEXT = 42, SECTION = 1 };

/* Descriptors of ports, which nobody else has. */
enum { PORT_FD = 1 << 20, CLIENT_FD };

static struct {
	struct alpc_port *port;
	struct alpc_message *m;	/* that the notice is received into */
	int section;		/* descriptor of the caller's section */
	bool cancel;		/* when the section is opened next */
	int open_error;		/* of that */
	int reply_error;
	unsigned int type;	/* of the next message */
	unsigned int replies;
	unsigned int released;	/* how often the request was */
	unsigned int early;	/* before its reply */
	int notice;		/* what receiving the notice gave */
	bool reject;		/* cancel it when the section is opened next */
	int reject_ret;		/* what that gave */
	unsigned int cancels;
	int cancel_error;
	bool answer;		/* answer it while it is being cancelled */
	int answer_ret;		/* what that gave */
} world;

/* Answered by another thread, with more than goes inline. */
static int answer_long(void)
{
	static char reply[LENGTH];

	memset(reply, 'r', LENGTH);
	return alpc_reply(world.port, ID, reply, LENGTH);
}

static int cancel_received(void)
{
	world.cancels++;
	if (world.answer) {
		world.answer = false;
		world.answer_ret = answer_long();
	}
	return world.cancel_error;
}

static int open_section(struct alpc_open_section *arg)
{
	if (world.reject) {
		world.reject = false;
		world.reject_ret = alpc_cancel_received(world.port, ID);
	}
	if (world.cancel) {
		world.cancel = false;
		world.type = ALPC_CANCELED;
		world.notice = alpc_receive(world.port, world.m, 0);
		/* If that is to give anything back it does so here. */
		world.type = 0;
		if (alpc_receive(world.port, world.m, 0) != -EAGAIN)
			world.notice = -EPROTO;
		world.early = world.released;
		if (world.open_error)
			return world.open_error;
	}
	arg->out_fd = dup(world.section);
	arg->out_len = LENGTH;
	arg->out_flags = ALPC_SECTION_PEER_WRITE;
	return 0;
}

static int transfer(struct alpc_transfer *t)
{
	if (t->flags & ALPC_TRANSFER_SEND) {
		if (t->send.flags == ALPC_SEND_REPLY) {
			world.replies++;
			if (world.reply_error)
				return world.reply_error;
		}
		world.released += t->send.flags == ALPC_SEND_RELEASE &&
				  t->send.id == ID;
		t->out_done = ALPC_DONE_SENT;
	}
	if (!(t->flags & ALPC_TRANSFER_RECEIVE))
		return 0;
	if (!world.type)
		return -EAGAIN;
	t->recv.type = (__u16)world.type;
	t->recv.id = ID;
	t->recv.context = CONTEXT;
	t->recv.len = 0;
	t->recv.flags = world.type == ALPC_CANCELED ? ALPC_MSG_HELD : 0;
	if (world.type == ALPC_REQUEST) {
		t->recv.section = SECTION;
		t->recv.view_len = LENGTH;
		t->recv.view_flags = ALPC_VIEW_BODY | ALPC_VIEW_WRITE;
	}
	return 0;
}

static int cancel_kernel(int step, int fd, unsigned long request, void *arg)
{
	(void)step;
	switch (request) {
	case ALPC_IOC_CREATE_PORT:
		((struct alpc_create_port *)arg)->out_fd = PORT_FD;
		return 0;
	case ALPC_IOC_PORT_INFO:
		((struct alpc_port_info *)arg)->out_kind =
			fd == PORT_FD ? ALPC_KIND_CONNECTION : ALPC_KIND_SERVER;
		((struct alpc_port_info *)arg)->out_max_message = 4096;
		return 0;
	case ALPC_IOC_OPEN_SECTION:
		return open_section(arg);
	case ALPC_IOC_TRANSFER:
		return transfer(arg);
	case ALPC_IOC_CANCEL:
		return cancel_received();
	}
	return -ENOTTY;
}

FIXTURE(cancel) {
	struct alpc_message *m;
	unsigned char *memory;
};

/* Nobody has its context, so that its section is opened for each use. */
FIXTURE_SETUP(cancel)
{
	memset(&world, 0, sizeof(world));
	memset(&kernel_port, 0, sizeof(kernel_port));
	kernel_set(cancel_kernel);
	world.section = memfd_create("section", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(world.section, LENGTH));
	self->memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED,
			    world.section, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_message_new(0, &world.m));
	ASSERT_EQ(0, alpc_port_create("cancel", NULL, &world.port));
	world.type = ALPC_REQUEST;
	ASSERT_EQ(0, alpc_receive(world.port, self->m, 0));
	ASSERT_EQ(LENGTH, alpc_message_len(self->m));
	world.cancel = true;
}

FIXTURE_TEARDOWN(cancel)
{
	alpc_port_close(world.port);
	alpc_message_free(world.m);
	alpc_message_free(self->m);
	munmap(self->memory, LENGTH);
	close(world.section);
}

/* The reply gives it back, although it does not get through. */
TEST_F(cancel, reply_that_is_sent)
{
	char reply[LENGTH];

	memset(reply, 'r', LENGTH);
	world.reply_error = -ECANCELED;
	EXPECT_EQ(-ECANCELED, alpc_reply(world.port, ID, reply, LENGTH));
	EXPECT_EQ(0, world.notice);
	EXPECT_EQ(1, world.replies);
	EXPECT_EQ(0, world.early);
	EXPECT_EQ(0, world.released);
	EXPECT_EQ('r', self->memory[LENGTH - 1]);
}

/* One that fails before it is sent does not: so the library does, once. */
TEST_F(cancel, reply_that_cannot_be_sent)
{
	static const char reply[LENGTH];

	/* No memory, and no ranges to ask about either. */
	world.open_error = -ENOMEM;
	EXPECT_GT(0, alpc_reply(world.port, ID, reply, LENGTH));
	EXPECT_EQ(0, world.notice);
	EXPECT_EQ(0, world.replies);
	EXPECT_EQ(0, world.early);
	EXPECT_EQ(1, world.released);
	EXPECT_EQ(0, self->memory[0]);
}

/* It was copied and nobody is answering it: it is given back at once. */
TEST_F(cancel, before_the_reply)
{
	static const char reply[LENGTH];

	world.cancel = false;
	world.type = ALPC_CANCELED;
	ASSERT_EQ(0, alpc_receive(world.port, world.m, 0));
	world.type = 0;
	EXPECT_EQ(-EAGAIN, alpc_receive(world.port, world.m, 0));
	EXPECT_EQ(1, world.released);
	world.reply_error = -ESRCH;
	EXPECT_EQ(-ESRCH, alpc_reply(world.port, ID, reply, 10));
	EXPECT_EQ(1, world.released);
}

/* -- Cancelled by who has received it ------------------------------------------- */

/* Who answers it may be writing where the sender wants the reply: it comes too late. */
TEST_F(cancel, received_while_it_is_answered)
{
	world.cancel = false;
	world.reject = true;
	EXPECT_EQ(0, answer_long());
	EXPECT_EQ(-ESRCH, world.reject_ret);
	EXPECT_EQ(0, world.cancels);
	EXPECT_EQ(1, world.replies);
	EXPECT_EQ('r', self->memory[LENGTH - 1]);
}

/* Who begins to answer it then does not write there: it may be the sender's again. */
TEST_F(cancel, received_before_it_is_answered)
{
	world.cancel = false;
	world.answer = true;
	world.reply_error = -ESRCH;
	EXPECT_EQ(0, alpc_cancel_received(world.port, ID));
	EXPECT_EQ(1, world.cancels);
	EXPECT_GT(0, world.answer_ret);
	EXPECT_EQ(0, self->memory[0]);
	EXPECT_EQ(0, self->memory[LENGTH - 1]);
}

/* What could not be cancelled is answered as if nothing had been. */
TEST_F(cancel, received_in_vain)
{
	static const int errors[] = { -ENOTTY, -EINVAL, -EFAULT, -ESRCH };

	world.cancel = false;
	for (unsigned int i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		world.cancel_error = errors[i];
		EXPECT_EQ(errors[i], alpc_cancel_received(world.port, ID));
	}
	EXPECT_EQ(0, answer_long());
	EXPECT_EQ(1, world.replies);
	EXPECT_EQ('r', self->memory[LENGTH - 1]);
}

TEST_HARNESS_MAIN
