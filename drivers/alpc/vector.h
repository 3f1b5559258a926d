/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many messages in one call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_VECTOR_H
#define ALPC_VECTOR_H

#include <linux/errno.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <uapi/linux/alpc.h>

#include "ident.h"
#include "wait.h"

struct alpc_end;
struct alpc_op;

/**
 * DOC: Vectors
 *
 * Most of what vectors are used for is runs of plain messages: datagrams that bring
 * nothing but data. A run has nothing to decide for each message, so it goes through
 * the steps of a transfer as a whole (run_send.c, run_recv.c). It never waits and
 * never fails: it ends before whatever is no plain message, finds no room or has
 * an error in it.
 *
 * That is the business of a group: a few messages of any sort that go through the
 * transfer's own steps, which decide what becomes of each (group_send.c,
 * group_recv.c).
 */

/* Plain messages in a row: so many that they share the price of waking somebody. */
#define ALPC_RUN_MAX		32U

/* Messages of any sort: so few that their state fits on the stack. */
#define ALPC_GROUP_MAX		8U

/**
 * enum alpc_run - why a run has ended
 * @ALPC_RUN_FULL: it is as long as may be
 * @ALPC_RUN_DONE: there is nothing left
 * @ALPC_RUN_OTHER: what comes next is a group's business
 */
enum alpc_run {
	ALPC_RUN_FULL,
	ALPC_RUN_DONE,
	ALPC_RUN_OTHER,
};

/**
 * alpc_vector_describe() - say what was received
 * @u: where
 * @d: a message that brings nothing but its data
 * @ids: its sender, as the calling thread sees it
 *
 * Return: 0 or -EFAULT.
 */
static __always_inline int alpc_vector_describe(struct alpc_msg __user *u,
						const struct alpc_delivery *d,
						const struct alpc_ids *ids)
{
	if (!user_write_access_begin(u, sizeof(*u)))
		return -EFAULT;
	unsafe_put_user(d->id, &u->id, fault);
	unsafe_put_user(d->context, &u->context, fault);
	unsafe_put_user(d->cookie, &u->cookie, fault);
	unsafe_put_user(d->len, &u->len, fault);
	unsafe_put_user(d->type, &u->type, fault);
	unsafe_put_user(d->flags, &u->flags, fault);
	unsafe_put_user(ids->pid, &u->pid, fault);
	unsafe_put_user(ids->tid, &u->tid, fault);
	unsafe_put_user(ids->uid, &u->uid, fault);
	unsafe_put_user(ids->gid, &u->gid, fault);
	unsafe_put_user(d->seq, &u->seq, fault);
	unsafe_put_user(d->call, &u->call, fault);
	unsafe_put_user(0, &u->view_offset, fault);
	unsafe_put_user(0, &u->view_len, fault);
	unsafe_put_user(0, (u64 __user *)&u->section, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

enum alpc_run alpc_run_receive(struct alpc_end *end, struct alpc_vector *v);
int alpc_run_send(struct alpc_end *end, struct alpc_vector *v);

int alpc_group_read(struct alpc_op *op,
		    const struct alpc_vector_send __user *u);
int alpc_group_send(struct alpc_op *op, struct alpc_vector *v, bool dontwait);
int alpc_group_receive_first(struct alpc_op *op, struct alpc_vector *v);
bool alpc_group_receive(struct alpc_end *end, struct alpc_vector *v);

int alpc_vector(struct alpc_end *end, struct alpc_vector *v, bool nonblock);

#endif /* ALPC_VECTOR_H */
