// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: what it asks about identities and security contexts, and what it makes
 * of the kernel's answers.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kselftest_harness.h>

#define ID	77
#define GROUPS	100

/* What is received next, and who sends it. */
static struct alpc_msg incoming;
static struct alpc_identity who;
static unsigned int group_count;

/* What was asked: the last of each, and how often. */
static struct alpc_identity asked;
static struct alpc_attrs sent;
static struct alpc_create_security created;
static struct alpc_security named;
static unsigned int asks, result;
static unsigned long last_request;

/* Fill an identity in as the kernel does. */
static void tell(struct alpc_identity *arg)
{
	__u32 *groups = (__u32 *)(uintptr_t)arg->groups;
	struct alpc_identity answer = who;

	answer.size = arg->size;
	answer.flags = arg->flags;
	answer.id = arg->id;
	answer.parts = arg->parts;
	answer.out_parts &= arg->parts;
	answer.groups = arg->groups;
	answer.group_count = 0;
	if (answer.out_parts & ALPC_IDENTITY_GROUPS) {
		for (__u32 i = 0; i < group_count && i < arg->group_count; i++)
			groups[i] = 1000 + i;
		answer.group_count = group_count;
	}
	*arg = answer;
}

static int transfer(struct alpc_transfer *t)
{
	const struct alpc_attrs *attrs = (void *)(uintptr_t)t->recv.attrs;
	const struct alpc_attrs *send = (void *)(uintptr_t)t->send.attrs;
	const struct alpc_msg old = t->recv;

	sent = (struct alpc_attrs){ 0 };
	if (t->flags & ALPC_TRANSFER_SEND && send)
		sent = *send;
	t->out_done = ALPC_DONE_SENT | ALPC_DONE_RECEIVED;
	if (!(t->flags & (ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_WAIT)))
		return 0;
	t->recv = incoming;
	t->recv.data = old.data;
	if (attrs && attrs->identity)
		tell((void *)(uintptr_t)attrs->identity);
	return 0;
}

static int identity_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_identity *identity = arg;
	struct alpc_create_security *create = arg;

	(void)step;
	(void)fd;
	last_request = request;
	switch (request) {
	case ALPC_IOC_TRANSFER:
		return transfer(arg);
	case ALPC_IOC_GET_IDENTITY:
		asks++;
		asked = *identity;
		/* The kernel is as strict. */
		if (!identity->groups != !identity->group_count)
			return -EINVAL;
		if (!result)
			tell(identity);
		return -(int)result;
	case ALPC_IOC_CREATE_SECURITY:
		created = *create;
		create->out_security = 12;
		return -(int)result;
	case ALPC_IOC_REVOKE_SECURITY:
	case ALPC_IOC_DELETE_SECURITY:
		named = *(struct alpc_security *)arg;
		return -(int)result;
	case ALPC_IOC_GET_USAGE:
		((struct alpc_usage *)arg)->fds.limit = 5;
		return -(int)result;
	default:
		return -ENOTTY;
	}
}

FIXTURE(identity) {
	struct alpc_port *port;
	struct alpc_message *m;
	struct alpc_credentials *c;
};

FIXTURE_SETUP(identity)
{
	kernel_port = (struct alpc_port_info){
		.out_kind = ALPC_KIND_CLIENT, .out_max_message = 256,
	};
	kernel_set(identity_kernel);
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	incoming = (struct alpc_msg){ .id = ID, .type = ALPC_REQUEST };
	who = (struct alpc_identity){
		.out_parts = ALPC_IDENTITY_ALL,
		.out_status = ALPC_IDENTITY_ALIVE,
		.out_level = ALPC_LEVEL_IDENTIFICATION,
		.out_pid = getpid(), .out_tid = 2, .out_uid = 3, .out_gid = 4,
		.out_fsuid = 5, .out_fsgid = 6, .out_changes = 7,
		.out_start_time = 8, .out_caps = 9, .out_permitted = 10,
	};
	group_count = 2;
	asks = 0;
	result = 0;
	self->c = NULL;
	errno = 99;
}

