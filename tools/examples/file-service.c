// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * file-service: answers what clients ask about the files below a directory.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#define _GNU_SOURCE

#include "file-protocol.h"
#include "file-sum.h"
#include "file-tool.h"
#include "file-watch.h"

#include <alpc/alpc.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USERS_MAX 16

static const char usage[] =
	"usage: file-service [-n NAME] [-t THREADS] [-u UID]... DIRECTORY\n"
	"Answers lookups of the files below DIRECTORY, until it gets SIGTERM.\n"
	"  -n NAME     name of the port (" FILES_NAME ")\n"
	"  -t THREADS  how many threads serve (4)\n"
	"  -u UID      a user who may connect; all may if there is none\n";

static struct {
	const char *name;
	unsigned int threads;
	int directory;
	uid_t users[USERS_MAX];
	unsigned int n_users;
} config = { .name = FILES_NAME, .threads = 4 };

static struct alpc_server *server;	/* for the signal handler */

/* What is kept about a client, from connect() to closed(). */
struct visitor {
	pid_t pid;
	uid_t uid;
	atomic_uint requests;
	atomic_uint datagrams;
	struct summed summed;
};

/* -- Files ---------------------------------------------------------------- */

/* Open a file below the directory; no path and no link leads out of it. */
static int open_below(const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, config.directory, path, &how, sizeof(how));
}

static int describe(int fd, struct files_reply *reply)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;
	reply->mode = st.st_mode;
	reply->size = (uint64_t)st.st_size;
	reply->mtime = st.st_mtime;
	return 0;
}

/* The callback with a piece of a file; the client must have all of it then. */
static int hand_over(struct alpc_client *client, uint64_t id, const void *piece,
		     size_t len, uint64_t offset, struct alpc_message *answer)
{
	unsigned char buffer[sizeof(struct files_notice) + FILES_PIECE];
	const struct files_notice notice = { .word = FILES_HERE, .value = offset };
	uint64_t has;
	int err;

	memcpy(buffer, &notice, sizeof(notice));
	memcpy(buffer + sizeof(notice), piece, len);
	err = alpc_callback(alpc_client_port(client), id, buffer,
			    sizeof(notice) + len, answer, ALPC_SEC(10));
	if (err)
		return -err;
	if (alpc_message_len(answer) != sizeof(has))
		return EPROTO;
	memcpy(&has, alpc_message_data(answer), sizeof(has));
	return has == offset + len ? 0 : EPROTO;
}

static int fetch(struct alpc_client *client, uint64_t id, int fd)
{
	unsigned char piece[FILES_PIECE];
	struct alpc_message *answer;
	uint64_t offset = 0;
	ssize_t n;
	int err;

	err = -alpc_message_new(sizeof(uint64_t), &answer);
	if (err)
		return err;
	do {
		n = pread(fd, piece, sizeof(piece), (off_t)offset);
		if (n < 0)
			err = errno;
		else if (n)
			err = hand_over(client, id, piece, (size_t)n, offset, answer);
		offset += (uint64_t)(n > 0 ? n : 0);
	} while (n > 0 && !err);
	alpc_message_free(answer);
	return err;
}

/* -- What clients send ---------------------------------------------------- */

static const char *visitor_refused(const struct alpc_message *request)
{
	if (alpc_message_len(request) != strlen(FILES_GREETING) ||
	    memcmp(alpc_message_data(request), FILES_GREETING,
		   strlen(FILES_GREETING)))
		return "greet with " FILES_GREETING;
	for (unsigned int i = 0; i < config.n_users; i++)
		if (config.users[i] == alpc_message_uid(request))
			return NULL;
	return config.n_users ? "your user is not served here" : NULL;
}

static int on_connect(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *answer)
{
	const char *reason = visitor_refused(request);
	struct visitor *visitor;

	if (reason) {
		say("client %d of user %u is refused: %s",
		    alpc_message_pid(request), alpc_message_uid(request), reason);
		alpc_message_set(answer, reason, strlen(reason));
		return -EACCES;
	}
	visitor = calloc(1, sizeof(*visitor));
	if (!visitor)
		return -ENOMEM;
	visitor->pid = alpc_message_pid(request);
	visitor->uid = alpc_message_uid(request);
	pthread_mutex_init(&visitor->summed.lock, NULL);
	alpc_client_set_context(client, visitor);
	say("client %d of user %u is accepted", visitor->pid, visitor->uid);
	return 0;
}

