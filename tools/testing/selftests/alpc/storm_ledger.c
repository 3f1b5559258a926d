// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger of a storm: messages, what is known of each, and whether that fits.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <stdarg.h>
#include <stdio.h>

#include "storm.h"

struct ledger *ledger;

void fault(const struct desk *desk, const char *text, ...)
{
	__u32 n = __atomic_fetch_add(&ledger->faults, 1, __ATOMIC_RELAXED);
	char *report;
	va_list args;
	int len = 0;

	if (n >= FAULTS)
		return;
	report = ledger->report[n];
	if (desk)
		len = snprintf(report, REPORT, "life %u (%s %u) at %u: ", desk->life,
			       life_of(desk)->server ? "server" : "client",
			       life_of(desk)->slot, desk->at);
	va_start(args, text);
	vsnprintf(report + len, REPORT - len, text, args);
	va_end(args);
}

void reach(enum storm_state state)
{
	__atomic_fetch_add(&ledger->reached[state], 1, __ATOMIC_RELAXED);
}

__u32 draw(struct desk *desk, __u32 n)
{
	desk->random ^= desk->random << 13;
	desk->random ^= desk->random >> 7;
	desk->random ^= desk->random << 17;
	return (desk->random >> 32) % n;
}

bool one_of(int err, ...)
{
	bool found = !err;
	va_list args;
	int other;

	va_start(args, err);
	while (!found && (other = va_arg(args, int)))
		found = err == other;
	va_end(args);
	return found;
}

/* --- letters --------------------------------------------------------------- */

static __u32 sum_of(const struct letter *letter)
{
	const unsigned char *byte = (const unsigned char *)&letter->len;
	__u32 i, sum = 2166136261u;

	for (i = 0; i < letter->len - sizeof(letter->sum); i++)
		sum = (sum ^ byte[i]) * 16777619u;
	return sum;
}

static void letter_fill(struct letter *letter, __u32 len)
{
	letter->len = len;
	pattern(letter->body, len - sizeof(*letter), letter->number + letter->life * NUMBERS);
	letter->sum = sum_of(letter);
}

