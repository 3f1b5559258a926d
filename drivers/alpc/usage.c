// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling what is used of each limit.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "usage.h"

#include <uapi/linux/alpc.h>

#include "parcel.h"
#include "port.h"
#include "section.h"
#include "security.h"
#include "user.h"

/* Descriptors on the way of what was sent through an end. */
static u64 alpc_usage_fds(const struct alpc_end *end)
{
	const struct alpc_message *m;
	u64 count = 0;

	lockdep_assert_held(&end->port->lock);
	hlist_for_each_entry(m, &end->sent, sent)
		if (m->brings & ALPC_BRINGS_FDS)
			count += m->parcel->fds.charged;
	return count;
}

/**
 * alpc_usage_of_port() - what a port has, and may have
 * @end: port
 * @usage: gets it
 */
void alpc_usage_of_port(struct alpc_end *end, struct alpc_usage *usage)
{
	const struct alpc_queue *q = alpc_end_inbox(end);
	struct alpc_port *port = end->port;

	*usage = (struct alpc_usage) { .size = usage->size };
	spin_lock(&port->lock);
	if (q) {
		usage->messages.used = q->count;
		usage->messages.limit = q->max_count;
		usage->message_bytes.used = q->bytes;
		usage->message_bytes.limit = q->max_bytes;
	}
	if (end->conn) {
		usage->security.used = alpc_security_count(end);
		usage->security.limit = port->max_security;
		usage->section_bytes.limit = port->max_section_total;
		usage->fds.used = alpc_usage_fds(end);
		usage->reserves.used = end->reserve_count;
		usage->reserves.limit = ALPC_RESERVES_MAX;
	} else {
		usage->connections.used = port->connections;
		usage->connections.limit = port->max_connections;
		usage->connects.used = port->pending_connects;
		usage->connects.limit = port->max_pending;
	}
	spin_unlock(&port->lock);
	if (end->conn)
		usage->section_bytes.used = alpc_sections_bytes(end);
}

/**
 * alpc_usage_of_user() - what the calling user has, and may have
 * @usage: gets it
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_usage_of_user(struct alpc_usage *usage)
{
	struct alpc_amount *const amount[ALPC_USER_RESOURCES] = {
		[ALPC_USER_MESSAGES] = &usage->messages,
		[ALPC_USER_MESSAGE_BYTES] = &usage->message_bytes,
		[ALPC_USER_CONNECTIONS] = &usage->connections,
		[ALPC_USER_CONNECTS] = &usage->connects,
		[ALPC_USER_SECTION_BYTES] = &usage->section_bytes,
		[ALPC_USER_FDS] = &usage->fds,
		[ALPC_USER_SECURITY] = &usage->security,
	};
	struct alpc_user *user = alpc_user_get_current();
	unsigned int i;

	if (!user)
		return -ENOMEM;
	for (i = 0; i < ALPC_USER_RESOURCES; i++) {
		amount[i]->used = alpc_user_used(user, i);
		amount[i]->limit = alpc_user_limit(i);
	}
	alpc_user_put(user);
	return 0;
}
