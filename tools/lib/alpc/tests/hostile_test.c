// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: what the other side can do to long messages. It
 * sends what libalpc never would, takes things away at the wrong moment, is
 * killed.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large_server.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

/* An emulated debug kernel takes its time over long messages. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

static const char *port_name(void)
{
	static char name[64];

	if (!name[0])
		snprintf(name, sizeof(name), "libalpc.hostile.%d", getpid());
	return name;
}

/* -- A client that makes system calls of its own ----------------------------------- */

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

#define SECTION	(64 * KIB)

static uint32_t section_new(struct alpc_port *port, unsigned char **memory)
{
	struct alpc_create_section arg = {
		.size = sizeof(arg), .flags = ALPC_SECTION_PEER_WRITE,
		.len = SECTION,
	};

	if (ioctl(alpc_port_fd(port), ALPC_IOC_CREATE_SECTION, &arg))
		return 0;
	*memory = mmap(NULL, SECTION, PROT_READ | PROT_WRITE, MAP_SHARED,
		       arg.out_fd, 0);
	close(arg.out_fd);
	return *memory == MAP_FAILED ? 0 : arg.out_section;
}

static void section_delete(struct alpc_port *port, uint32_t id)
{
	struct alpc_delete_section arg = { .size = sizeof(arg), .section = id };

	ioctl(alpc_port_fd(port), ALPC_IOC_DELETE_SECTION, &arg);
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
	self->section = section_new(self->port, &self->memory);
	ASSERT_NE(0, self->section);
}

/* Somebody else is served as before. */
static int good_call(struct alpc_port *port, struct alpc_message *m)
{
	struct order *o = order_new(REPLY, 20 * KIB, 30 * KIB, 12);
	int ret = alpc_call(port, o, 20 * KIB, m, FOR_EVER);

	free(o);
	if (ret)
		return ret;
	return alpc_message_len(m) == 30 * KIB &&
	       is_pattern(alpc_message_data(m), 30 * KIB, 12) ? 0 : -EBADMSG;
}

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

static struct alpc_msg view(uint32_t section, uint64_t offset, uint64_t len,
			    uint32_t flags)
{
	return (struct alpc_msg){
		.section = section, .view_offset = offset, .view_len = len,
		.view_flags = flags,
	};
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
		section = section_new(port, &memory);
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
		struct alpc_transfer t = {
			.size = sizeof(t), .flags = ALPC_TRANSFER_SEND,
			.timeout = ALPC_INFINITE,
		};
		unsigned char *memory;
		uint32_t id = section_new(self->port, &memory);

		ASSERT_NE(0, id);
		memcpy(memory, o, SECTION);
		free(o);
		t.send = view(id, 0, SECTION, ALPC_VIEW_BODY);
		ASSERT_EQ(0, ioctl(alpc_port_fd(self->port), ALPC_IOC_TRANSFER,
				   &t));
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
		id[i] = section_new(self->port, &memory[i]);
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

/* -- Steps, in one process -------------------------------------------------------------- */

FIXTURE(step) {
	struct alpc_port *port;
	struct alpc_port *client;
	struct alpc_port *server;
	struct alpc_message *m;
	struct alpc_message *in;
};

FIXTURE_SETUP(step)
{
	const struct alpc_connect_options async = {
		.size = sizeof(async), .flags = ALPC_CONNECT_ASYNC,
	};

	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_port_create(port_name(), NULL, &self->port));
	ASSERT_EQ(0, alpc_port_connect(port_name(), &async, 0, &self->client));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	ASSERT_EQ(0, alpc_port_accept(self->port, alpc_message_id(self->m), 42,
				      NULL, 0, &self->server));
	ASSERT_EQ(0, alpc_port_finish_connect(self->client, self->m, 0));
	ASSERT_EQ(0, alpc_message_new(0, &self->in));
}

FIXTURE_TEARDOWN(step)
{
	alpc_port_close(self->client);
	alpc_port_close(self->server);
	alpc_port_close(self->port);
	/* After the ports: nothing of theirs is looked at. */
	alpc_message_free(self->in);
	alpc_message_free(self->m);
}

