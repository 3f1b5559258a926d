// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands: arguments in, results out.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "ioctl.h"

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <uapi/linux/alpc.h>

#include "access.h"
#include "cmd.h"
#include "message.h"
#include "port.h"
#include "shutdown.h"
#include "transfer.h"
#include "vector.h"

/* The kinds of file that a command is for; ports by their &enum alpc_port_kind */
#define ALPC_ON_DEVICE		BIT(0)
#define ALPC_ON_CONNECTION	BIT(ALPC_KIND_CONNECTION)
#define ALPC_ON_CLIENT		BIT(ALPC_KIND_CLIENT)
#define ALPC_ON_SERVER		BIT(ALPC_KIND_SERVER)
#define ALPC_ON_PORTS		(ALPC_ON_CONNECTION | ALPC_ON_CLIENT | \
				 ALPC_ON_SERVER)

/* Memory for any argument. */
union alpc_arg {
	struct alpc_query query;
	struct alpc_create_port create;
	struct alpc_connect connect;
	struct alpc_accept accept;
	struct alpc_disconnect disconnect;
	struct alpc_port_info info;
	struct alpc_notify_exit notify;
	struct alpc_shutdown shutdown;
	struct alpc_create_section create_section;
	struct alpc_open_section open_section;
	struct alpc_delete_section delete_section;
	struct alpc_take_fds take_fds;
	struct alpc_identity identity;
	struct alpc_create_security create_security;
	struct alpc_security security;
	struct alpc_usage usage;
	struct alpc_create_completion create_completion;
	struct alpc_bind bind;
	struct alpc_cancel cancel;
	struct alpc_create_reserve create_reserve;
	struct alpc_delete_reserve delete_reserve;
	struct alpc_quick quick;
	struct alpc_create_list create_list;
	struct alpc_delete_list delete_list;
};

/**
 * struct alpc_ioctl_op - one command
 * @cmd: its number
 * @kinds: ALPC_ON_* bits of the files that it is for
 * @size: size of its argument in this kernel
 * @min_size: size of its argument when it was first published
 * @run: carries it out
 */
struct alpc_ioctl_op {
	unsigned int cmd;
	unsigned int kinds;
	unsigned int size;
	unsigned int min_size;
	int (*run)(struct alpc_ucmd *ucmd);
};

#define ALPC_OP(_cmd, _kinds, _type, _last, _run)			\
	{								\
		.cmd = (_cmd),						\
		.kinds = (_kinds),					\
		.size = sizeof(_type) +					\
			BUILD_BUG_ON_ZERO(sizeof(_type) >		\
					  sizeof(union alpc_arg)),	\
		.min_size = offsetofend(_type, _last),			\
		.run = (_run),						\
	}

