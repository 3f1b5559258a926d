// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the tests of long messages share.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "large.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

const char *port_name(void)
{
	static char name[64];

	if (!name[0])
		snprintf(name, sizeof(name), "libalpc.large.%d", getpid());
	return name;
}

static struct alpc_server *server;

static void on_sigterm(int sig)
{
	(void)sig;
	alpc_server_stop(server);
}

pid_t server_start(const struct alpc_port_options *options, unsigned int flags,
		   unsigned int threads)
{
	const char *name = port_name();
	int ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		struct sigaction action = { .sa_handler = on_sigterm };

		if (large_server_new(name, options, flags, &server))
			_exit(1);
		sigaction(SIGTERM, &action, NULL);
		if (write(ready[1], "x", 1) != 1 ||
		    alpc_server_run(server, threads))
			_exit(2);
		alpc_server_free(server);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

int server_stop(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

int connect_to(const char *name, struct alpc_port *port, uint64_t context,
	       struct alpc_port **client, struct alpc_port **server_port)
{
	const struct alpc_connect_options async = {
		.size = sizeof(async), .flags = ALPC_CONNECT_ASYNC,
	};
	struct alpc_message *m;
	int ret;

	ret = alpc_message_new(0, &m);
	if (!ret)
		ret = alpc_port_connect(name, &async, 0, client);
	if (!ret)
		ret = alpc_receive(port, m, 0);
	if (!ret)
		ret = alpc_port_accept(port, alpc_message_id(m), context, NULL,
				       0, server_port);
	if (!ret)
		ret = alpc_port_finish_connect(*client, m, 0);
	alpc_message_free(m);
	return ret;
}

int connect_here(struct alpc_port *port, uint64_t context,
		 struct alpc_port **client, struct alpc_port **server_port)
{
	return connect_to(port_name(), port, context, client, server_port);
}

/* -- Calls ---------------------------------------------------------------- */

const size_t lengths[LENGTHS] = {
	sizeof(struct order), 256, 257, INLINE - 1, INLINE, INLINE + 1,
	4 * KIB - 1, 4 * KIB, 4 * KIB + 1, 64 * KIB, 256 * KIB + 1, MIB - 1, MIB,
	MIB + 1, 4 * MIB, 4 * MIB + 1, 9 * MIB,
};

int order(struct alpc_port *port, uint32_t what, size_t len,
	  struct alpc_message *m, size_t reply)
{
	uint32_t seed = (uint32_t)(len * 7 + reply);
	struct order *o = order_new(what, len, reply, seed);
	int ret;

	if (len < sizeof(*o))
		len = sizeof(*o);
	ret = alpc_call(port, o, len, m, FOR_EVER);
	free(o);
	if (ret)
		return ret;
	if (alpc_message_type(m) != ALPC_REPLY || alpc_message_len(m) != reply)
		return -EPROTO;
	return is_pattern(alpc_message_data(m), reply, seed) ? 0 : -EBADMSG;
}

int good_call(struct alpc_port *port, struct alpc_message *m)
{
	return order(port, REPLY, 20 * KIB, m, 30 * KIB);
}

int get_counts(struct alpc_port *port, struct counts *counts)
{
	struct order *o = order_new(COUNT, 0, 0, 0);
	struct alpc_message *m;
	int ret;

	ret = alpc_message_new(0, &m);
	if (ret)
		return ret;
	alpc_port_set_way(port, ALPC_WAY_AUTO);
	ret = alpc_call(port, o, sizeof(*o), m, FOR_EVER);
	if (!ret && alpc_message_len(m) != sizeof(*counts))
		ret = -EPROTO;
	if (!ret)
		memcpy(counts, alpc_message_data(m), sizeof(*counts));
	alpc_message_free(m);
	free(o);
	return ret;
}

/* -- System calls ----------------------------------------------------------- */

uint32_t section_new(struct alpc_port *port, size_t len, unsigned char **memory)
{
	struct alpc_create_section arg = {
		.size = sizeof(arg), .flags = ALPC_SECTION_PEER_WRITE,
		.len = len,
	};

	if (ioctl(alpc_port_fd(port), ALPC_IOC_CREATE_SECTION, &arg))
		return 0;
	*memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, arg.out_fd,
		       0);
	close(arg.out_fd);
	return *memory == MAP_FAILED ? 0 : arg.out_section;
}

void section_delete(struct alpc_port *port, uint32_t id)
{
	struct alpc_delete_section arg = { .size = sizeof(arg), .section = id };

	ioctl(alpc_port_fd(port), ALPC_IOC_DELETE_SECTION, &arg);
}

struct alpc_msg view(uint32_t section, uint64_t offset, uint64_t len,
		     uint32_t flags)
{
	return (struct alpc_msg){
		.section = section, .view_offset = offset, .view_len = len,
		.view_flags = flags,
	};
}

int send_section(struct alpc_port *port, uint32_t section, size_t len)
{
	struct alpc_transfer t = {
		.size = sizeof(t), .flags = ALPC_TRANSFER_SEND,
		.timeout = ALPC_INFINITE,
		.send = view(section, 0, len, ALPC_VIEW_BODY),
	};

	return ioctl(alpc_port_fd(port), ALPC_IOC_TRANSFER, &t) ? -errno : 0;
}
