// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending datagrams, requests and callbacks.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "transfer.h"

#include <linux/err.h>
#include <linux/minmax.h>

#include "cancel.h"
#include "clist.h"
#include "deliver.h"
#include "parcel.h"
#include "reserve.h"
#include "trace.h"

#define ALPC_SEND_UNUSUAL	(ALPC_SEND_CALLBACK | ALPC_SEND_LISTED | \
				 ALPC_SEND_FALLBACK)

static bool alpc_send_wants_reply(const struct alpc_transfer *x)
{
	return x->send.flags & (ALPC_SEND_REQUEST | ALPC_SEND_CALLBACK);
}

/* How much a message must hold, now and when it is answered. */
u32 alpc_send_room(const struct alpc_op *op)
{
	const struct alpc_transfer *x = op->x;
	u32 limit = op->end->port->max_message;
	u32 reply;

	if (!alpc_send_wants_reply(x))
		return x->send.len;
	reply = x->recv.len;
	if (!reply && !(x->flags & ALPC_TRANSFER_WAIT))
		reply = limit;
	return max(x->send.len, min(reply, limit));
}

/**
 * alpc_send_fill() - fill a message with what every message has
 * @op: transfer
 * @m: new message with enough room; recycled after an error
 *
 * Return: 0 with &alpc_op.m, -ENOMEM or -EFAULT.
 */
int alpc_send_fill(struct alpc_op *op, struct alpc_message *m)
{
	const struct alpc_msg *send = &op->x->send;
	struct alpc_end *end = op->end;
	int ret;

	ret = alpc_copy_in(m->data, u64_to_user_ptr(send->data), send->len);
	if (!ret)
		ret = alpc_ident_renew(&m->sender, &end->idents);
	if (ret) {
		alpc_message_recycle(m, &end->spare);
		return ret;
	}
	m->type = alpc_send_wants_reply(op->x) ? ALPC_REQUEST : ALPC_DATAGRAM;
	m->len = send->len;
	m->cookie = send->cookie;
	op->m = m;
	return 0;
}

/* A message from a reserve, for which there is no memory to bring anything. */
static int alpc_send_prepare_reserve(struct alpc_op *op)
{
	const struct alpc_msg *send = &op->x->send;
	struct alpc_message *m;

	if (send->attrs || send->view_offset || send->view_len ||
	    send->section || send->view_flags)
		return -EOPNOTSUPP;
	m = alpc_reserve_take(op->end, send->reserve, send->len);
	return IS_ERR(m) ? PTR_ERR(m) : alpc_send_fill(op, m);
}

/* A message that has more than data. */
static noinline int alpc_send_prepare_more(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_message *m;
	int ret;

	if (op->x->send.reserve)
		return alpc_send_prepare_reserve(op);
	m = alpc_message_alloc(&end->spare, end->user, alpc_send_room(op));
	if (IS_ERR(m))
		return PTR_ERR(m);
	ret = alpc_send_fill(op, m);
	if (ret)
		return ret;
	ret = alpc_parcel_pack(m, end, op->x);
	if (ret) {
		if (m->parcel)
			alpc_parcel_not_sent(m);
		alpc_message_recycle(m, &end->spare);
		op->m = NULL;
		return ret;
	}
	if (m->brings & ALPC_BRINGS_RANGES)
		alpc_op_note_grant(op, m);
	return 0;
}

static __always_inline int alpc_send_make(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_message *m;

	m = alpc_message_alloc(&end->spare, end->user, alpc_send_room(op));
	return IS_ERR(m) ? PTR_ERR(m) : alpc_send_fill(op, m);
}

/* It is too long, or its receiver has a completion list. */
static noinline int alpc_send_prepare_other(struct alpc_op *op)
{
	int ret;

	if (op->x->send.len > op->end->port->max_message)
		return -EMSGSIZE;
	ret = alpc_clist_prepare(op);
	if (ret != -EAGAIN)
		return ret;
	if (!op->brings && !(op->x->send.flags & ALPC_SEND_CALLBACK))
		op->x->send.flags |= ALPC_SEND_FALLBACK;
	return op->brings ? alpc_send_prepare_more(op) : alpc_send_make(op);
}

/**
 * alpc_send_prepare() - make a message
 * @op: transfer
 *
 * Return: 0 with &alpc_op.m or %ALPC_SEND_LISTED, -EMSGSIZE, -ENOMEM, -EDQUOT, or
 * what alpc_send_fill(), alpc_parcel_pack(), alpc_reserve_take() or
 * alpc_clist_prepare() returns.
 */
int alpc_send_prepare(struct alpc_op *op)
{
	if (unlikely(op->x->send.len >= READ_ONCE(op->end->outbox->plain_len)))
		return alpc_send_prepare_other(op);
	if (unlikely(op->brings))
		return alpc_send_prepare_more(op);
	return alpc_send_make(op);
}

/**
 * alpc_send_prepare_again() - make a message that could not be put into a list
 * @op: transfer
 *
 * Return: as alpc_send_prepare().
 */
