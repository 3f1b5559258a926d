// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion lists: putting messages in.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "clist_send.h"

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/poll.h>

#include "completion.h"
#include "deliver.h"
#include "parcel.h"
#include "trace.h"
#include "transfer.h"

static struct alpc_msg *alpc_clist_slot(const struct alpc_clist *l, u32 slot)
{
	return l->first + (size_t)slot * l->slot_size;
}

/**
 * alpc_clist_take() - take slots to write to
 * @end: communication port
 * @slot: gets their numbers
 * @count: how many are wanted
 * @taken: how many it got; 0 if the message is to be queued
 *
 * Return: the list, which stays as long as slots of it are taken, or NULL.
 *
 * Context: port's lock held.
 */
struct alpc_clist *alpc_clist_take(struct alpc_end *end, u32 *slot,
				   unsigned int count, unsigned int *taken)
{
	struct alpc_clist *l = end->outbox->list;
	int number;

	lockdep_assert_held(&end->port->lock);
	*taken = 0;
	/* It would overtake what waits in the queue. */
	if (!l || !list_empty(&alpc_end_backlog(end)->messages))
		return NULL;
	while (*taken < count && end->writing < l->share) {
		number = alpc_slots_take(&l->slots);
		if (number < 0)
			break;
		slot[(*taken)++] = number;
		end->writing++;
		l->writing++;
	}
	if (!*taken)
		end->list_full = true;
	return *taken ? l : NULL;
}

/**
 * alpc_clist_written() - a slot that was taken is given back or put in
 * @end: communication port that had taken it
 * @l: its list
 *
 * Context: port's lock held.
 *
 * Return: true if the list is the caller's to free now, without the lock.
 */
bool alpc_clist_written(struct alpc_end *end, struct alpc_clist *l)
{
	end->writing--;
	return !--l->writing && l->dead;
}

/* Ids of a thread as the process sees them that the list is for. */
static void alpc_clist_tell(const struct alpc_clist *l,
			    const struct alpc_ident *ident,
			    struct alpc_ids *ids)
{
	struct pid_namespace *pid_ns = ns_of_pid(l->pid);
	struct user_namespace *user_ns = l->cred->user_ns;

	if (likely(pid_ns == ns_of_pid(ident->thread) &&
		   user_ns == ident->cred->user_ns))
		*ids = ident->own;
	else
		alpc_ident_tell_in(ident, ident->withheld, pid_ns, user_ns,
				   ids);
}

/* What can be said of a message without the lock. */
static void alpc_clist_describe(const struct alpc_clist *l,
				struct alpc_msg *msg, u32 len, u16 type,
				const struct alpc_ident *ident)
{
	struct alpc_ids ids __uninitialized;

	alpc_clist_tell(l, ident, &ids);
	msg->cookie = 0;
	msg->data = (void *)(msg + 1) - (void *)l->slots.shared;
	msg->len = len;
	msg->type = type;
	msg->pid = ids.pid;
	msg->tid = ids.tid;
	msg->uid = ids.uid;
	msg->gid = ids.gid;
	msg->call = 0;
	msg->view_offset = 0;
	msg->view_len = 0;
	msg->section = 0;
	msg->view_flags = 0;
	msg->attrs = 0;
	msg->attrs_len = 0;
	msg->reserve = 0;
}

/*
 * Write a message to its slot. What the process does to that meanwhile is its own
 * message's loss.
 */
static int alpc_clist_fill(const struct alpc_clist *l, u32 slot,
			   const struct alpc_msg *send, u16 type,
			   const struct alpc_ident *ident)
{
	struct alpc_msg *msg = alpc_clist_slot(l, slot);

	alpc_clist_describe(l, msg, send->len, type, ident);
	return alpc_copy_in(msg + 1, u64_to_user_ptr(send->data), send->len);
}

