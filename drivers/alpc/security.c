// SPDX-License-Identifier: GPL-2.0-only
/*
 * Security contexts: what a receiver may do with a sender's identity.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "security.h"

#include <linux/err.h>
#include <linux/slab.h>

#include "port.h"
#include "user.h"

/**
 * alpc_level_check() - check a level and what is withheld, and fill in defaults
 * @level: &enum alpc_level
 * @withhold: ALPC_IDENTITY_* parts
 * @checked_level: gets the level, not %ALPC_LEVEL_DEFAULT
 * @withheld: gets the parts
 *
 * Return: 0 or -EINVAL: nobody can act as somebody unknown.
 */
int alpc_level_check(u32 level, u32 withhold, u8 *checked_level, u8 *withheld)
{
	if (level > ALPC_LEVEL_IMPERSONATION || withhold & ~ALPC_IDENTITY_ALL)
		return -EINVAL;
	if (level == ALPC_LEVEL_IMPERSONATION &&
	    withhold & ~ALPC_IDENTITY_PROCESS)
		return -EINVAL;
	*checked_level = level ?: ALPC_LEVEL_IDENTIFICATION;
	*withheld = level == ALPC_LEVEL_ANONYMOUS ? ALPC_IDENTITY_ALL :
						    withhold;
	return 0;
}

/**
 * alpc_security_put() - drop a reference
 * @sec: security context, or NULL
 *
 * Context: any in which a spinlock may be taken; not under the lock of the table
 * of users.
 */
void alpc_security_put(struct alpc_security_context *sec)
{
	if (!sec || !refcount_dec_and_test(&sec->ref))
		return;
	alpc_ident_put(sec->ident);
	if (sec->user) {
		alpc_user_uncharge(sec->user, ALPC_USER_SECURITY, 1);
		alpc_user_put(sec->user);
	}
	kfree(sec);
}

static struct alpc_security_context *alpc_security_find(struct alpc_end *end,
							u32 id)
{
	struct alpc_security_context *sec;

	lockdep_assert_held(&end->port->lock);
	hlist_for_each_entry(sec, &end->conn->security, node)
		if (sec->id == id && sec->side == end->kind)
			return sec;
	return NULL;
}

/**
 * alpc_security_count() - how many an end has
 * @end: communication port
 *
 * Context: port's lock held.
 */
u32 alpc_security_count(const struct alpc_end *end)
{
	const struct alpc_security_context *sec;
	u32 count = 0;

	lockdep_assert_held(&end->port->lock);
	hlist_for_each_entry(sec, &end->conn->security, node)
		count += sec->side == end->kind;
	return count;
}

/**
 * alpc_security_get() - the context of that number, to be sent
 * @end: communication port that sends
 * @id: number
 *
 * Return: a reference, or an error pointer: -ENOENT, -EKEYREVOKED.
 */
struct alpc_security_context *alpc_security_get(struct alpc_end *end, u32 id)
{
	struct alpc_security_context *sec;

	spin_lock(&end->port->lock);
	sec = alpc_security_find(end, id);
	if (!sec)
		sec = ERR_PTR(-ENOENT);
	else if (sec->revoked)
		sec = ERR_PTR(-EKEYREVOKED);
	else
		refcount_inc(&sec->ref);
	spin_unlock(&end->port->lock);
	return sec;
}

/* What an end may not withhold. */
static u8 alpc_security_required(const struct alpc_end *end)
{
	return end->kind == ALPC_KIND_CLIENT ? end->port->require : 0;
}

static struct alpc_security_context *
alpc_security_alloc(struct alpc_end *end, const struct alpc_create_security *arg)
{
	struct alpc_security_context *sec;
	int ret;

	sec = kzalloc(sizeof(*sec), GFP_KERNEL_ACCOUNT);
	if (!sec)
		return ERR_PTR(-ENOMEM);
	refcount_set(&sec->ref, 1);
	sec->side = end->kind;
	sec->effective_only = arg->flags & ALPC_SECURITY_EFFECTIVE_ONLY;
	ret = alpc_level_check(arg->level, arg->withhold, &sec->level,
			       &sec->withheld);
	if (!ret && sec->withheld & alpc_security_required(end))
		ret = -EPERM;
	if (!ret && arg->flags & ALPC_SECURITY_STATIC) {
		sec->ident = alpc_ident_get_current(&end->idents);
		if (!sec->ident)
			ret = -ENOMEM;
	}
	if (!ret)
		ret = alpc_user_charge_current(&sec->user, ALPC_USER_SECURITY,
					       1);
	if (ret) {
		alpc_security_put(sec);
		return ERR_PTR(ret);
	}
	return sec;
}

/**
 * alpc_security_create() - make a security context
 * @end: communication port
 * @arg: argument; gets the number
 *
 * Return: 0 or an error of &struct alpc_create_security.
 */
int alpc_security_create(struct alpc_end *end, struct alpc_create_security *arg)
{
	struct alpc_security_context *sec = alpc_security_alloc(end, arg);
	struct alpc_conn *conn = end->conn;
	int ret = 0;

	if (IS_ERR(sec))
		return PTR_ERR(sec);
	spin_lock(&end->port->lock);
	if (conn->state != ALPC_STATE_OPEN &&
	    conn->state != ALPC_STATE_CONNECTING) {
		ret = -EPIPE;
	} else if (alpc_security_count(end) >= end->port->max_security ||
		   end->last_security == U32_MAX) {
		/* A number is never given twice. */
		ret = -EDQUOT;
	} else {
		sec->id = ++end->last_security;
		arg->out_security = sec->id;
		hlist_add_head(&sec->node, &conn->security);
	}
	spin_unlock(&end->port->lock);
	if (ret)
		alpc_security_put(sec);
	return ret;
}

/**
 * alpc_security_revoke() - make a security context useless
 * @end: communication port that created it
 * @id: number
 *
 * Return: 0 or -ENOENT.
 */
int alpc_security_revoke(struct alpc_end *end, u32 id)
{
	struct alpc_security_context *sec;

	spin_lock(&end->port->lock);
	sec = alpc_security_find(end, id);
	if (sec) {
		sec->revoked = true;
		sec->level = ALPC_LEVEL_ANONYMOUS;
		WRITE_ONCE(sec->withheld, ALPC_IDENTITY_ALL &
					  ~alpc_security_required(end));
	}
	spin_unlock(&end->port->lock);
	return sec ? 0 : -ENOENT;
}

/**
 * alpc_security_delete() - take a security context's number away
 * @end: communication port that created it
 * @id: number
 *
 * Return: 0 or -ENOENT.
 */
int alpc_security_delete(struct alpc_end *end, u32 id)
{
	struct alpc_security_context *sec;

	spin_lock(&end->port->lock);
	sec = alpc_security_find(end, id);
	if (sec)
		hlist_del(&sec->node);
	spin_unlock(&end->port->lock);
	alpc_security_put(sec);
	return sec ? 0 : -ENOENT;
}

/**
 * alpc_security_release() - the file of an end is closed
 * @end: communication port
 */
void alpc_security_release(struct alpc_end *end)
{
	struct alpc_security_context *sec;
	struct hlist_node *next;
	HLIST_HEAD(gone);

	spin_lock(&end->port->lock);
	hlist_for_each_entry_safe(sec, next, &end->conn->security, node) {
		if (sec->side != end->kind)
			continue;
		hlist_del(&sec->node);
		hlist_add_head(&sec->node, &gone);
	}
	spin_unlock(&end->port->lock);
	hlist_for_each_entry_safe(sec, next, &gone, node)
		alpc_security_put(sec);
}
