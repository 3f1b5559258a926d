// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of security contexts.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "layout.h"

static void named(const char *name, unsigned int command)
{
	begin(name, command, sizeof(struct alpc_security), ENDS, 1);
	size_of(AT(alpc_security, size), sizeof(struct alpc_security));
	flags(AT(alpc_security, flags), 0);
	uses(AT(alpc_security, security), ONE(T_SECURITY));
	zero(AT(alpc_security, __reserved));
}

void layout_security(void)
{
	begin("create_security", ALPC_IOC_CREATE_SECURITY,
	      sizeof(struct alpc_create_security), ENDS, 2);
	size_of(AT(alpc_create_security, size), sizeof(struct alpc_create_security));
	flags(AT(alpc_create_security, flags), 3);
	num(AT(alpc_create_security, level), 4);
	flags(AT(alpc_create_security, withhold), ALPC_IDENTITY_ALL);
	out(AT(alpc_create_security, out_security), T_SECURITY);
	zero(AT(alpc_create_security, __reserved));
	named("revoke_security", ALPC_IOC_REVOKE_SECURITY);
	named("delete_security", ALPC_IOC_DELETE_SECURITY);
}
