// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds of descriptors: each comes to who wants it and to nobody else, or may not
 * travel at all.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "alpc_fds.h"

static int open_named(const char *path, mode_t type, int flags)
{
	int fd;

	unlink(path);
	if (mknod(path, type | 0600, 0))
		return -1;
	fd = open(path, flags);
	unlink(path);
	return fd;
}

/* A file that only pretends to be one of memfd_create(). */
static int open_pretender(void)
{
	return open_named("/dev/shm/memfd:x", S_IFREG, O_RDWR);
}

static int open_regular(void)
{
	return open_named("/tmp/regular", S_IFREG, O_RDONLY);
}

static int open_fifo(void)
{
	return open_named("/tmp/fifo", S_IFIFO, O_RDWR);
}

static int open_directory(void)
{
	return open("/tmp", O_RDONLY | O_DIRECTORY);
}

static int open_directory_path(void)
{
	return open("/tmp", O_PATH);
}

static int open_device_path(void)
{
	return open("/dev/null", O_PATH);
}

static int open_null(void)
{
	return open("/dev/null", O_RDWR);
}

static int open_terminal(void)
{
	return open("/dev/ptmx", O_RDWR | O_NOCTTY);
}

static int open_alpc(void)
{
	return open("/dev/alpc", O_RDWR);
}

static int open_proc(void)
{
	return open("/proc/self/status", O_RDONLY);
}

static int open_namespace(void)
{
	return open("/proc/self/ns/net", O_RDONLY);
}

static int open_pipe(void)
{
	int fds[2];

	if (pipe(fds))
		return -1;
	close(fds[1]);
	return fds[0];
}

static int open_tcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int open_memfd(void)
{
	return memfd_create("x", 0);
}

static int open_sealed_memfd(void)
{
	int fd = memfd_create("x", MFD_ALLOW_SEALING);

	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) ?
	       -1 : fd;
}

static int open_huge_memfd(void)
{
	return memfd_create("x", MFD_HUGETLB);
}

static int open_memfd_again(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", open_memfd());
	return open(path, O_RDONLY);
}

static int open_eventfd(void)
{
	return eventfd(0, 0);
}

static int open_pidfd(void)
{
	return syscall(SYS_pidfd_open, getpid(), 0);
}

static int open_epoll(void)
{
	return epoll_create1(0);
}

static int open_timerfd(void)
{
	return timerfd_create(CLOCK_MONOTONIC, 0);
}

static int open_signalfd(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	return signalfd(-1, &mask, 0);
}

static int open_inotify(void)
{
	return inotify_init1(0);
}

static int open_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, O_CLOEXEC);
}

static int open_mqueue(void)
{
	/* The name tells nothing. */
	int fd = mq_open("/memfd:x", O_RDWR | O_CREAT, 0600, NULL);

	mq_unlink("/memfd:x");
	return fd;
}

