// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of all commands.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <stdio.h>

#include "commands.h"

int scene_open(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	scene->pending = -1;
	scene->completion = -1;
	strcpy(scene->new_name, unique_name());
	return pair_open(&scene->pair, NULL);
}

/* Close the connection, and with it what the good arguments refer to on it. */
static void scene_disconnect(struct scene *scene)
{
	if (scene->call) {
		alpc_disconnect(scene->pair.client);
		worker_join(&scene->caller.worker);
	}
	close_fd(&scene->pair.client);
	close_fd(&scene->pair.server);
	scene->call = 0;
	scene->parcel = 0;
	scene->security = 0;
	scene->section = 0;
	scene->doomed = 0;
}

int scene_reconnect(struct scene *scene)
{
	struct pair *pair = &scene->pair;

	scene_disconnect(scene);
	return pair_connect(pair->port, pair->name, pair->context, &pair->client, &pair->server);
}

void scene_close(struct scene *scene)
{
	close_fd(&scene->pending);
	close_fd(&scene->completion);
	scene_disconnect(scene);
	pair_close(&scene->pair);
}

bool nothing_at(int port)
{
	struct alpc_msg msg;
	char buf[64];

	return alpc_receive_nowait(port, &msg, buf, sizeof(buf)) == -EAGAIN;
}

bool next_is(int port, __u16 type, struct alpc_msg *msg)
{
	char buf[64];

	return !alpc_receive_nowait(port, msg, buf, sizeof(buf)) && msg->type == type;
}

const struct command *const commands[COMMANDS] = {
	[QUERY] = &query_command,
	[CREATE] = &create_command,
	[CONNECT] = &connect_command,
	[ACCEPT] = &accept_command,
	[DISCONNECT] = &disconnect_command,
	[PORT_INFO] = &port_info_command,
	[NOTIFY_EXIT] = &notify_exit_command,
	[SHUTDOWN] = &shutdown_command,
	[TRANSFER] = &transfer_command,
	[CREATE_SECTION] = &create_section_command,
	[OPEN_SECTION] = &open_section_command,
	[DELETE_SECTION] = &delete_section_command,
	[ACCESS] = &access_command,
	[TAKE_FDS] = &take_fds_command,
	[GET_IDENTITY] = &get_identity_command,
	[CREATE_SECURITY] = &create_security_command,
	[REVOKE_SECURITY] = &revoke_security_command,
	[DELETE_SECURITY] = &delete_security_command,
	[GET_USAGE] = &get_usage_command,
	[VECTOR] = &vector_command,
	[CREATE_COMPLETION] = &create_completion_command,
	[BIND] = &bind_command,
	[CREATE_LIST] = &create_list_command,
	[DELETE_LIST] = &delete_list_command,
};

bool command_works(struct scene *scene, const struct command *command)
{
	unsigned long long arg[ARGUMENT_SIZE / sizeof(unsigned long long)];
	int fd = command->prepare(scene, arg);
	int err = alpc_ioctl(fd, command->number, arg);

	if (err) {
		fprintf(stderr, "# %s: %s\n", __func__, strerror(-err));
		return false;
	}
	return command->happened(scene, arg);
}
