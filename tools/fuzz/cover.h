/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the module was reached: KCOV, for each actor its own.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_COVER_H
#define FUZZ_COVER_H

#include "fuzz.h"

#define TEXT_MAX	(1 << 20)	/* bytes of the module's code */

/* Which offsets in the module's code were reached. */
struct cover {
	uint8_t reached[TEXT_MAX / 8];
	unsigned int count;
};

static inline bool cover_has(const struct cover *cover, unsigned int at)
{
	return cover->reached[at / 8] >> at % 8 & 1;
}

/* Before processes are made: they inherit what they need. Fails without KCOV. */
bool cover_init(void);
/* From now on only these count: a file of offsets. Returns how many there are. */
unsigned int cover_places(const char *path);
/* In a process that is not to read it. */
void cover_forget(void);
/* In each thread that is to be seen. */
void cover_actor(unsigned int actor);
/* Forget what the actors have reached. */
void cover_reset(void);
/* Add what they have reached; returns how much of it is new. */
unsigned int cover_add(struct cover *cover);
void cover_write(const struct cover *cover, const char *path);

#endif /* FUZZ_COVER_H */
