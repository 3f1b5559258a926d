// SPDX-License-Identifier: GPL-2.0-only
/*
 * The means to describe calls.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "system.h"

struct call calls[CALLS_MAX];
unsigned int call_count;

static struct call *current;
static uint16_t base;
static const char *prefix;

static struct slot *add(struct place at, enum slot_kind kind)
{
	struct slot *slot;

	if (current->count == current->room) {
		current->room = current->room ? 2 * current->room : 16;
		current->slots = realloc(current->slots,
					 current->room * sizeof(*current->slots));
		if (!current->slots)
			abort();
	}
	slot = &current->slots[current->count++];
	memset(slot, 0, sizeof(*slot));
	if (snprintf(slot->name, sizeof(slot->name), "%s%s", prefix, at.name) >=
	    (int)sizeof(slot->name))
		abort();
	slot->offset = base + at.offset;
	slot->size = at.size;
	slot->kind = kind;
	return slot;
}

uint16_t room(size_t size)
{
	uint16_t offset = (current->end + 7) & ~7;

	if (offset + size > AREA_SIZE)
		abort();
	current->end = offset + size;
	return offset;
}

static void begin_any(const char *name, unsigned int weight)
{
	if (call_count == CALLS_MAX)
		abort();
	current = &calls[call_count++];
	current->name = name;
	current->weight = weight;
	current->end = ARGUMENT;
	inside(0, "");
}

void begin(const char *name, unsigned int command, size_t size, uint32_t fds,
	   unsigned int weight)
{
	begin_any(name, weight);
	current->command = command;
	uses((struct place){ "fd", offsetof(struct area, fd), 8 }, fds);
	block((struct place){ "arg", offsetof(struct area, command), 8 }, ARGUMENT);
	may_fail();
	inside(room(size), "");
}

void may_fail(void)
{
	add((struct place){ "fail", offsetof(struct area, fail), 8 }, K_FAIL);
}

void begin_system(const char *name, long (*run)(void *area), unsigned int weight)
{
	begin_any(name, weight);
	current->run = run;
	inside(0, "");
	current->end = AREA_SIZE;
}

void inside(uint16_t offset, const char *name)
{
	base = offset;
	prefix = name;
}

struct slot *num(struct place at, uint64_t limit)
{
	struct slot *slot = add(at, K_NUMBER);

	slot->limit = limit;
	return slot;
}

struct slot *flags(struct place at, uint64_t mask)
{
	struct slot *slot = add(at, K_FLAGS);

	slot->limit = mask;
	return slot;
}

struct slot *size_of(struct place at, size_t size)
{
	struct slot *slot = add(at, K_SIZE);

	slot->normal = number(size);
	slot->limit = size;
	return slot;
}

struct slot *zero(struct place at)
{
	return add(at, K_ZERO);
}

struct slot *when(struct place at)
{
	return add(at, K_TIME);
}

struct slot *address(struct place at, uint64_t offset)
{
	struct slot *slot = add(at, K_ADDRESS);

	slot->normal = pointer(S_BUFFER, offset);
	return slot;
}

struct slot *block(struct place at, uint16_t offset)
{
	struct slot *slot = add(at, K_ADDRESS);

	slot->normal = pointer(S_BLOCK, offset);
	return slot;
}

struct slot *len(struct place at, uint64_t normal)
{
	struct slot *slot = add(at, K_LENGTH);

	slot->normal = number(normal);
	return slot;
}

struct slot *uses(struct place at, uint32_t want)
{
	struct slot *slot = add(at, K_RESOURCE);

	slot->want = want;
	if (want & ONE(T_DEVICE))
		slot->normal = number(DEVICE_FD);
	else if (want & DESCRIPTORS)
		slot->normal = number(-1);
	return slot;
}

struct slot *out(struct place at, enum type gives)
{
	struct slot *slot = add(at, K_OUT);

	slot->gives = gives;
	if (ONE(gives) & DESCRIPTORS)
		slot->normal = number(-1);
	return slot;
}

void name_at(struct place at, struct place length)
{
	add(at, K_NAME)->normal = pointer(S_NAME, 0);
	add(length, K_NAME_LENGTH);
}

int find_slot(const struct call *call, const char *name)
{
	unsigned int i;

	for (i = 0; i < call->count; i++)
		if (strcmp(call->slots[i].name, name) == 0)
			return i;
	return -1;
}

struct call *find_call(const char *name)
{
	unsigned int i;

	for (i = 0; i < call_count; i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	return NULL;
}

void calls_init(void)
{
	layout_ports();
	layout_messages();
	layout_memory();
	layout_security();
	layout_completion();
	layout_system();
}
