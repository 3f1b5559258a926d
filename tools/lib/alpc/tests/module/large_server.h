/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server for the tests of long messages, in a process or a thread of its own.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_LARGE_SERVER_H
#define ALPC_TESTS_LARGE_SERVER_H

#include <alpc/alpc.h>

#include <stdatomic.h>

#define INLINE		1024U		/* limit of its port */
#define FOR_EVER	ALPC_SEC(60)	/* in vain: the test fails, not hangs */
#define KIB		((size_t)1024)
#define MIB		(KIB * KIB)

/*
 * What requests begin with. The rest is a pattern, which the server checks, and so
 * are replies.
 */
struct order {
	uint32_t what;		/* enum order_what */
	uint32_t seed;		/* of the pattern of the reply */
	uint64_t reply;		/* its length, not less than an order's */
	uint64_t sum;		/* of the data behind the order */
};

enum order_what {
	REPLY = 1,	/* with so many bytes */
	LATER,		/* the same, from another thread */
	HOLD,		/* not before LET_GO, or when it is cancelled */
	LET_GO,
	COUNT,		/* the reply is what it has counted, struct counts */
	CALLBACK,	/* the same as REPLY, but of a callback with the data */
	FDS,		/* takes what came, and sends it back */
	RANGES,		/* reads range 0 into range 1, backwards */
};

struct counts {
	uint64_t requests, datagrams, wrong, canceled, unanswered;
	uint64_t by_way[4];	/* requests, by enum alpc_way */
};

/* Serve until alpc_server_stop(). */
int large_server_new(const char *name, const struct alpc_port_options *port,
		     unsigned int flags, struct alpc_server **server);

/* Fill in what an order can be followed by. */
void pattern(void *data, size_t len, uint32_t seed);
uint64_t sum(const void *data, size_t len);
int is_pattern(const void *data, size_t len, uint32_t seed);

/* An order of @len bytes in all, in memory from malloc(). */
struct order *order_new(uint32_t what, size_t len, size_t reply, uint32_t seed);

#endif /* ALPC_TESTS_LARGE_SERVER_H */
