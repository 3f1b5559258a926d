// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of all commands.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

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

static int scene_reconnect(struct scene *scene)
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

static bool nothing_at(int port)
{
	struct alpc_msg msg;
	char buf[64];

	return alpc_receive_nowait(port, &msg, buf, sizeof(buf)) == -EAGAIN;
}

static bool next_is(int port, __u16 type, struct alpc_msg *msg)
{
	char buf[64];

	return !alpc_receive_nowait(port, msg, buf, sizeof(buf)) && msg->type == type;
}

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

/* A section of the client's without a descriptor; 0 if there is none. */
static __u32 new_section(struct scene *scene)
{
	struct alpc_create_section create = { .size = sizeof(create), .len = 1 };

	if (alpc_ioctl(scene->pair.client, ALPC_IOC_CREATE_SECTION, &create))
		return 0;
	close(create.out_fd);
	return create.out_section;
}

static int prepare_create_section(struct scene *scene, void *arg)
{
	*(struct alpc_create_section *)arg = (struct alpc_create_section){
		.size = sizeof(struct alpc_create_section),
		.flags = ALPC_SECTION_PEER_WRITE,
		.len = 5000,
		.out_section = POISON_U32,
		.out_fd = POISON_S32,
	};
	return scene->pair.client;
}

static bool happened_create_section(struct scene *scene, void *arg)
{
	struct alpc_create_section *create = arg;
	struct alpc_delete_section delete = {
		.size = sizeof(delete), .section = create->out_section,
	};
	long page = sysconf(_SC_PAGESIZE);
	void *mem = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, create->out_fd, 0);
	bool made;

	made = mem != MAP_FAILED && !munmap(mem, page) &&
	       create->out_len == (5000 + page - 1) / page * page &&
	       create->out_slots == create->out_len;
	close(create->out_fd);
	return !alpc_ioctl(scene->pair.client, ALPC_IOC_DELETE_SECTION, &delete) && made;
}

static int prepare_open_section(struct scene *scene, void *arg)
{
	if (!scene->section)
		scene->section = new_section(scene);
	*(struct alpc_open_section *)arg = (struct alpc_open_section){
		.size = sizeof(struct alpc_open_section),
		.section = scene->section,
		.out_fd = POISON_S32,
		.out_len = POISON_U64,
		.out_flags = POISON_U32,
	};
	return scene->pair.server;
}

static bool happened_open_section(struct scene *scene, void *arg)
{
	struct alpc_open_section *open = arg;
	long page = sysconf(_SC_PAGESIZE);
	void *mem = mmap(NULL, page, PROT_READ, MAP_SHARED, open->out_fd, 0);

	(void)scene;
	close(open->out_fd);
	return mem != MAP_FAILED && !munmap(mem, page) && open->out_len == page &&
	       open->out_flags == 0;
}

static int prepare_delete_section(struct scene *scene, void *arg)
{
	if (!scene->doomed)
		scene->doomed = new_section(scene);
	*(struct alpc_delete_section *)arg = (struct alpc_delete_section){
		.size = sizeof(struct alpc_delete_section),
		.section = scene->doomed,
	};
	return scene->pair.client;
}

static bool happened_delete_section(struct scene *scene, void *arg)
{
	scene->doomed = 0;
	return alpc_ioctl(scene->pair.client, ALPC_IOC_DELETE_SECTION, arg) == -ENOENT;
}

/* Have the client wait in a call with a range, and give the call's id. */
static __u64 call_with_range(struct scene *scene)
{
	struct alpc_transfer *t = &scene->caller.transfer;
	struct alpc_msg msg;
	char buf[16];

	strcpy(scene->theirs, "theirs");
	scene->range = (struct alpc_range){
		.address = address(scene->theirs), .len = sizeof(scene->theirs),
		.rights = ALPC_RANGE_READ,
	};
	scene->attrs = (struct alpc_attrs){
		.ranges = address(&scene->range), .range_count = 1,
	};
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_REQUEST, 0, NULL, 0);
	t->send.attrs = address(&scene->attrs);
	t->send.attrs_len = sizeof(scene->attrs);
	if (worker_transfer(&scene->caller, scene->pair.client))
		return 0;
	if (alpc_receive(scene->pair.port, &msg, buf, sizeof(buf)) || msg.type != ALPC_REQUEST)
		return 0;
	return msg.id;
}

