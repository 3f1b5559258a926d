/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completion lists: the steps of putting messages in, for one and for many.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_CLIST_SEND_H
#define ALPC_CLIST_SEND_H

#include "clist.h"

struct alpc_clist *alpc_clist_take(struct alpc_end *end, u32 *slot,
				   unsigned int count, unsigned int *taken);
bool alpc_clist_written(struct alpc_end *end, struct alpc_clist *l);
int alpc_clist_write(struct alpc_op *op, struct alpc_clist *l, u32 slot,
		     struct alpc_ident **ident);
int alpc_clist_check_put(const struct alpc_end *end,
			 const struct alpc_clist *l, bool request);
void alpc_clist_put_request(struct alpc_op *op, struct alpc_clist *l, u32 slot);
void alpc_clist_put_datagram(struct alpc_end *end, struct alpc_clist *l,
			     u32 slot, u32 len, struct alpc_ident *ident);
void alpc_clist_wake(struct alpc_queue *q, struct alpc_clist *l,
		     unsigned int count, struct alpc_wake *wake);

#endif /* ALPC_CLIST_SEND_H */
