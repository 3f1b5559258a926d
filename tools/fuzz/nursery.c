// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making processes. What a process costs to make, and to end, is the memory that it
 * has; so they are made by one that has little, as children of the fuzzer's.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cover.h"
#include "exec.h"

static bool clone_proc(unsigned int proc, unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		proc_main(proc);
	if (pid > 0)
		shared->pids[proc] = pid;
	return pid > 0;
}

/* Those that share its descriptors are made by process 0. */
static _Noreturn void first_main(void)
{
	unsigned int i;

	setpgid(0, 0);
	for (i = 1; i < shared->program.procs; i++)
		if (!shared->program.proc[i].own && !clone_proc(i, CLONE_FILES))
			_exit(3);
	proc_main(0);
}

static bool clone_first(void)
{
	long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		first_main();
	shared->pids[0] = pid;
	return pid > 0;
}

_Noreturn void nursery_main(void)
{
	const struct program *program = &shared->program;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	cover_forget();
	for (;;) {
		actor_await(&shared->nursery);
		if (!clone_first())
			continue;
		for (i = 1; i < program->procs; i++)
			if (program->proc[i].own)
				clone_proc(i, program->proc[i].userns ?
					   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC : 0);
	}
}
