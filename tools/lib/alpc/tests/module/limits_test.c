// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: what happens at the limits of the memory for long
 * messages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "harness.h"
#include "large.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

FIXTURE(small) {
	pid_t pid;
	struct alpc_port *port;
	struct alpc_message *m;
};

FIXTURE_VARIANT(small) {
	uint64_t section, total;
	unsigned int flags;
	int error;		/* of what cannot go in a view */
};

FIXTURE_VARIANT_ADD(small, short_sections) {
	.section = 64 * KIB, .error = -EFBIG,
};

FIXTURE_VARIANT_ADD(small, few_sections) {
	.section = MIB, .total = MIB + 64 * KIB, .error = -EFBIG,
};

FIXTURE_VARIANT_ADD(small, no_sections) {
	.flags = ALPC_PORT_NO_SECTIONS, .error = -EOPNOTSUPP,
};

FIXTURE_SETUP(small)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = INLINE,
		.max_section = variant->section,
		.max_section_total = variant->total, .flags = variant->flags,
	};

	self->pid = server_start(&options, 0, 2);
	ASSERT_LT(0, self->pid);
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
}

FIXTURE_TEARDOWN(small)
{
	struct counts counts;

	EXPECT_EQ(0, get_counts(self->port, &counts));
	EXPECT_EQ(0, counts.wrong);
	alpc_message_free(self->m);
	alpc_port_close(self->port);
	EXPECT_EQ(0, server_stop(self->pid));
}

/* What no section holds goes directly, there and back. */
TEST_F(small, direct_where_no_section_helps)
{
	struct order *o = order_new(REPLY, 2 * MIB, 0, 0);
	struct alpc_message *room;
	struct counts counts;

	ASSERT_EQ(0, alpc_message_new(2 * MIB, &room));
	for (size_t i = 0; i < LENGTHS; i++) {
		size_t reply = lengths[i] < 2 * MIB ? lengths[i] : 2 * MIB;

		ASSERT_EQ(0, order(self->port, REPLY, lengths[i], room, reply));
	}
	alpc_message_free(room);
	ASSERT_EQ(0, get_counts(self->port, &counts));
	EXPECT_NE(0, counts.by_way[ALPC_WAY_DIRECT]);
	alpc_port_set_way(self->port, ALPC_WAY_VIEW);
	EXPECT_EQ(variant->error, alpc_call(self->port, o, 2 * MIB, self->m,
					    FOR_EVER));
	EXPECT_EQ(variant->error, alpc_send(self->port, o, 2 * MIB, FOR_EVER));
	alpc_port_set_way(self->port, ALPC_WAY_AUTO);
	EXPECT_EQ(variant->section ? variant->error : -EMSGSIZE,
		  alpc_send(self->port, o, 2 * MIB, FOR_EVER));
	free(o);
}

/* Nobody can carry the reply: the server ends the connection. */
TEST_F(small, reply_that_goes_nowhere)
{
	struct alpc_port *port;

	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &port));
	EXPECT_EQ(-EPIPE, order(port, REPLY, 0, self->m, 3 * MIB));
	alpc_port_close(port);
}

/* Memory that is all out on loan, and back. */
TEST_F(small, space_that_is_in_use)
{
	struct alpc_message *m[32];
	int n = 0, ret = 0;

	if (!variant->section)
		return;
	while (n < 32 && !ret) {
		ret = alpc_message_new_in(self->port, 60 * KIB, 0, &m[n]);
		n += !ret;
	}
	EXPECT_LT(0, n);
	if (variant->total)
		EXPECT_EQ(-EDQUOT, ret);
	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	while (n)
		alpc_message_free(m[--n]);
	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
	EXPECT_NE(0, alpc_port_trim(self->port));
	EXPECT_EQ(0, alpc_port_trim(self->port));
	ASSERT_EQ(0, order(self->port, REPLY, 50 * KIB, self->m, 50 * KIB));
}

TEST_HARNESS_MAIN
