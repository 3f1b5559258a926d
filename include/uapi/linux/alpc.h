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

/* Older kernel headers have only the unsigned one. */
#ifndef __aligned_s64
#define __aligned_s64 __s64 __attribute__((aligned(8)))
#endif

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
 *
 * Short data are copied through the kernel. Longer data lie in a *section*,
 * memory that both ends of a connection map once, and a message carries a
 * *view*, a range of it. Or the caller lists *ranges* of its own memory, which
 * whoever has received the call can read or write until it replies
 * (%ALPC_IOC_ACCESS). Descriptors travel with a message as well, and are opened
 * when the receiver asks for them (%ALPC_IOC_TAKE_FDS).
 *
 * Who the other side is can be asked at any time, for the connection or for one
 * message (%ALPC_IOC_GET_IDENTITY). Each side may withhold parts of its
 * identity. A *security context* says what a receiver may do with a sender's
 * identity, and can be revoked (%ALPC_IOC_CREATE_SECURITY).
 *
 * Many messages can be sent and received in one call (%ALPC_IOC_VECTOR). A
 * *completion port* (%ALPC_IOC_CREATE_COMPLETION), a file as well, lets a few
 * threads wait for any number of ports; a *completion list*
 * (%ALPC_IOC_CREATE_LIST) is memory into which the kernel puts messages without
 * being called. A request that was sent can be taken back (%ALPC_IOC_CANCEL), and
 * memory for a message set aside beforehand (%ALPC_IOC_CREATE_RESERVE).
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
 * EACCES          the port's owner, group, mode and access list do not let the
 *                 caller connect; the sender does not let its receiver act as
 *                 it
 * EAGAIN          it would have to wait and was asked not to
 * EALREADY        the request is answered: too late to cancel it
 * EBADF           a descriptor that is to be sent, or a completion port, is not
 *                 open
 * EBADMSG         the id names a message that does not take this answer: a
 *                 reply to a connection request, an acceptance of a request
 * EBUSY           a callback in the same call is not answered yet; the bytes
 *                 are protected by another secure view; the port is bound to a
 *                 completion port, or has a list, already; the reserve's message
 *                 is on its way; another thread waits for this reply, or this
 *                 word, or too many for words
 * ECANCELED       the caller that the reply or acceptance was meant for gave up;
 *                 the request was cancelled by its receiver, or by another thread
 * ECONNREFUSED    the server refused the connection
 * ECONNRESET      the connection port was closed before it answered the
 *                 connection request
 * EDEADLK         callbacks are nested too deeply
 * EDQUOT          too many requests, exit notices and views of this end are
 *                 outstanding, or its sections are too many or too long
 *                 together, or its security contexts or reserves too many; or
 *                 too many packets wait; or the user has as much of something
 *                 as one user may have
 * EEXIST          the name is in use
 * EFAULT          an address is not accessible
 * EFBIG           longer than a section or a view of this port, or a completion
 *                 list, may be
 * EINTR           a signal came; out_done says what had been done before
 * EMFILE, ENFILE  the process, or the system, has too many files open
 * EINVAL          the argument makes no sense: unknown flag, reserved field,
 *                 length, name, or time
 * EKEYREVOKED     the security context of the message was revoked
 * EMSGSIZE        sending: longer than the port's limit, or the reserve.
 *                 Receiving: longer than the buffer; the length needed is
 *                 returned and the message stays
 * ELOOP           a descriptor that may not travel: it could keep the port alive
 *                 from inside its own messages
 * ENOENT          no port has that name; no section, security context or
 *                 reserve of the connection, no range of the request, no
 *                 descriptor of the message has that number; the port is not
 *                 bound, or has no list
 * ENOMEM          no memory
 * ENOMSG          there is something in the completion list, which comes first
 * ENOTCONN        the connection is not accepted yet
 * ENOTTY          no such command
 * EOPNOTSUPP      the command is not one for this kind of port; the server wants
 *                 no sections, or no ranges; a message from a reserve brings
 *                 more than data
 * EOVERFLOW       the client's identity cannot be expressed in the caller's
 *                 user namespace
 * EPERM           the server has not the identity that the client requires;
 *                 the client withholds what the server requires; the range was
 *                 not listed for that; the section is not for the other side
 *                 to write
 * EPIPE           the other end, or the connection, is gone
 * ESHUTDOWN       receiving from this port was switched off
 * ESRCH           no unanswered request has that id here, nor a message whose
 *                 view or descriptors are held: it was answered, it was
 *                 cancelled, it was released, or it never was
 * ETIMEDOUT       the time given is over
 * ETOOMANYREFS    too many descriptors of this user are on the way, or were
 *                 received and not taken
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

/** ALPC_RANGES_MAX - how many ranges a call may list */
#define ALPC_RANGES_MAX		64

/** ALPC_ACCESS_PARTS_MAX - how many parts one %ALPC_IOC_ACCESS may have */
#define ALPC_ACCESS_PARTS_MAX	64

/** ALPC_FDS_MAX - how many descriptors a message may carry */
#define ALPC_FDS_MAX		512

/** ALPC_VECTOR_MAX - how many messages a vector may have, each way */
#define ALPC_VECTOR_MAX		64

/** ALPC_PACKETS_MAX - how many packets one call may take or post */
#define ALPC_PACKETS_MAX	64

/** ALPC_SECTION_SLOTS - words in a section's page of release counters */
#define ALPC_SECTION_SLOTS	1024

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
#define ALPC_IOC_VECTOR		_IO(ALPC_IOC_TYPE, 0x21)
#define ALPC_IOC_CANCEL		_IO(ALPC_IOC_TYPE, 0x22)
#define ALPC_IOC_CREATE_RESERVE	_IO(ALPC_IOC_TYPE, 0x23)
#define ALPC_IOC_DELETE_RESERVE	_IO(ALPC_IOC_TYPE, 0x24)
#define ALPC_IOC_CREATE_SECTION	_IO(ALPC_IOC_TYPE, 0x30)
#define ALPC_IOC_OPEN_SECTION	_IO(ALPC_IOC_TYPE, 0x31)
#define ALPC_IOC_DELETE_SECTION	_IO(ALPC_IOC_TYPE, 0x32)
#define ALPC_IOC_ACCESS		_IO(ALPC_IOC_TYPE, 0x40)
#define ALPC_IOC_TAKE_FDS	_IO(ALPC_IOC_TYPE, 0x50)
#define ALPC_IOC_GET_IDENTITY	_IO(ALPC_IOC_TYPE, 0x60)
#define ALPC_IOC_CREATE_SECURITY	_IO(ALPC_IOC_TYPE, 0x61)
#define ALPC_IOC_REVOKE_SECURITY	_IO(ALPC_IOC_TYPE, 0x62)
#define ALPC_IOC_DELETE_SECURITY	_IO(ALPC_IOC_TYPE, 0x63)
#define ALPC_IOC_GET_USAGE	_IO(ALPC_IOC_TYPE, 0x70)
#define ALPC_IOC_CREATE_COMPLETION	_IO(ALPC_IOC_TYPE, 0x80)
#define ALPC_IOC_BIND		_IO(ALPC_IOC_TYPE, 0x81)
#define ALPC_IOC_WAIT_PACKETS	_IO(ALPC_IOC_TYPE, 0x82)
#define ALPC_IOC_POST_PACKETS	_IO(ALPC_IOC_TYPE, 0x83)
#define ALPC_IOC_SET_COMPLETION	_IO(ALPC_IOC_TYPE, 0x84)
#define ALPC_IOC_CREATE_LIST	_IO(ALPC_IOC_TYPE, 0x90)
#define ALPC_IOC_DELETE_LIST	_IO(ALPC_IOC_TYPE, 0x91)
#define ALPC_IOC_QUICK_WAIT	_IO(ALPC_IOC_TYPE, 0xa0)
#define ALPC_IOC_QUICK_WAKE	_IO(ALPC_IOC_TYPE, 0xa1)

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