/* Return: 0 or an errno value for the reply, or -1 if it is sent later. */
static int serve(struct alpc_client *client, const struct alpc_message *request,
		 const char *path, struct files_reply *reply, size_t *len)
{
	const struct files_request *what = alpc_message_data(request);
	const struct visitor *visitor = alpc_client_context(client);
	uint64_t id = alpc_message_id(request);
	ssize_t n;
	int fd, err;

	fd = open_below(path, what->op == FILES_LOOKUP ? O_PATH :
			O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno;
	err = describe(fd, reply);
	if (err) {
		close(fd);
		return err;
	}
	switch (what->op) {
	case FILES_LOOKUP:
		break;
	case FILES_READ:
		n = pread(fd, reply->data, FILES_PIECE, (off_t)what->offset);
		if (n < 0)
			err = errno;
		else
			*len += (size_t)n;
		break;
	case FILES_FETCH:
		err = fetch(client, id, fd);
		break;
	case FILES_WATCH:
		err = watch_add(client, 0, fd, path);
		say("client %d watches %s", visitor->pid, path);
		break;
	case FILES_WAIT:
		err = watch_add(client, id, fd, path);
		if (err)
			break;
		say("client %d waits for %s", visitor->pid, path);
		err = -1;
		break;
	default:
		err = EOPNOTSUPP;
	}
	close(fd);
	return err;
}

/* A piece of what a client sends. */
static int add_piece(struct visitor *visitor, const struct alpc_message *request,
		     struct alpc_message *message)
{
	struct {
		struct files_reply reply;
		struct files_sum sum;
	} answer = { 0 };

	answer.reply.error = sum_add(&visitor->summed, request, &answer.sum);
	return alpc_message_set(message, &answer, sizeof(answer));
}

static int on_request(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *message)
{
	const struct files_request *what = alpc_message_data(request);
	struct visitor *visitor = alpc_client_context(client);
	size_t path_len, len = sizeof(struct files_reply);
	struct files_reply *reply;
	char path[PATH_MAX];
	void *data;
	int err;

	visitor->requests++;
	if (alpc_message_len(request) < sizeof(*what))
		return -EPROTO;
	if (what->op == FILES_SUM)
		return add_piece(visitor, request, message);
	path_len = alpc_message_len(request) - sizeof(*what);
	if (path_len >= sizeof(path))
		return -EPROTO;
	memcpy(path, what->path, path_len);
	path[path_len] = '\0';

	err = alpc_message_resize(message, len + FILES_PIECE, &data);
	if (err)
		return err;
	reply = data;
	memset(reply, 0, sizeof(*reply));
	err = serve(client, request, path, reply, &len);
	if (err < 0)
		return ALPC_REPLY_LATER;
	reply->error = err;
	return alpc_message_resize(message, len, &data);
}

static void on_datagram(struct alpc_client *client,
			const struct alpc_message *datagram)
{
	struct visitor *visitor = alpc_client_context(client);

	visitor->datagrams++;
	say("client %d says: %.*s", visitor->pid, (int)alpc_message_len(datagram),
	    (const char *)alpc_message_data(datagram));
}

/* The answer to the question that watches ask. */
static void on_reply(struct alpc_client *client, const struct alpc_message *reply)
{
	const struct visitor *visitor = alpc_client_context(client);
	uint64_t count;

	if (alpc_message_len(reply) != sizeof(count))
		return;
	memcpy(&count, alpc_message_data(reply), sizeof(count));
	say("client %d answers: told so far: %llu", visitor->pid,
	    (unsigned long long)count);
}

static void on_canceled(struct alpc_client *client, uint64_t id)
{
	const struct visitor *visitor = alpc_client_context(client);

	watch_drop(client, id);
	say("client %d gave a request up", visitor->pid);
}

static void on_closed(struct alpc_client *client)
{
	struct visitor *visitor = alpc_client_context(client);

	watch_drop(client, 0);
	if (visitor->summed.sum.bytes)
		say("client %d has sent %llu bytes %s, checksum %08x",
		    visitor->pid, (unsigned long long)visitor->summed.sum.bytes,
		    sum_ways(&visitor->summed), visitor->summed.sum.crc);
	say("client %d is gone (requests: %u, datagrams: %u)", visitor->pid,
	    visitor->requests, visitor->datagrams);
	pthread_mutex_destroy(&visitor->summed.lock);
	free(visitor);
}

static void on_unanswered(void *arg, uint64_t id, int error)
{
	(void)arg;
	say("nobody waits for the answer to %llu: %s", (unsigned long long)id,
	    strerror(-error));
}

/* -- The program ---------------------------------------------------------- */

static void on_sigterm(int sig)
{
	(void)sig;
	alpc_server_stop(server);
}

static void fail_usage(void)
{
	fputs(usage, stderr);
	exit(2);
}

static int failed(const char *what, int err)
{
	fprintf(stderr, "file-service: %s: %s\n", what, strerror(-err));
	return 1;
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:t:u:")) != -1) {
		if (c == 'n')
			config.name = optarg;
		else if (c == 't')
			config.threads = (unsigned int)option_number(optarg, UINT32_MAX);
		else if (c == 'u' && config.n_users < USERS_MAX)
			config.users[config.n_users++] =
				(uid_t)option_number(optarg, UINT32_MAX);
		else
			fail_usage();
	}
	if (optind != argc - 1)
		fail_usage();
	config.directory = open(argv[optind], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (config.directory < 0) {
		perror(argv[optind]);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	const struct alpc_port_options options = {
		.size = sizeof(options),
		.mode = 0666,
		.max_message = FILES_MESSAGE,
	};
	const struct alpc_server_ops ops = {
		.size = sizeof(ops),
		.connect = on_connect,
		.request = on_request,
		.datagram = on_datagram,
		.reply = on_reply,
		.canceled = on_canceled,
		.closed = on_closed,
		.unanswered = on_unanswered,
	};
	struct alpc_port *port;
	int err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	err = watch_start();
	if (err)
		return failed("watching files", err);
	err = alpc_port_create(config.name, &options, &port);
	if (!err)
		err = alpc_server_new(port, &ops, NULL, &server);
	if (err)
		return failed(config.name, err);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_sigterm }, NULL);
	say("user %u serves %s on port \"%s\" with %u threads", geteuid(),
	    argv[argc - 1], config.name, config.threads);
	err = alpc_server_run(server, config.threads);
	watch_stop();
	alpc_server_free(server);
	say("%s", err ? strerror(-err) : "stopped");
	return err ? 1 : 0;
}
