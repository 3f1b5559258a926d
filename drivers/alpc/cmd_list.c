// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of completion lists.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "cmd.h"

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <uapi/linux/alpc.h>

#include "clist.h"
#include "limits.h"
#include "port.h"
#include "section.h"

static struct alpc_clist *alpc_list_make(const struct alpc_end *end,
					 struct alpc_create_list *arg)
{
	u32 max = end->port->max_message;
	struct alpc_clist *l;

	if (arg->flags || arg->slots < 2 || arg->slots > ALPC_LIST_SLOTS_MAX ||
	    !is_power_of_2(arg->slots))
		return ERR_PTR(-EINVAL);
	if (arg->slot_len > max)
		return ERR_PTR(-EMSGSIZE);
	/* Before so much is allocated; it can change, and is looked at again. */
	if (alpc_clist_of(end->own))
		return ERR_PTR(-EBUSY);
	l = alpc_clist_alloc(end, arg->slots, arg->slot_len ?: max);
	if (!IS_ERR(l)) {
		arg->out_len = l->section->len;
		arg->out_slot_size = l->slot_size;
	}
	return l;
}

/* The list is the port's only when nothing can fail any more. */
static int alpc_list_respond(struct alpc_ucmd *ucmd, struct alpc_clist *l,
			     struct file *file)
{
	struct alpc_create_list *arg = ucmd->arg;
	int ret;

	arg->out_fd = get_unused_fd_flags(O_CLOEXEC);
	if (arg->out_fd < 0)
		return arg->out_fd;
	ret = alpc_ucmd_respond(ucmd) ?: alpc_clist_attach(ucmd->end, l);
	if (ret)
		put_unused_fd(arg->out_fd);
	else
		fd_install(arg->out_fd, file);
	return ret;
}

int alpc_cmd_create_list(struct alpc_ucmd *ucmd)
{
	struct alpc_clist *l;
	struct file *file;
	int ret;

	l = alpc_list_make(ucmd->end, ucmd->arg);
	if (IS_ERR(l))
		return PTR_ERR(l);
	file = alpc_section_open(alpc_section_get(l->section), true,
				 ucmd->end->port->comm_inode);
	if (IS_ERR(file)) {
		alpc_section_put(l->section);
		alpc_clist_free(l);
		return PTR_ERR(file);
	}
	ret = alpc_list_respond(ucmd, l, file);
	if (ret) {
		fput(file);
		alpc_clist_free(l);
	}
	return ret;
}

int alpc_cmd_delete_list(struct alpc_ucmd *ucmd)
{
	const struct alpc_delete_list *arg = ucmd->arg;

	return arg->flags ? -EINVAL : alpc_clist_delete(ucmd->end);
}
