// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of sections, callers' memory, descriptors and words.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <stdio.h>
#include <stdlib.h>

#include "layout.h"

#define PARTS	3

static void sections(void)
{
	begin("create_section", ALPC_IOC_CREATE_SECTION,
	      sizeof(struct alpc_create_section), ENDS, 4);
	size_of(AT(alpc_create_section, size), sizeof(struct alpc_create_section));
	flags(AT(alpc_create_section, flags), ALPC_SECTION_PEER_WRITE);
	len(AT(alpc_create_section, len), 8192);
	out(AT(alpc_create_section, out_section), T_SECTION);
	out(AT(alpc_create_section, out_fd), T_MEMORY);

	begin("open_section", ALPC_IOC_OPEN_SECTION, sizeof(struct alpc_open_section),
	      PORTS, 3);
	size_of(AT(alpc_open_section, size), sizeof(struct alpc_open_section));
	flags(AT(alpc_open_section, flags), 0);
	uses(AT(alpc_open_section, section), ONE(T_SECTION));
	out(AT(alpc_open_section, out_fd), T_MEMORY);
	uses(AT(alpc_open_section, id), ONE(T_MESSAGE));
	zero(AT(alpc_open_section, __reserved));

	begin("delete_section", ALPC_IOC_DELETE_SECTION,
	      sizeof(struct alpc_delete_section), ENDS, 2);
	size_of(AT(alpc_delete_section, size), sizeof(struct alpc_delete_section));
	flags(AT(alpc_delete_section, flags), 0);
	uses(AT(alpc_delete_section, section), ONE(T_SECTION));
	zero(AT(alpc_delete_section, __reserved));
}

static void access_memory(void)
{
	unsigned int i;
	uint16_t parts;
	char *name;

	begin("access", ALPC_IOC_ACCESS, sizeof(struct alpc_access), PORTS, 4);
	parts = room(PARTS * sizeof(struct alpc_access_part));
	size_of(AT(alpc_access, size), sizeof(struct alpc_access));
	flags(AT(alpc_access, flags), ALPC_ACCESS_WRITE);
	uses(AT(alpc_access, id), ONE(T_MESSAGE));
	block(AT(alpc_access, parts), parts);
	len(AT(alpc_access, count), 1)->limit = PARTS;
	zero(AT(alpc_access, __reserved));
	for (i = 0; i < PARTS; i++) {
		if (asprintf(&name, "part%u.", i) < 0)
			abort();
		inside(parts + i * sizeof(struct alpc_access_part), name);
		num(AT(alpc_access_part, range), 3);
		zero(AT(alpc_access_part, __reserved));
		len(AT(alpc_access_part, offset), 0)->limit = 0x2000;
		address(AT(alpc_access_part, address), 0x8000 + i * 0x1000);
		len(AT(alpc_access_part, len), 16)->limit = 0x2000;
	}
}

static void words(const char *name, unsigned int command, bool waiting)
{
	begin(name, command, sizeof(struct alpc_quick), ENDS, 2);
	size_of(AT(alpc_quick, size), sizeof(struct alpc_quick));
	flags(AT(alpc_quick, flags), waiting ? ALPC_TRANSFER_ABSTIME : 0);
	if (waiting)
		when(AT(alpc_quick, timeout));
	else
		zero(AT(alpc_quick, timeout));
	uses(AT(alpc_quick, section), ONE(T_SECTION));
	num(AT(alpc_quick, value), 1);
	len(AT(alpc_quick, offset), 0);
}

void layout_memory(void)
{
	sections();
	access_memory();
	words("quick_wait", ALPC_IOC_QUICK_WAIT, true);
	words("quick_wake", ALPC_IOC_QUICK_WAKE, false);

	begin("take_fds", ALPC_IOC_TAKE_FDS, sizeof(struct alpc_take_fds), PORTS, 3);
	size_of(AT(alpc_take_fds, size), sizeof(struct alpc_take_fds));
	flags(AT(alpc_take_fds, flags), 0);
	uses(AT(alpc_take_fds, id), ONE(T_MESSAGE));
	block(AT(alpc_take_fds, fds), room(4 * sizeof(int32_t)));
	num(AT(alpc_take_fds, first), 4);
	len(AT(alpc_take_fds, count), 1)->limit = 4;
}
