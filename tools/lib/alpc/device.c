// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The device, which ports are made with.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

#include <fcntl.h>
#include <unistd.h>

#define DEVICE "/dev/alpc"

/* Return: a descriptor of the device, or a negative errno value. */
int alpc_lib_device_open(void)
{
	int saved = errno;
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fd = -errno;
	errno = saved;
	return fd;
}

void alpc_lib_close(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

ALPC_API int alpc_device_query(struct alpc_query *query)
{
	int fd = alpc_lib_device_open();
	int ret;

	if (fd < 0)
		return fd;
	ret = alpc_lib_ioctl(fd, ALPC_IOC_QUERY, query);
	alpc_lib_close(fd);
	return ret;
}
