// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connecting, accepting and refusing.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * A connection request is a request whose answer decides about the connection;
 * it lies in the connection port's queue and table like any other. How many may
 * be unanswered is limited apart from the queue. Threads over that limit wait
 * in &alpc_port.connectors, and an answer hands its place to the first of them.
 */
#include "connect.h"

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/user_namespace.h>

#include "completion.h"
#include "deliver.h"
#include "inode.h"
#include "reply.h"
#include "shutdown.h"
#include "trace.h"

static bool alpc_server_fits(const struct cred *cred, kuid_t uid, kgid_t gid)
{
	return (!uid_valid(uid) || uid_eq(uid, cred->euid)) &&
	       (!gid_valid(gid) || gid_eq(gid, cred->egid));
}

/*
 * May a server of this identity be expected at the port? It was created by one, or
 * given to one: nobody can give away what is not theirs, so a stranger's port
 * never seems to be somebody else's.
 */
static bool alpc_owner_fits(const struct alpc_port *port, kuid_t uid,
			    kgid_t gid)
{
	const struct inode *inode = port->inode;

	return (alpc_server_fits(port->cred, uid, INVALID_GID) ||
		uid_eq(uid, inode->i_uid)) &&
	       (alpc_server_fits(port->cred, INVALID_UID, gid) ||
		gid_eq(gid, inode->i_gid));
}

/* Note whom the client wants to talk to. An id that nobody has fits nobody. */
static int alpc_connect_require(struct alpc_conn *conn,
				const struct alpc_connect *arg)
{
	if (arg->flags & ALPC_CONNECT_SERVER_UID) {
		conn->server_uid = make_kuid(current_user_ns(),
					     arg->server_uid);
		if (!uid_valid(conn->server_uid))
			return -EPERM;
	}
	if (arg->flags & ALPC_CONNECT_SERVER_GID) {
		conn->server_gid = make_kgid(current_user_ns(),
					     arg->server_gid);
		if (!gid_valid(conn->server_gid))
			return -EPERM;
	}
	if (!alpc_owner_fits(conn->port, conn->server_uid, conn->server_gid))
		return -EPERM;
	return 0;
}

/* The message that asks, with room for the answer. */
static struct alpc_message *
alpc_connect_message(struct alpc_conn *conn, const struct alpc_connect *arg)
{
	struct alpc_end *end = &conn->client;
	u32 limit = conn->port->max_message;
	struct alpc_message *m;
	u32 room = limit;
	int ret;

	if (arg->send_len > limit)
		return ERR_PTR(-EMSGSIZE);
	if (!(arg->flags & ALPC_CONNECT_ASYNC))
		room = max(arg->send_len, min(arg->reply_len, limit));
	m = alpc_message_alloc(&end->spare, end->user, room);
	if (IS_ERR(m))
		return m;
	ret = alpc_copy_in(m->data, u64_to_user_ptr(arg->send_data),
			   arg->send_len) ?:
	      alpc_ident_renew(&m->sender, &end->idents);
	if (ret) {
		alpc_message_recycle(m, &end->spare);
		return ERR_PTR(ret);
	}
	/* Many a client does nothing for long after it has connected. */
	m->single = true;
	m->type = ALPC_CONNECTION_REQUEST;
	m->len = arg->send_len;
	m->cookie = 0;
	return m;
}

/*
 * Announce the connection. Return: 0, -EINPROGRESS if the thread is to wait
 * until it may, or an error.
 */
static int alpc_connect_post(struct alpc_conn *conn, struct alpc_message *m,
			     bool granted, struct alpc_waiter *w,
			     struct alpc_wake *wake)
{
	struct alpc_port *port = conn->port;
	struct alpc_end *end = &conn->client;

	lockdep_assert_held(&port->lock);
	if (port->closed)
		return -ECONNRESET;
	if (port->connections >= port->max_connections)
		return -EUSERS;
	if (!granted) {
		if (port->pending_connects >= port->max_pending ||
		    !list_empty(&port->connectors)) {
			list_add_tail(&w->node, &port->connectors);
			return -EINPROGRESS;
		}
		port->pending_connects++;
	}
	port->connections++;
	port->queue.sharers++;
	conn->listed = true;
	list_add_tail(&conn->node, &port->conns);
	m->from = end;
	m->seq = ++end->seq;
	m->sender_id = ++end->own->last_id;
	m->id = ++port->queue.last_id;
	m->state = ALPC_MSG_QUEUED;
	hlist_add_head(&m->sent, &end->sent);
	alpc_queue_post(&port->queue, m, false, wake);
	return 0;
}

static void alpc_connect_pass_on(struct alpc_port *port, struct alpc_wake *wake)
{
	struct alpc_waiter *w;

	if (list_empty(&port->connectors)) {
		port->pending_connects--;
		return;
	}
	w = list_first_entry(&port->connectors, struct alpc_waiter, node);
	list_del(&w->node);
	alpc_waiter_give(w, 0, wake);
}

