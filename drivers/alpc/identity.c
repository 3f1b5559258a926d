// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling one side who the other is.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * What may be told is found under the port's lock, and told without it.
 */
#include "identity.h"

#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "deliver.h"
#include "parcel.h"
#include "port.h"
#include "security.h"

/* Does the other side's changing show on what arrives here? */
static bool alpc_end_hears_changes(const struct alpc_end *end)
{
	return end->kind == ALPC_KIND_CLIENT ? end->conn->server.noted :
					       end->port->note;
}

/* What somebody lets receivers know. Context: port's lock. */
static void alpc_claim_init(struct alpc_claim *claim, struct alpc_ident *ident,
			    const struct alpc_security_context *sec)
{
	*claim = (struct alpc_claim) {
		.withheld = sec ? sec->withheld : ident->withheld,
		.level = sec ? sec->level : ident->level,
		.fixed = sec && sec->ident,
		.effective_only = sec && sec->effective_only,
	};
	claim->ident = alpc_ident_get(claim->fixed ? sec->ident : ident);
}

/* The thread at the other end of the connection. */
static int alpc_claim_peer(struct alpc_end *end, struct alpc_claim *claim)
{
	const struct alpc_conn *conn = end->conn;
	struct alpc_ident *ident;
	const struct alpc_end *peer;

	lockdep_assert_held(&end->port->lock);
	if (!conn)
		return -EOPNOTSUPP;
	peer = alpc_end_peer(end);
	ident = end->kind == ALPC_KIND_CLIENT ? conn->acceptor :
						conn->closed.sender;
	if (!ident)
		return conn->state == ALPC_STATE_CONNECTING ? -ENOTCONN :
							      -EPIPE;
	alpc_claim_init(claim, ident, NULL);
	claim->changes = peer->changes;
	return 0;
}

/* Is it a request whose caller may be acted for now? */
static int alpc_may_impersonate(const struct alpc_message *m,
				const struct alpc_claim *claim)
{
	if (m->type != ALPC_REQUEST)
		return -EBADMSG;
	if (m->state == ALPC_MSG_CANCELED)
		return -ECANCELED;
	if (m->state != ALPC_MSG_PENDING)
		return -ESRCH;
	return claim->level == ALPC_LEVEL_IMPERSONATION ? 0 : -EACCES;
}

/* What a revoked context still tells is what the server requires. */
static int alpc_claim_check(const struct alpc_message *m,
			    const struct alpc_identity *arg,
			    const struct alpc_security_context *sec,
			    const struct alpc_claim *claim)
{
	bool act = arg->flags & ALPC_IDENTITY_IMPERSONATE;

	if (sec && sec->revoked &&
	    (act || claim->withheld == ALPC_IDENTITY_ALL))
		return -EKEYREVOKED;
	return act ? alpc_may_impersonate(m, claim) : 0;
}

static int alpc_claim_id(const struct alpc_end *end,
			 const struct alpc_identity *arg,
			 struct alpc_claim *claim)
{
	const struct alpc_security_context *sec = NULL;
	struct alpc_message *m;
	int ret;

	m = alpc_pending_find(&end->own->pending, arg->id);
	if (!m || (end->conn && m->from->conn != end->conn))
		return -ESRCH;
	if (m->brings & ALPC_BRINGS_SECURITY)
		sec = m->parcel->security;
	alpc_claim_init(claim, alpc_type_is_reply(m->type) ? m->replier :
							     m->sender, sec);
	if (alpc_end_hears_changes(end))
		claim->changes = m->changes;
	ret = alpc_claim_check(m, arg, sec, claim);
	if (ret)
		alpc_ident_put(claim->ident);
	return ret;
}

static int alpc_identity_check(const struct alpc_identity *arg)
{
	if (arg->flags & ~ALPC_IDENTITY_IMPERSONATE ||
	    arg->parts & ~ALPC_IDENTITY_ALL || !arg->groups != !arg->group_count)
		return -EINVAL;
	return 0;
}

/**
 * alpc_identity_find() - find whom a command asks about
 * @end: port
 * @arg: argument
 * @claim: gets the identity, with a reference
 *
 * Return: 0 or an error of &struct alpc_identity.
 */
