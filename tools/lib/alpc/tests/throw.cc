// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A C++ exception, for tests in C.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "throw.h"

int throw_exception(void *)
{
	throw 1;
}

bool catch_exception(void (*fn)(void *arg), void *arg)
{
	try {
		fn(arg);
	} catch (int) {
		return true;
	}
	return false;
}