/**
 * alpc_connect_answered() - a connection request is not unanswered any more
 * @conn: connection that was announced or not
 * @wake: collects whom to wake
 *
 * Context: port's lock held, RCU read-side critical section.
 */
void alpc_connect_answered(struct alpc_conn *conn, struct alpc_wake *wake)
{
	lockdep_assert_held(&conn->port->lock);
	if (conn->listed)
		alpc_connect_pass_on(conn->port, wake);
}

/* The port is closed: send away those who wait to be announced. */
void alpc_connectors_fail(struct alpc_port *port, int error,
			  struct alpc_wake *wake)
{
	struct alpc_waiter *w, *next;

	list_for_each_entry_safe(w, next, &port->connectors, node) {
		list_del(&w->node);
		alpc_waiter_give(w, error, wake);
	}
}

/* The place that this thread was handed is not used after all. */
static void alpc_connect_return_place(struct alpc_port *port)
{
	struct alpc_wake wake = {};

	rcu_read_lock();
	spin_lock(&port->lock);
	alpc_connect_pass_on(port, &wake);
	spin_unlock(&port->lock);
	alpc_wake_flush(&wake);
	rcu_read_unlock();
}

/* Wait for one of the places of unanswered requests. */
static int alpc_connect_wait_place(struct alpc_port *port,
				   struct alpc_waiter *w,
				   const struct alpc_deadline *deadline,
				   bool async)
{
	int ret = alpc_sleep(w, deadline);

	/* Not to sleep at all is what the caller asked for. */
	if (ret == -ETIMEDOUT && async && !deadline->at)
		ret = -EAGAIN;

	if (ret) {
		spin_lock(&port->lock);
		if (alpc_waiter_is_done(w))
			ret = w->error;
		else
			list_del(&w->node);
		spin_unlock(&port->lock);
	} else {
		ret = w->error;
	}
	return ret == -EINTR ? alpc_interrupted(deadline) : ret;
}

/* Announce the connection, waiting for a place if need be. */
static int alpc_connect_announce(struct alpc_conn *conn, struct alpc_message *m,
				 bool async, struct alpc_waiter *w,
				 const struct alpc_deadline *deadline)
{
	struct alpc_port *port = conn->port;
	struct alpc_wake wake = {};
	bool granted = false;
	int ret;

	for (;;) {
		alpc_waiter_init(w, U32_MAX);
		m->caller = async ? NULL : w;
		rcu_read_lock();
		spin_lock(&port->lock);
		ret = alpc_connect_post(conn, m, granted, w, &wake);
		spin_unlock(&port->lock);
		alpc_wake_flush(&wake);
		rcu_read_unlock();
		if (ret != -EINPROGRESS)
			break;
		ret = alpc_connect_wait_place(port, w, deadline, async);
		if (ret)
			return ret;
		granted = true;
	}
	if (ret && granted)
		alpc_connect_return_place(port);
	return ret;
}

static int alpc_connect_wait(struct alpc_conn *conn, struct alpc_waiter *w,
			     const struct alpc_deadline *deadline)
{
	int ret = alpc_sleep(w, deadline);

	if (ret && alpc_conn_abandon(conn, w))
		return ret;
	return w->error;
}

/**
 * alpc_connect() - ask the server for the connection and wait for its answer
 * @conn: connection that nobody else knows yet
 * @arg: checked argument
 * @d: result: the answer; its &alpc_delivery.msg is NULL if it was not waited
 *	for
 *
 * Return: 0 if the server has answered (see &alpc_delivery.type), or will; or
 * an error of &struct alpc_connect.
 */
int alpc_connect(struct alpc_conn *conn, const struct alpc_connect *arg,
		 struct alpc_delivery *d)
{
	bool async = arg->flags & ALPC_CONNECT_ASYNC;
	struct alpc_deadline deadline;
	struct alpc_message *m;
	struct alpc_waiter w;
	int ret;

	d->msg = NULL;
	ret = alpc_deadline_init(&deadline, arg->timeout,
				 arg->flags & ALPC_CONNECT_ABSTIME) ?:
	      alpc_connect_require(conn, arg);
	if (ret)
		return ret;
	m = alpc_connect_message(conn, arg);
	if (IS_ERR(m))
		return PTR_ERR(m);
	ret = alpc_connect_announce(conn, m, async, &w, &deadline);
	trace_alpc_connect(conn, ret);
	if (ret) {
		alpc_message_recycle(m, &conn->client.spare);
		return ret;
	}
	if (async)
		return 0;
	ret = alpc_connect_wait(conn, &w, &deadline);
	if (!ret)
		*d = w.delivery;
	return ret;
}

