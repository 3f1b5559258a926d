// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Takes the place of ioctl(2), of open(2) for /dev/alpc, and, for a test that
 * wants that, of syscall(2) (ld --wrap).
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static int (*answer)(int step, int fd, unsigned long request, void *arg);
static kernel_syscall_fn *answer_syscall;
static atomic_int steps;
static int device_error;
struct alpc_port_info kernel_port;

void kernel_set(kernel_fn *fn)
{
	answer = fn;
	steps = 0;
}

int kernel_steps(void)
{
	return steps;
}

void kernel_syscalls(kernel_syscall_fn *fn)
{
	answer_syscall = fn;
}

void kernel_device_error(int error)
{
	device_error = error;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == ALPC_IOC_PORT_INFO && kernel_port.out_kind) {
		*(struct alpc_port_info *)arg = kernel_port;
		return 0;
	}
	ret = answer(steps++, fd, request, arg);
	if (!ret)
		return 0;
	errno = -ret;
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	int fd;

	if (strcmp(path, "/dev/alpc"))
		return __real_open(path, flags);
	if (device_error) {
		errno = -device_error;
		return -1;
	}
	fd = __real_open("/dev/null", flags);
	dup3(fd, DEVICE_FD, O_CLOEXEC);
	close(fd);
	return DEVICE_FD;
}

long __wrap_syscall(long number, ...)
{
	long args[5], ret;
	va_list ap;

	/* Registers hold as many, so that it does no harm if there are less. */
	va_start(ap, number);
	for (int i = 0; i < 5; i++)
		args[i] = va_arg(ap, long);
	va_end(ap);
	if (!answer_syscall)
		return __real_syscall(number, args[0], args[1], args[2],
				      args[3], args[4]);
	ret = answer_syscall(number, args);
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}
