// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answering requests, and giving up waiting for an answer.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "transfer.h"

#include <linux/mm.h>

#include "clist.h"
#include "deliver.h"
#include "parcel.h"
#include "reply.h"
#include "trace.h"

/**
 * alpc_request_withdraw() - take a received request out of everything
 * @own: queue of the side that received it
 * @m: request in state PENDING, REPLYING or CANCELED, or anything in state KEPT
 * @wake: collects whom to wake
 *
 * The reference of its state becomes the caller's.
 */
void alpc_request_withdraw(struct alpc_queue *own, struct alpc_message *m,
			   struct alpc_wake *wake)
{
	if (!list_empty(&m->node))
		alpc_queue_remove(own, m, wake);
	if (!hlist_unhashed(&m->hash))
		alpc_pending_del(&own->pending, m);
	alpc_message_forget(m);
	m->state = ALPC_MSG_DONE;
}

/**
 * alpc_message_remove() - take a message out of everything
 * @m: message on its way, without a thread that waits for its reply
 * @work: gets the reference of its state
 *
 * Context: port's lock held.
 */
void alpc_message_remove(struct alpc_message *m, struct alpc_work *work)
{
	struct alpc_queue *to = alpc_end_peer(m->from)->own;

	if (alpc_type_is_reply(m->type))
		to = m->from->own;
	switch (m->state) {
	case ALPC_MSG_PENDING:
	case ALPC_MSG_REPLYING:
	case ALPC_MSG_CANCELED:
	case ALPC_MSG_KEPT:
		alpc_request_withdraw(to, m, &work->wake);
		break;
	default:
		if (!list_empty(&m->node))
			alpc_queue_remove(to, m, &work->wake);
		alpc_message_forget(m);
		m->state = ALPC_MSG_DONE;
	}
	list_add_tail(&m->node, &work->dead);
}

/**
 * alpc_request_keep() - let who has received a request keep what came with it
 * @m: request that nobody waits for any more, and no notice will tell
 *
 * It stays in the receiver's table until the receiver finds that it cannot
 * reply.
 *
 * Context: port's lock held.
 *
 * Return: true if it is kept, false if it is to be removed.
 */
bool alpc_request_keep(struct alpc_message *m)
{
	if (m->state != ALPC_MSG_PENDING || !(m->brings & ALPC_BRINGS_VIEW))
		return false;
	if (m->detached) {
		list_del_init(&m->node);
		m->detached = false;
	}
	m->state = ALPC_MSG_KEPT;
	if (!m->async)
		alpc_message_count(m);
	return true;
}

/*
 * Nobody waits for the reply to this request, and what it brought is given back.
 * If its thread handles a callback it stays for that thread, which has to learn
 * of it.
 */
static void alpc_request_settle(struct alpc_queue *own, struct alpc_message *m,
				struct alpc_wake *wake,
				struct alpc_spent *spent)
{
	if (m->parcel)
		alpc_parcel_release(m, spent);
	if (m->detached) {
		alpc_pending_del(&own->pending, m);
		m->state = ALPC_MSG_CANCELED;
	} else {
		alpc_request_withdraw(own, m, wake);
		alpc_spent_add(spent, m);
	}
}

/**
 * alpc_request_claim() - become the one thread that answers a request
 * @end: port
 * @id: request
 * @type: what it must be
 * @conn: gets a reference to its connection, unless NULL
 *
 * Return: the request in state REPLYING with a reference, or an error pointer:
 * -ESRCH, -EBADMSG, -ECANCELED.
 */
struct alpc_message *alpc_request_claim(struct alpc_end *end, u64 id, u8 type,
					struct alpc_conn **conn)
{
	struct alpc_spent spent __uninitialized;
	struct alpc_message *m;
	struct alpc_wake wake = {};
	int ret;

