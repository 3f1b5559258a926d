// SPDX-License-Identifier: GPL-2.0-only
/*
 * Security contexts: levels, static and dynamic, revoked and deleted; and who may
 * act as the caller of a request.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <grp.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include "alpc_thread.h"

#define ALICE		1001
#define BOB		1002
#define STAFF		50
#define OVERFLOW	65534
#define ROOM		8

FIXTURE(security)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	struct alpc_identity who;
	__u32 groups[ROOM];
	__u64 id;
	char buf[64];
};

FIXTURE_SETUP(security)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
}

FIXTURE_TEARDOWN(security)
{
	pair_close(&self->pair);
}

#define WHO(fd, id) alpc_identity(fd, id, &self->who, self->groups, ROOM)
#define ACT_AS(fd, id) alpc_impersonable(fd, id, &self->who, self->groups, ROOM)

/* Send something with a security context. */
static int send_with(int fd, __u16 flags, __u32 security)
{
	struct alpc_attrs attrs = { .security = security };
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
	transfer_send(&t, flags, 0, "x", 1);
	t.send.attrs = address(&attrs);
	t.send.attrs_len = sizeof(attrs);
	return alpc_transfer(fd, &t);
}

/* A request with a new context at the server: the context's number. */
static int request_with(struct pair *pair, __u32 flags, __u32 level, __u32 withhold,
			struct alpc_msg *msg)
{
	char buf[8];
	int sec = alpc_create_security(pair->client, flags, level, withhold);
	int err = sec < 0 ? sec : send_with(pair->client, ALPC_SEND_REQUEST, sec);

	err = err ?: alpc_receive_nowait(pair->port, msg, buf, sizeof(buf));
	if (!err && msg->type != ALPC_REQUEST)
		err = -EBADMSG;
	return err ?: sec;
}

TEST_F(security, levels_say_what_is_told_and_allowed)
{
	static const struct {
		__u32 level, told_level;
		bool told;
		int act;
	} cases[] = {
		{ ALPC_LEVEL_DEFAULT, ALPC_LEVEL_IDENTIFICATION, true, -EACCES },
		{ ALPC_LEVEL_ANONYMOUS, ALPC_LEVEL_ANONYMOUS, false, -EACCES },
		{ ALPC_LEVEL_IDENTIFICATION, ALPC_LEVEL_IDENTIFICATION, true, -EACCES },
		{ ALPC_LEVEL_IMPERSONATION, ALPC_LEVEL_IMPERSONATION, true, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_LT(0, request_with(&self->pair, 0, cases[i].level, 0, &self->msg));
		EXPECT_EQ(ALPC_MSG_SECURITY, self->msg.flags);
		EXPECT_EQ(cases[i].told ? getpid() : 0, self->msg.pid);
		EXPECT_EQ(cases[i].told ? gettid() : 0, self->msg.tid);
		EXPECT_EQ(cases[i].told ? 0 : OVERFLOW, self->msg.uid);
		EXPECT_EQ(cases[i].told ? 0 : OVERFLOW, self->msg.gid);
		ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
		EXPECT_EQ(cases[i].told_level, self->who.out_level);
		EXPECT_EQ(cases[i].told ? ALPC_IDENTITY_ALL : 0, self->who.out_parts);
		EXPECT_EQ(cases[i].act, ACT_AS(self->pair.port, self->msg.id));
		EXPECT_EQ(cases[i].act, ACT_AS(self->pair.server, self->msg.id));
		ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
		/* Answered: nobody acts as its caller any more. */
		EXPECT_EQ(-ESRCH, ACT_AS(self->pair.port, self->msg.id));
	}
}

TEST_F(security, connection_has_a_level_for_what_has_no_context)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	int client, server;

	arg.flags = ALPC_CONNECT_ASYNC;
	arg.level = ALPC_LEVEL_IMPERSONATION;
	client = alpc_connect_with(&arg);
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-EBADMSG, ACT_AS(self->pair.port, self->msg.id));
	server = alpc_accept_id(self->pair.port, self->msg.id, 2);
	ASSERT_LE(0, server);
	ASSERT_EQ(0, alpc_request_async(client, "x", 1, 0, 0, NULL));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.flags);
	EXPECT_EQ(0, ACT_AS(self->pair.port, self->msg.id));
	/* A context goes below it as well. */
	ASSERT_EQ(0, send_with(client, ALPC_SEND_REQUEST,
			       alpc_create_security(client, 0, ALPC_LEVEL_ANONYMOUS, 0)));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.pid);
	EXPECT_EQ(-EACCES, ACT_AS(self->pair.port, self->msg.id));
	/* Without any, nobody may. */
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-EACCES, ACT_AS(self->pair.port, self->msg.id));
	close(client);
	close(server);
}

