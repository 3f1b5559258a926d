// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: a server of many clients whose threads wait at its connection port.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "mechanisms/alpc-service.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message.h"

void alpc_service_listen(struct service *s)
{
	int *port = xcalloc(1, sizeof(*port));

	*port = port_create_for(s->name, s->bytes, s->connections);
	s->priv = port;
}

bool alpc_service_answer(const struct service *s, int port,
			 const struct alpc_msg *recv, struct alpc_msg *send,
			 void *msg)
{
	uint64_t id;

	if (recv->type == ALPC_CONNECTION_REQUEST)
		/* The port it returns stays open until the end. */
		port_accept(port, recv->id);
	if (recv->type != ALPC_REQUEST && recv->type != ALPC_DATAGRAM)
		return false;
	if (recv->len != s->bytes)
		fail("the server received %u bytes", recv->len);
	id = msg_take(msg, s->bytes);
	if (recv->type == ALPC_DATAGRAM)
		return false;
	msg_write(msg, s->bytes, id | MSG_REPLY);
	*send = (struct alpc_msg){
		.id = recv->id,
		.data = (uintptr_t)msg,
		.len = (__u32)s->bytes,
		.flags = ALPC_SEND_REPLY,
	};
	return true;
}

void alpc_service_next(const struct service *s, int port,
		       struct alpc_transfer *t, int err, void *msg)
{
	t->flags &= ~ALPC_TRANSFER_SEND;
	if (err && errno != ECANCELED && errno != ESRCH)
		fail_errno("ALPC_IOC_TRANSFER in the server");
	if (!err && alpc_service_answer(s, port, &t->recv, &t->send, msg))
		t->flags |= ALPC_TRANSFER_SEND;
	t->recv.len = (__u32)s->bytes;
}

void alpc_service_serve(struct service *s, unsigned int thread)
{
	const int port = *(int *)s->priv;
	void *msg = xcalloc(1, s->bytes);
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_RECEIVE,
		.timeout = ALPC_INFINITE,
		.recv.data = (uintptr_t)msg,
		.recv.len = (__u32)s->bytes,
	};
	int err;

	(void)thread;
	for (;;) {
		err = ioctl(port, ALPC_IOC_TRANSFER, &t);
		alpc_service_next(s, port, &t, err, msg);
	}
}

void alpc_service_connect(struct service *s, struct client *client)
{
	client->fd = port_connect(s->name, 0, ALPC_INFINITE);
}

static void transfer(const struct service *s, const struct client *client,
		     unsigned int flags, const void *send, unsigned int how,
		     void *recv)
{
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = flags,
		.timeout = ALPC_INFINITE,
		.send.data = (uintptr_t)send,
		.send.len = send ? (__u32)s->bytes : 0,
		.send.flags = (__u16)how,
		.recv.data = (uintptr_t)recv,
		.recv.len = (__u32)s->bytes,
	};

	if (ioctl(client->fd, ALPC_IOC_TRANSFER, &t))
		fail_errno("ALPC_IOC_TRANSFER in a client");
	if (recv && (t.recv.type != ALPC_REPLY || t.recv.len != s->bytes))
		fail("a client received type %u, %u bytes", t.recv.type,
		     t.recv.len);
}

void alpc_service_call(struct service *s, struct client *client, void *msg)
{
	transfer(s, client, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, msg,
		 ALPC_SEND_REQUEST, msg);
}

void alpc_service_send(struct service *s, struct client *client,
		       const void *msg)
{
	transfer(s, client, ALPC_TRANSFER_SEND, msg, ALPC_SEND_REQUEST, NULL);
}

unsigned int alpc_service_receive(struct service *s, struct client *client,
				  void *msg)
{
	transfer(s, client, ALPC_TRANSFER_RECEIVE, NULL, 0, msg);
	return client->tag;
}

void alpc_service_post(struct service *s, struct client *client,
		       const void *msg)
{
	transfer(s, client, ALPC_TRANSFER_SEND, msg, 0, NULL);
}

const struct service_ops alpc_service = {
	ALPC_SERVICE_CLIENT,
	.listen = alpc_service_listen,
	.serve = alpc_service_serve,
};