	spent.any = false;
	spin_lock(&end->port->lock);
	m = alpc_pending_find(&end->own->pending, id);
	if (!m || (end->conn && m->from->conn != end->conn)) {
		m = ERR_PTR(-ESRCH);
	} else if (m->type != type) {
		m = ERR_PTR(-EBADMSG);
	} else if (m->state == ALPC_MSG_CANCELED || m->state == ALPC_MSG_KEPT) {
		/*
		 * Its notice need not be received any more. As notices are not
		 * charged, nobody waits for the room that this makes.
		 */
		ret = m->state == ALPC_MSG_KEPT ? -ESRCH : -ECANCELED;
		alpc_request_settle(end->own, m, &wake, &spent);
		m = ERR_PTR(ret);
	} else if (m->state != ALPC_MSG_PENDING) {
		m = ERR_PTR(-ESRCH);
	} else {
		m->state = ALPC_MSG_REPLYING;
		refcount_inc(&m->ref);
		if (conn)
			*conn = alpc_conn_get(m->from->conn);
	}
	spin_unlock(&end->port->lock);
	if (unlikely(spent.any))
		alpc_spent_drop(&spent);
	return m;
}

/**
 * alpc_request_check() - what happened while the answer was being written
 * @m: claimed request
 *
 * Context: port's lock held.
 *
 * Return: 0, -ECANCELED if its caller gave up, -EPIPE if the connection ended.
 */
int alpc_request_check(const struct alpc_message *m)
{
	switch (m->state) {
	case ALPC_MSG_REPLYING:
		return 0;
	case ALPC_MSG_CANCELED:
		return -ECANCELED;
	default:
		return -EPIPE;
	}
}

/**
 * alpc_request_unclaim() - leave a claimed request to be answered
 * @end: port
 * @m: request; the reference is consumed
 *
 * Return: as alpc_request_check(): who gave up is not told of it otherwise.
 */
int alpc_request_unclaim(struct alpc_end *end, struct alpc_message *m)
{
	int ret;

	spin_lock(&end->port->lock);
	ret = alpc_request_check(m);
	if (!ret)
		m->state = ALPC_MSG_PENDING;
	spin_unlock(&end->port->lock);
	alpc_message_put(m);
	return ret;
}

/**
 * alpc_answer_copy() - read the answer to a claimed request
 * @end: port
 * @m: request
 * @data: address
 * @len: bytes
 * @answer: gets the answer if it is longer than the room set aside in @m
 *
 * Return: 0, -EMSGSIZE, -EFAULT or -ENOMEM, which is possible only for an
 * answer that is longer, or if the thread is another than last time.
 */
int alpc_answer_copy(struct alpc_end *end, struct alpc_message *m, u64 data,
		     u32 len, void **answer)
{
	void *to = m->data;
	int ret;

	if (len > end->port->max_message)
		return -EMSGSIZE;
	if (unlikely(len > m->room)) {
		to = alpc_buffer_alloc(len);
		if (!to)
			return -ENOMEM;
	}
	ret = alpc_copy_in(to, u64_to_user_ptr(data), len);
	if (!ret)
		ret = alpc_ident_renew(&m->replier, &end->idents);
	if (to != m->data) {
		if (ret)
			kvfree(to);
		else
			*answer = to;
	}
	return ret;
}

/**
 * alpc_reply_prepare() - claim the request and read the reply
 * @op: transfer
 *
 * Return: 0 with &alpc_op.m, or an error.
 */
int alpc_reply_prepare(struct alpc_op *op)
{
	const struct alpc_msg *send = &op->x->send;
	struct alpc_end *end = op->end;
	struct alpc_message *m;
	int ret;

	m = alpc_request_claim(end, send->id, ALPC_REQUEST, NULL);
	if (IS_ERR(m))
		return PTR_ERR(m);
	ret = alpc_answer_copy(end, m, send->data, send->len, &op->answer);
	if (!ret && unlikely(op->brings)) {
		ret = alpc_parcel_pack_answer(m, end, send);
		if (ret) {
			kvfree(op->answer);
			op->answer = NULL;
		}
	}
	if (ret)
		return alpc_request_unclaim(end, m) ?: ret;
	op->m = m;
	return 0;
}

/**
 * alpc_request_answer() - turn a claimed request into its answer
 * @own: queue of the side that received it
 * @m: request, whose reference of the claim is consumed
 * @type: &enum alpc_message_type of the answer
 * @len: bytes of data, in the room set aside or in @answer
 * @answer: memory that becomes the message's, or NULL
 */
