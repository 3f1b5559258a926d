// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: acting as a client, on a thread made of air: it has credentials and
 * changes them by the kernel's rules, and each of its system calls can fail.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"
#include "throw.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#define ROOM	64
#define BIT(n)	(UINT64_C(1) << (n))
#define FS_CAPS	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | \
		 BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER))
#define ALL	(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SYS_ADMIN) | FS_CAPS)

/* What a thread is. */
struct cred {
	unsigned int uid, gid;		/* real, effective and saved */
	unsigned int fsuid, fsgid;
	unsigned int groups[ROOM];
	long group_count;
	uint64_t effective, permitted;
};

static struct cred thread, before;

/* The call that fails, of those that change something; counted from 0. */
static int fails, changes;
static bool in_range;			/* it was reached */

static bool fault(void)
{
	bool hit = changes++ == fails;

	in_range |= hit;
	return hit;
}

static long set_fsid(unsigned int *fsid, unsigned int id, unsigned int own,
		     int cap)
{
	unsigned int old = *fsid;

	if (id == (unsigned int)-1 || fault())
		return old;
	if (!(thread.effective & BIT(cap)) && id != own && id != old)
		return old;
	*fsid = id;
	if (cap != CAP_SETUID)
		return old;
	if (!old && id)
		thread.effective &= ~FS_CAPS;
	if (old && !id)
		thread.effective |= thread.permitted & FS_CAPS;
	return old;
}

static long set_groups(long count, const unsigned int *groups)
{
	if (fault() || !(thread.effective & BIT(CAP_SETGID)))
		return -EPERM;
	memset(thread.groups, 0, sizeof(thread.groups));
	memcpy(thread.groups, groups, (size_t)count * sizeof(*groups));
	thread.group_count = count;
	return 0;
}

static long get_ids(const long *args, unsigned int id)
{
	for (int i = 0; i < 3; i++)
		*(unsigned int *)args[i] = id;
	return 0;
}

static void get_caps(struct __user_cap_data_struct *data)
{
	for (int i = 0; i < 2; i++) {
		data[i].effective = (__u32)(thread.effective >> (i * 32));
		data[i].permitted = (__u32)(thread.permitted >> (i * 32));
		data[i].inheritable = 0;
	}
}

static long set_caps(const struct __user_cap_data_struct *data)
{
	uint64_t effective = data[0].effective | (uint64_t)data[1].effective << 32;
	uint64_t permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;

	if (fault() || effective & ~permitted || permitted & ~thread.permitted)
		return -EPERM;
	thread.effective = effective;
	thread.permitted = permitted;
	return 0;
}

static long thread_kernel(long number, const long *args)
{
	switch (number) {
	case SYS_capget:
		get_caps((void *)args[1]);
		return 0;
	case SYS_capset:
		return set_caps((void *)args[1]);
	case SYS_setfsuid:
		return set_fsid(&thread.fsuid, (unsigned int)args[0], thread.uid,
				CAP_SETUID);
	case SYS_setfsgid:
		return set_fsid(&thread.fsgid, (unsigned int)args[0], thread.gid,
				CAP_SETGID);
	case SYS_getresuid:
		return get_ids(args, thread.uid);
	case SYS_getresgid:
		return get_ids(args, thread.gid);
	case SYS_getgroups:
		if (args[0])
			memcpy((void *)args[1], thread.groups,
			       (size_t)thread.group_count *
			       sizeof(thread.groups[0]));
		return thread.group_count;
	case SYS_setgroups:
		return set_groups(args[0], (void *)args[1]);
	default:
		return -EINVAL;
	}
}

/* Clients by the ids of their requests, and what asking about each says. */
static const struct cred clients[] = {
	[1] = { .fsuid = 1001, .fsgid = 1001, .groups = { 50, 1001 },
		.group_count = 2 },
	[2] = { .fsuid = 1002, .fsgid = 1002, .groups = { 7 }, .group_count = 1,
		.effective = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_NET_ADMIN) },
	[3] = { .fsuid = 0, .fsgid = 0, .group_count = 0, .effective = ALL },
	[4] = { .fsuid = 100, .fsgid = 100, .groups = { 100 }, .group_count = 1 },
};

static int answers[32];			/* to the first asking, the second, ... */
static unsigned int asks;
static uint64_t next_id;

