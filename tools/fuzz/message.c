// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that make sense: most of the driver is behind them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <linux/alpc.h>

#include "fuzz.h"

static void put(struct op *op, const char *prefix, const char *name, struct value value)
{
	char slot[32];

	snprintf(slot, sizeof(slot), "%s%s", prefix, name);
	op_put(op, slot, value);
}

static void put_random(struct program *program, struct rng *rng, struct op *op,
		       const char *prefix, const char *name)
{
	char slot[32];
	int index;

	snprintf(slot, sizeof(slot), "%s%s", prefix, name);
	index = find_slot(&calls[op->call], slot);
	if (index >= 0)
		op_set(op, index, random_value(program, rng, op, index));
}

/* The address of what begins with a slot. */
static struct value block_of(const struct op *op, const char *prefix, const char *name)
{
	char slot[32];

	snprintf(slot, sizeof(slot), "%s%s", prefix, name);
	return pointer(S_BLOCK, calls[op->call].slots[find_slot(&calls[op->call], slot)].offset);
}

static void attach_ranges(struct program *program, struct rng *rng, struct op *op,
			  const char *prefix)
{
	unsigned int i, count = 1 + rng_below(rng, 3);
	char name[24];

	put(op, prefix, "attrs.ranges", block_of(op, prefix, "attrs.range0.address"));
	put(op, prefix, "attrs.range_count", number(count));
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "attrs.range%u.len", i);
		put_random(program, rng, op, prefix, name);
	}
}

static void attach_fds(struct program *program, struct rng *rng, struct op *op,
		       const char *prefix)
{
	unsigned int i, count = 1 + rng_below(rng, 4);
	char name[24];

	put(op, prefix, "attrs.fds", block_of(op, prefix, "attrs.fd0"));
	put(op, prefix, "attrs.fd_count", number(count));
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "attrs.fd%u", i);
		put(op, prefix, name,
		    need(program, rng, rng_chance(rng, 90) ? ONE(T_OTHER) : DESCRIPTORS,
			 op->actor));
	}
}

/* @call: its sender waits, so that its memory can be lent. */
static void attach(struct program *program, struct rng *rng, struct op *op,
		   const char *prefix, bool call)
{
	put(op, prefix, "attrs", block_of(op, prefix, "attrs.ranges"));
	put(op, prefix, "attrs_len", number(sizeof(struct alpc_attrs)));
	if (rng_chance(rng, call ? 60 : 3))
		attach_ranges(program, rng, op, prefix);
	if (rng_chance(rng, 45))
		attach_fds(program, rng, op, prefix);
	if (rng_chance(rng, 30))
		put_random(program, rng, op, prefix, "attrs.security");
}

static void carry_view(struct program *program, struct rng *rng, struct op *op,
		       const char *prefix)
{
	static const uint32_t flags[] = {
		0, 0, ALPC_VIEW_BODY, ALPC_VIEW_WRITE, ALPC_VIEW_AUTO_RELEASE,
		ALPC_VIEW_SECURE, ALPC_VIEW_SECURE | ALPC_VIEW_BODY, ALPC_VIEW_SLOT(1),
		ALPC_VIEW_RANGE,
	};

	put_random(program, rng, op, prefix, "section");
	put(op, prefix, "view_len", number(rng_chance(rng, 60) ? 4096 : 64));
	put(op, prefix, "view_offset", number(rng_chance(rng, 70) ? 0 : 4096));
	put(op, prefix, "view_flags", number(flags[rng_below(rng, 9)]));
}

/* @kind: ALPC_SEND_*, or 0 for a datagram. */
void fill_send(struct program *program, struct rng *rng, struct op *op,
	       const char *prefix, unsigned int kind)
{
	static const uint32_t lengths[] = { 0, 8, 40, 100, 256, 4096, 20000 };
	int flags = find_slot(&calls[op->call], "flags");
	bool call = kind & ALPC_SEND_REQUEST &&
		    op_value(op, flags)->number & ALPC_TRANSFER_WAIT;

	put(op, prefix, "flags", number(kind));
	if (kind & (ALPC_SEND_REPLY | ALPC_SEND_CALLBACK | ALPC_SEND_RELEASE))
		put_random(program, rng, op, prefix, "id");
	put(op, prefix, "len", number(lengths[rng_below(rng, rng_chance(rng, 80) ? 4 : 7)]));
	if (rng_chance(rng, 40))
		put(op, prefix, "cookie", number(rng_below(rng, 4)));
	if (kind == ALPC_SEND_RELEASE)
		return;
	if (rng_chance(rng, 20))
		carry_view(program, rng, op, prefix);
	if (rng_chance(rng, call ? 40 : 20))
		attach(program, rng, op, prefix, call);
	if (kind != ALPC_SEND_REPLY && rng_chance(rng, 8))
		put_random(program, rng, op, prefix, "reserve");
}

