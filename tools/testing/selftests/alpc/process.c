// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes, threads, identities and namespaces to make calls from.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alpc_test.h"

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int open_fds(void)
{
	DIR *dir;
	int count = 0;

	/* This one stays open once it is used. */
	alpc_device();
	dir = opendir("/proc/self/fd");
	if (!dir)
		return -errno;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 3;	/* ".", ".." and the directory itself */
}

int forbid_descriptors(void)
{
	struct rlimit limit;
	int old, next = dup(0);

	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	old = limit.rlim_cur;
	limit.rlim_cur = next;
	setrlimit(RLIMIT_NOFILE, &limit);
	return old;
}

void allow_descriptors(int limit)
{
	struct rlimit old;

	getrlimit(RLIMIT_NOFILE, &old);
	old.rlim_cur = limit;
	setrlimit(RLIMIT_NOFILE, &old);
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t got = 0;

	if (fd < 0)
		return -errno;
	while (done < size - 1 && (got = read(fd, buf + done, size - 1 - done)) > 0)
		done += got;
	close(fd);
	buf[done] = '\0';
	return got < 0 ? -errno : (int)done;
}

long kernel_memory(void)
{
	static const char *const kinds[] = {
		"Slab:", "VmallocUsed:", "Percpu:", "KernelStack:", NULL
	};
	const char *const *kind;
	char text[8192], *at;
	long sum = 0;

	if (read_file("/proc/meminfo", text, sizeof(text)) < 0)
		return -1;
	for (kind = kinds; *kind; kind++) {
		at = strstr(text, *kind);
		if (!at)
			return -1;
		sum += strtol(at + strlen(*kind), NULL, 10);
	}
	return sum;
}

