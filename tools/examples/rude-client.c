// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rude-client: what a service has to stand. It sends what cannot be read, and connects
 * more often than the service has room for; then it goes, and the service goes on.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <alpc/alpc.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LEN		(4 << 20)	/* longer than any service here takes */
#define CONNECTIONS	100
#define FOR_EVER	ALPC_SEC(30)

static struct alpc_message *message;

/* Call with @data, which goes @way. Return: 0 if that fails, as it should. */
static int call(const char *name, enum alpc_way way, const void *data,
		const char *what)
{
	struct alpc_port *port;
	int ret = alpc_port_connect(name, NULL, FOR_EVER, &port);

	if (ret)
		return ret;
	ret = alpc_port_set_way(port, way);
	if (!ret)
		ret = alpc_call(port, data, LEN, message, FOR_EVER);
	printf("rude-client: %s: %s\n", what, strerror(-ret));
	alpc_port_close(port);
	return ret && ret != -ETIMEDOUT ? 0 : -EPROTO;
}

/* As many as there is room for, and then some. */
static int crowd(const char *name)
{
	static struct alpc_port *ports[CONNECTIONS];
	int accepted = 0, refused = 0, ret;

	for (int i = 0; i < CONNECTIONS; i++) {
		ret = alpc_port_connect(name, NULL, FOR_EVER, &ports[i]);
		accepted += !ret;
		refused += ret == -ECONNREFUSED;
	}
	for (int i = 0; i < CONNECTIONS; i++)
		alpc_port_close(ports[i]);
	printf("rude-client: connections accepted: %s, refused: %s\n",
	       accepted ? "some" : "none", refused ? "some" : "none");
	return accepted && refused && accepted + refused == CONNECTIONS ?
	       0 : -EPROTO;
}

int main(int argc, char **argv)
{
	void *nowhere = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	void *data = calloc(1, LEN);
	int ret = -ENOMEM;

	if (argc != 2) {
		fprintf(stderr, "usage: rude-client NAME\n");
		return 2;
	}
	if (data && nowhere != MAP_FAILED)
		ret = alpc_message_new(0, &message);
	if (!ret)
		ret = call(argv[1], ALPC_WAY_DIRECT, nowhere,
			   "a request in memory that cannot be read");
	if (!ret)
		ret = call(argv[1], ALPC_WAY_VIEW, data,
			   "a request that is too long");
	if (!ret)
		ret = crowd(argv[1]);
	if (ret)
		fprintf(stderr, "rude-client: %s\n", strerror(-ret));
	alpc_message_free(message);
	free(data);
	return ret ? 1 : 0;
}
