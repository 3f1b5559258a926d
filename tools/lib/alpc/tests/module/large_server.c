// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A server for the tests of long messages.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large_server.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct alpc_server *this_server;
static struct {
	pthread_mutex_t lock;
	struct counts counts;
	uint64_t held;
	uint32_t held_seed;
	uint64_t held_reply;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Each eight bytes are other ones, and in step with no page and no block. */
void pattern(void *data, size_t len, uint32_t seed)
{
	const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
	unsigned char *p = data;
	uint64_t word = seed * step;
	size_t i;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		word += step;
		memcpy(p + i, &word, sizeof(word));
	}
	word += step;
	memcpy(p + i, &word, len - i);
}

int is_pattern(const void *data, size_t len, uint32_t seed)
{
	void *want = malloc(len + 1);
	int same;

	pattern(want, len, seed);
	same = !memcmp(want, data, len);
	free(want);
	return same;
}

/* A change of any one word, or of their order, changes it. */
uint64_t sum(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = len, word = 0;
	size_t i;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, p + i, len - i);
	return (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
}

struct order *order_new(uint32_t what, size_t len, size_t reply, uint32_t seed)
{
	struct order *o;

	if (len < sizeof(*o))
		len = sizeof(*o);
	o = malloc(len);
	*o = (struct order){ .what = what, .seed = seed, .reply = reply };
	pattern(o + 1, len - sizeof(*o), seed + 1);
	o->sum = sum(o + 1, len - sizeof(*o));
	return o;
}

/* Take the order out of a request and check the rest, or count a mistake. */
static int order_of(const struct alpc_message *m, struct order *o)
{
	const char *data = alpc_message_data(m);
	size_t len = alpc_message_len(m);
	int wrong = 1;

	if (len >= sizeof(*o)) {
		memcpy(o, data, sizeof(*o));
		wrong = o->sum != sum(data + sizeof(*o), len - sizeof(*o));
	}
	pthread_mutex_lock(&state.lock);
	state.counts.wrong += (uint64_t)wrong;
	pthread_mutex_unlock(&state.lock);
	return wrong ? -EBADMSG : 0;
}

static int fill(struct alpc_message *reply, uint64_t len, uint32_t seed)
{
	void *data;
	int ret;

	ret = alpc_message_resize(reply, len, &data);
	if (!ret)
		pattern(data, len, seed);
	return ret;
}

struct later {
	uint64_t id, len;
	uint32_t seed;
};

static void *reply_later(void *arg)
{
	struct later *l = arg;
	void *data = malloc(l->len + 1);

	pattern(data, l->len, l->seed);
	if (alpc_server_reply(this_server, l->id, data, l->len)) {
		pthread_mutex_lock(&state.lock);
		state.counts.wrong++;
		pthread_mutex_unlock(&state.lock);
	}
	free(data);
	free(l);
	return NULL;
}

static int start_later(uint64_t id, const struct order *o)
{
	struct later *l = malloc(sizeof(*l));
	pthread_t thread;

	*l = (struct later){ .id = id, .len = o->reply, .seed = o->seed };
	pthread_create(&thread, NULL, reply_later, l);
	pthread_detach(thread);
	return ALPC_REPLY_LATER;
}

static int let_go(struct alpc_message *reply)
{
	struct order o;
	uint64_t id;

	pthread_mutex_lock(&state.lock);
	id = state.held;
	o = (struct order){ .seed = state.held_seed, .reply = state.held_reply };
	state.held = 0;
	pthread_mutex_unlock(&state.lock);
	if (id)
		start_later(id, &o);
	return alpc_message_set(reply, &id, sizeof(id));
}

static int call_back(struct alpc_client *client, const struct alpc_message *m,
		     struct alpc_message *reply)
{
	return alpc_callback(alpc_client_port(client), alpc_message_id(m),
			     alpc_message_data(m), alpc_message_len(m), reply,
			     FOR_EVER);
}

static int send_back(const struct alpc_message *m, struct alpc_message *reply)
{
	unsigned int n = alpc_message_fd_count(m);
	int fds[ALPC_FDS_MAX];
	int ret = 0;

	if (n)
		ret = alpc_message_take_fds(m, 0, n, fds);
	if (!ret)
		ret = alpc_message_set_fds(reply, fds, n);
	/* They stay open: they are looked up when the reply is sent. */
	return ret ? ret : alpc_message_set(reply, &n, sizeof(n));
}

