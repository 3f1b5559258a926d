// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who sent a message: an immutable snapshot of the sending thread.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "ident.h"

#include <linux/hash.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <uapi/linux/alpc.h>

void alpc_ident_cache_init(struct alpc_ident_cache *cache,
			   struct alpc_ident __rcu **slot, unsigned int slots)
{
	cache->mask = slots - 1;
	cache->withhold = 0;
	cache->level = ALPC_LEVEL_IDENTIFICATION;
	cache->uid = INVALID_UID;
	cache->slot = slot;
}

/* The owner is being freed: nobody looks into the cache any more. */
void alpc_ident_cache_exit(struct alpc_ident_cache *cache)
{
	unsigned int i;

	for (i = 0; i <= cache->mask; i++)
		alpc_ident_put(rcu_dereference_protected(cache->slot[i], true));
}

/**
 * alpc_ident_tell_in() - a snapshot's ids in some namespaces
 * @ident: snapshot
 * @withheld: ALPC_IDENTITY_* parts that are not told
 * @pid_ns: of the process and thread
 * @user_ns: of the user and group
 * @ids: where to put them
 */
void alpc_ident_tell_in(const struct alpc_ident *ident, u8 withheld,
			struct pid_namespace *pid_ns,
			struct user_namespace *user_ns, struct alpc_ids *ids)
{
	bool process = !(withheld & ALPC_IDENTITY_PROCESS);
	bool user = !(withheld & ALPC_IDENTITY_USER);

	ids->pid = process ? pid_nr_ns(ident->process, pid_ns) : 0;
	ids->tid = process ? pid_nr_ns(ident->thread, pid_ns) : 0;
	/* What has no id here, and what is not told, is the overflow id. */
	ids->uid = from_kuid_munged(user_ns, user ? ident->cred->euid :
						    INVALID_UID);
	ids->gid = from_kgid_munged(user_ns, user ? ident->cred->egid :
						    INVALID_GID);
}

/**
 * alpc_ident_tell() - a snapshot's ids in the calling thread's namespaces
 * @ident: snapshot
 * @withheld: ALPC_IDENTITY_* parts that are not told
 * @ids: where to put them
 */
void alpc_ident_tell(const struct alpc_ident *ident, u8 withheld,
		     struct alpc_ids *ids)
{
	alpc_ident_tell_in(ident, withheld, ns_of_pid(task_pid(current)),
			   current_user_ns(), ids);
}

static struct alpc_ident *
alpc_ident_alloc(const struct alpc_ident_cache *cache)
{
	struct alpc_ident *ident;

	ident = kmalloc(sizeof(*ident), GFP_KERNEL_ACCOUNT);
	if (!ident)
		return NULL;
	refcount_set(&ident->ref, 1);
	ident->process = get_pid(task_tgid(current));
	ident->thread = get_pid(task_pid(current));
	ident->cred = get_current_cred();
	/* It may change hands while another thread executes a program. */
	rcu_read_lock();
	ident->start_time = READ_ONCE(current->group_leader)->start_boottime;
	rcu_read_unlock();
	ident->withheld = cache->withhold;
	ident->level = cache->level;
	if (ident->level == ALPC_LEVEL_IMPERSONATION &&
	    !uid_eq(ident->cred->euid, cache->uid))
		ident->level = ALPC_LEVEL_IDENTIFICATION;
	alpc_ident_tell(ident, ident->withheld, &ident->own);
	return ident;
}

/**
 * alpc_ident_get_current() - a snapshot of the calling thread
 * @cache: where to look first and to leave it
 *
 * Return: a reference, or NULL if there is no memory.
 */
struct alpc_ident *alpc_ident_get_current(struct alpc_ident_cache *cache)
{
	struct alpc_ident __rcu **slot;
	struct alpc_ident *ident, *old;

	slot = &cache->slot[hash_ptr(task_pid(current), 32) & cache->mask];
	rcu_read_lock();
	ident = rcu_dereference(*slot);
	if (!alpc_ident_is_current(ident) || !refcount_inc_not_zero(&ident->ref))
		ident = NULL;
	rcu_read_unlock();
	if (ident)
		return ident;

	ident = alpc_ident_alloc(cache);
	if (!ident)
		return NULL;
	refcount_inc(&ident->ref);
	old = unrcu_pointer(xchg(slot, RCU_INITIALIZER(ident)));
	alpc_ident_put(old);
	return ident;
}

/**
 * alpc_ident_put() - drop a reference
 * @ident: snapshot, or NULL
 *
 * Context: any; does not sleep.
 */
void alpc_ident_put(struct alpc_ident *ident)
{
	if (!ident || !refcount_dec_and_test(&ident->ref))
		return;
	put_pid(ident->process);
	put_pid(ident->thread);
	put_cred(ident->cred);
	kfree_rcu(ident, rcu);
}