static const struct alpc_ioctl_op alpc_ioctl_ops[] = {
	ALPC_OP(ALPC_IOC_QUERY, ALPC_ON_DEVICE, struct alpc_query,
		out_queue_bytes_max, alpc_cmd_query),
	ALPC_OP(ALPC_IOC_CREATE_PORT, ALPC_ON_DEVICE, struct alpc_create_port,
		max_security, alpc_cmd_create_port),
	ALPC_OP(ALPC_IOC_CONNECT, ALPC_ON_DEVICE, struct alpc_connect,
		__reserved, alpc_cmd_connect),
	ALPC_OP(ALPC_IOC_ACCEPT, ALPC_ON_CONNECTION, struct alpc_accept,
		out_fd, alpc_cmd_accept),
	ALPC_OP(ALPC_IOC_DISCONNECT, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_disconnect, flags, alpc_cmd_disconnect),
	ALPC_OP(ALPC_IOC_PORT_INFO, ALPC_ON_PORTS, struct alpc_port_info,
		out_max_section_total, alpc_cmd_port_info),
	ALPC_OP(ALPC_IOC_NOTIFY_EXIT, ALPC_ON_CLIENT, struct alpc_notify_exit,
		cookie, alpc_cmd_notify_exit),
	ALPC_OP(ALPC_IOC_SHUTDOWN, ALPC_ON_CONNECTION | ALPC_ON_CLIENT,
		struct alpc_shutdown, flags, alpc_cmd_shutdown),
	ALPC_OP(ALPC_IOC_CREATE_SECTION, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_create_section, out_fd, alpc_cmd_create_section),
	ALPC_OP(ALPC_IOC_OPEN_SECTION, ALPC_ON_PORTS,
		struct alpc_open_section, __reserved, alpc_cmd_open_section),
	ALPC_OP(ALPC_IOC_DELETE_SECTION, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_delete_section, __reserved,
		alpc_cmd_delete_section),
	ALPC_OP(ALPC_IOC_TAKE_FDS, ALPC_ON_PORTS, struct alpc_take_fds, count,
		alpc_cmd_take_fds),
	ALPC_OP(ALPC_IOC_GET_IDENTITY, ALPC_ON_PORTS, struct alpc_identity,
		out_permitted, alpc_cmd_get_identity),
	ALPC_OP(ALPC_IOC_CREATE_SECURITY, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_create_security, __reserved,
		alpc_cmd_create_security),
	ALPC_OP(ALPC_IOC_REVOKE_SECURITY, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_security, __reserved, alpc_cmd_revoke_security),
	ALPC_OP(ALPC_IOC_DELETE_SECURITY, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_security, __reserved, alpc_cmd_delete_security),
	ALPC_OP(ALPC_IOC_GET_USAGE, ALPC_ON_DEVICE | ALPC_ON_PORTS,
		struct alpc_usage, reserves, alpc_cmd_get_usage),
	ALPC_OP(ALPC_IOC_CREATE_COMPLETION, ALPC_ON_DEVICE,
		struct alpc_create_completion, out_fd,
		alpc_cmd_create_completion),
	ALPC_OP(ALPC_IOC_BIND, ALPC_ON_CONNECTION | ALPC_ON_CLIENT,
		struct alpc_bind, __reserved, alpc_cmd_bind),
	ALPC_OP(ALPC_IOC_CANCEL, ALPC_ON_PORTS, struct alpc_cancel, __reserved,
		alpc_cmd_cancel),
	ALPC_OP(ALPC_IOC_CREATE_RESERVE, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_create_reserve, out_reserve,
		alpc_cmd_create_reserve),
	ALPC_OP(ALPC_IOC_DELETE_RESERVE, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_delete_reserve, __reserved,
		alpc_cmd_delete_reserve),
	ALPC_OP(ALPC_IOC_QUICK_WAIT, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_quick, offset, alpc_cmd_quick_wait),
	ALPC_OP(ALPC_IOC_QUICK_WAKE, ALPC_ON_CLIENT | ALPC_ON_SERVER,
		struct alpc_quick, offset, alpc_cmd_quick_wake),
	ALPC_OP(ALPC_IOC_CREATE_LIST, ALPC_ON_CONNECTION | ALPC_ON_CLIENT,
		struct alpc_create_list, out_fd, alpc_cmd_create_list),
	ALPC_OP(ALPC_IOC_DELETE_LIST, ALPC_ON_CONNECTION | ALPC_ON_CLIENT,
		struct alpc_delete_list, flags, alpc_cmd_delete_list),
};

static const struct alpc_ioctl_op *alpc_find_op(unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(alpc_ioctl_ops); i++)
		if (alpc_ioctl_ops[i].cmd == cmd)
			return &alpc_ioctl_ops[i];
	return NULL;
}

/**
 * alpc_ioctl_elsewhere() - the error of a command that this file has not
 * @cmd: command
 *
 * Return: -EOPNOTSUPP if another kind of file has it, or -ENOTTY.
 */
