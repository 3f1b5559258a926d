// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user has in the kernel at one time, over all its processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "user.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/jhash.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>

static DEFINE_HASHTABLE(alpc_users, 10);
static DEFINE_SPINLOCK(alpc_users_lock);
static u32 alpc_user_seed __ro_after_init;

/* Limits set by the administrator, 0 for the default. */
static unsigned long alpc_user_limits[ALPC_USER_RESOURCES];

module_param_named(user_messages, alpc_user_limits[ALPC_USER_MESSAGES],
		   ulong, 0644);
MODULE_PARM_DESC(user_messages,
		 "Messages on their way of a user (0: one for each 16 KiB of memory)");
module_param_named(user_message_bytes, alpc_user_limits[ALPC_USER_MESSAGE_BYTES],
		   ulong, 0644);
MODULE_PARM_DESC(user_message_bytes,
		 "Bytes of long messages of a user (0: a sixteenth of all memory)");
module_param_named(user_connections, alpc_user_limits[ALPC_USER_CONNECTIONS],
		   ulong, 0644);
MODULE_PARM_DESC(user_connections,
		 "Connections that a user has made (0: one for each 64 KiB of memory)");
module_param_named(user_connects, alpc_user_limits[ALPC_USER_CONNECTS],
		   ulong, 0644);
MODULE_PARM_DESC(user_connects,
		 "Of those, how many the server has not answered (0: 4096)");
module_param_named(user_section_bytes, alpc_user_limits[ALPC_USER_SECTION_BYTES],
		   ulong, 0644);
MODULE_PARM_DESC(user_section_bytes,
		 "Memory in sections that a user may have, in bytes (0: a quarter of all memory)");
module_param_named(user_security_contexts, alpc_user_limits[ALPC_USER_SECURITY],
		   ulong, 0644);
MODULE_PARM_DESC(user_security_contexts,
		 "Security contexts of a user (0: 16384)");

static unsigned long alpc_user_default(enum alpc_resource what)
{
	unsigned long pages = totalram_pages();
	/* Of whatever size a page is, and as much as there may be of it. */
	u64 memory = (u64)pages << PAGE_SHIFT;

	switch (what) {
	case ALPC_USER_MESSAGES:
		return clamp_t(u64, memory / SZ_16K, 4096, LONG_MAX);
	case ALPC_USER_MESSAGE_BYTES:
		return pages / 16 << PAGE_SHIFT;
	case ALPC_USER_CONNECTIONS:
		return clamp_t(u64, memory / SZ_64K, 1024, LONG_MAX);
	case ALPC_USER_CONNECTS:
		return 4096;
	case ALPC_USER_SECTION_BYTES:
		return pages / 4 << PAGE_SHIFT;
	case ALPC_USER_FDS:
		return rlimit(RLIMIT_NOFILE);
	case ALPC_USER_SECURITY:
		return 16384;
	default:
		return 0;
	}
}

void __init alpc_user_init(void)
{
	alpc_user_seed = get_random_u32();
}

/**
 * alpc_user_limit() - how much of something a user may have
 * @what: of what
 */
unsigned long alpc_user_limit(enum alpc_resource what)
{
	unsigned long limit = READ_ONCE(alpc_user_limits[what]) ?:
			      alpc_user_default(what);

	/* The counter it is compared with is signed. */
	return min_t(unsigned long, limit, LONG_MAX);
}

/* Another reference to an account that is held. */
struct alpc_user *alpc_user_get(struct alpc_user *user)
{
	refcount_inc(&user->ref);
	return user;
}

/*
 * One uid can be in any number of namespaces, which anybody can make, with any uids:
 * so nobody is to know what falls together.
 */
static u32 alpc_user_key(const struct user_namespace *ns, kuid_t uid)
{
	return jhash_2words(hash_ptr(ns, 32), __kuid_val(uid), alpc_user_seed);
}

static struct alpc_user *alpc_user_find(const struct user_namespace *ns,
					kuid_t uid)
{
	struct alpc_user *user;

	lockdep_assert_held(&alpc_users_lock);
	hash_for_each_possible(alpc_users, user, node, alpc_user_key(ns, uid))
		if (uid_eq(user->uid, uid) && user->ns == ns)
			return alpc_user_get(user);
	return NULL;
}

/* An account of its own for a user; consumes the reference to the owner's. */
static struct alpc_user *alpc_user_make(struct user_namespace *ns, kuid_t uid,
					struct alpc_user *owner)
{
	struct alpc_user *user, *made;

	made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	if (!made) {
		alpc_user_put(owner);
		return NULL;
	}
	refcount_set(&made->ref, 1);
	made->uid = uid;
	made->ns = get_user_ns(ns);
	made->owner = owner;
	spin_lock(&alpc_users_lock);
	user = alpc_user_find(ns, uid);
	if (!user)
		hash_add(alpc_users, &made->node, alpc_user_key(ns, uid));
	spin_unlock(&alpc_users_lock);
	if (!user)
		return made;
	/* Somebody else was faster. */
	put_user_ns(made->ns);
	alpc_user_put(made->owner);
	kfree(made);
	return user;
}

