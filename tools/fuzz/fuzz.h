/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program of the fuzzer is, and what calls it can be made of.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OPS_MAX		40	/* operations of a program */
#define SETS_MAX	48	/* slots of an operation that are not as by default */
#define PROCS_MAX	3
#define THREADS		2	/* of each process */
#define ACTORS_MAX	(PROCS_MAX * THREADS)
#define AREA_SIZE	4096	/* of an operation's arguments */
#define ARGUMENT	64	/* where in it the command's argument is */
#define DEVICE_FD	3	/* /dev/alpc, open in every process */
#define FIRST_FD	4	/* of those that programs make */
#define LAST_FD		800	/* above these are the fuzzer's own */

/* What operations make, for others to use. */
enum type {
	T_NONE,
	T_DEVICE,
	T_PORT,			/* connection port */
	T_CLIENT,
	T_SERVER,
	T_COMPLETION,
	T_MEMORY,		/* descriptor of a section or list */
	T_OTHER,		/* descriptor of something else */
	T_MESSAGE,		/* id of a received message */
	T_REQUEST,		/* id of a sent one */
	T_CALL,
	T_SECTION,
	T_RESERVE,
	T_SECURITY,
	T_ADDRESS,
	T_COUNT,
};

#define ONE(type)	(1U << (type))
#define ENDS		(ONE(T_CLIENT) | ONE(T_SERVER))
#define PORTS		(ONE(T_PORT) | ENDS)
#define RECEIVERS	(ONE(T_PORT) | ONE(T_CLIENT))
#define DESCRIPTORS	(PORTS | ONE(T_COMPLETION) | ONE(T_MEMORY) | ONE(T_OTHER))

enum value_kind {
	V_NUMBER,
	V_RESULT,		/* what an operation left in one of its slots */
	V_POINTER,		/* into one of the spaces */
};

enum space {
	S_BUFFER,		/* the process's own memory */
	S_SHARED,		/* memory of all processes */
	S_READONLY,
	S_NOWHERE,		/* no access */
	S_NAME,			/* a port's name, by its number */
	S_BLOCK,		/* the operation's own area */
	S_FROZEN,		/* the same, but not to be written to */
	S_COUNT,
};

struct value {
	uint8_t kind;
	uint8_t space;
	uint8_t op;
	uint16_t slot;
	uint64_t number;	/* or what is added to it */
};

enum slot_kind {
	K_NUMBER,		/* up to .limit */
	K_FLAGS,		/* of .limit */
	K_SIZE,
	K_ZERO,			/* reserved */
	K_TIME,
	K_ADDRESS,
	K_LENGTH,
	K_NAME,
	K_NAME_LENGTH,		/* of the name in the slot before */
	K_RESOURCE,		/* one of .want */
	K_FAIL,			/* what of the kernel's is to fail */
	K_OUT,
};

struct slot {
	char name[30];
	uint16_t offset;	/* in the area */
	uint8_t size;
	uint8_t kind;
	uint8_t gives;		/* enum type, after the call */
	uint32_t want;		/* ONE(enum type) of each that fits */
	uint64_t limit;
	struct value normal;
};

struct call {
	const char *name;
	unsigned int command;	/* of ioctl(2), or 0: */
	long (*run)(void *area);
	uint16_t count, room;
	uint8_t weight;		/* how often it is taken */
	struct slot *slots;	/* the first is the descriptor */
	uint16_t end;		/* of what is used of the area */
};

#define CALLS_MAX	96
extern struct call calls[CALLS_MAX];
extern unsigned int call_count;

/* How a slot is named. Operations have few, so looking for one is cheap. */
int find_slot(const struct call *call, const char *name);
struct call *find_call(const char *name);

struct set {
	uint16_t slot;
	struct value value;
};

struct op {
	uint8_t call;
	uint8_t actor;
	bool beside;		/* the next one does not wait for it */
	uint8_t count;
	struct set sets[SETS_MAX];
};

