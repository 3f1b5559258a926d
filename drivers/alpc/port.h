/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports and connections: the objects, their locks and their lifetimes.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_PORT_H
#define ALPC_PORT_H

#include <linux/cred.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <uapi/linux/alpc.h>

#include "ident.h"
#include "limits.h"
#include "message.h"
#include "queue.h"
#include "wait.h"

struct alpc_pool;
struct alpc_sections;
struct alpc_user;
struct inode;
struct net;

/**
 * DOC: Objects
 *
 * Three kinds of port exist, and the file of each has a &struct alpc_end as its
 * private data: the connection port (&alpc_port.end), and the two communication ports of
 * a connection (&alpc_conn.client and &alpc_conn.server). An end says where its
 * file receives and where it sends. The files of sections are another matter
 * (section.h).
 *
 * The core knows ends and the ABI's structures, but neither files nor commands;
 * these are the business of file.c, inode.c, ioctl.c, cmd.c and main.c.
 */

/**
 * DOC: Locking
 *
 * In order, the outer one first:
 *
 * 1. &alpc_exit.lock, the threads that asked for an exit notice (exit.c). Taken
 *    when such a thread ends, when one asks, and when its connection closes.
 * 2. &alpc_port.lock, of one connection port: its queue, its connections, their
 *    queues, and all messages on their way between them. Never two at once.
 * 3. the locks of wait queue heads, inside wake_up(); &alpc_section.lock, of the
 *    marks of secure views and of who is charged; &alpc_completion.lock, of the
 *    packets of a completion port.
 * 4. the lock of the table of users (user.c), inside &alpc_exit.lock, and never
 *    inside the port's.
 *
 * &alpc_net.lock (names.c) stands alone. &alpc_section.faults is taken by page
 * faults, inside the lock of the address space, and by who sends a secure view,
 * without any other lock.
 *
 * One lock for a port and all its connections, because nearly everything that
 * happens to a message involves both sides: a request goes to a thread that
 * waits at the connection port, its reply to a thread that waits at the client,
 * either can be cancelled, and any of them can be closed at that moment. With
 * a lock on each side each of these would take two locks, and the rules for
 * what may happen in between. The price is that clients of the same server
 * contend, which they do anyway for its queue; clients of different servers
 * share nothing.
 *
 * The lock is a spinlock that is never taken in interrupts. Under it nothing
 * touches user memory, sleeps, allocates, or walks more than the messages of
 * one connection.
 */

/**
 * DOC: Lifetimes
 *
 * A connection port's object is held by its file and by each of its connections
 * (&alpc_port.ref), because a connection needs its lock, and outlives the file
 * with &alpc_port.closed set. A connection's object is held by each of its two
 * files, by the thread that connects, and by receivers of its notices
 * (&alpc_conn.ref). Messages hold neither: what is left of them when an end is
 * closed is removed then (shutdown.c).
 *
 * A wait queue head that poll(2) was given lies in an object that the file
 * holds, so that it outlives every entry in it.
 */

/**
 * struct alpc_end - what one file can do: one of the three kinds of port
 * @kind: &enum alpc_port_kind; immutable
 * @port: connection port whose lock protects everything; immutable
 * @conn: the connection, NULL for a connection port; immutable
 * @own: the queue of its side, which knows the ids of that side: where it
 *	receives, or for a server communication port that of the connection port;
 *	immutable
 * @sent: what was sent through it and is not done with; protected by port lock
 * @seq: number of the last message sent; port lock
 * @writing: slots of a completion list that threads of it are writing to; port
 *	lock
 * @list_full: it found no slot in the completion list when it looked last; port lock
 * @list_run: messages that it has put into the list since @list_since; port lock
 * @list_before: likewise, among as many messages of all as the list has slots before
 *	that; port lock
 * @list_since: &alpc_slots.tail when counting began; port lock
 * @list: &alpc_clist.number of the list that this is about; port lock
 * @unanswered: what was sent through it without a thread that waits, and stays
 *	until the other side acts: asynchronous requests until their reply is
 *	received, calls whose thread handles a callback, exit notices, what
 *	brought something that is not given back; port lock
 * @released: its file is closed; port lock
 * @noted: it is noted when who sends through it changes; immutable
 * @changes: how often it did; port lock
 * @last_security: number of its last security context; port lock
 * @last_thread: who sent last, or NULL if not @noted or nobody was told; a reference;
 *	port lock
 * @last_cred: its credentials then; likewise
 * @outbox: where what it sends arrives; a connection port sends callbacks only, which
 *	go elsewhere; immutable
 * @spin: for how long its threads spin
 * @spare: a message to use again, or NULL; xchg()
 * @pool: more of them, once a vector was sent through it; cmpxchg(), READ_ONCE()
 * @user: who is charged for messages that are sent through it; the port's or the
 *	connection's reference; immutable
 * @idents: the identities of its last senders
 * @reserves: messages set aside; port lock
 * @reserve_count: how many; port lock
 * @last_reserve: number of the last one; port lock
 */
