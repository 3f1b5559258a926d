// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the module was reached.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cover.h"

#define ENTRIES		(32 << 10)	/* of each actor in a program */
#define KCOV_FD		(LAST_FD + 10)

static uint64_t *buffers[ACTORS_MAX];
static uint64_t text;
static struct cover places;

static bool find_text(void)
{
	FILE *in = fopen("/sys/module/alpc/sections/.text", "r");
	bool found = in && fscanf(in, "%lx", &text) == 1;

	if (in)
		fclose(in);
	return found;
}

bool cover_init(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < ACTORS_MAX; i++) {
		fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
		if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, ENTRIES))
			return false;
		buffers[i] = mmap(NULL, ENTRIES * sizeof(uint64_t), PROT_READ | PROT_WRITE,
				  MAP_SHARED, fd, 0);
		if (buffers[i] == MAP_FAILED || dup3(fd, KCOV_FD + i, O_CLOEXEC) < 0)
			return false;
		close(fd);
	}
	return find_text();
}

unsigned int cover_places(const char *path)
{
	FILE *in = fopen(path, "r");
	unsigned int at;

	if (!in) {
		perror(path);
		exit(2);
	}
	while (fscanf(in, "%x", &at) == 1) {
		if (at >= TEXT_MAX)
			continue;
		places.reached[at / 8] |= 1 << at % 8;
		places.count++;
	}
	fclose(in);
	return places.count;
}

void cover_forget(void)
{
	unsigned int i;

	for (i = 0; i < ACTORS_MAX; i++)
		munmap(buffers[i], ENTRIES * sizeof(uint64_t));
}

/* Ends with the thread, when the kernel takes it back. */
void cover_actor(unsigned int actor)
{
	if (ioctl(KCOV_FD + actor, KCOV_ENABLE, KCOV_TRACE_PC))
		_exit(3);
}

void cover_reset(void)
{
	unsigned int i;

	for (i = 0; i < ACTORS_MAX; i++)
		__atomic_store_n(&buffers[i][0], 0, __ATOMIC_RELAXED);
}

unsigned int cover_add(struct cover *cover)
{
	unsigned int i, fresh = 0;
	uint64_t j, at;

	for (i = 0; i < ACTORS_MAX; i++) {
		for (j = 1; j <= buffers[i][0] && j < ENTRIES; j++) {
			at = buffers[i][j] - text;
			if (at >= TEXT_MAX || cover_has(cover, at) ||
			    (places.count && !cover_has(&places, at)))
				continue;
			cover->reached[at / 8] |= 1 << at % 8;
			fresh++;
		}
	}
	cover->count += fresh;
	return fresh;
}

void cover_write(const struct cover *cover, const char *path)
{
	FILE *out = fopen(path, "w");
	unsigned int at;

	if (!out) {
		perror(path);
		exit(2);
	}
	for (at = 0; at < TEXT_MAX; at++)
		if (cover_has(cover, at))
			fprintf(out, "%#x\n", at);
	fclose(out);
}
