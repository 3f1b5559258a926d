// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who the other side is: of a connection, of a message, with everything that
 * belongs to it, as far as both sides want it; and when it changes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <grp.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/capability.h>

#include "alpc_thread.h"

#define ALICE		1001
#define BOB		1002
#define STAFF		50
#define GUESTS		51
#define OVERFLOW	65534
#define ROOM		8

FIXTURE(peer)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	struct alpc_identity who;
	__u32 groups[ROOM];
	char buf[64];
};

FIXTURE_SETUP(peer)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
}

FIXTURE_TEARDOWN(peer)
{
	pair_close(&self->pair);
}

#define WHO(fd, id) alpc_identity(fd, id, &self->who, self->groups, ROOM)

/* What is there of an identity that nothing is told of. */
#define EXPECT_NOBODY() do { \
	EXPECT_EQ(0, self->who.out_pid); \
	EXPECT_EQ(0, self->who.out_tid); \
	EXPECT_EQ(0, self->who.out_start_time); \
	EXPECT_EQ(0, self->who.out_status); \
	EXPECT_EQ(OVERFLOW, self->who.out_uid); \
	EXPECT_EQ(OVERFLOW, self->who.out_gid); \
	EXPECT_EQ(OVERFLOW, self->who.out_fsuid); \
	EXPECT_EQ(OVERFLOW, self->who.out_fsgid); \
	EXPECT_EQ(0, self->who.group_count); \
	EXPECT_EQ(0, self->who.out_caps); \
	EXPECT_EQ(0, self->who.out_permitted); \
} while (0)

/* When a process began, by the clock of its /proc/PID/stat; in ticks. */
static long long start_ticks(pid_t pid)
{
	char path[32], stat[1024], *at;
	long long ticks = -1;
	int field;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, stat, sizeof(stat)) < 0)
		return -1;
	at = strrchr(stat, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = atoll(at + 1);
	return ticks;
}

static __u64 proc_caps(const char *which)
{
	char status[4096], *at;

	if (read_file("/proc/self/status", status, sizeof(status)) < 0)
		return ~0ULL;
	at = strstr(status, which);
	return at ? strtoull(at + strlen(which), NULL, 16) : ~0ULL;
}

static int set_caps(__u32 effective, __u32 permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = effective, .permitted = permitted },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

TEST_F(peer, is_told_in_full_to_either_end)
{
	__u32 mine[] = { GUESTS, STAFF };
	long long ticks = sysconf(_SC_CLK_TCK);
	int ends[2], i;

	ASSERT_EQ(0, setgroups(2, mine));
	ASSERT_EQ(0, setfsgid(0));
	setfsgid(STAFF);
	/* Who connected and who accepted are not asked about their present. */
	setfsuid(ALICE);
	self->pair.client = alpc_connect_async(self->pair.name);
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(ALICE, self->who.out_fsuid);
	self->pair.server = alpc_accept_id(self->pair.port, self->msg.id, 0);
	setfsuid(0);
	setfsgid(0);
	ends[0] = self->pair.client;
	ends[1] = self->pair.server;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, WHO(ends[i], 0));
		EXPECT_EQ(ALPC_IDENTITY_ALL, self->who.out_parts);
		EXPECT_EQ(ALPC_IDENTITY_ALIVE, self->who.out_status);
		EXPECT_EQ(ALPC_LEVEL_IDENTIFICATION, self->who.out_level);
		EXPECT_EQ(getpid(), self->who.out_pid);
		EXPECT_EQ(gettid(), self->who.out_tid);
		EXPECT_EQ(0, self->who.out_uid);
		EXPECT_EQ(0, self->who.out_gid);
		EXPECT_EQ(ALICE, self->who.out_fsuid);
		EXPECT_EQ(STAFF, self->who.out_fsgid);
		ASSERT_EQ(2, self->who.group_count);
		EXPECT_EQ(STAFF, self->groups[0]);
		EXPECT_EQ(GUESTS, self->groups[1]);
		EXPECT_EQ(start_ticks(getpid()),
			  self->who.out_start_time / (NSEC_PER_SEC / ticks));
		EXPECT_EQ(proc_caps("CapPrm:"), self->who.out_permitted);
		EXPECT_EQ(0, self->who.out_changes);
		/* Capabilities for files went with fsuid. */
		EXPECT_FALSE(self->who.out_caps & 1ULL << CAP_DAC_OVERRIDE);
		EXPECT_TRUE(self->who.out_caps & 1ULL << CAP_SYS_ADMIN);
	}
	EXPECT_EQ(-EOPNOTSUPP, WHO(self->pair.port, 0));
	/* It outlives the other end. */
	close_fd(&self->pair.client);
	EXPECT_EQ(0, WHO(self->pair.server, 0));
	EXPECT_EQ(getpid(), self->who.out_pid);
}

