/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Local procedure calls between processes through port objects.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef _UAPI_LINUX_ALPC_H
#define _UAPI_LINUX_ALPC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Objects
 *
 * A *connection port* has a name. A server creates it with
 * %ALPC_IOC_CREATE_PORT and receives on it everything that its clients send.
 * A client reaches it by name with %ALPC_IOC_CONNECT and gets a *client
 * communication port*; the server answers with %ALPC_IOC_ACCEPT and gets the
 * *server communication port* of that client. All three are file descriptors,
 * always close-on-exec; closing the last one ends the object.
 *
 * Messages travel with %ALPC_IOC_TRANSFER:
 *
 * - what a client sends through its port arrives at the connection port, with
 *   the context that the server set when it accepted;
 * - what a server sends through a server communication port arrives at that
 *   client's port;
 * - a server answers requests through the connection port or through the
 *   server communication port of the client that asked.
 */

/**
 * DOC: Growth
 *
 * Every argument begins with its size, which the caller sets to sizeof(). A
 * shorter one is filled up with zeroes; a longer one is accepted if what the
 * kernel does not know is zero, else the call fails with E2BIG. Less than the
 * first published size is EINVAL. The layout is the same for 32-bit and 64-bit
 * programs. Fields named out_* are written by the kernel only, and mean
 * something only after success unless said otherwise. Unknown flags and reserved
 * fields that are not zero are EINVAL.
 */

/**
 * DOC: Errors
 *
 * One meaning for each, in every call:
 *
 * =============== ===========================================================
 * E2BIG           the argument is longer than this kernel knows, and not zero
 *                 there
 * EACCES          the port's owner, group and mode do not let the caller
 *                 connect
 * EAGAIN          it would have to wait and was asked not to
 * EBADMSG         the id names a message that does not take this answer: a
 *                 reply to a connection request, an acceptance of a request
 * EBUSY           a callback in the same call is not answered yet
 * ECANCELED       the caller that the reply or acceptance was meant for gave up
 * ECONNREFUSED    the server refused the connection
 * ECONNRESET      the connection port was closed before it answered the
 *                 connection request
 * EDEADLK         callbacks are nested too deeply
 * EDQUOT          too many requests and exit notices of this end are
 *                 outstanding
 * EEXIST          the name is in use
 * EFAULT          an address is not accessible
 * EINTR           a signal came; out_done says what had been done before
 * EMFILE, ENFILE  the process, or the system, has too many files open
 * EINVAL          the argument makes no sense: unknown flag, reserved field,
 *                 length, name, or time
 * EMSGSIZE        sending: longer than the port's limit. Receiving: longer
 *                 than the buffer; the length needed is returned and the
 *                 message stays
 * ENOENT          no port has that name
 * ENOMEM          no memory
 * ENOTCONN        the connection is not accepted yet
 * ENOTTY          no such command
 * EOPNOTSUPP      the command is not one for this kind of port
 * EPERM           the server has not the identity that the client requires
 * EPIPE           the other end, or the connection, is gone
 * ESHUTDOWN       receiving from this port was switched off
 * ESRCH           no unanswered request has that id here: it was answered, it
 *                 was cancelled, or it never was
 * ETIMEDOUT       the time given is over
 * EUSERS          the port has as many connections as it may have
 * =============== ===========================================================
 */

/** ALPC_ABI_VERSION - counts incompatible changes; see struct alpc_query */
#define ALPC_ABI_VERSION	1

/** ALPC_NAME_MAX - longest name of a port, in bytes, without a final NUL */
#define ALPC_NAME_MAX		255

/**
 * ALPC_HEADER_SIZE - bytes that a message's header counts for
 *
 * The header and the data of a message come to 65,535 bytes at most, as on
 * Windows, where the header of a 64-bit process takes 40.
 */
#define ALPC_HEADER_SIZE	40

