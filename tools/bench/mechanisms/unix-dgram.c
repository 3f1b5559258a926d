// SPDX-License-Identifier: GPL-2.0-only
/*
 * AF_UNIX DGRAM sockets, with many messages in one system call.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "bench.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/**
 * struct dgram_pair - both ends
 * @end: the receiver's and the sender's
 * @msg: one header for each message of a batch
 * @iov: their buffers
 */
struct dgram_pair {
	int end[2];
	struct mmsghdr msg[STREAM_BATCH];
	struct iovec iov[STREAM_BATCH];
};

static void dgram_open(struct stream *s)
{
	struct dgram_pair *p = xcalloc(1, sizeof(*p));
	unsigned int i;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, p->end))
		fail_errno("socketpair");
	for (i = 0; i < STREAM_BATCH; i++) {
		p->iov[i].iov_base = s->batch + i * s->bytes;
		p->iov[i].iov_len = s->bytes;
		p->msg[i].msg_hdr.msg_iov = &p->iov[i];
		p->msg[i].msg_hdr.msg_iovlen = 1;
	}
	s->priv = p;
}

static void dgram_send(struct stream *s, unsigned int count)
{
	struct dgram_pair *p = s->priv;
	unsigned int done = 0;
	int n;

	while (done < count) {
		n = sendmmsg(p->end[1], p->msg + done, count - done, 0);
		if (n < 0)
			fail_errno("sendmmsg");
		done += (unsigned int)n;
	}
}

static unsigned int dgram_receive(struct stream *s)
{
	struct dgram_pair *p = s->priv;
	int i, n;

	n = recvmmsg(p->end[0], p->msg, STREAM_BATCH, MSG_WAITFORONE, NULL);
	if (n < 0)
		fail_errno("recvmmsg");
	for (i = 0; i < n; i++)
		if (p->msg[i].msg_len != s->bytes)
			fail("a datagram of %u bytes instead of %zu",
			     p->msg[i].msg_len, s->bytes);
	return (unsigned int)n;
}

static void dgram_close(struct stream *s)
{
	struct dgram_pair *p = s->priv;

	close(p->end[0]);
	close(p->end[1]);
	free(p);
}

static const struct stream_ops dgram_stream = {
	.open = dgram_open,
	.send = dgram_send,
	.receive = dgram_receive,
	.close = dgram_close,
};

const struct mechanism mech_unix_dgram = {
	.name = "unix-dgram",
	.stream = &dgram_stream,
};