static char big[100000], other[100000];

/* What the receiver has in place stays as it is until it is given back. */
TEST_F(step, in_place_until_it_is_given_back)
{
	pattern(big, sizeof(big), 1);
	pattern(other, sizeof(other), 2);
	alpc_message_set_in_place(self->in, true);
	ASSERT_EQ(0, alpc_send(self->client, big, sizeof(big), 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->in, 0));
	EXPECT_TRUE(alpc_message_is_in_place(self->in));
	EXPECT_FALSE(alpc_message_is_secure(self->in));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, alpc_send(self->client, other, sizeof(other), 0));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
		EXPECT_FALSE(alpc_message_is_in_place(self->m));
		EXPECT_EQ(0, memcmp(other, alpc_message_data(self->m),
				    sizeof(other)));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(self->in),
				    sizeof(big)));
	}
	ASSERT_EQ(0, alpc_message_release(self->in));
	EXPECT_EQ(0, alpc_message_len(self->in));
}

/* More sections than are kept mapped, while one of them is read in place. */
TEST_F(step, mapping_that_is_in_use)
{
	struct alpc_transfer t = {
		.size = sizeof(t), .flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE,
	};

	alpc_message_set_in_place(self->in, true);
	for (int i = 0; i < 20; i++) {
		struct alpc_message *m = i ? self->m : self->in;
		unsigned char *memory;
		uint32_t id = section_new(self->client, &memory);

		ASSERT_NE(0, id);
		memset(memory, i + 1, SECTION);
		t.send = view(id, 0, SECTION, ALPC_VIEW_BODY);
		ASSERT_EQ(0, ioctl(alpc_port_fd(self->client),
				   ALPC_IOC_TRANSFER, &t));
		ASSERT_EQ(0, alpc_receive(self->port, m, 0));
		EXPECT_EQ(i + 1, *(const char *)alpc_message_data(m));
		munmap(memory, SECTION);
	}
	EXPECT_EQ(1, *(const char *)alpc_message_data(self->in));
}

struct caller {
	struct alpc_port *port;
	pthread_t thread;
	int64_t timeout;
	int ret;
};

static void *call_big(void *arg)
{
	struct caller *c = arg;
	struct alpc_message *m;

	c->ret = alpc_message_new(sizeof(big), &m);
	if (!c->ret)
		c->ret = alpc_call(c->port, big, sizeof(big), m, c->timeout);
	if (!c->ret && (alpc_message_len(m) != sizeof(other) ||
			memcmp(other, alpc_message_data(m), sizeof(other))))
		c->ret = -EBADMSG;
	alpc_message_free(m);
	return NULL;
}

/* The caller has given up, and its memory is used again: not this memory. */
TEST_F(step, request_in_place_of_a_caller_that_gave_up)
{
	struct caller c = { .port = self->client, .timeout = ALPC_MSEC(20) };
	uint64_t id;

	pattern(big, sizeof(big), 1);
	pattern(other, sizeof(other), 2);
	alpc_message_set_in_place(self->in, true);
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
	ASSERT_EQ(0, alpc_receive(self->port, self->in, FOR_EVER));
	id = alpc_message_id(self->in);
	pthread_join(c.thread, NULL);
	EXPECT_EQ(-ETIMEDOUT, c.ret);
	/* Also after its end was told. */
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(ALPC_CANCELED, alpc_message_type(self->m));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, alpc_send(self->client, other, sizeof(other), 0));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
		EXPECT_EQ(ALPC_DATAGRAM, alpc_message_type(self->m));
	}
	EXPECT_EQ(0, memcmp(big, alpc_message_data(self->in), sizeof(big)));
	EXPECT_EQ(-ESRCH, alpc_reply(self->port, id, other, sizeof(other)));
}

