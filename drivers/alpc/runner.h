/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that completion ports have released: do they run, or sleep?
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_RUNNER_H
#define ALPC_RUNNER_H

#include <linux/errno.h>
#include <linux/types.h>

struct alpc_completion;
struct alpc_runner;

#ifdef CONFIG_PREEMPT_NOTIFIERS

#define ALPC_RUNNER_SUPPORTED	true

int alpc_runner_begin(struct alpc_completion *c, struct alpc_runner **runner);
void alpc_runner_release(struct alpc_runner *runner);
void alpc_runner_idle(struct alpc_runner *runner);
bool alpc_runners_forget(struct alpc_completion *c);
void alpc_runner_exit(void);

#else

#define ALPC_RUNNER_SUPPORTED	false

static inline int alpc_runner_begin(struct alpc_completion *c,
				    struct alpc_runner **runner)
{
	*runner = NULL;
	return 0;
}

static inline void alpc_runner_release(struct alpc_runner *runner)
{
}

static inline void alpc_runner_idle(struct alpc_runner *runner)
{
}

static inline bool alpc_runners_forget(struct alpc_completion *c)
{
	return false;
}

static inline void alpc_runner_exit(void)
{
}

#endif

#endif /* ALPC_RUNNER_H */
