// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: synchronous calls between two processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"
#include "mechanisms/alpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { VARIANT_DEFAULT, VARIANT_NO_SPIN };

/**
 * struct alpc_channel - both ends of the calls
 * @name: of the connection port
 * @port: in the server: the connection port
 * @client: in the client: its port
 * @call: the argument of the client's system call
 */
struct alpc_channel {
	char name[64];
	int port;
	int client;
	struct alpc_transfer call;
};

static void alpc_open(struct channel *ch)
{
	struct alpc_channel *p = xcalloc(1, sizeof(*p));

	snprintf(p->name, sizeof(p->name), "alpc-bench-%d", (int)getpid());
	ch->priv = p;
}

static void alpc_serve_init(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;
	unsigned int flags = ch->mech->variant == VARIANT_NO_SPIN ?
			     ALPC_PORT_NO_SPIN : 0;

	p->port = port_create(p->name, flags, ch->bytes, 1);
}

static void alpc_serve(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;
	bool last = false;
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_RECEIVE,
		.timeout = ALPC_INFINITE,
		.send.data = (uintptr_t)ch->msg,
		.recv.data = (uintptr_t)ch->msg,
	};

	while (!last) {
		t.recv.len = (__u32)ch->bytes;
		if (ioctl(p->port, ALPC_IOC_TRANSFER, &t)) {
			if (!was_stopped())
				fail_errno("ALPC_IOC_TRANSFER in the server");
			if (t.out_done & ALPC_DONE_SENT)
				t.flags = ALPC_TRANSFER_RECEIVE;
			continue;
		}
		if (t.recv.type == ALPC_CONNECTION_REQUEST) {
			/* The port it returns stays open until the end. */
			port_accept(p->port, t.recv.id);
			t.flags = ALPC_TRANSFER_RECEIVE;
			continue;
		}
		if (t.recv.type != ALPC_REQUEST || t.recv.len != ch->bytes)
			fail("the server received type %u, %u bytes",
			     t.recv.type, t.recv.len);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		t.send.id = t.recv.id;
		t.send.len = (__u32)ch->bytes;
		t.send.flags = ALPC_SEND_REPLY;
		t.flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE;
	}
	t.flags = ALPC_TRANSFER_SEND;
	if (ioctl(p->port, ALPC_IOC_TRANSFER, &t))
		fail_errno("the last reply");
}

static void alpc_attach(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;

	p->client = port_connect(p->name, 0, ALPC_INFINITE);
	p->call = (struct alpc_transfer){
		.size = sizeof(p->call),
		.flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT,
		.timeout = ALPC_INFINITE,
		.send.data = (uintptr_t)ch->msg,
		.send.len = (__u32)ch->bytes,
		.send.flags = ALPC_SEND_REQUEST,
		.recv.data = (uintptr_t)ch->msg,
	};
}

static const void *alpc_call(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;
	struct alpc_transfer *t = &p->call;

	t->recv.len = (__u32)ch->bytes;
	if (ioctl(p->client, ALPC_IOC_TRANSFER, t))
		fail_errno("ALPC_IOC_TRANSFER in the client");
	if (t->recv.type != ALPC_REPLY || t->recv.len != ch->bytes)
		fail("the client received type %u, %u bytes", t->recv.type,
		     t->recv.len);
	return ch->msg;
}

static void alpc_close(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;

	close(p->client);
	free(p);
}

#define ALPC_MECHANISM				\
	.max_bytes = ALPC_DATA_MAX,		\
	.open = alpc_open,			\
	.serve_init = alpc_serve_init,		\
	.serve = alpc_serve,			\
	.attach = alpc_attach,			\
	.call = alpc_call,			\
	.close = alpc_close

const struct mechanism mech_alpc = {
	ALPC_MECHANISM,
	.name = "alpc",
	.variant = VARIANT_DEFAULT,
	.connection = &alpc_connection,
	.service = &alpc_service,
};

const struct mechanism mech_alpc_nospin = {
	ALPC_MECHANISM,
	.name = "alpc-nospin",
	.variant = VARIANT_NO_SPIN,
};
