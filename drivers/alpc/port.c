// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports and connections: making and freeing the objects.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "port.h"

#include <linux/fs.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "inode.h"
#include "pool.h"
#include "section.h"
#include "security.h"
#include "user.h"

static atomic64_t alpc_last_port_id = ATOMIC64_INIT(0);

/* A cache of its own, because kmalloc() would round its size up by a fifth. */
static struct kmem_cache *alpc_conn_cache;

int __init alpc_conn_cache_init(void)
{
	alpc_conn_cache = KMEM_CACHE(alpc_conn, SLAB_ACCOUNT);
	return alpc_conn_cache ? 0 : -ENOMEM;
}

void alpc_conn_cache_exit(void)
{
	kmem_cache_destroy(alpc_conn_cache);
}

/* A limit of the ABI: 0 stands for the default. */
static int alpc_limit(u64 asked, u64 standard, u64 max, u64 *limit)
{
	if (asked > max)
		return -EINVAL;
	*limit = asked ?: standard;
	return 0;
}

static int alpc_limit_u32(u32 asked, u32 standard, u32 max, u32 *limit)
{
	u64 value;
	int ret = alpc_limit(asked, standard, max, &value);

	if (!ret)
		*limit = value;
	return ret;
}

static int alpc_section_limits_init(struct alpc_port_limits *limits,
				    const struct alpc_create_port *arg)
{
	if (arg->flags & ALPC_PORT_NO_SECTIONS) {
		limits->max_section = 0;
		limits->max_view = 0;
		limits->max_section_total = 0;
		return arg->max_section | arg->max_view |
		       arg->max_section_total ? -EINVAL : 0;
	}
	return alpc_limit(arg->max_section, ALPC_SECTION_DEFAULT,
			  ALPC_SECTION_MAX, &limits->max_section) ?:
	       alpc_limit(arg->max_view, limits->max_section, ALPC_SECTION_MAX,
			  &limits->max_view) ?:
	       alpc_limit(arg->max_section_total,
			  max(limits->max_section, ALPC_SECTION_TOTAL_DEFAULT),
			  ALPC_SECTION_TOTAL_MAX, &limits->max_section_total);
}

/**
 * alpc_port_limits_init() - check the limits asked for and fill in defaults
 * @limits: result
 * @arg: what was asked for
 *
 * Return: 0 or -EINVAL.
 */
int alpc_port_limits_init(struct alpc_port_limits *limits,
			  const struct alpc_create_port *arg)
{
	int ret;

	ret = alpc_limit_u32(arg->max_message, ALPC_DATA_DEFAULT,
			     ALPC_DATA_MAX, &limits->max_message) ?:
	      alpc_limit_u32(arg->queue_messages, ALPC_QUEUE_MESSAGES_DEFAULT,
			     ALPC_QUEUE_MESSAGES_MAX,
			     &limits->queue_messages) ?:
	      alpc_limit_u32(arg->max_connections, ALPC_CONNECTIONS_DEFAULT,
			     ALPC_CONNECTIONS_MAX, &limits->max_connections) ?:
	      alpc_limit_u32(arg->max_pending, ALPC_PENDING_DEFAULT,
			     ALPC_PENDING_MAX, &limits->max_pending) ?:
	      alpc_limit_u32(arg->spin_ns, ALPC_SPIN_DEFAULT_NS,
			     ALPC_SPIN_MAX_NS, &limits->spin_ns) ?:
	      alpc_limit(arg->queue_bytes, ALPC_QUEUE_BYTES_DEFAULT,
			 ALPC_QUEUE_BYTES_MAX, &limits->queue_bytes) ?:
	      alpc_limit_u32(arg->max_security, ALPC_SECURITY_DEFAULT,
			     ALPC_SECURITY_MAX, &limits->max_security) ?:
	      alpc_section_limits_init(limits, arg);
	limits->no_ranges = arg->flags & ALPC_PORT_NO_RANGES;
	if ((arg->require | arg->withhold) & ~ALPC_IDENTITY_ALL)
		return -EINVAL;
	limits->require = arg->require;
	limits->withhold = arg->withhold;
	limits->note = arg->flags & ALPC_PORT_NOTE_IDENTITY;
	if (arg->flags & ALPC_PORT_NO_SPIN) {
		if (arg->spin_ns)
			return -EINVAL;
		limits->spin_ns = 0;
	}
	return ret;
}

/**
 * alpc_conn_options_init() - check what a client asks for and fill in defaults
 * @options: result
 * @arg: what was asked for
 *
 * Return: 0 or -EINVAL.
 */
