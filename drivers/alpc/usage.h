/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling what is used of each limit.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_USAGE_H
#define ALPC_USAGE_H

struct alpc_end;
struct alpc_usage;

void alpc_usage_of_port(struct alpc_end *end, struct alpc_usage *usage);
int alpc_usage_of_user(struct alpc_usage *usage);

#endif /* ALPC_USAGE_H */