/* struct alpc_query.out_features */
#define ALPC_FEATURE_EXIT_NOTICE	(1ULL << 0)	/* ALPC_IOC_NOTIFY_EXIT */
#define ALPC_FEATURE_SECTIONS		(1ULL << 1)	/* sections and views */
#define ALPC_FEATURE_ACCESS		(1ULL << 2)	/* ALPC_IOC_ACCESS */
#define ALPC_FEATURE_FDS		(1ULL << 3)	/* ALPC_IOC_TAKE_FDS */
#define ALPC_FEATURE_SECURITY		(1ULL << 4)	/* access lists, identities,
							 * security contexts
							 */
#define ALPC_FEATURE_USAGE		(1ULL << 5)	/* ALPC_IOC_GET_USAGE */
#define ALPC_FEATURE_VECTORS		(1ULL << 6)	/* ALPC_IOC_VECTOR */
#define ALPC_FEATURE_COMPLETION		(1ULL << 7)	/* completion ports */
#define ALPC_FEATURE_CONCURRENCY	(1ULL << 8)	/* they see threads block */
#define ALPC_FEATURE_CANCEL		(1ULL << 9)	/* ALPC_IOC_CANCEL; waiting
							 * for one reply
							 */
#define ALPC_FEATURE_LISTS		(1ULL << 10)	/* completion lists */
#define ALPC_FEATURE_RESERVES		(1ULL << 11)	/* resource reserves */
#define ALPC_FEATURE_QUICK		(1ULL << 12)	/* ALPC_IOC_QUICK_WAIT */

/* Parts of an identity */
#define ALPC_IDENTITY_PROCESS	(1U << 0)	/* pid, tid, start time */
#define ALPC_IDENTITY_USER	(1U << 1)	/* uid and gid, of all sorts */
#define ALPC_IDENTITY_GROUPS	(1U << 2)	/* supplementary groups */
#define ALPC_IDENTITY_CAPS	(1U << 3)	/* capabilities */
#define ALPC_IDENTITY_ALL	0xfU

/**
 * enum alpc_level - what a receiver may do with a sender's identity
 * @ALPC_LEVEL_DEFAULT: %ALPC_LEVEL_IDENTIFICATION
 * @ALPC_LEVEL_ANONYMOUS: it is not told any
 * @ALPC_LEVEL_IDENTIFICATION: it is told, and may check access with it
 * @ALPC_LEVEL_IMPERSONATION: it may also act as the sender, while a request of
 *	the sender's is unanswered
 *
 * Numbers of NT's SECURITY_IMPERSONATION_LEVEL, plus one. There is no level of
 * delegation: nothing of this reaches another machine.
 */
enum alpc_level {
	ALPC_LEVEL_DEFAULT = 0,
	ALPC_LEVEL_ANONYMOUS = 1,
	ALPC_LEVEL_IDENTIFICATION = 2,
	ALPC_LEVEL_IMPERSONATION = 3,
};

/* struct alpc_create_port.flags */
#define ALPC_PORT_NO_SPIN	(1U << 0)	/* always sleep, never spin */
#define ALPC_PORT_NO_SECTIONS	(1U << 1)	/* no sections on connections */
#define ALPC_PORT_NOTE_IDENTITY	(1U << 2)	/* tell when clients' change */
#define ALPC_PORT_NO_RANGES	(1U << 3)	/* no ranges of callers' memory */

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
 * @require: ALPC_IDENTITY_* parts that a client must not withhold, neither when
 *	it connects nor with a security context
 * @max_section: how long one section may be, in bytes, 0 for the default
 * @max_view: how long one view may be, in bytes, 0 for @max_section
 * @max_section_total: how long all sections together may be that one end of a
 *	connection has created, in bytes, 0 for the default
 * @withhold: ALPC_IDENTITY_* parts that its clients are not told of who serves
 *	them
 * @max_security: how many security contexts one end of a connection may have,
 *	0 for the default
 *
 * On /dev/alpc. The port's inode belongs to the caller's effective user and
 * group and has mode 0600: who may connect is who may write to it (fchmod(2),
 * fchown(2), and an access list: acl_set_fd(3)). Its name is free again once its
 * last descriptor is closed.
 *
 * With %ALPC_PORT_NOTE_IDENTITY a message carries %ALPC_MSG_IDENTITY if its
 * sender - the thread, or its credentials - is another than that of the message
 * before, on the same connection; the first is compared with who connected. If that
 * message was withdrawn before it was received, it does in any case. So who sends
 * first is told of with the first message that is received of it, and a receiver has
 * to look at each message, datagrams included.
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
	__u32 require;
	__aligned_u64 max_section;
	__aligned_u64 max_view;
	__aligned_u64 max_section_total;
	__u32 withhold;
	__u32 max_security;
};

/* struct alpc_connect.flags */
#define ALPC_CONNECT_ASYNC	(1U << 0)	/* return at once, see below */
#define ALPC_CONNECT_SERVER_UID	(1U << 1)	/* server_uid is required */
#define ALPC_CONNECT_SERVER_GID	(1U << 2)	/* server_gid is required */
#define ALPC_CONNECT_ABSTIME	(1U << 3)	/* timeout is a point in time */
#define ALPC_CONNECT_NOTE_IDENTITY (1U << 4)	/* tell when the server's change */

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
 *	default; no more than at the server's, or the default if that is more
 * @level: &enum alpc_level of what is sent through the new port without a
 *	security context; %ALPC_LEVEL_IMPERSONATION only of threads whose effective
 *	user id is that of the connecting thread, %ALPC_LEVEL_IDENTIFICATION of others
 * @queue_bytes: how many bytes of data may wait at the new port, 0 for the
 *	default; likewise
 * @withhold: ALPC_IDENTITY_* parts that the server is not told: of the connecting
 *	thread, and of what is sent through the new port without a security
 *	context
 * @__reserved: must be 0
 *
 * On /dev/alpc. The required identity is that of the thread that accepts, which
 * is checked when it does. Before anything is queued it is compared with that
 * of the thread that created the port, and with the owner and group of the
 * port's inode, one of which must have it: who starts a server on demand gives
 * the port to the server's user.
 *
 * With %ALPC_LEVEL_ANONYMOUS everything is withheld, with
 * %ALPC_LEVEL_IMPERSONATION nothing but %ALPC_IDENTITY_PROCESS can be. What is
 * withheld is told as what cannot be seen: pid and tid 0, the overflow ids.
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
 * Errors: ENOENT (no such name), EACCES (mode or access list), EPERM (wrong
 * server, or one that requires what is withheld), ECONNREFUSED, ETIMEDOUT,
 * ECONNRESET (server gone), EINTR, EAGAIN (too many unanswered connects,
 * %ALPC_CONNECT_ASYNC with no time), EUSERS, EDQUOT (too many connections,
 * unanswered connects, or messages of this user), EMSGSIZE, EINVAL, EMFILE, ENFILE, ENOMEM,
 * EFAULT, E2BIG.
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
	__u32 level;
	__aligned_u64 queue_bytes;
	__u32 withhold;
	__u32 __reserved;
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
 * server of another identity), EMSGSIZE, EMFILE, ENFILE, ENOMEM, EDQUOT (an answer
 * longer than the room set aside), EFAULT, EINVAL, E2BIG. After an error other than
 * ECANCELED and ESRCH the request is still there to be answered.
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
 * Errors: EPIPE (is disconnected already), EOPNOTSUPP, EINVAL, EFAULT, E2BIG.
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
 * At a port that is bound to a completion port it makes a packet
 * (%ALPC_PACKET_MESSAGE), each time, unless that of the time before was not taken yet:
 * who takes it and receives is told so. That needs no memory.
 *
 * Errors: EOPNOTSUPP, EINVAL, EFAULT, E2BIG.
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
 * @out_unanswered: messages received here and not answered or released yet
 * @out_queued_bytes: bytes of data waiting at this port
 * @out_max_section: how long a section of its connections may be, bytes; 0 if
 *	they have none
 * @out_max_view: how long a view may be, bytes
 * @out_max_section_total: how long all sections of one end may be, bytes
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
	__aligned_u64 out_max_section;
	__aligned_u64 out_max_view;
	__aligned_u64 out_max_section_total;
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
 *	received here before, has lost its caller; it can no longer be answered.
 *	With %ALPC_MSG_HELD if what the request brought is still held, until it
 *	is released. Or the request that was sent here without waiting, with its
 *	out_id and cookie, was cancelled by its receiver; with %ALPC_MSG_RETURNED.
 *	Ids of both kinds are different.
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
#define ALPC_SEND_RELEASE	(1U << 3)	/* give back what came with id */

