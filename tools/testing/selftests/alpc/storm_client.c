// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clients of a storm: one thread each, which connects to any of the servers and does
 * everything that there is, until it is killed, has done enough, or the storm is over.
 *
 * None of them waits with a limit of time for what has to come: who is forgotten stays.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <sched.h>

#include "alpc_completion.h"
#include "alpc_fds.h"
#include "storm.h"

/* The server has gone: what was this client doing? */
static void lost(__u16 conn, enum storm_state state)
{
	if (server_was_killed(conn))
		reach(state);
}

static bool stopped(void)
{
	return __atomic_load_n(&ledger->stop_clients, __ATOMIC_ACQUIRE);
}

static __u32 any_length(struct desk *desk)
{
	__u32 most = draw(desk, 8) ? 128 : BUFFER - sizeof(struct letter);

	return sizeof(struct letter) + draw(desk, most);
}

/* --- connecting ------------------------------------------------------------ */

static int await_connected(struct desk *desk, int port)
{
	int err;

	transfer_init(&desk->t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&desk->t, desk->in, BUFFER);
	err = desk_transfer(desk, port, AT_CONNECT);
	if (!err && desk->t.recv.type == ALPC_CONNECTION_REFUSED)
		err = -ECONNREFUSED;
	if (err)
		close(port);
	return err;
}

static int connect_somehow(struct desk *desk, int slot)
{
	struct alpc_connect arg = connect_args(server_name(slot));
	int port, err;

	arg.send_data = address(desk->out);
	arg.send_len = letter_out(desk)->len;
	arg.queue_messages = 8;
	if (!draw(desk, 4))
		arg.flags = ALPC_CONNECT_ASYNC;
	else if (!draw(desk, 4))
		arg.timeout = draw(desk, 4) * NSEC_PER_MSEC;
	desk->at = AT_CONNECT;
	port = alpc_connect_with(&arg);
	if (port < 0 || !arg.flags)
		return port;
	err = await_connected(desk, port);
	return err ?: port;
}

static void op_connect(struct desk *desk)
{
	struct link *link = link_find(life_of(desk), -1);
	__u32 number = __atomic_fetch_add(&ledger->conns_used, 1, __ATOMIC_RELAXED);
	int slot = draw(desk, SERVERS), port;
	struct conn *conn;

	if (number >= CONNS)
		ledger->conns_used = CONNS;
	if (number >= CONNS || !link)
		return;
	conn = &ledger->conns[number];
	conn->slot = slot;
	conn->kills = __atomic_load_n(&ledger->kills[slot], __ATOMIC_ACQUIRE);
	desk->conn = number;
	if (!letter_write(desk, letter_out(desk), number, KIND_CONNECT, sizeof(struct letter)))
		return;
	port = connect_somehow(desk, slot);
	if (port == -ECONNRESET)
		lost(number, conn->received ? LOST_CONNECT_TAKEN : LOST_CONNECT_QUEUED);
	if (port < 0) {
		if (!one_of(port, -ENOENT, -ECONNRESET, -ECONNREFUSED, -ETIMEDOUT, -EAGAIN, -EACCES,
			    0))
			fault(desk, "connecting: %d", port);
		usleep(500);
		return;
	}
	*link = (struct link){ .fd = port, .conn = number, .section.fd = -1 };
}

/* --- messages -------------------------------------------------------------- */

/* Write a message, and begin a transfer that sends it. */
static struct entry *begin(struct desk *desk, struct link *link, __u16 kind, __u32 flags)
{
	struct entry *entry;

	kind = parcel_possible(desk, link, kind);
	entry = letter_write(desk, letter_out(desk), link->conn, kind, any_length(desk));
	if (!entry)
		return NULL;
	desk->number = letter_out(desk)->number + 1;
	transfer_init(&desk->t, ALPC_TRANSFER_SEND | flags);
	transfer_send(&desk->t, (kind & KIND_MASK) == KIND_DATAGRAM ? 0 : ALPC_SEND_REQUEST, 0,
		      desk->out, letter_out(desk)->len);
	desk->t.send.cookie = cookie_of(letter_out(desk));
	parcel_add(desk, link, kind);
	return entry;
}

/* It was sent, or not. */
static void end(struct desk *desk, struct link *link, const struct entry *entry)
{
	parcel_sent(desk, link, entry->sent == SENT);
	desk->number = 0;
}

/* A reply that brings something is given back. */
static void let_go(struct desk *desk, struct link *link)
{
	struct alpc_msg msg = desk->t.recv;
	int err;

	if (!(msg.flags & ALPC_MSG_HELD))
		return;
	parcel_open(desk, link->fd, &msg, letter_in(desk));
	if (!draw(desk, 4))
		return;
	err = alpc_release(link->fd, msg.id);
	if (err)
		fault(desk, "giving back what a message of type %u brought: %d", msg.type, err);
}

