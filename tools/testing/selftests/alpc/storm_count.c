// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states in which a storm kills, and what the kernel has left at its end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "storm.h"

/* --- states ---------------------------------------------------------------- */

static const char *const names[STATES] = {
	[CLIENT_CONNECT_QUEUED] = "17: connects, not received",
	[CLIENT_CONNECT_TAKEN] = "17: connects, received and not answered",
	[CLIENT_SENDS] = "17: sends",
	[CLIENT_WAITS_FOR_ROOM] = "17: waits for room to send",
	[CLIENT_CALL_QUEUED] = "17: calls, not received",
	[CLIENT_CALL_TAKEN] = "17: calls, received and not answered",
	[CLIENT_CALL_ANSWERED] = "17: calls, answered",
	[CLIENT_CALLED_BACK] = "17: handles a callback",
	[CLIENT_CALLS_ON] = "17: has answered a callback and waits on",
	[CLIENT_RECEIVES] = "17: receives",
	[CLIENT_AWAITS] = "17: waits for one reply",
	[CLIENT_ASYNC_QUEUED] = "17: asynchronous request, not received",
	[CLIENT_ASYNC_TAKEN] = "17: asynchronous request, received",
	[CLIENT_ASYNC_ANSWERED] = "17: asynchronous request, reply not fetched",
	[CLIENT_CANCELS] = "17: cancels",
	[CLIENT_IN_BATCH] = "17: sends a batch",
	[CLIENT_READS_VIEW] = "17: reads a view",
	[CLIENT_VIEW_HELD_BY_SERVER] = "17: the server has its view",
	[CLIENT_FDS_IN_FLIGHT] = "17: descriptors on their way",
	[CLIENT_MEMORY_READ] = "17: the server reads its memory",
	[CLIENT_QUICK] = "17: at a word",
	[CLIENT_PASSES_PORT] = "17: passes or takes a port",
	[CLIENT_FORKS] = "17: forks",
	[CLIENT_EXECS] = "17: executes",
	[SERVER_WAITS] = "18: receives",
	[SERVER_WAITS_PACKETS] = "18: at a completion port",
	[SERVER_READS_LIST] = "18: at a completion list",
	[SERVER_IN_BATCH] = "18: receives a batch",
	[SERVER_ACCEPTS] = "18: accepts",
	[SERVER_HANDLES] = "18: handles a request",
	[SERVER_REPLIES] = "18: replies",
	[SERVER_CALLS_BACK] = "18: calls back",
	[SERVER_HOLDS_VIEW] = "18: reads a view",
	[SERVER_TAKES_FDS] = "18: takes descriptors",
	[SERVER_ACCESSES] = "18: reads a caller's memory",
	[SERVER_QUICK] = "18: at a word",
	[SERVER_FORKS] = "18: forks",
	[SERVER_EXECS] = "18: executes",
	[LOST_CONNECT_QUEUED] = "18: client connects, not received",
	[LOST_CONNECT_TAKEN] = "18: client connects, received",
	[LOST_WAITING_FOR_ROOM] = "18: client waits for room to send",
	[LOST_CALL_QUEUED] = "18: client calls, not received",
	[LOST_CALL_TAKEN] = "18: client calls, received",
	[LOST_CALLED_BACK] = "18: client was called back",
	[LOST_RECEIVING] = "18: client receives",
	[LOST_ASYNC] = "18: client has asynchronous requests",
	[LOST_VIEW] = "18: client reads a view of it",
	[LOST_QUICK] = "18: client at a word",
	[LOST_BUT_ANSWERED] = "18: client gets a reply from before",
};

const char *state_name(enum storm_state state)
{
	return names[state];
}

/* For those places where nothing else has to be known; 0: not here. */
static const __u8 client_states[AT_WORD + 1] = {
	[AT_SEND] = CLIENT_SENDS, [AT_ROOM] = CLIENT_WAITS_FOR_ROOM,
	[AT_CALLED_BACK] = CLIENT_CALLED_BACK, [AT_CALL_ON] = CLIENT_CALLS_ON,
	[AT_RECEIVE] = CLIENT_RECEIVES, [AT_AWAIT] = CLIENT_AWAITS,
	[AT_CANCEL] = CLIENT_CANCELS, [AT_VIEW] = CLIENT_READS_VIEW, [AT_QUICK] = CLIENT_QUICK,
	[AT_PASS] = CLIENT_PASSES_PORT, [AT_FORK] = CLIENT_FORKS, [AT_EXEC] = CLIENT_EXECS,
	[AT_BATCH] = CLIENT_IN_BATCH,
};

static const __u8 server_states[AT_WORD + 1] = {
	[AT_SERVE] = SERVER_WAITS, [AT_PACKETS] = SERVER_WAITS_PACKETS,
	[AT_LIST] = SERVER_READS_LIST, [AT_SERVE_BATCH] = SERVER_IN_BATCH,
	[AT_ACCEPT] = SERVER_ACCEPTS, [AT_HANDLE] = SERVER_HANDLES, [AT_REPLY] = SERVER_REPLIES,
	[AT_CALL_BACK] = SERVER_CALLS_BACK, [AT_VIEW] = SERVER_HOLDS_VIEW,
	[AT_TAKE] = SERVER_TAKES_FDS, [AT_ACCESS] = SERVER_ACCESSES, [AT_WORD] = SERVER_QUICK,
	[AT_FORK] = SERVER_FORKS, [AT_EXEC] = SERVER_EXECS,
};

