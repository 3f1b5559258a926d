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

/*
 * Make the pages from @p on that are not there yet wait until page_comes() for them, or
 * until the userfaultfd, which this gives, is closed. Else a negative errno.
 */
static inline int pages_wait(const void *p, size_t len)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register registration = {
		.range = { .start = address(p), .len = len },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int err, fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd >= 0 && !ioctl(fd, UFFDIO_API, &api) &&
	    !ioctl(fd, UFFDIO_REGISTER, &registration))
		return fd;
	err = -errno;
	fprintf(stderr, "# userfaultfd: %s\n", strerror(errno));
	close_fd(&fd);
	return err;
}

/* Pages that somebody has to provide; NULL if there are none such. */
static inline char *memory_of_nobody(size_t len, int *fd)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*fd = p == MAP_FAILED ? -ENOMEM : pages_wait(p, len);
	return *fd < 0 ? NULL : p;
}

/* Wait until somebody waits for one of them. */
static inline bool page_wanted(int fd)
{
	struct uffd_msg msg;

	return read(fd, &msg, sizeof(msg)) == sizeof(msg) && msg.event == UFFD_EVENT_PAGEFAULT;
}

/* Provide the page at @p: @contents, or zeros if that is NULL. */
static inline int page_comes(int fd, const void *p, const void *contents)
{
	static const char zeros[4096];
	struct uffdio_copy copy = {
		.dst = address(p), .src = address(contents ?: zeros), .len = sizeof(zeros),
	};

	return ioctl(fd, UFFDIO_COPY, &copy) ? -errno : 0;
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
