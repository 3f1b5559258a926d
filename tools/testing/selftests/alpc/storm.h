/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A storm: servers and clients that do everything, and are killed at any instant.
 *
 * What all of them know lies in a ledger, memory that outlives them (storm_ledger.c). A
 * process is a life; each of its threads has a desk there, on which the kernel itself
 * writes what was sent and received: what a process was told just before it died is
 * known as well. Each message of a life has a number and an entry, in which both sides
 * say what they saw.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_TEST_STORM_H
#define ALPC_TEST_STORM_H

#include "alpc_vector.h"
#include "alpc_view.h"

#define COUNT_OF(array)	(sizeof(array) / sizeof((array)[0]))

enum {
	SERVERS = 3, CLIENTS = 6,
	LIVES = 768,		/* of one round */
	CONNS = 4096,		/* likewise */
	NUMBERS = 256,		/* messages of one life */
	DESKS = 2,		/* threads of one life */
	LINKS = 24,		/* connections that a life has open */
	LATE = 4,		/* requests that a thread answers later */
	BATCH = 4,		/* messages of a vector */
	BUFFER = 2048,		/* bytes of a message, at most */
	SLOT = 4096,		/* bytes of a view */
	SLOTS = 4,		/* views of a section */
	FAULTS = 24,		/* reports that are kept */
	REPORT = 160,		/* bytes of one */
	ORPHANS = 512,		/* requests whose receivers were killed */
};

/* Where a thread is: said before it goes there. */
enum storm_at {
	AT_NOTHING,
	AT_CONNECT, AT_SEND, AT_ROOM, AT_CALL, AT_CALLED_BACK, AT_CALL_ON, AT_RECEIVE,
	AT_AWAIT, AT_CANCEL, AT_VIEW, AT_QUICK, AT_PASS, AT_FORK, AT_EXEC, AT_BATCH,
	AT_SERVE, AT_PACKETS, AT_LIST, AT_ACCEPT, AT_HANDLE, AT_REPLY, AT_CALL_BACK, AT_TAKE,
	AT_ACCESS, AT_SERVE_BATCH, AT_WORD,
};

/*
 * What is counted. CLIENT_: a client was killed there (abuse case 17). SERVER_: a server
 * was, itself doing that; LOST_: its client was there, and was told (abuse case 18).
 */
enum storm_state {
	CLIENT_CONNECT_QUEUED, CLIENT_CONNECT_TAKEN, CLIENT_SENDS, CLIENT_WAITS_FOR_ROOM,
	CLIENT_CALL_QUEUED, CLIENT_CALL_TAKEN, CLIENT_CALL_ANSWERED,
	CLIENT_CALLED_BACK, CLIENT_CALLS_ON, CLIENT_RECEIVES, CLIENT_AWAITS,
	CLIENT_ASYNC_QUEUED, CLIENT_ASYNC_TAKEN, CLIENT_ASYNC_ANSWERED,
	CLIENT_CANCELS, CLIENT_IN_BATCH, CLIENT_READS_VIEW, CLIENT_VIEW_HELD_BY_SERVER,
	CLIENT_FDS_IN_FLIGHT, CLIENT_MEMORY_READ, CLIENT_QUICK, CLIENT_PASSES_PORT,
	CLIENT_FORKS, CLIENT_EXECS,
	SERVER_WAITS, SERVER_WAITS_PACKETS, SERVER_READS_LIST, SERVER_IN_BATCH,
	SERVER_ACCEPTS, SERVER_HANDLES, SERVER_REPLIES, SERVER_CALLS_BACK, SERVER_HOLDS_VIEW,
	SERVER_TAKES_FDS, SERVER_ACCESSES, SERVER_QUICK, SERVER_FORKS, SERVER_EXECS,
	LOST_CONNECT_QUEUED, LOST_CONNECT_TAKEN, LOST_WAITING_FOR_ROOM, LOST_CALL_QUEUED,
	LOST_CALL_TAKEN, LOST_CALLED_BACK, LOST_RECEIVING, LOST_ASYNC, LOST_VIEW,
	LOST_QUICK, LOST_BUT_ANSWERED,
	STATES,
};

