/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites share: a function for each command (calls.c), and processes,
 * threads and namespaces to call them from (process.c).
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * Every function that returns int returns a negative errno if it fails. What
 * the kernel is to fill in is poisoned before each call, so that a field which
 * it left alone shows. Nothing here waits for a time and hopes for the best: see
 * worker_blocked().
 */
#ifndef ALPC_TEST_H
#define ALPC_TEST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <linux/alpc.h>

#define POISON		0xcc
#define POISON_U16	((__u16)0xcccc)
#define POISON_U32	((__u32)0xcccccccc)
#define POISON_S32	((__s32)0xcccccccc)
#define POISON_U64	((__u64)0xccccccccccccccccULL)

#define NSEC_PER_MSEC	1000000LL
#define NSEC_PER_SEC	1000000000LL

/* What poll() and epoll_wait() call where the kernel has only the newer calls. */
#ifndef SYS_poll
#define SYS_poll SYS_ppoll
#endif
#ifndef SYS_epoll_wait
#define SYS_epoll_wait SYS_epoll_pwait
#endif

/* Long enough to have to wait, short enough for a test that must see the end. */
#define SHORT_TIME	(20 * NSEC_PER_MSEC)

static inline __u64 address(const void *p)
{
	return (unsigned long)p;
}

/* What was wrong with a call that gives a descriptor; 0 if it gave one. */
static inline int error_of(int fd)
{
	return fd < 0 ? fd : 0;
}

/* --- calls.c: the device and its commands --------------------------------- */

/* The descriptor of /dev/alpc, opened once in each process. */
int alpc_device(void);

/* ioctl(2), with a negative errno for an error. */
int alpc_ioctl(int fd, unsigned long command, void *arg);

/* A name that no other test of this run has; valid for ever. */
const char *unique_name(void);

long long monotonic_ns(void);

/* Creating ports. The args_*() give what the call of the same name passes. */
struct alpc_create_port create_args(const char *name);
int alpc_create_with(struct alpc_create_port *arg);
int alpc_create(const char *name);

/* Connecting. Without a flag: wait for ever, no message, no room for one. */
struct alpc_connect connect_args(const char *name);
int alpc_connect_with(struct alpc_connect *arg);
int alpc_connect_to(const char *name);
int alpc_connect_async(const char *name);

/* Answering connection requests: accepting returns the server's descriptor. */
int alpc_accept_with(int port, struct alpc_accept *arg);
int alpc_accept_id(int port, __u64 id, __u64 context);
int alpc_accept_data(int port, __u64 id, __u64 context, const void *data, __u32 len);
int alpc_refuse(int port, __u64 id, const void *data, __u32 len);

int alpc_disconnect(int fd);
int alpc_notify_exit(int fd, __u64 cookie);
int alpc_shutdown(int fd, __u32 flags);
int alpc_query(struct alpc_query *query);

/* The state of a port; the two numbers are negative errnos if that fails. */
int alpc_info(int fd, struct alpc_port_info *info);
int alpc_queued(int fd);
int alpc_unanswered(int fd);

/*
 * Who the other side is: of the message @id, or, with 0, of the connection. All
 * parts, and the groups in @groups, which may be NULL; the rest is poisoned.
 */
int alpc_identity(int fd, __u64 id, struct alpc_identity *identity, __u32 *groups, __u32 room);

/* The same to act as the caller of the request @id. */
int alpc_impersonable(int fd, __u64 id, struct alpc_identity *identity, __u32 *groups,
		      __u32 room);

/*
 * Receive without waiting, with the identity of the sender: @parts, without groups.
 * The data, of up to 64 bytes, are dropped.
 */
int alpc_receive_who(int fd, __u32 parts, struct alpc_msg *msg, struct alpc_identity *identity);

/* A security context: its number, or a negative errno. */
int alpc_create_security(int fd, __u32 flags, __u32 level, __u32 withhold);
int alpc_revoke_security(int fd, __u32 security);
int alpc_delete_security(int fd, __u32 security);

/* What poll(2) says at once, of POLLIN, POLLOUT, POLLERR and POLLHUP. */
int events_of(int fd);

