// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: the server loop, with a port that delivers what a kernel could
 * deliver, in the order that hurts most: what a client sent arrives while it is
 * being accepted, and a receiver is held up between taking a message and
 * returning with it, while another one learns that the client is gone.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kselftest_harness.h>

/* -- A port -------------------------------------------------------------------- */

struct message {
	struct message *next;
	struct alpc_msg msg;
	int conn;		/* whose, or -1 */
};

#define CONNS	64

static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct message *first, **last;
	bool shut;
	int fail;		/* what the next receive fails with */
	int reply_error;	/* what the next reply fails with */
	int accept_error;
	uint64_t next_id;
	uint64_t replied;	/* id of the last reply */
	unsigned int replies, accepted, transfers;
	atomic_uint refused, disconnects;
	struct {
		uint64_t context;
		uint64_t received;
	} conn[CONNS];
	/* What a connection sends as soon as it is accepted. */
	unsigned int kind;	/* of port, 0 for a connection port */
	unsigned int requests, datagrams;
	bool stays;		/* and does not go then */
} port;

static void port_reset(void)
{
	memset(&port, 0, sizeof(port));
	pthread_mutex_init(&port.lock, NULL);
	pthread_cond_init(&port.filled, NULL);
	port.last = &port.first;
	port.next_id = 1000;
}

/* Lock held. */
static void post(int conn, unsigned int type, uint64_t id)
{
	struct message *m = calloc(1, sizeof(*m));

	m->conn = conn;
	m->msg.type = (__u16)type;
	m->msg.id = id;
	*port.last = m;
	port.last = &m->next;
	pthread_cond_signal(&port.filled);
}

static void post_client(int conn)
{
	pthread_mutex_lock(&port.lock);
	post(conn, ALPC_CONNECTION_REQUEST, (uint64_t)conn + 1);
	pthread_mutex_unlock(&port.lock);
}

/* Lock held. Take the first message; the context is looked up now. */
static struct alpc_msg take(void)
{
	struct message *m = port.first;
	struct alpc_msg msg = m->msg;

	port.first = m->next;
	if (!port.first)
		port.last = &port.first;
	if (msg.type != ALPC_CONNECTION_REQUEST) {
		msg.context = port.conn[m->conn].context;
		if (msg.type == ALPC_PORT_CLOSED)
			msg.seq = port.conn[m->conn].received;
		else
			port.conn[m->conn].received++;
	}
	free(m);
	return msg;
}

static int port_reply(struct alpc_transfer *t)
{
	int ret = port.reply_error;

	port.reply_error = 0;
	if (ret)
		return ret;
	port.replied = t->send.id;
	port.replies++;
	t->out_done |= ALPC_DONE_SENT;
	return 0;
}

static int port_transfer(struct alpc_transfer *t)
{
	struct alpc_msg got;
	int ret = 0;

	pthread_mutex_lock(&port.lock);
	port.transfers++;
	t->out_done = 0;
	if (t->flags & ALPC_TRANSFER_SEND)
		ret = port_reply(t);
	if (!ret && t->flags & ALPC_TRANSFER_RECEIVE) {
		while (!port.shut && !port.fail && !port.first)
			pthread_cond_wait(&port.filled, &port.lock);
		if (port.shut)
			ret = -ESHUTDOWN;
		else if (port.fail)
			ret = port.fail;
		else
			got = take();
		port.fail = 0;
	}
	pthread_mutex_unlock(&port.lock);
	if (ret || !(t->flags & ALPC_TRANSFER_RECEIVE))
		return ret;
	/* Taken, and not yet back: the others get ahead. */
	for (uint64_t i = 0; i < got.id % 7; i++)
		sched_yield();
	got.data = t->recv.data;
	t->recv = got;
	t->out_done |= ALPC_DONE_RECEIVED;
	return 0;
}

static void (*on_accept)(int conn);

static void notices_after_accept(int conn)
{
	post(conn, ALPC_CANCELED, 5);
	post(conn, ALPC_CANCELED, 6);
	post(conn, ALPC_PORT_CLOSED, port.next_id++);
}