/* A datagram with descriptors, and nothing else. */
void fill_fds(struct program *program, struct rng *rng, struct op *op, const char *prefix)
{
	put(op, prefix, "attrs", block_of(op, prefix, "attrs.ranges"));
	put(op, prefix, "attrs_len", number(sizeof(struct alpc_attrs)));
	attach_fds(program, rng, op, prefix);
}

void fill_attributes(struct rng *rng, struct op *op, const char *prefix)
{
	put(op, prefix, "attrs", block_of(op, prefix, "attrs.ranges"));
	put(op, prefix, "attrs_len", number(sizeof(struct alpc_attrs)));
	put(op, prefix, "attrs.ranges", block_of(op, prefix, "attrs.range0.address"));
	put(op, prefix, "attrs.range_count", number(rng_below(rng, 4)));
	put(op, prefix, "attrs.fd_kinds", number(rng_chance(rng, 70) ? ALPC_FD_ANY : 3));
	if (rng_chance(rng, 40)) {
		put(op, prefix, "attrs.identity", block_of(op, prefix, "attrs.identity.size"));
		put(op, prefix, "attrs.identity.size", number(sizeof(struct alpc_identity)));
		put(op, prefix, "attrs.identity.parts", number(ALPC_IDENTITY_ALL));
	}
}

void fill_receive(struct rng *rng, struct op *op, const char *prefix)
{
	if (rng_chance(rng, 20))
		put(op, prefix, "len", number(rng_chance(rng, 50) ? 8 : 20000));
	if (rng_chance(rng, 35))
		fill_attributes(rng, op, prefix);
}

static unsigned int random_kind(struct rng *rng)
{
	static const uint8_t kinds[] = {
		0, 0, ALPC_SEND_REQUEST, ALPC_SEND_REQUEST, ALPC_SEND_REQUEST,
		ALPC_SEND_REPLY, ALPC_SEND_REPLY, ALPC_SEND_CALLBACK, ALPC_SEND_RELEASE,
	};

	return kinds[rng_below(rng, sizeof(kinds))];
}

static void fill_wait(struct rng *rng, struct op *op)
{
	static const int64_t times[] = { 0, 2000000, 5000000, 5000000, 10000000, -1 };

	op_put(op, "timeout", number(times[rng_below(rng, 6)]));
}

void fill_transfer(struct program *program, struct rng *rng, struct op *op)
{
	static const uint8_t ways[] = {
		ALPC_TRANSFER_SEND, ALPC_TRANSFER_SEND, ALPC_TRANSFER_RECEIVE,
		ALPC_TRANSFER_RECEIVE, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE,
		ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT,
		ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT, ALPC_TRANSFER_WAIT,
	};
	unsigned int way = ways[rng_below(rng, sizeof(ways))];
	unsigned int kind = random_kind(rng);

	if (rng_chance(rng, 15))
		way |= rng_chance(rng, 70) ? ALPC_TRANSFER_DONTWAIT : ALPC_TRANSFER_ABSTIME;
	op_put(op, "flags", number(way));
	fill_wait(rng, op);
	if (way & ALPC_TRANSFER_SEND)
		fill_send(program, rng, op, "send.", kind);
	if (way & (ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_WAIT))
		fill_receive(rng, op, "recv.");
	if (way & ALPC_TRANSFER_WAIT &&
	    (!(way & ALPC_TRANSFER_SEND) || kind == ALPC_SEND_REPLY))
		put_random(program, rng, op, "recv.", "call");
}

void fill_vector(struct program *program, struct rng *rng, struct op *op)
{
	unsigned int i, sends = rng_below(rng, 4), recvs = rng_below(rng, 4);
	uint64_t flags = (sends ? ALPC_TRANSFER_SEND : 0) |
			 (recvs ? ALPC_TRANSFER_RECEIVE : 0);
	char prefix[16];

	if (rng_chance(rng, 20))
		flags |= ALPC_TRANSFER_DONTWAIT;
	op_put(op, "flags", number(flags));
	op_put(op, "send_count", number(sends));
	op_put(op, "recv_count", number(recvs));
	fill_wait(rng, op);
	for (i = 0; i < sends; i++) {
		snprintf(prefix, sizeof(prefix), "send%u.", i);
		fill_send(program, rng, op, prefix, random_kind(rng));
	}
	for (i = 0; i < recvs; i++) {
		snprintf(prefix, sizeof(prefix), "recv%u.", i);
		fill_receive(rng, op, prefix);
	}
}