static void op_datagram(struct desk *desk, struct link *link)
{
	__u16 kind = KIND_DATAGRAM | (draw(desk, 4) ? 0 : HAS_VIEW) |
		     (draw(desk, 4) ? 0 : HAS_FDS) | (draw(desk, 4) ? 0 : ASK_DATAGRAM) |
		     (draw(desk, 8) ? 0 : ASK_QUICK | HAS_VIEW);
	struct entry *entry = begin(desk, link, kind, ALPC_TRANSFER_DONTWAIT);
	int err;

	if (!entry)
		return;
	err = desk_transfer(desk, link->fd, AT_SEND);
	if (err == -EAGAIN) {
		desk->t.flags &= ~ALPC_TRANSFER_DONTWAIT;
		err = desk_transfer(desk, link->fd, AT_ROOM);
		if (err == -EPIPE)
			lost(link->conn, LOST_WAITING_FOR_ROOM);
	}
	end(desk, link, entry);
	if (!one_of(err, -EPIPE, 0))
		fault(desk, "a datagram of kind %x: %d", entry->kind, err);
	if (!err && entry->kind & ASK_QUICK)
		quick_ask(desk, link, letter_out(desk)->number + 1);
	if (err)
		link_close(link);
}

/* --- calls ----------------------------------------------------------------- */

/* Answer a callback, and go on waiting. */
static int answer_callback(struct desk *desk, struct link *link)
{
	struct entry *callback = entry_of(letter_in(desk));
	struct alpc_msg msg = desk->t.recv;
	int err;

	desk->at = AT_CALLED_BACK;
	if (draw(desk, 2))
		usleep(draw(desk, 300));
	desk->number = 0;
	letter_answer(letter_out(desk), letter_in(desk), any_length(desk));
	transfer_init(&desk->t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&desk->t, ALPC_SEND_REPLY, msg.id, desk->out, letter_out(desk)->len);
	transfer_receive(&desk->t, desk->in, BUFFER);
	desk->t.recv.call = msg.call;
	err = desk_transfer(desk, link->fd, AT_CALL_ON);
	if (desk->t.out_done & ALPC_DONE_SENT)
		callback->answer = 2;
	if (err == -EPIPE || err == -ECANCELED)
		lost(link->conn, LOST_CALLED_BACK);
	if (err == -ESRCH && !(desk->t.out_done & ALPC_DONE_SENT))
		err = -ECANCELED;
	if (err != -ECANCELED || desk->t.out_done & ALPC_DONE_SENT)
		return err;
	/* Whoever has called back is gone; another process may answer the call. */
	transfer_init(&desk->t, ALPC_TRANSFER_WAIT);
	transfer_receive(&desk->t, desk->in, BUFFER);
	desk->t.recv.call = msg.call;
	return desk_transfer(desk, link->fd, AT_CALL_ON);
}

static void op_call(struct desk *desk, struct link *link)
{
	__u16 kind = KIND_CALL | (draw(desk, 4) ? 0 : ASK_CALLBACK) |
		     (draw(desk, 4) ? 0 : ASK_LATE) | (draw(desk, 16) ? 0 : ASK_CANCEL) |
		     (draw(desk, 4) ? 0 : HAS_VIEW) | (draw(desk, 4) ? 0 : HAS_FDS) |
		     (draw(desk, 4) ? 0 : HAS_RANGE) | (draw(desk, 6) ? 0 : ASK_VIEW);
	struct entry *entry = begin(desk, link, kind, ALPC_TRANSFER_WAIT);
	bool timed = !draw(desk, 8);
	int err;

	if (!entry)
		return;
	transfer_receive(&desk->t, desk->in, BUFFER);
	parcel_want(desk, &desk->t.recv);
	if (timed)
		desk->t.timeout = draw(desk, 3000) * 1000;
	desk->call = desk->number;
	err = desk_transfer(desk, link->fd, AT_CALL);
	end(desk, link, entry);
	if (err == -EPIPE && entry->sent == SENT)
		lost(link->conn, entry->seen ? LOST_CALL_TAKEN : LOST_CALL_QUEUED);
	while (!err && desk->t.recv.type == ALPC_REQUEST)
		err = answer_callback(desk, link);
	if (!err && !entry->got)
		fault(desk, "a call got no answer of its own");
	if (!err)
		let_go(desk, link);
	desk->call = 0;
	if (err == -ETIMEDOUT ? !timed : err == -ECANCELED ? !(kind & ASK_CANCEL) :
	    !one_of(err, -EPIPE, 0))
		fault(desk, "a call of kind %x: %d", kind, err);
	if (err == -EPIPE)
		link_close(link);
}

