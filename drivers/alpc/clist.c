// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion lists: making and ending them, and what receiving and poll see.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "clist.h"

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "limits.h"
#include "message.h"
#include "port.h"
#include "section.h"
#include "work.h"

/* Tell the process what it needs to know; it is not read again. */
static void alpc_clist_describe(const struct alpc_clist *l)
{
	struct alpc_list *shared = l->slots.shared;
	u32 count = l->slots.mask + 1;

	shared->slots = count;
	shared->slot_size = l->slot_size;
	shared->ready_offset = sizeof(*shared);
	shared->free_offset = sizeof(*shared) + count * sizeof(u32);
	shared->slot_offset = alpc_slots_offset(count);
}

/**
 * alpc_clist_alloc() - a list that belongs to no queue
 * @end: port that it is for
 * @slots: how many, a power of two
 * @slot_len: bytes of data that each holds
 *
 * Return: the list, or an error pointer: -EFBIG, -EDQUOT, -ENOMEM.
 */
struct alpc_clist *alpc_clist_alloc(const struct alpc_end *end, u32 slots,
				    u32 slot_len)
{
	struct alpc_clist *l;
	u64 len;
	int ret;

	l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l)
		return ERR_PTR(-ENOMEM);
	l->slot_len = slot_len;
	l->slot_size = ALIGN(sizeof(struct alpc_msg) + slot_len, 64);
	l->share = clamp(slots / 4, 1U, ALPC_CLIST_WRITING_MAX);
	len = alpc_slots_offset(slots) + (u64)slots * l->slot_size;
	ret = -EFBIG;
	if (len > ALPC_SECTION_MAX)
		goto err_free;
	l->section = alpc_section_create_own(len);
	ret = PTR_ERR_OR_ZERO(l->section);
	if (ret)
		goto err_free;
	l->first = l->section->mem + alpc_slots_offset(slots);
	ret = alpc_slots_init(&l->slots, l->section->mem, slots);
	if (ret)
		goto err_section;
	l->pid = get_pid(task_pid(current));
	l->cred = get_current_cred();
	alpc_clist_describe(l);
	return l;

err_section:
	alpc_section_put(l->section);
err_free:
	kfree(l);
	return ERR_PTR(ret);
}

/**
 * alpc_clist_free() - free a list that nobody finds or writes to any more
 * @l: list
 *
 * Context: may sleep.
 */
void alpc_clist_free(struct alpc_clist *l)
{
	alpc_slots_exit(&l->slots);
	alpc_section_put(l->section);
	put_pid(l->pid);
	put_cred(l->cred);
	kfree(l);
}

/**
 * alpc_clist_attach() - give a port its list
 * @end: port that receives
 * @l: list, which becomes the port's
 *
 * Return: 0, or -EBUSY if it has one.
 */
int alpc_clist_attach(struct alpc_end *end, struct alpc_clist *l)
{
	struct alpc_queue *q = end->own;
	int ret = -EBUSY;

	spin_lock(&end->port->lock);
	if (!q->list) {
		l->since = q->last_order;
		l->number = ++q->lists;
		WRITE_ONCE(q->list, l);
		WRITE_ONCE(q->plain_len, 0);
		q->unusual |= ALPC_QUEUE_LISTED;
		if (q->length)
			alpc_clist_queued(l);
		ret = 0;
	}
	spin_unlock(&end->port->lock);
	return ret;
}

/**
 * alpc_clist_delete() - end a port's list
 * @end: port that receives
 *
 * Return: 0 or -ENOENT.
 */
int alpc_clist_delete(struct alpc_end *end)
{
	struct alpc_port *port = end->port;
	struct alpc_queue *q = end->own;
	struct alpc_clist *l;
	bool unused = false;

	spin_lock(&port->lock);
	l = q->list;
	if (l) {
		WRITE_ONCE(q->list, NULL);
		WRITE_ONCE(q->plain_len, port->max_message + 1);
		q->unusual &= ~ALPC_QUEUE_LISTED;
		l->dead = true;
		unused = !l->writing;
	}
	spin_unlock(&port->lock);
	if (unused)
		alpc_clist_free(l);
	return l ? 0 : -ENOENT;
}

/* Say that there is something in the queue. Context: port's lock held. */
void alpc_clist_queued(struct alpc_clist *l)
{
	/* It has this one bit, so what the process does meanwhile is not lost. */
	WRITE_ONCE(l->slots.shared->flags, ALPC_LIST_QUEUED);
}

/* Did the process take all that was in the list before this message? */
static bool alpc_clist_is_due(const struct alpc_clist *l,
			      const struct alpc_message *m, u32 unread)
{
	return m->order <= l->since || unread <= l->slots.tail - m->behind;
}

/**
 * alpc_clist_check() - may a message of the queue be received now?
 * @q: queue with a list
 *
 * Context: port's lock held.
 *
 * Return: 0, also if there is none, or -ENOMSG if it is the list's turn.
 */
int alpc_clist_check(const struct alpc_queue *q)
{
	struct alpc_clist *l = q->list;
	u32 unread = alpc_slots_unread(&l->slots);
	const struct alpc_backlog *b;

	if (!unread)
		return 0;
	if (list_empty(&q->ready))
		return -ENOMSG;
	b = list_first_entry(&q->ready, struct alpc_backlog, node);
	if (alpc_clist_is_due(l, list_first_entry(&b->messages,
						  struct alpc_message, node),
			      unread))
		return 0;
	/* Who has come for it is to come again. */
	alpc_clist_queued(l);
	return -ENOMSG;
}

/**
 * alpc_clist_poll() - is there anything in the list?
 * @l: list
 *
 * If not, whoever puts something in is to wake the pollers.
 *
 * Context: port's lock held.
 */
bool alpc_clist_poll(struct alpc_clist *l)
{
	l->armed = !alpc_slots_unread(&l->slots);
	return !l->armed;
}

/**
 * alpc_clist_state() - how full the list of a port is
 * @end: port that receives
 * @slots: gets how many slots it has
 * @unread: gets how many of them the process has not taken
 *
 * Return: false if there is no list.
 */
bool alpc_clist_state(struct alpc_end *end, u32 *slots, u32 *unread)
{
	const struct alpc_clist *l;

	spin_lock(&end->port->lock);
	l = end->own->list;
	if (l) {
		*slots = l->slots.mask + 1;
		*unread = alpc_slots_unread(&l->slots);
	}
	spin_unlock(&end->port->lock);
	return l;
}

/**
 * alpc_clist_pass_on() - a thread that was woken for the list is being killed
 * @end: port that it waited at
 *
 * What it was woken for another one is to look at.
 */
void alpc_clist_pass_on(struct alpc_end *end)
{
	struct alpc_queue *q = end->own;
	struct alpc_work work;

	alpc_work_begin(&work, end->port);
	if (q->list && alpc_slots_unread(&q->list->slots))
		alpc_queue_wake_receiver(q, -ENOMSG, &work.wake);
	alpc_work_end(&work, end->port);
}