int alpc_send_prepare_again(struct alpc_op *op)
{
	if (op->m) {
		alpc_message_recycle(op->m, &op->end->spare);
		op->m = NULL;
	}
	op->x->send.flags &= ~ALPC_SEND_LISTED;
	return alpc_send_make(op);
}

/* Put into the list of what was sent through this end. */
static __always_inline void alpc_send_stamp(struct alpc_message *m,
					    struct alpc_end *from)
{
	m->from = from;
	m->seq = ++from->seq;
	m->id = 0;
	hlist_add_head(&m->sent, &from->sent);
}

/* Likewise, with what a request has besides. Port's lock held. */
void alpc_send_record(struct alpc_op *op, struct alpc_end *from,
		      struct alpc_queue *to)
{
	struct alpc_message *m = op->m;

	alpc_send_stamp(m, from);
	if (m->type != ALPC_REQUEST) {
		/* Its receiver is to give something back. */
		if (unlikely(m->brings & ALPC_BRINGS_HELD)) {
			m->id = ++to->last_id;
			alpc_message_count(m);
		}
		return;
	}
	m->id = ++to->last_id;
	m->sender_id = ++from->own->last_id;
	op->x->out_id = m->sender_id;
	if (op->x->flags & ALPC_TRANSFER_WAIT) {
		m->caller = &op->w;
		op->call = m;
	} else {
		alpc_message_count(m);
	}
}

/* Is the connection open? Context: port's lock held. */
int alpc_send_check(const struct alpc_end *end)
{
	switch (end->conn->state) {
	case ALPC_STATE_OPEN:
		return 0;
	case ALPC_STATE_CONNECTING:
		return -ENOTCONN;
	case ALPC_STATE_REFUSED:
		return -ECONNREFUSED;
	default:
		return -EPIPE;
	}
}

/*
 * Wait for room, if waiting is wanted. Who is @held waits for that of its own backlog
 * alone, and does not close the queue to others.
 */
static int alpc_send_block(struct alpc_op *op, struct alpc_queue *to, bool held)
{
	if (op->dontwait || alpc_deadline_passed(&op->deadline)) {
		to->starved = true;
		return op->dontwait ? -EAGAIN : -ETIMEDOUT;
	}
	alpc_waiter_init(&op->w, alpc_message_weight(op->m));
	op->w.held = held;
	if (held)
		INIT_LIST_HEAD(&op->w.node);
	else
		list_add_tail(&op->w.node, &to->senders);
	op->w.backlog = alpc_end_backlog(op->end);
	list_add_tail(&op->w.blocked, &op->w.backlog->blocked);
	op->blocked = true;
	return -EINPROGRESS;
}

static int alpc_send_new(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_queue *to = alpc_end_outbox(end);
	struct alpc_message *m = op->m;
	int ret;

	ret = alpc_send_check(end);
	if (ret)
		return ret;
	if ((m->type == ALPC_REQUEST || m->brings & ALPC_BRINGS_HELD) &&
	    unlikely(!alpc_end_has_quota(end)) && !m->reserve)
		return -EDQUOT;
	if (!m->charged && unlikely(!alpc_queue_is_open(to)) &&
	    !alpc_end_has_share(end) && !m->reserve)
		return alpc_send_block(op, to, false);
	alpc_send_record(op, end, to);
	alpc_end_note(end, m, m->sender);
	m->state = ALPC_MSG_QUEUED;
	trace_alpc_send(end, m);
	op->peer = alpc_queue_post(to, m, true, &op->wake);
	return 0;
}

/* The next message of a run, as it is when it is posted. */
static __always_inline struct alpc_message *
alpc_send_next(struct alpc_end *end, struct alpc_chain *run)
{
	struct alpc_message *m = alpc_chain_pop(run);

	alpc_send_stamp(m, end);
	alpc_end_note(end, m, m->sender);
	m->state = ALPC_MSG_QUEUED;
	trace_alpc_send(end, m);
	return m;
}

/* Post so many, which have room in the queue. */
static void alpc_send_queued(struct alpc_end *end, struct alpc_chain *run,
			     u32 count)
{
	struct alpc_queue *to = alpc_end_outbox(end);
	struct alpc_message *m;
	LIST_HEAD(messages);
	u32 bytes = 0;
	u32 n;

	for (n = 0; n < count; n++) {
		m = alpc_send_next(end, run);
		m->order = ++to->last_order;
		m->charged = true;
		bytes += m->len;
		list_add_tail(&m->node, &messages);
	}
	alpc_queue_add_run(to, alpc_end_backlog(end), &messages, count, bytes);
}

/**
 * alpc_send_run() - post plain messages, as far as there is room
 * @end: communication port
 * @run: messages that are filled; those that are left were not posted
 * @wake: collects whom to wake
 *
 * What is left, because it has to wait, cannot be sent at all, or goes into a
 * completion list, is sent one by one: then it is found out what becomes of it.
 *
 * Context: port's lock held, RCU read-side critical section.
 */
