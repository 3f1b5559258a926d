// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answering requests, and waiting for the answer.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "transfer.h"

#include <linux/mm.h>

#include "cancel.h"
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
	alpc_message_unnote(m);
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
	if (m->detached)
		alpc_message_reattach(m);
	m->state = ALPC_MSG_KEPT;
	if (!m->async)
		alpc_message_count(m);
	return true;
}

/*
 * Nobody waits for the reply to this request, and what it brought is given back.
 * If its thread handles a callback it stays for that thread, which has to learn
 * of it, but not beyond the connection's end, which tells the thread enough.
 */
static void alpc_request_settle(struct alpc_queue *own, struct alpc_message *m,
				struct alpc_wake *wake,
				struct alpc_spent *spent)
{
	if (m->parcel)
		alpc_parcel_release(m, spent);
	if (m->detached && m->from->conn->state != ALPC_STATE_CLOSED) {
		alpc_pending_del(&own->pending, m);
		m->state = ALPC_MSG_CANCELED;
	} else {
		alpc_request_withdraw(own, m, wake);
		alpc_spent_add(spent, m);
	}
}

/*
 * The unanswered request of that id and type, or an error pointer: -ESRCH,
 * -EBADMSG, -ECANCELED. Who is told that it was cancelled need not receive the
 * notice any more. As notices are not charged, nobody waits for the room that this
 * makes.
 */
static struct alpc_message *
alpc_request_find(struct alpc_end *end, u64 id, u8 type, struct alpc_wake *wake,
		  struct alpc_spent *spent)
{
	struct alpc_message *m = alpc_pending_find(&end->own->pending, id);
	int ret;

	if (!m || (end->conn && m->from->conn != end->conn))
		return ERR_PTR(-ESRCH);
	if (m->type != type)
		return ERR_PTR(-EBADMSG);
	if (m->state == ALPC_MSG_CANCELED || m->state == ALPC_MSG_KEPT) {
		ret = m->state == ALPC_MSG_KEPT ? -ESRCH : -ECANCELED;
		alpc_request_settle(end->own, m, wake, spent);
		return ERR_PTR(ret);
	}
	return m->state == ALPC_MSG_PENDING ? m : ERR_PTR(-ESRCH);
}

static __always_inline void alpc_request_begin(struct alpc_message *m,
					       struct alpc_conn **conn)
{
	m->state = ALPC_MSG_REPLYING;
	refcount_inc(&m->ref);
	if (conn)
		*conn = alpc_conn_get(m->from->conn);
}

/* alpc_request_claim() of what may not be there to be answered. */
static noinline struct alpc_message *
alpc_request_claim_any(struct alpc_end *end, u64 id, u8 type,
		       struct alpc_conn **conn)
{
	struct alpc_spent spent __uninitialized;
	struct alpc_message *m;
	struct alpc_wake wake = {};

	spent.any = false;
	spin_lock(&end->port->lock);
	m = alpc_request_find(end, id, type, &wake, &spent);
	if (!IS_ERR(m))
		alpc_request_begin(m, conn);
	spin_unlock(&end->port->lock);
	if (spent.any)
		alpc_spent_drop(&spent);
	return m;
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
	struct alpc_message *m;

	spin_lock(&end->port->lock);
	m = alpc_pending_find(&end->own->pending, id);
	if (likely(m && m->type == type && m->state == ALPC_MSG_PENDING &&
		   (!end->conn || m->from->conn == end->conn))) {
		alpc_request_begin(m, conn);
		spin_unlock(&end->port->lock);
		return m;
	}
	spin_unlock(&end->port->lock);
	return alpc_request_claim_any(end, id, type, conn);
}

/* It becomes the notice of this to its sender, and brings nothing. */
static void alpc_request_return(struct alpc_queue *own, struct alpc_message *m,
				struct alpc_wake *wake,
				struct alpc_spent *spent)
{
	if (m->parcel)
		alpc_parcel_release(m, spent);
	m->brings = 0;
	m->flags &= ~ALPC_MSG_IDENTITY;
	alpc_pending_del(&own->pending, m);
	m->type = ALPC_CANCELED;
	m->len = 0;
	m->state = ALPC_MSG_QUEUED;
	alpc_queue_post(m->from->own, m, false, wake);
}

