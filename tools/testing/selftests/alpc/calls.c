// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function for each command of /dev/alpc, and a connected pair of ports.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "alpc_test.h"

int alpc_device(void)
{
	static int fd = -1;

	if (fd < 0) {
		fd = open("/dev/alpc", O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			perror("# /dev/alpc");
			exit(1);
		}
	}
	return fd;
}

int alpc_ioctl(int fd, unsigned long command, void *arg)
{
	return ioctl(fd, command, arg) < 0 ? -errno : 0;
}

const char *unique_name(void)
{
	static unsigned int counter;
	char *name;

	if (asprintf(&name, "%s.%d.%u", program_invocation_short_name, getpid(), counter++) < 0)
		abort();
	return name;
}

long long monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

struct alpc_create_port create_args(const char *name)
{
	return (struct alpc_create_port){
		.size = sizeof(struct alpc_create_port),
		.name = address(name),
		.name_len = strlen(name),
		.out_fd = POISON_S32,
	};
}

int alpc_create_with(struct alpc_create_port *arg)
{
	int err = alpc_ioctl(alpc_device(), ALPC_IOC_CREATE_PORT, arg);

	return err ?: arg->out_fd;
}

int alpc_create(const char *name)
{
	struct alpc_create_port arg = create_args(name);

	return alpc_create_with(&arg);
}

struct alpc_connect connect_args(const char *name)
{
	return (struct alpc_connect){
		.size = sizeof(struct alpc_connect),
		.name = address(name),
		.name_len = strlen(name),
		.out_fd = POISON_S32,
		.timeout = ALPC_INFINITE,
	};
}

int alpc_connect_with(struct alpc_connect *arg)
{
	int err = alpc_ioctl(alpc_device(), ALPC_IOC_CONNECT, arg);

	return err ?: arg->out_fd;
}

int alpc_connect_to(const char *name)
{
	struct alpc_connect arg = connect_args(name);

	return alpc_connect_with(&arg);
}

int alpc_connect_async(const char *name)
{
	struct alpc_connect arg = connect_args(name);

	arg.flags = ALPC_CONNECT_ASYNC;
	return alpc_connect_with(&arg);
}

int alpc_accept_with(int port, struct alpc_accept *arg)
{
	int err = alpc_ioctl(port, ALPC_IOC_ACCEPT, arg);

	return err ?: arg->out_fd;
}

int alpc_accept_data(int port, __u64 id, __u64 context, const void *data, __u32 len)
{
	struct alpc_accept arg = {
		.size = sizeof(arg),
		.id = id,
		.context = context,
		.data = address(data),
		.len = len,
		.out_fd = POISON_S32,
	};

	return alpc_accept_with(port, &arg);
}

int alpc_accept_id(int port, __u64 id, __u64 context)
{
	return alpc_accept_data(port, id, context, NULL, 0);
}

int alpc_refuse(int port, __u64 id, const void *data, __u32 len)
{
	struct alpc_accept arg = {
		.size = sizeof(arg),
		.flags = ALPC_ACCEPT_REFUSE,
		.id = id,
		.data = address(data),
		.len = len,
		.out_fd = POISON_S32,
	};

	return alpc_ioctl(port, ALPC_IOC_ACCEPT, &arg);
}

int alpc_disconnect(int fd)
{
	struct alpc_disconnect arg = { .size = sizeof(arg) };

	return alpc_ioctl(fd, ALPC_IOC_DISCONNECT, &arg);
}

int alpc_notify_exit(int fd, __u64 cookie)
{
	struct alpc_notify_exit arg = { .size = sizeof(arg), .cookie = cookie };

	return alpc_ioctl(fd, ALPC_IOC_NOTIFY_EXIT, &arg);
}

int alpc_shutdown(int fd, __u32 flags)
{
	struct alpc_shutdown arg = { .size = sizeof(arg), .flags = flags };

	return alpc_ioctl(fd, ALPC_IOC_SHUTDOWN, &arg);
}

int events_of(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&pollfd, 1, 0) < 0 ? -errno : pollfd.revents;
}

int alpc_query(struct alpc_query *query)
{
	memset(query, POISON, sizeof(*query));
	query->size = sizeof(*query);
	query->flags = 0;
	return alpc_ioctl(alpc_device(), ALPC_IOC_QUERY, query);
}

