// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: how handles come to be, from options to the kernel's answer.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kselftest_harness.h>

static struct alpc_create_port create;
static struct alpc_connect connection;
static struct alpc_accept acceptance;
static char name[ALPC_NAME_MAX + 1];
static int device, result, new_fd;
static const char *answer_data;

static int device_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_create_port *port = arg;
	struct alpc_connect *c = arg;
	struct alpc_accept *a = arg;

	(void)step;
	device = fd;
	switch (request) {
	case ALPC_IOC_CREATE_PORT:
		create = *port;
		memcpy(name, (void *)(uintptr_t)port->name, port->name_len);
		port->out_fd = new_fd;
		return result;
	case ALPC_IOC_CONNECT:
		connection = *c;
		memcpy(name, (void *)(uintptr_t)c->name, c->name_len);
		if (answer_data) {
			c->reply_len = (__u32)strlen(answer_data);
			memcpy((void *)(uintptr_t)c->reply_data, answer_data,
			       c->reply_len);
		} else {
			c->reply_len = 0;
		}
		c->out_fd = new_fd;
		return result;
	case ALPC_IOC_ACCEPT:
		acceptance = *a;
		a->out_fd = new_fd;
		return result;
	case ALPC_IOC_PORT_INFO:
		return result;
	default:
		return -ENOTTY;
	}
}

static __u32 received_room;

static int transfer_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_transfer *t = arg;

	(void)step;
	(void)fd;
	received_room = t->recv.len;
	t->recv = (struct alpc_msg){ .type = ALPC_DATAGRAM };
	return request == ALPC_IOC_TRANSFER ? 0 : -ENOTTY;
}

FIXTURE(device) {
	struct alpc_port *port;
};

FIXTURE_SETUP(device)
{
	kernel_set(device_kernel);
	kernel_device_error(0);
	memset(name, 0, sizeof(name));
	result = 0;
	answer_data = NULL;
	new_fd = memfd_create("port", 0);
	ASSERT_LE(0, new_fd);
	ASSERT_EQ(0, fchmod(new_fd, 0600));
	self->port = NULL;
	errno = 99;
}

FIXTURE_TEARDOWN(device)
{
	EXPECT_EQ(99, errno);
	/* The device is open no longer than it is needed. */
	EXPECT_EQ(-1, fcntl(DEVICE_FD, F_GETFD));
	alpc_port_close(self->port);
}