TEST_F(peer, is_told_as_far_as_it_is_wanted)
{
	__u32 part;

	for (part = 1; part < ALPC_IDENTITY_ALL; part <<= 1) {
		memset(&self->who, POISON, sizeof(self->who));
		self->who.size = sizeof(self->who);
		self->who.flags = 0;
		self->who.id = 0;
		self->who.parts = part;
		self->who.groups = 0;
		self->who.group_count = 0;
		ASSERT_EQ(0, alpc_ioctl(self->pair.server, ALPC_IOC_GET_IDENTITY, &self->who));
		EXPECT_EQ(part, self->who.out_parts);
		EXPECT_EQ(part == ALPC_IDENTITY_PROCESS, self->who.out_pid == getpid());
		EXPECT_EQ(part == ALPC_IDENTITY_PROCESS, self->who.out_start_time != 0);
		EXPECT_EQ(part == ALPC_IDENTITY_USER, self->who.out_uid == getuid());
		EXPECT_EQ(part == ALPC_IDENTITY_CAPS, self->who.out_permitted != 0);
	}
	self->who.parts = ALPC_IDENTITY_ALL + 1;
	EXPECT_EQ(-EINVAL, alpc_ioctl(self->pair.server, ALPC_IOC_GET_IDENTITY, &self->who));
}

TEST_F(peer, of_a_server_is_the_acceptors_not_the_creators)
{
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		close_fd(&self->pair.client);
		ASSERT_EQ(0, become(ALICE, STAFF));
		child_wait(&self->child);
		do {
			ASSERT_EQ(0, alpc_receive(self->pair.port, &self->msg, self->buf, 8));
		} while (self->msg.type != ALPC_CONNECTION_REQUEST);
		ASSERT_LE(0, alpc_accept_id(self->pair.port, self->msg.id, 0));
		child_wait(&self->child);
		child_exit(true);
	}
	close_fd(&self->pair.client);
	self->pair.client = alpc_connect_async(self->pair.name);
	ASSERT_LE(0, self->pair.client);
	child_signal(&self->child);
	AWAIT(ALPC_CONNECTION_REPLY, self->pair.client, &self->msg, self->buf);
	ASSERT_EQ(0, WHO(self->pair.client, 0));
	EXPECT_EQ(self->child.pid, self->who.out_pid);
	EXPECT_EQ(ALICE, self->who.out_uid);
	EXPECT_EQ(STAFF, self->who.out_gid);
	EXPECT_EQ(0, self->who.out_permitted);
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	/* The process is gone, and its pid can be anybody's. */
	ASSERT_EQ(0, WHO(self->pair.client, 0));
	EXPECT_EQ(0, self->who.out_status);
}

TEST_F(peer, is_not_known_before_the_server_accepts)
{
	int client = alpc_connect_async(self->pair.name);

	ASSERT_LE(0, client);
	EXPECT_EQ(-ENOTCONN, WHO(client, 0));
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(-EPIPE, WHO(client, 0));
	close(client);
}

TEST_F(peer, has_more_groups_than_there_is_room)
{
	__u32 many[ROOM + 3], i;

	for (i = 0; i < ROOM + 3; i++)
		many[i] = 100 + i;
	ASSERT_EQ(0, setgroups(ROOM + 3, many));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	memset(self->groups, POISON, sizeof(self->groups));
	ASSERT_EQ(0, alpc_identity(self->pair.port, self->msg.id, &self->who, self->groups, 2));
	EXPECT_EQ(ROOM + 3, self->who.group_count);
	EXPECT_EQ(101, self->groups[1]);
	EXPECT_EQ(POISON_U32, self->groups[2]);
	ASSERT_EQ(0, alpc_identity(self->pair.port, self->msg.id, &self->who, NULL, 0));
	EXPECT_EQ(ROOM + 3, self->who.group_count);
	EXPECT_EQ(-EFAULT, alpc_identity(self->pair.port, self->msg.id, &self->who,
					 (void *)8, ROOM));
}

/* --- with a message ------------------------------------------------------- */

