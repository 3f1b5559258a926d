// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may connect, by a port's access list: set and read with libacl, on the
 * descriptor and by its path in /proc, and asked at each connect.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <acl/libacl.h>
#include <sys/acl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "alpc_thread.h"

#define ALICE	1001
#define BOB	1002
#define CAROL	1003
#define STAFF	50
#define GUESTS	51

static int set_acl(int fd, const char *text)
{
	acl_t acl = acl_from_text(text);
	int err = acl ? 0 : -EINVAL;

	if (acl && acl_set_fd(fd, acl))
		err = -errno;
	acl_free(acl);
	return err;
}

/* The list in short form, in a static buffer; "" if it cannot be read. */
static const char *get_acl(acl_t acl)
{
	static char buf[256];
	char *text = NULL;

	if (acl)
		text = acl_to_any_text(acl, NULL, ',', TEXT_ABBREVIATE | TEXT_NUMERIC_IDS);
	snprintf(buf, sizeof(buf), "%s", text ? text : "");
	acl_free(text);
	acl_free(acl);
	return buf;
}

/* Whether somebody may connect: a process that is them tries it. */
static int try_as(const char *name, uid_t uid, gid_t gid, gid_t also)
{
	struct child child;
	int err;

	if (child_start(&child) < 0)
		return -EIO;
	if (!child.pid) {
		err = -EIO;
		if (!setgroups(!!also, &also) && !setresgid(gid, gid, gid) &&
		    !setresuid(uid, uid, uid))
			err = error_of(alpc_connect_async(name));
		child_put(&child, &err, sizeof(err));
		child_exit(true);
	}
	if (child_get(&child, &err, sizeof(err)))
		err = -EIO;
	child_end(&child);
	return err;
}

FIXTURE(acl)
{
	const char *name;
	int port;
	char path[32];
};

FIXTURE_SETUP(acl)
{
	self->name = unique_name();
	self->port = alpc_create(self->name);
	ASSERT_LE(0, self->port);
	ASSERT_EQ(0, fchown(self->port, ALICE, STAFF));
	snprintf(self->path, sizeof(self->path), "/proc/self/fd/%d", self->port);
}

FIXTURE_TEARDOWN(acl)
{
	close_fd(&self->port);
}

#define MAY(uid, gid, also) EXPECT_EQ(0, try_as(self->name, uid, gid, also))
#define MAY_NOT(uid, gid, also) EXPECT_EQ(-EACCES, try_as(self->name, uid, gid, also))

TEST_F(acl, is_read_as_it_was_set)
{
	static const char list[] = "u::rw-,u:1002:-w-,g::---,g:51:-w-,m::-w-,o::---";
	struct stat st;

	EXPECT_STREQ("u::rw-,g::---,o::---", get_acl(acl_get_fd(self->port)));
	ASSERT_EQ(0, set_acl(self->port, list));
	EXPECT_STREQ(list, get_acl(acl_get_fd(self->port)));
	/* The mask takes the place of the group in the mode. */
	ASSERT_EQ(0, fstat(self->port, &st));
	EXPECT_EQ(0620, st.st_mode & 07777);
	/* By path, as getfacl and setfacl do it. */
	EXPECT_STREQ(list, get_acl(acl_get_file(self->path, ACL_TYPE_ACCESS)));
	EXPECT_EQ(0, acl_set_file(self->path, ACL_TYPE_ACCESS, acl_from_text("u::r,g::w,o::w")));
	EXPECT_STREQ("u::r--,g::-w-,o::-w-", get_acl(acl_get_fd(self->port)));
	ASSERT_EQ(0, fstat(self->port, &st));
	EXPECT_EQ(0422, st.st_mode & 07777);
}

/* What a command of an administrator's prints, in a static buffer. */
static const char *say(const char *format, const char *path)
{
	static char buf[256];
	char command[128];
	FILE *pipe;
	size_t len;

	snprintf(command, sizeof(command), format, path);
	pipe = popen(command, "r");
	if (!pipe)
		return "";
	len = fread(buf, 1, sizeof(buf) - 1, pipe);
	buf[len] = '\0';
	return pclose(pipe) ? "" : buf;
}

TEST_F(acl, is_set_by_setfacl_and_shown_by_getfacl)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), self->port);
	MAY_NOT(BOB, BOB, 0);
	EXPECT_STREQ("done\n", say("setfacl -m u:1002:w %s && echo done", path));
	EXPECT_STREQ("user::rw-\nuser:1002:-w-\ngroup::---\nmask::-w-\nother::---\n\n",
		     say("getfacl -c -n -p %s", path));
	MAY(BOB, BOB, 0);
	MAY_NOT(CAROL, CAROL, 0);
	EXPECT_STREQ("done\n", say("setfacl -b %s && echo done", path));
	EXPECT_STREQ("user::rw-\ngroup::---\nother::---\n\n", say("getfacl -c -n -p %s", path));
	MAY_NOT(BOB, BOB, 0);
}

TEST_F(acl, lets_a_named_user_connect)
{
	MAY_NOT(BOB, BOB, 0);
	ASSERT_EQ(0, set_acl(self->port, "u::rw,u:1002:w,g::-,m::w,o::-"));
	MAY(BOB, BOB, 0);
	MAY(ALICE, ALICE, 0);
	MAY_NOT(CAROL, CAROL, 0);
	MAY_NOT(CAROL, STAFF, 0);
	/* Reading is not enough, and names nobody else. */
	ASSERT_EQ(0, set_acl(self->port, "u::rw,u:1002:r,g::-,m::rw,o::w"));
	MAY_NOT(BOB, BOB, 0);
	MAY(CAROL, CAROL, 0);
}

