/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user has in the kernel at one time, over all its processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_USER_H
#define ALPC_USER_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/uidgid.h>

struct user_namespace;

/**
 * DOC: Accounts
 *
 * There is an account for each user of each user namespace that has anything. What
 * is charged to one is charged to that of the namespace's owner as well, in the
 * parent namespace, up to the initial one: who may make users cannot make quotas.
 *
 * The counters are atomic. What holds a charge holds a reference, and an account
 * one to that of the owner.
 */

/**
 * enum alpc_resource - what is counted
 * @ALPC_USER_MESSAGES: messages, those kept to be used again among them, and packets
 *	that were posted
 * @ALPC_USER_MESSAGE_BYTES: bytes of messages that have memory of their own
 * @ALPC_USER_CONNECTIONS: connections made, or left to it by their clients
 * @ALPC_USER_CONNECTS: of them, those that the server has not answered
 * @ALPC_USER_SECTION_BYTES: memory of sections
 * @ALPC_USER_FDS: descriptors on the way
 * @ALPC_USER_SECURITY: security contexts
 * @ALPC_USER_RESOURCES: how many there are
 */
enum alpc_resource {
	ALPC_USER_MESSAGES,
	ALPC_USER_MESSAGE_BYTES,
	ALPC_USER_CONNECTIONS,
	ALPC_USER_CONNECTS,
	ALPC_USER_SECTION_BYTES,
	ALPC_USER_FDS,
	ALPC_USER_SECURITY,
	ALPC_USER_RESOURCES,
};

/**
 * struct alpc_user - what one user is charged for
 * @ref: references; one for whatever is charged
 * @uid: the user; immutable
 * @ns: its user namespace; a reference; immutable
 * @owner: account of who owns @ns, NULL in the initial namespace; a reference;
 *	immutable
 * @node: in the table of users
 * @used: how much of each, by &enum alpc_resource
 */
struct alpc_user {
	refcount_t ref;
	kuid_t uid;
	struct user_namespace *ns;
	struct alpc_user *owner;
	struct hlist_node node;
	atomic_long_t used[ALPC_USER_RESOURCES];
};

void alpc_user_init(void);
struct alpc_user *alpc_user_get_current(void);
struct alpc_user *alpc_user_get(struct alpc_user *user);
void alpc_user_put(struct alpc_user *user);

unsigned long alpc_user_limit(enum alpc_resource what);
bool alpc_user_fits(const struct alpc_user *user, enum alpc_resource what,
		    long amount);
bool alpc_user_is_half_full(const struct alpc_user *user,
			    enum alpc_resource what);
int alpc_user_charge(struct alpc_user *user, enum alpc_resource what,
		     long amount);
void alpc_user_charge_more(struct alpc_user *user, enum alpc_resource what,
			   long amount);
void alpc_user_uncharge(struct alpc_user *user, enum alpc_resource what,
			long amount);
int alpc_user_charge_current(struct alpc_user **user, enum alpc_resource what,
			     long amount);

static inline long alpc_user_used(const struct alpc_user *user,
				  enum alpc_resource what)
{
	return atomic_long_read(&user->used[what]);
}

#endif /* ALPC_USER_H */
