// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * auth-service: opens sessions for who can show a key.
 *
 * The key lies in a file of the client's, and the service, which may read
 * everything, reads it as the client: nobody gets at another one's key, nor at any
 * other file, by naming it here.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "auth-protocol.h"

#include <alpc/alpc.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_MAX		256
#define USERS_MAX	64

static const char usage[] =
	"usage: auth-service [-n NAME] DATABASE\n"
	"Opens sessions for users that can show their key, until it gets SIGTERM.\n"
	"Each line of DATABASE is a user's number and key.\n"
	"  -n NAME  name of the port (" AUTH_NAME ")\n";

static struct {
	uid_t uid;
	char key[KEY_MAX];
} users[USERS_MAX];
static unsigned int n_users;

static struct alpc_server *server;	/* for the signal handler */
static atomic_uint last_session;

__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	char line[PATH_MAX + 128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("auth-service %d: %s\n", getpid(), line);
}

/* -- Keys ------------------------------------------------------------------ */

/* A key that a client shows. */
struct key {
	char path[PATH_MAX];
	char text[KEY_MAX];
};

/*
 * Runs as the client. What it names may be anything: nothing is waited for, and
 * nothing but a plain file is read.
 */
static int read_key(void *arg)
{
	struct key *key = arg;
	struct stat st;
	ssize_t n = -1;
	int fd;

	fd = open(key->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	errno = EINVAL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		n = read(fd, key->text, sizeof(key->text) - 1);
	close(fd);
	if (n < 0)
		return errno;
	key->text[n] = '\0';
	key->text[strcspn(key->text, "\n")] = '\0';
	return 0;
}

/* How long it takes tells nothing about the key. */
static bool is_key(const char *a, const char *b)
{
	unsigned char differ = 0;

	for (size_t i = 0; i < KEY_MAX; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return !differ;
}

static bool is_known(uid_t uid, const struct key *key)
{
	bool known = false;

	for (unsigned int i = 0; i < n_users; i++)
		known |= users[i].uid == uid && is_key(users[i].key, key->text);
	return known;
}

static bool read_database(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned int uid;

	if (!f)
		return false;
	while (n_users < USERS_MAX &&
	       fscanf(f, "%u %255s", &uid, users[n_users].key) == 2)
		users[n_users++].uid = uid;
	fclose(f);
	return true;
}

/* -- Requests --------------------------------------------------------------- */

/* Return: NULL if the client has shown its key, else why not. */
static const char *check(const struct alpc_message *request)
{
	uid_t uid = alpc_message_uid(request);
	struct key key = { .path = "" };
	int err, result;

	if (alpc_message_len(request) >= sizeof(key.path))
		return strerror(ENAMETOOLONG);
	memcpy(key.path, alpc_message_data(request), alpc_message_len(request));
	if (key.path[0] != '/')
		return "name the file by its whole path";
	err = alpc_impersonate(request, read_key, &key, &result);
	if (err) {
		say("cannot act as user %u: %s", uid, strerror(-err));
		return "let the service act as you";
	}
	if (result) {
		say("user %u may not read %s: %s", uid, key.path,
		    strerror(result));
		return strerror(result);
	}
	say("read %s as user %u", key.path, uid);
	return is_known(uid, &key) ? NULL : "this is not your key";
}

static int on_request(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *message)
{
	const char *reason = check(request);
	size_t len = reason ? strlen(reason) : 0;
	struct auth_reply *reply;
	void *data;
	int err;

	(void)client;
	err = alpc_message_resize(message, sizeof(*reply) + len, &data);
	if (err)
		return err;
	reply = data;
	reply->session = reason ? 0 : ++last_session;
	if (reason)
		memcpy(reply->reason, reason, len);
	else
		say("session %u is user %u's", reply->session,
		    alpc_message_uid(request));
	return 0;
}

/* -- The program --------------------------------------------------------------- */

static void on_sigterm(int sig)
{
	(void)sig;
	alpc_server_stop(server);
}

int main(int argc, char **argv)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0666, .max_message = PATH_MAX,
	};
	const struct alpc_server_ops ops = {
		.size = sizeof(ops), .request = on_request,
	};
	const char *name = AUTH_NAME;
	struct alpc_port *port;
	int c, err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "n:")) != -1) {
		if (c != 'n')
			break;
		name = optarg;
	}
	if (c != -1 || optind != argc - 1) {
		fputs(usage, stderr);
		return 2;
	}
	if (!read_database(argv[optind])) {
		perror(argv[optind]);
		return 1;
	}
	err = alpc_port_create(name, &options, &port);
	if (!err)
		err = alpc_server_new(port, &ops, NULL, &server);
	if (err) {
		fprintf(stderr, "auth-service: %s: %s\n", name, strerror(-err));
		return 1;
	}
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_sigterm }, NULL);
	say("user %u has keys (users: %u)", geteuid(), n_users);
	err = alpc_server_run(server, 2);
	alpc_server_free(server);
	say("%s", err ? strerror(-err) : "stopped");
	return err ? 1 : 0;
}
