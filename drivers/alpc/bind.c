// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports that are bound to completion ports.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "completion.h"

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "clist.h"
#include "packet.h"
#include "port.h"

static void alpc_end_hold(struct alpc_end *end)
{
	if (end->conn)
		alpc_conn_get(end->conn);
	else
		alpc_port_get(end->port);
}

static void alpc_end_let_go(struct alpc_end *end)
{
	if (end->conn)
		alpc_conn_put(end->conn);
	else
		alpc_port_put(end->port);
}

void alpc_binding_put(struct alpc_binding *b)
{
	if (!refcount_dec_and_test(&b->ref))
		return;
	alpc_end_let_go(b->end);
	kfree(b);
}

static u32 alpc_binding_packets(const struct alpc_binding *b)
{
	return b->due + b->look + (b->closed && !b->told);
}

/* There is something to tell. Context: port's lock held. */
static void alpc_binding_tell(struct alpc_binding *b, u32 due, bool look,
			      bool closed)
{
	struct alpc_completion *c = b->completion;
	unsigned long flags;
	u32 before;

	spin_lock_irqsave(&c->lock, flags);
	before = alpc_binding_packets(b);
	b->due += due;
	b->look |= look;
	b->closed |= closed;
	alpc_packets_add(c, alpc_binding_packets(b) - before);
	if (list_empty(&b->ready.node) && alpc_binding_packets(b))
		list_add_tail(&b->ready.node, &c->ready);
	alpc_completion_release(c);
	spin_unlock_irqrestore(&c->lock, flags);
}

/**
 * alpc_binding_add_due() - messages were queued
 * @b: binding of the queue
 * @count: how many
 *
 * Context: port's lock held.
 */
void alpc_binding_add_due(struct alpc_binding *b, u32 count)
{
	alpc_binding_tell(b, count, false, false);
}

/**
 * alpc_binding_look() - there is something to see that is no message in the queue
 * @b: binding of the queue
 *
 * Something was put into the completion list, or receiving was switched off. Needs no
 * memory: it is told once, however often it was said before.
 *
 * Context: port's lock held.
 */
void alpc_binding_look(struct alpc_binding *b)
{
	alpc_binding_tell(b, 0, true, false);
}

/* Its connection has ended. Context: port's lock held. */
void alpc_binding_close(struct alpc_binding *b)
{
	alpc_binding_tell(b, 0, false, true);
}

/**
 * alpc_binding_settle() - messages have left the queue
 * @b: binding of the queue
 * @length: how many are left
 *
 * Context: port's lock held.
 */
