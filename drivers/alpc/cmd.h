/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each command does.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_CMD_H
#define ALPC_CMD_H

#include <linux/types.h>

struct alpc_end;

/**
 * struct alpc_ucmd - a command being carried out
 * @end: the port that it came to, NULL for the device
 * @uarg: where the user has the argument
 * @arg: the argument, of this kernel's size
 * @size: how much of it the user knows
 */
struct alpc_ucmd {
	struct alpc_end *end;
	void __user *uarg;
	void *arg;
	u32 size;
};

int alpc_ucmd_respond(struct alpc_ucmd *ucmd);

int alpc_cmd_query(struct alpc_ucmd *ucmd);
int alpc_cmd_create_port(struct alpc_ucmd *ucmd);
int alpc_cmd_connect(struct alpc_ucmd *ucmd);
int alpc_cmd_accept(struct alpc_ucmd *ucmd);
int alpc_cmd_disconnect(struct alpc_ucmd *ucmd);
int alpc_cmd_port_info(struct alpc_ucmd *ucmd);
int alpc_cmd_shutdown(struct alpc_ucmd *ucmd);
int alpc_cmd_notify_exit(struct alpc_ucmd *ucmd);
int alpc_cmd_create_section(struct alpc_ucmd *ucmd);
int alpc_cmd_open_section(struct alpc_ucmd *ucmd);
int alpc_cmd_delete_section(struct alpc_ucmd *ucmd);
int alpc_cmd_take_fds(struct alpc_ucmd *ucmd);
int alpc_cmd_get_identity(struct alpc_ucmd *ucmd);
int alpc_cmd_create_security(struct alpc_ucmd *ucmd);
int alpc_cmd_revoke_security(struct alpc_ucmd *ucmd);
int alpc_cmd_delete_security(struct alpc_ucmd *ucmd);
int alpc_cmd_get_usage(struct alpc_ucmd *ucmd);
int alpc_cmd_create_completion(struct alpc_ucmd *ucmd);
int alpc_cmd_bind(struct alpc_ucmd *ucmd);
int alpc_cmd_create_list(struct alpc_ucmd *ucmd);
int alpc_cmd_delete_list(struct alpc_ucmd *ucmd);

#endif /* ALPC_CMD_H */
