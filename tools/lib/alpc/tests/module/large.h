/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of long messages share: a server in a process of its own, calls
 * whose replies are checked, clients that make system calls of their own.
 *
 * Functions that return int return 0 or a negative errno value.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_LARGE_H
#define ALPC_TESTS_LARGE_H

#include "large_server.h"

#include <sys/types.h>

/* The longest that the library hears of, and more than a section holds. */
#define TOO_LONG	(SIZE_MAX / 8)

/* The same in a test and in the processes that it starts. */
const char *port_name(void);

/* A large_server_new() in a process of its own, ready for clients; -1: it failed. */
pid_t server_start(const struct alpc_port_options *options, unsigned int flags,
		   unsigned int threads);

/* Have it stop; gives its status, as of waitpid(2). */
int server_stop(pid_t pid);

/* A port and its client, both in the calling thread. */
int connect_here(struct alpc_port *port, uint64_t context,
		 struct alpc_port **client, struct alpc_port **server);

/* The same with a port of another name. */
int connect_to(const char *name, struct alpc_port *port, uint64_t context,
	       struct alpc_port **client, struct alpc_port **server);

/* -- Calls ---------------------------------------------------------------- */

/* Around every length at which something changes. */
#define LENGTHS 17
extern const size_t lengths[LENGTHS];

/* Call with an order of @len bytes, and check the reply. */
int order(struct alpc_port *port, uint32_t what, size_t len,
	  struct alpc_message *m, size_t reply);

/* A call that everybody understands. */
int good_call(struct alpc_port *port, struct alpc_message *m);

int get_counts(struct alpc_port *port, struct counts *counts);

/* -- System calls ----------------------------------------------------------- */

/* A section, mapped; 0: it failed. */
uint32_t section_new(struct alpc_port *port, size_t len, unsigned char **memory);
void section_delete(struct alpc_port *port, uint32_t id);

/* A message that is a view. */
struct alpc_msg view(uint32_t section, uint64_t offset, uint64_t len,
		     uint32_t flags);

/* Send the first @len bytes of a section as a datagram. */
int send_section(struct alpc_port *port, uint32_t section, size_t len);

#endif /* ALPC_TESTS_LARGE_H */
