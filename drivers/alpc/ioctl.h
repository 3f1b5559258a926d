/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands: arguments in, results out.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_IOCTL_H
#define ALPC_IOCTL_H

#include <linux/types.h>

struct alpc_end;
struct alpc_port_info;
struct file;

long alpc_device_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long alpc_port_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

int alpc_ioctl_elsewhere(unsigned int cmd);

void alpc_port_info(struct alpc_end *end, struct alpc_port_info *info);

#endif /* ALPC_IOCTL_H */
