/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Security contexts: what a receiver may do with a sender's identity.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_SECURITY_H
#define ALPC_SECURITY_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct alpc_conn;
struct alpc_create_security;
struct alpc_end;
struct alpc_ident;
struct alpc_user;

/**
 * DOC: Security contexts
 *
 * One belongs to the end that created it and is found there by its number. Messages
 * that are sent with it hold references, so that deleting it or closing its end
 * leaves them what they have. What revoking means to them is decided under the
 * port's lock, at the time somebody asks.
 */

/**
 * struct alpc_security_context - one security context
 * @ref: references: its end's, and one for each message; immutable otherwise
 * @id: its number at that end
 * @side: &enum alpc_port_kind of the end that created it
 * @level: &enum alpc_level, anonymous once it is revoked; port's lock
 * @withheld: ALPC_IDENTITY_* parts that receivers are not told, all but what the
 *	server requires once it is revoked; written under the port's lock
 * @effective_only: permitted capabilities are not told
 * @revoked: it cannot be sent, nor acted on; port's lock
 * @node: in &alpc_conn.security; port's lock
 * @ident: whose identity it is if that is static, else NULL
 * @user: who is charged
 */
struct alpc_security_context {
	refcount_t ref;
	u32 id;
	u8 side;
	u8 level;
	u8 withheld;
	bool effective_only;
	bool revoked;
	struct hlist_node node;
	struct alpc_ident *ident;
	struct alpc_user *user;
};

int alpc_level_check(u32 level, u32 withhold, u8 *checked_level, u8 *withheld);
int alpc_security_create(struct alpc_end *end,
			 struct alpc_create_security *arg);
int alpc_security_revoke(struct alpc_end *end, u32 id);
int alpc_security_delete(struct alpc_end *end, u32 id);
struct alpc_security_context *alpc_security_get(struct alpc_end *end, u32 id);
void alpc_security_put(struct alpc_security_context *sec);
void alpc_security_release(struct alpc_end *end);
u32 alpc_security_count(const struct alpc_end *end);

#endif /* ALPC_SECURITY_H */