void alpc_binding_settle(struct alpc_binding *b, u32 length)
{
	struct alpc_completion *c = b->completion;
	unsigned long flags;

	/*
	 * Without its lock, which most messages need not take: it grows under the
	 * port's lock only, but for what is put back.
	 */
	if (READ_ONCE(b->due) <= length)
		return;
	spin_lock_irqsave(&c->lock, flags);
	if (b->due > length) {
		alpc_packets_add(c, length - b->due);
		b->due = length;
		if (!alpc_binding_packets(b))
			list_del_init(&b->ready.node);
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

/**
 * alpc_binding_take() - a packet of a port
 * @b: binding that has one
 * @packet: filled in
 *
 * Context: completion port's lock held. The packet comes with a reference.
 */
void alpc_binding_take(struct alpc_binding *b, struct alpc_packet *packet)
{
	struct alpc_completion *c = b->completion;

	packet->type = ALPC_PACKET_MESSAGE;
	if (b->due) {
		WRITE_ONCE(b->due, b->due - 1);
	} else if (b->look) {
		b->look = false;
	} else {
		b->told = true;
		packet->type = ALPC_PACKET_CLOSED;
	}
	packet->key = b->key;
	packet->data = 0;
	alpc_packets_add(c, -1);
	/* The next one is another port's turn. */
	list_del_init(&b->ready.node);
	if (alpc_binding_packets(b))
		list_add_tail(&b->ready.node, &c->ready);
	refcount_inc(&b->ref);
}

/* It could not be used. Context: completion port's lock held. */
void alpc_binding_put_back(struct alpc_binding *b, u32 type)
{
	struct alpc_completion *c = b->completion;

	if (list_empty(&b->bound))
		return;
	/* Of which sort it was is not known. One in vain is better than none. */
	if (type == ALPC_PACKET_CLOSED)
		b->told = false;
	else if (!b->look)
		b->look = true;
	else
		WRITE_ONCE(b->due, b->due + 1);
	alpc_packets_add(c, 1);
	list_del_init(&b->ready.node);
	list_add(&b->ready.node, &c->ready);
}

/* Take it out of everything. Context: port's lock held. */
static void alpc_unbind_locked(struct alpc_queue *q)
{
	struct alpc_binding *b = q->binding;
	struct alpc_completion *c = b->completion;
	unsigned long flags;

	q->binding = NULL;
	spin_lock_irqsave(&c->lock, flags);
	alpc_packets_add(c, -alpc_binding_packets(b));
	c->bound--;
	list_del_init(&b->ready.node);
	list_del_init(&b->bound);
	spin_unlock_irqrestore(&c->lock, flags);
}

static int alpc_unbind_if(struct alpc_end *end, const struct alpc_binding *only)
{
	struct alpc_queue *q = end->own;
	struct alpc_binding *b;

	spin_lock(&end->port->lock);
	b = q->binding;
	if (b && (!only || b == only))
		alpc_unbind_locked(q);
	else
		b = NULL;
	spin_unlock(&end->port->lock);
	if (!b)
		return -ENOENT;
	alpc_binding_put(b);
	return 0;
}

/**
 * alpc_unbind() - unbind a port
 * @end: port that receives
 *
 * Return: 0 or -ENOENT.
 */
int alpc_unbind(struct alpc_end *end)
{
	return alpc_unbind_if(end, NULL);
}

/* The completion port is closed. */
void alpc_unbind_all(struct alpc_completion *c)
{
	struct alpc_binding *b;

	for (;;) {
		spin_lock_irq(&c->lock);
		b = list_first_entry_or_null(&c->bindings, struct alpc_binding,
					     bound);
		if (b)
			refcount_inc(&b->ref);
		spin_unlock_irq(&c->lock);
		if (!b)
			return;
		/* Closing the port may be faster. */
		alpc_unbind_if(b->end, b);
		alpc_binding_put(b);
		cond_resched();
	}
}

/**
 * alpc_bind_to() - bind a port
 * @end: port that receives
 * @c: completion port, which the caller's file holds
 * @key: for its packets
 *
 * Return: 0, -EBUSY or -ENOMEM.
 */
int alpc_bind_to(struct alpc_end *end, struct alpc_completion *c, u64 key)
{
	struct alpc_queue *q = end->own;
	struct alpc_binding *b;
	int ret = 0;

	b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	if (!b)
		return -ENOMEM;
	INIT_LIST_HEAD(&b->ready.node);
	refcount_set(&b->ref, 1);
	b->completion = c;
	b->end = end;
	b->key = key;
	rcu_read_lock();
	spin_lock(&end->port->lock);
	if (q->binding) {
		ret = -EBUSY;
	} else {
		alpc_end_hold(end);
		spin_lock_irq(&c->lock);
		list_add(&b->bound, &c->bindings);
		c->bound++;
		spin_unlock_irq(&c->lock);
		q->binding = b;
		alpc_binding_tell(b, q->length, q->unusual & ALPC_QUEUE_STOPPED ||
				  (q->list && alpc_clist_poll(q->list)),
				  end->conn && end->conn->state != ALPC_STATE_OPEN &&
				  end->conn->state != ALPC_STATE_CONNECTING);
	}
	spin_unlock(&end->port->lock);
	rcu_read_unlock();
	if (ret)
		kfree(b);
	return ret;
}

/**
 * alpc_bind() - bind a port to a completion port, or unbind it
 * @end: port that receives
 * @arg: what to do
 *
 * Return: 0 or an error of &struct alpc_bind.
 */
int alpc_bind(struct alpc_end *end, const struct alpc_bind *arg)
{
	struct file *file;
	int ret;

	if (arg->flags & ~ALPC_BIND_REMOVE || arg->__reserved)
		return -EINVAL;
	if (arg->flags & ALPC_BIND_REMOVE)
		return arg->key || arg->completion ? -EINVAL : alpc_unbind(end);
	file = fget(arg->completion);
	if (!file)
		return -EBADF;
	ret = alpc_file_is_completion(file) ?
	      alpc_bind_to(end, file->private_data, arg->key) : -EINVAL;
	fput(file);
	return ret;
}