/* struct alpc_msg.flags of a received message */
#define ALPC_MSG_CALLBACK	(1U << 0)	/* request inside one's own call */
#define ALPC_MSG_HELD		(1U << 1)	/* to be released */
#define ALPC_MSG_RANGES		(1U << 2)	/* memory of the caller's came along */
#define ALPC_MSG_FDS		(1U << 3)	/* descriptors came along */
#define ALPC_MSG_FDS_DROPPED	(1U << 4)	/* some that were not wanted did */
#define ALPC_MSG_IDENTITY	(1U << 5)	/* other sender than last time */
#define ALPC_MSG_SECURITY	(1U << 6)	/* has a security context */
#define ALPC_MSG_RETURNED	(1U << 7)	/* ALPC_CANCELED: of one sent here */

/* struct alpc_msg.view_flags */
#define ALPC_VIEW_BODY		(1U << 0)	/* it is the message's data, which
						 * else lie beside it; for the
						 * receiver to see, no more
						 */
#define ALPC_VIEW_WRITE		(1U << 1)	/* request: for the reply to lie
						 * in as well
						 */
#define ALPC_VIEW_AUTO_RELEASE	(1U << 2)	/* datagram, reply: given back by
						 * being received; not secure
						 */
#define ALPC_VIEW_SECURE	(1U << 3)	/* the sender cannot write to it
						 * until it is given back
						 */
#define ALPC_VIEW_RANGE		(1U << 4)	/* section is the number of a range */

/** ALPC_VIEW_SLOT - release counter in the upper half of view_flags; 0: none */
#define ALPC_VIEW_SLOT_SHIFT	16
#define ALPC_VIEW_SLOT(n)	((__u32)(n) << ALPC_VIEW_SLOT_SHIFT)

/* struct alpc_range.rights */
#define ALPC_RANGE_READ		(1U << 0)	/* the receiver may read it */
#define ALPC_RANGE_WRITE	(1U << 1)	/* the receiver may write to it */

/**
 * struct alpc_range - a range of the caller's memory
 * @address: where it begins; the receiver is told 0
 * @len: its length in bytes, more than 0
 * @rights: ALPC_RANGE_* bits, at least one
 * @__reserved: must be 0
 */
struct alpc_range {
	__aligned_u64 address;
	__aligned_u64 len;
	__u32 rights;
	__u32 __reserved;
};

/* struct alpc_attrs.fd_kinds: what a descriptor may refer to */
#define ALPC_FD_REGULAR		(1U << 0)	/* file with a name once */
#define ALPC_FD_DIRECTORY	(1U << 1)
#define ALPC_FD_PIPE		(1U << 2)	/* also a named one */
#define ALPC_FD_SOCKET		(1U << 3)	/* of any family but AF_UNIX */
#define ALPC_FD_MEMFD		(1U << 4)	/* memory without a name */
#define ALPC_FD_EVENTFD		(1U << 5)
#define ALPC_FD_PIDFD		(1U << 6)
#define ALPC_FD_DEVICE		(1U << 7)	/* character or block device */
#define ALPC_FD_PATH		(1U << 8)	/* opened with O_PATH */
#define ALPC_FD_OTHER		(1U << 9)
#define ALPC_FD_ANY		0x3ffU

/**
 * struct alpc_attrs - what travels beside a message's data
 * @ranges: sending a call: address of an array of &struct alpc_range.
 *	Receiving: where to describe the ranges that came, or 0.
 * @range_count: sending: how many, up to %ALPC_RANGES_MAX. Receiving: in, room
 *	at @ranges; out, how many came, also when they are more.
 * @fd_count: sending: how many descriptors, up to %ALPC_FDS_MAX. Receiving:
 *	out, how many came and are wanted: numbers 0 to @fd_count - 1 of
 *	%ALPC_IOC_TAKE_FDS.
 * @fds: sending: address of __s32[@fd_count]. Receiving: must be 0.
 * @fd_kinds: sending: must be 0. Receiving: ALPC_FD_* bits of what is wanted;
 *	the others are closed.
 * @out_fds_dropped: receiving: how many came and were not wanted
 * @identity: receiving: address of &struct alpc_identity, to be told the sender's,
 *	or 0. Its id and flags must be 0. A security context that was revoked does
 *	not keep the message from being received: it tells nothing. Sending: must
 *	be 0.
 * @security: sending a request, callback or datagram: a security context, or 0.
 *	Receiving: must be 0.
 * @__reserved: must be 0
 *
 * On connections of a port with %ALPC_PORT_NO_RANGES listing ranges fails with
 * EOPNOTSUPP. Sending, the descriptors are looked up now: what the sender does to its table
 * afterwards changes nothing. They are charged to the sender's user until they
 * are received, then those that are wanted to the receiver's until they are taken
 * or closed; if that would be too many, none of them are wanted. Receiving with no
 * attributes at all wants none.
 *
 * What can hold references to open files itself is refused with ELOOP: ports,
 * sockets of AF_UNIX, io_uring, and devices of that sort (binder, vhost, iommufd,
 * VFIO, virtual machines of KVM). Otherwise two of them could keep each other alive
 * with nobody having either open. Sections and completion ports are refused as well.
 */
struct alpc_attrs {
	__aligned_u64 ranges;
	__u32 range_count;
	__u32 fd_count;
	__aligned_u64 fds;
	__u32 fd_kinds;
	__u32 out_fds_dropped;
	__aligned_u64 identity;
	__u32 security;
	__u32 __reserved;
};

