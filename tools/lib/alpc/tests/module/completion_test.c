// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: completion ports, and servers that are served
 * through one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "call_numbers.h"
#include "step_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

FIXTURE(completion) {
	struct alpc_completion *c;
	struct alpc_port *port;
	struct alpc_port *client;
	struct alpc_port *server;
	struct alpc_message *m;
	struct alpc_packet packets[8];
};

FIXTURE_SETUP(completion)
{
	const struct alpc_completion_options options = {
		.size = sizeof(options), .concurrency = 3,
	};

	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_port_create(port_name(), NULL, &self->port));
	ASSERT_EQ(0, connect_here(self->port, 42, &self->client, &self->server));
	ASSERT_EQ(0, alpc_completion_create(&options, &self->c));
}

FIXTURE_TEARDOWN(completion)
{
	alpc_completion_close(self->c);
	alpc_port_close(self->client);
	alpc_port_close(self->server);
	alpc_port_close(self->port);
	alpc_message_free(self->m);
}

TEST_F(completion, packet_for_each_message)
{
	struct alpc_packet *p = self->packets;

	/* One that waits already, and one that comes. */
	ASSERT_EQ(0, alpc_send(self->client, "1", 1, 0));
	ASSERT_EQ(0, alpc_completion_bind(self->c, self->port, 7));
	ASSERT_EQ(0, alpc_send(self->client, "2", 1, 0));
	ASSERT_EQ(2, alpc_completion_wait(self->c, p, 8, ALPC_INFINITE));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(7, p[i].key);
		EXPECT_EQ(0, p[i].data);
		EXPECT_EQ(ALPC_PACKET_MESSAGE, p[i].type);
	}
	ASSERT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ('1', *(const char *)alpc_message_data(self->m));
	EXPECT_EQ(-EAGAIN, alpc_completion_wait(self->c, p, 8, 0));
}

TEST_F(completion, timeouts)
{
	struct alpc_packet *p = self->packets;

	EXPECT_EQ(-EAGAIN, alpc_completion_wait(self->c, p, 8, 0));
	EXPECT_EQ(-ETIMEDOUT, alpc_completion_wait(self->c, p, 8, ALPC_MSEC(5)));
	EXPECT_EQ(-ETIMEDOUT, alpc_completion_wait(self->c, p, 8, alpc_until(0)));
	EXPECT_EQ(-EINVAL, alpc_completion_wait(self->c, p, 8, -2));
	EXPECT_EQ(-EINVAL, alpc_completion_wait(self->c, p, 0, 0));
	EXPECT_EQ(-EINVAL, alpc_completion_wait(self->c, p,
						ALPC_PACKETS_MAX + 1, 0));
}

TEST_F(completion, posted)
{
	const struct alpc_packet post[] = {
		{ .key = 1, .data = UINT64_MAX }, { .key = 2, .data = 22 },
	};
	const struct alpc_packet wrong = { .type = ALPC_PACKET_MESSAGE };
	struct pollfd pfd = {
		.fd = alpc_completion_fd(self->c), .events = POLLIN,
	};
	struct alpc_packet *p = self->packets;

	EXPECT_EQ(0, poll(&pfd, 1, 0));
	ASSERT_EQ(0, alpc_completion_post(self->c, post, 2));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_EQ(1, alpc_completion_wait(self->c, p, 1, 0));
		EXPECT_EQ(post[i].key, p->key);
		EXPECT_EQ(post[i].data, p->data);
		EXPECT_EQ(ALPC_PACKET_POSTED, p->type);
	}
	EXPECT_EQ(-EINVAL, alpc_completion_post(self->c, &wrong, 1));
	EXPECT_EQ(-EINVAL, alpc_completion_post(self->c, post, 0));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
}

TEST_F(completion, info_and_concurrency)
{
	struct alpc_set_completion info = { .size = sizeof(info) };

	ASSERT_EQ(0, alpc_completion_bind(self->c, self->port, 7));
	ASSERT_EQ(0, alpc_send(self->client, "1", 1, 0));
	ASSERT_EQ(0, alpc_completion_get_info(self->c, &info));
	EXPECT_EQ(3, info.concurrency);
	EXPECT_EQ(1, info.out_bound);
	EXPECT_EQ(1, info.out_packets);
	EXPECT_EQ(0, info.out_waiting);
	ASSERT_EQ(0, alpc_completion_set_concurrency(self->c, 5));
	ASSERT_EQ(0, alpc_completion_get_info(self->c, &info));
	EXPECT_EQ(5, info.concurrency);
}

