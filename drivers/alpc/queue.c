// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of messages that one port receives from.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "queue.h"

#include <linux/minmax.h>
#include <linux/poll.h>

#include "clist.h"
#include "completion.h"
#include "deliver.h"
#include "message.h"
#include "port.h"

void alpc_backlog_init(struct alpc_backlog *b)
{
	INIT_LIST_HEAD(&b->messages);
	INIT_LIST_HEAD(&b->blocked);
	b->count = 0;
	b->bytes = 0;
}

void alpc_queue_init(struct alpc_queue *q, u32 max_count, u32 max_bytes)
{
	INIT_LIST_HEAD(&q->ready);
	INIT_HLIST_HEAD(&q->receivers);
	INIT_LIST_HEAD(&q->senders);
	INIT_LIST_HEAD(&q->detached);
	q->last_id = 0;
	q->last_order = 0;
	q->bytes = 0;
	q->size = 0;
	q->length = 0;
	q->unusual = 0;
	q->count = 0;
	q->max_bytes = max_bytes;
	q->max_count = max_count;
	q->sharers = 0;
	q->starved = false;
	q->binding = NULL;
	q->list = NULL;
	init_waitqueue_head(&q->readers);
	init_waitqueue_head(&q->writers);
}

static void alpc_wake_pollers(wait_queue_head_t *wq, u32 count, __poll_t events)
{
	/*
	 * Looking without the queue's own lock is right, because poll adds
	 * itself before it takes the port's lock, which is held here.
	 */
	if (waitqueue_active(wq))
		__wake_up(wq, TASK_INTERRUPTIBLE, count, poll_to_key(events));
}

/* Tell those who poll for messages. */
void alpc_queue_wake_readers(struct alpc_queue *q, __poll_t events)
{
	alpc_wake_pollers(&q->readers, 1, events);
}

/*
 * Tell those who poll for room: all of them, as they poll different ports, and who
 * is told need not send anything.
 */
void alpc_queue_wake_writers(struct alpc_queue *q, __poll_t events)
{
	alpc_wake_pollers(&q->writers, 0, events);
}

/* Tell everybody who polls that nothing is as it was. */
void alpc_queue_wake_all(struct alpc_queue *q, __poll_t events)
{
	alpc_wake_pollers(&q->readers, 0, events);
	alpc_wake_pollers(&q->writers, 0, events);
}

/* Where a message waits. */
static struct alpc_backlog *alpc_backlog_of(struct alpc_queue *q,
					    const struct alpc_message *m)
{
	struct alpc_conn *conn = m->from->conn;

	return q == &conn->queue ? &conn->to_client : &conn->to_server;
}

/**
 * alpc_backlog_has_share() - is it below its share of a queue that is full?
 * @q: queue
 * @b: backlog
 */
bool alpc_backlog_has_share(const struct alpc_queue *q,
			    const struct alpc_backlog *b)
{
	u32 sharers = max(q->sharers, 1U);

	if (!b->count)
		return true;
	/* Shares that were filled when they were larger are not taken back. */
	return q->count < 2 * q->max_count && q->bytes < 2ULL * q->max_bytes &&
	       b->count < q->max_count / sharers &&
	       b->bytes < q->max_bytes / sharers;
}

static void alpc_queue_charge(struct alpc_queue *q, struct alpc_backlog *b,
			      u32 count, u32 bytes)
{
	q->count += count;
	q->bytes += bytes;
	b->count += count;
	b->bytes += bytes;
}

/* Charge room for a sender, which posts later. */
static void alpc_queue_grant(struct alpc_queue *q, struct alpc_waiter *w,
			     struct alpc_wake *wake)
{
	list_del(&w->node);
	list_del(&w->blocked);
	alpc_queue_charge(q, w->backlog, 1, w->room);
	alpc_waiter_give(w, 0, wake);
}

/* Give room to the senders that wait longest. */
static noinline void alpc_queue_grant_all(struct alpc_queue *q,
					  struct alpc_backlog *b,
					  struct alpc_wake *wake)
{
	while (!list_empty(&q->senders) && alpc_queue_has_room(q))
		alpc_queue_grant(q, list_first_entry(&q->senders,
						     struct alpc_waiter, node),
				 wake);
	while (!list_empty(&b->blocked) && alpc_backlog_has_share(q, b))
		alpc_queue_grant(q, list_first_entry(&b->blocked,
						     struct alpc_waiter,
						     blocked),
				 wake);
	if (q->starved &&
	    (alpc_queue_has_room(q) || alpc_backlog_has_share(q, b))) {
		q->starved = false;
		alpc_queue_wake_writers(q, EPOLLOUT | EPOLLWRNORM);
	}
}

