// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a message brings, from its sender to where it is given back: by chance alone
 * the operations rarely come together.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <linux/alpc.h>

#include "story.h"

struct value left(const struct program *program, const char *name)
{
	return left_by(program, program->count - 1, name);
}

struct op on(const struct program *program, struct rng *rng, const char *call,
	     struct value fd)
{
	struct op op = start_op(call, actor_for(program, rng, fd));

	op_put(&op, "fd", fd);
	return op;
}

bool tell(struct program *program, struct rng *rng, struct op *op)
{
	blur(program, rng, op);
	return add_op(program, op);
}

struct op sending(struct program *program, struct rng *rng, struct value fd,
		  unsigned int kind, bool call)
{
	struct op op = on(program, rng, "transfer", fd);

	op_put(&op, "flags", number(ALPC_TRANSFER_SEND | (call ? ALPC_TRANSFER_WAIT : 0)));
	op_put(&op, "timeout", call ? number(-1) : PATIENCE);
	op_put(&op, "send.flags", number(kind));
	op.beside = call;
	return op;
}

void answer(struct program *program, struct rng *rng, struct value fd, struct value id,
	    unsigned int kind)
{
	struct op op = sending(program, rng, fd, kind, false);

	op_put(&op, "send.id", id);
	tell(program, rng, &op);
}

static bool make_shared(struct program *program, struct rng *rng, struct value fd,
			unsigned int flags, struct value *section)
{
	struct op op = on(program, rng, "create_section", fd);

	op_put(&op, "flags", number(flags));
	if (!tell(program, rng, &op))
		return false;
	*section = left(program, "out_section");
	return true;
}

static void touch(struct program *program, struct rng *rng, unsigned int actor,
		  struct value at, unsigned int write)
{
	struct op op = start_op("touch", actor);

	op_put(&op, "address", at);
	op_put(&op, "write", number(write));
	tell(program, rng, &op);
}

/* A view is sent, its section opened and mapped by the receiver, and given back. */
static void view_story(struct program *program, struct rng *rng, const struct link *link)
{
	static const uint32_t flags[] = {
		0, ALPC_VIEW_SECURE, ALPC_VIEW_BODY, ALPC_VIEW_SLOT(1), ALPC_VIEW_WRITE,
	};
	bool call = rng_chance(rng, 50);
	struct value section, id;
	struct op op;

	if (!make_shared(program, rng, link->client, rng_below(rng, 2), &section))
		return;
	op = sending(program, rng, link->client, call ? ALPC_SEND_REQUEST : 0, call);
	op_put(&op, "send.section", section);
	op_put(&op, "send.view_len", number(4096));
	op_put(&op, "send.view_flags", number(flags[rng_below(rng, 5)]));
	if (!tell(program, rng, &op))
		return;
	receive(program, rng, link->port);
	id = left(program, "recv.id");
	op = on(program, rng, "open_section", rng_chance(rng, 60) ? link->server : link->port);
	op_put(&op, "section", section);
	op_put(&op, "id", rng_chance(rng, 60) ? id : number(0));
	if (!tell(program, rng, &op))
		return;
	op = on(program, rng, "mmap", left(program, "out_fd"));
	op_put(&op, "prot", number(1 + 2 * rng_below(rng, 2)));
	if (tell(program, rng, &op))
		touch(program, rng, op.actor, left(program, "ret"), 0);
	answer(program, rng, rng_chance(rng, 50) ? link->server : link->port, id,
	       call ? ALPC_SEND_REPLY : ALPC_SEND_RELEASE);
}

/* Who sent a page cannot write to it until it is given back, and then again. */
static void secure_story(struct program *program, struct rng *rng, const struct link *link)
{
	struct value section, at, fd;
	struct op op;
	unsigned int owner;

	if (!make_shared(program, rng, link->client, rng_below(rng, 2), &section))
		return;
	fd = left(program, "out_fd");
	op = on(program, rng, "mmap", fd);
	owner = op.actor;
	if (!tell(program, rng, &op))
		return;
	at = left(program, "ret");
	op = sending(program, rng, link->client, 0, false);
	op_put(&op, "send.section", section);
	op_put(&op, "send.view_len", number(4096));
	op_put(&op, "send.view_flags", number(ALPC_VIEW_SECURE));
	tell(program, rng, &op);
	touch(program, rng, owner, at, rng_below(rng, 2));
	receive(program, rng, link->port);
	answer(program, rng, link->port, left(program, "recv.id"), ALPC_SEND_RELEASE);
	touch(program, rng, owner, at, 1);
	if (rng_chance(rng, 70))
		return;
	op = start_op("peek", owner);
	op_put(&op, "address", at);
	tell(program, rng, &op);
}

