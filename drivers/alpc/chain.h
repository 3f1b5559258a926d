/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages in a row that nobody else finds.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_CHAIN_H
#define ALPC_CHAIN_H

#include <linux/types.h>

#include "message.h"

/**
 * struct alpc_chain - messages in a row, linked by &alpc_message.next
 * @first: the first one, or NULL
 * @last: the last one; meaningless if there is none
 * @count: how many
 *
 * The last one's &alpc_message.next is NULL.
 */
struct alpc_chain {
	struct alpc_message *first;
	struct alpc_message *last;
	u32 count;
};

static inline void alpc_chain_init(struct alpc_chain *chain)
{
	chain->first = NULL;
	chain->count = 0;
}

/* Put a message behind the others. */
static inline void alpc_chain_add(struct alpc_chain *chain,
				  struct alpc_message *m)
{
	m->next = NULL;
	if (chain->first)
		chain->last->next = m;
	else
		chain->first = m;
	chain->last = m;
	chain->count++;
}

/* Put a message before the others. */
static inline void alpc_chain_push(struct alpc_chain *chain,
				   struct alpc_message *m)
{
	m->next = chain->first;
	if (!chain->first)
		chain->last = m;
	chain->first = m;
	chain->count++;
}

/* Take the first one out, or NULL. */
static inline struct alpc_message *alpc_chain_pop(struct alpc_chain *chain)
{
	struct alpc_message *m = chain->first;

	if (m) {
		chain->first = m->next;
		chain->count--;
	}
	return m;
}

/* Move all messages of one chain before those of another. */
static inline void alpc_chain_splice(struct alpc_chain *to,
				     struct alpc_chain *from)
{
	from->last->next = to->first;
	if (!to->first)
		to->last = from->last;
	to->first = from->first;
	to->count += from->count;
	alpc_chain_init(from);
}

/* Move the messages up to one of them, which are so many, into an empty chain. */
static inline void alpc_chain_cut(struct alpc_chain *to,
				  struct alpc_chain *from,
				  struct alpc_message *last, u32 count)
{
	to->first = from->first;
	to->last = last;
	to->count = count;
	from->first = last->next;
	from->count -= count;
	last->next = NULL;
}

#endif /* ALPC_CHAIN_H */
