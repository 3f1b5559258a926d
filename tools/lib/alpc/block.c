// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Blocks of one's own sections. What was used a moment ago is handed out again;
 * looking further, cutting up, joining and making sections come after that.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "space.h"

#include <stdlib.h>
#include <unistd.h>

/* Blocks at the head of limbo that a quick look sees: the oldest come back first. */
#define LIMBO_QUICK	4

static unsigned int class_of(size_t len)
{
	if (len <= (size_t)1 << SPACE_SHIFT)
		return 0;
	if (len > ALPC_LIB_BLOCK_MAX)
		return SPACE_CLASSES;
	return 64 - SPACE_SHIFT -
	       (unsigned int)__builtin_clzll((unsigned long long)len - 1);
}

static size_t class_size(unsigned int class)
{
	return (size_t)1 << (SPACE_SHIFT + class);
}

static bool block_is_back(const struct alpc_lib_block *b)
{
	/* Acquire: what the other end has done with it is over. */
	return atomic_load_explicit(&b->section->slots[b->slot],
				    memory_order_acquire) == b->sent;
}

static void block_push(struct alpc_lib_space *space, struct alpc_lib_block *b)
{
	b->free = true;
	if (b->class == SPACE_CLASSES)
		return;
	b->next = space->free[b->class];
	space->free[b->class] = b;
}

static struct alpc_lib_block *block_pop(struct alpc_lib_space *space,
					unsigned int class)
{
	struct alpc_lib_block *b = space->free[class];

	space->free[class] = b->next;
	b->free = false;
	return b;
}

/* Take blocks out of limbo that are back, until @misses of them were not. */
static void limbo_sweep(struct alpc_lib_space *space, unsigned int misses)
{
	struct alpc_lib_block **p = &space->limbo;
	struct alpc_lib_block *b;

	while ((b = *p) && misses) {
		if (!block_is_back(b)) {
			misses--;
			p = &b->next;
			continue;
		}
		*p = b->next;
		if (!*p)
			space->limbo_end = p;
		b->section->used--;
		block_push(space, b);
	}
}

/* Cut a larger block up. Return: one of the class, or NULL. */
static struct alpc_lib_block *block_split(struct alpc_lib_space *space,
					  unsigned int class)
{
	struct alpc_lib_block *b, *half;
	unsigned int from = class;

	/* A long section has no blocks as short as that. */
	while (from < SPACE_CLASSES && !space->free[from])
		from++;
	if (from == SPACE_CLASSES)
		return NULL;
	b = block_pop(space, from);
	while (b->class > class && b->size > b->section->unit) {
		b->class--;
		b->size /= 2;
		half = b + b->size / b->section->unit;
		half->section = b->section;
		half->data = b->data + b->size;
		half->size = b->size;
		half->class = b->class;
		half->slot = (uint16_t)(half - b->section->blocks + 1);
		block_push(space, half);
	}
	return b;
}

/* Join what was cut up in one section and is free. */
static void section_join(struct alpc_lib_section *sec)
{
	for (unsigned int class = class_of(sec->unit);
	     class + 1 < SPACE_CLASSES; class++) {
		size_t n = class_size(class) / sec->unit;

		for (size_t i = 0; i + 2 * n <= sec->units; i += 2 * n) {
			struct alpc_lib_block *a = &sec->blocks[i];
			struct alpc_lib_block *b = &sec->blocks[i + n];

			if (!a->free || a->class != class || !b->free ||
			    b->class != class)
				continue;
			b->free = false;
			a->class++;
			a->size *= 2;
		}
	}
}

static void block_join(struct alpc_lib_space *space)
{
	struct alpc_lib_section *sec;

	for (int i = 0; i < SPACE_CLASSES; i++)
		space->free[i] = NULL;
	for (sec = space->sections; sec; sec = sec->next) {
		if (sec->unit == sec->len)
			continue;
		section_join(sec);
		for (uint32_t i = 0; i < sec->units; i++)
			if (sec->blocks[i].free)
				block_push(space, &sec->blocks[i]);
	}
}

/* A section for blocks of many sizes, of which the first is @len long or less. */
static int pool_grow(struct alpc_lib_space *space, size_t len)
{
	size_t longest = 0, want, size, unit;
	struct alpc_lib_section *sec;
	int ret;

	for (sec = space->sections; sec; sec = sec->next)
		if (sec->unit != sec->len && sec->len > longest)
			longest = sec->len;
	want = longest ? longest * ALPC_LIB_POOL_GROWTH : ALPC_LIB_POOL_FIRST;
	while (want < len * ALPC_LIB_POOL_GROWTH)
		want *= ALPC_LIB_POOL_GROWTH;
	if (want > ALPC_LIB_POOL_LAST)
		want = ALPC_LIB_POOL_LAST;
	while (want > space->max_section)
		want /= 2;
	if (want < len || want <= class_size(0))
		return -EFBIG;
	unit = want / ALPC_LIB_UNITS;
	if (unit < class_size(0))
		unit = class_size(0);
	ret = alpc_lib_section_create(space, want, unit, &sec);
	if (ret)
		return ret;
	size = want < ALPC_LIB_BLOCK_MAX ? want : ALPC_LIB_BLOCK_MAX;
	for (size_t at = 0; at < want; at += size) {
		struct alpc_lib_block *b = &sec->blocks[at / unit];

		b->section = sec;
		b->data = sec->base + at;
		b->size = size;
		b->class = (uint8_t)class_of(size);
		b->slot = (uint16_t)(at / unit + 1);
		block_push(space, b);
	}
	return 0;
}