void alpc_request_answer(struct alpc_queue *own, struct alpc_message *m,
			 u8 type, u32 len, void *answer)
{
	alpc_pending_del(&own->pending, m);
	m->type = type;
	m->len = len;
	m->answer = answer;
	m->seq = ++alpc_end_peer(m->from)->seq;
	m->flags &= ~ALPC_MSG_IDENTITY;
	refcount_dec(&m->ref);
}

/**
 * alpc_reply_commit() - hand the reply to whoever is to get it
 * @op: transfer
 *
 * Context: port's lock held, RCU read-side critical section.
 *
 * Return: 0, -ECANCELED or -EPIPE.
 */
int alpc_reply_commit(struct alpc_op *op)
{
	struct alpc_message *m = op->m;
	struct alpc_end *end = op->end;
	struct alpc_waiter *w;
	int ret;

	lockdep_assert_held(&end->port->lock);
	ret = alpc_request_check(m);
	if (unlikely(ret))
		return ret;
	alpc_request_answer(end->own, m, ALPC_REPLY, op->x->send.len,
			    op->answer);
	op->answer = NULL;
	alpc_end_note(alpc_end_peer(m->from), m, m->replier);
	if (unlikely(m->parcel))
		alpc_parcel_answer(m, &op->spent);
	trace_alpc_send(end, m);
	w = m->caller;
	if (likely(w)) {
		op->peer = w->task;
		alpc_deliver_reply(m, &w->delivery);
		alpc_waiter_give(w, 0, &op->wake);
	} else if (m->detached) {
		m->state = ALPC_MSG_REPLIED;
	} else if (!m->from->own->list || !alpc_clist_reply(op, m)) {
		m->state = ALPC_MSG_QUEUED;
		op->peer = alpc_queue_post(m->from->own, m, false, &op->wake);
	}
	return 0;
}

/**
 * alpc_release_commit() - give back what came with a message
 * @op: transfer
 *
 * Context: port's lock held.
 *
 * Return: 0 or -ESRCH.
 */
int alpc_release_commit(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_message *m;

	lockdep_assert_held(&end->port->lock);
	m = alpc_pending_find(&end->own->pending, op->x->send.id);
	if (!m || !(m->brings & ALPC_BRINGS_HELD) ||
	    (end->conn && m->from->conn != end->conn))
		return -ESRCH;
	switch (m->state) {
	case ALPC_MSG_PENDING:
		alpc_parcel_release(m, &op->spent);
		return 0;
	case ALPC_MSG_CANCELED:
	case ALPC_MSG_KEPT:
		alpc_request_settle(end->own, m, &op->wake, &op->spent);
		return 0;
	default:
		return -ESRCH;
	}
}

static bool alpc_call_is(const struct alpc_message *m,
			 const struct alpc_end *end, u64 call)
{
	const struct alpc_conn *conn = m->from->conn;

	if ((m->flags & ALPC_MSG_CALLBACK) && m->state == ALPC_MSG_QUEUED)
		return m->call == call && (!end->conn || conn == end->conn);
	return m->sender_id == call && (!end->conn || conn == end->conn);
}

/*
 * What waits for the thread of a call: a callback that it could not take, else
 * the call itself.
 */
static struct alpc_message *alpc_call_find(const struct alpc_end *end, u64 call)
{
	struct alpc_message *m, *found = NULL;

	list_for_each_entry(m, &end->own->detached, node) {
		if (!alpc_call_is(m, end, call))
			continue;
		found = m;
		if ((m->flags & ALPC_MSG_CALLBACK) && m->state == ALPC_MSG_QUEUED)
			break;
	}
	return found;
}

/**
 * alpc_call_resume() - go on waiting for a call after a callback
 * @op: transfer; &alpc_msg.call of its recv names the call
 *
 * Context: port's lock held.
 *
 * Return: 0 if there is something for it, -EINPROGRESS if the thread now waits,
 * -ECANCELED if the call was a callback in a call that was cancelled, -EPIPE or
 * -ESRCH.
 */
