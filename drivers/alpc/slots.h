/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slots of a completion list: whose each of them is.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_SLOTS_H
#define ALPC_SLOTS_H

#include <linux/align.h>
#include <linux/types.h>
#include <uapi/linux/alpc.h>

/* So many of the slots that came back are looked at in one go, under a lock. */
#define ALPC_SLOTS_COLLECT	64U

/**
 * struct alpc_slots - the slots of a completion list
 * @shared: header of the memory that the process can write to at any time
 * @ready: there as well: numbers of the slots that were put in
 * @free: there as well: numbers of those that the process gives back
 * @mask: number of slots less one; a power of two less one
 * @tail: how many messages were put in so far
 * @returned: how many of the numbers in @free were looked at so far
 * @spares: how many slots are free
 * @spare: their numbers
 * @theirs: slots that the process has, one bit each
 *
 * A slot is free, or somebody is writing to it, or it is the process's: the first are
 * in @spare, the last in @theirs. What is shared is written, and read where the
 * process is to say something; it is never believed. Protected by the port's lock.
 */
struct alpc_slots {
	struct alpc_list *shared;
	u32 *ready;
	u32 *free;
	u32 mask;
	u32 tail;
	u32 returned;
	u32 spares;
	u32 *spare;
	unsigned long *theirs;
};

int alpc_slots_init(struct alpc_slots *s, void *mem, u32 count);
void alpc_slots_exit(struct alpc_slots *s);
int alpc_slots_take(struct alpc_slots *s);
void alpc_slots_untake(struct alpc_slots *s, u32 slot);
void alpc_slots_publish(struct alpc_slots *s, u32 slot);
u32 alpc_slots_unread(const struct alpc_slots *s);

/* Bytes from the beginning of the memory to the first slot. */
static inline u32 alpc_slots_offset(u32 count)
{
	return ALIGN(sizeof(struct alpc_list) + 2 * sizeof(u32) * count, 64);
}

#endif /* ALPC_SLOTS_H */