int alpc_conn_options_init(struct alpc_conn_options *options,
			   const struct alpc_connect *arg)
{
	options->note = arg->flags & ALPC_CONNECT_NOTE_IDENTITY;
	return alpc_limit_u32(arg->queue_messages, ALPC_CLIENT_MESSAGES_DEFAULT,
			      ALPC_QUEUE_MESSAGES_MAX,
			      &options->queue_messages) ?:
	       alpc_limit(arg->queue_bytes, ALPC_CLIENT_BYTES_DEFAULT,
			  ALPC_QUEUE_BYTES_MAX, &options->queue_bytes) ?:
	       alpc_level_check(arg->level, arg->withhold, &options->level,
				&options->withhold);
}

static void alpc_end_init(struct alpc_end *end, u8 kind,
			  struct alpc_port *port, struct alpc_conn *conn)
{
	end->kind = kind;
	end->port = port;
	end->conn = conn;
	end->own = kind == ALPC_KIND_CLIENT ? &conn->queue : &port->queue;
	end->outbox = kind == ALPC_KIND_SERVER ? &conn->queue : &port->queue;
	INIT_HLIST_HEAD(&end->sent);
	INIT_HLIST_HEAD(&end->reserves);
	/* How long a client spins is not for the server to raise. */
	if (kind == ALPC_KIND_CLIENT)
		end->spin.max_ns = min(port->end.spin.max_ns,
				       ALPC_SPIN_DEFAULT_NS);
	else if (kind == ALPC_KIND_SERVER)
		end->spin.max_ns = port->end.spin.max_ns;
}

static void alpc_end_exit(struct alpc_end *end)
{
	WARN_ON_ONCE(!hlist_empty(&end->sent) || !hlist_empty(&end->reserves) ||
		     (end->conn && !list_empty(&alpc_end_backlog(end)->blocked)));
	if (end->spare)
		alpc_message_free(end->spare);
	put_pid(end->last_thread);
	put_cred(end->last_cred);
	kfree(end->pool);
	alpc_ident_cache_exit(&end->idents);
}

/**
 * alpc_end_has_share() - may a port send although the queue is full?
 * @end: communication port
 *
 * Who waits for room in its share is not overtaken.
 *
 * Context: port's lock held.
 */
bool alpc_end_has_share(const struct alpc_end *end)
{
	const struct alpc_backlog *b = alpc_end_backlog(end);

	return list_empty(&b->blocked) &&
	       alpc_backlog_has_share(alpc_end_outbox(end), b);
}

/**
 * alpc_end_note_from() - begin to note who sends through an end
 * @end: communication port
 * @ident: whom the first sender is compared with
 *
 * Context: port's lock held, or nobody else knows the end.
 */
void alpc_end_note_from(struct alpc_end *end, struct alpc_ident *ident)
{
	if (!end->noted)
		return;
	end->last_thread = get_pid(ident->thread);
	end->last_cred = get_cred(ident->cred);
}

/**
 * alpc_end_sees_change() - is this another sender than last time?
 * @end: communication port whose senders are noted
 * @ident: who sends through it
 *
 * Context: port's lock held.
 */
bool alpc_end_sees_change(struct alpc_end *end, const struct alpc_ident *ident)
{
	struct pid *thread = end->last_thread;
	const struct cred *cred = end->last_cred;

	lockdep_assert_held(&end->port->lock);
	/*
	 * Not the snapshot, as there can be several that show the same, nor a
	 * reference to it, as its memory may be wanted again.
	 */
	if (thread == ident->thread && cred == ident->cred)
		return false;
	end->changes++;
	end->last_thread = get_pid(ident->thread);
	end->last_cred = get_cred(ident->cred);
	put_pid(thread);
	put_cred(cred);
	return true;
}

/**
 * alpc_end_note_sender() - compare who sends with who sent last
 * @end: communication port whose senders are noted
 * @m: message that is sent through it, or answered
 * @ident: its sender
 *
 * Context: port's lock held.
 */
void alpc_end_note_sender(struct alpc_end *end, struct alpc_message *m,
			  struct alpc_ident *ident)
{
	if (alpc_end_sees_change(end, ident))
		m->flags |= ALPC_MSG_IDENTITY;
	m->changes = end->changes;
}

/**
 * alpc_end_forget_sender() - nobody was told who has sent last
 * @end: communication port whose senders are noted
 *
 * Whoever sends next is told of, as there is nobody any more to compare with: else one
 * whose first message was withdrawn would not be noticed.
 *
 * Context: port's lock held.
 */
void alpc_end_forget_sender(struct alpc_end *end)
{
	lockdep_assert_held(&end->port->lock);
	put_pid(end->last_thread);
	put_cred(end->last_cred);
	end->last_thread = NULL;
	end->last_cred = NULL;
}

/**
 * alpc_end_id() - the number that fdinfo and the tracepoints show
 * @end: port
 */
