// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A table from numbers to pointers: open addressing, in steps of one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "table.h"

#include <errno.h>
#include <stdlib.h>

#define TABLE_FIRST	64

/* Keys are often numbers in a row, or addresses. */
static size_t table_home(const struct alpc_lib_table *table, uint64_t key)
{
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
	       (table->size - 1);
}

/* The cell of a key, or the one where it would be put. */
static struct alpc_lib_cell *table_cell(const struct alpc_lib_table *table,
					uint64_t key)
{
	size_t i = table_home(table, key);

	while (table->cells[i].value && table->cells[i].key != key)
		i = (i + 1) & (table->size - 1);
	return &table->cells[i];
}

void *alpc_lib_table_find(const struct alpc_lib_table *table, uint64_t key)
{
	return table->used ? table_cell(table, key)->value : NULL;
}

static int table_grow(struct alpc_lib_table *table)
{
	struct alpc_lib_table bigger = {
		.size = table->size ? table->size * 2 : TABLE_FIRST,
		.used = table->used,
	};

	bigger.cells = calloc(bigger.size, sizeof(*bigger.cells));
	if (!bigger.cells)
		return -ENOMEM;
	for (size_t i = 0; i < table->size; i++)
		if (table->cells[i].value)
			*table_cell(&bigger, table->cells[i].key) =
				table->cells[i];
	free(table->cells);
	*table = bigger;
	return 0;
}

/**
 * alpc_lib_table_set() - add or replace a value
 * @table: table
 * @key: key
 * @value: value, not NULL
 *
 * Return: 0, or, if the key is new, -ENOMEM.
 */
int alpc_lib_table_set(struct alpc_lib_table *table, uint64_t key, void *value)
{
	struct alpc_lib_cell *cell;

	if (alpc_lib_table_find(table, key)) {
		table_cell(table, key)->value = value;
		return 0;
	}
	if (table->used * 2 >= table->size && table_grow(table))
		return -ENOMEM;
	cell = table_cell(table, key);
	*cell = (struct alpc_lib_cell){ .key = key, .value = value };
	table->used++;
	return 0;
}

/* Close the gap at @hole: what lies behind it may have been put there for it. */
static void table_close(struct alpc_lib_table *table, size_t hole)
{
	size_t mask = table->size - 1;

	for (size_t i = (hole + 1) & mask; table->cells[i].value;
	     i = (i + 1) & mask) {
		size_t home = table_home(table, table->cells[i].key);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		table->cells[hole] = table->cells[i];
		hole = i;
	}
	table->cells[hole].value = NULL;
}

/**
 * alpc_lib_table_remove() - take a value out
 * @table: table
 * @key: its key
 *
 * Return: the value, or NULL if there is none.
 */
void *alpc_lib_table_remove(struct alpc_lib_table *table, uint64_t key)
{
	struct alpc_lib_cell *cell;
	void *value;

	if (!table->used)
		return NULL;
	cell = table_cell(table, key);
	value = cell->value;
	if (value) {
		table->used--;
		table_close(table, (size_t)(cell - table->cells));
	}
	return value;
}
