// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that programs see: at the same addresses in all processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "exec.h"

#define SPACE_SIZE	0x20000
#define NAME_ROOM	512

const char *const port_names[NAMES] = {
	"fuzz-a", "fuzz-b", "fuzz-c", "fuzz-d", "fuzz-e", "fuzz-f",
	"", "with\ncontrol", "not\xff\xfeutf8", "\xc3\xbc\xe2\x82\xac", "/a/../b", NULL,
};

static char *spaces[S_BLOCK];
static ptrdiff_t frozen;		/* from what is shared to its other mapping */

static char *map(int protection, int flags)
{
	char *memory = mmap(NULL, SPACE_SIZE, protection, flags | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

/* Another mapping of the memory that operations have their areas in. */
static void freeze(void)
{
	char *again = mremap(shared, 0, sizeof(*shared), MREMAP_MAYMOVE);

	if (again == MAP_FAILED || mprotect(again, sizeof(*shared), PROT_READ))
		abort();
	frozen = again - (char *)shared;
}

/* The last name is as long as one may be, and what follows it makes it longer. */
static void write_names(char *memory)
{
	unsigned int i;

	for (i = 0; i < NAMES; i++) {
		if (port_names[i])
			strcpy(memory + i * NAME_ROOM, port_names[i]);
		else
			memset(memory + i * NAME_ROOM, 'n', 255);
	}
}

void spaces_init(void)
{
	unsigned int i;

	spaces[S_BUFFER] = map(PROT_READ | PROT_WRITE, MAP_PRIVATE);
	spaces[S_SHARED] = map(PROT_READ | PROT_WRITE, MAP_SHARED);
	spaces[S_READONLY] = map(PROT_READ, MAP_PRIVATE);
	spaces[S_NOWHERE] = map(PROT_NONE, MAP_PRIVATE);
	spaces[S_NAME] = map(PROT_READ | PROT_WRITE, MAP_PRIVATE);
	for (i = 0; i < 0x4000; i++)
		spaces[S_BUFFER][i] = i * 7;
	write_names(spaces[S_NAME]);
	freeze();
}

uint64_t space_address(enum space space, uint64_t offset, void *area)
{
	if (space == S_BLOCK)
		return (uintptr_t)area + offset;
	if (space == S_FROZEN)
		return (uintptr_t)area + frozen + offset;
	if (space == S_NAME)
		return (uintptr_t)spaces[S_NAME] + offset % NAMES * NAME_ROOM;
	return (uintptr_t)spaces[space] + offset;
}