/*
 * Messages. A transfer is filled by transfer_init() and then by
 * transfer_send() and transfer_receive(), which may both be used; run it with
 * alpc_transfer(), or worker_transfer() in another thread. It waits for ever
 * unless .timeout is changed.
 */
void transfer_init(struct alpc_transfer *t, __u32 flags);
void transfer_send(struct alpc_transfer *t, __u16 flags, __u64 id, const void *data,
		   __u32 len);
void transfer_receive(struct alpc_transfer *t, void *buf, __u32 room);
int alpc_transfer(int fd, struct alpc_transfer *t);

/* A datagram; the second one never sleeps (EAGAIN). */
int alpc_send(int fd, const void *data, __u32 len);
int alpc_send_nowait(int fd, const void *data, __u32 len);

/* A request whose reply is received later; its id goes to @id unless NULL. */
int alpc_request_async(int fd, const void *data, __u32 len, __u64 cookie, __u32 room,
		       __u64 *id);

/* Request and wait for the reply, or for a callback. */
int alpc_call(int fd, const void *data, __u32 len, struct alpc_msg *reply, void *buf,
	      __u32 room);

/* The next message; the second one never sleeps (EAGAIN). */
int alpc_receive(int fd, struct alpc_msg *msg, void *buf, __u32 room);
int alpc_receive_nowait(int fd, struct alpc_msg *msg, void *buf, __u32 room);

int alpc_reply(int fd, __u64 id, const void *data, __u32 len);

/* The reply to the asynchronous request @id; @timeout as that of a transfer. */
int alpc_await_reply(int fd, __u64 id, long long timeout, struct alpc_msg *msg, void *buf,
		     __u32 room);

/* Cancel a request: enum alpc_cancel_state, or a negative errno. */
int alpc_cancel(int fd, __u64 id);
int alpc_cancel_cookie(int fd, __u64 cookie);
int alpc_cancel_received(int fd, __u64 id);

/* Give back what came with a message. */
int alpc_release(int fd, __u64 id);
int alpc_reply_receive(int fd, __u64 id, const void *data, __u32 len, struct alpc_msg *msg,
		       void *buf, __u32 room);

/* A request inside the request @id: call back and wait for the reply. */
int alpc_callback(int fd, __u64 id, const void *data, __u32 len, struct alpc_msg *reply,
		  void *buf, __u32 room);

/* Reply to a callback and go on waiting for the reply to the call @call. */
int alpc_reply_wait(int fd, __u64 id, __u64 call, const void *data, __u32 len,
		    struct alpc_msg *reply, void *buf, __u32 room);

/* A server with one client, all in the calling thread. */
struct pair {
	const char *name;
	int port;
	int client;
	int server;
	__u64 context;
};

/* The name in @options, which may be NULL, is not looked at. */
int pair_open(struct pair *pair, const struct alpc_create_port *options);
void pair_close(struct pair *pair);

/* Connect another client to the port of a pair, or to any other port. */
int pair_connect(int port, const char *name, __u64 context, int *client, int *server);

/*
 * One call from client to server and back. Fails with EBADMSG, and says why,
 * if anything else than exactly that arrives anywhere: a message that was left
 * over, delivered twice or damaged.
 */
int pair_works(struct pair *pair);

/* --- process.c: processes, threads, identities, namespaces ---------------- */

/* Close @fd unless it is negative, and forget it. */
void close_fd(int *fd);

/* How many descriptors this process has open. */
int open_fds(void);

/* Let this process open no more; gives what allow_descriptors() takes. */
int forbid_descriptors(void);
void allow_descriptors(int limit);

/*
 * A child process and a channel to it. After child_start() both sides use the
 * same functions: child_put() and child_get() move @len bytes and fail with
 * EPIPE if the other side is gone; child_put_fd() passes a descriptor.
 */
struct child {
	pid_t pid;	/* 0 in the child itself */
	int channel;
};

/* Like fork(): the child's pid, 0 in the child, or a negative errno. */
int child_start(struct child *child);
int child_put(struct child *child, const void *data, size_t len);
int child_get(struct child *child, void *data, size_t len);
int child_put_fd(struct child *child, int fd);
int child_get_fd(struct child *child);

