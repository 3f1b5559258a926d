/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sent a message: an immutable snapshot of the sending thread.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_IDENT_H
#define ALPC_IDENT_H

#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/uidgid.h>

struct pid_namespace;
struct user_namespace;

/**
 * DOC: Identity
 *
 * A message carries a reference to a &struct alpc_ident of the thread that
 * sent it. The snapshot never changes, so it can be read without a lock and
 * shared between all messages that the thread sends with the same credentials.
 *
 * Taking a snapshot costs an allocation and three references to objects that
 * other CPUs use as well. Each end therefore remembers the last few snapshots
 * (&struct alpc_ident_cache), and a message buffer that is used again keeps
 * the one it has: in the steady state a send compares two pointers. The
 * comparison is exact, because credentials never change in place and the
 * snapshot's references keep both addresses from being used for anything else.
 */

/**
 * struct alpc_ids - a thread's ids as one receiver sees them
 * @pid: process id
 * @tid: thread id
 * @uid: effective user id
 * @gid: effective group id
 */
struct alpc_ids {
	pid_t pid;
	pid_t tid;
	uid_t uid;
	gid_t gid;
};

/**
 * struct alpc_ident - snapshot of a thread's identity, immutable
 * @ref: references; the last one frees after an RCU grace period
 * @withheld: ALPC_IDENTITY_* parts that receivers are not told
 * @level: &enum alpc_level
 * @process: the process
 * @thread: the thread
 * @cred: its credentials
 * @start_time: when the process began, CLOCK_BOOTTIME of the initial namespace
 * @own: its ids in its own namespaces, where most receivers are as well, without
 *	what is withheld
 * @rcu: for freeing
 */
struct alpc_ident {
	refcount_t ref;
	u8 withheld;
	u8 level;
	struct pid *process;
	struct pid *thread;
	const struct cred *cred;
	u64 start_time;
	union {
		struct alpc_ids own;
		struct rcu_head rcu;
	};
};

/**
 * struct alpc_ident_cache - the last snapshots taken for one end
 * @mask: number of slots less one; a power of two less one
 * @withhold: ALPC_IDENTITY_* parts that snapshots of this end withhold
 * @level: &enum alpc_level of theirs
 * @uid: effective user id of whom %ALPC_LEVEL_IMPERSONATION holds: nobody agrees to
 *	it on somebody else's behalf
 * @slot: snapshots by thread, RCU; each holds a reference
 *
 * What is withheld belongs to the end, and is a snapshot's because there it costs a
 * receiver nothing to honour it.
 */
struct alpc_ident_cache {
	u16 mask;
	u8 withhold;
	u8 level;
	kuid_t uid;
	struct alpc_ident __rcu **slot;
};

void alpc_ident_cache_init(struct alpc_ident_cache *cache,
			   struct alpc_ident __rcu **slot, unsigned int slots);
void alpc_ident_cache_exit(struct alpc_ident_cache *cache);

struct alpc_ident *alpc_ident_get_current(struct alpc_ident_cache *cache);
void alpc_ident_put(struct alpc_ident *ident);
void alpc_ident_tell_in(const struct alpc_ident *ident, u8 withheld,
			struct pid_namespace *pid_ns,
			struct user_namespace *user_ns, struct alpc_ids *ids);
void alpc_ident_tell(const struct alpc_ident *ident, u8 withheld,
		     struct alpc_ids *ids);

static inline struct alpc_ident *alpc_ident_get(struct alpc_ident *ident)
{
	refcount_inc(&ident->ref);
	return ident;
}

/**
 * alpc_ident_is_current() - does the snapshot show the calling thread as it is?
 * @ident: snapshot, or NULL
 */
static inline bool alpc_ident_is_current(const struct alpc_ident *ident)
{
	return ident && ident->thread == task_pid(current) &&
	       ident->cred == current_cred();
}

/**
 * alpc_ident_renew() - make a held snapshot show the calling thread
 * @held: reference to a snapshot, or NULL; replaced if it shows another
 * @cache: where to look first
 *
 * Return: 0 or -ENOMEM; then @held is as it was.
 */
static inline int alpc_ident_renew(struct alpc_ident **held,
				   struct alpc_ident_cache *cache)
{
	struct alpc_ident *ident;

	if (likely(alpc_ident_is_current(*held)))
		return 0;
	ident = alpc_ident_get_current(cache);
	if (!ident)
		return -ENOMEM;
	alpc_ident_put(*held);
	*held = ident;
	return 0;
}

/**
 * alpc_ident_translate() - a snapshot's ids in the calling thread's namespaces
 * @ident: snapshot
 * @ids: where to put them
 *
 * A process that the caller's pid namespace does not hold gets pid and tid 0; a
 * user or group that its user namespace does not map gets the overflow id.
 */
static inline void alpc_ident_translate(const struct alpc_ident *ident,
					struct alpc_ids *ids)
{
	if (likely(ns_of_pid(task_pid(current)) == ns_of_pid(ident->thread) &&
		   current_user_ns() == ident->cred->user_ns))
		*ids = ident->own;
	else
		alpc_ident_tell(ident, ident->withheld, ids);
}

#endif /* ALPC_IDENT_H */
