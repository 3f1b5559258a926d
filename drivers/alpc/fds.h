/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that travel with a message.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_FDS_H
#define ALPC_FDS_H

#include <linux/types.h>
#include <uapi/linux/alpc.h>

struct alpc_end;
struct alpc_message;
struct alpc_user;
struct file;

/**
 * DOC: Descriptors
 *
 * Files are looked up in the sender's table when it sends, and travel as
 * references in the message. They are the message's until the receiver takes
 * them, whatever becomes of it: who drops the message drops them.
 *
 * What the receiver does not want leaves the message when the receiver has been
 * told of it; what is left gets its numbers then, and can be taken from then on,
 * so that no thread can take what the one that received does not know of yet. From
 * then on the receiver's user is charged for it, and no more the sender's: a
 * receiver that neither takes nor releases would otherwise use up what senders may
 * have on the way.
 *
 * Taking has two steps under the port's lock. The first one marks the files, so
 * that nobody else takes them; they are opened without the lock; the second one
 * removes them, or the marks if opening failed. In between the message can be
 * answered or released: the thread that opens has references of its own.
 */

/**
 * struct alpc_fd - a file on the way
 * @file: a reference, or NULL once it was taken
 * @kind: ALPC_FD_* bit
 * @taking: a thread is opening it
 */
struct alpc_fd {
	struct file *file;
	u16 kind;
	bool taking;
};

/**
 * struct alpc_fds - files on the way with a message
 * @user: who is charged; a reference
 * @count: length of @fd
 * @charged: how many are charged: those that were not taken
 * @kinds: all their kinds together
 * @offered: the receiver knows their numbers, and they can be taken
 * @fd: them
 *
 * Protected by the port's lock from sending on.
 */
struct alpc_fds {
	struct alpc_user *user;
	u32 count;
	u32 charged;
	u16 kinds;
	bool offered;
	struct alpc_fd *fd;
};

int alpc_fds_capture(struct alpc_fds *fds, const struct alpc_attrs *attrs);
int alpc_fds_fill(struct alpc_fds *fds, const s32 *numbers, u32 count);
void alpc_fds_drop(struct alpc_fds *fds);
int alpc_fds_count(struct alpc_end *end, struct alpc_message *m,
		   struct alpc_attrs *attrs, u32 *kinds);
void alpc_fds_select(struct alpc_end *end, struct alpc_message *m, u32 kinds);
int alpc_take_fds(struct alpc_end *end, const struct alpc_take_fds *arg);

int alpc_fd_kind(struct file *file);

#endif /* ALPC_FDS_H */
