/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What file-service and file-client do alike as programs.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FILE_TOOL_H
#define FILE_TOOL_H

#include <stdint.h>

/* Print a line, and which process of which program says it. */
__attribute__((format(printf, 1, 2)))
void say(const char *fmt, ...);

/* The number that @text says, 0 to @most. If it says none the program ends. */
uint64_t option_number(const char *text, uint64_t most);

#endif /* FILE_TOOL_H */
