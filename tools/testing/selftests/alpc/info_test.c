// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an administrator sees: the state of a port, by command and in fdinfo,
 * and the tracepoints.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "alpc_fds.h"
#include "alpc_view.h"

FIXTURE(info)
{
	struct pair pair;
	struct alpc_port_info info;
	struct alpc_msg msg;
	struct transfer_worker worker;
	char buf[64];
};

FIXTURE_SETUP(info)
{
	const struct alpc_create_port options = {
		.max_message = 1000, .queue_messages = 50, .max_connections = 60,
		.queue_bytes = 70000, .max_section = 100000, .max_view = 50000,
		.max_section_total = 200000,
	};

	ASSERT_EQ(0, pair_open(&self->pair, &options));
}

FIXTURE_TEARDOWN(info)
{
	pair_close(&self->pair);
}

#define EXPECT_STATE(fd, state) do { \
	ASSERT_EQ(0, alpc_info(fd, &self->info)); \
	EXPECT_EQ(ALPC_STATE_##state, self->info.out_state); \
} while (0)

#define EXPECT_WAITING(fd, messages, bytes, unanswered) do { \
	ASSERT_EQ(0, alpc_info(fd, &self->info)); \
	EXPECT_EQ(messages, self->info.out_queued); \
	EXPECT_EQ(bytes, self->info.out_queued_bytes); \
	EXPECT_EQ(unanswered, self->info.out_unanswered); \
} while (0)

/* --- the command ---------------------------------------------------------- */

TEST_F(info, tells_each_kind)
{
	ASSERT_EQ(0, alpc_info(self->pair.port, &self->info));
	EXPECT_EQ(ALPC_KIND_CONNECTION, self->info.out_kind);
	EXPECT_EQ(ALPC_STATE_OPEN, self->info.out_state);
	EXPECT_EQ(1, self->info.out_connections);
	EXPECT_EQ(1000, self->info.out_max_message);
	EXPECT_EQ(0, self->info.out_context);
	ASSERT_EQ(0, alpc_info(self->pair.client, &self->info));
	EXPECT_EQ(ALPC_KIND_CLIENT, self->info.out_kind);
	EXPECT_EQ(ALPC_STATE_OPEN, self->info.out_state);
	EXPECT_EQ(0, self->info.out_connections);
	EXPECT_EQ(1000, self->info.out_max_message);
	/* A client has no business with what the server calls it. */
	EXPECT_EQ(0, self->info.out_context);
	ASSERT_EQ(0, alpc_info(self->pair.server, &self->info));
	EXPECT_EQ(ALPC_KIND_SERVER, self->info.out_kind);
	EXPECT_EQ(ALPC_STATE_OPEN, self->info.out_state);
	EXPECT_EQ(0, self->info.out_connections);
	EXPECT_EQ(1000, self->info.out_max_message);
	EXPECT_EQ(self->pair.context, self->info.out_context);
	EXPECT_EQ(0, self->info.out_queued);
}

TEST_F(info, tells_the_limits_of_sections)
{
	const int fds[] = { self->pair.port, self->pair.client, self->pair.server };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		ASSERT_EQ(0, alpc_info(fds[i], &self->info));
		EXPECT_EQ(100000, self->info.out_max_section);
		EXPECT_EQ(50000, self->info.out_max_view);
		EXPECT_EQ(200000, self->info.out_max_section_total);
	}
}

TEST_F(info, tells_the_state)
{
	int client = alpc_connect_async(self->pair.name), server;

	EXPECT_STATE(client, CONNECTING);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_STATE(client, CONNECTING);
	server = alpc_accept_id(self->pair.port, self->msg.id, 1);
	EXPECT_STATE(client, OPEN);
	EXPECT_STATE(server, OPEN);
	close(client);
	EXPECT_STATE(server, CLOSED);
	close(server);
	client = alpc_connect_async(self->pair.name);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_STATE(client, REFUSED);
	close(client);
	ASSERT_EQ(0, alpc_disconnect(self->pair.server));
	EXPECT_STATE(self->pair.server, CLOSED);
	EXPECT_STATE(self->pair.client, CLOSED);
	EXPECT_STATE(self->pair.port, OPEN);
}

