// SPDX-License-Identifier: GPL-2.0-only
/*
 * How connections and ports end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "shutdown.h"

#include <linux/poll.h>
#include <net/net_namespace.h>

#include "clist.h"
#include "completion.h"
#include "connect.h"
#include "deliver.h"
#include "exit.h"
#include "names.h"
#include "pool.h"
#include "quick.h"
#include "section.h"
#include "security.h"
#include "reply.h"
#include "reserve.h"
#include "trace.h"
#include "work.h"

/*
 * The notice of a cancelled request is none; one kept for its thread is. One
 * that is only kept for what came with it is none.
 */
static bool alpc_message_is_request(const struct alpc_message *m)
{
	return (m->type == ALPC_REQUEST || m->type == ALPC_CONNECTION_REQUEST) &&
	       (m->state != ALPC_MSG_CANCELED || m->detached) &&
	       m->state != ALPC_MSG_KEPT;
}

/* Will whoever receives from this end see messages of this connection again? */
static bool alpc_end_is_there(const struct alpc_end *end)
{
	return !end->released && (end->kind == ALPC_KIND_CLIENT ||
				  !end->port->closed);
}

/* Withdraw the requests sent through an end, and tell those who wait. */
static void alpc_end_fail_requests(struct alpc_end *end, int error,
				   struct alpc_work *work)
{
	bool there = alpc_end_is_there(alpc_end_peer(end));
	struct hlist_node *next;
	struct alpc_message *m;
	struct alpc_waiter *w;

	hlist_for_each_entry_safe(m, next, &end->sent, sent) {
		if (!alpc_message_is_request(m))
			continue;
		w = m->caller;
		m->caller = NULL;
		if (!there || !alpc_request_keep(m))
			alpc_message_remove(m, work);
		if (w)
			alpc_waiter_give(w, error, &work->wake);
	}
}

static void alpc_end_fail_blocked(struct alpc_end *end, int error,
				  struct alpc_work *work)
{
	struct alpc_waiter *w, *next;

	list_for_each_entry_safe(w, next, &alpc_end_backlog(end)->blocked,
				 blocked) {
		list_del(&w->blocked);
		list_del(&w->node);
		alpc_waiter_give(w, error, &work->wake);
	}
}

/* Free what was sent through an end and nobody has received. */
static void alpc_end_drop_sent(struct alpc_end *end, struct alpc_work *work)
{
	struct hlist_node *next;
	struct alpc_message *m;

	hlist_for_each_entry_safe(m, next, &end->sent, sent)
		if (!alpc_type_is_reply(m->type))
			alpc_message_remove(m, work);
}

/* Free what waits for a client whose file is closed. */
static void alpc_backlog_drop(struct alpc_backlog *b, struct alpc_work *work)
{
	struct alpc_message *m, *next;

	list_for_each_entry_safe(m, next, &b->messages, node)
		alpc_message_remove(m, work);
}

/* Free the replies that nobody has taken. */
static void alpc_end_drop_replies(struct alpc_end *end,
				  struct alpc_work *work)
{
	struct hlist_node *next;
	struct alpc_message *m;

	hlist_for_each_entry_safe(m, next, &end->sent, sent)
		if (alpc_type_is_reply(m->type))
			alpc_message_remove(m, work);
}

/* Free what an end that is closed has received and not given back. */
static void alpc_end_drop_kept(struct alpc_end *end, struct alpc_work *work)
{
	struct hlist_node *next;
	struct alpc_message *m;

	hlist_for_each_entry_safe(m, next, &alpc_end_peer(end)->sent, sent)
		if (m->state == ALPC_MSG_KEPT && !alpc_type_is_reply(m->type))
			alpc_message_remove(m, work);
}

/* Behind everything that the client sent: the notice that this was all. */
static void alpc_conn_tell_server(struct alpc_conn *conn,
				  struct alpc_work *work)
{
	struct alpc_message *m = &conn->closed;

	if (!conn->accepted || conn->server.released || conn->port->closed)
		return;
	refcount_inc(&m->ref);
	m->state = ALPC_MSG_QUEUED;
	hlist_add_head(&m->sent, &conn->client.sent);
	alpc_queue_post(&conn->port->queue, m, false, &work->wake);
}

/*
 * First step of a connection's end. error is what the client's receives fail
 * with once its queue is empty.
 */
static void alpc_conn_shutdown(struct alpc_conn *conn, int error,
			       struct alpc_work *work)
{
	lockdep_assert_held(&conn->port->lock);
	if (conn->state == ALPC_STATE_CLOSED)
		return;
	if (conn->state == ALPC_STATE_CONNECTING) {
		alpc_connect_answered(conn, &work->wake);
		alpc_conn_settled(conn);
		alpc_conn_unlist(conn);
	}
	WRITE_ONCE(conn->state, ALPC_STATE_CLOSED);
	conn->error = error;
	alpc_end_fail_requests(&conn->client, error, work);
	alpc_end_fail_requests(&conn->server, -EPIPE, work);
	alpc_end_fail_blocked(&conn->client, error, work);
	alpc_end_fail_blocked(&conn->server, -EPIPE, work);
	alpc_queue_fail_receivers(&conn->queue, error, &work->wake);
	alpc_quick_fail_all(conn, &work->wake);
	if (conn->queue.binding)
		alpc_binding_close(conn->queue.binding);
	alpc_queue_wake_all(&conn->queue,
			    EPOLLHUP | EPOLLRDHUP | EPOLLIN | EPOLLOUT);
	alpc_conn_tell_server(conn, work);
}

