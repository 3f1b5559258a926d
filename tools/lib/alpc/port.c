// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Handles to ports, and what can be done with a port of any kind.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

#include <stdlib.h>

/* A handle without a descriptor, made before the kernel is asked for one. */
int alpc_lib_port_new(struct alpc_port **port)
{
	struct alpc_port *p = malloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->fd = -1;
	*port = p;
	return 0;
}

ALPC_API int alpc_port_adopt(int fd, struct alpc_port **port)
{
	struct alpc_port_info info = { .size = sizeof(info) };
	struct alpc_port *p;
	int ret;

	ret = alpc_lib_ioctl(fd, ALPC_IOC_PORT_INFO, &info);
	if (ret)
		return ret;
	ret = alpc_lib_port_new(&p);
	if (ret)
		return ret;
	p->fd = fd;
	*port = p;
	return 0;
}

ALPC_API int alpc_port_release(struct alpc_port *port)
{
	int fd = port->fd;

	free(port);
	return fd;
}

ALPC_API void alpc_port_close(struct alpc_port *port)
{
	if (port)
		alpc_lib_close(alpc_port_release(port));
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

	return alpc_lib_ioctl(port->fd, ALPC_IOC_DISCONNECT, &arg);
}

ALPC_API int alpc_port_notify_exit(struct alpc_port *port, uint64_t cookie)
{
	struct alpc_notify_exit arg = {
		.size = sizeof(arg),
		.cookie = cookie,
	};

	return alpc_lib_ioctl(port->fd, ALPC_IOC_NOTIFY_EXIT, &arg);
}