TEST_F(peer, comes_with_a_message_if_it_is_wanted)
{
	ASSERT_EQ(0, setresuid(ALICE, BOB, 0));
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	ASSERT_EQ(0, setresuid(0, 0, 0));
	ASSERT_EQ(0, alpc_receive_who(self->pair.port, ALPC_IDENTITY_ALL, &self->msg, &self->who));
	EXPECT_EQ(ALPC_IDENTITY_ALL, self->who.out_parts);
	EXPECT_EQ(BOB, self->who.out_uid);
	EXPECT_EQ(BOB, self->who.out_fsuid);
	EXPECT_EQ(0, self->who.out_caps);
	EXPECT_NE(0, self->who.out_permitted);
	EXPECT_EQ(BOB, self->msg.uid);
	/* And with a reply. */
	ASSERT_EQ(0, alpc_request_async(self->pair.client, NULL, 0, 0, 0, NULL));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	ASSERT_EQ(0, alpc_receive_who(self->pair.client, ALPC_IDENTITY_PROCESS,
				      &self->msg, &self->who));
	EXPECT_EQ(ALPC_REPLY, self->msg.type);
	EXPECT_EQ(getpid(), self->who.out_pid);
	EXPECT_EQ(OVERFLOW, self->who.out_uid);
}

TEST_F(peer, abuse_08_message_stays_where_its_identity_does_not_fit)
{
	struct alpc_attrs attrs = { .identity = 8 };
	struct alpc_transfer t;

	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	t.recv.attrs = address(&attrs);
	t.recv.attrs_len = sizeof(attrs);
	EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.port, &t));
	EXPECT_EQ(-EINVAL, alpc_receive_who(self->pair.port, ALPC_IDENTITY_ALL + 1,
					    &self->msg, &self->who));
	EXPECT_EQ(0, alpc_receive_who(self->pair.port, ALPC_IDENTITY_ALL, &self->msg, &self->who));
	EXPECT_EQ(ALPC_DATAGRAM, self->msg.type);
	NOTHING(self->pair.port);
}

TEST_F(peer, of_another_connection_cannot_be_asked_for)
{
	int client, server;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 2, &client, &server));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(0, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(0, WHO(self->pair.server, self->msg.id));
	EXPECT_EQ(-ESRCH, WHO(server, self->msg.id));
	EXPECT_EQ(-ESRCH, WHO(client, self->msg.id));
	EXPECT_EQ(-ESRCH, WHO(self->pair.client, self->msg.id));
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(-ESRCH, WHO(self->pair.port, self->msg.id));
	close(client);
	close(server);
}

/* --- what is withheld ----------------------------------------------------- */

TEST_F(peer, tells_nothing_that_it_withholds)
{
	struct alpc_connect arg = connect_args(self->pair.name);
	__u32 withhold;

	for (withhold = 0; withhold <= ALPC_IDENTITY_ALL; withhold++) {
		arg.flags = ALPC_CONNECT_ASYNC;
		arg.withhold = withhold;
		arg.level = ALPC_LEVEL_DEFAULT;
		close_fd(&self->pair.client);
		self->pair.client = alpc_connect_with(&arg);
		ASSERT_LE(0, self->pair.client);
		do {
			ASSERT_EQ(0, alpc_receive(self->pair.port, &self->msg, self->buf, 8));
		} while (self->msg.type != ALPC_CONNECTION_REQUEST);
		EXPECT_EQ(withhold & ALPC_IDENTITY_PROCESS ? 0 : getpid(), self->msg.pid);
		EXPECT_EQ(withhold & ALPC_IDENTITY_PROCESS ? 0 : gettid(), self->msg.tid);
		EXPECT_EQ(withhold & ALPC_IDENTITY_USER ? OVERFLOW : 0, self->msg.uid);
		EXPECT_EQ(withhold & ALPC_IDENTITY_USER ? OVERFLOW : 0, self->msg.gid);
		ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
		EXPECT_EQ(ALPC_IDENTITY_ALL & ~withhold, self->who.out_parts);
		EXPECT_EQ(!(withhold & ALPC_IDENTITY_PROCESS), !!self->who.out_pid);
		EXPECT_EQ(!(withhold & ALPC_IDENTITY_PROCESS), !!self->who.out_start_time);
		EXPECT_EQ(withhold & ALPC_IDENTITY_USER ? OVERFLOW : 0, self->who.out_fsuid);
		EXPECT_EQ(!(withhold & ALPC_IDENTITY_CAPS), !!self->who.out_permitted);
		if (withhold == ALPC_IDENTITY_ALL)
			EXPECT_NOBODY();
		ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	}
	arg.withhold = ALPC_IDENTITY_ALL + 1;
	EXPECT_EQ(-EINVAL, alpc_connect_with(&arg));
	arg.withhold = ALPC_IDENTITY_CAPS;
	arg.level = ALPC_LEVEL_IMPERSONATION;
	EXPECT_EQ(-EINVAL, alpc_connect_with(&arg));
	arg.level = ALPC_LEVEL_IMPERSONATION + 1;
	EXPECT_EQ(-EINVAL, alpc_connect_with(&arg));
}

