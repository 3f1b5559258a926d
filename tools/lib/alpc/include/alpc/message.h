/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of libalpc. Programs include <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_MESSAGE_H
#define ALPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A message that was received, or one being filled in. Its data lie in memory of
 * its own, which it keeps from one use to the next, unless the program asks for
 * another place (<alpc/large.h>).
 */
struct alpc_message;

/**
 * alpc_message_new() - make an empty message
 * @room: bytes to set memory aside for; 0 for %ALPC_DATA_DEFAULT. It grows by
 *	itself. In a call as much is set aside for the reply, so that the server
 *	need not find memory for it.
 * @message: the message; free it with alpc_message_free()
 *
 * Return: 0, -ENOMEM, -EMSGSIZE (longer than any message can be).
 */
int alpc_message_new(size_t room, struct alpc_message **message);

/**
 * alpc_message_free() - free a message and its data
 * @message: message, or NULL
 */
void alpc_message_free(struct alpc_message *message);

/**
 * alpc_message_type() - what it is
 * @message: message
 *
 * Return: &enum alpc_message_type, or 0 if nothing was received.
 */
unsigned int alpc_message_type(const struct alpc_message *message);

/**
 * alpc_message_data() - its data
 * @message: message
 *
 * In a message in place, and in the reply of a server's handler after
 * alpc_message_fill() or alpc_message_set(), they can lie in memory that the other
 * side writes to as well: see alpc_message_is_in_place().
 *
 * Return: the data; never NULL; valid until the message changes.
 */
const void *alpc_message_data(const struct alpc_message *message);

/**
 * alpc_message_len() - length of its data
 * @message: message
 *
 * Return: bytes.
 */
size_t alpc_message_len(const struct alpc_message *message);

/**
 * alpc_message_id() - the id that names the request
 * @message: message
 *
 * Return: what to give to alpc_reply(), alpc_port_accept(), alpc_callback(). In
 * an %ALPC_REPLY, the id that alpc_send_request() gave; in an %ALPC_CANCELED,
 * that of the request that was cancelled.
 */
uint64_t alpc_message_id(const struct alpc_message *message);

/**
 * alpc_message_context() - which client it is from
 * @message: message
 *
 * Return: what alpc_port_accept() set for this client; 0 on a client's port.
 */
uint64_t alpc_message_context(const struct alpc_message *message);

/**
 * alpc_message_cookie() - value of whoever asked for it
 * @message: message
 *
 * Return: what was given to alpc_send_request() or alpc_port_notify_exit().
 */
uint64_t alpc_message_cookie(const struct alpc_message *message);

/**
 * alpc_message_seq() - its number among those of its sender's port
 * @message: message
 *
 * Return: the number, from 1 up; in %ALPC_PORT_CLOSED, how many messages with
 * this context were received before it.
 */
uint64_t alpc_message_seq(const struct alpc_message *message);

/**
 * alpc_message_pid() - process that sent it
 * @message: message
 *
 * Return: process id as seen here, 0 if it is not visible here.
 */
pid_t alpc_message_pid(const struct alpc_message *message);

/**
 * alpc_message_tid() - thread that sent it
 * @message: message
 *
 * Return: thread id as seen here, 0 if it is not visible here.
 */
pid_t alpc_message_tid(const struct alpc_message *message);

/**
 * alpc_message_uid() - user that sent it
 * @message: message
 *
 * Return: effective user id of the sending thread.
 */
uid_t alpc_message_uid(const struct alpc_message *message);

/**
 * alpc_message_gid() - group that sent it
 * @message: message
 *
 * Return: effective group id of the sending thread.
 */
gid_t alpc_message_gid(const struct alpc_message *message);

/**
 * alpc_message_is_callback() - is it a request made inside one's own call?
 * @message: message
 *
 * Return: true if it is.
 */
bool alpc_message_is_callback(const struct alpc_message *message);

/**
 * alpc_message_done() - what the last function did that received into a message
 * @message: message
 *
 * Return: ALPC_DONE_* bits: also after an error, and there of most use.
 */
unsigned int alpc_message_done(const struct alpc_message *message);

/**
 * alpc_message_set() - fill a message in
 * @message: message
 * @data: copied
 * @len: bytes of it
 *
 * A long reply of a server's handler goes to the caller's memory at once, as with
 * alpc_message_fill(): the caller sees it although the handler then returns an
 * error, and what alpc_message_data() shows of it is the caller's to change.
 *
 * Return: 0, -EMSGSIZE (longer than the inline limit, where the message is the
 * answer to a connection request; than any message can be elsewhere), -ENOMEM;
 * for a message in place also errors as of %ALPC_IOC_CREATE_SECTION. After an
 * error the message is as it was.
 */
int alpc_message_set(struct alpc_message *message, const void *data, size_t len);

/**
 * alpc_message_resize() - fill a message in, in memory that is its own
 * @message: message
 * @len: bytes that it is to have
 * @data: where to write them; the bytes that it had before are still there as
 *	far as they fit, the others are undefined
 *
 * Return: as alpc_message_set().
 */
int alpc_message_resize(struct alpc_message *message, size_t len, void **data);

/**
 * alpc_message_fill() - fill a message in, wherever it is needed
 * @message: message
 * @len: bytes that it is to have
 * @data: where to write all of them; what is there before is undefined
 *
 * For a long reply this saves a copy: if the caller offers room for it in the
 * section that its request lies in, @data is that room. (The room that comes with a
 * request that was short enough to go inline is not mapped here, and takes a copy.)
 * So it is memory that the caller may look into, and
 * change, at any time: write what the caller is to have and nothing else, and do
 * not read it back. Until the reply is sent, alpc_message_resize() moves what was
 * written into the message's own memory.
 *
 * Return: as alpc_message_set().
 */
int alpc_message_fill(struct alpc_message *message, size_t len, void **data);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_MESSAGE_H */
