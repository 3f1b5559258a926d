// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Running a function as the client of a request.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * Everything here is for the calling thread alone, so it is done by raw system
 * calls: setgroups(2) of the C library changes all threads of the process, and so
 * does libcap where its libpsx is linked in.
 */
#include "cleanup.h"
#include "identity.h"

#include <linux/capability.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where ids had 16 bits once, the calls with 32 have names of their own. */
#ifdef SYS_setgroups32
#define sys_getgroups	SYS_getgroups32
#define sys_setgroups	SYS_setgroups32
#define sys_setfsuid	SYS_setfsuid32
#define sys_setfsgid	SYS_setfsgid32
#define sys_getresuid	SYS_getresuid32
#define sys_getresgid	SYS_getresgid32
#else
#define sys_getgroups	SYS_getgroups
#define sys_setgroups	SYS_setgroups
#define sys_setfsuid	SYS_setfsuid
#define sys_setfsgid	SYS_setfsgid
#define sys_getresuid	SYS_getresuid
#define sys_getresgid	SYS_getresgid
#endif

/* What the kernel shows for an id that has no counterpart here. */
#define OVERFLOW_ID	65534U

/* An id that is none: setting it changes nothing, and tells what there is. */
#define NO_ID		((unsigned int)-1)

#define CAP_WORDS	_LINUX_CAPABILITY_U32S_3

/* Everything but the process is needed to act as somebody. */
#define PARTS		(ALPC_IDENTITY_USER | ALPC_IDENTITY_GROUPS | \
			 ALPC_IDENTITY_CAPS)

struct caps {
	struct __user_cap_data_struct word[CAP_WORDS];
};

/**
 * struct self - what a thread is, as far as it is changed
 * @caps: capabilities
 * @fsuid: user for access to files
 * @fsgid: group for access to files
 * @group_count: supplementary groups
 * @groups: these
 */
struct self {
	struct caps caps;
	uid_t fsuid;
	gid_t fsgid;
	int group_count;
	gid_t *groups;
};

/**
 * struct frame - one impersonation
 * @self: what the thread was before
 * @client: whom it acts as
 * @regroup: its groups are others
 * @changed: it is to be made itself again
 * @registered: @cleanup is
 * @cancel: whether it could be cancelled before
 * @cleanup: for longjmp(3)
 */
struct frame {
	struct self self;
	struct alpc_lib_identity *client;
	bool regroup;
	bool changed;
	bool registered;
	int cancel;
#ifdef __GLIBC__
	struct _pthread_cleanup_buffer cleanup;
#endif
};

static int caps_get(struct caps *caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capget, &head, caps->word) ? -errno : 0;
}

static int caps_set(const struct caps *caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capset, &head, caps->word) ? -errno : 0;
}

static bool caps_can_raise(const struct caps *caps, unsigned int cap)
{
	return caps->word[CAP_TO_INDEX(cap)].permitted & CAP_TO_MASK(cap);
}

static void caps_add(struct caps *caps, unsigned int cap)
{
	if (caps_can_raise(caps, cap))
		caps->word[CAP_TO_INDEX(cap)].effective |= CAP_TO_MASK(cap);
}

/* Raise what changing ids takes, as far as there is any. */
static int caps_raise(struct caps caps)
{
	caps_add(&caps, CAP_SETUID);
	caps_add(&caps, CAP_SETGID);
	return caps_set(&caps);
}

/* Of the thread's own effective ones, keep those that the client has. */
static int caps_cut(struct caps caps, uint64_t client)
{
	for (unsigned int i = 0; i < CAP_WORDS; i++)
		caps.word[i].effective &= (__u32)(client >> (i * 32));
	return caps_set(&caps);
}

static int self_get_groups(struct self *self)
{
	int n = (int)syscall(sys_getgroups, 0, NULL);

	if (n < 0)
		return -errno;
	self->groups = malloc(((size_t)n + 1) * sizeof(self->groups[0]));
	if (!self->groups)
		return -ENOMEM;
	self->group_count = (int)syscall(sys_getgroups, n, self->groups);
	return self->group_count < 0 ? -errno : 0;
}

static int self_get(struct self *self)
{
	int ret = caps_get(&self->caps);

	if (ret)
		return ret;
	self->fsuid = (uid_t)syscall(sys_setfsuid, NO_ID);
	self->fsgid = (gid_t)syscall(sys_setfsgid, NO_ID);
	return self_get_groups(self);
}

/* Can the thread go back to this fsuid or fsgid? It is one of its other ids. */
static bool can_return(long call, unsigned int cap, const struct self *self,
		       unsigned int id)
{
	unsigned int ids[3];

	if (caps_can_raise(&self->caps, cap))
		return true;
	return !syscall(call, &ids[0], &ids[1], &ids[2]) &&
	       (id == ids[0] || id == ids[1] || id == ids[2]);
}

