/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was measured, and how it is told: progress, table, CSV file.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_BENCH_REPORT_H
#define ALPC_BENCH_REPORT_H

#include "bench.h"

/**
 * enum metric_subject - struct metric.subject
 * @CALLS: calls between two processes
 * @CONNECTIONS: connections; mechanisms without struct mechanism.connection
 *	have none
 * @GROWTH: likewise, with struct connection_ops.call
 * @LOANS: reading another process's memory, likewise struct mechanism.loan
 * @STREAMS: messages without a reply, likewise struct mechanism.stream
 * @SERVICES: calls of many clients, likewise struct mechanism.service
 */
enum metric_subject { CALLS, CONNECTIONS, GROWTH, LOANS, STREAMS, SERVICES };

/**
 * enum metric_payload - struct metric.payload
 * @EVERY_SIZE: measured for each size
 * @FIRST_SIZE: measured for the first size only
 * @NO_PAYLOAD: there is none
 */
enum metric_payload { EVERY_SIZE, FIRST_SIZE, NO_PAYLOAD };

/**
 * struct metric - one kind of measurement
 * @name: as it stands in the CSV file
 * @unit: of its values, or NULL where the mode decides: instructions if
 *	counting, nanoseconds otherwise
 * @measure: returns the value of one round; NULL where there is @measure_of
 * @measure_of: likewise, of a given number
 * @of: that number: of clients, of threads, or which percentile
 * @subject: what it is about
 * @payload: which payload sizes make a difference to it
 * @max_rounds: rounds that are enough, if the command line asks for more
 */
struct metric {
	const char *name;
	const char *unit;
	double (*measure)(const struct mechanism *mech, size_t bytes,
			  const struct options *opt);
	double (*measure_of)(const struct mechanism *mech, size_t bytes,
			     unsigned int of, const struct options *opt);
	unsigned int of;
	enum metric_subject subject;
	enum metric_payload payload;
	unsigned int max_rounds;
};

/**
 * struct result - the values of one measurement
 * @metric: what was measured
 * @mech: of which mechanism
 * @bytes: payload, 0 if the metric has none
 * @n: number of rounds done
 * @value: the value of each round, in order of size after result_sort()
 */
struct result {
	const struct metric *metric;
	const struct mechanism *mech;
	size_t bytes;
	unsigned int n;
	double *value;
};

void result_sort(struct result *result);
void report_progress(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
void report_end_line(void);
void report_table(const struct result *result, size_t n,
		  const struct options *opt);
void report_csv(const char *path, const struct result *result, size_t n,
		const struct options *opt);

#endif /* ALPC_BENCH_REPORT_H */