/** ALPC_DATA_MAX - the highest inline limit a port can have, in bytes */
#define ALPC_DATA_MAX		(65535 - ALPC_HEADER_SIZE)

/** ALPC_DATA_DEFAULT - the inline limit of a port that asks for none, bytes */
#define ALPC_DATA_DEFAULT	256

/** ALPC_CALLBACK_DEPTH_MAX - how deep callbacks may be nested in a request */
#define ALPC_CALLBACK_DEPTH_MAX	16

/** ALPC_INFINITE - a timeout that never comes */
#define ALPC_INFINITE		(-1LL)

#define ALPC_IOC_TYPE		0xA7

#define ALPC_IOC_QUERY		_IO(ALPC_IOC_TYPE, 0x00)
#define ALPC_IOC_CREATE_PORT	_IO(ALPC_IOC_TYPE, 0x10)
#define ALPC_IOC_CONNECT	_IO(ALPC_IOC_TYPE, 0x11)
#define ALPC_IOC_ACCEPT		_IO(ALPC_IOC_TYPE, 0x12)
#define ALPC_IOC_DISCONNECT	_IO(ALPC_IOC_TYPE, 0x13)
#define ALPC_IOC_PORT_INFO	_IO(ALPC_IOC_TYPE, 0x14)
#define ALPC_IOC_NOTIFY_EXIT	_IO(ALPC_IOC_TYPE, 0x15)
#define ALPC_IOC_SHUTDOWN	_IO(ALPC_IOC_TYPE, 0x16)
#define ALPC_IOC_TRANSFER	_IO(ALPC_IOC_TYPE, 0x20)

/**
 * struct alpc_query - what this kernel can do (%ALPC_IOC_QUERY)
 * @size: sizeof(struct alpc_query)
 * @flags: must be 0
 * @out_version: %ALPC_ABI_VERSION of the kernel
 * @out_data_max: highest inline limit of a port, in bytes
 * @out_features: ALPC_FEATURE_* bits of the optional parts
 * @out_queue_messages_max: highest queue limit of a port, in messages
 * @out_connections_max: highest limit of connections of a port
 * @out_queue_bytes_max: highest queue limit of a port, in bytes of data
 *
 * On /dev/alpc. Errors: EFAULT, EINVAL, E2BIG.
 */
struct alpc_query {
	__u32 size;
	__u32 flags;
	__u32 out_version;
	__u32 out_data_max;
	__aligned_u64 out_features;
	__u32 out_queue_messages_max;
	__u32 out_connections_max;
	__aligned_u64 out_queue_bytes_max;
};

/* struct alpc_query.out_features; none of the optional parts has landed */
#define ALPC_FEATURE_EXIT_NOTICE	(1ULL << 0)	/* ALPC_IOC_NOTIFY_EXIT */

/* struct alpc_create_port.flags */
#define ALPC_PORT_NO_SPIN	(1U << 0)	/* always sleep, never spin */

/**
 * struct alpc_create_port - create a connection port (%ALPC_IOC_CREATE_PORT)
 * @size: sizeof(struct alpc_create_port)
 * @flags: ALPC_PORT_* bits
 * @name: address of the name
 * @name_len: its length in bytes, 1 to %ALPC_NAME_MAX. Valid UTF-8 without
 *	control characters. Upper and lower case differ. Names are of the
 *	caller's network namespace.
 * @max_message: inline limit in bytes of data, 0 for %ALPC_DATA_DEFAULT, at
 *	most %ALPC_DATA_MAX; it holds for both directions
 * @queue_messages: how many messages may wait at the port, 0 for the default
 * @max_connections: how many connections the port may have, those not yet
 *	accepted among them, 0 for the default
 * @queue_bytes: how many bytes of data may wait at the port, 0 for the default;
 *	room for a reply of more than 256 bytes counts with its request
 * @max_pending: how many connection requests may be unanswered, 0 for the
 *	default, at most what @queue_messages may be at most
 * @spin_ns: for how long, in nanoseconds, a thread looks for its message
 *	before it sleeps, while the thread that it waits for runs on another
 *	CPU; 0 for the default, at most 1,000,000; %ALPC_PORT_NO_SPIN for not
 *	at all
 * @out_fd: the new port
 * @__reserved: must be 0
 *
 * On /dev/alpc. The port's inode belongs to the caller's effective user and
 * group and has mode 0600: who may connect is who may write to it (fchmod(2),
 * fchown(2)). Its name is free again once its last descriptor is closed.
 *
 * Errors: EEXIST (name in use), EINVAL (name, limit, flag), EMFILE, ENFILE,
 * ENOMEM, EFAULT, E2BIG.
 */