/**
 * struct alpc_msg - a message to send, or where to receive one
 * @id: sending: the request that is answered (%ALPC_SEND_REPLY), or inside
 *	which this one is made (%ALPC_SEND_CALLBACK), or the message that is
 *	released (%ALPC_SEND_RELEASE), else 0. Received: names the request for
 *	its answer, or what is held (%ALPC_MSG_HELD) for its release; in a
 *	reply, also the request answered. An
 *	id means something on the port that it was received from (or sent
 *	through) only, and is never used again there.
 * @context: received: what the server set when it accepted this client; 0 on
 *	a client's port
 * @cookie: sending a request: any value of the sender's. Received: the value
 *	of the request that this reply answers, or that its receiver has
 *	cancelled; 0 in anything else but %ALPC_CLIENT_DIED.
 * @data: address of the data, or of the buffer
 * @len: sending: bytes of data. Receiving: in, the room at @data; out, the
 *	message's bytes, also when they are more than the room (EMSGSIZE).
 * @type: sending: 0. Received: &enum alpc_message_type.
 * @flags: sending: ALPC_SEND_*. Received: ALPC_MSG_*.
 * @pid: received: the sending process, in the receiver's pid namespace; 0 if
 *	it is not visible there, or withheld
 * @tid: received: the sending thread, likewise
 * @uid: received: the sending thread's effective user id in the receiver's
 *	user namespace; the overflow id if it has none there, or it is withheld
 * @gid: received: its effective group id, likewise
 * @seq: received: number of this message among those that this sender's port
 *	has sent, from 1 up; 0 in notices, which the kernel makes; but in
 *	%ALPC_PORT_CLOSED how many messages with this context were received
 *	before, by whichever thread, what came to a thread in a call (WAIT) not
 *	counted: a server that has handled as many can free what the context
 *	stands for. (A receive that failed with EFAULT just then, or
 *	whose thread was killed, may be counted.)
 * @call: with a received callback: the call in which it came, for going on
 *	to wait. To go on: that value, which is also the out_id of the call. To wait
 *	for the reply to an asynchronous request: its out_id.
 * @view_offset: where in the section the view begins, in bytes
 * @view_len: its length in bytes, 0 for no view
 * @section: the section's id, or with %ALPC_VIEW_RANGE the number of a range of
 *	the same call (in a reply: of the call that is answered); else 0
 * @view_flags: ALPC_VIEW_* bits
 * @attrs: address of &struct alpc_attrs, or 0
 * @attrs_len: sizeof(struct alpc_attrs), or 0; grows like other arguments
 * @reserve: sending a request, callback or datagram: a reserve to take the memory
 *	from (%ALPC_IOC_CREATE_RESERVE), or 0. Receiving: must be 0.
 *
 * A view is of a section that the sender has created on this connection, or, in
 * a reply, of the view that the request carried with %ALPC_VIEW_WRITE. The
 * receiver holds it: the view of a request until it replies, or finds that it
 * cannot because the caller is gone; any other, which %ALPC_MSG_HELD tells, until
 * it sends %ALPC_SEND_RELEASE with the message's id. That gives the view of a
 * request back early as well, and descriptors that were not taken; of a request
 * that was cancelled there is no notice after it. What is held counts as
 * outstanding for its sender, or, if it is a reply, for who asked for it (EDQUOT),
 * and is let go when the
 * receiver's port is closed. Ranges are accessible until the call is answered
 * or given up, also while its thread handles a callback.
 *
 * A view with a release counter (ALPC_VIEW_SLOT()) adds one to that word of the
 * section's page of counters when the view is given back, or dropped because the
 * message never arrived: the sender sees without a system call that it may use
 * the bytes again.
 *
 * A callback that brings any of this goes through a communication port.
 *
 * A secure view begins and ends at page boundaries. From before the message is
 * sent until it is given back, writing to those pages raises SIGSEGV in every
 * process that has the section from its creator's side, and system calls that
 * would write there fail with EFAULT.
 *
 * pid, tid, uid and gid are the kernel's word, taken from the sending thread
 * when it sent. In notices they are those of the client that connected, or of
 * the thread that died; in %ALPC_CANCELED, of who sent the request. The sender can
 * have them withheld, not changed; a notice tells no more than the request did.
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
	__aligned_u64 view_offset;
	__aligned_u64 view_len;
	__u32 section;
	__u32 view_flags;
	__aligned_u64 attrs;
	__u32 attrs_len;
	__u32 reserve;
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
 * SEND, release                    give back what came with a message
 * SEND + RECEIVE                   send any of these, and receive the next
 *                                  message. If sending fails nothing is
 *                                  received.
 * RECEIVE                          receive
 * SEND, reply + WAIT               answer a callback, and go on waiting for
 *                                  the reply to the call @recv.call
 * WAIT                             go on waiting for it; or wait for the
 *                                  reply to the asynchronous request
 *                                  @recv.call, before all that is queued
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
 * A reply longer than the room that was set aside is allocated when it is sent, and
 * charged to who replies until it is received; replying can then fail with ENOMEM or
 * EDQUOT.
 *
 * Errors: EINVAL, EMSGSIZE, EFAULT, E2BIG, ENOMEM, EAGAIN, ETIMEDOUT, EINTR,
 * ENOTCONN, EPIPE, EOPNOTSUPP (wrong kind of port), ESRCH, ECANCELED, EBADMSG,
 * EBUSY, EDEADLK (callbacks), EDQUOT, ESHUTDOWN, ENOMSG (receiving, with a
 * completion list); for views, ranges and descriptors ENOENT, EPERM, EFBIG, EBUSY,
 * EBADF, ELOOP, ETOOMANYREFS; for security contexts ENOENT, EKEYREVOKED; for
 * reserves ENOENT, EBUSY; and on a client communication port that was connected
 * asynchronously, ECONNRESET, or, after it has received %ALPC_CONNECTION_REFUSED,
 * ECONNREFUSED.
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

/* struct alpc_create_section.flags and struct alpc_open_section.out_flags */
#define ALPC_SECTION_PEER_WRITE	(1U << 0)	/* the other end may write to it */

/**
 * struct alpc_create_section - create a section (%ALPC_IOC_CREATE_SECTION)
 * @size: sizeof(struct alpc_create_section)
 * @flags: ALPC_SECTION_* bits
 * @len: length in bytes, rounded up to whole pages
 * @out_len: length that it got
 * @out_slots: offset for mmap(2) of its page of release counters,
 *	__u32[%ALPC_SECTION_SLOTS]
 * @out_section: its id, unique on this connection
 * @out_fd: descriptor for mmap(2), which is all that it is good for
 *
 * On a communication port. All memory is allocated now, zeroed, and charged to
 * the caller's memory cgroup and user; it cannot be swapped out, truncated or
 * become inaccessible. It is mapped with MAP_SHARED, and is not inherited by
 * fork(2), and its pages cannot be pinned (O_DIRECT, vmsplice(2), io_uring's
 * registered buffers: EFAULT). The section is freed when the port and all
 * descriptors and mappings are gone. When it is deleted, or its creator's end is
 * closed, and all descriptors and mappings of that side are gone, but the other
 * side still has some, that side's user is charged for it until they are gone.
 *
 * Errors: EFBIG (longer than the port's limit), EDQUOT (limit of the end or of
 * the user), EOPNOTSUPP (the port has %ALPC_PORT_NO_SECTIONS; a connection
 * port), ENOTCONN, EPIPE, EMFILE, ENFILE, ENOMEM, EINVAL, EFAULT, E2BIG.
 */
struct alpc_create_section {
	__u32 size;
	__u32 flags;
	__aligned_u64 len;
	__aligned_u64 out_len;
	__aligned_u64 out_slots;
	__u32 out_section;
	__s32 out_fd;
};

/**
 * struct alpc_open_section - get at the other end's section
 *	(%ALPC_IOC_OPEN_SECTION)
 * @size: sizeof(struct alpc_open_section)
 * @flags: must be 0
 * @section: its id
 * @out_fd: descriptor for mmap(2): read-only unless the section has
 *	%ALPC_SECTION_PEER_WRITE
 * @id: a message that was received here and brought a view of it which is not
 *	given back; or 0, and then the section must not have been deleted, nor
 *	its creator's end closed. Needed on a connection port.
 * @out_len: its length in bytes
 * @out_flags: ALPC_SECTION_* bits
 * @__reserved: must be 0
 *
 * On the communication port at the other end of the connection, or, when that
 * is the server's, on its connection port. What is mapped stays accessible as
 * long as it is mapped, whatever becomes of its creator.
 *
 * Errors: ENOENT (no such section, deleted, or this end's own), ESRCH (no such
 * message), EDQUOT (the caller's user has come into too many sections whose
 * creators are gone), EMFILE, ENFILE, ENOMEM, EOPNOTSUPP, EINVAL, EFAULT, E2BIG.
 */
struct alpc_open_section {
	__u32 size;
	__u32 flags;
	__u32 section;
	__s32 out_fd;
	__aligned_u64 id;
	__aligned_u64 out_len;
	__u32 out_flags;
	__u32 __reserved;
};

/**
 * struct alpc_delete_section - let a section go (%ALPC_IOC_DELETE_SECTION)
 * @size: sizeof(struct alpc_delete_section)
 * @flags: must be 0
 * @section: its id
 * @__reserved: must be 0
 *
 * On the communication port that created it. From now on nobody can send views
 * of it or open it. Its memory is freed when no view is held and no
 * descriptor or mapping is left; until then it counts for the end that created
 * it.
 *
 * Errors: ENOENT, EOPNOTSUPP, EINVAL, EFAULT, E2BIG.
 */
struct alpc_delete_section {
	__u32 size;
	__u32 flags;
	__u32 section;
	__u32 __reserved;
};

/* struct alpc_access.flags */
#define ALPC_ACCESS_WRITE	(1U << 0)	/* write to the caller's memory */

/**
 * struct alpc_access_part - one piece of an access
 * @range: number of the caller's range
 * @__reserved: must be 0
 * @offset: where in the range, in bytes
 * @address: of the receiver's own memory
 * @len: bytes
 */
