/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading and writing the memory of a caller, by its consent.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_ACCESS_H
#define ALPC_ACCESS_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <uapi/linux/alpc.h>

struct alpc_end;
struct alpc_message;
struct mm_struct;

/**
 * DOC: Direct access
 *
 * A thread that calls can let whoever receives the call touch ranges of its
 * memory. Its own system call takes a reference to its address space, so that
 * no pid has to be trusted; the reference is to the structure (mmgrab()), and
 * keeps nothing alive that a process has when it dies or executes a program.
 *
 * An access goes through the ranges in batches of pages. For each batch
 *
 *   1. the caller's pages are looked up, as if the caller had touched them, and
 *      a reference to each is taken (they are pinned if they are to be written
 *      to). This can sleep, for as long as whoever provides the pages likes, and
 *      so it happens without a lock and without the caller having to wait;
 *   2. under the port's lock the request is looked at: still unanswered, it
 *      gets one more user (&alpc_grant.users);
 *   3. bytes are copied with page faults and preemption disabled, and the user
 *      is gone; if the batch is long, steps 2 and 3 are done several times. If
 *      the receiver's own page is not there nothing more is copied: the pages
 *      are let go, the missing ones are brought in, and the batch begins again.
 *
 * A thread whose call is over, for whatever reason, waits in alpc_grant_wait()
 * until there are no users: new ones cannot come, and those that are there are
 * in step 3, in which they neither sleep nor can be descheduled. So it waits for
 * no more than 16 pages to be copied, whatever memory the receiver has put in the
 * way, and however little time it is given.
 *
 * While it waits for its own memory an access holds neither pages nor the
 * address space of the caller, so that those of a dead client are not kept
 * either.
 */

/**
 * struct alpc_grant - memory that a caller lets its request's receiver touch
 * @mm: address space of the calling thread when it called; a reference to the
 *	structure, not to its users
 * @count: how many ranges
 * @users: accesses that are touching pages just now; goes up under the port's
 *	lock and only while the request is unanswered
 * @ranges: them
 */
struct alpc_grant {
	struct mm_struct *mm;
	u32 count;
	atomic_t users;
	struct alpc_range *ranges;
};

int alpc_grant_make(struct alpc_grant *grant, const struct alpc_attrs *attrs);
void alpc_grant_drop(struct alpc_grant *grant);
void alpc_grant_wait(struct alpc_grant *grant);
int alpc_grant_describe(const struct alpc_grant *grant,
			struct alpc_attrs *attrs);
int alpc_grant_check(const struct alpc_grant *grant,
		     const struct alpc_access_part *part, u32 count, u32 right);

struct alpc_message *alpc_access_find(struct alpc_end *end, u64 id);
int alpc_access_enter(struct alpc_end *end, struct alpc_message *m);
void alpc_access_leave(struct alpc_message *m);

int alpc_access(struct alpc_end *end, struct alpc_access *arg);

#endif /* ALPC_ACCESS_H */
