// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of quick calls.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <unistd.h>

#include "commands.h"

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