static __always_inline void alpc_uncharge(struct alpc_queue *q,
					  struct alpc_backlog *b, u32 len,
					  struct alpc_wake *wake)
{
	q->count--;
	q->bytes -= len;
	b->count--;
	b->bytes -= len;
	/* Who waits for room in a backlog waits for room in the queue as well. */
	if (unlikely(!list_empty(&q->senders) || q->starved))
		alpc_queue_grant_all(q, b, wake);
}

/**
 * alpc_queue_uncharge() - give room back, to the senders that wait longest
 * @q: queue
 * @b: backlog that it was charged to
 * @len: length of what had been charged
 * @wake: collects whom to wake
 */
void alpc_queue_uncharge(struct alpc_queue *q, struct alpc_backlog *b, u32 len,
			 struct alpc_wake *wake)
{
	alpc_uncharge(q, b, len, wake);
}

/*
 * Hand a message to the thread that began to wait last. One without enough room
 * is sent away with the length needed. Return: the thread, or NULL.
 */
static struct task_struct *alpc_queue_hand(struct alpc_queue *q,
					   struct alpc_message *m,
					   struct alpc_wake *wake)
{
	u32 len = alpc_delivery_len(m);
	struct task_struct *task;
	struct alpc_waiter *w;

	while (!hlist_empty(&q->receivers)) {
		w = hlist_entry(q->receivers.first, struct alpc_waiter,
				receiver);
		hlist_del(&w->receiver);
		if (unlikely(len > w->room)) {
			w->delivery.len = len;
			alpc_waiter_give(w, -EMSGSIZE, wake);
			continue;
		}
		if (unlikely(m->charged)) {
			m->charged = false;
			alpc_queue_uncharge(q, alpc_backlog_of(q, m),
					    alpc_message_weight(m), wake);
		}
		task = w->task;
		alpc_deliver_queued(q, m, &w->delivery);
		alpc_waiter_give(w, 0, wake);
		return task;
	}
	return NULL;
}

/* So much more waits; tell who is concerned. */
static void alpc_queue_grow(struct alpc_queue *q, u32 count, u32 bytes)
{
	q->length += count;
	q->size += bytes;
	/* Of those of whom one is enough, as many as there are messages. */
	alpc_wake_pollers(&q->readers, count, EPOLLIN | EPOLLRDNORM);
	if (unlikely(q->binding))
		alpc_binding_add_due(q->binding, count);
	if (unlikely(q->list))
		alpc_clist_queued(q->list);
}

static void alpc_queue_insert(struct alpc_queue *q, struct alpc_message *m,
			      struct list_head *before)
{
	list_add_tail(&m->node, before);
	alpc_queue_grow(q, 1, alpc_delivery_len(m));
}

/* Nobody waits for it: let it wait. Apart, as messages are handed over mostly. */
static noinline void alpc_queue_add(struct alpc_queue *q,
				    struct alpc_message *m, bool counted)
{
	struct alpc_backlog *b = alpc_backlog_of(q, m);

	if (counted && !m->charged && !m->reserve) {
		m->charged = true;
		alpc_queue_charge(q, b, 1, alpc_message_weight(m));
	}
	if (list_empty(&b->messages))
		list_add_tail(&b->node, &q->ready);
	if (unlikely(q->list))
		m->behind = q->list->slots.tail;
	alpc_queue_insert(q, m, &b->messages);
}

/**
 * alpc_queue_add_run() - let plain messages wait for which there is room
 * @q: queue that nobody waits at
 * @b: backlog of their sender
 * @run: messages by &alpc_message.node, with @charged set and their @order; is empty
 *	then
 * @count: how many
 * @bytes: of data in them
 */
void alpc_queue_add_run(struct alpc_queue *q, struct alpc_backlog *b,
			struct list_head *run, u32 count, u32 bytes)
{
	alpc_queue_charge(q, b, count, bytes);
	if (list_empty(&b->messages))
		list_add_tail(&b->node, &q->ready);
	list_splice_tail_init(run, &b->messages);
	alpc_queue_grow(q, count, bytes);
}

/**
 * alpc_queue_post() - hand a message to a receiver, or let it wait for one
 * @q: queue
 * @m: message, with its state set
 * @counted: counts against the limits if it has to wait. If it is charged
 *	already, the room is given back if it does not.
 * @wake: collects whom to wake
 *
 * Return: the thread that got it, or NULL.
 */
struct task_struct *alpc_queue_post(struct alpc_queue *q,
				    struct alpc_message *m, bool counted,
				    struct alpc_wake *wake)
{
	struct task_struct *task;

	m->order = ++q->last_order;
	task = alpc_queue_hand(q, m, wake);
	if (unlikely(!task))
		alpc_queue_add(q, m, counted);
	return task;
}

