// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A thread of a server loop: take a message up, let the program handle it, and
 * reply with the call that takes the next one up.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "server.h"

/**
 * struct worker - a thread
 * @server: its server
 * @message: the message that it handles
 * @reply: what the program answers
 * @id: request that @reply answers, if @replying
 * @client: number of the client that it is for
 * @replying: @reply is still to be sent
 */
struct worker {
	struct alpc_server *server;
	struct alpc_message *message;
	struct alpc_message *reply;
	uint64_t id;
	uint64_t client;
	bool replying;
};

static int worker_init(struct worker *w, struct alpc_server *server)
{
	int ret;

	*w = (struct worker){ .server = server };
	ret = alpc_message_new(server->max_message, &w->message);
	if (!ret)
		ret = alpc_message_new(server->max_message, &w->reply);
	if (!ret)
		w->reply->limit = server->max_message;
	return ret;
}

static void worker_exit(struct worker *w)
{
	alpc_message_free(w->message);
	alpc_message_free(w->reply);
}

/* A request: it gets its reply now or later, or the connection ends. */
static void worker_request(struct worker *w, struct alpc_client *client)
{
	const struct alpc_server_ops *ops = &w->server->ops;
	int ret = -EOPNOTSUPP;

	if (ops->request)
		ret = ops->request(client, w->message, w->reply);
	if (!ret) {
		w->id = w->message->head.id;
		w->client = client->number;
		w->replying = true;
	} else if (ret != ALPC_REPLY_LATER) {
		alpc_port_disconnect(&client->port);
	}
}

static void worker_dispatch(struct worker *w, struct alpc_client *client)
{
	const struct alpc_server_ops *ops = &w->server->ops;
	const struct alpc_message *m = w->message;

	switch (m->head.type) {
	case ALPC_REQUEST:
		worker_request(w, client);
		break;
	case ALPC_DATAGRAM:
		if (ops->datagram)
			ops->datagram(client, m);
		break;
	case ALPC_REPLY:
		if (ops->reply)
			ops->reply(client, m);
		break;
	case ALPC_CANCELED:
		if (ops->canceled)
			ops->canceled(client, m->head.id);
		break;
	case ALPC_CLIENT_DIED:
		if (ops->died)
			ops->died(client, m);
		break;
	}
}

static void worker_handle(struct worker *w)
{
	struct alpc_client *client;

	alpc_lib_message_clear(w->reply);
	if (w->message->head.type == ALPC_CONNECTION_REQUEST) {
		alpc_lib_client_connect(w->server, w->message, w->reply);
		return;
	}
	client = alpc_lib_client_of(w->message);
	if (!client)
		return;
	if (w->message->head.type == ALPC_PORT_CLOSED) {
		alpc_lib_client_gone(client, w->message->head.seq);
		return;
	}
	worker_dispatch(w, client);
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
static void worker_unanswered(struct worker *w, int error)
{
	const struct alpc_server *server = w->server;

	if (error != -ECANCELED && error != -ESRCH && error != -EPIPE)
		alpc_lib_client_cut(w->server, w->client);
	if (server->ops.unanswered)
		server->ops.unanswered(server->arg, w->id, error);
}

/* Reply, if there is a reply, and take the next message up. */
static int worker_next(struct worker *w)
{
	struct alpc_port *port = w->server->port;
	int ret;

	if (w->replying) {
		w->replying = false;
		ret = alpc_reply_and_receive(port, w->id, w->reply->data,
					     w->reply->head.len, w->message,
					     ALPC_INFINITE);
		if (w->message->done & ALPC_DONE_SENT)
			return ret;
		worker_unanswered(w, ret);
	}
	return alpc_receive(port, w->message, ALPC_INFINITE);
}

/**
 * alpc_lib_worker() - be a thread of the server until it stops
 * @server: server
 *
 * Return: 0 if it was stopped, else what kept this thread from receiving.
 */
int alpc_lib_worker(struct alpc_server *server)
{
	struct worker w;
	int ret;

	ret = worker_init(&w, server);
	while (!ret) {
		ret = worker_next(&w);
		if (!ret)
			worker_handle(&w);
		else if (ret == -EINTR)
			ret = 0;
	}
	worker_exit(&w);
	return ret == -ESHUTDOWN ? 0 : ret;
}
