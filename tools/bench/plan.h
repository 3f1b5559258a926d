/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one run measures: chosen on the command line from two tables.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_BENCH_PLAN_H
#define ALPC_BENCH_PLAN_H

#include "bench.h"
#include "report.h"

#define MAX_MECHANISMS	40
#define MAX_METRICS	80
#define MAX_SIZES	24

/* Both end with an entry without a name. tables.c */
extern const struct mechanism *const mechanisms[MAX_MECHANISMS + 1];
extern const struct metric metrics[MAX_METRICS + 1];

/**
 * struct plan - everything that is to be measured
 * @opt: how
 * @mech: which entries of mechanisms[]
 * @metric: which entries of metrics[]
 * @bytes: payload sizes
 * @sizes: how many of them
 * @settle: seconds to sleep first
 * @csv: file for the results, or NULL
 */
struct plan {
	struct options opt;
	bool mech[MAX_MECHANISMS];
	bool metric[MAX_METRICS];
	size_t bytes[MAX_SIZES];
	size_t sizes;
	double settle;
	const char *csv;
};

/* options.c */
void plan_from_options(struct plan *plan, int argc, char **argv);

#endif /* ALPC_BENCH_PLAN_H */