/* What a message is, and what its receiver is to do with it. */
#define KIND_CONNECT	1
#define KIND_DATAGRAM	2
#define KIND_CALL	3
#define KIND_ASYNC	4
#define KIND_CALLBACK	5
#define KIND_MASK	0xf
#define KIND_ANSWER	0x0010	/* answers the message of that number */
#define ASK_CALLBACK	0x0020
#define ASK_LATE	0x0040	/* answer others first */
#define ASK_CANCEL	0x0080	/* cancel it instead */
#define ASK_VIEW	0x0100	/* answer with a view */
#define ASK_DATAGRAM	0x0200	/* send one as well */
#define ASK_QUICK	0x0400	/* go to a word of a section */
#define HAS_VIEW	0x0800
#define HAS_FDS		0x1000
#define HAS_RANGE	0x2000
#define FROM_SERVER	0x4000

/* What every message begins with, and the data of a view. */
struct letter {
	__u32 sum;		/* of all behind it */
	__u32 len;
	__u16 life;		/* who wrote it */
	__u16 number;		/* as which message of that life */
	__u16 conn;		/* through which connection */
	__u16 kind;
	unsigned char body[];
};

/* What is known of the sending of a message, from its sender's transfer. */
enum { UNWRITTEN, WRITTEN, SENT, NOT_SENT };

/* Cancelled: nobody has received it, or will; or it was received. */
enum withdrawn { IN_FORCE, UNSEEN, GIVEN_UP };

struct entry {
	__u16 kind;
	__u16 conn;
	__u16 seen;		/* desk that received it, plus 1 */
	__u16 got;		/* desk that received its answer, plus 1 */
	__u8 sent;		/* UNWRITTEN and so on */
	__u8 answer;		/* 1: is being answered, 2: is answered */
	__u8 withdrawn;		/* enum withdrawn */
	__u8 returned;		/* its view was given back */
	__u16 handler;		/* desk that is to answer it, plus 1 */
	__u64 id;		/* for that */
};

/* A connection, from before it is asked for. */
struct conn {
	__u16 slot;		/* of the server */
	__u16 server;		/* life that accepted it, plus 1 */
	__u8 received;		/* its request was */
	__u8 closed;		/* its end was told: nothing comes after it */
	__u8 settled;		/* all that came was seen, as the kernel counts */
	__u8 kept;		/* or its server has received until nothing was left */
	__u8 drained;		/* its client has received all that there was */
	__u8 unsure;		/* somebody died while he counted */
	__u32 doubts;		/* as many more may have been counted than were seen */
	__u32 seen;		/* messages that came */
	__u32 cancels;		/* notices of requests that were given up */
	__u32 kills;		/* of that server's slot, when it was asked for */
	__u64 closed_seq;	/* what the kernel says how many were received */
	__u64 last_seq;		/* of what one thread receives for it */
	__u16 handler;		/* desk that is to accept it, plus 1 */
	__u64 id;		/* for that */
};

/* A descriptor of a connection, and the section that was made there. */
struct link {
	int fd;			/* negative: none */
	__u16 conn;
	bool shared;		/* with another process */
	struct section section;
	__u32 uses[SLOTS];	/* views of it that were sent, slot by slot */
};

/* A request to be answered later. */
struct late {
	__u64 id;
	struct letter letter;
};

/* A request whose receiver was killed; others have the port that it came from. */
struct orphan {
	__u16 family;
	__u16 life, number;	/* message, or with LIVES a connection */
	__u16 state;		/* ORPHAN_FREE and so on, or the life that answers it, plus this */
};

enum { ORPHAN_FREE, ORPHAN_WAITS, ORPHAN_TAKEN };

