// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at the same time as everything else, on the same ports: nothing
 * hangs, each call says one of the things that the header knows, and what can
 * happen once happens once.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>

#include "alpc_thread.h"
#include "rounds.h"

/* Everything that two threads share, set up anew for each round. */
struct scene {
	struct pair pair;
	int pending;		/* the port of a client that connects */
	__u64 pending_id;	/* its connection request, received */
	__u64 request_id;	/* a request of the client's, received */
	__u64 to_client_id;	/* one of the server's, received */
	int accepted[2];	/* what either thread got */
};

enum { PATIENCE = NSEC_PER_MSEC };

static int act(int fd, __u32 flags, __u16 send, __u64 id)
{
	struct alpc_transfer t;
	char buf[16];

	transfer_init(&t, flags);
	if (flags & ALPC_TRANSFER_SEND)
		transfer_send(&t, send, id, "race", 4);
	transfer_receive(&t, buf, sizeof(buf));
	t.timeout = PATIENCE;
	return alpc_transfer(fd, &t);
}

static int act_close(int *fd)
{
	return close(*fd) ? -errno : 0;
}

static int act_poll(struct scene *s)
{
	struct pollfd fds[] = {
		{ .fd = s->pair.port, .events = POLLIN | POLLOUT },
		{ .fd = s->pair.client, .events = POLLIN },
		{ .fd = s->pair.server, .events = POLLIN },
	};

	return poll(fds, ARRAY_SIZE(fds), 2) < 0 ? -errno : 0;
}

static int act_info(struct scene *s)
{
	struct alpc_port_info info;

	return alpc_info(s->pair.port, &info) ?: alpc_info(s->pair.client, &info) ?:
	       alpc_info(s->pair.server, &info);
}

enum act {
	SEND, SEND_TO_CLIENT, CALL, CALL_CLIENT, RECEIVE, RECEIVE_AT_CLIENT, REPLY,
	REPLY_AND_RECEIVE, CLIENT_REPLIES, CALL_BACK, ACCEPT, REFUSE, DISCONNECT,
	SERVER_DISCONNECTS, CLOSE_CLIENT, CLOSE_SERVER, CLOSE_PORT, CLOSE_PENDING, POLL, INFO,
	NOTIFY, ACTS,
};

static int perform(struct scene *s, enum act what, int thread)
{
	const __u32 call = ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT;
	struct pair *pair = &s->pair;

	switch (what) {
	case SEND:
		return act(pair->client, ALPC_TRANSFER_SEND, 0, 0);
	case SEND_TO_CLIENT:
		return act(pair->server, ALPC_TRANSFER_SEND, 0, 0);
	case CALL:
		return act(pair->client, call, ALPC_SEND_REQUEST, 0);
	case CALL_CLIENT:
		return act(pair->server, call, ALPC_SEND_REQUEST, 0);
	case RECEIVE:
		return act(pair->port, ALPC_TRANSFER_RECEIVE, 0, 0);
	case RECEIVE_AT_CLIENT:
		return act(pair->client, ALPC_TRANSFER_RECEIVE, 0, 0);
	case REPLY:
		return act(pair->port, ALPC_TRANSFER_SEND, ALPC_SEND_REPLY, s->request_id);
	case REPLY_AND_RECEIVE:
		return act(pair->port, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE,
			   ALPC_SEND_REPLY, s->request_id);
	case CLIENT_REPLIES:
		return act(pair->client, ALPC_TRANSFER_SEND, ALPC_SEND_REPLY, s->to_client_id);
	case CALL_BACK:
		return act(pair->server, call, ALPC_SEND_CALLBACK, s->request_id);
	case ACCEPT:
		s->accepted[thread] = alpc_accept_id(pair->port, s->pending_id, 7);
		return s->accepted[thread] < 0 ? s->accepted[thread] : 0;
	case REFUSE:
		return alpc_refuse(pair->port, s->pending_id, "no", 2);
	case DISCONNECT:
		return alpc_disconnect(pair->client);
	case SERVER_DISCONNECTS:
		return alpc_disconnect(pair->server);
	case CLOSE_CLIENT:
		return act_close(&pair->client);
	case CLOSE_SERVER:
		return act_close(&pair->server);
	case CLOSE_PORT:
		return act_close(&pair->port);
	case CLOSE_PENDING:
		return act_close(&s->pending);
	case POLL:
		return act_poll(s);
	case INFO:
		return act_info(s);
	case NOTIFY:
		return alpc_notify_exit(pair->client, 1);
	default:
		return -EDOM;	/* in no list of what can happen */
	}
}

