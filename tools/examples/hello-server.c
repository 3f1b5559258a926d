// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The ALPC for Linux authors
#include <alpc/alpc.h>
#include <stdio.h>
#include <string.h>

static int hello(struct alpc_client *client, const struct alpc_message *request,
		 struct alpc_message *reply)
{
	char text[80];
	int len = snprintf(text, sizeof(text), "hello, process %d of user %u",
			   alpc_message_pid(request), alpc_message_uid(request));

	(void)client;
	return alpc_message_set(reply, text, (size_t)len);
}

int main(void)
{
	const struct alpc_server_ops ops = { .size = sizeof(ops), .request = hello };
	struct alpc_server *server;
	struct alpc_port *port;
	int err = alpc_port_create("hello", NULL, &port);

	if (!err)
		err = alpc_server_new(port, &ops, NULL, &server);
	if (!err)
		err = alpc_server_run(server, 4);
	if (err)
		fprintf(stderr, "hello-server: %s\n", strerror(-err));
	return err ? 1 : 0;
}
