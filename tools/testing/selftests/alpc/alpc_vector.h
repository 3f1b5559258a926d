/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about vectors share.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_VECTOR_TEST_H
#define ALPC_VECTOR_TEST_H

#include "alpc_test.h"

/* Send and receive what there is any of; @flags are what else it has. */
static inline int alpc_vector(int fd, struct alpc_vector *v, __u32 flags,
			      struct alpc_vector_send *send, __u32 send_count,
			      struct alpc_msg *recv, __u32 recv_count)
{
	*v = (struct alpc_vector){
		.size = sizeof(*v),
		.flags = flags | (send_count ? ALPC_TRANSFER_SEND : 0) |
			 (recv_count ? ALPC_TRANSFER_RECEIVE : 0),
		.timeout = ALPC_INFINITE,
		.send = address(send),
		.recv = address(recv),
		.send_count = send_count,
		.recv_count = recv_count,
		.out_sent = POISON_U32,
		.out_received = POISON_U32,
	};
	return alpc_ioctl(fd, ALPC_IOC_VECTOR, v);
}

#endif /* ALPC_VECTOR_TEST_H */
