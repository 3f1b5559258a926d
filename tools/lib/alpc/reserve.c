// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory set aside for messages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"

ALPC_API int alpc_reserve_create(struct alpc_port *port, size_t len,
				 uint32_t *reserve)
{
	struct alpc_create_reserve arg = {
		.size = sizeof(arg),
		.len = (__u32)len,
	};
	int ret;

	if (len > ALPC_DATA_MAX)
		return -EMSGSIZE;
	ret = alpc_lib_ioctl(port->fd, ALPC_IOC_CREATE_RESERVE, &arg);
	if (!ret)
		*reserve = arg.out_reserve;
	return ret;
}

ALPC_API int alpc_reserve_delete(struct alpc_port *port, uint32_t reserve)
{
	struct alpc_delete_reserve arg = {
		.size = sizeof(arg),
		.reserve = reserve,
	};

	return alpc_lib_ioctl(port->fd, ALPC_IOC_DELETE_RESERVE, &arg);
}

ALPC_API int alpc_send_reserved(struct alpc_port *port, const void *data,
				size_t len, uint32_t reserve)
{
	struct alpc_lib_body body;
	struct alpc_transfer t;
	int ret;

	/* It would be sent as any other. */
	if (!reserve)
		return -ENOENT;
	alpc_lib_body_init(&body, data, len);
	body.reserve = reserve;
	ret = alpc_lib_send_init(&t, 0);
	return ret ? ret : alpc_lib_send_body(port, &body, &t, 0);
}
