/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A C++ exception, for tests in C.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_THROW_H
#define ALPC_TESTS_THROW_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Throws; the argument is not used. */
int throw_exception(void *unused);

/* Runs @fn. Was it left by an exception? */
bool catch_exception(void (*fn)(void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_TESTS_THROW_H */
