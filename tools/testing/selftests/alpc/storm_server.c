// SPDX-License-Identifier: GPL-2.0-only
/*
 * The servers of a storm. Each does what its requests ask for, and receives in one of
 * several ways: message by message, by one thread or by two, each with the answer to the
 * last one, in batches, from a completion port, or from a completion list.
 *
 * Processes that one has split off have the port as well. Who of them is killed leaves
 * requests behind that only he knows of: the others answer these, too.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <poll.h>
#include <sys/stat.h>

#include "alpc_completion.h"
#include "alpc_list.h"
#include "storm.h"

enum style { PLAIN, ANSWER_AND_RECEIVE, BATCHES, PACKETS, LIST, TWO_THREADS, STYLES };

/* How long nobody waits for a message without looking whether the storm is over. */
#define A_WHILE	(20 * NSEC_PER_MSEC)

/* Two threads leave each other's links alone, but add and close them. */
static pthread_mutex_t links_lock = PTHREAD_MUTEX_INITIALIZER;

static bool stopped(void)
{
	return __atomic_load_n(&ledger->stop_servers, __ATOMIC_ACQUIRE);
}

/* A link that messages can be sent through. */
static struct link *link_to(struct desk *desk, __u16 conn)
{
	return life_of(desk)->style == TWO_THREADS ? NULL : link_find(life_of(desk), conn);
}

/* --- sending --------------------------------------------------------------- */

/* Whoever asked may be gone. */
static bool is_gone(int err)
{
	return one_of(err, -ESRCH, -ECANCELED, -EPIPE, 0);
}

/* An answer to the request @id in the desk's transfer, which is sent with @flags. */
static void answer_init(struct desk *desk, __u64 id, const struct letter *letter, __u32 flags)
{
	desk->number = 0;
	letter_answer(letter_out(desk), letter, sizeof(*letter) + draw(desk, 128));
	transfer_init(&desk->t, ALPC_TRANSFER_SEND | flags);
	transfer_send(&desk->t, ALPC_SEND_REPLY, id, desk->out, letter_out(desk)->len);
}

static void answer_done(struct desk *desk, const struct letter *letter, int err)
{
	struct entry *entry = entry_of(letter);

	if (desk->t.out_done & ALPC_DONE_SENT)
		__atomic_store_n(&entry->answer, 2, __ATOMIC_RELEASE);
	else if (!is_gone(err))
		fault(desk, "answering a request of kind %x: %d", letter->kind, err);
	entry->returned = 1;
	entry->handler = 0;
}

static void answer(struct desk *desk, __u64 id, const struct letter *letter)
{
	struct link *link = letter->kind & ASK_VIEW ? link_to(desk, letter->conn) : NULL;
	int port = life_of(desk)->port, err;

	answer_init(desk, id, letter, 0);
	if (link && parcel_possible(desk, link, HAS_VIEW)) {
		parcel_add(desk, link, HAS_VIEW);
		port = link->fd;
	}
	entry_of(letter)->answer = 1;
	err = desk_transfer(desk, port, AT_REPLY);
	if (link)
		parcel_sent(desk, link, desk->t.out_done & ALPC_DONE_SENT);
	answer_done(desk, letter, err);
}

static void send_datagram(struct desk *desk, struct link *link)
{
	struct letter *letter = letter_out(desk);
	int err;

	if (!letter_write(desk, letter, link->conn, KIND_DATAGRAM | FROM_SERVER,
			  sizeof(*letter) + draw(desk, 128)))
		return;
	desk->number = letter->number + 1;
	transfer_init(&desk->t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_DONTWAIT);
	transfer_send(&desk->t, 0, 0, letter, letter->len);
	err = desk_transfer(desk, link->fd, AT_SEND);
	if (!one_of(err, -EAGAIN, -EPIPE, 0))
		fault(desk, "a datagram: %d", err);
	desk->number = 0;
}

static void call_back(struct desk *desk, __u64 id, __u16 conn)
{
	struct letter *letter = letter_out(desk);
	struct entry *entry;
	int err;

	entry = letter_write(desk, letter, conn, KIND_CALLBACK | FROM_SERVER,
			     sizeof(*letter) + draw(desk, 128));
	if (!entry)
		return;
	desk->number = letter->number + 1;
	desk->call = desk->number;
	transfer_init(&desk->t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&desk->t, ALPC_SEND_CALLBACK, id, letter, letter->len);
	transfer_receive(&desk->t, desk->in, BUFFER);
	/* Who has received it may be killed, and the port be open in another process. */
	desk->t.timeout = 5 * A_WHILE;
	err = desk_transfer(desk, life_of(desk)->port, AT_CALL_BACK);
	if (err ? !is_gone(err) && err != -ETIMEDOUT : !entry->got)
		fault(desk, "calling back: %d", err);
	desk->number = 0;
	desk->call = 0;
}

