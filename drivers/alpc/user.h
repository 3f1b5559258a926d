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

/**
 * struct alpc_user - what one user is charged for
 * @ref: references; one for whatever is charged
 * @uid: the user
 * @node: in the table of users
 * @section_bytes: memory of sections
 * @fds: descriptors on the way
 */
struct alpc_user {
	refcount_t ref;
	kuid_t uid;
	struct hlist_node node;
	atomic_long_t section_bytes;
	atomic_long_t fds;
};

struct alpc_user *alpc_user_get_current(void);
void alpc_user_put(struct alpc_user *user);
bool alpc_user_charge(atomic_long_t *counter, long amount, long limit);
unsigned long alpc_user_section_limit(void);

#endif /* ALPC_USER_H */