TEST_F(info, counts_what_waits)
{
	struct alpc_msg request;

	EXPECT_WAITING(self->pair.port, 0, 0, 0);
	ASSERT_EQ(0, alpc_send(self->pair.client, "12345", 5));
	EXPECT_WAITING(self->pair.port, 1, 5, 0);
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "123", 3, 0, 0, NULL));
	EXPECT_WAITING(self->pair.port, 2, 8, 0);
	ASSERT_EQ(0, alpc_send(self->pair.client, NULL, 0));
	EXPECT_WAITING(self->pair.port, 3, 8, 0);
	EXPECT_WAITING(self->pair.client, 0, 0, 0);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_WAITING(self->pair.port, 2, 3, 0);
	TAKE(ALPC_REQUEST, self->pair.port, &request, self->buf);
	EXPECT_WAITING(self->pair.port, 1, 0, 1);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_WAITING(self->pair.port, 0, 0, 1);
	ASSERT_EQ(0, alpc_reply(self->pair.port, request.id, "1234567", 7));
	EXPECT_WAITING(self->pair.port, 0, 0, 0);
	EXPECT_WAITING(self->pair.client, 1, 7, 0);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_WAITING(self->pair.client, 0, 0, 0);
	/* What the server asks is unanswered at the client. */
	ASSERT_EQ(0, alpc_request_async(self->pair.server, "12", 2, 0, 0, NULL));
	EXPECT_WAITING(self->pair.client, 1, 2, 0);
	TAKE(ALPC_REQUEST, self->pair.client, &request, self->buf);
	EXPECT_WAITING(self->pair.client, 0, 0, 1);
	ASSERT_EQ(0, alpc_reply(self->pair.client, request.id, "1", 1));
	EXPECT_WAITING(self->pair.client, 0, 0, 0);
	EXPECT_WAITING(self->pair.port, 1, 1, 0);
}

/* What is to be released counts like what is to be answered. */
TEST_F(info, counts_what_is_held)
{
	struct section section;

	ASSERT_EQ(0, section_create(self->pair.client, 1, 0, &section));
	ASSERT_EQ(0, send_view(self->pair.client, 0, 0, section.id, 0, 1, 0));
	EXPECT_WAITING(self->pair.port, 1, 4, 0);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_WAITING(self->pair.port, 0, 0, 1);
	ASSERT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_WAITING(self->pair.port, 0, 0, 0);
	section_close(&section);
}

TEST_F(info, counts_connections)
{
	int clients[5], servers[5], i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, i, &clients[i],
					  &servers[i]));
		ASSERT_EQ(0, alpc_info(self->pair.port, &self->info));
		EXPECT_EQ(2 + i, self->info.out_connections);
	}
	for (i = 0; i < 5; i++) {
		close(i % 2 ? clients[i] : servers[i]);
		close(i % 2 ? servers[i] : clients[i]);
		ASSERT_EQ(0, alpc_info(self->pair.port, &self->info));
		EXPECT_EQ(5 - i, self->info.out_connections);
	}
}

TEST_F(info, numbers_of_ports_are_never_used_again)
{
	__u64 ids[60];
	int i, k, fd;

	for (i = 0; i < 30; i++) {
		fd = alpc_create(unique_name());
		ASSERT_EQ(0, alpc_info(fd, &self->info));
		ids[2 * i] = self->info.out_port_id;
		close(fd);
		fd = alpc_connect_async(self->pair.name);
		ASSERT_EQ(0, alpc_info(fd, &self->info));
		ids[2 * i + 1] = self->info.out_port_id;
		close(fd);
	}
	for (i = 0; i < 60; i++) {
		EXPECT_NE(0, ids[i]);
		for (k = 0; k < i; k++)
			EXPECT_NE(ids[k], ids[i]);
	}
}

/* --- fdinfo --------------------------------------------------------------- */

/* Whether a line of fdinfo says exactly that. */
static bool fdinfo_says(int fd, const char *format, ...)
{
	char path[64], text[4096], line[512];
	va_list args;

	line[0] = '\n';
	va_start(args, format);
	vsnprintf(line + 1, sizeof(line) - 2, format, args);
	va_end(args);
	strcat(line, "\n");
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (read_file(path, text, sizeof(text)) < 0)
		return false;
	if (strstr(text, line))
		return true;
	fprintf(stderr, "# no line '%s' in:\n%s", line + 1, text);
	return false;
}

