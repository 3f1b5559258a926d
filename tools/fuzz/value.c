// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a slot may hold: mostly what makes sense, now and then what does not.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <string.h>

#include <linux/alpc.h>

#include "fuzz.h"

#define PICK(rng, list)	((list)[rng_below(rng, sizeof(list) / sizeof((list)[0]))])

/* A transfer leaves a message only if it receives, a vector only where it does. */
static bool makes(const struct op *op, unsigned int slot)
{
	const struct call *call = &calls[op->call];
	const char *name = call->slots[slot].name;
	uint64_t flags;

	if (call->command == ALPC_IOC_TRANSFER) {
		flags = op_value(op, find_slot(call, "flags"))->number;
		return strncmp(name, "recv.", 5) == 0 ?
			flags & (ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_WAIT) :
			flags & ALPC_TRANSFER_SEND;
	}
	if (call->command == ALPC_IOC_VECTOR)
		return (unsigned int)(name[4] - '0') <
		       op_value(op, find_slot(call, name[0] == 's' ? "send_count" :
						    "recv_count"))->number;
	return true;
}

/* All that is wanted, the newest first; if @fd, only what was made through it. */
static unsigned int list_made(const struct program *program, uint32_t want, int actor,
			      const struct value *fd, struct value *found, unsigned int room)
{
	unsigned int i, j, count = 0;

	for (i = program->count; i-- > 0;) {
		const struct op *op = &program->ops[i];
		const struct value *through = op_value(op, 0);

		if ((want & DESCRIPTORS) && actor >= 0 &&
		    !same_table(program, actor, op->actor))
			continue;
		if (fd && (through->kind != V_RESULT || through->op != fd->op))
			continue;
		for (j = 0; j < calls[op->call].count && count < room; j++)
			if (want & ONE(calls[op->call].slots[j].gives) && makes(op, j))
				found[count++] = result(i, j);
	}
	return count;
}

/* Something of a type that is wanted, rather what is new; for @actor, or anybody. */
bool find_made(const struct program *program, struct rng *rng, uint32_t want, int actor,
	       struct value *made)
{
	struct value found[64];
	unsigned int count = list_made(program, want, actor, NULL, found, 64);

	if (!count)
		return false;
	if (count > 4 && rng_chance(rng, 60))
		count = 4;
	*made = found[rng_below(rng, count)];
	return true;
}

/* Numbers mean something where they were made. */
static bool find_related(const struct program *program, struct rng *rng,
			 const struct op *op, uint32_t want, struct value *made)
{
	const struct value *fd = op_value(op, 0);
	struct value found[16];
	unsigned int count;

	if (fd->kind != V_RESULT || want & DESCRIPTORS)
		return false;
	count = list_made(program, want, -1, fd, found, 16);
	if (count)
		*made = found[rng_below(rng, count)];
	return count;
}

/* Likewise, and make it if there is nothing. */
struct value need(struct program *program, struct rng *rng, uint32_t want, int actor)
{
	struct value made;
	unsigned int type;

	if (want & ONE(T_DEVICE) && (want == ONE(T_DEVICE) || rng_chance(rng, 10)))
		return number(DEVICE_FD);
	if (rng_chance(rng, 92) && find_made(program, rng, want, actor, &made))
		return made;
	do
		type = rng_below(rng, T_COUNT);
	while (!(want & ONE(type)));
	make_scene(program, rng, type);
	if (find_made(program, rng, want, actor, &made))
		return made;
	return number(-1);
}

static struct value random_number(struct rng *rng, uint64_t limit)
{
	static const uint64_t wild[] = { -1, 1UL << 31, 1UL << 32, 1UL << 63, 0x7fffffff };

	switch (rng_below(rng, 16)) {
	case 0:
		return number(limit);
	case 1:
		return number(limit + 1);
	case 2:
		return number(PICK(rng, wild));
	case 3:
	case 4:
		return number(limit == (uint64_t)-1 ? rng_next(rng) :
			      rng_next(rng) % (limit + 1));
	case 5:
	case 6:
		return number(0);
	default:
		return number(rng_below(rng, limit < 5 ? limit + 1 : 5));
	}
}

