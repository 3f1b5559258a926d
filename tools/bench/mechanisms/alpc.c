// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: synchronous calls between two processes, by system calls alone. Messages are
 * copied through the kernel, or lie in a section that both have mapped.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"
#include "mechanisms/alpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { VARIANT_DEFAULT, VARIANT_NO_SPIN, VARIANT_SECTION };

/**
 * struct alpc_channel - both ends of the calls
 * @name: of the connection port
 * @port: in the server: the connection port
 * @client: in the client: its port
 * @room: for bytes that are copied through the kernel
 * @section: the id of the client's section, once it is mapped here; or 0
 * @call: the argument of the client's system call
 */
struct alpc_channel {
	char name[64];
	int port;
	int client;
	__u32 room;
	__u32 section;
	struct alpc_transfer call;
};

static void alpc_open(struct channel *ch)
{
	struct alpc_channel *p = xcalloc(1, sizeof(*p));

	snprintf(p->name, sizeof(p->name), "alpc-bench-%d", (int)getpid());
	if (ch->mech->variant != VARIANT_SECTION)
		p->room = (__u32)ch->bytes;
	ch->priv = p;
}

static void alpc_serve_init(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;
	unsigned int flags = ch->mech->variant == VARIANT_NO_SPIN ?
			     ALPC_PORT_NO_SPIN : 0;

	p->port = port_create(p->name, flags, p->room, 1);
}

/* From now on messages lie in this section. */
static void map_section(struct channel *ch, int fd, __u32 section)
{
	struct alpc_channel *p = ch->priv;

	free(ch->msg);
	ch->msg = mmap(NULL, ch->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ch->msg == MAP_FAILED)
		fail_errno("mapping a section");
	close(fd);
	p->section = section;
}

static void make_section(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;
	struct alpc_create_section create = {
		.size = sizeof(create),
		.flags = ALPC_SECTION_PEER_WRITE,
		.len = ch->bytes,
	};

	if (ioctl(p->client, ALPC_IOC_CREATE_SECTION, &create))
		fail_errno("ALPC_IOC_CREATE_SECTION");
	map_section(ch, create.out_fd, create.out_section);
}

/* The one that a view of came with this message. */
static void open_section(struct channel *ch, const struct alpc_msg *m)
{
	struct alpc_channel *p = ch->priv;
	struct alpc_open_section open = {
		.size = sizeof(open),
		.section = m->section,
		.id = m->id,
	};

	if (ioctl(p->port, ALPC_IOC_OPEN_SECTION, &open))
		fail_errno("ALPC_IOC_OPEN_SECTION");
	map_section(ch, open.out_fd, m->section);
}

/* Says where the payload of a message is. */
static void put_payload(struct alpc_msg *m, const struct channel *ch)
{
	const struct alpc_channel *p = ch->priv;

	if (!p->section) {
		m->data = (uintptr_t)ch->msg;
		m->len = p->room;
		return;
	}
	m->section = p->section;
	m->view_len = ch->bytes;
	m->view_flags = ALPC_VIEW_BODY;
}

/* Is it all in the one place or all in the other? */
static bool is_payload(const struct alpc_msg *m, const struct channel *ch)
{
	const struct alpc_channel *p = ch->priv;

	return m->len == p->room && m->len + m->view_len == ch->bytes;
}

static void alpc_serve(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;
	bool last = false;
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_RECEIVE,
		.timeout = ALPC_INFINITE,
		.recv.data = p->room ? (uintptr_t)ch->msg : 0,
	};

	while (!last) {
		t.recv.len = p->room;
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
		if (t.recv.type != ALPC_REQUEST || !is_payload(&t.recv, ch))
			fail("the server received type %u, %u bytes",
			     t.recv.type, t.recv.len + (__u32)t.recv.view_len);
		if (t.recv.section != p->section)
			open_section(ch, &t.recv);
		last = msg_answer(ch->msg, ch->msg, ch->bytes);
		put_payload(&t.send, ch);
		t.send.id = t.recv.id;
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
	if (ch->mech->variant == VARIANT_SECTION)
		make_section(ch);
	p->call = (struct alpc_transfer){
		.size = sizeof(p->call),
		.flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT,
		.timeout = ALPC_INFINITE,
		.send.flags = ALPC_SEND_REQUEST,
		.recv.data = p->room ? (uintptr_t)ch->msg : 0,
	};
	put_payload(&p->call.send, ch);
	if (p->section)
		p->call.send.view_flags |= ALPC_VIEW_WRITE;
}

static const void *alpc_call(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;
	struct alpc_transfer *t = &p->call;

	t->recv.len = p->room;
	if (ioctl(p->client, ALPC_IOC_TRANSFER, t))
		fail_errno("ALPC_IOC_TRANSFER in the client");
	if (t->recv.type != ALPC_REPLY || !is_payload(&t->recv, ch))
		fail("the client received type %u, %u bytes", t->recv.type,
		     t->recv.len + (__u32)t->recv.view_len);
	return ch->msg;
}

static void alpc_close(struct channel *ch)
{
	struct alpc_channel *p = ch->priv;

	close(p->client);
	if (p->section) {
		munmap(ch->msg, ch->bytes);
		ch->msg = NULL;
	}
	free(p);
}

#define ALPC_MECHANISM				\
	.open = alpc_open,			\
	.serve_init = alpc_serve_init,		\
	.serve = alpc_serve,			\
	.attach = alpc_attach,			\
	.call = alpc_call,			\
	.close = alpc_close

const struct mechanism mech_alpc = {
	ALPC_MECHANISM,
	.name = "alpc",
	.max_bytes = ALPC_DATA_MAX,
	.variant = VARIANT_DEFAULT,
	.connection = &alpc_connection,
	.service = &alpc_service,
};

const struct mechanism mech_alpc_nospin = {
	ALPC_MECHANISM,
	.name = "alpc-nospin",
	.max_bytes = ALPC_DATA_MAX,
	.variant = VARIANT_NO_SPIN,
};

const struct mechanism mech_alpc_section = {
	ALPC_MECHANISM,
	.name = "alpc-section",
	.max_bytes = SIZE_MAX,
	.variant = VARIANT_SECTION,
};
