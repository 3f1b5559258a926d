// SPDX-License-Identifier: GPL-2.0-only
/*
 * Progress while measuring, and the table and the CSV file afterwards.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Must come before the report. */
void result_sort(struct result *result)
{
	qsort(result->value, result->n, sizeof(*result->value), compare);
}

static double median(const struct result *result)
{
	unsigned int half = result->n / 2;

	if (result->n % 2)
		return result->value[half];
	return (result->value[half - 1] + result->value[half]) / 2;
}

/* The last line of progress has no end yet. */
static bool line_open;

/*
 * Waits until a serial console has sent the text: its interrupts would fall
 * into the next measurement.
 */
void report_progress(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fflush(stderr);
	if (isatty(STDERR_FILENO))
		tcdrain(STDERR_FILENO);
	line_open = *fmt && fmt[strlen(fmt) - 1] != '\n';
}

/* Something else is about to be printed. */
void report_end_line(void)
{
	if (line_open)
		fputc('\n', stderr);
	line_open = false;
}

static const char *unit(const struct metric *metric, const struct options *opt)
{
	if (metric->unit)
		return metric->unit;
	return opt->count ? "instructions" : "ns";
}

void report_table(const struct result *result, size_t n,
		  const struct options *opt)
{
	size_t i;

	printf("%-15s %-20s %9s %12s   %-25s %s\n", "metric", "mechanism",
	       "bytes", "median", "min..max", "unit");
	for (i = 0; i < n; i++) {
		const struct result *r = &result[i];
		char range[64];

		snprintf(range, sizeof(range), "%.0f..%.0f", r->value[0],
			 r->value[r->n - 1]);
		printf("%-15s %-20s %9zu %12.0f   %-25s %s\n", r->metric->name,
		       r->mech->name, r->bytes, median(r), range,
		       unit(r->metric, opt));
	}
}

static void report_row(FILE *f, const struct result *r, const char *which,
		       double value, const struct options *opt)
{
	fprintf(f, "%s,%s,%zu,%s%s,%.1f\n", opt->count ? "count" : "wall",
		r->mech->name, r->bytes, r->metric->name, which, value);
}

void report_csv(const char *path, const struct result *result, size_t n,
		const struct options *opt)
{
	FILE *f = fopen(path, "w");
	size_t i;

	if (!f)
		fail_errno("%s", path);
	fputs("mode,mechanism,bytes,metric,value\n", f);
	for (i = 0; i < n; i++) {
		report_row(f, &result[i], "", median(&result[i]), opt);
		/* Counts repeat; of times the best one says more as well. */
		if (!opt->count)
			report_row(f, &result[i], "-min", result[i].value[0],
				   opt);
	}
	if (ferror(f) | fclose(f))
		fail_errno("writing %s", path);
}
