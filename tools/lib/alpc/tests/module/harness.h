/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The harness, for machines that are slow.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_HARNESS_H
#define ALPC_TESTS_HARNESS_H

#include <kselftest_harness.h>

#include "../../../../testing/selftests/alpc/rounds.h"

/* An emulated debug kernel takes its time over them. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

#endif /* ALPC_TESTS_HARNESS_H */
