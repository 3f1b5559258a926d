// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs that are kept. Their order is that of their files' names, as what
 * is generated depends on it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <dirent.h>
#include <stdlib.h>

#include "fuzz.h"

void corpus_add(struct corpus *corpus, const struct program *program)
{
	if (corpus->count == corpus->room) {
		corpus->room = corpus->room ? 2 * corpus->room : 64;
		corpus->programs = realloc(corpus->programs,
					   corpus->room * sizeof(*corpus->programs));
		if (!corpus->programs)
			abort();
	}
	corpus->programs[corpus->count] = malloc(sizeof(*program));
	if (!corpus->programs[corpus->count])
		abort();
	*corpus->programs[corpus->count++] = *program;
}

static int is_program(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void load_file(struct corpus *corpus, const char *path)
{
	struct program program;
	FILE *in = fopen(path, "r");

	if (!in) {
		perror(path);
		exit(2);
	}
	if (!program_read(&program, in, path))
		exit(2);
	fclose(in);
	corpus_add(corpus, &program);
}

void corpus_load(struct corpus *corpus, const char *dir)
{
	struct dirent **entries;
	char path[4096];
	int i, count = scandir(dir, &entries, is_program, alphasort);

	if (count < 0) {
		perror(dir);
		exit(2);
	}
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		load_file(corpus, path);
		free(entries[i]);
	}
	free(entries);
}
