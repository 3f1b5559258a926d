// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion lists: putting many messages in with one call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "clist_send.h"

#include <linux/uaccess.h>

#include "transfer.h"
#include "vector.h"

/**
 * struct alpc_clist_batch - messages of a vector that are put in together
 * @op: the transfer that does it
 * @user: where the first of them is
 * @list: list
 * @ident: who sends them, a reference, or NULL
 * @taken: how many slots were taken
 * @written: how many of them were written to
 * @done: how many messages were put in
 * @slot: the slots
 * @m: the requests among the messages, or NULL
 * @len: as &alpc_msg.len
 * @out_id: for &alpc_vector_send.out_id
 */
struct alpc_clist_batch {
	struct alpc_op *op;
	struct alpc_vector_send __user *user;
	struct alpc_clist *list;
	struct alpc_ident *ident;
	unsigned int taken;
	unsigned int written;
	unsigned int done;
	u32 slot[ALPC_GROUP_MAX];
	u32 len[ALPC_GROUP_MAX];
	struct alpc_message *m[ALPC_GROUP_MAX];
	u64 out_id[ALPC_GROUP_MAX];
};

static bool alpc_clist_batch_take(struct alpc_clist_batch *b,
				  unsigned int count)
{
	struct alpc_end *end = b->op->end;

	spin_lock(&end->port->lock);
	b->list = alpc_clist_take(end, b->slot, count, &b->taken);
	spin_unlock(&end->port->lock);
	return b->list;
}

/* Read the next message, and write it to its slot, if that is where it goes. */
static bool alpc_clist_batch_write(struct alpc_clist_batch *b, unsigned int i)
{
	struct alpc_op *op = b->op;
	const struct alpc_msg *send = &op->x->send;
	int ret;

	op->m = NULL;
	/* As for the data: not while it has slots. */
	pagefault_disable();
	ret = alpc_group_read(op, &b->user[i]);
	pagefault_enable();
	if (ret || op->brings || send->type ||
	    send->id || send->flags & ~ALPC_SEND_REQUEST ||
	    send->len > b->list->slot_len ||
	    alpc_clist_write(op, b->list, b->slot[i], &b->ident))
		return false;
	b->m[i] = op->m;
	b->len[i] = send->len;
	return true;
}

/* Under the lock: put in one after the other. */
static void alpc_clist_batch_put(struct alpc_clist_batch *b)
{
	struct alpc_op *op = b->op;
	struct alpc_end *end = op->end;
	unsigned int i;

	for (i = 0; i < b->written; i++) {
		if (alpc_clist_check_put(end, b->list, b->m[i]))
			break;
		op->x->out_id = 0;
		op->m = b->m[i];
		if (op->m)
			alpc_clist_put_request(op, b->list, b->slot[i]);
		else
			alpc_clist_put_datagram(end, b->list, b->slot[i],
						b->len[i], b->ident);
		b->out_id[i] = op->x->out_id;
	}
	b->done = i;
	if (i)
		alpc_clist_wake(end->outbox, b->list, i, &op->wake);
}

/* Under the lock: give back the others. Return: the list is to be freed. */
static bool alpc_clist_batch_untake(struct alpc_clist_batch *b)
{
	bool last = false;
	unsigned int i;

	/* The last one first, so that they are taken in the same order again. */
	for (i = b->taken; i > b->done; i--)
		alpc_slots_untake(&b->list->slots, b->slot[i - 1]);
	for (i = 0; i < b->taken; i++)
		last = alpc_clist_written(b->op->end, b->list);
	return last;
}

static void alpc_clist_batch_commit(struct alpc_clist_batch *b)
{
	struct alpc_op *op = b->op;
	unsigned int i;
	bool last;

	op->wake.task = NULL;
	rcu_read_lock();
	spin_lock(&op->end->port->lock);
	alpc_clist_batch_put(b);
	last = alpc_clist_batch_untake(b);
	spin_unlock(&op->end->port->lock);
	alpc_wake_flush(&op->wake);
	rcu_read_unlock();
	if (last)
		alpc_clist_free(b->list);
	for (i = b->done; i < b->written; i++)
		if (b->m[i])
			alpc_message_recycle(b->m[i], &op->end->spare);
	op->m = NULL;
	alpc_ident_put(b->ident);
}

static int alpc_clist_batch_report(const struct alpc_clist_batch *b)
{
	struct alpc_vector_send __user *u = b->user;
	const u64 *id = b->out_id;
	const u64 *end = id + b->done;

	if (!b->done)
		return 0;
	if (!user_write_access_begin(u, b->done * sizeof(*u)))
		return -EFAULT;
	for (; id < end; id++, u++) {
		unsafe_put_user(0, &u->out_error, fault);
		unsafe_put_user(*id, &u->out_id, fault);
	}
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/**
 * alpc_clist_send_some() - put some more messages of a vector into a list
 * @op: transfer that sends them
 * @v: vector; counts those that were put in
 *
 * What cannot be put in ends it: that one, and what is behind it, is for the caller
 * to send otherwise, and to say what is wrong with it.
 *
 * Return: 0 or -EFAULT.
 */
int alpc_clist_send_some(struct alpc_op *op, struct alpc_vector *v)
{
	struct alpc_vector_send __user *user = u64_to_user_ptr(v->send);
	struct alpc_clist_batch b __uninitialized;

	b.op = op;
	b.user = user + v->out_sent;
	b.ident = NULL;
	if (!alpc_clist_batch_take(&b, min(v->send_count - v->out_sent,
					   ALPC_GROUP_MAX)))
		return 0;
	b.written = 0;
	while (b.written < b.taken && alpc_clist_batch_write(&b, b.written))
		b.written++;
	alpc_clist_batch_commit(&b);
	v->out_sent += b.done;
	return alpc_clist_batch_report(&b);
}