/* Who was handed the port has not said that it may be acted for. */
TEST_F(security, abuse_45_nobody_acts_as_who_was_handed_a_port)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	int client, server, i;

	arg.flags = ALPC_CONNECT_ASYNC;
	arg.level = ALPC_LEVEL_IMPERSONATION;
	client = alpc_connect_with(&arg);
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	server = alpc_accept_id(self->pair.port, self->msg.id, 2);
	ASSERT_LE(0, server);
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		/* Another process of the same user, and then of another one. */
		EXPECT_EQ(0, alpc_request_async(client, "x", 1, 0, 0, NULL));
		ASSERT_EQ(0, become(ALICE, STAFF));
		EXPECT_EQ(0, alpc_request_async(client, "x", 1, 0, 0, NULL));
		/* It can say so itself. */
		EXPECT_EQ(0, send_with(client, ALPC_SEND_REQUEST,
				       alpc_create_security(client, 0,
							    ALPC_LEVEL_IMPERSONATION, 0)));
		child_signal(&self->child);
		child_wait(&self->child);
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	for (i = 0; i < 3; i++) {
		AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(i ? ALICE : 0, self->msg.uid);
		ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
		EXPECT_EQ(i == 1 ? ALPC_LEVEL_IDENTIFICATION : ALPC_LEVEL_IMPERSONATION,
			  self->who.out_level);
		EXPECT_EQ(ALPC_IDENTITY_ALL, self->who.out_parts);
		EXPECT_EQ(i == 1 ? -EACCES : 0, ACT_AS(self->pair.port, self->msg.id));
	}
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	close(client);
	close(server);
}

TEST_F(security, tracking_is_static_or_dynamic)
{
	int fixed = alpc_create_security(self->pair.client, ALPC_SECURITY_STATIC,
					 ALPC_LEVEL_IMPERSONATION, 0);
	int dynamic = alpc_create_security(self->pair.client, 0, ALPC_LEVEL_IMPERSONATION, 0);

	ASSERT_LT(0, fixed);
	ASSERT_LT(0, dynamic);
	ASSERT_EQ(0, setresgid(-1, STAFF, -1));
	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, send_with(self->pair.client, ALPC_SEND_REQUEST, fixed));
	ASSERT_EQ(0, send_with(self->pair.client, ALPC_SEND_REQUEST, dynamic));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	ASSERT_EQ(0, setresgid(-1, 0, -1));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(ALICE, self->msg.uid);
	ASSERT_EQ(0, ACT_AS(self->pair.port, self->msg.id));
	EXPECT_EQ(ALPC_IDENTITY_STATIC | ALPC_IDENTITY_ALIVE, self->who.out_status);
	EXPECT_EQ(0, self->who.out_uid);
	EXPECT_EQ(0, self->who.out_fsuid);
	EXPECT_EQ(0, self->who.out_fsgid);
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(ALICE, self->msg.uid);
	ASSERT_EQ(0, ACT_AS(self->pair.port, self->msg.id));
	EXPECT_EQ(ALPC_IDENTITY_ALIVE, self->who.out_status);
	EXPECT_EQ(ALICE, self->who.out_uid);
	EXPECT_EQ(ALICE, self->who.out_fsuid);
	EXPECT_EQ(STAFF, self->who.out_fsgid);
}

TEST_F(security, effective_only_hides_what_could_be_raised)
{
	ASSERT_EQ(0, setresuid(-1, ALICE, -1));	/* permitted ones stay */
	ASSERT_LT(0, request_with(&self->pair, 0, 0, 0, &self->msg));
	ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(0, self->who.out_caps);
	EXPECT_NE(0, self->who.out_permitted);
	ASSERT_LT(0, request_with(&self->pair, ALPC_SECURITY_EFFECTIVE_ONLY, 0, 0, &self->msg));
	ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(0, self->who.out_caps);
	EXPECT_EQ(0, self->who.out_permitted);
	ASSERT_EQ(0, setresuid(-1, 0, -1));
}