int alpc_ioctl_elsewhere(unsigned int cmd)
{
	switch (cmd) {
	case ALPC_IOC_TRANSFER:
	case ALPC_IOC_VECTOR:
	case ALPC_IOC_ACCESS:
	case ALPC_IOC_WAIT_PACKETS:
	case ALPC_IOC_POST_PACKETS:
	case ALPC_IOC_SET_COMPLETION:
		return -EOPNOTSUPP;
	default:
		return alpc_find_op(cmd) ? -EOPNOTSUPP : -ENOTTY;
	}
}

/**
 * alpc_ucmd_respond() - write a command's results
 * @ucmd: command
 *
 * Return: 0 or -EFAULT.
 */
int alpc_ucmd_respond(struct alpc_ucmd *ucmd)
{
	return copy_to_user(ucmd->uarg, ucmd->arg, ucmd->size) ? -EFAULT : 0;
}

static long alpc_ioctl(struct alpc_end *end, unsigned int kind,
		       unsigned int cmd, void __user *uarg)
{
	const struct alpc_ioctl_op *op = alpc_find_op(cmd);
	struct alpc_ucmd ucmd = { .end = end, .uarg = uarg };
	union alpc_arg arg;
	u32 usize;
	int ret;

	if (!op)
		return alpc_ioctl_elsewhere(cmd);
	if (!(op->kinds & kind))
		return -EOPNOTSUPP;
	if (get_user(usize, (u32 __user *)uarg))
		return -EFAULT;
	ret = alpc_arg_get(&arg, op->size, op->min_size, usize, uarg);
	if (ret)
		return ret;
	ucmd.arg = &arg;
	ucmd.size = min(usize, op->size);
	return op->run(&ucmd);
}

/* Fast, but out of line like the next one: a transfer is to find no frame made for them. */
static noinline long alpc_ioctl_access(struct alpc_end *end,
				       struct alpc_access __user *ua)
{
	struct alpc_access arg __uninitialized;
	u32 usize;
	int ret;

	if (get_user(usize, &ua->size))
		return -EFAULT;
	if (likely(usize == sizeof(arg)))
		ret = copy_from_user(&arg, ua, sizeof(arg)) ? -EFAULT : 0;
	else
		ret = alpc_arg_get(&arg, sizeof(arg),
				   offsetofend(struct alpc_access, out_done),
				   usize, ua);
	if (unlikely(ret))
		return ret;
	ret = alpc_access(end, &arg);
	/* How far it was is said in any case. */
	return put_user(arg.out_done, &ua->out_done) ? -EFAULT : ret;
}

/* Many transfers. */
static noinline long alpc_ioctl_vector(struct file *file,
				       struct alpc_vector __user *uv)
{
	struct alpc_vector v;
	u32 usize;
	int ret;

	if (get_user(usize, &uv->size))
		return -EFAULT;
	ret = alpc_arg_get(&v, sizeof(v),
			   offsetofend(struct alpc_vector, out_received), usize,
			   uv);
	if (ret)
		return ret;
	ret = alpc_vector(file->private_data, &v, file->f_flags & O_NONBLOCK);
	/* How far it was is said in any case. */
	return put_user(v.out_sent, &uv->out_sent) ||
	       put_user(v.out_received, &uv->out_received) ? -EFAULT : ret;
}

long alpc_port_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct alpc_end *end = file->private_data;

	if (likely(cmd == ALPC_IOC_TRANSFER))
		return alpc_transfer(end, (void __user *)arg,
				     file->f_flags & O_NONBLOCK);
	if (cmd == ALPC_IOC_VECTOR)
		return alpc_ioctl_vector(file, (void __user *)arg);
	if (cmd == ALPC_IOC_ACCESS)
		return alpc_ioctl_access(end, (void __user *)arg);
	return alpc_ioctl(end, BIT(end->kind), cmd, (void __user *)arg);
}

long alpc_device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return alpc_ioctl(NULL, ALPC_ON_DEVICE, cmd, (void __user *)arg);
}
