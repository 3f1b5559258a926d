// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Handles to ports, and what can be done with a port of any kind.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "inbox.h"
#include "space.h"

#include <stdlib.h>

/* A handle without a descriptor, made before the kernel is asked for one. */
int alpc_lib_port_new(struct alpc_port **port)
{
	struct alpc_port *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->fd = -1;
	*port = p;
	return 0;
}

/* Ask for what never changes about a port. */
int alpc_lib_port_learn(struct alpc_port *port)
{
	struct alpc_port_info info = { .size = sizeof(info) };
	int ret;

	ret = alpc_port_get_info(port, &info);
	if (ret)
		return ret;
	atomic_store(&port->kind, info.out_kind);
	atomic_store(&port->max_message, info.out_max_message);
	return 0;
}

/**
 * alpc_lib_port_end() - let go of what belongs to a handle but its descriptor
 * @port: port
 * @stays: the descriptor stays open
 */
void alpc_lib_port_end(struct alpc_port *port, bool stays)
{
	alpc_lib_inbox_leave(port);
	alpc_lib_space_close(alpc_lib_port_space(port), stays);
	if (atomic_load(&port->kind) == ALPC_KIND_SERVER)
		alpc_lib_inbox_put(alpc_lib_port_inbox(port));
	else
		alpc_lib_inbox_close(alpc_lib_port_inbox(port));
}

ALPC_API int alpc_port_adopt(int fd, struct alpc_port **port)
{
	struct alpc_port asked = { .fd = fd };
	struct alpc_port *p;
	int ret;

	ret = alpc_lib_port_learn(&asked);
	if (!ret)
		ret = alpc_lib_port_new(&p);
	if (ret)
		return ret;
	p->fd = fd;
	atomic_init(&p->kind, atomic_load(&asked.kind));
	atomic_init(&p->max_message, atomic_load(&asked.max_message));
	*port = p;
	return 0;
}

ALPC_API int alpc_port_release(struct alpc_port *port)
{
	int fd = port->fd;

	alpc_lib_port_end(port, true);
	free(port);
	return fd;
}

ALPC_API void alpc_port_close(struct alpc_port *port)
{
	if (!port)
		return;
	alpc_lib_port_end(port, false);
	alpc_lib_close(port->fd);
	free(port);
}

ALPC_API int alpc_port_fd(const struct alpc_port *port)
{
	return port->fd;
}

ALPC_API int alpc_port_get_info(const struct alpc_port *port,
				struct alpc_port_info *info)
{
	return alpc_lib_ioctl(port->fd, ALPC_IOC_PORT_INFO, info);
}

ALPC_API int alpc_port_disconnect(struct alpc_port *port)
{
	struct alpc_disconnect arg = { .size = sizeof(arg) };
	int ret = alpc_lib_ioctl(port->fd, ALPC_IOC_DISCONNECT, &arg);

	/* Memory that both sides share knows nothing of it. */
	if (!ret || ret == -EPIPE)
		atomic_store(&port->ended, true);
	return ret;
}

ALPC_API int alpc_port_notify_exit(struct alpc_port *port, uint64_t cookie)
{
	struct alpc_notify_exit arg = {
		.size = sizeof(arg),
		.cookie = cookie,
	};

	return alpc_lib_ioctl(port->fd, ALPC_IOC_NOTIFY_EXIT, &arg);
}

ALPC_API int alpc_port_set_way(struct alpc_port *port, enum alpc_way way)
{
	switch (way) {
	case ALPC_WAY_AUTO:
	case ALPC_WAY_INLINE:
	case ALPC_WAY_VIEW:
	case ALPC_WAY_DIRECT:
		atomic_store_explicit(&port->way, way, memory_order_relaxed);
		return 0;
	case ALPC_WAY_QUICK:
		break;
	}
	return -EINVAL;
}
