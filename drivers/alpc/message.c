// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message on its way: its buffer, its state and its references.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "message.h"

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "parcel.h"
#include "reserve.h"
#include "user.h"

static struct kmem_cache *alpc_message_cache;

int __init alpc_message_cache_init(void)
{
	alpc_message_cache = kmem_cache_create("alpc_message",
					       sizeof(struct alpc_message) +
					       ALPC_MESSAGE_INLINE, 0,
					       SLAB_ACCOUNT, NULL);
	return alpc_message_cache ? 0 : -ENOMEM;
}

void alpc_message_cache_exit(void)
{
	kmem_cache_destroy(alpc_message_cache);
}

/* Memory for data that do not fit into a message. */
static void *alpc_buffer_alloc(size_t len)
{
	return kvmalloc(len, GFP_KERNEL_ACCOUNT);
}

/**
 * alpc_answer_alloc() - memory for a reply that does not fit into its request
 * @user: who is charged for it
 * @len: bytes
 *
 * Return: the memory, or an error pointer: -EDQUOT, -ENOMEM.
 */
struct alpc_answer *alpc_answer_alloc(struct alpc_user *user, u32 len)
{
	struct alpc_answer *answer;
	int ret;

	ret = alpc_user_charge(user, ALPC_USER_MESSAGE_BYTES, len);
	if (ret)
		return ERR_PTR(ret);
	answer = alpc_buffer_alloc(struct_size(answer, data,
					       DIV_ROUND_UP(len, sizeof(u64))));
	if (!answer) {
		alpc_user_uncharge(user, ALPC_USER_MESSAGE_BYTES, len);
		return ERR_PTR(-ENOMEM);
	}
	answer->user = alpc_user_get(user);
	answer->len = len;
	return answer;
}

/**
 * alpc_answer_free() - the reply is not needed any more
 * @answer: what alpc_answer_alloc() has returned, or NULL
 */
void alpc_answer_free(struct alpc_answer *answer)
{
	if (!answer)
		return;
	alpc_user_uncharge(answer->user, ALPC_USER_MESSAGE_BYTES, answer->len);
	alpc_user_put(answer->user);
	kvfree(answer);
}

/* A message that was never used, charged to a user. */
static noinline struct alpc_message *alpc_message_make(struct alpc_user *user)
{
	struct alpc_message *m;
	int ret;

	ret = user ? alpc_user_charge(user, ALPC_USER_MESSAGES, 1) : 0;
	if (ret)
		return ERR_PTR(ret);
	m = kmem_cache_alloc(alpc_message_cache, GFP_KERNEL);
	if (!m) {
		if (user)
			alpc_user_uncharge(user, ALPC_USER_MESSAGES, 1);
		return ERR_PTR(-ENOMEM);
	}
	INIT_LIST_HEAD(&m->node);
	INIT_HLIST_NODE(&m->sent);
	INIT_HLIST_NODE(&m->hash);
	m->sender = NULL;
	m->replier = NULL;
	m->parcel = NULL;
	m->brings = 0;
	m->single = false;
	m->changes = 0;
	m->reserve = NULL;
	m->user = user ? alpc_user_get(user) : NULL;
	refcount_set(&m->ref, 1);
	return m;
}

/* Memory for data that do not fit into the message itself. */
static noinline int alpc_message_extend(struct alpc_message *m, u32 room)
{
	void *data;
	int ret;

	ret = m->user ? alpc_user_charge(m->user, ALPC_USER_MESSAGE_BYTES,
					 room) : 0;
	if (ret)
		return ret;
	data = alpc_buffer_alloc(room);
	if (!data) {
		if (m->user)
			alpc_user_uncharge(m->user, ALPC_USER_MESSAGE_BYTES,
					   room);
		return -ENOMEM;
	}
	m->data = data;
	m->room = room;
	return 0;
}

/**
 * alpc_message_alloc() - a message for the calling thread to fill
 * @spare: where a message to use again may lie
 * @user: who is charged for a new one, or NULL
 * @room: how many bytes of data it must hold
 *
 * Return: a message in state NEW with one reference, or an error pointer:
 * -ENOMEM, -EDQUOT. The identities of an earlier use may be in it, for
 * alpc_ident_renew().
 */
