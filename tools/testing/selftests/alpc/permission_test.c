// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may connect: owner, group and mode of the port; and whom a client wants
 * as its server. Who is turned away has not reached the server.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include "alpc_thread.h"

#define ALICE	1001
#define BOB	1002
#define STAFF	50

/* Be root without what root is allowed. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = {};

	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

FIXTURE(mode)
{
	const char *name;
	int port;
	struct child child;
};

FIXTURE_VARIANT(mode)
{
	mode_t mode;
	uid_t owner;
	gid_t group;
	uid_t uid;		/* of the client */
	gid_t gid;
	gid_t also;		/* another group of the client */
	bool powerless;
	bool allowed;
};

FIXTURE_VARIANT_ADD(mode, owner_by_default) {
	.mode = 0600, .owner = ALICE, .group = ALICE, .uid = ALICE, .gid = ALICE, .allowed = true,
};

FIXTURE_VARIANT_ADD(mode, owner_who_may_write_only) {
	.mode = 0200, .owner = ALICE, .group = ALICE, .uid = ALICE, .gid = ALICE, .allowed = true,
};

FIXTURE_VARIANT_ADD(mode, owner_who_may_read_only) {
	.mode = 0577, .owner = ALICE, .group = ALICE, .uid = ALICE, .gid = ALICE,
};

FIXTURE_VARIANT_ADD(mode, stranger_by_default) {
	.mode = 0600, .owner = ALICE, .group = ALICE, .uid = BOB, .gid = BOB,
};

FIXTURE_VARIANT_ADD(mode, group_by_default) {
	.mode = 0600, .owner = ALICE, .group = STAFF, .uid = BOB, .gid = STAFF,
};

FIXTURE_VARIANT_ADD(mode, group_that_is_allowed) {
	.mode = 0620, .owner = ALICE, .group = STAFF, .uid = BOB, .gid = STAFF, .allowed = true,
};

FIXTURE_VARIANT_ADD(mode, supplementary_group_that_is_allowed) {
	.mode = 0620, .owner = ALICE, .group = STAFF, .uid = BOB, .gid = BOB, .also = STAFF,
	.allowed = true,
};

FIXTURE_VARIANT_ADD(mode, stranger_where_the_group_is_allowed) {
	.mode = 0660, .owner = ALICE, .group = STAFF, .uid = BOB, .gid = BOB,
};

FIXTURE_VARIANT_ADD(mode, group_where_only_others_are_allowed) {
	.mode = 0602, .owner = ALICE, .group = STAFF, .uid = BOB, .gid = STAFF,
};

FIXTURE_VARIANT_ADD(mode, others_that_are_allowed) {
	.mode = 0602, .owner = ALICE, .group = ALICE, .uid = BOB, .gid = BOB, .allowed = true,
};

FIXTURE_VARIANT_ADD(mode, others_that_may_read_only) {
	.mode = 0665, .owner = ALICE, .group = ALICE, .uid = BOB, .gid = BOB,
};

FIXTURE_VARIANT_ADD(mode, root_where_nobody_is_allowed) {
	.mode = 0, .owner = ALICE, .group = ALICE, .allowed = true,
};

FIXTURE_VARIANT_ADD(mode, root_without_capabilities) {
	.mode = 0660, .owner = ALICE, .group = ALICE, .powerless = true,
};

FIXTURE_SETUP(mode)
{
	self->name = unique_name();
	self->port = alpc_create(self->name);
	ASSERT_LE(0, self->port);
	ASSERT_EQ(0, fchown(self->port, variant->owner, variant->group));
	ASSERT_EQ(0, fchmod(self->port, variant->mode));
}

FIXTURE_TEARDOWN(mode)
{
	close_fd(&self->port);
}

/* As the child: become the client of the variant and connect. */
static int connect_as(const FIXTURE_VARIANT(mode) *variant, const char *name)
{
	if (setgroups(!!variant->also, &variant->also) ||
	    setresgid(variant->gid, variant->gid, variant->gid) ||
	    setresuid(variant->uid, variant->uid, variant->uid) ||
	    (variant->powerless && drop_capabilities()))
		return -EIO;
	return alpc_connect_async(name);
}

