// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who sent a message: an immutable snapshot of the sending thread.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "ident.h"

#include <linux/hash.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

void alpc_ident_cache_init(struct alpc_ident_cache *cache,
			   struct alpc_ident __rcu **slot, unsigned int slots)
{
	cache->mask = slots - 1;
	cache->slot = slot;
}

/* The owner is being freed: nobody looks into the cache any more. */
void alpc_ident_cache_exit(struct alpc_ident_cache *cache)
{
	unsigned int i;

	for (i = 0; i <= cache->mask; i++)
		alpc_ident_put(rcu_dereference_protected(cache->slot[i], true));
}

static struct alpc_ident *alpc_ident_alloc(void)
{
	const struct cred *cred = current_cred();
	struct alpc_ident *ident;

	ident = kmalloc(sizeof(*ident), GFP_KERNEL_ACCOUNT);
	if (!ident)
		return NULL;
	refcount_set(&ident->ref, 1);
	ident->process = get_pid(task_tgid(current));
	ident->thread = get_pid(task_pid(current));
	ident->cred = get_cred(cred);
	ident->own.pid = pid_vnr(ident->process);
	ident->own.tid = pid_vnr(ident->thread);
	ident->own.uid = from_kuid_munged(cred->user_ns, cred->euid);
	ident->own.gid = from_kgid_munged(cred->user_ns, cred->egid);
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

	ident = alpc_ident_alloc();
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

void alpc_ident_translate_slow(const struct alpc_ident *ident,
			       struct alpc_ids *ids)
{
	struct pid_namespace *pid_ns = ns_of_pid(task_pid(current));
	struct user_namespace *user_ns = current_user_ns();

	ids->pid = pid_nr_ns(ident->process, pid_ns);
	ids->tid = pid_nr_ns(ident->thread, pid_ns);
	ids->uid = from_kuid_munged(user_ns, ident->cred->euid);
	ids->gid = from_kgid_munged(user_ns, ident->cred->egid);
}
