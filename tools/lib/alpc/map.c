// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mappings of the other end's sections.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "inbox.h"
#include "space.h"

#include <stdlib.h>
#include <sys/mman.h>

/**
 * alpc_lib_map_open() - map a section of the other end
 * @fd: port at which a view of it was received
 * @section: its id
 * @id: message that brought the view if @fd is a connection port, else 0
 * @map: gets @base, @len, @id and @writable
 *
 * Return: 0; errors as of %ALPC_IOC_OPEN_SECTION and mmap(2).
 */
int alpc_lib_map_open(int fd, uint32_t section, uint64_t id,
		      struct alpc_lib_map *map)
{
	struct alpc_open_section arg = {
		.size = sizeof(arg),
		.section = section,
		.id = id,
	};
	int saved = errno;
	int prot = PROT_READ;
	void *base;
	int ret;

	ret = alpc_lib_ioctl(fd, ALPC_IOC_OPEN_SECTION, &arg);
	if (ret)
		return ret;
	if (arg.out_flags & ALPC_SECTION_PEER_WRITE)
		prot |= PROT_WRITE;
	base = mmap(NULL, arg.out_len, prot, MAP_SHARED, arg.out_fd, 0);
	if (base == MAP_FAILED)
		ret = -errno;
	errno = saved;
	alpc_lib_close(arg.out_fd);
	if (ret)
		return ret;
	map->base = base;
	map->len = arg.out_len;
	map->id = section;
	map->writable = prot & PROT_WRITE;
	return 0;
}

void alpc_lib_map_close(struct alpc_lib_map *map)
{
	int saved = errno;

	munmap(map->base, map->len);
	errno = saved;
}

/*
 * Take one that is live out of the way of those who look for it, unless somebody
 * uses it. Lock held.
 */
static bool map_kill(struct alpc_lib_space *space, struct alpc_lib_map *map)
{
	unsigned int live = MAP_LIVE;

	if (!atomic_compare_exchange_strong(&map->users, &live, 0))
		return false;
	alpc_lib_map_close(map);
	alpc_lib_inbox_unmapped(space->inbox);
	return true;
}

/* It is used just now. Two who count at once count one: it is for a guess. */
static void map_touch(struct alpc_lib_space *space, struct alpc_lib_map *map)
{
	uint64_t tick;

	tick = atomic_load_explicit(&space->map_tick, memory_order_relaxed) + 1;
	atomic_store_explicit(&space->map_tick, tick, memory_order_relaxed);
	atomic_store_explicit(&map->tick, tick, memory_order_relaxed);
}

/* Unmap what was not used for longest, if anything is not used. Lock held. */
static struct alpc_lib_map *map_evict(struct alpc_lib_space *space)
{
	map_touch(space, atomic_load(&space->last));
	for (;;) {
		struct alpc_lib_map *oldest = NULL;

		for (int i = 0; i < ALPC_LIB_MAPS; i++) {
			struct alpc_lib_map *m = &space->maps[i];

			if (atomic_load(&m->users) == MAP_LIVE &&
			    (!oldest || atomic_load(&m->tick) <
					atomic_load(&oldest->tick)))
				oldest = m;
		}
		/* Somebody may just have begun to use it. */
		if (!oldest || map_kill(space, oldest))
			return oldest;
	}
}

/* Where a mapping that others can find is put, or NULL. Lock held. */
static struct alpc_lib_map *map_place(struct alpc_lib_space *space)
{
	for (int i = 0; i < ALPC_LIB_MAPS; i++)
		if (!atomic_load(&space->maps[i].users))
			return &space->maps[i];
	return map_evict(space);
}

/* If all that can be found are in use the new one is for this message alone. */
static int map_new(struct alpc_lib_space *space, int fd, uint32_t section,
		   uint64_t id, struct alpc_lib_map **map)
{
	struct alpc_lib_map *m = map_place(space);
	unsigned int users = MAP_LIVE | 1;
	int ret;

	if (!m) {
		m = calloc(1, sizeof(*m));
		users = 1;
	}
	if (!m)
		return -ENOMEM;
	ret = alpc_lib_map_open(fd, section, id, m);
	if (!ret) {
		atomic_store(&m->users, users);
		*map = m;
	} else if (users == 1) {
		free(m);
	}
	return ret;
}

static struct alpc_lib_map *map_find(struct alpc_lib_space *space,
				     uint32_t section)
{
	for (int i = 0; i < ALPC_LIB_MAPS; i++)
		if (alpc_lib_map_use(space, &space->maps[i], section))
			return &space->maps[i];
	return NULL;
}

/* It is not there, or was not a moment ago. */
static int map_get(struct alpc_lib_space *space, int fd, uint32_t section,
		   uint64_t id, struct alpc_lib_map **map)
{
	bool made = false;
	int ret = 0;

	alpc_lib_space_lock(space);
	*map = map_find(space, section);
	if (!*map) {
		ret = map_new(space, fd, section, id, map);
		made = !ret;
	}
	pthread_mutex_unlock(&space->lock);
	if (made)
		alpc_lib_inbox_mapped(space->inbox);
	return ret;
}

/* alpc_lib_map_get() if it is not the one that was used last. */
int alpc_lib_map_search(struct alpc_lib_space *space, int fd, uint32_t section,
			uint64_t id, struct alpc_lib_map **map)
{
	int ret;

	*map = NULL;
	if (alpc_lib_process_is(space->process))
		*map = map_find(space, section);
	if (!*map) {
		ret = map_get(space, fd, section, id, map);
		if (ret)
			return ret;
	}
	/* One that nobody else can find is used this once. */
	if (!(atomic_load(&(*map)->users) & MAP_LIVE))
		return 0;
	map_touch(space, atomic_exchange(&space->last, *map));
	map_touch(space, *map);
	return 0;
}

/* Nobody uses it or can find it. */
void alpc_lib_map_end(struct alpc_lib_space *space, struct alpc_lib_map *map)
{
	alpc_lib_map_close(map);
	alpc_lib_inbox_unmapped(space->inbox);
	free(map);
}

/* Unmap one mapping. Return: false if all are in use, or somebody has the lock. */
bool alpc_lib_map_evict(struct alpc_lib_space *space)
{
	bool done = false;

	if (pthread_mutex_trylock(&space->lock))
		return false;
	if (alpc_lib_process_is(space->process))
		done = !!map_evict(space);
	pthread_mutex_unlock(&space->lock);
	return done;
}

/* Nobody uses any. */
void alpc_lib_maps_close(struct alpc_lib_space *space)
{
	for (int i = 0; i < ALPC_LIB_MAPS; i++)
		map_kill(space, &space->maps[i]);
}
