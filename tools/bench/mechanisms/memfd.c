// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memfd for each message, sent with SCM_RIGHTS over AF_UNIX SEQPACKET: how
 * large data are passed between processes that do not trust each other.
 *
 * The sender writes its bytes into a new memfd and seals it, as else they could
 * change or vanish under the receiver. The receiver maps all of it, reads it
 * there and unmaps it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"
#include "message.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEMFD_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/**
 * struct memfd_end - one process's end
 * @socket: of both ends until one of them is closed
 * @reply: in the client: where the last reply is mapped, or NULL
 */
struct memfd_end {
	int socket[2];
	void *reply;
};

/* Room for one descriptor, aligned as the kernel wants it. */
union memfd_control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static void memfd_open(struct channel *ch)
{
	struct memfd_end *end = xcalloc(1, sizeof(*end));

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end->socket))
		fail_errno("socketpair");
	ch->priv = end;
}

static int memfd_of(const void *buf, size_t bytes)
{
	int fd = memfd_create("alpc-bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		fail_errno("memfd_create");
	write_all(fd, buf, bytes);
	if (fcntl(fd, F_ADD_SEALS, MEMFD_SEALS))
		fail_errno("sealing a memfd");
	return fd;
}

/* The packet itself says how long the message is. */
static void memfd_send(int socket, const void *buf, size_t bytes)
{
	union memfd_control control = {
		.header = {
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		},
	};
	struct iovec iov = { .iov_base = &bytes, .iov_len = sizeof(bytes) };
	const struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd = memfd_of(buf, bytes);

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(socket, &msg, 0) != sizeof(bytes))
		fail_errno("sendmsg");
	close(fd);
}

static int memfd_receive_fd(int socket, size_t bytes)
{
	union memfd_control control;
	size_t said;
	struct iovec iov = { .iov_base = &said, .iov_len = sizeof(said) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	ssize_t n;
	int fd;

	n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		fail_errno("recvmsg");
	header = CMSG_FIRSTHDR(&msg);
	if (n != sizeof(said) || said != bytes || !header ||
	    header->cmsg_type != SCM_RIGHTS)
		fail("a packet without the memfd of %zu bytes", bytes);
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* Returns the message, for the caller to unmap. */
static void *memfd_receive(int socket, size_t bytes)
{
	int fd = memfd_receive_fd(socket, bytes);
	void *map;

	if ((fcntl(fd, F_GET_SEALS) & MEMFD_SEALS) != MEMFD_SEALS)
		fail("a memfd that is not sealed");
	map = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		fail_errno("mmap of a memfd");
	close(fd);
	return map;
}

static void memfd_serve(struct channel *ch)
{
	struct memfd_end *end = ch->priv;
	void *request;
	bool last;

	close(end->socket[0]);
	do {
		request = memfd_receive(end->socket[1], ch->bytes);
		last = msg_answer(ch->msg, request, ch->bytes);
		munmap(request, ch->bytes);
		memfd_send(end->socket[1], ch->msg, ch->bytes);
	} while (!last);
}

static void memfd_attach(struct channel *ch)
{
	struct memfd_end *end = ch->priv;

	close(end->socket[1]);
}

static const void *memfd_call(struct channel *ch)
{
	struct memfd_end *end = ch->priv;

	if (end->reply)
		munmap(end->reply, ch->bytes);
	memfd_send(end->socket[0], ch->msg, ch->bytes);
	end->reply = memfd_receive(end->socket[0], ch->bytes);
	return end->reply;
}

static void memfd_close(struct channel *ch)
{
	struct memfd_end *end = ch->priv;

	munmap(end->reply, ch->bytes);
	close(end->socket[0]);
	free(end);
}

const struct mechanism mech_memfd_scm_rights = {
	.name = "memfd-scm-rights",
	.max_bytes = SIZE_MAX,
	.open = memfd_open,
	.serve = memfd_serve,
	.attach = memfd_attach,
	.call = memfd_call,
	.close = memfd_close,
};
