/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many messages in one call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_VECTOR_H
#define ALPC_VECTOR_H

#include <linux/types.h>
#include <uapi/linux/alpc.h>

struct alpc_end;

int alpc_vector(struct alpc_end *end, struct alpc_vector *v, bool nonblock);

#endif /* ALPC_VECTOR_H */
