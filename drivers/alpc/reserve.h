/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reserves: memory for messages that was set aside.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_RESERVE_H
#define ALPC_RESERVE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct alpc_create_reserve;
struct alpc_end;
struct alpc_message;

/**
 * DOC: Reserves
 *
 * A reserve is a message with all that it and its reply may come to need: memory
 * for the data, for the identity of either sender, and for a reply's view. Sent, it
 * is a message like others. Where others are freed (alpc_message_free()), it comes
 * back to its reserve; that is the one place, so it does so once, whoever dropped it,
 * and why.
 *
 * There are two references to a reserve: that of its end, and that of the message
 * while it is on its way. Sending takes the second one, under the port's lock, if
 * there is only the first. An end that is closed drops the first and does not
 * wait for the second.
 */

/**
 * struct alpc_reserve - one reserve
 * @ref: see above
 * @id: its number at that end; immutable
 * @len: bytes of data that it is for; immutable
 * @node: in &alpc_end.reserves; port's lock
 * @m: the message; its reference count is 0 unless it is on its way
 */
struct alpc_reserve {
	refcount_t ref;
	u32 id;
	u32 len;
	struct hlist_node node;
	struct alpc_message *m;
};

int alpc_reserve_create(struct alpc_end *end, struct alpc_create_reserve *arg);
int alpc_reserve_delete(struct alpc_end *end, u32 id);
struct alpc_message *alpc_reserve_take(struct alpc_end *end, u32 id, u32 len);
void alpc_reserve_put(struct alpc_reserve *r);
void alpc_reserves_release(struct alpc_end *end);

#endif /* ALPC_RESERVE_H */
