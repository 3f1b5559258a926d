// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How ports come to be: creating, connecting, accepting, refusing.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "inbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PORT_FLAGS	(ALPC_PORT_NO_SPIN | ALPC_PORT_NO_SECTIONS | \
			 ALPC_PORT_NO_RANGES | ALPC_PORT_NOTE_IDENTITY | \
			 ALPC_USE_DEVICE)
#define CONNECT_FLAGS	(ALPC_CONNECT_ASYNC | ALPC_CONNECT_SERVER_UID | \
			 ALPC_CONNECT_SERVER_GID | ALPC_CONNECT_NOTE_IDENTITY | \
			 ALPC_USE_DEVICE)

/* The kernel checks the name; only what its field cannot hold is seen here. */
static int name_len(const char *name, __u32 *len)
{
	size_t n = strlen(name);

	if (n > ALPC_NAME_MAX)
		return -EINVAL;
	*len = (__u32)n;
	return 0;
}

/* The mode that a port is born with lets in its owner only. */
static int set_mode(int fd, mode_t mode)
{
	int saved = errno;
	int ret = 0;

	if (mode && fchmod(fd, mode))
		ret = -errno;
	errno = saved;
	return ret;
}

ALPC_API int alpc_port_create(const char *name,
			      const struct alpc_port_options *options,
			      struct alpc_port **port)
{
	struct alpc_create_port arg = { .size = sizeof(arg) };
	struct alpc_port_options opt;
	struct alpc_port *p;
	int ret;

	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (ret)
		return ret;
	if (opt.flags & ~PORT_FLAGS || opt.mode & ~07777U || opt.reserved)
		return -EINVAL;
	arg.flags = opt.flags & ~ALPC_USE_DEVICE;
	arg.name = (uintptr_t)name;
	arg.max_message = opt.max_message;
	arg.queue_messages = opt.queue_messages;
	arg.queue_bytes = opt.queue_bytes;
	arg.max_connections = opt.max_connections;
	arg.max_pending = opt.max_pending;
	arg.spin_ns = opt.spin_ns;
	arg.max_section = opt.max_section;
	arg.max_view = opt.max_view;
	arg.max_section_total = opt.max_section_total;
	arg.require = opt.require;
	arg.withhold = opt.withhold;
	arg.max_security = opt.max_security;
	ret = name_len(name, &arg.name_len);
	if (!ret)
		ret = alpc_lib_port_new(&p);
	if (ret)
		return ret;
	ret = alpc_lib_device_ioctl(opt.flags, opt.device,
				    ALPC_IOC_CREATE_PORT, &arg);
	if (ret) {
		free(p);
		return ret;
	}
	p->fd = arg.out_fd;
	atomic_init(&p->kind, ALPC_KIND_CONNECTION);
	atomic_init(&p->max_message, opt.max_message ? opt.max_message :
						       ALPC_DATA_DEFAULT);
	ret = set_mode(p->fd, opt.mode);
	if (ret) {
		alpc_port_close(p);
		return ret;
	}
	*port = p;
	return 0;
}

static int connect_fill(struct alpc_connect *arg, const char *name,
			const struct alpc_connect_options *opt, int64_t timeout)
{
	struct alpc_lib_time time;
	int ret;

	ret = alpc_lib_time_parse(timeout, &time);
	if (ret)
		return ret;
	if (opt->flags & ~CONNECT_FLAGS ||
	    (!timeout && !(opt->flags & ALPC_CONNECT_ASYNC)))
		return -EINVAL;
	if (opt->len > ALPC_DATA_MAX)
		return -EMSGSIZE;
	*arg = (struct alpc_connect){
		.size = sizeof(*arg),
		.flags = opt->flags & ~ALPC_USE_DEVICE,
		.name = (uintptr_t)name,
		.timeout = time.ns,
		.server_uid = opt->server_uid,
		.server_gid = opt->server_gid,
		.send_data = (uintptr_t)opt->data,
		.send_len = (__u32)opt->len,
		.queue_messages = opt->queue_messages,
		.queue_bytes = opt->queue_bytes,
		.level = opt->level,
		.withhold = opt->withhold,
	};
	if (time.absolute)
		arg->flags |= ALPC_CONNECT_ABSTIME;
	return name_len(name, &arg->name_len);
}