/* --- asynchronous requests ------------------------------------------------- */

/* Receive one thing; -EAGAIN if there was none for a while. */
static int receive_one(struct desk *desk, struct link *link, __s64 timeout)
{
	int err;

	transfer_init(&desk->t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&desk->t, desk->in, BUFFER);
	parcel_want(desk, &desk->t.recv);
	desk->t.timeout = timeout;
	desk->number = 0;
	err = desk_transfer(desk, link->fd, AT_RECEIVE);
	if (!err) {
		if (server_was_killed(link->conn) && desk->t.recv.type == ALPC_REPLY)
			reach(LOST_BUT_ANSWERED);
		let_go(desk, link);
	} else if (err == -EPIPE) {
		lost(link->conn, LOST_RECEIVING);
		/* Another process that is killed may give something back after that. */
		if (!link->shared)
			ledger->conns[link->conn].drained = 1;
	}
	return err;
}

static bool is_settled(const struct entry *entry)
{
	return __atomic_load_n(&entry->got, __ATOMIC_ACQUIRE) || entry->withdrawn ||
	       entry->sent != SENT;
}

/* Wait for that one, before all that is queued; somebody else may have it already. */
static int await_one(struct desk *desk, struct link *link, struct entry *entry, __u64 id)
{
	int err;

	transfer_init(&desk->t, ALPC_TRANSFER_WAIT);
	transfer_receive(&desk->t, desk->in, BUFFER);
	desk->t.recv.call = id;
	err = desk_transfer(desk, link->fd, AT_AWAIT);
	if (!err) {
		let_go(desk, link);
	} else if (err == -ECANCELED && entry->kind & ASK_CANCEL) {
		entry->withdrawn = GIVEN_UP;
		err = 0;
	} else if (err == -ESRCH && (link->shared || entry->kind & ASK_CANCEL)) {
		err = receive_one(desk, link, NSEC_PER_MSEC);
	}
	return err;
}

static void cancel_one(struct desk *desk, struct link *link, struct entry *entry, __u64 id)
{
	int state;

	desk->at = AT_CANCEL;
	state = alpc_cancel(link->fd, id);
	if (state == ALPC_CANCELED_QUEUED)
		entry->withdrawn = UNSEEN;
	else if (state == ALPC_CANCELED_TAKEN ||
		 (state == -ECANCELED && entry->kind & ASK_CANCEL))
		entry->withdrawn = GIVEN_UP;
	else if (!one_of(state, -ESRCH, -EALREADY, 0))
		fault(desk, "cancelling: %d", state);
}

/* Until each of them is answered, or cannot be any more. */
static void collect(struct desk *desk, struct link *link, struct entry **entries,
		    const __u64 *ids, int count)
{
	int i, err = 0;

	for (i = 0; i < count && !err; i++) {
		if (!is_settled(entries[i]) && !draw(desk, 4))
			cancel_one(desk, link, entries[i], ids[i]);
		while (!is_settled(entries[i]) && !err) {
			if (draw(desk, 2))
				err = await_one(desk, link, entries[i], ids[i]);
			else
				err = receive_one(desk, link, link->shared ? NSEC_PER_MSEC :
								ALPC_INFINITE);
			if (err == -ETIMEDOUT)
				err = 0;
		}
	}
	if (err == -EPIPE) {
		lost(link->conn, LOST_ASYNC);
		link_close(link);
	} else if (err) {
		fault(desk, "waiting for an asynchronous request: %d", err);
	}
}

static __u16 async_kind(struct desk *desk)
{
	return KIND_ASYNC | (draw(desk, 4) ? 0 : ASK_LATE) | (draw(desk, 8) ? 0 : ASK_CANCEL) |
	       (draw(desk, 4) ? 0 : ASK_DATAGRAM);
}

static void op_async(struct desk *desk, struct link *link)
{
	int count = 1 + draw(desk, 3), i, err = 0;
	struct entry *entries[3];
	__u64 ids[3];

	for (i = 0; i < count && !err; i++) {
		entries[i] = begin(desk, link, async_kind(desk) | (draw(desk, 4) ? 0 : HAS_FDS) |
				   (draw(desk, 4) ? 0 : HAS_VIEW), 0);
		if (!entries[i])
			break;
		err = desk_transfer(desk, link->fd, AT_SEND);
		ids[i] = desk->t.out_id;
		end(desk, link, entries[i]);
	}
	if (!one_of(err, -EPIPE, 0))
		fault(desk, "an asynchronous request: %d", err);
	collect(desk, link, entries, ids, i);
}

