// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances of the tracepoints.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
