// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc over the real module: acting as clients. These are threads of this process,
 * each a user of its own: the raw system calls change one thread's credentials.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "call_numbers.h"
#include "security_client.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

FIXTURE(security) {
	struct alpc_port *port;		/* connection port */
	struct alpc_message *m;
	struct alpc_message *m2;
	char dir[64];
	int result;
};

static void file_new(const char *path, uid_t uid, gid_t gid, mode_t mode)
{
	close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
	if (chown(path, uid, gid) || chmod(path, mode))
		abort();
}

FIXTURE_SETUP(security)
{
	const struct alpc_port_options options = {
		.size = sizeof(options), .mode = 0666,
		.flags = ALPC_PORT_NOTE_IDENTITY,
	};
	const gid_t groups[] = { 20, 30 };

	ASSERT_EQ(0, geteuid());
	ASSERT_EQ(0, syscall(SYS_setgroups, 2, groups));
	snprintf(self->dir, sizeof(self->dir), "/tmp/libalpc.security.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	ASSERT_EQ(0, chmod(self->dir, 0777));
	ASSERT_EQ(0, chdir(self->dir));
	umask(0);
	file_new("alice", ALICE, ALICE, 0400);
	file_new("bob", BOB, BOB, 0400);
	file_new("staff", 0, STAFF, 0040);
	file_new("root", 0, 0, 0);
	ASSERT_EQ(0, alpc_port_create(client_port_name(), &options, &self->port));
	ASSERT_EQ(0, alpc_message_new(0, &self->m));
	ASSERT_EQ(0, alpc_message_new(0, &self->m2));
	self->result = 42;
}

/* The server's thread is what it was. */
static bool is_server(void)
{
	gid_t groups[3];
	struct __user_cap_data_struct caps[2];

	client_get_caps(caps);
	return syscall(SYS_setfsuid, -1) == 0 && syscall(SYS_setfsgid, -1) == 0 &&
	       syscall(SYS_getgroups, 3, groups) == 2 && groups[0] == 20 &&
	       groups[1] == 30 && caps[0].effective == caps[0].permitted &&
	       caps[0].effective & CAP_TO_MASK(CAP_SETUID);
}

FIXTURE_TEARDOWN(security)
{
	alpc_message_free(self->m);
	alpc_message_free(self->m2);
	alpc_port_close(self->port);
	unlink("alice");
	unlink("bob");
	unlink("staff");
	unlink("root");
	EXPECT_EQ(0, rmdir(self->dir));
}

/* What a function that runs as a client sees. */
struct view {
	int alice, bob, staff, root;	/* 0 or errno of opening these */
	uid_t owner;			/* of a file that it makes */
	gid_t group;
	uint32_t caps;
	unsigned int runs;
};

static int try_open(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int look(void *arg)
{
	struct __user_cap_data_struct caps[2];
	struct view *v = arg;
	struct stat st = { 0 };
	char path[32];

	/* Two threads may act as clients at once. */
	snprintf(path, sizeof(path), "new.%d", gettid());
	v->alice = try_open("alice");
	v->bob = try_open("bob");
	v->staff = try_open("staff");
	v->root = try_open("root");
	close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
	if (stat(path, &st))
		return -errno;
	unlink(path);
	v->owner = st.st_uid;
	v->group = st.st_gid;
	client_get_caps(caps);
	v->caps = caps[0].effective;
	v->runs++;
	return 5;
}

#define IMPERSONATE(message, view) \
	alpc_impersonate(message, look, view, &self->result)

/* -- Acting as a client ---------------------------------------------------------- */

TEST_F(security, files_of_the_client)
{
	struct client alice = { AS_ALICE }, bob = { AS_BOB };
	struct view v = { 0 };

	ADMIT(&alice, self->m);
	ASSERT_EQ(0, IMPERSONATE(self->m, &v));
	EXPECT_EQ(5, self->result);
	EXPECT_EQ(0, v.alice);
	EXPECT_EQ(EACCES, v.bob);
	EXPECT_EQ(EACCES, v.staff);
	EXPECT_EQ(EACCES, v.root);
	EXPECT_EQ(ALICE, v.owner);
	EXPECT_EQ(ALICE, v.group);
	EXPECT_EQ(0, v.caps);
	EXPECT_TRUE(is_server());
	EXPECT_EQ(0, try_open("root"));
	DISMISS(&alice, self->m);
	ADMIT(&bob, self->m);
	ASSERT_EQ(0, IMPERSONATE(self->m, &v));
	EXPECT_EQ(EACCES, v.alice);
	EXPECT_EQ(0, v.bob);
	EXPECT_EQ(0, v.staff);
	EXPECT_EQ(BOB, v.owner);
	EXPECT_TRUE(is_server());
	DISMISS(&bob, self->m);
}

/* Of the server's capabilities, those that the client has. */
TEST_F(security, capabilities_of_the_client)
{
	struct client root = { ACTING }, reader = {
		.uid = ALICE, ACTING, .caps = CAP_TO_MASK(CAP_DAC_READ_SEARCH),
	};
	struct view v = { 0 };

	ADMIT(&root, self->m);
	ASSERT_EQ(0, IMPERSONATE(self->m, &v));
	EXPECT_EQ(0, v.root);
	EXPECT_EQ(0, v.owner);
	EXPECT_TRUE(v.caps & CAP_TO_MASK(CAP_SYS_ADMIN));
	DISMISS(&root, self->m);
	ADMIT(&reader, self->m);
	ASSERT_EQ(0, IMPERSONATE(self->m, &v));
	EXPECT_EQ(0, v.root);
	EXPECT_EQ(ALICE, v.owner);
	EXPECT_EQ(CAP_TO_MASK(CAP_DAC_READ_SEARCH), v.caps);
	EXPECT_TRUE(is_server());
	DISMISS(&reader, self->m);
	/* It gives none that the server has not. */
	ADMIT(&reader, self->m);
	client_drop_caps(CAP_TO_MASK(CAP_SETUID) | CAP_TO_MASK(CAP_SETGID));
	ASSERT_EQ(0, IMPERSONATE(self->m, &v));
	EXPECT_EQ(EACCES, v.root);
	EXPECT_EQ(0, v.caps);
	DISMISS(&reader, self->m);
}

TEST_F(security, server_without_the_right)
{
	struct client alice = { AS_ALICE }, same = {
		ACTING, .groups = { 20, 30 }, .group_count = 2,
	};
	struct view v = { 0 };

	ADMIT(&alice, self->m);
	ADMIT(&same, self->m2);
	client_drop_caps(CAP_TO_MASK(CAP_SETGID));
	EXPECT_EQ(-EPERM, IMPERSONATE(self->m, &v));
	client_drop_caps(0);
	EXPECT_EQ(-EPERM, IMPERSONATE(self->m, &v));
	EXPECT_EQ(0, v.runs);
	EXPECT_EQ(42, self->result);
	/* To act as its own user it needs none. */
	EXPECT_EQ(0, IMPERSONATE(self->m2, &v));
	EXPECT_EQ(1, v.runs);
	DISMISS(&alice, self->m);
	DISMISS(&same, self->m2);
}

struct inner {
	struct alpc_message *m;
	struct view in, after;
	int result;
};

static int look_deeper(void *arg)
{
	struct inner *i = arg;
	int ret = alpc_impersonate(i->m, look, &i->in, &i->result);

	look(&i->after);
	return ret;
}

TEST_F(security, nested)
{
	struct client alice = { AS_ALICE }, bob = { AS_BOB };
	struct inner i = { .m = self->m2 };

	ADMIT(&alice, self->m);
	ADMIT(&bob, self->m2);
	ASSERT_EQ(0, alpc_impersonate(self->m, look_deeper, &i, &self->result));
	EXPECT_EQ(0, self->result);
	EXPECT_EQ(5, i.result);
	EXPECT_EQ(BOB, i.in.owner);
	EXPECT_EQ(0, i.in.staff);
	EXPECT_EQ(EACCES, i.in.alice);
	EXPECT_EQ(ALICE, i.after.owner);
	EXPECT_EQ(0, i.after.alice);
	EXPECT_EQ(EACCES, i.after.staff);
	EXPECT_TRUE(is_server());
	DISMISS(&alice, self->m);
	DISMISS(&bob, self->m2);
}

static jmp_buf out;

static int jump(void *unused)
{
	(void)unused;
	longjmp(out, 1);
}

TEST_F(security, left_by_longjmp)
{
	struct client alice = { AS_ALICE };

	ADMIT(&alice, self->m);
	if (!setjmp(out))
		EXPECT_EQ(0, alpc_impersonate(self->m, jump, NULL, &self->result));
	EXPECT_TRUE(is_server());
	DISMISS(&alice, self->m);
}

struct double_act {
	struct alpc_message *m;
	uid_t uid;
	pthread_barrier_t *meet;
	int wrong;
};

/* While another thread is somebody else. */
static int look_beside(void *arg)
{
	struct double_act *d = arg;

	pthread_barrier_wait(d->meet);
	if ((uid_t)syscall(SYS_setfsuid, -1) != d->uid ||
	    try_open("alice") != (d->uid == ALICE ? 0 : EACCES) ||
	    try_open("bob") != (d->uid == BOB ? 0 : EACCES))
		d->wrong++;
	pthread_barrier_wait(d->meet);
	return 0;
}

static void *act_beside(void *arg)
{
	struct double_act *d = arg;
	int result;

	for (int i = 0; i < 20; i++)
		if (alpc_impersonate(d->m, look_beside, d, &result))
			abort();
	return NULL;
}

TEST_F(security, two_threads_with_two_clients)
{
	struct client alice = { AS_ALICE }, bob = { AS_BOB };
	pthread_barrier_t meet;
	struct double_act a = { self->m, ALICE, &meet, 0 };
	struct double_act b = { self->m2, BOB, &meet, 0 };
	pthread_t thread;

	ADMIT(&alice, self->m);
	ADMIT(&bob, self->m2);
	pthread_barrier_init(&meet, NULL, 2);
	ASSERT_EQ(0, pthread_create(&thread, NULL, act_beside, &b));
	act_beside(&a);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, a.wrong + b.wrong);
	EXPECT_TRUE(is_server());
	DISMISS(&alice, self->m);
	DISMISS(&bob, self->m2);
}

TEST_F(security, levels)
{
	static const enum alpc_level levels[] = {
		ALPC_LEVEL_DEFAULT, ALPC_LEVEL_ANONYMOUS,
		ALPC_LEVEL_IDENTIFICATION,
	};
	struct view v = { 0 };

	for (int i = 0; i < 3; i++) {
		struct client alice = { .uid = ALICE, .level = levels[i] };

		ADMIT(&alice, self->m);
		EXPECT_EQ(-EACCES, IMPERSONATE(self->m, &v));
		DISMISS(&alice, self->m);
	}
	EXPECT_EQ(0, v.runs);
}

TEST_F(security, revoked)
{
	struct client alice = { .uid = ALICE, .context = true };
	struct view v = { 0 };

	ADMIT(&alice, self->m);
	ASSERT_EQ(0, IMPERSONATE(self->m, &v));
	EXPECT_EQ(ALICE, v.owner);
	ASSERT_EQ(0, alpc_security_revoke(alice.port, alice.security));
	EXPECT_EQ(-EKEYREVOKED, IMPERSONATE(self->m, &v));
	EXPECT_EQ(1, v.runs);
	DISMISS(&alice, self->m);
}

/* Taken back while it is used for the first time. */
static int take_back(void *arg)
{
	struct client *c = arg;

	return alpc_security_revoke(c->port, c->security);
}

TEST_F(security, revoked_meanwhile)
{
	struct client alice = { .uid = ALICE, .context = true };

	ADMIT(&alice, self->m);
	ASSERT_EQ(0, alpc_impersonate(self->m, take_back, &alice, &self->result));
	EXPECT_EQ(0, self->result);
	EXPECT_TRUE(is_server());
	EXPECT_EQ(-EKEYREVOKED, alpc_impersonate(self->m, take_back, &alice,
						 &self->result));
	DISMISS(&alice, self->m);
}

TEST_F(security, only_while_the_client_waits)
{
	struct client alice = { AS_ALICE, .timeout = ALPC_SEC(1) };
	struct client bob = { AS_BOB };
	struct view v = { 0 };

	ADMIT(&alice, self->m);
	client_wait(&alice);
	EXPECT_EQ(-ETIMEDOUT, alice.result);
	EXPECT_EQ(-ECANCELED, IMPERSONATE(self->m, &v));
	client_close(&alice);
	ADMIT(&bob, self->m);
	ASSERT_EQ(0, alpc_reply(self->port, alpc_message_id(self->m), "", 0));
	EXPECT_EQ(-ESRCH, IMPERSONATE(self->m, &v));
	client_wait(&bob);
	client_close(&bob);
	EXPECT_EQ(0, v.runs);
}

static int handle(struct alpc_client *client, const struct alpc_message *request,
		  struct alpc_message *reply)
{
	struct view v = { 0 };
	int result, ret;

	(void)client;
	ret = alpc_impersonate(request, look, &v, &result);
	return ret ?: alpc_message_set(reply, &v, sizeof(v));
}

static void *run(void *server)
{
	return (void *)(long)alpc_server_run(server, 2);
}

TEST_F(security, in_a_server_loop)
{
	const struct alpc_server_ops ops = { .size = sizeof(ops),
					     .request = handle };
	struct client alice = { AS_ALICE }, bob = { AS_BOB };
	struct alpc_server *server;
	pthread_t thread;
	struct view v;

	ASSERT_EQ(0, alpc_server_new(self->port, &ops, NULL, &server));
	ASSERT_EQ(0, pthread_create(&thread, NULL, run, server));
	client_start(&alice);
	client_start(&bob);
	client_wait(&alice);
	client_wait(&bob);
	ASSERT_EQ(0, alice.result);
	ASSERT_EQ(0, bob.result);
	ASSERT_EQ(sizeof(v), alpc_message_len(alice.reply));
	memcpy(&v, alpc_message_data(alice.reply), sizeof(v));
	EXPECT_EQ(ALICE, v.owner);
	memcpy(&v, alpc_message_data(bob.reply), sizeof(v));
	EXPECT_EQ(0, v.staff);
	client_close(&alice);
	client_close(&bob);
	alpc_server_stop(server);
	pthread_join(thread, NULL);
	alpc_server_free(server);
	self->port = NULL;
}

/* -- Elsewhere ----------------------------------------------------------------------------- */

/* Takes in one client up to its request. The port is all that it has. */
static struct alpc_port *take_in(struct alpc_port *port, struct alpc_message *m)
{
	struct alpc_port *served;

	if (alpc_receive(port, m, ALPC_INFINITE) ||
	    alpc_port_accept(port, alpc_message_id(m), 1, NULL, 0, &served) ||
	    alpc_receive(port, m, ALPC_INFINITE) ||
	    alpc_message_type(m) != ALPC_REQUEST)
		return NULL;
	return served;
}

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static int fsuid(void *arg)
{
	*(unsigned int *)arg += 1;
	return (int)syscall(SYS_setfsuid, -1);
}

/* A server in a container, with a client from outside. Return: a step, or 0. */
static int serve_in_container(struct alpc_port *port, struct alpc_message *m)
{
	struct alpc_credentials *c;
	struct alpc_port *other;
	unsigned int runs = 0;
	int result;

	if (syscall(SYS_setgroups, 0, NULL) ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID) ||
	    write_to("/proc/self/setgroups", "deny") ||
	    write_to("/proc/self/uid_map", "0 0 1") ||
	    write_to("/proc/self/gid_map", "0 0 1"))
		return 1;
	if (alpc_port_connect(client_port_name(), NULL, FOR_EVER, &other) != -ENOENT)
		return 2;
	if (!take_in(port, m))
		return 3;
	if (alpc_message_get_credentials(m, ALPC_IDENTITY_ALL, &c))
		return 4;
	if (c->uid != 65534 || c->gid != 65534 || c->caps || c->group_count != 1 ||
	    c->groups[0] != 65534)
		return 5;
	alpc_credentials_free(c);
	if (alpc_impersonate(m, fsuid, &runs, &result) != -EOVERFLOW || runs)
		return 6;
	return alpc_reply(port, alpc_message_id(m), "", 0) ? 7 : 0;
}

