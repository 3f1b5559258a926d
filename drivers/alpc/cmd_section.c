// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands around sections, ranges, descriptors and quick calls.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "cmd.h"

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <uapi/linux/alpc.h>

#include "fds.h"
#include "parcel.h"
#include "port.h"
#include "quick.h"
#include "section.h"

/*
 * Give a file of a section a descriptor, which *fd in the argument is told.
 * The reference to the section is consumed.
 */
static int alpc_section_respond(struct alpc_ucmd *ucmd,
				struct alpc_section *sec, bool own, s32 *fd)
{
	struct file *file;
	int ret;

	file = alpc_section_open(sec, own, ucmd->end->port->comm_inode);
	if (IS_ERR(file)) {
		alpc_section_put(sec);
		return PTR_ERR(file);
	}
	ret = get_unused_fd_flags(O_CLOEXEC);
	if (ret < 0)
		goto err_file;
	*fd = ret;
	ret = alpc_ucmd_respond(ucmd);
	if (ret)
		goto err_fd;
	fd_install(*fd, file);
	return 0;

err_fd:
	put_unused_fd(*fd);
err_file:
	fput(file);
	return ret;
}

int alpc_cmd_create_section(struct alpc_ucmd *ucmd)
{
	struct alpc_create_section *arg = ucmd->arg;
	struct alpc_section *sec;
	u32 id;
	int ret;

	if (arg->flags & ~ALPC_SECTION_PEER_WRITE || !arg->len)
		return -EINVAL;
	sec = alpc_section_create(ucmd->end, arg->len, arg->flags);
	if (IS_ERR(sec))
		return PTR_ERR(sec);
	id = sec->id;
	arg->out_len = sec->len;
	arg->out_slots = sec->len;
	arg->out_section = id;
	ret = alpc_section_respond(ucmd, sec, true, &arg->out_fd);
	if (ret)
		alpc_section_delete(ucmd->end, id);
	return ret;
}

/* The section of a message's view: a reference, or an error pointer. */
static struct alpc_section *alpc_section_of_message(struct alpc_end *end,
						    u64 id)
{
	struct alpc_section *sec = NULL;
	struct alpc_message *m;

	spin_lock(&end->port->lock);
	m = alpc_pending_find(&end->own->pending, id);
	if (m && (!end->conn || m->from->conn == end->conn) &&
	    m->brings & ALPC_BRINGS_VIEW && m->parcel->view.section)
		sec = alpc_section_get(m->parcel->view.section);
	spin_unlock(&end->port->lock);
	return sec ?: ERR_PTR(-ESRCH);
}

static struct alpc_section *
alpc_section_to_open(struct alpc_end *end, const struct alpc_open_section *arg)
{
	bool client = end->kind == ALPC_KIND_CLIENT;
	u8 creator = client ? ALPC_KIND_SERVER : ALPC_KIND_CLIENT;
	struct alpc_section *sec;

	if (!end->conn || arg->id)
		sec = alpc_section_of_message(end, arg->id);
	else
		sec = alpc_section_find(end->conn, creator, arg->section) ?:
		      ERR_PTR(-ENOENT);
	/* A message can bring back one's own. */
	if (!IS_ERR(sec) &&
	    (sec->id != arg->section || sec->creator != creator)) {
		alpc_section_put(sec);
		sec = ERR_PTR(-ENOENT);
	}
	return sec;
}

int alpc_cmd_open_section(struct alpc_ucmd *ucmd)
{
	struct alpc_open_section *arg = ucmd->arg;
	struct alpc_section *sec;

	if (arg->flags || arg->__reserved)
		return -EINVAL;
	sec = alpc_section_to_open(ucmd->end, arg);
	if (IS_ERR(sec))
		return PTR_ERR(sec);
	arg->out_len = sec->len;
	arg->out_flags = sec->flags;
	return alpc_section_respond(ucmd, sec, false, &arg->out_fd);
}

int alpc_cmd_delete_section(struct alpc_ucmd *ucmd)
{
	struct alpc_delete_section *arg = ucmd->arg;

	if (arg->flags || arg->__reserved)
		return -EINVAL;
	return alpc_section_delete(ucmd->end, arg->section);
}

int alpc_cmd_take_fds(struct alpc_ucmd *ucmd)
{
	return alpc_take_fds(ucmd->end, ucmd->arg);
}

int alpc_cmd_quick_wait(struct alpc_ucmd *ucmd)
{
	return alpc_quick_wait(ucmd->end, ucmd->arg);
}

int alpc_cmd_quick_wake(struct alpc_ucmd *ucmd)
{
	return alpc_quick_wake(ucmd->end, ucmd->arg);
}