static int turn_round(struct alpc_client *client, const struct alpc_message *m,
		      struct alpc_message *reply)
{
	struct alpc_port *port = alpc_client_port(client);
	struct alpc_range in, out;
	unsigned char *data;
	ssize_t done;

	if (alpc_message_range_count(m) != 2 || alpc_message_range(m, 0, &in) ||
	    alpc_message_range(m, 1, &out) ||
	    alpc_message_range(m, 2, &out) != -ENOENT)
		return -EPROTO;
	data = malloc(in.len);
	done = alpc_read_from(port, alpc_message_id(m), 0, 0, data, in.len);
	for (size_t i = 0; i < in.len / 2; i++) {
		unsigned char c = data[i];

		data[i] = data[in.len - 1 - i];
		data[in.len - 1 - i] = c;
	}
	if (done == (ssize_t)in.len)
		done = alpc_write_to(port, alpc_message_id(m), 1, 0, data,
				     in.len);
	free(data);
	return alpc_message_set(reply, &done, sizeof(done));
}

static int on_request(struct alpc_client *client, const struct alpc_message *m,
		      struct alpc_message *reply)
{
	struct counts counts;
	struct order o;
	int ret;

	ret = order_of(m, &o);
	pthread_mutex_lock(&state.lock);
	state.counts.requests++;
	state.counts.by_way[alpc_message_way(m)]++;
	counts = state.counts;
	pthread_mutex_unlock(&state.lock);
	if (ret)
		return ret;
	switch (o.what) {
	case REPLY:
		return fill(reply, o.reply, o.seed);
	case LATER:
		return start_later(alpc_message_id(m), &o);
	case HOLD:
		pthread_mutex_lock(&state.lock);
		state.held = alpc_message_id(m);
		state.held_seed = o.seed;
		state.held_reply = o.reply;
		pthread_mutex_unlock(&state.lock);
		return ALPC_REPLY_LATER;
	case LET_GO:
		return let_go(reply);
	case COUNT:
		return alpc_message_set(reply, &counts, sizeof(counts));
	case CALLBACK:
		return call_back(client, m, reply);
	case FDS:
		return send_back(m, reply);
	case RANGES:
		return turn_round(client, m, reply);
	}
	return -EPROTO;
}

static void on_datagram(struct alpc_client *client, const struct alpc_message *m)
{
	struct order o;

	(void)client;
	order_of(m, &o);
	pthread_mutex_lock(&state.lock);
	state.counts.datagrams++;
	pthread_mutex_unlock(&state.lock);
}

static void on_canceled(struct alpc_client *client, uint64_t id)
{
	(void)client;
	(void)id;
	pthread_mutex_lock(&state.lock);
	state.counts.canceled++;
	pthread_mutex_unlock(&state.lock);
}

static void on_unanswered(void *arg, uint64_t id, int error)
{
	(void)arg;
	(void)id;
	(void)error;
	pthread_mutex_lock(&state.lock);
	state.counts.unanswered++;
	pthread_mutex_unlock(&state.lock);
}

static const struct alpc_server_ops ops = {
	.size = sizeof(ops),
	.request = on_request,
	.datagram = on_datagram,
	.canceled = on_canceled,
	.unanswered = on_unanswered,
};

int large_server_new(const char *name, const struct alpc_port_options *port,
		     unsigned int flags, struct alpc_server **server)
{
	const struct alpc_server_options options = {
		.size = sizeof(options), .flags = flags | ALPC_SERVER_RANGES,
		.fd_kinds = ALPC_FD_ANY,
	};
	struct alpc_port *p;
	int ret;

	ret = alpc_port_create(name, port, &p);
	if (ret)
		return ret;
	memset(&state.counts, 0, sizeof(state.counts));
	state.held = 0;
	ret = alpc_server_new_with(p, &ops, NULL, &options, server);
	if (ret)
		alpc_port_close(p);
	this_server = *server;
	return ret;
}
