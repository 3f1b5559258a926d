// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: completion ports, that of a server whose threads wait for its connection
 * port, and that of a client that waits for all of its connections.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "mechanisms/alpc-service.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "message.h"

/**
 * struct completion_server - what the threads of a server share
 * @port: its connection port
 * @completion: the completion port that it is bound to
 */
struct completion_server {
	int port;
	int completion;
};

/**
 * struct completion_client - a process whose connections are bound
 * @completion: to this completion port
 * @packet: packets that were taken
 * @count: how many
 * @next: the first one that was not dealt with
 * @fd: the connections, by their tags
 */
struct completion_client {
	int completion;
	struct alpc_packet packet[ALPC_PACKETS_MAX];
	unsigned int count;
	unsigned int next;
	int fd[];
};

static int create_completion(void)
{
	struct alpc_create_completion create = { .size = sizeof(create) };

	if (ioctl(alpc_device(), ALPC_IOC_CREATE_COMPLETION, &create))
		fail_errno("ALPC_IOC_CREATE_COMPLETION");
	return create.out_fd;
}

static void bind_port(int port, int completion, uint64_t key)
{
	struct alpc_bind bind = {
		.size = sizeof(bind),
		.key = key,
		.completion = completion,
	};

	if (ioctl(port, ALPC_IOC_BIND, &bind))
		fail_errno("ALPC_IOC_BIND");
}

/* Waits for packets about messages, and returns how many there are. */
static unsigned int wait_packets(int completion, struct alpc_packet *packet,
				 unsigned int count)
{
	struct alpc_wait_packets wait = {
		.size = sizeof(wait),
		.timeout = ALPC_INFINITE,
		.packets = (uintptr_t)packet,
		.count = count,
	};
	unsigned int i;

	if (ioctl(completion, ALPC_IOC_WAIT_PACKETS, &wait))
		fail_errno("ALPC_IOC_WAIT_PACKETS");
	for (i = 0; i < wait.out_count; i++)
		if (packet[i].type != ALPC_PACKET_MESSAGE)
			fail("a packet of type %u", packet[i].type);
	return wait.out_count;
}

static void completion_listen(struct service *s)
{
	struct completion_server *p = xcalloc(1, sizeof(*p));

	p->port = port_create_for(s->name, s->bytes, s->connections);
	p->completion = create_completion();
	bind_port(p->port, p->completion, 0);
	s->priv = p;
}

/* Answers what is there: whoever does takes along the packets about it. */
static void serve_until_empty(const struct service *s, int port, void *msg)
{
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT,
		.recv.data = (uintptr_t)msg,
		.recv.len = (__u32)s->bytes,
	};
	int err;

	for (;;) {
		err = ioctl(port, ALPC_IOC_TRANSFER, &t);
		if (err && errno == EAGAIN)
			return;
		alpc_service_next(s, port, &t, err, msg);
	}
}

static void completion_serve(struct service *s, unsigned int thread)
{
	const struct completion_server *p = s->priv;
	void *msg = xcalloc(1, s->bytes);
	struct alpc_packet packet;

	(void)thread;
	for (;;) {
		wait_packets(p->completion, &packet, 1);
		serve_until_empty(s, p->port, msg);
	}
}

static void bound_attach(struct service *s)
{
	struct completion_client *p;

	p = xcalloc(1, sizeof(*p) + s->connections * sizeof(p->fd[0]));
	p->completion = create_completion();
	s->priv = p;
}

static void bound_connect(struct service *s, struct client *client)
{
	struct completion_client *p = s->priv;

	alpc_service_connect(s, client);
	p->fd[client->tag] = client->fd;
	bind_port(client->fd, p->completion, client->tag);
}

/* Whichever of its connections has a reply. */
static unsigned int bound_receive(struct service *s, struct client *client,
				  void *msg)
{
	struct completion_client *p = s->priv;
	struct client ready;

	(void)client;
	if (p->next == p->count) {
		p->count = wait_packets(p->completion, p->packet,
					ALPC_PACKETS_MAX);
		p->next = 0;
	}
	ready.tag = (unsigned int)p->packet[p->next++].key;
	ready.fd = p->fd[ready.tag];
	return alpc_service_receive(s, &ready, msg);
}

static const struct service_ops completion_service = {
	ALPC_SERVICE_CLIENT,
	.listen = completion_listen,
	.serve = completion_serve,
};

static const struct service_ops bound_service = {
	.listen = alpc_service_listen,
	.serve = alpc_service_serve,
	.attach = bound_attach,
	.connect = bound_connect,
	.send = alpc_service_send,
	.receive = bound_receive,
	.post = alpc_service_post,
};

const struct mechanism mech_alpc_completion = {
	.name = "alpc-completion",
	.service = &completion_service,
};

const struct mechanism mech_alpc_bound = {
	.name = "alpc-bound",
	.service = &bound_service,
};
