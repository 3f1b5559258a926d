// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many messages in one call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "vector.h"

#include "clist.h"
#include "pool.h"
#include "transfer.h"

#define ALPC_VECTOR_FLAGS	(ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE | \
				 ALPC_TRANSFER_DONTWAIT | ALPC_TRANSFER_ABSTIME)

static int alpc_vector_send(struct alpc_op *op, struct alpc_vector *v,
			    bool dontwait)
{
	/* Without memory for a pool everything works, and costs more. */
	bool pool = op->end->conn && alpc_pool_make(op->end);
	u32 before;
	int ret = 0;

	op->x->flags = ALPC_TRANSFER_SEND;
	while (!ret && v->out_sent < v->send_count) {
		before = v->out_sent;
		if (unlikely(op->end->conn && alpc_clist_of(op->end->outbox)))
			ret = alpc_clist_send_some(op, v);
		else if (pool)
			ret = alpc_run_send(op->end, v);
		if (v->out_sent == before)
			ret = alpc_group_send(op, v, dontwait);
	}
	return ret;
}

/* Receive what is there. */
static void alpc_vector_receive_more(struct alpc_end *end,
				     struct alpc_vector *v)
{
	enum alpc_run run;

	do {
		run = alpc_run_receive(end, v);
		if (run == ALPC_RUN_OTHER && !alpc_group_receive(end, v))
			return;
	} while (run != ALPC_RUN_DONE);
}

static int alpc_vector_receive(struct alpc_op *op, struct alpc_vector *v)
{
	int ret;

	alpc_vector_receive_more(op->end, v);
	if (v->out_received)
		return 0;
	ret = alpc_group_receive_first(op, v);
	if (!ret)
		alpc_vector_receive_more(op->end, v);
	return ret;
}

static bool alpc_vector_count_is_good(u32 count, bool wanted)
{
	return wanted ? count && count <= ALPC_VECTOR_MAX : !count;
}

static int alpc_vector_check(const struct alpc_end *end,
			     const struct alpc_vector *v)
{
	bool send = v->flags & ALPC_TRANSFER_SEND;
	bool receive = v->flags & ALPC_TRANSFER_RECEIVE;

	if (v->flags & ~ALPC_VECTOR_FLAGS || !(send || receive) ||
	    !alpc_vector_count_is_good(v->send_count, send) ||
	    !alpc_vector_count_is_good(v->recv_count, receive))
		return -EINVAL;
	return receive && end->kind == ALPC_KIND_SERVER ? -EOPNOTSUPP : 0;
}

/**
 * alpc_vector() - send and receive several messages
 * @end: port
 * @v: argument; its outputs are written
 * @nonblock: the file is in non-blocking mode
 *
 * Return: 0 or an error of &struct alpc_vector; -ERESTARTSYS if nothing was done
 * and the call can be repeated.
 */
int alpc_vector(struct alpc_end *end, struct alpc_vector *v, bool nonblock)
{
	bool dontwait = nonblock || (v->flags & ALPC_TRANSFER_DONTWAIT);
	struct alpc_transfer x __uninitialized;
	struct alpc_op op __uninitialized;
	int ret;

	v->out_sent = 0;
	v->out_received = 0;
	alpc_op_init(&op, end, &x);
	ret = alpc_vector_check(end, v) ?:
	      alpc_deadline_init(&op.deadline, v->timeout,
				 v->flags & ALPC_TRANSFER_ABSTIME);
	if (ret)
		return ret;
	x.__reserved = 0;
	x.out_done = 0;
	if (v->flags & ALPC_TRANSFER_SEND) {
		ret = alpc_vector_send(&op, v, dontwait);
		if (ret)
			return ret;
	}
	op.dontwait = dontwait;
	return v->flags & ALPC_TRANSFER_RECEIVE ? alpc_vector_receive(&op, v) :
						  0;
}