TEST_F(peer, abuse_44_of_a_server_that_withholds_it)
{
	struct alpc_create_port create = create_args(unique_name());
	struct pair pair;

	create.withhold = ALPC_IDENTITY_ALL;
	ASSERT_EQ(0, pair_open(&pair, &create));
	EXPECT_EQ(0, alpc_send(pair.server, NULL, 0));
	AWAIT(ALPC_DATAGRAM, pair.client, &self->msg, self->buf);
	EXPECT_EQ(0, self->msg.pid);
	EXPECT_EQ(OVERFLOW, self->msg.uid);
	ASSERT_EQ(0, WHO(pair.client, 0));
	EXPECT_NOBODY();
	/* What the client requires is checked all the same. */
	EXPECT_EQ(0, pair_works(&pair));
	pair_close(&pair);
}

TEST_F(peer, is_refused_if_it_withholds_what_is_required)
{
	struct alpc_create_port create = create_args(unique_name());
	struct alpc_connect arg;
	struct pair pair;

	create.require = ALPC_IDENTITY_USER | ALPC_IDENTITY_GROUPS;
	ASSERT_EQ(0, pair_open(&pair, &create));
	arg = connect_args(pair.name);
	arg.flags = ALPC_CONNECT_ASYNC;
	arg.withhold = ALPC_IDENTITY_GROUPS;
	EXPECT_EQ(-EPERM, alpc_connect_with(&arg));
	arg.withhold = 0;
	arg.level = ALPC_LEVEL_ANONYMOUS;
	EXPECT_EQ(-EPERM, alpc_connect_with(&arg));
	NOTHING(pair.port);
	arg.withhold = ALPC_IDENTITY_PROCESS | ALPC_IDENTITY_CAPS;
	arg.level = ALPC_LEVEL_IDENTIFICATION;
	arg.out_fd = alpc_connect_with(&arg);
	EXPECT_LE(0, arg.out_fd);
	close(arg.out_fd);
	pair_close(&pair);
	create.name = address(unique_name());
	create.require = ALPC_IDENTITY_ALL + 1;
	EXPECT_EQ(-EINVAL, alpc_create_with(&create));
}

/* --- a process for certain ------------------------------------------------ */

TEST_F(peer, abuse_40_is_alive_until_its_pid_can_be_used_again)
{
	int fd, pidfd;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 2, &fd));
	if (!self->child.pid) {
		/* One thread sends, and ends; the process goes on. */
		ASSERT_EQ(0, alpc_request_async(fd, "x", 1, 0, 0, NULL));
		child_wait(&self->child);
		child_exit(true);
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	pidfd = syscall(SYS_pidfd_open, self->msg.pid, 0);
	ASSERT_LE(0, pidfd);
	ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(ALPC_IDENTITY_ALIVE, self->who.out_status);
	EXPECT_EQ(self->child.pid, self->who.out_pid);
	/* A zombie has its pid still. */
	kill(self->child.pid, SIGKILL);
	ASSERT_EQ(0, waitid(P_PID, self->child.pid, NULL, WEXITED | WNOWAIT));
	ASSERT_EQ(0, WHO(fd, 0));
	EXPECT_EQ(ALPC_IDENTITY_ALIVE, self->who.out_status);
	EXPECT_EQ(self->child.pid, self->who.out_pid);
	child_kill(&self->child);
	ASSERT_EQ(0, WHO(fd, 0));
	EXPECT_EQ(0, self->who.out_status);
	close(pidfd);
	close(fd);
}

/* --- namespaces ----------------------------------------------------------- */

