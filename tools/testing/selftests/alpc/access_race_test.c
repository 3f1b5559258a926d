// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct access that races with the end of the call, of the process and of the
 * memory, and with signals.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "alpc_access.h"
#include "rounds.h"

enum { LENGTH = 256 << 10 };

FIXTURE(access_race)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
	char own[LENGTH];
	int server;
};

FIXTURE_SETUP(access_race)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->server = -1;
}

FIXTURE_TEARDOWN(access_race)
{
	EXPECT_EQ(0, pair_works(&self->pair));
	close_fd(&self->server);
	pair_close(&self->pair);
}

/* In a client: call with @len bytes at @p and tell whether that was answered. */
static int call_briefly(int fd, const char *p, __u64 len, __s64 timeout)
{
	struct alpc_range range = range_of(p, len, BOTH);
	struct access_call call;

	call_init(&call, &range, 1);
	call.transfer.timeout = timeout;
	return alpc_transfer(fd, &call.transfer);
}

/* What an access to a call that has ended may say. */
static bool is_over(int err)
{
	return err == -ESRCH || err == -ECANCELED || err == -EPIPE;
}

/* Access until the call is over; what that says. */
static int access_until_over(int fd, __u64 id, __u32 flags, char *own, __u64 len)
{
	struct access_result result;

	do {
		result = access_range(fd, id, flags, 0, 0, own, len);
	} while (!result.err);
	return result.err;
}

/* --- the end of the call -------------------------------------------------- */

TEST_F(access_race, abuse_40_after_the_reply_is_esrch)
{
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		char *p = new_memory(LENGTH);
		bool ok = !call_with_memory(self->server, p, LENGTH, BOTH);

		memset(p, 'c', LENGTH);
		child_signal(&self->child);
		child_wait(&self->child);
		child_exit(ok && p[0] == 'c');
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_RESULT(0, 1, read_range(self->server, self->msg.id, 0, self->own, 1));
	ASSERT_EQ(0, alpc_reply(self->server, self->msg.id, NULL, 0));
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_RESULT(-ESRCH, 0, read_range(self->server, self->msg.id, 0, self->own, 1));
	EXPECT_RESULT(-ESRCH, 0, write_range(self->server, self->msg.id, 0, self->own, 1));
	EXPECT_EQ(0, self->own[0]);
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
	TAKE_CLOSED(self);
}

TEST_F(access_race, abuse_40_after_cancellation_is_ecanceled)
{
	__u64 id;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		struct transfer_worker caller = {};
		char *p = new_memory(LENGTH);
		struct alpc_range range = range_of(p, LENGTH, BOTH);
		struct access_call call;
		int err;

		call_init(&call, &range, 1);
		caller.transfer = call.transfer;
		err = worker_transfer(&caller, self->server) ?:
		      child_wait(&self->child) ?: worker_interrupt(&caller.worker);
		child_signal(&self->child);
		child_wait(&self->child);
		child_exit(err == -EINTR && !p[0]);
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	id = self->msg.id;
	ASSERT_EQ(0, child_signal(&self->child));
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_RESULT(-ECANCELED, 0, write_range(self->server, id, 0, "x", 1));
	/* Looking has not taken the notice away. */
	TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(id, self->msg.id);
	EXPECT_RESULT(-ESRCH, 0, write_range(self->server, id, 0, "x", 1));
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_EQ(0, child_end(&self->child));
	TAKE_CLOSED(self);
}

/*
 * When a call has returned, whatever it returned, nobody writes to its memory any
 * more: what the client puts there then stays.
 */
TEST_F_TIMEOUT(access_race, abuse_40_nothing_is_written_once_the_call_is_over, 300)
{
	enum { CALLS = 400 };
	int err = 0;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		char *p = new_memory(LENGTH), *copy = new_memory(LENGTH);
		bool ok = true;
		int i, j;

		for (i = 0; i < rounds(CALLS) && ok; i++) {
			ok = call_briefly(self->server, p, LENGTH, NSEC_PER_MSEC * (1 + i % 3)) ==
			     -ETIMEDOUT;
			memset(p, i, LENGTH);
			memset(copy, i, LENGTH);
			for (j = 0; j < 3; j++)
				ok = ok && !memcmp(p, copy, LENGTH);
		}
		child_exit(ok);
	}
	memset(self->own, 's', LENGTH);
	while (!alpc_receive(self->pair.port, &self->msg, self->buf, sizeof(self->buf)) &&
	       self->msg.type != ALPC_PORT_CLOSED) {
		if (self->msg.type != ALPC_REQUEST)
			continue;
		err = access_until_over(self->server, self->msg.id, ALPC_ACCESS_WRITE, self->own,
					LENGTH);
		EXPECT_TRUE(is_over(err));
	}
	EXPECT_EQ(0, child_end(&self->child));
}