int alpc_info(int fd, struct alpc_port_info *info)
{
	memset(info, POISON, sizeof(*info));
	info->size = sizeof(*info);
	info->flags = 0;
	return alpc_ioctl(fd, ALPC_IOC_PORT_INFO, info);
}

int alpc_queued(int fd)
{
	struct alpc_port_info info;
	int err = alpc_info(fd, &info);

	return err ?: (int)info.out_queued;
}

int alpc_unanswered(int fd)
{
	struct alpc_port_info info;
	int err = alpc_info(fd, &info);

	return err ?: (int)info.out_unanswered;
}

void transfer_init(struct alpc_transfer *t, __u32 flags)
{
	memset(t, 0, sizeof(*t));
	t->size = sizeof(*t);
	t->flags = flags;
	t->timeout = ALPC_INFINITE;
	t->out_id = POISON_U64;
	t->out_done = POISON_U32;
}

void transfer_send(struct alpc_transfer *t, __u16 flags, __u64 id, const void *data, __u32 len)
{
	t->send.flags = flags;
	t->send.id = id;
	t->send.data = address(data);
	t->send.len = len;
}

void transfer_receive(struct alpc_transfer *t, void *buf, __u32 room)
{
	memset(&t->recv, POISON, sizeof(t->recv));
	memset(buf, POISON, buf ? room : 0);
	t->recv.data = address(buf);
	t->recv.len = room;
	t->recv.attrs = 0;
	t->recv.attrs_len = 0;
	t->recv.reserve = 0;
}

int alpc_transfer(int fd, struct alpc_transfer *t)
{
	return alpc_ioctl(fd, ALPC_IOC_TRANSFER, t);
}

static int send_datagram(int fd, const void *data, __u32 len, __u32 flags)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | flags);
	transfer_send(&t, 0, 0, data, len);
	return alpc_transfer(fd, &t);
}

int alpc_send(int fd, const void *data, __u32 len)
{
	return send_datagram(fd, data, len, 0);
}

int alpc_send_nowait(int fd, const void *data, __u32 len)
{
	return send_datagram(fd, data, len, ALPC_TRANSFER_DONTWAIT);
}

int alpc_request_async(int fd, const void *data, __u32 len, __u64 cookie, __u32 room, __u64 *id)
{
	struct alpc_transfer t;
	int err;

	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_REQUEST, 0, data, len);
	t.send.cookie = cookie;
	t.recv.len = room;
	err = alpc_transfer(fd, &t);
	if (id)
		*id = t.out_id;
	return err;
}

/* Run @t, whose .recv has been prepared, and give what was received. */
static int transfer_message(int fd, struct alpc_transfer *t, struct alpc_msg *msg)
{
	int err = alpc_transfer(fd, t);

	if (msg)
		*msg = t->recv;
	return err;
}

int alpc_call(int fd, const void *data, __u32 len, struct alpc_msg *reply, void *buf, __u32 room)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REQUEST, 0, data, len);
	transfer_receive(&t, buf, room);
	return transfer_message(fd, &t, reply);
}

int alpc_receive(int fd, struct alpc_msg *msg, void *buf, __u32 room)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_RECEIVE);
	transfer_receive(&t, buf, room);
	return transfer_message(fd, &t, msg);
}

int alpc_receive_nowait(int fd, struct alpc_msg *msg, void *buf, __u32 room)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(&t, buf, room);
	return transfer_message(fd, &t, msg);
}

int alpc_reply(int fd, __u64 id, const void *data, __u32 len)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_REPLY, id, data, len);
	return alpc_transfer(fd, &t);
}

int alpc_await_reply(int fd, __u64 id, long long timeout, struct alpc_msg *msg, void *buf,
		     __u32 room)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_WAIT);
	transfer_receive(&t, buf, room);
	t.recv.call = id;
	t.timeout = timeout;
	return transfer_message(fd, &t, msg);
}

