/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quick calls: sleeping until the other end has written to a shared word.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_QUICK_H
#define ALPC_QUICK_H

#include <linux/types.h>

struct alpc_conn;
struct alpc_end;
struct alpc_quick;
struct alpc_section;
struct alpc_wake;

/**
 * DOC: Quick calls
 *
 * Two threads that share a section tell each other what they have done by words in
 * it, without the kernel. It is needed by the one that does not want to look any
 * longer, and by the other one to wake it.
 *
 * A wait is a &struct alpc_waiter in a list of the connection's sections, under the
 * port's lock. The word is read under that lock, through the kernel's own address of
 * the memory, after looking whether the connection is still there; waking takes the
 * lock too. Who changes the word and then wakes either comes first, and the wait
 * finds the change, or finds the waiter. No page is looked up or faulted in, and no
 * address of a process is used.
 *
 * Waits belong to an end, so the other side cannot be in the way of one.
 */

int alpc_quick_wait(struct alpc_end *end, const struct alpc_quick *arg);
int alpc_quick_wake(struct alpc_end *end, const struct alpc_quick *arg);
void alpc_quick_fail_all(struct alpc_conn *conn, struct alpc_wake *wake);
void alpc_quick_fail_section(const struct alpc_section *sec,
			     struct alpc_wake *wake);

#endif /* ALPC_QUICK_H */
