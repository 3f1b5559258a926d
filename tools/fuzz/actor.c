// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes of a program and their threads.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cover.h"
#include "exec.h"
#include "system.h"

int proc_pid(unsigned int proc)
{
	return proc < PROCS_MAX ? shared->pids[proc] : 0;
}

int actor_tid(unsigned int actor)
{
	return shared->actors[actor].tid;
}

static uint64_t slot_left(unsigned int op, unsigned int index)
{
	const struct slot *slot = &calls[shared->program.ops[op].call].slots[index];
	uint64_t left = 0;

	memcpy(&left, &shared->areas[op][slot->offset], slot->size);
	/* Descriptors that were not opened are -1. */
	if (slot->size == 4 && ONE(slot->gives) & DESCRIPTORS)
		left = (int32_t)left;
	return left;
}

static uint64_t evaluate(const struct value *value, void *area)
{
	switch (value->kind) {
	case V_RESULT:
		return slot_left(value->op, value->slot) + value->number;
	case V_POINTER:
		return space_address(value->space, value->number, area);
	default:
		return value->number;
	}
}

static uint64_t name_length(const struct value *name)
{
	const char *text = port_names[name->number % NAMES];

	if (name->kind != V_POINTER || name->space != S_NAME)
		return 4;
	return text ? strlen(text) : 255;
}

/* Lay an operation's arguments out as they are in memory. */
static void fill_area(const struct op *op, uint8_t *area)
{
	const struct call *call = &calls[op->call];
	unsigned int i;

	for (i = 0; i < call->count; i++) {
		const struct slot *slot = &call->slots[i];
		const struct value *value = op_value(op, i);
		uint64_t word = evaluate(value, area);

		if (slot->kind == K_NAME_LENGTH && value == &slot->normal)
			word = name_length(op_value(op, i - 1));
		memcpy(area + slot->offset, &word, slot->size);
	}
}

static void do_op(unsigned int index)
{
	const struct op *op = &shared->program.ops[index];
	const struct call *call = &calls[op->call];
	struct area *area = (void *)shared->areas[index];
	long ret;

	fill_area(op, (void *)area);
	if (area->fail)
		fail_next(op->actor, area->fail);
	if (call->run) {
		ret = call->run(area);
	} else {
		ret = ioctl(area->fd, call->command, area->command);
		if (ret < 0)
			ret = -errno;
	}
	if (area->fail)
		fail_next(op->actor, 0);
	area->ret = ret;
}

/* Say that it is done, and wait for what is to be done next. */
void actor_await(struct actor *actor)
{
	__atomic_add_fetch(&actor->done, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&shared->event, 1, __ATOMIC_SEQ_CST);
	futex_wake(&shared->event);
	while (__atomic_load_n(&actor->go, __ATOMIC_SEQ_CST) == actor->done)
		futex_wait(&actor->go, actor->done, -1);
}

static _Noreturn void actor_main(unsigned int index)
{
	struct actor *actor = &shared->actors[index];

	actor->tid = syscall(SYS_gettid);
	fail_actor(index);
	cover_actor(index);
	for (;;) {
		actor_await(actor);
		if (actor->op == OP_CLOSE)
			syscall(SYS_close_range, FIRST_FD, LAST_FD, 0);
		else
			do_op(actor->op);
	}
}

static void *thread_main(void *index)
{
	actor_main((uintptr_t)index);
}

static void on_signal(int signal)
{
	(void)signal;
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "%s", text);
	close(fd);
}

/* Another user still has its rights over the fuzzer's files: they are open. */
static void become(const struct proc *proc)
{
	if (proc->userns) {
		write_to("/proc/self/setgroups", "deny");
		write_to("/proc/self/uid_map", "0 0 1");
		write_to("/proc/self/gid_map", "0 0 1");
		return;
	}
	if (!proc->uid)
		return;
	setgroups(0, NULL);
	if (setresgid(proc->uid, proc->uid, proc->uid) ||
	    setresuid(proc->uid, proc->uid, proc->uid))
		_exit(3);
	/* Else its files in /proc were root's. */
	prctl(PR_SET_DUMPABLE, 1);
}

_Noreturn void proc_main(unsigned int proc)
{
	struct sigaction action = { .sa_handler = on_signal };
	int fd = open("/dev/null", O_RDWR);
	unsigned int i;
	pthread_t thread;

	/* What programs do to these is not to reach the fuzzer. */
	for (i = 0; i < 3; i++)
		dup2(fd, i);
	close(fd);
	sigaction(SIGUSR1, &action, NULL);
	system_init();
	become(&shared->program.proc[proc]);
	for (i = 1; i < THREADS; i++)
		if (pthread_create(&thread, NULL, thread_main,
				   (void *)(uintptr_t)(proc * THREADS + i)))
			_exit(3);
	actor_main(proc * THREADS);
}
