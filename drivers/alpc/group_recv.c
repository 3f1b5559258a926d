// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many messages in one call: receiving a group of any sort.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "vector.h"

#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "deliver.h"
#include "parcel.h"
#include "pool.h"
#include "trace.h"
#include "transfer.h"

/**
 * struct alpc_buffer - where a message is to be received
 * @data: as &alpc_msg.data
 * @attrs: as &alpc_msg.attrs
 * @len: as &alpc_msg.len
 * @attrs_len: as &alpc_msg.attrs_len
 * @reserve: as &alpc_msg.reserve
 */
struct alpc_buffer {
	u64 data;
	u64 attrs;
	u32 len;
	u32 attrs_len;
	u32 reserve;
};

static int alpc_buffers_read(struct alpc_buffer *buf, unsigned int count,
			     const struct alpc_msg __user *u)
{
	unsigned int i;

	if (!user_read_access_begin(u, count * sizeof(*u)))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		unsafe_get_user(buf[i].data, &u[i].data, fault);
		unsafe_get_user(buf[i].attrs, &u[i].attrs, fault);
		unsafe_get_user(buf[i].len, &u[i].len, fault);
		unsafe_get_user(buf[i].attrs_len, &u[i].attrs_len, fault);
		unsafe_get_user(buf[i].reserve, &u[i].reserve, fault);
	}
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

static int alpc_buffer_set(const struct alpc_buffer *buf, struct alpc_msg *recv)
{
	recv->data = buf->data;
	recv->attrs = buf->attrs;
	recv->len = buf->len;
	recv->attrs_len = buf->attrs_len;
	recv->reserve = buf->reserve;
	return alpc_msg_is_clean(recv) ? 0 : -EINVAL;
}

/* Describe a message that brings nothing but its data. */
static int alpc_receive_describe(const struct alpc_delivery *d,
				 struct alpc_msg __user *u)
{
	struct alpc_ids ids __uninitialized;

	alpc_ident_translate(d->from, &ids);
	return alpc_vector_describe(u, d, &ids);
}

/* Copy out a message that brings more, or whose receiver asks for more. */
static noinline int alpc_receive_parcel(struct alpc_end *end,
					struct alpc_delivery *d,
					const struct alpc_buffer *buf,
					struct alpc_msg __user *u)
{
	struct alpc_msg recv __uninitialized;
	u32 kinds = 0;
	int ret;

	ret = alpc_buffer_set(buf, &recv) ?:
	      alpc_op_copy_out(end, d, &recv, &kinds);
	if (ret)
		return ret;
	if (copy_to_user(u, &recv, sizeof(recv)))
		return -EFAULT;
	if (d->flags & ALPC_MSG_FDS)
		alpc_fds_select(end, d->msg, kinds);
	return 0;
}

/* Copy a message out. If that fails the caller undoes its delivery. */
static int alpc_receive_finish(struct alpc_end *end, struct alpc_delivery *d,
			       const struct alpc_buffer *buf,
			       struct alpc_msg __user *u)
{
	int ret;

	if (unlikely(buf->attrs | buf->attrs_len | buf->reserve | d->view_len ||
		     d->flags & ~ALPC_MSG_CALLBACK))
		return alpc_receive_parcel(end, d, buf, u);
	/* Who is being killed leaves the message to others. */
	if (unlikely(fatal_signal_pending(current)))
		return -EINTR;
	ret = alpc_copy_out(u64_to_user_ptr(buf->data), d->data, d->len);
	if (unlikely(ret))
		return ret;
	trace_alpc_receive(end, d);
	return alpc_receive_describe(d, u);
}

/* Can its message be used again for a vector of the end that it came through? */
static bool alpc_delivery_is_pooled(const struct alpc_delivery *d)
{
	return !d->kept && READ_ONCE(d->msg->from->pool);
}

/*
 * The receiver has what it was handed. The end that messages go back to is part of
 * the connection, so that is let go last.
 */
