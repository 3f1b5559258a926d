// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A thread of a server loop: take a message up, let the program handle it, and
 * reply with the call that takes the next one up.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "quick_server.h"

#include <string.h>

/**
 * alpc_lib_worker_init() - make a thread one that can handle a server's messages
 * @w: worker
 * @server: server
 *
 * Return: 0, and then alpc_lib_worker_exit() must follow; -ENOMEM.
 */
int alpc_lib_worker_init(struct alpc_lib_worker *w, struct alpc_server *server)
{
	const struct alpc_server_options *opt = &server->options;
	int ret;

	*w = (struct alpc_lib_worker){ .server = server };
	ret = alpc_message_new(server->max_message, &w->message);
	if (!ret)
		ret = alpc_message_new(server->max_message, &w->reply);
	if (!ret && opt->flags & ALPC_SERVER_RANGES)
		ret = alpc_message_accept_ranges(w->message, true);
	if (!ret && opt->fd_kinds)
		ret = alpc_message_accept_fds(w->message, opt->fd_kinds);
	if (!ret && opt->identity)
		ret = alpc_message_accept_identity(w->message, opt->identity);
	if (ret) {
		alpc_message_free(w->message);
		alpc_message_free(w->reply);
		return ret;
	}
	alpc_message_set_limit(w->message, opt->max_request);
	w->message->in_place = opt->flags & ALPC_SERVER_IN_PLACE;
	pthread_mutex_lock(&server->lock);
	w->next = server->workers;
	server->workers = w;
	pthread_mutex_unlock(&server->lock);
	return 0;
}

void alpc_lib_worker_exit(struct alpc_lib_worker *w)
{
	struct alpc_lib_worker **p = &w->server->workers;

	alpc_lib_quick_leave(w);
	pthread_mutex_lock(&w->server->lock);
	while (*p && *p != w)
		p = &(*p)->next;
	if (*p)
		*p = w->next;
	pthread_mutex_unlock(&w->server->lock);
	alpc_message_free(w->message);
	alpc_message_free(w->reply);
	alpc_message_free(w->asked);
}

/*
 * The room that the request brings for the reply: who wants to have it in place
 * makes the reply there.
 */
static void worker_place(struct alpc_lib_worker *w)
{
	const struct alpc_msg *head = &w->message->io.recv;
	const struct alpc_lib_map *map = w->message->map;
	struct alpc_message *reply = w->reply;

	if (!map || !map->writable || !(head->view_flags & ALPC_VIEW_WRITE))
		return;
	reply->given = map->base + head->view_offset;
	reply->given_room = head->view_len;
	reply->given_from = w->server->max_message < ALPC_LIB_INLINE_MAX ?
			    w->server->max_message : ALPC_LIB_INLINE_MAX;
	if (w->message->in_place) {
		reply->place = reply->given;
		reply->place_room = reply->given_room;
	}
}

/* The reply goes out with the call that takes the next message up. */
static void worker_replies(struct alpc_lib_worker *w, struct alpc_client *client)
{
	w->id = w->message->io.recv.id;
	w->client = client->number;
	w->replying = true;
}

/* A request: it gets its reply now or later, or the connection ends. */
static void worker_request(struct alpc_lib_worker *w, struct alpc_client *client)
{
	const struct alpc_server_ops *ops = &w->server->ops;
	uint64_t id = w->message->io.recv.id;
	int ret = -EOPNOTSUPP;

	worker_place(w);
	atomic_store_explicit(&w->handled, id, memory_order_release);
	if (ops->request)
		ret = ops->request(client, w->message, w->reply);
	if (ret == ALPC_REPLY_LATER) {
		alpc_lib_later_note(w);
		return;
	}
	atomic_store_explicit(&w->handled, 0, memory_order_relaxed);
	if (ret) {
		alpc_port_disconnect(&client->port);
		if (w->message->io.recv.view_len)
			alpc_lib_release_id(w->server->port, id);
		return;
	}
	worker_replies(w, client);
}

