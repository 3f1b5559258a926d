// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories of who waits for something, and what comes meanwhile.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <linux/alpc.h>

#include "story.h"

static struct value short_time(struct rng *rng)
{
	return number(rng_chance(rng, 50) ? 3000000 : 20000000);
}

static struct value make_completion(struct program *program, struct rng *rng)
{
	struct op op = start_op("create_completion", actor_for(program, rng, number(0)));

	op_put(&op, "concurrency", number(rng_below(rng, 3)));
	if (!tell(program, rng, &op))
		return number(-1);
	return left(program, "out_fd");
}

static void bind(struct program *program, struct rng *rng, struct value fd,
		 struct value completion)
{
	struct op op = on(program, rng, "bind", fd);

	op_put(&op, "completion", completion);
	tell(program, rng, &op);
}

/* Wait for packets; sometimes where they cannot be written to. */
static void await_packets(struct program *program, struct rng *rng, unsigned int actor,
			  struct value completion)
{
	struct op op = start_op("wait_packets", actor);
	const struct call *call = &calls[op.call];

	op_put(&op, "fd", completion);
	op_put(&op, "timeout", short_time(rng));
	if (rng_chance(rng, 20))
		op_put(&op, "packets",
		       pointer(S_FROZEN, op_value(&op, find_slot(call, "packets"))->number));
	op.beside = rng_chance(rng, 40);
	tell(program, rng, &op);
}

static void post(struct program *program, struct rng *rng, struct value completion)
{
	struct op op = on(program, rng, "post_packets", completion);

	op_put(&op, "count", number(1 + rng_below(rng, 3)));
	tell(program, rng, &op);
}

/* A thread goes from one completion port to another, with packets or without. */
void packets_story(struct program *program, struct rng *rng, const struct link *link)
{
	struct value first = make_completion(program, rng);
	struct value second = make_completion(program, rng);
	unsigned int actor = actor_for(program, rng, first);
	struct op op;

	bind(program, rng, rng_chance(rng, 50) ? link->port : link->client, first);
	op = sending(program, rng, rng_chance(rng, 50) ? link->client : link->server, 0, false);
	tell(program, rng, &op);
	post(program, rng, first);
	await_packets(program, rng, actor, first);
	await_packets(program, rng, actor, second);
	post(program, rng, second);
	await_packets(program, rng, actor, rng_chance(rng, 50) ? first : second);
}

static void list_op(struct program *program, struct rng *rng, const char *call,
		    unsigned int actor, struct value list)
{
	struct op op = start_op(call, actor);

	op_put(&op, "address", list);
	tell(program, rng, &op);
}

/* One message for the list: of the other end's own accord, or a reply. */
static void send_to_list(struct program *program, struct rng *rng, const struct link *link)
{
	struct op op;

	if (rng_chance(rng, 30)) {
		op = sending(program, rng, link->server, 0, false);
		op_put(&op, "send.len", number(rng_below(rng, 80)));
		tell(program, rng, &op);
		return;
	}
	op = sending(program, rng, link->client, ALPC_SEND_REQUEST, false);
	op_put(&op, "send.len", number(rng_below(rng, 80)));
	op_put(&op, "send.cookie", number(rng_below(rng, 3)));
	if (!tell(program, rng, &op))
		return;
	receive(program, rng, link->port);
	answer(program, rng, link->port, left(program, "recv.id"), ALPC_SEND_REPLY);
}

/* A client has a list, into which replies come, and gives its slots back. */
void list_story(struct program *program, struct rng *rng, const struct link *link)
{
	struct op op = on(program, rng, "create_list", link->client);
	unsigned int count = 2 + rng_below(rng, 4);
	struct value list;
	unsigned int actor;

	op_put(&op, "slots", number(2));
	op_put(&op, "slot_len", number(64));
	if (!tell(program, rng, &op))
		return;
	op = on(program, rng, "mmap", left(program, "out_fd"));
	actor = op.actor;
	if (!tell(program, rng, &op))
		return;
	list = left(program, "ret");
	if (rng_chance(rng, 30))
		bind(program, rng, link->client, make_completion(program, rng));
	if (rng_chance(rng, 40))
		list_op(program, rng, "sleeping", actor, list);
	while (count--) {
		send_to_list(program, rng, link);
		if (rng_chance(rng, 60))
			list_op(program, rng, "take", actor, list);
	}
}

static void many(struct program *program, struct rng *rng, struct value fd,
		 unsigned int sends, unsigned int recvs)
{
	struct op op = on(program, rng, "vector", fd);

	op_put(&op, "flags", number((sends ? ALPC_TRANSFER_SEND : 0) |
				    (recvs ? ALPC_TRANSFER_RECEIVE : 0)));
	op_put(&op, "send_count", number(sends));
	op_put(&op, "recv_count", number(recvs));
	op_put(&op, "timeout", rng_chance(rng, 30) ? number(-1) : short_time(rng));
	if (sends && rng_chance(rng, 20))
		op_put(&op, "send1.flags", number(ALPC_SEND_REQUEST));
	if (recvs && rng_chance(rng, 20))
		op_put(&op, "recv",
		       pointer(S_FROZEN,
			       op_value(&op, find_slot(&calls[op.call], "recv"))->number));
	if (recvs && rng_chance(rng, 20))
		op_put(&op, "recv1.data", pointer(S_NOWHERE, 0));
	op.beside = rng_chance(rng, 60);
	tell(program, rng, &op);
}

