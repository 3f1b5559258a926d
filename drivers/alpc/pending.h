/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one side has received and not answered or released, found by id.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_PENDING_H
#define ALPC_PENDING_H

#include <linux/list.h>
#include <linux/types.h>

#include "message.h"

/**
 * struct alpc_pending - messages received and not answered or released yet
 * @bucket: hash table, by the low bits of the id; ids are given out in
 *	sequence, so they spread evenly
 * @mask: number of buckets less one
 * @count: messages in the table
 *
 * Protected by the port's lock. Inserting needs no memory. An id means
 * something in the table of one port only, so what belongs to somebody else
 * cannot even be named.
 */
struct alpc_pending {
	struct hlist_head *bucket;
	u32 mask;
	u32 count;
};

/**
 * alpc_pending_init() - an empty table
 * @p: table
 * @bucket: zeroed array of @buckets heads, kept as long as the table
 * @buckets: a power of two
 */
static inline void alpc_pending_init(struct alpc_pending *p,
				     struct hlist_head *bucket, u32 buckets)
{
	p->bucket = bucket;
	p->mask = buckets - 1;
	p->count = 0;
}

static inline void alpc_pending_add(struct alpc_pending *p,
				    struct alpc_message *m)
{
	hlist_add_head(&m->hash, &p->bucket[m->id & p->mask]);
	p->count++;
}

static inline void alpc_pending_del(struct alpc_pending *p,
				    struct alpc_message *m)
{
	hlist_del_init(&m->hash);
	p->count--;
}

/**
 * alpc_pending_find() - the message of that id
 * @p: table
 * @id: as the receiving side knows it
 *
 * Return: the message, or NULL.
 */
static inline struct alpc_message *
alpc_pending_find(const struct alpc_pending *p, u64 id)
{
	struct alpc_message *m;

	hlist_for_each_entry(m, &p->bucket[id & p->mask], hash)
		if (m->id == id)
			return m;
	return NULL;
}

#endif /* ALPC_PENDING_H */