TEST_F(info, fdinfo_says_the_same)
{
	const int fds[] = { self->pair.port, self->pair.client, self->pair.server };
	static const char * const kinds[] = { "connection", "client", "server" };
	size_t i;

	ASSERT_EQ(0, alpc_send(self->pair.client, "12345", 5));
	ASSERT_EQ(0, alpc_send(self->pair.client, "678", 3));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "12", 2, 0, 0, NULL));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		ASSERT_EQ(0, alpc_info(fds[i], &self->info));
		EXPECT_TRUE(fdinfo_says(fds[i], "alpc-kind:\t%s", kinds[i]));
		EXPECT_TRUE(fdinfo_says(fds[i], "alpc-state:\topen"));
		EXPECT_TRUE(fdinfo_says(fds[i], "alpc-id:\t%llu", self->info.out_port_id));
		EXPECT_TRUE(fdinfo_says(fds[i], "alpc-name:\t%s", self->pair.name));
		EXPECT_TRUE(fdinfo_says(fds[i], "alpc-max-message:\t1000"));
	}
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-queued:\t2"));
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-queued-bytes:\t5"));
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-messages:\t2 of 50"));
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-message-bytes:\t1003 of 70000"));
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-unanswered:\t0"));
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-connections:\t1 of 60"));
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-connects:\t0 of 1024"));
	ASSERT_LT(0, alpc_create_security(fds[1], 0, 0, 0));
	EXPECT_TRUE(fdinfo_says(fds[1], "alpc-security-contexts:\t1 of 16"));
	EXPECT_TRUE(fdinfo_says(fds[2], "alpc-security-contexts:\t0 of 16"));
	EXPECT_TRUE(fdinfo_says(fds[2], "alpc-context:\t%#llx", self->pair.context));
	ASSERT_EQ(0, alpc_disconnect(self->pair.client));
	/* A datagram, and the notice of the end, which no limit holds up. */
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-queued:\t2"));
	EXPECT_TRUE(fdinfo_says(fds[0], "alpc-messages:\t1 of 50"));
	EXPECT_TRUE(fdinfo_says(fds[1], "alpc-state:\tclosed"));
	EXPECT_TRUE(fdinfo_says(fds[2], "alpc-state:\tclosed"));
}

/* On their way through the port that they were sent through, until they are taken. */
TEST_F(info, fdinfo_shows_descriptors_on_their_way)
{
	const int file = memfd_create("sent", 0);
	const int two[] = { file, file };
	struct alpc_attrs attrs;
	int taken;

	ASSERT_LE(0, file);
	EXPECT_TRUE(fdinfo_says(self->pair.client, "alpc-fds:\t0"));
	ASSERT_EQ(0, send_fds(self->pair.client, 0, 0, two, 2));
	ASSERT_EQ(0, send_fd(self->pair.client, file));
	EXPECT_TRUE(fdinfo_says(self->pair.client, "alpc-fds:\t3"));
	EXPECT_TRUE(fdinfo_says(self->pair.server, "alpc-fds:\t0"));
	ASSERT_EQ(0, receive_fds(self->pair.port, &self->msg, &attrs, ALPC_FD_ANY));
	EXPECT_TRUE(fdinfo_says(self->pair.client, "alpc-fds:\t3"));
	taken = take_fd(self->pair.port, self->msg.id, 0);
	ASSERT_LE(0, taken);
	EXPECT_TRUE(fdinfo_says(self->pair.client, "alpc-fds:\t2"));
	ASSERT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_TRUE(fdinfo_says(self->pair.client, "alpc-fds:\t1"));
	close(taken);
	close(file);
}

TEST_F(info, fdinfo_shows_a_connect_that_waits)
{
	int fd = alpc_connect_async(self->pair.name);

	EXPECT_TRUE(fdinfo_says(fd, "alpc-state:\tconnecting"));
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_TRUE(fdinfo_says(self->pair.port, "alpc-unanswered:\t1"));
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_TRUE(fdinfo_says(fd, "alpc-state:\trefused"));
	close(fd);
}

/* --- tracepoints ---------------------------------------------------------- */

static const char * const events[] = {
	"alpc_send", "alpc_receive", "alpc_wait", "alpc_wake", "alpc_connect", "alpc_accept",
	"alpc_close",
};

/* A trace buffer of our own, which others do not write to. */
#define TRACING	"/sys/kernel/tracing"

FIXTURE(trace)
{
	struct pair pair;
	struct transfer_worker worker;
	struct alpc_port_info info;
	struct alpc_msg msg;
	char dir[128];
	char buf[64];
	char text[65536];
};

static int tracing(const char *dir, const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return write_file(path, text);
}