/**
 * alpc_queue_put_back() - let a message have its old place again
 * @q: queue
 * @m: message that a receiver could not use, with its state set
 * @wake: collects whom to wake
 *
 * That is the first place, but for others that were put back before, and it is
 * the turn of its sender.
 */
void alpc_queue_put_back(struct alpc_queue *q, struct alpc_message *m,
			 struct alpc_wake *wake)
{
	struct alpc_backlog *b = alpc_backlog_of(q, m);
	struct alpc_message *other;

	if (alpc_queue_hand(q, m, wake))
		return;
	/* It was its turn, and still is. */
	if (unlikely(q->list))
		m->behind = q->list->slots.tail -
			    alpc_slots_unread(&q->list->slots);
	if (!list_empty(&b->messages))
		list_del(&b->node);
	list_add(&b->node, &q->ready);
	list_for_each_entry(other, &b->messages, node)
		if (other->order > m->order)
			break;
	alpc_queue_insert(q, m, &other->node);
}

static __always_inline void alpc_unlink(struct alpc_queue *q,
					struct alpc_backlog *b,
					struct alpc_message *m,
					struct alpc_wake *wake)
{
	list_del_init(&m->node);
	if (list_empty(&b->messages))
		list_del(&b->node);
	q->length--;
	q->size -= alpc_delivery_len(m);
	if (unlikely(q->binding))
		alpc_binding_settle(q->binding, q->length);
	if (m->charged) {
		m->charged = false;
		alpc_uncharge(q, b, alpc_message_weight(m), wake);
	}
}

/**
 * alpc_queue_remove() - take a message out without receiving it
 * @q: queue that it lies in, or in whose list of detached calls
 * @m: message
 * @wake: collects whom to wake
 */
void alpc_queue_remove(struct alpc_queue *q, struct alpc_message *m,
		       struct alpc_wake *wake)
{
	if (m->detached)
		alpc_message_reattach(m);
	else
		alpc_unlink(q, alpc_backlog_of(q, m), m, wake);
}

/**
 * alpc_queue_pull() - take out the message whose turn it is
 * @q: queue
 * @m: what alpc_queue_first() has returned; the caller delivers it
 * @wake: collects whom to wake
 */
void alpc_queue_pull(struct alpc_queue *q, struct alpc_message *m,
		     struct alpc_wake *wake)
{
	struct alpc_backlog *b;

	b = list_first_entry(&q->ready, struct alpc_backlog, node);
	/* What comes next from there waits for everybody's turn. */
	if (!list_is_singular(&q->ready))
		list_rotate_left(&q->ready);
	alpc_unlink(q, b, m, wake);
}

/**
 * alpc_queue_take() - receive the first message
 * @q: queue
 * @room: bytes that the receiver has room for
 * @d: result
 * @wake: collects whom to wake
 *
 * Return: 0, -EAGAIN if there is none, or -EMSGSIZE with the length needed in
 * @d; then the message stays.
 */
int alpc_queue_take(struct alpc_queue *q, u32 room, struct alpc_delivery *d,
		    struct alpc_wake *wake)
{
	struct alpc_message *m = alpc_queue_first(q);

	if (!m)
		return -EAGAIN;
	if (alpc_delivery_len(m) > room) {
		d->len = alpc_delivery_len(m);
		return -EMSGSIZE;
	}
	alpc_queue_pull(q, m, wake);
	alpc_deliver_queued(q, m, d);
	return 0;
}

/**
 * alpc_queue_check() - may a message be received now?
 * @q: queue that is unusual
 *
 * Return: 0, -ESHUTDOWN, or -ENOMSG if it is the completion list's turn.
 */
int alpc_queue_check(const struct alpc_queue *q)
{
	return q->unusual & ALPC_QUEUE_STOPPED ? -ESHUTDOWN :
						 alpc_clist_check(q);
}

/* Send the receiver away that began to wait last, if there is one. */
void alpc_queue_wake_receiver(struct alpc_queue *q, int error,
			      struct alpc_wake *wake)
{
	struct alpc_waiter *w;

	if (likely(hlist_empty(&q->receivers)))
		return;
	w = hlist_entry(q->receivers.first, struct alpc_waiter, receiver);
	hlist_del(&w->receiver);
	alpc_waiter_give(w, error, wake);
}

/* Nothing will come any more: send the waiting receivers away. */
void alpc_queue_fail_receivers(struct alpc_queue *q, int error,
			       struct alpc_wake *wake)
{
	struct hlist_node *next;
	struct alpc_waiter *w;

	hlist_for_each_entry_safe(w, next, &q->receivers, receiver) {
		hlist_del(&w->receiver);
		alpc_waiter_give(w, error, wake);
	}
}