static int identity_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_identity *i = arg;
	struct alpc_transfer *t = arg;
	const struct cred *c;

	(void)step;
	(void)fd;
	if (request == ALPC_IOC_TRANSFER) {
		t->recv = (struct alpc_msg){ .id = next_id, .type = ALPC_REQUEST };
		return 0;
	}
	if (request != ALPC_IOC_GET_IDENTITY || !i->groups != !i->group_count ||
	    i->flags != ALPC_IDENTITY_IMPERSONATE)
		return -EINVAL;
	if (answers[asks++])
		return answers[asks - 1];
	c = &clients[i->id];
	i->out_fsuid = c->fsuid;
	i->out_fsgid = c->fsgid;
	i->out_caps = c->effective;
	if (c->group_count)
		memcpy((void *)(uintptr_t)i->groups, c->groups,
		       (size_t)c->group_count * sizeof(c->groups[0]));
	i->group_count = (__u32)c->group_count;
	return 0;
}

FIXTURE(act) {
	struct alpc_port *port;
	struct alpc_message *m[5];
	int result;
};

static unsigned int runs;		/* of the function */
static struct cred seen;		/* what the thread was in it */

static bool same(const struct cred *a, const struct cred *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Ids and groups of that client. */
static bool is_client(const struct cred *c, int id)
{
	return c->fsuid == clients[id].fsuid && c->fsgid == clients[id].fsgid &&
	       c->group_count == clients[id].group_count &&
	       !memcmp(c->groups, clients[id].groups, sizeof(c->groups));
}

FIXTURE_SETUP(act)
{
	kernel_port = (struct alpc_port_info){
		.out_kind = ALPC_KIND_CLIENT, .out_max_message = 256,
	};
	kernel_set(identity_kernel);
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &self->port));
	for (next_id = 1; next_id < 5; next_id++) {
		ASSERT_EQ(0, alpc_message_new(0, &self->m[next_id]));
		ASSERT_EQ(0, alpc_receive(self->port, self->m[next_id], 0));
	}
	thread = (struct cred){
		.groups = { 1, 2, 3 }, .group_count = 3,
		.effective = ALL, .permitted = ALL,
	};
	before = thread;
	memset(answers, 0, sizeof(answers));
	asks = 0;
	runs = 0;
	fails = -1;
	self->result = 42;
	kernel_syscalls(thread_kernel);
	errno = 99;
}

FIXTURE_TEARDOWN(act)
{
	EXPECT_EQ(99, errno);
	EXPECT_TRUE(same(&before, &thread));
	kernel_syscalls(NULL);
	for (int i = 1; i < 5; i++)
		alpc_message_free(self->m[i]);
	alpc_port_close(self->port);
}

static int look(void *arg)
{
	runs++;
	seen = thread;
	return *(int *)arg;
}

static int act(struct alpc_message *m, int *result)
{
	int value = 7;

	return alpc_impersonate(m, look, &value, result);
}

TEST_F(act, runs_as_the_client)
{
	for (int id = 1; id < 5; id++) {
		ASSERT_EQ(0, act(self->m[id], &self->result));
		EXPECT_EQ(7, self->result);
		EXPECT_TRUE(is_client(&seen, id));
		/* Of its own capabilities, those that the client has. */
		EXPECT_EQ(clients[id].effective & before.effective,
			  seen.effective);
		EXPECT_EQ(before.permitted, seen.permitted);
		EXPECT_TRUE(same(&before, &thread));
	}
}

/* Also of a thread that had dropped what the kernel gives back with fsuid 0. */
TEST_F(act, gives_back_exactly_what_was)
{
	thread.effective = BIT(CAP_SYS_ADMIN);
	before = thread;
	for (int id = 1; id < 5; id++) {
		ASSERT_EQ(0, act(self->m[id], &self->result));
		EXPECT_TRUE(is_client(&seen, id));
		EXPECT_EQ(clients[id].effective & before.effective,
			  seen.effective);
		EXPECT_TRUE(same(&before, &thread));
	}
	thread.fsuid = 5;
	before = thread;
	ASSERT_EQ(0, act(self->m[3], &self->result));
	EXPECT_EQ(BIT(CAP_SYS_ADMIN), seen.effective);
}