struct alpc_create_port {
	__u32 size;
	__u32 flags;
	__aligned_u64 name;
	__u32 name_len;
	__u32 max_message;
	__u32 queue_messages;
	__u32 max_connections;
	__aligned_u64 queue_bytes;
	__u32 max_pending;
	__u32 spin_ns;
	__s32 out_fd;
	__u32 __reserved;
};

/* struct alpc_connect.flags */
#define ALPC_CONNECT_ASYNC	(1U << 0)	/* return at once, see below */
#define ALPC_CONNECT_SERVER_UID	(1U << 1)	/* server_uid is required */
#define ALPC_CONNECT_SERVER_GID	(1U << 2)	/* server_gid is required */
#define ALPC_CONNECT_ABSTIME	(1U << 3)	/* timeout is a point in time */

/**
 * struct alpc_connect - connect to a named port (%ALPC_IOC_CONNECT)
 * @size: sizeof(struct alpc_connect)
 * @flags: ALPC_CONNECT_* bits
 * @name: address of the name
 * @name_len: its length in bytes
 * @out_fd: the client communication port
 * @timeout: nanoseconds to wait for the answer (%ALPC_INFINITE: for ever), or,
 *	with %ALPC_CONNECT_ABSTIME, the CLOCK_MONOTONIC time to wait until
 * @server_uid: effective user id that the server must have
 * @server_gid: effective group id that the server must have
 * @send_data: address of the connection message
 * @send_len: its length in bytes, up to the port's inline limit
 * @reply_len: in: room at @reply_data in bytes; out: length of the server's
 *	answer
 * @reply_data: address of the buffer for the answer
 * @queue_messages: how many messages may wait at the new port, 0 for the
 *	default
 * @__reserved: must be 0
 * @queue_bytes: how many bytes of data may wait at the new port, 0 for the
 *	default
 *
 * On /dev/alpc. The required identity is that of the thread that created the
 * port, and of the thread that accepts; it is checked before anything is
 * queued, and again when the server accepts.
 *
 * An answer longer than @reply_len: on acceptance the call succeeds,
 * @reply_len is the length needed, and the answer can be received from the
 * port (%ALPC_CONNECTION_REPLY). On refusal the part that fits is there.
 *
 * With %ALPC_CONNECT_ASYNC the port is returned unconnected. It becomes
 * readable when the server has answered; receiving then gives a message of
 * type %ALPC_CONNECTION_REPLY or %ALPC_CONNECTION_REFUSED, or fails with
 * ECONNRESET if the server went away. Before that, sending fails with
 * ENOTCONN. @timeout is for getting into the queue only.
 *
 * Errors: ENOENT (no such name), EACCES (mode), EPERM (wrong server),
 * ECONNREFUSED, ETIMEDOUT, ECONNRESET (server gone), EINTR, EAGAIN (too many
 * unanswered connects, %ALPC_CONNECT_ASYNC with no time), EUSERS, EMSGSIZE,
 * EINVAL, EMFILE, ENFILE, ENOMEM, EFAULT, E2BIG.
 */
