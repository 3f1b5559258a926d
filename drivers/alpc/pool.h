/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages that an end keeps to use again for its vectors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_POOL_H
#define ALPC_POOL_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct alpc_end;
struct alpc_message;

/**
 * struct alpc_pool - messages to use again
 * @lock: innermost
 * @first: list by &alpc_message.next; protected by @lock
 * @count: how many; changed under @lock, a hint for others
 */
struct alpc_pool {
	spinlock_t lock;	/* @first, @count */
	struct alpc_message *first;
	u32 count;
};

struct alpc_pool *alpc_pool_make(struct alpc_end *end);
void alpc_pool_free(struct alpc_pool *pool);
struct alpc_message *alpc_pool_take(struct alpc_pool *pool, unsigned int count);
void alpc_pool_give(struct alpc_pool *pool, struct alpc_message *messages);

#endif /* ALPC_POOL_H */
