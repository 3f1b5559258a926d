// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of vectors, completion ports and quick calls.
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

/* A section of the client's that both sides may write to; 0 if there is none. */
static __u32 words_of(struct scene *scene)
{
	struct alpc_create_section create = {
		.size = sizeof(create), .flags = ALPC_SECTION_PEER_WRITE, .len = 1,
	};

	if (!scene->words && !alpc_ioctl(scene->pair.client, ALPC_IOC_CREATE_SECTION, &create)) {
		close(create.out_fd);
		scene->words = create.out_section;
	}
	return scene->words;
}

static void prepare_quick(struct scene *scene, void *arg)
{
	*(struct alpc_quick *)arg = (struct alpc_quick){
		.size = sizeof(struct alpc_quick),
		.section = words_of(scene),
		.offset = 64,
	};
}

/* The word is 0, so that there is nothing to wait for. */
static int prepare_quick_wait(struct scene *scene, void *arg)
{
	struct alpc_quick *quick = arg;

	prepare_quick(scene, arg);
	quick->timeout = ALPC_INFINITE;
	quick->value = 1;
	return scene->pair.client;
}

/* It has left nobody there: the next one may wait, if for no time. */
static bool happened_quick_wait(struct scene *scene, void *arg)
{
	struct alpc_quick again;

	(void)arg;
	prepare_quick(scene, &again);
	return alpc_ioctl(scene->pair.client, ALPC_IOC_QUICK_WAIT, &again) == -ETIMEDOUT;
}

const struct command quick_wait_command = {
	.number = ALPC_IOC_QUICK_WAIT,
	.size = sizeof(struct alpc_quick),
	.known_flags = ALPC_TRANSFER_ABSTIME,
	.prepare = prepare_quick_wait,
	.happened = happened_quick_wait,
};

static int sleep_at_word(void *arg)
{
	struct scene *scene = arg;
	struct alpc_quick quick;

	prepare_quick(scene, &quick);
	quick.timeout = ALPC_INFINITE;
	return alpc_ioctl(scene->pair.server, ALPC_IOC_QUICK_WAIT, &quick);
}

static int prepare_quick_wake(struct scene *scene, void *arg)
{
	prepare_quick(scene, arg);
	if (!scene->sleeps) {
		if (worker_start(&scene->sleeper, sleep_at_word, scene))
			return -1;
		scene->sleeps = true;
		if (worker_blocked(&scene->sleeper))
			return -1;
	}
	return scene->pair.client;
}

static bool happened_quick_wake(struct scene *scene, void *arg)
{
	(void)arg;
	scene->sleeps = false;
	return !worker_join(&scene->sleeper);
}

const struct command quick_wake_command = {
	.number = ALPC_IOC_QUICK_WAKE,
	.size = sizeof(struct alpc_quick),
	.reserved = {
		offsetof(struct alpc_quick, timeout), offsetof(struct alpc_quick, timeout) + 4,
		offsetof(struct alpc_quick, value),
	},
	.prepare = prepare_quick_wake,
	.happened = happened_quick_wake,
};