/*
 * The account of a user, found or made. Namespaces can be nested 32 deep, and
 * only the first thing that a user has gets this far.
 */
static struct alpc_user *alpc_user_get_of(struct user_namespace *ns, kuid_t uid)
{
	struct alpc_user *user, *owner = NULL;

	spin_lock(&alpc_users_lock);
	user = alpc_user_find(ns, uid);
	spin_unlock(&alpc_users_lock);
	if (user)
		return user;
	if (ns->parent) {
		owner = alpc_user_get_of(ns->parent, ns->owner);
		if (!owner)
			return NULL;
	}
	return alpc_user_make(ns, uid, owner);
}

/**
 * alpc_user_get_current() - the account of the calling thread's real user
 *
 * Return: a reference, or NULL without memory.
 */
struct alpc_user *alpc_user_get_current(void)
{
	return alpc_user_get_of(current_user_ns(), current_uid());
}

/* Drop a reference. Return: it was the last one, and nobody finds it any more. */
static bool alpc_user_unref(struct alpc_user *user)
{
	bool last;

	if (refcount_dec_not_one(&user->ref))
		return false;
	spin_lock(&alpc_users_lock);
	last = refcount_dec_and_test(&user->ref);
	if (last)
		hash_del(&user->node);
	spin_unlock(&alpc_users_lock);
	return last;
}

/**
 * alpc_user_put() - drop a reference
 * @user: account, or NULL
 */
void alpc_user_put(struct alpc_user *user)
{
	struct alpc_user *owner;

	while (user && alpc_user_unref(user)) {
		owner = user->owner;
		put_user_ns(user->ns);
		kfree(user);
		user = owner;
	}
}

/**
 * alpc_user_charge_more() - charge an amount, whatever the limit
 * @user: account
 * @what: of what
 * @amount: how much
 */
void alpc_user_charge_more(struct alpc_user *user, enum alpc_resource what,
			   long amount)
{
	for (; user; user = user->owner)
		atomic_long_add(amount, &user->used[what]);
}

/**
 * alpc_user_uncharge() - give an amount back
 * @user: account
 * @what: of what
 * @amount: how much had been charged
 */
void alpc_user_uncharge(struct alpc_user *user, enum alpc_resource what,
			long amount)
{
	for (; user; user = user->owner)
		atomic_long_sub(amount, &user->used[what]);
}

/**
 * alpc_user_charge() - charge an amount unless that is too much
 * @user: account
 * @what: of what
 * @amount: how much
 *
 * The limit is nothing to who has CAP_SYS_RESOURCE.
 *
 * Return: 0 or -EDQUOT; then nothing is charged.
 */
int alpc_user_charge(struct alpc_user *user, enum alpc_resource what,
		     long amount)
{
	long limit = alpc_user_limit(what);
	struct alpc_user *u, *undo;

	for (u = user; u; u = u->owner)
		if (atomic_long_add_return(amount, &u->used[what]) > limit &&
		    !capable(CAP_SYS_RESOURCE))
			break;
	if (!u)
		return 0;
	for (undo = user; undo != u->owner; undo = undo->owner)
		atomic_long_sub(amount, &undo->used[what]);
	return -EDQUOT;
}

/**
 * alpc_user_fits() - could an amount be charged?
 * @user: account
 * @what: of what
 * @amount: how much, or 0 to ask whether what is charged is not too much already
 */
bool alpc_user_fits(const struct alpc_user *user, enum alpc_resource what,
		    long amount)
{
	long limit = alpc_user_limit(what);

	for (; user; user = user->owner)
		if (alpc_user_used(user, what) + amount > limit)
			return capable(CAP_SYS_RESOURCE);
	return true;
}

/**
 * alpc_user_is_half_full() - has a user more than half of what it may have?
 * @user: account, or NULL
 * @what: of what
 *
 * Then nothing more of it is kept only because it may be used again.
 */
bool alpc_user_is_half_full(const struct alpc_user *user,
			    enum alpc_resource what)
{
	long half = alpc_user_limit(what) / 2;

	for (; user; user = user->owner)
		if (alpc_user_used(user, what) > half)
			return true;
	return false;
}

/**
 * alpc_user_charge_current() - charge the calling thread's user
 * @user: gets a reference to its account, or NULL
 * @what: of what
 * @amount: how much
 *
 * Return: 0, -ENOMEM or -EDQUOT.
 */
int alpc_user_charge_current(struct alpc_user **user, enum alpc_resource what,
			     long amount)
{
	int ret;

	*user = alpc_user_get_current();
	if (!*user)
		return -ENOMEM;
	ret = alpc_user_charge(*user, what, amount);
	if (ret) {
		alpc_user_put(*user);
		*user = NULL;
	}
	return ret;
}
