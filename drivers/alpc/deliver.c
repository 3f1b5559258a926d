// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handing a message to a receiver, and taking it back.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "deliver.h"

#include "parcel.h"
#include "port.h"
#include "reply.h"

static bool alpc_type_wants_reply(u16 type)
{
	return type == ALPC_REQUEST || type == ALPC_CONNECTION_REQUEST;
}

static void alpc_describe(const struct alpc_message *m, u64 context,
			  struct alpc_delivery *d)
{
	d->conn = NULL;
	d->data = m->data;
	d->from = m->sender;
	d->id = m->id;
	d->context = context;
	d->cookie = 0;
	d->call = m->call;
	d->seq = m->seq;
	d->len = m->len;
	d->type = m->type;
	d->flags = m->flags;
	d->kept = false;
	d->view_len = 0;
}

static void alpc_describe_reply(const struct alpc_message *m,
				struct alpc_delivery *d)
{
	d->data = alpc_message_answer(m);
	d->from = m->replier;
	d->id = m->sender_id;
	d->cookie = m->cookie;
	d->call = 0;
	d->flags = m->flags & ALPC_MSG_IDENTITY;
}

static void alpc_describe_notice(const struct alpc_message *m,
				 struct alpc_delivery *d)
{
	d->seq = 0;
	d->len = 0;
	d->call = 0;
	d->flags = 0;
	d->counted = m->async;
	if (m->state == ALPC_MSG_CANCELED) {
		d->type = ALPC_CANCELED;
		/* It tells of the sender what the request did. */
		if (unlikely(m->brings & ALPC_BRINGS_SECURITY))
			d->flags = ALPC_MSG_SECURITY;
	} else if (m->type == ALPC_CANCELED) {
		d->id = m->sender_id;
		d->cookie = m->cookie;
		d->flags = ALPC_MSG_RETURNED;
	} else if (m->type == ALPC_CLIENT_DIED) {
		d->cookie = m->cookie;
	} else if (m->type == ALPC_PORT_CLOSED) {
		d->seq = m->from->conn->received - 1;
	}
}

/* The message has had its last effect on the end that it was sent through. */
void alpc_message_forget(struct alpc_message *m)
{
	hlist_del_init(&m->sent);
	alpc_message_uncount(m);
}

/**
 * alpc_message_unnote() - a message that may tell of another sender is withdrawn
 * @m: message, which perhaps nobody has seen
 */
void alpc_message_unnote(struct alpc_message *m)
{
	if (likely(!(m->flags & ALPC_MSG_IDENTITY)))
		return;
	alpc_end_forget_sender(alpc_type_is_reply(m->type) ?
			       alpc_end_peer(m->from) : m->from);
}

/* It stays in the receiving side's table, and the receiver gets a reference. */
static inline void alpc_deliver_keep(struct alpc_queue *own,
				     struct alpc_message *m, u8 state,
				     struct alpc_delivery *d)
{
	m->state = state;
	alpc_pending_add(&own->pending, m);
	refcount_inc(&m->ref);
	d->kept = true;
}

/* What came with it is to be released. */
static void alpc_deliver_hold(struct alpc_queue *own, struct alpc_message *m,
			      struct alpc_delivery *d)
{
	if (alpc_type_is_reply(m->type))
		m->id = m->sender_id;
	if (!m->async)
		alpc_message_count(m);
	alpc_deliver_keep(own, m, ALPC_MSG_KEPT, d);
	d->flags |= ALPC_MSG_HELD;
}

/**
 * alpc_deliver() - hand a message that is in no queue to a receiver
 * @own: queue of the receiving side, which knows its ids
 * @m: message
 * @d: result
 *
 * A request goes into the table of unanswered ones, and so does what brings
 * something that is to be released; the receiver gets a reference. Anything else
 * is the receiver's from now on, and if the connection can go away meanwhile
 * the receiver gets a reference to that.
 */
void alpc_deliver(struct alpc_queue *own, struct alpc_message *m,
		  struct alpc_delivery *d)
{
	struct alpc_conn *conn = m->from->conn;
	bool server = own == &conn->port->queue;

