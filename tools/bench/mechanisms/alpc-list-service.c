// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: a server whose requests come into a completion list. It answers up to 32
 * with one system call, which is also the one that it sleeps in.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "mechanisms/alpc-service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* A completion list has so many slots at most, and is not to be shorter. */
#define SLOTS_MIN	1024U
#define SLOTS_MAX	32768U

/**
 * struct list_server - a server with one thread
 * @port: its connection port
 * @list: the memory of its completion list
 * @ready: numbers of the slots that were filled
 * @free: numbers of the slots that are given back
 * @slot: the first slot
 * @taken: numbers of the slots whose requests are being answered
 * @count: how many
 * @send: their replies
 * @replies: how many of them have one
 * @queued: the queue may have a message
 * @msg: memory for it
 */
struct list_server {
	int port;
	struct alpc_list *list;
	__u32 *ready;
	__u32 *free;
	unsigned char *slot;
	__u32 taken[STREAM_BATCH];
	unsigned int count;
	struct alpc_vector_send send[STREAM_BATCH];
	unsigned int replies;
	bool queued;
	void *msg;
};

static void create_list(struct list_server *p, size_t bytes, unsigned int slots)
{
	struct alpc_create_list create = {
		.size = sizeof(create),
		.slots = slots,
		.slot_len = (__u32)bytes,
	};
	unsigned char *memory;

	if (ioctl(p->port, ALPC_IOC_CREATE_LIST, &create))
		fail_errno("ALPC_IOC_CREATE_LIST");
	memory = mmap(NULL, create.out_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		      create.out_fd, 0);
	if (memory == MAP_FAILED)
		fail_errno("mapping a completion list");
	p->list = (struct alpc_list *)memory;
	p->ready = (__u32 *)(memory + p->list->ready_offset);
	p->free = (__u32 *)(memory + p->list->free_offset);
	p->slot = memory + p->list->slot_offset;
}

static void list_listen(struct service *s)
{
	struct list_server *p = xcalloc(1, sizeof(*p));
	unsigned int slots = SLOTS_MIN;

	if (s->threads != 1)
		fail("%s has a server with one thread", s->mech->name);
	while (slots < s->connections && slots < SLOTS_MAX)
		slots *= 2;
	p->port = port_create_for(s->name, s->bytes, s->connections);
	p->msg = xcalloc(1, s->bytes);
	create_list(p, s->bytes, slots);
	s->priv = p;
}

static bool list_is_empty(const struct list_server *p)
{
	return __atomic_load_n(&p->list->tail, __ATOMIC_ACQUIRE) ==
	       p->list->head;
}

/* Deals with what lies in the list, as much as one vector answers. */
static void take_slots(const struct service *s, struct list_server *p)
{
	struct alpc_list *l = p->list;
	struct alpc_msg *recv;
	__u32 slot;

	p->count = 0;
	p->replies = 0;
	while (p->count < STREAM_BATCH && !list_is_empty(p)) {
		slot = p->ready[l->head % l->slots];
		recv = (struct alpc_msg *)(p->slot + slot * l->slot_size);
		/* The reply takes the place of the request. */
		if (alpc_service_answer(s, p->port, recv,
					&p->send[p->replies].msg,
					(unsigned char *)l + recv->data))
			p->replies++;
		p->taken[p->count++] = slot;
		__atomic_store_n(&l->head, l->head + 1, __ATOMIC_RELEASE);
	}
}

static void give_slots_back(struct list_server *p)
{
	struct alpc_list *l = p->list;
	__u32 tail = l->free_tail;
	unsigned int i;

	for (i = 0; i < p->count; i++)
		p->free[tail++ % l->slots] = p->taken[i];
	__atomic_store_n(&l->free_tail, tail, __ATOMIC_RELEASE);
}

/* What did not get into the list. */
static void answer_queued(const struct service *s, struct list_server *p,
			  const struct alpc_msg *recv)
{
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_SEND,
	};

	if (alpc_service_answer(s, p->port, recv, &t.send, p->msg) &&
	    ioctl(p->port, ALPC_IOC_TRANSFER, &t) && errno != ECANCELED &&
	    errno != ESRCH)
		fail_errno("ALPC_IOC_TRANSFER in the server");
}

/*
 * Sends the replies. Unless there is more in the list already it also receives,
 * which takes a message of the queue or waits until there is one in the list.
 */
static void reply_and_wait(const struct service *s, struct list_server *p)
{
	struct alpc_list *l = p->list;
	struct alpc_msg recv = {
		.data = (uintptr_t)p->msg,
		.len = (__u32)s->bytes,
	};
	struct alpc_vector v = {
		.size = sizeof(v),
		.flags = p->replies ? ALPC_TRANSFER_SEND : 0,
		.timeout = ALPC_INFINITE,
		.send = (uintptr_t)p->send,
		.send_count = p->replies,
	};

	if (__atomic_exchange_n(&l->flags, 0, __ATOMIC_RELAXED))
		p->queued = true;
	if (p->queued || list_is_empty(p)) {
		__atomic_store_n(&l->sleeping, ALPC_LIST_SLEEPING,
				 __ATOMIC_SEQ_CST);
		v.flags |= ALPC_TRANSFER_RECEIVE;
		v.recv = (uintptr_t)&recv;
		v.recv_count = 1;
	}
	if (v.flags && ioctl(p->port, ALPC_IOC_VECTOR, &v) && errno != ENOMSG)
		fail_errno("ALPC_IOC_VECTOR in the server");
	__atomic_store_n(&l->sleeping, 0, __ATOMIC_RELAXED);
	alpc_service_check_replies(p->send, p->replies);
	p->queued = v.out_received;
	if (p->queued)
		answer_queued(s, p, &recv);
}

static void list_serve(struct service *s, unsigned int thread)
{
	struct list_server *p = s->priv;

	(void)thread;
	for (;;) {
		take_slots(s, p);
		reply_and_wait(s, p);
		give_slots_back(p);
	}
}

const struct service_ops alpc_list_service = {
	ALPC_SERVICE_CLIENT,
	.listen = list_listen,
	.serve = list_serve,
};