/* The place of a thread, in which the kernel writes, too. */
struct desk {
	__u16 life;
	__u8 at;		/* enum storm_at */
	__u8 open;		/* what the kernel writes is not settled: a transfer, a vector */
	__u8 dead;		/* it was killed; somebody settles for it */
	__u8 counting;		/* a notice is being counted for conn */
	__u16 conn;
	__u16 number;		/* message that it sends, plus 1 */
	__u16 call;		/* call that it waits for, plus 1 */
	__u16 batch[BATCH];	/* messages of a vector, plus 1 */
	__u8 view;		/* slot of the view that it sends, plus 1 */
	__u64 random;
	struct late late[LATE];
	struct alpc_transfer t;
	struct alpc_attrs send_attrs, recv_attrs;
	struct alpc_vector vector;
	struct alpc_vector_send vs[BATCH];
	struct alpc_msg vr[BATCH];
	unsigned char in[BUFFER], out[BUFFER];
	unsigned char vin[BATCH][BUFFER], vout[BATCH][BUFFER / 4];
};

enum { TRANSFER = 1, VECTOR };
enum { UNUSED, BORN, LIVING, ENDED };

struct life {
	pid_t pid;
	__u8 state;		/* UNUSED and so on */
	__u8 server;		/* 0: a client */
	__u8 slot;
	__u8 style;		/* how a server receives */
	__u16 family;		/* life that has made its port */
	__u8 siblings;		/* others have its port */
	__u8 split;		/* it was split off */
	__u8 alone;		/* nobody else receives from its port */
	__u8 killed;		/* by us */
	__u8 executed;		/* goes on as another program */
	int port;		/* a server's connection port */
	__u16 numbers;		/* messages that it has written */
	struct link links[LINKS];
	struct entry entries[NUMBERS];
	struct desk desks[DESKS];
};

struct ledger {
	__u64 seed;
	pid_t supervisor;
	int memory;		/* descriptor of all this */
	char prefix[32];	/* of the servers' names */
	int probe;		/* a pipe's end, which is sent about */
	ino_t probe_inode;
	int swap[2];		/* sockets through which ports are passed */
	bool stop_clients, stop_servers;
	__u32 lives_used, conns_used;
	__u32 kills[SERVERS];	/* of servers, by slot */
	__u32 faults;
	char report[FAULTS][REPORT];
	__u64 reached[STATES];
	__u64 seen, answered, delivered;	/* messages */
	__u64 ended;		/* connections whose end told the right count */
	struct orphan orphans[ORPHANS];
	struct conn conns[CONNS];
	struct life lives[LIVES];
};

extern struct ledger *ledger;

/* --- storm_ledger.c: messages, and what is known of them ------------------ */

/* Something is wrong: who runs the storm will tell. */
__attribute__((format(printf, 2, 3))) void fault(const struct desk *desk, const char *text, ...);

/* Somebody was there. */
void reach(enum storm_state state);

static inline struct life *life_of(const struct desk *desk)
{
	return &ledger->lives[desk->life];
}

/* 0 to @n - 1. */
__u32 draw(struct desk *desk, __u32 n);

/* Whether @err is 0 or one of those that follow, which end with 0. */
bool one_of(int err, ...);

/*
 * Write the next message of this life, for the link's connection: an entry, and a letter
 * of @len bytes at @out. NULL if this life has written all that it may.
 */
struct entry *letter_write(struct desk *desk, struct letter *out, __u16 conn, __u16 kind,
			   __u32 len);

/* An answer to @letter, which may be @out itself. */
void letter_answer(struct letter *out, const struct letter *letter, __u32 len);

/* Whether it is what somebody wrote, unchanged. */
bool letter_is_good(const struct letter *letter, __u32 len);

static inline struct entry *entry_of(const struct letter *letter)
{
	return &ledger->lives[letter->life].entries[letter->number];
}

/* Names a message. */
static inline __u64 cookie_of(const struct letter *letter)
{
	return (__u64)letter->life << 16 | letter->number;
}

static inline struct letter *letter_in(struct desk *desk)
{
	return (struct letter *)desk->in;
}

