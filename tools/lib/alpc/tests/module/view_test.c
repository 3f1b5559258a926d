// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: views that libalpc would never send. A client
 * makes system calls of its own, and the server loop and its other clients bear it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "harness.h"
#include "large.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define SECTION	(64 * KIB)	/* bytes of each */

FIXTURE(raw) {
	struct alpc_server *server;
	pthread_t thread;
	struct alpc_port *port;		/* of the client that misbehaves */
	struct alpc_port *good;		/* of one that must not notice */
	struct alpc_message *m;
	unsigned char *memory;		/* section of the first one */
	uint32_t section;
};

FIXTURE_VARIANT(raw) {
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(raw, copied) { .flags = 0 };
FIXTURE_VARIANT_ADD(raw, in_place) { .flags = ALPC_SERVER_IN_PLACE };

static void *run(void *server)
{
	return (void *)(long)alpc_server_run(server, 2);
}

FIXTURE_SETUP(raw)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = INLINE,
	};

	ASSERT_EQ(0, large_server_new(port_name(), &options, variant->flags,
				      &self->server));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, run, self->server));
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &self->port));
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &self->good));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	self->section = section_new(self->port, SECTION, &self->memory);
	ASSERT_NE(0, self->section);
}

/* Somebody else is served as before. */
FIXTURE_TEARDOWN(raw)
{
	void *result;

	EXPECT_EQ(0, good_call(self->good, self->m));
	munmap(self->memory, SECTION);
	alpc_port_close(self->port);
	alpc_port_close(self->good);
	alpc_server_stop(self->server);
	pthread_join(self->thread, &result);
	EXPECT_EQ(NULL, result);
	alpc_server_free(self->server);
	alpc_message_free(self->m);
}

/* A call with whatever @send says. Return: 0 or errno. */
static int raw_call(struct alpc_port *port, struct alpc_msg send,
		    struct alpc_msg *reply)
{
	static char data[INLINE];
	struct alpc_transfer t = {
		.size = sizeof(t),
		.flags = ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT,
		.timeout = FOR_EVER,
		.send = send,
		.recv.data = (uintptr_t)data,
		.recv.len = sizeof(data),
	};

	t.send.flags = ALPC_SEND_REQUEST;
	if (ioctl(alpc_port_fd(port), ALPC_IOC_TRANSFER, &t))
		return errno;
	if (reply)
		*reply = t.recv;
	return 0;
}

