// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of ports, connections and single messages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <unistd.h>

#include "commands.h"

static int prepare_query(struct scene *scene, void *arg)
{
	struct alpc_query *query = arg;

	(void)scene;
	memset(query, POISON, sizeof(*query));
	query->size = sizeof(*query);
	query->flags = 0;
	return alpc_device();
}

static bool happened_query(struct scene *scene, void *arg)
{
	struct alpc_query *query = arg;

	(void)scene;
	return query->out_version == ALPC_ABI_VERSION && query->out_data_max == ALPC_DATA_MAX;
}

const struct command query_command = {
	.number = ALPC_IOC_QUERY,
	.size = sizeof(struct alpc_query),
	.has_output = true,
	.prepare = prepare_query,
	.happened = happened_query,
};

static int prepare_create(struct scene *scene, void *arg)
{
	*(struct alpc_create_port *)arg = create_args(scene->new_name);
	return alpc_device();
}

static bool happened_create(struct scene *scene, void *arg)
{
	struct alpc_create_port *create = arg;
	struct alpc_port_info info;
	bool made;

	made = alpc_create(scene->new_name) == -EEXIST && !alpc_info(create->out_fd, &info) &&
	       info.out_kind == ALPC_KIND_CONNECTION;
	close(create->out_fd);
	return made && alpc_connect_to(scene->new_name) == -ENOENT;
}

const struct command create_command = {
	.number = ALPC_IOC_CREATE_PORT,
	.size = sizeof(struct alpc_create_port),
	.known_flags = ALPC_PORT_NO_SPIN | ALPC_PORT_NO_SECTIONS |
		       ALPC_PORT_NOTE_IDENTITY | ALPC_PORT_NO_RANGES,
	.buffers = {
		{ offsetof(struct alpc_create_port, name),
		  offsetof(struct alpc_create_port, name_len) },
	},
	.has_output = true,
	.prepare = prepare_create,
	.happened = happened_create,
};

static int prepare_connect(struct scene *scene, void *arg)
{
	struct alpc_connect *connect = arg;

	*connect = connect_args(scene->pair.name);
	connect->flags = ALPC_CONNECT_ASYNC;
	connect->send_data = address("hello");
	connect->send_len = 5;
	return alpc_device();
}

static bool happened_connect(struct scene *scene, void *arg)
{
	struct alpc_connect *connect = arg;
	struct alpc_msg msg;
	bool asked;

	asked = next_is(scene->pair.port, ALPC_CONNECTION_REQUEST, &msg) && msg.len == 5 &&
		nothing_at(scene->pair.port) &&
		!alpc_refuse(scene->pair.port, msg.id, NULL, 0) &&
		next_is(connect->out_fd, ALPC_CONNECTION_REFUSED, &msg);
	close(connect->out_fd);
	return asked;
}

const struct command connect_command = {
	.number = ALPC_IOC_CONNECT,
	.size = sizeof(struct alpc_connect),
	.known_flags = ALPC_CONNECT_ASYNC | ALPC_CONNECT_SERVER_UID |
		       ALPC_CONNECT_SERVER_GID | ALPC_CONNECT_ABSTIME |
		       ALPC_CONNECT_NOTE_IDENTITY,
	.reserved = { offsetof(struct alpc_connect, __reserved) },
	.buffers = {
		{ offsetof(struct alpc_connect, name),
		  offsetof(struct alpc_connect, name_len) },
		{ offsetof(struct alpc_connect, send_data),
		  offsetof(struct alpc_connect, send_len) },
	},
	.has_output = true,
	.prepare = prepare_connect,
	.happened = happened_connect,
};

static int prepare_accept(struct scene *scene, void *arg)
{
	struct alpc_msg msg;

	if (scene->pending < 0) {
		scene->pending = alpc_connect_async(scene->pair.name);
		if (!next_is(scene->pair.port, ALPC_CONNECTION_REQUEST, &msg))
			return -1;
		scene->request = msg.id;
	}
	*(struct alpc_accept *)arg = (struct alpc_accept){
		.size = sizeof(struct alpc_accept),
		.id = scene->request,
		.context = 0x1dea,
		.data = address("welcome"),
		.len = 7,
		.out_fd = POISON_S32,
	};
	return scene->pair.port;
}

static bool happened_accept(struct scene *scene, void *arg)
{
	struct alpc_accept *accept = arg;
	struct alpc_msg msg;
	bool accepted;

	accepted = next_is(scene->pending, ALPC_CONNECTION_REPLY, &msg) && msg.len == 7 &&
		   nothing_at(scene->pending) && nothing_at(scene->pair.port) &&
		   alpc_accept_id(scene->pair.port, scene->request, 0) == -ESRCH;
	close_fd(&scene->pending);
	accepted = accepted && next_is(scene->pair.port, ALPC_PORT_CLOSED, &msg) &&
		   msg.context == 0x1dea;
	close(accept->out_fd);
	return accepted;
}

const struct command accept_command = {
	.number = ALPC_IOC_ACCEPT,
	.size = sizeof(struct alpc_accept),
	.known_flags = ALPC_ACCEPT_REFUSE,
	.buffers = {
		{ offsetof(struct alpc_accept, data), offsetof(struct alpc_accept, len) },
	},
	.has_output = true,
	.prepare = prepare_accept,
	.happened = happened_accept,
};

