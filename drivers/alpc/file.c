// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files behind the descriptors of ports.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "file.h"

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>

#include "clist.h"
#include "inode.h"
#include "ioctl.h"
#include "port.h"
#include "shutdown.h"
#include "usage.h"

static const char *const alpc_kind_name[] = {
	[ALPC_KIND_CONNECTION] = "connection",
	[ALPC_KIND_CLIENT] = "client",
	[ALPC_KIND_SERVER] = "server",
};

static const char *const alpc_state_name[] = {
	[ALPC_STATE_CONNECTING] = "connecting",
	[ALPC_STATE_OPEN] = "open",
	[ALPC_STATE_REFUSED] = "refused",
	[ALPC_STATE_CLOSED] = "closed",
};

static int alpc_release(struct inode *inode, struct file *file)
{
	alpc_end_release(file->private_data);
	return 0;
}

/*
 * Can something be sent? If not, and somebody wants to know, whoever makes room is
 * to wake the pollers: all clients of a port are told.
 */
static __poll_t alpc_poll_out(const struct alpc_end *end, bool wanted)
{
	struct alpc_queue *q = alpc_end_outbox(end);

	if ((alpc_queue_is_open(q) || alpc_end_has_share(end)) &&
	    !(q->list && alpc_clist_holds(end)))
		return EPOLLOUT | EPOLLWRNORM;
	if (wanted)
		q->starved = true;
	return 0;
}

static __poll_t alpc_poll_state(const struct alpc_end *end, bool out_wanted)
{
	const struct alpc_queue *inbox = alpc_end_inbox(end);
	__poll_t mask = 0;

	if (inbox && (!list_empty(&inbox->ready) ||
		      (inbox->list && alpc_clist_poll(inbox->list))))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (!end->conn)
		return mask;
	switch (end->conn->state) {
	case ALPC_STATE_CONNECTING:
		return mask;
	case ALPC_STATE_OPEN:
		return mask | alpc_poll_out(end, out_wanted);
	default:
		/* Receiving and sending return at once, with an error. */
		return mask | EPOLLHUP | EPOLLRDHUP | EPOLLIN | EPOLLOUT;
	}
}

static __poll_t alpc_poll(struct file *file, struct poll_table_struct *wait)
{
	struct alpc_end *end = file->private_data;
	struct alpc_queue *inbox = alpc_end_inbox(end);
	__poll_t mask, wanted = poll_requested_events(wait);

	if (inbox)
		poll_wait(file, &inbox->readers, wait);
	if (end->conn)
		poll_wait(file, &alpc_end_outbox(end)->writers, wait);
	spin_lock(&end->port->lock);
	mask = alpc_poll_state(end, wanted & (EPOLLOUT | EPOLLWRNORM));
	spin_unlock(&end->port->lock);
	return mask;
}

static void alpc_show_amount(struct seq_file *s, const char *what,
			     const struct alpc_amount *amount)
{
	if (amount->limit)
		seq_printf(s, "alpc-%s:\t%llu of %llu\n", what, amount->used,
			   amount->limit);
}

static void alpc_show_fdinfo(struct seq_file *s, struct file *file)
{
	struct alpc_end *end = file->private_data;
	struct alpc_port *port = end->port;
	struct alpc_port_info info = {};
	struct alpc_usage usage = {};
	const struct alpc_queue *inbox = alpc_end_inbox(end);
	u32 slots, unread;

	alpc_port_info(end, &info);
	alpc_usage_of_port(end, &usage);
	seq_printf(s, "alpc-kind:\t%s\n", alpc_kind_name[info.out_kind]);
	seq_printf(s, "alpc-state:\t%s\n", alpc_state_name[info.out_state]);
	seq_printf(s, "alpc-id:\t%llu\n", info.out_port_id);
	seq_printf(s, "alpc-name:\t%.*s\n", (int)port->name_len, port->name);
	seq_printf(s, "alpc-max-message:\t%u\n", info.out_max_message);
	if (inbox) {
		seq_printf(s, "alpc-queued:\t%u\n", info.out_queued);
		seq_printf(s, "alpc-queued-bytes:\t%llu\n",
			   info.out_queued_bytes);
		/* Of them, what is limited: no replies and no notices. */
		alpc_show_amount(s, "messages", &usage.messages);
		alpc_show_amount(s, "message-bytes", &usage.message_bytes);
		seq_printf(s, "alpc-unanswered:\t%u\n", info.out_unanswered);
		if (alpc_clist_state(end, &slots, &unread))
			seq_printf(s, "alpc-list:\t%u of %u\n", unread, slots);
	}
	alpc_show_amount(s, "connections", &usage.connections);
	alpc_show_amount(s, "connects", &usage.connects);
	alpc_show_amount(s, "section-bytes", &usage.section_bytes);
	alpc_show_amount(s, "security-contexts", &usage.security);
	alpc_show_amount(s, "reserves", &usage.reserves);
	/* Each user has a limit of its own for them. */
	if (end->conn)
		seq_printf(s, "alpc-fds:\t%llu\n", usage.fds.used);
	if (end->kind == ALPC_KIND_SERVER)
		seq_printf(s, "alpc-context:\t%#llx\n", info.out_context);
}

static const struct file_operations alpc_port_fops = {
	.owner = THIS_MODULE,
	.release = alpc_release,
	.poll = alpc_poll,
	.unlocked_ioctl = alpc_port_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = alpc_show_fdinfo,
	.llseek = noop_llseek,
};

/**
 * alpc_file_open() - a file for a port
 * @end: port; its object's reference becomes the file's, unless this fails
 *
 * Return: the file, or an error pointer.
 */
struct file *alpc_file_open(struct alpc_end *end)
{
	struct inode *inode = end->conn ? end->port->comm_inode :
					  end->port->inode;

	return alpc_inode_file(inode, alpc_kind_name[end->kind], O_RDWR,
			       &alpc_port_fops, end);
}
