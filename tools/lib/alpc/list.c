// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Completion lists: reading messages where the kernel puts them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "body.h"
#include "space.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLOTS_DEFAULT	256

/* So many from the list, and then the queue has its turn, if it has something. */
#define LIST_TURN	8

/**
 * struct alpc_list_reader - reader
 * @port: port
 * @shared: memory that the kernel writes to as well
 * @len: bytes of it
 * @slots: how many; a power of two
 * @slot_size: distance of two, bytes
 * @slot_offset: of the first
 * @process: number of the process that has @shared: a child that was forked does not
 * @ready: numbers of slots, in @shared
 * @free: likewise
 * @lock: protects what follows, and what the process writes to @shared
 * @head: how many were taken
 * @free_tail: how many were given back
 * @queued: the queue may have something
 * @count: messages that came, from list and queue
 *
 * What the process has written is remembered here and not read again, and so is what
 * never changes: who scribbles over the list loses messages, and nothing else.
 */
struct alpc_list_reader {
	struct alpc_port *port;
	struct alpc_list *shared;
	size_t len;
	uint32_t slots;
	uint32_t slot_size;
	uint32_t slot_offset;
	uint32_t process;
	const uint32_t *ready;
	uint32_t *free;
	pthread_mutex_t lock;
	uint32_t head;
	uint32_t free_tail;
	bool queued;
	uint32_t count;
};

static int list_delete(const struct alpc_port *port)
{
	struct alpc_delete_list arg = { .size = sizeof(arg) };

	return alpc_lib_ioctl(port->fd, ALPC_IOC_DELETE_LIST, &arg);
}

static int list_map(struct alpc_list_reader *r,
		    const struct alpc_create_list *arg)
{
	int saved = errno;
	int ret = 0;
	void *p;

	p = mmap(NULL, arg->out_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		 arg->out_fd, 0);
	if (p == MAP_FAILED)
		ret = -errno;
	errno = saved;
	if (ret)
		return ret;
	r->shared = p;
	r->len = arg->out_len;
	r->slots = arg->slots;
	r->slot_size = arg->out_slot_size;
	r->slot_offset = r->shared->slot_offset;
	r->ready = (const uint32_t *)((char *)p + r->shared->ready_offset);
	r->free = (uint32_t *)((char *)p + r->shared->free_offset);
	return 0;
}

ALPC_API int alpc_list_create(struct alpc_port *port,
			      const struct alpc_list_options *options,
			      struct alpc_list_reader **reader)
{
	struct alpc_create_list arg = { .size = sizeof(arg) };
	struct alpc_list_options opt;
	struct alpc_list_reader *r;
	int ret;

	ret = alpc_lib_options(&opt, sizeof(opt), options);
	if (ret)
		return ret;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	ret = alpc_lib_process_number(&r->process);
	if (!ret)
		ret = -pthread_mutex_init(&r->lock, NULL);
	if (ret)
		goto err_free;
	arg.slots = opt.slots ? opt.slots : SLOTS_DEFAULT;
	arg.slot_len = opt.slot_len;
	ret = alpc_lib_ioctl(port->fd, ALPC_IOC_CREATE_LIST, &arg);
	if (ret)
		goto err_destroy;
	ret = list_map(r, &arg);
	alpc_lib_close(arg.out_fd);
	if (ret)
		goto err_delete;
	r->port = port;
	atomic_store(&port->listed, true);
	*reader = r;
	return 0;

err_delete:
	list_delete(port);
err_destroy:
	pthread_mutex_destroy(&r->lock);
err_free:
	free(r);
	return ret;
}

ALPC_API void alpc_list_close(struct alpc_list_reader *reader)
{
	int saved = errno;

	if (!reader)
		return;
	/* In a child that was forked all of it is the parent's. */
	if (alpc_lib_process_is(reader->process)) {
		list_delete(reader->port);
		atomic_store(&reader->port->listed, false);
		munmap(reader->shared, reader->len);
		pthread_mutex_destroy(&reader->lock);
	}
	free(reader);
	errno = saved;
}

/* In one order with @sleeping: the kernel sees that, or this sees the message. */
static bool list_is_empty(const struct alpc_list_reader *r)
{
	return __atomic_load_n(&r->shared->tail, __ATOMIC_SEQ_CST) == r->head;
}

/* Lock held. The next message in the list, which is not empty. */
static int list_pop(struct alpc_list_reader *r, struct alpc_list_item *item)
{
	uint32_t slot = r->ready[r->head % r->slots];
	const struct alpc_msg *head;
	uint64_t at;

	__atomic_store_n(&r->shared->head, ++r->head, __ATOMIC_RELEASE);
	r->count++;
	if (slot >= r->slots)
		return -EPROTO;
	at = r->slot_offset + (uint64_t)slot * r->slot_size;
	if (at > r->len || r->slot_size > r->len - at)
		return -EPROTO;
	head = (const struct alpc_msg *)((char *)r->shared + at);
	item->slot = slot;
	memset(item->reserved, 0, sizeof(item->reserved));
	item->head = head;
	/* Read once: what is checked is what is used. */
	item->len = __atomic_load_n(&head->len, __ATOMIC_RELAXED);
	at = __atomic_load_n(&head->data, __ATOMIC_RELAXED);
	if (at > r->len || item->len > r->len - at)
		return -EPROTO;
	item->data = (char *)r->shared + at;
	return 0;
}

/* Lock held. */
static void list_push(struct alpc_list_reader *r, uint32_t slot)
{
	r->free[r->free_tail++ % r->slots] = slot;
	__atomic_store_n(&r->shared->free_tail, r->free_tail, __ATOMIC_RELEASE);
}