/**
 * alpc_request_reject() - who has received a request cancels it
 * @end: port
 * @id: request
 *
 * Of those who could hear of it one does: the thread that waits for the reply, the
 * one that handles a callback in the call, or who receives from the sender's port.
 *
 * Return: 0, or as alpc_request_claim().
 */
int alpc_request_reject(struct alpc_end *end, u64 id)
{
	struct alpc_spent spent __uninitialized;
	struct alpc_waiter *w = NULL;
	struct alpc_message *m;
	struct alpc_work work;

	spent.any = false;
	alpc_work_begin(&work, end->port);
	m = alpc_request_find(end, id, ALPC_REQUEST, &work.wake, &spent);
	if (!IS_ERR(m)) {
		alpc_call_cancel_callback(m, &work);
		w = m->caller;
		m->caller = NULL;
		if (w || m->detached)
			alpc_request_settle(end->own, m, &work.wake, &spent);
		else
			alpc_request_return(end->own, m, &work.wake, &spent);
	}
	if (w)
		alpc_waiter_cancel(w, false, &work.wake);
	alpc_work_end(&work, end->port);
	if (spent.any)
		alpc_spent_drop(&spent);
	return PTR_ERR_OR_ZERO(m);
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
 * Return: 0, -EMSGSIZE, -EFAULT; or -EDQUOT or -ENOMEM, which are possible only
 * for an answer that is longer, or -ENOMEM if the thread is another than last time.
 */
int alpc_answer_copy(struct alpc_end *end, struct alpc_message *m, u64 data,
		     u32 len, struct alpc_answer **answer)
{
	struct alpc_answer *longer = NULL;
	void *to = m->data;
	int ret;

	if (len > end->port->max_message)
		return -EMSGSIZE;
	if (unlikely(len > m->room)) {
		longer = alpc_answer_alloc(end->user, len);
		if (IS_ERR(longer))
			return PTR_ERR(longer);
		to = longer->data;
	}
	ret = alpc_copy_in(to, u64_to_user_ptr(data), len);
	if (!ret)
		ret = alpc_ident_renew(&m->replier, &end->idents);
	if (unlikely(longer)) {
		if (ret)
			alpc_answer_free(longer);
		else
			*answer = longer;
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
			alpc_answer_free(op->answer);
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
			 u8 type, u32 len, struct alpc_answer *answer)
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

/*
 * Wait for the reply to an asynchronous request, or take it before all that is
 * queued. Return: as alpc_call_resume().
 */
static int alpc_reply_await(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_message *m = alpc_sent_find(end, op->x->recv.call);

	if (!m || !m->async || m->state == ALPC_MSG_CANCELED ||
	    m->state == ALPC_MSG_KEPT)
		return end->conn && end->conn->state == ALPC_STATE_CLOSED ?
		       -EPIPE : -ESRCH;
	if (m->caller)
		return -EBUSY;
	op->by_id = true;
	if (m->type == ALPC_REQUEST) {
		m->caller = &op->w;
		op->call = m;
		return -EINPROGRESS;
	}
	if (m->len > op->w.room) {
		op->x->recv.len = m->len;
		return -EMSGSIZE;
	}
	alpc_queue_remove(end->own, m, &op->wake);
	if (m->type == ALPC_REPLY) {
		alpc_deliver_reply(m, &op->w.delivery);
		return 0;
	}
	alpc_message_forget(m);
	m->state = ALPC_MSG_DONE;
	alpc_spent_add(&op->spent, m);
	return -ECANCELED;
}

/**
 * alpc_call_resume() - go on waiting for a call after a callback, or wait for the
 *	reply to an asynchronous request
 * @op: transfer; &alpc_msg.call of its recv names the call or request
 *
 * Context: port's lock held.
 *
 * Return: 0 if there is something for it, -EINPROGRESS if the thread now waits,
 * -ECANCELED if the request was cancelled by its receiver, or was a callback in a
 * call that was cancelled, -EBUSY if another thread waits for this reply,
 * -EMSGSIZE, -EPIPE or -ESRCH.
 */
int alpc_call_resume(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_message *m;

	lockdep_assert_held(&end->port->lock);
	m = alpc_call_find(end, op->x->recv.call);
	if (!m)
		return alpc_reply_await(op);
	alpc_message_reattach(m);
	/* Also if it was answered meanwhile, and brings something else. */
	if (unlikely(alpc_parcel_grants(m)))
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