/* A caller's memory is read or written. */
static void access_story(struct program *program, struct rng *rng, const struct link *link)
{
	struct op op = sending(program, rng, link->client, ALPC_SEND_REQUEST, true);
	const struct call *call = &calls[op.call];
	struct value id;

	op_put(&op, "send.attrs",
	       pointer(S_BLOCK, call->slots[find_slot(call, "send.attrs.ranges")].offset));
	op_put(&op, "send.attrs_len", number(sizeof(struct alpc_attrs)));
	op_put(&op, "send.attrs.ranges",
	       pointer(S_BLOCK, call->slots[find_slot(call, "send.attrs.range0.address")].offset));
	op_put(&op, "send.attrs.range_count", number(1 + rng_below(rng, 3)));
	op_put(&op, "send.attrs.range0.len", number(rng_chance(rng, 50) ? 64 : 10000));
	if (!tell(program, rng, &op))
		return;
	receive(program, rng, link->port);
	id = left(program, "recv.id");
	op = on(program, rng, "access", rng_chance(rng, 50) ? link->server : link->port);
	op_put(&op, "id", id);
	op_put(&op, "flags", number(rng_below(rng, 2)));
	op_put(&op, "count", number(1 + rng_below(rng, 3)));
	op_put(&op, "part0.len", number(rng_chance(rng, 50) ? 64 : 9000));
	tell(program, rng, &op);
	answer(program, rng, link->port, id, ALPC_SEND_REPLY);
}

/* Descriptors are sent, and taken by the receiver. */
static void fds_story(struct program *program, struct rng *rng, const struct link *link)
{
	struct op op = start_op("transfer", actor_for(program, rng, link->client));
	struct value id;

	op_put(&op, "fd", link->client);
	op_put(&op, "flags", number(ALPC_TRANSFER_SEND));
	op_put(&op, "timeout", PATIENCE);
	fill_fds(program, rng, &op, "send.");
	if (!tell(program, rng, &op))
		return;
	op = on(program, rng, "transfer", link->port);
	op_put(&op, "flags", number(ALPC_TRANSFER_RECEIVE));
	op_put(&op, "timeout", PATIENCE);
	fill_attributes(rng, &op, "recv.");
	if (!tell(program, rng, &op))
		return;
	id = left(program, "recv.id");
	op = on(program, rng, "take_fds", rng_chance(rng, 50) ? link->server : link->port);
	op_put(&op, "id", id);
	tell(program, rng, &op);
	answer(program, rng, link->port, id, ALPC_SEND_RELEASE);
}

/* One end waits for a word, the other wakes it. */
static void word_story(struct program *program, struct rng *rng, const struct link *link)
{
	static const uint32_t offsets[] = { 0, 0, 4, 4096, 8188, 8192, 16384, 1 << 20 };
	uint32_t offset = offsets[rng_below(rng, 8)];
	struct value section;
	struct op op;

	if (!make_shared(program, rng, link->client, ALPC_SECTION_PEER_WRITE, &section))
		return;
	op = on(program, rng, "quick_wait", link->server);
	op_put(&op, "section", section);
	op_put(&op, "offset", number(offset));
	op_put(&op, "timeout", number(rng_chance(rng, 50) ? -1 : 5000000));
	op.beside = true;
	tell(program, rng, &op);
	op = on(program, rng, "quick_wake", link->client);
	op_put(&op, "section", section);
	op_put(&op, "offset", number(offset));
	tell(program, rng, &op);
}

/* Messages fill a queue until senders sleep. */
static void flood_story(struct program *program, struct rng *rng, const struct link *link)
{
	unsigned int left = 2 + rng_below(rng, 4);
	struct op op;

	while (left--) {
		op = sending(program, rng, link->client, rng_chance(rng, 40), false);
		op_put(&op, "timeout", number(-1));
		op.beside = true;
		if (!tell(program, rng, &op))
			return;
	}
	receive(program, rng, link->port);
	receive(program, rng, link->port);
}

void add_story(struct program *program, struct rng *rng)
{
	static void (*const stories[])(struct program *program, struct rng *rng,
				       const struct link *link) = {
		view_story, secure_story, access_story, fds_story, word_story, flood_story,
		list_story, vector_story, callback_story, identity_story, packets_story,
		wait_story, NULL,
	};
	unsigned int count = 0;
	struct link link;

	while (stories[count])
		count++;
	if (rng_chance(rng, 5))
		connect_story(program, rng);
	else if (get_link(program, rng, &link))
		stories[rng_below(rng, count)](program, rng, &link);
}
