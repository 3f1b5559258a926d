// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: messages that come without a system call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "step_fixture.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS	8

FIXTURE(list) {
	struct alpc_port *port;
	struct alpc_port *client;
	struct alpc_port *server;
	struct alpc_list_reader *reader;
	struct alpc_message *m;
};

FIXTURE_SETUP(list)
{
	const struct alpc_list_options options = {
		.size = sizeof(options), .slots = SLOTS,
	};

	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_port_create(port_name(), NULL, &self->port));
	ASSERT_EQ(0, connect_here(self->port, 42, &self->client, &self->server));
	ASSERT_EQ(0, alpc_list_create(self->port, &options, &self->reader));
}

FIXTURE_TEARDOWN(list)
{
	alpc_list_close(self->reader);
	alpc_port_close(self->client);
	alpc_port_close(self->server);
	alpc_port_close(self->port);
	alpc_message_free(self->m);
}

static bool says(const struct alpc_message *m, const void *data, size_t len)
{
	return alpc_message_len(m) == len &&
	       !memcmp(alpc_message_data(m), data, len);
}

/* Slots come back in whatever order, and are used again. */
TEST_F(list, taken_where_it_lies)
{
	struct alpc_list_item item[SLOTS];
	char n = 0, next = 0;

	EXPECT_EQ(-EAGAIN, alpc_list_take(self->reader, item));
	for (int round = 0; round < 20; round++) {
		int some = round % SLOTS + 1;

		for (int i = 0; i < some; i++, n++)
			ASSERT_EQ(0, alpc_send(self->client, &n, 1, 0));
		for (int i = 0; i < some; i++, next++) {
			ASSERT_EQ(0, alpc_list_take(self->reader, &item[i]));
			EXPECT_EQ(ALPC_DATAGRAM, item[i].head->type);
			EXPECT_EQ(42, item[i].head->context);
			EXPECT_EQ(getpid(), item[i].head->pid);
			ASSERT_EQ(1, item[i].len);
			EXPECT_EQ(next, *(const char *)item[i].data);
		}
		EXPECT_EQ(-EAGAIN, alpc_list_take(self->reader, item));
		for (int i = some; i--;)
			alpc_list_give(self->reader, &item[i]);
	}
}

TEST_F(list, requests_are_answered_as_usual)
{
	struct alpc_list_item item;
	uint64_t id;

	for (int i = 0; i < 2 * SLOTS; i++) {
		ASSERT_EQ(0, alpc_send_request(self->client, big, 200, 0, 9, 0,
					       &id));
		if (i % 2) {
			ASSERT_EQ(0, alpc_list_take(self->reader, &item));
			ASSERT_EQ(0, alpc_reply(self->port, item.head->id,
						other, sizeof(other)));
			alpc_list_give(self->reader, &item);
		} else {
			ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
			ASSERT_EQ(ALPC_REQUEST, alpc_message_type(self->m));
			EXPECT_EQ(ALPC_DONE_RECEIVED,
				  alpc_message_done(self->m));
			EXPECT_TRUE(says(self->m, big, 200));
			ASSERT_EQ(0, alpc_reply(self->port,
						alpc_message_id(self->m), other,
						sizeof(other)));
		}
		ASSERT_EQ(0, alpc_receive(self->client, self->m, 0));
		EXPECT_EQ(id, alpc_message_id(self->m));
		EXPECT_TRUE(says(self->m, other, sizeof(other)));
	}
}

TEST_F(list, who_sent_a_request)
{
	struct alpc_credentials *who;
	int fd;

	ASSERT_EQ(0, alpc_send_request(self->client, "?", 1, 0, 0, 0, NULL));
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	ASSERT_EQ(0, alpc_message_get_credentials(self->m, ALPC_IDENTITY_ALL,
						  &who));
	EXPECT_EQ(getpid(), who->pid);
	alpc_credentials_free(who);
	fd = alpc_message_open_process(self->m);
	EXPECT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m), NULL, 0));
	EXPECT_EQ(-ESRCH, alpc_message_get_credentials(self->m,
						       ALPC_IDENTITY_ALL, &who));
}