FIXTURE_SETUP(trace)
{
	char recorded[8];

	ASSERT_EQ(0, access(TRACING "/instances", F_OK))
		TH_LOG("tracefs is not mounted at " TRACING);
	snprintf(self->dir, sizeof(self->dir), TRACING "/instances/alpc.%d", getpid());
	/*
	 * A buffer that is to have the names of processes hooks the scheduler,
	 * whose text is then patched while other CPUs run it. Not all emulators
	 * stand that, and nobody looks at the names here. It is decided when the
	 * buffer is made.
	 */
	ASSERT_LT(0, read_file(TRACING "/options/record-cmd", recorded, sizeof(recorded)));
	ASSERT_EQ(0, tracing(TRACING, "options/record-cmd", "0"));
	ASSERT_EQ(0, mkdir(self->dir, 0700));
	ASSERT_EQ(0, tracing(TRACING, "options/record-cmd", recorded));
	ASSERT_EQ(0, tracing(self->dir, "events/alpc/enable", "1"));
}

FIXTURE_TEARDOWN(trace)
{
	pair_close(&self->pair);
	tracing(self->dir, "events/alpc/enable", "0");
	EXPECT_EQ(0, rmdir(self->dir));
}

/* How many lines of the trace have an event with exactly that at its start. */
static int traced(const char *text, const char *format, ...)
{
	char what[256];
	va_list args;
	int count = 0;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	for (text = strstr(text, what); text; text = strstr(text + 1, what)) {
		char next = text[strlen(what)];

		count += next == ' ' || next == '\n';
	}
	return count;
}

static unsigned long long port_id(int fd)
{
	struct alpc_port_info info;

	return alpc_info(fd, &info) ? 0 : info.out_port_id;
}

#define READ_TRACE() do { \
	char __path[256]; \
\
	snprintf(__path, sizeof(__path), "%s/trace", self->dir); \
	ASSERT_LT(0, read_file(__path, self->text, sizeof(self->text))); \
} while (0)

TEST_F(trace, has_an_event_for_each_step)
{
	char path[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		snprintf(path, sizeof(path), TRACING "/events/alpc/%s/format", events[i]);
		EXPECT_EQ(0, access(path, R_OK))
			TH_LOG("no event %s", events[i]);
	}
}

TEST_F(trace, follows_a_call_from_connect_to_close)
{
	unsigned long long port, client, server;

	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	port = port_id(self->pair.port);
	client = port_id(self->pair.client);
	server = port_id(self->pair.server);
	transfer_init(&self->worker.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&self->worker.transfer, ALPC_SEND_REQUEST, 0, "question", 8);
	transfer_receive(&self->worker.transfer, self->buf, sizeof(self->buf));
	ASSERT_EQ(0, worker_transfer(&self->worker, self->pair.client));
	ASSERT_EQ(0, worker_blocked(&self->worker.worker));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->text);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, "answer", 6));
	ASSERT_EQ(0, worker_join(&self->worker.worker));
	pair_close(&self->pair);
	READ_TRACE();

	EXPECT_EQ(1, traced(self->text, "alpc_connect: port=%llu client=%llu error=0", port,
			    client));
	EXPECT_EQ(1, traced(self->text, "alpc_accept: port=%llu client=%llu error=0", port,
			    client));
	EXPECT_EQ(1, traced(self->text, "alpc_send: port=%llu type=%u id=%llu seq=2 len=8", client,
			    ALPC_REQUEST, (unsigned long long)self->msg.id));
	EXPECT_EQ(1, traced(self->text, "alpc_wait: tid=%d", self->worker.worker.tid));
	EXPECT_EQ(1, traced(self->text, "alpc_receive: port=%llu type=%u id=%llu seq=2 len=8", port,
			    ALPC_REQUEST, (unsigned long long)self->msg.id));
	EXPECT_EQ(1, traced(self->text, "alpc_wake: tid=%d", self->worker.worker.tid));
	EXPECT_EQ(1, traced(self->text, "alpc_receive: port=%llu type=%u id=%llu seq=2 len=6",
			    client, ALPC_REPLY,
			    (unsigned long long)self->worker.transfer.recv.id));
	EXPECT_EQ(1, traced(self->text, "alpc_close: port=%llu kind=%u", port,
			    ALPC_KIND_CONNECTION));
	EXPECT_EQ(1, traced(self->text, "alpc_close: port=%llu kind=%u", client, ALPC_KIND_CLIENT));
	EXPECT_EQ(1, traced(self->text, "alpc_close: port=%llu kind=%u", server, ALPC_KIND_SERVER));
}

TEST_F(trace, shows_a_refusal)
{
	unsigned long long port, client;
	int fd;

	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	port = port_id(self->pair.port);
	fd = alpc_connect_async(self->pair.name);
	client = port_id(fd);
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	READ_TRACE();
	EXPECT_EQ(1, traced(self->text, "alpc_accept: port=%llu client=%llu error=%d", port, client,
			    -ECONNREFUSED));
	close(fd);
}

TEST_HARNESS_MAIN
