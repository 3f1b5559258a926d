// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs do beside the driver's commands: descriptors, mappings, processes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <stdio.h>
#include <stdlib.h>

#include "layout.h"
#include "system.h"

#define ARG(n, name)	((struct place){ name, offsetof(struct area, args[n]), 8 })
#define FD		((struct place){ "fd", offsetof(struct area, fd), 8 })
#define RETURNED	((struct place){ "ret", offsetof(struct area, ret), 8 })

/* One for each type: what comes out is what went in. */
static void copies(const char *what, long (*run)(void *area), bool from_proc)
{
	static const struct {
		const char *name;
		enum type type;
	} types[] = {
		{ "port", T_PORT }, { "client", T_CLIENT }, { "server", T_SERVER },
		{ "completion", T_COMPLETION }, { "memory", T_MEMORY }, { }
	};
	unsigned int i;
	char *name;

	for (i = 0; types[i].name; i++) {
		if (asprintf(&name, "%s_%s", what, types[i].name) < 0)
			abort();
		begin_system(name, run, 1);
		uses(FD, ONE(types[i].type));
		if (from_proc)
			num(ARG(0, "proc"), PROCS_MAX - 1);
		out(RETURNED, types[i].type);
	}
}

static void descriptors(void)
{
	begin_system("close", run_close, 4);
	uses(FD, DESCRIPTORS);
	copies("dup", run_dup, false);
	copies("getfd", run_getfd, true);
	begin_system("nonblock", run_nonblock, 1);
	uses(FD, PORTS | ONE(T_COMPLETION));
	num(ARG(0, "on"), 1);
	begin_system("poll", run_poll, 3);
	uses(FD, PORTS | ONE(T_COMPLETION));
	flags(ARG(0, "events"), 0x3f);
	num(ARG(1, "timeout"), 5);
	begin_system("epoll", run_epoll, 2);
	uses(FD, PORTS | ONE(T_COMPLETION));
	flags(ARG(0, "events"), 0xd000001f)->normal = number(1);
	out(RETURNED, T_OTHER);
	begin_system("epoll_wait", run_epoll_wait, 1);
	uses(FD, ONE(T_OTHER));
	begin_system("open_other", run_open_other, 2);
	num(ARG(0, "kind"), OTHER_KINDS - 1);
	out(RETURNED, T_OTHER);
}

static void files(void)
{
	begin_system("chmod", run_chmod, 1);
	uses(FD, PORTS);
	num(ARG(0, "mode"), 0777)->normal = number(0666);
	begin_system("chown", run_chown, 1);
	uses(FD, PORTS);
	num(ARG(0, "uid"), 1002)->normal = number(1001);
	begin_system("set_acl", run_set_acl, 1);
	uses(FD, PORTS);
	num(ARG(0, "uid"), 1002)->normal = number(1001);
	num(ARG(1, "rights"), 7)->normal = number(6);
	begin_system("fdinfo", run_fdinfo, 1);
	uses(FD, DESCRIPTORS);
	begin_system("file", run_file, 1);
	uses(FD, DESCRIPTORS);
	num(ARG(0, "what"), FILE_KINDS - 1);
	begin_system("ioctl", run_ioctl, 1);
	uses(FD, DESCRIPTORS | ONE(T_DEVICE));
	num(ARG(0, "command"), 0xa7ff);
	address(ARG(1, "arg"), 0);
}

static void mappings(void)
{
	begin_system("mmap", run_mmap, 4);
	uses(FD, ONE(T_MEMORY));
	len(ARG(0, "len"), 8192);
	flags(ARG(1, "prot"), 7)->normal = number(3);
	flags(ARG(2, "flags"), 3)->normal = number(1);
	len(ARG(3, "offset"), 0);
	out(RETURNED, T_ADDRESS);
	may_fail();
	begin_system("munmap", run_munmap, 1);
	uses(ARG(0, "address"), ONE(T_ADDRESS));
	len(ARG(1, "len"), 8192);
	begin_system("remap", run_remap, 2);
	uses(ARG(0, "address"), ONE(T_ADDRESS));
	num(ARG(1, "how"), REMAP_KINDS - 1);
	begin_system("touch", run_touch, 3);
	uses(ARG(0, "address"), ONE(T_ADDRESS));
	num(ARG(1, "write"), 1);
	may_fail();
	begin_system("poke", run_poke, 3);
	uses(ARG(0, "address"), ONE(T_ADDRESS));
	num(ARG(1, "offset"), 256);
	num(ARG(2, "value"), 8);
	begin_system("peek", run_peek, 1);
	uses(ARG(0, "address"), ONE(T_ADDRESS));
	num(ARG(1, "write"), 1);
	begin_system("take", run_take, 3);
	uses(ARG(0, "address"), ONE(T_ADDRESS));
	out(ARG(1, "id"), T_MESSAGE);
	begin_system("sleeping", run_sleeping, 1);
	uses(ARG(0, "address"), ONE(T_ADDRESS));
	num(ARG(1, "value"), 1)->normal = number(1);
}

static void processes(void)
{
	begin_system("signal", run_signal, 2);
	num(ARG(0, "actor"), ACTORS_MAX - 1);
	begin_system("kill", run_kill, 1);
	num(ARG(0, "proc"), PROCS_MAX - 1);
	num(ARG(1, "stop"), 1);
	begin_system("exit", run_exit, 1);
	num(ARG(0, "all"), 1);
	begin_system("fork", run_fork, 2);
	num(ARG(0, "how"), FORK_KINDS - 1);
	begin_system("setuid", run_setuid, 1);
	num(ARG(0, "uid"), 1002)->normal = number(1001);
	begin_system("setgroups", run_setgroups, 1);
	num(ARG(0, "count"), 8);
	begin_system("sleep", run_sleep, 2);
	num(ARG(0, "ms"), 6);
	begin_system("trace", run_trace, 1);
	num(ARG(0, "how"), TRACE_KINDS - 1);
	num(ARG(1, "event"), EVENT_KINDS - 1);
	out(RETURNED, T_OTHER);
}

void layout_system(void)
{
	descriptors();
	files();
	mappings();
	processes();
}