struct alpc_connect {
	__u32 size;
	__u32 flags;
	__aligned_u64 name;
	__u32 name_len;
	__s32 out_fd;
	__aligned_s64 timeout;
	__u32 server_uid;
	__u32 server_gid;
	__aligned_u64 send_data;
	__u32 send_len;
	__u32 reply_len;
	__aligned_u64 reply_data;
	__u32 queue_messages;
	__u32 __reserved;
	__aligned_u64 queue_bytes;
};

/* struct alpc_accept.flags */
#define ALPC_ACCEPT_REFUSE	(1U << 0)	/* refuse instead of accepting */

/**
 * struct alpc_accept - answer a connection request (%ALPC_IOC_ACCEPT)
 * @size: sizeof(struct alpc_accept)
 * @flags: ALPC_ACCEPT_* bits
 * @id: id of the %ALPC_CONNECTION_REQUEST
 * @context: what every message of this client is to carry
 * @data: address of the answer's data
 * @len: its length in bytes, up to the port's inline limit
 * @out_fd: the server communication port; -1 after a refusal
 *
 * On a connection port. A request can be answered once.
 *
 * Errors: ESRCH (no such unanswered request), EBADMSG (not a connection
 * request), ECANCELED (the client gave up), EPERM (the client requires a
 * server of another identity), EMSGSIZE, EMFILE, ENFILE, ENOMEM, EFAULT,
 * EINVAL, E2BIG. After an error other than ECANCELED and ESRCH the request is
 * still there to be answered.
 */
struct alpc_accept {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__aligned_u64 context;
	__aligned_u64 data;
	__u32 len;
	__s32 out_fd;
};

/**
 * struct alpc_disconnect - end a connection (%ALPC_IOC_DISCONNECT)
 * @size: sizeof(struct alpc_disconnect)
 * @flags: must be 0
 *
 * On a communication port of either side. Callers on both sides get EPIPE at
 * once. The server receives what the client had sent before, without requests,
 * which nobody waits for any more, and then %ALPC_PORT_CLOSED. A client can
 * still receive what had been sent to it. The descriptors stay open.
 *
 * Closing the last descriptor of a communication port does the same, and drops
 * what had been sent to that end: once the server's port is closed, no further
 * message carries its context, %ALPC_PORT_CLOSED included.
 *
 * Errors: EPIPE (is disconnected already), EINVAL, EFAULT, E2BIG.
 */
struct alpc_disconnect {
	__u32 size;
	__u32 flags;
};

/**
 * struct alpc_notify_exit - announce this thread's end (%ALPC_IOC_NOTIFY_EXIT)
 * @size: sizeof(struct alpc_notify_exit)
 * @flags: must be 0
 * @cookie: comes back as the notice's cookie
 *
 * On a client communication port. When the calling thread ends, however it
 * does, the server receives %ALPC_CLIENT_DIED after everything that was sent
 * through this port until then. The memory is set aside now. A thread can ask
 * for one notice per connection.
 *
 * Errors: EEXIST (asked already), EDQUOT (too many notices and requests of this
 * port are outstanding), EPIPE, ENOTCONN, ENOMEM, EINVAL, EFAULT, E2BIG,
 * EOPNOTSUPP (this kernel cannot tell).
 */
struct alpc_notify_exit {
	__u32 size;
	__u32 flags;
	__aligned_u64 cookie;
};

/* struct alpc_shutdown.flags */
#define ALPC_SHUTDOWN_RECEIVE	(1U << 0)	/* receiving fails from now on */

/**
 * struct alpc_shutdown - switch receiving off or on (%ALPC_IOC_SHUTDOWN)
 * @size: sizeof(struct alpc_shutdown)
 * @flags: %ALPC_SHUTDOWN_RECEIVE, or 0 to undo it
 *
 * On a connection port or client communication port. While it is off, receiving
 * fails with ESHUTDOWN, for threads that wait already as well. What is queued
 * stays, and everything else goes on: calls get their replies, and a transfer
 * that replies and receives sends its reply before it fails. This is how the
 * threads of a server are told to stop.
 *
 * Errors: EINVAL, EFAULT, E2BIG.
 */
