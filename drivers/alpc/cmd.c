// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each command does.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "cmd.h"

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/uaccess.h>
#include <uapi/linux/alpc.h>

#include "cancel.h"
#include "completion.h"
#include "connect.h"
#include "deliver.h"
#include "exit.h"
#include "file.h"
#include "inode.h"
#include "ioctl.h"
#include "names.h"
#include "port.h"
#include "reserve.h"
#include "runner.h"
#include "shutdown.h"
#include "transfer.h"

int alpc_cmd_query(struct alpc_ucmd *ucmd)
{
	struct alpc_query *arg = ucmd->arg;

	if (arg->flags)
		return -EINVAL;
	arg->out_version = ALPC_ABI_VERSION;
	arg->out_data_max = ALPC_DATA_MAX;
	arg->out_features = ALPC_FEATURE_SECTIONS | ALPC_FEATURE_ACCESS |
			    ALPC_FEATURE_FDS | ALPC_FEATURE_SECURITY |
			    ALPC_FEATURE_USAGE | ALPC_FEATURE_VECTORS |
			    ALPC_FEATURE_COMPLETION | ALPC_FEATURE_CANCEL |
			    ALPC_FEATURE_LISTS | ALPC_FEATURE_RESERVES |
			    ALPC_FEATURE_QUICK;
	if (ALPC_RUNNER_SUPPORTED)
		arg->out_features |= ALPC_FEATURE_CONCURRENCY;
	if (alpc_exit_is_supported())
		arg->out_features |= ALPC_FEATURE_EXIT_NOTICE;
	arg->out_queue_messages_max = ALPC_QUEUE_MESSAGES_MAX;
	arg->out_connections_max = ALPC_CONNECTIONS_MAX;
	arg->out_queue_bytes_max = ALPC_QUEUE_BYTES_MAX;
	return alpc_ucmd_respond(ucmd);
}

static int alpc_name_get(char *name, u64 uname, u32 len)
{
	if (!len || len > ALPC_NAME_MAX)
		return -EINVAL;
	if (copy_from_user(name, u64_to_user_ptr(uname), len))
		return -EFAULT;
	return alpc_name_check(name, len);
}

/* A port with its name, not yet published. */
static struct alpc_port *alpc_port_make(const struct alpc_create_port *arg)
{
	struct alpc_port_limits limits;
	struct alpc_port *port;
	int ret;

	ret = alpc_port_limits_init(&limits, arg);
	if (ret)
		return ERR_PTR(ret);
	port = alpc_port_alloc(current->nsproxy->net_ns, &limits);
	if (IS_ERR(port))
		return port;
	ret = alpc_name_get(port->name, arg->name, arg->name_len);
	if (ret) {
		alpc_port_put(port);
		return ERR_PTR(ret);
	}
	port->name_len = arg->name_len;
	return port;
}

#define ALPC_PORT_FLAGS		(ALPC_PORT_NO_SPIN | ALPC_PORT_NO_SECTIONS | \
				 ALPC_PORT_NO_RANGES | ALPC_PORT_NOTE_IDENTITY)

int alpc_cmd_create_port(struct alpc_ucmd *ucmd)
{
	struct alpc_create_port *arg = ucmd->arg;
	struct alpc_port *port;
	struct file *file;
	int fd, ret;

	if (arg->flags & ~ALPC_PORT_FLAGS)
		return -EINVAL;
	port = alpc_port_make(arg);
	if (IS_ERR(port))
		return PTR_ERR(port);
	file = alpc_file_open(&port->end);
	if (IS_ERR(file)) {
		alpc_port_put(port);
		return PTR_ERR(file);
	}
	/* From here on closing the file undoes everything. */
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err_file;
	}
	arg->out_fd = fd;
	ret = alpc_ucmd_respond(ucmd) ?: alpc_names_add(port);
	if (ret)
		goto err_fd;
	fd_install(fd, file);
	return 0;

err_fd:
	put_unused_fd(fd);
err_file:
	fput(file);
	return ret;
}

#define ALPC_CONNECT_FLAGS	(ALPC_CONNECT_ASYNC | ALPC_CONNECT_SERVER_UID | \
				 ALPC_CONNECT_SERVER_GID | ALPC_CONNECT_ABSTIME | \
				 ALPC_CONNECT_NOTE_IDENTITY)

/* A connection to the named port, if the caller may have one. */
static struct alpc_conn *alpc_conn_make(const struct alpc_connect *arg)
{
	struct alpc_conn_options options;
	char name[ALPC_NAME_MAX];
	struct alpc_conn *conn;
	struct alpc_port *port;
	int ret;

