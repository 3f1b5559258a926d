/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of one end of a connection in this process: sections of its own, out
 * of which it hands blocks, and mappings of the other end's.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_SPACE_H
#define ALPC_LIB_SPACE_H

#include "internal.h"
#include "way.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/**
 * DOC: Space
 *
 * All bookkeeping lies in memory of this process alone: the other end can write
 * to a section, and nothing in there is ever followed or believed.
 *
 * A block is handed out, used for one message after the other, and put back. It
 * has a release counter, which the kernel counts up each time that a view of the
 * block is given back; @sent counts how often one was sent. When they are equal
 * nobody else uses the block. A block that is put back before that waits in limbo,
 * and whoever finds no free block looks there.
 *
 * The sections of a port are not inherited by fork(2), and the child's addresses
 * may be those of anything. So a space has the number of its process, from a
 * page that the kernel wipes in children, and a child that finds another number
 * starts anew.
 */

/* Sizes of blocks: 4 KiB, and so on doubling up to ALPC_LIB_BLOCK_MAX. */
#define SPACE_SHIFT	12
#define SPACE_CLASSES	11

/**
 * struct alpc_lib_block - block of a section
 * @next: in the list of free blocks of its size, or in limbo
 * @section: that it is in
 * @data: its memory
 * @size: bytes
 * @sent: views of it that were sent
 * @slot: its release counter
 * @class: of its size; %SPACE_CLASSES if it is a whole section
 * @free: may be handed out
 */
struct alpc_lib_block {
	struct alpc_lib_block *next;
	struct alpc_lib_section *section;
	unsigned char *data;
	size_t size;
	uint32_t sent;
	uint16_t slot;
	uint8_t class;
	bool free;
};

/**
 * struct alpc_lib_section - section of one's own
 * @next: in &alpc_lib_space.sections
 * @base: its memory
 * @slots: its release counters
 * @len: bytes
 * @unit: bytes of the smallest block in it
 * @units: how many of these
 * @id: for the kernel
 * @used: blocks that are not free
 * @tick: when it was used last, see &alpc_lib_space.tick
 * @blocks: one for each unit; that of a longer block is its first one's
 */
struct alpc_lib_section {
	struct alpc_lib_section *next;
	unsigned char *base;
	const atomic_uint *slots;
	size_t len;
	size_t unit;
	uint32_t units;
	uint32_t id;
	uint32_t used;
	uint64_t tick;
	struct alpc_lib_block blocks[];
};

/* In &alpc_lib_map.users: it may be used by others than those who do. */
#define MAP_LIVE	(UINT32_C(1) << 31)

/**
 * struct alpc_lib_map - mapping of a section of the other end
 * @users: who uses it just now, and %MAP_LIVE as long as it can be found; atomic
 * @id: of the section; atomic
 * @tick: when it was used last, unless it is &alpc_lib_space.last; atomic
 * @base: memory
 * @len: bytes
 * @writable: the other end lets us write to it
 *
 * Found and given back without a lock, because every message that lies in a
 * section does so twice. Who has counted itself among the users of one that is
 * live, and sees its id then, has it until it gives it back.
 */
struct alpc_lib_map {
	atomic_uint users;
	atomic_uint id;
	atomic_uint_least64_t tick;
	unsigned char *base;
	size_t len;
	bool writable;
};

/**
 * struct alpc_lib_space - memory of one end of a connection in this process
 * @refs: the port's handle, messages that use it; atomic
 * @process: number of the process that it belongs to; set under the lock; atomic
 * @map_tick: counts how often another mapping is used than before; atomic
 * @lock: protects what follows
 * @fd: the port, -1 when the handle is closed
 * @max_section: limit of the port, bytes; 0 if it has no sections
 * @max_view: likewise
 * @tick: counts blocks that are handed out
 * @sections: its sections
 * @free: free blocks by size
 * @limbo: blocks that are put back but may still be read, oldest first
 * @limbo_end: where the next one is added
 * @maps: mappings of the other end's sections; looked for without the lock
 * @last: the one of these that was used last; atomic
 * @inbox: of the port that receives, which counts mappings; or NULL
 */
struct alpc_lib_space {
	atomic_uint refs;
	atomic_uint process;
	atomic_uint_least64_t map_tick;
	pthread_mutex_t lock;
	int fd;
	uint64_t max_section;
	uint64_t max_view;
	uint64_t tick;
	struct alpc_lib_section *sections;
	struct alpc_lib_block *free[SPACE_CLASSES];
	struct alpc_lib_block *limbo;
	struct alpc_lib_block **limbo_end;
	struct alpc_lib_map maps[ALPC_LIB_MAPS];
	struct alpc_lib_map *_Atomic last;
	struct alpc_lib_inbox *inbox;
};

