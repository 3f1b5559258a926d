// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: quick calls with a side that writes what it likes
 * into the page, or that is killed at any moment.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "harness.h"
#include "quick_world.h"
#include "../../quick.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEN	64

/* -- Somebody who scribbles ------------------------------------------------- */

struct scribbler {
	pthread_t thread;
	int fd;
	uint32_t section;
	struct alpc_lib_quick_page *page;
	unsigned int seed;
	bool server;		/* it plays one */
	atomic_bool stop;
};

static uint32_t dice(struct scribbler *s)
{
	s->seed = s->seed * 1103515245U + 12345U;
	return s->seed >> 8;
}

static void scribble_once(struct scribbler *s)
{
	struct alpc_quick arg = {
		.size = sizeof(arg), .section = s->section,
		.offset = offsetof(struct alpc_lib_quick_page, answer),
	};
	uint64_t ask = atomic_load(&s->page->ask);
	uint32_t *words = (uint32_t *)(void *)s->page;

	switch (dice(s) % 8) {
	case 0:		/* anything, anywhere */
		words[dice(s) % (sizeof(*s->page) / 4)] = dice(s) * dice(s);
		break;
	case 1:		/* any state with any length and number */
		atomic_store(&s->page->ask, quick_ask(dice(s) % 5, dice(s), dice(s)));
		break;
	case 2:		/* what a client waits for */
		atomic_store(&s->page->ask, quick_ask(QUICK_LOOKING, 77, 0));
		break;
	case 3:		/* what a server waits for, and of any length */
		if (!s->server)
			atomic_store(&s->page->ask,
				     quick_ask(QUICK_POSTED, dice(s) % 3000, dice(s)));
		break;
	case 4:		/* the answer that is waited for, about any reply */
		atomic_store(&s->page->head, QUICK_HEAD(dice(s) % 6, dice(s) % 3000));
		atomic_store(&s->page->answer, QUICK_SEQ(ask));
		break;
	case 5:
		atomic_store(&s->page->answer, dice(s));
		break;
	case 6:
		ioctl(s->fd, ALPC_IOC_QUICK_WAKE, &arg);
		break;
	case 7:		/* as if it were taken */
		atomic_store(&s->page->ask, quick_ask(QUICK_TAKEN, 0, QUICK_SEQ(ask)));
		break;
	}
	/* It can be believed for a while. */
	if (dice(s) % 4 == 0)
		usleep(dice(s) % 200);
}

static void *scribble(void *arg)
{
	struct scribbler *s = arg;

	while (!s->stop)
		scribble_once(s);
	return NULL;
}

