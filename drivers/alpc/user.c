// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user has in the kernel at one time, over all its processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * Counters are changed without a lock; the table of users has one, taken when
 * something begins or ends to be charged, which no message does by itself.
 */
#include "user.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_HASHTABLE(alpc_users, 6);
static DEFINE_SPINLOCK(alpc_users_lock);

static unsigned long user_section_bytes;
module_param(user_section_bytes, ulong, 0644);
MODULE_PARM_DESC(user_section_bytes,
		 "Memory in sections that a user may have, in bytes (0: a quarter of all memory)");

/**
 * alpc_user_section_limit() - how much memory in sections a user may have
 *
 * Return: bytes.
 */
unsigned long alpc_user_section_limit(void)
{
	unsigned long limit = READ_ONCE(user_section_bytes) ?:
			      totalram_pages() / 4 << PAGE_SHIFT;

	/* The counter it is compared with is signed. */
	return min_t(unsigned long, limit, LONG_MAX);
}

static struct alpc_user *alpc_user_find(kuid_t uid)
{
	struct alpc_user *user;

	hash_for_each_possible(alpc_users, user, node, __kuid_val(uid)) {
		if (uid_eq(user->uid, uid)) {
			refcount_inc(&user->ref);
			return user;
		}
	}
	return NULL;
}

/**
 * alpc_user_get_current() - the account of the calling thread's real user
 *
 * Return: a reference, or NULL without memory.
 */
struct alpc_user *alpc_user_get_current(void)
{
	kuid_t uid = current_uid();
	struct alpc_user *user, *made;

	made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	spin_lock(&alpc_users_lock);
	user = alpc_user_find(uid);
	if (!user && made) {
		refcount_set(&made->ref, 1);
		made->uid = uid;
		hash_add(alpc_users, &made->node, __kuid_val(uid));
		swap(user, made);
	}
	spin_unlock(&alpc_users_lock);
	kfree(made);
	return user;
}

/**
 * alpc_user_put() - drop a reference
 * @user: account, or NULL
 */
void alpc_user_put(struct alpc_user *user)
{
	bool last;

	if (!user)
		return;
	spin_lock(&alpc_users_lock);
	last = refcount_dec_and_test(&user->ref);
	if (last)
		hash_del(&user->node);
	spin_unlock(&alpc_users_lock);
	if (last)
		kfree(user);
}

/**
 * alpc_user_charge() - charge an amount unless that is too much
 * @counter: of an account
 * @amount: how much
 * @limit: how much @counter may be; nothing to who has CAP_SYS_RESOURCE
 *
 * Return: true if it was charged.
 */
bool alpc_user_charge(atomic_long_t *counter, long amount, long limit)
{
	if (atomic_long_add_return(amount, counter) <= limit ||
	    capable(CAP_SYS_RESOURCE))
		return true;
	atomic_long_sub(amount, counter);
	return false;
}