struct alpc_access_part {
	__u32 range;
	__u32 __reserved;
	__aligned_u64 offset;
	__aligned_u64 address;
	__aligned_u64 len;
};

/**
 * struct alpc_access - read or write a caller's memory (%ALPC_IOC_ACCESS)
 * @size: sizeof(struct alpc_access)
 * @flags: %ALPC_ACCESS_WRITE, or 0 to read
 * @id: the request that lists the ranges
 * @parts: address of an array of &struct alpc_access_part
 * @count: how many, 1 to %ALPC_ACCESS_PARTS_MAX
 * @__reserved: must be 0
 * @out_done: bytes done, in the order of @parts, also after an error; on some
 *	machines a few of those that come next have been copied, too
 *
 * On a port that the request could be answered through, by any thread of any
 * process that has it open. All parts are checked before any is done. Pages
 * that are not there yet are brought in on the caller's behalf.
 *
 * When the call returns to the caller, for whatever reason, nobody reads or
 * writes its memory any more.
 *
 * Errors: ESRCH (no such unanswered request), ECANCELED (its caller has given
 * up), EPIPE (its process is gone, or has executed another program), ENOENT (no
 * such range), EPERM (the range was not listed for that), EINVAL (beyond the
 * range), EFAULT (memory of either side is not accessible; @out_done says how
 * far it was), EINTR, ENOMEM, E2BIG.
 */
struct alpc_access {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__aligned_u64 parts;
	__u32 count;
	__u32 __reserved;
	__aligned_u64 out_done;
};

/**
 * struct alpc_take_fds - open descriptors that came with a message
 *	(%ALPC_IOC_TAKE_FDS)
 * @size: sizeof(struct alpc_take_fds)
 * @flags: must be 0
 * @id: the message: a request that is not answered, or anything else that was
 *	received with %ALPC_MSG_HELD
 * @fds: address of __s32[@count], which gets the new descriptors
 * @first: number of the first one that is wanted
 * @count: how many, more than 0
 *
 * On a port that the message could be answered or released through. All are
 * opened, close-on-exec, or none. Each can be taken once.
 *
 * Errors: ESRCH (no such message), ENOENT (there are not so many, or one of them
 * was taken before), EMFILE, what a security module says; after those all of
 * them can still be taken. EFAULT, EINVAL, E2BIG, ENOMEM.
 */
struct alpc_take_fds {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__aligned_u64 fds;
	__u32 first;
	__u32 count;
};

/* struct alpc_identity.flags */
#define ALPC_IDENTITY_IMPERSONATE (1U << 0)	/* to act as the sender */

/* struct alpc_identity.out_status */
#define ALPC_IDENTITY_ALIVE	(1U << 0)	/* pid still names the process */
#define ALPC_IDENTITY_STATIC	(1U << 1)	/* of when a context was made */

/**
 * struct alpc_identity - who the other side is (%ALPC_IOC_GET_IDENTITY)
 * @size: sizeof(struct alpc_identity)
 * @flags: ALPC_IDENTITY_IMPERSONATE, or 0
 * @id: a request or connection request that was received here and is not
 *	answered, or another message that is held; or, on a communication port, 0
 *	for the other end of the connection: the thread that connected, or the
 *	thread that accepted
 * @parts: ALPC_IDENTITY_* parts that are wanted
 * @out_parts: those of them that are told: wanted, and not withheld
 * @out_status: ALPC_IDENTITY_ALIVE and so on
 * @out_level: &enum alpc_level, never %ALPC_LEVEL_DEFAULT
 * @out_pid: process in the caller's pid namespace, 0 if it is not visible there
 * @out_tid: thread, likewise
 * @out_uid: effective user id in the caller's user namespace, or the overflow id
 * @out_gid: effective group id, likewise
 * @out_fsuid: user id for access to files, likewise
 * @out_fsgid: group id for access to files, likewise
 * @group_count: in: room at @groups; out: how many supplementary groups there
 *	are, also when they are more
 * @out_changes: how often the sender was another than that of the message
 *	before, or that was withdrawn, this message included (@id 0: by now); 0 if
 *	changes are not noted
 *	(%ALPC_PORT_NOTE_IDENTITY, %ALPC_CONNECT_NOTE_IDENTITY)
 * @groups: address of __u32[@group_count]
 * @out_start_time: when the process began, in nanoseconds of CLOCK_BOOTTIME in the
 *	caller's time namespace; 0 if @out_pid is
 * @out_caps: effective capabilities that it has over the caller's user
 *	namespace, one bit each
 * @out_permitted: permitted ones, likewise; those in effect if the security
 *	context is %ALPC_SECURITY_EFFECTIVE_ONLY
 *
 * On any port. What is not in @out_parts is told as what cannot be seen: pid and
 * tid 0, the overflow ids, no groups, no capabilities, start time 0. With a static
 * security context the identity is that of the thread that made the context, when
 * it did; otherwise that of the sending thread, when it sent.
 *
 * Capabilities are those that the kernel's own rule gives it over the caller's
 * user namespace: root of a container inside has none.
 *
 * %ALPC_IDENTITY_ALIVE: @out_pid has named this process all the time, and nothing
 * else. So a pidfd that was opened between receiving the pid and this call is
 * the sender's.
 *
 * %ALPC_IDENTITY_IMPERSONATE: fails unless the caller may act as the sender now: @id
 * is an unanswered request whose caller still waits for the answer, at
 * %ALPC_LEVEL_IMPERSONATION. Everything but %ALPC_IDENTITY_PROCESS is wanted
 * then, and every id must exist in the caller's user namespace. Nothing is
 * changed: who wants to act as the sender sets its own ids, by its own rights.
 *
 * Errors: ESRCH (no such message), EBADMSG (no request), ECANCELED (its caller has
 * given up), EACCES (level), EKEYREVOKED (its security context was revoked),
 * EOVERFLOW (an id has no counterpart here), EMSGSIZE (impersonating: more groups
 * than room; the number is returned), ENOTCONN, EOPNOTSUPP (@id 0 on a connection
 * port), EINVAL, EFAULT, E2BIG.
 */
struct alpc_identity {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__u32 parts;
	__u32 out_parts;
	__u32 out_status;
	__u32 out_level;
	__s32 out_pid;
	__s32 out_tid;
	__u32 out_uid;
	__u32 out_gid;
	__u32 out_fsuid;
	__u32 out_fsgid;
	__u32 group_count;
	__u32 out_changes;
	__aligned_u64 groups;
	__aligned_u64 out_start_time;
	__aligned_u64 out_caps;
	__aligned_u64 out_permitted;
};

/* struct alpc_create_security.flags */
#define ALPC_SECURITY_STATIC	(1U << 0)	/* of now, not of each send */
#define ALPC_SECURITY_EFFECTIVE_ONLY (1U << 1)	/* not what could be raised */

/**
 * struct alpc_create_security - make a security context
 *	(%ALPC_IOC_CREATE_SECURITY)
 * @size: sizeof(struct alpc_create_security)
 * @flags: ALPC_SECURITY_* bits
 * @level: &enum alpc_level
 * @withhold: ALPC_IDENTITY_* parts that receivers are not told
 * @out_security: its number at this end, for &alpc_attrs.security; never given twice
 * @__reserved: must be 0
 *
 * On a communication port, for what is sent through it. With
 * %ALPC_SECURITY_STATIC the identity is the calling thread's, now, whichever
 * thread sends; but &alpc_msg.pid and so on are the sender's all the same.
 *
 * A message with it has its level, and withholds what it does, whatever the client
 * said when it connected; but not what the server requires
 * (&alpc_create_port.require). It ends with the port that it was created on.
 *
 * Errors: EDQUOT (too many of this end, or of the caller's user), EINVAL (level; an
 * identity that is to be acted as is not to be withheld), EPERM (it withholds what the
 * server requires), EPIPE, EOPNOTSUPP (a connection port), ENOMEM, EFAULT, E2BIG.
 */
struct alpc_create_security {
	__u32 size;
	__u32 flags;
	__u32 level;
	__u32 withhold;
	__u32 out_security;
	__u32 __reserved;
};

