// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many messages in one call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * A few messages at a time go through the steps of a transfer together. What has to
 * wait - for room, or for the first message to receive - goes through them alone.
 */
#include "vector.h"

#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "clist.h"
#include "deliver.h"
#include "parcel.h"
#include "pool.h"
#include "reply.h"
#include "trace.h"
#include "transfer.h"

#define ALPC_VECTOR_FLAGS	(ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE | \
				 ALPC_TRANSFER_DONTWAIT | ALPC_TRANSFER_ABSTIME)

/**
 * struct alpc_outgoing - a message of a vector between its preparation and its end
 * @m: as &alpc_op.m, or NULL once it is not ours any more
 * @answer: as &alpc_op.answer
 * @id: as &alpc_msg.id
 * @out_id: for &alpc_vector_send.out_id
 * @len: as &alpc_msg.len
 * @flags: as &alpc_msg.flags
 * @error: result: 0 or a negative errno
 */
struct alpc_outgoing {
	struct alpc_message *m;
	void *answer;
	u64 id;
	u64 out_id;
	u32 len;
	u16 flags;
	int error;
};

/**
 * struct alpc_batch - messages of a vector that are sent together
 * @op: the transfer that does it
 * @user: where the first of them is
 * @count: how many were prepared, or failed to be
 * @done: how many of those were dealt with
 * @error: what ends the call, or 0
 * @replies: they are replies and releases, else new messages
 * @fallback: the port at the other end has a completion list
 * @pool: messages to use again
 * @out: them
 */
struct alpc_batch {
	struct alpc_op *op;
	struct alpc_vector_send __user *user;
	unsigned int count;
	unsigned int done;
	int error;
	bool replies;
	bool fallback;
	struct alpc_message *pool;
	struct alpc_outgoing out[ALPC_BATCH];
};

static bool alpc_is_reply(const struct alpc_msg *msg)
{
	return msg->flags & (ALPC_SEND_REPLY | ALPC_SEND_RELEASE);
}

/**
 * alpc_vector_read() - read a message of a vector
 * @op: transfer that gets it, and whether it brings more than data
 * @u: where it is
 *
 * If it brings more it is read again, as a whole; what counts then is what was read
 * last.
 *
 * Return: 0 or -EFAULT.
 */