TEST_F(mode, decides)
{
	struct alpc_msg msg;
	char buf[8];
	int fds;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		int result = connect_as(variant, self->name);

		fds = open_fds();
		EXPECT_EQ(variant->allowed ? 0 : -EACCES, error_of(result));
		/* Waiting is no other right. */
		if (!variant->allowed)
			EXPECT_EQ(-EACCES, alpc_connect_to(self->name));
		EXPECT_EQ(fds, open_fds());
		child_signal(&self->child);
		child_wait(&self->child);
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	if (variant->allowed)
		TAKE(ALPC_CONNECTION_REQUEST, self->port, &msg, buf);
	NOTHING(self->port);
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_F(mode, decides_by_the_effective_ids)
{
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		/* The real and saved ids are bob's, who is nobody here. */
		ASSERT_EQ(0, setgroups(!!variant->also, &variant->also));
		ASSERT_EQ(0, setresgid(BOB, variant->gid, BOB));
		ASSERT_EQ(0, setresuid(BOB, variant->uid, BOB));
		if (variant->powerless)
			ASSERT_EQ(0, drop_capabilities());
		EXPECT_EQ(variant->allowed ? 0 : -EACCES,
			  error_of(alpc_connect_async(self->name)));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
}

/* --- changes and namespaces ----------------------------------------------- */

FIXTURE(port)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(port)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(port)
{
	pair_close(&self->pair);
}

TEST_F(port, change_of_mode_is_for_the_next_connect)
{
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		pair_close(&self->pair);
		ASSERT_EQ(0, become(BOB, BOB));
		self->pair.client = alpc_connect_async(self->pair.name);
		EXPECT_LE(0, self->pair.client);
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_EQ(-EACCES, alpc_connect_async(self->pair.name));
		/* The one that waits is answered, and can send. */
		AWAIT(ALPC_CONNECTION_REPLY, self->pair.client, &self->msg, self->buf);
		EXPECT_EQ(0, alpc_send(self->pair.client, "x", 1));
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_LE(0, alpc_connect_async(self->pair.name));
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, fchmod(self->pair.port, 0600));
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_LE(0, alpc_accept_id(self->pair.port, self->msg.id, 1));
	ASSERT_EQ(0, child_signal(&self->child));
	AWAIT(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(1, self->msg.context);
	ASSERT_EQ(0, child_wait(&self->child));
	ASSERT_EQ(0, fchmod(self->pair.port, 0602));
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_F(port, held_descriptor_needs_no_permission)
{
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(BOB, BOB));
		EXPECT_EQ(0, pair_works(&self->pair));
		EXPECT_EQ(-EACCES, alpc_connect_async(self->pair.name));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_F(port, root_of_a_user_namespace_is_not_root_here)
{
	ASSERT_EQ(0, fchown(self->pair.port, BOB, BOB));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(ALICE, ALICE));
		ASSERT_EQ(0, enter_user_namespace());
		EXPECT_EQ(0, getuid());
		EXPECT_EQ(-EACCES, alpc_connect_async(self->pair.name));
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_LE(0, alpc_connect_async(self->pair.name));
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	NOTHING(self->pair.port);
	ASSERT_EQ(0, fchown(self->pair.port, ALICE, ALICE));
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_F(port, name_that_is_not_there_is_told_to_all)
{
	ASSERT_EQ(0, become(BOB, BOB));
	EXPECT_EQ(-ENOENT, alpc_connect_async("nobody has this name"));
	EXPECT_EQ(-EACCES, alpc_connect_async(self->pair.name));
	EXPECT_EQ(-EEXIST, alpc_create(self->pair.name));
}

/* --- the server that the client wants ------------------------------------- */

FIXTURE(wanted)
{
	const char *name;
	struct child server;
	struct alpc_msg msg;
	char buf[64];
	int port;
};

FIXTURE_VARIANT(wanted)
{
	__u32 flags;
	__u32 uid;
	__u32 gid;
	bool right;
};

#define WANT_UID	ALPC_CONNECT_SERVER_UID
#define WANT_GID	ALPC_CONNECT_SERVER_GID

FIXTURE_VARIANT_ADD(wanted, nobody_in_particular) { 0, 0, 0, true };
FIXTURE_VARIANT_ADD(wanted, right_user) { WANT_UID, ALICE, 0, true };
FIXTURE_VARIANT_ADD(wanted, right_group) { WANT_GID, 0, STAFF, true };
FIXTURE_VARIANT_ADD(wanted, right_user_and_group) { WANT_UID | WANT_GID, ALICE, STAFF, true };
FIXTURE_VARIANT_ADD(wanted, wrong_user) { WANT_UID, BOB, 0, false };
FIXTURE_VARIANT_ADD(wanted, wrong_group) { WANT_GID, 0, BOB, false };
FIXTURE_VARIANT_ADD(wanted, wrong_user_right_group) { WANT_UID | WANT_GID, 0, STAFF, false };
FIXTURE_VARIANT_ADD(wanted, right_user_wrong_group) { WANT_UID | WANT_GID, ALICE, 0, false };
FIXTURE_VARIANT_ADD(wanted, root) { WANT_UID, 0, 0, false };
FIXTURE_VARIANT_ADD(wanted, supplementary_group) { WANT_GID, 0, BOB, false };

/* Alice's server, with another real user and more groups. It gives its port. */
FIXTURE_SETUP(wanted)
{
	const gid_t also = BOB;

	self->name = unique_name();
	ASSERT_LE(0, child_start(&self->server));
	if (!self->server.pid) {
		ASSERT_EQ(0, setgroups(1, &also));
		ASSERT_EQ(0, setresgid(0, STAFF, STAFF));
		ASSERT_EQ(0, setresuid(0, ALICE, ALICE));
		self->port = alpc_create(self->name);
		ASSERT_LE(0, self->port);
		ASSERT_EQ(0, fchmod(self->port, 0666));
		ASSERT_EQ(0, child_put_fd(&self->server, self->port));
		child_wait(&self->server);
		AWAIT(ALPC_CONNECTION_REQUEST, self->port, &self->msg, self->buf);
		EXPECT_LE(0, alpc_accept_id(self->port, self->msg.id, 1));
		child_wait(&self->server);
		child_exit(true);
	}
	self->port = child_get_fd(&self->server);
	ASSERT_LE(0, self->port);
}

FIXTURE_TEARDOWN(wanted)
{
	close_fd(&self->port);
	child_kill(&self->server);
}

TEST_F(wanted, is_looked_at_before_anything_is_queued)
{
	struct alpc_connect arg = connect_args(self->name);
	int fds = open_fds(), fd;

	arg.flags = variant->flags;
	arg.server_uid = variant->uid;
	arg.server_gid = variant->gid;
	if (!variant->right) {
		EXPECT_EQ(-EPERM, alpc_connect_with(&arg));
		arg.flags |= ALPC_CONNECT_ASYNC;
		EXPECT_EQ(-EPERM, alpc_connect_with(&arg));
		EXPECT_EQ(fds, open_fds());
		NOTHING(self->port);
		EXPECT_QUIET(self->port);
		return;
	}
	/* And again when it accepts, which it does as the same user. */
	child_signal(&self->server);
	fd = alpc_connect_with(&arg);
	EXPECT_LE(0, fd);
	EXPECT_EQ(0, alpc_send(fd, "x", 1));
	close(fd);
}

TEST_F(wanted, is_the_creator_not_any_owner_of_the_file)
{
	struct alpc_connect arg = connect_args(self->name);

	ASSERT_EQ(0, fchown(self->port, BOB + 1, BOB + 1));
	arg.flags = variant->flags | ALPC_CONNECT_ASYNC;
	arg.server_uid = variant->uid;
	arg.server_gid = variant->gid;
	EXPECT_EQ(variant->right ? 0 : -EPERM, error_of(alpc_connect_with(&arg)));
	EXPECT_EQ(variant->right, alpc_queued(self->port));
}

TEST_F(wanted, is_named_in_the_client_s_user_namespace)
{
	struct child client;

	ASSERT_LE(0, child_start(&client));
	if (!client.pid) {
		struct alpc_connect arg = connect_args(self->name);
		int err;

		/* Alice and staff are 0 here, and nobody else is anybody. */
		ASSERT_EQ(0, become(ALICE, STAFF));
		ASSERT_EQ(0, enter_user_namespace());
		arg.flags = variant->flags | ALPC_CONNECT_ASYNC;
		arg.server_uid = variant->uid == ALICE ? 0 : variant->uid ?: ALICE;
		arg.server_gid = variant->gid == STAFF ? 0 : variant->gid ?: STAFF;
		err = error_of(alpc_connect_with(&arg));
		/* Not she, or no user of this namespace at all. */
		EXPECT_TRUE(variant->right ? !err : err == -EPERM || err == -EINVAL)
			TH_LOG("connecting: %d", err);
		child_signal(&client);
		child_wait(&client);
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&client));
	EXPECT_EQ(variant->right, alpc_queued(self->port));
	child_signal(&client);
	EXPECT_EQ(0, child_end(&client));
}

TEST_F(wanted, must_also_be_who_accepts)
{
	struct alpc_connect arg = connect_args(self->name);
	int client, server;

	arg.flags = variant->flags | ALPC_CONNECT_ASYNC;
	arg.server_uid = variant->uid;
	arg.server_gid = variant->gid;
	if (!variant->right) {
		/* Not even if the right one would be there to accept. */
		ASSERT_EQ(0, setresgid(0, variant->gid, 0));
		ASSERT_EQ(0, setresuid(0, variant->uid, 0));
		EXPECT_EQ(-EPERM, alpc_connect_with(&arg));
		NOTHING(self->port);
		return;
	}
	client = alpc_connect_with(&arg);
	ASSERT_LE(0, client);
	TAKE(ALPC_CONNECTION_REQUEST, self->port, &self->msg, self->buf);
	/* Root has the port too, but is not who the client wants. */
	server = alpc_accept_id(self->port, self->msg.id, 2);
	if (!variant->flags) {
		EXPECT_LE(0, server);
		return;
	}
	EXPECT_EQ(-EPERM, server);
	NOTHING(client);
	EXPECT_EQ(1, alpc_unanswered(self->port));
	/* It is still there for the one who is. */
	ASSERT_EQ(0, setresgid(0, STAFF, 0));
	ASSERT_EQ(0, setresuid(0, ALICE, 0));
	server = alpc_accept_id(self->port, self->msg.id, 2);
	EXPECT_LE(0, server);
	TAKE(ALPC_CONNECTION_REPLY, client, &self->msg, self->buf);
	close(server);
	close(client);
}

/* Who starts servers on demand creates their ports, and gives them away. */
TEST(abuse_44_server_that_was_given_the_port)
{
	const char *name = unique_name();
	struct alpc_connect arg = connect_args(name);
	int port = alpc_create(name), client;
	struct alpc_msg msg;
	__u64 id;
	struct child child;
	char buf[8];

	ASSERT_EQ(0, fchown(port, ALICE, STAFF));
	arg.flags = ALPC_CONNECT_ASYNC | ALPC_CONNECT_SERVER_UID | ALPC_CONNECT_SERVER_GID;
	arg.server_uid = ALICE;
	arg.server_gid = STAFF;
	client = alpc_connect_with(&arg);
	ASSERT_LE(0, client);
	AWAIT(ALPC_CONNECTION_REQUEST, port, &msg, buf);
	id = msg.id;
	/* It is not for the creator to accept, who is somebody else. */
	EXPECT_EQ(-EPERM, error_of(alpc_accept_id(port, msg.id, 1)));
	EXPECT_EQ(-EAGAIN, alpc_receive_nowait(client, &msg, buf, sizeof(buf)));
	EXPECT_EQ(1, alpc_unanswered(port));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		ASSERT_EQ(0, child_get(&child, &id, sizeof(id)));
		ASSERT_EQ(0, become(ALICE, STAFF));
		EXPECT_LE(0, alpc_accept_id(port, id, 1));
		child_wait(&child);
		child_exit(true);
	}
	ASSERT_EQ(0, child_put(&child, &id, sizeof(id)));
	AWAIT(ALPC_CONNECTION_REPLY, client, &msg, buf);
	EXPECT_EQ(ALICE, msg.uid);
	EXPECT_EQ(STAFF, msg.gid);
	child_signal(&child);
	EXPECT_EQ(0, child_end(&child));
	close(client);
	close(port);
}

TEST_HARNESS_MAIN
