// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs do with descriptors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "system.h"

static long said(long result)
{
	return result < 0 ? -errno : result;
}

/* The fuzzer's own descriptors are not for programs to close. */
long run_close(void *area)
{
	struct area *a = area;

	if (a->fd < FIRST_FD || a->fd > LAST_FD)
		return -EBADF;
	return said(close(a->fd));
}

long run_dup(void *area)
{
	struct area *a = area;

	return said(fcntl(a->fd, F_DUPFD_CLOEXEC, FIRST_FD));
}

long run_getfd(void *area)
{
	struct area *a = area;
	int pid = proc_pid(a->args[0]), pidfd;
	long fd;

	if (!pid)
		return -ESRCH;
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return -errno;
	fd = said(syscall(SYS_pidfd_getfd, pidfd, (int)a->fd, 0));
	close(pidfd);
	return fd;
}

long run_nonblock(void *area)
{
	struct area *a = area;

	return said(fcntl(a->fd, F_SETFL, a->args[0] ? O_NONBLOCK : 0));
}

long run_poll(void *area)
{
	struct area *a = area;
	struct pollfd polled = { .fd = a->fd, .events = a->args[0] };

	return said(poll(&polled, 1, a->args[1] % 10));
}

long run_epoll(void *area)
{
	struct area *a = area;
	struct epoll_event event = { .events = a->args[0] };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd >= 0)
		epoll_ctl(fd, EPOLL_CTL_ADD, a->fd, &event);
	return said(fd);
}

long run_epoll_wait(void *area)
{
	struct area *a = area;
	struct epoll_event events[4];

	return said(epoll_wait(a->fd, events, 4, 2));
}

long run_open_other(void *area)
{
	struct area *a = area;
	int pair[2];

	switch (a->args[0] % OTHER_KINDS) {
	case 0:
		return said(eventfd(0, EFD_CLOEXEC));
	case 1:
		return said(memfd_create("fuzz", MFD_CLOEXEC));
	case 2:
		if (pipe2(pair, O_CLOEXEC))
			return -errno;
		close(pair[1]);
		return pair[0];
	case 3:
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return -errno;
		close(pair[1]);
		return pair[0];
	case 4:
		return said(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	case 5:
		return said(open("/", O_PATH | O_CLOEXEC));
	case 6:
		return said(open("/dev/null", O_RDWR | O_CLOEXEC));
	default:
		return said(syscall(SYS_pidfd_open, getpid(), 0));
	}
}

long run_chmod(void *area)
{
	struct area *a = area;

	return said(fchmod(a->fd, a->args[0]));
}

long run_chown(void *area)
{
	struct area *a = area;

	return said(fchown(a->fd, a->args[0], a->args[0]));
}

long run_set_acl(void *area)
{
	struct area *a = area;
	struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entries[5];
	} list = {
		{ POSIX_ACL_XATTR_VERSION },
		{
			{ ACL_USER_OBJ, 6, ACL_UNDEFINED_ID },
			{ ACL_USER, a->args[1], a->args[0] },
			{ ACL_GROUP_OBJ, 0, ACL_UNDEFINED_ID },
			{ ACL_MASK, 7, ACL_UNDEFINED_ID },
			{ ACL_OTHER, 0, ACL_UNDEFINED_ID },
		},
	};

	return said(fsetxattr(a->fd, "system.posix_acl_access", &list, sizeof(list), 0));
}

long run_fdinfo(void *area)
{
	struct area *a = area;
	char path[64], text[1024];
	long done;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", (int)a->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	done = said(read(fd, text, sizeof(text)));
	close(fd);
	return done;
}

long run_file(void *area)
{
	struct area *a = area;
	char text[256] = { 0 };
	struct stat stat;

	switch (a->args[0] % FILE_KINDS) {
	case 0:
		return said(fstat(a->fd, &stat));
	case 1:
		return said(a->fd < FIRST_FD ? 0 : ftruncate(a->fd, 4096));
	case 2:
		return said(fallocate(a->fd, 3, 0, 4096));
	case 3:
		return said(lseek(a->fd, 10, SEEK_SET));
	case 4:
		return said(fgetxattr(a->fd, "system.posix_acl_access", text, sizeof(text)));
	case 5:
		return said(fremovexattr(a->fd, "system.posix_acl_access"));
	default:
		return said(write(a->fd < FIRST_FD ? -1 : (int)a->fd, text, 8));
	}
}

long run_ioctl(void *area)
{
	struct area *a = area;

	return said(ioctl(a->fd, a->args[0], a->args[1]));
}
