// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module and its device.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "exit.h"
#include "ioctl.h"
#include "message.h"
#include "names.h"
#include "port.h"
#include "runner.h"
#include "user.h"

static const struct file_operations alpc_device_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.unlocked_ioctl = alpc_device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* Who may connect is decided by each port. */
static struct miscdevice alpc_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &alpc_device_fops,
	.mode = 0666,
};

static int __init alpc_init(void)
{
	int ret;

	ret = alpc_message_cache_init();
	if (ret)
		return ret;
	ret = alpc_conn_cache_init();
	if (ret)
		goto err_message;
	alpc_exit_init();
	alpc_user_init();
	ret = alpc_names_init();
	if (ret)
		goto err_conn;
	ret = misc_register(&alpc_device);
	if (ret)
		goto err_names;
	return 0;

err_names:
	alpc_names_exit();
err_conn:
	alpc_conn_cache_exit();
err_message:
	alpc_message_cache_exit();
	return ret;
}

static void __exit alpc_exit_module(void)
{
	misc_deregister(&alpc_device);
	alpc_names_exit();
	alpc_exit_exit();
	alpc_runner_exit();
	alpc_conn_cache_exit();
	alpc_message_cache_exit();
}

module_init(alpc_init);
module_exit(alpc_exit_module);

MODULE_DESCRIPTION("Local procedure calls through port objects");
MODULE_AUTHOR("The ALPC for Linux authors");
MODULE_LICENSE("GPL");
