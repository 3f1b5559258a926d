/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion ports, as the files of libalpc see them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_COMPLETION_H
#define ALPC_LIB_COMPLETION_H

#include "internal.h"

/**
 * struct alpc_completion - handle to a completion port
 * @fd: its descriptor; immutable
 */
struct alpc_completion {
	int fd;
};

#endif /* ALPC_LIB_COMPLETION_H */
