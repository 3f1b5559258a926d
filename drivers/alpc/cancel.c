// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cancelling requests: by who gives up waiting, and by command of either side.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "cancel.h"

#include "access.h"
#include "deliver.h"
#include "parcel.h"
#include "port.h"
#include "reply.h"
#include "work.h"

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
		    ((cb->caller && !cb->async) || cb->detached))
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

/**
 * alpc_call_cancel_callback() - the callback in a call that is cancelled fails
 * @m: the call
 * @work: collects what is to be done without the lock
 *
 * Nobody is left to answer it, nor the one made in that, to the depth that is
 * allowed. Other threads may still be looking at a view that it brought.
 *
 * Context: port's lock held, RCU read-side critical section.
 */
void alpc_call_cancel_callback(struct alpc_message *m, struct alpc_work *work)
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
		alpc_waiter_cancel(w, false, &work->wake);
	} else {
		alpc_call_cancel_detached(m->from->own, cb);
	}
}

/**
 * alpc_call_cancel() - nobody waits for the answer to this request any more
 * @m: request that is not answered
 * @work: collects what is to be done without the lock
 *
 * A request that was received becomes the notice of its cancellation, unless a
 * thread is just answering it, which learns it that way. A thread that handles a
 * callback in it finds nothing when it comes back.
 *
 * Context: port's lock held, RCU read-side critical section.
 *
 * Return: true if nobody had received it. Then the caller hears from this that a
 * view is free.
 */
bool alpc_call_cancel(struct alpc_message *m, struct alpc_work *work)
{
	struct alpc_queue *to = alpc_end_peer(m->from)->own;
	bool unseen = m->state == ALPC_MSG_QUEUED;

	m->caller = NULL;
	alpc_call_cancel_callback(m, work);
	if (m->state == ALPC_MSG_PENDING) {
		if (m->detached)
			alpc_message_reattach(m);
		m->state = ALPC_MSG_CANCELED;
		alpc_queue_post(to, m, false, &work->wake);
		return false;
	}
	/* Who sent it without waiting sees that in the counter of its section. */
	if (unseen && m->brings && !m->async)
		alpc_parcel_not_sent(m);
	alpc_request_cancel(m, work);
	return unseen;
}

/* It is a request that was sent, or what became of it. */
static bool alpc_sent_is_request(const struct alpc_message *m)
{
	return m->type == ALPC_REQUEST || m->type == ALPC_REPLY ||
	       m->type == ALPC_CANCELED;
}

/**
 * alpc_sent_find() - the request of that id, or what became of it
 * @end: communication port that it was sent through
 * @id: as the sending side knows it
 *
 * Context: port's lock held.
 *
 * Return: the request, its reply, or the notice that its receiver has cancelled
 * it; or NULL.
 */
struct alpc_message *alpc_sent_find(const struct alpc_end *end, u64 id)
{
	struct alpc_message *m;

	hlist_for_each_entry(m, &end->sent, sent)
		if (alpc_sent_is_request(m) && m->sender_id == id)
			return m;
	return NULL;
}

/*
 * What its sender is told who cancels it: &enum alpc_cancel_state, or why it
 * cannot be.
 */
static int alpc_sent_cancel_state(const struct alpc_message *m)
{
	if (m->type == ALPC_CANCELED)
		return -ECANCELED;
	switch (m->state) {
	case ALPC_MSG_QUEUED:
	case ALPC_MSG_REPLIED:
		return m->type == ALPC_REPLY ? -EALREADY : ALPC_CANCELED_QUEUED;
	case ALPC_MSG_PENDING:
	case ALPC_MSG_REPLYING:
		return ALPC_CANCELED_TAKEN;
	default:
		return -ESRCH;
	}
}

/*
 * The request of that cookie that was sent last and can be cancelled; if none can,
 * the last one; or NULL.
 */
static struct alpc_message *alpc_sent_find_cookie(const struct alpc_end *end,
						  u64 cookie)
{
	struct alpc_message *m, *found = NULL;
	bool can, found_can = false;

	hlist_for_each_entry(m, &end->sent, sent) {
		if (m->cookie != cookie || !alpc_sent_is_request(m))
			continue;
		can = alpc_sent_cancel_state(m) > 0;
		if (!found || can > found_can ||
		    (can == found_can && m->sender_id > found->sender_id)) {
			found = m;
			found_can = can;
		}
	}
	return found;
}

/* A reference to the message if its receiver may be touching its sender's memory. */
static struct alpc_message *alpc_sent_granted(struct alpc_message *m)
{
	if (!alpc_parcel_grants(m))
		return NULL;
	refcount_inc(&m->ref);
	return m;
}

/* Return: &enum alpc_cancel_state or an error. Context: port's lock held. */
static int alpc_sent_cancel(struct alpc_message *m, struct alpc_work *work)
{
	int state = alpc_sent_cancel_state(m);
	struct alpc_waiter *w = m->caller;
	bool unseen;

	if (state > 0) {
		unseen = alpc_call_cancel(m, work);
		if (w)
			alpc_waiter_cancel(w, unseen, &work->wake);
	} else if (state == -ECANCELED) {
		/* The notice of it need not be received any more. */
		alpc_message_remove(m, work);
	}
	return state;
}

/* Who has sent a request cancels it. */
static int alpc_cancel_sent(struct alpc_end *end, struct alpc_cancel *arg)
{
	struct alpc_message *m, *granted = NULL;
	struct alpc_work work;
	int ret = -ESRCH;

	alpc_work_begin(&work, end->port);
	m = arg->flags & ALPC_CANCEL_COOKIE ?
	    alpc_sent_find_cookie(end, arg->cookie) :
	    alpc_sent_find(end, arg->id);
	if (m) {
		granted = alpc_sent_granted(m);
		ret = alpc_sent_cancel(m, &work);
	}
	alpc_work_end(&work, end->port);
	/* As when a call ends: from now on nobody touches its memory. */
	if (granted) {
		if (ret > 0)
			alpc_grant_wait(&granted->parcel->grant);
		alpc_message_put(granted);
	}
	if (ret < 0)
		return ret;
	arg->out_state = ret;
	return 0;
}

/**
 * alpc_cancel() - cancel a request by command
 * @end: port
 * @arg: argument, with flags and fields that go together; its output is written
 *
 * Return: 0 or an error of &struct alpc_cancel.
 */
int alpc_cancel(struct alpc_end *end, struct alpc_cancel *arg)
{
	int ret;

	if (!(arg->flags & ALPC_CANCEL_RECEIVED))
		return end->conn ? alpc_cancel_sent(end, arg) : -EOPNOTSUPP;
	ret = alpc_request_reject(end, arg->id);
	if (!ret)
		arg->out_state = ALPC_CANCELED_TAKEN;
	return ret;
}