static void op_batch(struct desk *desk, struct link *link)
{
	struct alpc_vector *v = &desk->vector;
	struct entry *entries[BATCH];
	int count, requests = 0, err, i;
	__u64 ids[BATCH];

	desk->number = 0;
	for (count = 0; count < BATCH; count++) {
		struct letter *letter = (struct letter *)desk->vout[count];
		__u16 kind = draw(desk, 2) ? KIND_DATAGRAM : async_kind(desk);

		entries[count] = letter_write(desk, letter, link->conn, kind,
					      sizeof(*letter) + draw(desk, 200));
		if (!entries[count])
			break;
		desk->batch[count] = letter->number + 1;
		desk->vs[count] = (struct alpc_vector_send){
			.msg = { .data = address(letter), .len = letter->len,
				 .cookie = cookie_of(letter),
				 .flags = kind == KIND_DATAGRAM ? 0 : ALPC_SEND_REQUEST },
			.out_error = POISON_U32,
		};
	}
	if (!count)
		return;
	*v = (struct alpc_vector){
		.size = sizeof(*v), .flags = ALPC_TRANSFER_SEND, .timeout = ALPC_INFINITE,
		.send = address(desk->vs), .send_count = count, .out_sent = POISON_U32,
		.out_received = POISON_U32,
	};
	err = desk_vector(desk, link->fd, AT_BATCH);
	if (!one_of(err, -EPIPE, 0))
		fault(desk, "a batch: %d", err);
	for (i = 0; i < count; i++) {
		if (desk->vs[i].msg.flags && entries[i]->sent == SENT) {
			ids[requests] = desk->vs[i].out_id;
			entries[requests++] = entries[i];
		}
	}
	collect(desk, link, entries, ids, requests);
}

/* --- the rest -------------------------------------------------------------- */

/* A port does not travel in a message. */
static void op_send_port(struct desk *desk, struct link *link)
{
	int err = send_fd(link->fd, link->fd);

	if (!one_of(err, -ELOOP, -EPIPE, 0) || !err)
		fault(desk, "a port in a message: %d", err);
}

/* What waits at the port is told through a completion port. */
static void op_packets(struct desk *desk, struct link *link)
{
	struct alpc_packet packet;
	int fd = completion_create(1), err;

	if (fd < 0) {
		fault(desk, "a completion port: %d", fd);
		return;
	}
	err = bind_port(link->fd, fd, link->conn);
	if (!one_of(err, -EBUSY, 0))
		fault(desk, "binding: %d", err);
	if (!err)
		op_async(desk, link);
	desk->at = AT_RECEIVE;
	err = wait_packets(fd, &packet, 1, draw(desk, 2) * NSEC_PER_MSEC);
	if (err < 0 && !one_of(err, -ETIMEDOUT, -EAGAIN, 0))
		fault(desk, "packets: %d", err);
	close(fd);
}

static void op_close(struct desk *desk, struct link *link)
{
	int copy;

	switch (draw(desk, 3)) {
	case 0:
		alpc_disconnect(link->fd);
		break;
	case 1:
		copy = fcntl(link->fd, F_DUPFD_CLOEXEC, 0);
		close(link->fd);
		link->fd = copy;
		return;
	}
	link_close(link);
}

static void op_receive(struct desk *desk, struct link *link)
{
	int err;

	do {
		err = receive_one(desk, link, draw(desk, 2) * NSEC_PER_MSEC);
	} while (!err && !stopped());
	if (err == -EPIPE)
		link_close(link);
	else if (!one_of(err, -ETIMEDOUT, -EAGAIN, 0))
		fault(desk, "receiving: %d", err);
}

static void op_any(struct desk *desk, struct link *link)
{
	switch (draw(desk, 32)) {
	case 0:
		life_fork(desk);
		break;
	case 1:
		life_exec(desk);
		break;
	case 2:
		link_pass(desk, link);
		break;
	case 3:
		link_take(desk);
		break;
	case 4:
		op_close(desk, link);
		break;
	case 5:
		op_send_port(desk, link);
		break;
	case 6:
		op_packets(desk, link);
		break;
	case 7 ... 9:
		op_receive(desk, link);
		break;
	case 10 ... 12:
		op_batch(desk, link);
		break;
	case 13 ... 17:
		op_async(desk, link);
		break;
	case 18 ... 23:
		op_datagram(desk, link);
		break;
	default:
		op_call(desk, link);
	}
}

void client_run(struct desk *desk)
{
	struct life *life = life_of(desk);

	while (!stopped() && life->numbers < NUMBERS) {
		struct link *link = &life->links[draw(desk, 3)];

		if (link->fd < 0)
			op_connect(desk);
		else
			op_any(desk, link);
		desk->at = AT_NOTHING;
	}
	_exit(0);
}
