// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs do with processes, threads and users.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system.h"

long run_signal(void *area)
{
	struct area *a = area;
	unsigned int actor = a->args[0] % ACTORS_MAX;
	int pid = proc_pid(proc_of(actor)), tid = actor_tid(actor);

	if (!pid || !tid)
		return -ESRCH;
	return syscall(SYS_tgkill, pid, tid, SIGUSR1) ? -errno : 0;
}

long run_kill(void *area)
{
	struct area *a = area;
	int pid = proc_pid(a->args[0] % PROCS_MAX);

	if (!pid)
		return -ESRCH;
	if (!a->args[1])
		return kill(pid, SIGKILL) ? -errno : 0;
	kill(pid, SIGSTOP);
	usleep(2000);
	return kill(pid, SIGCONT) ? -errno : 0;
}

long run_exit(void *area)
{
	struct area *a = area;

	return syscall(a->args[0] ? SYS_exit_group : SYS_exit, 0);
}

/* A process that has the same descriptors. What it does not end by itself the
 * fuzzer does.
 */
long run_fork(void *area)
{
	struct area *a = area;
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid)
		return pid < 0 ? -errno : 0;
	switch (a->args[0] % FORK_KINDS) {
	case 0:
		break;
	case 1:
		syscall(SYS_close_range, FIRST_FD, LAST_FD, 0);
		break;
	case 2:
		execl("/bin/true", "true", NULL);
		break;
	default:
		pause();
	}
	_exit(0);
}

/* Of this thread alone, as the kernel has it. */
long run_setuid(void *area)
{
	struct area *a = area;
	unsigned int uid = a->args[0] % 65535;

	return syscall(SYS_setresuid, -1, uid, -1) ? -errno : 0;
}

long run_setgroups(void *area)
{
	static const gid_t groups[8] = { 50, 1001, 1002, 7, 8, 9, 10, 11 };
	struct area *a = area;

	return syscall(SYS_setgroups, a->args[0] % 9, groups) ? -errno : 0;
}

long run_sleep(void *area)
{
	struct area *a = area;

	usleep(a->args[0] % 10 * 1000);
	return 0;
}
