// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a program.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cover.h"
#include "exec.h"
#include "system.h"

#define MS		1000000L	/* nanoseconds */
#define START_TIME	(10000 * MS)
#define OP_TIME		(40 * MS)	/* what sleeps longer goes on by itself */
#define BUSY_TIME	(4 * MS)
#define END_TIME	(20000 * MS)

struct shared *shared;

long futex_wait(uint32_t *word, uint32_t value, long nanoseconds)
{
	struct timespec time = { nanoseconds / 1000000000, nanoseconds % 1000000000 };

	return syscall(SYS_futex, word, FUTEX_WAIT, value, nanoseconds < 0 ? NULL : &time);
}

void futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 64);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000 + time.tv_nsec;
}

static bool idle(const struct actor *actor)
{
	return __atomic_load_n(&actor->done, __ATOMIC_SEQ_CST) ==
	       __atomic_load_n(&actor->go, __ATOMIC_SEQ_CST);
}

static void mark_dead(pid_t pid)
{
	unsigned int i, j;

	for (i = 0; i < PROCS_MAX; i++)
		for (j = 0; shared->pids[i] == pid && j < THREADS; j++)
			shared->actors[i * THREADS + j].dead = true;
}

/* Whether there are children left. */
static bool reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-shared->group, NULL, WNOHANG)) > 0)
		mark_dead(pid);
	return pid == 0;
}

/* Whether it has nothing to do, within so many nanoseconds. */
static bool await(struct actor *actor, long patience)
{
	long end = now() + patience, left;
	uint32_t event;

	for (;;) {
		event = __atomic_load_n(&shared->event, __ATOMIC_SEQ_CST);
		if (idle(actor))
			return true;
		left = end - now();
		if (left <= 0 || actor->dead) {
			reap();
			return false;
		}
		futex_wait(&shared->event, event, left);
	}
}

static void give(struct actor *actor, unsigned int op)
{
	actor->op = op;
	__atomic_add_fetch(&actor->go, 1, __ATOMIC_SEQ_CST);
	futex_wake(&actor->go);
}

/* Descriptors of the fuzzer's own are out of the programs' reach. */
void exec_init(void)
{
	int fd = open("/dev/alpc", O_RDWR | O_CLOEXEC);

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || dup2(fd, DEVICE_FD) < 0 || shared == MAP_FAILED ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1)) {
		perror("/dev/alpc");
		exit(2);
	}
}

void exec_begin(void)
{
	pid_t pid;

	shared->nursery.go = 1;
	pid = fork();
	if (pid == 0)
		nursery_main();
	if (pid < 0 || !await(&shared->nursery, START_TIME)) {
		perror("fork");
		exit(2);
	}
}

static bool start_procs(void)
{
	const struct program *program = &shared->program;
	unsigned int i;

	/* What an actor has done first is to begin. */
	for (i = 0; i < program->procs * THREADS; i++)
		shared->actors[i].go = 1;
	give(&shared->nursery, 0);
	if (!await(&shared->nursery, START_TIME))
		return false;
	shared->group = shared->pids[0];
	setpgid(shared->pids[0], shared->group);
	for (i = 1; i < program->procs; i++)
		if (program->proc[i].own)
			setpgid(shared->pids[i], shared->group);
	for (i = 0; i < program->procs * THREADS; i++)
		if (!await(&shared->actors[i], START_TIME))
			return false;
	return true;
}

static void run_ops(void)
{
	const struct program *program = &shared->program;
	unsigned int i;

	for (i = 0; i < program->count; i++) {
		struct actor *actor = &shared->actors[program->ops[i].actor];

		if (actor->dead || !await(actor, BUSY_TIME))
			continue;
		give(actor, i);
		if (!program->ops[i].beside)
			await(actor, OP_TIME);
	}
}

/* Close what is open where KCOV sees it. */
static void close_all(void)
{
	unsigned int i, count = shared->program.procs * THREADS;

	for (i = 0; i < count; i++)
		if (!shared->actors[i].dead && await(&shared->actors[i], BUSY_TIME))
			give(&shared->actors[i], OP_CLOSE);
	for (i = 0; i < count; i++)
		if (!shared->actors[i].dead)
			await(&shared->actors[i], BUSY_TIME);
}

static bool end_procs(void)
{
	long end = now() + END_TIME;

	if (!shared->group)
		return true;
	do {
		/* Again, as one may just have been made. */
		kill(-shared->group, SIGKILL);
		usleep(200);
		if (now() > end)
			return false;
	} while (reap());
	return true;
}

bool exec_program(const struct program *program)
{
	memset(&shared->group, 0,
	       offsetof(struct shared, areas) - offsetof(struct shared, group));
	memset(shared->areas, 0, program->count * AREA_SIZE);
	shared->program = *program;
	cover_reset();
	if (start_procs())
		run_ops();
	else
		fprintf(stderr, "a process did not begin\n");
	close_all();
	if (shared->traced)
		trace_off();
	shared->traced = false;
	return end_procs();
}
