// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of connection ports, by network namespace.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "names.h"

#include <linux/hashtable.h>
#include <linux/jhash.h>
#include <linux/nls.h>
#include <linux/random.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "port.h"

#define ALPC_NAME_BITS	10

/**
 * struct alpc_net - the names in one network namespace
 * @lock: protects @names; nothing is taken inside it
 * @names: ports by the hash of their name
 */
struct alpc_net {
	spinlock_t lock;	/* @names */
	DECLARE_HASHTABLE(names, ALPC_NAME_BITS);
};

static unsigned int alpc_net_id;

/* Nobody can choose names that lie in one bucket. */
static u32 alpc_name_seed __ro_after_init;

static struct alpc_net *alpc_net(struct net *net)
{
	return net_generic(net, alpc_net_id);
}

static u32 alpc_name_hash(const char *name, size_t len)
{
	return jhash(name, len, alpc_name_seed);
}

static bool alpc_char_is_control(unicode_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/**
 * alpc_name_check() - is this a name that a port can have?
 * @name: name, not terminated
 * @len: bytes
 *
 * Return: 0, or -EINVAL unless it is 1 to %ALPC_NAME_MAX bytes of valid UTF-8
 * without control characters.
 */
int alpc_name_check(const char *name, size_t len)
{
	unicode_t c;
	int n;

	if (!len || len > ALPC_NAME_MAX)
		return -EINVAL;
	for (; len; name += n, len -= n) {
		n = utf8_to_utf32((const u8 *)name, len, &c);
		if (n <= 0 || alpc_char_is_control(c))
			return -EINVAL;
	}
	return 0;
}

static struct alpc_port *alpc_names_lookup(struct alpc_net *an, u32 hash,
					   const char *name, size_t len)
{
	struct alpc_port *port;

	hash_for_each_possible(an->names, port, name_node, hash)
		if (port->name_len == len && !memcmp(port->name, name, len))
			return port;
	return NULL;
}

/**
 * alpc_names_add() - publish a port under its name
 * @port: port with its name set and everything else ready for clients
 *
 * Return: 0 or -EEXIST.
 */
int alpc_names_add(struct alpc_port *port)
{
	u32 hash = alpc_name_hash(port->name, port->name_len);
	struct alpc_net *an = alpc_net(port->net);
	int ret = 0;

	spin_lock(&an->lock);
	if (alpc_names_lookup(an, hash, port->name, port->name_len))
		ret = -EEXIST;
	else
		hash_add(an->names, &port->name_node, hash);
	spin_unlock(&an->lock);
	return ret;
}

/* The name is free again. */
void alpc_names_del(struct alpc_port *port)
{
	struct alpc_net *an = alpc_net(port->net);

	spin_lock(&an->lock);
	hash_del(&port->name_node);
	spin_unlock(&an->lock);
}

/**
 * alpc_names_find() - the port of that name
 * @net: namespace
 * @name: name, not terminated
 * @len: bytes
 *
 * Return: a reference to the port, which may be closed any moment, or NULL.
 */
struct alpc_port *alpc_names_find(struct net *net, const char *name, size_t len)
{
	struct alpc_net *an = alpc_net(net);
	struct alpc_port *port;

	spin_lock(&an->lock);
	port = alpc_names_lookup(an, alpc_name_hash(name, len), name, len);
	if (port)
		alpc_port_get(port);
	spin_unlock(&an->lock);
	return port;
}

static int __net_init alpc_net_init(struct net *net)
{
	struct alpc_net *an = alpc_net(net);

	spin_lock_init(&an->lock);
	hash_init(an->names);
	return 0;
}

static struct pernet_operations alpc_net_ops = {
	.init = alpc_net_init,
	.id = &alpc_net_id,
	.size = sizeof(struct alpc_net),
};

int __init alpc_names_init(void)
{
	alpc_name_seed = get_random_u32();
	return register_pernet_subsys(&alpc_net_ops);
}

void alpc_names_exit(void)
{
	unregister_pernet_subsys(&alpc_net_ops);
}
