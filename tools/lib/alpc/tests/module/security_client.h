/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client that is a thread of the test, and a user of its own.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_SECURITY_CLIENT_H
#define ALPC_TESTS_SECURITY_CLIENT_H

#include <alpc/alpc.h>

#include <linux/capability.h>
#include <pthread.h>

#define ALICE		1001
#define BOB		1002
#define STAFF		50
#define FOR_EVER	ALPC_SEC(30)	/* in vain: the test fails, not hangs */

/**
 * struct client - a client that connects and makes one call
 * @uid: its user, and its group
 * @groups: supplementary groups
 * @group_count: how many
 * @caps: capabilities (the first 32) that it keeps if it is not root
 * @level: with which it connects
 * @withhold: likewise
 * @context: makes a security context for impersonation, and calls with that
 * @flags: of the context
 * @timeout: of the call; 0: for ever
 * @result: of what failed first, or of the call
 * @port: its port
 * @served: the server's end of it, if client_admit() accepted it
 * @security: its context
 * @reply: to its call
 * @thread: that it is
 */
struct client {
	uid_t uid;
	gid_t groups[4];
	size_t group_count;
	uint32_t caps;
	enum alpc_level level;
	uint32_t withhold;
	bool context;
	uint32_t flags;
	int64_t timeout;
	int result;
	struct alpc_port *port;
	struct alpc_port *served;
	uint32_t security;
	struct alpc_message *reply;
	pthread_t thread;
};

/* The port that clients connect to; of this process. */
const char *client_port_name(void);

/* Let it begin, wait until its call has ended, and close its port. */
void client_start(struct client *c);
void client_wait(struct client *c);
void client_close(struct client *c);

/* Let it begin, and take it in up to its request. 0, or what went wrong. */
int client_admit(struct client *c, struct alpc_port *port,
		 struct alpc_message *request);

/* Answer its request, and let it end; both ends are closed. */
int client_dismiss(struct client *c, struct alpc_port *port,
		   struct alpc_message *request);

/* Capabilities of the calling thread. */
void client_get_caps(struct __user_cap_data_struct caps[2]);

/* Drop all but these (of the first 32) from its permitted set. */
void client_drop_caps(uint32_t keep);

/* In a test whose fixture has the connection port: from its request to its end. */
#define ADMIT(client, message) \
	ASSERT_EQ(0, client_admit(client, self->port, message))
#define DISMISS(client, message) \
	ASSERT_EQ(0, client_dismiss(client, self->port, message))

/* What clients are. */
#define ACTING		.level = ALPC_LEVEL_IMPERSONATION
#define AS_ALICE	.uid = ALICE, ACTING
#define AS_BOB		.uid = BOB, ACTING, .groups = { STAFF }, .group_count = 1

#endif /* ALPC_TESTS_SECURITY_CLIENT_H */
