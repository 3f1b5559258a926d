// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: who clients and servers are.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "call_numbers.h"
#include "security_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

FIXTURE(who) {
	struct alpc_port *port;		/* connection port */
	struct alpc_message *m;
	struct alpc_message *m2;
};

FIXTURE_SETUP(who)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0666,
		.flags = ALPC_PORT_NOTE_IDENTITY,
	};
	const gid_t groups[] = { 20, 30 };

	ASSERT_EQ(0, geteuid());
	ASSERT_EQ(0, syscall(SYS_setgroups, 2, groups));
	ASSERT_EQ(0, alpc_port_create(client_port_name(), &options, &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_message_new(0, &self->m2));
}

FIXTURE_TEARDOWN(who)
{
	alpc_message_free(self->m);
	alpc_message_free(self->m2);
	alpc_port_close(self->port);
}

TEST_F(who, credentials)
{
	struct client bob = { AS_BOB };
	struct alpc_credentials *c, *peer;

	ADMIT(&bob, self->m);
	ASSERT_EQ(0, alpc_message_get_credentials(self->m, ALPC_IDENTITY_ALL, &c));
	EXPECT_EQ(ALPC_IDENTITY_ALL, c->parts);
	EXPECT_EQ(ALPC_IDENTITY_ALIVE, c->status);
	EXPECT_EQ(ALPC_LEVEL_IMPERSONATION, c->level);
	EXPECT_EQ(getpid(), c->pid);
	EXPECT_EQ(alpc_message_tid(self->m), c->tid);
	EXPECT_EQ(BOB, c->uid);
	EXPECT_EQ(BOB, c->fsgid);
	EXPECT_EQ(0, c->caps);
	ASSERT_EQ(1, c->group_count);
	EXPECT_EQ(STAFF, c->groups[0]);
	EXPECT_NE(0, c->start_time);
	alpc_credentials_free(c);
	ASSERT_EQ(0, alpc_port_get_credentials(bob.port, ALPC_IDENTITY_ALL, &peer));
	EXPECT_EQ(0, peer->uid);
	EXPECT_EQ(2, peer->group_count);
	EXPECT_EQ(getpid(), peer->pid);
	alpc_credentials_free(peer);
	ASSERT_EQ(0, alpc_port_get_credentials(bob.served, ALPC_IDENTITY_USER,
					       &peer));
	EXPECT_EQ(BOB, peer->uid);
	EXPECT_EQ(ALPC_IDENTITY_USER, peer->parts);
	alpc_credentials_free(peer);
	DISMISS(&bob, self->m);
}

TEST_F(who, datagrams_bring_who_sent_them)
{
	struct client bob = { AS_BOB };
	struct alpc_credentials *c;

	ADMIT(&bob, self->m);
	ASSERT_EQ(0, alpc_message_accept_identity(self->m2, ALPC_IDENTITY_USER |
						  ALPC_IDENTITY_GROUPS));
	/* By this thread, on Bob's port. */
	ASSERT_EQ(0, alpc_send(bob.port, "x", 1, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->m2, 0));
	EXPECT_TRUE(alpc_message_identity_changed(self->m2));
	ASSERT_EQ(0, alpc_message_get_credentials(self->m2, ALPC_IDENTITY_GROUPS,
						  &c));
	EXPECT_EQ(0, c->uid);
	ASSERT_EQ(2, c->group_count);
	EXPECT_EQ(30, c->groups[1]);
	EXPECT_EQ(1, c->changes);
	alpc_credentials_free(c);
	ASSERT_EQ(0, alpc_send(bob.port, "x", 1, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->m2, 0));
	EXPECT_FALSE(alpc_message_identity_changed(self->m2));
	DISMISS(&bob, self->m);
}

/* Whoever sends, the identity is that of who made the context. */
TEST_F(who, static_context)
{
	struct client alice = { .uid = ALICE, .context = true,
				.flags = ALPC_SECURITY_STATIC };
	struct alpc_message *message;
	struct alpc_credentials *c;

	ADMIT(&alice, self->m);
	ASSERT_EQ(0, alpc_message_new(0, &message));
	ASSERT_EQ(0, alpc_message_set(message, "x", 1));
	ASSERT_EQ(0, alpc_message_set_security(message, alice.security));
	ASSERT_EQ(0, alpc_message_accept_identity(self->m2, ALPC_IDENTITY_USER));
	ASSERT_EQ(0, alpc_send_message(alice.port, message, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->m2, 0));
	ASSERT_EQ(0, alpc_message_get_credentials(self->m2, ALPC_IDENTITY_USER,
						  &c));
	EXPECT_EQ(ALICE, c->uid);
	EXPECT_TRUE(c->status & ALPC_IDENTITY_STATIC);
	EXPECT_EQ(0, alpc_message_uid(self->m2));
	alpc_credentials_free(c);
	ASSERT_EQ(0, alpc_security_delete(alice.port, alice.security));
	EXPECT_EQ(-ENOENT, alpc_send_message(alice.port, message, 0));
	alpc_message_free(message);
	DISMISS(&alice, self->m);
}

