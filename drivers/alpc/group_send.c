// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many messages in one call: sending a group of any sort.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "vector.h"

#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "parcel.h"
#include "pool.h"
#include "transfer.h"

/**
 * struct alpc_outgoing - a message of a vector between its preparation and its end
 * @m: as &alpc_op.m, or NULL once it is not ours any more
 * @answer: as &alpc_op.answer
 * @id: as &alpc_msg.id
 * @out_id: for &alpc_vector_send.out_id
 * @len: as &alpc_msg.len
 * @flags: as &alpc_msg.flags
 * @error: result: 0 or a negative errno
 */
struct alpc_outgoing {
	struct alpc_message *m;
	struct alpc_answer *answer;
	u64 id;
	u64 out_id;
	u32 len;
	u16 flags;
	int error;
};

/**
 * struct alpc_group - messages of a vector that are sent together
 * @op: the transfer that does it
 * @user: where the first of them is
 * @count: how many were prepared, or failed to be
 * @done: how many of those were dealt with
 * @error: what ends the call, or 0
 * @replies: they are replies and releases, else new messages
 * @begun: the call has dealt with others before
 * @out: them
 */
struct alpc_group {
	struct alpc_op *op;
	struct alpc_vector_send __user *user;
	unsigned int count;
	unsigned int done;
	int error;
	bool replies;
	bool begun;
	struct alpc_outgoing out[ALPC_GROUP_MAX];
};

static bool alpc_is_reply(const struct alpc_msg *msg)
{
	return msg->flags & (ALPC_SEND_REPLY | ALPC_SEND_RELEASE);
}

/**
 * alpc_group_read() - read a message of a vector
 * @op: transfer that gets it, and whether it brings more than data
 * @u: where it is
 *
 * If it brings more it is read again, as a whole; what counts then is what was read
 * last.
 *
 * Return: 0 or -EFAULT.
 */
