// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "message.h"
#include "plan.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
"Usage: alpc-bench [option...]\n"
"Measures synchronous round trips between two processes, and more.\n"
"\n"
"  --mode count|wall   label of the results; count: the clock of this machine\n"
"                      counts instructions (default wall)\n"
"  --mechanism LIST    which mechanisms (default all)\n"
"  --metric LIST       which measurements (default all)\n"
"  --bytes LIST        payload of each message (default 64,256)\n"
"  --iterations N      measured operations in each round (default 3000)\n"
"  --enough MS         a round of round trips ends after so many milliseconds\n"
"                      (default 1000)\n"
"  --warmup N          operations before them, not measured (default 300)\n"
"  --rounds N          rounds; the median of their values is the result\n"
"                      (default 5 for count, 15 for wall)\n"
"  --connections N     idle connections for metric memory (default 5000)\n"
"  --settle SECONDS    sleep before the first measurement (default 0)\n"
"  --pin               client on CPU 0, server on CPU 1\n"
"  --csv FILE          write the results there too\n"
"  --help              this text\n";

static const char *mechanism_name(size_t i)
{
	return mechanisms[i] ? mechanisms[i]->name : NULL;
}

static const char *metric_name(size_t i)
{
	return metrics[i].name;
}

static void print_names(const char *title, const char *(*name_of)(size_t i))
{
	size_t i;

	fputs(title, stdout);
	for (i = 0; name_of(i); i++)
		printf(" %s", name_of(i));
	putchar('\n');
}

static void print_help(void)
{
	fputs(usage, stdout);
	print_names("\nMechanisms:", mechanism_name);
	print_names("Metrics:", metric_name);
}

static void choose(bool *chosen, const char *(*name_of)(size_t i),
		   const char *option, const char *word)
{
	size_t i;

	for (i = 0; name_of(i); i++) {
		if (!strcmp(name_of(i), word)) {
			chosen[i] = true;
			return;
		}
	}
	fail("--%s: there is no \"%s\"", option, word);
}

static void choose_list(bool *chosen, const char *(*name_of)(size_t i),
			const char *option, char *list)
{
	char *word = strtok(list, ",");

	if (!word)
		fail("--%s: an empty list", option);
	for (; word; word = strtok(NULL, ","))
		choose(chosen, name_of, option, word);
}

static unsigned int parse_number(const char *option, const char *text,
				 unsigned int min, unsigned int max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || n < min || n > max)
		fail("--%s: \"%s\" is not a number from %u to %u", option,
		     text, min, max);
	return (unsigned int)n;
}

static void choose_sizes(struct plan *plan, const char *option, char *list)
{
	char *word = strtok(list, ",");

	if (!word)
		fail("--%s: an empty list", option);
	for (; word; word = strtok(NULL, ",")) {
		if (plan->sizes == MAX_SIZES)
			fail("--%s: more than %d sizes", option, MAX_SIZES);
		plan->bytes[plan->sizes++] =
			parse_number(option, word, MSG_MIN_BYTES, 64U << 20);
	}
}

enum {
	OPT_MODE, OPT_MECHANISM, OPT_METRIC, OPT_BYTES, OPT_ITERATIONS,
	OPT_ENOUGH, OPT_WARMUP, OPT_ROUNDS, OPT_CONNECTIONS, OPT_SETTLE, OPT_PIN, OPT_CSV,
	OPT_HELP,
};

static const struct option options[] = {
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "mechanism", required_argument, NULL, OPT_MECHANISM },
	{ "metric", required_argument, NULL, OPT_METRIC },
	{ "bytes", required_argument, NULL, OPT_BYTES },
	{ "iterations", required_argument, NULL, OPT_ITERATIONS },
	{ "enough", required_argument, NULL, OPT_ENOUGH },
	{ "warmup", required_argument, NULL, OPT_WARMUP },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "settle", required_argument, NULL, OPT_SETTLE },
	{ "pin", no_argument, NULL, OPT_PIN },
	{ "csv", required_argument, NULL, OPT_CSV },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 }
};

static void take_option(struct plan *plan, int option, const char *name)
{
	struct options *opt = &plan->opt;

	switch (option) {
	case OPT_MODE:
		if (strcmp(optarg, "count") && strcmp(optarg, "wall"))
			fail("--mode is count or wall, not \"%s\"", optarg);
		opt->count = !strcmp(optarg, "count");
		break;
	case OPT_MECHANISM:
		choose_list(plan->mech, mechanism_name, name, optarg);
		break;
	case OPT_METRIC:
		choose_list(plan->metric, metric_name, name, optarg);
		break;
	case OPT_BYTES:
		choose_sizes(plan, name, optarg);
		break;
	case OPT_ITERATIONS:
		opt->iterations = parse_number(name, optarg, 1, 100000000);
		break;
	case OPT_ENOUGH:
		opt->enough_ns = parse_number(name, optarg, 1, 60000) *
				 UINT64_C(1000000);
		break;
	case OPT_WARMUP:
		opt->warmup = parse_number(name, optarg, 0, 100000000);
		break;
	case OPT_ROUNDS:
		opt->rounds = parse_number(name, optarg, 1, 1000);
		break;
	case OPT_CONNECTIONS:
		opt->connections = parse_number(name, optarg, 1, 400000);
		break;
	case OPT_SETTLE:
		plan->settle = parse_number(name, optarg, 0, 3600);
		break;
	case OPT_PIN:
		opt->pin = true;
		break;
	case OPT_CSV:
		plan->csv = optarg;
		break;
	case OPT_HELP:
		print_help();
		exit(EXIT_SUCCESS);
	default:
		fail("try --help");
	}
}

static void fill_defaults(struct plan *plan)
{
	struct options *opt = &plan->opt;

	if (!memchr(plan->mech, true, sizeof(plan->mech)))
		memset(plan->mech, true, sizeof(plan->mech));
	if (!memchr(plan->metric, true, sizeof(plan->metric)))
		memset(plan->metric, true, sizeof(plan->metric));
	if (!plan->sizes) {
		plan->bytes[plan->sizes++] = 64;
		plan->bytes[plan->sizes++] = 256;
	}
	/* Counts repeat to a tenth of a per cent, wall-clock times do not. */
	if (!opt->rounds)
		opt->rounds = opt->count ? 5 : 15;
}

/* Fills @plan, or ends the program with a message about what is wrong. */
void plan_from_options(struct plan *plan, int argc, char **argv)
{
	int index = 0;
	int option;

	*plan = (struct plan){
		.opt = { .iterations = 3000, .warmup = 300,
			 .enough_ns = 1000000000, .connections = 5000 },
	};
	while ((option = getopt_long(argc, argv, "", options, &index)) != -1)
		take_option(plan, option, options[index].name);
	if (optind < argc)
		fail("\"%s\" is not an option; try --help", argv[optind]);
	fill_defaults(plan);
}
