// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many messages in one call: receiving a run of plain ones.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "vector.h"

#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "deliver.h"
#include "pool.h"
#include "port.h"
#include "trace.h"

/**
 * struct alpc_place - where a plain message is to be received
 * @data: as &alpc_msg.data
 * @len: as &alpc_msg.len
 */
struct alpc_place {
	u64 data;
	u32 len;
};

/**
 * struct alpc_incoming_run - a run between being taken and its end
 * @end: port
 * @user: where the first of them goes
 * @ident: the sender that @ids are of, or NULL
 * @ids: as the calling thread sees them
 * @taken: messages
 * @conns: how many connections they came through, one after the other
 * @conn: these, with a reference that lasts longer than the messages
 * @place: for each message
 */
struct alpc_incoming_run {
	struct alpc_end *end;
	struct alpc_msg __user *user;
	const struct alpc_ident *ident;
	struct alpc_ids ids;
	struct alpc_chain taken;
	u32 conns;
	struct alpc_conn *conn[ALPC_RUN_MAX];
	struct alpc_place place[ALPC_RUN_MAX];
};

/* Read buffers up to one that asks for more than data. Return: how many. */
static u32 alpc_run_buffers(struct alpc_incoming_run *run, u32 count)
{
	const struct alpc_msg __user *u = run->user;
	struct alpc_place *p = run->place;
	u64 other, word;

	BUILD_BUG_ON(offsetof(struct alpc_msg, reserve) !=
		     offsetof(struct alpc_msg, attrs_len) + sizeof(u32));
	if (!user_read_access_begin(u, count * sizeof(*u)))
		return 0;
	for (; count; count--, p++, u++) {
		unsafe_get_user(p->data, &u->data, fault);
		unsafe_get_user(p->len, &u->len, fault);
		unsafe_get_user(other, &u->attrs, fault);
		unsafe_get_user(word, (const u64 __user *)&u->attrs_len, fault);
		if (unlikely(other | word))
			break;
	}
fault:
	user_read_access_end();
	return p - run->place;
}

/* Take plain messages that fit. */
static enum alpc_run alpc_run_take(struct alpc_incoming_run *run, u32 count,
				   struct alpc_wake *wake)
{
	const struct alpc_end *from = NULL;
	struct alpc_queue *q = run->end->own;
	struct alpc_place *p = run->place;
	struct alpc_message *m;

	lockdep_assert_held(&run->end->port->lock);
	for (; p < run->place + count; p++) {
		if (unlikely(q->unusual) && alpc_queue_check(q))
			return ALPC_RUN_DONE;
		m = alpc_queue_first(q);
		if (!m)
			return ALPC_RUN_DONE;
		if (!alpc_message_is_plain(m) || m->len > p->len)
			return ALPC_RUN_OTHER;
		alpc_queue_pull(q, m, wake);
		alpc_deliver_plain(q, m);
		if (m->from != from) {
			from = m->from;
			run->conn[run->conns++] = alpc_conn_get(from->conn);
		}
		alpc_chain_add(&run->taken, m);
	}
	return ALPC_RUN_FULL;
}

static enum alpc_run alpc_run_take_unlocked(struct alpc_incoming_run *run,
					    u32 count)
{
	struct alpc_port *port = run->end->port;
	struct alpc_wake wake = {};
	enum alpc_run ret;

	rcu_read_lock();
	spin_lock(&port->lock);
	ret = alpc_run_take(run, count, &wake);
	spin_unlock(&port->lock);
	alpc_wake_flush(&wake);
	rcu_read_unlock();
	return ret;
}

static noinline void alpc_run_trace(const struct alpc_incoming_run *run,
				    struct alpc_message *m)
{
	struct alpc_delivery d;

	alpc_describe_plain(m, NULL, &d);
	trace_alpc_receive(run->end, &d);
}

/* Say what it is, as alpc_deliver() and alpc_fill() do for any message. */
static __always_inline int alpc_run_describe(struct alpc_incoming_run *run,
					     const struct alpc_message *m,
					     struct alpc_msg __user *u)
{
	bool server = run->end->kind == ALPC_KIND_CONNECTION;
	struct alpc_delivery d __uninitialized;

