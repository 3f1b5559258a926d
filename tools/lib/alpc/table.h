/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table from numbers to pointers.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_TABLE_H
#define ALPC_LIB_TABLE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct alpc_lib_table - table; all zero: empty
 * @cells: keys and values; a value of NULL: nothing there
 * @size: cells, a power of two, or 0
 * @used: how many are used
 */
struct alpc_lib_table {
	struct alpc_lib_cell {
		uint64_t key;
		void *value;
	} *cells;
	size_t size;
	size_t used;
};

void *alpc_lib_table_find(const struct alpc_lib_table *table, uint64_t key);
int alpc_lib_table_set(struct alpc_lib_table *table, uint64_t key, void *value);
void *alpc_lib_table_remove(struct alpc_lib_table *table, uint64_t key);

#endif /* ALPC_LIB_TABLE_H */