TEST_F(device, create_with_defaults)
{
	struct stat st;

	ASSERT_EQ(0, alpc_port_create("some.name", NULL, &self->port));
	EXPECT_EQ(DEVICE_FD, device);
	EXPECT_STREQ("some.name", name);
	EXPECT_EQ(sizeof(create), create.size);
	EXPECT_EQ(0, create.flags | create.max_message | create.queue_messages |
		  create.max_connections | create.queue_bytes |
		  create.max_pending | create.spin_ns | create.require |
		  create.withhold | create.max_security);
	EXPECT_EQ(new_fd, alpc_port_fd(self->port));
	ASSERT_EQ(0, fstat(new_fd, &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
}

TEST_F(device, create_with_options)
{
	const struct alpc_port_options options = {
		.size = sizeof(options),
		.flags = ALPC_PORT_NO_SPIN | ALPC_PORT_NOTE_IDENTITY,
		.mode = 0660, .max_message = 1, .queue_messages = 2,
		.queue_bytes = 3, .max_connections = 4, .max_pending = 5,
		.spin_ns = 6, .require = 7, .withhold = 8, .max_security = 9,
	};
	struct stat st;

	ASSERT_EQ(0, alpc_port_create("n", &options, &self->port));
	EXPECT_EQ(ALPC_PORT_NO_SPIN | ALPC_PORT_NOTE_IDENTITY, create.flags);
	EXPECT_EQ(1, create.max_message);
	EXPECT_EQ(2, create.queue_messages);
	EXPECT_EQ(3, create.queue_bytes);
	EXPECT_EQ(4, create.max_connections);
	EXPECT_EQ(5, create.max_pending);
	EXPECT_EQ(6, create.spin_ns);
	EXPECT_EQ(7, create.require);
	EXPECT_EQ(8, create.withhold);
	EXPECT_EQ(9, create.max_security);
	ASSERT_EQ(0, fstat(new_fd, &st));
	EXPECT_EQ(0660, st.st_mode & 07777);
}

TEST_F(device, create_errors)
{
	struct alpc_port_options options = { .size = sizeof(options) };
	char longest[ALPC_NAME_MAX + 2];

	memset(longest, 'n', sizeof(longest));
	longest[ALPC_NAME_MAX + 1] = '\0';
	EXPECT_EQ(-EINVAL, alpc_port_create(longest, NULL, &self->port));
	options.flags = ALPC_PORT_NO_RANGES << 1;
	EXPECT_EQ(-EINVAL, alpc_port_create("n", &options, &self->port));
	options.flags = 0;
	options.mode = 010000;
	EXPECT_EQ(-EINVAL, alpc_port_create("n", &options, &self->port));
	EXPECT_EQ(0, kernel_steps());
	longest[ALPC_NAME_MAX] = '\0';
	result = -EEXIST;
	EXPECT_EQ(-EEXIST, alpc_port_create(longest, NULL, &self->port));
	EXPECT_EQ(ALPC_NAME_MAX, create.name_len);
	kernel_device_error(-ENOENT);
	EXPECT_EQ(-ENOENT, alpc_port_create("n", NULL, &self->port));
	EXPECT_EQ(NULL, self->port);
}

/* A port whose mode cannot be set is not left open. */
TEST_F(device, create_without_mode)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0666,
	};
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	close(new_fd);
	new_fd = open("/", O_PATH);	/* EBADF for fchmod(2) */
	EXPECT_EQ(-EBADF, alpc_port_create("n", &options, &self->port));
	EXPECT_EQ(-1, fcntl(new_fd, F_GETFD));
	errno = 99;
	EXPECT_EQ(NULL, self->port);
}

TEST_F(device, device_of_the_program)
{
	struct alpc_port_options options = {
		.size = sizeof(options), .flags = ALPC_USE_DEVICE, .device = 17,
	};
	struct alpc_connect_options connect = {
		.size = sizeof(connect), .flags = ALPC_USE_DEVICE, .device = 18,
	};

	kernel_device_error(-ENOENT);
	ASSERT_EQ(0, alpc_port_create("n", &options, &self->port));
	EXPECT_EQ(17, device);
	EXPECT_EQ(0, create.flags);
	alpc_port_close(self->port);
	self->port = NULL;
	new_fd = memfd_create("port", 0);
	ASSERT_EQ(0, alpc_port_connect("n", &connect, -1, &self->port));
	EXPECT_EQ(18, device);
	EXPECT_EQ(0, connection.flags);
}

/* -- Options that have grown ------------------------------------------------ */

struct newer_options {
	struct alpc_port_options now;
	uint64_t later;
};

TEST_F(device, options_of_a_newer_program)
{
	struct newer_options options = { .now = { .max_message = 42 } };

	options.now.size = sizeof(options);
	ASSERT_EQ(0, alpc_port_create("n", &options.now, &self->port));
	EXPECT_EQ(42, create.max_message);
	alpc_port_close(self->port);
	self->port = NULL;
	options.later = 1;
	EXPECT_EQ(-E2BIG, alpc_port_create("n", &options.now, &self->port));
	EXPECT_EQ(1, kernel_steps());
}

TEST_F(device, options_of_an_older_program)
{
	struct alpc_port_options options;

	memset(&options, 0xff, sizeof(options));
	options.size = offsetof(struct alpc_port_options, mode);
	options.flags = 0;
	ASSERT_EQ(0, alpc_port_create("n", &options, &self->port));
	EXPECT_EQ(0, create.max_message | create.max_pending);
}