struct alpc_shutdown {
	__u32 size;
	__u32 flags;
};

/**
 * enum alpc_port_kind - struct alpc_port_info.out_kind
 * @ALPC_KIND_CONNECTION: connection port
 * @ALPC_KIND_CLIENT: client communication port
 * @ALPC_KIND_SERVER: server communication port
 */
enum alpc_port_kind {
	ALPC_KIND_CONNECTION = 1,
	ALPC_KIND_CLIENT = 2,
	ALPC_KIND_SERVER = 3,
};

/**
 * enum alpc_port_state - struct alpc_port_info.out_state
 * @ALPC_STATE_CONNECTING: the connection request is not answered yet
 * @ALPC_STATE_OPEN: messages can be sent
 * @ALPC_STATE_REFUSED: the server refused
 * @ALPC_STATE_CLOSED: one of the ends is gone or disconnected
 */
enum alpc_port_state {
	ALPC_STATE_CONNECTING = 1,
	ALPC_STATE_OPEN = 2,
	ALPC_STATE_REFUSED = 3,
	ALPC_STATE_CLOSED = 4,
};

/**
 * struct alpc_port_info - state of a port (%ALPC_IOC_PORT_INFO)
 * @size: sizeof(struct alpc_port_info)
 * @flags: must be 0
 * @out_kind: &enum alpc_port_kind
 * @out_state: &enum alpc_port_state
 * @out_port_id: number of this port; fdinfo and the tracepoints name the port
 *	by it. Never used again.
 * @out_context: on a server communication port, what %ALPC_IOC_ACCEPT set;
 *	like everything that a kind of port does not have, 0 on others
 * @out_max_message: inline limit, bytes
 * @out_connections: on a connection port, its connections now
 * @out_queued: messages waiting at this port
 * @out_unanswered: requests received here and not answered yet
 * @out_queued_bytes: bytes of data waiting at this port
 *
 * On any port. A server communication port has no queue of its own.
 * Errors: EINVAL, EFAULT, E2BIG.
 */
struct alpc_port_info {
	__u32 size;
	__u32 flags;
	__u32 out_kind;
	__u32 out_state;
	__aligned_u64 out_port_id;
	__aligned_u64 out_context;
	__u32 out_max_message;
	__u32 out_connections;
	__u32 out_queued;
	__u32 out_unanswered;
	__aligned_u64 out_queued_bytes;
};

/**
 * enum alpc_message_type - struct alpc_msg.type of a received message
 * @ALPC_REQUEST: wants a reply
 * @ALPC_REPLY: answers the request that struct alpc_msg.id names
 * @ALPC_DATAGRAM: wants no reply
 * @ALPC_PORT_CLOSED: the connection has ended: the client is gone, or either
 *	side has disconnected. Comes once per connection, as the last message
 *	with its context, and needs no memory. It does not come if the server
 *	has closed its communication port before.
 * @ALPC_CLIENT_DIED: a thread that had asked for it has ended
 * @ALPC_CONNECTION_REQUEST: somebody wants to connect
 * @ALPC_CONNECTION_REPLY: the server accepted (asynchronous connect)
 * @ALPC_CANCELED: the request that struct alpc_msg.id names, and which was
 *	received here before, has lost its caller; it can no longer be answered
 * @ALPC_CONNECTION_REFUSED: the server refused (asynchronous connect)
 *
 * Where NT has the type, its number is the same. Only the kernel makes types:
 * a sender leaves struct alpc_msg.type 0.
 */
enum alpc_message_type {
	ALPC_REQUEST = 1,
	ALPC_REPLY = 2,
	ALPC_DATAGRAM = 3,
	ALPC_PORT_CLOSED = 5,
	ALPC_CLIENT_DIED = 6,
	ALPC_CONNECTION_REQUEST = 10,
	ALPC_CONNECTION_REPLY = 11,
	ALPC_CANCELED = 12,
	ALPC_CONNECTION_REFUSED = 13,
};

