/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion lists, for libalpc: messages that come without a system call. Programs
 * include <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LIST_H
#define ALPC_LIST_H

#include <stddef.h>
#include <stdint.h>

#include <linux/alpc.h>

#ifdef __cplusplus
extern "C" {
#endif

struct alpc_message;
struct alpc_port;

/**
 * DOC: Completion lists
 *
 * A port that is never quiet has a list: memory into which the kernel puts each message
 * when it is sent. Its reader takes them out without a system call, and sleeps when
 * there is nothing. What does not fit into a slot, brings more than its data, or finds
 * no free slot, comes through the port's queue as always. Messages of one sender come
 * in the order in which they were sent, whichever way each of them takes.
 *
 * There are two ways to read. alpc_list_receive() gets the next message, from
 * wherever it comes, as alpc_receive() does. alpc_list_take() shows the next one
 * where it lies, without a copy, until alpc_list_give() gives the slot back; as soon
 * as it says -EAGAIN, alpc_list_receive() is to be asked.
 *
 * A port with a list can be bound to a completion port (alpc_completion_bind()); then
 * each thread that gets a packet receives until -EAGAIN.
 *
 * A message in the list has nothing beside its data, so alpc_message_accept_identity()
 * tells nothing of it; who sent a request can be asked.
 *
 * The list is the process's that has made it, and not that of a child which was forked:
 * there the functions return -EXDEV, and alpc_list_close() leaves the list alone.
 *
 * Requests are answered as usual, through the port. Where a port has a list nobody
 * receives from it otherwise, and so no server is made of it (alpc_server_new()).
 */

/* The reader of a port's list. */
struct alpc_list_reader;

/**
 * struct alpc_list_options - how to make a list
 * @size: sizeof(struct alpc_list_options)
 * @slots: how many messages it holds, a power of two from 2 to 32,768; 0 for 256
 * @slot_len: bytes of data that a message in it may have, up to the port's limit; 0 for
 *	that
 */
struct alpc_list_options {
	size_t size;
	uint32_t slots;
	uint32_t slot_len;
};

/**
 * struct alpc_list_item - a message where it lies in a list
 * @head: what the kernel says about it; its &alpc_msg.data is of no use
 * @data: its data
 * @len: length of these in bytes
 * @slot: for alpc_list_give()
 * @reserved: set to 0
 *
 * The memory is this process's and the kernel's: no sender sees it, or can change it.
 */
struct alpc_list_item {
	const struct alpc_msg *head;
	const void *data;
	size_t len;
	uint32_t slot;
	uint32_t reserved[3];
};

/**
 * alpc_list_create() - give a port a list
 * @port: connection port or client communication port
 * @options: options, or NULL
 * @reader: its reader; close it with alpc_list_close() before @port
 *
 * Return: 0; -EBUSY (it has one), -ENOTTY (this kernel's module has none), errors as of
 * %ALPC_IOC_CREATE_LIST and mmap(2).
 */
int alpc_list_create(struct alpc_port *port,
		     const struct alpc_list_options *options,
		     struct alpc_list_reader **reader);

/**
 * alpc_list_close() - end a list
 * @reader: reader, which nobody else uses, or NULL
 *
 * What lies in the list is lost: who needs it receives until -EAGAIN, when nobody sends
 * any more. A request that was lost is not answered before its connection ends. In a
 * child that was forked it only frees @reader.
 */
void alpc_list_close(struct alpc_list_reader *reader);

/**
 * alpc_list_take() - see the next message in the list
 * @reader: reader
 * @item: gets it
 *
 * No system call. Any number of threads may take, and each may have several.
 *
 * Return: 0; -EAGAIN: there is nothing in the list, or it is the queue's turn.
 * -EPROTO: the program has written to the list. -EXDEV: the list is the parent's.
 */
int alpc_list_take(struct alpc_list_reader *reader, struct alpc_list_item *item);

/**
 * alpc_list_give() - give a slot back
 * @reader: reader
 * @item: from alpc_list_take(), in whatever order
 *
 * No system call.
 */
void alpc_list_give(struct alpc_list_reader *reader,
		    const struct alpc_list_item *item);

/**
 * alpc_list_receive() - receive the next message, from list or queue
 * @reader: reader
 * @message: takes it, and grows if that is needed
 * @timeout: how long to wait for it
 *
 * A system call only if there is nothing in the list, or something in the queue. In an
 * event loop: when the port is readable, with a timeout of 0, until -EAGAIN.
 *
 * Return: as alpc_receive(); -EPROTO and -EXDEV as alpc_list_take().
 */
int alpc_list_receive(struct alpc_list_reader *reader,
		      struct alpc_message *message, int64_t timeout);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_LIST_H */
