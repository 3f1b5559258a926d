// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many messages in one call: sending a run of plain ones.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "vector.h"

#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "pool.h"
#include "transfer.h"

/**
 * struct alpc_outgoing_run - a run between its preparation and its end
 * @end: communication port
 * @max_len: bytes of data that a plain message may have
 * @ident: the calling thread's identity, or NULL before it was looked for
 * @unused: messages to fill
 * @ready: messages that are filled
 */
struct alpc_outgoing_run {
	struct alpc_end *end;
	u32 max_len;
	struct alpc_ident *ident;
	struct alpc_chain unused;
	struct alpc_chain ready;
};

/* Where the next message's data are. Return: false if it is no plain message. */
static __always_inline bool
alpc_run_read(const struct alpc_vector_send __user *u, u64 *data, u32 *len)
{
	u64 other, word;
	u32 kind;

	BUILD_BUG_ON(offsetof(struct alpc_msg, flags) !=
		     offsetof(struct alpc_msg, type) + sizeof(u16));
	BUILD_BUG_ON(offsetof(struct alpc_msg, view_flags) !=
		     offsetof(struct alpc_msg, section) + sizeof(u32));
	BUILD_BUG_ON(offsetof(struct alpc_msg, reserve) !=
		     offsetof(struct alpc_msg, attrs_len) + sizeof(u32));
	if (!user_read_access_begin(u, sizeof(*u)))
		return false;
	unsafe_get_user(*data, &u->msg.data, fault);
	unsafe_get_user(*len, &u->msg.len, fault);
	unsafe_get_user(kind, (const u32 __user *)&u->msg.type, fault);
	unsafe_get_user(other, &u->msg.id, fault);
	unsafe_get_user(word, &u->msg.view_offset, fault);
	other |= word;
	unsafe_get_user(word, &u->msg.view_len, fault);
	other |= word;
	unsafe_get_user(word, (const u64 __user *)&u->msg.section, fault);
	other |= word;
	unsafe_get_user(word, &u->msg.attrs, fault);
	other |= word;
	unsafe_get_user(word, (const u64 __user *)&u->msg.attrs_len, fault);
	other |= word;
	user_read_access_end();
	return !(other | kind);
fault:
	user_read_access_end();
	return false;
}

static struct alpc_message *alpc_run_alloc(struct alpc_outgoing_run *run)
{
	struct alpc_message *m = alpc_chain_pop(&run->unused);

	if (unlikely(!m)) {
		m = alpc_message_alloc(&run->end->spare, run->end->user, 0);
		return IS_ERR(m) ? NULL : m;
	}
	alpc_message_renew(m);
	return m;
}

/* All messages of a run show the same thread, mostly by the same snapshot. */
static bool alpc_run_identify(struct alpc_outgoing_run *run,
			      struct alpc_message *m)
{
	if (likely(run->ident && m->sender == run->ident))
		return true;
	if (alpc_ident_renew(&m->sender, &run->end->idents))
		return false;
	run->ident = m->sender;
	return true;
}

/* Prepare one message. Return: false if the run ends before it. */
static bool alpc_run_prepare(struct alpc_outgoing_run *run,
			     const struct alpc_vector_send __user *u)
{
	struct alpc_message *m;
	u64 data;
	u32 len;

	if (!alpc_run_read(u, &data, &len) || len > run->max_len)
		return false;
	m = alpc_run_alloc(run);
	if (!m)
		return false;
	if (unlikely(alpc_copy_in(m->data, u64_to_user_ptr(data), len) ||
		     !alpc_run_identify(run, m))) {
		alpc_chain_push(&run->unused, m);
		return false;
	}
	m->type = ALPC_DATAGRAM;
	m->len = len;
	alpc_chain_add(&run->ready, m);
	return true;
}

static void alpc_run_commit(struct alpc_outgoing_run *run)
{
	struct alpc_port *port = run->end->port;
	struct alpc_wake wake = {};

	rcu_read_lock();
	spin_lock(&port->lock);
	alpc_send_run(run->end, &run->ready, &wake);
	spin_unlock(&port->lock);
	alpc_wake_flush(&wake);
	rcu_read_unlock();
}

/* Keep what was not sent. */
static void alpc_run_abort(struct alpc_outgoing_run *run)
{
	alpc_pool_give(READ_ONCE(run->end->pool), &run->ready);
	alpc_pool_give(READ_ONCE(run->end->pool), &run->unused);
}

static int alpc_run_report(struct alpc_vector_send __user *u, u32 count)
{
	if (!user_write_access_begin(u, count * sizeof(*u)))
		return -EFAULT;
	for (; count; count--, u++) {
		unsafe_put_user(0, &u->out_error, fault);
		unsafe_put_user(0, &u->out_id, fault);
	}
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/* How many more messages, and such as would find room, as far as one can see. */
static u32 alpc_run_limit(const struct alpc_end *end,
			  const struct alpc_vector *v)
{
	const struct alpc_queue *to = alpc_end_outbox(end);
	/* A hint: it is looked at again under the lock, which those who write hold. */
	u32 count = data_race(READ_ONCE(to->count));

	if (count >= to->max_count)
		return 0;
	return min3(v->send_count - v->out_sent, to->max_count - count,
		    ALPC_RUN_MAX);
}

/**
 * alpc_run_send() - send the plain messages that come next
 * @end: communication port that has a pool
 * @v: argument; &alpc_vector.out_sent goes up by those that were sent
 *
 * Return: 0, or -EFAULT if their results cannot be written.
 */
int alpc_run_send(struct alpc_end *end, struct alpc_vector *v)
{
	struct alpc_vector_send __user *u = u64_to_user_ptr(v->send);
	u32 count = alpc_run_limit(end, v);
	struct alpc_outgoing_run run;
	u32 sent;

	u += v->out_sent;
	run.end = end;
	run.max_len = min(end->port->max_message, ALPC_MESSAGE_INLINE);
	run.ident = NULL;
	alpc_chain_init(&run.unused);
	alpc_chain_init(&run.ready);
	alpc_pool_take(READ_ONCE(end->pool), count, &run.unused);
	while (run.ready.count < count &&
	       alpc_run_prepare(&run, &u[run.ready.count]))
		;
	sent = run.ready.count;
	if (sent)
		alpc_run_commit(&run);
	sent -= run.ready.count;
	alpc_run_abort(&run);
	v->out_sent += sent;
	return sent ? alpc_run_report(u, sent) : 0;
}
