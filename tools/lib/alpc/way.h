/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every number that the choice of a way, and the memory for it, depend on.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_WAY_H
#define ALPC_LIB_WAY_H

#include <stddef.h>

/*
 * Up to here data go inline if the port's limit lets them, above it in a view. By
 * the count of instructions a view is the cheaper from somewhere between 512 and
 * 1024 bytes on; but it takes memory for each connection, and for so little gain
 * that is not worth it.
 */
#define ALPC_LIB_INLINE_MAX	((size_t)2048)

/* The longest data that are taken in unless the program says otherwise. */
#define ALPC_LIB_RECEIVE_MAX	((size_t)1 << 30)

/* Longer than any message, so that sums of lengths cannot overflow. */
#define ALPC_LIB_LEN_MAX	(SIZE_MAX / 8)

/*
 * Sections for blocks of every size: the first one, and how much longer the next
 * one is than the last, up to the longest. Few sections, because the other side
 * maps each; a short one first, because a server may have thousands of clients.
 */
#define ALPC_LIB_POOL_FIRST	((size_t)64 << 10)
#define ALPC_LIB_POOL_GROWTH	4
#define ALPC_LIB_POOL_LAST	((size_t)16 << 20)

/* Longer blocks than this have a section each. */
#define ALPC_LIB_BLOCK_MAX	((size_t)4 << 20)

/* Blocks in a section: each has a release counter of its own. */
#define ALPC_LIB_UNITS		256

/*
 * A section that is longer than the first one goes when so many blocks have been
 * handed out since it was used last; looked for as often.
 */
#define ALPC_LIB_IDLE		4096

/*
 * Mappings of the other end's sections that one end keeps, and that a connection
 * port and the ends accepted there keep together: a process can have 65,530
 * mappings of all sorts unless its administrator says otherwise.
 */
#define ALPC_LIB_MAPS		8
#define ALPC_LIB_MAPS_ALL	8192

/*
 * A thread of a server loop gives the memory of a long message back after so
 * many that would have fitted into this.
 */
#define ALPC_LIB_KEEP_ROOM	((size_t)1 << 20)
#define ALPC_LIB_KEEP_TIMES	64

#endif /* ALPC_LIB_WAY_H */
