/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fixture with a variant for each command, and a good argument for it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_COMMAND_FIXTURE_H
#define ALPC_TEST_COMMAND_FIXTURE_H

#include <kselftest_harness.h>

#include "commands.h"

FIXTURE(command)
{
	const struct command *command;
	struct scene scene;
	int fd;
	int fds;
	unsigned char arg[8192] __attribute__((aligned(8)));
};

FIXTURE_VARIANT(command)
{
	enum command_index index;
};

FIXTURE_VARIANT_ADD(command, query) { QUERY };
FIXTURE_VARIANT_ADD(command, create_port) { CREATE };
FIXTURE_VARIANT_ADD(command, connect) { CONNECT };
FIXTURE_VARIANT_ADD(command, accept) { ACCEPT };
FIXTURE_VARIANT_ADD(command, disconnect) { DISCONNECT };
FIXTURE_VARIANT_ADD(command, port_info) { PORT_INFO };
FIXTURE_VARIANT_ADD(command, notify_exit) { NOTIFY_EXIT };
FIXTURE_VARIANT_ADD(command, shutdown) { SHUTDOWN };
FIXTURE_VARIANT_ADD(command, transfer) { TRANSFER };
FIXTURE_VARIANT_ADD(command, create_section) { CREATE_SECTION };
FIXTURE_VARIANT_ADD(command, open_section) { OPEN_SECTION };
FIXTURE_VARIANT_ADD(command, delete_section) { DELETE_SECTION };
FIXTURE_VARIANT_ADD(command, access) { ACCESS };
FIXTURE_VARIANT_ADD(command, take_fds) { TAKE_FDS };
FIXTURE_VARIANT_ADD(command, get_identity) { GET_IDENTITY };
FIXTURE_VARIANT_ADD(command, create_security) { CREATE_SECURITY };
FIXTURE_VARIANT_ADD(command, revoke_security) { REVOKE_SECURITY };
FIXTURE_VARIANT_ADD(command, delete_security) { DELETE_SECURITY };
FIXTURE_VARIANT_ADD(command, get_usage) { GET_USAGE };
FIXTURE_VARIANT_ADD(command, vector) { VECTOR };
FIXTURE_VARIANT_ADD(command, create_completion) { CREATE_COMPLETION };
FIXTURE_VARIANT_ADD(command, bind) { BIND };
FIXTURE_VARIANT_ADD(command, cancel) { CANCEL };
FIXTURE_VARIANT_ADD(command, create_reserve) { CREATE_RESERVE };
FIXTURE_VARIANT_ADD(command, delete_reserve) { DELETE_RESERVE };
FIXTURE_VARIANT_ADD(command, post_packets) { POST_PACKETS };
FIXTURE_VARIANT_ADD(command, wait_packets) { WAIT_PACKETS };
FIXTURE_VARIANT_ADD(command, set_completion) { SET_COMPLETION };
FIXTURE_VARIANT_ADD(command, quick_wait) { QUICK_WAIT };
FIXTURE_VARIANT_ADD(command, quick_wake) { QUICK_WAKE };
FIXTURE_VARIANT_ADD(command, create_list) { CREATE_LIST };
FIXTURE_VARIANT_ADD(command, delete_list) { DELETE_LIST };

FIXTURE_SETUP(command)
{
	struct alpc_query query;

	ASSERT_EQ(0, alpc_query(&query));
	if (variant->index == NOTIFY_EXIT && !(query.out_features & ALPC_FEATURE_EXIT_NOTICE))
		SKIP(return, "this kernel cannot tell when a thread ends");
	ASSERT_EQ(0, scene_open(&self->scene));
	self->command = commands[variant->index];
	self->fd = self->command->prepare(&self->scene, self->arg);
	ASSERT_LE(0, self->fd);
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(command)
{
	scene_close(&self->scene);
}

/* What failed has done nothing: the good argument has its effect, once. */
#define EXPECT_UNTOUCHED() do { \
	EXPECT_EQ(self->fds, open_fds()); \
	EXPECT_TRUE(command_works(&self->scene, self->command)); \
	EXPECT_EQ(0, pair_works(&self->scene.pair)); \
} while (0)

#endif /* ALPC_TEST_COMMAND_FIXTURE_H */
