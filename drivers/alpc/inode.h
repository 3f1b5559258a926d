/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inodes and files behind the descriptors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_INODE_H
#define ALPC_INODE_H

#include <linux/fs.h>
#include <linux/types.h>

/**
 * DOC: Inodes
 *
 * A connection port has an inode of its own on a filesystem that is mounted
 * inside the kernel only. Its owner, group, mode and access list are the port's:
 * they are set with fchown(2), fchmod(2) and libacl, and connecting asks the kernel's permission
 * check for write access to it, as it does for a bound AF_UNIX socket.
 * The communication ports of its connections have no permissions; they share
 * another inode, which cannot be changed. Each section has one for the files of its
 * creator's side, whose mappings it finds; those of the other side use that of the
 * communication ports.
 *
 * The mount is pinned while ports or sections exist and not by the module itself, which
 * could otherwise never be unloaded.
 */

struct inode *alpc_inode_alloc(u8 kind);
void alpc_inode_put(struct inode *inode);
struct file *alpc_inode_file(struct inode *inode, const char *name, int flags,
			     const struct file_operations *fops, void *data);
int alpc_inode_may_connect(struct inode *inode);
bool alpc_file_is_ours(const struct file *file);

#endif /* ALPC_INODE_H */
