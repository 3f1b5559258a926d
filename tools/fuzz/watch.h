/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says, and what it is told.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_WATCH_H
#define FUZZ_WATCH_H

#include <stdbool.h>

/* @splats: file of extended regular expressions, one in a line. */
void watch_init(const char *splats);
/* Has it complained since the last time? Its line is in *@line then. */
bool watch_splat(const char **line);
/* To its log, and the console: what is known if the next thing is a panic. */
void watch_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Where all processes but this one are. */
void watch_stacks(void);

#endif /* FUZZ_WATCH_H */
