// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads in transfers, as the one thread of a test plays them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "actor.h"

#include <linux/mm.h>

#include "../cancel.h"
#include "../deliver.h"
#include "../port.h"
#include "../work.h"

/**
 * alpc_actor_init() - a thread that has done nothing yet
 * @a: zeroed memory
 * @end: port that it uses
 */
void alpc_actor_init(struct alpc_actor *a, struct alpc_end *end)
{
	a->op.end = end;
	a->op.x = &a->x;
	a->op.deadline.infinite = true;
	alpc_waiter_init(&a->op.w, U32_MAX);
}

static int actor_commit(struct alpc_actor *a, int (*step)(struct alpc_op *op))
{
	struct alpc_op *op = &a->op;
	spinlock_t *lock = &op->end->port->lock;
	int ret;

	alpc_waiter_init(&op->w, a->x.recv.len);
	op->blocked = false;
	op->wake.task = NULL;
	rcu_read_lock();
	spin_lock(lock);
	ret = step(op);
	spin_unlock(lock);
	alpc_wake_flush(&op->wake);
	rcu_read_unlock();
	if (op->spent.any)
		alpc_spent_drop(&op->spent);
	return ret;
}

static int actor_send_commit(struct alpc_actor *a)
{
	int ret = actor_commit(a, alpc_send_commit);

	if (!ret) {
		a->op.sent = true;
	} else if (ret != -EINPROGRESS) {
		alpc_send_abort(&a->op);
		a->op.m = NULL;
	}
	return ret;
}

/*
 * Nobody looks at the data, so none are read: the message only says how long it
 * is. What may be copied must have been written all the same.
 */
static int actor_send(struct alpc_actor *a, u32 flags, u32 what, u64 id,
		      u32 len)
{
	int ret;

	a->x.flags = flags;
	a->x.send.flags = what;
	a->x.send.id = id;
	a->x.send.len = 0;
	a->x.recv.len = a->op.end->port->max_message;
	a->op.sent = false;
	a->op.call = NULL;
	ret = alpc_send_prepare(&a->op);
	if (ret)
		return ret;
	a->op.m->len = len;
	memset(a->op.m->data, 0, min_t(u32, len, ALPC_MESSAGE_INLINE));
	return actor_send_commit(a);
}

/**
 * alpc_actor_send() - send without waiting for a reply
 * @a: actor
 * @what: 0, %ALPC_SEND_REQUEST or %ALPC_SEND_CALLBACK
 * @id: request in which a callback is made, or 0
 * @len: bytes
 *
 * Return: 0, -EINPROGRESS if it waits for room, or an error.
 */
int alpc_actor_send(struct alpc_actor *a, u32 what, u64 id, u32 len)
{
	return actor_send(a, ALPC_TRANSFER_SEND, what, id, len);
}

/**
 * alpc_actor_call() - send and wait for the reply
 * @a: actor
 * @what: %ALPC_SEND_REQUEST or %ALPC_SEND_CALLBACK
 * @id: as for alpc_actor_send()
 * @len: bytes
 *
 * Return: 0 if it waits for the reply, -EINPROGRESS if for room, or an error.
 */
int alpc_actor_call(struct alpc_actor *a, u32 what, u64 id, u32 len)
{
	return actor_send(a, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, what, id,
			  len);
}

/**
 * alpc_actor_retry() - send what had to wait for room
 * @a: actor
 *
 * Return: as for alpc_actor_send(); -EINPROGRESS if it was given no room yet.
 */
int alpc_actor_retry(struct alpc_actor *a)
{
	int ret = alpc_actor_result(a);

	if (ret)
		return ret;
	a->op.m->charged = true;
	return actor_send_commit(a);
}

/**
 * alpc_actor_reply() - answer a request
 * @a: actor
 * @id: request
 * @len: bytes
 *
 * Return: as &struct alpc_transfer says.
 */
int alpc_actor_reply(struct alpc_actor *a, u64 id, u32 len)
{
	struct alpc_op *op = &a->op;
	int ret;

	a->x.flags = ALPC_TRANSFER_SEND;
	a->x.send.flags = ALPC_SEND_REPLY;
	a->x.send.id = id;
	a->x.send.len = 0;
	ret = alpc_reply_prepare(op);
	if (ret)
		return ret;
	a->x.send.len = len;
	ret = actor_commit(a, alpc_reply_commit);
	if (ret) {
		alpc_answer_free(op->answer);
		op->answer = NULL;
		alpc_message_put(op->m);
	}
	op->m = NULL;
	return ret;
}

/**
 * alpc_actor_wait() - go on waiting for a call
 * @a: actor
 * @call: id of the call
 *
 * Return: 0 if there was something, -EINPROGRESS if it waits, or an error.
 */
int alpc_actor_wait(struct alpc_actor *a, u64 call)
{
	a->x.flags = ALPC_TRANSFER_WAIT;
	a->x.recv.call = call;
	a->op.by_id = false;
	return actor_commit(a, alpc_call_resume);
}

static int actor_receive(struct alpc_op *op)
{
	struct alpc_queue *q = alpc_end_inbox(op->end);
	int ret;

	ret = alpc_queue_take(q, op->w.room, &op->w.delivery, &op->wake);
	if (ret != -EAGAIN)
		return ret;
	hlist_add_head(&op->w.receiver, &q->receivers);
	return -EINPROGRESS;
}

/**
 * alpc_actor_receive() - take the first message, or wait for one
 * @a: actor
 * @room: bytes that it has room for
 *
 * Return: 0, -EINPROGRESS if it waits, or -EMSGSIZE.
 */
int alpc_actor_receive(struct alpc_actor *a, u32 room)
{
	a->x.recv.len = room;
	return actor_commit(a, actor_receive);
}

/**
 * alpc_actor_cancel() - give up waiting for the reply
 * @a: actor that calls
 */
void alpc_actor_cancel(struct alpc_actor *a)
{
	struct alpc_port *port = a->op.end->port;
	struct alpc_work work;

	alpc_work_begin(&work, port);
	alpc_call_cancel(a->op.call, &work);
	alpc_work_end(&work, port);
}

/**
 * alpc_actor_done() - the thread has copied out what it was handed
 * @a: actor that was handed something
 */
void alpc_actor_done(struct alpc_actor *a)
{
	alpc_deliver_done(&a->op.w.delivery);
	a->op.w.delivery.msg = NULL;
}

/**
 * alpc_actor_undo() - the thread could not copy out what it was handed
 * @a: actor that was handed something
 * @how: what it was waiting for
 */
void alpc_actor_undo(struct alpc_actor *a, enum alpc_undo how)
{
	alpc_deliver_undo(a->op.end, &a->op.w.delivery, how);
	a->op.w.delivery.msg = NULL;
}

/**
 * alpc_actor_drop() - release what the thread still has
 * @a: actor that waits for nothing any more
 */
void alpc_actor_drop(struct alpc_actor *a)
{
	if (alpc_actor_got(a))
		alpc_actor_done(a);
	if (a->op.m && !a->op.sent)
		alpc_send_abort(&a->op);
}
