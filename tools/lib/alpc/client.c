// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The clients of a server loop, from the connection request to the last
 * handler's end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "inbox.h"
#include "quick_server.h"

#include <stdlib.h>

/* More than a connection will ever carry: keeps the balance from zero. */
#define NOT_GONE	(INT64_C(1) << 62)

static struct alpc_client *client_new(struct alpc_server *server)
{
	struct alpc_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (pthread_mutex_init(&c->gate, NULL)) {
		free(c);
		return NULL;
	}
	c->server = server;
	c->port.fd = -1;
	atomic_init(&c->port.kind, ALPC_KIND_SERVER);
	atomic_init(&c->port.max_message, server->max_message);
	/* One for the thread that accepts. */
	atomic_init(&c->balance, NOT_GONE + 1);
	return c;
}

static void client_free(struct alpc_client *c)
{
	pthread_mutex_destroy(&c->gate);
	alpc_lib_quick_forget(c);
	alpc_lib_port_end(&c->port, false);
	if (c->port.fd >= 0)
		alpc_lib_close(c->port.fd);
	free(c);
}

static void client_link(struct alpc_client *c)
{
	struct alpc_server *server = c->server;

	pthread_mutex_lock(&server->lock);
	c->number = ++server->last_number;
	c->next = server->clients;
	if (c->next)
		c->next->prev = &c->next;
	c->prev = &server->clients;
	server->clients = c;
	pthread_mutex_unlock(&server->lock);
}

static void client_unlink(struct alpc_client *c)
{
	pthread_mutex_lock(&c->server->lock);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	pthread_mutex_unlock(&c->server->lock);
}

/* The program lets go of it; nobody else uses it. */
static void client_closed(struct alpc_client *c)
{
	if (c->server->ops.closed)
		c->server->ops.closed(c);
	client_free(c);
}

void alpc_lib_client_close(struct alpc_client *client)
{
	client_unlink(client);
	client_closed(client);
}

/**
 * alpc_lib_client_cut() - end the connection of a client that may be closed
 * @server: server
 * @number: number of the client
 *
 * Return: true if it was not closed.
 */
bool alpc_lib_client_cut(struct alpc_server *server, uint64_t number)
{
	struct alpc_client *c;

	pthread_mutex_lock(&server->lock);
	for (c = server->clients; c && c->number != number; c = c->next)
		;
	if (c)
		alpc_port_disconnect(&c->port);
	pthread_mutex_unlock(&server->lock);
	return c;
}

/* Refuse with what the program says about it. */
static void client_refuse(struct alpc_server *server, uint64_t id,
			  const struct alpc_message *answer)
{
	int ret = alpc_port_refuse(server->port, id, answer->data,
				   answer->len);

	if (ret && server->ops.unanswered)
		server->ops.unanswered(server->arg, id, ret);
}

/*
 * As soon as it is accepted its messages arrive, in other threads too: they
 * wait at the gate until this one has its port.
 */
static int client_accept(struct alpc_client *c, uint64_t id,
			 const struct alpc_message *answer)
{
	struct alpc_accept arg = {
		.size = sizeof(arg),
		.id = id,
		.context = (uintptr_t)c,
		.data = (uintptr_t)answer->data,
		.len = answer->len,
	};
	int ret;

	client_link(c);
	pthread_mutex_lock(&c->gate);
	ret = alpc_lib_ioctl(c->server->port->fd, ALPC_IOC_ACCEPT, &arg);
	if (!ret) {
		c->port.fd = arg.out_fd;
		alpc_lib_inbox_join(c->server->port, &c->port, arg.context);
		if (c->server->ops.connected)
			c->server->ops.connected(c);
		atomic_store_explicit(&c->open, true, memory_order_release);
	}
	pthread_mutex_unlock(&c->gate);
	return ret;
}

/**
 * alpc_lib_client_connect() - answer a connection request
 * @server: server
 * @request: the request
 * @answer: empty message for the answer
 */
void alpc_lib_client_connect(struct alpc_server *server,
			     const struct alpc_message *request,
			     struct alpc_message *answer)
{
	uint64_t id = request->io.recv.id;
	struct alpc_client *c;
	int ret = 0;

	c = client_new(server);
	if (!c) {
		client_refuse(server, id, answer);
		return;
	}
	if (server->ops.connect)
		ret = server->ops.connect(c, request, answer);
	if (ret) {
		client_refuse(server, id, answer);
		client_free(c);
		return;
	}
	ret = client_accept(c, id, answer);
	if (!ret) {
		alpc_lib_client_finish(c);
		return;
	}
	if (server->ops.unanswered)
		server->ops.unanswered(server->arg, id, ret);
	/* Out of descriptors or memory: the request still waits. */
	if (ret != -ECANCELED && ret != -ESRCH) {
		alpc_message_set(answer, NULL, 0);
		client_refuse(server, id, answer);
	}
	alpc_lib_client_close(c);
}

/* Until whoever accepts the client has its port. */
void alpc_lib_client_wait(struct alpc_client *client)
{
	pthread_mutex_lock(&client->gate);
	pthread_mutex_unlock(&client->gate);
}

/* Acquire and release: what any handler did happens before closed(). */
static void client_balance(struct alpc_client *c, int64_t n)
{
	if (atomic_fetch_add_explicit(&c->balance, n, memory_order_acq_rel) == -n)
		alpc_lib_client_close(c);
}

/**
 * alpc_lib_client_hold() - as if another message of it had been received
 * @client: client of which the thread has a message, or that is in its server's
 *	list, with the server's lock
 *
 * Return: true, and alpc_lib_client_finish() must follow; false if it is being
 * closed, which cannot be if the thread has a message.
 */
bool alpc_lib_client_hold(struct alpc_client *client)
{
	int64_t balance = atomic_load_explicit(&client->balance,
					       memory_order_relaxed);

	while (balance)
		if (atomic_compare_exchange_weak(&client->balance, &balance,
						 balance + 1))
			return true;
	return false;
}

/* A message of this client is finished. */
void alpc_lib_client_finish(struct alpc_client *client)
{
	client_balance(client, -1);
}

/* It is gone, and @received messages of it were received. */
void alpc_lib_client_gone(struct alpc_client *client, uint64_t received)
{
	client_balance(client, (int64_t)received - NOT_GONE);
}

ALPC_API void alpc_client_set_context(struct alpc_client *client, void *context)
{
	client->context = context;
}

ALPC_API void *alpc_client_context(const struct alpc_client *client)
{
	return client->context;
}

ALPC_API struct alpc_port *alpc_client_port(struct alpc_client *client)
{
	return &client->port;
}

ALPC_API struct alpc_server *alpc_client_server(struct alpc_client *client)
{
	return client->server;
}

ALPC_API void *alpc_client_arg(const struct alpc_client *client)
{
	return client->server->arg;
}