struct alpc_end {
	u8 kind;
	bool released;
	bool noted;
	u8 writing;
	u32 unanswered;
	u32 changes;
	u32 last_security;
	bool list_full;
	u32 list_run;
	u32 list_before;
	u32 list_since;
	u32 list;
	struct alpc_port *port;
	struct alpc_conn *conn;
	struct alpc_queue *own;
	struct alpc_queue *outbox;
	struct hlist_head sent;
	u64 seq;
	struct alpc_spin spin;
	struct alpc_message *spare;
	struct alpc_pool *pool;
	struct alpc_user *user;
	struct alpc_ident_cache idents;
	struct pid *last_thread;
	const struct cred *last_cred;
	struct hlist_head reserves;
	u32 reserve_count;
	u32 last_reserve;
};

/**
 * struct alpc_port - a connection port
 * @lock: see above
 * @ref: see above
 * @closed: its file is closed; protected by @lock
 * @end: what its file does
 * @queue: what clients send; @lock
 * @conns: connections that are connecting or that the server holds; @lock
 * @connections: how many; @lock
 * @max_connections: limit; immutable
 * @pending_connects: connection requests not answered; @lock
 * @max_pending: limit; immutable
 * @max_message: inline limit in bytes; immutable
 * @max_section: limit of a section in bytes, 0 for no sections; immutable
 * @max_view: limit of a view in bytes; immutable
 * @max_section_total: limit of one end's sections in bytes; immutable
 * @no_ranges: calls list no ranges; immutable
 * @max_security: limit of one end's security contexts; immutable
 * @require: ALPC_IDENTITY_* parts that clients must not withhold; immutable
 * @withhold: likewise, that the server does; immutable
 * @note: clients' changes of identity are noted; immutable
 * @connectors: threads that wait until they may ask for a connection; @lock
 * @id: number of the port; immutable
 * @cred: credentials of the thread that created it; immutable
 * @inode: decides who may connect; a reference; immutable after publishing
 * @comm_inode: of the files of its connections; likewise
 * @net: namespace of its name; a reference; NULL once @closed
 * @name_node: in &alpc_net.names; protected by &alpc_net.lock
 * @name_len: length of @name; immutable
 * @name: not terminated; immutable
 * @ident_slot: memory of @end.idents
 * @bucket: memory of @queue.pending
 */
struct alpc_port {
	spinlock_t lock;	/* everything marked so */
	refcount_t ref;
	bool closed;
	struct alpc_end end;
	struct alpc_queue queue;
	struct list_head conns;
	u32 connections;
	u32 max_connections;
	u32 pending_connects;
	u32 max_pending;
	u32 max_message;
	u64 max_section;
	u64 max_view;
	u64 max_section_total;
	bool no_ranges;
	u32 max_security;
	u8 require;
	u8 withhold;
	bool note;
	struct list_head connectors;
	u64 id;
	const struct cred *cred;
	struct inode *inode;
	struct inode *comm_inode;
	struct net *net;
	struct hlist_node name_node;
	u32 name_len;
	char name[ALPC_NAME_MAX];
	struct alpc_ident __rcu *ident_slot[ALPC_PORT_IDENTS];
	struct hlist_head bucket[ALPC_PENDING_BUCKETS];
};

/**
 * struct alpc_conn - a connection and its two communication ports
 * @ref: see above
 * @state: &enum alpc_port_state; changed under the port's lock, also read without it
 * @listed: counts in &alpc_port.connections and is in &alpc_port.conns; lock
 * @accepted: the server has accepted; lock
 * @unsettled: its user is charged for a request that is not answered; lock
 * @watched: a thread has ever asked for an exit notice; &alpc_exit.lock
 * @node: in &alpc_port.conns; lock
 * @port: its connection port; a reference; immutable
 * @client: the client's end
 * @server: the server's end; usable once accepted
 * @queue: what the server sends to the client; lock
 * @to_client: what waits in it; lock
 * @to_server: what the client sent and waits at the port; lock
 * @id: number of the client's port; that of the server's is one more; immutable
 * @context: set by accept; immutable while open
 * @received: messages that the server has received, replies to its calls not
 *	counted; lock
 * @server_uid: user that the server must be, or INVALID_UID; immutable
 * @server_gid: group that the server must have, or INVALID_GID; immutable
 * @error: what receiving fails with once the queue is empty; lock
 * @closed: the notice %ALPC_PORT_CLOSED, set aside, from the thread that
 *	connected; lock
 * @watches: threads that asked for an exit notice; &alpc_exit.lock
 * @acceptor: the thread that accepted, or NULL; lock, immutable once set
 * @charged: whose account it counts in: the client's, and once that has closed its
 *	end the server's; the reference is that of the end; lock
 * @security: security contexts of both ends; lock
 * @sections: its sections, or NULL if there never were any; cmpxchg(), READ_ONCE()
 * @ident_slot: memory of the ends' identity caches
 * @bucket: memory of @queue.pending
 */
