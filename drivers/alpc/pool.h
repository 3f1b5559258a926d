/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages that an end keeps to use again for its vectors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_POOL_H
#define ALPC_POOL_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct alpc_end;

/**
 * struct alpc_pool - messages to use again
 * @lock: innermost
 * @messages: by &alpc_message.node; protected by @lock
 * @count: how many; changed under @lock, a hint for others
 */
struct alpc_pool {
	spinlock_t lock;	/* @messages, @count */
	struct list_head messages;
	u32 count;
};

struct alpc_pool *alpc_pool_make(struct alpc_end *end);
void alpc_pool_free(struct alpc_pool *pool);
void alpc_pool_take(struct alpc_pool *pool, struct list_head *messages,
		    unsigned int count);
void alpc_pool_give(struct alpc_pool *pool, struct list_head *messages);

#endif /* ALPC_POOL_H */