static int prepare_access(struct scene *scene, void *arg)
{
	if (!scene->call)
		scene->call = call_with_range(scene);
	memset(scene->ours, POISON, sizeof(scene->ours));
	scene->part = (struct alpc_access_part){
		.address = address(scene->ours), .len = sizeof(scene->ours),
	};
	*(struct alpc_access *)arg = (struct alpc_access){
		.size = sizeof(struct alpc_access),
		.id = scene->call,
		.parts = address(&scene->part),
		.count = 1,
		.out_done = POISON_U64,
	};
	return scene->pair.port;
}

static bool happened_access(struct scene *scene, void *arg)
{
	struct alpc_access *access = arg;
	bool answered;

	answered = !alpc_reply(scene->pair.port, scene->call, NULL, 0) &&
		   !worker_join(&scene->caller.worker);
	scene->call = 0;
	return access->out_done == sizeof(scene->ours) && !strcmp(scene->ours, "theirs") &&
	       answered;
}

/* A datagram with a descriptor at the server, which wants it: its id. */
static __u64 datagram_with_fd(struct scene *scene)
{
	struct alpc_attrs want = { .fd_kinds = ALPC_FD_ANY };
	struct alpc_attrs have = { .fd_count = 1 };
	struct alpc_transfer t;
	int pipes[2], err;

	if (pipe(pipes))
		return 0;
	have.fds = address(pipes);
	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
	t.send.attrs = address(&have);
	t.send.attrs_len = sizeof(have);
	err = alpc_transfer(scene->pair.client, &t);
	close(pipes[0]);
	close(pipes[1]);
	transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	t.recv.attrs = address(&want);
	t.recv.attrs_len = sizeof(want);
	err = err ?: alpc_transfer(scene->pair.port, &t);
	return err || want.fd_count != 1 ? 0 : t.recv.id;
}

static int prepare_take_fds(struct scene *scene, void *arg)
{
	if (!scene->parcel)
		scene->parcel = datagram_with_fd(scene);
	scene->taken[0] = -1;
	*(struct alpc_take_fds *)arg = (struct alpc_take_fds){
		.size = sizeof(struct alpc_take_fds),
		.id = scene->parcel,
		.fds = address(scene->taken),
		.count = 1,
	};
	return scene->pair.port;
}

static bool happened_take_fds(struct scene *scene, void *arg)
{
	bool taken = fcntl(scene->taken[0], F_GETFD) == FD_CLOEXEC &&
		     alpc_ioctl(scene->pair.port, ALPC_IOC_TAKE_FDS, arg) == -ENOENT;
	struct alpc_transfer t;

	close_fd(&scene->taken[0]);
	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_RELEASE, scene->parcel, NULL, 0);
	scene->parcel = 0;
	return !alpc_transfer(scene->pair.port, &t) && taken;
}

static int prepare_get_identity(struct scene *scene, void *arg)
{
	struct alpc_identity *identity = arg;

	memset(identity, POISON, sizeof(*identity));
	identity->size = sizeof(*identity);
	identity->flags = 0;
	identity->id = 0;
	identity->parts = ALPC_IDENTITY_PROCESS | ALPC_IDENTITY_USER;
	identity->groups = 0;
	identity->group_count = 0;
	return scene->pair.server;
}

static bool happened_get_identity(struct scene *scene, void *arg)
{
	struct alpc_identity *identity = arg;

	(void)scene;
	return identity->out_pid == getpid() && identity->out_uid == getuid() &&
	       identity->out_parts == identity->parts;
}

static int new_security(struct scene *scene)
{
	struct alpc_create_security create = { .size = sizeof(create) };

	if (!scene->security &&
	    !alpc_ioctl(scene->pair.client, ALPC_IOC_CREATE_SECURITY, &create))
		scene->security = create.out_security;
	return scene->security;
}

/* Whether it can be used, by making it useless. */
static int end_security(struct scene *scene, unsigned long number, __u32 id)
{
	struct alpc_security arg = { .size = sizeof(arg), .security = id };

	return alpc_ioctl(scene->pair.client, number, &arg);
}