TEST_F(security, comes_with_datagrams_callbacks_and_received_identities)
{
	int sec = alpc_create_security(self->pair.client, 0, ALPC_LEVEL_ANONYMOUS, 0);
	struct alpc_attrs attrs;
	struct alpc_transfer t;

	ASSERT_LT(0, sec);
	ASSERT_EQ(0, send_with(self->pair.client, 0, sec));
	ASSERT_EQ(0, alpc_receive_who(self->pair.port, ALPC_IDENTITY_ALL, &self->msg, &self->who));
	EXPECT_EQ(ALPC_DATAGRAM, self->msg.type);
	EXPECT_EQ(ALPC_MSG_SECURITY, self->msg.flags);
	EXPECT_EQ(0, self->msg.pid);
	EXPECT_EQ(ALPC_LEVEL_ANONYMOUS, self->who.out_level);
	EXPECT_EQ(0, self->who.out_parts);
	/* It is of that end alone; and a reply has none. */
	EXPECT_EQ(-ENOENT, send_with(self->pair.server, 0, sec));
	EXPECT_EQ(-ENOENT, send_with(self->pair.client, 0, sec + 1));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	attrs = (struct alpc_attrs){ .security = alpc_create_security(self->pair.server, 0, 0, 0) };
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_REPLY, self->msg.id, NULL, 0);
	t.send.attrs = address(&attrs);
	t.send.attrs_len = sizeof(attrs);
	EXPECT_EQ(-EINVAL, alpc_transfer(self->pair.server, &t));
	EXPECT_EQ(0, alpc_reply(self->pair.server, self->msg.id, NULL, 0));
}

/* --- abuse 45 ------------------------------------------------------------- */

TEST_F(security, abuse_45_revoked_is_useless_for_what_was_sent_before)
{
	int sec = request_with(&self->pair, 0, ALPC_LEVEL_IMPERSONATION, 0, &self->msg);

	ASSERT_LT(0, sec);
	ASSERT_EQ(0, send_with(self->pair.client, ALPC_SEND_REQUEST, sec));
	EXPECT_EQ(0, ACT_AS(self->pair.port, self->msg.id));
	ASSERT_EQ(0, alpc_revoke_security(self->pair.client, sec));
	EXPECT_EQ(-EKEYREVOKED, ACT_AS(self->pair.port, self->msg.id));
	EXPECT_EQ(-EKEYREVOKED, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(-EKEYREVOKED, send_with(self->pair.client, 0, sec));
	/* Also for what is still on its way; and once its number is gone. */
	ASSERT_EQ(0, alpc_delete_security(self->pair.client, sec));
	ASSERT_EQ(0, alpc_receive_who(self->pair.port, ALPC_IDENTITY_ALL, &self->msg, &self->who));
	EXPECT_EQ(0, self->who.out_parts);
	EXPECT_EQ(OVERFLOW, self->who.out_fsuid);
	EXPECT_EQ(ALPC_LEVEL_ANONYMOUS, self->who.out_level);
	EXPECT_EQ(-EKEYREVOKED, ACT_AS(self->pair.port, self->msg.id));
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(-ENOENT, alpc_revoke_security(self->pair.client, sec));
}

TEST_F(security, abuse_45_revoked_tells_no_ids_either)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	int client, server, sec;

	/* What a plain message of this connection would tell is another matter. */
	arg.flags = ALPC_CONNECT_ASYNC;
	arg.withhold = ALPC_IDENTITY_USER;
	client = alpc_connect_with(&arg);
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	server = alpc_accept_id(self->pair.port, self->msg.id, 2);
	ASSERT_LE(0, server);
	sec = alpc_create_security(client, 0, 0, 0);
	ASSERT_LT(0, sec);
	ASSERT_EQ(0, send_with(client, 0, sec));
	ASSERT_EQ(0, send_with(client, 0, sec));
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(getpid(), self->msg.pid);
	EXPECT_EQ(0, self->msg.uid);
	ASSERT_EQ(0, alpc_revoke_security(client, sec));
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.pid);
	EXPECT_EQ(0, self->msg.tid);
	EXPECT_EQ(OVERFLOW, self->msg.uid);
	EXPECT_EQ(OVERFLOW, self->msg.gid);
	close(client);
	close(server);
}

/* A call with a context that gives up: what its notice tells. */
static int notice_of(struct pair *pair, int sec, bool revoke, struct alpc_msg *msg,
		     struct alpc_identity *who)
{
	struct alpc_attrs attrs = { .security = sec };
	struct transfer_worker caller = {};
	char buf[8];
	int err;

