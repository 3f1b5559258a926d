// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that an end keeps to use again for its vectors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "pool.h"

#include <linux/slab.h>

#include "limits.h"
#include "message.h"
#include "port.h"
#include "user.h"

static void alpc_messages_free(struct alpc_message *m)
{
	struct alpc_message *next;

	for (; m; m = next) {
		next = m->next;
		alpc_message_free(m);
	}
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
	pool->first = NULL;
	pool->count = 0;
	if (cmpxchg(&end->pool, NULL, pool))
		kfree(pool);
	return end->pool;
}

/**
 * alpc_pool_free() - free a pool with what is in it
 * @pool: pool of an end that nobody uses any more, or NULL
 */
void alpc_pool_free(struct alpc_pool *pool)
{
	if (!pool)
		return;
	alpc_messages_free(pool->first);
	kfree(pool);
}

/**
 * alpc_pool_take() - get messages to use again
 * @pool: pool
 * @count: how many at most
 *
 * Return: list of them, which is the caller's, or NULL.
 */
struct alpc_message *alpc_pool_take(struct alpc_pool *pool, unsigned int count)
{
	struct alpc_message *first = NULL, **last;

	if (!READ_ONCE(pool->count))
		return NULL;
	spin_lock(&pool->lock);
	for (last = &first; pool->first && count; count--) {
		*last = pool->first;
		last = &pool->first->next;
		pool->first = *last;
		pool->count--;
	}
	*last = NULL;
	spin_unlock(&pool->lock);
	return first;
}

/**
 * alpc_pool_give() - keep messages to use again, as far as there is room
 * @pool: pool
 * @messages: list of messages after alpc_message_reset(), all charged to the
 *	same user; may be empty
 *
 * They stay charged, so they are not kept by a user who has many: what it keeps
 * at many ends must not be what it cannot send at another.
 */
void alpc_pool_give(struct alpc_pool *pool, struct alpc_message *messages)
{
	struct alpc_message *m;

	if (!messages || alpc_user_is_half_full(messages->user,
						ALPC_USER_MESSAGES)) {
		alpc_messages_free(messages);
		return;
	}
	spin_lock(&pool->lock);
	while (messages && pool->count < ALPC_POOL_MAX) {
		m = messages;
		messages = m->next;
		m->next = pool->first;
		pool->first = m;
		pool->count++;
	}
	spin_unlock(&pool->lock);
	alpc_messages_free(messages);
}