FIXTURE_TEARDOWN(identity)
{
	EXPECT_EQ(99, errno);
	kernel_syscalls(NULL);
	alpc_credentials_free(self->c);
	alpc_message_free(self->m);
	alpc_port_close(self->port);
}

#define RECEIVE() ASSERT_EQ(0, alpc_receive(self->port, self->m, ALPC_INFINITE))

TEST_F(identity, of_a_request)
{
	RECEIVE();
	ASSERT_EQ(0, alpc_message_get_credentials(self->m, ALPC_IDENTITY_ALL,
						  &self->c));
	EXPECT_EQ(ID, asked.id);
	EXPECT_EQ(0, asked.flags);
	EXPECT_EQ(ALPC_IDENTITY_ALL, self->c->parts);
	EXPECT_EQ(ALPC_IDENTITY_ALIVE, self->c->status);
	EXPECT_EQ(ALPC_LEVEL_IDENTIFICATION, self->c->level);
	EXPECT_EQ(getpid(), self->c->pid);
	EXPECT_EQ(2, self->c->tid);
	EXPECT_EQ(3, self->c->uid);
	EXPECT_EQ(4, self->c->gid);
	EXPECT_EQ(5, self->c->fsuid);
	EXPECT_EQ(6, self->c->fsgid);
	EXPECT_EQ(7, self->c->changes);
	EXPECT_EQ(8, self->c->start_time);
	EXPECT_EQ(9, self->c->caps);
	EXPECT_EQ(10, self->c->permitted);
	ASSERT_EQ(2, self->c->group_count);
	EXPECT_EQ(1001, self->c->groups[1]);
	EXPECT_EQ(1, asks);
}

TEST_F(identity, with_many_groups)
{
	group_count = GROUPS;
	RECEIVE();
	ASSERT_EQ(0, alpc_message_get_credentials(self->m, ALPC_IDENTITY_GROUPS,
						  &self->c));
	EXPECT_EQ(2, asks);
	ASSERT_EQ(GROUPS, self->c->group_count);
	EXPECT_EQ(1000 + GROUPS - 1, self->c->groups[GROUPS - 1]);
}

TEST_F(identity, without_groups)
{
	RECEIVE();
	ASSERT_EQ(0, alpc_message_get_credentials(self->m, ALPC_IDENTITY_USER,
						  &self->c));
	EXPECT_EQ(0, asked.groups);
	EXPECT_EQ(ALPC_IDENTITY_USER, self->c->parts);
	EXPECT_EQ(0, self->c->group_count);
}

TEST_F(identity, errors)
{
	result = EKEYREVOKED;
	RECEIVE();
	EXPECT_EQ(-EKEYREVOKED,
		  alpc_message_get_credentials(self->m, 0, &self->c));
	EXPECT_EQ(NULL, self->c);
	EXPECT_EQ(-EKEYREVOKED, alpc_message_open_process(self->m));
	EXPECT_EQ(-EKEYREVOKED,
		  alpc_port_get_credentials(self->port, 0, &self->c));
}

/* To the kernel, id 0 would be the other end. */
TEST_F(identity, not_of_what_the_kernel_does_not_keep)
{
	static const int types[3] = { ALPC_DATAGRAM, ALPC_REPLY, ALPC_CANCELED };

	EXPECT_EQ(-ESRCH, alpc_message_get_credentials(self->m, 0, &self->c));
	for (int i = 0; i < 3; i++) {
		incoming.type = (__u16)types[i];
		incoming.id = types[i] == ALPC_DATAGRAM ? 0 : ID;
		RECEIVE();
		EXPECT_EQ(-ESRCH,
			  alpc_message_get_credentials(self->m, 0, &self->c));
		EXPECT_EQ(-ESRCH, alpc_message_open_process(self->m));
	}
	EXPECT_EQ(0, asks);
	incoming = (struct alpc_msg){ .type = ALPC_DATAGRAM, .id = ID,
				      .flags = ALPC_MSG_HELD };
	RECEIVE();
	EXPECT_EQ(0, alpc_message_get_credentials(self->m, 0, &self->c));
}