static bool is_known(int result)
{
	static const int known[] = {
		0, -EAGAIN, -EBADF, -EBADMSG, -EBUSY, -ECANCELED, -EEXIST, -ENOTCONN, -EPIPE,
		-ESRCH, -ETIMEDOUT,
		/* A descriptor that was closed is some other port's now. */
		-EOPNOTSUPP, -ECONNRESET, -ECONNREFUSED,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (result == known[i])
			return true;
	}
	return false;
}

static int scene_open(struct scene *s)
{
	struct alpc_msg msg;
	char buf[16];
	int err;

	s->accepted[0] = -1;
	s->accepted[1] = -1;
	err = pair_open(&s->pair, NULL);
	if (err)
		return err;
	s->pending = alpc_connect_async(s->pair.name);
	if (s->pending < 0)
		return s->pending;
	err = alpc_receive_nowait(s->pair.port, &msg, buf, sizeof(buf));
	s->pending_id = msg.id;
	err = err ?: alpc_request_async(s->pair.client, "q", 1, 0, 0, NULL);
	err = err ?: alpc_receive_nowait(s->pair.port, &msg, buf, sizeof(buf));
	s->request_id = msg.id;
	err = err ?: alpc_request_async(s->pair.server, "q", 1, 0, 0, NULL);
	err = err ?: alpc_receive_nowait(s->pair.client, &msg, buf, sizeof(buf));
	s->to_client_id = msg.id;
	err = err ?: alpc_send(s->pair.client, "d", 1);
	return err ?: alpc_send(s->pair.server, "d", 1);
}

/* A thread that performs what it is told, at the same time as the main one. */
struct partner {
	struct worker worker;
	struct scene *scene;
	enum act what;
	int result;
	unsigned int turn;	/* odd: perform; even: done */
	bool stop;
};

static int partner(void *arg)
{
	struct partner *p = arg;
	unsigned int turn;

	for (turn = 1;; turn += 2) {
		while (__atomic_load_n(&p->turn, __ATOMIC_ACQUIRE) != turn)
			sched_yield();
		if (p->stop)
			return 0;
		p->result = perform(p->scene, p->what, 1);
		__atomic_store_n(&p->turn, turn + 1, __ATOMIC_RELEASE);
	}
}

/* Both at once; each of the two is the first one half of the time. */
static int race(struct partner *p, enum act what, bool delay)
{
	unsigned int turn = p->turn + 1;
	int result;

	__atomic_store_n(&p->turn, turn, __ATOMIC_RELEASE);
	if (delay)
		sched_yield();
	result = perform(p->scene, what, 0);
	while (__atomic_load_n(&p->turn, __ATOMIC_ACQUIRE) != turn + 1)
		sched_yield();
	return result;
}

FIXTURE(race)
{
	struct scene scene;
	struct partner partner;
};

FIXTURE_VARIANT(race)
{
	enum act what;
};

#define RACE(name, act) FIXTURE_VARIANT_ADD(race, name) { .what = act }

