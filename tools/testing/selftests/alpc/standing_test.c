// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that stand still, stopped by a signal or frozen with their cgroup, in each
 * state that they can be in: what the other side does meanwhile is there when they go on,
 * both agree about what was cancelled, and one that is killed instead leaves nothing.
 * Where the whole machine is suspended, nothing is cancelled.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>

#include "alpc_completion.h"
#include "alpc_vector.h"
#include "alpc_view.h"

enum { ROOM = 4 };

/* A client process, its port and server, as both processes see them. */
struct place {
	struct pair pair;
	struct child child;
	int fd;			/* the client's port, or the server's for it */
	int completion;
	__u32 value;		/* what the child tells before it waits */
	__u64 request;		/* what the server has received and not answered */
	struct section section;
};

/*
 * What a client waits for, and what the server does. Those that return int give 0, or
 * what was wrong.
 */
struct state {
	const char *name;
	/* In the client: gives what it tells; waits. */
	int (*prepare)(struct place *place);
	int (*wait)(struct place *place);
	/* In the server: when the client waits, stands still, goes on. */
	int (*before)(struct place *place);
	int (*meanwhile)(struct place *place);
	int (*after)(struct place *place);
	int result;		/* of the wait */
	int end;		/* likewise, if the server closes everything meanwhile */
	/* In the server, if the wait was not given up: ends it, with that result. */
	int (*serve)(struct place *place);
	int served;
};

static int take(struct place *place, __u16 type)
{
	struct alpc_msg msg;
	char buf[64];
	int err = alpc_receive(place->pair.port, &msg, buf, sizeof(buf));

	place->request = msg.id;
	return err ?: msg.type == type ? 0 : -EBADMSG;
}

static int nothing(struct place *place)
{
	struct alpc_msg msg;
	char buf[64];
	int err = alpc_receive_nowait(place->pair.port, &msg, buf, sizeof(buf));

	return err == -EAGAIN && !alpc_unanswered(place->pair.port) ? 0 : -EBADMSG;
}

/* --- calls ---------------------------------------------------------------- */

static int wait_call(struct place *place)
{
	struct alpc_msg reply;
	char buf[16];
	int err = alpc_call(place->fd, "call", 4, &reply, buf, sizeof(buf));

	return err ?: reply.type == ALPC_REPLY && !memcmp(buf, "reply", 5) ? 0 : -EBADMSG;
}

static int take_request(struct place *place)
{
	return take(place, ALPC_REQUEST);
}

static int take_and_answer(struct place *place)
{
	return take_request(place) ?: alpc_reply(place->pair.port, place->request, "reply", 5);
}

/* Who stands still has given up, and will be told so; the server is told now. */
static int answer_too_late(struct place *place)
{
	return alpc_reply(place->pair.port, place->request, "reply", 5) == -ECANCELED ?
	       nothing(place) : -EBADMSG;
}

/* A request whose reply is waited for by its id. */
static int ask(struct place *place)
{
	return alpc_request_async(place->fd, "ask", 3, 1, 16, &place->request);
}

static int wait_reply(struct place *place)
{
	struct alpc_msg reply;
	char buf[16];
	int err = alpc_await_reply(place->fd, place->request, ALPC_INFINITE, &reply, buf,
				   sizeof(buf));

	return err ?: reply.type == ALPC_REPLY && !memcmp(buf, "reply", 5) ? 0 : -EBADMSG;
}

static int answer(struct place *place)
{
	return alpc_reply(place->pair.port, place->request, "reply", 5);
}

/* --- receiving and sending ------------------------------------------------ */

static int wait_message(struct place *place)
{
	struct alpc_msg msg;
	char buf[16];
	int err = alpc_receive(place->fd, &msg, buf, sizeof(buf));

	return err ?: msg.type == ALPC_DATAGRAM && !memcmp(buf, "datagram", 8) ? 0 : -EBADMSG;
}

static int wait_vector(struct place *place)
{
	struct alpc_msg msg[2] = {};
	struct alpc_vector vector;
	char buf[2][16];
	int err;

	msg[0].data = address(buf[0]);
	msg[1].data = address(buf[1]);
	msg[0].len = sizeof(buf[0]);
	msg[1].len = sizeof(buf[1]);
	err = alpc_vector(place->fd, &vector, 0, NULL, 0, msg, 2);
	return err ?: vector.out_received == 1 && !memcmp(buf[0], "datagram", 8) ? 0 : -EBADMSG;
}

