// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory in which a thread that reads it stops: its pages are to be provided by
 * this process, by means of userfaultfd(2).
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "hole.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int hole_open(struct hole *hole)
{
	struct uffdio_register reg = {
		.range.len = HOLE_LEN, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };

	hole->data = mmap(NULL, HOLE_LEN, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (hole->data == MAP_FAILED)
		return -errno;
	reg.range.start = (uintptr_t)hole->data;
	hole->fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (hole->fd < 0 || ioctl(hole->fd, UFFDIO_API, &api) ||
	    ioctl(hole->fd, UFFDIO_REGISTER, &reg))
		return -errno;
	return 0;
}

int hole_wait(const struct hole *hole)
{
	struct uffd_msg message;

	return read(hole->fd, &message, sizeof(message)) == sizeof(message) &&
	       message.event == UFFD_EVENT_PAGEFAULT ? 0 : -EIO;
}

int hole_fill(const struct hole *hole)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)hole->data, .len = HOLE_LEN },
	};

	return ioctl(hole->fd, UFFDIO_ZEROPAGE, &zero) ? -errno : 0;
}

void hole_close(struct hole *hole)
{
	close(hole->fd);
	munmap(hole->data, HOLE_LEN);
}
