// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * file-service: checksums of what clients send.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "file-sum.h"

#include <errno.h>
#include <zlib.h>

int sum_add(struct summed *summed, const struct alpc_message *request,
	    struct files_sum *sum)
{
	const struct files_request *what = alpc_message_data(request);
	size_t len = alpc_message_len(request) - sizeof(*what);
	int err = 0;

	pthread_mutex_lock(&summed->lock);
	if (what->offset != summed->sum.bytes) {
		err = ESPIPE;
	} else {
		summed->sum.bytes += len;
		summed->sum.crc = (uint32_t)
			crc32_z(summed->sum.crc,
				(const unsigned char *)what->path, len);
		summed->pieces[alpc_message_way(request)]++;
		*sum = summed->sum;
	}
	pthread_mutex_unlock(&summed->lock);
	return err;
}

const char *sum_ways(const struct summed *summed)
{
	if (summed->pieces[ALPC_WAY_VIEW])
		return "in a view";
	if (summed->pieces[ALPC_WAY_DIRECT])
		return "from its memory";
	return "inline";
}