static int cancel(int fd, __u32 flags, __u64 id, __u64 cookie)
{
	struct alpc_cancel arg = {
		.size = sizeof(arg), .flags = flags, .id = id, .cookie = cookie,
		.out_state = POISON_U32,
	};
	int err = alpc_ioctl(fd, ALPC_IOC_CANCEL, &arg);

	return err ? err : (int)arg.out_state;
}

int alpc_cancel(int fd, __u64 id)
{
	return cancel(fd, 0, id, 0);
}

int alpc_cancel_cookie(int fd, __u64 cookie)
{
	return cancel(fd, ALPC_CANCEL_COOKIE, 0, cookie);
}

int alpc_cancel_received(int fd, __u64 id)
{
	return cancel(fd, ALPC_CANCEL_RECEIVED, id, 0);
}

int alpc_release(int fd, __u64 id)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND);
	transfer_send(&t, ALPC_SEND_RELEASE, id, NULL, 0);
	return alpc_transfer(fd, &t);
}

int alpc_reply_receive(int fd, __u64 id, const void *data, __u32 len, struct alpc_msg *msg,
		       void *buf, __u32 room)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_RECEIVE);
	transfer_send(&t, ALPC_SEND_REPLY, id, data, len);
	transfer_receive(&t, buf, room);
	return transfer_message(fd, &t, msg);
}

int alpc_callback(int fd, __u64 id, const void *data, __u32 len, struct alpc_msg *reply, void *buf,
		  __u32 room)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_CALLBACK, id, data, len);
	transfer_receive(&t, buf, room);
	return transfer_message(fd, &t, reply);
}

int alpc_reply_wait(int fd, __u64 id, __u64 call, const void *data, __u32 len,
		    struct alpc_msg *reply, void *buf, __u32 room)
{
	struct alpc_transfer t;

