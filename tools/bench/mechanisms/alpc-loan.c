// SPDX-License-Identifier: GPL-2.0-only
/*
 * ALPC: reading the memory that a caller lists in its call, until it is
 * answered.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "mechanisms/alpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/**
 * struct alpc_loan - what the two processes need
 * @name: of the connection port
 * @port: the reader's connection port
 * @client: its server communication port
 * @request: id of the call that lists the memory
 */
struct alpc_loan {
	char name[64];
	int port;
	int client;
	uint64_t request;
};

static void alpc_loan_open(struct loan *loan)
{
	struct alpc_loan *p = xcalloc(1, sizeof(*p));

	snprintf(p->name, sizeof(p->name), "alpc-bench-%d", (int)getpid());
	p->port = port_create(p->name, 0, 0, 1);
	loan->priv = p;
}

static void alpc_loan_lend(struct loan *loan)
{
	struct alpc_loan *p = loan->priv;
	struct alpc_range range = {
		.address = (uintptr_t)loan->memory,
		.len = loan->bytes,
		.rights = ALPC_RANGE_READ,
	};
	struct alpc_attrs attrs = {
		.ranges = (uintptr_t)&range,
		.range_count = 1,
	};
	struct alpc_transfer call = {
		.size = sizeof(call),
		.flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT,
		.timeout = ALPC_INFINITE,
		.send.flags = ALPC_SEND_REQUEST,
		.send.attrs = (uintptr_t)&attrs,
		.send.attrs_len = sizeof(attrs),
	};
	int client;

	close(p->port);
	client = port_connect(p->name, 0, ALPC_INFINITE);
	if (ioctl(client, ALPC_IOC_TRANSFER, &call))
		fail_errno("the call that lends memory");
	close(client);
}

static void alpc_loan_begin(struct loan *loan)
{
	struct alpc_loan *p = loan->priv;

	p->client = port_accept(p->port,
				port_take(p->port, ALPC_CONNECTION_REQUEST));
	p->request = port_take(p->port, ALPC_REQUEST);
}

static void alpc_loan_read(struct loan *loan, void *to)
{
	struct alpc_loan *p = loan->priv;
	struct alpc_access_part part = {
		.address = (uintptr_t)to,
		.len = loan->bytes,
	};
	struct alpc_access access = {
		.size = sizeof(access),
		.id = p->request,
		.parts = (uintptr_t)&part,
		.count = 1,
	};

	if (ioctl(p->port, ALPC_IOC_ACCESS, &access))
		fail_errno("ALPC_IOC_ACCESS");
	if (access.out_done != loan->bytes)
		fail("ALPC_IOC_ACCESS read %llu bytes of %zu",
		     (unsigned long long)access.out_done, loan->bytes);
}

static void alpc_loan_end(struct loan *loan)
{
	struct alpc_loan *p = loan->priv;
	struct alpc_transfer reply = {
		.size = sizeof(reply),
		.flags = ALPC_TRANSFER_SEND,
		.send.flags = ALPC_SEND_REPLY,
		.send.id = p->request,
	};

	if (ioctl(p->port, ALPC_IOC_TRANSFER, &reply))
		fail_errno("the reply to the call that lends memory");
	close(p->client);
	close(p->port);
	free(p);
}

const struct loan_ops alpc_loan = {
	.open = alpc_loan_open,
	.lend = alpc_loan_lend,
	.begin = alpc_loan_begin,
	.read = alpc_loan_read,
	.end = alpc_loan_end,
};
