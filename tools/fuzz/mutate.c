// SPDX-License-Identifier: GPL-2.0-only
/*
 * New programs out of those that are kept.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <string.h>

#include "fuzz.h"

/* Cut it before @at, let @more operations come, and put the rest behind again. */
static void insert(struct program *program, struct rng *rng, unsigned int at)
{
	struct program rest = *program;
	unsigned int more, i;

	program->count = at;
	add_random(program, rng);
	more = program->count - at;
	if (rest.count + more > OPS_MAX) {
		*program = rest;
		return;
	}
	program_move(&rest, at, more);
	for (i = at + more; i < rest.count; i++)
		program->ops[i] = rest.ops[i];
	program->count = rest.count;
}

/* Another's operations behind these. */
static void splice(struct program *program, struct rng *rng, const struct program *other)
{
	struct program more = *other;
	unsigned int i;

	if (program->count + more.count > OPS_MAX)
		program->count = rng_below(rng, program->count + 1);
	if (program->count + more.count > OPS_MAX)
		return;
	program_move(&more, 0, program->count);
	for (i = program->count; i < more.count; i++) {
		program->ops[i] = more.ops[i];
		program->ops[i].actor %= program->procs * THREADS;
	}
	program->count = more.count;
}

/* What comes before an operation can be referred to, and no more. */
static void change_slot(struct program *program, struct rng *rng, unsigned int at)
{
	struct program before = *program;
	struct op *op = &program->ops[at];
	struct value value;
	unsigned int slot;

	if (op->count && rng_chance(rng, 50))
		slot = op->sets[rng_below(rng, op->count)].slot;
	else
		slot = rng_below(rng, calls[op->call].count);
	before.count = at;
	value = random_value(&before, rng, op, slot);
	if (value.kind != V_RESULT || value.op < at)
		op_set(op, slot, value);
}

static void forget_slot(struct program *program, struct rng *rng, unsigned int at)
{
	struct op *op = &program->ops[at];

	if (op->count)
		op->sets[rng_below(rng, op->count)] = op->sets[op->count - 1];
	op->count -= op->count > 0;
}

/* Do it again, by somebody else, maybe at the same time. */
static void repeat(struct program *program, struct rng *rng, unsigned int at)
{
	struct op op = program->ops[at];

	if (program->count == OPS_MAX)
		return;
	if (rng_chance(rng, 60))
		op.actor = rng_below(rng, program->procs * THREADS);
	program->ops[at].beside |= rng_chance(rng, 50);
	program_move(program, at + 1, 1);
	program->ops[at + 1] = op;
}

static void mutate_once(struct program *program, struct rng *rng,
			const struct corpus *corpus, unsigned int known)
{
	unsigned int at = program->count ? rng_below(rng, program->count) : 0;
	unsigned int way = program->count ? rng_below(rng, 22) : 0;

	switch (way) {
	case 0 ... 6:
		insert(program, rng, rng_chance(rng, 60) ? program->count : at);
		break;
	case 7 ... 11:
		change_slot(program, rng, at);
		break;
	case 12:
		forget_slot(program, rng, at);
		break;
	case 13:
		program_drop(program, at);
		break;
	case 14:
		program->ops[at].actor = rng_below(rng, program->procs * THREADS);
		break;
	case 15:
	case 16:
		program->ops[at].beside ^= true;
		break;
	case 17:
		repeat(program, rng, at);
		break;
	case 18:
		splice(program, rng, corpus->programs[rng_below(rng, known)]);
		break;
	case 19:
	case 20:
		let_fail(rng, &program->ops[at]);
		break;
	default:
		random_procs(program, rng);
	}
}

void mutate(struct program *program, struct rng *rng, const struct corpus *corpus,
	    unsigned int known)
{
	do
		mutate_once(program, rng, corpus, known);
	while (rng_chance(rng, 60));
}