RACE(call, CALL);
RACE(call_of_client, CALL_CLIENT);
RACE(receive, RECEIVE);
RACE(receive_at_client, RECEIVE_AT_CLIENT);
RACE(reply, REPLY);
RACE(reply_and_receive, REPLY_AND_RECEIVE);
RACE(callback, CALL_BACK);
RACE(accept, ACCEPT);
RACE(refuse, REFUSE);
RACE(disconnect, DISCONNECT);
RACE(server_disconnects, SERVER_DISCONNECTS);
RACE(close_client, CLOSE_CLIENT);
RACE(close_server, CLOSE_SERVER);
RACE(close_port, CLOSE_PORT);
RACE(close_pending, CLOSE_PENDING);

FIXTURE_SETUP(race)
{
	self->partner.scene = &self->scene;
	ASSERT_EQ(0, worker_start(&self->partner.worker, partner, &self->partner));
}

FIXTURE_TEARDOWN(race)
{
	self->partner.stop = true;
	__atomic_store_n(&self->partner.turn, self->partner.turn + 1, __ATOMIC_RELEASE);
	worker_join(&self->partner.worker);
}

/* Each of them, with another of the same in the other thread, too. */
TEST_F(race, abuse_19_with_everything_else)
{
	enum { ROUNDS = 2 };
	struct scene *s = &self->scene;
	/* Everything that a round opens comes after the device. */
	const int first = alpc_device() + 1;
	int result, round, fd;
	enum act other;

	for (other = 0; other < ACTS; other++) {
		for (round = 0; round < ROUNDS; round++) {
			ASSERT_EQ(0, scene_open(s));
			self->partner.what = other;
			result = race(&self->partner, variant->what, round & 1);
			EXPECT_TRUE(is_known(result)) {
				TH_LOG("%d beside %d: %s", variant->what, other, strerror(-result));
			}
			EXPECT_TRUE(is_known(self->partner.result)) {
				TH_LOG("%d beside %d: %s", other, variant->what,
				       strerror(-self->partner.result));
			}
			/* Twice: only once. */
			if (other == variant->what &&
			    (other == ACCEPT || other == REFUSE || other == REPLY))
				EXPECT_EQ(1, !result + !self->partner.result);
			/* Some are closed already. */
			for (fd = first; fd < first + 8; fd++)
				close(fd);
			EXPECT_EQ(-ENOENT, alpc_connect_async(s->pair.name));
		}
	}
}

/* --- once only ------------------------------------------------------------ */

struct replier {
	struct worker worker;
	int fd;
	__u64 *id;
	unsigned int *go;
	unsigned int rounds;
	unsigned int number;
	unsigned int won;
	bool failed;
};

static int reply_in_rounds(void *arg)
{
	struct replier *r = arg;
	unsigned int round;
	int err;

	for (round = 1; round <= r->rounds; round++) {
		while (__atomic_load_n(r->go, __ATOMIC_ACQUIRE) / 3 != round)
			sched_yield();
		err = alpc_reply(r->fd, *r->id, &r->number, sizeof(r->number));
		r->won += !err;
		if (err && err != -ESRCH)
			return err;
		__atomic_add_fetch(r->go, 1, __ATOMIC_RELEASE);
	}
	return 0;
}

FIXTURE(once)
{
	struct pair pair;
	char buf[64];
};

FIXTURE_SETUP(once)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
}

FIXTURE_TEARDOWN(once)
{
	pair_close(&self->pair);
}

/* Through the connection port, and through the server's port of the client. */
TEST_F(once, abuse_15_two_threads_answer_one_request)
{
	enum { ROUNDS = 200 };
	unsigned int go = 0, round, winner, got[2] = {};
	struct replier replier[2];
	struct alpc_msg msg;
	__u64 id;
	int i;

	for (i = 0; i < 2; i++) {
		replier[i] = (struct replier){
			.fd = i ? self->pair.server : self->pair.port, .id = &id, .go = &go,
			.rounds = rounds(ROUNDS), .number = i,
		};
		ASSERT_EQ(0, worker_start(&replier[i].worker, reply_in_rounds, &replier[i]));
	}
	for (round = 1; round <= rounds(ROUNDS); round++) {
		ASSERT_EQ(0, alpc_request_async(self->pair.client, "q", 1, round, 0, NULL));
		TAKE(ALPC_REQUEST, self->pair.port, &msg, self->buf);
		id = msg.id;
		__atomic_store_n(&go, round * 3, __ATOMIC_RELEASE);
		while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) != round * 3 + 2)
			sched_yield();
		TAKE(ALPC_REPLY, self->pair.client, &msg, self->buf);
		ASSERT_EQ(round, msg.cookie);
		memcpy(&winner, self->buf, sizeof(winner));
		ASSERT_GE(1, winner);
		got[winner]++;
		NOTHING(self->pair.client);
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, worker_join(&replier[i].worker));
		EXPECT_EQ(got[i], replier[i].won);
	}
	EXPECT_EQ(rounds(ROUNDS), got[0] + got[1]);
}

