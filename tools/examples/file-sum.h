/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file-service: checksums of what clients send.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FILE_SUM_H
#define FILE_SUM_H

#include "file-protocol.h"

#include <alpc/alpc.h>

#include <pthread.h>

/* What one client has sent; all zero to begin with, but for the lock. */
struct summed {
	pthread_mutex_t lock;
	struct files_sum sum;
	unsigned int pieces[4];	/* by enum alpc_way */
};

/*
 * Add a piece, %FILES_SUM, and fill in the reply to it. Return: 0 or an errno
 * value.
 */
int sum_add(struct summed *summed, const struct alpc_message *request,
	    struct files_sum *sum);

/* How the pieces came, in words. */
const char *sum_ways(const struct summed *summed);

#endif /* FILE_SUM_H */