/* process.c */
int alpc_lib_process_number(uint32_t *number);

/* space.c */
int alpc_lib_space_of(struct alpc_port *port, struct alpc_lib_space **space);
void alpc_lib_space_free(struct alpc_lib_space *space);
void alpc_lib_space_lock(struct alpc_lib_space *space);
int alpc_lib_space_ioctl(struct alpc_lib_space *space, unsigned long request,
			 void *arg);
void alpc_lib_space_close(struct alpc_lib_space *space, bool delete);

/* section.c */
int alpc_lib_section_create(struct alpc_lib_space *space, size_t len,
			    size_t unit, struct alpc_lib_section **section);
size_t alpc_lib_section_delete(struct alpc_lib_space *space,
			       struct alpc_lib_section *section);
void alpc_lib_section_unmap(struct alpc_lib_section *section);

/* block.c */
int alpc_lib_block_get(struct alpc_lib_space *space, size_t len,
		       struct alpc_lib_block **block);
void alpc_lib_block_put(struct alpc_lib_space *space,
			struct alpc_lib_block *block);
void alpc_lib_block_unsend(struct alpc_lib_space *space,
			   struct alpc_lib_block *block);
void alpc_lib_block_forget(struct alpc_lib_space *space,
			   const struct alpc_lib_section *section);
size_t alpc_lib_block_trim(struct alpc_lib_space *space, uint64_t idle);

/* map.c */
int alpc_lib_map_open(int fd, uint32_t section, uint64_t id,
		      struct alpc_lib_map *map);
void alpc_lib_map_close(struct alpc_lib_map *map);
int alpc_lib_map_search(struct alpc_lib_space *space, int fd, uint32_t section,
			uint64_t id, struct alpc_lib_map **map);
void alpc_lib_map_end(struct alpc_lib_space *space, struct alpc_lib_map *map);
bool alpc_lib_map_evict(struct alpc_lib_space *space);
void alpc_lib_maps_close(struct alpc_lib_space *space);

static inline struct alpc_lib_space *
alpc_lib_space_get(struct alpc_lib_space *space)
{
	atomic_fetch_add_explicit(&space->refs, 1, memory_order_relaxed);
	return space;
}

static inline void alpc_lib_space_put(struct alpc_lib_space *space)
{
	if (space && atomic_fetch_sub_explicit(&space->refs, 1,
					       memory_order_acq_rel) == 1)
		alpc_lib_space_free(space);
}

static inline void alpc_lib_map_put(struct alpc_lib_space *space,
				    struct alpc_lib_map *map)
{
	if (atomic_fetch_sub(&map->users, 1) == 1)
		alpc_lib_map_end(space, map);
}

/* Be one of the users of a mapping, if it is that of the section. */
static inline bool alpc_lib_map_use(struct alpc_lib_space *space,
				    struct alpc_lib_map *map, uint32_t section)
{
	unsigned int users;

	if (atomic_load_explicit(&map->id, memory_order_relaxed) != section)
		return false;
	users = atomic_load_explicit(&map->users, memory_order_relaxed);
	do {
		if (!(users & MAP_LIVE))
			return false;
	} while (!atomic_compare_exchange_weak(&map->users, &users, users + 1));
	/* It may have become another one before it was counted. */
	if (atomic_load(&map->id) == section)
		return true;
	alpc_lib_map_put(space, map);
	return false;
}

/**
 * alpc_lib_map_get() - use a section of the other end
 * @space: space
 * @fd: as in alpc_lib_map_open()
 * @section: likewise
 * @id: likewise
 * @map: the mapping; give it back with alpc_lib_map_put()
 *
 * Return: as alpc_lib_map_open().
 */
static inline int alpc_lib_map_get(struct alpc_lib_space *space, int fd,
				   uint32_t section, uint64_t id,
				   struct alpc_lib_map **map)
{
	struct alpc_lib_map *last;

	last = atomic_load_explicit(&space->last, memory_order_relaxed);
	if (!alpc_lib_process_is(space->process) ||
	    !alpc_lib_map_use(space, last, section))
		return alpc_lib_map_search(space, fd, section, id, map);
	*map = last;
	return 0;
}

static inline size_t alpc_lib_page_round(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

/* Where a block begins in its section, for the kernel. */
static inline uint64_t alpc_lib_block_offset(const struct alpc_lib_block *block)
{
	return (uint64_t)(block->data - block->section->base);
}

#endif /* ALPC_LIB_SPACE_H */
