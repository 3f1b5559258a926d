/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Long messages of libalpc, and what travels beside a message's data: which way
 * data go, messages in place, ranges of a caller's memory, descriptors. Programs
 * include <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_LARGE_H
#define ALPC_LARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/alpc.h>

#ifdef __cplusplus
extern "C" {
#endif

struct alpc_call_options;
struct alpc_message;
struct alpc_port;

/* -- Which way -------------------------------------------------------------- */

/**
 * DOC: Three ways
 *
 * Data of any length go by the same functions; the library chooses the way. What
 * is short is copied through the kernel. What is longer is copied into memory
 * that both ends have mapped, a section of the sender's end, and the message
 * carries a view of it. What no section can hold (the port's limits, quota,
 * memory) the receiver reads from the caller's own memory, if it is a call: while
 * that is waited for, and only then, the memory is not needed otherwise.
 *
 * Whatever the way, data that were received lie in the message's own memory, and
 * nobody else can change them, unless the program asks for them in place.
 */

/**
 * enum alpc_way - the ways that data can go
 * @ALPC_WAY_AUTO: whichever is best
 * @ALPC_WAY_INLINE: a copy through the kernel, up to the port's inline limit
 * @ALPC_WAY_VIEW: a view of a section
 * @ALPC_WAY_DIRECT: the receiver reads and writes the caller's memory; calls only
 * @ALPC_WAY_QUICK: the page of a quick call (<alpc/quick.h>), which is nothing that
 *	a port can be set to
 */
enum alpc_way {
	ALPC_WAY_AUTO = 0,
	ALPC_WAY_INLINE = 1,
	ALPC_WAY_VIEW = 2,
	ALPC_WAY_DIRECT = 3,
	ALPC_WAY_QUICK = 4,
};

/**
 * alpc_port_set_way() - force one way
 * @port: port of any kind
 * @way: the way for everything that is sent through @port from now on; on a
 *	connection port, for replies
 *
 * What cannot go that way fails: with -EMSGSIZE for %ALPC_WAY_INLINE; for
 * %ALPC_WAY_VIEW with the error of %ALPC_IOC_CREATE_SECTION; for
 * %ALPC_WAY_DIRECT, with -EOPNOTSUPP in anything but a call, and with -EMSGSIZE
 * in a reply for which the caller has not listed its memory. Empty data go inline
 * in any case.
 *
 * Return: 0, -EINVAL (no such way).
 */
int alpc_port_set_way(struct alpc_port *port, enum alpc_way way);

/**
 * alpc_message_way() - which way its data came
 * @message: message that was received
 *
 * Return: %ALPC_WAY_INLINE, %ALPC_WAY_VIEW, %ALPC_WAY_DIRECT or %ALPC_WAY_QUICK;
 * %ALPC_WAY_AUTO if nothing was received.
 */
enum alpc_way alpc_message_way(const struct alpc_message *message);

/**
 * alpc_message_set_limit() - the longest data that a message takes in
 * @message: message to receive into
 * @limit: bytes; 0 for the default, 1 GiB
 *
 * Who sends a long message decides how much memory the receiver needs for it;
 * this is how far it gets. A longer reply or datagram is -EMSGSIZE and lost. A
 * longer request is -EMSGSIZE too, and alpc_message_id() names it, so that it can
 * be answered; it has no data. That is so for data in place as well. What comes
 * inline, 64 KiB, is always taken.
 */
void alpc_message_set_limit(struct alpc_message *message, size_t limit);

/**
 * alpc_port_trim() - give back sections that nothing uses
 * @port: communication port
 *
 * The library keeps the memory that it has made for long messages, for the next
 * one. A program that will not send any for a while can let it go.
 *
 * Return: bytes that were given back.
 */
size_t alpc_port_trim(struct alpc_port *port);

/* -- In place --------------------------------------------------------------- */

/**
 * DOC: In place
 *
 * *Sending.* A message made with alpc_message_new_in() has its data in the
 * sender's section. Sending it with the functions below copies nothing. They take
 * any other message too, and choose the way for it.
 *
 * *Receiving.* alpc_message_set_in_place() leaves what came in a view where it
 * is: alpc_message_data() points into the other side's section. It stays valid
 * until the message is used again, released with alpc_message_release(), or freed,
 * and for a request until it is answered. Who reads a request in place answers it
 * also when it was cancelled, which fails, but gives the sender its memory back.
 *
 * *Trust.* Nothing that lies in place is certain to stay as it is: the other side
 * can write to it at any time, also after it was checked. A request can be secured
 * by its sender (%ALPC_MESSAGE_SECURE), and alpc_message_is_secure() tells;
 * then the sender cannot write to it until it is given back. That costs page
 * faults and an interrupt to the sender's other CPUs, which for anything short is
 * more than a copy. Who does not trust the other side copies (which is the
 * default), asks for secured messages, or reads each byte once.
 */

/* alpc_message_new_in(): flags */
#define ALPC_MESSAGE_SECURE	(1U << 0)	/* cannot be written to once sent */

/**
 * alpc_message_new_in() - make an empty message in the port's section
 * @port: communication port through which it is to be sent
 * @room: bytes to set aside; 0 for a page. It grows by itself.
 * @flags: %ALPC_MESSAGE_SECURE, or 0
 * @message: the message; free it with alpc_message_free(), before @port is closed
 *
 * It is filled in with alpc_message_resize() or alpc_message_set(), and sent with
 * alpc_call_message() or alpc_send_message() through @port. It can take a reply
 * that comes through @port as well. While it is sent, and until it is given back,
 * the receiver may read all of it: do not leave in it what it should not see.
 *
 * Return: 0; errors as of %ALPC_IOC_CREATE_SECTION, -EINVAL.
 */
int alpc_message_new_in(struct alpc_port *port, size_t room, unsigned int flags,
			struct alpc_message **message);

/**
 * alpc_call_message() - send a message as a request and wait for its reply
 * @port: as in alpc_call_with()
 * @request: message to send. What it was received as does not matter.
 * @reply: takes the reply; may be @request
 * @timeout: as in alpc_call()
 * @options: options, or NULL
 *
 * If both were made with alpc_message_new_in() for @port nothing is copied on
 * this side: the server writes its reply over the request, and @reply gets that
 * memory and @request the memory that @reply had. What @request contains is
 * undefined afterwards, unless the call failed without %ALPC_DONE_SENT of
 * alpc_message_done(@reply); it can be filled in again at once, also if the call
 * failed and the server still reads: then it has got other memory.
 *
 * A message that has a reply in place, in the server's section, is filled in before
 * it is sent and takes the next reply: sending it as it is gives -EINVAL, as the
 * view is given back first. As @request with another one for the reply it can be
 * sent; it is copied.
 *
 * Return: as alpc_call_with(); -EINVAL also for what was just said; -EXDEV (a
 * message in place is not one of @port).
 */
int alpc_call_message(struct alpc_port *port, struct alpc_message *request,
		      struct alpc_message *reply, int64_t timeout,
		      const struct alpc_call_options *options);

/**
 * alpc_send_message() - send a message as a datagram
 * @port: communication port of either side
 * @message: message to send; if it was made with alpc_message_new_in() it is
 *	empty afterwards, and can be filled in again at once
 * @timeout: as in alpc_send()
 *
 * Return: as alpc_send(); -EXDEV (a message in place is not one of @port).
 */
int alpc_send_message(struct alpc_port *port, struct alpc_message *message,
		      int64_t timeout);

/**
 * alpc_reply_message() - answer a request with a message
 * @port: as in alpc_reply()
 * @id: the request
 * @message: message to send: any but one from alpc_message_new_in()
 *
 * Return: as alpc_reply(); -EXDEV (a message in place).
 */
int alpc_reply_message(struct alpc_port *port, uint64_t id,
		       struct alpc_message *message);

/**
 * alpc_message_set_in_place() - leave data where they are
 * @message: message to receive into
 * @in_place: what comes in a view from now on stays in it. See "In place" for
 *	how long it is valid, and what it can be trusted with.
 */
void alpc_message_set_in_place(struct alpc_message *message, bool in_place);

/**
 * alpc_message_is_in_place() - can the other side see, and change, these data?
 * @message: message that was received
 *
 * Return: true if its data lie in a section, false if in its own memory.
 */
bool alpc_message_is_in_place(const struct alpc_message *message);

/**
 * alpc_message_is_secure() - is the sender kept from changing what it sent?
 * @message: message that was received
 *
 * Return: true if its data are a secure view and lie in place, or if they do not
 * lie in place.
 */
bool alpc_message_is_secure(const struct alpc_message *message);

/**
 * alpc_message_release() - give back what a message has of the other side's
 * @message: message that was received
 *
 * The view of a datagram or a reply, and descriptors that came with it and were
 * not taken. The message has no data afterwards if they lay in that view, and no
 * descriptors. Done by itself as soon as the message is used again.
 *
 * Of a request, too, neither can be reached any more through the message; but what
 * it brought stays with it, and with the quota of its sender, until it is answered,
 * which it can be all the same: the room for the reply is part of that.
 *
 * What came in a view and was copied is given back with the next message that is
 * received into the same one, so that it takes no system call of its own; who does
 * not mean to receive soon gives it back with this.
 *
 * Return: 0, also if there was nothing to give back; else as %ALPC_SEND_RELEASE.
 */
int alpc_message_release(struct alpc_message *message);

/* -- Ranges of a caller's memory ---------------------------------------------- */

/**
 * alpc_message_accept_ranges() - learn of ranges that come with requests
 * @message: message to receive into
 * @accept: from now on alpc_message_range() describes them. They can be read and
 *	written without that too; asking for it makes each receiving a little
 *	dearer.
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_message_accept_ranges(struct alpc_message *message, bool accept);

/**
 * alpc_message_range_count() - how many ranges came with a request
 * @message: request
 *
 * Return: how many the caller has listed (&struct alpc_call_options.ranges); 0
 * unless alpc_message_accept_ranges() was called.
 */
unsigned int alpc_message_range_count(const struct alpc_message *message);

/**
 * alpc_message_range() - one of the ranges that came with a request
 * @message: request
 * @index: which, from 0
 * @range: filled in, without the address, which is the caller's business
 *
 * Return: 0, -ENOENT (there are not so many).
 */
int alpc_message_range(const struct alpc_message *message, unsigned int index,
		       struct alpc_range *range);

/**
 * alpc_read_from() - read memory that a caller has listed
 * @port: the port that the request was received from, or the server communication
 *	port of the client that made it
 * @id: request that is not answered yet
 * @range: which of its ranges
 * @offset: where in it, bytes
 * @data: where to
 * @len: bytes
 *
 * By any thread, as long as the request is not answered.
 *
 * Return: bytes read: @len, or less if an error came on the way, which repeating
 * the rest shows; else a negative errno value as of %ALPC_IOC_ACCESS.
 */
ssize_t alpc_read_from(struct alpc_port *port, uint64_t id, unsigned int range,
		       uint64_t offset, void *data, size_t len);

/**
 * alpc_write_to() - write to memory that a caller has listed
 * @port: as in alpc_read_from()
 * @id: likewise
 * @range: likewise
 * @offset: where in it, bytes
 * @data: where from
 * @len: bytes
 *
 * Return: bytes written; like alpc_read_from().
 */
ssize_t alpc_write_to(struct alpc_port *port, uint64_t id, unsigned int range,
		      uint64_t offset, const void *data, size_t len);

/**
 * alpc_read_parts() - read several pieces of memory that a caller has listed
 * @port: as in alpc_read_from()
 * @id: likewise
 * @parts: the pieces
 * @count: how many, 1 to %ALPC_ACCESS_PARTS_MAX
 *
 * One system call; all pieces are checked before any is read.
 *
 * Return: bytes read, in the order of @parts; like alpc_read_from().
 */
ssize_t alpc_read_parts(struct alpc_port *port, uint64_t id,
			const struct alpc_access_part *parts, unsigned int count);

/**
 * alpc_write_parts() - write several pieces of memory that a caller has listed
 * @port: as in alpc_read_from()
 * @id: likewise
 * @parts: the pieces
 * @count: how many, 1 to %ALPC_ACCESS_PARTS_MAX
 *
 * Return: bytes written, in the order of @parts; like alpc_read_from().
 */
ssize_t alpc_write_parts(struct alpc_port *port, uint64_t id,
			 const struct alpc_access_part *parts,
			 unsigned int count);

/* -- Descriptors ---------------------------------------------------------------- */

/**
 * alpc_message_set_fds() - let a message carry descriptors
 * @message: message to be sent with alpc_call_message(), alpc_send_message(),
 *	alpc_reply_message(), or as a reply of a server loop
 * @fds: descriptors; they stay the program's, and must be open until the message
 *	is sent. Copied.
 * @count: how many, up to %ALPC_FDS_MAX; 0 for none
 *
 * They go with the message the next time that it is sent, and not again.
 *
 * Return: 0, -EINVAL (too many), -ENOMEM.
 */
int alpc_message_set_fds(struct alpc_message *message, const int *fds,
			 unsigned int count);

/**
 * alpc_message_accept_fds() - take descriptors with messages that are received
 * @message: message to receive into
 * @kinds: ALPC_FD_* bits of what is wanted; anything else is closed. 0, as at the
 *	beginning, for none.
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int alpc_message_accept_fds(struct alpc_message *message, uint32_t kinds);

/**
 * alpc_message_fd_count() - how many descriptors came with a message
 * @message: message that was received
 *
 * Return: how many of the kinds that are wanted.
 */
unsigned int alpc_message_fd_count(const struct alpc_message *message);

/**
 * alpc_message_fds_dropped() - how many descriptors were not wanted
 * @message: message that was received
 *
 * Return: how many came and were closed.
 */
unsigned int alpc_message_fds_dropped(const struct alpc_message *message);

/**
 * alpc_message_take_fds() - open descriptors that came with a message
 * @message: message that was received
 * @first: number of the first, from 0
 * @count: how many
 * @fds: get the descriptors, close-on-exec, which belong to the caller
 *
 * Before the message is used again or released, and a request answered. Each can
 * be taken once. What is not taken is closed, of a request when it is answered.
 *
 * Return: 0; else none was opened: -ENOENT (there are not so many, or one was
 * taken before), -EMFILE, and errors as of %ALPC_IOC_TAKE_FDS.
 */
int alpc_message_take_fds(const struct alpc_message *message, unsigned int first,
			  unsigned int count, int *fds);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_LARGE_H */