/*
 * Connect, and take the server's answer. The answer of a refusal that does not
 * fit is lost, and that of an acceptance would be the first message at the port:
 * so there is room for any, also if nobody wants to see it.
 */
static int connect_and_wait(struct alpc_connect *arg,
			    const struct alpc_connect_options *opt)
{
	struct alpc_message *answer = opt->answer;
	size_t room = 0;
	int ret;

	if (answer) {
		room = answer->room;
		alpc_lib_message_clear(answer);
		ret = alpc_lib_message_grow(answer, ALPC_DATA_MAX);
	} else {
		ret = alpc_message_new(ALPC_DATA_MAX, &answer);
	}
	if (ret)
		return ret;
	arg->reply_data = (uintptr_t)answer->own;
	arg->reply_len = ALPC_DATA_MAX;
	ret = alpc_lib_device_ioctl(opt->flags, opt->device, ALPC_IOC_CONNECT,
				    arg);
	if (!ret || ret == -ECONNREFUSED)
		answer->len = arg->reply_len;
	if (opt->answer)
		alpc_lib_message_trim(answer, room);
	else
		alpc_message_free(answer);
	return ret;
}

ALPC_API int alpc_port_connect(const char *name,
			       const struct alpc_connect_options *options,
			       int64_t timeout, struct alpc_port **port)
{
	struct alpc_connect_options opt;
	struct alpc_connect arg;
	struct alpc_port *p;
	int ret;

	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (!ret)
		ret = connect_fill(&arg, name, &opt, timeout);
	if (!ret)
		ret = alpc_lib_port_new(&p);
	if (ret)
		return ret;
	if (opt.flags & ALPC_CONNECT_ASYNC)
		ret = alpc_lib_device_ioctl(opt.flags, opt.device,
					    ALPC_IOC_CONNECT, &arg);
	else
		ret = connect_and_wait(&arg, &opt);
	if (ret) {
		free(p);
		return ret;
	}
	p->fd = arg.out_fd;
	atomic_init(&p->kind, ALPC_KIND_CLIENT);
	*port = p;
	return 0;
}

ALPC_API int alpc_port_finish_connect(struct alpc_port *port,
				      struct alpc_message *answer,
				      int64_t timeout)
{
	int ret = alpc_receive(port, answer, timeout);

	if (ret)
		return ret;
	switch (alpc_message_type(answer)) {
	case ALPC_CONNECTION_REPLY:
		return 0;
	case ALPC_CONNECTION_REFUSED:
		return -ECONNREFUSED;
	default:
		return -EISCONN;
	}
}

static int answer_connect(struct alpc_port *port, struct alpc_accept *arg,
			  const void *data, size_t len)
{
	if (len > ALPC_DATA_MAX)
		return -EMSGSIZE;
	arg->size = sizeof(*arg);
	arg->data = (uintptr_t)data;
	arg->len = (__u32)len;
	return alpc_lib_ioctl(port->fd, ALPC_IOC_ACCEPT, arg);
}

ALPC_API int alpc_port_accept(struct alpc_port *port, uint64_t id,
			      uint64_t context, const void *data, size_t len,
			      struct alpc_port **client)
{
	struct alpc_accept arg = { .id = id, .context = context };
	struct alpc_port *p;
	int ret;

	/* First what can fail, then what cannot be taken back. */
	ret = alpc_lib_port_new(&p);
	if (ret)
		return ret;
	ret = answer_connect(port, &arg, data, len);
	if (ret) {
		free(p);
		return ret;
	}
	p->fd = arg.out_fd;
	atomic_init(&p->kind, ALPC_KIND_SERVER);
	atomic_init(&p->max_message, atomic_load(&port->max_message));
	/* Without it, long messages of this client take longer. */
	alpc_lib_inbox_join(port, p, context);
	*client = p;
	return 0;
}

ALPC_API int alpc_port_refuse(struct alpc_port *port, uint64_t id,
			      const void *data, size_t len)
{
	struct alpc_accept arg = { .id = id, .flags = ALPC_ACCEPT_REFUSE };

	return answer_connect(port, &arg, data, len);
}
