/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling one side who the other is.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_IDENTITY_H
#define ALPC_IDENTITY_H

#include <linux/types.h>

struct alpc_delivery;
struct alpc_end;
struct alpc_ident;
struct alpc_identity;
struct alpc_msg;

/**
 * struct alpc_claim - an identity as far as it may be told
 * @ident: whose; a reference
 * @withheld: ALPC_IDENTITY_* parts that are not told
 * @level: &enum alpc_level
 * @fixed: it is that of a static security context
 * @effective_only: permitted capabilities are not told
 * @changes: for &alpc_identity.out_changes
 */
struct alpc_claim {
	struct alpc_ident *ident;
	u8 withheld;
	u8 level;
	bool fixed;
	bool effective_only;
	u32 changes;
};

int alpc_identity_find(struct alpc_end *end, const struct alpc_identity *arg,
		       struct alpc_claim *claim);
int alpc_identity_tell(const struct alpc_claim *claim,
		       struct alpc_identity *arg);
int alpc_identity_receive(struct alpc_end *end, const struct alpc_delivery *d,
			  u64 uarg);
void alpc_identity_override(const struct alpc_delivery *d,
			    struct alpc_msg *recv);

#endif /* ALPC_IDENTITY_H */
