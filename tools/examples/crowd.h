/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What crowd-service and crowd-clients say to each other.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef CROWD_H
#define CROWD_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* A request: this, and then the data. The reply is a &struct crowd_sum. */
struct crowd_request {
	uint32_t number;	/* from 0, of the client's requests */
	uint32_t crc;		/* of the data */
};

/* What the service has seen of a request. */
struct crowd_sum {
	uint32_t number;
	uint32_t crc;
	uint32_t thread;	/* that answers */
	uint32_t len;		/* of the data, bytes */
};

/* A number of an argument, from 1 to @max; 0: it is none. */
static inline unsigned int crowd_number(const char *text, unsigned int max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	return errno || *end || *text == '-' || n > max ? 0 : (unsigned int)n;
}

#endif /* CROWD_H */