/* By id, through either port; the request's message is used again meanwhile. */
TEST_F(step, reply_by_id)
{
	pattern(big, sizeof(big), 3);
	pattern(other, sizeof(other), 4);
	for (int i = 0; i < 6; i++) {
		struct caller c = { .port = self->client, .timeout = FOR_EVER };
		uint64_t id;

		alpc_port_set_way(self->client, i / 2 ? ALPC_WAY_AUTO :
							ALPC_WAY_DIRECT);
		ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
		ASSERT_EQ(sizeof(big), alpc_message_len(self->m));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(self->m),
				    sizeof(big)));
		id = alpc_message_id(self->m);
		EXPECT_EQ(-EAGAIN, alpc_receive(self->port, self->m, 0));
		ASSERT_EQ(0, alpc_reply(i % 2 ? self->port : self->server, id,
					other, sizeof(other)));
		pthread_join(c.thread, NULL);
		EXPECT_EQ(0, c.ret);
	}
}

/* Two clients with one context: which of them it is, only the kernel knows. */
TEST_F(step, ambiguous_context)
{
	const struct alpc_connect_options async = {
		.size = sizeof(async), .flags = ALPC_CONNECT_ASYNC,
	};
	struct alpc_port *client, *server_port;

	pattern(big, sizeof(big), 5);
	pattern(other, sizeof(other), 6);
	ASSERT_EQ(0, alpc_port_connect(port_name(), &async, 0, &client));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	ASSERT_EQ(0, alpc_port_accept(self->port, alpc_message_id(self->m), 42,
				      NULL, 0, &server_port));
	ASSERT_EQ(0, alpc_port_finish_connect(client, self->m, 0));
	for (int i = 0; i < 10; i++) {
		struct caller c = {
			.port = i % 2 ? client : self->client,
			.timeout = FOR_EVER,
		};

		ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, FOR_EVER));
		EXPECT_EQ(0, memcmp(big, alpc_message_data(self->m),
				    sizeof(big)));
		ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m),
					other, sizeof(other)));
		pthread_join(c.thread, NULL);
		EXPECT_EQ(0, c.ret);
		ASSERT_EQ(0, alpc_send(c.port, other, sizeof(other), 0));
		ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
		EXPECT_EQ(0, memcmp(other, alpc_message_data(self->m),
				    sizeof(other)));
	}
	alpc_port_close(client);
	alpc_port_close(server_port);
}

/* Longer than the receiver takes. */
TEST_F(step, limit_of_the_receiver)
{
	struct caller c = { .port = self->client, .timeout = FOR_EVER };

	pattern(big, sizeof(big), 5);
	pattern(other, sizeof(other), 6);
	alpc_message_set_limit(self->m, sizeof(big) - 1);
	ASSERT_EQ(0, alpc_send(self->client, big, sizeof(big), 0));
	EXPECT_EQ(-EMSGSIZE, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(0, alpc_message_len(self->m));
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_big, &c));
	EXPECT_EQ(-EMSGSIZE, alpc_receive(self->port, self->m, FOR_EVER));
	ASSERT_EQ(ALPC_REQUEST, alpc_message_type(self->m));
	ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m), other,
				sizeof(other)));
	pthread_join(c.thread, NULL);
	EXPECT_EQ(0, c.ret);
	alpc_message_set_limit(self->m, 0);
	ASSERT_EQ(0, alpc_send(self->client, big, sizeof(big), 0));
	EXPECT_EQ(0, alpc_receive(self->port, self->m, 0));
}

/* The receiver keeps every view: the sender runs out of its own, and no more. */
TEST_F(step, views_that_are_not_given_back)
{
	struct alpc_message *kept[1100];
	int n, ret = 0;

	for (n = 0; n < 1100 && !ret; n++) {
		ASSERT_EQ(0, alpc_message_new(0, &kept[n]));
		ret = alpc_send(self->client, big, 5000, 0);
		if (!ret)
			ASSERT_EQ(0, alpc_receive(self->port, kept[n], 0));
	}
	EXPECT_EQ(-EDQUOT, ret);
	while (n)
		alpc_message_free(kept[--n]);
	EXPECT_EQ(0, alpc_send(self->client, big, 5000, 0));
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
}