struct alpc_message *alpc_message_alloc(struct alpc_message **spare,
					struct alpc_user *user, u32 room)
{
	struct alpc_message *m = NULL;
	int ret;

	if (READ_ONCE(*spare))
		m = xchg(spare, NULL);
	if (unlikely(!m)) {
		m = alpc_message_make(user);
		if (IS_ERR(m))
			return m;
	}
	alpc_message_renew(m);
	if (likely(room <= ALPC_MESSAGE_INLINE))
		return m;

	ret = alpc_message_extend(m, room);
	if (ret) {
		alpc_message_recycle(m, spare);
		return ERR_PTR(ret);
	}
	return m;
}

static noinline void alpc_message_free_data(struct alpc_message *m)
{
	kvfree(m->data);
	if (m->user)
		alpc_user_uncharge(m->user, ALPC_USER_MESSAGE_BYTES, m->room);
}

/* What it had beside the memory that it began with. */
static void alpc_message_free_more(struct alpc_message *m)
{
	if (unlikely(m->answer)) {
		alpc_answer_free(m->answer);
		m->answer = NULL;
	}
	if (unlikely(m->parcel))
		alpc_parcel_empty(m);
}

static void alpc_message_free_buffers(struct alpc_message *m)
{
	if (unlikely(m->data != alpc_message_inline(m)))
		alpc_message_free_data(m);
	alpc_message_free_more(m);
}

static void alpc_message_empty(struct alpc_message *m)
{
	/* Pairs with the release of the last other reference. */
	smp_acquire__after_ctrl_dep();
	alpc_message_free_buffers(m);
	m->data = alpc_message_inline(m);
}

/**
 * alpc_message_reset() - make a message ready to be used again
 * @m: message that nobody finds any more; the reference stays the caller's
 *
 * Return: true, or false if another thread is still copying it, or it is not to be
 * used again so.
 */
bool alpc_message_reset(struct alpc_message *m)
{
	if (unlikely(m->single || refcount_read(&m->ref) != 1))
		return false;
	alpc_message_empty(m);
	return true;
}

/**
 * alpc_message_recycle() - keep a message for the next one, or drop it
 * @m: message that nobody finds any more; the caller's reference is consumed
 * @spare: where to keep it
 *
 * A message that a receiver is still copying is not used again, and one that is
 * single is dropped.
 */
void alpc_message_recycle(struct alpc_message *m, struct alpc_message **spare)
{
	if (unlikely(m->single || refcount_read(&m->ref) != 1 ||
		     READ_ONCE(*spare))) {
		alpc_message_put(m);
		return;
	}
	alpc_message_empty(m);
	if (unlikely(cmpxchg(spare, NULL, m)))
		alpc_message_put(m);
}

/**
 * alpc_message_free() - free a message, or let it come back to its reserve
 * @m: message whose last reference is gone
 *
 * Context: process context without a spinlock.
 */
void alpc_message_free(struct alpc_message *m)
{
	if (m->reserve) {
		alpc_message_free_more(m);
		alpc_reserve_put(m->reserve);
		return;
	}
	alpc_message_free_buffers(m);
	alpc_ident_put(m->sender);
	alpc_ident_put(m->replier);
	kfree(m->parcel);
	if (m->user) {
		alpc_user_uncharge(m->user, ALPC_USER_MESSAGES, 1);
		alpc_user_put(m->user);
	}
	kmem_cache_free(alpc_message_cache, m);
}

/**
 * alpc_message_init_notice() - a message without data, in memory set aside
 * @m: message embedded in the object that the notice is about
 * @from: communication port that it will seem to come through
 * @type: &enum alpc_message_type
 *
 * Its reference belongs to the object, which frees it.
 */
void alpc_message_init_notice(struct alpc_message *m, struct alpc_end *from,
			      u8 type)
{
	memset(m, 0, sizeof(*m));
	INIT_LIST_HEAD(&m->node);
	INIT_HLIST_NODE(&m->sent);
	refcount_set(&m->ref, 1);
	m->from = from;
	m->type = type;
}

/**
 * alpc_arg_get() - read an argument of any published size
 * @arg: where to put it, filled up with zeroes
 * @ksize: its size in this kernel
 * @min_size: its size when it was first published
 * @usize: size that the user gives, read once, by itself, so that what the user
 *	does to it meanwhile changes nothing
 * @uarg: where the user has it
 *
 * Return: 0, -EINVAL, -E2BIG or -EFAULT.
 */