/* What the two sides of the next test tell each other, by the number of a call. */
struct progress {
	int called_back, replied;
};

static void tell(int *number, int n)
{
	__atomic_store_n(number, n, __ATOMIC_RELEASE);
}

static void wait_for(int *number, int n)
{
	while (__atomic_load_n(number, __ATOMIC_ACQUIRE) < n)
		sched_yield();
}

/*
 * In the client: a call which is answered while its thread handles a callback, so
 * that the thread finds the answer without having to wait. Whether the memory was
 * its own from then on.
 */
static bool call_with_callback(int fd, struct progress *progress, int n, char *p, char *copy)
{
	struct alpc_range range = range_of(p, LENGTH, BOTH);
	struct access_call call;
	__u64 callback, id;
	bool ok;
	int i;

	call_init(&call, &range, 1);
	if (alpc_transfer(fd, &call.transfer) || call.transfer.recv.type != ALPC_REQUEST)
		return false;
	callback = call.transfer.recv.id;
	id = call.transfer.out_id;
	tell(&progress->called_back, n);
	wait_for(&progress->replied, n);
	transfer_init(&call.transfer, ALPC_TRANSFER_WAIT);
	transfer_receive(&call.transfer, NULL, 0);
	call.transfer.recv.call = id;
	ok = !alpc_transfer(fd, &call.transfer) && call.transfer.recv.type == ALPC_REPLY;
	memset(p, n, LENGTH);
	memset(copy, n, LENGTH);
	for (i = 0; i < 3; i++)
		ok = ok && !memcmp(p, copy, LENGTH);
	return ok && !alpc_reply(fd, callback, NULL, 0);
}

struct server_thread {
	struct worker worker;
	int fd;
	__u64 id;
	char own[LENGTH];
};

static int run_callback(void *arg)
{
	struct server_thread *thread = arg;

	return alpc_callback(thread->fd, thread->id, NULL, 0, NULL, NULL, 0);
}

static int run_access(void *arg)
{
	struct server_thread *thread = arg;

	return access_until_over(thread->fd, thread->id, ALPC_ACCESS_WRITE, thread->own, LENGTH);
}

TEST_F_TIMEOUT(access_race, abuse_40_nothing_is_written_once_a_reply_is_fetched, 300)
{
	enum { CALLS = 300 };
	struct progress *progress = shared_memory(sizeof(*progress));
	static struct server_thread caller, writer;
	int n;

	ASSERT_NE(NULL, progress);
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		char *p = new_memory(LENGTH), *copy = new_memory(LENGTH);
		bool ok = true;

		for (n = 1; n <= rounds(CALLS) && ok; n++)
			ok = call_with_callback(self->server, progress, n, p, copy);
		/* The last writer is to be told about the request. */
		if (ok)
			child_wait(&self->child);
		child_exit(ok);
	}
	memset(writer.own, 's', LENGTH);
	for (n = 1; n <= rounds(CALLS); n++) {
		ASSERT_EQ(0, alpc_receive(self->pair.port, &self->msg, self->buf,
					  sizeof(self->buf)));
		if (self->msg.type == ALPC_PORT_CLOSED)
			break;
		caller.fd = self->server;
		writer.fd = self->server;
		caller.id = self->msg.id;
		writer.id = self->msg.id;
		ASSERT_EQ(0, worker_start(&writer.worker, run_access, &writer));
		ASSERT_EQ(0, worker_start(&caller.worker, run_callback, &caller));
		wait_for(&progress->called_back, n);
		ASSERT_EQ(0, alpc_reply(self->server, self->msg.id, NULL, 0));
		tell(&progress->replied, n);
		EXPECT_EQ(-ESRCH, worker_join(&writer.worker));
		worker_join(&caller.worker);
	}
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
	if (self->msg.type != ALPC_PORT_CLOSED)
		TAKE_CLOSED(self);
	munmap(progress, sizeof(*progress));
}

struct stamped {
	__u32 number;
	char body[LENGTH];
};

struct stress {
	struct worker worker;
	int port;
	int bad;
	struct stamped own;
};

/* In the server: read what the next call granted, and it must be that call's. */
static int run_stress(void *data)
{
	struct stress *stress = data;
	struct access_result result;
	struct alpc_msg msg;
	__u32 number;

	while (!alpc_receive(stress->port, &msg, &number, sizeof(number))) {
		if (msg.type == ALPC_PORT_CLOSED)
			break;
		if (msg.type != ALPC_REQUEST)
			continue;
		result = read_range(stress->port, msg.id, 0, &stress->own, sizeof(stress->own));
		if (result.err ? !is_over(result.err) : result.done != sizeof(stress->own))
			stress->bad++;
		if (result.done > sizeof(number) &&
		    (stress->own.number != number ||
		     stress->own.body[result.done - sizeof(number) - 1] != (char)number))
			stress->bad++;
		alpc_reply(stress->port, msg.id, NULL, 0);
	}
	/* For the next thread. */
	alpc_shutdown(stress->port, ALPC_SHUTDOWN_RECEIVE);
	return 0;
}