static int open_af_unix(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static int open_io_uring(void)
{
	struct io_uring_params params = {};

	return syscall(SYS_io_uring_setup, 4, &params);
}

static int open_binder(void)
{
	int fd = open("/dev/binder", O_RDWR);

	return fd < 0 ? open("/dev/binderfs/binder", O_RDWR) : fd;
}

static int open_port(void)
{
	return alpc_create(unique_name());
}

static int open_section(void)
{
	struct alpc_create_section arg = { .size = sizeof(arg), .len = 4096 };
	struct pair pair;

	if (pair_open(&pair, NULL) || alpc_ioctl(pair.client, ALPC_IOC_CREATE_SECTION, &arg))
		return -1;
	pair_close(&pair);
	return arg.out_fd;
}

/* It holds where the port is, not the port. */
static int open_port_path(void)
{
	char path[64];
	int port = open_port(), fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", port);
	fd = open(path, O_PATH);
	close(port);
	return fd;
}

FIXTURE_VARIANT(fds_kind)
{
	int (*open)(void);
	__u32 kind;	/* 0: refused */
};

FIXTURE(fds_kind)
{
	struct pair pair;
	int fd;
};

#define KIND(name, kind) \
	FIXTURE_VARIANT_ADD(fds_kind, name) { open_##name, kind }

KIND(regular, ALPC_FD_REGULAR);
KIND(proc, ALPC_FD_REGULAR);
KIND(pretender, ALPC_FD_REGULAR);
KIND(directory, ALPC_FD_DIRECTORY);
KIND(pipe, ALPC_FD_PIPE);
KIND(fifo, ALPC_FD_PIPE);
KIND(tcp, ALPC_FD_SOCKET);
KIND(netlink, ALPC_FD_SOCKET);
KIND(memfd, ALPC_FD_MEMFD);
KIND(sealed_memfd, ALPC_FD_MEMFD);
KIND(huge_memfd, ALPC_FD_MEMFD);
KIND(memfd_again, ALPC_FD_MEMFD);
KIND(eventfd, ALPC_FD_EVENTFD);
KIND(pidfd, ALPC_FD_PIDFD);
KIND(null, ALPC_FD_DEVICE);
KIND(terminal, ALPC_FD_DEVICE);
KIND(alpc, ALPC_FD_DEVICE);
KIND(directory_path, ALPC_FD_PATH);
KIND(device_path, ALPC_FD_PATH);
KIND(port_path, ALPC_FD_PATH);
KIND(epoll, ALPC_FD_OTHER);
KIND(timerfd, ALPC_FD_OTHER);
KIND(signalfd, ALPC_FD_OTHER);
KIND(inotify, ALPC_FD_OTHER);
KIND(userfaultfd, ALPC_FD_OTHER);
KIND(mqueue, ALPC_FD_OTHER);
KIND(namespace, ALPC_FD_OTHER);
KIND(af_unix, 0);
KIND(io_uring, 0);
KIND(binder, 0);
KIND(port, 0);
KIND(section, 0);

FIXTURE_SETUP(fds_kind)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->fd = variant->open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(fds_kind)
{
	EXPECT_QUIET(self->pair.port);
	close_fd(&self->fd);
	pair_close(&self->pair);
}

/* It comes to who wants its kind, and not to who wants all the others. */
TEST_F(fds_kind, abuse_32_is_what_it_is)
{
	struct alpc_attrs attrs;
	struct alpc_msg msg;
	int fd;

	if (!variant->kind) {
		EXPECT_EQ(-ELOOP, send_fd(self->pair.client, self->fd));
		return;
	}
	ASSERT_EQ(0, send_fd(self->pair.client, self->fd));
	ASSERT_EQ(0, receive_fds(self->pair.port, &msg, &attrs, variant->kind));
	EXPECT_EQ(ALPC_MSG_FDS | ALPC_MSG_HELD, msg.flags);
	EXPECT_EQ(1, attrs.fd_count);
	fd = take_fd(self->pair.port, msg.id, 0);
	EXPECT_TRUE(is_same_file(fd, self->fd));
	close_fd(&fd);
	alpc_release(self->pair.port, msg.id);

	ASSERT_EQ(0, send_fd(self->pair.client, self->fd));
	ASSERT_EQ(0, receive_fds(self->pair.port, &msg, &attrs, ALPC_FD_ANY & ~variant->kind));
	EXPECT_EQ(ALPC_MSG_FDS_DROPPED, msg.flags);
	EXPECT_EQ(1, attrs.out_fds_dropped);
}

#define TRACING	"/sys/kernel/tracing/"

/* A security module decides about each file that is received. */
TEST(abuse_32_security_hook_is_called)
{
	const int sent[] = { open_null(), open_null(), open_null() };
	static char trace[1 << 20];
	struct alpc_attrs attrs;
	struct alpc_msg msg;
	struct pair pair;
	int got[3], calls = 0, i;
	char *call;

	if (access(TRACING "kprobe_events", W_OK))
		SKIP(return, "this kernel has no kprobes");
	ASSERT_EQ(0, pair_open(&pair, NULL));
	ASSERT_EQ(0, send_fds(pair.client, 0, 0, sent, 3));
	ASSERT_EQ(0, receive_fds(pair.port, &msg, &attrs, ALPC_FD_ANY));
	ASSERT_EQ(0, write_file(TRACING "kprobe_events", "p:alpc/received security_file_receive"));
	ASSERT_EQ(0, write_file(TRACING "events/alpc/received/enable", "1"));
	EXPECT_EQ(0, take_fds(pair.port, msg.id, 0, 3, got));
	EXPECT_EQ(0, write_file(TRACING "events/alpc/received/enable", "0"));
	ASSERT_LT(0, read_file(TRACING "trace", trace, sizeof(trace)));
	EXPECT_EQ(0, write_file(TRACING "kprobe_events", "-:alpc/received"));
	for (call = trace; (call = strstr(call, " received: ")); call++)
		calls++;
	EXPECT_EQ(3, calls);
	for (i = 0; i < 3; i++) {
		close(got[i]);
		close(sent[i]);
	}
	pair_close(&pair);
}

TEST_HARNESS_MAIN
