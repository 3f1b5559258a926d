// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every failure point of the driver fails once: programs that are linked with this make
 * their system calls on its files again and again, with the first allocation failing, or
 * copy, then the second, and so on, until a call goes through without one.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * A call that failed has to have left nothing behind, as the test goes on with what the
 * last one gave. So nothing of the test is changed. Where it is documented that a call has
 * done a part before it failed, only the rest is done again: see faults_command.c.
 *
 * What fails, tests/check/guest has chosen: memory, or copies to and from user space; and
 * only where the driver is among the callers. ALPC_FAULTS has its name and that of a file,
 * in which the processes of a suite count.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults.h"

/* Descriptors from here on are ours, so that a test gets those that it expects. */
#define FIRST_FD	900

/* Behind this many points of one call, not each of them fails. */
#define ALL_POINTS	64

/* As many shapes of calls are told apart. */
#define BEGINS		1024

/* What is counted beside commands, by numbers that no command has. */
enum { CLOSE = 0xf0, MMAP };

struct tally {
	unsigned long calls;	/* made with a point that was to fail */
	unsigned long points;	/* that failed */
	unsigned long undone;	/* ... and with them the call */
	unsigned int deepest;	/* in one call */
};

struct counts {
	pid_t first;		/* the process that prints them */
	unsigned long missed;	/* calls that could not be made to fail */
	struct tally of[256];
	/* Where the next call of a shape begins: behind points that it did not mind. */
	unsigned int begin[BEGINS];
};

static struct counts *counts;
static char what[16];	/* fails: "memory" or "copies" */
static pthread_key_t thread_end;
bool fault_copies;

static __thread struct {
	pid_t tid;	/* whose fail-nth @fd is */
	int fd;
	bool inside;	/* a signal's handler may make calls, too */
} self;

static void count(unsigned long *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* --- the calling thread's counter ---------------------------------------------- */

static int open_fail_nth(void)
{
	static const char path[] = "/proc/thread-self/fail-nth";
	int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	int dumpable;

	if (fd >= 0 || errno != EACCES)
		return fd;
	/* Who has become somebody else is root's until it says otherwise. */
	dumpable = prctl(PR_GET_DUMPABLE);
	prctl(PR_SET_DUMPABLE, 1);
	fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	prctl(PR_SET_DUMPABLE, dumpable);
	return fd;
}

static void forget_thread(void *unused)
{
	(void)unused;
	if (self.tid == syscall(SYS_gettid))
		syscall(SYS_close, self.fd);
	self.tid = 0;
}

/* Whether the thread can be made to fail; a child's is not its parent's. */
static bool thread_is_known(void)
{
	pid_t tid = syscall(SYS_gettid);
	int fd;

	if (self.tid == tid)
		return true;
	fd = open_fail_nth();
	if (fd < 0)
		return false;
	if (self.tid && syscall(SYS_dup3, fd, self.fd, O_CLOEXEC) < 0)
		self.tid = 0;
	if (!self.tid)
		self.fd = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, FIRST_FD);
	syscall(SYS_close, fd);
	self.tid = self.fd < 0 ? 0 : tid;
	if (self.tid && tid != getpid())
		pthread_setspecific(thread_end, &self);
	return self.tid;
}

static unsigned int get_nth(void)
{
	char text[16] = "";

	return syscall(SYS_pread64, self.fd, text, sizeof(text) - 1, 0L) > 0 ? atoi(text) : 0;
}

static void set_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (syscall(SYS_pwrite64, self.fd, text, len, 0L) != len)
		abort();
}

/* --- calls ---------------------------------------------------------------------- */

bool fault_peek(void *to, const void *from, size_t len)
{
	struct iovec here = { to, len }, there = { (void *)from, len };

	return syscall(SYS_process_vm_readv, getpid(), &here, 1L, &there, 1L, 0L) == (long)len;
}

bool fault_poke(void *to, const void *from, size_t len)
{
	struct iovec here = { (void *)from, len }, there = { to, len };

	return syscall(SYS_process_vm_writev, getpid(), &here, 1L, &there, 1L, 0L) == (long)len;
}

long fault_none(const struct fault_call *call)
{
	return syscall(call->number, call->arg[0], call->arg[1], call->arg[2], call->arg[3],
		       call->arg[4], call->arg[5]);
}

/* One call, of which the @nth point fails. Whether it came to that is in call->hit. */
long fault_try(struct fault_call *call, unsigned int nth)
{
	struct tally *tally = &counts->of[call->kind];
	int error;
	long ret;

	count(&tally->calls);
	set_nth(nth);
	ret = fault_none(call);
	error = errno;
	call->hit = !get_nth();
	set_nth(0);
	if (call->hit) {
		count(&tally->points);
		if (nth > tally->deepest)
			tally->deepest = nth;
		if (ret < 0)
			count(&tally->undone);
	}
	errno = error;
	return ret;
}

