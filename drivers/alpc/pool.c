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

static void alpc_messages_free(struct list_head *messages)
{
	struct alpc_message *m, *next;

	list_for_each_entry_safe(m, next, messages, node) {
		list_del_init(&m->node);
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
	INIT_LIST_HEAD(&pool->messages);
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
	alpc_messages_free(&pool->messages);
	kfree(pool);
}

/**
 * alpc_pool_take() - get messages to use again
 * @pool: pool
 * @messages: list that they are added to
 * @count: how many at most
 */
void alpc_pool_take(struct alpc_pool *pool, struct list_head *messages,
		    unsigned int count)
{
	if (!READ_ONCE(pool->count))
		return;
	spin_lock(&pool->lock);
	count = min(count, pool->count);
	pool->count -= count;
	while (count--)
		list_move_tail(pool->messages.next, messages);
	spin_unlock(&pool->lock);
}

/**
 * alpc_pool_give() - keep messages to use again, as far as there is room
 * @pool: pool
 * @messages: list of messages after alpc_message_reset(); empty afterwards
 */
void alpc_pool_give(struct alpc_pool *pool, struct list_head *messages)
{
	spin_lock(&pool->lock);
	while (!list_empty(messages) && pool->count < ALPC_POOL_MAX) {
		list_move(messages->next, &pool->messages);
		pool->count++;
	}
	spin_unlock(&pool->lock);
	alpc_messages_free(messages);
}
