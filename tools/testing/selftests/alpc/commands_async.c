// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of vectors, completion ports, cancelling and reserves.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <unistd.h>

#include "commands.h"

static int prepare_vector(struct scene *scene, void *arg)
{
	scene->send = (struct alpc_vector_send){
		.msg.data = address("hello"), .msg.len = 5,
		.out_error = POISON_U32, .out_id = POISON_U64,
	};
	*(struct alpc_vector *)arg = (struct alpc_vector){
		.size = sizeof(struct alpc_vector),
		.flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE,
		.send = address(&scene->send),
		.send_count = 1,
		.out_sent = POISON_U32,
		.out_received = POISON_U32,
	};
	return scene->pair.client;
}

static bool happened_vector(struct scene *scene, void *arg)
{
	struct alpc_vector *vector = arg;
	struct alpc_msg msg;

	return vector->out_sent == 1 && !vector->out_received && !scene->send.out_error &&
	       next_is(scene->pair.port, ALPC_DATAGRAM, &msg) && msg.len == 5 &&
	       nothing_at(scene->pair.port);
}

const struct command vector_command = {
	.number = ALPC_IOC_VECTOR,
	.size = sizeof(struct alpc_vector),
	.known_flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE |
		       ALPC_TRANSFER_DONTWAIT | ALPC_TRANSFER_ABSTIME,
	.buffers = {
		{ offsetof(struct alpc_vector, send),
		  offsetof(struct alpc_vector, send_count),
		  sizeof(struct alpc_vector_send) },
	},
	.has_output = true,
	.prepare = prepare_vector,
	.happened = happened_vector,
};

static int prepare_create_completion(struct scene *scene, void *arg)
{
	(void)scene;
	*(struct alpc_create_completion *)arg = (struct alpc_create_completion){
		.size = sizeof(struct alpc_create_completion),
		.out_fd = POISON_S32,
	};
	return alpc_device();
}

static int completion_state(int fd, struct alpc_set_completion *state)
{
	*state = (struct alpc_set_completion){ .size = sizeof(*state) };
	return alpc_ioctl(fd, ALPC_IOC_SET_COMPLETION, state);
}

static bool happened_create_completion(struct scene *scene, void *arg)
{
	struct alpc_create_completion *create = arg;
	struct alpc_set_completion state;
	bool made;

	(void)scene;
	made = !completion_state(create->out_fd, &state) && state.concurrency &&
	       !state.out_bound && !state.out_packets;
	close(create->out_fd);
	return made;
}

const struct command create_completion_command = {
	.number = ALPC_IOC_CREATE_COMPLETION,
	.size = sizeof(struct alpc_create_completion),
	.has_output = true,
	.prepare = prepare_create_completion,
	.happened = happened_create_completion,
};

/* A completion port for the good arguments; 0 or a negative errno. */
static int open_completion(struct scene *scene)
{
	struct alpc_create_completion create;
	int err;

	if (scene->completion >= 0)
		return 0;
	prepare_create_completion(scene, &create);
	err = alpc_ioctl(alpc_device(), ALPC_IOC_CREATE_COMPLETION, &create);
	if (!err)
		scene->completion = create.out_fd;
	return err;
}

static int prepare_bind(struct scene *scene, void *arg)
{
	if (open_completion(scene))
		return -1;
	*(struct alpc_bind *)arg = (struct alpc_bind){
		.size = sizeof(struct alpc_bind),
		.key = 0x6b6579,
		.completion = scene->completion,
	};
	return scene->pair.port;
}

static bool happened_bind(struct scene *scene, void *arg)
{
	struct alpc_bind remove = { .size = sizeof(remove), .flags = ALPC_BIND_REMOVE };
	struct alpc_set_completion state;

	(void)arg;
	return !completion_state(scene->completion, &state) && state.out_bound == 1 &&
	       !alpc_ioctl(scene->pair.port, ALPC_IOC_BIND, &remove);
}

const struct command bind_command = {
	.number = ALPC_IOC_BIND,
	.size = sizeof(struct alpc_bind),
	.known_flags = ALPC_BIND_REMOVE,
	.reserved = { offsetof(struct alpc_bind, __reserved) },
	.prepare = prepare_bind,
	.happened = happened_bind,
};