/* Calls that are answered, cancelled and made again while they are read. */
TEST_F_TIMEOUT(access_race, abuse_40_bytes_are_of_the_call_that_is_named, 300)
{
	enum { CALLS = 300, WORKERS = 3 };
	struct stress *stress = calloc(WORKERS, sizeof(*stress));
	int i;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		struct stamped *p = (void *)new_memory(sizeof(*p));
		struct alpc_range range = range_of(p, sizeof(*p), ALPC_RANGE_READ);
		struct access_call call;
		bool ok = true;
		__u32 n;

		for (n = 1; n <= rounds(CALLS) && ok; n++) {
			int err;

			p->number = n;
			memset(p->body, n, sizeof(p->body));
			call_init(&call, &range, 1);
			call.transfer.send.data = address(&p->number);
			call.transfer.send.len = sizeof(p->number);
			call.transfer.timeout = n % 2 ? ALPC_INFINITE : n * 10000;
			err = alpc_transfer(self->server, &call.transfer);
			ok = !err || (err == -ETIMEDOUT && n % 2 == 0);
		}
		child_exit(ok);
	}
	for (i = 0; i < WORKERS; i++) {
		stress[i].port = self->pair.port;
		ASSERT_EQ(0, worker_start(&stress[i].worker, run_stress, &stress[i]));
	}
	for (i = 0; i < WORKERS; i++) {
		worker_join(&stress[i].worker);
		EXPECT_EQ(0, stress[i].bad);
	}
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_EQ(0, alpc_shutdown(self->pair.port, 0));
	free(stress);
}

/* --- the end of the process ----------------------------------------------- */

struct killer {
	struct worker worker;
	pid_t pid;
	int delay;	/* microseconds */
};

static int run_killer(void *arg)
{
	struct killer *killer = arg;

	usleep(killer->delay);
	return kill(killer->pid, SIGKILL);
}

TEST_F(access_race, abuse_40_client_is_killed_meanwhile)
{
	enum { CLIENTS = 20 };
	int i;

	for (i = 0; i < CLIENTS; i++) {
		struct killer killer = { .delay = i * 200 };

		ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
		if (!self->child.pid)
			child_exit(!call_with_memory(self->server, new_memory(LENGTH), LENGTH,
						     BOTH));
		AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		killer.pid = self->child.pid;
		ASSERT_EQ(0, worker_start(&killer.worker, run_killer, &killer));
		EXPECT_TRUE(is_over(access_until_over(self->server, self->msg.id,
						      i % 2 ? ALPC_ACCESS_WRITE : 0, self->own,
						      LENGTH)));
		EXPECT_EQ(0, worker_join(&killer.worker));
		child_kill(&self->child);
		EXPECT_TRUE(is_over(read_range(self->server, self->msg.id, 0, self->own, 1).err));
		TAKE_CLOSED(self);
		EXPECT_RESULT(-ESRCH, 0, read_range(self->server, self->msg.id, 0, self->own, 1));
		close_fd(&self->server);
	}
}

static int run_program(void *arg)
{
	static char *const argv[] = { "cat", NULL };

	if (!child_wait(arg))
		execvp(argv[0], argv);
	return -errno;
}

/*
 * Another program in the same process is not the one that called: its memory is
 * out of reach, though it has the same pid.
 */
TEST_F(access_race, abuse_40_client_executes_a_program_meanwhile)
{
	int pipes[2];

	/* The program reads from this, and so goes on until the test ends. */
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		struct worker worker;

		dup2(pipes[0], 0);
		close(pipes[0]);
		close(pipes[1]);
		worker_start(&worker, run_program, &self->child);
		call_with_memory(self->server, self->own, LENGTH, BOTH);
		child_exit(false);
	}
	close(pipes[0]);
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	ASSERT_EQ(0, child_signal(&self->child));
	EXPECT_TRUE(is_over(access_until_over(self->server, self->msg.id, ALPC_ACCESS_WRITE,
					      self->own, LENGTH)));
	TAKE_CLOSED(self);
	EXPECT_RESULT(-ESRCH, 0, write_range(self->server, self->msg.id, 0, self->own, 1));
	close(pipes[1]);
	EXPECT_EQ(0, child_end(&self->child));
}

