// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Timeouts. Points in time are coded far below zero, where no length of time
 * and not ALPC_INFINITE lies: 0 is INT64_MIN, and so up.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

#include <time.h>

#define TIME_MAX	(INT64_MAX / 2)	/* 146 years after boot */

ALPC_API int64_t alpc_until(int64_t monotonic_ns)
{
	if (monotonic_ns < 0)
		monotonic_ns = 0;
	if (monotonic_ns > TIME_MAX)
		monotonic_ns = TIME_MAX;
	return INT64_MIN + monotonic_ns;
}

ALPC_API int64_t alpc_deadline(int64_t ns)
{
	struct timespec now;

	/* Cannot fail: this clock is always there. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (ns > TIME_MAX / 2)
		ns = TIME_MAX / 2;
	if (ns < 0)
		ns = 0;
	return alpc_until((int64_t)now.tv_sec * 1000000000 + now.tv_nsec + ns);
}

/**
 * alpc_lib_time_parse() - what the kernel takes for a timeout
 * @timeout: the program's timeout
 * @time: result. A length of time becomes a point in time, because a function
 *	may need several system calls.
 *
 * Return: 0, or -EINVAL (neither of the forms that the header gives).
 */
int alpc_lib_time_parse(int64_t timeout, struct alpc_lib_time *time)
{
	*time = (struct alpc_lib_time){ .ns = timeout };
	if (timeout == ALPC_INFINITE)
		return 0;
	if (timeout == 0) {
		time->dontwait = true;
		return 0;
	}
	if (timeout > 0)
		timeout = alpc_deadline(timeout);
	if (timeout > INT64_MIN + TIME_MAX)
		return -EINVAL;
	time->ns = timeout - INT64_MIN;
	time->absolute = true;
	return 0;
}