/* A request is cancelled: one that was received, or one of the server's own. */
static void worker_canceled(struct alpc_lib_worker *w, struct alpc_client *client)
{
	const struct alpc_server_ops *ops = &w->server->ops;
	const struct alpc_msg *head = &w->message->io.recv;

	if (head->flags & ALPC_MSG_RETURNED) {
		if (ops->returned)
			ops->returned(client, w->message);
		return;
	}
	if (!alpc_lib_inbox_canceled(w->server->port, head->id))
		w->message->owes = false;
	if (ops->canceled)
		ops->canceled(client, head->id);
}

static __attribute_noinline__ void
worker_open_quick(struct alpc_lib_worker *w, struct alpc_client *client)
{
	if (alpc_lib_quick_hello(w, client))
		worker_replies(w, client);
}

/* Not a request. */
static __attribute_noinline__ void
worker_other(struct alpc_lib_worker *w, struct alpc_client *client)
{
	const struct alpc_server_ops *ops = &w->server->ops;
	const struct alpc_message *m = w->message;

	switch (m->io.recv.type) {
	case ALPC_DATAGRAM:
		if (ops->datagram)
			ops->datagram(client, m);
		break;
	case ALPC_REPLY:
		if (ops->reply)
			ops->reply(client, m);
		break;
	case ALPC_CANCELED:
		worker_canceled(w, client);
		break;
	case ALPC_CLIENT_DIED:
		if (ops->died)
			ops->died(client, m);
		break;
	}
}

static void worker_tell(const struct alpc_lib_worker *w, uint64_t id, int error)
{
	if (w->server->ops.unanswered)
		w->server->ops.unanswered(w->server->arg, id, error);
}

/*
 * The data of a message could not be taken in. Usually its caller has given up,
 * and an answer, whatever it says, takes the notice of that out of the way. If it
 * has not, waiting on would be for ever.
 */
static __attribute_noinline__ void
worker_untaken(struct alpc_lib_worker *w, struct alpc_client *client, int error)
{
	const struct alpc_msg *head = &w->message->io.recv;

	if (!alpc_lib_reply_is_over(error))
		alpc_port_disconnect(&client->port);
	if (head->type == ALPC_REQUEST)
		alpc_reply(w->server->port, head->id, NULL, 0);
	worker_tell(w, head->id, error);
}

/* The client's memory, if it is needed for this message. */
static struct alpc_lib_space *worker_space(const struct alpc_lib_worker *w,
					   struct alpc_client *client)
{
	struct alpc_lib_space *space;

	if (!w->message->io.recv.view_len ||
	    w->message->io.recv.view_flags & ALPC_VIEW_RANGE)
		return NULL;
	space = alpc_lib_port_space(&client->port);
	if (!space && alpc_lib_space_of(&client->port, &space))
		return NULL;
	return space;
}

static __attribute_noinline__ void
worker_connect(struct alpc_lib_worker *w)
{
	alpc_lib_take(w->server->port, w->message, NULL);
	w->reply->limit = w->server->max_message;
	alpc_lib_client_connect(w->server, w->message, w->reply);
}

static __attribute_noinline__ void
worker_closed(struct alpc_lib_worker *w, struct alpc_client *client)
{
	const struct alpc_msg *head = &w->message->io.recv;

	alpc_lib_inbox_gone(w->server->port, head->context);
	/* Whoever looks at its page holds it. */
	atomic_store(&client->port.ended, true);
	alpc_lib_quick_forget(client);
	alpc_lib_client_gone(client, head->seq);
}

static void worker_message(struct alpc_lib_worker *w, struct alpc_client *client)
{
	unsigned int type = w->message->io.recv.type;
	int ret;

	ret = alpc_lib_take(w->server->port, w->message, worker_space(w, client));
	if (ret)
		worker_untaken(w, client, ret);
	else if (alpc_lib_quick_is_hello(w->message))
		worker_open_quick(w, client);
	else if (type == ALPC_REQUEST)
		worker_request(w, client);
	else
		worker_other(w, client);
	if (type == ALPC_REQUEST)
		alpc_lib_quick_follow(w, client);
}

static void worker_handle(struct alpc_lib_worker *w)
{
	unsigned int type = w->message->io.recv.type;
	struct alpc_client *client;

	alpc_lib_worker_clear(w->reply);
	if (type == ALPC_CONNECTION_REQUEST) {
		worker_connect(w);
		return;
	}
	client = alpc_lib_client_of(w->message);
	if (!client)
		return;
	if (type == ALPC_PORT_CLOSED) {
		worker_closed(w, client);
		return;
	}
	worker_message(w, client);
	/*
	 * Before the reply goes out: that call may wait for the next message
	 * for ever, and the client must not have to.
	 */
	alpc_lib_client_finish(client);
}