/* A section of the other end's, or one's own if @section is 0. */
static int map_page(struct scribbler *s, uint32_t section)
{
	struct alpc_open_section open = { .size = sizeof(open), .section = section };
	struct alpc_create_section create = {
		.size = sizeof(create), .len = QUICK_PAGE_LEN,
		.flags = ALPC_SECTION_PEER_WRITE,
	};
	int ret, fd;

	ret = section ? ioctl(s->fd, ALPC_IOC_OPEN_SECTION, &open) :
			ioctl(s->fd, ALPC_IOC_CREATE_SECTION, &create);
	if (ret)
		return -errno;
	fd = section ? open.out_fd : create.out_fd;
	s->section = section ? section : create.out_section;
	s->page = mmap(NULL, QUICK_PAGE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return s->page == MAP_FAILED ? -errno : 0;
}

/* -- A hostile server -------------------------------------------------------- */

/* Says yes to every page, and scribbles over it; echoes what comes as usual. */
static int play_server(int ready)
{
	struct scribbler s = { .seed = 1, .server = true };
	struct alpc_lib_quick_hello h;
	struct alpc_port *port, *client = NULL;
	struct alpc_message *m;

	if (alpc_port_create(world_name(), NULL, &port) || alpc_message_new(0, &m) ||
	    write(ready, "x", 1) != 1)
		return 1;
	while (!alpc_receive(port, m, ALPC_INFINITE)) {
		uint64_t id = alpc_message_id(m);

		switch (alpc_message_type(m)) {
		case ALPC_CONNECTION_REQUEST:
			if (alpc_port_accept(port, id, 1, NULL, 0, &client))
				return 2;
			s.fd = alpc_port_fd(client);
			break;
		case ALPC_REQUEST:
			if (alpc_message_len(m) == sizeof(h)) {
				memcpy(&h, alpc_message_data(m), sizeof(h));
				if (h.what == QUICK_HELLO_OPEN && !s.page &&
				    !map_page(&s, h.section) &&
				    pthread_create(&s.thread, NULL, scribble, &s))
					return 3;
			}
			alpc_reply(port, id, alpc_message_data(m), alpc_message_len(m));
			break;
		case ALPC_PORT_CLOSED:
			return 0;
		}
	}
	return 4;
}

static pid_t server_start(int (*play)(int ready))
{
	int ready[2];
	char c = 0;
	pid_t pid;

	world_name();
	if (world_pin(0) || pipe(ready))
		return -1;
	pid = fork();
	if (!pid)
		_exit(world_pin(1) ? 9 : play(ready[1]));
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

/* Whatever the answers are, each call ends, some with what could be a reply. */
TEST(hostile_server)
{
	unsigned int quick = 0, wrong = 0;
	struct alpc_quick_calls *calls;
	char data[LEN] = "request";
	struct alpc_port *port;
	struct alpc_message *m;
	int status, ret;
	pid_t pid;

	pid = server_start(play_server);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &port));
	ASSERT_EQ(0, alpc_quick_open(port, &world_options, FOR_EVER, &calls));
	for (int i = 0; i < (int)rounds(1000) || !quick || !wrong; i++) {
		ret = alpc_quick_call(calls, data, sizeof(data), m, ALPC_MSEC(20));
		if (ret) {
			ASSERT_TRUE(ret == -EPROTO || ret == -ETIMEDOUT ||
				    ret == -ECANCELED)
				TH_LOG("%d", ret);
			ASSERT_EQ(0, alpc_message_len(m));
			ASSERT_EQ(0, alpc_message_type(m));
			wrong++;
		} else if (alpc_message_way(m) == ALPC_WAY_QUICK) {
			ASSERT_GE(ALPC_QUICK_MAX, alpc_message_len(m));
			quick++;
		}
	}
	alpc_message_free(m);
	alpc_quick_close(calls);
	alpc_port_close(port);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* One that takes requests up and wakes without end: that is no answer. */
static int play_waker(int ready)
{
	struct scribbler s = { .server = true };
	struct alpc_quick arg = {
		.size = sizeof(arg),
		.offset = offsetof(struct alpc_lib_quick_page, answer),
	};
	struct alpc_lib_quick_hello h;
	struct alpc_port *port, *client;
	struct alpc_message *m;

	if (alpc_port_create(world_name(), NULL, &port) || alpc_message_new(0, &m) ||
	    write(ready, "x", 1) != 1 || alpc_receive(port, m, ALPC_INFINITE) ||
	    alpc_port_accept(port, alpc_message_id(m), 1, NULL, 0, &client) ||
	    alpc_receive(port, m, ALPC_INFINITE) || alpc_message_len(m) != sizeof(h))
		return 1;
	memcpy(&h, alpc_message_data(m), sizeof(h));
	s.fd = alpc_port_fd(client);
	if (map_page(&s, h.section))
		return 2;
	alpc_reply(port, alpc_message_id(m), &h, sizeof(h));
	arg.section = h.section;
	for (;;) {
		uint64_t ask = atomic_load(&s.page->ask);

		if (QUICK_STATE(ask) == QUICK_POSTED)
			atomic_compare_exchange_strong(&s.page->ask, &ask,
						       quick_ask(QUICK_TAKEN, 0, 0));
		else if (QUICK_STATE(ask) == QUICK_ABSENT)
			atomic_compare_exchange_strong(&s.page->ask, &ask,
						       quick_ask(QUICK_LOOKING, 99, 0));
		if (ioctl(s.fd, ALPC_IOC_QUICK_WAKE, &arg))
			return errno == EPIPE || errno == ENOENT ? 0 : 3;
		if (!alpc_receive(port, m, 0))
			alpc_reply(port, alpc_message_id(m), NULL, 0);
	}
}

TEST(server_that_wakes_in_vain)
{
	struct alpc_quick_calls *calls;
	struct alpc_port *port;
	struct alpc_message *m;
	int status, ret;
	pid_t pid;

	pid = server_start(play_waker);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, alpc_message_new(0, &m));
	ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &port));
	ASSERT_EQ(0, alpc_quick_open(port, &world_options, FOR_EVER, &calls));
	do {
		ret = alpc_quick_call(calls, "x", 1, m, ALPC_INFINITE);
	} while (!ret);
	EXPECT_EQ(-EPROTO, ret);
	EXPECT_EQ(ALPC_DONE_SENT, alpc_message_done(m));
	alpc_quick_close(calls);
	alpc_port_close(port);
	alpc_message_free(m);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A server that knows nothing of all this. */