static int port_accept(struct alpc_accept *a)
{
	int conn = (int)a->id - 1;
	int ret = port.accept_error;

	if (a->flags & ALPC_ACCEPT_REFUSE) {
		port.refused++;
		return 0;
	}
	if (ret)
		return ret;
	pthread_mutex_lock(&port.lock);
	port.accepted++;
	port.conn[conn].context = a->context;
	for (unsigned int i = 0; i < port.requests; i++)
		post(conn, ALPC_REQUEST, port.next_id++);
	for (unsigned int i = 0; i < port.datagrams; i++)
		post(conn, ALPC_DATAGRAM, port.next_id++);
	if (on_accept)
		on_accept(conn);
	if (!port.stays)
		post(conn, ALPC_PORT_CLOSED, port.next_id++);
	pthread_mutex_unlock(&port.lock);
	for (int i = 0; i < 5; i++)
		sched_yield();
	a->out_fd = memfd_create("client", 0);
	return 0;
}

static bool stop_on_disconnect;

static void port_shut(void)
{
	pthread_mutex_lock(&port.lock);
	port.shut = true;
	pthread_cond_broadcast(&port.filled);
	pthread_mutex_unlock(&port.lock);
}

static int port_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_port_info *info = arg;

	(void)step;
	(void)fd;
	switch (request) {
	case ALPC_IOC_PORT_INFO:
		info->out_kind = port.kind ?: ALPC_KIND_CONNECTION;
		info->out_max_message = 100;
		return 0;
	case ALPC_IOC_TRANSFER:
		return port_transfer(arg);
	case ALPC_IOC_ACCEPT:
		return port_accept(arg);
	case ALPC_IOC_DISCONNECT:
		port.disconnects++;
		if (stop_on_disconnect)
			port_shut();
		return 0;
	case ALPC_IOC_SHUTDOWN:
		port_shut();
		return 0;
	default:
		return -ENOTTY;
	}
}

/* -- A server -------------------------------------------------------------------- */

/* What the program keeps about a client; freed when it is told to. */
struct visitor {
	atomic_int inside;
	atomic_uint handled;
};

static atomic_uint mistakes, closed, connected, canceled, unanswered;
static unsigned int stop_after, stop_after_asked;
static atomic_uint asked;
static int connect_result, request_result;
static atomic_int unanswered_error;
static struct alpc_server *server;

static int on_connect(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *answer)
{
	(void)request;
	if (++asked == stop_after_asked)
		alpc_server_stop(server);
	if (!connect_result)
		alpc_client_set_context(client, calloc(1, sizeof(struct visitor)));
	/* An answer to that goes inline, or not at all. */
	if (alpc_message_set(answer, "", 101) != -EMSGSIZE)
		mistakes++;
	return alpc_message_set(answer, "hi", 2) ?: connect_result;
}

static void on_connected(struct alpc_client *client)
{
	struct visitor *v = alpc_client_context(client);

	if (v->handled || alpc_port_fd(alpc_client_port(client)) < 0 ||
	    alpc_client_server(client) != server)
		mistakes++;
	connected++;
}

static void handled(struct alpc_client *client)
{
	struct visitor *v = alpc_client_context(client);

	v->inside++;
	if (alpc_port_fd(alpc_client_port(client)) < 0 ||
	    alpc_client_arg(client) != &stop_after)
		mistakes++;
	sched_yield();
	v->handled++;
	v->inside--;
}

static int on_request(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *reply)
{
	handled(client);
	if (alpc_message_set(reply, "", SIZE_MAX) != -EMSGSIZE)
		mistakes++;
	return request_result ?: alpc_message_set(reply, request, 3);
}

static void on_datagram(struct alpc_client *client,
			const struct alpc_message *datagram)
{
	(void)datagram;
	handled(client);
}

static void on_canceled(struct alpc_client *client, uint64_t id)
{
	handled(client);
	canceled += (unsigned int)id;
}

static void on_closed(struct alpc_client *client)
{
	struct visitor *v = alpc_client_context(client);

	if (v->inside ||
	    (!port.stays && v->handled != port.requests + port.datagrams &&
	     !port.accept_error))
		mistakes++;
	free(v);
	if (++closed == stop_after)
		alpc_server_stop(alpc_client_server(client));
}

static void on_unanswered(void *arg, uint64_t id, int error)
{
	if (arg != &stop_after || !id)
		mistakes++;
	unanswered++;
	unanswered_error = error;
}

