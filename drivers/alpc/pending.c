// SPDX-License-Identifier: GPL-2.0-only
/*
 * The unanswered requests of one side, found by id.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "pending.h"

#include "message.h"

/**
 * alpc_pending_init() - an empty table
 * @p: table
 * @bucket: zeroed array of @buckets heads, kept as long as the table
 * @buckets: a power of two
 */
void alpc_pending_init(struct alpc_pending *p, struct hlist_head *bucket,
		       u32 buckets)
{
	p->bucket = bucket;
	p->mask = buckets - 1;
	p->count = 0;
}

void alpc_pending_add(struct alpc_pending *p, struct alpc_message *m)
{
	hlist_add_head(&m->hash, &p->bucket[m->id & p->mask]);
	p->count++;
}

void alpc_pending_del(struct alpc_pending *p, struct alpc_message *m)
{
	hlist_del(&m->hash);
	p->count--;
}

/* Return: the request with that id, or NULL. */
struct alpc_message *alpc_pending_find(const struct alpc_pending *p, u64 id)
{
	struct alpc_message *m;

	hlist_for_each_entry(m, &p->bucket[id & p->mask], hash)
		if (m->id == id)
			return m;
	return NULL;
}