/* struct alpc_msg.flags of a message to send; none of them: a datagram */
#define ALPC_SEND_REQUEST	(1U << 0)	/* wants a reply */
#define ALPC_SEND_REPLY		(1U << 1)	/* answers the request id */
#define ALPC_SEND_CALLBACK	(1U << 2)	/* a request inside the request id */

/* struct alpc_msg.flags of a received message */
#define ALPC_MSG_CALLBACK	(1U << 0)	/* request inside one's own call */

/**
 * struct alpc_msg - a message to send, or where to receive one
 * @id: sending: the request that is answered (%ALPC_SEND_REPLY), or inside
 *	which this one is made (%ALPC_SEND_CALLBACK), else 0. Received: names
 *	the request for its answer, or, in a reply, the request answered. An
 *	id means something on the port that it was received from (or sent
 *	through) only, and is never used again there.
 * @context: received: what the server set when it accepted this client; 0 on
 *	a client's port
 * @cookie: sending a request: any value of the sender's. Received: the value
 *	of the request that this reply answers; 0 in anything else but
 *	%ALPC_CLIENT_DIED.
 * @data: address of the data, or of the buffer
 * @len: sending: bytes of data. Receiving: in, the room at @data; out, the
 *	message's bytes, also when they are more than the room (EMSGSIZE).
 * @type: sending: 0. Received: &enum alpc_message_type.
 * @flags: sending: ALPC_SEND_*. Received: ALPC_MSG_*.
 * @pid: received: the sending process, in the receiver's pid namespace; 0 if
 *	it is not visible there
 * @tid: received: the sending thread, likewise
 * @uid: received: the sending thread's effective user id in the receiver's
 *	user namespace; the overflow id if it has none there
 * @gid: received: its effective group id, likewise
 * @seq: received: number of this message among those that this sender's port
 *	has sent, from 1 up; 0 in notices, which the kernel makes; but in
 *	%ALPC_PORT_CLOSED how many messages with this context were received
 *	before, by whichever thread, what came to a thread in a call (WAIT) not
 *	counted: a server that has handled as many can free what the context
 *	stands for. (A receive that failed with EFAULT just then may be
 *	counted.)
 * @call: with a received callback: the call in which it came, for going on
 *	to wait. To go on: that value, which is also the out_id of the call.
 * @attrs: must be 0
 * @attrs_len: must be 0
 * @__reserved: must be 0
 *
 * pid, tid, uid and gid are the kernel's word, taken from the sending thread
 * when it sent. In notices they are those of the client that connected, or of
 * the thread that died.
 */
struct alpc_msg {
	__aligned_u64 id;
	__aligned_u64 context;
	__aligned_u64 cookie;
	__aligned_u64 data;
	__u32 len;
	__u16 type;
	__u16 flags;
	__s32 pid;
	__s32 tid;
	__u32 uid;
	__u32 gid;
	__aligned_u64 seq;
	__aligned_u64 call;
	__aligned_u64 attrs;
	__u32 attrs_len;
	__u32 __reserved;
};

/* struct alpc_transfer.flags */
#define ALPC_TRANSFER_SEND	(1U << 0)	/* send .send */
#define ALPC_TRANSFER_RECEIVE	(1U << 1)	/* then receive the next message */
#define ALPC_TRANSFER_WAIT	(1U << 2)	/* then wait for the reply */
#define ALPC_TRANSFER_DONTWAIT	(1U << 3)	/* EAGAIN, but wait for replies */
#define ALPC_TRANSFER_ABSTIME	(1U << 4)	/* timeout is a point in time */

/* struct alpc_transfer.out_done */
#define ALPC_DONE_SENT		(1U << 0)	/* .send was sent */
#define ALPC_DONE_RECEIVED	(1U << 1)	/* .recv holds a message */
#define ALPC_DONE_CANCELED	(1U << 2)	/* the request sent was cancelled */

