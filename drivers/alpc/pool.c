// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that an end keeps to use again for its vectors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "pool.h"

#include <linux/slab.h>

#include "limits.h"
#include "port.h"
#include "user.h"

static void alpc_chain_free(struct alpc_chain *chain)
{
	struct alpc_message *m;

	while ((m = alpc_chain_pop(chain)))
		alpc_message_free(m);
}

/**
 * alpc_pool_make() - the pool of an end
 * @end: port
 *
 * Return: the pool, made now if there was none, or NULL without memory.
 */
struct alpc_pool *alpc_pool_make(struct alpc_end *end)
{
	struct alpc_pool *pool = READ_ONCE(end->pool);

	if (likely(pool))
		return pool;
	pool = kmalloc(sizeof(*pool), GFP_KERNEL_ACCOUNT);
	if (!pool)
		return NULL;
	spin_lock_init(&pool->lock);
	alpc_chain_init(&pool->messages);
	pool->closed = false;
	if (cmpxchg(&end->pool, NULL, pool))
		kfree(pool);
	return READ_ONCE(end->pool);
}

/**
 * alpc_pool_close() - free what is in a pool, and keep nothing more
 * @pool: pool of an end whose file is closed, or NULL
 *
 * Who receives what was sent through the end before may still give to it.
 */
void alpc_pool_close(struct alpc_pool *pool)
{
	struct alpc_chain chain;

	if (!pool)
		return;
	spin_lock(&pool->lock);
	pool->closed = true;
	chain = pool->messages;
	alpc_chain_init(&pool->messages);
	spin_unlock(&pool->lock);
	alpc_chain_free(&chain);
}

/**
 * alpc_pool_take() - get messages to use again
 * @pool: pool
 * @count: how many at most
 * @chain: empty; gets them, and they are the caller's
 */
void alpc_pool_take(struct alpc_pool *pool, u32 count,
		    struct alpc_chain *chain)
{
	struct alpc_message *last;
	u32 n = 1;

	/* A hint: those who write it hold the lock. */
	if (!count || !data_race(READ_ONCE(pool->messages.count)))
		return;
	spin_lock(&pool->lock);
	last = pool->messages.first;
	if (last) {
		for (; n < count && last->next; n++)
			last = last->next;
		alpc_chain_cut(chain, &pool->messages, last, n);
	}
	spin_unlock(&pool->lock);
}

/**
 * alpc_pool_give() - keep messages to use again, if there is room for all
 * @pool: pool
 * @chain: messages after alpc_message_reset(), or that were never sent, all charged
 *	to the same user; is empty then
 *
 * They stay charged, so they are not kept by a user who has many: what it keeps
 * at many ends must not be what it cannot send at another.
 */
void alpc_pool_give(struct alpc_pool *pool, struct alpc_chain *chain)
{
	if (!chain->first)
		return;
	if (!alpc_user_is_half_full(chain->first->user, ALPC_USER_MESSAGES)) {
		spin_lock(&pool->lock);
		if (!pool->closed &&
		    pool->messages.count + chain->count <= ALPC_POOL_MAX)
			alpc_chain_splice(&pool->messages, chain);
		spin_unlock(&pool->lock);
	}
	alpc_chain_free(chain);
}
