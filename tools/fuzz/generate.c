// SPDX-License-Identifier: GPL-2.0-only
/*
 * New programs.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <string.h>

#include <linux/alpc.h>

#include "fuzz.h"

void random_procs(struct program *program, struct rng *rng)
{
	static const uint16_t uids[] = { 0, 0, 0, 1001, 1002 };
	unsigned int i;
	bool one;

	if (!program->procs)
		program->procs = 1 + rng_below(rng, PROCS_MAX);
	/* What different users may do to each other is little. */
	one = rng_chance(rng, 55);
	for (i = 0; i < program->procs; i++) {
		program->proc[i].uid = one ? 0 : uids[rng_below(rng, 5)];
		program->proc[i].own = i && rng_chance(rng, 20);
		program->proc[i].userns = program->proc[i].own && rng_chance(rng, 40);
	}
}

struct op start_op(const char *call, unsigned int actor)
{
	struct op op = { .call = find_call(call) - calls, .actor = actor };

	return op;
}

bool add_op(struct program *program, const struct op *op)
{
	if (program->count == OPS_MAX)
		return false;
	program->ops[program->count++] = *op;
	return true;
}

/* Who can use a descriptor. */
unsigned int actor_for(const struct program *program, struct rng *rng, struct value fd)
{
	unsigned int tries, actor = 0;

	for (tries = 0; tries < 8; tries++) {
		actor = rng_below(rng, program->procs * THREADS);
		if (fd.kind != V_RESULT ||
		    same_table(program, actor, program->ops[fd.op].actor))
			return actor;
	}
	return program->ops[fd.op].actor;
}

/* A few slots as no sane program has them. */
void blur(struct program *program, struct rng *rng, struct op *op)
{
	unsigned int slot;

	while (rng_chance(rng, 12)) {
		slot = rng_below(rng, calls[op->call].count);
		op_set(op, slot, random_value(program, rng, op, slot));
	}
	if (rng_chance(rng, 3))
		let_fail(rng, op);
}

/* Each slot that is not as by default in most programs anyway. */
static void fill_plain(struct program *program, struct rng *rng, struct op *op)
{
	static const uint8_t percent[] = {
		[K_NUMBER] = 30, [K_FLAGS] = 45, [K_SIZE] = 2, [K_ZERO] = 1, [K_TIME] = 80,
		[K_ADDRESS] = 8, [K_LENGTH] = 40, [K_NAME] = 100, [K_NAME_LENGTH] = 2,
		[K_RESOURCE] = 100, [K_FAIL] = 1, [K_OUT] = 0,
	};
	const struct call *call = &calls[op->call];
	unsigned int i;

	for (i = 0; i < call->count; i++)
		if (!(i == 0 && op->count) && rng_chance(rng, percent[call->slots[i].kind]))
			op_set(op, i, random_value(program, rng, op, i));
}

static const struct call *random_call(struct rng *rng)
{
	unsigned int i, sum = 0, at;

	for (i = 0; i < call_count; i++)
		sum += calls[i].weight;
	at = rng_below(rng, sum);
	for (i = 0; at >= calls[i].weight; i++)
		at -= calls[i].weight;
	return &calls[i];
}

/* Whether the operation is likely to sleep until another comes. */
static bool sleeps(const struct op *op)
{
	int slot = find_slot(&calls[op->call], "timeout");

	return slot >= 0 && op_value(op, slot)->number == (uint64_t)-1;
}

static bool add_single(struct program *program, struct rng *rng)
{
	const struct call *call = random_call(rng);
	struct op op = start_op(call->name, rng_below(rng, program->procs * THREADS));
	struct value fd;

	if (strcmp(call->slots[0].name, "fd") == 0) {
		fd = need(program, rng, call->slots[0].want,
			  strncmp(call->name, "getfd", 5) == 0 ? -1 : (int)op.actor);
		op.actor = actor_for(program, rng, fd);
		op_set(&op, 0, fd);
	}
	if (call->command == ALPC_IOC_TRANSFER)
		fill_transfer(program, rng, &op);
	else if (call->command == ALPC_IOC_VECTOR)
		fill_vector(program, rng, &op);
	else
		fill_plain(program, rng, &op);
	blur(program, rng, &op);
	op.beside = sleeps(&op) || rng_chance(rng, 10);
	return add_op(program, &op);
}

bool add_random(struct program *program, struct rng *rng)
{
	if (rng_chance(rng, 12))
		add_story(program, rng);
	return add_single(program, rng);
}

void generate(struct program *program, uint64_t seed, const struct corpus *corpus,
	      unsigned int known)
{
	struct rng rng = { seed };
	unsigned int left;

	if (known && rng_chance(&rng, 80)) {
		*program = *corpus->programs[rng_below(&rng, known)];
		mutate(program, &rng, corpus, known);
		return;
	}
	memset(program, 0, sizeof(*program));
	random_procs(program, &rng);
	for (left = 3 + rng_below(&rng, 12); left && add_random(program, &rng); left--)
		;
}
