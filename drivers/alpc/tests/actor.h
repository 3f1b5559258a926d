/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads in transfers, as the one thread of a test plays them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_ACTOR_H
#define ALPC_TESTS_ACTOR_H

#include "../deliver.h"
#include "../transfer.h"

/**
 * DOC: Actors
 *
 * An &struct alpc_actor does the steps that alpc_transfer() does for a thread, but
 * where the thread would sleep the actor returns, and the test looks later at
 * what it was given.
 */

/**
 * struct alpc_actor - a thread in a transfer
 * @op: the transfer
 * @x: its argument
 */
struct alpc_actor {
	struct alpc_op op;
	struct alpc_transfer x;
};

void alpc_actor_init(struct alpc_actor *a, struct alpc_end *end);
int alpc_actor_send(struct alpc_actor *a, u32 what, u64 id, u32 len);
int alpc_actor_call(struct alpc_actor *a, u32 what, u64 id, u32 len);
int alpc_actor_retry(struct alpc_actor *a);
int alpc_actor_reply(struct alpc_actor *a, u64 id, u32 len);
int alpc_actor_wait(struct alpc_actor *a, u64 call);
int alpc_actor_receive(struct alpc_actor *a, u32 room);
void alpc_actor_cancel(struct alpc_actor *a);
void alpc_actor_done(struct alpc_actor *a);
void alpc_actor_undo(struct alpc_actor *a, enum alpc_undo how);
void alpc_actor_drop(struct alpc_actor *a);

/* What the thread was handed, or NULL. */
static inline const struct alpc_delivery *
alpc_actor_got(const struct alpc_actor *a)
{
	return a->op.w.delivery.msg ? &a->op.w.delivery : NULL;
}

/* How the thread's wait ended, or -EINPROGRESS if it goes on. */
static inline int alpc_actor_result(const struct alpc_actor *a)
{
	return alpc_waiter_is_done(&a->op.w) ? a->op.w.error : -EINPROGRESS;
}

#endif /* ALPC_TESTS_ACTOR_H */
