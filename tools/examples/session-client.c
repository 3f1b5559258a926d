// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * session-client: joins the session that session-manager manages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <alpc/alpc.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "session-manager"

static const char usage[] =
	"usage: session-client [-n NAME] list|lend|logoff|stay\n"
	"Joins a session, and then\n"
	"  list    says which processes are in it\n"
	"  lend    lets a child process ask that, in this one's name\n"
	"  logoff  ends all others\n"
	"  stay    stays in it until it is ended\n"
	"  -n NAME name of the port (" NAME ")\n";

static int failed(const char *what, int err)
{
	fprintf(stderr, "session-client %d: %s: %s\n", getpid(), what,
		strerror(-err));
	return 1;
}

static int ask(struct alpc_port *port, struct alpc_message *message,
	       const char *what)
{
	int err = alpc_call(port, what, 1, message, ALPC_SEC(10));

	if (err)
		return failed("no answer", err);
	printf("%.*s", (int)alpc_message_len(message),
	       (const char *)alpc_message_data(message));
	return 0;
}

static int lend(struct alpc_port *port, struct alpc_message *message)
{
	pid_t pid = fork();
	int status;

	/* What nobody looks at comes first: that does not make it a member either. */
	if (!pid)
		return alpc_send(port, "x", 1, 0) ? 1 : ask(port, message, "l");
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
	       WEXITSTATUS(status) : 1;
}

/* The manager sends nothing: this ends with the process, or with the connection. */
static int stay(struct alpc_port *port, struct alpc_message *message)
{
	printf("session-client %d: joined\n", getpid());
	return failed("the session", alpc_receive(port, message, ALPC_INFINITE));
}

int main(int argc, char **argv)
{
	struct alpc_connect_options options = { .size = sizeof(options) };
	struct alpc_message *message;
	const char *name = NAME;
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
	err = alpc_message_new(0, &message);
	if (err)
		return failed("memory", err);
	options.data = argv[optind];
	options.len = strlen(argv[optind]);
	options.answer = message;
	err = alpc_port_connect(name, &options, ALPC_SEC(10), &port);
	if (err && alpc_message_len(message))
		printf("session-client %d: refused: %.*s\n", getpid(),
		       (int)alpc_message_len(message),
		       (const char *)alpc_message_data(message));
	if (err)
		return failed(name, err);
	if (!strcmp(argv[optind], "lend"))
		return lend(port, message);
	if (!strcmp(argv[optind], "stay"))
		return stay(port, message);
	return ask(port, message, argv[optind][1] == 'i' ? "l" : "o");
}