static int play_plain(int ready)
{
	struct alpc_port *port, *client;
	struct alpc_message *m;

	if (alpc_port_create(world_name(), NULL, &port) || alpc_message_new(0, &m) ||
	    write(ready, "x", 1) != 1)
		return 1;
	while (!alpc_receive(port, m, ALPC_INFINITE)) {
		if (alpc_message_type(m) == ALPC_CONNECTION_REQUEST)
			alpc_port_accept(port, alpc_message_id(m), 1, NULL, 0, &client);
		else if (alpc_message_type(m) == ALPC_REQUEST)
			alpc_reply(port, alpc_message_id(m), "what?", 5);
		else
			return 0;
	}
	return 1;
}

TEST(server_without_a_loop)
{
	struct alpc_quick_calls *calls;
	struct alpc_port *port;
	int status;
	pid_t pid;

	pid = server_start(play_plain);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &port));
	EXPECT_EQ(-EOPNOTSUPP, alpc_quick_open(port, NULL, FOR_EVER, &calls));
	alpc_port_close(port);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* -- Hostile clients ---------------------------------------------------------- */

FIXTURE(good) {
	pid_t server;
	struct alpc_port *port;
	struct alpc_quick_calls *quick;
	struct alpc_message *m;
};

FIXTURE_VARIANT(good) {
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(good, one_thread) { .threads = 1 };
FIXTURE_VARIANT_ADD(good, threads) { .threads = 3 };

FIXTURE_SETUP(good)
{
	self->server = world_start(ALPC_SERVER_QUICK, variant->threads);
	ASSERT_LT(0, self->server);
	ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &self->port));
	ASSERT_EQ(0, alpc_quick_open(self->port, &world_options, FOR_EVER, &self->quick));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
}

FIXTURE_TEARDOWN(good)
{
	alpc_message_free(self->m);
	alpc_quick_close(self->quick);
	alpc_port_close(self->port);
}

static int say(struct alpc_port *port, uint32_t what, uint32_t section,
	       struct alpc_message *m)
{
	struct alpc_lib_quick_hello h = {
		.magic = QUICK_MAGIC, .version = QUICK_VERSION, .what = what,
		.section = section,
	};

	return alpc_call(port, &h, sizeof(h), m, FOR_EVER);
}

/* Scribbles over a page of its own, and calls until it is thrown out. */
static void abuse(unsigned int seed)
{
	struct scribbler s = { .seed = seed };
	struct alpc_port *port;
	struct alpc_message *m;
	struct order o = { .what = ECHO };

	if (alpc_message_new(0, &m) ||
	    alpc_port_connect(world_name(), NULL, FOR_EVER, &port))
		_exit(1);
	s.fd = alpc_port_fd(port);
	if (map_page(&s, 0) || say(port, QUICK_HELLO_OPEN, s.section, m))
		_exit(2);
	if (pthread_create(&s.thread, NULL, scribble, &s))
		_exit(3);
	for (int i = 0; i < (int)rounds(300); i++)
		if (alpc_call(port, &o, sizeof(o), m, FOR_EVER))
			break;
	_exit(0);
}

