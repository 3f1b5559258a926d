/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzzer does with programs.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_RUN_H
#define FUZZ_RUN_H

#include "cover.h"

#define CORPORA		4

struct options {
	const char *corpus[CORPORA + 1];
	const char *out, *places, *splats, *replay, *print;
	uint64_t seed;
	unsigned long seconds, programs;
	bool distil;
};

extern struct options options;

void run_init(void);
/* Run a program, and leave if that did harm; returns how much it has reached that
 * @cover had not.
 */
unsigned int run_one(const struct program *program, struct cover *cover, const char *name);
/* Keep a program in the directory for those. */
void run_keep(const struct program *program, unsigned int index);

/* Each returns the exit status. */
int run_fuzz(struct corpus *corpus);
int run_again(const struct program *program);
int run_distil(struct corpus *corpus);

#endif /* FUZZ_RUN_H */
