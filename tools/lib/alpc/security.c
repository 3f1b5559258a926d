// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Security contexts, and what is in use.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

ALPC_API int alpc_security_create(struct alpc_port *port, enum alpc_level level,
				  uint32_t flags, uint32_t withhold,
				  uint32_t *security)
{
	struct alpc_create_security arg = {
		.size = sizeof(arg),
		.flags = flags,
		.level = level,
		.withhold = withhold,
	};
	int ret;

	ret = alpc_lib_ioctl(port->fd, ALPC_IOC_CREATE_SECURITY, &arg);
	if (!ret)
		*security = arg.out_security;
	return ret;
}

static int security_ioctl(const struct alpc_port *port, unsigned long request,
			  uint32_t security)
{
	struct alpc_security arg = {
		.size = sizeof(arg),
		.security = security,
	};

	return alpc_lib_ioctl(port->fd, request, &arg);
}

ALPC_API int alpc_security_revoke(struct alpc_port *port, uint32_t security)
{
	return security_ioctl(port, ALPC_IOC_REVOKE_SECURITY, security);
}

ALPC_API int alpc_security_delete(struct alpc_port *port, uint32_t security)
{
	return security_ioctl(port, ALPC_IOC_DELETE_SECURITY, security);
}

ALPC_API int alpc_port_get_usage(const struct alpc_port *port,
				 struct alpc_usage *usage)
{
	return alpc_lib_ioctl(port->fd, ALPC_IOC_GET_USAGE, usage);
}

ALPC_API int alpc_device_get_usage(struct alpc_usage *usage)
{
	return alpc_lib_device_ioctl(0, -1, ALPC_IOC_GET_USAGE, usage);
}