/**
 * struct alpc_transfer - send, receive, or both (%ALPC_IOC_TRANSFER)
 * @size: sizeof(struct alpc_transfer)
 * @flags: ALPC_TRANSFER_* bits
 * @timeout: nanoseconds that the whole may take (0: does not sleep;
 *	%ALPC_INFINITE: for ever), or, with %ALPC_TRANSFER_ABSTIME, the
 *	CLOCK_MONOTONIC time to give up at
 * @send: the message to send
 * @out_id: the id that was given to a request sent
 * @out_done: ALPC_DONE_* bits: what has taken effect, also after an error
 * @__reserved: must be 0
 * @recv: where to receive
 *
 * On any port. What is done:
 *
 * ================================ ===========================================
 * SEND, datagram                   send it
 * SEND, request                    send it; its reply is received later. Room
 *                                  for a reply of @recv.len bytes is set
 *                                  aside (0: of the port's limit).
 * SEND, request + WAIT             call: send, and wait for the reply. Room for
 *                                  a reply of @recv.len bytes is set aside.
 * SEND, reply                      reply
 * SEND + RECEIVE                   send any of these, and receive the next
 *                                  message. If sending fails nothing is
 *                                  received.
 * RECEIVE                          receive
 * SEND, reply + WAIT               answer a callback, and go on waiting for
 *                                  the reply to the call @recv.call
 * WAIT                             go on waiting for it
 * ================================ ===========================================
 *
 * New requests and datagrams go through communication ports; messages are
 * received from connection ports and client communication ports. Replies and
 * callbacks go through either port of the server.
 *
 * A queue that is full makes the sender of a datagram or request sleep. Room
 * that comes free goes to them in the order in which they came. Replies are
 * never held up. %ALPC_TRANSFER_DONTWAIT,
 * and O_NONBLOCK of the file, are for this and for receiving; a call waits for
 * its reply whatever they say, up to its timeout.
 *
 * While a thread waits for the reply to its call it can be given a callback, a
 * request that the other side makes inside that call: @recv then holds a
 * %ALPC_REQUEST with %ALPC_MSG_CALLBACK.
 *
 * Order and effect. Messages of one port arrive in the order in which they
 * were sent. A message is delivered to one receiver, the one that began to
 * wait last. A call that ends with ETIMEDOUT or EINTR has cancelled its
 * request: if the server had taken it, it is told with %ALPC_CANCELED. After
 * EINTR nothing is repeated unless nothing had been done. A call that is
 * cancelled takes the callbacks made in it along: they fail with ECANCELED.
 *
 * If the buffer is too small (EMSGSIZE) or not accessible (EFAULT) the message
 * stays, at the head of the queue. What a call was waiting for, its reply or a
 * callback, stays with the call: WAIT with @recv.call = @out_id fetches it.
 * A reply longer than the room that was set aside is allocated when it is sent;
 * replying can then fail with ENOMEM.
 *
 * Errors: EINVAL, EMSGSIZE, EFAULT, E2BIG, ENOMEM, EAGAIN, ETIMEDOUT, EINTR,
 * ENOTCONN, EPIPE, EOPNOTSUPP (wrong kind of port), ESRCH, ECANCELED, EBADMSG,
 * EBUSY, EDEADLK (callbacks), EDQUOT, ESHUTDOWN; and on a client communication
 * port that was connected asynchronously, ECONNRESET, or, after it has received
 * %ALPC_CONNECTION_REFUSED, ECONNREFUSED.
 */
struct alpc_transfer {
	__u32 size;
	__u32 flags;
	__aligned_s64 timeout;
	struct alpc_msg send;
	__aligned_u64 out_id;
	__u32 out_done;
	__u32 __reserved;
	struct alpc_msg recv;
};

#endif /* _UAPI_LINUX_ALPC_H */