static void alpc_deliveries_done(struct alpc_delivery *d, unsigned int count)
{
	struct alpc_chain chain = {};
	struct alpc_end *from = NULL;
	struct alpc_message *m;
	unsigned int i;

	for (i = 0; i < count; i++) {
		m = d[i].msg;
		if (!alpc_delivery_is_pooled(&d[i])) {
			alpc_deliver_done(&d[i]);
			d[i].conn = NULL;
			continue;
		}
		if (from && from != m->from)
			alpc_pool_give(READ_ONCE(from->pool), &chain);
		from = m->from;
		if (alpc_message_reset(m))
			alpc_chain_add(&chain, m);
		else
			alpc_message_put(m);
	}
	if (from)
		alpc_pool_give(READ_ONCE(from->pool), &chain);
	for (i = 0; i < count; i++)
		if (d[i].conn)
			alpc_conn_put(d[i].conn);
}

/* Take up to so many messages that are there and fit. Return: how many. */
static unsigned int alpc_deliveries_take(struct alpc_end *end,
					 const struct alpc_buffer *buf,
					 struct alpc_delivery *d,
					 unsigned int count)
{
	struct alpc_queue *q = end->own;
	struct alpc_wake wake = {};
	unsigned int i;

	rcu_read_lock();
	spin_lock(&end->port->lock);
	for (i = 0; i < count; i++) {
		if (unlikely(q->unusual) && alpc_queue_check(q))
			break;
		if (alpc_queue_take(q, buf[i].len, &d[i], &wake))
			break;
	}
	spin_unlock(&end->port->lock);
	alpc_wake_flush(&wake);
	rcu_read_unlock();
	return i;
}

/**
 * alpc_group_receive() - receive a few more messages that are there
 * @end: port
 * @v: argument; &alpc_vector.out_received goes up by those that were received
 *
 * Return: true if there may be others.
 */
bool alpc_group_receive(struct alpc_end *end, struct alpc_vector *v)
{
	unsigned int count = min(v->recv_count - v->out_received, ALPC_GROUP_MAX);
	struct alpc_msg __user *u = u64_to_user_ptr(v->recv);
	struct alpc_delivery d[ALPC_GROUP_MAX] __uninitialized;
	struct alpc_buffer buf[ALPC_GROUP_MAX] __uninitialized;
	unsigned int taken, done = 0;

	u += v->out_received;
	if (!count || alpc_buffers_read(buf, count, u))
		return false;
	taken = alpc_deliveries_take(end, buf, d, count);
	while (done < taken &&
	       !alpc_receive_finish(end, &d[done], &buf[done], &u[done]))
		done++;
	v->out_received += done;
	/* The last one first, so that each finds its place. */
	while (unlikely(taken > done))
		alpc_deliver_undo(end, &d[--taken], ALPC_UNDO_RECEIVED);
	alpc_deliveries_done(d, done);
	return done == count;
}

/**
 * alpc_group_receive_first() - receive one message, which is waited for
 * @op: transfer that does it
 * @v: argument; &alpc_vector.out_received becomes 1
 *
 * Return: 0 or an error of &struct alpc_vector; -ERESTARTSYS if nothing was done.
 */
int alpc_group_receive_first(struct alpc_op *op, struct alpc_vector *v)
{
	struct alpc_msg __user *u = u64_to_user_ptr(v->recv);
	struct alpc_transfer *x = op->x;
	struct alpc_buffer buf;
	int ret;

	ret = alpc_buffers_read(&buf, 1, u) ?: alpc_buffer_set(&buf, &x->recv);
	if (ret)
		return ret;
	x->flags = ALPC_TRANSFER_RECEIVE;
	/* So that a signal does not make it begin again. */
	op->sent = v->out_sent;
	ret = alpc_op_run(op);
	if (!ret) {
		ret = alpc_receive_finish(op->end, &op->w.delivery, &buf, u);
		if (unlikely(ret))
			alpc_deliver_undo(op->end, &op->w.delivery, ALPC_UNDO_RECEIVED);
	}
	if (unlikely(ret)) {
		if (ret == -EMSGSIZE && put_user(x->recv.len, &u->len))
			ret = -EFAULT;
		return ret;
	}
	alpc_deliveries_done(&op->w.delivery, 1);
	v->out_received = 1;
	return 0;
}

