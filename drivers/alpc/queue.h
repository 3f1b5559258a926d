/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue of messages that one port receives from.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_QUEUE_H
#define ALPC_QUEUE_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "pending.h"
#include "wait.h"

struct alpc_binding;
struct alpc_clist;
struct alpc_message;

/**
 * DOC: Queues
 *
 * A connection port has a queue, and so has each client communication port.
 *
 * Ordering guarantee: two messages sent through the same port, one after the
 * other returned, are handed over in this order. Nothing is promised about
 * messages of different ports, nor about what two receiving threads do with
 * what they were handed.
 *
 * A message goes to the thread that began to wait last, whose stack and data
 * are most likely still cached, without entering the queue. Only if nobody
 * waits it is queued, and counted against the limits. Messages that cannot wait
 * for room - replies, notices, and what a receiver puts back - are queued
 * without being counted; so is what comes from a reserve, of which an end has few.
 *
 * What waits lies in one backlog for each port that it came through, and the
 * backlogs take turns: who sends one message waits for one of each other sender,
 * however many those have waiting.
 *
 * A queue has room as long as both counts are below their limits, whatever the
 * length of the next message, so that poll(2) can tell exactly. When it has none,
 * a backlog has room still as long as it is below its share, the limits divided
 * by the number of senders, and the queue below twice its limits; or if it is
 * empty. So who fills the queue keeps nobody else out, and no queue holds more than
 * twice its limits and one message for each sender.
 *
 * A sender that finds no room sleeps in &senders. Room that comes free is
 * handed to the first of them, so none is overtaken and none is woken in vain.
 * Room in the share of a backlog goes to the first who sleeps there.
 */

/**
 * struct alpc_backlog - what waits in a queue and came through one port
 * @node: in &alpc_queue.ready while @messages is not empty
 * @messages: what waits, in order
 * @blocked: threads of that port that wait for room, the first one first
 * @count: messages counted against the limit
 * @bytes: bytes of data counted
 *
 * Protected by the port's lock.
 */
struct alpc_backlog {
	struct list_head node;
	struct list_head messages;
	struct list_head blocked;
	u32 count;
	u32 bytes;
};

/* &alpc_queue.unusual: what to look at before receiving */
#define ALPC_QUEUE_STOPPED	BIT(0)	/* it fails with ESHUTDOWN */
#define ALPC_QUEUE_LISTED	BIT(1)	/* there is a completion list */

/**
 * struct alpc_queue - messages that wait, and threads that wait for them
 * @ready: backlogs with messages, in the order of their turns
 * @receivers: threads that wait, the last one first; empty if @ready is not
 * @senders: threads that wait for room, the first one first
 * @detached: calls of this side whose threads handle callbacks
 * @pending: requests received from here and not answered
 * @last_id: last id given out on this side
 * @last_order: last &alpc_message.order given out
 * @length: messages that wait
 * @size: bytes of data in them
 * @unusual: ALPC_QUEUE_* bits
 * @count: messages counted against the limit
 * @max_count: limit of @count; immutable
 * @bytes: bytes of data counted
 * @max_bytes: limit of @bytes; immutable
 * @sharers: ports that send here
 * @plain_len: messages shorter than this take the usual way: one more than the
 *	port's inline limit, or 0 if there is a @list; also read without the lock
 * @starved: somebody who does not sleep was told that there is no room
 * @binding: of the completion port that it is bound to, or NULL
 * @list: completion list, or NULL; also read without the lock, for a hint
 * @readers: those that poll for messages
 * @writers: those that poll for room
 *
 * Everything is protected by the port's lock; the wait queue heads have their
 * own, which is taken inside it.
 */
struct alpc_queue {
	struct list_head ready;
	struct hlist_head receivers;
	struct list_head senders;
	struct list_head detached;
	struct alpc_pending pending;
	u64 last_id;
	u64 last_order;
	u64 size;
	u64 bytes;
	u32 max_bytes;
	u32 length;
	u32 count;
	u32 max_count;
	u32 sharers;
	u32 plain_len;
	u8 unusual;
	bool starved;
	struct alpc_binding *binding;
	struct alpc_clist *list;
	wait_queue_head_t readers;
	wait_queue_head_t writers;
};

void alpc_queue_init(struct alpc_queue *q, u32 max_count, u32 max_bytes);

void alpc_backlog_init(struct alpc_backlog *b);
bool alpc_backlog_has_share(const struct alpc_queue *q,
			    const struct alpc_backlog *b);

void alpc_queue_uncharge(struct alpc_queue *q, struct alpc_backlog *b, u32 len,
			 struct alpc_wake *wake);

struct task_struct *alpc_queue_post(struct alpc_queue *q,
				    struct alpc_message *m, bool counted,
				    struct alpc_wake *wake);
void alpc_queue_put_back(struct alpc_queue *q, struct alpc_message *m,
			 struct alpc_wake *wake);
void alpc_queue_remove(struct alpc_queue *q, struct alpc_message *m,
		       struct alpc_wake *wake);
void alpc_queue_add_run(struct alpc_queue *q, struct alpc_backlog *b,
			struct list_head *run, u32 count, u32 bytes);
void alpc_queue_pull(struct alpc_queue *q, struct alpc_message *m,
		     struct alpc_wake *wake);
int alpc_queue_take(struct alpc_queue *q, u32 room, struct alpc_delivery *d,
		    struct alpc_wake *wake);
int alpc_queue_check(const struct alpc_queue *q);
void alpc_queue_wake_receiver(struct alpc_queue *q, int error,
			      struct alpc_wake *wake);
void alpc_queue_fail_receivers(struct alpc_queue *q, int error,
			       struct alpc_wake *wake);
void alpc_queue_wake_readers(struct alpc_queue *q, __poll_t events);
void alpc_queue_wake_writers(struct alpc_queue *q, __poll_t events);
void alpc_queue_wake_all(struct alpc_queue *q, __poll_t events);

/* Would a message find room if it had to be queued? */
static inline bool alpc_queue_has_room(const struct alpc_queue *q)
{
	return q->count < q->max_count && q->bytes < q->max_bytes;
}

/* Can a new message be posted without waiting, and without overtaking? */
static inline bool alpc_queue_is_open(const struct alpc_queue *q)
{
	return !hlist_empty(&q->receivers) ||
	       (alpc_queue_has_room(q) && list_empty(&q->senders));
}

/**
 * alpc_queue_room() - how many messages certainly find room
 * @q: queue
 * @len: length of the longest of them, as alpc_message_weight()
 */
static inline u32 alpc_queue_room(const struct alpc_queue *q, u32 len)
{
	if (!alpc_queue_has_room(q) || !list_empty(&q->senders))
		return 0;
	/* The last one may go beyond the limit. */
	return min(q->max_count - q->count,
		   DIV_ROUND_UP(q->max_bytes - (u32)q->bytes, len));
}

/**
 * alpc_queue_first() - the message whose turn it is
 * @q: queue
 *
 * Return: the message, which stays, or NULL.
 */
static inline struct alpc_message *alpc_queue_first(const struct alpc_queue *q)
{
	const struct alpc_backlog *b;

	if (list_empty(&q->ready))
		return NULL;
	b = list_first_entry(&q->ready, struct alpc_backlog, node);
	return list_first_entry(&b->messages, struct alpc_message, node);
}

#endif /* ALPC_QUEUE_H */
