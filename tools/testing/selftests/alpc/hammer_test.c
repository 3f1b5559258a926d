// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection that every sort of thread uses without a pause while it ends, in each
 * of the ways in which it can: nobody is left waiting, what was sent before the end
 * is received in order, and the end is told once, after it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <fcntl.h>
#include <kselftest_harness.h>

#include "alpc_thread.h"
#include "rounds.h"

enum { ROUNDS = 25 };

/* What the threads of one round share. */
struct hammer {
	struct pair pair;
	bool over;		/* the server has seen the end, or closed its port */
	__u64 last;		/* number of the last message that came from the client */
	__u64 received;		/* how many came */
	unsigned int closed;	/* notices of the end */
	bool confused;		/* something came that cannot be */
};

/* Ways of saying that the connection, or the descriptor, has gone. */
static bool is_end(int err)
{
	return err == -EPIPE || err == -EBADF || err == -ECANCELED;
}

/* Whether nothing else came than may come while others do everything. */
static int until_end(int fd, int (*once)(int fd))
{
	int err;

	do {
		err = once(fd);
	} while (!err || err == -EAGAIN || err == -EDQUOT || err == -ETIMEDOUT);
	return is_end(err) ? 0 : err;
}

static int send_once(int fd)
{
	return alpc_send_nowait(fd, "hammer", 6);
}

static int call_once(int fd)
{
	struct alpc_transfer t;
	char in[16];

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(&t, in, sizeof(in));
	t.timeout = NSEC_PER_MSEC;
	return alpc_transfer(fd, &t);
}

static int receive_once(int fd)
{
	struct alpc_msg msg;
	char in[16];

	return alpc_receive(fd, &msg, in, sizeof(in));
}

static int client_sends(void *arg)
{
	return until_end(((struct hammer *)arg)->pair.client, send_once);
}

static int client_calls(void *arg)
{
	return until_end(((struct hammer *)arg)->pair.client, call_once);
}

static int client_receives(void *arg)
{
	return until_end(((struct hammer *)arg)->pair.client, receive_once);
}

static int server_sends(void *arg)
{
	return until_end(((struct hammer *)arg)->pair.server, send_once);
}

/* Receive and answer everything, and look whether it comes as it should. */
static int serve(void *arg)
{
	struct hammer *hammer = arg;
	struct alpc_msg msg;
	char in[16];
	bool over;
	int err;

	for (;;) {
		/* What came before it is over is there when it is. */
		over = __atomic_load_n(&hammer->over, __ATOMIC_ACQUIRE);
		err = alpc_receive_nowait(hammer->pair.port, &msg, in, sizeof(in));
		if (err == -EAGAIN && over)
			return 0;
		if (err == -EAGAIN) {
			sched_yield();
			continue;
		}
		if (err)
			return err;
		if (msg.type == ALPC_PORT_CLOSED) {
			hammer->closed++;
			hammer->confused |= msg.seq != hammer->received;
			continue;
		}
		if (msg.type == ALPC_CANCELED)
			continue;
		hammer->confused |= hammer->closed || msg.seq <= hammer->last;
		hammer->last = msg.seq;
		hammer->received++;
		if (msg.type != ALPC_REQUEST)
			continue;
		err = alpc_reply(hammer->pair.port, msg.id, "reply", 5);
		if (err && err != -ESRCH && !is_end(err))
			return err;
	}
}

FIXTURE(hammer)
{
	struct hammer hammer;
};

/* How the connection ends: which of these are done, at the same time. */
FIXTURE_VARIANT(hammer)
{
	bool client_disconnects, server_disconnects, client_closes, server_closes;
};

FIXTURE_VARIANT_ADD(hammer, client_disconnects) { .client_disconnects = true };
FIXTURE_VARIANT_ADD(hammer, server_disconnects) { .server_disconnects = true };
FIXTURE_VARIANT_ADD(hammer, both_disconnect) {
	.client_disconnects = true, .server_disconnects = true,
};

