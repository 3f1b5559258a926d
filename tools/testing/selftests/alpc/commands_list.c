// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of completion lists.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <unistd.h>

#include "commands.h"

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

	/* Of its own, so that nothing that others send goes into the list. */
	if (scene->listed < 0)
		scene->listed = alpc_create(unique_name());
	create_list(scene->listed, &create);
	err = alpc_ioctl(scene->listed, ALPC_IOC_CREATE_LIST, &create);
	if (err && err != -EBUSY)
		return -1;
	if (!err)
		close(create.out_fd);
	*(struct alpc_delete_list *)arg = (struct alpc_delete_list){
		.size = sizeof(struct alpc_delete_list),
	};
	return scene->listed;
}

static bool happened_delete_list(struct scene *scene, void *arg)
{
	(void)arg;
	return delete_list(scene->listed) == -ENOENT;
}

const struct command delete_list_command = {
	.number = ALPC_IOC_DELETE_LIST,
	.size = sizeof(struct alpc_delete_list),
	.prepare = prepare_delete_list,
	.happened = happened_delete_list,
};
