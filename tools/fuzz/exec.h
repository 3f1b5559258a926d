/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program is run: the fuzzer's process says what is to be done next, the
 * actors - threads of the program's processes - do it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_EXEC_H
#define FUZZ_EXEC_H

#include "fuzz.h"

#define OP_CLOSE	0xff	/* instead of an operation: close everything */

struct actor {
	uint32_t go, done;	/* operations it was given, and has done; both futexes */
	int32_t tid;
	bool dead;
	uint8_t op;
};

/* Memory of all processes. */
struct shared {
	uint32_t event;		/* futex: an actor has done something */
	struct actor nursery;	/* who makes processes */
	bool traced;		/* the program has switched tracing on */
	int32_t group;		/* process group of all */
	int32_t pids[PROCS_MAX];
	struct actor actors[ACTORS_MAX];
	struct program program;
	uint8_t areas[OPS_MAX][AREA_SIZE] __attribute__((aligned(4096)));
};

extern struct shared *shared;

long futex_wait(uint32_t *word, uint32_t value, long nanoseconds);
void futex_wake(uint32_t *word);

/* actor.c: a process of the program, with its threads. */
_Noreturn void proc_main(unsigned int proc);
void actor_await(struct actor *actor);

/*
 * fail.c: of the next things that an actor has the kernel do - to allocate memory, to
 * copy from or to its own - the @nth fails; 0: none.
 */
void fail_init(void);
void fail_actor(unsigned int actor);
void fail_next(unsigned int actor, unsigned int nth);

/* nursery.c: the process that makes all others; it is small, so making them is quick. */
_Noreturn void nursery_main(void);

void exec_init(void);
/* After everything that processes are to inherit, before anything else. */
void exec_begin(void);
/* Whether all of its processes have ended. */
bool exec_program(const struct program *program);

#endif /* FUZZ_EXEC_H */