	transfer_init(&caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&caller.transfer, ALPC_SEND_REQUEST, 0, NULL, 0);
	caller.transfer.send.attrs = address(&attrs);
	caller.transfer.send.attrs_len = sizeof(attrs);
	err = worker_transfer(&caller, pair->client);
	err = err ?: alpc_receive(pair->port, msg, buf, sizeof(buf));
	err = err ?: worker_interrupt(&caller.worker);
	if (err != -EINTR)
		return err ?: -EBADMSG;
	if (revoke && alpc_revoke_security(pair->client, sec))
		return -EKEYREVOKED;
	return alpc_receive_who(pair->port, ALPC_IDENTITY_ALL, msg, who);
}

TEST_F(security, abuse_44_notice_tells_no_more_than_the_request)
{
	static const struct {
		__u32 level, withhold;
		bool revoke;
	} cases[] = {
		{ ALPC_LEVEL_ANONYMOUS, 0, false },
		{ ALPC_LEVEL_IDENTIFICATION, ALPC_IDENTITY_ALL, false },
		{ ALPC_LEVEL_IMPERSONATION, 0, true },
	};
	size_t i;
	int sec;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sec = alpc_create_security(self->pair.client, 0, cases[i].level,
					   cases[i].withhold);
		ASSERT_LT(0, sec);
		ASSERT_EQ(0, notice_of(&self->pair, sec, cases[i].revoke, &self->msg,
				       &self->who));
		EXPECT_EQ(ALPC_CANCELED, self->msg.type);
		EXPECT_EQ(ALPC_MSG_SECURITY, self->msg.flags);
		EXPECT_EQ(0, self->msg.pid);
		EXPECT_EQ(0, self->msg.tid);
		EXPECT_EQ(OVERFLOW, self->msg.uid);
		EXPECT_EQ(OVERFLOW, self->msg.gid);
		EXPECT_EQ(0, self->who.out_parts);
		EXPECT_EQ(OVERFLOW, self->who.out_fsuid);
		EXPECT_EQ(0, self->who.out_permitted);
	}
	/* Whose request said who it was, its notice says so as well. */
	sec = alpc_create_security(self->pair.client, 0, ALPC_LEVEL_IDENTIFICATION, 0);
	ASSERT_EQ(0, notice_of(&self->pair, sec, false, &self->msg, &self->who));
	EXPECT_EQ(getpid(), self->msg.pid);
	EXPECT_EQ(ALPC_IDENTITY_ALL, self->who.out_parts);
}

TEST_F(security, abuse_45_deleted_stays_with_what_was_sent_before)
{
	int sec = request_with(&self->pair, 0, ALPC_LEVEL_IMPERSONATION, 0, &self->msg);

	ASSERT_LT(0, sec);
	ASSERT_EQ(0, alpc_delete_security(self->pair.client, sec));
	EXPECT_EQ(-ENOENT, send_with(self->pair.client, 0, sec));
	EXPECT_EQ(-ENOENT, alpc_delete_security(self->pair.client, sec));
	EXPECT_EQ(0, ACT_AS(self->pair.port, self->msg.id));
}

TEST_F(security, abuse_45_only_an_unanswered_request_whose_caller_waits)
{
	struct transfer_worker caller = {};
	struct alpc_attrs attrs = {};
	int err, sec;

	EXPECT_EQ(-EINVAL, ACT_AS(self->pair.server, 0));
	EXPECT_EQ(-ESRCH, ACT_AS(self->pair.port, 12345));
	sec = alpc_create_security(self->pair.client, 0, ALPC_LEVEL_IMPERSONATION, 0);
	/* A call that gives up. */
	transfer_init(&caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&caller.transfer, ALPC_SEND_REQUEST, 0, "x", 1);
	attrs.security = sec;
	caller.transfer.send.attrs = address(&attrs);
	caller.transfer.send.attrs_len = sizeof(attrs);
	ASSERT_EQ(0, worker_transfer(&caller, self->pair.client));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-EINTR, worker_interrupt(&caller.worker));
	err = ACT_AS(self->pair.port, self->msg.id);
	EXPECT_EQ(-ECANCELED, err);
	AWAIT(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-ESRCH, ACT_AS(self->pair.port, self->msg.id));
	/* A client that disconnects. */
	ASSERT_EQ(0, send_with(self->pair.client, ALPC_SEND_REQUEST, sec));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, ACT_AS(self->pair.port, self->msg.id));
	ASSERT_EQ(0, alpc_disconnect(self->pair.client));
	EXPECT_EQ(-ESRCH, ACT_AS(self->pair.port, self->msg.id));
}

