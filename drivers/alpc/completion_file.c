// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files behind the descriptors of completion ports.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "completion.h"

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "inode.h"
#include "ioctl.h"
#include "message.h"
#include "packet.h"

/* Context: lock held. */
static void alpc_completion_look(struct alpc_completion *c,
				 struct alpc_set_completion *arg)
{
	arg->concurrency = alpc_completion_limit(c);
	arg->out_running = atomic_read(&c->running);
	arg->out_waiting = c->waiting;
	arg->out_bound = c->bound;
	arg->out_packets = c->packets;
}

static void alpc_completion_change(struct alpc_completion *c, u32 concurrency,
				   struct alpc_set_completion *arg)
{
	rcu_read_lock();
	spin_lock_irq(&c->lock);
	c->concurrency = concurrency;
	alpc_completion_release(c);
	alpc_completion_look(c, arg);
	spin_unlock_irq(&c->lock);
	rcu_read_unlock();
}

static int alpc_set_completion(struct alpc_completion *c,
			       struct alpc_set_completion *arg,
			       struct alpc_set_completion __user *uarg)
{
	u32 size = min_t(u32, arg->size, sizeof(*arg));
	u32 concurrency = arg->concurrency;

	if (arg->flags & ~ALPC_SET_CONCURRENCY || arg->__reserved)
		return -EINVAL;
	spin_lock_irq(&c->lock);
	alpc_completion_look(c, arg);
	spin_unlock_irq(&c->lock);
	/* Nothing is changed for who cannot be told. */
	if (copy_to_user(uarg, arg, size))
		return -EFAULT;
	if (!(arg->flags & ALPC_SET_CONCURRENCY))
		return 0;
	alpc_completion_change(c, concurrency, arg);
	return copy_to_user(uarg, arg, size) ? -EFAULT : 0;
}

static __poll_t alpc_completion_poll(struct file *file,
				     struct poll_table_struct *wait)
{
	struct alpc_completion *c = file->private_data;
	bool any;

	poll_wait(file, &c->pollers, wait);
	/* Who adds a packet looks for pollers under the lock. */
	spin_lock_irq(&c->lock);
	any = c->packets;
	spin_unlock_irq(&c->lock);
	return any ? EPOLLIN | EPOLLRDNORM : 0;
}

static void alpc_completion_fdinfo(struct seq_file *s, struct file *file)
{
	struct alpc_completion *c = file->private_data;
	struct alpc_set_completion state;

	spin_lock_irq(&c->lock);
	alpc_completion_look(c, &state);
	spin_unlock_irq(&c->lock);
	seq_puts(s, "alpc-kind:\tcompletion\n");
	seq_printf(s, "alpc-running:\t%u of %u\n", state.out_running,
		   state.concurrency);
	seq_printf(s, "alpc-waiting:\t%u\n", state.out_waiting);
	seq_printf(s, "alpc-bound:\t%u\n", state.out_bound);
	seq_printf(s, "alpc-packets:\t%u\n", state.out_packets);
}

static void alpc_completion_free(struct alpc_completion *c)
{
	alpc_inode_put(c->inode);
	kfree(c);
}

static int alpc_completion_close(struct inode *inode, struct file *file)
{
	struct alpc_completion *c = file->private_data;

	alpc_completion_exit(c);
	alpc_completion_free(c);
	return 0;
}

/* Memory for any argument. */
union alpc_completion_arg {
	struct alpc_wait_packets wait;
	struct alpc_post_packets post;
	struct alpc_set_completion set;
};

/* Read the argument of a command that this file has. */
static int alpc_completion_arg_get(union alpc_completion_arg *arg,
				   unsigned int cmd, u32 usize,
				   const void __user *uarg)
{
	switch (cmd) {
	case ALPC_IOC_WAIT_PACKETS:
		return alpc_arg_get(&arg->wait, sizeof(arg->wait),
				    offsetofend(struct alpc_wait_packets,
						out_count), usize, uarg);
	case ALPC_IOC_POST_PACKETS:
		return alpc_arg_get(&arg->post, sizeof(arg->post),
				    offsetofend(struct alpc_post_packets,
						__reserved), usize, uarg);
	default:
		return alpc_arg_get(&arg->set, sizeof(arg->set),
				    offsetofend(struct alpc_set_completion,
						__reserved), usize, uarg);
	}
}

static bool alpc_completion_has(unsigned int cmd)
{
	return cmd == ALPC_IOC_WAIT_PACKETS || cmd == ALPC_IOC_POST_PACKETS ||
	       cmd == ALPC_IOC_SET_COMPLETION;
}

static long alpc_completion_ioctl(struct file *file, unsigned int cmd,
				  unsigned long address)
{
	struct alpc_completion *c = file->private_data;
	void __user *uarg = (void __user *)address;
	union alpc_completion_arg arg;
	u32 usize;
	int ret;

	if (!alpc_completion_has(cmd))
		return alpc_ioctl_elsewhere(cmd);
	if (get_user(usize, (u32 __user *)uarg))
		return -EFAULT;
	ret = alpc_completion_arg_get(&arg, cmd, usize, uarg);
	if (ret)
		return ret;
	switch (cmd) {
	case ALPC_IOC_WAIT_PACKETS:
		return alpc_wait_packets(c, &arg.wait, uarg,
					 file->f_flags & O_NONBLOCK);
	case ALPC_IOC_POST_PACKETS:
		return alpc_post_packets(c, &arg.post);
	default:
		return alpc_set_completion(c, &arg.set, uarg);
	}
}

static const struct file_operations alpc_completion_fops = {
	.owner = THIS_MODULE,
	.release = alpc_completion_close,
	.poll = alpc_completion_poll,
	.unlocked_ioctl = alpc_completion_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = alpc_completion_fdinfo,
	.llseek = noop_llseek,
};

bool alpc_file_is_completion(const struct file *file)
{
	return file->f_op == &alpc_completion_fops;
}

/**
 * alpc_completion_file() - create a completion port
 * @concurrency: as &alpc_create_completion.concurrency
 *
 * Return: its file, or an error pointer.
 */
struct file *alpc_completion_file(u32 concurrency)
{
	struct alpc_completion *c;
	struct file *file;
	int ret;

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->inode = alpc_inode_alloc(ALPC_KIND_CLIENT);
	if (IS_ERR(c->inode)) {
		ret = PTR_ERR(c->inode);
		kfree(c);
		return ERR_PTR(ret);
	}
	alpc_completion_init(c, concurrency);
	file = alpc_inode_file(c->inode, "completion", O_RDWR,
			       &alpc_completion_fops, c);
	if (IS_ERR(file))
		alpc_completion_free(c);
	return file;
}