/* The rest of it; then the message is the process's. Context: port's lock held. */
static void alpc_clist_put(struct alpc_clist *l, u32 slot, u64 id, u64 seq,
			   u64 context, u16 flags)
{
	struct alpc_msg *msg = alpc_clist_slot(l, slot);

	msg->id = id;
	msg->seq = seq;
	msg->context = context;
	msg->flags = flags;
	alpc_slots_publish(&l->slots, slot);
}

/**
 * alpc_clist_holds() - is a message to wait until another one is received?
 * @end: communication port that sends to a port with a list
 *
 * Context: port's lock held.
 *
 * Return: true if one of its messages is in the queue, as there was no slot, and it has
 * put in before as many as are its share, a part of a quarter of the slots.
 */
bool alpc_clist_holds(const struct alpc_end *end)
{
	const struct alpc_queue *q = end->outbox;
	const struct alpc_clist *l = q->list;

	/* Receiving what is not counted makes no room. */
	return l && end->list_full && alpc_end_backlog(end)->count &&
	       end->list_run >= (l->slots.mask + 1) / 4 / max(q->sharers, 1U);
}

static void alpc_clist_count(struct alpc_end *end)
{
	if (end->list_full) {
		end->list_full = false;
		end->list_run = 0;
	}
	end->list_run++;
}

/* It counts for the server as if it had been received. */
static u64 alpc_clist_context(const struct alpc_queue *q,
			      struct alpc_conn *conn)
{
	if (q != &conn->port->queue)
		return 0;
	conn->received++;
	return conn->context;
}

/**
 * alpc_clist_put_request() - put a request in; it is not answered from now on
 * @op: transfer with the request in &alpc_op.m
 * @l: list
 * @slot: slot that it was written to
 *
 * Context: port's lock held.
 */
void alpc_clist_put_request(struct alpc_op *op, struct alpc_clist *l, u32 slot)
{
	struct alpc_end *end = op->end;
	struct alpc_queue *q = end->outbox;
	struct alpc_message *m = op->m;

	alpc_send_record(op, end, q);
	alpc_end_note(end, m, m->sender);
	m->state = ALPC_MSG_PENDING;
	alpc_pending_add(&q->pending, m);
	alpc_clist_count(end);
	trace_alpc_list(end, m->type, m->id, m->seq, m->len, slot);
	alpc_clist_put(l, slot, m->id, m->seq, alpc_clist_context(q, end->conn),
		       m->flags);
}

/**
 * alpc_clist_put_datagram() - put a datagram in
 * @end: communication port that it is sent through
 * @l: list
 * @slot: slot that it was written to
 * @len: bytes of data
 * @ident: who sends it
 *
 * Context: port's lock held.
 */
void alpc_clist_put_datagram(struct alpc_end *end, struct alpc_clist *l,
			     u32 slot, u32 len, struct alpc_ident *ident)
{
	u16 flags = 0;

	if (unlikely(end->noted) && alpc_end_sees_change(end, ident))
		flags = ALPC_MSG_IDENTITY;
	end->seq++;
	alpc_clist_count(end);
	trace_alpc_list(end, ALPC_DATAGRAM, 0, end->seq, len, slot);
	alpc_clist_put(l, slot, 0, end->seq,
		       alpc_clist_context(end->outbox, end->conn), flags);
}

/**
 * alpc_clist_wake() - tell that something was put in
 * @q: queue
 * @l: its list
 * @count: how many messages
 * @wake: collects whom to wake
 *
 * Context: port's lock held, RCU read-side critical section.
 */
void alpc_clist_wake(struct alpc_queue *q, struct alpc_clist *l,
		     unsigned int count, struct alpc_wake *wake)
{
	while (count--)
		alpc_queue_wake_receiver(q, -ENOMSG, wake);
	/*
	 * The process sets @sleeping, and then looks at @tail again, with a full
	 * barrier between the two, as here: one of us sees the other's.
	 */
	smp_mb();
	if (!READ_ONCE(l->slots.shared->sleeping) && !l->armed)
		return;
	l->armed = false;
	alpc_queue_wake_readers(q, EPOLLIN | EPOLLRDNORM);
	if (q->binding)
		alpc_binding_listed(q->binding);
}