static int prepare_cancel(struct scene *scene, void *arg)
{
	struct alpc_msg msg;

	if (!scene->canceled &&
	    (alpc_request_async(scene->pair.server, "x", 1, 0, 16, &scene->canceled) ||
	     !next_is(scene->pair.client, ALPC_REQUEST, &msg)))
		return -1;
	*(struct alpc_cancel *)arg = (struct alpc_cancel){
		.size = sizeof(struct alpc_cancel),
		.id = scene->canceled,
		.out_state = POISON_U32,
	};
	return scene->pair.server;
}

static bool happened_cancel(struct scene *scene, void *arg)
{
	struct alpc_cancel *cancel = arg;
	struct alpc_msg msg;

	scene->canceled = 0;
	return cancel->out_state == ALPC_CANCELED_TAKEN &&
	       next_is(scene->pair.client, ALPC_CANCELED, &msg) &&
	       nothing_at(scene->pair.client) && !alpc_unanswered(scene->pair.client);
}

const struct command cancel_command = {
	.number = ALPC_IOC_CANCEL,
	.size = sizeof(struct alpc_cancel),
	.known_flags = ALPC_CANCEL_RECEIVED | ALPC_CANCEL_COOKIE,
	.reserved = { offsetof(struct alpc_cancel, __reserved) },
	.has_output = true,
	.prepare = prepare_cancel,
	.happened = happened_cancel,
};

static int prepare_create_reserve(struct scene *scene, void *arg)
{
	*(struct alpc_create_reserve *)arg = (struct alpc_create_reserve){
		.size = sizeof(struct alpc_create_reserve),
		.len = 8,
		.out_reserve = POISON_U32,
	};
	return scene->pair.client;
}

static int delete_reserve(struct scene *scene, __u32 reserve)
{
	struct alpc_delete_reserve arg = { .size = sizeof(arg), .reserve = reserve };

	return alpc_ioctl(scene->pair.client, ALPC_IOC_DELETE_RESERVE, &arg);
}

/* It is the only one. */
static bool happened_create_reserve(struct scene *scene, void *arg)
{
	struct alpc_create_reserve *create = arg;
	struct alpc_usage usage = { .size = sizeof(usage) };

	return !alpc_ioctl(scene->pair.client, ALPC_IOC_GET_USAGE, &usage) &&
	       usage.reserves.used == 1 && !delete_reserve(scene, create->out_reserve);
}

const struct command create_reserve_command = {
	.number = ALPC_IOC_CREATE_RESERVE,
	.size = sizeof(struct alpc_create_reserve),
	.has_output = true,
	.prepare = prepare_create_reserve,
	.happened = happened_create_reserve,
};

static int prepare_delete_reserve(struct scene *scene, void *arg)
{
	struct alpc_create_reserve create;

	if (!scene->reserve) {
		prepare_create_reserve(scene, &create);
		if (alpc_ioctl(scene->pair.client, ALPC_IOC_CREATE_RESERVE, &create))
			return -1;
		scene->reserve = create.out_reserve;
	}
	*(struct alpc_delete_reserve *)arg = (struct alpc_delete_reserve){
		.size = sizeof(struct alpc_delete_reserve),
		.reserve = scene->reserve,
	};
	return scene->pair.client;
}

static bool happened_delete_reserve(struct scene *scene, void *arg)
{
	struct alpc_delete_reserve *delete = arg;

	scene->reserve = 0;
	return delete_reserve(scene, delete->reserve) == -ENOENT;
}

const struct command delete_reserve_command = {
	.number = ALPC_IOC_DELETE_RESERVE,
	.size = sizeof(struct alpc_delete_reserve),
	.reserved = { offsetof(struct alpc_delete_reserve, __reserved) },
	.prepare = prepare_delete_reserve,
	.happened = happened_delete_reserve,
};

#define PACKET_KEY	0x1234567890abcdefULL

static int prepare_post_packets(struct scene *scene, void *arg)
{
	if (open_completion(scene))
		return -1;
	scene->to_post = (struct alpc_packet){ .key = PACKET_KEY, .data = 7 };
	*(struct alpc_post_packets *)arg = (struct alpc_post_packets){
		.size = sizeof(struct alpc_post_packets),
		.packets = address(&scene->to_post),
		.count = 1,
	};
	return scene->completion;
}

