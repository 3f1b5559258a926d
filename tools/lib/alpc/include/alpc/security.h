/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is who, for libalpc: identities, security contexts, acting as a client,
 * and what a user or a port has in use. Programs include <alpc/alpc.h>.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_SECURITY_H
#define ALPC_SECURITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/alpc.h>

#ifdef __cplusplus
extern "C" {
#endif

struct alpc_message;
struct alpc_port;

/* Who does not look at the result is told so by the compiler. */
#define ALPC_MUST_CHECK __attribute__((warn_unused_result))

/* -- Who is there ------------------------------------------------------------ */

/**
 * struct alpc_credentials - identity of a sender, or of the other end
 * @parts: ALPC_IDENTITY_* bits of what is told. Anything else reads as what cannot
 *	be seen: pid 0, the overflow ids, no groups, no capabilities.
 * @status: %ALPC_IDENTITY_ALIVE, %ALPC_IDENTITY_STATIC
 * @level: what may be done with it
 * @changes: how often the sender was another one than before, see
 *	alpc_message_identity_changed()
 * @pid: process, in the caller's pid namespace; 0 if it is not visible there
 * @tid: thread, likewise
 * @uid: effective user, in the caller's user namespace, or the overflow id
 * @gid: effective group, likewise
 * @fsuid: user for access to files, likewise
 * @fsgid: group for access to files, likewise
 * @start_time: when the process began, nanoseconds of CLOCK_BOOTTIME
 * @caps: effective capabilities over the caller's user namespace, one bit each
 * @permitted: permitted ones, likewise
 * @group_count: how many supplementary groups
 * @groups: these; they belong to the structure
 *
 * All as of when the message was sent, or the connection made. Later versions of
 * the library may add members at the end, as it is the library that makes it.
 */
struct alpc_credentials {
	uint32_t parts;
	uint32_t status;
	enum alpc_level level;
	uint32_t changes;
	pid_t pid;
	pid_t tid;
	uid_t uid;
	gid_t gid;
	uid_t fsuid;
	gid_t fsgid;
	uint64_t start_time;
	uint64_t caps;
	uint64_t permitted;
	size_t group_count;
	const gid_t *groups;
};

/**
 * alpc_message_get_credentials() - who sent a message
 * @message: message that was received; the port that it came from is still open
 * @parts: ALPC_IDENTITY_* bits of what is wanted
 * @credentials: the credentials; free them with alpc_credentials_free()
 *
 * Of a request or connection request, until it is answered; of anything else that
 * was held (a view, descriptors), until it is released. Of any message, at any
 * time, if it was received after alpc_message_accept_identity() with these parts.
 *
 * Return: 0; -ESRCH (none of these, or answered), -EKEYREVOKED (its security context
 * was revoked), -ENOMEM; errors as of %ALPC_IOC_GET_IDENTITY.
 */
int alpc_message_get_credentials(const struct alpc_message *message,
				 uint32_t parts,
				 struct alpc_credentials **credentials);

/**
 * alpc_port_get_credentials() - who is at the other end of a connection
 * @port: communication port of either side
 * @parts: ALPC_IDENTITY_* bits of what is wanted
 * @credentials: the credentials; free them with alpc_credentials_free()
 *
 * For a client, the thread that accepted; for a server, the thread that connected.
 *
 * Return: 0; -ENOTCONN, -EPIPE, -EOPNOTSUPP (a connection port), -ENOMEM.
 */
int alpc_port_get_credentials(const struct alpc_port *port, uint32_t parts,
			      struct alpc_credentials **credentials);

/**
 * alpc_credentials_free() - free credentials, with their groups
 * @credentials: credentials, or NULL
 */
void alpc_credentials_free(struct alpc_credentials *credentials);

/**
 * alpc_message_accept_identity() - be told who sends, with each message
 * @message: message to receive into
 * @parts: ALPC_IDENTITY_* bits of what is wanted; 0 for none, as at the beginning.
 *	With %ALPC_IDENTITY_GROUPS the message takes 256 KiB of addresses, and of
 *	memory what the groups need.
 *
 * Saves the system call of alpc_message_get_credentials() and makes each receiving
 * dearer. For datagrams and notices it is the only way.
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int alpc_message_accept_identity(struct alpc_message *message, uint32_t parts);

/**
 * alpc_message_identity_changed() - is the sender another one than before?
 * @message: message that was received
 *
 * Return: true if its sender - the thread, or its credentials - is not that of the
 * message before on the same connection, or, if it is the first one, not who
 * connected; or if that message was withdrawn before it was received. Always false
 * unless the port was created with %ALPC_PORT_NOTE_IDENTITY (a client: connected with
 * %ALPC_CONNECT_NOTE_IDENTITY).
 *
 * It is said once, with the first message of another sender, whatever that is. Who
 * relies on it has to look at every message of the connection in the order in which
 * they were sent, datagrams that it has no use for included: a message for which this
 * is false can be that of the stranger who has sent the one before. What is certain of
 * each message by itself is its pid, tid, uid and gid.
 */
bool alpc_message_identity_changed(const struct alpc_message *message);

/**
 * alpc_message_open_process() - open a sender's process
 * @message: as in alpc_message_get_credentials()
 *
 * There is no moment at which another process that got the same pid could be taken
 * for it. With a static security context it is the process that made that.
 *
 * Return: a pidfd, close-on-exec, of the caller's; -EPERM (the sender withholds
 * it), -ESRCH (it is gone, or not visible here; or @message is not one that can be
 * asked about), errors of pidfd_open(2) and %ALPC_IOC_GET_IDENTITY.
 */
int alpc_message_open_process(const struct alpc_message *message);

/**
 * alpc_port_open_process() - open the process at the other end of a connection
 * @port: communication port of either side
 *
 * Return: as alpc_message_open_process().
 */
int alpc_port_open_process(const struct alpc_port *port);

/* -- Security contexts --------------------------------------------------------- */

/**
 * alpc_security_create() - make a security context
 * @port: communication port through which messages with it are to be sent
 * @level: what receivers may do with the sender's identity
 * @flags: %ALPC_SECURITY_STATIC: the identity is that of the calling thread, now;
 *	%ALPC_SECURITY_EFFECTIVE_ONLY: receivers do not learn of capabilities that
 *	could be raised
 * @withhold: ALPC_IDENTITY_* parts that receivers are not told
 * @security: its number, not 0, for alpc_message_set_security() and
 *	&struct alpc_call_options.security. It ends with the port.
 *
 * Return: 0; errors as of %ALPC_IOC_CREATE_SECURITY.
 */
int alpc_security_create(struct alpc_port *port, enum alpc_level level,
			 uint32_t flags, uint32_t withhold, uint32_t *security);

/**
 * alpc_security_revoke() - make a security context useless
 * @port: port that it was created for
 * @security: its number
 *
 * Also for what was sent with it before. What receivers were told they know, and who
 * acts as the sender already goes on.
 *
 * Return: 0; errors as of %ALPC_IOC_REVOKE_SECURITY.
 */
int alpc_security_revoke(struct alpc_port *port, uint32_t security);

/**
 * alpc_security_delete() - give the number of a security context back
 * @port: port that it was created for
 * @security: its number
 *
 * What was sent with it keeps it.
 *
 * Return: 0; errors as of %ALPC_IOC_DELETE_SECURITY.
 */
int alpc_security_delete(struct alpc_port *port, uint32_t security);

/**
 * alpc_message_set_security() - send a message with a security context
 * @message: message to be sent with alpc_call_message() or alpc_send_message();
 *	not a reply
 * @security: security context of the port that it will be sent through; 0, as at
 *	the beginning, for what was said when connecting. It stays until it is set
 *	again.
 *
 * Return: 0 or -ENOMEM.
 */
int alpc_message_set_security(struct alpc_message *message, uint32_t security);

/* -- Acting as a client ---------------------------------------------------------- */

/**
 * typedef alpc_impersonate_fn - what is done as the client
 * @arg: from alpc_impersonate()
 *
 * Return: anything; alpc_impersonate() hands it on.
 */
typedef int alpc_impersonate_fn(void *arg);

/**
 * alpc_impersonate() - run a function as the client of a request
 * @request: request that was received and is not answered; the port that it came
 *	from is still open
 * @fn: what to do as the client
 * @arg: for @fn
 * @result: gets what @fn returned, if it ran
 *
 * The calling thread, and no other, takes on the client's user and group for access
 * to files, its supplementary groups, and of its own effective capabilities those
 * only that the client has as well. Then it calls @fn, and is itself again before
 * this returns. If any of that cannot be had @fn is not called and nothing has
 * changed. The client must have allowed it (%ALPC_LEVEL_IMPERSONATION, when it
 * connected or with a security context) and still wait for its reply when @fn is
 * called.
 *
 * The thread needs CAP_SETUID and CAP_SETGID in its permitted set, as far as the
 * client's ids differ from its own. It keeps its own uid, its labels of security
 * modules, and the permitted set: @fn is to be code of the program's own.
 *
 * *Ways out.* @fn may end by return, by longjmp(3) or a C++ exception out of it, or
 * with pthread_exit(3): the thread is itself again after each. It cannot be
 * cancelled meanwhile; a cancellation waits. (longjmp(3): with glibc. It is not
 * allowed elsewhere.) If the thread cannot become itself again, because somebody
 * else has changed its credentials, the process is ended with abort(3): this and
 * nothing else in the library does that.
 *
 * *Nested.* @fn may call this for another request. Inside, the thread has the ids of
 * that one's client, and the capabilities that both clients have.
 *
 * *Not in fn*: starting a thread, which would act as the client for ever;
 * set*id(2) and setgroups(2). A child process of fork(2) acts as the client; a
 * program that it executes is the server's user, but has the client's groups. A
 * signal handler that interrupts @fn runs as the client.
 *
 * As after setfsuid(2), the process may not be dumpable afterwards (PR_SET_DUMPABLE
 * of prctl(2)), and the thread's PR_SET_PDEATHSIG is off.
 *
 * Return: 0 if @fn ran; else it did not: -EACCES (the client does not allow it),
 * -EKEYREVOKED (it has revoked that), -ECANCELED (it does not wait any more), -ESRCH
 * (answered, or no request), -EBADMSG (a connection request), -EPERM (the thread may
 * not take on these ids), -EOVERFLOW (an id of the client's or of the thread itself
 * has no counterpart in its user namespace, or is the overflow id), -ENOMEM.
 */
ALPC_MUST_CHECK
int alpc_impersonate(const struct alpc_message *request,
		     alpc_impersonate_fn *fn, void *arg, int *result);

/* -- What is in use ---------------------------------------------------------------- */

/**
 * alpc_port_get_usage() - what a port, or the calling user, has in use
 * @port: port of any kind
 * @usage: filled in; the program has set @usage->size, and @usage->flags to
 *	%ALPC_USAGE_USER if it asks about the user
 *
 * Return: 0; errors as of %ALPC_IOC_GET_USAGE.
 */
int alpc_port_get_usage(const struct alpc_port *port, struct alpc_usage *usage);

/**
 * alpc_device_get_usage() - what the calling user has in use
 * @usage: filled in; the program has set @usage->size, and @usage->flags to
 *	%ALPC_USAGE_USER
 *
 * Return: 0; errors as of %ALPC_IOC_GET_USAGE and open(2) of /dev/alpc.
 */
int alpc_device_get_usage(struct alpc_usage *usage);

#ifdef __cplusplus
}
#endif

#endif /* ALPC_SECURITY_H */
