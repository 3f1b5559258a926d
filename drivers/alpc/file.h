/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files behind the descriptors of ports.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_FILE_H
#define ALPC_FILE_H

#include <linux/types.h>

struct alpc_end;
struct file;

struct file *alpc_file_open(struct alpc_end *end);

#endif /* ALPC_FILE_H */
