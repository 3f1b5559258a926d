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
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0666,
	};
	int ret;

	ret = alpc_message_new(0, &service.message);
	if (!ret)
		ret = alpc_port_create(name, &options, &service.port);
	if (!ret)
		*fd = alpc_port_fd(service.port);
	return ret;
}

static int accept_visitor(uint64_t id)
{
	struct visitor *v = calloc(1, sizeof(*v));
	int ret;

	if (!v)
		return alpc_port_refuse(service.port, id, "no memory", 9);
	ret = alpc_port_accept(service.port, id, (uintptr_t)v, NULL, 0, &v->port);
	if (ret) {
		free(v);
		/* Who has given up meanwhile is no trouble of the service's. */
		return ret == -ECANCELED ? 0 : ret;
	}
	v->next = service.visitors;
	service.visitors = v;
	service.clients++;
	return 0;
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

int loop_service_readable(void)
{
	struct alpc_message *m = service.message;
	int ret;

	while (!(ret = alpc_receive(service.port, m, 0))) {
		switch (alpc_message_type(m)) {
		case ALPC_CONNECTION_REQUEST:
			ret = accept_visitor(alpc_message_id(m));
			if (ret)
				return ret;
			break;
		case ALPC_REQUEST:
			answer(m);
			break;
		case ALPC_PORT_CLOSED:
			/* In one thread it is the last one with this context. */
			drop_visitor((struct visitor *)(uintptr_t)
				     alpc_message_context(m));
			break;
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