static sigjmp_buf fault;

static void on_sigsegv(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

static int can_write(volatile char *at)
{
	if (sigsetjmp(fault, 1))
		return 0;
	*at = *at;
	return 1;
}

/* Nothing that was checked can be changed, until it is given back. */
TEST_F(step, secure)
{
	const struct sigaction action = { .sa_handler = on_sigsegv };
	struct alpc_message *m;
	volatile char *at;
	void *data;

	ASSERT_EQ(0, sigaction(SIGSEGV, &action, NULL));
	alpc_message_set_in_place(self->in, true);
	ASSERT_EQ(0, alpc_message_new_in(self->client, 9000,
					 ALPC_MESSAGE_SECURE, &m));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, alpc_message_resize(m, 9000, &data));
		memset(data, 's', 9000);
		at = data;
		EXPECT_TRUE(can_write(at));
		ASSERT_EQ(0, alpc_send_message(self->client, m, 0));
		EXPECT_FALSE(can_write(at));
		EXPECT_FALSE(can_write(at + 8999));
		ASSERT_EQ(0, alpc_receive(self->port, self->in, 0));
		EXPECT_TRUE(alpc_message_is_secure(self->in));
		ASSERT_EQ(9000, alpc_message_len(self->in));
		EXPECT_EQ('s', *(const char *)alpc_message_data(self->in));
		EXPECT_FALSE(can_write(at));
		ASSERT_EQ(0, alpc_message_release(self->in));
		EXPECT_TRUE(can_write(at));
	}
	alpc_message_free(m);
}

/* -- Killed at any moment ----------------------------------------------------------- */

static struct alpc_server *served;

static pid_t serve(void)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .max_message = INLINE,
	};
	const char *name = port_name();
	int ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		if (large_server_new(name, &options, 0, &served))
			_exit(1);
		if (write(ready[1], "x", 1) != 1)
			_exit(2);
		alpc_server_run(served, 2);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

static int work(void)
{
	struct alpc_message *m;
	struct alpc_port *port;
	int ret;

	ret = alpc_port_connect(port_name(), NULL, FOR_EVER, &port);
	if (ret)
		return ret;
	ret = alpc_message_new(0, &m);
	while (!ret) {
		ret = good_call(port, m);
		if (!ret)
			ret = alpc_send(port, big, sizeof(struct order),
					FOR_EVER);
	}
	alpc_message_free(m);
	alpc_port_close(port);
	return ret;
}

static void *work_in_thread(void *unused)
{
	(void)unused;
	return (void *)(long)work();
}

TEST(killed_server)
{
	for (int i = 0; i < 5; i++) {
		pthread_t thread[3];
		pid_t pid = serve();
		void *result;

		ASSERT_LT(0, pid);
		for (int n = 0; n < 3; n++)
			ASSERT_EQ(0, pthread_create(&thread[n], NULL,
						    work_in_thread, NULL));
		usleep((useconds_t)(20000 + i * 13000));
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		for (int n = 0; n < 3; n++) {
			long ret;

			pthread_join(thread[n], &result);
			ret = (long)result;
			/* Or before it had connected. */
			EXPECT_TRUE(ret == -EPIPE || ret == -ECONNRESET ||
				    ret == -ENOENT);
		}
	}
}

TEST(killed_clients)
{
	struct alpc_message *m;
	struct alpc_port *port;
	pid_t server = serve();

	ASSERT_LT(0, server);
	ASSERT_EQ(0, alpc_port_connect(port_name(), NULL, FOR_EVER, &port));
	ASSERT_EQ(0, alpc_message_new(0, &m));
	for (int i = 0; i < 15; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(work() ? 1 : 0);
		ASSERT_LT(0, pid);
		usleep((useconds_t)(10000 + i * 7000));
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		ASSERT_EQ(0, good_call(port, m));
	}
	alpc_message_free(m);
	alpc_port_close(port);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

TEST_HARNESS_MAIN