TEST_F(security, abuse_45_of_another_connection_is_esrch)
{
	int client, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &client, &server));
	ASSERT_LT(0, request_with(&self->pair, 0, ALPC_LEVEL_IMPERSONATION, 0, &self->msg));
	EXPECT_EQ(-ESRCH, ACT_AS(server, self->msg.id));
	EXPECT_EQ(-ESRCH, ACT_AS(client, self->msg.id));
	close(client);
	close(server);
}

TEST_F(security, abuse_45_everything_is_told_or_nothing_is_done)
{
	__u32 many[ROOM + 1], i;

	for (i = 0; i < ROOM + 1; i++)
		many[i] = 100 + i;
	ASSERT_EQ(0, setgroups(ROOM + 1, many));
	ASSERT_LT(0, request_with(&self->pair, 0, ALPC_LEVEL_IMPERSONATION, ALPC_IDENTITY_PROCESS,
				  &self->msg));
	EXPECT_EQ(0, self->msg.pid);
	EXPECT_EQ(-EMSGSIZE, ACT_AS(self->pair.port, self->msg.id));
	EXPECT_EQ(ROOM + 1, self->who.group_count);
	/* With an error nothing can be mistaken for an identity. */
	EXPECT_EQ(POISON_U32, self->who.out_fsuid);
	EXPECT_EQ(POISON_U32, self->who.out_parts);
	EXPECT_EQ(POISON_U64, self->who.out_caps);
	EXPECT_EQ(0, alpc_impersonable(self->pair.port, self->msg.id, &self->who, many, ROOM + 1));
	EXPECT_EQ(0, self->who.out_pid);
	EXPECT_EQ(-EINVAL, alpc_create_security(self->pair.client, 0, ALPC_LEVEL_IMPERSONATION,
						ALPC_IDENTITY_GROUPS));
	self->who.parts = ALPC_IDENTITY_USER;
	EXPECT_EQ(-EINVAL, alpc_ioctl(self->pair.port, ALPC_IOC_GET_IDENTITY, &self->who));
}

TEST_F(security, abuse_46_nobody_acts_as_who_does_not_exist_here)
{
	/* The server is in a user namespace where the client is nobody. */
	ASSERT_LT(0, request_with(&self->pair, 0, ALPC_LEVEL_IMPERSONATION, 0, &self->msg));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(BOB, STAFF));
		ASSERT_EQ(0, enter_user_namespace());
		EXPECT_EQ(0, WHO(self->pair.port, self->msg.id));
		EXPECT_EQ(OVERFLOW, self->who.out_fsuid);
		EXPECT_EQ(-EOVERFLOW, ACT_AS(self->pair.port, self->msg.id));
		EXPECT_EQ(POISON_U32, self->who.out_fsuid);
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(0, ACT_AS(self->pair.port, self->msg.id));
}

/* --- what the server requires --------------------------------------------- */

TEST_F(security, abuse_44_context_withholds_nothing_that_is_required)
{
	struct alpc_create_port create = create_args(unique_name());
	struct pair pair;
	__u32 withhold;
	int sec;

	create.require = ALPC_IDENTITY_PROCESS | ALPC_IDENTITY_GROUPS;
	create.max_security = 64;
	ASSERT_EQ(0, pair_open(&pair, &create));
	EXPECT_EQ(-EPERM, alpc_create_security(pair.client, 0, ALPC_LEVEL_ANONYMOUS, 0));
	for (withhold = 0; withhold <= ALPC_IDENTITY_ALL; withhold++) {
		sec = alpc_create_security(pair.client, 0, 0, withhold);
		if (withhold & create.require) {
			EXPECT_EQ(-EPERM, sec);
			continue;
		}
		ASSERT_EQ(0, send_with(pair.client, 0, sec));
		ASSERT_EQ(0, alpc_receive_who(pair.port, ALPC_IDENTITY_ALL,
					      &self->msg, &self->who));
		EXPECT_EQ(ALPC_IDENTITY_ALL & ~withhold, self->who.out_parts);
	}
	/* It is the server that requires. */
	EXPECT_LT(0, alpc_create_security(pair.server, 0, ALPC_LEVEL_ANONYMOUS, 0));
	pair_close(&pair);
}

