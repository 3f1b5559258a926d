/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel made of air: what libalpc asks of the kernel comes to a function of
 * the test, so that every answer that a kernel could give can be given.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_KERNEL_H
#define ALPC_TESTS_KERNEL_H

#include <alpc/alpc.h>

/* What open() of /dev/alpc gives here; a descriptor that exists. */
#define DEVICE_FD	300

/*
 * Answers ioctl number @step (from 0): returns 0 or a negative errno value, and
 * has written the outputs. May be called by several threads at once.
 */
typedef int kernel_fn(int step, int fd, unsigned long request, void *arg);

/* From here on @fn answers, and steps count from 0. */
void kernel_set(kernel_fn *fn);

/*
 * What %ALPC_IOC_PORT_INFO tells, if @out_kind is not 0: that is no step then,
 * because when the library asks it, and how often, is not what is tested.
 */
extern struct alpc_port_info kernel_port;

/* How many ioctls there were. */
int kernel_steps(void);

/* Negative errno value for open() of /dev/alpc from here on; 0: it works. */
void kernel_device_error(int error);

/* Answers syscall(2): the result, or a negative errno value. */
typedef long kernel_syscall_fn(long number, const long *args);

/* From here on @fn answers; NULL: the real kernel does, as at the beginning. */
void kernel_syscalls(kernel_syscall_fn *fn);

/* For the linker, see kernel.c. */
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);

#endif /* ALPC_TESTS_KERNEL_H */
