// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: ranges of memory and descriptors that go with
 * messages of every length.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

TEST_F(large, ranges)
{
	unsigned char in[3 * 4096], out[3 * 4096];
	const struct alpc_range ranges[] = {
		{ .address = (uintptr_t)in, .len = sizeof(in),
		  .rights = ALPC_RANGE_READ },
		{ .address = (uintptr_t)out, .len = sizeof(out),
		  .rights = ALPC_RANGE_WRITE },
	};
	const struct alpc_call_options options = {
		.size = sizeof(options), .ranges = ranges, .range_count = 2,
	};

	pattern(in, sizeof(in), 1);
	for (enum alpc_way way = ALPC_WAY_AUTO; way <= ALPC_WAY_DIRECT; way++) {
		size_t len = way == ALPC_WAY_INLINE ? 100 : 20 * KIB;
		struct order *o = order_new(RANGES, len, 0, 1);
		ssize_t done;

		memset(out, 0, sizeof(out));
		alpc_port_set_way(self->port, way);
		ASSERT_EQ(0, alpc_call_with(self->port, o, len, self->m, FOR_EVER,
					    &options));
		memcpy(&done, alpc_message_data(self->m), sizeof(done));
		ASSERT_EQ((ssize_t)sizeof(in), done);
		for (size_t i = 0; i < sizeof(in); i++)
			ASSERT_EQ(in[i], out[sizeof(in) - 1 - i]);
		free(o);
	}
}

TEST_F(large, ranges_that_are_not_there)
{
	const struct alpc_call_options options = {
		.size = sizeof(options), .range_count = 1,
	};
	struct order *o = order_new(REPLY, 20 * KIB, 0, 1);

	for (enum alpc_way way = ALPC_WAY_AUTO; way <= ALPC_WAY_DIRECT; way++) {
		alpc_port_set_way(self->port, way);
		EXPECT_EQ(-EINVAL, alpc_call_with(self->port, o, 20 * KIB,
						  self->m, FOR_EVER, &options));
		EXPECT_EQ(0, alpc_message_done(self->m));
	}
	free(o);
}

TEST_F(large, descriptors)
{
	struct alpc_message *m;
	unsigned int n;
	int fds[3], got[3];
	char text[8] = "";

	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_message_accept_fds(self->m, ALPC_FD_MEMFD));
	ASSERT_EQ(0, pipe(fds));
	fds[2] = memfd_create("x", MFD_CLOEXEC);
	ASSERT_EQ(5, write(fds[2], "hello", 5));
	for (size_t len = sizeof(struct order); len < 100 * KIB; len *= 60) {
		struct order *o = order_new(FDS, len, 0, 1);

		ASSERT_EQ(0, alpc_message_set(m, o, len));
		free(o);
		ASSERT_EQ(0, alpc_message_set_fds(m, fds, 3));
		ASSERT_EQ(0, alpc_call_message(self->port, m, self->m, FOR_EVER,
					       NULL));
		memcpy(&n, alpc_message_data(self->m), sizeof(n));
		EXPECT_EQ(3, n);
		EXPECT_EQ(1, alpc_message_fd_count(self->m));
		EXPECT_EQ(2, alpc_message_fds_dropped(self->m));
		EXPECT_EQ(-ENOENT, alpc_message_take_fds(self->m, 1, 1, got));
		ASSERT_EQ(0, alpc_message_take_fds(self->m, 0, 1, got));
		EXPECT_EQ(-ENOENT, alpc_message_take_fds(self->m, 0, 1, &got[1]));
		EXPECT_EQ(5, pread(got[0], text, sizeof(text), 0));
		EXPECT_STREQ("hello", text);
		close(got[0]);
	}
	/* They do not go twice. */
	ASSERT_EQ(0, alpc_call_message(self->port, m, self->m, FOR_EVER, NULL));
	EXPECT_EQ(0, alpc_message_fd_count(self->m));
	EXPECT_EQ(-EINVAL, alpc_message_set_fds(m, fds, ALPC_FDS_MAX + 1));
	alpc_message_free(m);
}

TEST_HARNESS_MAIN
