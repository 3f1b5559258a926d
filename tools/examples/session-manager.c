// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * session-manager: keeps the processes of one user's session.
 *
 * An access list on the port lets this user connect and nobody else; root, whom no
 * list stops, is refused by its identity. The manager holds each process by a
 * descriptor that is certain to be that process's, so that ending the session never
 * hits another one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#define _GNU_SOURCE

#include <alpc/alpc.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME		"session-manager"
#define LIST_MAX	4096

static const char usage[] =
	"usage: session-manager [-n NAME] UID\n"
	"Manages the session of user UID, until it gets SIGTERM.\n"
	"  -n NAME  name of the port (" NAME ")\n";

/* A process of the session. */
struct member {
	struct member *next;
	pid_t pid;
	int pidfd;
	char name[32];
};

static struct {
	uid_t uid;
	pthread_mutex_t lock;		/* protects members */
	struct member *members;
} session = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct alpc_server *server;	/* for the signal handler */

__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("session-manager %d: %s\n", getpid(), line);
}

/* -- Members ----------------------------------------------------------------- */

static void add(struct member *m)
{
	pthread_mutex_lock(&session.lock);
	m->next = session.members;
	session.members = m;
	pthread_mutex_unlock(&session.lock);
}

static void drop(struct member *m)
{
	struct member **p = &session.members;

	pthread_mutex_lock(&session.lock);
	while (*p != m)
		p = &(*p)->next;
	*p = m->next;
	pthread_mutex_unlock(&session.lock);
	close(m->pidfd);
	free(m);
}

static size_t list(char *text, size_t size)
{
	size_t len = 0;

	pthread_mutex_lock(&session.lock);
	for (const struct member *m = session.members; m && len < size; m = m->next)
		len += (size_t)snprintf(text + len, size - len, "%d %s\n", m->pid,
					m->name);
	pthread_mutex_unlock(&session.lock);
	return len < size ? len : size - 1;
}

/* End every process of the session but who asks for that. */
static int log_off(const struct member *asks)
{
	int n = 0;

	pthread_mutex_lock(&session.lock);
	for (const struct member *m = session.members; m; m = m->next)
		if (m != asks && !syscall(SYS_pidfd_send_signal, m->pidfd,
					  SIGTERM, NULL, 0))
			n++;
	pthread_mutex_unlock(&session.lock);
	return n;
}

/* -- What clients send --------------------------------------------------------- */

/* Return: NULL, or why it is refused. */
static const char *admit(struct alpc_client *client,
			 const struct alpc_message *request)
{
	size_t len = alpc_message_len(request);
	struct member *m;

	if (alpc_message_uid(request) != session.uid)
		return "this is another user's session";
	m = calloc(1, sizeof(*m));
	if (!m)
		return strerror(ENOMEM);
	m->pidfd = alpc_message_open_process(request);
	if (m->pidfd < 0) {
		free(m);
		return "your process cannot be seen";
	}
	m->pid = alpc_message_pid(request);
	memcpy(m->name, alpc_message_data(request),
	       len < sizeof(m->name) ? len : sizeof(m->name) - 1);
	alpc_client_set_context(client, m);
	add(m);
	return NULL;
}

static int on_connect(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *answer)
{
	const char *reason = admit(client, request);

	if (!reason)
		return 0;
	say("process %d of user %u is refused: %s", alpc_message_pid(request),
	    alpc_message_uid(request), reason);
	alpc_message_set(answer, reason, strlen(reason));
	return -EACCES;
}

static void on_connected(struct alpc_client *client)
{
	const struct member *m = alpc_client_context(client);

	say("process %d joins: %s", m->pid, m->name);
}

/*
 * Another thread of the process may send; another process or user may not. Each
 * request is looked at by itself. As long as the member is there nobody else has its
 * number.
 */
static bool is_member(const struct alpc_message *request, const struct member *m)
{
	if (alpc_message_pid(request) == m->pid &&
	    alpc_message_uid(request) == session.uid &&
	    !syscall(SYS_pidfd_send_signal, m->pidfd, 0, NULL, 0))
		return true;
	say("process %d of user %u sends in the name of process %d",
	    alpc_message_pid(request), alpc_message_uid(request), m->pid);
	return false;
}

static int on_request(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *reply)
{
	const struct member *m = alpc_client_context(client);
	char text[LIST_MAX];
	size_t len;

	if (!is_member(request, m) || alpc_message_len(request) != 1)
		return -EPERM;
	if (*(const char *)alpc_message_data(request) == 'l')
		len = list(text, sizeof(text));
	else
		len = (size_t)snprintf(text, sizeof(text), "%d ended\n",
				       log_off(m));
	return alpc_message_set(reply, text, len);
}

static void on_closed(struct alpc_client *client)
{
	struct member *m = alpc_client_context(client);

	say("process %d has left", m->pid);
	drop(m);
}

/* -- The program ------------------------------------------------------------------ */

static void on_sigterm(int sig)
{
	(void)sig;
	alpc_server_stop(server);
}

/* Who may connect is who may write to the port. */
static int set_access(const struct alpc_port *port)
{
	char text[96];
	acl_t acl;
	int err;

	snprintf(text, sizeof(text), "u::rw-,u:%u:rw-,g::---,m::rw-,o::---",
		 session.uid);
	acl = acl_from_text(text);
	if (!acl)
		return -errno;
	err = acl_set_fd(alpc_port_fd(port), acl) ? -errno : 0;
	acl_free(acl);
	return err;
}

/* (uid_t)-1 is nobody's. */
static int parse_uid(const char *text, uid_t *uid)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n >= (uid_t)-1)
		return -EINVAL;
	*uid = (uid_t)n;
	return 0;
}

static int start(const char *name)
{
	/* Who does not say which process it is does not get in. */
	const struct alpc_port_options options = {
		.size = sizeof(options),
		.require = ALPC_IDENTITY_PROCESS | ALPC_IDENTITY_USER,
	};
	const struct alpc_server_ops ops = {
		.size = sizeof(ops), .connect = on_connect,
		.connected = on_connected, .request = on_request,
		.closed = on_closed,
	};
	struct alpc_port *port;
	int err;

	err = alpc_port_create(name, &options, &port);
	if (!err)
		err = set_access(port);
	return err ? err : alpc_server_new(port, &ops, NULL, &server);
}

int main(int argc, char **argv)
{
	const char *name = NAME;
	int c, err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "n:")) != -1) {
		if (c != 'n')
			break;
		name = optarg;
	}
	if (c != -1 || optind != argc - 1 ||
	    parse_uid(argv[optind], &session.uid)) {
		fputs(usage, stderr);
		return 2;
	}
	err = start(name);
	if (err) {
		fprintf(stderr, "session-manager: %s: %s\n", name, strerror(-err));
		return 1;
	}
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_sigterm }, NULL);
	say("user %u manages the session of user %u", geteuid(), session.uid);
	err = alpc_server_run(server, 2);
	alpc_server_free(server);
	say("%s", err ? strerror(-err) : "stopped");
	return err ? 1 : 0;
}
