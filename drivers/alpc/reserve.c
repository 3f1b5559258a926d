// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reserves: memory for messages that was set aside.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "reserve.h"

#include <linux/err.h>
#include <linux/slab.h>

#include "message.h"
#include "parcel.h"
#include "port.h"
#include "user.h"

/**
 * alpc_reserve_put() - drop a reference
 * @r: reserve
 *
 * Context: may sleep.
 */
void alpc_reserve_put(struct alpc_reserve *r)
{
	if (!refcount_dec_and_test(&r->ref))
		return;
	if (r->m) {
		r->m->reserve = NULL;
		alpc_message_free(r->m);
	}
	kfree(r);
}

/* Set a message of the calling user's aside. */
static int alpc_reserve_fill(struct alpc_reserve *r)
{
	struct alpc_message *none = NULL, *m;
	struct alpc_user *user;

	user = alpc_user_get_current();
	if (!user)
		return -ENOMEM;
	m = alpc_message_alloc(&none, user, r->len);
	alpc_user_put(user);
	if (IS_ERR(m))
		return PTR_ERR(m);
	r->m = m;
	m->reserve = r;
	m->single = true;
	m->sender = alpc_ident_alloc_aside();
	m->replier = alpc_ident_alloc_aside();
	if (!m->sender || !m->replier)
		return -ENOMEM;
	return alpc_parcel_get(m);
}

static struct alpc_reserve *alpc_reserve_alloc(u32 len)
{
	struct alpc_reserve *r;
	int ret;

	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ERR_PTR(-ENOMEM);
	refcount_set(&r->ref, 1);
	r->len = len;
	ret = alpc_reserve_fill(r);
	if (ret) {
		alpc_reserve_put(r);
		return ERR_PTR(ret);
	}
	return r;
}

static int alpc_reserve_add(struct alpc_end *end, struct alpc_reserve *r)
{
	const struct alpc_conn *conn = end->conn;

	lockdep_assert_held(&end->port->lock);
	if (conn->state != ALPC_STATE_OPEN &&
	    conn->state != ALPC_STATE_CONNECTING)
		return -EPIPE;
	/* A number is never given twice. */
	if (end->reserve_count >= ALPC_RESERVES_MAX ||
	    end->last_reserve == U32_MAX)
		return -EDQUOT;
	r->id = ++end->last_reserve;
	end->reserve_count++;
	hlist_add_head(&r->node, &end->reserves);
	return 0;
}

/**
 * alpc_reserve_create() - set memory for a message aside
 * @end: communication port
 * @arg: argument; gets the number
 *
 * Return: 0 or an error of &struct alpc_create_reserve.
 */
int alpc_reserve_create(struct alpc_end *end, struct alpc_create_reserve *arg)
{
	u32 limit = end->port->max_message;
	struct alpc_reserve *r;
	int ret;

	if (arg->len > limit)
		return -EMSGSIZE;
	r = alpc_reserve_alloc(arg->len ?: limit);
	if (IS_ERR(r))
		return PTR_ERR(r);
	spin_lock(&end->port->lock);
	ret = alpc_reserve_add(end, r);
	arg->out_reserve = r->id;
	spin_unlock(&end->port->lock);
	if (ret)
		alpc_reserve_put(r);
	return ret;
}

static struct alpc_reserve *alpc_reserve_find(const struct alpc_end *end, u32 id)
{
	struct alpc_reserve *r;

	lockdep_assert_held(&end->port->lock);
	hlist_for_each_entry(r, &end->reserves, node)
		if (r->id == id)
			return r;
	return NULL;
}

static bool alpc_reserve_is_back(const struct alpc_reserve *r)
{
	if (refcount_read(&r->ref) != 1)
		return false;
	/* Pairs with the release of the message's reference. */
	smp_acquire__after_ctrl_dep();
	return true;
}

/* Somebody may still be telling who sent the last message. */
static bool alpc_reserve_is_free(const struct alpc_reserve *r)
{
	return alpc_reserve_is_back(r) && alpc_ident_is_unshared(r->m->sender) &&
	       alpc_ident_is_unshared(r->m->replier);
}

/**
 * alpc_reserve_take() - the message of a reserve
 * @end: communication port
 * @id: number
 * @len: bytes of data it is to hold
 *
 * Return: a message in state NEW with one reference, or an error pointer: -ENOENT,
 * -EBUSY, -EMSGSIZE.
 */
struct alpc_message *alpc_reserve_take(struct alpc_end *end, u32 id, u32 len)
{
	struct alpc_reserve *r;
	int ret = 0;

	spin_lock(&end->port->lock);
	r = alpc_reserve_find(end, id);
	if (!r)
		ret = -ENOENT;
	else if (len > r->len)
		ret = -EMSGSIZE;
	else if (!alpc_reserve_is_free(r))
		ret = -EBUSY;
	else
		refcount_inc(&r->ref);
	spin_unlock(&end->port->lock);
	if (ret)
		return ERR_PTR(ret);
	alpc_message_restart(r->m);
	refcount_set(&r->m->ref, 1);
	return r->m;
}

/**
 * alpc_reserve_delete() - give a reserve up
 * @end: communication port that created it
 * @id: number
 *
 * Return: 0, -ENOENT or -EBUSY.
 */
int alpc_reserve_delete(struct alpc_end *end, u32 id)
{
	struct alpc_reserve *r;
	int ret = 0;

	spin_lock(&end->port->lock);
	r = alpc_reserve_find(end, id);
	if (!r) {
		ret = -ENOENT;
	} else if (!alpc_reserve_is_back(r)) {
		ret = -EBUSY;
	} else {
		hlist_del(&r->node);
		end->reserve_count--;
	}
	spin_unlock(&end->port->lock);
	if (!ret)
		alpc_reserve_put(r);
	return ret;
}

/**
 * alpc_reserves_release() - the file of an end is closed
 * @end: communication port
 *
 * Context: nobody sends through it any more; may sleep.
 */
void alpc_reserves_release(struct alpc_end *end)
{
	struct alpc_reserve *r;
	struct hlist_node *next;

	hlist_for_each_entry_safe(r, next, &end->reserves, node) {
		hlist_del(&r->node);
		alpc_reserve_put(r);
	}
	end->reserve_count = 0;
}
