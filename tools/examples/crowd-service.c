// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * crowd-service: a few threads serve very many clients through a completion port.
 *
 * A thread waits for packets, receives what its port has, many messages at a time, and
 * answers them with the call that receives the next ones. It ends when as many
 * clients have come and gone as it was told, and says what each thread has done. Every
 * message is accounted for: what each client has sent, and checksums.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "crowd.h"

#include <alpc/alpc.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define MANY	32	/* messages at a time */
#define STOP	1	/* key of the packet that ends a thread */
#define CROWD	2	/* key of the port's packets */
#define THREADS	1024	/* at most */
#define CLIENTS	65536	/* likewise */

static const char usage[] =
	"usage: crowd-service NAME THREADS CLIENTS REQUESTS\n"
	"Serves until CLIENTS clients have come, sent REQUESTS requests each, and gone.\n";

/* A client; its address is the context of its messages. */
struct visitor {
	struct alpc_port *port;
	atomic_uint requests;
};

struct worker {
	pthread_t thread;
	unsigned int number;
	int result;
	unsigned int packets, calls, messages, requests, accepted, gone;
	uint64_t sum;			/* of the checksums of requests */
	struct alpc_incoming in[MANY];
	struct alpc_outgoing out[MANY];
	struct crowd_sum sums[MANY];
};

static struct {
	struct alpc_port *port;
	struct alpc_completion *completion;
	unsigned int threads, clients, requests;
	struct visitor *visitors;	/* one for each client */
	atomic_uint accepted, gone, wrong;
	struct worker *workers;
} crowd;

static void accept_visitor(struct worker *w, uint64_t id)
{
	unsigned int n = crowd.accepted++;
	struct visitor *v = n < crowd.clients ? &crowd.visitors[n] : NULL;

	if (v && !alpc_port_accept(crowd.port, id, (uintptr_t)v, NULL, 0,
				   &v->port)) {
		w->accepted++;
		return;
	}
	alpc_port_refuse(crowd.port, id, NULL, 0);
	crowd.wrong++;
}

/* Look at a request, and fill its reply in. */
static void answer(struct worker *w, const struct alpc_message *m,
		   struct alpc_outgoing *out, struct crowd_sum *sum)
{
	const unsigned char *data = alpc_message_data(m);
	struct visitor *v = (struct visitor *)(uintptr_t)alpc_message_context(m);
	struct crowd_request head = { 0 };
	size_t len = alpc_message_len(m);

	*sum = (struct crowd_sum){ .thread = w->number };
	if (len >= sizeof(head)) {
		memcpy(&head, data, sizeof(head));
		sum->number = head.number;
		sum->len = (uint32_t)(len - sizeof(head));
		sum->crc = (uint32_t)crc32(0, data + sizeof(head), sum->len);
	}
	if (len < sizeof(head) || sum->crc != head.crc)
		crowd.wrong++;
	v->requests++;
	w->requests++;
	w->sum += sum->crc;
	*out = (struct alpc_outgoing){
		.type = ALPC_REPLY, .id = alpc_message_id(m), .data = sum,
		.len = sizeof(*sum),
	};
}

/* When the last client is gone all threads end. */
static void leave(struct worker *w)
{
	const struct alpc_packet stop = { .key = STOP };

	w->gone++;
	if (++crowd.gone != crowd.clients)
		return;
	for (unsigned int i = 0; i < crowd.threads; i++)
		if (alpc_completion_post(crowd.completion, &stop, 1))
			crowd.wrong++;
}

/* Return: how many replies there are. */
static unsigned int handle(struct worker *w, unsigned int count)
{
	unsigned int replies = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct alpc_message *m = w->in[i].message;

		w->messages++;
		if (w->in[i].error)
			crowd.wrong++;
		switch (alpc_message_type(m)) {
		case ALPC_CONNECTION_REQUEST:
			accept_visitor(w, alpc_message_id(m));
			break;
		case ALPC_REQUEST:
			answer(w, m, &w->out[replies], &w->sums[replies]);
			replies++;
			break;
		case ALPC_PORT_CLOSED:
			leave(w);
			break;
		default:
			crowd.wrong++;
		}
	}
	return replies;
}

