/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is long in coming: who touches it sleeps in the kernel.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_NOWHERE_H
#define ALPC_NOWHERE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alpc_test.h"

/* Pages that somebody has to provide, and nobody does. */
static inline char *memory_of_nobody(size_t len, int *fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register registration = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	registration.range.start = address(p);
	registration.range.len = len;
	if (p == MAP_FAILED || *fd < 0 || ioctl(*fd, UFFDIO_API, &api) ||
	    ioctl(*fd, UFFDIO_REGISTER, &registration)) {
		fprintf(stderr, "# userfaultfd: %s\n", strerror(errno));
		return NULL;
	}
	return p;
}

/* Wait until the one thread of a process sleeps in an ioctl, for a page. */
static inline int fault_blocked(pid_t pid)
{
	char path[64], call[256], before[4096], after[4096];

	for (;;) {
		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		if (read_file(path, before, sizeof(before)) <= 0)
			return -ESRCH;
		snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
		if (read_file(path, call, sizeof(call)) <= 0)
			return -ESRCH;
		snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
		if (read_file(path, after, sizeof(after)) <= 0 || strstr(before, "State:\tZ"))
			return -ESRCH;
		if (atoi(call) == SYS_ioctl && !strcmp(after, "handle_userfault"))
			return 0;
		usleep(500);
	}
}

#endif /* ALPC_NOWHERE_H */