	if (m->sender != run->ident) {
		run->ident = m->sender;
		alpc_ident_translate(m->sender, &run->ids);
	}
	d.id = 0;
	d.context = server ? m->from->conn->context : 0;
	d.cookie = 0;
	d.len = m->len;
	d.type = ALPC_DATAGRAM;
	d.flags = m->flags;
	d.seq = m->seq;
	d.call = 0;
	return alpc_vector_describe(u, &d, &run->ids);
}

/* Copy out as many as can be, and move them to another chain. */
static void alpc_run_copy_out(struct alpc_incoming_run *run,
			      struct alpc_chain *done)
{
	struct alpc_msg __user *u = run->user;
	struct alpc_place *p = run->place;
	struct alpc_message *m, *last = NULL;

	for (m = run->taken.first; m; m = m->next, p++, u++) {
		if (alpc_copy_out(u64_to_user_ptr(p->data), m->data, m->len) ||
		    alpc_run_describe(run, m, u))
			break;
		if (trace_alpc_receive_enabled())
			alpc_run_trace(run, m);
		last = m;
	}
	if (last)
		alpc_chain_cut(done, &run->taken, last, p - run->place);
}

/* What could not be copied out: the last one first, so that each finds its place. */
static noinline void alpc_run_undo(struct alpc_incoming_run *run)
{
	struct alpc_chain last = {};
	struct alpc_conn *conn;
	struct alpc_delivery d;
	struct alpc_message *m;

	while ((m = alpc_chain_pop(&run->taken)))
		alpc_chain_push(&last, m);
	while ((m = alpc_chain_pop(&last))) {
		conn = NULL;
		if (run->end->kind == ALPC_KIND_CONNECTION)
			conn = alpc_conn_get(m->from->conn);
		alpc_describe_plain(m, conn, &d);
		alpc_deliver_undo(run->end, &d, ALPC_UNDO_RECEIVED);
	}
}

/* Give the messages back to the pools of whom they came from. */
static void alpc_run_recycle(struct alpc_chain *done)
{
	struct alpc_message *m, *last;
	struct alpc_chain chain;
	struct alpc_end *from;
	u32 count;

	while ((m = done->first)) {
		from = m->from;
		if (!READ_ONCE(from->pool) || !alpc_message_is_clean(m)) {
			alpc_message_recycle(alpc_chain_pop(done), &from->spare);
			continue;
		}
		count = 0;
		do {
			last = m;
			m = m->next;
			count++;
		} while (m && m->from == from && alpc_message_is_clean(m));
		alpc_chain_cut(&chain, done, last, count);
		alpc_pool_give(READ_ONCE(from->pool), &chain);
	}
}

/**
 * alpc_run_receive() - receive the plain messages that come next
 * @end: port
 * @v: argument; &alpc_vector.out_received goes up by those that were received
 *
 * Return: why there are no more.
 */
enum alpc_run alpc_run_receive(struct alpc_end *end, struct alpc_vector *v)
{
	u32 count = min(v->recv_count - v->out_received, ALPC_RUN_MAX);
	struct alpc_msg __user *u = u64_to_user_ptr(v->recv);
	struct alpc_incoming_run run __uninitialized;
	struct alpc_chain done = {};
	enum alpc_run ret;

	if (!count)
		return ALPC_RUN_DONE;
	run.end = end;
	run.user = u + v->out_received;
	run.ident = NULL;
	run.conns = 0;
	alpc_chain_init(&run.taken);
	count = alpc_run_buffers(&run, count);
	/* Who is being killed leaves the messages to others. */
	if (!count || unlikely(fatal_signal_pending(current)))
		return ALPC_RUN_OTHER;
	ret = alpc_run_take_unlocked(&run, count);
	alpc_run_copy_out(&run, &done);
	v->out_received += done.count;
	if (unlikely(run.taken.first)) {
		alpc_run_undo(&run);
		ret = ALPC_RUN_DONE;
	}
	alpc_run_recycle(&done);
	/* The end that messages go back to is part of the connection. */
	while (run.conns)
		alpc_conn_put(run.conn[--run.conns]);
	return ret;
}
