// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Structures of options that can grow.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "internal.h"

#include <string.h>

/**
 * alpc_lib_options() - copy a program's options
 * @to: options as this library knows them, beginning with their size
 * @to_size: size of that
 * @from: options as the program knows them, or NULL
 *
 * Return: 0, -EINVAL (the size was not set), -E2BIG (the program asks for
 * something that this library does not know).
 */
int alpc_lib_options(void *to, size_t to_size, const void *from)
{
	const unsigned char *bytes = from;
	size_t size;

	memset(to, 0, to_size);
	if (!from)
		return 0;
	memcpy(&size, from, sizeof(size));
	if (size < sizeof(size))
		return -EINVAL;
	for (size_t i = to_size; i < size; i++)
		if (bytes[i])
			return -E2BIG;
	memcpy(to, from, size < to_size ? size : to_size);
	return 0;
}