/* Receive and answer until there is nothing more. */
static int drain(struct worker *w)
{
	unsigned int replies = 0, sent;
	int ret;

	do {
		w->calls++;
		if (replies)
			ret = alpc_send_and_receive_many(crowd.port, w->out,
							 replies, &sent, w->in,
							 MANY, 0);
		else
			ret = alpc_receive_many(crowd.port, w->in, MANY, 0);
		for (unsigned int i = 0; i < replies; i++)
			if (i >= sent || w->out[i].error)
				crowd.wrong++;
		replies = ret > 0 ? handle(w, (unsigned int)ret) : 0;
	} while (ret > 0);
	return ret == -EAGAIN ? 0 : ret;
}

static void *work(void *arg)
{
	struct alpc_packet packet;
	struct worker *w = arg;
	int ret = 0;

	for (int i = 0; !ret && i < MANY; i++)
		ret = alpc_message_new(0, &w->in[i].message);
	while (!ret) {
		ret = alpc_completion_wait(crowd.completion, &packet, 1,
					   ALPC_INFINITE);
		if (ret < 0 || packet.key == STOP)
			break;
		w->packets++;
		ret = drain(w);
	}
	for (int i = 0; i < MANY; i++)
		alpc_message_free(w->in[i].message);
	w->result = ret < 0 ? ret : 0;
	return NULL;
}

static int open_port(const char *name)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0666,
	};
	int ret;

	ret = alpc_port_create(name, &options, &crowd.port);
	if (!ret)
		ret = alpc_completion_create(NULL, &crowd.completion);
	if (!ret)
		ret = alpc_completion_bind(crowd.completion, crowd.port, CROWD);
	return ret;
}

static int serve(void)
{
	unsigned int n = 0;
	int ret = 0;

	while (!ret && n < crowd.threads) {
		crowd.workers[n].number = n + 1;
		ret = -pthread_create(&crowd.workers[n].thread, NULL, work,
				      &crowd.workers[n]);
		n += !ret;
	}
	if (ret)
		return ret;
	printf("crowd-service %d: %u threads\n", getpid(), n);
	while (n--) {
		pthread_join(crowd.workers[n].thread, NULL);
		if (crowd.workers[n].result)
			ret = crowd.workers[n].result;
	}
	return ret;
}

/* Say what was done. Return: is it what should have been? */
static int account(void)
{
	unsigned int requests = 0, messages = 0, packets = 0;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < crowd.threads; i++) {
		const struct worker *w = &crowd.workers[i];

		printf("crowd-service %d: thread %u: %u packets, %u messages in %u calls\n",
		       getpid(), w->number, w->packets, w->messages, w->calls);
		printf("crowd-service %d: clients accepted: %u, ", getpid(), w->accepted);
		printf("requests answered: %u, clients gone: %u\n", w->requests, w->gone);
		requests += w->requests;
		messages += w->messages;
		packets += w->packets;
		sum += w->sum;
	}
	for (unsigned int i = 0; i < crowd.clients; i++) {
		if (crowd.visitors[i].requests != crowd.requests)
			crowd.wrong++;
		alpc_port_close(crowd.visitors[i].port);
	}
	if (messages != crowd.clients * (crowd.requests + 2))
		crowd.wrong++;
	printf("crowd-service %d: %u packets, %u messages\n", getpid(), packets,
	       messages);
	printf("crowd-service %d: clients: %u, requests: %u, checksum: %016llx, wrong: %u\n",
	       getpid(), crowd.gone, requests, (unsigned long long)sum,
	       crowd.wrong);
	return !crowd.wrong;
}

int main(int argc, char **argv)
{
	int ret, good = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5) {
		crowd.threads = crowd_number(argv[2], THREADS);
		crowd.clients = crowd_number(argv[3], CLIENTS);
		crowd.requests = crowd_number(argv[4], ALPC_VECTOR_MAX);
	}
	if (!crowd.threads || !crowd.clients || !crowd.requests) {
		fputs(usage, stderr);
		return 2;
	}
	crowd.visitors = calloc(crowd.clients, sizeof(*crowd.visitors));
	crowd.workers = calloc(crowd.threads, sizeof(*crowd.workers));
	ret = crowd.visitors && crowd.workers ? open_port(argv[1]) : -ENOMEM;
	if (!ret)
		ret = serve();
	if (!ret)
		good = account();
	else
		fprintf(stderr, "crowd-service: %s\n", strerror(-ret));
	alpc_completion_close(crowd.completion);
	alpc_port_close(crowd.port);
	free(crowd.visitors);
	free(crowd.workers);
	return !good;
}
