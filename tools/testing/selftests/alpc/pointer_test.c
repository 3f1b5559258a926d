// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses that are not accessible: of every argument and of every buffer.
 * Each fails with EFAULT, and nothing is lost, leaked or half done.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "command_fixture.h"

#include "alpc_thread.h"

/* Where no memory of a program ever is. */
static const unsigned long bad_addresses[] = {
	0,
	8,
	4096 - 4,
#if __SIZEOF_POINTER__ == 8
	0x00007ffffffff000UL,
	0x0000800000000000UL,
	0x4141414141414141UL,
	0xffff800000000000UL,
	0xffff888000000000UL,
	0xffffffff81000000UL,
	0xffffffffff600000UL,
#endif
	-4096UL,
	-8UL,
	-1UL,
};

static int run(FIXTURE_DATA(command) *self, void *arg)
{
	return alpc_ioctl(self->fd, self->command->number, arg);
}

TEST_F(command, argument_that_is_nowhere)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_addresses); i++)
		EXPECT_EQ(-EFAULT, run(self, (void *)bad_addresses[i]))
			TH_LOG("address %#lx", bad_addresses[i]);
	EXPECT_UNTOUCHED();
}

TEST_F(command, argument_that_ends_where_memory_ends)
{
	__u32 part;
	char *arg;

	for (part = 0; part < self->command->size; part += 4) {
		arg = memory_before_hole(part);
		ASSERT_NE(NULL, arg);
		memcpy(arg, self->arg, part);
		EXPECT_EQ(-EFAULT, run(self, arg))
			TH_LOG("%u bytes", part);
	}
	EXPECT_UNTOUCHED();

	/* One that just fits is good. */
	arg = memory_before_hole(self->command->size);
	ASSERT_NE(NULL, arg);
	self->fd = self->command->prepare(&self->scene, arg);
	ASSERT_EQ(0, run(self, arg));
	EXPECT_TRUE(self->command->happened(&self->scene, arg));
}

TEST_F(command, argument_that_is_not_aligned)
{
	char room[ARGUMENT_SIZE + 8];
	int shift;

	for (shift = 1; shift < 8; shift++) {
		self->fd = self->command->prepare(&self->scene, self->arg);
		memcpy(room + shift, self->arg, self->command->size);
		ASSERT_EQ(0, run(self, room + shift));
		memcpy(self->arg, room + shift, self->command->size);
		EXPECT_TRUE(self->command->happened(&self->scene, self->arg));
	}
}

TEST_F(command, argument_that_cannot_be_written)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *arg = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct alpc_msg msg;
	char buf[16];
	int left;

	ASSERT_NE(MAP_FAILED, arg);
	memcpy(arg, self->arg, self->command->size);
	ASSERT_EQ(0, mprotect(arg, page, PROT_READ));
	if (!self->command->has_output) {
		EXPECT_EQ(0, run(self, arg));
		EXPECT_TRUE(self->command->happened(&self->scene, arg));
		return;
	}
	EXPECT_EQ(-EFAULT, run(self, arg));
	EXPECT_EQ(self->fds, open_fds());
	/*
	 * What the caller cannot be told must not stay: only a message is too
	 * late to take back, and it is there once at most. A connect may have
	 * left its request for a moment, but not the connection.
	 */
	left = alpc_queued(self->scene.pair.port);
	EXPECT_LE(left, variant->index == TRANSFER || variant->index == VECTOR);
	if (left > 0)
		TAKE(ALPC_DATAGRAM, self->scene.pair.port, &msg, buf);
	EXPECT_UNTOUCHED();
}

/* --- buffers that are read ------------------------------------------------ */

FIXTURE(source)
{
	const struct command *command;
	struct scene scene;
	unsigned long long arg[ARGUMENT_SIZE / sizeof(unsigned long long)];
	unsigned long long *where;
	__u32 len;
	int fd;
	int fds;
};

FIXTURE_VARIANT(source)
{
	enum command_index index;
	int buffer;
};

FIXTURE_VARIANT_ADD(source, create_name) { CREATE, 0 };
FIXTURE_VARIANT_ADD(source, connect_name) { CONNECT, 0 };
FIXTURE_VARIANT_ADD(source, connect_data) { CONNECT, 1 };
FIXTURE_VARIANT_ADD(source, accept_data) { ACCEPT, 0 };
FIXTURE_VARIANT_ADD(source, transfer_data) { TRANSFER, 0 };
FIXTURE_VARIANT_ADD(source, access_parts) { ACCESS, 0 };
FIXTURE_VARIANT_ADD(source, posted_packets) { POST_PACKETS, 0 };

FIXTURE_SETUP(source)
{
	ASSERT_EQ(0, scene_open(&self->scene));
	self->command = commands[variant->index];
	self->fd = self->command->prepare(&self->scene, self->arg);
	ASSERT_LE(0, self->fd);
	self->where = self->arg + self->command->buffers[variant->buffer].address / 8;
	self->len = ((__u32 *)self->arg)[self->command->buffers[variant->buffer].len / 4] *
		    (self->command->buffers[variant->buffer].unit ?: 1);
	ASSERT_NE(0, self->len);
	self->fds = open_fds();
}

FIXTURE_TEARDOWN(source)
{
	scene_close(&self->scene);
}

static int run_with(FIXTURE_DATA(source) *self, unsigned long long where)
{
	*self->where = where;
	return alpc_ioctl(self->fd, self->command->number, self->arg);
}