FIXTURE_VARIANT_ADD(hammer, client_closes) { .client_closes = true };
FIXTURE_VARIANT_ADD(hammer, server_closes) { .server_closes = true };
FIXTURE_VARIANT_ADD(hammer, client_disconnects_and_closes) {
	.client_disconnects = true, .client_closes = true,
};

FIXTURE_VARIANT_ADD(hammer, all_at_once) {
	.client_disconnects = true, .server_disconnects = true, .client_closes = true,
	.server_closes = true,
};

FIXTURE_SETUP(hammer)
{
}

FIXTURE_TEARDOWN(hammer)
{
}

static int disconnect_client(void *arg)
{
	int err = alpc_disconnect(((struct hammer *)arg)->pair.client);

	return err && !is_end(err) ? err : 0;
}

static int disconnect_server(void *arg)
{
	int err = alpc_disconnect(((struct hammer *)arg)->pair.server);

	return err && !is_end(err) ? err : 0;
}

/* Nobody opens anything before the round is over: the number stays free. */
static int close_client(void *arg)
{
	return close(((struct hammer *)arg)->pair.client);
}

static int close_server(void *arg)
{
	return close(((struct hammer *)arg)->pair.server);
}

/* One connection, from its first message to its end. */
static int hammer_once(struct hammer *hammer, const FIXTURE_VARIANT(hammer) *variant)
{
	static int (*const use[])(void *) = {
		serve, client_sends, client_calls, client_receives, server_sends,
	};
	int (*const end[])(void *) = {
		variant->client_disconnects ? disconnect_client : NULL,
		variant->server_disconnects ? disconnect_server : NULL,
		variant->client_closes ? close_client : NULL,
		variant->server_closes ? close_server : NULL,
	};
	struct worker user[ARRAY_SIZE(use)], ender[ARRAY_SIZE(end)];
	int err = 0, fd, keep;
	size_t i;

	*hammer = (struct hammer){};
	if (pair_open(&hammer->pair, NULL))
		return -EIO;
	/* Who sleeps in a port keeps it open; this ends the sleep. */
	keep = fcntl(hammer->pair.server, F_DUPFD_CLOEXEC, 100);
	for (i = 0; i < ARRAY_SIZE(use); i++)
		err = err ?: worker_start(&user[i], use[i], hammer);
	while (!__atomic_load_n(&hammer->received, __ATOMIC_RELAXED))
		sched_yield();
	for (i = 0; i < ARRAY_SIZE(end); i++) {
		if (end[i])
			err = err ?: worker_start(&ender[i], end[i], hammer);
	}
	for (i = 0; i < ARRAY_SIZE(end); i++) {
		if (end[i])
			err = worker_join(&ender[i]) ?: err;
	}
	if (variant->server_closes)
		close_fd(&keep);
	else
		alpc_disconnect(keep);
	if (variant->server_closes && !variant->client_closes)
		alpc_disconnect(hammer->pair.client);
	for (i = 1; i < ARRAY_SIZE(use); i++)
		err = worker_join(&user[i]) ?: err;
	fd = hammer->pair.client;
	if (!variant->client_closes)
		close(fd);
	__atomic_store_n(&hammer->over, true, __ATOMIC_RELEASE);
	err = worker_join(&user[0]) ?: err;
	if (!variant->server_closes)
		close(hammer->pair.server);
	close_fd(&keep);
	if (alpc_queued(hammer->pair.port) || alpc_unanswered(hammer->pair.port))
		err = -EBUSY;
	close(hammer->pair.port);
	return err;
}

TEST_F(hammer, abuse_19_ends_while_every_thread_uses_it)
{
	const int fds = (alpc_device(), open_fds());
	int round;

	for (round = 0; round < rounds(ROUNDS); round++) {
		ASSERT_EQ(0, hammer_once(&self->hammer, variant));
		EXPECT_FALSE(self->hammer.confused);
		EXPECT_GE(1, self->hammer.closed);
		if (!variant->server_closes)
			EXPECT_EQ(1, self->hammer.closed);
		EXPECT_EQ(fds, open_fds());
	}
}

TEST_HARNESS_MAIN