TEST_F(device, options_without_size)
{
	struct alpc_port_options options = { .max_message = 42 };
	struct alpc_connect_options connect = { .len = 0 };

	EXPECT_EQ(-EINVAL, alpc_port_create("n", &options, &self->port));
	EXPECT_EQ(-EINVAL, alpc_port_connect("n", &connect, -1, &self->port));
	EXPECT_EQ(0, kernel_steps());
}

/* What a later version may give a meaning to is refused by this one. */
TEST_F(device, options_with_what_is_reserved)
{
	struct alpc_port_options port = {
		.size = sizeof(port), .reserved = 1,
	};
	struct alpc_completion_options completion = {
		.size = sizeof(completion), .reserved = 1,
	};
	struct alpc_quick_options quick = {
		.size = sizeof(quick), .reserved = 1,
	};
	struct alpc_call_options call = { .size = sizeof(call), .reserved = 1 };
	struct alpc_quick_calls *calls;
	struct alpc_completion *c;
	struct alpc_message *m;
	int steps;

	EXPECT_EQ(-EINVAL, alpc_port_create("n", &port, &self->port));
	EXPECT_EQ(-EINVAL, alpc_completion_create(&completion, &c));
	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_port_create("n", NULL, &self->port));
	steps = kernel_steps();
	EXPECT_EQ(-EINVAL, alpc_call_with(self->port, "", 0, m, 1, &call));
	EXPECT_EQ(-EINVAL, alpc_quick_open(self->port, &quick, 1, &calls));
	EXPECT_EQ(steps, kernel_steps());
	alpc_message_free(m);
}

/* -- Connecting --------------------------------------------------------------- */

TEST_F(device, connect)
{
	struct alpc_message *answer;
	struct alpc_connect_options options = {
		.size = sizeof(options),
		.flags = ALPC_CONNECT_SERVER_UID | ALPC_CONNECT_SERVER_GID,
		.server_uid = 1, .server_gid = 2, .data = "hello", .len = 5,
		.queue_messages = 3, .queue_bytes = 4,
		.level = ALPC_LEVEL_IMPERSONATION,
		.withhold = ALPC_IDENTITY_PROCESS,
	};

	ASSERT_EQ(0, alpc_message_new(0, &answer));
	options.answer = answer;
	answer_data = "welcome";
	ASSERT_EQ(0, alpc_port_connect("n", &options, ALPC_INFINITE, &self->port));
	EXPECT_EQ(DEVICE_FD, device);
	EXPECT_EQ(ALPC_CONNECT_SERVER_UID | ALPC_CONNECT_SERVER_GID,
		  connection.flags);
	EXPECT_EQ(ALPC_INFINITE, connection.timeout);
	EXPECT_EQ(1, connection.server_uid);
	EXPECT_EQ(2, connection.server_gid);
	EXPECT_EQ(5, connection.send_len);
	EXPECT_EQ(3, connection.queue_messages);
	EXPECT_EQ(4, connection.queue_bytes);
	EXPECT_EQ(ALPC_LEVEL_IMPERSONATION, connection.level);
	EXPECT_EQ(ALPC_IDENTITY_PROCESS, connection.withhold);
	EXPECT_EQ(ALPC_DATA_MAX, connection.reply_len);
	ASSERT_EQ(7, alpc_message_len(answer));
	EXPECT_EQ(0, memcmp("welcome", alpc_message_data(answer), 7));
	/* Not more is set aside for later calls than was before. */
	kernel_set(transfer_kernel);
	EXPECT_EQ(0, alpc_receive(self->port, answer, 0));
	EXPECT_EQ(ALPC_DATA_DEFAULT, received_room);
	alpc_message_free(answer);
}

/* Nobody wants the answer: it must not turn up as the first message. */
TEST_F(device, connect_without_answer)
{
	answer_data = "welcome";
	ASSERT_EQ(0, alpc_port_connect("n", NULL, ALPC_INFINITE, &self->port));
	EXPECT_EQ(ALPC_DATA_MAX, connection.reply_len);
}

