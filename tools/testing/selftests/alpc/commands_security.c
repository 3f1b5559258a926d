// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of identities, security contexts and what is used.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <unistd.h>

#include "commands.h"

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

const struct command get_identity_command = {
	.number = ALPC_IOC_GET_IDENTITY,
	.size = sizeof(struct alpc_identity),
	.known_flags = ALPC_IDENTITY_IMPERSONATE,
	.has_output = true,
	.prepare = prepare_get_identity,
	.happened = happened_get_identity,
};

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

const struct command create_security_command = {
	.number = ALPC_IOC_CREATE_SECURITY,
	.size = sizeof(struct alpc_create_security),
	.known_flags = ALPC_SECURITY_STATIC | ALPC_SECURITY_EFFECTIVE_ONLY,
	.reserved = { offsetof(struct alpc_create_security, __reserved) },
	.has_output = true,
	.prepare = prepare_create_security,
	.happened = happened_create_security,
};

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

const struct command revoke_security_command = {
	.number = ALPC_IOC_REVOKE_SECURITY,
	.size = sizeof(struct alpc_security),
	.reserved = { offsetof(struct alpc_security, __reserved) },
	.prepare = prepare_security,
	.happened = happened_revoke_security,
};

static bool happened_delete_security(struct scene *scene, void *arg)
{
	struct alpc_security *security = arg;

	scene->security = 0;
	return end_security(scene, ALPC_IOC_DELETE_SECURITY, security->security) == -ENOENT;
}

const struct command delete_security_command = {
	.number = ALPC_IOC_DELETE_SECURITY,
	.size = sizeof(struct alpc_security),
	.reserved = { offsetof(struct alpc_security, __reserved) },
	.prepare = prepare_security,
	.happened = happened_delete_security,
};

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

const struct command get_usage_command = {
	.number = ALPC_IOC_GET_USAGE,
	.size = sizeof(struct alpc_usage),
	.known_flags = ALPC_USAGE_USER,
	.has_output = true,
	.prepare = prepare_get_usage,
	.happened = happened_get_usage,
};