int alpc_vector_read(struct alpc_op *op,
		     const struct alpc_vector_send __user *u)
{
	struct alpc_msg *send = &op->x->send;
	u64 brings, word;

	BUILD_BUG_ON(offsetof(struct alpc_msg, attrs_len) + sizeof(word) !=
		     sizeof(*send));
	if (!user_read_access_begin(u, sizeof(*u)))
		return -EFAULT;
	unsafe_get_user(brings, &u->msg.view_offset, fault);
	unsafe_get_user(word, &u->msg.view_len, fault);
	brings |= word;
	unsafe_get_user(word, (const u64 __user *)&u->msg.section, fault);
	brings |= word;
	unsafe_get_user(word, &u->msg.attrs, fault);
	brings |= word;
	unsafe_get_user(word, (const u64 __user *)&u->msg.attrs_len, fault);
	brings |= word;
	unsafe_get_user(send->id, &u->msg.id, fault);
	unsafe_get_user(send->cookie, &u->msg.cookie, fault);
	unsafe_get_user(send->data, &u->msg.data, fault);
	unsafe_get_user(send->len, &u->msg.len, fault);
	unsafe_get_user(send->type, &u->msg.type, fault);
	unsafe_get_user(send->flags, &u->msg.flags, fault);
	unsafe_get_user(op->x->recv.len, &u->room, fault);
	user_read_access_end();
	op->brings = false;
	if (likely(!brings))
		return 0;
	if (copy_from_user(send, &u->msg, sizeof(*send)))
		return -EFAULT;
	op->brings = alpc_msg_brings(send);
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/* A datagram without anything beside its data, and a message to put it into. */
static bool alpc_batch_is_plain(const struct alpc_batch *b)
{
	const struct alpc_op *op = b->op;
	const struct alpc_msg *send = &op->x->send;

	return b->pool && !op->brings && !(send->flags | send->type) &&
	       !send->id &&
	       send->len <= min(op->end->port->max_message, ALPC_MESSAGE_INLINE);
}

static int alpc_batch_prepare_one(struct alpc_batch *b,
				  struct alpc_outgoing *out)
{
	struct alpc_op *op = b->op;
	struct alpc_message *m;
	int ret;

	op->m = NULL;
	op->answer = NULL;
	if (likely(alpc_batch_is_plain(b))) {
		m = b->pool;
		b->pool = m->next;
		alpc_message_renew(m);
		ret = alpc_send_fill(op, m);
	} else {
		ret = alpc_op_check(op->end, op->x, op->brings) ?:
		      alpc_op_prepare(op);
	}
	out->m = op->m;
	out->answer = op->answer;
	return ret;
}

/*
 * Prepare up to so many messages, of one sort: replies never end the call, so none
 * that was claimed is left when a new message does.
 */
static void alpc_batch_prepare(struct alpc_batch *b, unsigned int count)
{
	const struct alpc_msg *send = &b->op->x->send;
	struct alpc_outgoing *out;
	int ret;

	while (b->count < count && !b->error) {
		ret = alpc_vector_read(b->op, &b->user[b->count]);
		if (unlikely(ret)) {
			b->error = ret;
			return;
		}
		if (!b->count)
			b->replies = alpc_is_reply(send);
		else if (alpc_is_reply(send) != b->replies)
			return;
		out = &b->out[b->count++];
		out->m = NULL;
		out->answer = NULL;
		out->id = send->id;
		out->out_id = 0;
		out->len = send->len;
		out->flags = send->flags;
		if (unlikely(b->fallback && !b->replies && !b->op->brings))
			out->flags |= ALPC_SEND_FALLBACK;
		out->error = alpc_batch_prepare_one(b, out);
		if (unlikely(out->error) && !b->replies)
			b->error = out->error;
	}
}

static void alpc_batch_select(struct alpc_batch *b,
			      const struct alpc_outgoing *out)
{
	struct alpc_op *op = b->op;

	op->sent = false;
	op->m = out->m;
	op->answer = out->answer;
	op->x->send.id = out->id;
	op->x->send.len = out->len;
	op->x->send.flags = out->flags;
	op->x->out_id = 0;
}

/* Whatever became of it: a message that was sent is not ours any more. */
static void alpc_batch_deselect(struct alpc_batch *b, struct alpc_outgoing *out,
				int error)
{
	struct alpc_op *op = b->op;

	out->error = error;
	out->out_id = op->x->out_id;
	out->answer = op->answer;
	if (op->sent)
		out->m = NULL;
	op->m = NULL;
}

/* Under the lock: send until something has to be done without it. */
static int alpc_batch_commit(struct alpc_batch *b)
{
	struct alpc_op *op = b->op;
	struct alpc_outgoing *out;
	int ret;

	while (b->done < b->count) {
		out = &b->out[b->done];
		if (!out->error) {
			alpc_batch_select(b, out);
			ret = alpc_op_commit_send(op);
			if (ret == -EAGAIN)
				return ret;
			alpc_batch_deselect(b, out, ret);
		}
		b->done++;
		if (out->error && !b->replies)
			return out->error;
		if (unlikely(op->spent.any))
			return 0;
	}
	return 0;
}

static int alpc_batch_commit_unlocked(struct alpc_batch *b)
{
	struct alpc_op *op = b->op;
	int ret;

	op->wake.task = NULL;
	op->dontwait = true;
	rcu_read_lock();
	spin_lock(&op->end->port->lock);
	ret = alpc_batch_commit(b);
	spin_unlock(&op->end->port->lock);
	alpc_wake_flush(&op->wake);
	rcu_read_unlock();
	if (unlikely(op->spent.any))
		alpc_spent_drop(&op->spent);
	return ret;
}

/* A message without room: wait for that. */
static int alpc_batch_wait(struct alpc_batch *b, bool dontwait)
{
	struct alpc_outgoing *out = &b->out[b->done];
	struct alpc_op *op = b->op;
	int ret;

	alpc_batch_select(b, out);
	op->dontwait = dontwait;
	ret = alpc_op_run(op);
	if (ret == -ERESTARTSYS && b->done)
		ret = -EINTR;
	alpc_batch_deselect(b, out, ret);
	b->done++;
	return ret;
}

static void alpc_batch_send(struct alpc_batch *b, bool dontwait)
{
	int ret = 0;

	while (!ret && b->done < b->count) {
		ret = alpc_batch_commit_unlocked(b);
		if (ret == -EAGAIN)
			ret = alpc_batch_wait(b, dontwait);
	}
	if (ret)
		b->error = ret;
}

/* Release what was prepared and not sent. */
static void alpc_batch_abort(struct alpc_batch *b)
{
	struct alpc_op *op = b->op;
	unsigned int i;

	for (i = 0; i < b->count; i++) {
		if (likely(!b->out[i].m))
			continue;
		alpc_batch_select(b, &b->out[i]);
		alpc_op_abort(op);
	}
	op->m = NULL;
	op->sent = false;
	if (b->pool)
		alpc_pool_give(op->end->pool, b->pool);
}

static int alpc_batch_report(const struct alpc_batch *b)
{
	const struct alpc_outgoing *out = b->out;
	const struct alpc_outgoing *end = out + b->done;
	struct alpc_vector_send __user *u = b->user;

	if (out == end)
		return 0;
	if (!user_write_access_begin(u, b->done * sizeof(*u)))
		return -EFAULT;
	for (; out < end; out++, u++) {
		unsafe_put_user(-out->error, &u->out_error, fault);
		unsafe_put_user(out->out_id, &u->out_id, fault);
	}
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/* Send some more. Return: 0, or what ends the call. */
static noinline int alpc_vector_send_some(struct alpc_op *op,
					  struct alpc_vector *v, bool dontwait)
{
	unsigned int count = min(v->send_count - v->out_sent, ALPC_BATCH);
	struct alpc_vector_send __user *user = u64_to_user_ptr(v->send);
	struct alpc_batch b __uninitialized;
	int ret;

	b.op = op;
	b.user = user + v->out_sent;
	b.count = 0;
	b.done = 0;
	b.error = 0;
	b.fallback = op->end->conn && alpc_clist_of(op->end->outbox);
	b.pool = NULL;
	if (op->end->pool)
		b.pool = alpc_pool_take(op->end->pool, count);
	alpc_batch_prepare(&b, count);
	alpc_batch_send(&b, dontwait);
	alpc_batch_abort(&b);
	v->out_sent += b.done;
	ret = alpc_batch_report(&b);
	return b.error ?: ret;
}

static int alpc_vector_send(struct alpc_op *op, struct alpc_vector *v,
			    bool dontwait)
{
	u32 before;
	int ret = 0;

	/* Without it everything works, and costs more. */
	if (op->end->conn)
		alpc_pool_make(op->end);
	op->x->flags = ALPC_TRANSFER_SEND;
	while (!ret && v->out_sent < v->send_count) {
		if (unlikely(op->end->conn && alpc_clist_of(op->end->outbox))) {
			before = v->out_sent;
			ret = alpc_clist_send_some(op, v);
			if (v->out_sent != before)
				continue;
		}
		if (!ret)
			ret = alpc_vector_send_some(op, v, dontwait);
	}
	return ret;
}

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
	if (!user_write_access_begin(u, sizeof(*u)))
		return -EFAULT;
	unsafe_put_user(d->id, &u->id, fault);
	unsafe_put_user(d->context, &u->context, fault);
	unsafe_put_user(d->cookie, &u->cookie, fault);
	unsafe_put_user(d->len, &u->len, fault);
	unsafe_put_user(d->type, &u->type, fault);
	unsafe_put_user(d->flags, &u->flags, fault);
	unsafe_put_user(ids.pid, &u->pid, fault);
	unsafe_put_user(ids.tid, &u->tid, fault);
	unsafe_put_user(ids.uid, &u->uid, fault);
	unsafe_put_user(ids.gid, &u->gid, fault);
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
	return !d->kept && d->type <= ALPC_CONNECTION_REQUEST &&
	       READ_ONCE(d->msg->from->pool);
}

/*
 * The receiver has what it was handed. The end that messages go back to is part of
 * the connection, so that is let go last.
 */
static void alpc_deliveries_done(struct alpc_delivery *d, unsigned int count)
{
	struct alpc_message *m, *messages = NULL;
	struct alpc_end *from = NULL;
	unsigned int i;

	for (i = 0; i < count; i++) {
		m = d[i].msg;
		if (!alpc_delivery_is_pooled(&d[i])) {
			alpc_deliver_done(&d[i]);
			d[i].conn = NULL;
			continue;
		}
		if (from && from != m->from) {
			alpc_pool_give(from->pool, messages);
			messages = NULL;
		}
		from = m->from;
		if (alpc_message_reset(m)) {
			m->next = messages;
			messages = m;
		} else {
			alpc_message_put(m);
		}
	}
	if (from)
		alpc_pool_give(from->pool, messages);
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

/* Receive some more that are there. Return: true if there may be others. */
static noinline bool alpc_vector_receive_some(struct alpc_end *end,
					      struct alpc_vector *v)
{
	unsigned int count = min(v->recv_count - v->out_received, ALPC_BATCH);
	struct alpc_msg __user *u = u64_to_user_ptr(v->recv);
	struct alpc_delivery d[ALPC_BATCH] __uninitialized;
	struct alpc_buffer buf[ALPC_BATCH] __uninitialized;
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
		alpc_deliver_undo(end, &d[--taken], false);
	alpc_deliveries_done(d, done);
	return done == count;
}

/* Receive one message, which is waited for. */
static int alpc_vector_receive_first(struct alpc_op *op, struct alpc_vector *v)
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
			alpc_deliver_undo(op->end, &op->w.delivery, false);
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

static int alpc_vector_receive(struct alpc_op *op, struct alpc_vector *v)
{
	int ret = alpc_vector_receive_first(op, v);

	if (ret)
		return ret;
	while (alpc_vector_receive_some(op->end, v))
		;
	return 0;
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