TEST_F(device, connect_refused)
{
	struct alpc_message *answer;
	struct alpc_connect_options options = { .size = sizeof(options) };

	ASSERT_EQ(0, alpc_message_new(0, &answer));
	options.answer = answer;
	answer_data = "go away";
	result = -ECONNREFUSED;
	EXPECT_EQ(-ECONNREFUSED,
		  alpc_port_connect("n", &options, ALPC_SEC(1), &self->port));
	EXPECT_EQ(ALPC_CONNECT_ABSTIME, connection.flags);
	ASSERT_EQ(7, alpc_message_len(answer));
	EXPECT_EQ(0, memcmp("go away", alpc_message_data(answer), 7));
	result = -ETIMEDOUT;
	EXPECT_EQ(-ETIMEDOUT,
		  alpc_port_connect("n", &options, ALPC_SEC(1), &self->port));
	EXPECT_EQ(0, alpc_message_len(answer));
	EXPECT_EQ(NULL, self->port);
	alpc_message_free(answer);
}

TEST_F(device, connect_asynchronously)
{
	struct alpc_connect_options options = {
		.size = sizeof(options), .flags = ALPC_CONNECT_ASYNC,
	};

	ASSERT_EQ(0, alpc_port_connect("n", &options, 0, &self->port));
	EXPECT_EQ(ALPC_CONNECT_ASYNC, connection.flags);
	EXPECT_EQ(0, connection.timeout);
	EXPECT_EQ(0, connection.reply_data);
	EXPECT_EQ(0, connection.reply_len);
}

TEST_F(device, connect_errors)
{
	struct alpc_connect_options options = { .size = sizeof(options) };

	EXPECT_EQ(-EINVAL, alpc_port_connect("n", NULL, 0, &self->port));
	EXPECT_EQ(-EINVAL, alpc_port_connect("n", NULL, -2, &self->port));
	options.flags = ALPC_CONNECT_ABSTIME;
	EXPECT_EQ(-EINVAL, alpc_port_connect("n", &options, -1, &self->port));
	options.flags = 0;
	options.len = ALPC_DATA_MAX + 1;
	EXPECT_EQ(-EMSGSIZE, alpc_port_connect("n", &options, -1, &self->port));
	EXPECT_EQ(0, kernel_steps());
	EXPECT_EQ(NULL, self->port);
}

/* -- Accepting and adopting --------------------------------------------------- */

TEST_F(device, accept_and_refuse)
{
	struct alpc_port *client = NULL;

	ASSERT_EQ(0, alpc_port_adopt(new_fd, &self->port));
	new_fd = dup(new_fd);
	ASSERT_EQ(0, alpc_port_accept(self->port, 7, 8, "hi", 2, &client));
	EXPECT_EQ(7, acceptance.id);
	EXPECT_EQ(8, acceptance.context);
	EXPECT_EQ(2, acceptance.len);
	EXPECT_EQ(0, acceptance.flags);
	EXPECT_EQ(new_fd, alpc_port_release(client));
	client = NULL;
	result = -ECANCELED;
	EXPECT_EQ(-ECANCELED,
		  alpc_port_accept(self->port, 7, 8, NULL, 0, &client));
	EXPECT_EQ(NULL, client);
	result = 0;
	EXPECT_EQ(0, alpc_port_refuse(self->port, 7, "no", 2));
	EXPECT_EQ(ALPC_ACCEPT_REFUSE, acceptance.flags);
	EXPECT_EQ(0, close(new_fd));
}

/* What cannot be adopted is still the caller's. */
TEST_F(device, adopt)
{
	result = -ENOTTY;
	EXPECT_EQ(-ENOTTY, alpc_port_adopt(new_fd, &self->port));
	EXPECT_EQ(NULL, self->port);
	EXPECT_LE(0, fcntl(new_fd, F_GETFD));
	result = 0;
	ASSERT_EQ(0, alpc_port_adopt(new_fd, &self->port));
	alpc_port_close(self->port);
	self->port = NULL;
	EXPECT_EQ(-1, fcntl(new_fd, F_GETFD));
	errno = 99;
	alpc_port_close(NULL);
}

TEST_HARNESS_MAIN