int alpc_group_read(struct alpc_op *op, const struct alpc_vector_send __user *u)
{
	struct alpc_msg *send = &op->x->send;
	u64 brings, word;

	BUILD_BUG_ON(offsetof(struct alpc_msg, attrs_len) + sizeof(word) !=
		     sizeof(*send));
	if (!user_read_access_begin(u, sizeof(*u)))
		return -EFAULT;
	unsafe_get_user(brings, &u->msg.view_offset, fault);
	unsafe_get_user(word, &u->msg.view_len, fault);
	brings |= word;
	unsafe_get_user(word, (const u64 __user *)&u->msg.section, fault);
	brings |= word;
	unsafe_get_user(word, &u->msg.attrs, fault);
	brings |= word;
	unsafe_get_user(word, (const u64 __user *)&u->msg.attrs_len, fault);
	brings |= word;
	unsafe_get_user(send->id, &u->msg.id, fault);
	unsafe_get_user(send->cookie, &u->msg.cookie, fault);
	unsafe_get_user(send->data, &u->msg.data, fault);
	unsafe_get_user(send->len, &u->msg.len, fault);
	unsafe_get_user(send->type, &u->msg.type, fault);
	unsafe_get_user(send->flags, &u->msg.flags, fault);
	unsafe_get_user(op->x->recv.len, &u->room, fault);
	user_read_access_end();
	op->brings = false;
	if (likely(!brings))
		return 0;
	if (copy_from_user(send, &u->msg, sizeof(*send)))
		return -EFAULT;
	op->brings = alpc_msg_brings(send);
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/* Where a single message finds one to use again, let it find one of the pool. */
static void alpc_group_feed(struct alpc_end *end)
{
	struct alpc_pool *pool = READ_ONCE(end->pool);
	struct alpc_chain chain = {};

	if (!pool || READ_ONCE(end->spare))
		return;
	alpc_pool_take(pool, 1, &chain);
	if (chain.first && cmpxchg(&end->spare, NULL, chain.first))
		alpc_pool_give(pool, &chain);
}

static int alpc_group_prepare_one(struct alpc_group *g,
				  struct alpc_outgoing *out)
{
	struct alpc_op *op = g->op;
	int ret;

	op->m = NULL;
	op->answer = NULL;
	if (!g->replies)
		alpc_group_feed(op->end);
	ret = alpc_op_check(op->end, op->x, op->brings) ?: alpc_op_prepare(op);
	out->m = op->m;
	out->answer = op->answer;
	return ret;
}

/*
 * Prepare up to so many messages, of one sort: replies never end the call, so none
 * that was claimed is left when a new message does.
 */
static void alpc_group_prepare(struct alpc_group *g, unsigned int count)
{
	const struct alpc_msg *send = &g->op->x->send;
	struct alpc_outgoing *out;
	int ret;

	while (g->count < count && !g->error) {
		ret = alpc_group_read(g->op, &g->user[g->count]);
		if (unlikely(ret)) {
			g->error = ret;
			return;
		}
		if (!g->count)
			g->replies = alpc_is_reply(send);
		else if (alpc_is_reply(send) != g->replies)
			return;
		out = &g->out[g->count++];
		out->m = NULL;
		out->answer = NULL;
		out->id = send->id;
		out->out_id = 0;
		out->len = send->len;
		out->error = alpc_group_prepare_one(g, out);
		/* Now it is known whether it would rather be in a list. */
		out->flags = send->flags;
		if (unlikely(out->error) && !g->replies)
			g->error = out->error;
	}
}

static void alpc_group_select(struct alpc_group *g,
			      const struct alpc_outgoing *out)
{
	struct alpc_op *op = g->op;

	op->sent = false;
	op->m = out->m;
	op->answer = out->answer;
	op->x->send.id = out->id;
	op->x->send.len = out->len;
	op->x->send.flags = out->flags;
	op->x->out_id = 0;
}

/* Whatever became of it: a message that was sent is not ours any more. */
static void alpc_group_deselect(struct alpc_group *g, struct alpc_outgoing *out,
				int error)
{
	struct alpc_op *op = g->op;

	out->error = error;
	out->out_id = op->x->out_id;
	out->answer = op->answer;
	if (op->sent)
		out->m = NULL;
	op->m = NULL;
}

/* Under the lock: send until something has to be done without it. */
static int alpc_group_commit(struct alpc_group *g)
{
	struct alpc_op *op = g->op;
	struct alpc_outgoing *out;
	int ret;

	while (g->done < g->count) {
		out = &g->out[g->done];
		if (!out->error) {
			alpc_group_select(g, out);
			ret = alpc_op_commit_send(op);
			if (ret == -EAGAIN)
				return ret;
			alpc_group_deselect(g, out, ret);
		}
		g->done++;
		if (out->error && !g->replies)
			return out->error;
		if (unlikely(alpc_spent_is_full(&op->spent)))
			return 0;
	}
	return 0;
}

static int alpc_group_commit_unlocked(struct alpc_group *g)
{
	struct alpc_op *op = g->op;
	int ret;

	op->wake.task = NULL;
	op->dontwait = true;
	rcu_read_lock();
	spin_lock(&op->end->port->lock);
	ret = alpc_group_commit(g);
	spin_unlock(&op->end->port->lock);
	alpc_wake_flush(&op->wake);
	rcu_read_unlock();
	if (unlikely(op->spent.any))
		alpc_spent_drop(&op->spent);
	return ret;
}

/*
 * A message without room: wait for that. If the call is to be repeated then it has
 * not dealt with this one either.
 */
static int alpc_group_wait(struct alpc_group *g, bool dontwait)
{
	struct alpc_outgoing *out = &g->out[g->done];
	struct alpc_op *op = g->op;
	int ret;

	alpc_group_select(g, out);
	op->dontwait = dontwait;
	ret = alpc_op_run(op);
	if (ret == -ERESTARTSYS) {
		if (!g->begun && !g->done)
			return ret;
		ret = -EINTR;
	}
	alpc_group_deselect(g, out, ret);
	g->done++;
	return ret;
}

static void alpc_group_commit_all(struct alpc_group *g, bool dontwait)
{
	int ret = 0;

	while (!ret && g->done < g->count) {
		ret = alpc_group_commit_unlocked(g);
		if (ret == -EAGAIN)
			ret = alpc_group_wait(g, dontwait);
	}
	if (ret)
		g->error = ret;
}

/* Release what was prepared and not sent. */
static void alpc_group_abort(struct alpc_group *g)
{
	struct alpc_op *op = g->op;
	unsigned int i;

	for (i = 0; i < g->count; i++) {
		if (likely(!g->out[i].m))
			continue;
		alpc_group_select(g, &g->out[i]);
		alpc_op_abort(op);
	}
	op->m = NULL;
	op->sent = false;
}

static int alpc_group_report(const struct alpc_group *g)
{
	const struct alpc_outgoing *out = g->out;
	const struct alpc_outgoing *end = out + g->done;
	struct alpc_vector_send __user *u = g->user;

	if (out == end)
		return 0;
	if (!user_write_access_begin(u, g->done * sizeof(*u)))
		return -EFAULT;
	for (; out < end; out++, u++) {
		unsafe_put_user(-out->error, &u->out_error, fault);
		unsafe_put_user(out->out_id, &u->out_id, fault);
	}
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/**
 * alpc_group_send() - send a few more messages
 * @op: transfer that does it
 * @v: argument; &alpc_vector.out_sent goes up by those that were dealt with
 * @dontwait: fail rather than wait for room
 *
 * Return: 0, or what ends the call; -ERESTARTSYS if that has done nothing.
 */
int alpc_group_send(struct alpc_op *op, struct alpc_vector *v, bool dontwait)
{
	u32 count = min(v->send_count - v->out_sent, ALPC_GROUP_MAX);
	struct alpc_vector_send __user *user = u64_to_user_ptr(v->send);
	struct alpc_group g __uninitialized;
	int ret;

	g.op = op;
	g.user = user + v->out_sent;
	g.count = 0;
	g.done = 0;
	g.error = 0;
	g.begun = v->out_sent;
	alpc_group_prepare(&g, count);
	alpc_group_commit_all(&g, dontwait);
	alpc_group_abort(&g);
	v->out_sent += g.done;
	ret = alpc_group_report(&g);
	return g.error ?: ret;
}
