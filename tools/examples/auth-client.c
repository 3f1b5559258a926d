// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * auth-client: shows a key to auth-service.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "auth-protocol.h"

#include <alpc/alpc.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: auth-client [-i] [-n NAME] FILE\n"
	"Asks for a session with the key in FILE.\n"
	"  -i       be identified, and no more: the service may not act as this user\n"
	"  -n NAME  name of the port (" AUTH_NAME ")\n";

static int failed(const char *what, int err)
{
	fprintf(stderr, "auth-client %d: %s: %s\n", getpid(), what, strerror(-err));
	return 1;
}

int main(int argc, char **argv)
{
	/* Who may act as this user, and read its key, is to be root. */
	struct alpc_connect_options options = {
		.size = sizeof(options), .flags = ALPC_CONNECT_SERVER_UID,
		.server_uid = 0, .level = ALPC_LEVEL_IMPERSONATION,
	};
	const struct auth_reply *reply;
	struct alpc_message *message;
	const char *name = AUTH_NAME;
	struct alpc_port *port;
	int c, err;

	while ((c = getopt(argc, argv, "in:")) != -1) {
		if (c == 'i')
			options.level = ALPC_LEVEL_IDENTIFICATION;
		else if (c == 'n')
			name = optarg;
		else
			break;
	}
	if (c != -1 || optind != argc - 1) {
		fputs(usage, stderr);
		return 2;
	}
	err = alpc_message_new(0, &message);
	if (!err)
		err = alpc_port_connect(name, &options, ALPC_SEC(10), &port);
	if (err)
		return failed(name, err);
	err = alpc_call(port, argv[optind], strlen(argv[optind]), message,
			ALPC_SEC(10));
	if (err || alpc_message_len(message) < sizeof(*reply))
		return failed("no answer", err);
	reply = alpc_message_data(message);
	if (reply->session)
		printf("auth-client %d: session %u\n", getpid(), reply->session);
	else
		printf("auth-client %d: refused: %.*s\n", getpid(),
		       (int)(alpc_message_len(message) - sizeof(*reply)),
		       reply->reason);
	return reply->session ? 0 : 1;
}
