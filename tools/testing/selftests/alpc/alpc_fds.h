/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about descriptors share: sending, receiving and taking them,
 * and files that tell whether somebody still has them open.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_FDS_H
#define ALPC_TEST_FDS_H

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alpc_thread.h"

/* Attributes which send @count descriptors. */
static inline struct alpc_attrs attrs_of(const int *fds, __u32 count)
{
	return (struct alpc_attrs){ .fds = address(fds), .fd_count = count };
}

static inline void transfer_attrs(struct alpc_msg *msg, struct alpc_attrs *attrs)
{
	msg->attrs = address(attrs);
	msg->attrs_len = sizeof(*attrs);
}

/* Send what @flags say with descriptors; never waits. */
static inline int send_attrs(int port, __u16 flags, __u64 id, struct alpc_attrs *attrs)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
	transfer_send(&t, flags, id, "fds", 3);
	transfer_attrs(&t.send, attrs);
	return alpc_transfer(port, &t);
}

static inline int send_fds(int port, __u16 flags, __u64 id, const int *fds, __u32 count)
{
	struct alpc_attrs attrs = attrs_of(fds, count);

	return send_attrs(port, flags, id, &attrs);
}

static inline int send_fd(int port, int fd)
{
	return send_fds(port, 0, 0, &fd, 1);
}

/* A call with descriptors, in a thread of its own. */
struct fds_call {
	struct transfer_worker worker;
	struct alpc_attrs sent, came;
	int fd;
	char buf[16];
};

static inline int call_fd(struct fds_call *call, int port, int fd)
{
	struct alpc_transfer *t = &call->worker.transfer;

	call->fd = fd;
	call->sent = attrs_of(&call->fd, fd >= 0);
	call->came = (struct alpc_attrs){ .fd_kinds = ALPC_FD_ANY };
	if (fd < 0)
		call->sent.fds = 0;
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(t, call->buf, sizeof(call->buf));
	transfer_attrs(&t->send, &call->sent);
	transfer_attrs(&t->recv, &call->came);
	return worker_transfer(&call->worker, port);
}

/* The next message, which must be there, with descriptors of these kinds. */
static inline int receive_fds(int port, struct alpc_msg *msg, struct alpc_attrs *attrs,
			      __u32 kinds)
{
	struct alpc_transfer t;
	char buf[64];
	int err;

	*attrs = (struct alpc_attrs){ .fd_kinds = kinds };
	transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(&t, buf, sizeof(buf));
	transfer_attrs(&t.recv, attrs);
	err = alpc_transfer(port, &t);
	*msg = t.recv;
	return err;
}

static inline int take_fds(int port, __u64 id, __u32 first, __u32 count, int *fds)
{
	struct alpc_take_fds arg = {
		.size = sizeof(arg), .id = id, .fds = address(fds), .first = first, .count = count,
	};

	return alpc_ioctl(port, ALPC_IOC_TAKE_FDS, &arg);
}

/* Take one: its descriptor, or a negative errno. */
static inline int take_fd(int port, __u64 id, __u32 number)
{
	int fd = -1;
	int err = take_fds(port, id, number, 1, &fd);

	return err ?: fd;
}

/*
 * Whether two descriptors are of one open file: its flags change for both. One that
 * was opened with O_PATH has none to change, but it is of a certain inode.
 */
static inline bool is_same_file(int a, int b)
{
	int before = fcntl(a, F_GETFL), after;
	struct stat sa, sb;

	if (before < 0 || fcntl(b, F_GETFL) != before)
		return false;
	if (before & O_PATH)
		return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_dev == sb.st_dev &&
		       sa.st_ino == sb.st_ino;
	if (fcntl(a, F_SETFL, before ^ O_NONBLOCK))
		return false;
	after = fcntl(b, F_GETFL);
	fcntl(a, F_SETFL, before);
	return after == (before ^ O_NONBLOCK);
}

/*
 * A pipe: as long as anybody has its second end, reading from the first one, which
 * does not wait, fails with EAGAIN; then comes the end of the file.
 */
struct probe {
	int end;
	int sent;
};

static inline int probe_open(struct probe *probe)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	probe->end = fds[0];
	probe->sent = fds[1];
	return 0;
}

static inline void probe_close(struct probe *probe)
{
	close_fd(&probe->end);
	close_fd(&probe->sent);
}

/* Nobody has it but whoever was sent it. */
static inline void probe_let_go(struct probe *probe)
{
	close_fd(&probe->sent);
}

static inline bool probe_is_gone(const struct probe *probe)
{
	char byte;

	return !read(probe->end, &byte, 1);
}

static inline bool probe_is_open(const struct probe *probe)
{
	char byte;

	return read(probe->end, &byte, 1) < 0 && errno == EAGAIN;
}

#endif /* ALPC_TEST_FDS_H */
