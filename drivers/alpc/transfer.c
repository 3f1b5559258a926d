// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one operation that moves messages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "transfer.h"

#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "cancel.h"
#include "clist.h"
#include "completion.h"
#include "deliver.h"
#include "parcel.h"
#include "trace.h"

#define ALPC_TRANSFER_PARTS	(ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE | \
				 ALPC_TRANSFER_WAIT)
#define ALPC_TRANSFER_FLAGS	(ALPC_TRANSFER_PARTS | \
				 ALPC_TRANSFER_DONTWAIT | \
				 ALPC_TRANSFER_ABSTIME)

/* To give back it takes the id and nothing else. */
static bool alpc_release_is_clean(const struct alpc_transfer *x, bool brings)
{
	return !(x->flags & ALPC_TRANSFER_WAIT) && !x->send.len && !brings;
}

/* A reply needs no reserve, as its request's memory is there for it. */
static bool alpc_send_is_clean(const struct alpc_msg *send)
{
	return !send->attrs == !send->attrs_len &&
	       !(send->reserve &&
		 send->flags & (ALPC_SEND_REPLY | ALPC_SEND_RELEASE));
}

/* What is to be sent makes sense, and does so on this kind of port. */
static __always_inline int
alpc_check_send(const struct alpc_end *end, const struct alpc_transfer *x,
		bool brings)
{
	const struct alpc_msg *send = &x->send;

	if (send->type || (unlikely(brings) && !alpc_send_is_clean(send)))
		return -EINVAL;
	switch (send->flags) {
	case ALPC_SEND_REPLY:
	case ALPC_SEND_CALLBACK:
		return 0;
	case ALPC_SEND_RELEASE:
		return alpc_release_is_clean(x, brings) ? 0 : -EINVAL;
	case 0:
		if (x->flags & ALPC_TRANSFER_WAIT)
			return -EINVAL;
		fallthrough;
	case ALPC_SEND_REQUEST:
		if (send->id)
			return -EINVAL;
		return end->conn ? 0 : -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

static __always_inline int
alpc_check(const struct alpc_end *end, const struct alpc_transfer *x, bool brings)
{
	u32 flags = x->flags;

	if (flags & ~ALPC_TRANSFER_FLAGS || !(flags & ALPC_TRANSFER_PARTS) ||
	    x->__reserved)
		return -EINVAL;
	if (flags & (ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_WAIT)) {
		if (!alpc_msg_is_clean(&x->recv))
			return -EINVAL;
		if ((flags & ALPC_TRANSFER_RECEIVE) &&
		    (flags & ALPC_TRANSFER_WAIT))
			return -EINVAL;
	}
	if ((flags & ALPC_TRANSFER_RECEIVE) && end->kind == ALPC_KIND_SERVER)
		return -EOPNOTSUPP;
	return flags & ALPC_TRANSFER_SEND ? alpc_check_send(end, x, brings) : 0;
}

/* Take the first message, or begin to wait for one. */
static __always_inline int alpc_receive(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_queue *q = end->own;
	int ret;

	if (unlikely(q->unusual)) {
		ret = alpc_queue_check(q);
		if (ret)
			return ret;
	}
	ret = alpc_queue_take(q, op->w.room, &op->w.delivery, &op->wake);
	if (ret == -EMSGSIZE)
		op->x->recv.len = op->w.delivery.len;
	if (ret != -EAGAIN)
		return ret;
	if (end->conn && end->conn->state != ALPC_STATE_OPEN &&
	    end->conn->state != ALPC_STATE_CONNECTING)
		return end->conn->error;
	if (op->dontwait)
		return -EAGAIN;
	if (alpc_deadline_passed(&op->deadline))
		return -ETIMEDOUT;
	hlist_add_head(&op->w.receiver, &q->receivers);
	return -EINPROGRESS;
}

static __always_inline int alpc_commit_send(struct alpc_op *op)
{
	int ret;

	if (op->x->send.flags == ALPC_SEND_REPLY)
		ret = alpc_reply_commit(op);
	else if (unlikely(op->x->send.flags == ALPC_SEND_RELEASE))
		ret = alpc_release_commit(op);
	else
		ret = alpc_send_commit(op);
	if (!ret) {
		op->sent = true;
		op->x->out_done |= ALPC_DONE_SENT;
	}
	return ret;
}

/*
 * Under the lock: send, and begin to wait. Return: 0 if everything is done,
 * -EINPROGRESS if the thread is to wait, or an error.
 */
static __always_inline int alpc_commit(struct alpc_op *op)
{
	u32 flags = op->x->flags;
	int ret;

	if ((flags & ALPC_TRANSFER_SEND) && !op->sent) {
		ret = alpc_commit_send(op);
		if (ret)
			return ret;
	}
	if (flags & ALPC_TRANSFER_RECEIVE)
		return alpc_receive(op);
	if (!(flags & ALPC_TRANSFER_WAIT))
		return 0;
	return op->call ? -EINPROGRESS : alpc_call_resume(op);
}

static __always_inline int alpc_commit_and_spin(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	int ret;

	alpc_waiter_init(&op->w, op->x->recv.len);
	op->blocked = false;
	op->wake.task = NULL;
	op->peer = NULL;
	rcu_read_lock();
	spin_lock(&end->port->lock);
	ret = alpc_commit(op);
	spin_unlock(&end->port->lock);
	alpc_wake_flush(&op->wake);
	if (ret == -EINPROGRESS && op->peer)
		alpc_spin_wait(&op->w, op->peer, &end->spin);
	rcu_read_unlock();
	if (unlikely(op->spent.any))
		alpc_spent_drop(&op->spent);
	return ret;
}

static void alpc_call_canceled(struct alpc_op *op, bool unseen)
{
	op->x->out_done |= ALPC_DONE_CANCELED;
	if (unseen)
		op->x->out_done &= ~ALPC_DONE_SENT;
}

/* A call gives up. Return: true if nobody has seen the request. */
static bool alpc_give_up_call(struct alpc_op *op, struct alpc_work *work)
{
	bool unseen = alpc_call_cancel(op->call, work);

	alpc_call_canceled(op, unseen);
	return unseen;
}

/*
 * The time is over, or a signal came. If the result has come meanwhile it
 * counts, else the thread is taken out of what it waited in.
 */
static int alpc_give_up(struct alpc_op *op, int error)
{
	struct alpc_port *port = op->end->port;
	bool effect = op->sent;
	struct alpc_work work;

	alpc_work_begin(&work, port);
	if (alpc_waiter_is_done(&op->w)) {
		error = op->w.error;
		effect = true;
	} else if (op->by_id) {
		op->call->caller = NULL;
	} else if (op->call) {
		effect = !alpc_give_up_call(op, &work);
	} else if (op->blocked) {
		list_del(&op->w.node);
		list_del(&op->w.blocked);
	} else {
		hlist_del(&op->w.receiver);
	}
	alpc_work_end(&work, port);
	if (error == -EINTR && !effect)
		error = alpc_interrupted(&op->deadline);
	return error;
}

/* What else is to be said of a wait that ended with an error. */
static noinline void alpc_wait_failed(struct alpc_op *op, int error)
{
	if (error == -EMSGSIZE)
		op->x->recv.len = op->w.delivery.len;
	else if (error == -ECANCELED && !op->by_id)
		alpc_call_canceled(op, op->w.unseen);
	else if (error == -ENOMSG && fatal_signal_pending(current))
		alpc_clist_pass_on(op->end);
}

static __always_inline int alpc_wait(struct alpc_op *op)
{
	int ret = alpc_sleep(&op->w, &op->deadline);

	if (unlikely(ret))
		ret = alpc_give_up(op, ret);
	else
		ret = op->w.error;
	if (unlikely(ret))
		alpc_wait_failed(op, ret);
	return ret;
}

/* Send and wait; then the delivery is there, if one was asked for. */
static __always_inline int alpc_run(struct alpc_op *op)
{
	int ret;

	for (;;) {
		ret = alpc_commit_and_spin(op);
		if (ret != -EINPROGRESS) {
			if (likely(ret != -ESTALE))
				return ret;
			ret = alpc_send_prepare_again(op);
			if (ret)
				return ret;
			continue;
		}
		ret = alpc_wait(op);
		if (ret || !op->blocked)
			return ret;
		/* There is room, and it is charged to this message. */
		op->m->charged = true;
	}
}

static __always_inline int alpc_prepare(struct alpc_op *op)
{
	if (!(op->x->flags & ALPC_TRANSFER_SEND) ||
	    op->x->send.flags == ALPC_SEND_RELEASE)
		return 0;
	if (op->x->send.flags == ALPC_SEND_REPLY)
		return alpc_reply_prepare(op);
	return alpc_send_prepare(op);
}

/* Release what was prepared and not sent. */
static __always_inline void alpc_abort(struct alpc_op *op)
{
	if (!op->m || op->sent)
		return;
	if (op->x->send.flags == ALPC_SEND_REPLY) {
		alpc_answer_free(op->answer);
		if (op->m->parcel)
			alpc_parcel_drop_answer(op->m);
		alpc_message_put(op->m);
	} else {
		alpc_send_abort(op);
	}
}

static __always_inline void alpc_fill(struct alpc_msg *msg, const struct alpc_delivery *d)
{
	struct alpc_ids ids __uninitialized;

	alpc_ident_translate(d->from, &ids);
	msg->id = d->id;
	msg->context = d->context;
	msg->cookie = d->cookie;
	msg->len = d->len;
	msg->type = d->type;
	msg->flags = d->flags;
	msg->pid = ids.pid;
	msg->tid = ids.tid;
	msg->uid = ids.uid;
	msg->gid = ids.gid;
	msg->seq = d->seq;
	msg->call = d->call;
	msg->view_len = d->view_len;
	msg->view_offset = 0;
	msg->section = 0;
	msg->view_flags = 0;
	if (unlikely(d->view_len)) {
		msg->view_offset = d->view_offset;
		msg->section = d->section;
		msg->view_flags = d->view_flags;
	}
}

static int alpc_report(const struct alpc_transfer *x,
		       struct alpc_transfer __user *ux)
{
	BUILD_BUG_ON(offsetof(struct alpc_transfer, recv) !=
		     offsetof(struct alpc_transfer, out_id) + 16);
	return copy_to_user(&ux->out_id, &x->out_id,
			    sizeof(*x) - offsetof(struct alpc_transfer, out_id)) ?
	       -EFAULT : 0;
}

/*
 * Say how far a transfer was that has received nothing. What it has sent stays sent, even
 * if that cannot be said: of all copies of a transfer the only one behind an effect, so it has a
 * name by which those who make copies fail can leave it out.
 */
static noinline int alpc_report_end(const struct alpc_transfer *x,
				    struct alpc_transfer __user *ux, int ret)
{
	return alpc_report(x, ux) ?: ret;
}

static __always_inline int
alpc_copy_delivery(struct alpc_end *end, const struct alpc_delivery *d,
		   struct alpc_msg *recv, u32 *kinds)
{
	int ret;

	/* Who is being killed leaves the message to others. */
	if (unlikely(fatal_signal_pending(current)))
		return -EINTR;
	if (unlikely(d->len > recv->len)) {
		recv->len = d->len;
		return -EMSGSIZE;
	}
	ret = alpc_copy_out(u64_to_user_ptr(recv->data), d->data, d->len);
	if (unlikely(ret))
		return ret;
	trace_alpc_receive(end, d);
	alpc_fill(recv, d);
	if (unlikely(recv->attrs ||
		     d->flags & (ALPC_MSG_RANGES | ALPC_MSG_FDS |
				 ALPC_MSG_SECURITY)))
		return alpc_parcel_unpack(end, d, recv, kinds);
	return 0;
}

/* Where it goes if it cannot be copied out. */
static enum alpc_undo alpc_op_undo(const struct alpc_op *op)
{
	if (!(op->x->flags & ALPC_TRANSFER_WAIT))
		return ALPC_UNDO_RECEIVED;
	return op->by_id ? ALPC_UNDO_REPLY : ALPC_UNDO_CALL;
}

/* Copy out what was received; if that fails it is as if it had not been. */
static int alpc_finish(struct alpc_op *op, struct alpc_transfer __user *ux)
{
	struct alpc_delivery *d = &op->w.delivery;
	struct alpc_transfer *x = op->x;
	u32 kinds = 0;
	int ret;

	ret = alpc_copy_delivery(op->end, d, &x->recv, &kinds);
	if (unlikely(ret))
		goto undo;
	x->out_done |= ALPC_DONE_RECEIVED;
	ret = alpc_report(x, ux);
	if (unlikely(ret))
		goto undo;
	if (unlikely(d->flags & ALPC_MSG_FDS))
		alpc_fds_select(op->end, d->msg, kinds);
	alpc_deliver_done(d);
	return 0;

undo:
	x->out_done &= ~ALPC_DONE_RECEIVED;
	alpc_deliver_undo(op->end, d, alpc_op_undo(op));
	return ret;
}

/**
 * alpc_op_note_grant() - the calling thread's memory can be touched
 * @op: transfer
 * @m: message of its call, with ranges
 *
 * It does not return to user space before that has ended, or the call is without
 * a thread while that handles a callback.
 */
void alpc_op_note_grant(struct alpc_op *op, struct alpc_message *m)
{
	refcount_inc(&m->ref);
	op->granted = m;
}

static void alpc_op_end_grant(struct alpc_op *op)
{
	struct alpc_message *m = op->granted;
	bool over;

	spin_lock(&op->end->port->lock);
	over = m->state != ALPC_MSG_PENDING;
	spin_unlock(&op->end->port->lock);
	if (over)
		alpc_grant_wait(&m->parcel->grant);
	alpc_message_put(m);
}

/**
 * alpc_receive_switch() - let threads receive from a port, or not
 * @end: port that receives
 * @on: they may
 */
void alpc_receive_switch(struct alpc_end *end, bool on)
{
	struct alpc_work work;

	alpc_work_begin(&work, end->port);
	if (on) {
		end->own->unusual &= ~ALPC_QUEUE_STOPPED;
	} else {
		end->own->unusual |= ALPC_QUEUE_STOPPED;
		alpc_queue_fail_receivers(end->own, -ESHUTDOWN, &work.wake);
		if (end->own->binding)
			alpc_binding_look(end->own->binding);
	}
	alpc_work_end(&work, end->port);
}

static __always_inline void alpc_begin(struct alpc_op *op, struct alpc_end *end,
				       struct alpc_transfer *x)
{
	op->end = end;
	op->x = x;
	op->sent = false;
	op->by_id = false;
	op->plain = false;
	op->m = NULL;
	op->answer = NULL;
	op->call = NULL;
	op->granted = NULL;
	op->spent.any = false;
	op->w.delivery.msg = NULL;
}

/*
 * The steps of a transfer for who makes it up of them (vector.c). A transfer has
 * them inline.
 */

/* Does it make sense, and does so on this kind of port? */
int alpc_op_check(const struct alpc_end *end, const struct alpc_transfer *x,
		  bool brings)
{
	return alpc_check(end, x, brings);
}

/* Everything but the deadline, @brings and @dontwait. Nothing goes into a list. */
void alpc_op_init(struct alpc_op *op, struct alpc_end *end,
		  struct alpc_transfer *x)
{
	alpc_begin(op, end, x);
	op->plain = true;
}

/* Fill the message to send, or claim the request to answer. */
int alpc_op_prepare(struct alpc_op *op)
{
	return alpc_prepare(op);
}

/* Under the lock: send what was prepared. */
int alpc_op_commit_send(struct alpc_op *op)
{
	return alpc_commit_send(op);
}

/* Send what was prepared, wait and receive. */
int alpc_op_run(struct alpc_op *op)
{
	return alpc_run(op);
}

/* Release what was prepared and not sent. */
void alpc_op_abort(struct alpc_op *op)
{
	alpc_abort(op);
}

/**
 * alpc_op_copy_out() - copy out what was received
 * @end: port
 * @d: what was received
 * @recv: its buffers; filled in
 * @kinds: for alpc_fds_select()
 *
 * Return: 0 or an error; then the caller undoes the delivery. -EMSGSIZE with the
 * length needed in @recv.
 */
int alpc_op_copy_out(struct alpc_end *end, const struct alpc_delivery *d,
		     struct alpc_msg *recv, u32 *kinds)
{
	return alpc_copy_delivery(end, d, recv, kinds);
}

/* Read the argument. */
static __always_inline int alpc_transfer_get(struct alpc_transfer *x,
					     const struct alpc_transfer __user *ux)
{
	u32 usize;

	if (get_user(usize, &ux->size))
		return -EFAULT;
	if (likely(usize == sizeof(*x)))
		return copy_from_user(x, ux, sizeof(*x)) ? -EFAULT : 0;
	return alpc_arg_get(x, sizeof(*x),
			    offsetofend(struct alpc_transfer, recv), usize, ux);
}

/**
 * alpc_transfer() - send, receive, or both
 * @end: port
 * @ux: argument; its outputs are written if it could be read
 * @nonblock: the file is in non-blocking mode
 *
 * Return: 0 or an error of &struct alpc_transfer; -ERESTARTSYS if nothing was
 * done and the call can be repeated.
 */
long alpc_transfer(struct alpc_end *end, struct alpc_transfer __user *ux,
		   bool nonblock)
{
	struct alpc_transfer x __uninitialized;
	struct alpc_op op __uninitialized;
	int ret;

	ret = alpc_transfer_get(&x, ux);
	if (unlikely(ret))
		return ret;
	x.out_id = 0;
	x.out_done = 0;
	op.brings = x.flags & ALPC_TRANSFER_SEND && alpc_msg_brings(&x.send);
	ret = alpc_check(end, &x, op.brings) ?:
	      alpc_deadline_init(&op.deadline, x.timeout,
				 x.flags & ALPC_TRANSFER_ABSTIME);
	if (unlikely(ret))
		return alpc_report_end(&x, ux, ret);
	alpc_begin(&op, end, &x);
	op.dontwait = nonblock || (x.flags & ALPC_TRANSFER_DONTWAIT);

	ret = alpc_prepare(&op);
	if (likely(!ret))
		ret = alpc_run(&op);
	alpc_abort(&op);
	if (likely(!ret && op.w.delivery.msg)) {
		ret = alpc_finish(&op, ux);
		if (unlikely(op.granted))
			alpc_op_end_grant(&op);
		if (likely(!ret))
			return 0;
	} else if (unlikely(op.granted)) {
		alpc_op_end_grant(&op);
	}
	return alpc_report_end(&x, ux, ret);
}
