// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who the other side is, and its process.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"
#include "identity.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As many groups fit before it takes a second look. */
#define GROUPS_FIRST	32

/* Ask for @parts, with room for @room groups if these are wanted. */
void alpc_lib_identity_init(struct alpc_lib_identity *identity, uint32_t parts,
			    uint32_t room)
{
	identity->arg = (struct alpc_identity){
		.size = sizeof(identity->arg),
		.parts = parts,
	};
	if (!(parts & ALPC_IDENTITY_GROUPS))
		return;
	identity->arg.groups = (uintptr_t)identity->groups;
	identity->arg.group_count = room;
}

/**
 * alpc_lib_identity_get() - ask the kernel for an identity
 * @fd: port
 * @id: message, or 0 for the other end
 * @parts: ALPC_IDENTITY_* bits
 * @flags: of &struct alpc_identity
 * @identity: gets it; free(3) it
 *
 * Return: 0, -ENOMEM, errors of %ALPC_IOC_GET_IDENTITY.
 */
int alpc_lib_identity_get(int fd, uint64_t id, uint32_t parts, uint32_t flags,
			  struct alpc_lib_identity **identity)
{
	struct alpc_lib_identity *i = NULL, *more;
	uint32_t room = 0, need = GROUPS_FIRST;
	int ret = 0;

	while (!ret && need > room) {
		room = need;
		more = realloc(i, sizeof(*i) + room * sizeof(i->groups[0]));
		if (!more) {
			ret = -ENOMEM;
			break;
		}
		i = more;
		alpc_lib_identity_init(i, parts, room);
		i->arg.flags = flags;
		i->arg.id = id;
		ret = alpc_lib_ioctl(fd, ALPC_IOC_GET_IDENTITY, &i->arg);
		need = i->arg.group_count;
		if (ret == -EMSGSIZE && need > room)
			ret = 0;
	}
	if (ret)
		free(i);
	else
		*identity = i;
	return ret;
}

/* The groups are behind the structure, in the same memory. */
static int credentials_new(const struct alpc_lib_identity *identity,
			   uint32_t parts, struct alpc_credentials **credentials)
{
	const struct alpc_identity *arg = &identity->arg;
	size_t count = parts & ALPC_IDENTITY_GROUPS ? arg->group_count : 0;
	struct alpc_credentials *c;
	gid_t *groups;

	c = malloc(sizeof(*c) + count * sizeof(*groups));
	if (!c)
		return -ENOMEM;
	groups = (gid_t *)(c + 1);
	memcpy(groups, identity->groups, count * sizeof(*groups));
	*c = (struct alpc_credentials){
		.parts = arg->out_parts,
		.status = arg->out_status,
		.level = (enum alpc_level)arg->out_level,
		.changes = arg->out_changes,
		.pid = arg->out_pid,
		.tid = arg->out_tid,
		.uid = arg->out_uid,
		.gid = arg->out_gid,
		.fsuid = arg->out_fsuid,
		.fsgid = arg->out_fsgid,
		.start_time = arg->out_start_time,
		.caps = arg->out_caps,
		.permitted = arg->out_permitted,
		.group_count = count,
		.groups = groups,
	};
	*credentials = c;
	return 0;
}

static int get_credentials(int fd, uint64_t id, uint32_t parts,
			   struct alpc_credentials **credentials)
{
	struct alpc_lib_identity *identity;
	int ret;

	ret = alpc_lib_identity_get(fd, id, parts, 0, &identity);
	if (ret)
		return ret;
	ret = credentials_new(identity, parts, credentials);
	free(identity);
	return ret;
}

/**
 * alpc_lib_message_asked() - can the kernel be asked about a message?
 * @message: message
 *
 * To the kernel the id of one that it does not keep is no message's, or, where it
 * is 0, the other end's.
 */
bool alpc_lib_message_asked(const struct alpc_message *message)
{
	const struct alpc_msg *head = &message->io.recv;

	return head->id && (head->type == ALPC_REQUEST ||
			    head->type == ALPC_CONNECTION_REQUEST ||
			    head->flags & ALPC_MSG_HELD);
}

/* The kernel knows who connected, and nothing of quick requests. */
static uint64_t asked_id(const struct alpc_message *message)
{
	return message->way == ALPC_WAY_QUICK ? 0 : message->io.recv.id;
}

ALPC_API int alpc_message_get_credentials(const struct alpc_message *message,
					  uint32_t parts,
					  struct alpc_credentials **credentials)
{
	const struct alpc_lib_attrs *attrs = message->attrs;

	if (attrs && attrs->in.identity && message->io.recv.type &&
	    !(parts & ~attrs->identity->arg.parts))
		return credentials_new(attrs->identity, parts, credentials);
	if (!alpc_lib_message_asked(message))
		return -ESRCH;
	return get_credentials(message->port->fd, asked_id(message), parts,
			       credentials);
}

ALPC_API int alpc_port_get_credentials(const struct alpc_port *port,
				       uint32_t parts,
				       struct alpc_credentials **credentials)
{
	return get_credentials(port->fd, 0, parts, credentials);
}

ALPC_API void alpc_credentials_free(struct alpc_credentials *credentials)
{
	free(credentials);
}

ALPC_API bool alpc_message_identity_changed(const struct alpc_message *message)
{
	return message->io.recv.flags & ALPC_MSG_IDENTITY;
}

/* -- Processes --------------------------------------------------------------- */

static int ask_process(int fd, uint64_t id, struct alpc_identity *arg)
{
	*arg = (struct alpc_identity){
		.size = sizeof(*arg),
		.id = id,
		.parts = ALPC_IDENTITY_PROCESS,
	};
	return alpc_lib_ioctl(fd, ALPC_IOC_GET_IDENTITY, arg);
}

static int pidfd_open_quietly(pid_t pid)
{
	int saved = errno;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		fd = -errno;
	errno = saved;
	return fd;
}

/*
 * What was opened is the process if the kernel says afterwards that the number was
 * the process's all the time.
 */
static int open_process(int fd, uint64_t id)
{
	struct alpc_identity before, after;
	int ret, pidfd;

	ret = ask_process(fd, id, &before);
	if (ret)
		return ret;
	if (!(before.out_parts & ALPC_IDENTITY_PROCESS))
		return -EPERM;
	if (!before.out_pid)
		return -ESRCH;
	pidfd = pidfd_open_quietly(before.out_pid);
	if (pidfd < 0)
		return pidfd;
	ret = ask_process(fd, id, &after);
	if (!ret && (after.out_pid != before.out_pid ||
		     !(after.out_status & ALPC_IDENTITY_ALIVE)))
		ret = -ESRCH;
	if (!ret)
		return pidfd;
	alpc_lib_close(pidfd);
	return ret;
}

ALPC_API int alpc_message_open_process(const struct alpc_message *message)
{
	if (!alpc_lib_message_asked(message))
		return -ESRCH;
	return open_process(message->port->fd, asked_id(message));
}

ALPC_API int alpc_port_open_process(const struct alpc_port *port)
{
	return open_process(port->fd, 0);
}