TEST_F(source, that_is_nowhere)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_addresses); i++)
		EXPECT_EQ(-EFAULT, run_with(self, bad_addresses[i]))
			TH_LOG("address %#lx", bad_addresses[i]);
	EXPECT_UNTOUCHED();
}

TEST_F(source, abuse_06_whose_address_has_more_bits_than_a_pointer)
{
	/* On 64-bit machines the address of kernel memory, or of nothing. */
	EXPECT_EQ(-EFAULT, run_with(self, *self->where | 1ULL << 63));
	EXPECT_UNTOUCHED();
}

TEST_F(source, that_ends_where_memory_ends)
{
	const void *good = (void *)(unsigned long)*self->where;
	__u32 part;
	char *buf;

	for (part = 0; part < self->len; part++) {
		buf = memory_before_hole(part);
		ASSERT_NE(NULL, buf);
		memcpy(buf, good, part);
		EXPECT_EQ(-EFAULT, run_with(self, address(buf)))
			TH_LOG("%u of %u bytes", part, self->len);
	}
	EXPECT_UNTOUCHED();

	/* One that just fits is good. */
	buf = memory_before_hole(self->len);
	ASSERT_NE(NULL, buf);
	memcpy(buf, good, self->len);
	self->fd = self->command->prepare(&self->scene, self->arg);
	EXPECT_EQ(0, run_with(self, address(buf)));
	EXPECT_TRUE(self->command->happened(&self->scene, self->arg));
}

/* --- buffers that are written --------------------------------------------- */

FIXTURE(buffer)
{
	struct pair pair;
	__u64 request;
};

FIXTURE_VARIANT(buffer)
{
	__u16 type;	/* of the message that is received */
};

FIXTURE_VARIANT_ADD(buffer, datagram) { ALPC_DATAGRAM };
FIXTURE_VARIANT_ADD(buffer, request) { ALPC_REQUEST };
FIXTURE_VARIANT_ADD(buffer, reply) { ALPC_REPLY };
FIXTURE_VARIANT_ADD(buffer, connection_request) { ALPC_CONNECTION_REQUEST };

static const char text[] = "What is written must be all there, or not at all.";

/* Have a message of that type wait, and give the port where. */
static int await_message(struct pair *pair, __u16 type)
{
	struct alpc_connect connect;
	struct alpc_msg msg;
	char buf[64];
	__u64 id;

	switch (type) {
	case ALPC_DATAGRAM:
		return alpc_send(pair->client, text, sizeof(text)) ?: pair->port;
	case ALPC_REQUEST:
		return alpc_request_async(pair->client, text, sizeof(text), 0, 0, &id) ?:
		       pair->port;
	case ALPC_REPLY:
		return alpc_request_async(pair->client, "", 0, 0, 0, &id) ?:
		       alpc_receive_nowait(pair->port, &msg, buf, sizeof(buf)) ?:
		       alpc_reply(pair->port, msg.id, text, sizeof(text)) ?: pair->client;
	default:
		connect = connect_args(pair->name);
		connect.flags = ALPC_CONNECT_ASYNC;
		connect.send_data = address(text);
		connect.send_len = sizeof(text);
		return alpc_connect_with(&connect) < 0 ? -EBADMSG : pair->port;
	}
}

FIXTURE_SETUP(buffer)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(buffer)
{
	pair_close(&self->pair);
}

TEST_F(buffer, received_into_a_bad_one_stays_for_a_good_one)
{
	int fd = await_message(&self->pair, variant->type);
	struct alpc_transfer t;
	struct alpc_msg msg;
	char buf[64];
	__u32 part;
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
		transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
		transfer_receive(&t, NULL, sizeof(buf));
		t.recv.data = bad_addresses[i];
		EXPECT_EQ(-EFAULT, alpc_transfer(fd, &t))
			TH_LOG("address %#lx", bad_addresses[i]);
		EXPECT_EQ(0, t.out_done & ALPC_DONE_RECEIVED);
		EXPECT_EQ(1, alpc_queued(fd));
	}
	for (part = 0; part < sizeof(text); part += 7) {
		transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
		transfer_receive(&t, NULL, sizeof(text));
		t.recv.data = address(memory_before_hole(part));
		EXPECT_EQ(-EFAULT, alpc_transfer(fd, &t))
			TH_LOG("%u bytes", part);
		EXPECT_EQ(1, alpc_queued(fd));
	}
	ASSERT_EQ(0, alpc_receive_nowait(fd, &msg, buf, sizeof(buf)));
	EXPECT_EQ(variant->type, msg.type);
	EXPECT_EQ(sizeof(text), msg.len);
	EXPECT_STREQ(text, buf);
	NOTHING(fd);
	EXPECT_EQ(variant->type == ALPC_REQUEST || variant->type == ALPC_CONNECTION_REQUEST,
		  alpc_unanswered(self->pair.port));
}

TEST_F(buffer, not_touched_behind_the_message)
{
	int fd = await_message(&self->pair, variant->type);
	struct alpc_msg msg;
	char *end = memory_before_hole(sizeof(text));
	char buf[128];

	/* Room that is not there does no harm if the message ends before it. */
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, alpc_receive_nowait(fd, &msg, buf, sizeof(buf)));
	EXPECT_EQ(sizeof(text), msg.len);
	EXPECT_TRUE(is_poison(buf + sizeof(text), sizeof(buf) - sizeof(text)));

	fd = await_message(&self->pair, variant->type);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, alpc_receive_nowait(fd, &msg, end, sizeof(text)));
	EXPECT_EQ(variant->type, msg.type);
	EXPECT_STREQ(text, end);
}

TEST_HARNESS_MAIN