struct alpc_conn {
	refcount_t ref;
	u8 state;
	bool listed;
	bool accepted;
	bool unsettled;
	bool watched;
	struct list_head node;
	struct alpc_port *port;
	struct alpc_end client;
	struct alpc_end server;
	struct alpc_queue queue;
	struct alpc_backlog to_client;
	struct alpc_backlog to_server;
	u64 id;
	u64 context;
	u64 received;
	kuid_t server_uid;
	kgid_t server_gid;
	int error;
	struct alpc_message closed;
	struct hlist_head watches;
	struct alpc_ident *acceptor;
	struct alpc_user *charged;
	struct hlist_head security;
	struct alpc_sections *sections;
	struct alpc_ident __rcu *ident_slot[2][ALPC_END_IDENTS];
	struct hlist_head bucket;
};

/**
 * struct alpc_port_limits - what a connection port is created with
 * @max_message: as &alpc_create_port.max_message, with defaults filled in
 * @queue_messages: likewise
 * @max_connections: likewise
 * @max_pending: likewise
 * @spin_ns: likewise, 0 for never
 * @queue_bytes: likewise
 * @max_section: likewise, 0 for no sections
 * @max_view: likewise
 * @max_section_total: likewise
 * @no_ranges: likewise
 * @max_security: likewise
 * @require: as &alpc_create_port.require
 * @withhold: likewise
 * @note: %ALPC_PORT_NOTE_IDENTITY
 */
struct alpc_port_limits {
	u32 max_message;
	u32 queue_messages;
	u32 max_connections;
	u32 max_pending;
	u32 spin_ns;
	u64 queue_bytes;
	u64 max_section;
	u64 max_view;
	u64 max_section_total;
	bool no_ranges;
	u32 max_security;
	u8 require;
	u8 withhold;
	bool note;
};

/**
 * struct alpc_conn_options - what a client connects with
 * @queue_messages: as &alpc_connect.queue_messages, with defaults filled in
 * @queue_bytes: likewise
 * @level: likewise
 * @withhold: as &alpc_connect.withhold, and all with %ALPC_LEVEL_ANONYMOUS
 * @note: %ALPC_CONNECT_NOTE_IDENTITY
 */
struct alpc_conn_options {
	u32 queue_messages;
	u64 queue_bytes;
	u8 level;
	u8 withhold;
	bool note;
};

int alpc_port_limits_init(struct alpc_port_limits *limits,
			  const struct alpc_create_port *arg);
int alpc_conn_options_init(struct alpc_conn_options *options,
			   const struct alpc_connect *arg);

int alpc_conn_cache_init(void);
void alpc_conn_cache_exit(void);

struct alpc_port *alpc_port_alloc(struct net *net,
				  const struct alpc_port_limits *limits);
struct alpc_port *alpc_port_get(struct alpc_port *port);
void alpc_port_put(struct alpc_port *port);

struct alpc_conn *alpc_conn_alloc(struct alpc_port *port,
				  const struct alpc_conn_options *options);
void alpc_conn_settled(struct alpc_conn *conn);
void alpc_conn_left(struct alpc_conn *conn);
struct alpc_conn *alpc_conn_get(struct alpc_conn *conn);
void alpc_conn_put(struct alpc_conn *conn);

u64 alpc_end_id(const struct alpc_end *end);
bool alpc_end_has_share(const struct alpc_end *end);
void alpc_end_note_from(struct alpc_end *end, struct alpc_ident *ident);
bool alpc_end_sees_change(struct alpc_end *end, const struct alpc_ident *ident);
void alpc_end_forget_sender(struct alpc_end *end);
void alpc_end_note_sender(struct alpc_end *end, struct alpc_message *m,
			  struct alpc_ident *ident);

/* May one more message of this end be without a thread that waits for it? */
static inline bool alpc_end_has_quota(const struct alpc_end *end)
{
	return end->unanswered < ALPC_UNANSWERED_MAX;
}

static inline void alpc_message_count(struct alpc_message *m)
{
	m->async = true;
	m->from->unanswered++;
}

static inline void alpc_message_uncount(struct alpc_message *m)
{
	if (m->async) {
		m->async = false;
		m->from->unanswered--;
	}
}

/* Where it receives; NULL for a server communication port. */
static inline struct alpc_queue *alpc_end_inbox(const struct alpc_end *end)
{
	return end->kind == ALPC_KIND_SERVER ? NULL : end->own;
}

/* Where what a communication port sends arrives. */
static inline struct alpc_queue *alpc_end_outbox(const struct alpc_end *end)
{
	return end->outbox;
}

/* Where what a communication port sends waits there. */
static inline struct alpc_backlog *alpc_end_backlog(const struct alpc_end *end)
{
	return end->kind == ALPC_KIND_CLIENT ? &end->conn->to_server :
					       &end->conn->to_client;
}

/* The end that what is sent through this one arrives at. */
static inline struct alpc_end *alpc_end_peer(const struct alpc_end *end)
{
	struct alpc_conn *conn = end->conn;

	return end->kind == ALPC_KIND_CLIENT ? &conn->server : &conn->client;
}

/* Note who sends through an end, if somebody wants to know. */
static inline void alpc_end_note(struct alpc_end *end, struct alpc_message *m,
				 struct alpc_ident *ident)
{
	if (unlikely(end->noted))
		alpc_end_note_sender(end, m, ident);
}

#endif /* ALPC_PORT_H */
