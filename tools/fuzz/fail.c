// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures of the kernel's that are injected: memory that cannot be had, and memory of
 * the program's that cannot be copied.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "exec.h"

#define FAIL_FD		(LAST_FD + 20)
#define DEBUGFS		"/sys/kernel/debug/"

static void set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%s", text) < 0) {
		perror(path);
		exit(2);
	}
	close(fd);
}

/* Whatever can fail may, and without a word: it is wanted. */
void fail_init(void)
{
	set(DEBUGFS "failslab/verbose", "0");
	set(DEBUGFS "failslab/ignore-gfp-wait", "N");
	set(DEBUGFS "fail_page_alloc/verbose", "0");
	set(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	set(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N");
	set(DEBUGFS "fail_page_alloc/min-order", "0");
	set(DEBUGFS "fail_usercopy/verbose", "0");
}

/* It belongs to the thread that opens it. */
void fail_actor(unsigned int actor)
{
	int fd = open("/proc/thread-self/fail-nth", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dup3(fd, FAIL_FD + actor, O_CLOEXEC) < 0)
		_exit(3);
	close(fd);
}

void fail_next(unsigned int actor, unsigned int nth)
{
	dprintf(FAIL_FD + actor, "%u", nth);
}