static int send_to_client(struct place *place)
{
	return alpc_send(place->fd, "datagram", 8);
}

static int fill_queue(struct place *place)
{
	int err;

	for (place->value = 0; ; place->value++) {
		err = alpc_send_nowait(place->fd, "fill", 4);
		if (err)
			return err == -EAGAIN ? 0 : err;
	}
}

static int wait_room(struct place *place)
{
	return alpc_send(place->fd, "datagram", 8);
}

static int drain(struct place *place)
{
	int err = 0;

	while (place->value-- && !err)
		err = take(place, ALPC_DATAGRAM);
	return err ?: nothing(place);
}

/* With what waited for room. */
static int drain_all(struct place *place)
{
	place->value++;
	return drain(place);
}

static int take_datagram(struct place *place)
{
	return take(place, ALPC_DATAGRAM);
}

/* --- connecting ----------------------------------------------------------- */

/* What it has asked is taken back. */
static int wait_connect(struct place *place)
{
	return error_of(alpc_connect_to(place->pair.name));
}

static int refuse(struct place *place)
{
	return take(place, ALPC_CONNECTION_REQUEST) ?:
	       alpc_refuse(place->pair.port, place->request, NULL, 0);
}

/* --- words and packets ---------------------------------------------------- */

static int make_word(struct place *place)
{
	int err = section_make(place->fd, 1, ALPC_SECTION_PEER_WRITE, &place->section);

	place->value = place->section.id;
	return err;
}

static int quick(struct place *place, unsigned long command, __u32 value)
{
	struct alpc_quick arg = {
		.size = sizeof(arg), .section = place->value, .offset = 64, .value = value,
		.timeout = command == ALPC_IOC_QUICK_WAIT ? ALPC_INFINITE : 0,
	};

	return alpc_ioctl(place->fd, command, &arg);
}

static int wait_word(struct place *place)
{
	__u32 *word = (__u32 *)(place->section.mem + 64);
	int err;

	do {
		err = quick(place, ALPC_IOC_QUICK_WAIT, 0);
	} while (!err && !__atomic_load_n(word, __ATOMIC_ACQUIRE));
	return err;
}

static int write_word(struct place *place)
{
	int err = section_open(place->fd, place->value, &place->section);

	if (err)
		return err;
	__atomic_store_n((__u32 *)(place->section.mem + 64), 1, __ATOMIC_SEQ_CST);
	section_close(&place->section);
	return quick(place, ALPC_IOC_QUICK_WAKE, 0);
}

static int wait_packet(struct place *place)
{
	struct alpc_packet packet;
	int n = wait_packets(place->completion, &packet, 1, ALPC_INFINITE);

	return n == 1 && packet.key == 3 ? 0 : n < 0 ? n : -EBADMSG;
}

static int post_packet(struct place *place)
{
	return post(place->completion, 3, 0);
}

static int stays(struct place *place)
{
	return state_of(place->completion).out_packets == 1 ? 0 : -EBADMSG;
}

static int post_packet_that_stays(struct place *place)
{
	return post_packet(place) ?: stays(place);
}

static const struct state states[] = {
	{
		"in a call that nobody has received", NULL, wait_call,
		NULL, nothing, take_and_answer, 0, -EPIPE,
		take_and_answer, 0,
	}, {
		"in a call that was received", NULL, wait_call,
		take_request, answer_too_late, NULL, -EINTR, -EINTR,
		answer, 0,
	}, {
		"waiting for one reply", ask, wait_reply,
		take_request, answer, NULL, 0, -EPIPE,
		answer, 0,
	}, {
		"receiving", NULL, wait_message,
		NULL, send_to_client, NULL, 0, -EPIPE,
		send_to_client, 0,
	}, {
		"receiving a vector", NULL, wait_vector,
		NULL, send_to_client, NULL, 0, -EPIPE,
		send_to_client, 0,
	}, {
		"waiting for room", fill_queue, wait_room,
		NULL, drain, take_datagram, 0, -EPIPE,
		drain_all, 0,
	}, {
		"connecting", NULL, wait_connect,
		NULL, nothing, NULL, -EINTR, -EINTR,
		refuse, -ECONNREFUSED,
	}, {
		"waiting for a word", make_word, wait_word,
		NULL, write_word, NULL, 0, -EPIPE,
		write_word, 0,
	}, {
		"waiting for a packet", NULL, wait_packet,
		NULL, post_packet_that_stays, NULL, 0, 0,
		post_packet, 0,
	},
};