/* A section that is one block, not much longer than was asked for. */
static int whole_create(struct alpc_lib_space *space, size_t len)
{
	size_t step = (size_t)sysconf(_SC_PAGESIZE);
	struct alpc_lib_section *sec;
	size_t size;
	int ret;

	while (step < len / 16)
		step *= 2;
	size = (len + step - 1) / step * step;
	if (size > space->max_section)
		size = space->max_section;
	if (size < len)
		return -EFBIG;
	ret = alpc_lib_section_create(space, size, size, &sec);
	if (ret)
		return ret;
	sec->blocks[0] = (struct alpc_lib_block){
		.section = sec,
		.data = sec->base,
		.size = size,
		.slot = 1,
		.class = SPACE_CLASSES,
		.free = true,
	};
	return 0;
}

/* The shortest section that is one free block and long enough, or NULL. */
static struct alpc_lib_block *whole_find(struct alpc_lib_space *space, size_t len)
{
	struct alpc_lib_block *b, *best = NULL;
	struct alpc_lib_section *sec;

	for (sec = space->sections; sec; sec = sec->next) {
		b = &sec->blocks[0];
		if (sec->unit == sec->len && b->free && b->size >= len &&
		    (!best || b->size < best->size))
			best = b;
	}
	if (best)
		best->free = false;
	return best;
}

static struct alpc_lib_block *block_search(struct alpc_lib_space *space,
					   size_t len, unsigned int class)
{
	struct alpc_lib_block *b;

	limbo_sweep(space, LIMBO_QUICK);
	if (class == SPACE_CLASSES) {
		limbo_sweep(space, UINT32_MAX);
		return whole_find(space, len);
	}
	b = block_split(space, class);
	if (b)
		return b;
	limbo_sweep(space, UINT32_MAX);
	block_join(space);
	return block_split(space, class) ?: whole_find(space, len);
}

/* Make memory: as much as is good, or, if there is not so much, just enough. */
static int block_grow(struct alpc_lib_space *space, size_t len,
		      unsigned int class)
{
	int ret = -EFBIG;

	if (class < SPACE_CLASSES)
		ret = pool_grow(space, class_size(class));
	if (ret)
		ret = whole_create(space, len);
	return ret;
}

static int block_find(struct alpc_lib_space *space, size_t len,
		      unsigned int class, struct alpc_lib_block **block)
{
	int ret;

	*block = block_search(space, len, class);
	if (*block)
		return 0;
	ret = block_grow(space, len, class);
	if (ret && alpc_lib_block_trim(space, 0))
		ret = block_grow(space, len, class);
	if (ret)
		return ret;
	*block = block_search(space, len, class);
	return *block ? 0 : -ENOMEM;
}

/**
 * alpc_lib_block_get() - get memory for a message
 * @space: space
 * @len: bytes, more than 0
 * @block: the block; give it back with alpc_lib_block_put()
 *
 * Return: 0; -EFBIG, -EDQUOT, -ENOMEM and other errors of
 * alpc_lib_section_create().
 */
int alpc_lib_block_get(struct alpc_lib_space *space, size_t len,
		       struct alpc_lib_block **block)
{
	unsigned int class = class_of(len);
	int ret = 0;

	alpc_lib_space_lock(space);
	if (len > space->max_view)
		ret = space->max_section ? -EFBIG : -EOPNOTSUPP;
	else if (class < SPACE_CLASSES && space->free[class])
		*block = block_pop(space, class);
	else
		ret = block_find(space, len, class, block);
	if (!ret) {
		(*block)->section->used++;
		(*block)->section->tick = ++space->tick;
		if (!(space->tick % ALPC_LIB_IDLE))
			alpc_lib_block_trim(space, ALPC_LIB_IDLE);
	}
	pthread_mutex_unlock(&space->lock);
	return ret;
}

/**
 * alpc_lib_block_put() - have no more use of a block
 * @space: space
 * @block: block; it is handed out again when the other end has no more use of it
 */
void alpc_lib_block_put(struct alpc_lib_space *space,
			struct alpc_lib_block *block)
{
	alpc_lib_space_lock(space);
	if (block_is_back(block)) {
		block->section->used--;
		block_push(space, block);
	} else {
		block->next = NULL;
		*space->limbo_end = block;
		space->limbo_end = &block->next;
	}
	pthread_mutex_unlock(&space->lock);
}

/**
 * alpc_lib_block_unsend() - a block that was put back as sent was not
 * @space: space
 * @block: block; whoever looks for a free one finds it again
 */
void alpc_lib_block_unsend(struct alpc_lib_space *space,
			   struct alpc_lib_block *block)
{
	alpc_lib_space_lock(space);
	block->sent--;
	pthread_mutex_unlock(&space->lock);
}

/* The blocks of a section, which are all free, are not handed out any more. */
void alpc_lib_block_forget(struct alpc_lib_space *space,
			   const struct alpc_lib_section *section)
{
	for (int i = 0; i < SPACE_CLASSES; i++) {
		struct alpc_lib_block **p = &space->free[i];

		while (*p)
			if ((*p)->section == section)
				*p = (*p)->next;
			else
				p = &(*p)->next;
	}
}

/**
 * alpc_lib_block_trim() - give back sections of which no block is used
 * @space: space, locked
 * @idle: only what has not been used for so many blocks and is longer than the
 *	first section; 0 for all
 *
 * Return: bytes.
 */
size_t alpc_lib_block_trim(struct alpc_lib_space *space, uint64_t idle)
{
	struct alpc_lib_section *sec, *next;
	size_t freed = 0;

	if (space->fd < 0)
		return 0;
	limbo_sweep(space, UINT32_MAX);
	for (sec = space->sections; sec; sec = next) {
		next = sec->next;
		if (sec->used || (idle && (space->tick - sec->tick < idle ||
					   sec->len <= ALPC_LIB_POOL_FIRST)))
			continue;
		freed += alpc_lib_section_delete(space, sec);
	}
	return freed;
}