	ret = alpc_conn_options_init(&options, arg) ?:
	      alpc_name_get(name, arg->name, arg->name_len);
	if (ret)
		return ERR_PTR(ret);
	port = alpc_names_find(current->nsproxy->net_ns, name, arg->name_len);
	if (!port)
		return ERR_PTR(-ENOENT);
	ret = alpc_inode_may_connect(port->inode);
	if (!ret && port->require & options.withhold)
		ret = -EPERM;
	if (ret)
		conn = ERR_PTR(ret);
	else
		conn = alpc_conn_alloc(port, &options);
	alpc_port_put(port);
	return conn;
}

/* Pass on what the server answered. */
static int alpc_connect_finish(struct alpc_ucmd *ucmd, struct alpc_conn *conn,
			       struct alpc_delivery *d)
{
	struct alpc_connect *arg = ucmd->arg;
	bool refused = d->type == ALPC_CONNECTION_REFUSED;
	u32 room = arg->reply_len;
	int ret;

	arg->reply_len = d->len;
	if (refused)
		arg->out_fd = -1;
	if (d->len > room && !refused) {
		alpc_deliver_undo(&conn->client, d, ALPC_UNDO_RECEIVED);
		return alpc_ucmd_respond(ucmd);
	}
	ret = alpc_copy_out(u64_to_user_ptr(arg->reply_data), d->data,
			    min(room, d->len)) ?:
	      alpc_ucmd_respond(ucmd);
	alpc_deliver_done(d);
	return ret ?: (refused ? -ECONNREFUSED : 0);
}

int alpc_cmd_connect(struct alpc_ucmd *ucmd)
{
	struct alpc_connect *arg = ucmd->arg;
	struct alpc_delivery d;
	struct alpc_conn *conn;
	struct file *file;
	int fd, ret;

	if (arg->flags & ~ALPC_CONNECT_FLAGS || arg->__reserved)
		return -EINVAL;
	conn = alpc_conn_make(arg);
	if (IS_ERR(conn))
		return PTR_ERR(conn);
	file = alpc_file_open(&conn->client);
	if (IS_ERR(file)) {
		alpc_conn_put(conn);
		return PTR_ERR(file);
	}
	/* From here on closing the file undoes everything. */
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err_file;
	}
	arg->out_fd = fd;
	ret = alpc_connect(conn, arg, &d);
	if (!ret)
		ret = d.msg ? alpc_connect_finish(ucmd, conn, &d) :
			      alpc_ucmd_respond(ucmd);
	if (ret)
		goto err_fd;
	fd_install(fd, file);
	return 0;

err_fd:
	put_unused_fd(fd);
err_file:
	fput(file);
	return ret;
}

static int alpc_refuse(struct alpc_ucmd *ucmd)
{
	struct alpc_accept *arg = ucmd->arg;
	struct alpc_message *m;
	struct alpc_conn *conn;
	struct alpc_answer *answer;
	int ret;

	conn = alpc_accept_begin(ucmd->end, arg, &m, &answer);
	if (IS_ERR(conn))
		return PTR_ERR(conn);
	arg->out_fd = -1;
	ret = alpc_ucmd_respond(ucmd);
	if (ret)
		return alpc_accept_abort(conn, m, answer) ?: ret;
	ret = alpc_accept_commit(conn, arg, m, answer);
	alpc_conn_put(conn);
	return ret;
}

static int alpc_accept(struct alpc_ucmd *ucmd)
{
	struct alpc_accept *arg = ucmd->arg;
	struct alpc_message *m;
	struct alpc_conn *conn;
	struct file *file;
	struct alpc_answer *answer;
	int fd, ret;

	conn = alpc_accept_begin(ucmd->end, arg, &m, &answer);
	if (IS_ERR(conn))
		return PTR_ERR(conn);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err_abort;
	}
	arg->out_fd = fd;
	ret = alpc_ucmd_respond(ucmd);
	if (ret)
		goto err_fd;
	file = alpc_file_open(&conn->server);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_fd;
	}
	/* The file has our reference; closing it ends the connection. */
	ret = alpc_accept_commit(conn, arg, m, answer);
	if (ret) {
		put_unused_fd(fd);
		fput(file);
		return ret;
	}
	fd_install(fd, file);
	return 0;

err_fd:
	put_unused_fd(fd);
err_abort:
	return alpc_accept_abort(conn, m, answer) ?: ret;
}

int alpc_cmd_accept(struct alpc_ucmd *ucmd)
{
	struct alpc_accept *arg = ucmd->arg;

	if (arg->flags & ~ALPC_ACCEPT_REFUSE)
		return -EINVAL;
	return arg->flags & ALPC_ACCEPT_REFUSE ? alpc_refuse(ucmd) :
						 alpc_accept(ucmd);
}

int alpc_cmd_disconnect(struct alpc_ucmd *ucmd)
{
	struct alpc_disconnect *arg = ucmd->arg;

	return arg->flags ? -EINVAL : alpc_disconnect(ucmd->end);
}

