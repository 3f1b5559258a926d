// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: many messages in one system call, of one who sends, and of a server that
 * answers what it got last time and receives what has come meanwhile.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "mechanisms/alpc-service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/**
 * struct vector_pair - both ends
 * @port: the receiver's: a connection port
 * @client: the sender's
 * @server: keeps the connection open
 * @send: one entry for each message of a batch
 * @recv: likewise
 */
struct vector_pair {
	int port;
	int client;
	int server;
	struct alpc_vector_send send[STREAM_BATCH];
	struct alpc_msg recv[STREAM_BATCH];
};

static void vector_open(struct stream *s)
{
	struct vector_pair *p = xcalloc(1, sizeof(*p));
	char name[64];
	unsigned int i;

	snprintf(name, sizeof(name), "alpc-bench-%d", (int)getpid());
	p->port = port_create(name, 0, s->bytes, 1);
	p->client = port_connect(name, ALPC_CONNECT_ASYNC, 0);
	p->server = port_accept(p->port,
				port_take(p->port, ALPC_CONNECTION_REQUEST));
	port_take(p->client, ALPC_CONNECTION_REPLY);
	for (i = 0; i < STREAM_BATCH; i++) {
		p->send[i].msg.data = (uintptr_t)(s->batch + i * s->bytes);
		p->send[i].msg.len = (__u32)s->bytes;
		p->recv[i].data = p->send[i].msg.data;
	}
	s->priv = p;
}

static void vector_send(struct stream *s, unsigned int count)
{
	struct vector_pair *p = s->priv;
	struct alpc_vector v = {
		.size = sizeof(v),
		.flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE,
		.send = (uintptr_t)p->send,
		.send_count = count,
	};

	if (ioctl(p->client, ALPC_IOC_VECTOR, &v))
		fail_errno("ALPC_IOC_VECTOR in the sender");
	if (v.out_sent != count)
		fail("%u messages were sent instead of %u", v.out_sent, count);
}

static unsigned int vector_receive(struct stream *s)
{
	struct vector_pair *p = s->priv;
	struct alpc_vector v = {
		.size = sizeof(v),
		.flags = ALPC_TRANSFER_RECEIVE,
		.timeout = ALPC_INFINITE,
		.recv = (uintptr_t)p->recv,
		.recv_count = STREAM_BATCH,
	};
	unsigned int i;

	for (i = 0; i < STREAM_BATCH; i++)
		p->recv[i].len = (__u32)s->bytes;
	if (ioctl(p->port, ALPC_IOC_VECTOR, &v))
		fail_errno("ALPC_IOC_VECTOR in the receiver");
	for (i = 0; i < v.out_received; i++)
		if (p->recv[i].type != ALPC_DATAGRAM ||
		    p->recv[i].len != s->bytes)
			fail("received type %u, %u bytes", p->recv[i].type,
			     p->recv[i].len);
	return v.out_received;
}

static void vector_close(struct stream *s)
{
	struct vector_pair *p = s->priv;

	close(p->client);
	close(p->server);
	close(p->port);
	free(p);
}

static const struct stream_ops vector_stream = {
	.open = vector_open,
	.send = vector_send,
	.receive = vector_receive,
	.close = vector_close,
};

void alpc_service_check_replies(const struct alpc_vector_send *send,
				unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		errno = (int)send[i].out_error;
		if (errno && errno != ECANCELED && errno != ESRCH)
			fail_errno("a reply in ALPC_IOC_VECTOR");
	}
}

static void vector_serve(struct service *s, unsigned int thread)
{
	const int port = *(int *)s->priv;
	unsigned char *batch = xcalloc(STREAM_BATCH, s->bytes);
	struct alpc_vector_send send[STREAM_BATCH] = { 0 };
	struct alpc_msg recv[STREAM_BATCH];
	struct alpc_vector v = {
		.size = sizeof(v),
		.timeout = ALPC_INFINITE,
		.send = (uintptr_t)send,
		.recv = (uintptr_t)recv,
		.recv_count = STREAM_BATCH,
	};
	unsigned int i, replies = 0;

	(void)thread;
	memset(recv, 0, sizeof(recv));
	for (;;) {
		/* The replies' data stay where they are until they are sent. */
		for (i = 0; i < STREAM_BATCH; i++) {
			recv[i].data = (uintptr_t)(batch + i * s->bytes);
			recv[i].len = (__u32)s->bytes;
		}
		v.flags = ALPC_TRANSFER_RECEIVE;
		if (replies)
			v.flags |= ALPC_TRANSFER_SEND;
		v.send_count = replies;
		if (ioctl(port, ALPC_IOC_VECTOR, &v))
			fail_errno("ALPC_IOC_VECTOR in the server");
		alpc_service_check_replies(send, replies);
		for (i = 0, replies = 0; i < v.out_received; i++)
			if (alpc_service_answer(s, port, &recv[i],
						&send[replies].msg,
						batch + i * s->bytes))
				replies++;
	}
}

static const struct service_ops vector_service = {
	ALPC_SERVICE_CLIENT,
	.listen = alpc_service_listen,
	.serve = vector_serve,
};

const struct mechanism mech_alpc_vector = {
	.name = "alpc-vector",
	.stream = &vector_stream,
	.service = &vector_service,
};