/* --- the tests ------------------------------------------------------------ */

FIXTURE(standing)
{
	struct place place;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_VARIANT(standing)
{
	bool frozen;
};

FIXTURE_VARIANT_ADD(standing, signal) { .frozen = false };
FIXTURE_VARIANT_ADD(standing, freezer) { .frozen = true };

FIXTURE_SETUP(standing)
{
	self->place.completion = completion_create(0);
	ASSERT_LE(0, self->place.completion);
}

FIXTURE_TEARDOWN(standing)
{
	close_fd(&self->place.completion);
	freezer_remove();
}

static _Noreturn void be_client(struct place *place, const struct state *state)
{
	int result = state->prepare ? state->prepare(place) : 0;

	if (result || child_put(&place->child, &place->value, sizeof(place->value)))
		_exit(1);
	result = state->wait(place);
	child_put(&place->child, &result, sizeof(result));
	child_wait(&place->child);
	_exit(0);
}

/* A client that is in that state. */
static int bring(struct place *place, const struct state *state)
{
	const struct alpc_create_port options = { .queue_messages = ROOM };
	int err = pair_open(&place->pair, &options);
	int pid;

	place->value = 0;
	if (err)
		return err;
	pid = client_start(&place->pair, &place->child, 1, &place->fd);
	if (!pid)
		be_client(place, state);
	err = pid < 0 ? pid : child_get(&place->child, &place->value, sizeof(place->value));
	if (!err && state->before)
		err = state->before(place);
	return err ?: client_blocked(&place->child);
}

/* One that stands still in it. */
static int stand(struct place *place, const struct state *state, bool frozen)
{
	int err = bring(place, state) ?: frozen ? freezer_enter(place->child.pid) : 0;

	return err ?: child_stand(&place->child, frozen);
}

static int let_go_on(struct place *place, bool frozen, int *result)
{
	return child_go_on(&place->child, frozen) ?:
	       child_get(&place->child, result, sizeof(*result));
}

static void close_place(struct place *place)
{
	close_fd(&place->fd);
	pair_close(&place->pair);
}

#define FOR_EACH_STATE(state) \
	for ((state) = states; (state) < states + ARRAY_SIZE(states); (state)++)

TEST_F(standing, abuse_57_clients_find_what_was_done_meanwhile)
{
	struct place *place = &self->place;
	const struct state *state;
	int result;

	FOR_EACH_STATE(state) {
		ASSERT_EQ(0, stand(place, state, variant->frozen))
			TH_LOG("%s", state->name);
		ASSERT_EQ(0, state->meanwhile(place))
			TH_LOG("%s", state->name);
		/* Others are served. */
		if (state->meanwhile != nothing)
			ASSERT_EQ(0, pair_works(&place->pair));
		ASSERT_EQ(0, child_go_on(&place->child, variant->frozen));
		if (state->after)
			ASSERT_EQ(0, state->after(place))
				TH_LOG("%s", state->name);
		ASSERT_EQ(0, child_get(&place->child, &result, sizeof(result)));
		EXPECT_EQ(state->result, result)
			TH_LOG("%s", state->name);
		EXPECT_EQ(0, pair_works(&place->pair))
			TH_LOG("%s", state->name);
		child_kill(&place->child);
		close_place(place);
	}
}

TEST_F(standing, abuse_57_clients_find_that_the_server_has_gone)
{
	struct place *place = &self->place;
	const struct state *state;
	int result;

	FOR_EACH_STATE(state) {
		if (!state->end)
			continue;
		ASSERT_EQ(0, stand(place, state, variant->frozen))
			TH_LOG("%s", state->name);
		close_place(place);
		ASSERT_EQ(0, let_go_on(place, variant->frozen, &result));
		EXPECT_EQ(state->end, result)
			TH_LOG("%s", state->name);
		child_kill(&place->child);
	}
}

TEST_F(standing, abuse_57_clients_that_are_killed_leave_nothing)
{
	struct place *place = &self->place;
	const struct state *state;

	FOR_EACH_STATE(state) {
		ASSERT_EQ(0, stand(place, state, variant->frozen))
			TH_LOG("%s", state->name);
		child_kill(&place->child);
		do {
			ASSERT_EQ(0, alpc_receive(place->pair.port, &self->msg, self->buf,
						  sizeof(self->buf)));
			EXPECT_NE(ALPC_CONNECTION_REQUEST, self->msg.type);
			EXPECT_NE(ALPC_REQUEST, self->msg.type);
		} while (self->msg.type != ALPC_PORT_CLOSED);
		EXPECT_EQ(0, nothing(place))
			TH_LOG("%s", state->name);
		EXPECT_EQ(0, pair_works(&place->pair));
		close_place(place);
		if (variant->frozen)
			ASSERT_EQ(0, freezer_set(false));
	}
}

/* --- the server ----------------------------------------------------------- */

/*
 * The same with the server, which has taken a request: its client waits, and is answered,
 * or told of the end, whatever happened to its callback meanwhile.
 */
struct server {
	struct child child;
	const char *name;
	int client;
	struct transfer_worker call;
	char in[16];
};

/* In the child: take a request, call back if that is wanted, and reply. */
static _Noreturn void be_server(struct server *server, bool calls_back)
{
	struct alpc_msg msg, reply;
	int port = alpc_create(server->name), called = 0;
	char buf[16];

	if (port < 0 || child_signal(&server->child) ||
	    alpc_receive(port, &msg, buf, sizeof(buf)) ||
	    alpc_accept_id(port, msg.id, 1) < 0 || alpc_receive(port, &msg, buf, sizeof(buf)) ||
	    child_signal(&server->child))
		_exit(1);
	if (calls_back)
		called = alpc_callback(port, msg.id, "back", 4, &reply, buf, sizeof(buf));
	else
		child_wait(&server->child);
	if (child_put(&server->child, &called, sizeof(called)))
		_exit(1);
	child_exit(!alpc_reply(port, msg.id, "reply", 5));
}

static int server_start(struct server *server, bool calls_back)
{
	struct alpc_transfer *t = &server->call.transfer;
	int err;

	server->name = unique_name();
	err = child_start(&server->child);
	if (err < 0)
		return err;
	if (!server->child.pid)
		be_server(server, calls_back);
	err = child_wait(&server->child);
	server->client = err ?: alpc_connect_to(server->name);
	if (server->client < 0)
		return server->client;
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(t, server->in, sizeof(server->in));
	return worker_transfer(&server->call, server->client) ?: child_wait(&server->child);
}

FIXTURE(server)
{
	struct server server;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_VARIANT(server)
{
	bool frozen;
};

FIXTURE_VARIANT_ADD(server, signal) { .frozen = false };
FIXTURE_VARIANT_ADD(server, freezer) { .frozen = true };

FIXTURE_SETUP(server)
{
}

FIXTURE_TEARDOWN(server)
{
	close_fd(&self->server.client);
	freezer_remove();
}

TEST_F(server, abuse_57_answers_when_it_goes_on)
{
	struct server *server = &self->server;
	int called;

	ASSERT_EQ(0, server_start(server, false));
	ASSERT_EQ(0, freezer_enter(server->child.pid));
	ASSERT_EQ(0, worker_blocked(&server->call.worker));
	ASSERT_EQ(0, child_stand(&server->child, variant->frozen));
	ASSERT_EQ(0, child_signal(&server->child));
	EXPECT_FALSE(worker_done(&server->call.worker));
	ASSERT_EQ(0, child_go_on(&server->child, variant->frozen));
	EXPECT_EQ(0, worker_join(&server->call.worker));
	EXPECT_EQ(ALPC_REPLY, server->call.transfer.recv.type);
	ASSERT_EQ(0, child_get(&server->child, &called, sizeof(called)));
	EXPECT_EQ(0, child_end(&server->child));
}

/* Its callback is over when it stands still; the client's call is not. */
TEST_F(server, abuse_57_gives_its_callback_up_and_not_the_call)
{
	struct server *server = &self->server;
	struct alpc_transfer *t = &server->call.transfer;
	__u64 callback, call;
	int called;

	ASSERT_EQ(0, server_start(server, true));
	ASSERT_EQ(0, freezer_enter(server->child.pid));
	ASSERT_EQ(0, worker_join(&server->call.worker));
	ASSERT_EQ(ALPC_REQUEST, t->recv.type);
	callback = t->recv.id;
	call = t->recv.call;
	ASSERT_EQ(0, client_blocked(&server->child));
	ASSERT_EQ(0, child_stand(&server->child, variant->frozen));
	EXPECT_EQ(-ECANCELED, alpc_reply(server->client, callback, "answer", 6));
	ASSERT_EQ(0, child_go_on(&server->child, variant->frozen));
	ASSERT_EQ(0, child_get(&server->child, &called, sizeof(called)));
	EXPECT_EQ(-EINTR, called);
	EXPECT_EQ(0, alpc_await_reply(server->client, call, ALPC_INFINITE, &self->msg, self->buf,
				      sizeof(self->buf)));
	EXPECT_EQ(ALPC_REPLY, self->msg.type);
	EXPECT_EQ(0, child_end(&server->child));
}

TEST_F(server, abuse_57_that_is_killed_ends_the_call)
{
	struct server *server = &self->server;

	ASSERT_EQ(0, server_start(server, false));
	ASSERT_EQ(0, freezer_enter(server->child.pid));
	ASSERT_EQ(0, worker_blocked(&server->call.worker));
	ASSERT_EQ(0, child_stand(&server->child, variant->frozen));
	child_kill(&server->child);
	EXPECT_EQ(-EPIPE, worker_join(&server->call.worker));
	EXPECT_EQ(-ENOENT, alpc_connect_to(server->name));
	if (variant->frozen)
		ASSERT_EQ(0, freezer_set(false));
}

/* --- the whole machine ---------------------------------------------------- */

#define POWER	"/sys/power/"
#define SUSPENDS	POWER "suspend_stats/success"
#define NAP	"/sys/module/suspend/parameters/pm_test_delay"

FIXTURE(machine)
{
	struct place place[ARRAY_SIZE(states)];
	char nap[16];			/* what it is usually */
};

FIXTURE_SETUP(machine)
{
	char how[64];
	size_t i;

	if (access(POWER "pm_test", W_OK) ||
	    read_file(POWER "mem_sleep", how, sizeof(how)) < 0 || !strstr(how, "[deep]"))
		SKIP(return, "this machine cannot try to be suspended");
	/*
	 * All of it but the last step, after which something has to wake it: what does that
	 * may come too early, and then the machine sleeps on.
	 */
	ASSERT_EQ(0, write_file(POWER "pm_test", "core"));
	ASSERT_LT(0, read_file(NAP, self->nap, sizeof(self->nap)));
	ASSERT_EQ(0, write_file(NAP, "1"));
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		self->place[i].completion = completion_create(0);
		ASSERT_LE(0, self->place[i].completion);
		ASSERT_EQ(0, bring(&self->place[i], &states[i]))
			TH_LOG("%s", states[i].name);
	}
}

FIXTURE_TEARDOWN(machine)
{
	if (!self->nap[0])
		return;
	write_file(NAP, self->nap);
	write_file(POWER "pm_test", "none");
}

/* How often this machine was suspended. */
static int suspends(void)
{
	char text[16];
	int err = read_file(SUSPENDS, text, sizeof(text));

	return err < 0 ? err : atoi(text);
}

/* Nobody's wait is given up, and what is sent afterwards is received. */
TEST_F(machine, abuse_57_that_was_suspended_has_everybody_wait_as_before)
{
	int before = suspends(), result;
	size_t i;

	ASSERT_LE(0, before);
	ASSERT_EQ(0, write_file(POWER "state", "mem"));
	ASSERT_EQ(before + 1, suspends());
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		struct place *place = &self->place[i];

		ASSERT_EQ(0, states[i].serve(place))
			TH_LOG("%s", states[i].name);
		ASSERT_EQ(0, child_get(&place->child, &result, sizeof(result)));
		EXPECT_EQ(states[i].served, result)
			TH_LOG("%s", states[i].name);
		EXPECT_EQ(0, pair_works(&place->pair))
			TH_LOG("%s", states[i].name);
		child_kill(&place->child);
		close_fd(&place->completion);
		close_place(place);
	}
}

TEST_HARNESS_MAIN