/* --- a port that comes and goes ------------------------------------------- */

struct connector {
	struct worker worker;
	const char *name;
	bool stop;
	unsigned int connected, refused;
};

static int connect_again_and_again(void *arg)
{
	struct connector *c = arg;
	struct alpc_connect connect;
	int fd;

	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		connect = connect_args(c->name);
		fd = alpc_connect_with(&connect);
		if (fd >= 0) {
			c->connected++;
			close(fd);
		} else if (fd == -ENOENT || fd == -ECONNRESET) {
			c->refused++;
		} else {
			return fd;
		}
	}
	return 0;
}

TEST_F(once, clients_connect_while_the_port_comes_and_goes)
{
	struct connector connector[3];
	const char *name = unique_name();
	struct alpc_msg msg;
	unsigned int i, round, accepted = 0;
	int port, server;

	for (i = 0; i < ARRAY_SIZE(connector); i++) {
		connector[i] = (struct connector){ .name = name };
		ASSERT_EQ(0, worker_start(&connector[i].worker, connect_again_and_again,
					  &connector[i]));
	}
	for (round = 0; round < 100; round++) {
		port = alpc_create(name);
		ASSERT_LE(0, port);
		while (round & 1) {
			ASSERT_EQ(0, alpc_receive(port, &msg, self->buf, sizeof(self->buf)));
			if (msg.type != ALPC_CONNECTION_REQUEST)
				continue;
			server = alpc_accept_id(port, msg.id, 1);
			ASSERT_LE(0, server);
			accepted++;
			close(server);
			break;
		}
		close(port);
	}
	for (i = 0; i < ARRAY_SIZE(connector); i++)
		__atomic_store_n(&connector[i].stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(connector); i++) {
		EXPECT_EQ(0, worker_join(&connector[i].worker));
		accepted -= connector[i].connected;
	}
	EXPECT_EQ(0, accepted);
}

/* --- a port that is passed on while it is used ---------------------------- */

TEST_F(once, port_is_passed_on_during_a_call)
{
	struct transfer_worker caller;
	struct child child;
	struct alpc_msg msg;
	char in[16];

	transfer_init(&caller.transfer, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&caller.transfer, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(&caller.transfer, in, sizeof(in));
	ASSERT_LE(0, child_start(&child));
	if (!child.pid) {
		int fd;

		pair_close(&self->pair);
		fd = child_get_fd(&child);
		child_exit(fd >= 0 && !alpc_send(fd, "child", 5));
	}
	ASSERT_EQ(0, worker_transfer(&caller, self->pair.client));
	ASSERT_EQ(0, worker_blocked(&caller.worker));
	ASSERT_EQ(0, child_put_fd(&child, self->pair.client));
	close_fd(&self->pair.client);
	AWAIT(ALPC_REQUEST, self->pair.port, &msg, self->buf);
	ASSERT_EQ(0, child_end(&child));
	ASSERT_EQ(0, alpc_reply(self->pair.port, msg.id, "reply", 5));
	EXPECT_EQ(0, worker_join(&caller.worker));
	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, self->buf);
	EXPECT_EQ(child.pid, msg.pid);
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &msg, self->buf);
}

TEST_HARNESS_MAIN
