// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * loop-client: sends many requests at once to one of the services with an event loop,
 * takes the replies as they come, and listens to it between them.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <alpc/alpc.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUESTS	50
#define TICKS		3
#define LEN		700	/* of a request, times its number: up to 34,300 bytes */
#define FOR_EVER	ALPC_SEC(30)

static struct {
	unsigned int replies, wrong, ticks;
} seen;

static void on_reply(void *arg, int error, struct alpc_message *reply)
{
	uint64_t len = (uintptr_t)arg, sum;

	seen.replies++;
	if (!error && alpc_message_len(reply) == sizeof(sum)) {
		memcpy(&sum, alpc_message_data(reply), sizeof(sum));
		if (sum == 3 * len)
			return;
	}
	seen.wrong++;
}

static void on_other(void *arg, struct alpc_message *message)
{
	(void)arg;
	if (alpc_message_type(message) == ALPC_DATAGRAM)
		seen.ticks++;
}

static int run(struct alpc_requests *requests)
{
	static char data[REQUESTS * LEN];
	int ret = 0;

	memset(data, 3, sizeof(data));
	for (uintptr_t i = 0; !ret && i < REQUESTS; i++)
		ret = alpc_requests_send(requests, data, i * LEN, FOR_EVER, NULL,
					 on_reply, (void *)(i * LEN), NULL);
	while (!ret && (alpc_requests_count(requests) || seen.ticks < TICKS))
		ret = alpc_requests_dispatch(requests, FOR_EVER);
	return ret;
}

int main(int argc, char **argv)
{
	struct alpc_requests *requests = NULL;
	struct alpc_port *port = NULL;
	int ret;

	if (argc != 2) {
		fprintf(stderr, "usage: loop-client NAME\n");
		return 2;
	}
	ret = alpc_port_connect(argv[1], NULL, FOR_EVER, &port);
	if (!ret)
		ret = alpc_requests_new(port, on_other, NULL, &requests);
	if (!ret)
		ret = run(requests);
	alpc_requests_free(requests);
	alpc_port_close(port);
	if (ret) {
		fprintf(stderr, "loop-client: %s\n", strerror(-ret));
		return 1;
	}
	printf("loop-client %d: replies: %u, wrong: %u, ticks: enough\n",
	       getpid(), seen.replies, seen.wrong);
	return seen.wrong || seen.replies != REQUESTS;
}
