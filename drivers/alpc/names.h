/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of connection ports, by network namespace.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_NAMES_H
#define ALPC_NAMES_H

#include <linux/types.h>

struct alpc_port;
struct net;

int alpc_name_check(const char *name, size_t len);

int alpc_names_add(struct alpc_port *port);
void alpc_names_del(struct alpc_port *port);
struct alpc_port *alpc_names_find(struct net *net, const char *name,
				  size_t len);

int alpc_names_init(void);
void alpc_names_exit(void);

#endif /* ALPC_NAMES_H */