/* --- handling -------------------------------------------------------------- */

static void late_add(struct desk *desk, __u64 id, const struct letter *letter)
{
	int i;

	for (i = 0; i < LATE; i++) {
		if (!desk->late[i].id) {
			desk->late[i] = (struct late){ .id = id, .letter = *letter };
			return;
		}
	}
	answer(desk, id, letter);
}

static void orphan_answer(struct desk *desk, const struct orphan *orphan)
{
	struct letter letter = { .life = orphan->life, .number = orphan->number };
	struct entry *entry;

	if (orphan->life == LIVES) {
		alpc_refuse(life_of(desk)->port, ledger->conns[orphan->number].id, NULL, 0);
		return;
	}
	entry = entry_of(&letter);
	letter.kind = entry->kind;
	letter.conn = entry->conn;
	answer(desk, entry->id, &letter);
}

/* Answer one of those that others have left behind. */
static void orphan_take(struct desk *desk)
{
	__u16 waits;
	int i;

	for (i = 0; i < ORPHANS; i++) {
		struct orphan *orphan = &ledger->orphans[i];

		waits = ORPHAN_WAITS;
		if (orphan->family != life_of(desk)->family ||
		    !__atomic_compare_exchange_n(&orphan->state, &waits,
						 ORPHAN_TAKEN + desk->life, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		orphan_answer(desk, orphan);
		__atomic_store_n(&orphan->state, ORPHAN_FREE, __ATOMIC_RELEASE);
		return;
	}
}

/*
 * Close the links of clients that are gone. What one thread was handed, and could not look
 * at because it was killed, comes to another one, even after the end was told; but not if
 * the link is closed by then. So that is kept until as much was seen as the kernel says.
 */
static void links_settle(struct desk *desk)
{
	struct life *life = life_of(desk);
	int i;

	pthread_mutex_lock(&links_lock);
	for (i = 0; i < LINKS; i++) {
		struct conn *conn = &ledger->conns[life->links[i].conn];

		if (life->links[i].fd < 0 || !conn_is_settled(conn))
			continue;
		conn->settled = 1;
		link_close(&life->links[i]);
	}
	pthread_mutex_unlock(&links_lock);
}

/* Do what was put off. */
static void late_answer(struct desk *desk)
{
	int i;

	for (i = 0; i < LATE; i++) {
		struct late late = desk->late[i];

		if (late.id)
			answer(desk, late.id, &late.letter);
		desk->late[i].id = 0;
	}
	if (!life_of(desk)->siblings)
		return;
	links_settle(desk);
	orphan_take(desk);
}

static void accept_client(struct desk *desk, __u64 id, __u16 conn)
{
	struct life *life = life_of(desk);
	struct link *link;
	int fd;

	desk->at = AT_ACCEPT;
	pthread_mutex_lock(&links_lock);
	link = link_find(life, -1);
	if (!link || !draw(desk, 16)) {
		alpc_refuse(life->port, id, NULL, 0);
		pthread_mutex_unlock(&links_lock);
		return;
	}
	/* Where several receive, nobody knows the order. */
	if (life->alone)
		ledger->conns[conn].last_seq = 1;
	fd = alpc_accept_id(life->port, id, conn + 1);
	if (fd >= 0) {
		ledger->conns[conn].server = desk->life + 1;
		*link = (struct link){ .fd = fd, .conn = conn, .section.fd = -1 };
	} else if (!one_of(fd, -ESRCH, -ECANCELED, 0)) {
		fault(desk, "accepting: %d", fd);
	}
	pthread_mutex_unlock(&links_lock);
}

static void handle_datagram(struct desk *desk, const struct alpc_msg *msg,
			    const struct letter *letter)
{
	struct letter head = *letter;
	struct link *link = link_to(desk, head.conn);
	int err;

	parcel_open(desk, life_of(desk)->port, msg, letter);
	if (link && head.kind & ASK_QUICK)
		quick_answer(desk, link, msg->section);
	if (msg->flags & ALPC_MSG_HELD) {
		err = alpc_release(life_of(desk)->port, msg->id);
		if (err && !may_be_gone(desk, msg, err))
			fault(desk, "giving back what a datagram brought: %d", err);
		entry_of(&head)->returned = 1;
	}
	if (link && head.kind & ASK_DATAGRAM)
		send_datagram(desk, link);
}

static void cancel_request(struct desk *desk, __u64 id, const struct letter *letter)
{
	int state;

	desk->at = AT_CANCEL;
	state = alpc_cancel_received(life_of(desk)->port, id);
	if (state != ALPC_CANCELED_TAKEN && !one_of(state, -ESRCH, -ECANCELED, -EPIPE, 0))
		fault(desk, "cancelling a request: %d", state);
	entry_of(letter)->returned = 1;
	entry_of(letter)->handler = 0;
}

/* Whether it is to be answered now. */
static bool handle_request(struct desk *desk, const struct alpc_msg *msg,
			   const struct letter *letter)
{
	struct letter head = *letter;
	struct link *link = link_to(desk, head.conn);

	desk->at = AT_HANDLE;
	parcel_open(desk, life_of(desk)->port, msg, letter);
	desk->at = AT_HANDLE;
	if (draw(desk, 4) == 0)
		usleep(draw(desk, 1000));
	if (link && head.kind & ASK_DATAGRAM)
		send_datagram(desk, link);
	if (head.kind & ASK_CALLBACK)
		call_back(desk, msg->id, head.conn);
	if (head.kind & ASK_CANCEL) {
		cancel_request(desk, msg->id, &head);
		return false;
	}
	if (head.kind & ASK_LATE) {
		late_add(desk, msg->id, &head);
		return false;
	}
	return true;
}

/*
 * Do what a message asks for. Of a request that is to be answered now, its id and its
 * letter's head are left at @id, which is 0 otherwise, and @head.
 */
static void handle(struct desk *desk, const struct alpc_msg *received, const void *data,
		   __u64 *id, struct letter *head)
{
	const struct alpc_msg msg = *received;
	const struct letter *letter = data;

	*id = 0;
	switch (msg.type) {
	case ALPC_CONNECTION_REQUEST:
		accept_client(desk, msg.id, letter->conn);
		break;
	case ALPC_PORT_CLOSED:
		links_settle(desk);
		break;
	case ALPC_DATAGRAM:
		handle_datagram(desk, &msg, letter);
		break;
	case ALPC_REQUEST:
		*head = *letter;
		if (handle_request(desk, &msg, letter))
			*id = msg.id;
		break;
	case ALPC_CANCELED:
		if (msg.flags & ALPC_MSG_HELD)
			alpc_release(life_of(desk)->port, msg.id);
		break;
	}
}

static void handle_and_answer(struct desk *desk, const struct alpc_msg *msg, const void *data)
{
	struct letter head;
	__u64 id;

	handle(desk, msg, data, &id, &head);
	if (id)
		answer(desk, id, &head);
}

/* --- receiving, in several ways -------------------------------------------- */

static void receive_init(struct desk *desk, __s64 timeout)
{
	transfer_receive(&desk->t, desk->in, BUFFER);
	parcel_want(desk, &desk->t.recv);
	desk->t.timeout = timeout;
}

static int receive(struct desk *desk, __s64 timeout, enum storm_at at)
{
	int err;

	desk->number = 0;
	transfer_init(&desk->t, ALPC_TRANSFER_RECEIVE);
	receive_init(desk, timeout);
	err = desk_transfer(desk, life_of(desk)->port, at);
	if (!err)
		handle_and_answer(desk, &desk->t.recv, desk->in);
	else if (!one_of(err, -ETIMEDOUT, -EAGAIN, 0))
		fault(desk, "receiving: %d", err);
	return err;
}

/* The answer to each is sent with the call that receives the next. */
static void answer_and_receive(struct desk *desk)
{
	struct letter head;
	__u64 id;
	int err;

	desk->number = 0;
	transfer_init(&desk->t, ALPC_TRANSFER_RECEIVE);
	receive_init(desk, A_WHILE);
	err = desk_transfer(desk, life_of(desk)->port, AT_SERVE);
	while (!err) {
		handle(desk, &desk->t.recv, desk->in, &id, &head);
		if (!id)
			return;
		answer_init(desk, id, &head, ALPC_TRANSFER_RECEIVE);
		receive_init(desk, A_WHILE);
		entry_of(&head)->answer = 1;
		err = desk_transfer(desk, life_of(desk)->port, AT_REPLY);
		answer_done(desk, &head, err);
	}
	if (!is_gone(err) && err != -ETIMEDOUT)
		fault(desk, "answering and receiving: %d", err);
}

static void receive_batch(struct desk *desk)
{
	struct alpc_vector *v = &desk->vector;
	__u32 i;
	int err;

	for (i = 0; i < BATCH; i++)
		desk->vr[i] = (struct alpc_msg){ .data = address(desk->vin[i]), .len = BUFFER };
	*v = (struct alpc_vector){
		.size = sizeof(*v), .flags = ALPC_TRANSFER_RECEIVE, .timeout = A_WHILE,
		.recv = address(desk->vr), .recv_count = BATCH, .out_sent = POISON_U32,
		.out_received = POISON_U32,
	};
	err = desk_vector(desk, life_of(desk)->port, AT_SERVE_BATCH);
	if (!one_of(err, -ETIMEDOUT, 0))
		fault(desk, "receiving a batch: %d", err);
	for (i = 0; !err && i < v->out_received; i++)
		handle_and_answer(desk, &desk->vr[i], desk->vin[i]);
}

static void receive_packets(struct desk *desk, int completion)
{
	struct alpc_packet packets[4];
	int n;

	desk->at = AT_PACKETS;
	n = wait_packets(completion, packets, COUNT_OF(packets), A_WHILE);
	if (n < 0 && n != -ETIMEDOUT)
		fault(desk, "packets: %d", n);
	while (n > 0 && !stopped() && !receive(desk, 0, AT_SERVE))
		;
}

/* The list is this process's alone, and so is the port: what is in it goes with both. */
static void receive_list(struct desk *desk, struct ring *ring)
{
	struct pollfd poll_for = { .fd = ring->port, .events = POLLIN };
	struct alpc_msg msg;
	int err;

	desk->at = AT_LIST;
	err = list_receive(ring, &msg, desk->vin[0], BUFFER, ALPC_TRANSFER_DONTWAIT);
	if (!err) {
		message_note(desk, &msg, desk->vin[0]);
		handle_and_answer(desk, &msg, desk->vin[0]);
	} else if (err != -EAGAIN) {
		fault(desk, "receiving with a list: %d", err);
	} else {
		poll(&poll_for, 1, A_WHILE / NSEC_PER_MSEC);
	}
}

/* --- the process ----------------------------------------------------------- */

/* The name of one that was killed is free as soon as it is gone. */
static int create_port(struct desk *desk)
{
	struct alpc_create_port arg = create_args(server_name(life_of(desk)->slot));
	int port;

	arg.queue_messages = 12;
	arg.max_message = BUFFER;
	do {
		port = alpc_create_with(&arg);
		if (port == -EEXIST)
			usleep(500);
	} while (port == -EEXIST && !stopped());
	if (port < 0 ? port != -EEXIST : fchmod(port, 0666))
		fault(desk, "creating a port: %d", port);
	if (port < 0)
		_exit(0);
	return port;
}

/* Split off another process, or go on as another program. */
static void change(struct desk *desk)
{
	struct life *life = life_of(desk);
	int i;

	switch (draw(desk, 256)) {
	case 0 ... 5:
		for (i = 0; i < LINKS; i++)
			ledger->conns[life->links[i].conn].last_seq = 0;
		life_fork(desk);
		break;
	case 6:
		life_exec(desk);
		break;
	}
}

/* Nobody sends any more: what is there is all that there will be. */
static void drain(struct desk *desk)
{
	struct life *life = life_of(desk);
	int i;

	if (life->style == LIST)
		return;
	while (!receive(desk, 0, AT_SERVE))
		;
	for (i = 0; i < LINKS; i++) {
		if (life->links[i].fd >= 0)
			ledger->conns[life->links[i].conn].kept = 1;
	}
}

static int serve_too(void *arg)
{
	struct desk *desk = arg;

	while (!stopped()) {
		receive(desk, A_WHILE, AT_SERVE);
		late_answer(desk);
	}
	return 0;
}

static void serve(struct desk *desk, int completion, struct ring *ring)
{
	switch (life_of(desk)->style) {
	case ANSWER_AND_RECEIVE:
		answer_and_receive(desk);
		break;
	case BATCHES:
		receive_batch(desk);
		break;
	case PACKETS:
		receive_packets(desk, completion);
		break;
	case LIST:
		receive_list(desk, ring);
		break;
	default:
		receive(desk, A_WHILE, AT_SERVE);
	}
}

void server_run(struct desk *desk)
{
	struct life *life = life_of(desk);
	int steps = draw(desk, 4) ? -1 : 200 + (int)draw(desk, 400), completion = -1;
	bool may_change = false;
	struct worker second;
	struct ring ring;

	if (life->port < 0) {
		life->port = create_port(desk);
		life->style = draw(desk, STYLES);
		life->alone = life->style != TWO_THREADS;
	}
	may_change = life->style <= BATCHES;
	if (life->style == PACKETS) {
		completion = completion_create(0);
		if (completion < 0 || bind_port(life->port, completion, 1))
			fault(desk, "a completion port: %d", completion);
	}
	if (life->style == LIST && list_open(life->port, 16, 256, &ring))
		fault(desk, "no completion list");
	if (life->style == TWO_THREADS) {
		if (worker_start(&second, serve_too, &life->desks[1]))
			fault(desk, "no second thread");
		steps = -1;
	}
	while (!stopped() && steps--) {
		serve(desk, completion, &ring);
		late_answer(desk);
		if (may_change && !ledger->stop_clients)
			change(desk);
		desk->at = AT_NOTHING;
	}
	if (life->style == TWO_THREADS)
		worker_join(&second);
	if (stopped())
		drain(desk);
	_exit(0);
}