/**
 * alpc_port_info() - state of a port
 * @end: port
 * @info: gets it in its out_ fields
 */
void alpc_port_info(struct alpc_end *end, struct alpc_port_info *info)
{
	struct alpc_port *port = end->port;
	struct alpc_queue *q = alpc_end_inbox(end);

	*info = (struct alpc_port_info) {
		.size = info->size,
		.out_kind = end->kind,
		.out_state = ALPC_STATE_OPEN,
		.out_port_id = alpc_end_id(end),
		.out_max_message = port->max_message,
		.out_max_section = port->max_section,
		.out_max_view = port->max_view,
		.out_max_section_total = port->max_section_total,
	};
	spin_lock(&port->lock);
	if (end->conn)
		info->out_state = end->conn->state;
	if (end->kind == ALPC_KIND_SERVER)
		info->out_context = end->conn->context;
	if (end->kind == ALPC_KIND_CONNECTION)
		info->out_connections = port->connections;
	if (q) {
		info->out_queued = q->length;
		info->out_unanswered = q->pending.count;
		info->out_queued_bytes = q->size;
	}
	spin_unlock(&port->lock);
}

int alpc_cmd_port_info(struct alpc_ucmd *ucmd)
{
	struct alpc_port_info *arg = ucmd->arg;

	if (arg->flags)
		return -EINVAL;
	alpc_port_info(ucmd->end, arg);
	return alpc_ucmd_respond(ucmd);
}

int alpc_cmd_shutdown(struct alpc_ucmd *ucmd)
{
	struct alpc_shutdown *arg = ucmd->arg;

	if (arg->flags & ~ALPC_SHUTDOWN_RECEIVE)
		return -EINVAL;
	alpc_receive_switch(ucmd->end, !(arg->flags & ALPC_SHUTDOWN_RECEIVE));
	return 0;
}

int alpc_cmd_notify_exit(struct alpc_ucmd *ucmd)
{
	struct alpc_notify_exit *arg = ucmd->arg;
	struct alpc_conn *conn = ucmd->end->conn;
	u8 state = READ_ONCE(conn->state);

	if (arg->flags)
		return -EINVAL;
	if (state == ALPC_STATE_CONNECTING)
		return -ENOTCONN;
	if (state != ALPC_STATE_OPEN)
		return -EPIPE;
	return alpc_exit_watch(conn, arg->cookie);
}

int alpc_cmd_create_completion(struct alpc_ucmd *ucmd)
{
	struct alpc_create_completion *arg = ucmd->arg;
	struct file *file;
	int ret;

	if (arg->flags)
		return -EINVAL;
	file = alpc_completion_file(arg->concurrency);
	if (IS_ERR(file))
		return PTR_ERR(file);
	arg->out_fd = get_unused_fd_flags(O_CLOEXEC);
	ret = arg->out_fd < 0 ? arg->out_fd : alpc_ucmd_respond(ucmd);
	if (!ret) {
		fd_install(arg->out_fd, file);
		return 0;
	}
	if (arg->out_fd >= 0)
		put_unused_fd(arg->out_fd);
	fput(file);
	return ret;
}

int alpc_cmd_bind(struct alpc_ucmd *ucmd)
{
	return alpc_bind(ucmd->end, ucmd->arg);
}

int alpc_cmd_cancel(struct alpc_ucmd *ucmd)
{
	struct alpc_cancel *arg = ucmd->arg;
	int ret;

	if (arg->flags & ~(ALPC_CANCEL_RECEIVED | ALPC_CANCEL_COOKIE) ||
	    arg->flags == (ALPC_CANCEL_RECEIVED | ALPC_CANCEL_COOKIE) ||
	    arg->__reserved)
		return -EINVAL;
	if (arg->flags & ALPC_CANCEL_COOKIE ? arg->id : arg->cookie)
		return -EINVAL;
	/* Before, because it cannot be undone. */
	arg->out_state = 0;
	ret = alpc_ucmd_respond(ucmd) ?: alpc_cancel(ucmd->end, arg);
	return ret ?: alpc_ucmd_respond(ucmd);
}

int alpc_cmd_create_reserve(struct alpc_ucmd *ucmd)
{
	struct alpc_create_reserve *arg = ucmd->arg;
	int ret;

	if (arg->flags)
		return -EINVAL;
	ret = alpc_reserve_create(ucmd->end, arg);
	if (ret)
		return ret;
	ret = alpc_ucmd_respond(ucmd);
	if (ret)
		alpc_reserve_delete(ucmd->end, arg->out_reserve);
	return ret;
}

int alpc_cmd_delete_reserve(struct alpc_ucmd *ucmd)
{
	struct alpc_delete_reserve *arg = ucmd->arg;

	if (arg->flags | arg->__reserved)
		return -EINVAL;
	return alpc_reserve_delete(ucmd->end, arg->reserve);
}