TEST_F(who, withheld_and_required)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0666,
		.require = ALPC_IDENTITY_PROCESS,
		.withhold = ALPC_IDENTITY_ALL, .max_security = 1,
	};
	struct alpc_connect_options connect = {
		.size = sizeof(connect), .withhold = ALPC_IDENTITY_PROCESS,
	};
	struct client alice = { .uid = ALICE, .withhold = ALPC_IDENTITY_PROCESS };
	struct alpc_port *port, *client;
	struct alpc_credentials *c;

	ADMIT(&alice, self->m);
	EXPECT_EQ(-EPERM, alpc_message_open_process(self->m));
	EXPECT_EQ(-EPERM, alpc_port_open_process(alice.served));
	ASSERT_EQ(0, alpc_message_get_credentials(self->m, ALPC_IDENTITY_ALL, &c));
	EXPECT_EQ(0, c->pid);
	EXPECT_EQ(ALPC_IDENTITY_ALL & ~ALPC_IDENTITY_PROCESS, c->parts);
	alpc_credentials_free(c);
	DISMISS(&alice, self->m);

	ASSERT_EQ(0, alpc_port_create("libalpc.require", &options, &port));
	EXPECT_EQ(-EPERM, alpc_port_connect("libalpc.require", &connect, FOR_EVER,
					    &client));
	alpc_port_close(port);
}

/* -- Processes -------------------------------------------------------------------------- */

/* Which process a pidfd names, 0 if none any more. */
static pid_t pid_of(int pidfd)
{
	char path[64], line[128];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Pid: %d", &pid);
	if (f)
		fclose(f);
	return pid;
}

TEST_F(who, open_process)
{
	struct client alice = { .uid = ALICE };
	int fd;

	ADMIT(&alice, self->m);
	fd = alpc_message_open_process(self->m);
	ASSERT_LE(0, fd);
	EXPECT_EQ(getpid(), pid_of(fd));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
	fd = alpc_port_open_process(alice.port);
	ASSERT_LE(0, fd);
	EXPECT_EQ(getpid(), pid_of(fd));
	close(fd);
	DISMISS(&alice, self->m);
}

/* The connection lives on, its maker does not. */
TEST_F(who, open_process_that_is_gone)
{
	const struct alpc_connect_options async = {
		.size = sizeof(async), .flags = ALPC_CONNECT_ASYNC,
	};
	struct alpc_port *client, *served;
	int fd, stay[2], status;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(stay));
	pid = fork();
	if (!pid) {
		if (alpc_port_connect(client_port_name(), &async, FOR_EVER,
				      &client))
			_exit(1);
		/* This one keeps the port until the test has ended. */
		if (!fork()) {
			close(stay[1]);
			_exit(read(stay[0], &c, 1));
		}
		_exit(alpc_port_finish_connect(client, self->m, FOR_EVER) ? 2 : 0);
	}
	ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
	ASSERT_EQ(pid, alpc_message_pid(self->m));
	ASSERT_EQ(0, alpc_port_accept(self->port, alpc_message_id(self->m), 1,
				      NULL, 0, &served));
	fd = alpc_port_open_process(served);
	ASSERT_LE(0, fd);
	EXPECT_EQ(pid, pid_of(fd));
	close(fd);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_EQ(-ESRCH, alpc_port_open_process(served));
	alpc_port_close(served);
	close(stay[1]);
}

TEST_F(who, usage)
{
	struct alpc_usage usage = { .size = sizeof(usage) };
	struct client alice = { .uid = ALICE, .context = true };

	ADMIT(&alice, self->m);
	ASSERT_EQ(0, alpc_port_get_usage(self->port, &usage));
	EXPECT_EQ(1, usage.connections.used);
	EXPECT_LT(1, usage.connections.limit);
	ASSERT_EQ(0, alpc_port_get_usage(alice.port, &usage));
	EXPECT_EQ(1, usage.security.used);
	usage.flags = ALPC_USAGE_USER;
	ASSERT_EQ(0, alpc_device_get_usage(&usage));
	EXPECT_LT(0, usage.connections.limit);
	DISMISS(&alice, self->m);
}

TEST_HARNESS_MAIN