/* Short and long, more than there are slots: in the order in which they were sent. */
TEST_F(list, and_queue_in_order)
{
	size_t sent = 0, received = 0;

	for (int round = 0; round < 10; round++) {
		int ret = 0;

		for (int i = 0; !ret && i < 3 * SLOTS; i++, sent += !ret)
			ret = alpc_send(self->client, big,
					sent % 5 == 3 ? 300 + sent : sent % 5, 0);
		ASSERT_TRUE(!ret || ret == -EAGAIN);
		while (!(ret = alpc_list_receive(self->reader, self->m, 0))) {
			size_t n = received++;

			ASSERT_EQ(n % 5 == 3 ? 300 + n : n % 5,
				  alpc_message_len(self->m));
		}
		ASSERT_EQ(-EAGAIN, ret);
		ASSERT_EQ(sent, received);
	}
	EXPECT_LT(3 * SLOTS, received);
}

TEST_F(list, nothing_there)
{
	struct pollfd pfd = { .fd = alpc_port_fd(self->port), .events = POLLIN };

	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-EAGAIN, alpc_list_receive(self->reader, self->m, 0));
		EXPECT_EQ(0, alpc_message_type(self->m));
		EXPECT_EQ(-ETIMEDOUT, alpc_list_receive(self->reader, self->m,
							ALPC_MSEC(5)));
		EXPECT_EQ(0, poll(&pfd, 1, 0));
		ASSERT_EQ(0, alpc_send(self->client, "1", 1, 0));
		EXPECT_EQ(1, poll(&pfd, 1, 0));
		ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	}
}

/* Another thread of the pool could take the second one, and is told of it. */
TEST_F(list, bound_tells_of_each)
{
	struct alpc_completion *c;
	struct alpc_packet packet;

	ASSERT_EQ(0, alpc_completion_create(NULL, &c));
	ASSERT_EQ(0, alpc_completion_bind(c, self->port, 7));
	EXPECT_EQ(-EAGAIN, alpc_list_receive(self->reader, self->m, 0));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, alpc_send(self->client, "1", 1, 0));
		ASSERT_EQ(1, alpc_completion_wait(c, &packet, 1, 0));
		EXPECT_EQ(7, packet.key);
		ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
		/* This thread is still busy with it. */
	}
	/* Who receives alone is not told of what it finds anyway. */
	ASSERT_EQ(0, alpc_completion_unbind(self->port));
	ASSERT_EQ(0, alpc_send(self->client, "1", 1, 0));
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	ASSERT_EQ(0, alpc_completion_bind(c, self->port, 8));
	EXPECT_EQ(-EAGAIN, alpc_list_receive(self->reader, self->m, 0));
	alpc_completion_close(c);
}

/* The parent goes on with it, whatever its child does. */
TEST_F(list, child_leaves_it_alone)
{
	struct alpc_list_item item;
	int status;
	pid_t pid;

	ASSERT_EQ(0, alpc_send(self->client, "1", 1, 0));
	pid = fork();
	if (!pid) {
		if (alpc_list_take(self->reader, &item) != -EXDEV ||
		    alpc_list_receive(self->reader, self->m, 0) != -EXDEV)
			_exit(1);
		alpc_list_close(self->reader);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, alpc_list_take(self->reader, &item));
	alpc_list_give(self->reader, &item);
	ASSERT_EQ(0, alpc_send(self->client, "2", 1, 0));
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_TRUE(says(self->m, "2", 1));
}

TEST_F(list, end_of_a_connection)
{
	ASSERT_EQ(0, alpc_send(self->client, "last", 4, 0));
	ASSERT_EQ(0, alpc_port_disconnect(self->client));
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_TRUE(says(self->m, "last", 4));
	ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
	EXPECT_EQ(ALPC_PORT_CLOSED, alpc_message_type(self->m));
	EXPECT_EQ(-EAGAIN, alpc_list_receive(self->reader, self->m, 0));
}

TEST_F(list, of_a_client)
{
	struct alpc_list_reader *reader;
	uint64_t id[3];

	ASSERT_EQ(0, alpc_list_create(self->client, NULL, &reader));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, alpc_send_request(self->client, "?", 1, 0,
					       (uint64_t)i, 0, &id[i]));
		ASSERT_EQ(0, alpc_list_receive(self->reader, self->m, 0));
		ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m),
					big, 100));
	}
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, alpc_list_receive(reader, self->m, 0));
		EXPECT_EQ(ALPC_REPLY, alpc_message_type(self->m));
		EXPECT_EQ(id[i], alpc_message_id(self->m));
		EXPECT_EQ(i, alpc_message_cookie(self->m));
		EXPECT_TRUE(says(self->m, big, 100));
	}
	alpc_list_close(reader);
}

