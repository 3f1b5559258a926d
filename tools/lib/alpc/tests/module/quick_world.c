// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the tests of quick calls share.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "quick_world.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct world *world;

static struct alpc_server *server;
static int pipe_end;

const char *world_name(void)
{
	static char name[64];

	if (!name[0])
		snprintf(name, sizeof(name), "libalpc.quick.%d", getpid());
	return name;
}

static unsigned char pattern(size_t i, uint32_t seed)
{
	return (unsigned char)((i * 2654435761U + seed * 40503U) >> 11);
}

static void fill(unsigned char *to, size_t from, size_t len, uint32_t seed)
{
	for (size_t i = from; i < len; i++)
		to[i] = pattern(i, seed);
}

static bool is_filled(const unsigned char *data, size_t from, size_t len,
		      uint32_t seed)
{
	for (size_t i = from; i < len; i++)
		if (data[i] != pattern(i, seed))
			return false;
	return true;
}

/* -- The server ------------------------------------------------------------- */

static int reply_pattern(struct alpc_message *reply, const struct order *o)
{
	void *data;
	int ret;

	ret = alpc_message_fill(reply, o->reply, &data);
	if (!ret)
		fill(data, 0, o->reply, o->seed);
	return ret;
}

struct late {
	uint64_t id;
	struct order order;
};

static void *reply_late(void *arg)
{
	struct late *late = arg;
	unsigned char *data = malloc(late->order.reply + 1);

	fill(data, 0, late->order.reply, late->order.seed);
	if (alpc_server_reply(server, late->id, data, late->order.reply))
		world->mistakes++;
	if (alpc_server_reply(server, late->id, data, 1) != -ESRCH)
		world->mistakes++;
	free(data);
	free(late);
	return NULL;
}

static int leave(const struct alpc_message *request, const struct order *o)
{
	struct late *late = malloc(sizeof(*late));
	pthread_t thread;

	late->id = alpc_message_id(request);
	late->order = *o;
	if (pthread_create(&thread, NULL, reply_late, late))
		return -EAGAIN;
	pthread_detach(thread);
	return ALPC_REPLY_LATER;
}

static int tell_who(struct alpc_client *client, const struct alpc_message *request,
		    struct alpc_message *reply)
{
	struct alpc_credentials *c;
	struct alpc_message *m;
	struct who who = { .pid = alpc_message_pid(request) };
	int ret;

	ret = alpc_message_get_credentials(request, ALPC_IDENTITY_PROCESS |
						    ALPC_IDENTITY_USER, &c);
	if (ret)
		return ret;
	who.credentials_pid = c->pid;
	who.uid = c->uid;
	alpc_credentials_free(c);
	ret = alpc_message_new(0, &m);
	if (ret)
		return ret;
	/* The caller answers no callbacks: it is asked, or there is no request. */
	who.named = alpc_message_way(request) != ALPC_WAY_QUICK ||
		    alpc_callback(alpc_client_port(client), alpc_message_id(request),
				  "?", 1, m, FOR_EVER) != -ESRCH;
	alpc_message_free(m);
	return alpc_message_set(reply, &who, sizeof(who));
}

static int on_request(struct alpc_client *client, const struct alpc_message *request,
		      struct alpc_message *reply)
{
	bool quick = alpc_message_way(request) == ALPC_WAY_QUICK;
	const unsigned char *data = alpc_message_data(request);
	size_t len = alpc_message_len(request);
	unsigned int mine;
	struct order o;

	world->handled++;
	world->quick += quick;
	if (len < sizeof(o))
		return -EPROTO;
	memcpy(&o, data, sizeof(o));
	if (!is_filled(data, sizeof(o), len, o.seed))
		world->mistakes++;
	switch (o.what) {
	case ECHO:
		return alpc_message_set(reply, data, len);
	case LATER:
		return leave(request, &o);
	case UNWILLING:
		if (quick)
			return ALPC_REPLY_ORDINARY;
		return reply_pattern(reply, &o);
	case WHO:
		return tell_who(client, request, reply);
	case HANG:
		mine = ++world->hanging;
		while (world->released < mine)
			usleep(100);
		return reply_pattern(reply, &o);
	case PIPE:
		if (alpc_message_set_fds(reply, &pipe_end, 1))
			return -EIO;
		return reply_pattern(reply, &o);
	case REPLY:
		return reply_pattern(reply, &o);
	default:
		return -EPROTO;
	}
}

static void on_closed(struct alpc_client *client)
{
	(void)client;
	world->closed++;
}

