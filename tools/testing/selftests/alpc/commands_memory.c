// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of sections, ranges and descriptors.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "commands.h"

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

const struct command create_section_command = {
	.number = ALPC_IOC_CREATE_SECTION,
	.size = sizeof(struct alpc_create_section),
	.known_flags = ALPC_SECTION_PEER_WRITE,
	.has_output = true,
	.prepare = prepare_create_section,
	.happened = happened_create_section,
};

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

const struct command open_section_command = {
	.number = ALPC_IOC_OPEN_SECTION,
	.size = sizeof(struct alpc_open_section),
	.reserved = { offsetof(struct alpc_open_section, __reserved) },
	.has_output = true,
	.prepare = prepare_open_section,
	.happened = happened_open_section,
};

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

const struct command delete_section_command = {
	.number = ALPC_IOC_DELETE_SECTION,
	.size = sizeof(struct alpc_delete_section),
	.reserved = { offsetof(struct alpc_delete_section, __reserved) },
	.prepare = prepare_delete_section,
	.happened = happened_delete_section,
};

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

const struct command access_command = {
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
};

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

const struct command take_fds_command = {
	.number = ALPC_IOC_TAKE_FDS,
	.size = sizeof(struct alpc_take_fds),
	.prepare = prepare_take_fds,
	.happened = happened_take_fds,
};