bool kernel_finds_leaks(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

/* --- child processes ------------------------------------------------------ */

int child_start(struct child *child)
{
	int channel[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel))
		return -errno;
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0) {
		close(channel[0]);
		close(channel[1]);
		return -errno;
	}
	child->channel = channel[!child->pid];
	close(channel[!!child->pid]);
	if (!child->pid) {
		/* A test that fails leaves no process behind. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return child->pid;
}

int child_put(struct child *child, const void *data, size_t len)
{
	if (send(child->channel, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		return -EPIPE;
	return 0;
}

int child_get(struct child *child, void *data, size_t len)
{
	ssize_t got;

	do {
		got = recv(child->channel, data, len, 0);
	} while (got < 0 && errno == EINTR);
	return got == (ssize_t)len ? 0 : -EPIPE;
}

int child_signal(struct child *child)
{
	return child_put(child, "!", 1);
}

int child_wait(struct child *child)
{
	char byte;

	return child_get(child, &byte, 1);
}

union fd_message {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

int put_fd(int channel, int fd, const void *data, size_t len)
{
	union fd_message control = {};
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	return sendmsg(channel, &msg, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -errno;
}

int get_fd(int channel, void *data, size_t len)
{
	union fd_message control = {};
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head;
	int fd;

	if (recvmsg(channel, &msg, MSG_CMSG_CLOEXEC) != (ssize_t)len)
		return -EPIPE;
	head = CMSG_FIRSTHDR(&msg);
	if (!head || head->cmsg_type != SCM_RIGHTS)
		return -EBADF;
	memcpy(&fd, CMSG_DATA(head), sizeof(int));
	return fd;
}

int child_put_fd(struct child *child, int fd)
{
	return put_fd(child->channel, fd, "", 1);
}

int child_get_fd(struct child *child)
{
	char byte;

	return get_fd(child->channel, &byte, 1);
}

void child_exit(bool ok)
{
	fflush(NULL);
	_exit(ok ? 0 : 1);
}

static int child_status(struct child *child)
{
	int status;
	pid_t pid;

	close_fd(&child->channel);
	do {
		pid = waitpid(child->pid, &status, 0);
	} while (pid < 0 && errno == EINTR);
	return pid == child->pid ? status : -1;
}

int child_end(struct child *child)
{
	return child_status(child) ? -ECHILD : 0;
}

void child_kill(struct child *child)
{
	kill(child->pid, SIGKILL);
	child_status(child);
}

/* --- threads -------------------------------------------------------------- */

static void *worker_main(void *data)
{
	struct worker *worker = data;

	__atomic_store_n(&worker->tid, gettid(), __ATOMIC_RELEASE);
	worker->result = worker->fn(worker->arg);
	__atomic_store_n(&worker->done, true, __ATOMIC_RELEASE);
	return NULL;
}

int worker_start(struct worker *worker, int (*fn)(void *arg), void *arg)
{
	int err;

	*worker = (struct worker){ .fn = fn, .arg = arg };
	err = pthread_create(&worker->thread, NULL, worker_main, worker);
	if (err)
		return -err;
	while (!__atomic_load_n(&worker->tid, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

bool worker_done(struct worker *worker)
{
	return __atomic_load_n(&worker->done, __ATOMIC_ACQUIRE);
}

int worker_join(struct worker *worker)
{
	pthread_join(worker->thread, NULL);
	return worker->result;
}

/* Read a file of a thread in /proc; false if the thread is gone. */
static bool read_thread(pid_t pid, pid_t tid, const char *file, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, file);
	return read_file(path, buf, size) > 0;
}

/* What a thread does, and how often it has left its CPU. */
struct activity {
	char state;
	long slept, preempted;
};

static bool read_activity(pid_t pid, pid_t tid, struct activity *activity)
{
	const char *state, *switches;
	char text[4096];

	if (!read_thread(pid, tid, "status", text, sizeof(text)))
		return false;
	state = strstr(text, "\nState:");
	switches = strstr(text, "\nvoluntary_ctxt_switches:");
	return state && switches && sscanf(state, "\nState: %c", &activity->state) == 1 &&
	       sscanf(switches, "\nvoluntary_ctxt_switches: %ld nonvoluntary_ctxt_switches: %ld",
		      &activity->slept, &activity->preempted) == 2;
}

static bool is_same(const struct activity *a, const struct activity *b)
{
	return a->state == b->state && a->slept == b->slept && a->preempted == b->preempted;
}

/*
 * /proc tells the system call of a thread only while it is off its CPU; the
 * state tells an interruptible sleep from waiting for a lock or a page. Both are
 * of the same sleep if the thread has not run in between.
 */
int thread_blocked_in(pid_t pid, pid_t tid, long call_number)
{
	struct activity before, after;
	char call[256];

	for (;;) {
		if (!read_activity(pid, tid, &before) ||
		    !read_thread(pid, tid, "syscall", call, sizeof(call)) ||
		    !read_activity(pid, tid, &after) || strchr("ZX", after.state))
			return -ESRCH;
		if (after.state == 'S' && is_same(&before, &after) && atoi(call) == call_number)
			return 0;
		usleep(500);
	}
}

int thread_blocked(pid_t pid, pid_t tid)
{
	return thread_blocked_in(pid, tid, SYS_ioctl);
}

int worker_blocked(struct worker *worker)
{
	return thread_blocked(getpid(), worker->tid);
}

static void ignore_signal(int signal)
{
	(void)signal;
}

int worker_interrupt(struct worker *worker)
{
	const struct sigaction action = { .sa_handler = ignore_signal };
	int err = worker_blocked(worker);

	/* What has ended by itself says so. */
	if (!err && (sigaction(SIGUSR1, &action, NULL) ||
		     pthread_kill(worker->thread, SIGUSR1)))
		return -EINVAL;
	return worker_join(worker);
}

static int run_transfer(void *arg)
{
	struct transfer_worker *worker = arg;

	return alpc_transfer(worker->fd, &worker->transfer);
}

int worker_transfer(struct transfer_worker *worker, int fd)
{
	worker->fd = fd;
	return worker_start(&worker->worker, run_transfer, worker);
}

static int run_connect(void *arg)
{
	struct connect_worker *worker = arg;

	return alpc_connect_with(&worker->connect);
}

int worker_connect(struct connect_worker *worker)
{
	return worker_start(&worker->worker, run_connect, worker);
}

/* --- identities and namespaces -------------------------------------------- */

int become(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	/* Changing ids forbids others to look at /proc/PID/syscall. */
	prctl(PR_SET_DUMPABLE, 1);
	return 0;
}

int enter_user_namespace(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char text[64];
	int err;

	if (unshare(CLONE_NEWUSER))
		return -errno;
	snprintf(text, sizeof(text), "0 %u 1", uid);
	err = write_file("/proc/self/uid_map", text);
	if (err)
		return err;
	err = write_file("/proc/self/setgroups", "deny");
	if (err)
		return err;
	snprintf(text, sizeof(text), "0 %u 1", gid);
	return write_file("/proc/self/gid_map", text);
}

/* --- the freezer ---------------------------------------------------------- */

#define FREEZER	"/sys/fs/cgroup/alpc-freezer"

int freezer_enter(pid_t pid)
{
	char text[16];

	if (mkdir(FREEZER, 0755) && errno != EEXIST)
		return -errno;
	snprintf(text, sizeof(text), "%d", pid);
	return write_file(FREEZER "/cgroup.procs", text);
}

int freezer_set(bool frozen)
{
	const char *wanted = frozen ? "frozen 1" : "frozen 0";
	char text[256];
	int err = write_file(FREEZER "/cgroup.freeze", frozen ? "1" : "0");

	while (!err) {
		err = read_file(FREEZER "/cgroup.events", text, sizeof(text));
		if (err < 0 || strstr(text, wanted))
			return err < 0 ? err : 0;
		err = 0;
		sched_yield();
	}
	return err;
}

int child_stand(struct child *child, bool frozen)
{
	int status;

	if (frozen)
		return freezer_set(true);
	if (kill(child->pid, SIGSTOP) || waitpid(child->pid, &status, WUNTRACED) != child->pid)
		return -errno;
	return WIFSTOPPED(status) ? 0 : -ECHILD;
}

int child_go_on(struct child *child, bool frozen)
{
	if (frozen)
		return freezer_set(false);
	return kill(child->pid, SIGCONT) ? -errno : 0;
}

void cgroup_remove(const char *path)
{
	while (rmdir(path) && errno == EBUSY)
		sched_yield();
}

void freezer_remove(void)
{
	cgroup_remove(FREEZER);
}