static const struct alpc_server_ops ops = {
	.size = sizeof(ops), .request = on_request, .closed = on_closed,
};

static void on_sigterm(int sig)
{
	(void)sig;
	alpc_server_stop(server);
}

int world_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int serve(unsigned int flags, unsigned int threads, int ready)
{
	const struct alpc_server_options options = {
		.size = sizeof(options), .flags = flags,
		.quick_ns = flags & ALPC_SERVER_QUICK ? ALPC_QUICK_SPIN_MAX : 0,
	};
	const struct sigaction action = { .sa_handler = on_sigterm };
	struct alpc_port *port;
	int ret;

	ret = world_pin(1);
	if (!ret)
		ret = alpc_port_create(world_name(), NULL, &port);
	if (!ret)
		ret = alpc_server_new_with(port, &ops, NULL, &options, &server);
	if (ret)
		return 1;
	sigaction(SIGTERM, &action, NULL);
	pipe_end = ready;
	if (write(ready, "x", 1) != 1 || alpc_server_run(server, threads))
		return 2;
	alpc_server_free(server);
	return world->mistakes ? 3 : 0;
}

pid_t world_start(unsigned int flags, unsigned int threads)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	/* Before the fork, so that both have it. */
	world_name();
	if (!world)
		world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED || world_pin(0) || pipe(ready))
		return -1;
	memset(world, 0, sizeof(*world));
	pid = fork();
	if (!pid)
		_exit(serve(flags, threads, ready[1]));
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

int world_stop(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

const struct alpc_quick_options world_options = {
	.size = sizeof(world_options), .spin_ns = ALPC_QUICK_SPIN_MAX,
};

/* -- Calls ------------------------------------------------------------------ */

static unsigned char *order_new(uint32_t what, size_t len, size_t reply,
				struct order *o)
{
	static atomic_uint seed;
	unsigned char *data = malloc(len);

	*o = (struct order){
		.what = what, .reply = (uint32_t)reply, .seed = ++seed,
	};
	memcpy(data, o, sizeof(*o));
	fill(data, sizeof(*o), len, o->seed);
	return data;
}

static int check(const struct order *o, const unsigned char *data, size_t len,
		 const struct alpc_message *m)
{
	const unsigned char *got = alpc_message_data(m);

	if (alpc_message_type(m) != ALPC_REPLY)
		return -EPROTO;
	switch (o->what) {
	case WHO:
		return alpc_message_len(m) == sizeof(struct who) ? 0 : -EPROTO;
	case ECHO:
		if (alpc_message_len(m) != len)
			return -EPROTO;
		return memcmp(got, data, len) ? -EBADMSG : 0;
	default:
		if (alpc_message_len(m) != o->reply)
			return -EPROTO;
		return is_filled(got, 0, o->reply, o->seed) ? 0 : -EBADMSG;
	}
}

int quick_order(struct alpc_quick_calls *quick, uint32_t what, size_t len,
		size_t reply, struct alpc_message *m, int64_t timeout)
{
	struct order o;
	unsigned char *data = order_new(what, len, reply, &o);
	int ret;

	ret = alpc_quick_call(quick, data, len, m, timeout);
	if (!ret)
		ret = check(&o, data, len, m);
	free(data);
	return ret;
}

int plain_order(struct alpc_port *port, uint32_t what, size_t len, size_t reply,
		struct alpc_message *m)
{
	struct order o;
	unsigned char *data = order_new(what, len, reply, &o);
	int ret;

	ret = alpc_call(port, data, len, m, FOR_EVER);
	if (!ret)
		ret = check(&o, data, len, m);
	free(data);
	return ret;
}

static int one_more(struct alpc_quick_calls *quick, uint32_t what, size_t len,
		    size_t reply, struct alpc_message *m, bool *was)
{
	unsigned int before = world->quick;
	int ret;

	ret = quick_order(quick, what, len, reply, m, FOR_EVER);
	*was = world->quick != before;
	return ret;
}

int until_quick(struct alpc_quick_calls *quick, uint32_t what, size_t len,
		size_t reply, struct alpc_message *m)
{
	bool was = false;
	int ret = 0;

	while (!ret && !was) {
		/* After one that takes its time nobody may look. */
		while (!ret && !was)
			ret = one_more(quick, ECHO, sizeof(struct order), 0, m, &was);
		if (!ret)
			ret = one_more(quick, what, len, reply, m, &was);
	}
	return ret;
}