TEST_F(acl, lets_a_named_group_connect)
{
	ASSERT_EQ(0, set_acl(self->port, "u::rw,g::-,g:51:w,m::w,o::-"));
	MAY(BOB, GUESTS, 0);
	MAY(BOB, BOB, GUESTS);
	MAY_NOT(BOB, BOB, STAFF);
	MAY_NOT(BOB, BOB, 0);
}

TEST_F(acl, counts_within_its_mask)
{
	ASSERT_EQ(0, set_acl(self->port, "u::rw,u:1002:rw,g::rw,m::r,o::-"));
	MAY_NOT(BOB, BOB, 0);
	MAY_NOT(CAROL, STAFF, 0);
	MAY(ALICE, ALICE, 0);
	/* chmod sets the mask, not the group. */
	ASSERT_EQ(0, fchmod(self->port, 0620));
	MAY(BOB, BOB, 0);
	MAY(CAROL, STAFF, 0);
	EXPECT_STREQ("u::rw-,u:1002:rw-,g::rw-,m::-w-,o::---",
		     get_acl(acl_get_fd(self->port)));
}

TEST_F(acl, is_overridden_by_capabilities)
{
	ASSERT_EQ(0, set_acl(self->port, "u::-,u:0:-,g::-,m::-,o::-"));
	MAY(0, 0, 0);
}

TEST_F(acl, abuse_48_each_connect_sees_the_list_of_now)
{
	struct pair pair;
	int late;

	ASSERT_EQ(0, pair_open(&pair, NULL));
	ASSERT_EQ(0, set_acl(pair.port, "u::rw,u:1002:w,g::-,m::w,o::-"));
	EXPECT_EQ(0, try_as(pair.name, BOB, BOB, 0));
	ASSERT_EQ(0, set_acl(pair.port, "u::rw,u:1003:w,g::-,m::w,o::-"));
	EXPECT_EQ(-EACCES, try_as(pair.name, BOB, BOB, 0));
	EXPECT_EQ(0, try_as(pair.name, CAROL, CAROL, 0));
	ASSERT_EQ(0, set_acl(pair.port, "u::rw,g::-,o::-"));
	EXPECT_EQ(-EACCES, try_as(pair.name, CAROL, CAROL, 0));
	/* Who has a connection keeps it, although nobody may have one now. */
	ASSERT_EQ(0, fchmod(pair.port, 0));
	for (late = 0; late < 4; late++) {
		struct alpc_msg msg;
		char buf[8];

		/* Requests of those who came and went. */
		if (alpc_receive_nowait(pair.port, &msg, buf, sizeof(buf)))
			break;
	}
	EXPECT_EQ(0, pair_works(&pair));
	pair_close(&pair);
}

TEST_F(acl, abuse_48_who_may_write_may_not_set_it)
{
	struct child child;
	int fd;

	ASSERT_EQ(0, fchmod(self->port, 0666));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		fd = self->port;
		ASSERT_EQ(0, become(BOB, BOB));
		EXPECT_EQ(-EPERM, set_acl(fd, "u::rw,u:1002:rw,g::-,m::rw,o::-"));
		EXPECT_EQ(-1, fchmod(fd, 0600));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&child));
	EXPECT_STREQ("u::rw-,g::rw-,o::rw-", get_acl(acl_get_fd(self->port)));
}

TEST_F(acl, is_of_connection_ports_only)
{
	struct pair pair;

	ASSERT_EQ(0, pair_open(&pair, NULL));
	EXPECT_EQ(-EOPNOTSUPP, set_acl(pair.client, "u::rw,u:1002:w,g::-,m::w,o::-"));
	EXPECT_EQ(-EOPNOTSUPP, set_acl(pair.server, "u::rw,u:1002:w,g::-,m::w,o::-"));
	pair_close(&pair);
	/* There is nothing to have a default. */
	EXPECT_EQ(-1, acl_set_file(self->path, ACL_TYPE_DEFAULT, acl_from_text("u::rw,g::-,o::-")));
	EXPECT_TRUE(errno == EACCES || errno == EOPNOTSUPP);
}

TEST_F(acl, abuse_46_means_the_same_in_a_user_namespace)
{
	struct child child;
	char list[128];

	ASSERT_EQ(0, set_acl(self->port, "u::rw,u:1002:w,g::-,m::w,o::-"));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		/* Bob is root in there, and there is nobody else. */
		ASSERT_EQ(0, become(BOB, BOB));
		ASSERT_EQ(0, enter_user_namespace());
		EXPECT_EQ(0, error_of(alpc_connect_async(self->name)));
		snprintf(list, sizeof(list), "%s", get_acl(acl_get_fd(self->port)));
		EXPECT_STREQ("u::rw-,u:0:-w-,g::---,m::-w-,o::---", list);
		/* Root of there has no power over it, nor can it be named by its ids. */
		EXPECT_EQ(-EPERM, set_acl(self->port, "u::rw,g::-,o::rw"));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&child));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		ASSERT_EQ(0, become(CAROL, CAROL));
		ASSERT_EQ(0, enter_user_namespace());
		EXPECT_EQ(-EACCES, error_of(alpc_connect_async(self->name)));
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&child));
}

TEST_HARNESS_MAIN
