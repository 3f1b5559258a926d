// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations that make something: a connection, a message that was received.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <linux/alpc.h>

#include "scene.h"

static int slot_of(const struct program *program, unsigned int op, const char *name)
{
	return find_slot(&calls[program->ops[op].call], name);
}

struct value left_by(const struct program *program, unsigned int op, const char *name)
{
	return result(op, slot_of(program, op, name));
}

static unsigned int anybody(const struct program *program, struct rng *rng)
{
	return rng_below(rng, program->procs * THREADS);
}

static void make_port(struct program *program, struct rng *rng)
{
	struct op op = start_op("create_port", anybody(program, rng));
	unsigned int i, used = 0;

	for (i = 0; i < program->count; i++)
		used += program->ops[i].call == op.call;
	op_put(&op, "name", pointer(S_NAME, used % 6));
	if (rng_chance(rng, 25))
		op_put(&op, "max_message", number(20000));
	if (rng_chance(rng, 20))
		op_put(&op, "queue_messages", number(1 + rng_below(rng, 3)));
	blur(program, rng, &op);
	add_op(program, &op);
}

/* Connect, receive the request and accept, with the port that a name belongs to. */
static void make_connection(struct program *program, struct rng *rng)
{
	struct value port = need(program, rng, ONE(T_PORT), -1);
	struct op op = start_op("connect", anybody(program, rng));
	unsigned int server;

	if (port.kind != V_RESULT)
		return;
	server = actor_for(program, rng, port);
	if (find_slot(&calls[program->ops[port.op].call], "name") >= 0)
		op_put(&op, "name", *op_value(&program->ops[port.op],
					      slot_of(program, port.op, "name")));
	if (rng_chance(rng, 70)) {
		op_put(&op, "flags", number(ALPC_CONNECT_ASYNC));
		op_put(&op, "timeout", PATIENCE);
	} else {
		op_put(&op, "timeout", number(-1));
		op.beside = true;
	}
	if (rng_chance(rng, 30))
		op_put(&op, "level", number(ALPC_LEVEL_IMPERSONATION));
	blur(program, rng, &op);
	add_op(program, &op);

	op = start_op("transfer", server);
	op_put(&op, "fd", port);
	op_put(&op, "flags", number(ALPC_TRANSFER_RECEIVE));
	op_put(&op, "timeout", PATIENCE);
	if (!add_op(program, &op))
		return;
	op = start_op("accept", server);
	op_put(&op, "fd", port);
	op_put(&op, "id", left_by(program, program->count - 1, "recv.id"));
	op_put(&op, "context", number(program->count));
	blur(program, rng, &op);
	add_op(program, &op);
}

static bool find_link(const struct program *program, struct rng *rng, struct link *link)
{
	unsigned int accept = find_call("accept") - calls;
	unsigned int connect = find_call("connect") - calls;
	int i;

	if (!find_made(program, rng, ONE(T_SERVER), -1, &link->server) ||
	    program->ops[link->server.op].call != accept)
		return false;
	link->port = *op_value(&program->ops[link->server.op], 0);
	for (i = link->server.op; i >= 0 && program->ops[i].call != connect; i--)
		;
	if (i < 0)
		return false;
	link->client = left_by(program, i, "out_fd");
	return true;
}

bool get_link(struct program *program, struct rng *rng, struct link *link)
{
	if (find_link(program, rng, link))
		return true;
	make_connection(program, rng);
	return find_link(program, rng, link);
}

void receive(struct program *program, struct rng *rng, struct value fd)
{
	struct op op = start_op("transfer", actor_for(program, rng, fd));

	op_put(&op, "fd", fd);
	op_put(&op, "flags", number(ALPC_TRANSFER_RECEIVE));
	op_put(&op, "timeout", PATIENCE);
	fill_receive(rng, &op, "recv.");
	add_op(program, &op);
}

/* A request that its sender waits for, or does not, and that is received. */
static void make_message(struct program *program, struct rng *rng, bool received)
{
	bool back = rng_chance(rng, 20), wait = rng_chance(rng, 50);
	struct link link;
	struct value fd;
	struct op op;

	if (!get_link(program, rng, &link))
		return;
	fd = back ? link.server : link.client;
	op = start_op("transfer", actor_for(program, rng, fd));
	op_put(&op, "fd", fd);
	op_put(&op, "flags", number(ALPC_TRANSFER_SEND | (wait ? ALPC_TRANSFER_WAIT : 0)));
	op_put(&op, "timeout", wait ? number(-1) : PATIENCE);
	op.beside = wait;
	fill_send(program, rng, &op, "send.", ALPC_SEND_REQUEST);
	if (wait)
		fill_receive(rng, &op, "recv.");
	blur(program, rng, &op);
	add_op(program, &op);
	if (received)
		receive(program, rng, back ? link.client : link.port);
}

/* A call whose caller has been given a callback. */
static void make_call(struct program *program, struct rng *rng)
{
	struct value request = need(program, rng, ONE(T_MESSAGE), -1);
	struct value fd;
	struct op op;

	if (request.kind != V_RESULT)
		return;
	fd = *op_value(&program->ops[request.op], 0);
	op = start_op("transfer", actor_for(program, rng, fd));
	op_put(&op, "fd", fd);
	op_put(&op, "flags", number(ALPC_TRANSFER_SEND));
	op_put(&op, "timeout", PATIENCE);
	fill_send(program, rng, &op, "send.", ALPC_SEND_CALLBACK);
	op_put(&op, "send.id", request);
	add_op(program, &op);
}

static void make_with(struct program *program, struct rng *rng, const char *call,
		      uint32_t want)
{
	struct op op = start_op(call, 0);
	struct value fd = want ? need(program, rng, want, -1) : number(-1);

	op.actor = actor_for(program, rng, fd);
	if (want)
		op_put(&op, "fd", fd);
	if (find_slot(&calls[op.call], "kind") >= 0)
		op_put(&op, "kind", number(rng_below(rng, 8)));
	blur(program, rng, &op);
	add_op(program, &op);
}

/* A section that both ends may write to is needed for the waiting words. */
static void make_section(struct program *program, struct rng *rng)
{
	struct value fd = need(program, rng, ENDS, -1);
	struct op op = start_op("create_section", actor_for(program, rng, fd));

	op_put(&op, "fd", fd);
	op_put(&op, "flags", number(rng_chance(rng, 50)));
	blur(program, rng, &op);
	add_op(program, &op);
}

void make_scene(struct program *program, struct rng *rng, enum type type)
{
	switch (type) {
	case T_PORT:
		return make_port(program, rng);
	case T_CLIENT:
	case T_SERVER:
		return make_connection(program, rng);
	case T_COMPLETION:
		return make_with(program, rng, "create_completion", 0);
	case T_MEMORY:
		if (rng_chance(rng, 40))
			return make_with(program, rng, "create_list", RECEIVERS);
		return make_section(program, rng);
	case T_SECTION:
		return make_section(program, rng);
	case T_OTHER:
		return make_with(program, rng, "open_other", 0);
	case T_MESSAGE:
		return make_message(program, rng, true);
	case T_REQUEST:
		return make_message(program, rng, false);
	case T_CALL:
		return make_call(program, rng);
	case T_RESERVE:
		return make_with(program, rng, "create_reserve", ENDS);
	case T_SECURITY:
		return make_with(program, rng, "create_security", ENDS);
	case T_ADDRESS:
		return make_with(program, rng, "mmap", ONE(T_MEMORY));
	default:
		return;
	}
}