int alpc_identity_find(struct alpc_end *end, const struct alpc_identity *arg,
		       struct alpc_claim *claim)
{
	int ret;

	ret = alpc_identity_check(arg);
	if (ret)
		return ret;
	if (arg->flags && (!arg->id || (arg->parts | ALPC_IDENTITY_PROCESS) !=
				       ALPC_IDENTITY_ALL))
		return -EINVAL;
	spin_lock(&end->port->lock);
	ret = arg->id ? alpc_claim_id(end, arg, claim) :
			alpc_claim_peer(end, claim);
	spin_unlock(&end->port->lock);
	return ret;
}

/*
 * The capabilities that credentials give over a user namespace, by the kernel's
 * rule: those of their own namespace count in all that are inside it, and who
 * made a namespace has all in it.
 */
static u64 alpc_caps_over(const struct cred *cred, u64 caps,
			  const struct user_namespace *ns)
{
	for (; ns != cred->user_ns; ns = ns->parent) {
		if (ns->level <= cred->user_ns->level)
			return 0;
		if (ns->parent == cred->user_ns &&
		    uid_eq(ns->owner, cred->euid))
			return ALPC_CAPS_ALL;
	}
	return caps;
}

/* How far the groups are told: as many as there is room for. */
static int alpc_tell_groups(const struct cred *cred, struct alpc_identity *arg)
{
	const struct group_info *info = cred->group_info;
	struct user_namespace *ns = current_user_ns();
	u32 __user *to = u64_to_user_ptr(arg->groups);
	u32 room = arg->group_count;
	int i;

	arg->group_count = info->ngroups;
	for (i = 0; i < info->ngroups && i < room; i++)
		if (put_user(from_kgid_munged(ns, info->gid[i]), to + i))
			return -EFAULT;
	return 0;
}

/* To act as somebody, every id must be theirs here as well. */
static int alpc_check_ids(const struct cred *cred,
			  const struct alpc_identity *arg, u32 room)
{
	struct user_namespace *ns = current_user_ns();
	int i;

	if (from_kuid(ns, cred->fsuid) == (uid_t)-1 ||
	    from_kgid(ns, cred->fsgid) == (gid_t)-1)
		return -EOVERFLOW;
	for (i = 0; i < cred->group_info->ngroups; i++)
		if (from_kgid(ns, cred->group_info->gid[i]) == (gid_t)-1)
			return -EOVERFLOW;
	return arg->group_count > room ? -EMSGSIZE : 0;
}

static void alpc_tell_process(const struct alpc_ident *ident,
			      struct alpc_identity *arg)
{
	/* What cannot be seen from here. */
	if (!arg->out_pid)
		return;
	arg->out_start_time = timens_add_boottime_ns(ident->start_time);
	/*
	 * A number names this struct pid and no other from when that was made
	 * until it is taken out of the table, which follows the end of the last
	 * task that is attached. So if one is attached now, whatever was looked
	 * up by the number since it was told was this process.
	 */
	rcu_read_lock();
	if (pid_task(ident->process, PIDTYPE_TGID))
		arg->out_status |= ALPC_IDENTITY_ALIVE;
	rcu_read_unlock();
}

static void alpc_tell_caps(const struct alpc_claim *claim,
			   struct alpc_identity *arg)
{
	const struct cred *cred = claim->ident->cred;
	struct user_namespace *ns = current_user_ns();

	arg->out_caps = alpc_caps_over(cred, alpc_caps(cred->cap_effective), ns);
	arg->out_permitted = arg->out_caps;
	if (!claim->effective_only)
		arg->out_permitted =
			alpc_caps_over(cred, alpc_caps(cred->cap_permitted), ns);
}

/**
 * alpc_identity_tell() - tell an identity to the calling thread
 * @claim: identity
 * @arg: argument; all that it is told is written
 *
 * Return: 0, -EFAULT, and if it is asked for to act as it, -EOVERFLOW or
 * -EMSGSIZE.
 */
