// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fewest programs, and the shortest, that reach what the corpus reaches.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* What each program reaches; schedules differ, so it is what it does in every run. */
static struct cover *measure(const struct corpus *corpus)
{
	struct cover *covers = calloc(corpus->count, sizeof(*covers));
	struct cover *again = malloc(sizeof(*again));
	unsigned int i, j;
	char name[64];

	if (!covers || !again)
		abort();
	for (i = 0; i < corpus->count; i++) {
		snprintf(name, sizeof(name), "corpus %u", i);
		run_one(corpus->programs[i], &covers[i], name);
		memset(again, 0, sizeof(*again));
		run_one(corpus->programs[i], again, name);
		for (j = 0; j < sizeof(again->reached); j++)
			covers[i].reached[j] &= again->reached[j];
	}
	free(again);
	return covers;
}

/* How many places of @cover are not in @have. */
static unsigned int lacks(const struct cover *have, const struct cover *cover)
{
	unsigned int i, count = 0;

	for (i = 0; i < sizeof(have->reached); i++)
		count += __builtin_popcount(cover->reached[i] & ~have->reached[i]);
	return count;
}

/* Whether a program still reaches what it is there for. */
static bool suffices(const struct program *program, const struct cover *goal)
{
	static struct cover cover;

	memset(&cover, 0, sizeof(cover));
	run_one(program, &cover, "shorter");
	return lacks(&cover, goal) == 0;
}

static void shorten(struct program *program, const struct cover *goal)
{
	struct program shorter;
	unsigned int i;

	for (i = program->count; i-- > 0;) {
		shorter = *program;
		program_drop(&shorter, i);
		if (suffices(&shorter, goal))
			*program = shorter;
	}
}

static unsigned int best_of(const struct corpus *corpus, const struct cover *covers,
			    const struct cover *have, unsigned int *gain)
{
	unsigned int i, one, best = 0;

	*gain = 0;
	for (i = 0; i < corpus->count; i++) {
		one = lacks(have, &covers[i]);
		if (one > *gain) {
			*gain = one;
			best = i;
		}
	}
	return best;
}

int run_distil(struct corpus *corpus)
{
	struct cover *covers = measure(corpus);
	static struct cover have, goal;
	unsigned int i, gain, best, kept = 0;

	while (kept < options.programs) {
		best = best_of(corpus, covers, &have, &gain);
		if (!gain)
			break;
		for (i = 0; i < sizeof(have.reached); i++)
			goal.reached[i] = covers[best].reached[i] & ~have.reached[i];
		shorten(corpus->programs[best], &goal);
		for (i = 0; i < sizeof(have.reached); i++)
			have.reached[i] |= goal.reached[i];
		printf("# %u: %u places, %u operations\n", kept, gain,
		       corpus->programs[best]->count);
		run_keep(corpus->programs[best], kept++);
	}
	free(covers);
	puts("ok 1 - fuzz: distilled");
	return 0;
}