/* Bob's call is served by another process: what it says of that, and of the call. */
static int served_by(int (*serve)(struct alpc_port *port, struct alpc_message *m),
		     struct alpc_port *port, struct alpc_message *m)
{
	struct client bob = { AS_BOB };
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(serve(port, m));
	client_start(&bob);
	client_wait(&bob);
	client_close(&bob);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -ECHILD;
	return status ? status : bob.result;
}

TEST_F(security, client_without_counterpart)
{
	EXPECT_EQ(0, served_by(serve_in_container, self->port, self->m));
}

/* ioctl(2), the end, memory, and what acting as somebody takes. */
static const int allowed[] = {
	SYS_ioctl, SYS_exit_group, SYS_brk, SYS_mmap, SYS_munmap, SYS_capget,
	SYS_capset, SYS_getgroups, SYS_setgroups, SYS_setfsuid, SYS_setfsgid,
	SYS_getresuid, SYS_getresgid, 0,
};

static int enter_sandbox(void)
{
	struct sock_filter filter[64];
	struct sock_fprog program = { .filter = filter };
	unsigned short n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				offsetof(struct seccomp_data, nr));
	for (const int *call = allowed; *call; call++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ |
							   BPF_K, *call, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							   SECCOMP_RET_ALLOW);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						   SECCOMP_RET_KILL_PROCESS);
	program.len = n;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int serve_in_sandbox(struct alpc_port *port, struct alpc_message *m)
{
	struct alpc_credentials *c;
	unsigned int runs = 0;
	int result;

	if (enter_sandbox())
		return 1;
	if (!take_in(port, m))
		return 2;
	if (alpc_message_get_credentials(m, ALPC_IDENTITY_ALL, &c) ||
	    c->uid != BOB || c->group_count != 1)
		return 3;
	alpc_credentials_free(c);
	if (alpc_impersonate(m, fsuid, &runs, &result) || result != BOB || runs != 1)
		return 4;
	return alpc_reply(port, alpc_message_id(m), "", 0) ? 5 : 0;
}

TEST_F(security, server_in_a_sandbox)
{
	EXPECT_EQ(0, served_by(serve_in_sandbox, self->port, self->m));
}

TEST_HARNESS_MAIN
