// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sections of one's own: made and given back.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "space.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t slots_len(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t len = ALPC_SECTION_SLOTS * sizeof(uint32_t);

	return (len + page - 1) / page * page;
}

static int section_map(struct alpc_lib_section *sec,
		       const struct alpc_create_section *arg)
{
	int saved = errno;
	int ret = 0;
	void *base, *slots;

	base = mmap(NULL, arg->out_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		    arg->out_fd, 0);
	if (base == MAP_FAILED) {
		ret = -errno;
		goto out;
	}
	slots = mmap(NULL, slots_len(), PROT_READ, MAP_SHARED, arg->out_fd,
		     (off_t)arg->out_slots);
	if (slots == MAP_FAILED) {
		ret = -errno;
		munmap(base, arg->out_len);
		goto out;
	}
	sec->base = base;
	sec->slots = slots;
out:
	errno = saved;
	return ret;
}

void alpc_lib_section_unmap(struct alpc_lib_section *section)
{
	int saved = errno;

	munmap(section->base, section->len);
	/* Cast: munmap() takes what is const here as well. */
	munmap((void *)(uintptr_t)section->slots, slots_len());
	errno = saved;
}

static int section_delete(const struct alpc_lib_space *space, uint32_t id)
{
	struct alpc_delete_section arg = { .size = sizeof(arg), .section = id };

	return alpc_lib_ioctl(space->fd, ALPC_IOC_DELETE_SECTION, &arg);
}

/**
 * alpc_lib_section_create() - create and map a section
 * @space: space, locked
 * @len: bytes
 * @unit: bytes of the smallest block in it, a power of two, or @len
 * @section: the section, one of the space's now. Its blocks are yet to be made.
 *
 * Return: 0; errors as of %ALPC_IOC_CREATE_SECTION and mmap(2); -EBADF if the
 * port's handle is closed.
 */
int alpc_lib_section_create(struct alpc_lib_space *space, size_t len,
			    size_t unit, struct alpc_lib_section **section)
{
	struct alpc_create_section arg = {
		.size = sizeof(arg),
		.flags = ALPC_SECTION_PEER_WRITE,
		.len = len,
	};
	size_t units = len / unit;
	struct alpc_lib_section *sec;
	int ret;

	if (space->fd < 0)
		return -EBADF;
	if (!space->max_section)
		return -EOPNOTSUPP;
	sec = calloc(1, sizeof(*sec) + units * sizeof(sec->blocks[0]));
	if (!sec)
		return -ENOMEM;
	ret = alpc_lib_ioctl(space->fd, ALPC_IOC_CREATE_SECTION, &arg);
	if (ret)
		goto err_free;
	ret = section_map(sec, &arg);
	alpc_lib_close(arg.out_fd);
	if (ret) {
		section_delete(space, arg.out_section);
		goto err_free;
	}
	sec->len = len;
	sec->unit = unit;
	sec->units = (uint32_t)units;
	sec->id = arg.out_section;
	sec->tick = space->tick;
	sec->next = space->sections;
	space->sections = sec;
	*section = sec;
	return 0;

err_free:
	free(sec);
	return ret;
}

/**
 * alpc_lib_section_delete() - give a section back
 * @space: space, locked
 * @section: section of which no block is used
 *
 * Return: bytes.
 */
size_t alpc_lib_section_delete(struct alpc_lib_space *space,
			       struct alpc_lib_section *section)
{
	struct alpc_lib_section **p = &space->sections;
	size_t len = section->len;

	while (*p != section)
		p = &(*p)->next;
	*p = section->next;
	alpc_lib_block_forget(space, section);
	section_delete(space, section->id);
	alpc_lib_section_unmap(section);
	free(section);
	return len;
}