TEST_F(act, without_the_right)
{
	thread.effective = FS_CAPS;
	thread.permitted = FS_CAPS;
	before = thread;
	EXPECT_EQ(-EPERM, act(self->m[1], &self->result));
	thread.effective = BIT(CAP_SETUID);
	thread.permitted = BIT(CAP_SETUID);
	before = thread;
	EXPECT_EQ(-EPERM, act(self->m[1], &self->result));
	thread.effective = BIT(CAP_SETGID);
	thread.permitted = BIT(CAP_SETGID);
	before = thread;
	EXPECT_EQ(-EPERM, act(self->m[1], &self->result));
	EXPECT_EQ(0, runs);
	EXPECT_EQ(42, self->result);
}

/* It takes no right to act as oneself. */
TEST_F(act, as_a_client_of_the_same_user)
{
	thread = (struct cred){ .uid = 100, .gid = 100, .fsuid = 100,
				.fsgid = 100, .groups = { 100 },
				.group_count = 1 };
	before = thread;
	ASSERT_EQ(0, act(self->m[4], &self->result));
	EXPECT_EQ(1, runs);
	/* To where it could not come back from it does not go. */
	thread.fsuid = 5;
	before = thread;
	EXPECT_EQ(-EPERM, act(self->m[4], &self->result));
	EXPECT_EQ(1, runs);
}

TEST_F(act, own_ids_without_counterpart)
{
	thread.groups[2] = 65534;
	before = thread;
	EXPECT_EQ(-EOVERFLOW, act(self->m[1], &self->result));
	thread.groups[2] = 3;
	before = thread;
	thread.fsuid = 65534;
	before = thread;
	EXPECT_EQ(-EOVERFLOW, act(self->m[1], &self->result));
	thread.fsuid = 0;
	before = thread;
	thread.fsgid = 65534;
	before = thread;
	EXPECT_EQ(-EOVERFLOW, act(self->m[1], &self->result));
	EXPECT_EQ(0, runs);
}

TEST_F(act, not_allowed)
{
	answers[0] = -EACCES;
	EXPECT_EQ(-EACCES, act(self->m[1], &self->result));
	EXPECT_EQ(0, changes);
	/* Not any more, when it already has the client's ids. */
	asks = 0;
	answers[0] = 0;
	answers[1] = -ECANCELED;
	EXPECT_EQ(-ECANCELED, act(self->m[1], &self->result));
	EXPECT_NE(0, changes);
	EXPECT_EQ(0, runs);
	EXPECT_EQ(42, self->result);
}

TEST_F(act, not_a_request)
{
	struct alpc_message *m;

	ASSERT_EQ(0, alpc_message_new(0, &m));
	EXPECT_EQ(-ESRCH, act(m, &self->result));
	EXPECT_EQ(0, asks);
	alpc_message_free(m);
}

/* -- Whatever fails ------------------------------------------------------------ */

static sigjmp_buf aborted;

static void on_abort(int sig)
{
	(void)sig;
	siglongjmp(aborted, 1);
}

/*
 * Each system call that changes something fails in turn. Either nothing has changed
 * in the end and the function did not run; or the thread could not become itself
 * again, and the process was to end.
 */
TEST_F(act, abuse_45_every_call_fails)
{
	const struct sigaction action = { .sa_handler = on_abort };
	volatile unsigned int refused = 0, aborts = 0;

	/* So that every call makes a difference. */
	thread.effective = BIT(CAP_SYS_ADMIN);
	before = thread;
	sigaction(SIGABRT, &action, NULL);
	for (fails = 0, in_range = true; in_range; fails++) {
		thread = before;
		asks = 0;
		runs = 0;
		changes = 0;
		in_range = false;
		if (sigsetjmp(aborted, 1)) {
			aborts++;
			EXPECT_FALSE(same(&before, &thread));
			in_range = true;
			continue;
		}
		if (!act(self->m[1], &self->result)) {
			/* The one that nothing failed in. */
			EXPECT_FALSE(in_range);
			EXPECT_EQ(1, runs);
			continue;
		}
		refused++;
		EXPECT_EQ(0, runs);
		EXPECT_TRUE(same(&before, &thread));
	}
	/* capset, setgroups, setfsgid, setfsuid, capset; and the way back. */
	EXPECT_EQ(5, refused);
	EXPECT_EQ(5, aborts);
	thread = before;
	/* The handler's jump has left it blocked from cancelling. */
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	errno = 99;
}

/* -- Every way out --------------------------------------------------------------- */

struct nested {
	struct alpc_message *outer, *inner;
	struct cred after;
	int result;
};

