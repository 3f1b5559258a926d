// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What file-service and file-client do alike as programs.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#define _GNU_SOURCE

#include "file-tool.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void say(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("%s %d: %s\n", program_invocation_short_name, getpid(), line);
}

uint64_t option_number(const char *text, uint64_t most)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	/* It would take a sign, and what is behind the number. */
	if (isdigit((unsigned char)*text) && !*end && !errno && number <= most)
		return number;
	fprintf(stderr, "%s: '%s' is not a number from 0 to %llu\n",
		program_invocation_short_name, text, (unsigned long long)most);
	exit(2);
}
