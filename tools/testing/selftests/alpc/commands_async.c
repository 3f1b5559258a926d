// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of vectors, completion ports and cancelling.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
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

static int prepare_bind(struct scene *scene, void *arg)
{
	struct alpc_create_completion create;

	if (scene->completion < 0) {
		prepare_create_completion(scene, &create);
		if (alpc_ioctl(alpc_device(), ALPC_IOC_CREATE_COMPLETION, &create))
			return -1;
		scene->completion = create.out_fd;
	}
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
