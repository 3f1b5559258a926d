// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slots of a completion list: whose each of them is.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "slots.h"

#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>

/**
 * alpc_slots_init() - all slots are free
 * @s: slots
 * @mem: zeroed memory, which is to be shared with the process
 * @count: how many slots, a power of two
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_slots_init(struct alpc_slots *s, void *mem, u32 count)
{
	s->shared = mem;
	s->ready = mem + sizeof(struct alpc_list);
	s->free = s->ready + count;
	s->mask = count - 1;
	s->tail = 0;
	s->returned = 0;
	s->spare = kvmalloc_array(count, sizeof(*s->spare), GFP_KERNEL_ACCOUNT);
	s->theirs = kvcalloc(BITS_TO_LONGS(count), sizeof(long),
			     GFP_KERNEL_ACCOUNT);
	if (!s->spare || !s->theirs) {
		alpc_slots_exit(s);
		return -ENOMEM;
	}
	/* The first one is taken first. */
	for (s->spares = 0; s->spares < count; s->spares++)
		s->spare[s->spares] = s->mask - s->spares;
	return 0;
}

void alpc_slots_exit(struct alpc_slots *s)
{
	kvfree(s->spare);
	kvfree(s->theirs);
}

/*
 * Look at some of the slots that the process says that it gives back. It may say
 * that of any number, any number of times.
 */
static void alpc_slots_collect(struct alpc_slots *s)
{
	u32 count, slot;

	/*
	 * Pairs with the process's release: what it read of these slots it has
	 * read before they are written again.
	 */
	count = smp_load_acquire(&s->shared->free_tail) - s->returned;
	for (count = min(count, ALPC_SLOTS_COLLECT); count; count--) {
		slot = READ_ONCE(s->free[s->returned++ & s->mask]);
		if (slot > s->mask)
			continue;
		slot = array_index_nospec(slot, s->mask + 1);
		if (__test_and_clear_bit(slot, s->theirs))
			s->spare[s->spares++] = slot;
	}
}

/**
 * alpc_slots_take() - a free slot, to write to
 * @s: slots
 *
 * Return: its number, or -EAGAIN.
 */
int alpc_slots_take(struct alpc_slots *s)
{
	if (!s->spares)
		alpc_slots_collect(s);
	return s->spares ? s->spare[--s->spares] : -EAGAIN;
}

/**
 * alpc_slots_untake() - a slot that was taken is not used
 * @s: slots
 * @slot: its number
 */
void alpc_slots_untake(struct alpc_slots *s, u32 slot)
{
	s->spare[s->spares++] = slot;
}

/**
 * alpc_slots_publish() - give a slot to the process
 * @s: slots
 * @slot: number of a slot that was taken, and is written
 */
void alpc_slots_publish(struct alpc_slots *s, u32 slot)
{
	__set_bit(slot, s->theirs);
	WRITE_ONCE(s->ready[s->tail++ & s->mask], slot);
	/*
	 * Pairs with the process's acquire: who sees the count sees the number,
	 * and what is in the slot.
	 */
	smp_store_release(&s->shared->tail, s->tail);
}

/**
 * alpc_slots_unread() - how many messages the process has not taken
 * @s: slots
 *
 * Return: as many, as far as it says so; 0 if what it says makes no sense.
 */
u32 alpc_slots_unread(const struct alpc_slots *s)
{
	u32 unread = s->tail - READ_ONCE(s->shared->head);

	return unread <= s->mask + 1 ? unread : 0;
}
