// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: how many sections of its clients a server keeps mapped, with a kernel
 * whose sections are all alike but for what they say.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"
#include "../way.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kselftest_harness.h>

/* Each client as many as are kept of it, and in all more than are kept together. */
enum {
	CLIENTS = ALPC_LIB_MAPS_ALL / ALPC_LIB_MAPS + 4,
	SECTIONS = CLIENTS * ALPC_LIB_MAPS,
	LENGTH = 4096,
};

/* Descriptors of ports, which nobody else has. */
enum { PORT_FD = 1 << 20, CLIENT_FD };

static struct {
	uint32_t next;		/* section that the next message lies in, from 1 */
	unsigned int opened;	/* how often one was opened */
	unsigned int owed;	/* messages that were not given back */
} world;

/* Whose it is; contexts are from 1. */
static uint64_t context_of(uint32_t section)
{
	return (section - 1) / ALPC_LIB_MAPS + 1;
}

/* A section full of its own number. */
static int open_section(struct alpc_open_section *arg)
{
	uint32_t page[LENGTH / sizeof(uint32_t)];

	for (size_t i = 0; i < LENGTH / sizeof(uint32_t); i++)
		page[i] = arg->section;
	arg->out_fd = memfd_create("section", MFD_CLOEXEC);
	arg->out_len = LENGTH;
	arg->out_flags = 0;
	world.opened++;
	return write(arg->out_fd, page, LENGTH) == LENGTH ? 0 : -errno;
}

static int transfer(struct alpc_transfer *t)
{
	if (t->send.flags & ALPC_SEND_RELEASE)
		world.owed--;
	if (!(t->flags & ALPC_TRANSFER_RECEIVE))
		return 0;
	t->recv.type = ALPC_DATAGRAM;
	t->recv.flags = ALPC_MSG_HELD;
	t->recv.id = world.next;
	t->recv.context = context_of(world.next);
	t->recv.len = 0;
	t->recv.section = world.next;
	t->recv.view_offset = 0;
	t->recv.view_len = LENGTH;
	t->recv.view_flags = ALPC_VIEW_BODY;
	world.owed++;
	return 0;
}

static int maps_kernel(int step, int fd, unsigned long request, void *arg)
{
	(void)step;
	switch (request) {
	case ALPC_IOC_CREATE_PORT:
		((struct alpc_create_port *)arg)->out_fd = PORT_FD;
		return 0;
	case ALPC_IOC_ACCEPT:
		((struct alpc_accept *)arg)->out_fd =
			CLIENT_FD + (int)((struct alpc_accept *)arg)->context;
		return 0;
	case ALPC_IOC_PORT_INFO:
		((struct alpc_port_info *)arg)->out_kind =
			fd == PORT_FD ? ALPC_KIND_CONNECTION : ALPC_KIND_SERVER;
		((struct alpc_port_info *)arg)->out_max_message = LENGTH;
		return 0;
	case ALPC_IOC_OPEN_SECTION:
		return open_section(arg);
	case ALPC_IOC_TRANSFER:
		return transfer(arg);
	}
	return -ENOTTY;
}

FIXTURE(maps) {
	struct alpc_port *port;
	struct alpc_port *server[CLIENTS];
	struct alpc_message *m;
};

static int accept_all(struct alpc_port *port, struct alpc_port **server)
{
	int ret = 0;

	for (unsigned int i = 0; i < CLIENTS && !ret; i++)
		ret = alpc_port_accept(port, i, i + 1, NULL, 0, &server[i]);
	return ret;
}

FIXTURE_SETUP(maps)
{
	memset(&world, 0, sizeof(world));
	memset(&kernel_port, 0, sizeof(kernel_port));
	kernel_set(maps_kernel);
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_port_create("maps", NULL, &self->port));
	ASSERT_EQ(0, accept_all(self->port, self->server));
}

FIXTURE_TEARDOWN(maps)
{
	for (unsigned int i = 0; i < CLIENTS; i++)
		alpc_port_close(self->server[i]);
	alpc_port_close(self->port);
	alpc_message_free(self->m);
}

/* Receive what lies in a section, and look whether it does. */
static int receive_from(struct alpc_port *port, struct alpc_message *m,
			uint32_t section)
{
	int ret;

	world.next = section;
	ret = alpc_receive(port, m, 0);
	if (ret)
		return ret;
	return alpc_message_len(m) == LENGTH &&
	       !memcmp(alpc_message_data(m), &section, sizeof(section)) ? 0 :
									 -EBADMSG;
}

/* Mappings of sections that this process has. */
static int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int n = 0;

	while (maps && fgets(line, sizeof(line), maps))
		n += !!strstr(line, "/memfd:section");
	if (maps)
		fclose(maps);
	return n;
}

/*
 * What its clients' messages lie in stays mapped, up to so much; with more, others
 * go, and come back when they are used again.
 */
TEST_F(maps, are_bounded_over_all_clients)
{
	for (uint32_t n = 1; n <= ALPC_LIB_MAPS_ALL; n++)
		ASSERT_EQ(0, receive_from(self->port, self->m, n));
	EXPECT_EQ(ALPC_LIB_MAPS_ALL, mappings());
	EXPECT_EQ(ALPC_LIB_MAPS_ALL, world.opened);
	/* All are known, and need not be opened again. */
	for (uint32_t n = 1; n <= ALPC_LIB_MAPS_ALL; n++)
		ASSERT_EQ(0, receive_from(self->port, self->m, n));
	EXPECT_EQ(ALPC_LIB_MAPS_ALL, world.opened);

	for (uint32_t n = ALPC_LIB_MAPS_ALL + 1; n <= SECTIONS; n++)
		ASSERT_EQ(0, receive_from(self->port, self->m, n));
	EXPECT_EQ(ALPC_LIB_MAPS_ALL, mappings());
	EXPECT_EQ(SECTIONS, world.opened);
	for (uint32_t n = 1; n <= SECTIONS; n++)
		ASSERT_EQ(0, receive_from(self->port, self->m, n));
	EXPECT_EQ(ALPC_LIB_MAPS_ALL, mappings());
	EXPECT_LT(SECTIONS, world.opened);

	EXPECT_EQ(0, alpc_message_release(self->m));
	EXPECT_EQ(0, world.owed);
	for (unsigned int i = 0; i < CLIENTS; i++)
		alpc_port_close(self->server[i]);
	EXPECT_EQ(0, mappings());
	/* Those that are gone do not count. */
	ASSERT_EQ(0, accept_all(self->port, self->server));
	for (uint32_t n = 1; n <= ALPC_LIB_MAPS_ALL; n++)
		ASSERT_EQ(0, receive_from(self->port, self->m, n));
	EXPECT_EQ(ALPC_LIB_MAPS_ALL, mappings());
}

TEST_HARNESS_MAIN