/* The same by the channel alone, with @len bytes, 1 or more. */
int put_fd(int channel, int fd, const void *data, size_t len);
int get_fd(int channel, void *data, size_t len);

/* One byte each way: "go on", and waiting for it. */
int child_signal(struct child *child);
int child_wait(struct child *child);

/* In the child: end, with 0 if @ok. */
_Noreturn void child_exit(bool ok);

/* In the parent: wait for its end; 0 if it ended with child_exit(true). */
int child_end(struct child *child);

/* In the parent: kill it, and wait until it is gone. */
void child_kill(struct child *child);

/* A thread that runs @fn(@arg) once. It must not use ASSERT_*(). */
struct worker {
	pthread_t thread;
	pid_t tid;
	int (*fn)(void *arg);
	void *arg;
	int result;
	bool done;
};

int worker_start(struct worker *worker, int (*fn)(void *arg), void *arg);
bool worker_done(struct worker *worker);

/* Wait for its end; gives what @fn returned. */
int worker_join(struct worker *worker);

/*
 * Wait until it sleeps in an ioctl, in a way that a signal can end. 0, or
 * -ESRCH if it has ended instead.
 */
int worker_blocked(struct worker *worker);

/*
 * End that by a signal, whose handler does not restart it, and join the thread: what a
 * call does whose time is over, but not before it has been received.
 */
int worker_interrupt(struct worker *worker);

/* The same for a thread of any process; in any system call (SYS_*). */
int thread_blocked(pid_t pid, pid_t tid);
int thread_blocked_in(pid_t pid, pid_t tid, long call_number);

/* A transfer in a thread of its own. */
struct transfer_worker {
	struct worker worker;
	int fd;
	struct alpc_transfer transfer;
};

int worker_transfer(struct transfer_worker *worker, int fd);

/* A connect in a thread of its own; the result is alpc_connect_with()'s. */
struct connect_worker {
	struct worker worker;
	struct alpc_connect connect;
};

int worker_connect(struct connect_worker *worker);

/* Become somebody else, for good: all three ids, and no other groups. */
int become(uid_t uid, gid_t gid);

/* Become root of a new user namespace, where nobody else is anybody. */
int enter_user_namespace(void);

/* Write a file of /proc or /sys. */
int write_file(const char *path, const char *text);

/* Read up to @size - 1 bytes and end them with a NUL; their number. */
int read_file(const char *path, char *buf, size_t size);

/* In seconds: who emulates a CPU may have little of one. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

/* Memory that the kernel has for itself, in KiB; negative if that cannot be told. */
long kernel_memory(void);

/* To root: this kernel looks for leaks, and is some ten times as slow as others. */
bool kernel_finds_leaks(void);

/* Remove a cgroup, once the threads that were in it have ended. */
void cgroup_remove(const char *path);

/*
 * A cgroup to freeze processes in: bring one into it; freeze those in it, or let them
 * go on, and wait until that has happened; remove it.
 */
int freezer_enter(pid_t pid);
int freezer_set(bool frozen);
void freezer_remove(void);

/*
 * In the parent: have a child stand still, frozen with the cgroup that it was brought
 * into or stopped by a signal, and wait until it does; let it go on.
 */
int child_stand(struct child *child, bool frozen);
int child_go_on(struct child *child, bool frozen);

/*
 * Whether nothing is left at a port: no message, no request unanswered. For
 * use inside a test.
 */
#define EXPECT_QUIET(fd) do { \
	int __fd = (fd); \
\
	EXPECT_EQ(0, alpc_queued(__fd)); \
	EXPECT_EQ(0, alpc_unanswered(__fd)); \
} while (0)

/* Whether every byte of an object is still the poison. */
#define IS_POISON(object) is_poison(&(object), sizeof(object))

static inline bool is_poison(const void *p, size_t len)
{
	const unsigned char *byte = p;

	while (len--) {
		if (*byte++ != POISON)
			return false;
	}
	return true;
}

#endif /* ALPC_TEST_H */