/* A child process that gets just this pid. */
static pid_t fork_with_pid(pid_t pid)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD, .set_tid = address(&pid), .set_tid_size = 1,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

static ssize_t read_memory(pid_t pid, const char *p, char *byte)
{
	struct iovec own = { byte, 1 }, theirs = { (char *)p, 1 };

	return process_vm_readv(pid, &own, 1, &theirs, 1, 0);
}

TEST_F(access_race, abuse_40_pid_is_used_again)
{
	char first = 0, *p = new_memory(LENGTH);
	pid_t pid, again;
	int status;
	__u64 id;

	memset(p, 'm', LENGTH);
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid)
		child_exit(call_with_memory(self->server, p, LENGTH, BOTH));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	id = self->msg.id;
	pid = self->child.pid;
	child_kill(&self->child);
	again = fork_with_pid(pid);
	if (!again) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	ASSERT_EQ(pid, again);
	EXPECT_TRUE(is_over(write_range(self->server, id, 0, self->own, LENGTH).err));
	EXPECT_TRUE(is_over(write_range(self->pair.port, id, 0, self->own, LENGTH).err));
	EXPECT_EQ(sizeof(first), read_memory(pid, p, &first));
	EXPECT_EQ('m', first);
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	TAKE_CLOSED(self);
}

/* --- the end of the memory ------------------------------------------------ */

/* Bytes are what the client had there, or zeroes where it has new pages. */
TEST_F(access_race, abuse_40_memory_is_unmapped_meanwhile)
{
	enum { ROUNDS = 300 };
	struct access_result result;
	bool right = true;
	int i, j, faults = 0;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		static struct transfer_worker worker;
		char *p = new_memory(LENGTH);
		struct alpc_range range = range_of(p, LENGTH, BOTH);
		static struct access_call call;

		call_init(&call, &range, 1);
		worker.transfer = call.transfer;
		if (worker_transfer(&worker, self->server))
			_exit(1);
		while (!worker_done(&worker.worker)) {
			munmap(p, LENGTH);
			if (mmap(p, LENGTH, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != p)
				_exit(1);
			memset(p + LENGTH / 2, 'c', LENGTH / 2);
		}
		child_exit(!worker_join(&worker.worker));
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	for (i = 0; i < ROUNDS && right; i++) {
		result = read_range(self->server, self->msg.id, 0, self->own, LENGTH);
		right = result.err ? result.err == -EFAULT : result.done == LENGTH;
		faults += !!result.err;
		for (j = 0; j < (int)result.done && right; j++)
			right = !self->own[j] || (j >= LENGTH / 2 && self->own[j] == 'c');
	}
	EXPECT_TRUE(right) {
		TH_LOG("round %d: %d, %llu bytes", i, result.err, result.done);
	}
	TH_LOG("%d of %d found a hole", faults, i);
	ASSERT_EQ(0, alpc_reply(self->server, self->msg.id, NULL, 0));
	EXPECT_EQ(0, child_end(&self->child));
	TAKE_CLOSED(self);
}

/* --- signals -------------------------------------------------------------- */

static int interrupt_when_begun(void *arg)
{
	volatile char *own = arg;
	pid_t tid = getpid();

	while (!*own)
		sched_yield();
	return syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
}

/* A signal ends a long access between two pages, and what was done is told. */
TEST_F(access_race, ends_with_a_signal)
{
	enum { LONG = 32 << 20 };
	const struct sigaction action = { .sa_handler = ignore_signal, .sa_flags = SA_RESTART };
	struct alpc_access_part part[ALPC_ACCESS_PARTS_MAX];
	char *own = new_memory(LONG);
	struct access_result result;
	struct worker worker;
	int i;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid) {
		char *p = new_memory(LONG);

		p[0] = 1;
		child_exit(!call_with_memory(self->server, p, LONG, ALPC_RANGE_READ));
	}
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	for (i = 0; i < ALPC_ACCESS_PARTS_MAX; i++)
		part[i] = part_of(0, 0, own, LONG);
	ASSERT_EQ(0, worker_start(&worker, interrupt_when_begun, own));
	result = access_parts(self->server, self->msg.id, 0, part, ALPC_ACCESS_PARTS_MAX);
	EXPECT_EQ(0, worker_join(&worker));
	EXPECT_EQ(-EINTR, result.err);
	EXPECT_LT(0, result.done);
	EXPECT_GT((__u64)ALPC_ACCESS_PARTS_MAX * LONG, result.done);
	ASSERT_EQ(0, alpc_reply(self->server, self->msg.id, NULL, 0));
	EXPECT_EQ(0, child_end(&self->child));
	TAKE_CLOSED(self);
}

TEST_HARNESS_MAIN
