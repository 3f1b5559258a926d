// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module stays where it is as long as anything of it is open, mapped or running,
 * and each of these alone is enough.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/syscall.h>

#include "alpc_completion.h"
#include "alpc_list.h"
#include "alpc_view.h"

FIXTURE(unload)
{
	struct pair pair;
};

/* What is left when everything else has been closed. */
enum left {
	CONNECTION_PORT, CLIENT, SERVER, WAITING_CONNECT, COMPLETION, SECTION, VIEW, PEERS_VIEW,
	LIST, LIST_MEMORY, RECEIVER,
};

FIXTURE_VARIANT(unload)
{
	enum left left;
};

#define LEFT(name, what) FIXTURE_VARIANT_ADD(unload, name) { .left = what }

LEFT(connection_port, CONNECTION_PORT);
LEFT(client_port, CLIENT);
LEFT(server_port, SERVER);
LEFT(port_that_connects, WAITING_CONNECT);
LEFT(completion_port, COMPLETION);
LEFT(section, SECTION);
LEFT(mapping, VIEW);
LEFT(mapping_of_the_other_side, PEERS_VIEW);
LEFT(list, LIST);
LEFT(mapping_of_a_list, LIST_MEMORY);
LEFT(thread_that_receives, RECEIVER);

FIXTURE_SETUP(unload)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(unload)
{
}

/* Everything that was opened since the device, which this closes, too. */
static void close_all_but(int fd)
{
	int i;

	for (i = 3; i < 64; i++) {
		if (i != fd)
			close(i);
	}
}

#define EXPECT_IN_USE() do { \
	EXPECT_EQ(-1, syscall(SYS_delete_module, "alpc", O_NONBLOCK)); \
	EXPECT_EQ(EWOULDBLOCK, errno); \
} while (0)

TEST_F(unload, abuse_23_is_refused_while_it_is_in_use)
{
	struct transfer_worker worker = {};
	struct section own, peer;
	struct ring ring;
	char in[16];
	int fd = -1;

	switch (variant->left) {
	case CONNECTION_PORT:
		fd = self->pair.port;
		break;
	case CLIENT:
		fd = self->pair.client;
		break;
	case SERVER:
		fd = self->pair.server;
		break;
	case WAITING_CONNECT:
		fd = alpc_connect_async(self->pair.name);
		ASSERT_LE(0, fd);
		break;
	case COMPLETION:
		fd = completion_create(1);
		ASSERT_LE(0, fd);
		break;
	case SECTION:
	case VIEW:
	case PEERS_VIEW:
		ASSERT_EQ(0, section_make(self->pair.client, 4096, 0, &own));
		ASSERT_EQ(0, section_open(self->pair.server, own.id, &peer));
		fd = variant->left == SECTION ? own.fd : -1;
		if (variant->left != VIEW) {
			munmap(own.mem, own.len);
			munmap((void *)own.slots, page_size());
		}
		if (variant->left != PEERS_VIEW)
			munmap(peer.mem, peer.len);
		break;
	case LIST:
	case LIST_MEMORY:
		ASSERT_EQ(0, list_open(self->pair.port, 4, 64, &ring));
		fd = variant->left == LIST ? ring.fd : -1;
		if (variant->left == LIST)
			munmap(ring.shared, ring.create.out_len);
		break;
	case RECEIVER:
		/* Nobody is left whose end it could be told. */
		close_fd(&self->pair.server);
		close_fd(&self->pair.client);
		transfer_init(&worker.transfer, ALPC_TRANSFER_RECEIVE);
		transfer_receive(&worker.transfer, in, sizeof(in));
		ASSERT_EQ(0, worker_transfer(&worker, self->pair.port));
		ASSERT_EQ(0, worker_blocked(&worker.worker));
		break;
	}
	close_all_but(fd);
	EXPECT_IN_USE();
	/* Refusing it has not hurt: everything can be opened anew. */
	ASSERT_LE(0, open("/dev/alpc", O_RDWR | O_CLOEXEC));
	EXPECT_IN_USE();
}

TEST_HARNESS_MAIN
