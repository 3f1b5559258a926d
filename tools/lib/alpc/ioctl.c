// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The only way into the kernel: /dev/alpc, and the ioctls on it and on ports.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICE "/dev/alpc"

/**
 * alpc_lib_ioctl() - ioctl(2) that leaves errno alone
 * @fd: device or port
 * @request: ALPC_IOC_*
 * @arg: its argument
 *
 * Never repeated after a signal: only the program knows whether it wants that,
 * and the kernel restarts by itself what had no effect and may be restarted.
 *
 * Return: 0 or a negative errno value.
 */
int alpc_lib_ioctl(int fd, unsigned long request, void *arg)
{
	int saved = errno;
	int ret = 0;

	if (ioctl(fd, request, arg) < 0)
		ret = -errno;
	errno = saved;
	return ret;
}

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
