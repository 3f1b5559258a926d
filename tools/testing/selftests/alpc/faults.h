/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls whose failure points are visited one after the other.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_FAULTS_H
#define ALPC_TEST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/alpc.h>

struct fault_call {
	long number;		/* SYS_* */
	long arg[6];
	unsigned int kind;	/* number of the command, or one beyond these */
	unsigned int shape;	/* the same of calls that probably have the same points */
	unsigned int last;	/* the last point that may fail, as nothing else is undone */
	bool hit;		/* it came to the point that was to fail */
	/*
	 * Of a call that may have done a part when point *@nth failed: do what *@ret stands
	 * for, or prepare the rest and say that there is one. NULL: it did all or nothing.
	 */
	bool (*again)(struct fault_call *call, unsigned int *nth, long *ret);
	/* Nothing is left: put together what the parts have given. */
	void (*finish)(struct fault_call *call, long ret);
	union {
		struct { struct alpc_transfer was, rest; __u64 id; bool sent; } transfer;
		struct { struct alpc_vector was, rest; __u32 sent, received; } vector;
	};
};

/* faults.c */
extern bool fault_copies;	/* these fail, or else memory */

/* Make a call of which no point fails, or the @nth. */
long fault_none(const struct fault_call *call);
long fault_try(struct fault_call *call, unsigned int nth);

/* Whether it failed, with errno, because it was made to. */
bool fault_is_ours(const struct fault_call *call, long ret);

/* Copy from or to memory that the test may have made inaccessible. */
bool fault_peek(void *to, const void *from, size_t len);
bool fault_poke(void *to, const void *from, size_t len);

/* faults_command.c */
void fault_describe(struct fault_call *call, unsigned long command);
const char *fault_name(unsigned int kind);

#endif /* ALPC_TEST_FAULTS_H */
