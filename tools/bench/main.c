// SPDX-License-Identifier: GPL-2.0-only
/*
 * alpc-bench: measures ALPC and other mechanisms side by side.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "plan.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_RESULTS (MAX_METRICS * MAX_MECHANISMS * MAX_SIZES)

static unsigned int rounds_of(const struct metric *metric,
			      const struct options *opt)
{
	return opt->rounds < metric->max_rounds ? opt->rounds
						: metric->max_rounds;
}

static bool can_do(const struct mechanism *mech, enum metric_subject subject)
{
	switch (subject) {
	case CONNECTIONS:
		return mech->connection;
	case GROWTH:
		return mech->connection && mech->connection->call;
	case LOANS:
		return mech->loan;
	case STREAMS:
		return mech->stream;
	case SERVICES:
		return mech->service;
	default:
		return mech->call;
	}
}

static bool is_measurable(const struct metric *metric,
			  const struct mechanism *mech, size_t bytes)
{
	if (!can_do(mech, metric->subject))
		return false;
	if (metric->subject != CALLS || bytes <= mech->max_bytes)
		return true;
	report_progress("alpc-bench: left out: %s does not carry %zu bytes\n",
			mech->name, bytes);
	return false;
}

/* Appends what @metric measures; returns how many results that makes. */
static size_t list_results(struct result *result, const struct plan *plan,
			   const struct metric *metric)
{
	const size_t sizes = metric->payload == EVERY_SIZE ? plan->sizes : 1;
	size_t n = 0;
	size_t i, s;

	for (s = 0; s < sizes; s++) {
		size_t bytes = metric->payload == NO_PAYLOAD ? 0
							     : plan->bytes[s];

		for (i = 0; mechanisms[i]; i++) {
			if (!plan->mech[i] ||
			    !is_measurable(metric, mechanisms[i], bytes))
				continue;
			result[n++] = (struct result){
				.metric = metric,
				.mech = mechanisms[i],
				.bytes = bytes,
				.value = xcalloc(rounds_of(metric, &plan->opt),
						 sizeof(double)),
			};
		}
	}
	return n;
}

static double measure_once(const struct result *r, const struct options *opt)
{
	const struct metric *metric = r->metric;

	if (metric->measure_of)
		return metric->measure_of(r->mech, r->bytes, metric->of, opt);
	return metric->measure(r->mech, r->bytes, opt);
}

/* In each round all take their turn, so that a drift hits all alike. */
static void measure(struct result *result, size_t n, const struct plan *plan)
{
	const struct metric *metric = result->metric;
	const unsigned int rounds = rounds_of(metric, &plan->opt);
	unsigned int round;
	size_t i;

	for (round = 0; round < rounds; round++) {
		report_progress("alpc-bench: %s, round %u of %u:", metric->name,
				round + 1, rounds);
		for (i = 0; i < n; i++) {
			struct result *r = &result[i];

			report_progress(" %s", r->mech->name);
			if (r->bytes)
				report_progress("/%zu", r->bytes);
			watch_for_trouble();
			r->value[r->n++] = measure_once(r, &plan->opt);
		}
		report_progress("\n");
	}
	for (i = 0; i < n; i++)
		result_sort(&result[i]);
}

int main(int argc, char **argv)
{
	static struct result result[MAX_RESULTS];
	struct plan plan;
	size_t total = 0;
	size_t i, n;

	plan_from_options(&plan, argc, argv);
	if (plan.settle) {
		report_progress("alpc-bench: letting the machine settle, %.0f s\n",
				plan.settle);
		sleep_seconds(plan.settle);
	}
	for (i = 0; metrics[i].name; i++) {
		if (!plan.metric[i])
			continue;
		n = list_results(&result[total], &plan, &metrics[i]);
		if (n)
			measure(&result[total], n, &plan);
		total += n;
	}
	if (!total)
		fail("none of these mechanisms can be measured like that");
	report_table(result, total, &plan.opt);
	if (plan.csv)
		report_csv(plan.csv, result, total, &plan.opt);
	for (i = 0; i < total; i++)
		free(result[i].value);
	return EXIT_SUCCESS;
}