TEST_F(peer, abuse_46_root_of_a_container_has_no_capability_outside)
{
	int fd;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 2, &fd));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(BOB, STAFF));
		ASSERT_EQ(0, enter_user_namespace());
		ASSERT_EQ(0, alpc_request_async(fd, "x", 1, 0, 0, NULL));
		/* The server's root is nobody in here, and its capabilities count. */
		ASSERT_EQ(0, alpc_receive(fd, &self->msg, self->buf, 8));
		EXPECT_EQ(OVERFLOW, self->msg.uid);
		ASSERT_EQ(0, WHO(fd, 0));
		EXPECT_EQ(OVERFLOW, self->who.out_uid);
		EXPECT_EQ(OVERFLOW, self->who.out_fsgid);
		EXPECT_TRUE(self->who.out_caps & 1ULL << CAP_SYS_ADMIN);
		child_exit(true);
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(BOB, self->who.out_uid);
	EXPECT_EQ(STAFF, self->who.out_gid);
	EXPECT_EQ(0, self->who.out_caps);
	EXPECT_EQ(0, self->who.out_permitted);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(0, child_end(&self->child));
	close(fd);
}

TEST_F(peer, abuse_46_who_made_a_container_has_all_capabilities_there)
{
	int fd;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 2, &fd));
	if (!self->child.pid) {
		ASSERT_EQ(0, become(BOB, STAFF));
		ASSERT_EQ(0, enter_user_namespace());
		child_signal(&self->child);
		ASSERT_EQ(0, alpc_receive(fd, &self->msg, self->buf, 8));
		EXPECT_EQ(0, self->msg.uid);
		child_wait(&self->child);
		ASSERT_EQ(0, alpc_receive_who(fd, ALPC_IDENTITY_ALL, &self->msg, &self->who));
		/* Bob outside owns this namespace; ALICE does not. */
		EXPECT_TRUE(self->who.out_caps & 1ULL << CAP_SYS_ADMIN);
		ASSERT_EQ(0, alpc_receive_who(fd, ALPC_IDENTITY_ALL, &self->msg, &self->who));
		EXPECT_EQ(0, self->who.out_caps);
		child_exit(true);
	}
	child_wait(&self->child);
	ASSERT_EQ(0, setresuid(-1, BOB, -1));
	ASSERT_EQ(0, alpc_send(fd, NULL, 0));
	ASSERT_EQ(0, alpc_send(fd, NULL, 0));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	ASSERT_EQ(0, setresuid(-1, ALICE, -1));
	ASSERT_EQ(0, alpc_send(fd, NULL, 0));
	ASSERT_EQ(0, setresuid(-1, 0, -1));
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	close(fd);
}

TEST_F(peer, abuse_46_in_another_pid_namespace_is_not_visible)
{
	pid_t inner;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, unshare(CLONE_NEWPID));
		inner = fork();
		if (!inner) {
			/* Process 1 in there; what is outside has no number. */
			EXPECT_EQ(0, WHO(self->pair.client, 0));
			EXPECT_EQ(0, self->who.out_pid);
			EXPECT_EQ(0, self->who.out_tid);
			EXPECT_EQ(0, self->who.out_status);
			EXPECT_EQ(0, self->who.out_start_time);
			EXPECT_EQ(0, self->who.out_uid);
			EXPECT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
			alpc_receive(self->pair.client, &self->msg, self->buf, 8);
			EXPECT_EQ(0, self->msg.pid);
			child_exit(_metadata->exit_code == KSFT_PASS);
		}
		child_put(&self->child, &inner, sizeof(inner));
		waitpid(inner, NULL, 0);
		child_exit(true);
	}
	ASSERT_EQ(0, child_get(&self->child, &inner, sizeof(inner)));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(inner, self->msg.pid);
	ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(inner, self->who.out_pid);
	EXPECT_EQ(ALPC_IDENTITY_ALIVE, self->who.out_status);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(0, child_end(&self->child));
}

/* --- abuse 43 ------------------------------------------------------------- */

TEST_F(peer, abuse_43_capabilities_are_those_at_the_send)
{
	__u32 all = 1U << CAP_CHOWN | 1U << CAP_SETUID;

	ASSERT_EQ(0, set_caps(1U << CAP_CHOWN, all));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "x", 1, 0, 0, NULL));
	ASSERT_EQ(0, set_caps(0, 0));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, WHO(self->pair.port, self->msg.id));
	EXPECT_EQ(1U << CAP_CHOWN, self->who.out_caps);
	EXPECT_EQ(all, self->who.out_permitted);
}

TEST_HARNESS_MAIN