static int prepare_create_security(struct scene *scene, void *arg)
{
	*(struct alpc_create_security *)arg = (struct alpc_create_security){
		.size = sizeof(struct alpc_create_security),
		.level = ALPC_LEVEL_IMPERSONATION,
		.out_security = POISON_U32,
	};
	return scene->pair.client;
}

static bool happened_create_security(struct scene *scene, void *arg)
{
	struct alpc_create_security *create = arg;

	return !end_security(scene, ALPC_IOC_DELETE_SECURITY, create->out_security);
}

static int prepare_security(struct scene *scene, void *arg)
{
	*(struct alpc_security *)arg = (struct alpc_security){
		.size = sizeof(struct alpc_security),
		.security = new_security(scene),
	};
	return scene->pair.client;
}

static bool happened_revoke_security(struct scene *scene, void *arg)
{
	struct alpc_security *security = arg;
	struct alpc_attrs attrs = { .security = security->security };
	struct alpc_transfer t;
	bool revoked;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
	t.send.attrs = address(&attrs);
	t.send.attrs_len = sizeof(attrs);
	revoked = alpc_transfer(scene->pair.client, &t) == -EKEYREVOKED;
	scene->security = 0;
	return !end_security(scene, ALPC_IOC_DELETE_SECURITY, security->security) && revoked;
}

static bool happened_delete_security(struct scene *scene, void *arg)
{
	struct alpc_security *security = arg;

	scene->security = 0;
	return end_security(scene, ALPC_IOC_DELETE_SECURITY, security->security) == -ENOENT;
}

static int prepare_get_usage(struct scene *scene, void *arg)
{
	struct alpc_usage *usage = arg;

	memset(usage, POISON, sizeof(*usage));
	usage->size = sizeof(*usage);
	usage->flags = 0;
	return scene->pair.port;
}

static bool happened_get_usage(struct scene *scene, void *arg)
{
	struct alpc_usage *usage = arg;

	(void)scene;
	return usage->connections.used >= 1 && usage->messages.limit && !usage->fds.limit &&
	       !usage->security.limit;
}

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