u64 alpc_end_id(const struct alpc_end *end)
{
	if (!end->conn)
		return end->port->id;
	return end->conn->id + (end->kind == ALPC_KIND_SERVER);
}

/**
 * alpc_port_alloc() - a connection port without a name
 * @net: namespace that its name will be in
 * @limits: checked limits
 *
 * Return: the port with one reference, or an error pointer.
 */
struct alpc_port *alpc_port_alloc(struct net *net,
				  const struct alpc_port_limits *limits)
{
	struct alpc_port *port;
	int ret;

	port = kvzalloc(sizeof(*port), GFP_KERNEL_ACCOUNT);
	if (!port)
		return ERR_PTR(-ENOMEM);
	port->inode = alpc_inode_alloc(ALPC_KIND_CONNECTION);
	if (IS_ERR(port->inode)) {
		ret = PTR_ERR(port->inode);
		goto err_free;
	}
	port->comm_inode = alpc_inode_alloc(ALPC_KIND_CLIENT);
	if (IS_ERR(port->comm_inode)) {
		ret = PTR_ERR(port->comm_inode);
		goto err_inode;
	}
	port->end.user = alpc_user_get_current();
	if (!port->end.user) {
		ret = -ENOMEM;
		goto err_comm_inode;
	}
	spin_lock_init(&port->lock);
	refcount_set(&port->ref, 1);
	alpc_end_init(&port->end, ALPC_KIND_CONNECTION, port, NULL);
	port->end.spin.max_ns = limits->spin_ns;
	alpc_ident_cache_init(&port->end.idents, port->ident_slot,
			      ALPC_PORT_IDENTS);
	port->end.idents.withhold = limits->withhold;
	alpc_queue_init(&port->queue, limits->queue_messages,
			limits->queue_bytes);
	port->queue.plain_len = limits->max_message + 1;
	alpc_pending_init(&port->queue.pending, port->bucket,
			  ALPC_PENDING_BUCKETS);
	INIT_LIST_HEAD(&port->conns);
	port->max_connections = limits->max_connections;
	port->max_pending = limits->max_pending;
	port->max_message = limits->max_message;
	port->max_section = limits->max_section;
	port->max_view = limits->max_view;
	port->max_section_total = limits->max_section_total;
	port->no_ranges = limits->no_ranges;
	port->max_security = limits->max_security;
	port->require = limits->require;
	port->withhold = limits->withhold;
	port->note = limits->note;
	INIT_LIST_HEAD(&port->connectors);
	port->id = atomic64_inc_return(&alpc_last_port_id);
	port->cred = get_current_cred();
	port->net = get_net(net);
	INIT_HLIST_NODE(&port->name_node);
	return port;

err_comm_inode:
	alpc_inode_put(port->comm_inode);
err_inode:
	alpc_inode_put(port->inode);
err_free:
	kvfree(port);
	return ERR_PTR(ret);
}

struct alpc_port *alpc_port_get(struct alpc_port *port)
{
	refcount_inc(&port->ref);
	return port;
}

/**
 * alpc_port_put() - drop a reference
 * @port: connection port
 *
 * Context: may sleep.
 */
void alpc_port_put(struct alpc_port *port)
{
	if (!refcount_dec_and_test(&port->ref))
		return;
	WARN_ON_ONCE(!list_empty(&port->conns) ||
		     !list_empty(&port->queue.ready));
	alpc_end_exit(&port->end);
	alpc_user_put(port->end.user);
	alpc_inode_put(port->comm_inode);
	alpc_inode_put(port->inode);
	put_cred(port->cred);
	if (port->net)
		put_net(port->net);
	kvfree(port);
}

/* Charge the calling thread's user for a connection that is not answered. */
static int alpc_conn_charge(struct alpc_conn *conn)
{
	struct alpc_user *user;
	int ret;

	ret = alpc_user_charge_current(&user, ALPC_USER_CONNECTIONS, 1);
	if (ret)
		return ret;
	ret = alpc_user_charge(user, ALPC_USER_CONNECTS, 1);
	if (ret) {
		alpc_user_uncharge(user, ALPC_USER_CONNECTIONS, 1);
		alpc_user_put(user);
		return ret;
	}
	conn->client.user = user;
	conn->charged = user;
	conn->unsettled = true;
	return 0;
}

/**
 * alpc_conn_settled() - the connection was answered, or is given up
 * @conn: connection
 *
 * Context: port's lock held, or nobody else has the connection.
 */
void alpc_conn_settled(struct alpc_conn *conn)
{
	if (!conn->unsettled)
		return;
	conn->unsettled = false;
	alpc_user_uncharge(conn->client.user, ALPC_USER_CONNECTS, 1);
}