/**
 * struct alpc_security - name a security context (%ALPC_IOC_REVOKE_SECURITY,
 *	%ALPC_IOC_DELETE_SECURITY)
 * @size: sizeof(struct alpc_security)
 * @flags: must be 0
 * @security: its number
 * @__reserved: must be 0
 *
 * On the communication port that created it. Once it is revoked, nobody is told any
 * identity from it but what the server requires, nor may act on it, also for
 * messages that were received before; and it cannot be sent. What was told
 * cannot be untold, and who acts as the sender already is not interrupted.
 * Deleting it takes the number away, and leaves messages that were sent with it
 * as they are.
 *
 * Errors: ENOENT, EOPNOTSUPP, EINVAL, EFAULT, E2BIG.
 */
struct alpc_security {
	__u32 size;
	__u32 flags;
	__u32 security;
	__u32 __reserved;
};

/**
 * struct alpc_amount - how much of something there is
 * @used: now
 * @limit: at most; who has CAP_SYS_RESOURCE in the initial user namespace may
 *	have more of what a user has. 0 with @used 0: does not exist here.
 */
struct alpc_amount {
	__aligned_u64 used;
	__aligned_u64 limit;
};

/* struct alpc_usage.flags */
#define ALPC_USAGE_USER		(1U << 0)	/* of the calling user */

/**
 * struct alpc_usage - what is used, and how much may be (%ALPC_IOC_GET_USAGE)
 * @size: sizeof(struct alpc_usage)
 * @flags: %ALPC_USAGE_USER, or 0 for this port
 * @messages: messages; of a port, that wait there and count against its limit; of a
 *	user, with packets that were posted
 * @message_bytes: bytes of data in them; of a user, of those longer than 256 bytes
 * @connections: connections; of a user, that it has made and not closed, or whose
 *	client has closed them and it has not
 * @connects: connection requests that are not answered
 * @section_bytes: bytes of sections; of a communication port, that it created; of a
 *	user, with completion lists
 * @fds: descriptors on their way; of a communication port, in requests, callbacks and
 *	datagrams that were sent through it and in the replies to those, not yet taken,
 *	without a limit
 * @security: security contexts; of a communication port, that it created
 * @reserves: reserves; of a communication port, that it created; of a user they are
 *	among the messages, and this is 0
 *
 * On /dev/alpc with %ALPC_USAGE_USER, and on any port. A user is a real user id. Messages
 * are those of who created the port or connected, whoever sends through it;
 * reserves, sections, connections and security contexts are those of who made them;
 * descriptors of who sends them. What a user of another user namespace than the initial one has
 * counts for that namespace's owner as well, in the namespace that this one lives
 * in, and so on.
 *
 * Errors: EINVAL (also @flags 0 on /dev/alpc), EOPNOTSUPP (a completion port), EFAULT,
 * E2BIG, ENOMEM.
 */
struct alpc_usage {
	__u32 size;
	__u32 flags;
	struct alpc_amount messages;
	struct alpc_amount message_bytes;
	struct alpc_amount connections;
	struct alpc_amount connects;
	struct alpc_amount section_bytes;
	struct alpc_amount fds;
	struct alpc_amount security;
	struct alpc_amount reserves;
};

/**
 * struct alpc_vector_send - one message of a vector to send
 * @msg: the message, as &alpc_transfer.send
 * @room: request or callback: room for a reply, as &alpc_transfer.recv.len: 0 for
 *	the port's limit
 * @out_error: 0 if it was sent, or the errno that says why not
 * @out_id: the id that was given to a request
 */
struct alpc_vector_send {
	struct alpc_msg msg;
	__u32 room;
	__u32 out_error;
	__aligned_u64 out_id;
};

/**
 * struct alpc_vector - send and receive several messages (%ALPC_IOC_VECTOR)
 * @size: sizeof(struct alpc_vector)
 * @flags: ALPC_TRANSFER_* bits but %ALPC_TRANSFER_WAIT
 * @timeout: as &alpc_transfer.timeout
 * @send: address of an array of &struct alpc_vector_send
 * @recv: address of an array of &struct alpc_msg, each with its own buffer
 * @send_count: how many to send, 1 to %ALPC_VECTOR_MAX; 0 without
 *	%ALPC_TRANSFER_SEND
 * @recv_count: how many to receive at most, likewise
 * @out_sent: how many of @send were dealt with, from the first on. Each of those
 *	has its result in &alpc_vector_send.out_error; the others were not touched.
 * @out_received: how many of @recv hold a message, from the first on
 *
 * On any port that the single messages could be sent and received through. They
 * are sent in order, and arrive together where nobody else sends. A reply or
 * release that fails concerns nobody else, and sending goes on behind it. Anything
 * else that fails ends the call with that error; so does an entry that is not
 * accessible (EFAULT), which is then not dealt with. Requests are
 * asynchronous: their replies are received later.
 *
 * When everything was dealt with it waits for a message, and receives all that are
 * there, up to @recv_count. It does not wait for more than one. One that does not fit
 * into its buffer, or cannot be copied out, ends the receiving before it, and is an
 * error if it is the first; its &alpc_msg.len then is the length needed.
 *
 * The time is for the whole. After an error @out_sent and @out_received tell what
 * has taken effect. After EINTR nothing is repeated unless nothing had been done.
 *
 * Errors: those of &struct alpc_transfer.
 */
struct alpc_vector {
	__u32 size;
	__u32 flags;
	__aligned_s64 timeout;
	__aligned_u64 send;
	__aligned_u64 recv;
	__u32 send_count;
	__u32 recv_count;
	__u32 out_sent;
	__u32 out_received;
};

/* struct alpc_cancel.flags */
#define ALPC_CANCEL_RECEIVED	(1U << 0)	/* one that was received here */
#define ALPC_CANCEL_COOKIE	(1U << 1)	/* the one with that cookie */

/**
 * enum alpc_cancel_state - struct alpc_cancel.out_state
 * @ALPC_CANCELED_QUEUED: nobody had received it, and nobody will
 * @ALPC_CANCELED_TAKEN: it had been received; its receiver is told, and cannot
 *	answer it any more
 */
enum alpc_cancel_state {
	ALPC_CANCELED_QUEUED = 1,
	ALPC_CANCELED_TAKEN = 2,
};

/**
 * struct alpc_cancel - cancel a request (%ALPC_IOC_CANCEL)
 * @size: sizeof(struct alpc_cancel)
 * @flags: ALPC_CANCEL_* bits, one at most
 * @id: the request: &alpc_transfer.out_id or &alpc_vector_send.out_id, or with
 *	%ALPC_CANCEL_RECEIVED &alpc_msg.id. 0 with %ALPC_CANCEL_COOKIE.
 * @cookie: with %ALPC_CANCEL_COOKIE its &alpc_msg.cookie, else 0. If several have
 *	it, the one that was sent last of those that can be cancelled.
 * @out_state: &enum alpc_cancel_state
 * @__reserved: must be 0
 *
 * By who sent it: on the port that it was sent through, whether a thread waits for
 * the reply or not. A thread that does gets ECANCELED. Cancelling counts before the
 * reply is handed over and not afterwards: then the reply is there to be received
 * (EALREADY), or somebody has it (ESRCH).
 *
 * By who received it: on a port that it could be answered through. A thread that
 * waits for the reply gets ECANCELED; of an asynchronous request the
 * sender's port receives %ALPC_CANCELED with the request's out_id and cookie. The
 * receiver itself is told nothing.
 *
 * Errors: ESRCH (no such request, or it is gone), EALREADY (answered), ECANCELED
 * (cancelled by the other side just before; its notice is not received any more),
 * EBADMSG (a connection request: that is refused), EOPNOTSUPP (by sender, on a
 * connection port), EINVAL, EFAULT (nothing was done, unless the argument became
 * inaccessible during the call), E2BIG.
 */
struct alpc_cancel {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__aligned_u64 cookie;
	__u32 out_state;
	__u32 __reserved;
};

