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
static int device_open(void)
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

/**
 * alpc_lib_device_ioctl() - an ioctl on the device
 * @flags: %ALPC_USE_DEVICE: on @device
 * @device: an open descriptor of it
 * @request: ALPC_IOC_*
 * @arg: its argument
 *
 * Return: 0 or a negative errno value; also those of opening it.
 */
int alpc_lib_device_ioctl(uint32_t flags, int device, unsigned long request,
			  void *arg)
{
	int fd, ret;

	if (flags & ALPC_USE_DEVICE)
		return alpc_lib_ioctl(device, request, arg);
	fd = device_open();
	if (fd < 0)
		return fd;
	ret = alpc_lib_ioctl(fd, request, arg);
	alpc_lib_close(fd);
	return ret;
}

ALPC_API int alpc_device_query(struct alpc_query *query)
{
	return alpc_lib_device_ioctl(0, -1, ALPC_IOC_QUERY, query);
}
