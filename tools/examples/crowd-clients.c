// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * crowd-clients: very many clients of crowd-service in one process and one thread, which
 * waits for all of them at a completion port.
 *
 * Each client sends all its requests at once, and takes the replies as they come.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "crowd.h"

#include <alpc/alpc.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define LEN		200	/* bytes of data, at most */
#define CLIENTS		65536	/* at most */
#define FOR_EVER	ALPC_SEC(60)

static const char usage[] =
	"usage: crowd-clients NAME CLIENTS REQUESTS\n"
	"CLIENTS clients send REQUESTS requests each, 64 at most, and check the replies.\n";

struct client {
	struct alpc_port *port;
	unsigned int replies;
	uint64_t seen;			/* a bit for each number that was answered */
};

static struct {
	struct alpc_completion *completion;
	struct alpc_incoming in[ALPC_VECTOR_MAX];
	struct client *clients;
	unsigned int count, requests;
	unsigned int left;		/* clients without all their replies */
	unsigned int replies, packets, wrong;
	uint64_t sum;			/* of the checksums of requests */
} all;

/* The data of a request, which its reply is compared with: hardly two are the same. */
static uint32_t fill(unsigned int client, unsigned int number,
		     unsigned char *data, uint32_t *len)
{
	client += (unsigned int)getpid() * all.count;
	*len = (client * 7 + number * 13) % (LEN + 1);
	for (uint32_t i = 0; i < *len; i++)
		data[i] = (unsigned char)((client >> i % 8 * 4) + number * 31 + i);
	return (uint32_t)crc32(0, data, *len);
}

static int send_all(unsigned int n)
{
	static struct alpc_outgoing out[ALPC_VECTOR_MAX];
	static unsigned char data[ALPC_VECTOR_MAX][sizeof(struct crowd_request) +
						   LEN];
	uint32_t len;

	for (unsigned int i = 0; i < all.requests; i++) {
		struct crowd_request head = { .number = i };

		head.crc = fill(n, i, data[i] + sizeof(head), &len);
		memcpy(data[i], &head, sizeof(head));
		all.sum += head.crc;
		out[i] = (struct alpc_outgoing){
			.type = ALPC_REQUEST, .cookie = i, .data = data[i],
			.len = sizeof(head) + len,
			.room = sizeof(struct crowd_sum),
		};
	}
	return alpc_send_many(all.clients[n].port, out, all.requests, FOR_EVER,
			      NULL);
}

/* Is it the reply to a request that has not got one, and does it say the same? */
static int is_right(unsigned int n, const struct alpc_message *m)
{
	uint64_t number = alpc_message_cookie(m);
	unsigned char data[LEN];
	struct crowd_sum sum;
	uint32_t len, crc;

	if (alpc_message_type(m) != ALPC_REPLY ||
	    alpc_message_len(m) != sizeof(sum) || number >= all.requests ||
	    all.clients[n].seen & UINT64_C(1) << number)
		return 0;
	all.clients[n].seen |= UINT64_C(1) << number;
	memcpy(&sum, alpc_message_data(m), sizeof(sum));
	crc = fill(n, (unsigned int)number, data, &len);
	return sum.number == number && sum.crc == crc && sum.len == len;
}

/* Take the replies up that are there. */
static int take(unsigned int n)
{
	struct client *c = &all.clients[n];
	int ret;

	/* It has had them all, and this packet is of one of them. */
	if (!c->port)
		return 0;
	while ((ret = alpc_receive_many(c->port, all.in, ALPC_VECTOR_MAX, 0)) > 0) {
		for (int i = 0; i < ret; i++)
			if (all.in[i].error || !is_right(n, all.in[i].message))
				all.wrong++;
		c->replies += (unsigned int)ret;
		all.replies += (unsigned int)ret;
	}
	if (ret == -EAGAIN && c->replies == all.requests) {
		alpc_port_close(c->port);
		c->port = NULL;
		all.left--;
	}
	return ret == -EAGAIN ? 0 : ret;
}

static int run(const char *name)
{
	struct alpc_packet packets[ALPC_PACKETS_MAX];
	int ret, got;

	ret = alpc_completion_create(NULL, &all.completion);
	for (unsigned int i = 0; !ret && i < ALPC_VECTOR_MAX; i++)
		ret = alpc_message_new(0, &all.in[i].message);
	for (unsigned int i = 0; !ret && i < all.count; i++) {
		struct client *c = &all.clients[i];

		ret = alpc_port_connect(name, NULL, FOR_EVER, &c->port);
		if (!ret)
			ret = alpc_completion_bind(all.completion, c->port, i);
	}
	/* All of them are connected when the first one begins. */
	for (unsigned int i = 0; !ret && i < all.count; i++)
		ret = send_all(i);
	for (all.left = all.count; !ret && all.left;) {
		got = alpc_completion_wait(all.completion, packets,
					   ALPC_PACKETS_MAX, FOR_EVER);
		if (got < 0)
			ret = got;
		for (int i = 0; !ret && i < got; i++)
			ret = take((unsigned int)packets[i].key);
		all.packets += got > 0 ? (unsigned int)got : 0;
	}
	return ret;
}

int main(int argc, char **argv)
{
	int ret = -ENOMEM;

	if (argc == 4) {
		all.count = crowd_number(argv[2], CLIENTS);
		all.requests = crowd_number(argv[3], ALPC_VECTOR_MAX);
	}
	if (!all.count || !all.requests) {
		fputs(usage, stderr);
		return 2;
	}
	all.clients = calloc(all.count, sizeof(*all.clients));
	if (all.clients)
		ret = run(argv[1]);
	if (ret) {
		fprintf(stderr, "crowd-clients: %s\n", strerror(-ret));
		return 1;
	}
	printf("crowd-clients %d: %u packets\n", getpid(), all.packets);
	printf("crowd-clients %d: clients: %u, replies: %u, checksum: %016llx, wrong: %u\n",
	       getpid(), all.count, all.replies, (unsigned long long)all.sum,
	       all.wrong);
	return all.wrong || all.replies != all.count * all.requests;
}
