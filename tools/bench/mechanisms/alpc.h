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
extern const struct service_ops alpc_service;
extern const struct service_ops alpc_list_service;

/* The device, for what is created. */
int alpc_device(void);

/* @bytes: inline limit. Returns the descriptor. */
int port_create(const char *name, unsigned int flags, size_t bytes,
		unsigned int max_connections);

/* Likewise, with room in its queue for a message of each of so many clients. */
int port_create_for(const char *name, size_t bytes, unsigned int clients);

/* @flags: ALPC_CONNECT_*. Returns the client communication port. */
int port_connect(const char *name, unsigned int flags, int64_t timeout);

/* Returns the server communication port. */
int port_accept(int port, uint64_t id);

/* Receives a message that must be of this type, and returns its id. */
uint64_t port_take(int port, unsigned int type);

#endif /* ALPC_BENCH_ALPC_H */