int alpc_call_resume(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_message *m;

	lockdep_assert_held(&end->port->lock);
	m = alpc_call_find(end, op->x->recv.call);
	if (!m)
		return end->conn && end->conn->state == ALPC_STATE_CLOSED ?
		       -EPIPE : -ESRCH;
	list_del_init(&m->node);
	m->detached = false;
	/* Also if it was answered meanwhile, and brings something else. */
	if (unlikely(m->parcel && m->parcel->grant.count))
		alpc_op_note_grant(op, m);
	switch (m->state) {
	case ALPC_MSG_REPLIED:
		alpc_deliver_reply(m, &op->w.delivery);
		return 0;
	case ALPC_MSG_QUEUED:
		alpc_deliver(end->own, m, &op->w.delivery);
		return 0;
	case ALPC_MSG_CANCELED:
		alpc_message_forget(m);
		m->state = ALPC_MSG_DONE;
		alpc_spent_add(&op->spent, m);
		return -ECANCELED;
	case ALPC_MSG_KEPT:
		/* Whoever has received it gives it back. */
		return -ECANCELED;
	default:
		alpc_message_uncount(m);
		m->caller = &op->w;
		op->call = m;
		return -EINPROGRESS;
	}
}

/* A thread that is just answering learns of it from alpc_request_check(). */
static void alpc_request_cancel(struct alpc_message *m, struct alpc_work *work)
{
	bool replying = m->state == ALPC_MSG_REPLYING;

	alpc_message_remove(m, work);
	if (replying)
		m->state = ALPC_MSG_CANCELED;
}

/**
 * alpc_call_callback() - the callback in a call that a thread waits for
 * @m: the call
 *
 * There is one at most, because a second one is refused until it is answered.
 *
 * Context: port's lock held.
 *
 * Return: the callback, or NULL.
 */
struct alpc_message *alpc_call_callback(const struct alpc_message *m)
{
	struct alpc_message *cb;

	if (!m->called_back)
		return NULL;
	hlist_for_each_entry(cb, &alpc_end_peer(m->from)->sent, sent)
		if ((cb->flags & ALPC_MSG_CALLBACK) &&
		    cb->call == m->sender_id &&
		    (cb->caller || cb->detached))
			return cb;
	return NULL;
}

/*
 * A callback whose thread handles another one, and learns of it when it comes back.
 * What is to be given back is counted already, as every call without its thread is.
 */
static void alpc_call_cancel_detached(struct alpc_queue *own,
				      struct alpc_message *cb)
{
	if (cb->state != ALPC_MSG_PENDING)
		return;
	if (cb->brings & ALPC_BRINGS_VIEW) {
		cb->state = ALPC_MSG_KEPT;
	} else {
		alpc_pending_del(&own->pending, cb);
		cb->state = ALPC_MSG_CANCELED;
	}
}

/*
 * A callback made in a call fails when nobody is left to answer it, and so does
 * the one made in that, to the depth that is allowed. Other threads may still be
 * looking at a view that it brought.
 */
static void alpc_call_cancel_callback(struct alpc_message *m,
				      struct alpc_work *work)
{
	struct alpc_message *cb = alpc_call_callback(m);
	struct alpc_waiter *w;

	if (!cb)
		return;
	alpc_call_cancel_callback(cb, work);
	w = cb->caller;
	if (w) {
		cb->caller = NULL;
		if (!alpc_request_keep(cb))
			alpc_request_cancel(cb, work);
		alpc_waiter_give(w, -ECANCELED, &work->wake);
	} else {
		alpc_call_cancel_detached(m->from->own, cb);
	}
}

/**
 * alpc_call_cancel() - nobody waits for the answer to this request any more
 * @m: request with a thread that waits
 * @work: collects what is to be done without the lock
 *
 * A request that was received becomes the notice of its cancellation, unless a
 * thread is just answering it, which learns it that way.
 *
 * Context: port's lock held, RCU read-side critical section.
 */
void alpc_call_cancel(struct alpc_message *m, struct alpc_work *work)
{
	struct alpc_queue *to = alpc_end_peer(m->from)->own;

	m->caller = NULL;
	alpc_call_cancel_callback(m, work);
	if (m->state == ALPC_MSG_PENDING) {
		m->state = ALPC_MSG_CANCELED;
		alpc_queue_post(to, m, false, &work->wake);
	} else {
		alpc_request_cancel(m, work);
	}
}
