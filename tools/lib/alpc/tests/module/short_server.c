// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A server that does everything that the tests over the real module ask for.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "short_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct served served;

bool is(const struct alpc_message *m, const char *text)
{
	return alpc_message_len(m) == strlen(text) &&
	       !memcmp(alpc_message_data(m), text, strlen(text));
}

struct visitor {
	atomic_uint requests, datagrams;
};

static int answer_deep(void *arg, const struct alpc_message *request,
		       struct alpc_message *reply)
{
	(void)arg;
	return alpc_message_set(reply, alpc_message_data(request),
				alpc_message_len(request));
}

static int ask(struct alpc_client *client, const struct alpc_message *request,
	       const char *question, struct alpc_message *reply)
{
	const struct alpc_call_options options = {
		.size = sizeof(options), .inside = alpc_message_id(request),
		.callback = answer_deep,
	};
	struct alpc_message *answer;
	int ret;

	ret = alpc_message_new(1, &answer);
	if (ret)
		return ret;
	ret = alpc_call_with(alpc_client_port(client), question, strlen(question),
			     answer, FOR_EVER, &options);
	served.callback_result = ret;
	if (!ret)
		ret = alpc_message_set(reply, alpc_message_data(answer),
				       alpc_message_len(answer));
	alpc_message_free(answer);
	/* A caller that gave up gets no reply, and needs none. */
	return ret == -ECANCELED ? 0 : ret;
}

static void *reply_later(void *id)
{
	if (alpc_server_reply(served.server, (uintptr_t)id, "late", 4))
		served.mistakes++;
	return NULL;
}

static int on_request(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *reply)
{
	struct visitor *v = alpc_client_context(client);
	pthread_t thread;
	void *data;

	v->requests++;
	if (is(request, "long")) {
		if (alpc_message_resize(reply, LIMIT, &data))
			return -EIO;
		memset(data, 'L', LIMIT);
		return 0;
	}
	if (is(request, "ask"))
		return ask(client, request, "?", reply);
	if (is(request, "deep"))
		return ask(client, request, "!", reply);
	if (is(request, "call"))
		return alpc_call(alpc_client_port(client), "and you?", 8, reply,
				 FOR_EVER);
	if (is(request, "later")) {
		pthread_create(&thread, NULL, reply_later,
			       (void *)(uintptr_t)alpc_message_id(request));
		pthread_detach(thread);
		return ALPC_REPLY_LATER;
	}
	if (is(request, "wait")) {
		served.waiting++;
		return ALPC_REPLY_LATER;
	}
	if (is(request, "bye"))
		return -EPROTO;
	return alpc_message_set(reply, alpc_message_data(request),
				alpc_message_len(request));
}

static int on_connect(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *answer)
{
	if (is(request, "no")) {
		alpc_message_set(answer, "because", 7);
		return -EACCES;
	}
	served.accepted++;
	alpc_client_set_context(client, calloc(1, sizeof(struct visitor)));
	return alpc_message_set(answer, alpc_message_data(request),
				alpc_message_len(request));
}

static void on_connected(struct alpc_client *client)
{
	int ret;

	/* Before the client can know. */
	served.connected++;
	ret = alpc_send(alpc_client_port(client), "first", 5, 0);
	if (ret && ret != -EPIPE)
		served.mistakes++;
}

static void on_datagram(struct alpc_client *client,
			const struct alpc_message *datagram)
{
	struct visitor *v = alpc_client_context(client);

	if (alpc_message_seq(datagram) == 0)
		served.mistakes++;
	v->datagrams++;
	served.datagrams++;
}

static void on_canceled(struct alpc_client *client, uint64_t id)
{
	if (!alpc_client_context(client) || !id)
		served.mistakes++;
	served.canceled++;
}

static void on_died(struct alpc_client *client, const struct alpc_message *notice)
{
	if (!alpc_client_context(client) || alpc_message_cookie(notice) != 77)
		served.mistakes++;
	served.died++;
}

static void on_closed(struct alpc_client *client)
{
	free(alpc_client_context(client));
	served.closed++;
}

static void on_unanswered(void *arg, uint64_t id, int error)
{
	if (arg != &served || !id ||
	    (error != -ECANCELED && error != -ESRCH && error != -EPIPE))
		served.mistakes++;
	served.unanswered++;
}

const struct alpc_server_ops served_ops = {
	.size = sizeof(served_ops),
	.connect = on_connect,
	.connected = on_connected,
	.request = on_request,
	.datagram = on_datagram,
	.canceled = on_canceled,
	.died = on_died,
	.closed = on_closed,
	.unanswered = on_unanswered,
};

void *serve(void *arg)
{
	served.result = alpc_server_run(served.server, *(unsigned int *)arg);
	return NULL;
}