/**
 * alpc_conn_unlist() - the connection does not count at the port any more
 * @conn: connection
 *
 * Context: port's lock held.
 */
void alpc_conn_unlist(struct alpc_conn *conn)
{
	struct alpc_port *port = conn->port;

	lockdep_assert_held(&port->lock);
	if (!conn->listed)
		return;
	conn->listed = false;
	list_del(&conn->node);
	port->connections--;
	port->queue.sharers--;
}

/**
 * alpc_disconnect() - end a connection by command
 * @end: either communication port
 *
 * Return: 0, or -EPIPE if it has ended before.
 */
int alpc_disconnect(struct alpc_end *end)
{
	struct alpc_conn *conn = end->conn;
	struct alpc_work work;
	int ret = 0;

	alpc_work_begin(&work, end->port);
	if (conn->state == ALPC_STATE_CLOSED ||
	    conn->state == ALPC_STATE_REFUSED)
		ret = -EPIPE;
	else
		alpc_conn_shutdown(conn, -EPIPE, &work);
	alpc_work_end(&work, end->port);
	return ret;
}

static void alpc_client_release(struct alpc_conn *conn)
{
	struct alpc_work work;

	alpc_exit_forget(conn);
	alpc_work_begin(&work, conn->port);
	conn->client.released = true;
	alpc_conn_left(conn);
	alpc_conn_shutdown(conn, -EPIPE, &work);
	alpc_end_drop_replies(&conn->client, &work);
	alpc_backlog_drop(&conn->to_client, &work);
	alpc_end_drop_kept(&conn->client, &work);
	alpc_work_end(&work, conn->port);
	alpc_sections_release(&conn->client);
	alpc_security_release(&conn->client);
	alpc_reserves_release(&conn->client);
	alpc_pool_close(READ_ONCE(conn->client.pool));
}

static void alpc_server_release(struct alpc_conn *conn)
{
	struct alpc_work work;

	alpc_work_begin(&work, conn->port);
	conn->server.released = true;
	alpc_conn_shutdown(conn, -EPIPE, &work);
	alpc_end_drop_sent(&conn->client, &work);
	alpc_end_drop_replies(&conn->server, &work);
	alpc_conn_unlist(conn);
	alpc_work_end(&work, conn->port);
	alpc_sections_release(&conn->server);
	alpc_security_release(&conn->server);
	alpc_reserves_release(&conn->server);
	alpc_pool_close(READ_ONCE(conn->server.pool));
}

/**
 * alpc_conn_abandon() - the thread that connects gives up
 * @conn: connection
 * @w: its waiter
 *
 * Return: true, or false if the answer has come meanwhile.
 */
bool alpc_conn_abandon(struct alpc_conn *conn, struct alpc_waiter *w)
{
	struct alpc_work work;
	bool done;

	alpc_work_begin(&work, conn->port);
	done = alpc_waiter_is_done(w);
	if (!done)
		alpc_conn_shutdown(conn, -EPIPE, &work);
	alpc_work_end(&work, conn->port);
	return !done;
}

static void alpc_port_release(struct alpc_port *port)
{
	struct alpc_work work;
	struct alpc_conn *conn;
	int error;

	alpc_names_del(port);
	/* The clients may keep the port, but not the server's namespace. */
	put_net(port->net);
	port->net = NULL;
	alpc_work_begin(&work, port);
	port->closed = true;
	while (!list_empty(&port->conns)) {
		conn = list_first_entry(&port->conns, struct alpc_conn, node);
		alpc_conn_get(conn);
		error = conn->state == ALPC_STATE_CONNECTING ? -ECONNRESET :
							       -EPIPE;
		alpc_conn_shutdown(conn, error, &work);
		alpc_end_drop_sent(&conn->client, &work);
		alpc_end_drop_replies(&conn->server, &work);
		alpc_conn_unlist(conn);
		/* Not everything in one go: there can be many connections. */
		alpc_work_end(&work, port);
		alpc_conn_put(conn);
		cond_resched();
		alpc_work_begin(&work, port);
	}
	alpc_connectors_fail(port, -ECONNRESET, &work.wake);
	alpc_work_end(&work, port);
}

/**
 * alpc_end_release() - the last descriptor of a port is closed
 * @end: port; the file's reference is consumed
 */
void alpc_end_release(struct alpc_end *end)
{
	trace_alpc_close(end);
	if (end->kind != ALPC_KIND_SERVER) {
		alpc_unbind(end);
		alpc_clist_delete(end);
	}
	switch (end->kind) {
	case ALPC_KIND_CONNECTION:
		alpc_port_release(end->port);
		alpc_port_put(end->port);
		break;
	case ALPC_KIND_CLIENT:
		alpc_client_release(end->conn);
		alpc_conn_put(end->conn);
		break;
	case ALPC_KIND_SERVER:
		alpc_server_release(end->conn);
		alpc_conn_put(end->conn);
		break;
	}
}
