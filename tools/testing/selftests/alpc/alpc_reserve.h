/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about reserves share.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_RESERVE_H
#define ALPC_TEST_RESERVE_H

#include "alpc_thread.h"

/* A reserve for messages of @len bytes: its number, or a negative errno. */
static inline int reserve_create(int port, __u32 len)
{
	struct alpc_create_reserve arg = {
		.size = sizeof(arg), .len = len, .out_reserve = POISON_U32,
	};
	int err = alpc_ioctl(port, ALPC_IOC_CREATE_RESERVE, &arg);

	return err ?: (int)arg.out_reserve;
}

static inline int reserve_delete(int port, __u32 reserve)
{
	struct alpc_delete_reserve arg = { .size = sizeof(arg), .reserve = reserve };

	return alpc_ioctl(port, ALPC_IOC_DELETE_RESERVE, &arg);
}

/* A datagram from a reserve, and a request whose cookie is its number; neither waits. */
static inline int reserve_send(int port, __u16 flags, __u32 reserve, const void *data,
			       __u32 len)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
	transfer_send(&t, flags, 0, data, len);
	t.send.reserve = reserve;
	t.send.cookie = flags ? reserve : 0;
	t.recv.len = len;
	return alpc_transfer(port, &t);
}

static inline int reserve_datagram(int port, __u32 reserve, const void *data, __u32 len)
{
	return reserve_send(port, 0, reserve, data, len);
}

static inline int reserve_request(int port, __u32 reserve, const void *data, __u32 len)
{
	return reserve_send(port, ALPC_SEND_REQUEST, reserve, data, len);
}

/* Fill in a call from a reserve, for worker_transfer() or alpc_transfer(). */
static inline void reserve_call(struct alpc_transfer *t, __u32 reserve, const void *data,
				__u32 len, void *buf, __u32 room)
{
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_REQUEST, 0, data, len);
	transfer_receive(t, buf, room);
	t->send.reserve = reserve;
}

/* What a port, or with ALPC_USAGE_USER on the device the user, has of each resource. */
static inline struct alpc_usage usage_of(int fd, __u32 flags)
{
	struct alpc_usage usage;

	memset(&usage, POISON, sizeof(usage));
	usage.size = sizeof(usage);
	usage.flags = flags;
	if (alpc_ioctl(fd, ALPC_IOC_GET_USAGE, &usage))
		memset(&usage, POISON, sizeof(usage));
	return usage;
}

#endif /* ALPC_TEST_RESERVE_H */
