/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages that an end keeps to use again for its vectors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_POOL_H
#define ALPC_POOL_H

#include <linux/spinlock.h>

#include "chain.h"

struct alpc_end;

/**
 * struct alpc_pool - messages to use again
 * @lock: innermost
 * @messages: they; changed under @lock, their number is a hint for others
 * @closed: nobody sends through the end any more; @lock
 */
struct alpc_pool {
	spinlock_t lock;	/* @messages, @closed */
	struct alpc_chain messages;
	bool closed;
};

struct alpc_pool *alpc_pool_make(struct alpc_end *end);
void alpc_pool_close(struct alpc_pool *pool);
void alpc_pool_take(struct alpc_pool *pool, u32 count,
		    struct alpc_chain *chain);
void alpc_pool_give(struct alpc_pool *pool, struct alpc_chain *chain);

#endif /* ALPC_POOL_H */
