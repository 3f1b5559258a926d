/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a port that receives knows of those who send, and of their requests.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIB_INBOX_H
#define ALPC_LIB_INBOX_H

#include "internal.h"
#include "table.h"

#include <pthread.h>
#include <stdatomic.h>

/**
 * DOC: Inbox
 *
 * A long reply needs to know where the caller wants it, and whose it is, but a
 * program that answers names the request only. So requests that alpc_receive()
 * hands out are noted here until they are answered.
 *
 * A message at a connection port names its client by the context that the program
 * has set. If that is one client's only, the mappings of that client's end are
 * used; else the section is mapped for this one message.
 *
 * A thread can learn that a request was cancelled while the one that has received
 * the request is still reading it. So it gives the view back only if the request
 * is noted, and else leaves word for the other one. So much word there can be at a
 * time; what is overwritten costs the sender a view, until it disconnects.
 */

/* Requests that were cancelled before they were noted; ids are in a row. */
#define INBOX_CANCELED	256

/**
 * struct alpc_lib_origin - a request that is to be answered
 * @context: of the client
 * @offset: view that it brought, as in &struct alpc_msg
 * @len: likewise; 0: no view
 * @section: likewise
 * @flags: likewise
 * @room: bytes of the caller's own memory for the reply, in the range that
 *	follows the one that the view names; 0 for none
 * @in_place: the program reads it where it is
 * @users: who is about to answer it, and may write to the room that it brought
 * @canceling: it is about to be cancelled, and that room may be the sender's again
 * @canceled: it was cancelled meanwhile: the last of these releases it
 * @next: in &alpc_lib_inbox.spare
 */
struct alpc_lib_origin {
	uint64_t context;
	uint64_t offset;
	uint64_t len;
	uint32_t section;
	uint32_t flags;
	uint64_t room;
	bool in_place;
	bool canceled;
	bool canceling;
	unsigned int users;
	struct alpc_lib_origin *next;
};

/**
 * struct alpc_lib_peer - a client, as its connection port knows it
 * @port: handle of its server communication port
 * @context: its context
 * @same: next one with the same context
 * @next: in the ring of all
 * @prev: likewise
 */
struct alpc_lib_peer {
	struct alpc_port *port;
	uint64_t context;
	struct alpc_lib_peer *same;
	struct alpc_lib_peer *next;
	struct alpc_lib_peer *prev;
};

/**
 * struct alpc_lib_inbox - what a port that receives knows
 * @refs: its handle, and those of its clients; atomic
 * @maps: mappings of sections of clients; atomic
 * @lock: protects what follows
 * @fd: the port, -1 when its handle is closed
 * @peers: struct alpc_lib_peer by context
 * @hand: a place in the ring of all, whose mappings are the next to go
 * @requests: struct alpc_lib_origin by id
 * @spare: unused ones
 * @canceled: ids of requests that were cancelled before they were noted, each in
 *	the place that its remainder says
 */
struct alpc_lib_inbox {
	atomic_uint refs;
	atomic_uint maps;
	pthread_mutex_t lock;
	int fd;
	struct alpc_lib_table peers;
	struct alpc_lib_peer *hand;
	struct alpc_lib_table requests;
	struct alpc_lib_origin *spare;
	uint64_t canceled[INBOX_CANCELED];
};

int alpc_lib_inbox_of(struct alpc_port *port, struct alpc_lib_inbox **inbox);
struct alpc_lib_inbox *alpc_lib_inbox_get(struct alpc_lib_inbox *inbox);
void alpc_lib_inbox_put(struct alpc_lib_inbox *inbox);
void alpc_lib_inbox_close(struct alpc_lib_inbox *inbox);
int alpc_lib_inbox_ioctl(struct alpc_lib_inbox *inbox, unsigned long request,
			 void *arg);

int alpc_lib_inbox_join(struct alpc_port *port, struct alpc_port *client,
			uint64_t context);
void alpc_lib_inbox_leave(struct alpc_port *client);
struct alpc_lib_space *alpc_lib_inbox_space(struct alpc_lib_inbox *inbox,
					    uint64_t context);

void alpc_lib_inbox_mapped(struct alpc_lib_inbox *inbox);
void alpc_lib_inbox_unmapped(struct alpc_lib_inbox *inbox);

bool alpc_lib_inbox_note(struct alpc_port *port, uint64_t id,
			 const struct alpc_lib_origin *origin);
bool alpc_lib_inbox_canceled(struct alpc_port *port, uint64_t id);
bool alpc_lib_inbox_use(const struct alpc_port *port, uint64_t id,
			struct alpc_lib_origin *origin);
bool alpc_lib_inbox_lend(struct alpc_port *port, uint64_t id,
			 const struct alpc_lib_origin *origin);
bool alpc_lib_inbox_unuse(const struct alpc_port *port, uint64_t id);
int alpc_lib_inbox_cancel(const struct alpc_port *port, uint64_t id);
void alpc_lib_inbox_uncancel(const struct alpc_port *port, uint64_t id);
void alpc_lib_inbox_answered(const struct alpc_port *port, uint64_t id);
void alpc_lib_inbox_gone(const struct alpc_port *port, uint64_t context);

#endif /* ALPC_LIB_INBOX_H */