TEST_F(good, hostile_clients)
{
	enum { CLIENTS = 8, AT_A_TIME = 2 };
	int status, ended = 0;

	for (int i = 0; i < CLIENTS; i++) {
		if (!fork())
			abuse(i + 1);
		while (i - ended >= AT_A_TIME - 1) {
			ASSERT_EQ(0, quick_order(self->quick, ECHO, LEN, 0, self->m,
						 FOR_EVER));
			if (waitpid(-1, &status, WNOHANG) > 0) {
				EXPECT_EQ(0, status);
				ended++;
			}
		}
	}
	while (ended++ < CLIENTS)
		ASSERT_LT(0, waitpid(-1, &status, 0));
	ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
	while (world->closed != CLIENTS)
		usleep(1000);
	/* Nonsense may well have been handled, and found to be that. */
	kill(self->server, SIGTERM);
	ASSERT_EQ(self->server, waitpid(self->server, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
}

TEST_F(good, hellos_that_make_no_sense)
{
	struct alpc_port *port;
	struct alpc_lib_quick_hello h;
	struct scribbler s = {};

	for (uint32_t what = 0; what < 6; what++) {
		ASSERT_EQ(0, alpc_port_connect(world_name(), NULL, FOR_EVER, &port));
		s.fd = alpc_port_fd(port);
		if (what == QUICK_HELLO_OPEN) {
			/* No such section. */
			ASSERT_EQ(0, say(port, what, 55, self->m));
			memcpy(&h, alpc_message_data(self->m), sizeof(h));
			EXPECT_EQ(-ENOENT, h.value);
			ASSERT_EQ(0, map_page(&s, 0));
			ASSERT_EQ(0, say(port, what, s.section, self->m));
			memcpy(&h, alpc_message_data(self->m), sizeof(h));
			EXPECT_EQ(0, h.value);
			EXPECT_EQ(0, plain_order(port, ECHO, LEN, 0, self->m));
		} else if (what == QUICK_HELLO_FETCH) {
			/* There is no such reply: the request is cancelled. */
			EXPECT_EQ(-ECANCELED, say(port, what, 55, self->m));
			EXPECT_EQ(0, plain_order(port, ECHO, LEN, 0, self->m));
		} else {
			EXPECT_EQ(-EPIPE, say(port, what, 55, self->m));
		}
		alpc_port_close(port);
	}
	ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
	EXPECT_EQ(0, world_stop(self->server));
}

/* -- Killed ------------------------------------------------------------------- */

static void call_without_end(void)
{
	struct alpc_quick_calls *quick;
	struct alpc_port *port;
	struct alpc_message *m;

	if (alpc_message_new(0, &m) ||
	    alpc_port_connect(world_name(), NULL, FOR_EVER, &port) ||
	    alpc_quick_open(port, &world_options, FOR_EVER, &quick))
		_exit(1);
	while (!quick_order(quick, ECHO, LEN, 0, m, FOR_EVER))
		;
	_exit(2);
}

TEST_F(good, clients_that_are_killed)
{
	enum { CLIENTS = 8 };
	int status;

	for (unsigned int i = 0; i < CLIENTS; i++) {
		unsigned int quick = world->quick;
		pid_t pid = fork();

		if (!pid)
			call_without_end();
		while (world->quick < quick + 3 + i % 5)
			;
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
	}
	while (world->closed != CLIENTS)
		usleep(1000);
	ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
	EXPECT_EQ(0, world_stop(self->server));
	EXPECT_EQ(0, atomic_load(&world->mistakes));
}

static void *kill_soon(void *pid)
{
	unsigned int quick = world->quick;

	while (world->quick < quick + 5)
		usleep(50);
	kill(*(pid_t *)pid, SIGKILL);
	return NULL;
}

TEST_F(good, a_server_that_is_killed)
{
	pthread_t thread;
	int status, ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, kill_soon, &self->server));
	do {
		ret = quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER);
	} while (!ret);
	EXPECT_EQ(-EPIPE, ret);
	pthread_join(thread, NULL);
	EXPECT_EQ(-EPIPE, quick_order(self->quick, ECHO, LEN, 0, self->m, FOR_EVER));
	ASSERT_EQ(self->server, waitpid(self->server, &status, 0));
}

static void *kill_when_it_hangs(void *pid)
{
	while (!world->hanging)
		usleep(100);
	/* The caller sleeps. */
	usleep(50000);
	kill(*(pid_t *)pid, SIGKILL);
	return NULL;
}

TEST_F(good, a_server_that_is_killed_in_a_handler)
{
	pthread_t thread;
	int status;

	ASSERT_EQ(0, pthread_create(&thread, NULL, kill_when_it_hangs, &self->server));
	ASSERT_EQ(0, until_quick(self->quick, ECHO, LEN, 0, self->m));
	EXPECT_EQ(-EPIPE, quick_order(self->quick, HANG, LEN, 10, self->m, FOR_EVER));
	EXPECT_EQ(0, alpc_message_len(self->m));
	pthread_join(thread, NULL);
	ASSERT_EQ(self->server, waitpid(self->server, &status, 0));
}

TEST_HARNESS_MAIN