TEST_F(completion, bound_once)
{
	EXPECT_EQ(-ENOENT, alpc_completion_unbind(self->port));
	ASSERT_EQ(0, alpc_completion_bind(self->c, self->port, 7));
	EXPECT_EQ(-EBUSY, alpc_completion_bind(self->c, self->port, 8));
	ASSERT_EQ(0, alpc_send(self->client, "1", 1, 0));
	ASSERT_EQ(0, alpc_completion_unbind(self->port));
	EXPECT_EQ(-EAGAIN, alpc_completion_wait(self->c, self->packets, 8, 0));
	EXPECT_EQ(0, alpc_receive(self->port, self->m, 0));
	EXPECT_EQ(-EOPNOTSUPP, alpc_completion_bind(self->c, self->server, 7));
}

TEST_F(completion, end_of_a_connection)
{
	ASSERT_EQ(0, alpc_completion_bind(self->c, self->client, 9));
	ASSERT_EQ(0, alpc_port_disconnect(self->server));
	ASSERT_EQ(1, alpc_completion_wait(self->c, self->packets, 8, 0));
	EXPECT_EQ(9, self->packets[0].key);
	EXPECT_EQ(ALPC_PACKET_CLOSED, self->packets[0].type);
	EXPECT_EQ(-EAGAIN, alpc_completion_wait(self->c, self->packets, 8, 0));
}

TEST_F(completion, options)
{
	const struct alpc_completion_options wrong = {
		.size = sizeof(wrong), .flags = 1,
	}, device = {
		.size = sizeof(device), .flags = ALPC_USE_DEVICE,
		.device = alpc_completion_fd(self->c),
	};
	struct alpc_completion *c;

	EXPECT_EQ(-EINVAL, alpc_completion_create(&wrong, &c));
	/* It is no device. */
	EXPECT_EQ(-EOPNOTSUPP, alpc_completion_create(&device, &c));
	ASSERT_EQ(0, alpc_completion_create(NULL, &c));
	alpc_completion_close(c);
	alpc_completion_close(NULL);
}

/* -- Serving ------------------------------------------------------------------ */

#define SERVERS	3
#define CALLERS	4	/* of each server */
#define CALLS	25	/* of each of them */

#define HOLD	78	/* key of a packet that holds its thread up */
#define TURN	64	/* messages that a thread takes from one server at a time */

static struct {
	atomic_uint requests, closed, packets, holding;
	atomic_bool held;
} served;

static int on_request(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *reply)
{
	served.requests++;
	while (served.held)
		usleep(1000);
	if (alpc_message_len(request) == 5) {
		if (alpc_server_reply(alpc_client_server(client),
				      alpc_message_id(request), "later", 5))
			return -EIO;
		return ALPC_REPLY_LATER;
	}
	return alpc_message_set(reply, alpc_message_data(request),
				alpc_message_len(request));
}

static void on_closed(struct alpc_client *client)
{
	(void)client;
	served.closed++;
}

static const struct alpc_server_ops ops = {
	.size = sizeof(ops), .request = on_request, .closed = on_closed,
};

static const char *name_of(unsigned int i)
{
	static _Thread_local char name[80];

	snprintf(name, sizeof(name), "%s.%u", port_name(), i);
	return name;
}

static int call(struct alpc_port *port, struct alpc_message *m, int n)
{
	static const size_t lens[] = { 0, 100, 5, 256, sizeof(big) };
	size_t len = lens[n % 5];
	const char *wanted = len == 5 ? "later" : big;
	int ret;

	ret = alpc_call(port, big, len, m, FOR_EVER);
	if (ret)
		return ret;
	return alpc_message_len(m) == len &&
	       !memcmp(alpc_message_data(m), wanted, len) ? 0 : -EBADMSG;
}

/* A client of server number @arg. Return: NULL if all was well. */
static void *be_client(void *arg)
{
	struct alpc_message *m;
	struct alpc_port *port;
	int ret;

	if (alpc_message_new(0, &m))
		return arg;
	ret = alpc_port_connect(name_of((unsigned int)(uintptr_t)arg), NULL,
				FOR_EVER, &port);
	for (int i = 0; !ret && i < CALLS; i++)
		ret = call(port, m, i);
	if (!ret)
		alpc_port_close(port);
	alpc_message_free(m);
	return (void *)(intptr_t)ret;
}

FIXTURE(serving) {
	struct alpc_completion *c;
	struct alpc_server *servers[SERVERS];
	struct alpc_serve_options options;
	pthread_t thread;
	int result;
};

