// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzzer for /dev/alpc that is guided by coverage.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "watch.h"

static const char help[] =
"usage: alpc-fuzz [OPTION...]\n"
"\n"
"Makes programs of operations on /dev/alpc and runs them, as root, with KCOV.\n"
"Ends with status 1 if the kernel complains or a process does not end.\n"
"\n"
"  --corpus DIR     programs to begin with; may be given again\n"
"  --seed N         of the run (1); program I of it depends on N, I and the corpus\n"
"  --time SECONDS   how long (60)\n"
"  --programs N     how many at most\n"
"  --out DIR        where programs are left that reach what was not reached before\n"
"                   (found/), what was reached (reached), and the program that failed\n"
"                   (failed)\n"
"  --places FILE    what there is to be reached; without it everything counts\n"
"  --splats FILE    what the kernel must not say (/splats)\n"
"  --replay WHAT    run one program --programs times: a file, or SEED:COUNT as it was\n"
"                   announced in the kernel's log: made from SEED and the first COUNT\n"
"                   programs of the corpus\n"
"  --print WHAT     likewise, but write it out\n"
"  --distil         out of the corpus those that together reach everything, without\n"
"                   operations that are not needed for that, to found/\n";

struct options options = {
	.seed = 1, .seconds = 60, .programs = -1UL, .splats = "/splats",
};

static const struct option names[] = {
	{ "corpus", required_argument, NULL, 'c' },
	{ "seed", required_argument, NULL, 's' },
	{ "time", required_argument, NULL, 't' },
	{ "programs", required_argument, NULL, 'n' },
	{ "places", required_argument, NULL, 'm' },
	{ "out", required_argument, NULL, 'o' },
	{ "splats", required_argument, NULL, 'w' },
	{ "replay", required_argument, NULL, 'r' },
	{ "print", required_argument, NULL, 'p' },
	{ "distil", no_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end) {
		fprintf(stderr, "'%s' is not a number\n", text);
		exit(2);
	}
	return number;
}

static void add_corpus(const char *dir)
{
	unsigned int i;

	for (i = 0; options.corpus[i]; i++)
		;
	if (i == CORPORA) {
		fputs("too many directories\n", stderr);
		exit(2);
	}
	options.corpus[i] = dir;
}

static void parse(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'c':
			add_corpus(optarg);
			break;
		case 's':
			options.seed = number_of(optarg);
			break;
		case 't':
			options.seconds = number_of(optarg);
			break;
		case 'n':
			options.programs = number_of(optarg);
			break;
		case 'm':
			options.places = optarg;
			break;
		case 'o':
			options.out = optarg;
			break;
		case 'w':
			options.splats = optarg;
			break;
		case 'r':
			options.replay = optarg;
			break;
		case 'p':
			options.print = optarg;
			break;
		case 'd':
			options.distil = true;
			break;
		default:
			fputs(help, option == 'h' ? stdout : stderr);
			exit(option == 'h' ? 0 : 2);
		}
	}
}

/* A file, or SEED:COUNT. */
static struct program program_named(const char *what, const struct corpus *corpus)
{
	struct program program;
	unsigned int known;
	uint64_t seed;
	FILE *in;

	if (sscanf(what, "%" SCNx64 ":%u", &seed, &known) == 2) {
		if (known > corpus->count) {
			fprintf(stderr, "the corpus has only %u programs\n", corpus->count);
			exit(2);
		}
		generate(&program, seed, corpus, known);
		return program;
	}
	in = fopen(what, "r");
	if (!in) {
		perror(what);
		exit(2);
	}
	if (!program_read(&program, in, what))
		exit(2);
	fclose(in);
	return program;
}

int main(int argc, char **argv)
{
	struct corpus corpus = { 0 };
	struct program program;
	unsigned int i;

	parse(argc, argv);
	calls_init();
	if (!options.print)
		run_init();
	for (i = 0; options.corpus[i]; i++)
		corpus_load(&corpus, options.corpus[i]);
	if (options.print) {
		program = program_named(options.print, &corpus);
		program_write(&program, stdout);
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (options.replay) {
		program = program_named(options.replay, &corpus);
		return run_again(&program);
	}
	return options.distil ? run_distil(&corpus) : run_fuzz(&corpus);
}
