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
struct alpc_op;

/* So few that their state fits on the stack, so many that they share a lock. */
#define ALPC_BATCH	8U

int alpc_vector_read(struct alpc_op *op,
		     const struct alpc_vector_send __user *u);
int alpc_vector(struct alpc_end *end, struct alpc_vector *v, bool nonblock);

#endif /* ALPC_VECTOR_H */
