// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations: what their slots hold, and what they refer to.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <string.h>

#include "fuzz.h"

struct value number(uint64_t number)
{
	return (struct value){ .kind = V_NUMBER, .number = number };
}

struct value pointer(enum space space, uint64_t offset)
{
	return (struct value){ .kind = V_POINTER, .space = space, .number = offset };
}

struct value result(unsigned int op, unsigned int slot)
{
	return (struct value){ .kind = V_RESULT, .op = op, .slot = slot };
}

bool op_set(struct op *op, unsigned int slot, struct value value)
{
	unsigned int i;

	for (i = 0; i < op->count; i++) {
		if (op->sets[i].slot == slot) {
			op->sets[i].value = value;
			return true;
		}
	}
	if (op->count == SETS_MAX)
		return false;
	op->sets[op->count++] = (struct set){ slot, value };
	return true;
}

bool op_put(struct op *op, const char *name, struct value value)
{
	int slot = find_slot(&calls[op->call], name);

	return slot >= 0 && op_set(op, slot, value);
}

const struct value *op_value(const struct op *op, unsigned int slot)
{
	unsigned int i;

	for (i = 0; i < op->count; i++)
		if (op->sets[i].slot == slot)
			return &op->sets[i].value;
	return &calls[op->call].slots[slot].normal;
}

/* Do descriptors of the one mean the same to the other? */
bool same_table(const struct program *program, unsigned int actor, unsigned int other)
{
	unsigned int a = proc_of(actor), b = proc_of(other);

	return a == b || ((!program->proc[a].own || a == 0) &&
			  (!program->proc[b].own || b == 0));
}

/* The operations from @from on move by @by, and what refers to them does too. */
void program_move(struct program *program, unsigned int from, int by)
{
	unsigned int i, j;

	for (i = 0; i < program->count; i++) {
		for (j = 0; j < program->ops[i].count; j++) {
			struct value *value = &program->ops[i].sets[j].value;

			if (value->kind == V_RESULT && value->op >= from)
				value->op += by;
		}
	}
	memmove(&program->ops[from + by], &program->ops[from],
		(program->count - from) * sizeof(program->ops[0]));
	program->count += by;
}

void program_drop(struct program *program, unsigned int index)
{
	unsigned int i, j;

	for (i = 0; i < program->count; i++) {
		for (j = 0; j < program->ops[i].count; j++) {
			struct value *value = &program->ops[i].sets[j].value;

			if (value->kind == V_RESULT && value->op == index)
				*value = number(-1);
		}
	}
	program_move(program, index + 1, -1);
}
