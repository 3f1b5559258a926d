/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the calls are described: one line for each field of an argument.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_LAYOUT_H
#define FUZZ_LAYOUT_H

#include <linux/alpc.h>

#include "fuzz.h"

struct place {
	const char *name;
	uint16_t offset;
	uint8_t size;
};

#define AT(type, field)	((struct place){ #field, offsetof(struct type, field), \
					 sizeof(((struct type *)0)->field) })

/* Begin a call; what follows describes it. */
void begin(const char *name, unsigned int command, size_t size, uint32_t fds,
	   unsigned int weight);
void begin_system(const char *name, long (*run)(void *area), unsigned int weight);
/* The call can be made to fail in its middle; all commands can. */
void may_fail(void);
/* The following fields belong to a struct at @offset of the area, as @prefix. */
void inside(uint16_t offset, const char *prefix);
/* Room in the area for a struct that the argument points to; returns its offset. */
uint16_t room(size_t size);

struct slot *num(struct place at, uint64_t limit);
struct slot *flags(struct place at, uint64_t mask);
struct slot *size_of(struct place at, size_t size);
struct slot *zero(struct place at);
struct slot *when(struct place at);
struct slot *address(struct place at, uint64_t offset);
struct slot *block(struct place at, uint16_t offset);
struct slot *len(struct place at, uint64_t normal);
struct slot *uses(struct place at, uint32_t want);
struct slot *out(struct place at, enum type gives);
void name_at(struct place at, struct place length);

void layout_ports(void);
void layout_messages(void);
void layout_memory(void);
void layout_security(void);
void layout_completion(void);
void layout_system(void);

#endif /* FUZZ_LAYOUT_H */
