// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs as text: a line for each process, then one for each operation:
 *
 *   proc 1 uid=1001 own
 *   4: 1.0 transfer fd=r2.out_fd flags=5 send.id=r3.recv.id+1 send.data=nowhere+8 &
 *
 * Operation 4 is done by process 1, its thread 0. What is not said is as by
 * default. r2.out_fd is what operation 2 left there. With & at its end the next
 * operation does not wait for it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char *const space_names[S_COUNT] = {
	[S_BUFFER] = "buffer", [S_SHARED] = "shared", [S_READONLY] = "readonly",
	[S_NOWHERE] = "nowhere", [S_NAME] = "name", [S_BLOCK] = "block",
	[S_FROZEN] = "frozen",
};

static void write_value(const struct program *program, const struct value *value, FILE *out)
{
	switch (value->kind) {
	case V_NUMBER:
		fprintf(out, (int64_t)value->number < 4096 ? "%" PRId64 : "%#" PRIx64,
			value->number);
		return;
	case V_RESULT:
		fprintf(out, "r%u.%s", value->op,
			calls[program->ops[value->op].call].slots[value->slot].name);
		break;
	default:
		fputs(space_names[value->space], out);
	}
	if (value->number)
		fprintf(out, "+%#" PRIx64, value->number);
}

void program_write(const struct program *program, FILE *out)
{
	unsigned int i, j;

	for (i = 0; i < program->procs; i++)
		fprintf(out, "proc %u uid=%u%s%s\n", i, program->proc[i].uid,
			program->proc[i].own ? " own" : "",
			program->proc[i].userns ? " userns" : "");
	for (i = 0; i < program->count; i++) {
		const struct op *op = &program->ops[i];
		const struct call *call = &calls[op->call];

		fprintf(out, "%u: %u.%u %s", i, op->actor / THREADS, op->actor % THREADS,
			call->name);
		for (j = 0; j < op->count; j++) {
			fprintf(out, " %s=", call->slots[op->sets[j].slot].name);
			write_value(program, &op->sets[j].value, out);
		}
		fputs(op->beside ? " &\n" : "\n", out);
	}
}

static bool read_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = *text == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	return end != text && *end == '\0' && errno == 0;
}

/* rN.SLOT, of an operation that comes before. */
static bool read_result(const struct program *program, char *text, struct value *value)
{
	char *dot = strchr(text, '.');
	uint64_t op;
	int slot;

	if (!dot)
		return false;
	*dot = '\0';
	if (!read_number(text + 1, &op) || op >= program->count)
		return false;
	slot = find_slot(&calls[program->ops[op].call], dot + 1);
	if (slot < 0)
		return false;
	value->op = op;
	value->slot = slot;
	value->kind = V_RESULT;
	return true;
}

static bool read_value(const struct program *program, char *text, struct value *value)
{
	char *plus;
	unsigned int i;

	*value = number(0);
	if (read_number(text, &value->number))
		return true;
	plus = strchr(text, '+');
	if (plus) {
		*plus = '\0';
		if (!read_number(plus + 1, &value->number))
			return false;
	}
	for (i = 0; i < S_COUNT; i++) {
		if (strcmp(text, space_names[i]) == 0) {
			value->kind = V_POINTER;
			value->space = i;
			return true;
		}
	}
	return text[0] == 'r' && read_result(program, text, value);
}

static bool read_set(const struct program *program, struct op *op, char *word)
{
	char *equals = strchr(word, '=');
	struct value value;
	int slot;

	if (!equals)
		return false;
	*equals = '\0';
	slot = find_slot(&calls[op->call], word);
	return slot >= 0 && read_value(program, equals + 1, &value) &&
	       op_set(op, slot, value);
}

static bool read_op(struct program *program, char *rest)
{
	struct op *op = &program->ops[program->count];
	unsigned int proc, thread;
	const struct call *call;
	char *word;

	memset(op, 0, sizeof(*op));
	word = strtok_r(rest, " ", &rest);
	if (program->count == OPS_MAX || !word ||
	    sscanf(word, "%u.%u", &proc, &thread) != 2 || proc >= program->procs ||
	    thread >= THREADS)
		return false;
	op->actor = proc * THREADS + thread;
	word = strtok_r(NULL, " ", &rest);
	call = word ? find_call(word) : NULL;
	if (!call)
		return false;
	op->call = call - calls;
	while ((word = strtok_r(NULL, " ", &rest))) {
		if (strcmp(word, "&") == 0)
			op->beside = true;
		else if (!read_set(program, op, word))
			return false;
	}
	program->count++;
	return true;
}

static bool read_proc(struct program *program, const char *rest)
{
	struct proc *proc = &program->proc[program->procs];
	unsigned int index, uid;

	if (program->procs == PROCS_MAX || program->count ||
	    sscanf(rest, "%u uid=%u", &index, &uid) != 2 || index != program->procs)
		return false;
	proc->uid = uid;
	proc->own = strstr(rest, " own");
	proc->userns = strstr(rest, " userns");
	program->procs++;
	return true;
}

/* Whether it could be read; says where not. */
bool program_read(struct program *program, FILE *in, const char *name)
{
	char line[4096], *colon;
	unsigned int number = 0;
	bool fine = true;

	memset(program, 0, sizeof(*program));
	while (fine && fgets(line, sizeof(line), in)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		colon = strchr(line, ':');
		if (strncmp(line, "proc ", 5) == 0)
			fine = read_proc(program, line + 5);
		else
			fine = colon && (unsigned int)atoi(line) == program->count &&
			       read_op(program, colon + 1);
	}
	if (fine && program->procs)
		return true;
	fprintf(stderr, "%s:%u: not understood\n", name, number);
	return false;
}