	lockdep_assert_held(&conn->port->lock);
	d->msg = m;
	alpc_describe(m, server ? conn->context : 0, d);
	if (m->state == ALPC_MSG_CANCELED) {
		alpc_pending_del(&own->pending, m);
		alpc_describe_notice(m, d);
	} else if (likely(alpc_type_wants_reply(m->type))) {
		alpc_deliver_keep(own, m, ALPC_MSG_PENDING, d);
		if (unlikely(m->brings))
			alpc_parcel_describe(m, d);
		return;
	} else if (alpc_type_is_reply(m->type)) {
		if (m->type == ALPC_CANCELED)
			alpc_describe_notice(m, d);
		else
			alpc_describe_reply(m, d);
	} else if (m->type != ALPC_DATAGRAM) {
		alpc_describe_notice(m, d);
	}
	if (unlikely(m->brings)) {
		if (m->state != ALPC_MSG_CANCELED)
			alpc_parcel_describe(m, d);
		if (alpc_parcel_is_held(m)) {
			alpc_deliver_hold(own, m, d);
			return;
		}
	}
	m->state = ALPC_MSG_DONE;
	alpc_message_forget(m);
	if (server)
		d->conn = alpc_conn_get(conn);
}

/**
 * alpc_deliver_queued() - hand a message to a receiver of its queue
 * @q: queue
 * @m: message, no longer in it
 * @d: result
 *
 * It counts for the server, unlike what comes to a thread in a call. Before the
 * connection is accepted there is no context to count for.
 */
void alpc_deliver_queued(struct alpc_queue *q, struct alpc_message *m,
			 struct alpc_delivery *d)
{
	struct alpc_conn *conn = m->from->conn;

	if (q == &conn->port->queue && conn->accepted)
		conn->received++;
	alpc_deliver(q, m, d);
}

/**
 * alpc_describe_plain() - the delivery of a plain message
 * @m: message after alpc_deliver_plain()
 * @conn: its connection, if it was received from the connection port; a reference
 *	that becomes the delivery's; else NULL
 * @d: result
 */
void alpc_describe_plain(struct alpc_message *m, struct alpc_conn *conn,
			 struct alpc_delivery *d)
{
	d->msg = m;
	alpc_describe(m, conn ? conn->context : 0, d);
	d->conn = conn;
}

/**
 * alpc_deliver_reply() - hand a reply to the thread that waits for it
 * @m: answered request, no longer in the table of unanswered ones
 * @d: result
 *
 * The message is the waiting thread's from now on.
 */
void alpc_deliver_reply(struct alpc_message *m, struct alpc_delivery *d)
{
	struct alpc_end *from = m->from;

	lockdep_assert_held(&from->port->lock);
	d->msg = m;
	alpc_describe(m, from->kind == ALPC_KIND_SERVER ? from->conn->context : 0,
		      d);
	alpc_describe_reply(m, d);
	m->caller = NULL;
	if (unlikely(m->brings)) {
		alpc_parcel_describe(m, d);
		if (alpc_parcel_is_held(m)) {
			alpc_deliver_hold(from->own, m, d);
			return;
		}
	}
	if (from->kind == ALPC_KIND_SERVER)
		d->conn = alpc_conn_get(from->conn);
	m->state = ALPC_MSG_DONE;
	alpc_message_forget(m);
}

/**
 * alpc_deliver_done() - the receiver has what it was handed
 * @d: delivery
 */
void alpc_deliver_done(struct alpc_delivery *d)
{
	struct alpc_message *m = d->msg;

	if (d->kept) {
		alpc_message_put(m);
		return;
	}
	alpc_message_recycle(m, &m->from->spare);
	if (d->conn)
		alpc_conn_put(d->conn);
}

/* It is for the thread of a call, and stays with the call. */
static void alpc_undo_to_call(struct alpc_queue *own, struct alpc_message *m,
			      u8 state)
{
	m->state = state;
	m->detached = true;
	list_add_tail(&m->node, &own->detached);
}

/* The notice that a request received here was cancelled, and not one sent. */
static bool alpc_undo_is_notice(const struct alpc_message *m, u8 type)
{
	return type == ALPC_CANCELED && m->type != ALPC_CANCELED;
}

