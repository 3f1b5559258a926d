/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs do beside the driver's commands, each with the area of its
 * arguments. Returns what the system call did, or a negative errno.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_SYSTEM_H
#define FUZZ_SYSTEM_H

#include "fuzz.h"

#define OTHER_KINDS	8
#define FILE_KINDS	7
#define REMAP_KINDS	6
#define FORK_KINDS	4
#define TRACE_KINDS	4
#define EVENT_KINDS	8

struct area {
	int64_t fd;
	int64_t ret;
	uint64_t fail;		/* the how manieth thing that can fail does, or 0 */
	uint64_t command;	/* address of a command's argument */
	int64_t pad[ARGUMENT / 8 - 4];
	uint64_t args[8];
};

long run_close(void *area);
long run_dup(void *area);
long run_getfd(void *area);
long run_nonblock(void *area);
long run_poll(void *area);
long run_epoll(void *area);
long run_epoll_wait(void *area);
long run_open_other(void *area);
long run_chmod(void *area);
long run_chown(void *area);
long run_set_acl(void *area);
long run_fdinfo(void *area);
long run_file(void *area);
long run_ioctl(void *area);
long run_mmap(void *area);
long run_munmap(void *area);
long run_remap(void *area);
long run_touch(void *area);
long run_poke(void *area);
long run_peek(void *area);
long run_take(void *area);
long run_sleeping(void *area);
long run_signal(void *area);
long run_kill(void *area);
long run_exit(void *area);
long run_fork(void *area);
long run_setuid(void *area);
long run_setgroups(void *area);
long run_sleep(void *area);
long run_trace(void *area);

/* Once in each process, and in the fuzzer: faults of "touch" and so on end them. */
void system_init(void);

/* Events are not traced any more, if they were. */
void trace_off(void);

/* exec.c: whom to signal. 0 if there is nobody. */
int proc_pid(unsigned int proc);
int actor_tid(unsigned int actor);

#endif /* FUZZ_SYSTEM_H */