/**
 * alpc_conn_left() - the client has closed its end: charge who keeps the connection
 * @conn: connection
 *
 * Context: port's lock held.
 */
void alpc_conn_left(struct alpc_conn *conn)
{
	lockdep_assert_held(&conn->port->lock);
	if (!conn->accepted || conn->server.released)
		return;
	alpc_user_uncharge(conn->charged, ALPC_USER_CONNECTIONS, 1);
	conn->charged = conn->server.user;
	alpc_user_charge_more(conn->charged, ALPC_USER_CONNECTIONS, 1);
}

static void alpc_conn_init(struct alpc_conn *conn, struct alpc_port *port,
			   const struct alpc_conn_options *options)
{
	refcount_set(&conn->ref, 1);
	conn->state = ALPC_STATE_CONNECTING;
	conn->port = alpc_port_get(port);
	alpc_end_init(&conn->client, ALPC_KIND_CLIENT, port, conn);
	alpc_end_init(&conn->server, ALPC_KIND_SERVER, port, conn);
	conn->server.user = port->end.user;
	alpc_ident_cache_init(&conn->client.idents, conn->ident_slot[0],
			      ALPC_END_IDENTS);
	alpc_ident_cache_init(&conn->server.idents, conn->ident_slot[1],
			      ALPC_END_IDENTS);
	conn->client.idents.withhold = options->withhold;
	conn->client.idents.level = options->level;
	conn->client.idents.uid = current_euid();
	conn->client.noted = port->note;
	conn->server.idents.withhold = port->withhold;
	conn->server.noted = options->note;
	/* What waits there is charged to the server, which has set the limit. */
	alpc_queue_init(&conn->queue,
			min(options->queue_messages,
			    max(port->queue.max_count,
				ALPC_CLIENT_MESSAGES_DEFAULT)),
			min(options->queue_bytes,
			    max_t(u64, port->queue.max_bytes,
				  ALPC_CLIENT_BYTES_DEFAULT)));
	conn->queue.plain_len = port->max_message + 1;
	alpc_pending_init(&conn->queue.pending, &conn->bucket, 1);
	alpc_backlog_init(&conn->to_client);
	alpc_backlog_init(&conn->to_server);
	conn->id = atomic64_add_return(2, &alpc_last_port_id) - 1;
	conn->server_uid = INVALID_UID;
	conn->server_gid = INVALID_GID;
	conn->error = -EPIPE;
	INIT_HLIST_HEAD(&conn->watches);
	alpc_message_init_notice(&conn->closed, &conn->client,
				 ALPC_PORT_CLOSED);
}

/**
 * alpc_conn_alloc() - a connection that is not announced to the server yet
 * @port: connection port
 * @options: checked options
 *
 * Return: the connection with one reference, or an error pointer: -ENOMEM,
 * -EDQUOT.
 */
struct alpc_conn *alpc_conn_alloc(struct alpc_port *port,
				  const struct alpc_conn_options *options)
{
	struct alpc_conn *conn;
	int ret;

	conn = kmem_cache_zalloc(alpc_conn_cache, GFP_KERNEL);
	if (!conn)
		return ERR_PTR(-ENOMEM);
	alpc_conn_init(conn, port, options);
	ret = alpc_conn_charge(conn);
	if (!ret) {
		conn->closed.sender =
			alpc_ident_get_current(&conn->client.idents);
		if (!conn->closed.sender)
			ret = -ENOMEM;
	}
	if (ret) {
		alpc_conn_put(conn);
		return ERR_PTR(ret);
	}
	alpc_end_note_from(&conn->client, conn->closed.sender);
	return conn;
}

struct alpc_conn *alpc_conn_get(struct alpc_conn *conn)
{
	refcount_inc(&conn->ref);
	return conn;
}

/**
 * alpc_conn_put() - drop a reference
 * @conn: connection
 *
 * Context: may sleep.
 */
void alpc_conn_put(struct alpc_conn *conn)
{
	if (!refcount_dec_and_test(&conn->ref))
		return;
	WARN_ON_ONCE(conn->listed || !list_empty(&conn->queue.ready) ||
		     !hlist_empty(&conn->security));
	alpc_end_exit(&conn->client);
	alpc_end_exit(&conn->server);
	alpc_ident_put(conn->closed.sender);
	alpc_ident_put(conn->acceptor);
	if (conn->client.user) {
		alpc_conn_settled(conn);
		alpc_user_uncharge(conn->charged, ALPC_USER_CONNECTIONS, 1);
		alpc_user_put(conn->client.user);
	}
	alpc_sections_put(conn->sections);
	alpc_port_put(conn->port);
	kmem_cache_free(alpc_conn_cache, conn);
}