/* What could not be undone is not begun. */
static int self_check(const struct self *self)
{
	bool overflow = self->fsuid == OVERFLOW_ID || self->fsgid == OVERFLOW_ID;

	for (int i = 0; i < self->group_count; i++)
		overflow |= self->groups[i] == OVERFLOW_ID;
	if (overflow)
		return -EOVERFLOW;
	if (!can_return(sys_getresuid, CAP_SETUID, self, self->fsuid) ||
	    !can_return(sys_getresgid, CAP_SETGID, self, self->fsgid))
		return -EPERM;
	return 0;
}

/* These calls tell no errors. */
static int set_fs_ids(uid_t uid, gid_t gid)
{
	syscall(sys_setfsgid, gid);
	syscall(sys_setfsuid, uid);
	if ((gid_t)syscall(sys_setfsgid, NO_ID) != gid ||
	    (uid_t)syscall(sys_setfsuid, NO_ID) != uid)
		return -EPERM;
	return 0;
}

/*
 * Capabilities first, since they give the right to the rest; and again, since the
 * kernel takes some away, or gives them back, as fsuid becomes 0 or is no more.
 */
static void become_self(struct frame *f)
{
	const struct self *self = &f->self;

	if (caps_raise(self->caps) || set_fs_ids(self->fsuid, self->fsgid) ||
	    (f->regroup && syscall(sys_setgroups, self->group_count,
				   self->groups)) ||
	    caps_set(&self->caps))
		abort();
	f->changed = false;
}

static int become_client(struct frame *f)
{
	const struct alpc_identity *client = &f->client->arg;
	const struct self *self = &f->self;
	int ret;

	/* The kernel keeps groups in order, and who has the same needs no right. */
	f->regroup = client->group_count != (__u32)self->group_count ||
		     memcmp(f->client->groups, self->groups,
			    client->group_count * sizeof(gid_t));
	f->changed = true;
	ret = caps_raise(self->caps);
	if (!ret && f->regroup && syscall(sys_setgroups, client->group_count,
					  f->client->groups)) {
		ret = -errno;
		f->regroup = false;
	}
	if (!ret)
		ret = set_fs_ids(client->out_fsuid, client->out_fsgid);
	return ret ?: caps_cut(self->caps, client->out_caps);
}

/* Out of it, on whatever way; the second time there is nothing left to do. */
static void frame_undo(void *arg)
{
	struct frame *f = arg;
	int saved = errno;

	if (f->changed)
		become_self(f);
	free(f->self.groups);
	free(f->client);
	f->self.groups = NULL;
	f->client = NULL;
	errno = saved;
}

static void frame_leave(struct frame *f)
{
#ifdef __GLIBC__
	if (f->registered)
		_pthread_cleanup_pop(&f->cleanup, 0);
#endif
	f->registered = false;
	frame_undo(f);
	pthread_setcancelstate(f->cancel, NULL);
}

#ifdef __GLIBC__
/* By longjmp(3), which takes it out of the list itself. */
static void frame_jumped(void *arg)
{
	struct frame *f = arg;

	f->registered = false;
	frame_undo(f);
	pthread_setcancelstate(f->cancel, NULL);
}
#endif

static void frame_register(struct frame *f)
{
#ifdef __GLIBC__
	_pthread_cleanup_push(&f->cleanup, frame_jumped, f);
#endif
	f->registered = true;
}

static int frame_enter(struct frame *f, const struct alpc_message *request)
{
	struct alpc_identity again;
	int fd, ret;

	if (!alpc_lib_message_asked(request))
		return -ESRCH;
	fd = request->port->fd;
	ret = self_get(&f->self);
	if (!ret)
		ret = alpc_lib_identity_get(fd, request->io.recv.id, PARTS,
					    ALPC_IDENTITY_IMPERSONATE,
					    &f->client);
	if (!ret)
		ret = self_check(&f->self);
	if (ret)
		return ret;
	frame_register(f);
	ret = become_client(f);
	if (ret)
		return ret;
	/* Does it still wait, and allow it? Who it is does not change. */
	again = f->client->arg;
	if (!again.group_count)
		again.groups = 0;
	return alpc_lib_ioctl(fd, ALPC_IOC_GET_IDENTITY, &again);
}

ALPC_API int alpc_impersonate(const struct alpc_message *request,
			      alpc_impersonate_fn *fn, void *arg, int *result)
{
	struct frame f __attribute__((cleanup(frame_leave))) = { 0 };
	int saved = errno;
	int ret;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &f.cancel);
	ret = frame_enter(&f, request);
	errno = saved;
	if (!ret)
		*result = fn(arg);
	return ret;
}
