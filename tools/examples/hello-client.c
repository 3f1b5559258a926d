// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The ALPC for Linux authors
#include <alpc/alpc.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	struct alpc_message *reply;
	struct alpc_port *port;
	int err = alpc_message_new(0, &reply);

	if (!err)
		err = alpc_port_connect("hello", NULL, ALPC_SEC(5), &port);
	if (!err)
		err = alpc_call(port, "hi", 2, reply, ALPC_SEC(5));
	if (err) {
		fprintf(stderr, "hello-client: %s\n", strerror(-err));
		return 1;
	}
	printf("%.*s\n", (int)alpc_message_len(reply),
	       (const char *)alpc_message_data(reply));
	return 0;
}