/*
 * A reply did not get through. Usually nobody waits for it any more. If somebody
 * does and it cannot be sent (no memory), waiting on would be for ever.
 */
static void worker_unanswered(struct alpc_lib_worker *w, int error)
{
	if (!alpc_lib_reply_is_over(error) &&
	    !alpc_lib_client_cut(w->server, w->client))
		error = -EPIPE;
	worker_tell(w, w->id, error);
}

/*
 * Prepare to reply. What is in the caller's memory and is to go inline is taken
 * out: that memory is let go of before the system call.
 */
static int worker_answer(struct alpc_lib_worker *w, struct alpc_lib_body *body)
{
	struct alpc_transfer *t = &w->message->io;
	struct alpc_message *m = w->reply;
	int ret;

	alpc_lib_body_init(body, NULL, 0);
	body->message = m;
	ret = alpc_lib_answer(w->server->port, t, w->id, m->data, m->len,
			      w->message, NULL, body);
	if (ret || !t->send.len || m->data == m->own)
		return ret;
	/* One that was kept for its caller has room for no more than that. */
	ret = alpc_lib_message_grow(m, t->send.len);
	if (ret) {
		alpc_lib_answered(body, false);
		return ret;
	}
	memcpy(m->own, m->data, t->send.len);
	t->send.data = (uintptr_t)m->own;
	return 0;
}

/*
 * Was the reply made where the caller has room for it, with nothing beside it? Then
 * it stays there, and that is said.
 */
static bool worker_answer_inside(struct alpc_lib_worker *w)
{
	struct alpc_transfer *t = &w->message->io;
	const struct alpc_message *m = w->reply;
	unsigned int way;

	if (m->data != m->given || m->len <= m->given_from || m->attrs)
		return false;
	way = atomic_load_explicit(&w->server->port->way, memory_order_relaxed);
	if (way != ALPC_WAY_AUTO && way != ALPC_WAY_VIEW)
		return false;
	alpc_lib_message_forget(w->message);
	if (!w->message->map)
		return false;
	t->flags |= ALPC_TRANSFER_SEND;
	t->send.id = w->id;
	t->send.flags = ALPC_SEND_REPLY;
	t->send.view_offset = t->recv.view_offset;
	t->send.view_len = m->len;
	t->send.section = t->recv.section;
	t->send.view_flags = ALPC_VIEW_BODY;
	return true;
}

/* Reply with the transfer that takes the next message up. */
static __attribute_noinline__ void
worker_answer_any(struct alpc_lib_worker *w)
{
	struct alpc_transfer *t = &w->message->io;
	struct alpc_lib_body body;
	int ret;

	ret = worker_answer(w, &body);
	/*
	 * Who waits for the next message keeps no block of any client, and what is
	 * beside the data lies on this function's stack.
	 */
	if (!ret && (body.block || t->send.attrs)) {
		ret = alpc_lib_ioctl(w->server->port->fd, ALPC_IOC_TRANSFER, t);
		alpc_lib_answered(&body, !ret);
		t->flags &= ~ALPC_TRANSFER_SEND;
	}
	if (ret) {
		t->flags &= ~ALPC_TRANSFER_SEND;
		worker_unanswered(w, ret);
	}
}

static void worker_reply(struct alpc_lib_worker *w)
{
	w->replying = false;
	if (!worker_answer_inside(w))
		worker_answer_any(w);
}

/* After so many that need little of it, the memory for a long one goes. */
static void worker_trim(struct alpc_lib_worker *w)
{
	if (w->message->room <= ALPC_LIB_KEEP_ROOM &&
	    w->reply->room <= ALPC_LIB_KEEP_ROOM)
		return;
	if (w->message->len > ALPC_LIB_KEEP_ROOM ||
	    w->reply->len > ALPC_LIB_KEEP_ROOM)
		w->brief = 0;
	else if (++w->brief == ALPC_LIB_KEEP_TIMES) {
		alpc_lib_message_trim(w->message, ALPC_LIB_KEEP_ROOM);
		alpc_lib_message_trim(w->reply, ALPC_LIB_KEEP_ROOM);
		w->brief = 0;
	}
}

