// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What travels beside the data of a message: ranges, descriptors, a security
 * context, and who sent it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"

#include <stdlib.h>
#include <string.h>

static int attrs_of(struct alpc_message *m, struct alpc_lib_attrs **attrs)
{
	if (!m->attrs)
		m->attrs = calloc(1, sizeof(*m->attrs));
	*attrs = m->attrs;
	return m->attrs ? 0 : -ENOMEM;
}

void alpc_lib_attrs_free(struct alpc_message *message)
{
	if (message->attrs) {
		free(message->attrs->fds);
		free(message->attrs->identity);
	}
	free(message->attrs);
}

/* There are some to send. */
void alpc_lib_attrs_list(struct alpc_lib_body *body, struct alpc_transfer *t)
{
	const struct alpc_lib_attrs *attrs = body->message ?
					     body->message->attrs : NULL;
	unsigned int fds = attrs ? attrs->fd_count : 0;
	uint32_t security = body->security;

	/* An answer has none, and a call's own comes first. */
	if (!security && attrs && t->send.flags != ALPC_SEND_REPLY)
		security = attrs->security;
	if (!body->range_count && !fds && !security)
		return;
	body->attrs = (struct alpc_attrs){
		.ranges = body->range_count ? (uintptr_t)body->ranges : 0,
		.range_count = body->range_count,
		.fds = fds ? (uintptr_t)attrs->fds : 0,
		.fd_count = fds,
		.security = security,
	};
	t->send.attrs = (uintptr_t)&body->attrs;
	t->send.attrs_len = sizeof(body->attrs);
}

/* Ask for what the program wants to be told. */
void alpc_lib_attrs_want(struct alpc_message *message)
{
	struct alpc_msg *recv = &message->io.recv;
	struct alpc_lib_attrs *attrs = message->attrs;

	attrs->in = (struct alpc_attrs){ .fd_kinds = attrs->kinds };
	if (attrs->want_ranges) {
		attrs->in.ranges = (uintptr_t)attrs->ranges;
		attrs->in.range_count = ALPC_RANGES_MAX;
	}
	if (attrs->identity) {
		alpc_lib_identity_init(attrs->identity,
				       attrs->identity->arg.parts,
				       ALPC_LIB_GROUPS_MAX);
		attrs->in.identity = (uintptr_t)attrs->identity;
	}
	recv->attrs = (uintptr_t)&attrs->in;
	recv->attrs_len = sizeof(attrs->in);
}

/* What came is gone. */
void alpc_lib_attrs_forget(struct alpc_message *message)
{
	message->attrs->visible = 0;
	memset(&message->attrs->in, 0, sizeof(message->attrs->in));
}

/* Those ranges from the one on that holds the data are not the program's. */
void alpc_lib_attrs_got(struct alpc_message *message)
{
	const struct alpc_msg *head = &message->io.recv;
	struct alpc_lib_attrs *attrs = message->attrs;

	attrs->visible = 0;
	if (!(head->flags & ALPC_MSG_RANGES) || !attrs->want_ranges)
		return;
	attrs->visible = attrs->in.range_count;
	if (head->view_flags & ALPC_VIEW_RANGE &&
	    head->section < attrs->visible)
		attrs->visible = head->section;
}

ALPC_API int alpc_message_accept_ranges(struct alpc_message *message, bool accept)
{
	struct alpc_lib_attrs *attrs;
	int ret = attrs_of(message, &attrs);

	if (!ret)
		attrs->want_ranges = accept;
	return ret;
}

ALPC_API unsigned int
alpc_message_range_count(const struct alpc_message *message)
{
	return message->attrs && message->io.recv.type ? message->attrs->visible : 0;
}

ALPC_API int alpc_message_range(const struct alpc_message *message,
				unsigned int index, struct alpc_range *range)
{
	if (index >= alpc_message_range_count(message))
		return -ENOENT;
	*range = message->attrs->ranges[index];
	return 0;
}

ALPC_API int alpc_message_set_fds(struct alpc_message *message, const int *fds,
				  unsigned int count)
{
	struct alpc_lib_attrs *attrs;
	int *copy;
	int ret;

	if (count > ALPC_FDS_MAX)
		return -EINVAL;
	ret = attrs_of(message, &attrs);
	if (ret)
		return ret;
	if (count) {
		copy = realloc(attrs->fds, count * sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, fds, count * sizeof(*copy));
		attrs->fds = copy;
	}
	attrs->fd_count = count;
	return 0;
}

ALPC_API int alpc_message_accept_fds(struct alpc_message *message,
				     uint32_t kinds)
{
	struct alpc_lib_attrs *attrs;
	int ret;

	if (kinds & ~ALPC_FD_ANY)
		return -EINVAL;
	ret = attrs_of(message, &attrs);
	if (!ret)
		attrs->kinds = kinds;
	return ret;
}

ALPC_API unsigned int alpc_message_fd_count(const struct alpc_message *message)
{
	return message->attrs ? message->attrs->in.fd_count : 0;
}

ALPC_API unsigned int
alpc_message_fds_dropped(const struct alpc_message *message)
{
	return message->attrs ? message->attrs->in.out_fds_dropped : 0;
}

ALPC_API int alpc_message_take_fds(const struct alpc_message *message,
				   unsigned int first, unsigned int count,
				   int *fds)
{
	struct alpc_take_fds arg = {
		.size = sizeof(arg),
		.id = message->io.recv.id,
		.fds = (uintptr_t)fds,
		.first = first,
		.count = count,
	};

	if (!alpc_message_fd_count(message))
		return -ENOENT;
	if (message->inbox)
		return alpc_lib_inbox_ioctl(message->inbox, ALPC_IOC_TAKE_FDS,
					    &arg);
	if (message->space)
		return alpc_lib_space_ioctl(message->space, ALPC_IOC_TAKE_FDS,
					    &arg);
	return -ENOENT;
}

ALPC_API int alpc_message_set_security(struct alpc_message *message,
				       uint32_t security)
{
	struct alpc_lib_attrs *attrs;
	int ret = attrs_of(message, &attrs);

	if (!ret)
		attrs->security = security;
	return ret;
}

ALPC_API int alpc_message_accept_identity(struct alpc_message *message,
					  uint32_t parts)
{
	uint32_t room = parts & ALPC_IDENTITY_GROUPS ? ALPC_LIB_GROUPS_MAX : 0;
	struct alpc_lib_identity *identity = NULL;
	struct alpc_lib_attrs *attrs;
	int ret;

	if (parts & ~ALPC_IDENTITY_ALL)
		return -EINVAL;
	ret = attrs_of(message, &attrs);
	if (ret)
		return ret;
	if (parts) {
		/* The pages for groups are not touched before there are any. */
		identity = malloc(sizeof(*identity) +
				  room * sizeof(identity->groups[0]));
		if (!identity)
			return -ENOMEM;
		alpc_lib_identity_init(identity, parts, room);
	}
	free(attrs->identity);
	attrs->identity = identity;
	attrs->in.identity = 0;
	return 0;
}
