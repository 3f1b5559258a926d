/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often to repeat what is left to chance.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_ROUNDS_H
#define ALPC_TEST_ROUNDS_H

#include <stdlib.h>

/*
 * Usually @usual times; ALPC_ROUNDS says how many of a hundred of these. The same for all
 * processes of a test, and at least 1.
 */
static inline unsigned int rounds(unsigned int usual)
{
	const char *percent = getenv("ALPC_ROUNDS");
	unsigned long n = percent ? usual * strtoul(percent, NULL, 10) / 100 : usual;

	return n ? n : 1;
}

#endif /* ALPC_TEST_ROUNDS_H */