/* The next transfer: the reply, if there is one, or what is given back. */
static void worker_prepare(struct alpc_lib_worker *w, int64_t timeout)
{
	struct alpc_transfer *t = &w->message->io;

	alpc_lib_transfer_init(t, timeout);
	worker_trim(w);
	if (w->replying)
		worker_reply(w);
	if (t->flags & ALPC_TRANSFER_SEND)
		alpc_lib_message_ready(w->message);
	else
		alpc_lib_give_back(w->server->port, w->message);
}

/* What was to be sent was not. */
static void worker_unsent(struct alpc_lib_worker *w, int error)
{
	struct alpc_transfer *t = &w->message->io;

	/* If it was to give something back, there is nothing any more. */
	if (t->send.flags == ALPC_SEND_REPLY)
		worker_unanswered(w, error);
	t->flags &= ~ALPC_TRANSFER_SEND;
}

/* Reply, if there is a reply, and take the next message up. */
static int worker_receive(struct alpc_lib_worker *w, int64_t timeout)
{
	struct alpc_transfer *t = &w->message->io;
	struct alpc_port *port = w->server->port;
	int ret;

	worker_prepare(w, timeout);
	t->flags |= ALPC_TRANSFER_RECEIVE;
	ret = alpc_lib_transfer_run(port, w->message);
	if (!(t->flags & ALPC_TRANSFER_SEND))
		return ret;
	worker_unsent(w, ret);
	return alpc_lib_transfer_run(port, w->message);
}

/* The next message, after any number of quick ones. */
static __attribute_noinline__ int
worker_look(struct alpc_lib_worker *w, int64_t timeout)
{
	int ret;

	do {
		alpc_lib_quick_begin(w);
		ret = worker_receive(w, 0);
		if (ret != -EAGAIN) {
			alpc_lib_quick_pause(w);
			return ret;
		}
		if (!alpc_lib_quick_look(w))
			alpc_lib_quick_leave(w);
	} while (w->look);
	return worker_receive(w, timeout);
}

/*
 * Take the next message up, and handle it. Who is not to wait looks at no page:
 * others have their turn.
 */
static int worker_step(struct alpc_lib_worker *w, int64_t timeout)
{
	int ret;

	if (!timeout)
		alpc_lib_quick_leave(w);
	ret = w->look ? worker_look(w, timeout) : worker_receive(w, timeout);
	if (!ret)
		worker_handle(w);
	return ret == -EINTR ? 0 : ret;
}

/* Reply, and take nothing up. */
static void worker_pause(struct alpc_lib_worker *w)
{
	struct alpc_transfer *t = &w->message->io;
	int ret;

	worker_prepare(w, ALPC_INFINITE);
	if (!(t->flags & ALPC_TRANSFER_SEND))
		return;
	ret = alpc_lib_ioctl(w->server->port->fd, ALPC_IOC_TRANSFER, t);
	if (ret)
		worker_unsent(w, ret);
}

/**
 * alpc_lib_worker_turn() - handle messages that are there
 * @w: worker
 * @count: how many at most
 *
 * All are answered when it returns, and nothing is held.
 *
 * Return: 0 if there may be more, -EAGAIN if not; -ESHUTDOWN if the server is
 * stopped; else what keeps it from receiving.
 */
int alpc_lib_worker_turn(struct alpc_lib_worker *w, unsigned int count)
{
	int ret = 0;

	while (!ret && count--)
		ret = worker_step(w, 0);
	if (!ret)
		worker_pause(w);
	alpc_lib_quick_leave(w);
	return ret;
}

/**
 * alpc_lib_worker_run() - be a thread of the server until it stops
 * @server: server
 *
 * Return: 0 if it was stopped, else what kept this thread from receiving.
 */
int alpc_lib_worker_run(struct alpc_server *server)
{
	struct alpc_lib_worker w;
	int ret;

	ret = alpc_lib_worker_init(&w, server);
	if (ret)
		return ret;
	while (!ret)
		ret = worker_step(&w, ALPC_INFINITE);
	alpc_lib_worker_exit(&w);
	return ret == -ESHUTDOWN ? 0 : ret;
}