TEST_F(security, abuse_45_revoking_takes_back_nothing_that_is_required)
{
	struct alpc_create_port create = create_args(unique_name());
	struct pair pair;
	int sec;

	create.require = ALPC_IDENTITY_PROCESS;
	ASSERT_EQ(0, pair_open(&pair, &create));
	sec = request_with(&pair, 0, ALPC_LEVEL_IMPERSONATION, 0, &self->msg);
	ASSERT_LT(0, sec);
	ASSERT_EQ(0, send_with(pair.client, 0, sec));
	ASSERT_EQ(0, alpc_revoke_security(pair.client, sec));
	EXPECT_EQ(-EKEYREVOKED, ACT_AS(pair.port, self->msg.id));
	ASSERT_EQ(0, WHO(pair.port, self->msg.id));
	EXPECT_EQ(ALPC_IDENTITY_PROCESS, self->who.out_parts);
	EXPECT_EQ(ALPC_LEVEL_ANONYMOUS, self->who.out_level);
	EXPECT_EQ(getpid(), self->who.out_pid);
	EXPECT_EQ(OVERFLOW, self->who.out_fsuid);
	EXPECT_EQ(0, self->who.out_caps);
	ASSERT_EQ(0, alpc_receive_who(pair.port, ALPC_IDENTITY_ALL, &self->msg, &self->who));
	EXPECT_EQ(ALPC_DATAGRAM, self->msg.type);
	EXPECT_EQ(getpid(), self->msg.pid);
	EXPECT_EQ(OVERFLOW, self->msg.uid);
	EXPECT_EQ(ALPC_IDENTITY_PROCESS, self->who.out_parts);
	pair_close(&pair);
}

/* --- how many ------------------------------------------------------------- */

TEST_F(security, numbers_of_one_end_tell_nothing_of_the_other)
{
	int first = alpc_create_security(self->pair.client, 0, 0, 0);

	ASSERT_LT(0, first);
	ASSERT_LT(0, alpc_create_security(self->pair.server, 0, 0, 0));
	ASSERT_LT(0, alpc_create_security(self->pair.server, 0, 0, 0));
	EXPECT_EQ(first + 1, alpc_create_security(self->pair.client, 0, 0, 0));
	/* Nor are they the other's. */
	ASSERT_EQ(0, alpc_revoke_security(self->pair.server, first));
	EXPECT_EQ(0, send_with(self->pair.client, 0, first));
}

TEST_F(security, abuse_52_as_many_as_the_port_allows)
{
	struct alpc_create_port create = create_args(unique_name());
	struct alpc_usage usage = { .size = sizeof(usage) };
	struct pair pair;
	int first;

	create.max_security = 3;
	ASSERT_EQ(0, pair_open(&pair, &create));
	first = alpc_create_security(pair.client, 0, 0, 0);
	ASSERT_LT(0, first);
	EXPECT_LT(0, alpc_create_security(pair.client, 0, 0, 0));
	EXPECT_LT(0, alpc_create_security(pair.client, 0, 0, 0));
	EXPECT_EQ(-EDQUOT, alpc_create_security(pair.client, 0, 0, 0));
	/* The other end has its own. */
	EXPECT_LT(0, alpc_create_security(pair.server, 0, 0, 0));
	ASSERT_EQ(0, alpc_ioctl(pair.client, ALPC_IOC_GET_USAGE, &usage));
	EXPECT_EQ(3, usage.security.used);
	EXPECT_EQ(3, usage.security.limit);
	ASSERT_EQ(0, alpc_delete_security(pair.client, first));
	EXPECT_NE(first, alpc_create_security(pair.client, 0, 0, 0));
	ASSERT_EQ(0, alpc_disconnect(pair.server));
	EXPECT_EQ(-EPIPE, alpc_create_security(pair.client, 0, 0, 0));
	usage.flags = ALPC_USAGE_USER;
	ASSERT_EQ(0, alpc_ioctl(pair.client, ALPC_IOC_GET_USAGE, &usage));
	EXPECT_EQ(4, usage.security.used);
	pair_close(&pair);
	ASSERT_EQ(0, alpc_ioctl(alpc_device(), ALPC_IOC_GET_USAGE, &usage));
	EXPECT_EQ(0, usage.security.used);
}

TEST_HARNESS_MAIN