/**
 * struct alpc_create_reserve - set memory for a message aside
 *	(%ALPC_IOC_CREATE_RESERVE)
 * @size: sizeof(struct alpc_create_reserve)
 * @flags: must be 0
 * @len: bytes of data that the message, or its reply, may have, up to the port's
 *	limit; 0 for that
 * @out_reserve: its number on this port
 *
 * On a communication port. A datagram, request or callback is sent from it by naming
 * it in &alpc_msg.reserve. Sending then needs no memory, no room in the queue, and
 * none of what may be outstanding; nor does a reply that is no longer than @len, or
 * brings a view. A longer reply, and descriptors, are allocated when it is sent, as
 * always. The message itself brings nothing but data (EOPNOTSUPP).
 *
 * It is free again when the message, or the reply to it, was received and, if it
 * brought something, released; when a request was cancelled that nobody had
 * received; when the notice of its cancellation was received, or its receiver has
 * learned of it by answering; or when whoever it was for, or the connection, is gone.
 * Until then, and while somebody asks for the identity of its sender, it cannot be
 * used (EBUSY).
 *
 * It counts as a message of the calling user, and in its memory cgroup, whether it is
 * sent or not. Closing the port deletes it.
 *
 * Errors: EDQUOT (of the port, or the user), EMSGSIZE, EPIPE, ENOMEM, EINVAL, EFAULT,
 * E2BIG, EOPNOTSUPP (a connection port).
 */
struct alpc_create_reserve {
	__u32 size;
	__u32 flags;
	__u32 len;
	__u32 out_reserve;
};

/**
 * struct alpc_delete_reserve - give a reserve up (%ALPC_IOC_DELETE_RESERVE)
 * @size: sizeof(struct alpc_delete_reserve)
 * @flags: must be 0
 * @reserve: its number
 * @__reserved: must be 0
 *
 * Its number is not given again.
 *
 * Errors: ENOENT, EBUSY (its message is on its way), EINVAL, EFAULT, E2BIG, EOPNOTSUPP.
 */
struct alpc_delete_reserve {
	__u32 size;
	__u32 flags;
	__u32 reserve;
	__u32 __reserved;
};

/**
 * struct alpc_create_completion - create a completion port
 *	(%ALPC_IOC_CREATE_COMPLETION)
 * @size: sizeof(struct alpc_create_completion)
 * @flags: must be 0
 * @concurrency: how many threads that it has released may run at a time; 0: as
 *	many as there are CPUs, also when some come or go later
 * @out_fd: the completion port
 *
 * On /dev/alpc. A file of its own: poll(2) says that there are packets to take.
 * Closing the last descriptor of it unbinds the ports and drops the packets. It
 * cannot be sent in messages (ELOOP); AF_UNIX sockets take it.
 *
 * Errors: EMFILE, ENFILE, ENOMEM, EINVAL, EFAULT, E2BIG.
 */
struct alpc_create_completion {
	__u32 size;
	__u32 flags;
	__u32 concurrency;
	__s32 out_fd;
};

/* struct alpc_bind.flags */
#define ALPC_BIND_REMOVE	(1U << 0)	/* unbind it */

/**
 * struct alpc_bind - bind a port to a completion port (%ALPC_IOC_BIND)
 * @size: sizeof(struct alpc_bind)
 * @flags: ALPC_BIND_* bits
 * @key: comes with every packet of this port; 0 with %ALPC_BIND_REMOVE
 * @completion: descriptor of the completion port; likewise
 * @__reserved: must be 0
 *
 * On a connection port or client communication port. From now on, and for what waits
 * there already, each message that is queued because no thread waits for it at the
 * port makes a packet. It is bound to one completion port at most. Unbinding drops
 * the packets that were not taken; messages stay where they are.
 *
 * A completion list of the port makes packets as well, see &struct alpc_list, and so
 * does switching receiving off, see &struct alpc_shutdown, also if it was before.
 *
 * Errors: EBUSY (bound already), ENOENT (removing: not bound), EBADF, EINVAL (not a
 * completion port), EOPNOTSUPP, ENOMEM, EFAULT, E2BIG.
 */
struct alpc_bind {
	__u32 size;
	__u32 flags;
	__aligned_u64 key;
	__s32 completion;
	__u32 __reserved;
};

/**
 * enum alpc_packet_type - struct alpc_packet.type
 * @ALPC_PACKET_MESSAGE: there is a message to receive from the port of that key, or
 *	receiving was switched off
 * @ALPC_PACKET_CLOSED: the connection of that client communication port has
 *	ended, or was refused; comes once
 * @ALPC_PACKET_POSTED: a program posted it
 */
enum alpc_packet_type {
	ALPC_PACKET_MESSAGE = 1,
	ALPC_PACKET_CLOSED = 2,
	ALPC_PACKET_POSTED = 3,
};

/**
 * struct alpc_packet - what a completion port tells
 * @key: of the port that it is about, or what was posted
 * @data: what was posted; else 0
 * @type: &enum alpc_packet_type; 0 when it is posted
 * @__reserved: 0
 */
struct alpc_packet {
	__aligned_u64 key;
	__aligned_u64 data;
	__u32 type;
	__u32 __reserved;
};

/**
 * struct alpc_wait_packets - wait at a completion port (%ALPC_IOC_WAIT_PACKETS)
 * @size: sizeof(struct alpc_wait_packets)
 * @flags: %ALPC_TRANSFER_DONTWAIT and %ALPC_TRANSFER_ABSTIME
 * @timeout: as &alpc_transfer.timeout
 * @packets: address of an array of &struct alpc_packet
 * @count: how many it has room for, 1 to %ALPC_PACKETS_MAX
 * @out_count: how many were taken, at least one after success; 0 after an error
 *
 * On a completion port. Packets of one port, and posted ones, come in order. Of
 * ports that have several messages each, one after the other has its turn.
 *
 * There is a packet for each message that waits and that nobody was told of yet. Another
 * thread may receive it first, so receive with %ALPC_TRANSFER_DONTWAIT. Who receives
 * until there is nothing more takes the packets for those messages along.
 *
 * The thread that began to wait last is released first. It then counts as running
 * until it waits again, here or at another completion port, or ends; also when it took
 * packets without having to sleep. If there are packets when it waits again it takes
 * them itself, and nobody else is released. It
 * does not count while it sleeps in the kernel. If as many run as may, the others go
 * on waiting. Only who would not sleep (%ALPC_TRANSFER_DONTWAIT, O_NONBLOCK, no time)
 * is never held up. Without %ALPC_FEATURE_CONCURRENCY nobody is.
 *
 * Errors: EAGAIN, ETIMEDOUT, EINTR, EFAULT (nothing was taken), ENOMEM, EINVAL, E2BIG.
 */
struct alpc_wait_packets {
	__u32 size;
	__u32 flags;
	__aligned_s64 timeout;
	__aligned_u64 packets;
	__u32 count;
	__u32 out_count;
};

/**
 * struct alpc_post_packets - post packets (%ALPC_IOC_POST_PACKETS)
 * @size: sizeof(struct alpc_post_packets)
 * @flags: must be 0
 * @packets: address of an array of &struct alpc_packet
 * @count: how many, 1 to %ALPC_PACKETS_MAX
 * @__reserved: must be 0
 *
 * On a completion port. All are posted, or none. Until it is taken each counts as a
 * message of the user who posts it.
 *
 * Errors: EDQUOT (65,536 that were posted wait, or the user has too many messages),
 * ENOMEM, EINVAL, EFAULT, E2BIG.
 */
struct alpc_post_packets {
	__u32 size;
	__u32 flags;
	__aligned_u64 packets;
	__u32 count;
	__u32 __reserved;
};

/* struct alpc_set_completion.flags */
#define ALPC_SET_CONCURRENCY	(1U << 0)	/* concurrency is to be set */

