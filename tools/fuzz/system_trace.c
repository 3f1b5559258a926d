// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's tracepoints: recorded, read as text, and given to perf.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec.h"
#include "system.h"

#define TRACING	"/sys/kernel/tracing/"

static long transfer(const char *path, int flags, char *text, size_t len)
{
	int fd = open(path, flags | O_CLOEXEC);
	long done;

	if (fd < 0)
		return -errno;
	done = flags & O_WRONLY ? write(fd, text, len) : read(fd, text, len);
	done = done < 0 ? -errno : done;
	close(fd);
	return done;
}

static long switch_to(const char *state)
{
	char text[2] = { state[0] };

	return transfer(TRACING "events/alpc/enable", O_WRONLY, text, 1);
}

void trace_off(void)
{
	switch_to("0");
	close(open(TRACING "trace", O_WRONLY | O_TRUNC | O_CLOEXEC));
}

/* Record one of them for this thread, and those that it makes. */
static long open_perf(unsigned int event)
{
	static const char *const events[EVENT_KINDS] = {
		"alpc_send", "alpc_receive", "alpc_list", "alpc_wait", "alpc_wake",
		"alpc_connect", "alpc_accept", "alpc_close",
	};
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .inherit = 1,
		.sample_period = 1,
	};
	char path[96], text[16] = "";
	long fd;

	snprintf(path, sizeof(path), TRACING "events/alpc/%s/id",
		 events[event % EVENT_KINDS]);
	if (transfer(path, O_RDONLY, text, sizeof(text) - 1) <= 0)
		return -ENOENT;
	attr.config = atoi(text);
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

long run_trace(void *area)
{
	struct area *a = area;
	char text[4096];

	switch (a->args[0] % TRACE_KINDS) {
	case 0:
		shared->traced = true;
		return switch_to("1");
	case 1:
		return transfer(TRACING "trace", O_RDONLY, text, sizeof(text));
	case 2:
		return open_perf(a->args[1]);
	default:
		return switch_to("0");
	}
}