TEST_F(identity, of_the_other_end)
{
	ASSERT_EQ(0, alpc_port_get_credentials(self->port, ALPC_IDENTITY_USER,
					       &self->c));
	EXPECT_EQ(0, asked.id);
	EXPECT_EQ(3, self->c->uid);
}

TEST_F(identity, that_comes_along)
{
	incoming = (struct alpc_msg){ .type = ALPC_DATAGRAM,
				      .flags = ALPC_MSG_IDENTITY };
	EXPECT_EQ(-EINVAL, alpc_message_accept_identity(self->m, ~0U));
	ASSERT_EQ(0, alpc_message_accept_identity(self->m, ALPC_IDENTITY_USER |
						  ALPC_IDENTITY_GROUPS));
	/* Nothing has come yet. */
	EXPECT_EQ(-ESRCH, alpc_message_get_credentials(self->m, 0, &self->c));
	group_count = GROUPS;
	RECEIVE();
	EXPECT_TRUE(alpc_message_identity_changed(self->m));
	ASSERT_EQ(0, alpc_message_get_credentials(self->m, ALPC_IDENTITY_GROUPS,
						  &self->c));
	EXPECT_EQ(3, self->c->uid);
	ASSERT_EQ(GROUPS, self->c->group_count);
	EXPECT_EQ(1099, self->c->groups[GROUPS - 1]);
	EXPECT_EQ(0, asks);
	alpc_credentials_free(self->c);
	self->c = NULL;
	/* More than what was asked for cannot be known. */
	EXPECT_EQ(-ESRCH, alpc_message_get_credentials(self->m,
						       ALPC_IDENTITY_CAPS,
						       &self->c));
	incoming.flags = 0;
	ASSERT_EQ(0, alpc_message_accept_identity(self->m, 0));
	RECEIVE();
	EXPECT_FALSE(alpc_message_identity_changed(self->m));
	EXPECT_EQ(-ESRCH, alpc_message_get_credentials(self->m, 0, &self->c));
}

/* -- Processes ---------------------------------------------------------------- */

/* pidfd_open(2), after which the process may have gone. */
static bool dies;
static int pidfd;

static long pidfd_kernel(long number, const long *args)
{
	if (number != SYS_pidfd_open)
		return -EINVAL;
	if (args[0] != who.out_pid)
		return -ESRCH;
	if (dies)
		who.out_status = 0;
	pidfd = open("/", O_PATH | O_CLOEXEC);
	return pidfd;
}

TEST_F(identity, open_process)
{
	int fd;

	kernel_syscalls(pidfd_kernel);
	dies = false;
	RECEIVE();
	fd = alpc_message_open_process(self->m);
	ASSERT_LE(0, fd);
	EXPECT_EQ(pidfd, fd);
	EXPECT_EQ(0, close(pidfd));
	EXPECT_EQ(2, asks);
	EXPECT_EQ(ALPC_IDENTITY_PROCESS, asked.parts);
	ASSERT_LE(0, alpc_port_open_process(self->port));
	EXPECT_EQ(0, asked.id);
	EXPECT_EQ(0, close(pidfd));
}

/* The number may be another process's now. */
TEST_F(identity, open_process_that_dies)
{
	kernel_syscalls(pidfd_kernel);
	dies = true;
	EXPECT_EQ(-ESRCH, alpc_port_open_process(self->port));
	EXPECT_EQ(-1, fcntl(pidfd, F_GETFD));
	errno = 99;
}