bool fault_is_ours(const struct fault_call *call, long ret)
{
	return call->hit && ret < 0 && errno == (fault_copies ? EFAULT : ENOMEM);
}

static unsigned int next_point(unsigned int nth)
{
	return nth < ALL_POINTS ? nth + 1 : nth + nth / 4;
}

/* Until it goes through: all points, from where the last one of its shape was. */
static long visit(struct fault_call *call)
{
	unsigned int *begin = &counts->begin[(call->shape * 31 + call->kind) % BEGINS];
	unsigned int nth = *begin ?: 1;
	bool go_on = false;
	long ret = 0;

	do {
		if (nth > call->last) {
			call->hit = false;
			ret = fault_none(call);
			break;
		}
		ret = fault_try(call, nth);
		if (call->again)
			go_on = call->hit && call->again(call, &nth, &ret);
		else
			go_on = fault_is_ours(call, ret);
		nth = next_point(nth);
	} while (go_on);
	*begin = call->hit ? nth : 0;
	if (call->finish)
		call->finish(call, ret);
	return ret;
}

/* In a handler that came in the middle of a call. */
static long call_inside(const struct fault_call *call)
{
	unsigned int nth = get_nth();
	int error;
	long ret;

	set_nth(0);
	ret = fault_none(call);
	error = errno;
	set_nth(nth);
	errno = error;
	return ret;
}

static long make(struct fault_call *call)
{
	int error = errno;
	long ret;

	if (!counts)
		return fault_none(call);
	if (self.inside)
		return call_inside(call);
	if (!thread_is_known()) {
		count(&counts->missed);
		errno = error;
		return fault_none(call);
	}
	errno = error;
	/* A test may do so itself. */
	if (get_nth())
		return fault_none(call);
	self.inside = true;
	ret = visit(call);
	self.inside = false;
	return ret;
}

/* --- what programs call ------------------------------------------------------------ */

int ioctl(int fd, unsigned long command, ...)
{
	struct fault_call call = {
		.number = SYS_ioctl, .kind = _IOC_NR(command), .last = -1,
		.arg = { fd, command },
	};
	va_list args;

	va_start(args, command);
	call.arg[2] = (long)va_arg(args, void *);
	va_end(args);
	if (_IOC_TYPE(command) != ALPC_IOC_TYPE)
		return fault_none(&call);
	fault_describe(&call, command);
	return make(&call);
}

/* What it does cannot be done again, but nothing of it may need memory either. */
int close(int fd)
{
	struct fault_call call = {
		.number = SYS_close, .kind = CLOSE, .last = -1, .arg = { fd },
	};

	return make(&call);
}

void *mmap(void *address, size_t len, int prot, int flags, int fd, off_t offset)
{
	struct fault_call call = {
		.number = SYS_mmap, .kind = MMAP, .last = -1,
		.arg = { (long)address, len, prot, flags, fd, offset },
	};

	return (void *)(flags & MAP_ANONYMOUS ? fault_none(&call) : make(&call));
}

/* --- the beginning and the end ------------------------------------------------------- */

__attribute__((constructor))
static void begin(void)
{
	const char *setting = getenv("ALPC_FAULTS"), *file = setting ? strchr(setting, ':') : NULL;
	void *p;
	int fd;

	if (!file)
		return;
	snprintf(what, sizeof(what), "%.*s", (int)(file - setting), setting);
	fd = open(file + 1, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || ftruncate(fd, sizeof(*counts)))
		abort();
	p = (void *)syscall(SYS_mmap, NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED,
			    fd, 0L);
	syscall(SYS_close, fd);
	if (p == MAP_FAILED || pthread_key_create(&thread_end, forget_thread))
		abort();
	fault_copies = !strcmp(what, "copies");
	counts = p;
	if (!counts->first)
		counts->first = getpid();
	thread_is_known();
}

static void print_tally(unsigned int kind, const char *name)
{
	const struct tally *t = &counts->of[kind];

	if (t->calls)
		printf("# faults: %s: %s: %lu points in %lu calls, %lu undone, up to %u in one\n",
		       what, name, t->points, t->calls, t->undone, t->deepest);
}

__attribute__((destructor))
static void end(void)
{
	unsigned int kind;

	if (!counts || counts->first != getpid())
		return;
	for (kind = 0; kind < CLOSE; kind++)
		print_tally(kind, fault_name(kind));
	print_tally(CLOSE, "close");
	print_tally(MMAP, "mmap");
	if (counts->missed)
		printf("# faults: %s: %lu calls could not be made to fail\n", what, counts->missed);
	fflush(stdout);
}
