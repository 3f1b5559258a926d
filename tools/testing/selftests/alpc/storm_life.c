// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes of a storm: they begin, split, become other programs, and hand their
 * ports to each other.
 *
 * All are children of who runs the storm, also those that another one has split off: so
 * no number of a process is used again before its end is known.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "storm.h"

#define CONTINUED	"ALPC_STORM"

uid_t life_user(bool server, int slot)
{
	static const uid_t servers[SERVERS] = { 0, 1, 1001 };
	static const uid_t clients[] = { 0, 1001, 1002, 1 };

	return server ? servers[slot] : clients[slot % COUNT_OF(clients)];
}

const char *server_name(int slot)
{
	static char name[sizeof(ledger->prefix) + 4];

	snprintf(name, sizeof(name), "%s.%d", ledger->prefix, slot);
	return name;
}

int life_new(bool server, int slot)
{
	__u32 number = __atomic_fetch_add(&ledger->lives_used, 1, __ATOMIC_RELAXED);
	struct life *life;
	int i;

	if (number >= LIVES) {
		__atomic_store_n(&ledger->lives_used, LIVES, __ATOMIC_RELAXED);
		return -EAGAIN;
	}
	life = &ledger->lives[number];
	life->server = server;
	life->family = number;
	life->slot = slot;
	life->port = -1;
	for (i = 0; i < LINKS; i++)
		life->links[i] = (struct link){ .fd = -1, .section.fd = -1 };
	for (i = 0; i < DESKS; i++) {
		life->desks[i].life = number;
		life->desks[i].random = (ledger->seed + number * DESKS + i + 1) *
					0x9e3779b97f4a7c15ULL;
	}
	return number;
}

/* From here on it is known, and may be killed. */
static _Noreturn void life_run(struct life *life)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != ledger->supervisor)
		_exit(1);
	life->pid = getpid();
	__atomic_store_n(&life->state, LIVING, __ATOMIC_RELEASE);
	if (life->server)
		server_run(&life->desks[0]);
	client_run(&life->desks[0]);
}

void life_begin(int number)
{
	struct life *life = &ledger->lives[number];
	uid_t user = life_user(life->server, life->slot);

	alpc_device();
	if (user && become(user, user))
		fault(NULL, "a process cannot become the user %u", user);
	life_run(life);
}

/* --- splitting ------------------------------------------------------------- */

/* Mappings of sections do not go along. */
static void link_inherit(struct link *to, struct link *from)
{
	from->shared |= from->fd >= 0;
	*to = *from;
	to->section = (struct section){ .fd = -1 };
	memset(to->uses, 0, sizeof(to->uses));
}

void life_fork(struct desk *desk)
{
	struct life *life = life_of(desk), *other;
	int number, i, sections[LINKS];
	long pid;

	/* Only who was begun by who runs the storm: else they would be more and more. */
	number = life->split ? -1 : life_new(life->server, life->slot);
	if (number < 0)
		return;
	other = &ledger->lives[number];
	other->port = life->port;
	other->style = life->style;
	other->family = life->family;
	other->siblings = true;
	other->split = true;
	life->siblings = true;
	life->alone = false;
	for (i = 0; i < LINKS; i++) {
		sections[i] = life->links[i].section.fd;
		link_inherit(&other->links[i], &life->links[i]);
	}
	desk->at = AT_FORK;
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid)
		return;
	/* The ledger says by now what the other process has. */
	for (i = 0; i < LINKS; i++)
		close_fd(&sections[i]);
	life_run(other);
}

/* --- another program ------------------------------------------------------- */

static void keep_open(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
}

void life_exec(struct desk *desk)
{
	struct life *life = life_of(desk);
	char text[32];
	int i;

	desk->at = AT_EXEC;
	snprintf(text, sizeof(text), "%d %u", ledger->memory, desk->life);
	setenv(CONTINUED, text, 1);
	keep_open(life->port);
	for (i = 0; i < LINKS; i++)
		keep_open(life->links[i].fd);
	execl("/proc/self/exe", "storm", NULL);
	fault(desk, "it cannot execute itself: %s", strerror(errno));
	_exit(1);
}

static void close_on_exec(int fd)
{
	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC))
		fault(NULL, "a port was not kept open");
}

void life_continue(void)
{
	const char *text = getenv(CONTINUED);
	int memory, number, i;
	struct life *life;

	if (!text || sscanf(text, "%d %d", &memory, &number) != 2)
		return;
	ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (ledger == MAP_FAILED)
		_exit(1);
	life = &ledger->lives[number];
	close_on_exec(life->port);
	for (i = 0; i < LINKS; i++) {
		close_on_exec(life->links[i].fd);
		link_inherit(&life->links[i], &life->links[i]);
	}
	life->desks[0].at = AT_NOTHING;
	life_run(life);
}

/* --- links ----------------------------------------------------------------- */

struct link *link_find(struct life *life, int conn)
{
	int i;

	for (i = 0; i < LINKS; i++) {
		struct link *link = &life->links[i];

		if (conn < 0 ? link->fd < 0 : link->fd >= 0 && link->conn == conn)
			return link;
	}
	return NULL;
}

void link_close(struct link *link)
{
	if (link->section.fd >= 0)
		section_close(&link->section);
	if (link->fd >= 0)
		close(link->fd);
	*link = (struct link){ .fd = -1, .section.fd = -1 };
}

void link_pass(struct desk *desk, struct link *link)
{
	desk->at = AT_PASS;
	if (put_fd(ledger->swap[0], link->fd, &link->conn, sizeof(link->conn)))
		return;
	link->shared = true;
	if (draw(desk, 2))
		link_close(link);
}

void link_take(struct desk *desk)
{
	struct link *link = link_find(life_of(desk), -1);
	__u16 conn;
	int fd;

	desk->at = AT_PASS;
	fd = link ? get_fd(ledger->swap[1], &conn, sizeof(conn)) : -1;
	if (fd >= 0)
		*link = (struct link){ .fd = fd, .conn = conn, .shared = true,
				       .section.fd = -1 };
}
