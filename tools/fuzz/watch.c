// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel says, and what it is told.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <dirent.h>
#include <fcntl.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "watch.h"

#define PATTERNS	64

static regex_t patterns[PATTERNS];
static unsigned int pattern_count;
static int log_in = -1, log_out = -1;

static void add_pattern(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!line[0] || line[0] == '#')
		return;
	if (pattern_count == PATTERNS ||
	    regcomp(&patterns[pattern_count], line, REG_EXTENDED | REG_NOSUB)) {
		fprintf(stderr, "not a pattern: %s\n", line);
		exit(2);
	}
	pattern_count++;
}

/* Above those that programs can close. */
static int open_high(const char *path, int flags, int high)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0 || dup3(fd, high, O_CLOEXEC) < 0) {
		perror(path);
		exit(2);
	}
	close(fd);
	return high;
}

void watch_init(const char *splats)
{
	FILE *in = fopen(splats, "r");
	FILE *limit = fopen("/proc/sys/kernel/printk_devkmsg", "w");
	char line[256];

	if (!in) {
		perror(splats);
		exit(2);
	}
	while (fgets(line, sizeof(line), in))
		add_pattern(line);
	fclose(in);
	if (limit) {
		fputs("on\n", limit);
		fclose(limit);
	}
	log_in = open_high("/dev/kmsg", O_RDONLY | O_NONBLOCK, LAST_FD + 1);
	lseek(log_in, 0, SEEK_END);
	log_out = open_high("/dev/kmsg", O_WRONLY, LAST_FD + 2);
}

static bool complains(const char *line)
{
	unsigned int i;

	for (i = 0; i < pattern_count; i++)
		if (regexec(&patterns[i], line, 0, NULL, 0) == 0)
			return true;
	return false;
}

bool watch_splat(const char **line)
{
	static char entry[2048];
	char *text;
	ssize_t got;

	while ((got = read(log_in, entry, sizeof(entry) - 1)) > 0) {
		entry[got] = '\0';
		text = strchr(entry, ';');
		text = text ? text + 1 : entry;
		text[strcspn(text, "\n")] = '\0';
		if (!complains(text))
			continue;
		*line = text;
		return true;
	}
	return false;
}

void watch_say(const char *format, ...)
{
	char text[256] = "alpc-fuzz: ";
	va_list list;

	va_start(list, format);
	vsnprintf(text + strlen(text), sizeof(text) - strlen(text), format, list);
	va_end(list);
	if (write(log_out, text, strlen(text)) < 0) {
		perror("/dev/kmsg");
		exit(2);
	}
}

static void copy_out(const char *path)
{
	char text[4096];
	FILE *in = fopen(path, "r");

	while (in && fgets(text, sizeof(text), in))
		printf("# %s", text);
	if (in)
		fclose(in);
}

static void thread_stacks(const char *process)
{
	char path[512];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%s/task", process);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		printf("# thread %s of %s\n", entry->d_name, process);
		snprintf(path, sizeof(path), "/proc/%s/task/%s/stack", process, entry->d_name);
		copy_out(path);
	}
	if (tasks)
		closedir(tasks);
}

void watch_stacks(void)
{
	char pid[16];
	unsigned int i;

	for (i = 0; i < PROCS_MAX; i++) {
		if (!shared->pids[i])
			continue;
		snprintf(pid, sizeof(pid), "%d", shared->pids[i]);
		thread_stacks(pid);
	}
}
