/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many messages in one call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_VECTOR_H
#define ALPC_VECTOR_H

#include <linux/types.h>
#include <uapi/linux/alpc.h>

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

enum alpc_run alpc_run_receive(struct alpc_end *end, struct alpc_vector *v);
int alpc_run_send(struct alpc_end *end, struct alpc_vector *v);

int alpc_group_read(struct alpc_op *op,
		    const struct alpc_vector_send __user *u);
int alpc_group_send(struct alpc_op *op, struct alpc_vector *v, bool dontwait);
int alpc_group_receive_first(struct alpc_op *op, struct alpc_vector *v);
bool alpc_group_receive(struct alpc_end *end, struct alpc_vector *v);

int alpc_vector(struct alpc_end *end, struct alpc_vector *v, bool nonblock);

#endif /* ALPC_VECTOR_H */