/* Can what is to be sent lie in a slot? */
static bool alpc_clist_suits(const struct alpc_op *op)
{
	return !op->brings && !op->plain &&
	       !(op->x->send.flags & ~ALPC_SEND_REQUEST);
}

static struct alpc_clist *alpc_clist_take_one(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_clist *l = NULL;
	unsigned int taken;
	int ret;

	spin_lock(&end->port->lock);
	ret = alpc_send_check(end);
	if (!ret && end->outbox->list &&
	    op->x->send.len <= end->outbox->list->slot_len)
		l = alpc_clist_take(end, &op->slot, 1, &taken);
	spin_unlock(&end->port->lock);
	return ret ? ERR_PTR(ret) : l;
}

/* A request, without its data. */
static int alpc_clist_make_request(struct alpc_op *op, struct alpc_ident **ident)
{
	struct alpc_end *end = op->end;
	struct alpc_message *m;
	int ret;

	m = alpc_message_alloc(&end->spare, end->user, alpc_send_room(op));
	if (IS_ERR(m))
		return PTR_ERR(m);
	ret = alpc_ident_renew(&m->sender, &end->idents);
	if (ret) {
		alpc_message_recycle(m, &end->spare);
		return ret;
	}
	m->type = ALPC_REQUEST;
	m->len = op->x->send.len;
	m->cookie = op->x->send.cookie;
	op->m = m;
	*ident = m->sender;
	return 0;
}

/**
 * alpc_clist_write() - make a message, and write it to its slot
 * @op: transfer; gets &alpc_op.m if it is a request
 * @l: list
 * @slot: slot that was taken
 * @ident: who sends a datagram, a reference, looked up if it is NULL
 *
 * Return: 0, -EFAULT, -ENOMEM or -EDQUOT; then there is no message.
 */
int alpc_clist_write(struct alpc_op *op, struct alpc_clist *l, u32 slot,
		     struct alpc_ident **ident)
{
	bool request = op->x->send.flags & ALPC_SEND_REQUEST;
	struct alpc_ident *sender = NULL;
	int ret = 0;

	if (request) {
		ret = alpc_clist_make_request(op, &sender);
	} else {
		if (!*ident)
			*ident = alpc_ident_get_current(&op->end->idents);
		sender = *ident;
		if (!sender)
			ret = -ENOMEM;
	}
	if (ret)
		return ret;
	ret = alpc_clist_fill(l, slot, &op->x->send,
			      request ? ALPC_REQUEST : ALPC_DATAGRAM, sender);
	if (ret && request) {
		alpc_message_recycle(op->m, &op->end->spare);
		op->m = NULL;
	}
	return ret;
}

/* It is not put in. */
static void alpc_clist_untake_one(struct alpc_op *op)
{
	struct alpc_clist *l = op->list;
	bool last;

	spin_lock(&op->end->port->lock);
	alpc_slots_untake(&l->slots, op->slot);
	last = alpc_clist_written(op->end, l);
	spin_unlock(&op->end->port->lock);
	if (last)
		alpc_clist_free(l);
	alpc_ident_put(op->ident);
}

/**
 * alpc_clist_prepare() - write a message to a slot, if it can be put into a list
 * @op: transfer; then with %ALPC_SEND_LISTED
 *
 * Return: 0, -EAGAIN if it is to be queued, or another error.
 */
int alpc_clist_prepare(struct alpc_op *op)
{
	struct alpc_clist *l;
	int ret;

	if (!alpc_clist_suits(op) || !alpc_clist_of(op->end->outbox))
		return -EAGAIN;
	l = alpc_clist_take_one(op);
	if (!l)
		return -EAGAIN;
	if (IS_ERR(l))
		return PTR_ERR(l);
	op->list = l;
	op->ident = NULL;
	ret = alpc_clist_write(op, l, op->slot, &op->ident);
	if (ret)
		alpc_clist_untake_one(op);
	else
		op->x->send.flags |= ALPC_SEND_LISTED;
	return ret;
}

