// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: messages that the kernel puts into the receiver's memory, sent as vectors
 * or one by one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "mechanisms/alpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS	256

/**
 * struct list_pair - both ends
 * @port: the receiver's: a connection port
 * @client: the sender's
 * @server: keeps the connection open
 * @single: one system call sends one message
 * @head: how many messages were taken
 * @free_tail: how many slots were given back
 * @list: the list's memory
 * @len: its length
 * @send: one entry for each message of a batch
 */
struct list_pair {
	int port;
	int client;
	int server;
	bool single;
	__u32 head;
	__u32 free_tail;
	struct alpc_list *list;
	size_t len;
	struct alpc_vector_send send[STREAM_BATCH];
};

static void list_make(struct list_pair *p)
{
	struct alpc_create_list arg = { .size = sizeof(arg), .slots = SLOTS };

	if (ioctl(p->port, ALPC_IOC_CREATE_LIST, &arg))
		fail_errno("ALPC_IOC_CREATE_LIST");
	p->len = arg.out_len;
	p->list = mmap(NULL, p->len, PROT_READ | PROT_WRITE, MAP_SHARED, arg.out_fd, 0);
	if (p->list == MAP_FAILED)
		fail_errno("mmap of the list");
	close(arg.out_fd);
}

static void list_open(struct stream *s, bool single)
{
	struct list_pair *p = xcalloc(1, sizeof(*p));
	char name[64];
	unsigned int i;

	snprintf(name, sizeof(name), "alpc-bench-%d", (int)getpid());
	p->single = single;
	p->port = port_create(name, 0, s->bytes, 1);
	p->client = port_connect(name, ALPC_CONNECT_ASYNC, 0);
	p->server = port_accept(p->port,
				port_take(p->port, ALPC_CONNECTION_REQUEST));
	port_take(p->client, ALPC_CONNECTION_REPLY);
	list_make(p);
	for (i = 0; i < STREAM_BATCH; i++) {
		p->send[i].msg.data = (uintptr_t)(s->batch + i * s->bytes);
		p->send[i].msg.len = (__u32)s->bytes;
	}
	s->priv = p;
}

static void list_open_vector(struct stream *s)
{
	list_open(s, false);
}

static void list_open_single(struct stream *s)
{
	list_open(s, true);
}

static void send_vector(struct list_pair *p, unsigned int count)
{
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

static void list_send(struct stream *s, unsigned int count)
{
	struct list_pair *p = s->priv;
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE,
	};
	unsigned int i;

	if (!p->single) {
		send_vector(p, count);
		return;
	}
	for (i = 0; i < count; i++) {
		t.send = p->send[i].msg;
		if (ioctl(p->client, ALPC_IOC_TRANSFER, &t))
			fail_errno("ALPC_IOC_TRANSFER in the sender");
	}
}

static void check(const struct stream *s, const struct alpc_msg *msg)
{
	if (msg->type != ALPC_DATAGRAM || msg->len != s->bytes)
		fail("received type %u, %u bytes", msg->type, msg->len);
}

/* Take what is in the list, up to a batch of it. */
static unsigned int list_take(struct stream *s)
{
	struct list_pair *p = s->priv;
	char *memory = (char *)p->list;
	const __u32 *ready = (const __u32 *)(memory + p->list->ready_offset);
	__u32 *freed = (__u32 *)(memory + p->list->free_offset);
	__u32 tail = __atomic_load_n(&p->list->tail, __ATOMIC_ACQUIRE);
	const struct alpc_msg *msg;
	unsigned int n;
	__u32 slot;

	for (n = 0; p->head != tail && n < STREAM_BATCH; n++) {
		slot = ready[p->head++ % SLOTS];
		msg = (const struct alpc_msg *)(memory + p->list->slot_offset +
						(size_t)slot * p->list->slot_size);
		check(s, msg);
		memcpy(s->batch + n * s->bytes, memory + msg->data, s->bytes);
		freed[p->free_tail++ % SLOTS] = slot;
	}
	__atomic_store_n(&p->list->head, p->head, __ATOMIC_RELEASE);
	__atomic_store_n(&p->list->free_tail, p->free_tail, __ATOMIC_RELEASE);
	return n;
}

static unsigned int list_receive(struct stream *s)
{
	struct list_pair *p = s->priv;
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_RECEIVE,
		.timeout = ALPC_INFINITE,
		.recv.data = (uintptr_t)s->batch,
		.recv.len = (__u32)s->bytes,
	};
	unsigned int n;

	for (;;) {
		n = list_take(s);
		if (n)
			return n;
		/* It is empty: sleep, or take what came while it was full. */
		if (!ioctl(p->port, ALPC_IOC_TRANSFER, &t)) {
			check(s, &t.recv);
			return 1;
		}
		if (errno != ENOMSG)
			fail_errno("ALPC_IOC_TRANSFER in the receiver");
	}
}

static void list_close(struct stream *s)
{
	struct list_pair *p = s->priv;

	munmap(p->list, p->len);
	close(p->client);
	close(p->server);
	close(p->port);
	free(p);
}

static const struct stream_ops vector_stream = {
	.open = list_open_vector,
	.send = list_send,
	.receive = list_receive,
	.close = list_close,
};

static const struct stream_ops single_stream = {
	.open = list_open_single,
	.send = list_send,
	.receive = list_receive,
	.close = list_close,
};

const struct mechanism mech_alpc_list = {
	.name = "alpc-list",
	.stream = &vector_stream,
	.service = &alpc_list_service,
};

const struct mechanism mech_alpc_list_single = {
	.name = "alpc-list-single",
	.stream = &single_stream,
};
