// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A client that is a thread of the test, and a user of its own.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "call_numbers.h"
#include "security_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

const char *client_port_name(void)
{
	static char name[64];

	if (!name[0])
		snprintf(name, sizeof(name), "libalpc.security.%d", getpid());
	return name;
}

void client_get_caps(struct __user_cap_data_struct caps[2])
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	if (syscall(SYS_capget, &head, caps))
		abort();
}

static void set_caps(uint32_t caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
	};

	if (syscall(SYS_capset, &head, data))
		abort();
}

void client_drop_caps(uint32_t keep)
{
	set_caps(keep);
}

/* Be another user, with this thread alone. */
static void become(const struct client *c)
{
	if (syscall(SYS_setgroups, c->group_count, c->groups))
		abort();
	if (!c->uid)
		return;
	if (prctl(PR_SET_KEEPCAPS, 1) ||
	    syscall(SYS_setresgid, c->uid, c->uid, c->uid) ||
	    syscall(SYS_setresuid, c->uid, c->uid, c->uid))
		abort();
	set_caps(c->caps);
}

static int call(struct client *c)
{
	const struct alpc_connect_options connect = {
		.size = sizeof(connect), .level = c->level,
		.withhold = c->withhold,
	};
	struct alpc_call_options options = { .size = sizeof(options) };
	int ret;

	ret = alpc_message_new(0, &c->reply) ?:
	      alpc_port_connect(client_port_name(), &connect, FOR_EVER, &c->port);
	if (!ret && c->context)
		ret = alpc_security_create(c->port, ALPC_LEVEL_IMPERSONATION,
					   c->flags, 0, &c->security);
	options.security = c->security;
	return ret ?: alpc_call_with(c->port, "?", 1, c->reply,
				     c->timeout ? c->timeout : FOR_EVER,
				     &options);
}

static void *client(void *arg)
{
	struct client *c = arg;

	become(c);
	c->result = call(c);
	return NULL;
}

void client_start(struct client *c)
{
	if (pthread_create(&c->thread, NULL, client, c))
		abort();
}

void client_wait(struct client *c)
{
	pthread_join(c->thread, NULL);
}

void client_close(struct client *c)
{
	alpc_message_free(c->reply);
	/* This one first: then nothing of this client arrives any more. */
	alpc_port_close(c->served);
	alpc_port_close(c->port);
}

int client_admit(struct client *c, struct alpc_port *port,
		 struct alpc_message *request)
{
	int ret;

	client_start(c);
	ret = alpc_receive(port, request, FOR_EVER);
	if (!ret && alpc_message_type(request) != ALPC_CONNECTION_REQUEST)
		ret = -EPROTO;
	ret = ret ?: alpc_port_accept(port, alpc_message_id(request), c->uid,
				      NULL, 0, &c->served);
	ret = ret ?: alpc_receive(port, request, FOR_EVER);
	if (!ret && alpc_message_type(request) != ALPC_REQUEST)
		ret = -EPROTO;
	return ret;
}

int client_dismiss(struct client *c, struct alpc_port *port,
		   struct alpc_message *request)
{
	int ret = alpc_reply(port, alpc_message_id(request), "", 0);

	client_wait(c);
	ret = ret ?: c->result;
	client_close(c);
	return ret;
}