void alpc_send_run(struct alpc_end *end, struct alpc_chain *run,
		   struct alpc_wake *wake)
{
	struct alpc_queue *to = alpc_end_outbox(end);
	u32 count;

	lockdep_assert_held(&end->port->lock);
	if (alpc_send_check(end) || unlikely(to->list))
		return;
	/* One for each thread that waits, and the others wait for those. */
	while (run->first && !hlist_empty(&to->receivers))
		alpc_queue_post(to, alpc_send_next(end, run), true, wake);
	count = min(run->count, alpc_queue_room(to, ALPC_MESSAGE_INLINE));
	if (count)
		alpc_send_queued(end, run, count);
}

/* The request that the callback is made in, or an error pointer. */
static struct alpc_message *alpc_callback_outer(const struct alpc_op *op)
{
	const struct alpc_end *end = op->end;
	struct alpc_message *outer;

	outer = alpc_pending_find(&end->own->pending, op->x->send.id);
	if (!outer || (end->conn && outer->from->conn != end->conn))
		return ERR_PTR(-ESRCH);
	if (outer->type != ALPC_REQUEST)
		return ERR_PTR(-EBADMSG);
	if (outer->state == ALPC_MSG_CANCELED)
		return ERR_PTR(-ECANCELED);
	if (outer->state != ALPC_MSG_PENDING)
		return ERR_PTR(-ESRCH);
	if (outer->depth >= ALPC_CALLBACK_DEPTH_MAX)
		return ERR_PTR(-EDEADLK);
	if (outer->detached || alpc_call_callback(outer))
		return ERR_PTR(-EBUSY);
	return outer;
}

/*
 * A callback goes to the thread that waits in the outer call. That call is then
 * without a thread until alpc_call_resume(). If the outer request was
 * asynchronous the callback goes into the queue of whoever sent it, also while a
 * thread waits for the reply.
 */
static int alpc_send_callback(struct alpc_op *op)
{
	struct alpc_message *outer, *m = op->m;
	struct alpc_end *from;
	struct alpc_queue *to;
	struct alpc_waiter *w;

	outer = alpc_callback_outer(op);
	if (IS_ERR(outer))
		return PTR_ERR(outer);
	from = alpc_end_peer(outer->from);
	if (!alpc_end_has_quota(from) && !m->reserve)
		return -EDQUOT;
	to = outer->from->own;
	m->depth = outer->depth + 1;
	m->flags |= ALPC_MSG_CALLBACK;
	m->call = outer->sender_id;
	alpc_send_record(op, from, to);
	alpc_end_note(from, m, m->sender);
	m->state = ALPC_MSG_QUEUED;
	trace_alpc_send(from, m);
	outer->called_back = true;
	w = outer->async ? NULL : outer->caller;
	if (!w) {
		op->peer = alpc_queue_post(to, m, false, &op->wake);
		return 0;
	}
	op->peer = w->task;
	outer->caller = NULL;
	outer->detached = true;
	alpc_message_count(outer);
	list_add_tail(&outer->node, &to->detached);
	alpc_deliver(to, m, &w->delivery);
	alpc_waiter_give(w, 0, &op->wake);
	return 0;
}

/* It goes into a list, or would if that was not full. */
static noinline int alpc_send_unusual(struct alpc_op *op)
{
	struct alpc_end *end = op->end;

	if (op->x->send.flags & ALPC_SEND_CALLBACK)
		return alpc_send_callback(op);
	if (op->x->send.flags & ALPC_SEND_LISTED)
		return alpc_clist_commit(op);
	if (!op->m->charged && alpc_clist_holds(end))
		return alpc_send_check(end) ?:
		       alpc_send_block(op, end->outbox, true);
	return alpc_send_new(op);
}

/**
 * alpc_send_commit() - post the message
 * @op: transfer
 *
 * Context: port's lock held, RCU read-side critical section.
 *
 * Return: 0, -EINPROGRESS if the thread is to wait for room, or an error.
 */
int alpc_send_commit(struct alpc_op *op)
{
	lockdep_assert_held(&op->end->port->lock);
	if (likely(!(op->x->send.flags & ALPC_SEND_UNUSUAL)))
		return alpc_send_new(op);
	return alpc_send_unusual(op);
}

/**
 * alpc_send_abort() - drop a message that was not posted
 * @op: transfer
 */
void alpc_send_abort(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_wake wake = {};

	if (op->m->charged) {
		op->m->charged = false;
		rcu_read_lock();
		spin_lock(&end->port->lock);
		alpc_queue_uncharge(alpc_end_outbox(end), alpc_end_backlog(end),
				    alpc_message_weight(op->m), &wake);
		spin_unlock(&end->port->lock);
		alpc_wake_flush(&wake);
		rcu_read_unlock();
	}
	if (unlikely(op->m->brings))
		alpc_parcel_not_sent(op->m);
	alpc_message_recycle(op->m, &end->spare);
}