static int prepare_disconnect(struct scene *scene, void *arg)
{
	*(struct alpc_disconnect *)arg = (struct alpc_disconnect){
		.size = sizeof(struct alpc_disconnect),
	};
	return scene->pair.client;
}

static bool happened_disconnect(struct scene *scene, void *arg)
{
	struct pair *pair = &scene->pair;
	struct alpc_msg msg;
	bool ended;

	(void)arg;
	ended = alpc_disconnect(pair->client) == -EPIPE &&
		next_is(pair->port, ALPC_PORT_CLOSED, &msg) && nothing_at(pair->port);
	return !scene_reconnect(scene) && ended;
}

const struct command disconnect_command = {
	.number = ALPC_IOC_DISCONNECT,
	.size = sizeof(struct alpc_disconnect),
	.prepare = prepare_disconnect,
	.happened = happened_disconnect,
};

static int prepare_port_info(struct scene *scene, void *arg)
{
	struct alpc_port_info *info = arg;

	memset(info, POISON, sizeof(*info));
	info->size = sizeof(*info);
	info->flags = 0;
	return scene->pair.server;
}

static bool happened_port_info(struct scene *scene, void *arg)
{
	struct alpc_port_info *info = arg;

	return info->out_kind == ALPC_KIND_SERVER && info->out_state == ALPC_STATE_OPEN &&
	       info->out_context == scene->pair.context;
}

const struct command port_info_command = {
	.number = ALPC_IOC_PORT_INFO,
	.size = sizeof(struct alpc_port_info),
	.has_output = true,
	.prepare = prepare_port_info,
	.happened = happened_port_info,
};

static int prepare_notify_exit(struct scene *scene, void *arg)
{
	*(struct alpc_notify_exit *)arg = (struct alpc_notify_exit){
		.size = sizeof(struct alpc_notify_exit),
	};
	return scene->pair.client;
}

static bool happened_notify_exit(struct scene *scene, void *arg)
{
	struct pair *pair = &scene->pair;
	struct alpc_msg msg;
	bool asked;

	(void)arg;
	asked = alpc_notify_exit(pair->client, 1) == -EEXIST && nothing_at(pair->port);
	/* A connection that ends takes its notices along. */
	close_fd(&pair->client);
	asked = asked && next_is(pair->port, ALPC_PORT_CLOSED, &msg) && nothing_at(pair->port);
	return !scene_reconnect(scene) && asked;
}

const struct command notify_exit_command = {
	.number = ALPC_IOC_NOTIFY_EXIT,
	.size = sizeof(struct alpc_notify_exit),
	.prepare = prepare_notify_exit,
	.happened = happened_notify_exit,
};

static int prepare_shutdown(struct scene *scene, void *arg)
{
	*(struct alpc_shutdown *)arg = (struct alpc_shutdown){
		.size = sizeof(struct alpc_shutdown),
		.flags = ALPC_SHUTDOWN_RECEIVE,
	};
	return scene->pair.port;
}

static bool happened_shutdown(struct scene *scene, void *arg)
{
	struct alpc_msg msg;
	bool off;

	(void)arg;
	off = alpc_receive(scene->pair.port, &msg, NULL, 0) == -ESHUTDOWN;
	return !alpc_shutdown(scene->pair.port, 0) && nothing_at(scene->pair.port) && off;
}

const struct command shutdown_command = {
	.number = ALPC_IOC_SHUTDOWN,
	.size = sizeof(struct alpc_shutdown),
	.known_flags = ALPC_SHUTDOWN_RECEIVE,
	.prepare = prepare_shutdown,
	.happened = happened_shutdown,
};

static int prepare_transfer(struct scene *scene, void *arg)
{
	struct alpc_transfer *t = arg;

	transfer_init(t, ALPC_TRANSFER_SEND);
	transfer_send(t, 0, 0, "datagram", 8);
	return scene->pair.client;
}

static bool happened_transfer(struct scene *scene, void *arg)
{
	struct alpc_transfer *t = arg;
	struct alpc_msg msg;

	return t->out_done == ALPC_DONE_SENT &&
	       next_is(scene->pair.port, ALPC_DATAGRAM, &msg) && msg.len == 8 &&
	       nothing_at(scene->pair.port);
}

const struct command transfer_command = {
	.number = ALPC_IOC_TRANSFER,
	.size = sizeof(struct alpc_transfer),
	.known_flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_WAIT |
		       ALPC_TRANSFER_DONTWAIT | ALPC_TRANSFER_ABSTIME,
	.reserved = {
		offsetof(struct alpc_transfer, __reserved),
		offsetof(struct alpc_transfer, send.attrs),
		offsetof(struct alpc_transfer, send.attrs) + 4,
		offsetof(struct alpc_transfer, send.attrs_len),
	},
	.buffers = {
		{ offsetof(struct alpc_transfer, send.data),
		  offsetof(struct alpc_transfer, send.len) },
	},
	.has_output = true,
	.prepare = prepare_transfer,
	.happened = happened_transfer,
};