static struct value random_flags(struct rng *rng, uint64_t mask)
{
	if (rng_chance(rng, 3))
		return number(1UL << rng_below(rng, 32));
	if (rng_chance(rng, 35))
		return number(0);
	return number(rng_next(rng) & (rng_chance(rng, 50) ? rng_next(rng) : mask) & mask);
}

static struct value random_time(struct rng *rng)
{
	static const int64_t times[] = {
		0, 1000000, 3000000, 3000000, 5000000, 10000000, -1, -1,
	};

	if (rng_chance(rng, 4))
		return number(rng_next(rng));
	return number(PICK(rng, times));
}

static struct value random_address(struct rng *rng, struct value normal)
{
	static const uint64_t wild[] = {
		0, 1, 0xffff888000000000, -4096, 0x7ffffffff000, 1UL << 63,
	};

	switch (rng_below(rng, 20)) {
	case 0:
		return pointer(S_NOWHERE, rng_below(rng, 64) * 8);
	case 1:
		return pointer(S_READONLY, rng_below(rng, 64) * 8);
	case 2:
		/* Into what must not be accessed any more. */
		return pointer(S_BUFFER, 0x20000 - rng_below(rng, 64) * 8);
	case 3:
		return pointer(S_SHARED, rng_below(rng, 64) * 8);
	case 4:
		return pointer(S_BUFFER, rng_below(rng, 0x10000));
	case 5:
		return number(PICK(rng, wild));
	case 6:
		return pointer(S_BLOCK, rng_below(rng, 0x100) * 8);
	case 7 ... 9:
		if (normal.kind == V_POINTER && normal.space == S_BLOCK)
			normal.space = S_FROZEN;
		return normal;
	default:
		return normal;
	}
}

static struct value random_length(struct rng *rng, uint64_t limit)
{
	static const uint32_t lengths[] = {
		0, 1, 4, 8, 40, 64, 100, 128, 255, 256, 257, 1000, 4095, 4096, 4096, 4097,
		8192, 8192, 12288, 16384, 65495, 65496, 0x100000, 0x8000001, 0xffffffff,
	};

	if (limit && rng_chance(rng, 85))
		return number(rng_below(rng, limit > 64 ? 64 : limit + 1));
	return number(PICK(rng, lengths));
}

static struct value random_resource(struct program *program, struct rng *rng,
				    const struct op *op, uint32_t want)
{
	struct value value;

	if (rng_chance(rng, 4))
		return random_number(rng, 16);
	if (!rng_chance(rng, 70) || !find_related(program, rng, op, want, &value))
		value = need(program, rng, want, op->actor);
	if (value.kind == V_RESULT && !(want & DESCRIPTORS) && rng_chance(rng, 3))
		value.number = rng_chance(rng, 50) ? 1 : -1;
	return value;
}

/* A command has some ten such places; those that have been waited for come later. */
static struct value random_failure(struct rng *rng)
{
	return number(1 + rng_below(rng, 2 << rng_below(rng, 6)));
}

struct value random_value(struct program *program, struct rng *rng, const struct op *op,
			  unsigned int index)
{
	const struct slot *slot = &calls[op->call].slots[index];

	switch (slot->kind) {
	case K_NUMBER:
		return random_number(rng, slot->limit);
	case K_FLAGS:
		return random_flags(rng, slot->limit);
	case K_SIZE:
		return number(slot->limit - 8 + rng_below(rng, 4) * 8);
	case K_TIME:
		return random_time(rng);
	case K_ADDRESS:
		return random_address(rng, slot->normal);
	case K_LENGTH:
		return random_length(rng, slot->limit);
	case K_NAME:
		return pointer(S_NAME, rng_below(rng, rng_chance(rng, 85) ? 3 : NAMES));
	case K_NAME_LENGTH:
		return random_number(rng, 256);
	case K_RESOURCE:
		return random_resource(program, rng, op, slot->want);
	case K_FAIL:
		return random_failure(rng);
	default:
		return random_number(rng, 1);
	}
}

void let_fail(struct rng *rng, struct op *op)
{
	op_put(op, "fail", random_failure(rng));
}
