/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory in which a thread that reads it stops until it is let go: with data there,
 * a reply is held in the middle of being copied.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_HOLE_H
#define ALPC_TESTS_HOLE_H

#include <stddef.h>

#define HOLE_LEN	8192U

struct hole {
	unsigned char *data;	/* %HOLE_LEN bytes, all of them 0 */
	int fd;
};

/* Return: 0 or a negative errno value. */
int hole_open(struct hole *hole);

/* Until somebody has stopped in it. */
int hole_wait(const struct hole *hole);

/* Let him go on. */
int hole_fill(const struct hole *hole);

void hole_close(struct hole *hole);

#endif /* ALPC_TESTS_HOLE_H */