static inline struct letter *letter_out(struct desk *desk)
{
	return (struct letter *)desk->out;
}

/*
 * Do what the desk's transfer, or vector, says, at @at, and note what came of it. The
 * message that is sent, if any has an entry, is desk->number.
 */
int desk_transfer(struct desk *desk, int fd, enum storm_at at);
int desk_vector(struct desk *desk, int fd, enum storm_at at);

/* Note it for a thread that was killed before it could. */
void desk_settle(struct desk *desk);

/* A message was received, in a transfer, a vector, or a list: note it. */
void message_note(struct desk *desk, const struct alpc_msg *msg, const void *data);

/* The sign of a desk in entries. */
__u16 sign_of(const struct desk *desk);

/* Whether the end was told, and everything that came before it was seen. */
bool conn_is_settled(const struct conn *conn);

/* A server was killed: whoever else has its port is to answer. */
void orphans_leave(const struct life *life);

/* When everybody is gone: look for what was lost. */
void ledger_audit(void);

/* --- storm_life.c: processes ---------------------------------------------- */

/* Begin a life: its number, or a negative errno if there are no more. */
int life_new(bool server, int slot);

/* In its process: it is registered from now on. Never returns. */
_Noreturn void life_begin(int number);

/* A life inside of a program that was executed; does nothing in any other. */
void life_continue(void);

/* Split off another process, or become another program, with all that is open. */
void life_fork(struct desk *desk);
void life_exec(struct desk *desk);

/* The link of a connection, or one that is free with @conn < 0; NULL if there is none. */
struct link *link_find(struct life *life, int conn);
void link_close(struct link *link);

/* Whether the server of a connection was killed since the connection was asked for. */
static inline bool server_was_killed(__u16 conn)
{
	return ledger->kills[ledger->conns[conn].slot] != ledger->conns[conn].kills;
}

/* Pass the port of a link through a socket, or take one that somebody has passed. */
void link_pass(struct desk *desk, struct link *link);
void link_take(struct desk *desk);

const char *server_name(int slot);

/* --- storm_parcel.c: what messages bring ----------------------------------- */

/* What of @kind can be sent through @link now. */
__u16 parcel_possible(struct desk *desk, struct link *link, __u16 kind);

/* Add it to the desk's transfer; and when that is over, with the entry of its message. */
void parcel_add(struct desk *desk, struct link *link, __u16 kind);
void parcel_sent(struct desk *desk, struct link *link, bool sent);

/* Ask for what may come with a message. */
void parcel_want(struct desk *desk, struct alpc_msg *msg);

/*
 * Whether it can be that a message with all that it brought is gone: a request that was
 * given up, or whatever came from a connection that another thread may have closed.
 */
bool may_be_gone(struct desk *desk, const struct alpc_msg *msg, int err);

/* Look at what came, and let it go, or keep it for a while. */
void parcel_open(struct desk *desk, int fd, const struct alpc_msg *msg,
		 const struct letter *letter);

/* Both sides of a conversation through words of the client's section. */
void quick_ask(struct desk *desk, struct link *link, __u32 number);
void quick_answer(struct desk *desk, struct link *link, __u32 section);

/* --- storm_client.c, storm_server.c ---------------------------------------- */

_Noreturn void client_run(struct desk *desk);
_Noreturn void server_run(struct desk *desk);

/* --- storm_count.c: states, and what is left ------------------------------- */

/* The state that a thread of a living process seems to be in, or STATES. */
enum storm_state state_now(const struct desk *desk);

/* Count all states that a life was in when it was killed. */
void count_killed(struct life *life);

const char *state_name(enum storm_state state);

/* What the kernel has of all this. */
struct left {
	long references;	/* to the module */
	long objects;		/* of its slab caches */
	__u64 used;		/* of the limits of all users */
};

int left_look(struct left *left);
bool left_is_same(const struct left *a, const struct left *b);

/* The users that lives are of, by slot. */
uid_t life_user(bool server, int slot);

#endif /* ALPC_TEST_STORM_H */