TEST_F(list, bad_arguments)
{
	struct alpc_list_options options = {
		.size = sizeof(options), .slots = 3,
	};
	struct alpc_list_reader *reader;

	EXPECT_EQ(-EBUSY, alpc_list_create(self->port, NULL, &reader));
	EXPECT_EQ(-EINVAL, alpc_list_create(self->client, &options, &reader));
	options = (struct alpc_list_options){
		.size = sizeof(options), .slot_len = 257,
	};
	EXPECT_EQ(-EMSGSIZE, alpc_list_create(self->client, &options, &reader));
	EXPECT_EQ(-EOPNOTSUPP, alpc_list_create(self->server, NULL, &reader));
	/* It can be had again. */
	alpc_list_close(self->reader);
	ASSERT_EQ(0, alpc_list_create(self->port, NULL, &self->reader));
	alpc_list_close(NULL);
}

/* -- Threads -------------------------------------------------------------------- */

#define SENDERS		3
#define READERS		2
#define MESSAGES	400	/* of each sender */

static struct {
	struct alpc_list_reader *reader;
	atomic_uint received, wrong;
	atomic_ullong sum;
} shared;

static void *send_many(void *port)
{
	unsigned int data[75] = { 0 };

	/* Some are too long for the list. */
	for (data[0] = 1; data[0] <= MESSAGES; data[0]++)
		if (alpc_send(port, data, data[0] % 7 ? sizeof(data[0]) :
			      sizeof(data), FOR_EVER))
			shared.wrong++;
	return NULL;
}

/* Half of them sleep when there is nothing, and half look where it lies first. */
static void *read_many(void *arg)
{
	struct alpc_list_item item;
	struct alpc_message *m;
	unsigned int i;

	if (alpc_message_new(0, &m))
		return NULL;
	while (shared.received < SENDERS * MESSAGES) {
		if (arg && !alpc_list_take(shared.reader, &item)) {
			memcpy(&i, item.data, sizeof(i));
			alpc_list_give(shared.reader, &item);
		} else if (!alpc_list_receive(shared.reader, m, ALPC_MSEC(20))) {
			memcpy(&i, alpc_message_data(m), sizeof(i));
		} else {
			continue;
		}
		shared.sum += i;
		shared.received++;
	}
	alpc_message_free(m);
	return NULL;
}

/* The threads of a server receive, and would be told that it is the list's turn. */
TEST_F(list, not_of_a_server)
{
	const struct alpc_server_ops ops = { .size = sizeof(ops) };
	struct alpc_server *server;

	EXPECT_EQ(-EBUSY, alpc_server_new(self->port, &ops, NULL, &server));
	alpc_list_close(self->reader);
	self->reader = NULL;
	ASSERT_EQ(0, alpc_server_new(self->port, &ops, NULL, &server));
	self->port = NULL;
	alpc_server_free(server);
}

TEST_F(list, many_senders_and_readers)
{
	pthread_t senders[SENDERS], readers[READERS];
	struct alpc_port *clients[SENDERS], *servers[SENDERS];

	/* They connect while nobody reads the list. */
	alpc_list_close(self->reader);
	for (uint64_t i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, connect_here(self->port, i, &clients[i],
					  &servers[i]));
	ASSERT_EQ(0, alpc_list_create(self->port, NULL, &self->reader));
	shared.reader = self->reader;
	for (uintptr_t i = 0; i < READERS; i++)
		pthread_create(&readers[i], NULL, read_many, (void *)i);
	for (int i = 0; i < SENDERS; i++)
		pthread_create(&senders[i], NULL, send_many, clients[i]);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(senders[i], NULL);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	EXPECT_EQ(0, atomic_load(&shared.wrong));
	EXPECT_EQ(SENDERS * MESSAGES, atomic_load(&shared.received));
	EXPECT_EQ(SENDERS * MESSAGES * (MESSAGES + 1ULL) / 2, atomic_load(&shared.sum));
	for (int i = 0; i < SENDERS; i++) {
		alpc_port_close(clients[i]);
		alpc_port_close(servers[i]);
	}
}

TEST_HARNESS_MAIN
