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

static void map_free(struct alpc_lib_space *space, struct alpc_lib_map *map)
{
	alpc_lib_map_close(map);
	alpc_lib_inbox_unmapped(space->inbox);
	free(map);
}

/* Unmap what was not used for longest, if anything is not used. */
static bool map_evict(struct alpc_lib_space *space)
{
	int oldest = -1;

	for (int i = 0; i < ALPC_LIB_MAPS; i++) {
		const struct alpc_lib_map *m = space->maps[i];

		if (m && !m->users &&
		    (oldest < 0 || m->tick < space->maps[oldest]->tick))
			oldest = i;
	}
	if (oldest < 0)
		return false;
	map_free(space, space->maps[oldest]);
	space->maps[oldest] = NULL;
	return true;
}

/* Let others find it, if there is room. */
static void map_list(struct alpc_lib_space *space, struct alpc_lib_map *map)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < ALPC_LIB_MAPS; i++) {
			if (space->maps[i])
				continue;
			space->maps[i] = map;
			map->listed = true;
			return;
		}
		if (!map_evict(space))
			return;
	}
}

static int map_new(struct alpc_lib_space *space, int fd, uint32_t section,
		   uint64_t id, struct alpc_lib_map **map)
{
	struct alpc_lib_map *m = calloc(1, sizeof(*m));
	int ret;

	if (!m)
		return -ENOMEM;
	ret = alpc_lib_map_open(fd, section, id, m);
	if (ret) {
		free(m);
		return ret;
	}
	m->users = 1;
	map_list(space, m);
	*map = m;
	return 0;
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
int alpc_lib_map_get(struct alpc_lib_space *space, int fd, uint32_t section,
		     uint64_t id, struct alpc_lib_map **map)
{
	struct alpc_lib_map *m;
	bool made = false;
	int ret = 0;

	alpc_lib_space_lock(space);
	for (int i = 0; i < ALPC_LIB_MAPS; i++) {
		m = space->maps[i];
		if (m && m->id == section) {
			m->users++;
			goto found;
		}
	}
	ret = map_new(space, fd, section, id, &m);
	if (ret)
		goto out;
	made = true;
found:
	m->tick = ++space->tick;
	*map = m;
out:
	pthread_mutex_unlock(&space->lock);
	if (made)
		alpc_lib_inbox_mapped(space->inbox);
	return ret;
}

void alpc_lib_map_put(struct alpc_lib_space *space, struct alpc_lib_map *map)
{
	alpc_lib_space_lock(space);
	if (!--map->users && !map->listed)
		map_free(space, map);
	pthread_mutex_unlock(&space->lock);
}

/* Unmap one mapping. Return: false if all are in use, or somebody has the lock. */
bool alpc_lib_map_evict(struct alpc_lib_space *space)
{
	bool done = false;

	if (pthread_mutex_trylock(&space->lock))
		return false;
	if (alpc_lib_process_is(space->process))
		done = map_evict(space);
	pthread_mutex_unlock(&space->lock);
	return done;
}

/* Nobody uses any. */
void alpc_lib_maps_close(struct alpc_lib_space *space)
{
	for (int i = 0; i < ALPC_LIB_MAPS; i++) {
		if (space->maps[i])
			map_free(space, space->maps[i]);
		space->maps[i] = NULL;
	}
}