/* What its receiver is doing now. */
static enum storm_at handler_at(const struct entry *entry)
{
	int sign = entry->handler - 1;

	return sign < 0 ? AT_NOTHING : ledger->lives[sign / DESKS].desks[sign % DESKS].at;
}

static enum storm_state call_state(const struct desk *desk)
{
	__u16 call = __atomic_load_n(&desk->call, __ATOMIC_RELAXED);
	const struct entry *entry;

	if (!call)
		return STATES;
	entry = &life_of(desk)->entries[call - 1];
	if (!entry->seen)
		return CLIENT_CALL_QUEUED;
	if (entry->answer == 2)
		return CLIENT_CALL_ANSWERED;
	return handler_at(entry) == AT_ACCESS ? CLIENT_MEMORY_READ : CLIENT_CALL_TAKEN;
}

enum storm_state state_now(const struct desk *desk)
{
	__u8 at = __atomic_load_n(&desk->at, __ATOMIC_ACQUIRE);
	const __u8 *states = life_of(desk)->server ? server_states : client_states;

	if (at == AT_CONNECT)
		return ledger->conns[desk->conn].received ? CLIENT_CONNECT_TAKEN :
							    CLIENT_CONNECT_QUEUED;
	if (at == AT_CALL)
		return call_state(desk);
	return states[at] ?: STATES;
}

/* What a client has under way beside what it does. */
static void count_entry(const struct entry *entry)
{
	bool async = (entry->kind & KIND_MASK) == KIND_ASYNC;

	/* Of its call the kernel has not said yet that it was sent. */
	if (entry->kind & HAS_VIEW && entry->seen && !entry->returned)
		reach(CLIENT_VIEW_HELD_BY_SERVER);
	if (entry->sent != SENT)
		return;
	if (async && !entry->got && !entry->withdrawn)
		reach(!entry->seen ? CLIENT_ASYNC_QUEUED :
		      entry->answer == 2 ? CLIENT_ASYNC_ANSWERED : CLIENT_ASYNC_TAKEN);
	if (entry->kind & HAS_FDS && !entry->seen)
		reach(CLIENT_FDS_IN_FLIGHT);
}

void count_killed(struct life *life)
{
	int i;

	for (i = 0; i < DESKS; i++) {
		enum storm_state state = state_now(&life->desks[i]);

		if (state != STATES)
			reach(state);
	}
	for (i = 0; i < life->numbers && !life->server; i++) {
		if (link_find(life, life->entries[i].conn))
			count_entry(&life->entries[i]);
	}
}

/* --- what is left ---------------------------------------------------------- */

static long number_in(const char *path)
{
	char text[32];

	return read_file(path, text, sizeof(text)) > 0 ? atol(text) : -1;
}

/* What is used of the limits of one user: who becomes that user is told. */
static int used_by(uid_t user, __u64 *used)
{
	struct alpc_usage usage = { .size = sizeof(usage), .flags = ALPC_USAGE_USER };
	struct child child;
	__u64 sum = 0;
	int err;

	if (child_start(&child) < 0)
		return -errno;
	if (!child.pid) {
		err = user ? become(user, user) : 0;
		err = err ?: alpc_ioctl(alpc_device(), ALPC_IOC_GET_USAGE, &usage);
		sum = usage.messages.used + usage.connections.used + usage.connects.used +
		      usage.section_bytes.used + usage.fds.used + usage.security.used;
		child_put(&child, &sum, sizeof(sum));
		child_exit(!err);
	}
	err = child_get(&child, &sum, sizeof(sum));
	*used += sum;
	return child_end(&child) ?: err;
}

/* Objects that are free, and kept for a CPU, are counted until they are let go. */
static long objects_of(const char *cache)
{
	char path[64], head[32], text[65536], *line;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	write_file(path, "1");
	if (read_file("/proc/slabinfo", text, sizeof(text)) < 0)
		return -1;
	snprintf(head, sizeof(head), "\n%s ", cache);
	line = strstr(text, head);
	return line ? atol(line + strlen(head)) : -1;
}

int left_look(struct left *left)
{
	long messages = objects_of("alpc_message"), conns = objects_of("alpc_conn");
	int err = messages < 0 || conns < 0 ? -ENOENT : 0, i;

	left->references = number_in("/sys/module/alpc/refcnt");
	left->objects = messages + conns;
	left->used = 0;
	for (i = 0; i < CLIENTS && !err; i++)
		err = used_by(life_user(false, i), &left->used);
	return err;
}

bool left_is_same(const struct left *a, const struct left *b)
{
	return a->references == b->references && a->objects == b->objects && a->used == b->used;
}