FIXTURE_VARIANT(serving) {
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(serving, one_thread) { .threads = 1 };
FIXTURE_VARIANT_ADD(serving, four_threads) { .threads = 4 };

static void on_packet(void *arg, const struct alpc_packet *packet)
{
	if (arg == &served && packet->key == 77)
		served.packets += (unsigned int)packet->data;
	if (packet->key != HOLD)
		return;
	served.holding++;
	while (served.held)
		usleep(1000);
}

FIXTURE_SETUP(serving)
{
	self->options = (struct alpc_serve_options){
		.size = sizeof(self->options), .threads = variant->threads,
		.packet = on_packet, .arg = &served,
	};
	ASSERT_EQ(0, alpc_completion_create(NULL, &self->c));
	for (unsigned int i = 0; i < SERVERS; i++) {
		struct alpc_port *port;

		ASSERT_EQ(0, alpc_port_create(name_of(i), NULL, &port));
		ASSERT_EQ(0, alpc_server_new(port, &ops, NULL,
					     &self->servers[i]));
	}
	pattern(big, sizeof(big), 3);
}

FIXTURE_TEARDOWN(serving)
{
	struct alpc_packet packet;

	/* Nothing of the library's is left there. */
	EXPECT_EQ(-EAGAIN, alpc_completion_wait(self->c, &packet, 1, 0));
	for (int i = 0; i < SERVERS; i++)
		alpc_server_free(self->servers[i]);
	alpc_completion_close(self->c);
}

static void *serve_all(void *arg)
{
	FIXTURE_DATA(serving) *self = arg;

	self->result = alpc_completion_serve(self->c, self->servers, SERVERS,
					     &self->options);
	return NULL;
}

TEST_F(serving, several_servers)
{
	const struct alpc_packet packet = { .key = 77, .data = 1000 };
	pthread_t clients[SERVERS * CALLERS];
	void *result;

	pthread_create(&self->thread, NULL, serve_all, self);
	for (int i = 0; i < SERVERS * CALLERS; i++)
		pthread_create(&clients[i], NULL, be_client,
			       (void *)(uintptr_t)(i % SERVERS));
	EXPECT_EQ(0, alpc_completion_post(self->c, &packet, 1));
	for (int i = 0; i < SERVERS * CALLERS; i++) {
		pthread_join(clients[i], &result);
		EXPECT_EQ(NULL, result);
	}
	for (int i = 0; i < SERVERS; i++)
		EXPECT_EQ(0, alpc_server_stop(self->servers[i]));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(SERVERS * CALLERS * CALLS, atomic_load(&served.requests));
	EXPECT_EQ(1000, atomic_load(&served.packets));
}

TEST_F(serving, stopped_one_by_one)
{
	pthread_t client;
	void *result;

	pthread_create(&self->thread, NULL, serve_all, self);
	/* It serves, so each is stopped by a packet: one, however often it is told. */
	be_client((void *)(uintptr_t)0);
	for (int i = 0; i < SERVERS - 1; i++) {
		EXPECT_EQ(0, alpc_server_stop(self->servers[i]));
		EXPECT_EQ(0, alpc_server_stop(self->servers[i]));
	}
	/* The last one goes on. */
	pthread_create(&client, NULL, be_client,
		       (void *)(uintptr_t)(SERVERS - 1));
	pthread_join(client, &result);
	EXPECT_EQ(NULL, result);
	EXPECT_EQ(0, alpc_server_stop(self->servers[SERVERS - 1]));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
}

TEST_F(serving, stopped_before)
{
	for (int i = 0; i < SERVERS; i++)
		EXPECT_EQ(0, alpc_server_stop(self->servers[i]));
	serve_all(self);
	EXPECT_EQ(0, self->result);
	/* A server runs once. */
	serve_all(self);
	EXPECT_EQ(-EBUSY, self->result);
	EXPECT_EQ(-EBUSY, alpc_server_run(self->servers[0], 1));
}

/* 0: the kernel's own. */
static int limit_packets(const char *limit)
{
	int fd = open("/sys/module/alpc/parameters/user_messages", O_WRONLY);
	ssize_t written = write(fd, limit, strlen(limit));

	close(fd);
	return written == (ssize_t)strlen(limit) ? 0 : -errno;
}

/* To stop takes no memory, and no room among the packets. */
TEST_F(serving, stopped_when_packets_are_used_up)
{
	struct alpc_packet packets[64] = { { .key = HOLD } };
	int ret = 0;

	pthread_create(&self->thread, NULL, serve_all, self);
	served.held = true;
	for (unsigned int i = 0; i < variant->threads; i++)
		ASSERT_EQ(0, alpc_completion_post(self->c, packets, 1));
	while (served.holding != variant->threads)
		usleep(1000);
	packets[0].key = 1;
	ASSERT_EQ(0, limit_packets("2000"));
	/* Nothing limits root; the raw system call is for this thread alone. */
	ASSERT_EQ(0, syscall(SYS_setresuid, -1, 1000, -1));
	for (unsigned int n = 64; n; n /= 2)
		while (!(ret = alpc_completion_post(self->c, packets, n)))
			;
	ASSERT_EQ(0, syscall(SYS_setresuid, -1, 0, -1));
	EXPECT_EQ(-EDQUOT, ret);
	for (int i = 0; i < SERVERS; i++)
		EXPECT_EQ(0, alpc_server_stop(self->servers[i]));
	EXPECT_EQ(0, limit_packets("0"));
	served.held = false;
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	/* What is left of the program's own is still there. */
	do {
		ret = alpc_completion_wait(self->c, packets, 64, 0);
		for (int i = 0; i < ret; i++)
			EXPECT_EQ(0, packets[i].type - ALPC_PACKET_POSTED);
	} while (ret > 0);
}

/* A descriptor that is none any more ends the threads, those that wait already too. */
TEST_F(serving, descriptor_that_is_replaced)
{
	struct alpc_set_completion info = { .size = sizeof(info) };
	struct alpc_post_packets post = { .size = sizeof(post), .count = 1 };
	struct alpc_packet packet = { .key = 1 };
	int fd = alpc_completion_fd(self->c);
	int copy = dup(fd), null = open("/dev/null", O_RDWR);

	pthread_create(&self->thread, NULL, serve_all, self);
	do {
		ASSERT_EQ(0, alpc_completion_get_info(self->c, &info));
	} while (info.out_waiting != variant->threads);
	dup2(null, fd);
	post.packets = (uintptr_t)&packet;
	ASSERT_EQ(0, ioctl(copy, ALPC_IOC_POST_PACKETS, &post));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(-ENOTTY, self->result);
	dup2(copy, fd);
	close(copy);
	close(null);
}

/* What comes while a thread is busy is more than it takes at a time. */
TEST_F(serving, turn_that_ends)
{
	struct alpc_message *m;
	struct alpc_port *port;

	ASSERT_EQ(0, alpc_message_new(0, &m));
	pthread_create(&self->thread, NULL, serve_all, self);
	ASSERT_EQ(0, alpc_port_connect(name_of(0), NULL, FOR_EVER, &port));
	served.held = true;
	for (unsigned int i = 0; i < 2 * TURN; i++) {
		ASSERT_EQ(0, alpc_send_request(port, "?", 1, 0, i, 0, NULL));
		/* It ends behind its last one, and that one's reply is to go out. */
		if (i == TURN - 1 || i == 2 * TURN - 1) {
			served.held = false;
			for (unsigned int j = 0; j < TURN; j++)
				ASSERT_EQ(0, alpc_receive(port, m, FOR_EVER));
			served.held = true;
		}
	}
	served.held = false;
	EXPECT_EQ(2 * TURN, atomic_load(&served.requests));
	for (int i = 0; i < SERVERS; i++)
		EXPECT_EQ(0, alpc_server_stop(self->servers[i]));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->result);
	alpc_port_close(port);
	alpc_message_free(m);
}

/* What cannot be served leaves everything as it was. */
TEST_F(serving, one_that_cannot_be_served)
{
	struct alpc_set_completion info = { .size = sizeof(info) };

	EXPECT_EQ(-EINVAL, alpc_completion_serve(self->c, self->servers, 0,
						 NULL));
	EXPECT_EQ(0, alpc_server_stop(self->servers[SERVERS - 1]));
	EXPECT_EQ(0, alpc_server_run(self->servers[SERVERS - 1], 1));
	serve_all(self);
	EXPECT_EQ(-EBUSY, self->result);
	ASSERT_EQ(0, alpc_completion_get_info(self->c, &info));
	EXPECT_EQ(0, info.out_bound);
	/* The others can still run. */
	EXPECT_EQ(0, alpc_server_stop(self->servers[0]));
	EXPECT_EQ(0, alpc_server_run(self->servers[0], 1));
}

TEST_HARNESS_MAIN