struct proc {
	uint16_t uid;
	bool own;		/* has descriptors of its own, else process 0's */
	bool userns;		/* lives in user, pid and ipc namespaces of its own */
};

struct program {
	uint8_t procs, count;
	struct proc proc[PROCS_MAX];
	struct op ops[OPS_MAX];
};

static inline unsigned int proc_of(unsigned int actor)
{
	return actor / THREADS;
}

/* Random numbers: the same from the same seed. */
struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t x = rng->state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Less than @count, which is not 0. */
static inline unsigned int rng_below(struct rng *rng, unsigned int count)
{
	return (rng_next(rng) >> 16) % count;
}

static inline bool rng_chance(struct rng *rng, unsigned int percent)
{
	return rng_below(rng, 100) < percent;
}

/* layout*.c: all calls. */
void calls_init(void);

/* op.c: an operation's slots, and what refers to what. */
bool op_set(struct op *op, unsigned int slot, struct value value);
bool op_put(struct op *op, const char *slot, struct value value);
const struct value *op_value(const struct op *op, unsigned int slot);
struct value number(uint64_t number);
struct value pointer(enum space space, uint64_t offset);
struct value result(unsigned int op, unsigned int slot);
bool same_table(const struct program *program, unsigned int actor, unsigned int other);
void program_move(struct program *program, unsigned int from, int by);
void program_drop(struct program *program, unsigned int index);

/* text.c: programs as text. */
void program_write(const struct program *program, FILE *out);
bool program_read(struct program *program, FILE *in, const char *name);

/* corpus.c: the programs that are kept, in their order. */
struct corpus {
	unsigned int count, room;
	struct program **programs;
};

void corpus_load(struct corpus *corpus, const char *dir);
void corpus_add(struct corpus *corpus, const struct program *program);

/*
 * generate.c: a program from @seed and the first @known of the corpus; the same from
 * the same.
 */
void generate(struct program *program, uint64_t seed, const struct corpus *corpus,
	      unsigned int known);
void random_procs(struct program *program, struct rng *rng);
bool add_op(struct program *program, const struct op *op);
bool add_random(struct program *program, struct rng *rng);
struct op start_op(const char *call, unsigned int actor);
unsigned int actor_for(const struct program *program, struct rng *rng, struct value fd);
void blur(struct program *program, struct rng *rng, struct op *op);

/* value.c: what a slot may hold, and what was made that fits. */
struct value random_value(struct program *program, struct rng *rng, const struct op *op,
			  unsigned int slot);
struct value need(struct program *program, struct rng *rng, uint32_t want, int actor);
bool find_made(const struct program *program, struct rng *rng, uint32_t want, int actor,
	       struct value *made);

/* What is to fail in an operation, in most of which nothing is. */
void let_fail(struct rng *rng, struct op *op);

/* scene.c: the operations that make something of a type, unless there is no room. */
void make_scene(struct program *program, struct rng *rng, enum type type);

/* story.c: operations that belong together. */
void add_story(struct program *program, struct rng *rng);

/* message.c: a message to send, and where to receive one. */
void fill_send(struct program *program, struct rng *rng, struct op *op,
	       const char *prefix, unsigned int kind);
void fill_receive(struct rng *rng, struct op *op, const char *prefix);
void fill_attributes(struct rng *rng, struct op *op, const char *prefix);
void fill_fds(struct program *program, struct rng *rng, struct op *op, const char *prefix);
void fill_transfer(struct program *program, struct rng *rng, struct op *op);
void fill_vector(struct program *program, struct rng *rng, struct op *op);

/* mutate.c */
void mutate(struct program *program, struct rng *rng, const struct corpus *corpus,
	    unsigned int known);

/* spaces.c: the memory that programs see. */
#define NAMES		12
extern const char *const port_names[NAMES];
void spaces_init(void);
uint64_t space_address(enum space space, uint64_t offset, void *area);

#endif /* FUZZ_H */
