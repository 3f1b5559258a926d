/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports: making one, connecting to it, accepting.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_BENCH_ALPC_H
#define ALPC_BENCH_ALPC_H

#include <linux/alpc.h>

#include "bench.h"

extern const struct connection_ops alpc_connection;
extern const struct loan_ops alpc_loan;

/* @bytes: inline limit. Returns the descriptor. */
int port_create(const char *name, unsigned int flags, size_t bytes,
		unsigned int max_connections);

/* @flags: ALPC_CONNECT_*. Returns the client communication port. */
int port_connect(const char *name, unsigned int flags, int64_t timeout);

/* Returns the server communication port. */
int port_accept(int port, uint64_t id);

/* Receives a message that must be of this type, and returns its id. */
uint64_t port_take(int port, unsigned int type);

#endif /* ALPC_BENCH_ALPC_H */
