// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time that one process takes to read memory of another one, which waits.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the owner writes after the fork, so that the reader cannot have it. */
#define LOAN_ID	(MSG_FULL | 0x10a9)

/*
 * Where malloc() puts a large block in its first page. Memory that is to be read
 * seldom begins with a page, so even 4 KiB lie in two.
 */
#define MALLOC_OFFSET	16

static void *loan_memory(size_t bytes)
{
	return (char *)page_memory(bytes + MALLOC_OFFSET) + MALLOC_OFFSET;
}

static void free_loan_memory(void *memory, size_t bytes)
{
	munmap((char *)memory - MALLOC_OFFSET, bytes + MALLOC_OFFSET);
}

static pid_t start_owner(const struct loan_ops *ops, struct loan *loan)
{
	pid_t owner = fork();

	if (owner < 0)
		fail_errno("fork");
	if (owner)
		return owner;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		fail_errno("prctl");
	msg_write(loan->memory, loan->bytes, LOAN_ID);
	ops->lend(loan);
	_exit(EXIT_SUCCESS);
}

static void wait_for_owner(const struct mechanism *mech, pid_t owner)
{
	int status;

	while (waitpid(owner, &status, 0) < 0)
		if (errno != EINTR)
			fail_errno("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("the owner of the memory read by %s ended with status %#x",
		     mech->name, (unsigned int)status);
}

/* What the last read brought goes first, so that one that brings nothing fails. */
static void read_once(const struct loan_ops *ops, struct loan *loan, void *to)
{
	msg_write(to, loan->bytes, 0);
	ops->read(loan, to);
	if (msg_ends(to, loan->bytes) != LOAN_ID)
		fail("what was read is not what its owner has written");
}

static void read_often(const struct loan_ops *ops, struct loan *loan, void *to,
		       unsigned int n)
{
	while (n--)
		read_once(ops, loan, to);
}

/* Returns nanoseconds per read. */
double measure_read(const struct mechanism *mech, size_t bytes,
		    const struct options *opt)
{
	const struct loan_ops *ops = mech->loan;
	struct loan loan = { .bytes = bytes, .memory = loan_memory(bytes) };
	void *to = loan_memory(bytes);
	uint64_t start, spent;

	ops->open(&loan);
	expect_child_exit(false);
	loan.owner = start_owner(ops, &loan);
	ops->begin(&loan);
	read_once(ops, &loan, to);
	msg_read(to, bytes);
	read_often(ops, &loan, to, opt->warmup);

	start = now_ns();
	read_often(ops, &loan, to, opt->iterations);
	spent = now_ns() - start;

	expect_child_exit(true);
	ops->end(&loan);
	wait_for_owner(mech, loan.owner);
	free_loan_memory(to, bytes);
	free_loan_memory(loan.memory, bytes);
	return (double)spent / opt->iterations;
}