static const struct alpc_server_ops ops = {
	.size = sizeof(ops),
	.connect = on_connect,
	.connected = on_connected,
	.request = on_request,
	.datagram = on_datagram,
	.canceled = on_canceled,
	.closed = on_closed,
	.unanswered = on_unanswered,
};

static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

FIXTURE(server) {
	int files;
};

FIXTURE_SETUP(server)
{
	struct alpc_port *p;

	self->files = open_files();
	port_reset();
	kernel_set(port_kernel);
	mistakes = 0;
	closed = 0;
	connected = 0;
	canceled = 0;
	unanswered = 0;
	asked = 0;
	stop_after = 0;
	stop_after_asked = 0;
	on_accept = NULL;
	stop_on_disconnect = false;
	connect_result = 0;
	request_result = 0;
	unanswered_error = 0;
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &p));
	ASSERT_EQ(0, alpc_server_new(p, &ops, &stop_after, &server));
}

FIXTURE_TEARDOWN(server)
{
	struct message *m;

	alpc_server_free(server);
	EXPECT_EQ(self->files, open_files());
	EXPECT_EQ(0, atomic_load(&mistakes));
	while ((m = port.first)) {
		port.first = m->next;
		free(m);
	}
}

FIXTURE_VARIANT(server) {
	unsigned int threads;
};

FIXTURE_VARIANT_ADD(server, one_thread) { .threads = 1 };
FIXTURE_VARIANT_ADD(server, two_threads) { .threads = 2 };
FIXTURE_VARIANT_ADD(server, many_threads) { .threads = 16 };

/* Each client is closed once, and after everything that it sent was handled. */
TEST_F(server, clients_come_and_go)
{
	port.requests = 5;
	port.datagrams = 20;
	stop_after = CONNS;
	for (int i = 0; i < CONNS; i++)
		post_client(i);
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(CONNS, atomic_load(&closed));
	EXPECT_EQ(CONNS, atomic_load(&connected));
	EXPECT_EQ(CONNS * 5, port.replies);
	EXPECT_EQ(0, atomic_load(&unanswered));
}

static int on_request_stop(struct alpc_client *client,
			   const struct alpc_message *request,
			   struct alpc_message *reply)
{
	(void)request;
	alpc_server_stop(alpc_client_server(client));
	return alpc_message_set(reply, "last", 4);
}

/* The handler that stops the server still gets its reply through. */
TEST_F(server, stopped_by_a_handler)
{
	struct alpc_server_ops stop_ops = ops;
	struct alpc_server *s;
	struct alpc_port *p;

	stop_ops.request = on_request_stop;
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &p));
	ASSERT_EQ(0, alpc_server_new(p, &stop_ops, &stop_after, &s));
	stop_ops.request = NULL;	/* they are copied */
	alpc_server_free(server);
	server = s;
	port.stays = true;
	port.requests = 1;
	post_client(0);
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(1, port.replies);
	EXPECT_EQ(0, atomic_load(&closed));
	alpc_server_free(server);
	EXPECT_EQ(1, atomic_load(&closed));
	server = NULL;
}

static void *stopper(void *unused)
{
	(void)unused;
	while (!connected)
		sched_yield();
	alpc_server_stop(server);
	return NULL;
}

TEST_F(server, stopped_by_another_thread)
{
	pthread_t thread;

	port.stays = true;
	post_client(0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, stopper, NULL));
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	pthread_join(thread, NULL);
	EXPECT_EQ(-EBUSY, alpc_server_run(server, variant->threads));
}

TEST_F(server, stopped_before_it_runs)
{
	post_client(0);
	EXPECT_EQ(0, alpc_server_stop(server));
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(0, atomic_load(&connected));
}

TEST_F(server, error_ends_all_threads)
{
	port.fail = -EBADF;
	EXPECT_EQ(-EBADF, alpc_server_run(server, variant->threads));
}

TEST_F(server, refuses)
{
	connect_result = -EACCES;
	stop_after_asked = 4;
	for (int i = 0; i < 4; i++)
		post_client(i);
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(4, atomic_load(&port.refused));
	EXPECT_EQ(0, port.accepted);
	EXPECT_EQ(0, atomic_load(&closed));
}

