// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands around identities, security contexts and quotas.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "cmd.h"

#include <linux/uaccess.h>
#include <uapi/linux/alpc.h>

#include "identity.h"
#include "port.h"
#include "security.h"
#include "usage.h"

int alpc_cmd_get_identity(struct alpc_ucmd *ucmd)
{
	struct alpc_identity *arg = ucmd->arg;
	struct alpc_identity __user *uarg = ucmd->uarg;
	struct alpc_claim claim;
	int ret;

	ret = alpc_identity_find(ucmd->end, arg, &claim);
	if (ret)
		return ret;
	ret = alpc_identity_tell(&claim, arg);
	alpc_ident_put(claim.ident);
	/* Nothing that somebody could act on comes with an error. */
	if (ret == -EMSGSIZE && put_user(arg->group_count, &uarg->group_count))
		ret = -EFAULT;
	return ret ?: alpc_ucmd_respond(ucmd);
}

int alpc_cmd_create_security(struct alpc_ucmd *ucmd)
{
	struct alpc_create_security *arg = ucmd->arg;
	int ret;

	if (arg->flags & ~(ALPC_SECURITY_STATIC | ALPC_SECURITY_EFFECTIVE_ONLY) ||
	    arg->__reserved)
		return -EINVAL;
	ret = alpc_security_create(ucmd->end, arg);
	if (ret)
		return ret;
	ret = alpc_ucmd_respond(ucmd);
	if (ret)
		alpc_security_delete(ucmd->end, arg->out_security);
	return ret;
}

int alpc_cmd_revoke_security(struct alpc_ucmd *ucmd)
{
	struct alpc_security *arg = ucmd->arg;

	if (arg->flags | arg->__reserved)
		return -EINVAL;
	return alpc_security_revoke(ucmd->end, arg->security);
}

int alpc_cmd_delete_security(struct alpc_ucmd *ucmd)
{
	struct alpc_security *arg = ucmd->arg;

	if (arg->flags | arg->__reserved)
		return -EINVAL;
	return alpc_security_delete(ucmd->end, arg->security);
}

int alpc_cmd_get_usage(struct alpc_ucmd *ucmd)
{
	struct alpc_usage *arg = ucmd->arg;
	int ret;

	if (arg->flags & ~ALPC_USAGE_USER)
		return -EINVAL;
	if (arg->flags & ALPC_USAGE_USER) {
		ret = alpc_usage_of_user(arg);
		if (ret)
			return ret;
	} else if (ucmd->end) {
		alpc_usage_of_port(ucmd->end, arg);
	} else {
		return -EINVAL;
	}
	return alpc_ucmd_respond(ucmd);
}