TEST_F(identity, open_process_that_cannot_be_seen)
{
	kernel_syscalls(pidfd_kernel);
	pidfd = -1;
	who.out_pid = 0;
	EXPECT_EQ(-ESRCH, alpc_port_open_process(self->port));
	who.out_parts = ALPC_IDENTITY_USER;
	EXPECT_EQ(-EPERM, alpc_port_open_process(self->port));
	EXPECT_EQ(-1, pidfd);
}

/* -- Security contexts ----------------------------------------------------------- */

TEST_F(identity, security_contexts)
{
	uint32_t security = 0;

	ASSERT_EQ(0, alpc_security_create(self->port, ALPC_LEVEL_IMPERSONATION,
					  ALPC_SECURITY_STATIC,
					  ALPC_IDENTITY_PROCESS, &security));
	EXPECT_EQ(12, security);
	EXPECT_EQ(ALPC_LEVEL_IMPERSONATION, created.level);
	EXPECT_EQ(ALPC_SECURITY_STATIC, created.flags);
	EXPECT_EQ(ALPC_IDENTITY_PROCESS, created.withhold);
	ASSERT_EQ(0, alpc_security_revoke(self->port, 3));
	EXPECT_EQ(ALPC_IOC_REVOKE_SECURITY, last_request);
	EXPECT_EQ(3, named.security);
	ASSERT_EQ(0, alpc_security_delete(self->port, 4));
	EXPECT_EQ(ALPC_IOC_DELETE_SECURITY, last_request);
	EXPECT_EQ(4, named.security);
	result = EDQUOT;
	security = 1;
	EXPECT_EQ(-EDQUOT, alpc_security_create(self->port, 1, 0, 0, &security));
	EXPECT_EQ(1, security);
}

TEST_F(identity, sent_with_a_security_context)
{
	struct alpc_call_options options = { .size = sizeof(options),
					     .security = 5 };
	struct alpc_message *m;

	incoming = (struct alpc_msg){ .type = ALPC_REPLY };
	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_call_with(self->port, "x", 1, self->m, ALPC_INFINITE,
				    &options));
	EXPECT_EQ(5, sent.security);
	ASSERT_EQ(0, alpc_call(self->port, "x", 1, self->m, ALPC_INFINITE));
	EXPECT_EQ(0, sent.security);
	/* That of the message stays with it; the call's comes first. */
	ASSERT_EQ(0, alpc_message_set_security(m, 6));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, alpc_call_message(self->port, m, self->m,
					       ALPC_INFINITE, NULL));
		EXPECT_EQ(6, sent.security);
	}
	ASSERT_EQ(0, alpc_call_message(self->port, m, self->m, ALPC_INFINITE,
				       &options));
	EXPECT_EQ(5, sent.security);
	ASSERT_EQ(0, alpc_send_message(self->port, m, 0));
	EXPECT_EQ(6, sent.security);
	ASSERT_EQ(0, alpc_reply_message(self->port, ID, m));
	EXPECT_EQ(0, sent.security);
	ASSERT_EQ(0, alpc_message_set_security(m, 0));
	ASSERT_EQ(0, alpc_send_message(self->port, m, 0));
	EXPECT_EQ(0, sent.security);
	alpc_message_free(m);
}

TEST_F(identity, usage)
{
	struct alpc_usage usage = { .size = sizeof(usage) };

	ASSERT_EQ(0, alpc_port_get_usage(self->port, &usage));
	EXPECT_EQ(5, usage.fds.limit);
	kernel_device_error(-ENOENT);
	EXPECT_EQ(-ENOENT, alpc_device_get_usage(&usage));
	kernel_device_error(0);
	usage.fds.limit = 0;
	ASSERT_EQ(0, alpc_device_get_usage(&usage));
	EXPECT_EQ(5, usage.fds.limit);
	EXPECT_EQ(-1, fcntl(DEVICE_FD, F_GETFD));
	errno = 99;
}

TEST_HARNESS_MAIN