static int look_deeper(void *arg)
{
	struct nested *n = arg;
	int value = 8;
	int ret = alpc_impersonate(n->inner, look, &value, &n->result);

	n->after = thread;
	return ret;
}

TEST_F(act, abuse_45_nested)
{
	struct nested n = { .inner = self->m[2] };

	ASSERT_EQ(0, alpc_impersonate(self->m[1], look_deeper, &n,
				      &self->result));
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(8, n.result);
	EXPECT_TRUE(is_client(&seen, 2));
	/* What both have. */
	EXPECT_EQ(0, seen.effective);
	EXPECT_TRUE(is_client(&n.after, 1));
	EXPECT_EQ(0, n.after.effective);
	n.inner = self->m[1];
	ASSERT_EQ(0, alpc_impersonate(self->m[2], look_deeper, &n,
				      &self->result));
	EXPECT_TRUE(is_client(&seen, 1));
	EXPECT_TRUE(is_client(&n.after, 2));
	EXPECT_EQ(BIT(CAP_DAC_OVERRIDE), n.after.effective);
}

static jmp_buf out;

static int jump(void *arg)
{
	int result;

	if (arg && alpc_impersonate(arg, jump, NULL, &result))
		return 1;
	runs++;
	longjmp(out, 1);
}

static int cancel_state(void)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	return state;
}

/* Also out of two at once. */
TEST_F(act, left_by_longjmp)
{
	for (volatile int i = 0; i < 2; i++) {
		if (!setjmp(out)) {
			(void)!alpc_impersonate(self->m[1], jump,
						i ? self->m[2] : NULL,
						&self->result);
			ASSERT_TRUE(false);
		}
		EXPECT_TRUE(same(&before, &thread));
		EXPECT_EQ(PTHREAD_CANCEL_ENABLE, cancel_state());
	}
	EXPECT_EQ(2, runs);
	EXPECT_EQ(42, self->result);
	/* And nothing is left behind that a later jump would run. */
	thread.fsuid = 9;
	if (!setjmp(out))
		longjmp(out, 1);
	EXPECT_EQ(9, thread.fsuid);
	thread = before;
}

static void act_and_throw(void *m)
{
	int result;

	runs += !alpc_impersonate(m, throw_exception, NULL, &result);
}

TEST_F(act, left_by_an_exception)
{
	EXPECT_TRUE(catch_exception(act_and_throw, self->m[1]));
	EXPECT_EQ(0, runs);
	EXPECT_TRUE(same(&before, &thread));
	EXPECT_EQ(PTHREAD_CANCEL_ENABLE, cancel_state());
	/* And nothing is left behind that a later jump would run. */
	thread.fsuid = 9;
	if (!setjmp(out))
		longjmp(out, 1);
	EXPECT_EQ(9, thread.fsuid);
	thread = before;
}

static int end_thread(void *arg)
{
	(void)arg;
	runs++;
	pthread_exit(NULL);
}

static int be_cancelled(void *arg)
{
	(void)arg;
	pthread_cancel(pthread_self());
	pthread_testcancel();
	runs++;
	return 0;
}

struct body {
	struct alpc_message *m;
	alpc_impersonate_fn *fn;
	struct cred after;
};

static void note(void *arg)
{
	((struct body *)arg)->after = thread;
}

static void *act_in_thread(void *arg)
{
	struct body *b = arg;
	int result;

	pthread_cleanup_push(note, b);
	if (!alpc_impersonate(b->m, b->fn, NULL, &result))
		pthread_testcancel();
	pthread_cleanup_pop(0);
	return b;
}

TEST_F(act, left_by_the_end_of_the_thread)
{
	static alpc_impersonate_fn *const fn[] = { end_thread, be_cancelled };
	struct body b = { .m = self->m[1] };
	pthread_t id;
	void *result;

	for (unsigned int i = 0; i < 2; i++) {
		b.fn = fn[i];
		asks = 0;
		memset(&b.after, 0, sizeof(b.after));
		ASSERT_EQ(0, pthread_create(&id, NULL, act_in_thread, &b));
		pthread_join(id, &result);
		EXPECT_EQ(i ? PTHREAD_CANCELED : NULL, result);
		EXPECT_EQ(i + 1, runs);
		/* Before its own handlers ran. */
		EXPECT_TRUE(same(&before, &b.after));
		EXPECT_TRUE(same(&before, &thread));
	}
}

TEST_HARNESS_MAIN
