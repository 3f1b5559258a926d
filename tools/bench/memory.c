// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel memory that an idle connection takes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Frees what lies in caches, and lets deferred frees come to an end. */
static void settle_memory(void)
{
	FILE *f;

	sleep_seconds(1);
	sync();
	f = fopen("/proc/sys/vm/drop_caches", "w");
	if (!f || fputs("3\n", f) < 0 || fclose(f))
		fail_errno("dropping caches");
	sleep_seconds(1);
}

/* Pages that are free, but kept at hand for one CPU. In bytes. */
static double free_at_hand(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	double bytes = 0;
	unsigned long pages;
	char line[128];

	if (!f)
		fail_errno("/proc/zoneinfo");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %lu", &pages) == 1)
			bytes += (double)pages * (double)sysconf(_SC_PAGESIZE);
	fclose(f);
	return bytes;
}

/*
 * What the kernel has allocated for itself, in bytes: all memory that is
 * neither free, nor a process's own, nor a cache of files. The lines of meminfo
 * for slab, vmalloc, per-CPU memory and stacks do not add up to this: they miss
 * what comes straight from the page allocator.
 */
static double kernel_memory(void)
{
	static const struct {
		const char *name;
		int sign;
	} part[] = {
		{ "MemTotal:", 1 }, { "MemFree:", -1 }, { "Buffers:", -1 },
		{ "Cached:", -1 }, { "AnonPages:", -1 },
	};
	FILE *f = fopen("/proc/meminfo", "r");
	double bytes = -free_at_hand();
	char line[128], name[64];
	size_t i, found = 0;
	unsigned long kb;

	if (!f)
		fail_errno("/proc/meminfo");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lu", name, &kb) != 2)
			continue;
		for (i = 0; i < ARRAY_SIZE(part); i++) {
			if (strcmp(name, part[i].name))
				continue;
			bytes += part[i].sign * (double)kb * 1024;
			found++;
		}
	}
	fclose(f);
	if (found != ARRAY_SIZE(part))
		fail("/proc/meminfo lacks a line");
	return bytes;
}

/*
 * Returns bytes per connection. The first connection is not counted: what is
 * allocated with it may serve all the others too. Nor is the process's table
 * of descriptors, which is brought to its size beforehand.
 */
double measure_memory(const struct mechanism *mech, size_t bytes,
		      const struct options *opt)
{
	const struct connection_ops *ops = mech->connection;
	const unsigned int n = opt->connections;
	const unsigned int top = 2 * n + 64;
	int (*end)[2] = xcalloc(n + 1, sizeof(*end));
	double before, after;
	void *listener;
	unsigned int i;

	(void)bytes;
	memset(end, 0xff, (n + 1) * sizeof(*end));
	raise_open_files(top + 1);
	if (dup2(STDERR_FILENO, (int)top) < 0)
		fail_errno("dup2");
	listener = ops->listen(n + 1);
	ops->connect(listener, end[n]);
	settle_memory();
	before = kernel_memory();
	for (i = 0; i < n; i++)
		ops->connect(listener, end[i]);
	settle_memory();
	after = kernel_memory();
	for (i = 0; i <= n; i++)
		ops->disconnect(listener, end[i]);
	ops->unlisten(listener);
	close((int)top);
	free(end);
	return (after - before) / n;
}