struct entry *letter_write(struct desk *desk, struct letter *out, __u16 conn, __u16 kind,
			   __u32 len)
{
	struct life *life = life_of(desk);
	__u32 number = __atomic_fetch_add(&life->numbers, 1, __ATOMIC_RELAXED);
	struct entry *entry;

	if (number >= NUMBERS) {
		__atomic_fetch_sub(&life->numbers, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	entry = &life->entries[number];
	entry->kind = kind;
	entry->conn = conn;
	out->life = desk->life;
	out->number = number;
	out->conn = conn;
	out->kind = kind;
	letter_fill(out, len);
	__atomic_store_n(&entry->sent, WRITTEN, __ATOMIC_RELEASE);
	return entry;
}

void letter_answer(struct letter *out, const struct letter *letter, __u32 len)
{
	out->life = letter->life;
	out->number = letter->number;
	out->conn = letter->conn;
	out->kind = letter->kind | KIND_ANSWER;
	letter_fill(out, len);
}

bool letter_is_good(const struct letter *letter, __u32 len)
{
	return len >= sizeof(*letter) && letter->len == len && letter->life < LIVES &&
	       letter->number < NUMBERS && letter->conn < CONNS && letter->sum == sum_of(letter);
}

/* --- what was sent --------------------------------------------------------- */

/*
 * Whether the kernel says that a message was sent. Of one whose sender was killed before
 * the kernel said anything nobody knows.
 */
static void sending_note(struct desk *desk, __u16 number, bool known, bool sent)
{
	if (known)
		__atomic_store_n(&life_of(desk)->entries[number - 1].sent, sent ? SENT : NOT_SENT,
				 __ATOMIC_RELEASE);
}

/* --- what was received ----------------------------------------------------- */

__u16 sign_of(const struct desk *desk)
{
	return desk->life * DESKS + (desk - life_of(desk)->desks) + 1;
}

/* Sign an entry, once for all: whether nobody had before. */
static bool sign(const struct desk *desk, __u16 *where)
{
	__u16 before = 0;

	return __atomic_compare_exchange_n(where, &before, sign_of(desk), false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/*
 * What a thread was just taking note of when it was killed is noted a second time: then its
 * own signature is no surprise.
 */
static bool is_surprise(const struct desk *desk, __u16 signature)
{
	return signature != sign_of(desk) || !desk->dead;
}

/* The connection that a server's message is of. */
static struct conn *conn_of(const struct desk *desk, const struct alpc_msg *msg)
{
	if (msg->context && msg->context <= CONNS)
		return &ledger->conns[msg->context - 1];
	fault(desk, "a message of type %u has the context %llx", msg->type,
	      (unsigned long long)msg->context);
	return NULL;
}

/* Where one thread receives everything it comes in order, and nothing after the end. */
static void order_note(struct desk *desk, const struct alpc_msg *msg, struct conn *conn)
{
	if (!conn->last_seq)
		return;
	if (conn->closed)
		fault(desk, "message %llu of connection %u after its end",
		      (unsigned long long)msg->seq, (__u32)(conn - ledger->conns));
	if (msg->seq <= conn->last_seq)
		fault(desk, "message %llu after %llu", (unsigned long long)msg->seq,
		      (unsigned long long)conn->last_seq);
	conn->last_seq = msg->seq;
}

static void letter_note(struct desk *desk, const struct alpc_msg *msg,
			const struct letter *letter)
{
	struct entry *entry;
	struct conn *conn;
	bool again;

	if (!letter_is_good(letter, msg->len) || letter->kind & KIND_ANSWER) {
		fault(desk, "a message of type %u is damaged", msg->type);
		return;
	}
	entry = entry_of(letter);
	if (entry->kind != letter->kind || entry->conn != letter->conn ||
	    !__atomic_load_n(&entry->sent, __ATOMIC_ACQUIRE))
		fault(desk, "message %u of life %u was not written", letter->number, letter->life);
	again = !sign(desk, &entry->seen);
	if (again && is_surprise(desk, entry->seen))
		fault(desk, "message %u of life %u was seen before by %u", letter->number,
		      letter->life, entry->seen);
	entry->id = msg->id;
	entry->handler = sign_of(desk);
	if (again || letter->kind & FROM_SERVER)
		return;
	conn = conn_of(desk, msg);
	if (!conn)
		return;
	if (conn != &ledger->conns[letter->conn])
		fault(desk, "message %u of life %u has another's context", letter->number,
		      letter->life);
	order_note(desk, msg, conn);
	__atomic_fetch_add(&conn->seen, 1, __ATOMIC_SEQ_CST);
}

static void answer_note(struct desk *desk, const struct alpc_msg *msg,
			const struct letter *letter)
{
	struct entry *entry;

	if (!letter_is_good(letter, msg->len) || !(letter->kind & KIND_ANSWER)) {
		fault(desk, "an answer is damaged");
		return;
	}
	entry = entry_of(letter);
	if (!entry->seen)
		fault(desk, "message %u of life %u was answered by nobody", letter->number,
		      letter->life);
	if (desk->call && (letter->life != desk->life || letter->number != desk->call - 1))
		fault(desk, "answer to message %u of life %u instead of %u", letter->number,
		      letter->life, desk->call - 1);
	if (!desk->call && msg->cookie != cookie_of(letter))
		fault(desk, "answer to message %u has the cookie %llu", letter->number,
		      (unsigned long long)msg->cookie);
	if (!sign(desk, &entry->got) && is_surprise(desk, entry->got))
		fault(desk, "message %u of life %u was answered twice", letter->number,
		      letter->life);
}

/* Notices have no entry to sign: who dies in between leaves the count unsure. */
static void notice_note(struct desk *desk, const struct alpc_msg *msg)
{
	struct conn *conn = conn_of(desk, msg);

	if (!conn)
		return;
	desk->conn = conn - ledger->conns;
	desk->counting = true;
	conn->unsure |= desk->dead;
	if (msg->type == ALPC_CANCELED) {
		__atomic_fetch_add(&conn->cancels, 1, __ATOMIC_RELAXED);
	} else {
		if (conn->closed && !desk->dead)
			fault(desk, "the end of connection %u was told twice", desk->conn);
		conn->closed_seq = msg->seq;
		__atomic_store_n(&conn->closed, 1, __ATOMIC_RELEASE);
	}
	desk->counting = false;
}

/* A request that its receiver does not answer comes back. */
static void returned_note(struct desk *desk, const struct alpc_msg *msg)
{
	const struct letter letter = {
		.life = (msg->cookie >> 16) % LIVES, .number = msg->cookie % NUMBERS,
	};
	struct entry *entry = entry_of(&letter);

	if (cookie_of(&letter) != msg->cookie || !(entry->kind & ASK_CANCEL) || !entry->seen)
		fault(desk, "request %llx came back, which nobody was to cancel",
		      (unsigned long long)msg->cookie);
	else if (!sign(desk, &entry->got) && is_surprise(desk, entry->got))
		fault(desk, "message %u of life %u came back twice", letter.number, letter.life);
}

static void connect_note(struct desk *desk, const struct alpc_msg *msg,
			 const struct letter *letter)
{
	struct conn *conn;

	if (!letter_is_good(letter, msg->len)) {
		fault(desk, "a connection request is damaged");
		return;
	}
	conn = &ledger->conns[letter->conn];
	conn->received = 1;
	conn->id = msg->id;
	conn->handler = sign_of(desk);
	if (!sign(desk, &entry_of(letter)->seen) &&
	    is_surprise(desk, entry_of(letter)->seen))
		fault(desk, "a connection request came twice");
}

bool conn_is_settled(const struct conn *conn)
{
	return __atomic_load_n(&conn->closed, __ATOMIC_ACQUIRE) && !conn->unsure &&
	       conn->seen + conn->cancels >= conn->closed_seq;
}

void message_note(struct desk *desk, const struct alpc_msg *msg, const void *data)
{
	const struct letter *letter = data;

	switch (msg->type) {
	case ALPC_REQUEST:
	case ALPC_DATAGRAM:
		letter_note(desk, msg, letter);
		break;
	case ALPC_REPLY:
		answer_note(desk, msg, letter);
		break;
	case ALPC_CANCELED:
	case ALPC_PORT_CLOSED:
		/* A client is told of a callback that was given up, too. */
		if (msg->flags & ALPC_MSG_RETURNED)
			returned_note(desk, msg);
		else if (life_of(desk)->server)
			notice_note(desk, msg);
		break;
	case ALPC_CONNECTION_REQUEST:
		connect_note(desk, msg, letter);
		break;
	case ALPC_CONNECTION_REPLY:
	case ALPC_CONNECTION_REFUSED:
		break;
	default:
		fault(desk, "a message has type %u", msg->type);
	}
}

/* --- the desk -------------------------------------------------------------- */

static void settle_transfer(struct desk *desk, bool alive)
{
	const struct alpc_transfer *t = &desk->t;
	bool said = t->out_done != POISON_U32;

	if (desk->number)
		sending_note(desk, desk->number, said || alive,
			     said && t->out_done & ALPC_DONE_SENT);
	if (said && t->out_done & ALPC_DONE_RECEIVED)
		message_note(desk, &t->recv, desk->in);
}

static void settle_vector(struct desk *desk, bool alive)
{
	const struct alpc_vector *v = &desk->vector;
	__u32 i;

	for (i = 0; i < v->send_count; i++) {
		bool said = desk->vs[i].out_error != POISON_U32;

		if (desk->batch[i])
			sending_note(desk, desk->batch[i], said || alive,
				     said && !desk->vs[i].out_error);
	}
	for (i = 0; v->out_received != POISON_U32 && i < v->out_received; i++)
		message_note(desk, &desk->vr[i], desk->vin[i]);
}

static void settle(struct desk *desk, bool alive)
{
	if (desk->open == TRANSFER)
		settle_transfer(desk, alive);
	else if (desk->open == VECTOR)
		settle_vector(desk, alive);
	__atomic_store_n(&desk->open, 0, __ATOMIC_RELEASE);
}

void desk_settle(struct desk *desk)
{
	desk->dead = true;
	settle(desk, false);
	if (desk->counting)
		ledger->conns[desk->conn].unsure = 1;
}

int desk_transfer(struct desk *desk, int fd, enum storm_at at)
{
	int err;

	desk->at = at;
	__atomic_store_n(&desk->open, TRANSFER, __ATOMIC_RELEASE);
	err = alpc_transfer(fd, &desk->t);
	settle(desk, true);
	return err;
}

int desk_vector(struct desk *desk, int fd, enum storm_at at)
{
	int err;

	desk->at = at;
	__atomic_store_n(&desk->open, VECTOR, __ATOMIC_RELEASE);
	err = alpc_ioctl(fd, ALPC_IOC_VECTOR, &desk->vector);
	settle(desk, true);
	return err;
}

/*
 * A thread that is killed when it has just been handed messages, which nobody sees any more
 * because their sender is gone as well: what another thread was told may count them.
 */
static void doubt(const struct life *life)
{
	__u32 i;

	for (i = 0; i < ledger->conns_used; i++) {
		struct conn *conn = &ledger->conns[i];

		if (conn->server && ledger->lives[conn->server - 1].family == life->family)
			conn->doubts += BATCH;
	}
}

/* --- requests whose receiver was killed ------------------------------------- */

static bool is_of(__u16 handler, const struct life *life)
{
	return handler && (handler - 1) / DESKS == life - ledger->lives;
}

static bool is_unanswered(const struct entry *entry)
{
	__u16 kind = entry->kind & KIND_MASK;

	return (kind == KIND_CALL || kind == KIND_ASYNC) && !entry->got && entry->answer != 2;
}

/* Whether anybody has a port, or may have without having said so yet. */
static bool family_lives(__u16 family)
{
	__u32 i;

	for (i = family; i < ledger->lives_used; i++) {
		if (ledger->lives[i].family == family && ledger->lives[i].state != ENDED)
			return true;
	}
	return false;
}

static void orphan_leave(__u16 family, __u16 life, __u16 number)
{
	int i;

	for (i = 0; i < ORPHANS; i++) {
		struct orphan *orphan = &ledger->orphans[i];

		if (__atomic_load_n(&orphan->state, __ATOMIC_ACQUIRE) != ORPHAN_FREE &&
		    family_lives(orphan->family))
			continue;
		orphan->family = family;
		orphan->life = life;
		orphan->number = number;
		__atomic_store_n(&orphan->state, ORPHAN_WAITS, __ATOMIC_RELEASE);
		return;
	}
	fault(NULL, "there are too many orphans");
}

void orphans_leave(const struct life *life)
{
	const __u16 taken = ORPHAN_TAKEN + (life - ledger->lives);
	__u32 i, n;

	if (!life->alone)
		doubt(life);
	if (!life->siblings || !family_lives(life->family))
		return;
	for (i = 0; i < ORPHANS; i++) {
		if (ledger->orphans[i].state == taken)
			ledger->orphans[i].state = ORPHAN_WAITS;
	}
	for (i = 0; i < ledger->lives_used; i++) {
		for (n = 0; n < ledger->lives[i].numbers; n++) {
			if (is_of(ledger->lives[i].entries[n].handler, life) &&
			    is_unanswered(&ledger->lives[i].entries[n]))
				orphan_leave(life->family, i, n);
		}
	}
	for (i = 0; i < ledger->conns_used; i++) {
		if (is_of(ledger->conns[i].handler, life) && !ledger->conns[i].server)
			orphan_leave(life->family, LIVES, i);
	}
}

/* --- the end --------------------------------------------------------------- */

struct conn_audit {
	__u32 seen;
	__u32 withdrawn;	/* at most */
};

/*
 * Nobody has seen it, although somebody may have been handed it: a request of who is gone,
 * or anything whose server is.
 */
static bool may_be_withdrawn(const struct entry *entry, bool arrived)
{
	__u16 kind = entry->kind & KIND_MASK;

	return !entry->seen && (entry->sent == SENT || entry->sent == WRITTEN) &&
	       (kind == KIND_CALL || kind == KIND_ASYNC || !arrived);
}

static void audit_entry(const struct life *life, const struct entry *entry,
			struct conn_audit *audit)
{
	const struct conn *conn = &ledger->conns[entry->conn];
	int number = entry - life->entries, who = life - ledger->lives;
	bool datagram = (entry->kind & KIND_MASK) == KIND_DATAGRAM;
	bool hears = (entry->kind & KIND_MASK) == KIND_ASYNC ? conn->drained : !life->killed;
	bool arrived = entry->kind & FROM_SERVER ? conn->drained :
						     conn->settled || conn->kept;

	ledger->seen += !!entry->seen;
	ledger->answered += !!entry->got;
	ledger->delivered += datagram && entry->sent == SENT && arrived;
	if (!(entry->kind & FROM_SERVER) && entry->kind != KIND_CONNECT && entry->seen)
		audit[entry->conn].seen++;
	audit[entry->conn].withdrawn += may_be_withdrawn(entry, arrived);
	if (datagram && entry->sent == SENT && arrived && !entry->seen)
		fault(NULL, "message %d of life %d was sent, and never arrived", number, who);
	if (entry->answer == 2 && !entry->got && hears)
		fault(NULL, "message %d of life %d was answered, which was not heard", number, who);
	if (entry->sent == NOT_SENT && entry->seen)
		fault(NULL, "message %d of life %d was not sent, and arrived", number, who);
	if (entry->withdrawn == UNSEEN && entry->seen)
		fault(NULL, "message %d of life %d was withdrawn, and arrived", number, who);
}

/* What PORT_CLOSED has told is what was seen, and no more than there are doubts about. */
static void audit_conn(const struct conn *conn, const struct conn_audit *audit)
{
	__u32 seen = audit->seen + conn->cancels, more;

	if (!conn->closed || conn->unsure)
		return;
	more = conn->doubts < audit->withdrawn ? conn->doubts : audit->withdrawn;
	ledger->ended += !more;
	if (conn->closed_seq < seen || conn->closed_seq > seen + more)
		fault(NULL, "of connection %u %llu were received, but %u seen",
		      (__u32)(conn - ledger->conns), (unsigned long long)conn->closed_seq, seen);
}

void ledger_audit(void)
{
	static struct conn_audit audit[CONNS];
	__u32 i, n;

	memset(audit, 0, sizeof(audit));
	for (i = 0; i < ledger->lives_used; i++) {
		for (n = 0; n < ledger->lives[i].numbers; n++)
			audit_entry(&ledger->lives[i], &ledger->lives[i].entries[n], audit);
	}
	for (i = 0; i < ledger->conns_used; i++)
		audit_conn(&ledger->conns[i], &audit[i]);
}