const struct command commands[COMMANDS] = {
	[QUERY] = {
		.number = ALPC_IOC_QUERY,
		.size = sizeof(struct alpc_query),
		.has_output = true,
		.prepare = prepare_query,
		.happened = happened_query,
	},
	[CREATE] = {
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
	},
	[CONNECT] = {
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
	},
	[ACCEPT] = {
		.number = ALPC_IOC_ACCEPT,
		.size = sizeof(struct alpc_accept),
		.known_flags = ALPC_ACCEPT_REFUSE,
		.buffers = {
			{ offsetof(struct alpc_accept, data), offsetof(struct alpc_accept, len) },
		},
		.has_output = true,
		.prepare = prepare_accept,
		.happened = happened_accept,
	},
	[DISCONNECT] = {
		.number = ALPC_IOC_DISCONNECT,
		.size = sizeof(struct alpc_disconnect),
		.prepare = prepare_disconnect,
		.happened = happened_disconnect,
	},
	[PORT_INFO] = {
		.number = ALPC_IOC_PORT_INFO,
		.size = sizeof(struct alpc_port_info),
		.has_output = true,
		.prepare = prepare_port_info,
		.happened = happened_port_info,
	},
	[NOTIFY_EXIT] = {
		.number = ALPC_IOC_NOTIFY_EXIT,
		.size = sizeof(struct alpc_notify_exit),
		.prepare = prepare_notify_exit,
		.happened = happened_notify_exit,
	},
	[SHUTDOWN] = {
		.number = ALPC_IOC_SHUTDOWN,
		.size = sizeof(struct alpc_shutdown),
		.known_flags = ALPC_SHUTDOWN_RECEIVE,
		.prepare = prepare_shutdown,
		.happened = happened_shutdown,
	},
	[TRANSFER] = {
		.number = ALPC_IOC_TRANSFER,
		.size = sizeof(struct alpc_transfer),
		.known_flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_WAIT |
			       ALPC_TRANSFER_DONTWAIT | ALPC_TRANSFER_ABSTIME,
		.reserved = {
			offsetof(struct alpc_transfer, __reserved),
			offsetof(struct alpc_transfer, send.attrs),
			offsetof(struct alpc_transfer, send.attrs) + 4,
			offsetof(struct alpc_transfer, send.attrs_len),
			offsetof(struct alpc_transfer, send.reserve),
		},
		.buffers = {
			{ offsetof(struct alpc_transfer, send.data),
			  offsetof(struct alpc_transfer, send.len) },
		},
		.has_output = true,
		.prepare = prepare_transfer,
		.happened = happened_transfer,
	},
	[CREATE_SECTION] = {
		.number = ALPC_IOC_CREATE_SECTION,
		.size = sizeof(struct alpc_create_section),
		.known_flags = ALPC_SECTION_PEER_WRITE,
		.has_output = true,
		.prepare = prepare_create_section,
		.happened = happened_create_section,
	},
	[OPEN_SECTION] = {
		.number = ALPC_IOC_OPEN_SECTION,
		.size = sizeof(struct alpc_open_section),
		.reserved = { offsetof(struct alpc_open_section, __reserved) },
		.has_output = true,
		.prepare = prepare_open_section,
		.happened = happened_open_section,
	},
	[DELETE_SECTION] = {
		.number = ALPC_IOC_DELETE_SECTION,
		.size = sizeof(struct alpc_delete_section),
		.reserved = { offsetof(struct alpc_delete_section, __reserved) },
		.prepare = prepare_delete_section,
		.happened = happened_delete_section,
	},
	[ACCESS] = {
		.number = ALPC_IOC_ACCESS,
		.size = sizeof(struct alpc_access),
		.known_flags = ALPC_ACCESS_WRITE,
		.reserved = { offsetof(struct alpc_access, __reserved) },
		.buffers = {
			{ offsetof(struct alpc_access, parts), offsetof(struct alpc_access, count),
			  sizeof(struct alpc_access_part) },
		},
		.has_output = true,
		.prepare = prepare_access,
		.happened = happened_access,
	},
	[TAKE_FDS] = {
		.number = ALPC_IOC_TAKE_FDS,
		.size = sizeof(struct alpc_take_fds),
		.prepare = prepare_take_fds,
		.happened = happened_take_fds,
	},
	[GET_IDENTITY] = {
		.number = ALPC_IOC_GET_IDENTITY,
		.size = sizeof(struct alpc_identity),
		.known_flags = ALPC_IDENTITY_IMPERSONATE,
		.has_output = true,
		.prepare = prepare_get_identity,
		.happened = happened_get_identity,
	},
	[CREATE_SECURITY] = {
		.number = ALPC_IOC_CREATE_SECURITY,
		.size = sizeof(struct alpc_create_security),
		.known_flags = ALPC_SECURITY_STATIC | ALPC_SECURITY_EFFECTIVE_ONLY,
		.reserved = { offsetof(struct alpc_create_security, __reserved) },
		.has_output = true,
		.prepare = prepare_create_security,
		.happened = happened_create_security,
	},
	[REVOKE_SECURITY] = {
		.number = ALPC_IOC_REVOKE_SECURITY,
		.size = sizeof(struct alpc_security),
		.reserved = { offsetof(struct alpc_security, __reserved) },
		.prepare = prepare_security,
		.happened = happened_revoke_security,
	},
	[DELETE_SECURITY] = {
		.number = ALPC_IOC_DELETE_SECURITY,
		.size = sizeof(struct alpc_security),
		.reserved = { offsetof(struct alpc_security, __reserved) },
		.prepare = prepare_security,
		.happened = happened_delete_security,
	},
	[GET_USAGE] = {
		.number = ALPC_IOC_GET_USAGE,
		.size = sizeof(struct alpc_usage),
		.known_flags = ALPC_USAGE_USER,
		.has_output = true,
		.prepare = prepare_get_usage,
		.happened = happened_get_usage,
	},
	[VECTOR] = {
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
	},
	[CREATE_COMPLETION] = {
		.number = ALPC_IOC_CREATE_COMPLETION,
		.size = sizeof(struct alpc_create_completion),
		.has_output = true,
		.prepare = prepare_create_completion,
		.happened = happened_create_completion,
	},
	[BIND] = {
		.number = ALPC_IOC_BIND,
		.size = sizeof(struct alpc_bind),
		.known_flags = ALPC_BIND_REMOVE,
		.reserved = { offsetof(struct alpc_bind, __reserved) },
		.prepare = prepare_bind,
		.happened = happened_bind,
	},
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