/* Whom connect() let in is closed, also if the kernel did not. */
TEST_F(server, client_gave_up_connecting)
{
	port.accept_error = -ECANCELED;
	stop_after = 4;
	for (int i = 0; i < 4; i++)
		post_client(i);
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(4, atomic_load(&closed));
	EXPECT_EQ(0, atomic_load(&connected));
	EXPECT_EQ(0, atomic_load(&port.refused));
	EXPECT_EQ(4, atomic_load(&unanswered));
	EXPECT_EQ(-ECANCELED, atomic_load(&unanswered_error));
}

/* The request is still there, and the client is not left to wait. */
TEST_F(server, out_of_descriptors)
{
	port.accept_error = -EMFILE;
	stop_after = 4;
	for (int i = 0; i < 4; i++)
		post_client(i);
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(4, atomic_load(&closed));
	EXPECT_EQ(4, atomic_load(&port.refused));
	EXPECT_EQ(-EMFILE, atomic_load(&unanswered_error));
}

TEST_F(server, handler_has_nothing_to_reply)
{
	request_result = -EPROTO;
	port.requests = 3;
	stop_after = 1;
	post_client(0);
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(3, atomic_load(&port.disconnects));
	EXPECT_EQ(0, port.replies);
}

TEST_F(server, handler_replies_later)
{
	request_result = ALPC_REPLY_LATER;
	port.requests = 3;
	stop_after = 1;
	post_client(0);
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(0, atomic_load(&port.disconnects));
	EXPECT_EQ(0, port.replies);
	EXPECT_EQ(0, alpc_server_reply(server, 1001, "x", 1));
	EXPECT_EQ(1, port.replies);
	EXPECT_EQ(1001, port.replied);
}

TEST_F(server, reply_to_nobody)
{
	port.reply_error = -ECANCELED;
	port.requests = 3;
	stop_after = 1;
	post_client(0);
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(1, atomic_load(&unanswered));
	EXPECT_EQ(-ECANCELED, atomic_load(&unanswered_error));
	/* The others may have been answered after the last client was closed. */
	EXPECT_EQ(2, port.replies);
}

/* Who waits for a reply that cannot be sent is not left waiting. */
TEST_F(server, reply_without_memory)
{
	port.reply_error = -ENOMEM;
	port.requests = 3;
	port.stays = true;
	post_client(0);
	stop_on_disconnect = true;
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(1, atomic_load(&unanswered));
	EXPECT_EQ(-ENOMEM, atomic_load(&unanswered_error));
	EXPECT_EQ(1, atomic_load(&port.disconnects));
}

/* A request takes one system call; so does anything else. */
TEST_F(server, one_call_for_a_request)
{
	port.requests = 50;
	stop_after = 1;
	post_client(0);
	EXPECT_EQ(0, alpc_server_run(server, 1));
	EXPECT_EQ(50, port.replies);
	/* Connection request, requests, closed, and the one that is stopped. */
	EXPECT_EQ(1 + 50 + 1 + 1, port.transfers);
}

/* Notices without a client, as of a connect that was given up, are nobody's. */
TEST_F(server, notices)
{
	stop_after = 1;
	port.stays = true;
	pthread_mutex_lock(&port.lock);
	post(1, ALPC_CANCELED, 1);
	post(0, ALPC_CONNECTION_REQUEST, 1);
	pthread_mutex_unlock(&port.lock);
	on_accept = notices_after_accept;
	EXPECT_EQ(0, alpc_server_run(server, variant->threads));
	EXPECT_EQ(5 + 6, atomic_load(&canceled));
	EXPECT_EQ(1, atomic_load(&closed));
}

TEST(server_of_something_else)
{
	struct alpc_server_ops wrong = ops;
	struct alpc_server *s = NULL;
	struct alpc_port *p;

	port_reset();
	kernel_set(port_kernel);
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &p));
	wrong.size = 0;
	EXPECT_EQ(-EINVAL, alpc_server_new(p, &wrong, NULL, &s));
	port.kind = ALPC_KIND_CLIENT;
	EXPECT_EQ(-EOPNOTSUPP, alpc_server_new(p, &ops, NULL, &s));
	EXPECT_EQ(NULL, s);
	alpc_port_close(p);
	alpc_server_free(NULL);
}

TEST_HARNESS_MAIN
