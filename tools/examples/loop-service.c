// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A service for a program that has an event loop of its own: nothing here waits. It
 * adds up the bytes of requests, and tells its clients that time goes by.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "loop-service.h"

#include <alpc/alpc.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Whoever sends a request decides how long it is. */
#define REQUEST_MAX	(1 << 20)

/* Messages that are taken up before the loop has other things to do. */
#define TURN		64

/* A client; its address is the context of its messages. */
struct visitor {
	struct visitor *next;
	struct alpc_port *port;
};

static struct {
	struct alpc_port *port;
	struct alpc_message *message;
	struct visitor *visitors;
	unsigned int clients, requests, ticks;
} service;

int loop_service_open(const char *name, int *fd)
{
	/* A client's own memory can be long in coming, and nothing here waits. */
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0666,
		.flags = ALPC_PORT_NO_RANGES,
	};
	int ret;

	ret = alpc_message_new(0, &service.message);
	if (!ret)
		alpc_message_set_limit(service.message, REQUEST_MAX);
	if (!ret)
		ret = alpc_port_create(name, &options, &service.port);
	if (!ret)
		*fd = alpc_port_fd(service.port);
	return ret;
}

static void accept_visitor(uint64_t id)
{
	struct visitor *v = calloc(1, sizeof(*v));

	if (!v || alpc_port_accept(service.port, id, (uintptr_t)v, NULL, 0,
				   &v->port)) {
		free(v);
		/* No memory, no descriptor; or it has given up, which is all the same. */
		alpc_port_refuse(service.port, id, "no room", 7);
		return;
	}
	v->next = service.visitors;
	service.visitors = v;
	service.clients++;
}

static void drop_visitor(struct visitor *v)
{
	struct visitor **p = &service.visitors;

	while (*p != v)
		p = &(*p)->next;
	*p = v->next;
	alpc_port_close(v->port);
	free(v);
}

static struct visitor *visitor_of(const struct alpc_message *m)
{
	return (struct visitor *)(uintptr_t)alpc_message_context(m);
}

static void answer(const struct alpc_message *request)
{
	const unsigned char *data = alpc_message_data(request);
	uint64_t sum = 0;

	for (size_t i = 0; i < alpc_message_len(request); i++)
		sum += data[i];
	service.requests++;
	/* Nobody may wait for it any more: no trouble either. */
	alpc_reply(service.port, alpc_message_id(request), &sum, sizeof(sum));
}

static void take_up(const struct alpc_message *m)
{
	switch (alpc_message_type(m)) {
	case ALPC_CONNECTION_REQUEST:
		accept_visitor(alpc_message_id(m));
		break;
	case ALPC_REQUEST:
		answer(m);
		break;
	case ALPC_PORT_CLOSED:
		/* In one thread it is the last one with this context. */
		drop_visitor(visitor_of(m));
		break;
	}
}

/* It came, but its data could not be taken in: its sender is cut off, and nobody else. */
static void cut_off(const struct alpc_message *m)
{
	if (alpc_message_type(m) == ALPC_CONNECTION_REQUEST) {
		alpc_port_refuse(service.port, alpc_message_id(m), NULL, 0);
		return;
	}
	if (alpc_message_type(m) == ALPC_REQUEST)
		alpc_cancel_received(service.port, alpc_message_id(m));
	alpc_port_disconnect(visitor_of(m)->port);
}

/* What is not taken up now is there when the loop comes back. */
int loop_service_readable(void)
{
	struct alpc_message *m = service.message;
	int ret = 0;

	for (int n = 0; !ret && n < TURN; n++) {
		ret = alpc_receive(service.port, m, 0);
		if (!ret) {
			take_up(m);
		} else if (alpc_message_done(m) & ALPC_DONE_RECEIVED) {
			cut_off(m);
			ret = 0;
		}
	}
	return ret == -EAGAIN ? 0 : ret;
}

void loop_service_tick(void)
{
	service.ticks++;
	/* A client that does not listen misses some. */
	for (struct visitor *v = service.visitors; v; v = v->next)
		alpc_send(v->port, "tick", 4, 0);
}

void loop_service_close(const char *program)
{
	while (service.visitors)
		drop_visitor(service.visitors);
	alpc_port_close(service.port);
	alpc_message_free(service.message);
	printf("%s %d: clients: %u, requests: %u, ticks: %s\n", program, getpid(),
	       service.clients, service.requests, service.ticks ? "some" : "none");
}
