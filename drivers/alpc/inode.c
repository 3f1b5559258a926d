// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inodes and files behind the descriptors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "inode.h"

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/pseudo_fs.h>
#include <linux/stat.h>
#include <linux/xattr.h>

#include <uapi/linux/alpc.h>

#include "compat.h"

#define ALPC_FS_MAGIC	0x414c5043	/* "ALPC" */

static struct vfsmount *alpc_mnt;
static int alpc_mnt_count;

/* Owner, group, mode and times can be set; there is no size. */
static int alpc_port_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			     struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int ret;

	if (attr->ia_valid & ATTR_SIZE)
		return -EINVAL;
	ret = setattr_prepare(idmap, dentry, attr);
	if (ret)
		return ret;
	setattr_copy(idmap, inode, attr);
	/* The mode's group bits are the mask of an access list. */
	if (attr->ia_valid & ATTR_MODE)
		ret = posix_acl_chmod(idmap, dentry, inode->i_mode);
	return ret;
}

#ifdef CONFIG_FS_POSIX_ACL
/*
 * The list lies in the inode's cache, which nobody shrinks, and has no other
 * place. The kernel has checked who sets it, and that it is none of defaults.
 */
static int alpc_port_set_acl(struct mnt_idmap *idmap,
			     struct alpc_acl_holder *holder,
			     struct posix_acl *acl, int type)
{
	struct inode *inode = alpc_acl_inode(holder);
	umode_t mode = inode->i_mode;
	int ret;

	if (acl) {
		ret = posix_acl_update_mode(idmap, inode, &mode, &acl);
		if (ret)
			return ret;
	}
	inode->i_mode = mode;
	inode_set_ctime_current(inode);
	set_cached_acl(inode, type, acl);
	return 0;
}
#endif

static int alpc_comm_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			     struct iattr *attr)
{
	return -EOPNOTSUPP;
}

static const struct inode_operations alpc_port_iops = {
	.setattr = alpc_port_setattr,
#ifdef CONFIG_FS_POSIX_ACL
	.set_acl = alpc_port_set_acl,
	.listxattr = generic_listxattr,
#endif
};

static const struct inode_operations alpc_comm_iops = {
	.setattr = alpc_comm_setattr,
};

static const struct xattr_handler *alpc_xattr_handlers[] = {
#ifdef CONFIG_FS_POSIX_ACL
	&nop_posix_acl_access,
#endif
	NULL
};

static int alpc_init_fs_context(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx = init_pseudo(fc, ALPC_FS_MAGIC);

	if (!ctx)
		return -ENOMEM;
	ctx->xattr = alpc_xattr_handlers;
	fc->sb_flags |= SB_POSIXACL;
	return 0;
}

static struct file_system_type alpc_fs_type = {
	.name = KBUILD_MODNAME,
	.owner = THIS_MODULE,
	.init_fs_context = alpc_init_fs_context,
	.kill_sb = kill_anon_super,
};

/**
 * alpc_inode_alloc() - an inode for a connection port or communication ports
 * @kind: &enum alpc_port_kind
 *
 * It belongs to the caller's effective user and group, with mode 0600.
 *
 * Return: the inode, or an error pointer. alpc_inode_put() releases it.
 */
struct inode *alpc_inode_alloc(u8 kind)
{
	struct inode *inode;
	int ret;

	ret = simple_pin_fs(&alpc_fs_type, &alpc_mnt, &alpc_mnt_count);
	if (ret)
		return ERR_PTR(ret);
	inode = new_inode(alpc_mnt->mnt_sb);
	if (!inode) {
		simple_release_fs(&alpc_mnt, &alpc_mnt_count);
		return ERR_PTR(-ENOMEM);
	}
	inode->i_ino = get_next_ino();
	inode->i_op = kind == ALPC_KIND_CONNECTION ? &alpc_port_iops :
						     &alpc_comm_iops;
	/*
	 * No path can open it, because the operations are the default ones. The
	 * type says least: AF_UNIX takes every S_IFSOCK for its own, loop
	 * devices take every S_IFREG, while a pipe is known by its operations.
	 */
	inode->i_mode = S_IFIFO | 0600;
	inode->i_uid = current_euid();
	inode->i_gid = current_egid();
	cache_no_acl(inode);
	simple_inode_init_ts(inode);
	return inode;
}

/**
 * alpc_inode_put() - release an inode and its hold on the mount
 * @inode: inode
 *
 * Context: may sleep.
 */
void alpc_inode_put(struct inode *inode)
{
	iput(inode);
	simple_release_fs(&alpc_mnt, &alpc_mnt_count);
}

/**
 * alpc_inode_file() - a file for a port
 * @inode: inode of the port, held by the caller
 * @name: what /proc/PID/fd shows
 * @flags: O_RDWR or O_RDONLY
 * @fops: operations
 * @data: private data
 *
 * Return: the file, or an error pointer.
 */
struct file *alpc_inode_file(struct inode *inode, const char *name, int flags,
			     const struct file_operations *fops, void *data)
{
	struct file *file;

	/* The file's operations pin the module; closing it releases this. */
	__module_get(THIS_MODULE);
	ihold(inode);
	file = alloc_file_pseudo(inode, alpc_mnt, name, flags, fops);
	if (IS_ERR(file)) {
		iput(inode);
		module_put(THIS_MODULE);
		return file;
	}
	file->private_data = data;
	return file;
}

/**
 * alpc_inode_may_connect() - may the calling thread connect to this port?
 * @inode: the port's inode
 *
 * The mode and the access list are looked at together: in between, while they are
 * changed, a list's mask would pass for the rights of the group.
 *
 * Context: may sleep.
 *
 * Return: 0 or -EACCES, or what a security module says.
 */
int alpc_inode_may_connect(struct inode *inode)
{
	int ret;

	inode_lock_shared(inode);
	ret = inode_permission(&nop_mnt_idmap, inode, MAY_WRITE);
	inode_unlock_shared(inode);
	return ret;
}

/**
 * alpc_file_is_ours() - is it one of our ports or sections?
 * @file: file
 */
bool alpc_file_is_ours(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == ALPC_FS_MAGIC;
}
