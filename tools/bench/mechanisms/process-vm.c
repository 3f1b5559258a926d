// SPDX-License-Identifier: GPL-2.0-only
/*
 * process_vm_readv(2): reading the memory of a process by its id.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

/**
 * struct process_vm - how the two processes tell each other
 * @ready: that the memory has been written
 * @through: that it has been read
 */
struct process_vm {
	int ready[2];
	int through[2];
};

static void process_vm_open(struct loan *loan)
{
	struct process_vm *p = xcalloc(1, sizeof(*p));

	if (pipe2(p->ready, O_CLOEXEC) || pipe2(p->through, O_CLOEXEC))
		fail_errno("pipe");
	loan->priv = p;
}

static void process_vm_lend(struct loan *loan)
{
	struct process_vm *p = loan->priv;
	char byte;

	write_all(p->ready[1], "", 1);
	read_all(p->through[0], &byte, 1);
}

static void process_vm_begin(struct loan *loan)
{
	struct process_vm *p = loan->priv;
	char byte;

	read_all(p->ready[0], &byte, 1);
}

static void process_vm_read(struct loan *loan, void *to)
{
	const struct iovec mine = { .iov_base = to, .iov_len = loan->bytes };
	const struct iovec theirs = {
		.iov_base = loan->memory, .iov_len = loan->bytes,
	};
	ssize_t n = process_vm_readv(loan->owner, &mine, 1, &theirs, 1, 0);

	if (n < 0)
		fail_errno("process_vm_readv");
	if ((size_t)n != loan->bytes)
		fail("process_vm_readv read %zd bytes of %zu", n, loan->bytes);
}

static void process_vm_end(struct loan *loan)
{
	struct process_vm *p = loan->priv;
	size_t i;

	write_all(p->through[1], "", 1);
	for (i = 0; i < 2; i++) {
		close(p->ready[i]);
		close(p->through[i]);
	}
	free(p);
}

static const struct loan_ops process_vm_loan = {
	.open = process_vm_open,
	.lend = process_vm_lend,
	.begin = process_vm_begin,
	.read = process_vm_read,
	.end = process_vm_end,
};

const struct mechanism mech_process_vm_readv = {
	.name = "process-vm-readv",
	.loan = &process_vm_loan,
};