int alpc_arg_get(void *arg, u32 ksize, u32 min_size, u32 usize,
		 const void __user *uarg)
{
	if (usize < min_size)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(arg, ksize, uarg, usize);
}

/*
 * A copy of variable length to or from slab memory pays more for the hardened
 * usercopy checks than short data are worth; our callers check the bounds
 * against the buffer that we allocated. So short data go in words, eight in a row
 * as far as they come to that, and the last ones in bytes.
 */
#define ALPC_COPY_LARGE		256U
#define ALPC_COPY_BLOCK		64U

static int alpc_copy_in_short(u64 *to, const u64 __user *from, u32 len)
{
	const u8 __user *from_byte;
	u8 *to_byte;

	if (len == ALPC_COPY_LARGE)
		return copy_from_user(to, from, ALPC_COPY_LARGE) ? -EFAULT : 0;
	if (!user_read_access_begin(from, len))
		return -EFAULT;
	for (; len >= ALPC_COPY_BLOCK; len -= ALPC_COPY_BLOCK) {
		unsafe_get_user(to[0], from + 0, fault);
		unsafe_get_user(to[1], from + 1, fault);
		unsafe_get_user(to[2], from + 2, fault);
		unsafe_get_user(to[3], from + 3, fault);
		unsafe_get_user(to[4], from + 4, fault);
		unsafe_get_user(to[5], from + 5, fault);
		unsafe_get_user(to[6], from + 6, fault);
		unsafe_get_user(to[7], from + 7, fault);
		to += 8;
		from += 8;
	}
	for (; len >= sizeof(*to); len -= sizeof(*to), to++, from++)
		unsafe_get_user(*to, from, fault);
	to_byte = (u8 *)to;
	from_byte = (const u8 __user *)from;
	while (len--)
		unsafe_get_user(*to_byte++, from_byte++, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

static int alpc_copy_out_short(u64 __user *to, const u64 *from, u32 len)
{
	const u8 *from_byte;
	u8 __user *to_byte;

	if (len == ALPC_COPY_LARGE)
		return copy_to_user(to, from, ALPC_COPY_LARGE) ? -EFAULT : 0;
	if (!user_write_access_begin(to, len))
		return -EFAULT;
	for (; len >= ALPC_COPY_BLOCK; len -= ALPC_COPY_BLOCK) {
		unsafe_put_user(from[0], to + 0, fault);
		unsafe_put_user(from[1], to + 1, fault);
		unsafe_put_user(from[2], to + 2, fault);
		unsafe_put_user(from[3], to + 3, fault);
		unsafe_put_user(from[4], to + 4, fault);
		unsafe_put_user(from[5], to + 5, fault);
		unsafe_put_user(from[6], to + 6, fault);
		unsafe_put_user(from[7], to + 7, fault);
		to += 8;
		from += 8;
	}
	for (; len >= sizeof(*to); len -= sizeof(*to), to++, from++)
		unsafe_put_user(*from, to, fault);
	to_byte = (u8 __user *)to;
	from_byte = (const u8 *)from;
	while (len--)
		unsafe_put_user(*from_byte++, to_byte++, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/**
 * alpc_copy_in_some() - copy a message's data from the sender
 * @to: buffer of at least @len bytes, 8-byte aligned
 * @from: user address
 * @len: bytes, more than 0
 *
 * Return: 0 or -EFAULT; then some of the buffer may have been written.
 */
int alpc_copy_in_some(void *to, const void __user *from, u32 len)
{
	if (likely(len <= ALPC_MESSAGE_INLINE))
		return alpc_copy_in_short(to, from, len);
	return copy_from_user(to, from, len) ? -EFAULT : 0;
}

/**
 * alpc_copy_out_some() - copy a message's data to the receiver
 * @to: user address
 * @from: buffer of at least @len bytes, 8-byte aligned
 * @len: bytes, more than 0
 *
 * Return: 0 or -EFAULT; then some of it may have been written.
 */
int alpc_copy_out_some(void __user *to, const void *from, u32 len)
{
	if (likely(len <= ALPC_MESSAGE_INLINE))
		return alpc_copy_out_short(to, from, len);
	return copy_to_user(to, from, len) ? -EFAULT : 0;
}