/* Lock held. Is there something in the queue that is not to wait any longer? */
static bool list_is_queues_turn(struct alpc_list_reader *r)
{
	if (__atomic_load_n(&r->shared->flags, __ATOMIC_RELAXED) &
	    ALPC_LIST_QUEUED) {
		__atomic_fetch_and(&r->shared->flags, ~ALPC_LIST_QUEUED,
				   __ATOMIC_SEQ_CST);
		r->queued = true;
	}
	return r->queued && !(r->count % LIST_TURN);
}

/* As with requests that are received: a long reply needs to know whose it is. */
static void list_note(struct alpc_list_reader *r, const struct alpc_msg *head)
{
	struct alpc_lib_origin origin = { .context = head->context };

	if (head->type == ALPC_REQUEST &&
	    atomic_load_explicit(&r->port->kind, memory_order_relaxed) ==
	    ALPC_KIND_CONNECTION)
		alpc_lib_inbox_note(r->port, head->id, &origin);
}

ALPC_API int alpc_list_take(struct alpc_list_reader *reader,
			    struct alpc_list_item *item)
{
	int ret = -EAGAIN;

	if (!alpc_lib_process_is(reader->process))
		return -EXDEV;
	pthread_mutex_lock(&reader->lock);
	if (!list_is_queues_turn(reader) && !list_is_empty(reader))
		ret = list_pop(reader, item);
	pthread_mutex_unlock(&reader->lock);
	if (!ret)
		list_note(reader, item->head);
	return ret;
}

ALPC_API void alpc_list_give(struct alpc_list_reader *reader,
			     const struct alpc_list_item *item)
{
	if (!alpc_lib_process_is(reader->process))
		return;
	pthread_mutex_lock(&reader->lock);
	list_push(reader, item->slot);
	pthread_mutex_unlock(&reader->lock);
}

/* Lock held. Copy the next message in the list out. */
static int list_copy(struct alpc_list_reader *r, struct alpc_message *m)
{
	struct alpc_list_item item;
	int ret;

	ret = list_pop(r, &item);
	if (ret)
		return ret;
	m->io.recv = *item.head;
	m->io.recv.len = (uint32_t)item.len;
	m->port = r->port;
	m->call = 0;
	/* The port may have been asked for more before. */
	if (m->attrs)
		alpc_lib_attrs_forget(m);
	/* As with data that cannot be taken in: it is there, without them. */
	ret = alpc_lib_message_grow(m, item.len);
	if (ret)
		m->io.recv.len = 0;
	else
		memcpy(m->own, item.data, item.len);
	m->done = ALPC_DONE_RECEIVED;
	list_push(r, item.slot);
	return ret;
}

/* One thread is at work, and what comes meanwhile is its own to find. */
static void list_awake(struct alpc_list_reader *r)
{
	struct alpc_list *shared = r->shared;

	/* Others may sleep at a completion port, and are to be woken. */
	if (atomic_load_explicit(&r->port->bound, memory_order_relaxed))
		return;
	if (__atomic_load_n(&shared->sleeping, __ATOMIC_RELAXED))
		__atomic_store_n(&shared->sleeping, 0, __ATOMIC_RELAXED);
}

/*
 * From the list, if there is something. Return: -EAGAIN if not; then pollers are woken
 * by what comes.
 */
static int list_receive(struct alpc_list_reader *r, struct alpc_message *m)
{
	struct alpc_list *shared = r->shared;
	int ret = -EAGAIN;

	pthread_mutex_lock(&r->lock);
	if (list_is_empty(r))
		__atomic_store_n(&shared->sleeping, ALPC_LIST_SLEEPING,
				 __ATOMIC_SEQ_CST);
	if (!list_is_empty(r)) {
		list_awake(r);
		ret = list_copy(r, m);
	}
	pthread_mutex_unlock(&r->lock);
	if (ret != -EAGAIN && m->done) {
		int taken = alpc_lib_receive_take(r->port, m);

		return ret ? ret : taken;
	}
	return ret;
}

/*
 * From the queue, if it has something and that has waited for its turn. The kernel
 * gives it only after what is before it in the list. Return: -EAGAIN if not.
 */
static int list_receive_queued(struct alpc_list_reader *r,
			       struct alpc_message *m)
{
	bool turn;
	int ret;

	pthread_mutex_lock(&r->lock);
	turn = list_is_queues_turn(r);
	if (turn)
		r->queued = false;
	pthread_mutex_unlock(&r->lock);
	if (!turn)
		return -EAGAIN;
	ret = alpc_receive(r->port, m, 0);
	if (ret == -EAGAIN)
		return ret;
	/* There may be more. */
	pthread_mutex_lock(&r->lock);
	r->queued = true;
	r->count += ret != -ENOMSG;
	pthread_mutex_unlock(&r->lock);
	return ret == -ENOMSG ? -EAGAIN : ret;
}

ALPC_API int alpc_list_receive(struct alpc_list_reader *reader,
			       struct alpc_message *message, int64_t timeout)
{
	int ret;

	if (!alpc_lib_process_is(reader->process))
		return -EXDEV;
	/* Several system calls may be needed. */
	if (timeout > 0)
		timeout = alpc_deadline(timeout);
	alpc_lib_message_clear(message);
	ret = list_receive_queued(reader, message);
	while (ret == -EAGAIN) {
		ret = list_receive(reader, message);
		if (ret != -EAGAIN)
			break;
		ret = alpc_receive(reader->port, message, timeout);
		if (ret == -EAGAIN)
			break;
		/* There is something in the list, or another thread was faster. */
		if (ret == -ENOMSG)
			ret = -EAGAIN;
	}
	return ret;
}