	transfer_init(&t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(&t, ALPC_SEND_REPLY, id, data, len);
	transfer_receive(&t, buf, room);
	t.recv.call = call;
	return transfer_message(fd, &t, reply);
}

/*
 * One thread can do both sides: the client does not wait for the answer, which
 * comes as a message.
 */
int pair_connect(int port, const char *name, __u64 context, int *client, int *server)
{
	struct alpc_msg msg;
	int err;

	*server = -1;
	*client = alpc_connect_async(name);
	if (*client < 0)
		return *client;
	err = alpc_receive_nowait(port, &msg, NULL, 0);
	if (!err && msg.type != ALPC_CONNECTION_REQUEST)
		err = -EBADMSG;
	if (!err) {
		*server = alpc_accept_id(port, msg.id, context);
		err = *server < 0 ? *server : 0;
	}
	if (!err)
		err = alpc_receive_nowait(*client, &msg, NULL, 0);
	if (!err && msg.type != ALPC_CONNECTION_REPLY)
		err = -EBADMSG;
	if (!err)
		return 0;
	fprintf(stderr, "# %s: %s\n", __func__, strerror(-err));
	close_fd(client);
	close_fd(server);
	return err;
}

int pair_open(struct pair *pair, const struct alpc_create_port *options)
{
	struct alpc_create_port arg = {};
	int err;

	*pair = (struct pair){
		.name = unique_name(), .client = -1, .server = -1, .context = 0x5eed5eed5eed5eedULL,
	};
	if (options)
		arg = *options;
	arg.size = sizeof(arg);
	arg.name = address(pair->name);
	arg.name_len = strlen(pair->name);
	pair->port = alpc_create_with(&arg);
	if (pair->port < 0) {
		fprintf(stderr, "# %s: %s\n", __func__, strerror(-pair->port));
		return pair->port;
	}
	err = pair_connect(pair->port, pair->name, pair->context, &pair->client, &pair->server);
	if (err)
		close_fd(&pair->port);
	return err;
}

void pair_close(struct pair *pair)
{
	close_fd(&pair->client);
	close_fd(&pair->server);
	close_fd(&pair->port);
}

static int wrong(const char *what, int err)
{
	fprintf(stderr, "# pair_works: %s: %s\n", what, strerror(-err));
	return -EBADMSG;
}

static bool is_message(const struct alpc_msg *msg, __u16 type, __u64 id, const void *text,
		       const void *buf)
{
	return msg->type == type && msg->id == id && msg->len == strlen(text) &&
	       !memcmp(buf, text, msg->len);
}

int pair_works(struct pair *pair)
{
	static __u64 cookie = 0x1234567800000000ULL;
	struct alpc_msg msg;
	char buf[64];
	__u64 id;
	int err;

	cookie++;
	err = alpc_request_async(pair->client, "question", 8, cookie, sizeof(buf), &id);
	if (err)
		return wrong("request", err);
	err = alpc_receive_nowait(pair->port, &msg, buf, sizeof(buf));
	if (err)
		return wrong("receive request", err);
	if (!is_message(&msg, ALPC_REQUEST, msg.id, "question", buf) ||
	    msg.context != pair->context)
		return wrong("another message than the request", 0);
	err = alpc_reply(pair->port, msg.id, "answer", 6);
	if (err)
		return wrong("reply", err);
	err = alpc_receive_nowait(pair->client, &msg, buf, sizeof(buf));
	if (err)
		return wrong("receive reply", err);
	if (!is_message(&msg, ALPC_REPLY, id, "answer", buf) || msg.cookie != cookie)
		return wrong("another message than the reply", 0);
	err = alpc_receive_nowait(pair->port, &msg, buf, sizeof(buf));
	if (err != -EAGAIN)
		return wrong("something is left at the server", err);
	err = alpc_receive_nowait(pair->client, &msg, buf, sizeof(buf));
	if (err != -EAGAIN)
		return wrong("something is left at the client", err);
	if (alpc_unanswered(pair->port))
		return wrong("a request is unanswered", 0);
	return 0;
}

static int get_identity(int fd, __u32 flags, __u64 id, struct alpc_identity *identity,
			__u32 *groups, __u32 room)
{
	memset(identity, POISON, sizeof(*identity));
	identity->size = sizeof(*identity);
	identity->flags = flags;
	identity->id = id;
	identity->parts = ALPC_IDENTITY_ALL;
	identity->groups = address(groups);
	identity->group_count = room;
	return alpc_ioctl(fd, ALPC_IOC_GET_IDENTITY, identity);
}

int alpc_identity(int fd, __u64 id, struct alpc_identity *identity, __u32 *groups, __u32 room)
{
	return get_identity(fd, 0, id, identity, groups, room);
}

int alpc_impersonable(int fd, __u64 id, struct alpc_identity *identity, __u32 *groups,
		      __u32 room)
{
	return get_identity(fd, ALPC_IDENTITY_IMPERSONATE, id, identity, groups, room);
}

int alpc_receive_who(int fd, __u32 parts, struct alpc_msg *msg, struct alpc_identity *identity)
{
	struct alpc_attrs attrs = { .identity = address(identity) };
	struct alpc_transfer t;
	char buf[64];
	int err;

	memset(identity, POISON, sizeof(*identity));
	identity->size = sizeof(*identity);
	identity->flags = 0;
	identity->id = 0;
	identity->parts = parts;
	identity->groups = 0;
	identity->group_count = 0;
	transfer_init(&t, ALPC_TRANSFER_RECEIVE | ALPC_TRANSFER_DONTWAIT);
	transfer_receive(&t, buf, sizeof(buf));
	t.recv.attrs = address(&attrs);
	t.recv.attrs_len = sizeof(attrs);
	err = alpc_transfer(fd, &t);
	*msg = t.recv;
	return err;
}

int alpc_create_security(int fd, __u32 flags, __u32 level, __u32 withhold)
{
	struct alpc_create_security arg = {
		.size = sizeof(arg), .flags = flags, .level = level, .withhold = withhold,
		.out_security = POISON_U32,
	};
	int err = alpc_ioctl(fd, ALPC_IOC_CREATE_SECURITY, &arg);

	return err ? err : (int)arg.out_security;
}

static int end_security(int fd, unsigned long command, __u32 security)
{
	struct alpc_security arg = { .size = sizeof(arg), .security = security };

	return alpc_ioctl(fd, command, &arg);
}

int alpc_revoke_security(int fd, __u32 security)
{
	return end_security(fd, ALPC_IOC_REVOKE_SECURITY, security);
}

int alpc_delete_security(int fd, __u32 security)
{
	return end_security(fd, ALPC_IOC_DELETE_SECURITY, security);
}