int alpc_identity_tell(const struct alpc_claim *claim,
		       struct alpc_identity *arg)
{
	const struct cred *cred = claim->ident->cred;
	struct user_namespace *ns = current_user_ns();
	u32 told = arg->parts & ~claim->withheld;
	bool user = told & ALPC_IDENTITY_USER;
	u32 room = arg->group_count;
	struct alpc_ids ids;
	int ret = 0;

	alpc_ident_tell(claim->ident, ~told, &ids);
	arg->out_parts = told;
	arg->out_status = claim->fixed ? ALPC_IDENTITY_STATIC : 0;
	arg->out_level = claim->level;
	arg->out_pid = ids.pid;
	arg->out_tid = ids.tid;
	arg->out_uid = ids.uid;
	arg->out_gid = ids.gid;
	arg->out_fsuid = from_kuid_munged(ns, user ? cred->fsuid : INVALID_UID);
	arg->out_fsgid = from_kgid_munged(ns, user ? cred->fsgid : INVALID_GID);
	arg->out_changes = claim->changes;
	arg->out_start_time = 0;
	arg->out_caps = 0;
	arg->out_permitted = 0;
	arg->group_count = 0;
	if (told & ALPC_IDENTITY_PROCESS)
		alpc_tell_process(claim->ident, arg);
	if (told & ALPC_IDENTITY_CAPS)
		alpc_tell_caps(claim, arg);
	if (told & ALPC_IDENTITY_GROUPS) {
		arg->group_count = room;
		ret = alpc_tell_groups(cred, arg);
	}
	if (!ret && arg->flags & ALPC_IDENTITY_IMPERSONATE)
		ret = alpc_check_ids(cred, arg, room);
	return ret;
}

static int alpc_identity_read(struct alpc_identity *arg,
			      const struct alpc_identity __user *uarg)
{
	u32 usize;
	int ret;

	if (get_user(usize, &uarg->size))
		return -EFAULT;
	ret = alpc_arg_get(arg, sizeof(*arg),
			   offsetofend(struct alpc_identity, out_permitted),
			   usize, uarg);
	if (ret)
		return ret;
	return arg->flags | arg->id ? -EINVAL : alpc_identity_check(arg);
}

/**
 * alpc_identity_receive() - tell a receiver the sender's identity
 * @end: port that the message is received from
 * @d: delivery
 * @uarg: where the receiver wants it, &struct alpc_identity
 *
 * Return: 0, -EINVAL, -E2BIG or -EFAULT.
 */
int alpc_identity_receive(struct alpc_end *end, const struct alpc_delivery *d,
			  u64 uarg)
{
	const struct alpc_security_context *sec = NULL;
	struct alpc_message *m = d->msg;
	struct alpc_identity arg;
	struct alpc_claim claim;
	int ret;

	ret = alpc_identity_read(&arg, u64_to_user_ptr(uarg));
	if (ret)
		return ret;
	if (d->flags & ALPC_MSG_SECURITY)
		sec = m->parcel->security;
	spin_lock(&end->port->lock);
	alpc_claim_init(&claim, d->from, sec);
	if (alpc_end_hears_changes(end))
		claim.changes = m->changes;
	spin_unlock(&end->port->lock);
	ret = alpc_identity_tell(&claim, &arg);
	alpc_ident_put(claim.ident);
	if (ret)
		return ret;
	return copy_to_user(u64_to_user_ptr(uarg), &arg,
			    min_t(u32, arg.size, sizeof(arg))) ?
	       -EFAULT : 0;
}

/**
 * alpc_identity_override() - a message's ids as its security context has them told
 * @d: delivery of a message that has one
 * @recv: the receiver's argument, filled in
 */
void alpc_identity_override(const struct alpc_delivery *d,
			    struct alpc_msg *recv)
{
	const struct alpc_security_context *sec = d->msg->parcel->security;
	struct alpc_ids ids;

	/* Without the lock: it may be revoked at any time, now or a moment later. */
	alpc_ident_tell(d->from, READ_ONCE(sec->withheld), &ids);
	recv->pid = ids.pid;
	recv->tid = ids.tid;
	recv->uid = ids.uid;
	recv->gid = ids.gid;
}