/* Take the one packet that there is. */
static int take_packet(struct scene *scene)
{
	struct alpc_wait_packets wait = {
		.size = sizeof(wait), .packets = address(&scene->packet), .count = 1,
	};

	memset(&scene->packet, POISON, sizeof(scene->packet));
	return alpc_ioctl(scene->completion, ALPC_IOC_WAIT_PACKETS, &wait);
}

static bool is_the_packet(struct scene *scene)
{
	struct alpc_set_completion state;

	return scene->packet.key == PACKET_KEY && scene->packet.data == 7 &&
	       scene->packet.type == ALPC_PACKET_POSTED && !scene->packet.__reserved &&
	       !completion_state(scene->completion, &state) && !state.out_packets;
}

static bool happened_post_packets(struct scene *scene, void *arg)
{
	(void)arg;
	return !take_packet(scene) && is_the_packet(scene);
}

const struct command post_packets_command = {
	.number = ALPC_IOC_POST_PACKETS,
	.size = sizeof(struct alpc_post_packets),
	.reserved = { offsetof(struct alpc_post_packets, __reserved) },
	.buffers = {
		{ offsetof(struct alpc_post_packets, packets),
		  offsetof(struct alpc_post_packets, count),
		  sizeof(struct alpc_packet) },
	},
	.prepare = prepare_post_packets,
	.happened = happened_post_packets,
};

static int prepare_wait_packets(struct scene *scene, void *arg)
{
	struct alpc_post_packets post;

	prepare_post_packets(scene, &post);
	if (!scene->posted && alpc_ioctl(scene->completion, ALPC_IOC_POST_PACKETS, &post))
		return -1;
	scene->posted = true;
	memset(&scene->packet, POISON, sizeof(scene->packet));
	*(struct alpc_wait_packets *)arg = (struct alpc_wait_packets){
		.size = sizeof(struct alpc_wait_packets),
		.packets = address(&scene->packet),
		.count = 1,
		.out_count = POISON_U32,
	};
	return scene->completion;
}

static bool happened_wait_packets(struct scene *scene, void *arg)
{
	struct alpc_wait_packets *wait = arg;

	scene->posted = false;
	return wait->out_count == 1 && is_the_packet(scene);
}

const struct command wait_packets_command = {
	.number = ALPC_IOC_WAIT_PACKETS,
	.size = sizeof(struct alpc_wait_packets),
	.known_flags = ALPC_TRANSFER_DONTWAIT | ALPC_TRANSFER_ABSTIME,
	.has_output = true,
	.prepare = prepare_wait_packets,
	.happened = happened_wait_packets,
};

enum { CONCURRENCY = 7 };

static int prepare_set_completion(struct scene *scene, void *arg)
{
	if (open_completion(scene))
		return -1;
	*(struct alpc_set_completion *)arg = (struct alpc_set_completion){
		.size = sizeof(struct alpc_set_completion),
		.flags = ALPC_SET_CONCURRENCY,
		.concurrency = CONCURRENCY,
		.out_running = POISON_U32,
		.out_waiting = POISON_U32,
		.out_bound = POISON_U32,
		.out_packets = POISON_U32,
	};
	return scene->completion;
}

static bool happened_set_completion(struct scene *scene, void *arg)
{
	struct alpc_set_completion *set = arg, state;
	/* The calling thread runs if it has taken a packet before. */
	bool done = set->concurrency == CONCURRENCY && set->out_running <= 1 &&
		    !set->out_waiting && !set->out_bound && !set->out_packets &&
		    !completion_state(scene->completion, &state) &&
		    state.concurrency == CONCURRENCY;

	state.flags = ALPC_SET_CONCURRENCY;
	state.concurrency = 0;
	return done && !alpc_ioctl(scene->completion, ALPC_IOC_SET_COMPLETION, &state);
}

const struct command set_completion_command = {
	.number = ALPC_IOC_SET_COMPLETION,
	.size = sizeof(struct alpc_set_completion),
	.known_flags = ALPC_SET_CONCURRENCY,
	.reserved = { offsetof(struct alpc_set_completion, __reserved) },
	.has_output = true,
	.prepare = prepare_set_completion,
	.happened = happened_set_completion,
};