/* Many messages at once, for which there may be no room, or that do not come yet. */
void vector_story(struct program *program, struct rng *rng, const struct link *link)
{
	unsigned int count = 2 + rng_below(rng, 3);

	while (count--) {
		if (rng_chance(rng, 60))
			many(program, rng, link->client, 3, 0);
		else
			many(program, rng, link->port, 0, 2 + rng_below(rng, 2));
	}
	many(program, rng, link->port, 0, 3);
}

/* A callback is made in a call, and its thread answers it and waits on. */
void callback_story(struct program *program, struct rng *rng, const struct link *link)
{
	struct op op = sending(program, rng, link->client, ALPC_SEND_REQUEST,
			       rng_chance(rng, 80));
	unsigned int caller = op.actor, call;
	struct value id;

	if (!tell(program, rng, &op))
		return;
	/* What it needed may have been made before it. */
	call = program->count - 1;
	receive(program, rng, link->port);
	id = left(program, "recv.id");
	op = sending(program, rng, rng_chance(rng, 50) ? link->port : link->server,
		     ALPC_SEND_CALLBACK, rng_chance(rng, 40));
	op_put(&op, "send.id", id);
	if (!tell(program, rng, &op))
		return;
	if (rng_chance(rng, 15))
		answer(program, rng, link->port, id, ALPC_SEND_REPLY);
	if (rng_chance(rng, 15)) {
		op = on(program, rng, "cancel", link->port);
		op_put(&op, "id", id);
		tell(program, rng, &op);
	}
	op = sending(program, rng, link->client, ALPC_SEND_REPLY, true);
	op.actor = caller;
	op_put(&op, "send.id", left_by(program, call, "recv.id"));
	op_put(&op, "recv.call", left_by(program, call, "recv.call"));
	if (rng_chance(rng, 30)) {
		op_put(&op, "flags", number(ALPC_TRANSFER_WAIT));
		op_put(&op, "recv.call", left_by(program, call, "out_id"));
	}
	tell(program, rng, &op);
	answer(program, rng, link->port, id, ALPC_SEND_REPLY);
}

/* An asynchronous request, whose reply is waited for by its number. */
void wait_story(struct program *program, struct rng *rng, const struct link *link)
{
	struct op op = sending(program, rng, link->client, ALPC_SEND_REQUEST, false);
	struct value request, id;

	if (!tell(program, rng, &op))
		return;
	request = left(program, "out_id");
	receive(program, rng, link->port);
	id = left(program, "recv.id");
	if (rng_chance(rng, 50))
		answer(program, rng, link->port, id, ALPC_SEND_REPLY);
	op = on(program, rng, "transfer", link->client);
	op_put(&op, "flags", number(ALPC_TRANSFER_WAIT));
	op_put(&op, "timeout", rng_chance(rng, 50) ? number(-1) : short_time(rng));
	op_put(&op, "recv.call", request);
	op_put(&op, "recv.len", number(rng_chance(rng, 20) ? 0 : 128));
	op.beside = true;
	tell(program, rng, &op);
	if (rng_chance(rng, 30)) {
		op = on(program, rng, "cancel",
			rng_chance(rng, 50) ? link->port : link->client);
		op_put(&op, "id", rng_chance(rng, 50) ? id : request);
		tell(program, rng, &op);
	}
	answer(program, rng, link->port, id, ALPC_SEND_REPLY);
}

/* Whoever has received a request wants to act for its sender. */
void identity_story(struct program *program, struct rng *rng, const struct link *link)
{
	struct op op = sending(program, rng, link->client, ALPC_SEND_REQUEST, false);

	if (!tell(program, rng, &op))
		return;
	receive(program, rng, link->port);
	op = on(program, rng, "get_identity",
		rng_chance(rng, 50) ? link->port : link->server);
	op_put(&op, "id", left(program, "recv.id"));
	op_put(&op, "flags", number(ALPC_IDENTITY_IMPERSONATE));
	if (rng_chance(rng, 20))
		op_put(&op, "group_count", number(1));
	tell(program, rng, &op);
}

/* More clients than may wait for the server's answer. */
void connect_story(struct program *program, struct rng *rng)
{
	struct op op = start_op("create_port", actor_for(program, rng, number(0)));
	unsigned int left_to_do = 2 + rng_below(rng, 3);
	struct value name = pointer(S_NAME, rng_below(rng, 6));
	struct value port;

	op_put(&op, "name", name);
	op_put(&op, "max_pending", number(1));
	if (!tell(program, rng, &op))
		return;
	port = left(program, "out_fd");
	while (left_to_do--) {
		op = start_op("connect", actor_for(program, rng, number(0)));
		op_put(&op, "name", name);
		op_put(&op, "flags", number(rng_chance(rng, 60) ? ALPC_CONNECT_ASYNC : 0));
		op_put(&op, "timeout", rng_chance(rng, 60) ? number(-1) : short_time(rng));
		op.beside = true;
		tell(program, rng, &op);
	}
	for (left_to_do = 2; left_to_do; left_to_do--) {
		receive(program, rng, port);
		op = on(program, rng, "accept", port);
		op_put(&op, "id", left(program, "recv.id"));
		op_put(&op, "flags", number(rng_chance(rng, 30) ? ALPC_ACCEPT_REFUSE : 0));
		tell(program, rng, &op);
	}
	if (rng_chance(rng, 30)) {
		op = on(program, rng, "close", port);
		tell(program, rng, &op);
	}
}
