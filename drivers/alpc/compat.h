/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differences between the kernels that the driver builds for.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * The driver is written against the newest kernel's names; what an older one
 * spells differently is mapped here and nowhere else.
 */
#ifndef ALPC_COMPAT_H
#define ALPC_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "Linux 6.1 is the oldest kernel supported"
#endif

/* Mounts carried a user namespace where they carry an id map since 6.3. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define mnt_idmap	user_namespace
#define nop_mnt_idmap	init_user_ns
#endif

/* Access lists are set and changed by dentry since 6.2, before by inode. */
#include <linux/fs.h>
#include <linux/posix_acl.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define alpc_acl_holder			inode
#define alpc_acl_inode(holder)		(holder)
#define posix_acl_chmod(idmap, dentry, mode) \
	posix_acl_chmod(idmap, d_inode(dentry), mode)
#else
#define alpc_acl_holder			dentry
#define alpc_acl_inode(holder)		d_inode(holder)
#endif

/* They are extended attributes with a handler until 6.3, and only listed since. */
#include <linux/posix_acl_xattr.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define nop_posix_acl_access		posix_acl_access_xattr_handler
#endif

/* A set of capabilities was two words until 6.3. */
#include <linux/capability.h>
#define ALPC_CAPS_ALL	(BIT_ULL(CAP_LAST_CAP + 1) - 1)
static inline u64 alpc_caps(kernel_cap_t caps)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	return (u64)caps.cap[1] << 32 | caps.cap[0];
#else
	return caps.val;
#endif
}

/* The flags of a mapping are changed by functions since 6.3. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#include <linux/mm.h>

static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma,
				  unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* Waiting for a page on somebody's behalf ends with any signal since 6.2. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define FOLL_INTERRUPTIBLE	0
#endif

/* Looking up pages gave their mappings, too, before 6.5. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#include <linux/mm.h>

#define get_user_pages_remote(mm, start, count, flags, pages, locked) \
	get_user_pages_remote(mm, start, count, flags, pages, NULL, locked)
#define pin_user_pages_remote(mm, start, count, flags, pages, locked) \
	pin_user_pages_remote(mm, start, count, flags, pages, NULL, locked)
#endif

/*
 * The time of an inode's change has an accessor since 6.6, which some older ones
 * got as well, and the others since 6.7.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#include <linux/fs.h>

static inline void alpc_inode_set_ctime_current(struct inode *inode)
{
	inode->i_ctime = current_time(inode);
}

#define inode_set_ctime_current		alpc_inode_set_ctime_current
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#include <linux/fs.h>

static inline void simple_inode_init_ts(struct inode *inode)
{
	inode_set_ctime_current(inode);
	inode->i_atime = current_time(inode);
	inode->i_mtime = inode->i_atime;
}
#endif

/* It writes the number to user memory if asked, since 6.8. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#include <linux/file.h>

#define receive_fd(file, ufd, o_flags)	receive_fd(file, o_flags)
#endif

/* A pidfd is of a filesystem of its own since 6.9. */
#include <linux/magic.h>
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC	0x50494446
#endif

/* The tracepoint sched_process_exit has a second argument since 6.16. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define ALPC_EXIT_PROBE_ARGS	struct task_struct *task
#else
#define ALPC_EXIT_PROBE_ARGS	struct task_struct *task, bool group_dead
#endif

/* Flexible arrays name their counter since 6.6. */
#ifndef __counted_by
#define __counted_by(member)
#endif

#endif /* ALPC_COMPAT_H */