static void alpc_undo_to_queue(struct alpc_queue *own, struct alpc_message *m,
			       u8 type, enum alpc_undo how,
			       struct alpc_wake *wake)
{
	m->state = ALPC_MSG_QUEUED;
	if (alpc_undo_is_notice(m, type)) {
		m->state = ALPC_MSG_CANCELED;
		alpc_pending_add(&own->pending, m);
	}
	/* It may never have been in the queue, and have no place there. */
	if (how == ALPC_UNDO_REPLY)
		m->order = 0;
	alpc_queue_put_back(own, m, wake);
}

/* As if it had not been received: it goes where it came from. */
static void alpc_undo_keep(struct alpc_queue *own, struct alpc_message *m,
			   u8 type, enum alpc_undo how, struct alpc_wake *wake)
{
	bool reply = alpc_type_is_reply(m->type);

	alpc_pending_del(&own->pending, m);
	if (how == ALPC_UNDO_CALL)
		alpc_undo_to_call(own, m, reply ? ALPC_MSG_REPLIED :
						  ALPC_MSG_QUEUED);
	else
		alpc_undo_to_queue(own, m, type, how, wake);
}

/* Nobody has answered or released it yet. */
static bool alpc_undo_kept(struct alpc_end *end, struct alpc_delivery *d,
			   enum alpc_undo how, struct alpc_wake *wake)
{
	struct alpc_queue *own = end->own;
	struct alpc_message *m = d->msg;

	/*
	 * Withdrawn, or answered, or used for a callback by another thread that
	 * did see it; the answer may be kept on the other side.
	 */
	if (hlist_unhashed(&m->sent) || m->detached ||
	    alpc_pending_find(&own->pending, m->id) != m ||
	    (m->state != ALPC_MSG_PENDING && m->state != ALPC_MSG_CANCELED &&
	     m->state != ALPC_MSG_KEPT))
		return false;
	if (how == ALPC_UNDO_RECEIVED && own == &end->port->queue &&
	    m->from->conn->accepted)
		m->from->conn->received--;
	/* Who never saw the request need not hear of its end. */
	if (alpc_type_wants_reply(d->type) && m->state != ALPC_MSG_PENDING) {
		alpc_message_unnote(m);
		alpc_request_withdraw(own, m, wake);
		return true;
	}
	alpc_undo_keep(own, m, d->type, how, wake);
	return false;
}

/* As when it was sent: a datagram counts if it is to be given back. */
static bool alpc_undo_counts(const struct alpc_delivery *d)
{
	switch (d->type) {
	case ALPC_REPLY:
		return true;
	case ALPC_DATAGRAM:
		return d->msg->brings & ALPC_BRINGS_HELD;
	case ALPC_CANCELED:
	case ALPC_CLIENT_DIED:
		return d->counted;
	default:
		return false;
	}
}

static bool alpc_undo_other(struct alpc_end *end, struct alpc_delivery *d,
			    enum alpc_undo how, struct alpc_wake *wake)
{
	struct alpc_message *m = d->msg;
	struct alpc_end *from = m->from;

	/* The server has closed its end: it is not to hear of it again. */
	if (d->conn && d->conn->server.released)
		return true;
	hlist_add_head(&m->sent, &from->sent);
	if (alpc_undo_counts(d))
		alpc_message_count(m);
	if (how == ALPC_UNDO_CALL) {
		alpc_undo_to_call(end->own, m, ALPC_MSG_REPLIED);
		return false;
	}
	if (how == ALPC_UNDO_RECEIVED && d->conn)
		d->conn->received--;
	alpc_undo_to_queue(end->own, m, d->type, how, wake);
	return false;
}

/**
 * alpc_deliver_undo() - the receiver could not use what it was handed
 * @end: port that the receiver used
 * @d: delivery
 * @how: what the receiver was waiting for
 */
void alpc_deliver_undo(struct alpc_end *end, struct alpc_delivery *d,
		       enum alpc_undo how)
{
	struct alpc_message *m = d->msg;
	struct alpc_wake wake = {};
	bool drop;

	rcu_read_lock();
	spin_lock(&end->port->lock);
	if (d->kept)
		drop = alpc_undo_kept(end, d, how, &wake);
	else
		drop = alpc_undo_other(end, d, how, &wake);
	spin_unlock(&end->port->lock);
	alpc_wake_flush(&wake);
	rcu_read_unlock();

	if (drop)
		alpc_message_put(m);
	if (d->kept)
		alpc_message_put(m);
	else if (d->conn)
		alpc_conn_put(d->conn);
}
