/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fixture: a client of a server loop that runs in another process, and is content
 * in the end.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TESTS_LARGE_FIXTURE_H
#define ALPC_TESTS_LARGE_FIXTURE_H

#include "harness.h"
#include "large.h"

FIXTURE(large) {
	pid_t pid;
	struct alpc_port *port;
	struct alpc_message *m;
	struct counts counts;
};

FIXTURE_VARIANT(large) {
	unsigned int flags;
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(large, copied) { .threads = 1 };
FIXTURE_VARIANT_ADD(large, copied_threads) { .threads = 4 };
FIXTURE_VARIANT_ADD(large, in_place) {
	.threads = 3, .flags = ALPC_SERVER_IN_PLACE,
};

FIXTURE_SETUP(large)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = INLINE,
	};

	self->pid = server_start(&options, variant->flags, variant->threads);
	ASSERT_LT(0, self->pid);
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
}

FIXTURE_TEARDOWN(large)
{
	EXPECT_EQ(0, get_counts(self->port, &self->counts));
	EXPECT_EQ(0, self->counts.wrong);
	alpc_message_free(self->m);
	alpc_port_close(self->port);
	EXPECT_EQ(0, server_stop(self->pid));
}

#endif /* ALPC_TESTS_LARGE_FIXTURE_H */