/**
 * struct alpc_set_completion - change a completion port, or look at it
 *	(%ALPC_IOC_SET_COMPLETION)
 * @size: sizeof(struct alpc_set_completion)
 * @flags: ALPC_SET_* bits; 0 to look only
 * @concurrency: in with %ALPC_SET_CONCURRENCY: as in &struct
 *	alpc_create_completion; out: how many threads may run, the number of CPUs if
 *	0 was set
 * @out_running: threads that it has released and that run
 * @out_waiting: threads that wait at it
 * @out_bound: ports that are bound to it
 * @out_packets: packets that can be taken
 * @__reserved: must be 0
 *
 * On a completion port. A higher limit releases waiting threads at once; a lower one
 * stops nobody who runs. After EFAULT the limit is as it was, unless the argument
 * became inaccessible during the call.
 *
 * Errors: EINVAL, EFAULT, E2BIG.
 */
struct alpc_set_completion {
	__u32 size;
	__u32 flags;
	__u32 concurrency;
	__u32 out_running;
	__u32 out_waiting;
	__u32 out_bound;
	__u32 out_packets;
	__u32 __reserved;
};

/**
 * struct alpc_create_list - create a completion list (%ALPC_IOC_CREATE_LIST)
 * @size: sizeof(struct alpc_create_list)
 * @flags: must be 0
 * @slots: how many messages it holds, a power of two from 2 to 32,768
 * @slot_len: bytes of data that a message in it may have, up to the port's limit;
 *	0 for that
 * @out_len: length of the memory in bytes
 * @out_slot_size: distance of two slots in bytes
 * @out_fd: descriptor for mmap(2): all of it, MAP_SHARED, readable and writable
 *
 * On a connection port or client communication port. From now on a datagram, a request,
 * or the reply to an asynchronous request goes into a free slot, if it fits and brings
 * nothing else, without being received. A request there can be answered by its id as if
 * it had been received. Anything else is queued as usual, and %ALPC_LIST_QUEUED is set:
 * what is too long, brings something, was sent from a reserve or finds no slot; replies
 * of more than 4096 bytes; callbacks; connection requests and their answers; notices.
 *
 * While something of a sender waits in the queue, all that it sends is queued. Who finds
 * no slot, and of the last messages in the list, as many as it has slots, has put in its
 * share (a quarter of them, divided by the number of ports that send there), waits until
 * what it has in the queue is received, as if that was full. Others do not.
 *
 * pid, tid, uid and gid are as the calling thread sees them, whoever reads the list.
 * Its memory is charged to the caller's memory cgroup and user as that of a section is,
 * and mapped in the same way. It is 1 GiB long at most; the port's limits of sections do
 * not concern it. See &struct alpc_list.
 *
 * Errors: EINVAL (@slots), EMSGSIZE (@slot_len), EBUSY (has one), EFBIG, EDQUOT (the
 * user's sections are too long together), EOPNOTSUPP (a server communication port),
 * EMFILE, ENFILE, ENOMEM, EFAULT, E2BIG.
 */
struct alpc_create_list {
	__u32 size;
	__u32 flags;
	__u32 slots;
	__u32 slot_len;
	__aligned_u64 out_len;
	__u32 out_slot_size;
	__s32 out_fd;
};

/**
 * struct alpc_delete_list - end a completion list (%ALPC_IOC_DELETE_LIST)
 * @size: sizeof(struct alpc_delete_list)
 * @flags: must be 0
 *
 * On the port that has it. Nothing is put into it any more, and receiving gives what is
 * queued. What lies in it stays there as long as it is mapped; a request can be answered
 * as before. Closing the port does the same.
 *
 * Errors: ENOENT, EINVAL, EFAULT, E2BIG.
 */
struct alpc_delete_list {
	__u32 size;
	__u32 flags;
};

/* struct alpc_list.flags, set by the kernel, cleared by the process */
#define ALPC_LIST_QUEUED	(1U << 0)	/* the port's queue has something */

/* struct alpc_list.sleeping, set by the process */
#define ALPC_LIST_SLEEPING	1U		/* wake me when something comes */

/**
 * struct alpc_list - the first bytes of a completion list's memory
 * @tail: how many messages the kernel has put in so far. The slot of number n is in
 *	ready[n % slots].
 * @flags: ALPC_LIST_* bits
 * @slots: as it was created
 * @slot_size: distance of two slots in bytes
 * @ready_offset: where __u32 ready[@slots] is
 * @free_offset: where __u32 free[@slots] is
 * @slot_offset: where the first slot is: a &struct alpc_msg and then the data, for
 *	which &alpc_msg.data gives the offset in this memory
 * @__reserved: 0
 * @head: written by the process: how many it has taken
 * @sleeping: written by the process: set before it looks at @tail for the last time and
 *	then waits, with a full barrier between the two; cleared when it is awake. Needed
 *	for packets of a completion port and for edge-triggered epoll(7). Who receives, or
 *	polls otherwise, is woken without it. Several threads that share what comes leave it
 *	set: those of a completion port, and those that poll with EPOLLEXCLUSIVE, of which
 *	each message then wakes one.
 * @__reserved1: 0
 * @free_tail: written by the process: how many slots it has given back so far;
 *	that of number n is in free[n % slots]
 * @__reserved2: 0
 *
 * A slot is the process's from when @tail covers it until it is given back. @tail is
 * to be read with acquire, @head and @free_tail written with release order. Several
 * threads take messages by compare-and-swap of @head, after they have read the number of
 * the slot.
 *
 * Receiving from the port fails with ENOMSG if it is the list's turn: if @tail is ahead
 * of @head, and the queue has nothing that came before what the process has not taken.
 * It waits if there is nothing in either, and then fails as soon as something is in the
 * list. So messages of one port come in the order in which they were sent, for who
 *
 * 1. takes what is in the list;
 * 2. if %ALPC_LIST_QUEUED is set, which can be looked at after any message: clears it,
 *    and receives until that fails with ENOMSG or EAGAIN;
 * 3. if the list is empty receives, and waits.
 *
 * Receiving that fails otherwise (EMSGSIZE, EFAULT) is repeated before the list is looked
 * at again. A reply that lies in the list has been received: it can be waited for no more,
 * nor its request be cancelled.
 *
 * The kernel believes nothing of this. It keeps its own count of everything, looks at
 * a slot's number once, and ignores one that the process does not have. Whatever a
 * process writes here, it is only its own messages that it loses.
 */
struct alpc_list {
	__u32 tail;
	__u32 flags;
	__u32 slots;
	__u32 slot_size;
	__u32 ready_offset;
	__u32 free_offset;
	__u32 slot_offset;
	__u32 __reserved[9];
	__u32 head;
	__u32 sleeping;
	__u32 __reserved1[14];
	__u32 free_tail;
	__u32 __reserved2[15];
};

/**
 * struct alpc_quick - sleep until a word of a section changes, or say that it has
 *	(%ALPC_IOC_QUICK_WAIT, %ALPC_IOC_QUICK_WAKE)
 * @size: sizeof(struct alpc_quick)
 * @flags: waiting: %ALPC_TRANSFER_ABSTIME or 0. Waking: must be 0.
 * @timeout: waiting: as &alpc_transfer.timeout. Waking: must be 0.
 * @section: one that either end of this connection has created, with
 *	%ALPC_SECTION_PEER_WRITE
 * @value: waiting: sleep if the word is this. Waking: must be 0.
 * @offset: of the word in the section in bytes, a multiple of 4
 *
 * On a communication port. Through each end one thread waits at a word at a time,
 * and at most 64 wait at all words together. Waking wakes the one that waits there
 * through the other end, if there is one. Nothing else comes of it: what the bytes mean
 * is between the two ends.
 *
 * Waiting returns 0 when it was woken, or the word was another: look again. It ends
 * with the connection, or when the section is deleted.
 *
 * Errors: ENOENT (no such section, or not any more), EPIPE (the connection has ended),
 * EPERM (not for the other side to write), ENOTCONN, EOPNOTSUPP, EINVAL, EFAULT,
 * E2BIG; waiting: EBUSY (a thread waits there, or too many do), ETIMEDOUT, EINTR.
 */
struct alpc_quick {
	__u32 size;
	__u32 flags;
	__aligned_s64 timeout;
	__u32 section;
	__u32 value;
	__aligned_u64 offset;
};

#endif /* _UAPI_LINUX_ALPC_H */
