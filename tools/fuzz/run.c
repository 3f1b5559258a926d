// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzing itself.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "exec.h"
#include "run.h"
#include "watch.h"

#define REPORT_EVERY	20	/* seconds */

static struct cover reached;
static unsigned long done;
static unsigned int place_count;

void run_init(void)
{
	char path[4096];

	exec_init();
	spaces_init();
	fail_init();
	watch_init(options.splats);
	if (!cover_init()) {
		fputs("there is no KCOV, or the module is not loaded\n", stderr);
		exit(2);
	}
	exec_begin();
	if (options.places)
		place_count = cover_places(options.places);
	if (options.out) {
		mkdir(options.out, 0755);
		snprintf(path, sizeof(path), "%s/found", options.out);
		mkdir(path, 0755);
	}
}

static void write_file(const struct program *program, const char *name)
{
	char path[4096];
	FILE *out;

	if (!options.out)
		return;
	snprintf(path, sizeof(path), "%s/%s", options.out, name);
	out = fopen(path, "w");
	if (!out) {
		perror(path);
		exit(2);
	}
	fprintf(out, "# %s: GPL-2.0-only\n", "SPDX-License-Identifier");
	program_write(program, out);
	fclose(out);
}

void run_keep(const struct program *program, unsigned int index)
{
	char name[32];

	snprintf(name, sizeof(name), "found/%05u", index);
	write_file(program, name);
}

/* Each line as a comment, for who reads TAP. */
static void print(const struct program *program)
{
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	program_write(program, out);
	fclose(out);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		printf("#| %s\n", line);
	free(text);
}

static void finish(void)
{
	char path[4096];

	printf("# %lu programs, %u of %u places reached\n", done, reached.count,
	       place_count);
	if (!options.out)
		return;
	snprintf(path, sizeof(path), "%s/reached", options.out);
	cover_write(&reached, path);
}

static _Noreturn void give_up(const struct program *program, const char *name, const char *why)
{
	printf("# %s: %s\n", name, why);
	print(program);
	write_file(program, "failed");
	finish();
	printf("not ok 1 - fuzz: %s\n", why);
	exit(1);
}

unsigned int run_one(const struct program *program, struct cover *cover, const char *name)
{
	const char *line;
	unsigned int fresh;
	bool ended;

	watch_say("%s", name);
	ended = exec_program(program);
	done++;
	fresh = cover_add(cover);
	if (cover != &reached)
		cover_add(&reached);
	if (!ended) {
		watch_stacks();
		give_up(program, name, "a process does not end");
	}
	if (watch_splat(&line))
		give_up(program, name, line);
	return fresh;
}

static time_t seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void run_corpus(const struct corpus *corpus, time_t end)
{
	char name[64];
	unsigned int i;

	for (i = 0; i < corpus->count && seconds() < end; i++) {
		snprintf(name, sizeof(name), "corpus %u", i);
		run_one(corpus->programs[i], &reached, name);
	}
	printf("# the corpus, %u programs: %u places reached\n", i, reached.count);
}

/* What is added to the corpus is printed: after a panic that is all there is of it. */
static void found(struct corpus *corpus, const struct program *program, unsigned int fresh)
{
	printf("# found %05u: %u new places\n", corpus->count, fresh);
	print(program);
	run_keep(program, corpus->count);
	corpus_add(corpus, program);
}

int run_fuzz(struct corpus *corpus)
{
	time_t began = seconds(), reported = began;
	struct program program;
	unsigned int fresh;
	uint64_t i, seed;
	char name[64];

	printf("TAP version 13\n1..1\n# seed %lu, %u programs in the corpus\n", options.seed,
	       corpus->count);
	run_corpus(corpus, began + options.seconds);
	for (i = 0; i < options.programs; i++) {
		if (seconds() - began >= (time_t)options.seconds)
			break;
		seed = rng_next(&(struct rng){ options.seed + (i << 20) });
		snprintf(name, sizeof(name), "program %lx:%u", seed, corpus->count);
		generate(&program, seed, corpus, corpus->count);
		fresh = run_one(&program, &reached, name);
		if (fresh)
			found(corpus, &program, fresh);
		if (seconds() - reported < REPORT_EVERY)
			continue;
		reported = seconds();
		printf("# fuzz: %lu of %lu s, %lu programs, %u of %u places, %u in the corpus\n",
		       reported - began, options.seconds, done, reached.count, place_count,
		       corpus->count);
	}
	finish();
	puts("ok 1 - fuzz: no splat, and all processes ended");
	return 0;
}

int run_again(const struct program *program)
{
	unsigned long i, count = options.programs == -1UL ? 1 : options.programs;

	puts("TAP version 13\n1..1");
	print(program);
	for (i = 0; i < count; i++)
		run_one(program, &reached, "replay");
	finish();
	puts("ok 1 - fuzz: no splat, and all processes ended");
	return 0;
}
