// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of vectors, completion ports and completion lists.
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

static int create_list(int port, struct alpc_create_list *arg)
{
	*arg = (struct alpc_create_list){
		.size = sizeof(*arg),
		.slots = 4,
		.slot_len = 16,
		.out_len = POISON_U64,
		.out_slot_size = POISON_U32,
		.out_fd = POISON_S32,
	};
	return port;
}

static int prepare_create_list(struct scene *scene, void *arg)
{
	return create_list(scene->pair.client, arg);
}

static int delete_list(int port)
{
	struct alpc_delete_list arg = { .size = sizeof(arg) };

	return alpc_ioctl(port, ALPC_IOC_DELETE_LIST, &arg);
}

static bool happened_create_list(struct scene *scene, void *arg)
{
	struct alpc_create_list *create = arg;
	bool made;

	made = create->out_len >= 4 * create->out_slot_size &&
	       create->out_slot_size >= sizeof(struct alpc_msg) + 16 &&
	       !delete_list(scene->pair.client);
	return !close(create->out_fd) && made;
}

const struct command create_list_command = {
	.number = ALPC_IOC_CREATE_LIST,
	.size = sizeof(struct alpc_create_list),
	.has_output = true,
	.prepare = prepare_create_list,
	.happened = happened_create_list,
};

static int prepare_delete_list(struct scene *scene, void *arg)
{
	struct alpc_create_list create;
	int err;

	create_list(scene->pair.client, &create);
	err = alpc_ioctl(scene->pair.client, ALPC_IOC_CREATE_LIST, &create);
	if (err && err != -EBUSY)
		return -1;
	if (!err)
		close(create.out_fd);
	*(struct alpc_delete_list *)arg = (struct alpc_delete_list){
		.size = sizeof(struct alpc_delete_list),
	};
	return scene->pair.client;
}

static bool happened_delete_list(struct scene *scene, void *arg)
{
	(void)arg;
	return delete_list(scene->pair.client) == -ENOENT;
}

const struct command delete_list_command = {
	.number = ALPC_IOC_DELETE_LIST,
	.size = sizeof(struct alpc_delete_list),
	.prepare = prepare_delete_list,
	.happened = happened_delete_list,
};