/**
 * alpc_clist_check_put() - can what was written be put in now?
 * @end: communication port
 * @l: list
 * @request: it is a request
 *
 * Context: port's lock held.
 *
 * Return: 0, -ESTALE if it is to be queued, or another error.
 */
int alpc_clist_check_put(const struct alpc_end *end,
			 const struct alpc_clist *l, bool request)
{
	int ret = alpc_send_check(end);

	if (ret)
		return ret;
	if (end->outbox->list != l ||
	    !list_empty(&alpc_end_backlog(end)->messages))
		return -ESTALE;
	return request && !alpc_end_has_quota(end) ? -EDQUOT : 0;
}

/**
 * alpc_clist_commit() - put a message in
 * @op: transfer with %ALPC_SEND_LISTED
 *
 * Context: port's lock held, RCU read-side critical section.
 *
 * Return: 0, -ESTALE if it is to be queued, or another error.
 */
int alpc_clist_commit(struct alpc_op *op)
{
	struct alpc_end *end = op->end;
	struct alpc_clist *l = op->list;
	int ret;

	ret = alpc_clist_check_put(end, l, op->m);
	if (ret) {
		alpc_slots_untake(&l->slots, op->slot);
	} else {
		if (op->m)
			alpc_clist_put_request(op, l, op->slot);
		else
			alpc_clist_put_datagram(end, l, op->slot,
						op->x->send.len, op->ident);
		alpc_clist_wake(end->outbox, l, 1, &op->wake);
	}
	if (alpc_clist_written(end, l))
		alpc_spent_add_list(&op->spent, l);
	alpc_ident_put(op->ident);
	return ret;
}

static bool alpc_clist_takes_reply(const struct alpc_clist *l,
				   const struct alpc_queue *q,
				   const struct alpc_message *m)
{
	const struct alpc_backlog *b = alpc_end_backlog(alpc_end_peer(m->from));

	return m->len <= min(l->slot_len, ALPC_CLIST_REPLY_MAX) &&
	       !m->parcel && list_empty(&b->messages);
}

/**
 * alpc_clist_reply() - put the reply to an asynchronous request into a list
 * @op: transfer that replies
 * @m: the answered request, of whose sender's queue it is
 *
 * It lies in the request's own memory, so that sending it needs none, and is copied
 * from there.
 *
 * Context: port's lock held, RCU read-side critical section.
 *
 * Return: true if it is done with, false if it is to be queued.
 */
bool alpc_clist_reply(struct alpc_op *op, struct alpc_message *m)
{
	struct alpc_end *from = m->from;
	struct alpc_queue *q = from->own;
	struct alpc_clist *l = q->list;
	struct alpc_msg *msg;
	int slot;

	if (!alpc_clist_takes_reply(l, q, m))
		return false;
	slot = alpc_slots_take(&l->slots);
	if (slot < 0)
		return false;
	msg = alpc_clist_slot(l, slot);
	alpc_clist_describe(l, msg, m->len, ALPC_REPLY, m->replier);
	msg->cookie = m->cookie;
	memcpy(msg + 1, alpc_message_answer(m), m->len);
	trace_alpc_list(op->end, ALPC_REPLY, m->sender_id, m->seq, m->len,
			slot);
	alpc_clist_put(l, slot, m->sender_id, m->seq,
		       alpc_clist_context(q, from->conn),
		       m->flags & ALPC_MSG_IDENTITY);
	alpc_clist_wake(q, l, 1, &op->wake);
	m->state = ALPC_MSG_DONE;
	alpc_message_forget(m);
	alpc_spent_add(&op->spent, m);
	return true;
}