/**
 * alpc_accept_begin() - claim a connection request and read the answer
 * @end: connection port
 * @arg: checked argument
 * @m: gets the request
 * @answer: gets the data if they are longer than the room in @m, else NULL
 *
 * Return: a reference to the connection, or an error pointer.
 * alpc_accept_commit() or alpc_accept_abort() must follow.
 */
struct alpc_conn *alpc_accept_begin(struct alpc_end *end,
				    const struct alpc_accept *arg,
				    struct alpc_message **m, struct alpc_answer **answer)
{
	struct alpc_conn *conn;
	int ret = 0;

	*answer = NULL;
	*m = alpc_request_claim(end, arg->id, ALPC_CONNECTION_REQUEST, &conn);
	if (IS_ERR(*m))
		return ERR_CAST(*m);
	if (!(arg->flags & ALPC_ACCEPT_REFUSE) &&
	    !alpc_server_fits(current_cred(), conn->server_uid,
			      conn->server_gid))
		ret = -EPERM;
	if (!ret)
		ret = alpc_answer_copy(end, *m, arg->data, arg->len, answer);
	if (ret)
		return ERR_PTR(alpc_accept_abort(conn, *m, *answer) ?: ret);
	return conn;
}

/**
 * alpc_accept_abort() - leave the request to be answered
 * @conn: what alpc_accept_begin() gave; consumed
 * @m: likewise
 * @answer: likewise
 *
 * Return: 0, or -ECANCELED if the client has given up meanwhile.
 */
int alpc_accept_abort(struct alpc_conn *conn, struct alpc_message *m,
		      struct alpc_answer *answer)
{
	int ret;

	alpc_answer_free(answer);
	ret = alpc_request_unclaim(&conn->port->end, m);
	alpc_conn_put(conn);
	return ret ? -ECANCELED : 0;
}

static void alpc_accept_answer(struct alpc_conn *conn,
			       const struct alpc_accept *arg,
			       struct alpc_message *m, struct alpc_answer *answer,
			       struct alpc_wake *wake)
{
	struct alpc_port *port = conn->port;
	struct alpc_waiter *w = m->caller;
	u8 type;

	alpc_connect_answered(conn, wake);
	alpc_conn_settled(conn);
	if (arg->flags & ALPC_ACCEPT_REFUSE) {
		type = ALPC_CONNECTION_REFUSED;
		WRITE_ONCE(conn->state, ALPC_STATE_REFUSED);
		conn->error = -ECONNREFUSED;
		alpc_conn_unlist(conn);
	} else {
		type = ALPC_CONNECTION_REPLY;
		WRITE_ONCE(conn->state, ALPC_STATE_OPEN);
		conn->accepted = true;
		conn->context = arg->context;
		conn->acceptor = alpc_ident_get(m->replier);
		alpc_end_note_from(&conn->server, conn->acceptor);
	}
	alpc_request_answer(&port->queue, m, type, arg->len, answer);
	if (conn->accepted)
		alpc_end_note(&conn->server, m, m->replier);
	if (w) {
		/* If it is put back it comes before all that follows. */
		m->order = 0;
		alpc_deliver_reply(m, &w->delivery);
		alpc_waiter_give(w, 0, wake);
	} else {
		m->state = ALPC_MSG_QUEUED;
		alpc_queue_post(&conn->queue, m, false, wake);
		alpc_queue_wake_all(&conn->queue, EPOLLOUT | EPOLLHUP);
	}
	if (conn->state == ALPC_STATE_REFUSED) {
		alpc_queue_fail_receivers(&conn->queue, -ECONNREFUSED, wake);
		if (conn->queue.binding)
			alpc_binding_close(conn->queue.binding);
	}
}

/**
 * alpc_accept_commit() - answer the request
 * @conn: connection; stays referenced
 * @arg: checked argument
 * @m: request; its reference is consumed
 * @answer: consumed
 *
 * Return: 0, or -ECANCELED if the client has given up meanwhile.
 */
int alpc_accept_commit(struct alpc_conn *conn, const struct alpc_accept *arg,
		       struct alpc_message *m, struct alpc_answer *answer)
{
	struct alpc_port *port = conn->port;
	struct alpc_wake wake = {};
	int ret = 0;

	rcu_read_lock();
	spin_lock(&port->lock);
	if (alpc_request_check(m))
		ret = -ECANCELED;
	else
		alpc_accept_answer(conn, arg, m, answer, &wake);
	spin_unlock(&port->lock);
	alpc_wake_flush(&wake);
	rcu_read_unlock();

	if (ret) {
		alpc_answer_free(answer);
		alpc_message_put(m);
	} else {
		trace_alpc_accept(conn, arg->flags & ALPC_ACCEPT_REFUSE ?
				  -ECONNREFUSED : 0);
	}
	return ret;
}