/* The kernel does not let them pass. */
TEST_F(raw, absurd_views)
{
	static const struct {
		uint64_t offset, len;
	} wrong[] = {
		{ SECTION, 1 }, { 0, SECTION + 1 }, { 1, SECTION },
		{ UINT64_MAX, 1 }, { UINT64_MAX - 10, 20 }, { 1, UINT64_MAX },
		{ SECTION - 1, 2 }, { 1ULL << 63, 1ULL << 63 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(EINVAL, raw_call(self->port,
					   view(self->section, wrong[i].offset,
						wrong[i].len, ALPC_VIEW_BODY),
					   NULL));
	EXPECT_EQ(ENOENT, raw_call(self->port, view(self->section + 100, 0, 10,
						    ALPC_VIEW_BODY), NULL));
}

/* A good order as a view that needs no prefix. */
TEST_F(raw, view_without_a_prefix)
{
	struct order *o = order_new(REPLY, 5000, 5000, 3);
	struct alpc_msg reply;

	memcpy(self->memory + 77, o, 5000);
	free(o);
	ASSERT_EQ(0, raw_call(self->port, view(self->section, 77, 5000,
					       ALPC_VIEW_BODY | ALPC_VIEW_WRITE),
			      &reply));
	EXPECT_EQ(77, reply.view_offset);
	EXPECT_EQ(5000, reply.view_len);
	EXPECT_TRUE(is_pattern(self->memory + 77, 5000, 3));
}

/* What is inline says more than there is, or nothing that makes sense. */
TEST_F(raw, prefix_that_lies)
{
	static const struct {
		uint64_t len, room;
		uint32_t bytes;
	} wrong[] = {
		{ 5001, 0, 8 }, { UINT64_MAX, 0, 8 }, { 0, 0, 7 }, { 0, 0, 1 },
		{ 5001, UINT64_MAX, 16 }, { 0, 0, 15 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct alpc_port *port;
		unsigned char *memory;
		struct alpc_msg send;
		uint32_t section;

		ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER,
					       &port));
		section = section_new(port, SECTION, &memory);
		ASSERT_NE(0, section);
		send = view(section, 0, 5000, ALPC_VIEW_BODY | ALPC_VIEW_WRITE);
		send.data = (uintptr_t)&wrong[i];
		send.len = wrong[i].bytes;
		EXPECT_EQ(EPIPE, raw_call(port, send, NULL));
		munmap(memory, SECTION);
		alpc_port_close(port);
	}
}

/* Room for the reply in a range that is not there, or is shorter, or nobody's. */
TEST_F(raw, room_that_is_not_there)
{
	struct order *o = order_new(REPLY, 5000, 3000, 3);
	struct alpc_range ranges[2] = {
		{ .address = (uintptr_t)o, .len = 5000,
		  .rights = ALPC_RANGE_READ },
		{ .address = 4096, .len = 4096, .rights = ALPC_RANGE_WRITE },
	};
	struct alpc_attrs attrs = {
		.ranges = (uintptr_t)ranges, .range_count = 1,
	};
	const uint64_t prefix[2] = { 5000, 1 << 20 };
	struct alpc_msg reply, send = {
		.view_flags = ALPC_VIEW_RANGE | ALPC_VIEW_BODY, .view_len = 5000,
		.data = (uintptr_t)prefix, .len = sizeof(prefix),
		.attrs = (uintptr_t)&attrs, .attrs_len = sizeof(attrs),
	};

	/* The server finds another way. */
	for (int n = 1; n <= 2; n++) {
		attrs.range_count = (uint32_t)n;
		ASSERT_EQ(0, raw_call(self->port, send, &reply));
		EXPECT_EQ(3000, reply.view_len);
		EXPECT_EQ(ALPC_VIEW_BODY, reply.view_flags);
	}
	free(o);
}

/* The memory that a request lists is not there. */
TEST_F(raw, data_that_are_not_there)
{
	struct alpc_range range = {
		.address = 4096, .len = 1 << 20, .rights = ALPC_RANGE_READ,
	};
	struct alpc_attrs attrs = {
		.ranges = (uintptr_t)&range, .range_count = 1,
	};
	const struct alpc_msg send = {
		.view_flags = ALPC_VIEW_RANGE | ALPC_VIEW_BODY,
		.view_len = 1 << 20,
		.attrs = (uintptr_t)&attrs, .attrs_len = sizeof(attrs),
	};

	EXPECT_EQ(EPIPE, raw_call(self->port, send, NULL));
}

/* More than anybody takes in: nobody looks for so much memory. */
TEST_F(raw, data_without_end)
{
	struct alpc_range range = {
		.address = 4096, .len = 1ULL << 40, .rights = ALPC_RANGE_READ,
	};
	struct alpc_attrs attrs = {
		.ranges = (uintptr_t)&range, .range_count = 1,
	};
	const struct alpc_msg send = {
		.view_flags = ALPC_VIEW_RANGE | ALPC_VIEW_BODY,
		.view_len = 1ULL << 40,
		.attrs = (uintptr_t)&attrs, .attrs_len = sizeof(attrs),
	};

	EXPECT_EQ(EPIPE, raw_call(self->port, send, NULL));
}

/* The section is gone before the server has opened it: the view is there still. */
TEST_F(raw, section_deleted_on_the_way)
{
	for (uint32_t i = 0; i < 50; i++) {
		struct order *o = order_new(0, SECTION, 0, i);
		unsigned char *memory;
		uint32_t id = section_new(self->port, SECTION, &memory);

		ASSERT_NE(0, id);
		memcpy(memory, o, SECTION);
		free(o);
		ASSERT_EQ(0, send_section(self->port, id, SECTION));
		section_delete(self->port, id);
		munmap(memory, SECTION);
	}
	ASSERT_EQ(0, good_call(self->good, self->m));
}

/* Sections enough to drive every mapping of them out. */
TEST_F(raw, many_sections)
{
	unsigned char *memory[40];
	uint32_t id[40];

	for (int i = 0; i < 40; i++) {
		id[i] = section_new(self->port, SECTION, &memory[i]);
		ASSERT_NE(0, id[i]);
	}
	for (uint32_t n = 0; n < 400; n++) {
		struct order *o = order_new(REPLY, 9000, 9000, n);
		struct alpc_msg reply;
		int i = (int)(n * 7 % 40);

		memcpy(memory[i], o, 9000);
		free(o);
		ASSERT_EQ(0, raw_call(self->port,
				      view(id[i], 0, 9000, ALPC_VIEW_BODY |
					   ALPC_VIEW_WRITE), &reply));
		EXPECT_TRUE(is_pattern(memory[i], 9000, n));
	}
	for (int i = 0; i < 40; i++)
		munmap(memory[i], SECTION);
}

TEST_HARNESS_MAIN
