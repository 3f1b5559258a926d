// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a descriptor refers to, and whether it may travel.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "fds.h"

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/net.h>
#include <linux/string.h>
#include <net/sock.h>

#include "compat.h"
#include "inode.h"

/**
 * DOC: Cycles
 *
 * A message that waits at a port holds files. If one of them could hold the
 * port, by however many steps, nobody need have either open and both would stay
 * for ever. There is no collector that finds such a cycle, so none can be made:
 * a file is refused if it can hold a file that its user chooses, and that can be
 * a port. A port can be neither read, written, mapped nor mounted, and is no
 * regular file, which rules out most of what takes descriptors. What is left:
 *
 * - our own ports, by the messages at them. (Sections hold memory alone, and
 *   completion ports no files. They are refused as well: who gets a section of
 *   another connection could do nothing with it there, and a completion port is
 *   not for those to have who are not trusted.)
 * - sockets of AF_UNIX, by SCM_RIGHTS. No other family accepts it, nor takes
 *   files in another way: AF_KCM attaches TCP sockets, which hold no files.
 * - io_uring, by registered files and by requests that wait.
 * - binder, by transactions that wait.
 * - iommufd, by files to map, which are not looked at until a device is attached;
 *   VFIO, whose devices hold the iommufd that they are bound to; KVM, whose
 *   device for VFIO holds those. A virtual machine's files hold one another, so
 *   none of them travels.
 * - vhost, which keeps the whole address space of its owner, in which a request
 *   of io_submit(2) can wait for a port.
 *
 * Looked at, and harmless: epoll, inotify and fanotify do not hold what they
 * watch. A file that is opened with O_PATH holds its place in the tree, not what
 * was open there. userfaultfd, perf and /proc/PID hold an address space without
 * its contents. eventfd, timerfd, signalfd, pidfd, seccomp and ntsync hold none,
 * sync_file, DMA-BUF and BPF such of certain types. /dev/fuse
 * holds other files of /dev/fuse; FUSE, overlayfs, loop and md devices regular
 * files. A mount that holds a pipe or socket (9p, autofs) or a block device that
 * does (nbd) is made by an administrator, and reachable by its name.
 *
 * Drivers are known by the name of the function that is called for their
 * ioctl(2), because their numbers are given out dynamically, and their names in
 * /dev can be anything. A kernel without symbols cannot tell them apart: there
 * no character device may travel.
 *
 * Should a driver that we have not heard of make a cycle possible, its user is
 * charged for what is in it, and comes to an end at RLIMIT_NOFILE.
 */

static const char * const alpc_fd_holders[] = {
	"binder_ioctl",		/* the one written in Rust has it in its name */
	"iommufd_",
	"vfio_",
	"vhost_",
};

/* The same among files without a device. */
static const char * const alpc_anon_holders[] = {
	"[io_uring]",
	"[vfio-device]",
	"kvm-",
};

static bool alpc_device_holds_files(const struct file *file)
{
	char name[128];
	size_t i;

	if (!IS_ENABLED(CONFIG_KALLSYMS))
		return true;
	snprintf(name, sizeof(name), "%ps", file->f_op->unlocked_ioctl);
	for (i = 0; i < ARRAY_SIZE(alpc_fd_holders); i++)
		if (strstr(name, alpc_fd_holders[i]))
			return true;
	return false;
}

static bool alpc_fd_is_named(const struct file *file, const char *name)
{
	return str_has_prefix(file->f_path.dentry->d_name.name, name);
}

/* The names on these filesystems are given by the kernel alone. */
static int alpc_anon_inode_kind(struct file *file)
{
	struct eventfd_ctx *ctx;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alpc_anon_holders); i++)
		if (alpc_fd_is_named(file, alpc_anon_holders[i]))
			return -ELOOP;
	if (alpc_fd_is_named(file, "[pidfd]"))
		return ALPC_FD_PIDFD;
	ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(ctx))
		return ALPC_FD_OTHER;
	eventfd_ctx_put(ctx);
	return ALPC_FD_EVENTFD;
}

/* A mount inside the kernel has no path, and so have its files. */
static int alpc_regular_kind(const struct file *file)
{
	if (!(file->f_path.mnt->mnt_flags & MNT_INTERNAL))
		return ALPC_FD_REGULAR;
	switch (file_inode(file)->i_sb->s_magic) {
	case SECRETMEM_MAGIC:
		return ALPC_FD_MEMFD;
	case TMPFS_MAGIC:
	case HUGETLBFS_MAGIC:
		if (alpc_fd_is_named(file, "memfd:"))
			return ALPC_FD_MEMFD;
		fallthrough;
	default:
		return ALPC_FD_OTHER;
	}
}

/**
 * alpc_fd_kind() - what a file is
 * @file: file
 *
 * Return: ALPC_FD_* bit, or -ELOOP if it may not travel.
 */
int alpc_fd_kind(struct file *file)
{
	const struct inode *inode = file_inode(file);
	struct socket *sock;

	if (file->f_mode & FMODE_PATH)
		return ALPC_FD_PATH;
	if (alpc_file_is_ours(file))
		return -ELOOP;
	sock = sock_from_file(file);
	if (sock)
		return sock->sk && sock->sk->sk_family != AF_UNIX ?
		       ALPC_FD_SOCKET : -ELOOP;
	switch (inode->i_sb->s_magic) {
	case ANON_INODE_FS_MAGIC:
		return alpc_anon_inode_kind(file);
	case PID_FS_MAGIC:
		return ALPC_FD_PIDFD;
	}
	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		return alpc_regular_kind(file);
	case S_IFDIR:
		return ALPC_FD_DIRECTORY;
	case S_IFIFO:
		return ALPC_FD_PIPE;
	case S_IFBLK:
		return ALPC_FD_DEVICE;
	case S_IFCHR:
		return alpc_device_holds_files(file) ? -ELOOP : ALPC_FD_DEVICE;
	default:
		return ALPC_FD_OTHER;
	}
}
