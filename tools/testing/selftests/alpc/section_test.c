// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections: creating, opening and deleting them, what they may take, who is
 * charged for them, and that their memory is freed.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <stdio.h>
#include <sys/stat.h>

#include "alpc_view.h"

/* Limits of the ports here, in pages. */
enum { MAX_SECTION = 64, MAX_TOTAL = 100 };

FIXTURE(section)
{
	struct pair pair;
	struct section own, peer;
	struct child child;
	int server;
	struct alpc_msg msg;
	char buf[64];
};

FIXTURE_SETUP(section)
{
	const struct alpc_create_port options = {
		.max_section = MAX_SECTION * page_size(),
		.max_section_total = MAX_TOTAL * page_size(),
	};

	self->own.fd = -1;
	self->peer.fd = -1;
	self->server = -1;
	ASSERT_EQ(0, pair_open(&self->pair, &options));
}

FIXTURE_TEARDOWN(section)
{
	section_close(&self->own);
	section_close(&self->peer);
	close_fd(&self->server);
	pair_close(&self->pair);
	EXPECT_EQ(0, set_user_limit(0));
}

static int create_pages(int port, __u64 pages)
{
	struct section section;
	int err = section_create(port, pages * page_size(), 0, &section);

	close_fd(&section.fd);
	return err;
}

/* A client process of user 1001; its port is @fd in the child. */
#define START_CLIENT(fd) do { \
	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, (fd))); \
	if (!self->child.pid) \
		ASSERT_EQ(0, become(1001, 1001)); \
} while (0)

/* --- creating ------------------------------------------------------------- */

TEST_F(section, is_as_long_as_asked_in_whole_pages_and_zeroed)
{
	const size_t page = page_size();
	const struct {
		__u64 asked, got;
	} lengths[] = {
		{ 1, page }, { page - 1, page }, { page, page }, { page + 1, 2 * page },
		{ 10 * page - 1, 10 * page }, { MAX_SECTION * page, MAX_SECTION * page },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		ASSERT_EQ(0, section_make(self->pair.client, lengths[i].asked, 0, &self->own));
		EXPECT_EQ(lengths[i].got, self->own.len);
		EXPECT_EQ(lengths[i].got, self->own.slots_at);
		EXPECT_EQ(0, self->own.mem[0]);
		EXPECT_EQ(0, memcmp(self->own.mem, self->own.mem + 1, self->own.len - 1));
		EXPECT_EQ(0, self->own.slots[0]);
		EXPECT_EQ(0, memcmp((void *)self->own.slots, (void *)(self->own.slots + 1),
				    (ALPC_SECTION_SLOTS - 1) * sizeof(__u32)));
		memset(self->own.mem, 0xff, self->own.len);
		EXPECT_EQ(FD_CLOEXEC, fcntl(self->own.fd, F_GETFD));
		EXPECT_EQ(0, section_delete(self->pair.client, self->own.id));
		section_close(&self->own);
	}
}

TEST_F(section, has_an_id_that_is_unique_on_the_connection)
{
	__u32 ids[20];
	int i, k;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, section_create(i % 2 ? self->pair.client : self->pair.server, 1, 0,
					    &self->own));
		ids[i] = self->own.id;
		EXPECT_NE(0, ids[i]);
		for (k = 0; k < i; k++)
			EXPECT_NE(ids[k], ids[i]);
		/* One that is deleted does not give its id back. */
		EXPECT_EQ(0, section_delete(i % 2 ? self->pair.client : self->pair.server,
					    ids[i]));
		section_close(&self->own);
	}
}

TEST_F(section, of_a_wrong_length_is_refused)
{
	const __u64 most = MAX_SECTION * page_size();
	const __u64 too_long[] = {
		most + 1, 2 * most, 1ULL << 32, 1ULL << 63, -page_size(), -1ULL,
	};
	int fds = open_fds();
	size_t i;

	EXPECT_EQ(-EINVAL, section_create(self->pair.client, 0, 0, &self->own));
	for (i = 0; i < ARRAY_SIZE(too_long); i++)
		EXPECT_EQ(-EFBIG, section_create(self->pair.client, too_long[i], 0, &self->own));
	EXPECT_EQ(fds, open_fds());
}

TEST_F(section, is_created_on_an_open_connection_only)
{
	int client = alpc_connect_async(self->pair.name);

	EXPECT_EQ(-ENOTCONN, create_pages(client, 1));
	TAKE(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-ENOTCONN, create_pages(client, 1));
	ASSERT_EQ(0, alpc_refuse(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(-EPIPE, create_pages(client, 1));
	close(client);
	EXPECT_EQ(-EOPNOTSUPP, create_pages(self->pair.port, 1));
	EXPECT_EQ(0, create_pages(self->pair.client, 1));
	EXPECT_EQ(0, create_pages(self->pair.server, 1));
	EXPECT_EQ(0, create_pages(self->pair.client, MAX_SECTION));
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, MAX_SECTION));
	ASSERT_EQ(0, alpc_disconnect(self->pair.client));
	EXPECT_EQ(-EPIPE, create_pages(self->pair.client, 1));
	EXPECT_EQ(-EPIPE, create_pages(self->pair.server, 1));
	/* That comes before any memory is looked for. */
	EXPECT_EQ(-EPIPE, create_pages(self->pair.client, MAX_SECTION));
}

TEST_F(section, is_not_for_a_port_that_wants_none)
{
	const struct alpc_create_port options = { .flags = ALPC_PORT_NO_SECTIONS };
	struct alpc_create_port arg = create_args(unique_name());
	struct alpc_port_info info;
	struct pair pair;

	ASSERT_EQ(0, pair_open(&pair, &options));
	EXPECT_EQ(-EOPNOTSUPP, create_pages(pair.client, 1));
	EXPECT_EQ(-EOPNOTSUPP, create_pages(pair.server, 1));
	EXPECT_EQ(-ENOENT, section_fd(pair.server, 1, 0));
	EXPECT_EQ(-ENOENT, section_delete(pair.client, 1));
	EXPECT_EQ(-ENOENT, send_view(pair.client, 0, 0, 1, 0, 1, 0));
	ASSERT_EQ(0, alpc_info(pair.client, &info));
	EXPECT_EQ(0, info.out_max_section);
	EXPECT_EQ(0, info.out_max_view);
	EXPECT_EQ(0, info.out_max_section_total);
	EXPECT_EQ(0, pair_works(&pair));
	pair_close(&pair);
	/* Limits of what there is not to be make no sense. */
	arg.flags = ALPC_PORT_NO_SECTIONS;
	arg.max_section = 1;
	EXPECT_EQ(-EINVAL, alpc_create_with(&arg));
}

TEST_F(section, without_a_descriptor_leaves_nothing)
{
	int i, old = forbid_descriptors();

	for (i = 0; i < 10; i++)
		EXPECT_EQ(-EMFILE, create_pages(self->pair.client, MAX_TOTAL / 2));
	allow_descriptors(old);
	EXPECT_EQ(0, create_pages(self->pair.client, MAX_TOTAL / 2));
	EXPECT_EQ(0, create_pages(self->pair.client, MAX_TOTAL / 2));
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, 1));
}

TEST_F(section, tells_about_itself_in_fdinfo)
{
	char path[64], text[4096], line[64];

	ASSERT_EQ(0, section_create(self->pair.client, 3 * page_size(), 0, &self->own));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->own.fd);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	snprintf(line, sizeof(line), "\nalpc-section:\t%u\n", self->own.id);
	EXPECT_NE(NULL, strstr(text, line));
	snprintf(line, sizeof(line), "\nalpc-length:\t%zu\n", 3 * page_size());
	EXPECT_NE(NULL, strstr(text, line));
}

/* --- opening -------------------------------------------------------------- */

TEST_F(section, shows_the_other_side_what_its_creator_wrote)
{
	int from_server;

	for (from_server = 0; from_server < 2; from_server++) {
		int creator = from_server ? self->pair.server : self->pair.client;
		int other = from_server ? self->pair.client : self->pair.server;

		ASSERT_EQ(0, section_make(creator, 20 * page_size(), 0, &self->own));
		pattern(self->own.mem, self->own.len, 1);
		ASSERT_EQ(0, section_open(other, self->own.id, &self->peer));
		EXPECT_EQ(self->own.len, self->peer.len);
		EXPECT_EQ(FD_CLOEXEC, fcntl(self->peer.fd, F_GETFD));
		EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 1));
		pattern(self->own.mem, self->own.len, 2);
		EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 2));
		section_close(&self->own);
		section_close(&self->peer);
	}
}

TEST_F(section, is_opened_by_the_other_end_of_its_connection_only)
{
	struct pair other = { .context = 7 };
	int i;

	ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 7, &other.client,
				  &other.server));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, section_create(self->pair.client, 1, 0, &self->own));
		close_fd(&self->own.fd);
	}
	EXPECT_EQ(-ENOENT, section_fd(self->pair.client, self->own.id, 0));
	EXPECT_EQ(-ENOENT, section_fd(other.server, self->own.id, 0));
	EXPECT_EQ(-ENOENT, section_fd(other.client, self->own.id, 0));
	EXPECT_EQ(-ENOENT, section_fd(self->pair.server, self->own.id + 1, 0));
	EXPECT_EQ(-ENOENT, section_fd(self->pair.server, 0, 0));
	/* The connection port goes by messages. */
	EXPECT_EQ(-ESRCH, section_fd(self->pair.port, self->own.id, 0));
	EXPECT_EQ(-ESRCH, section_fd(self->pair.port, self->own.id, 1));
	EXPECT_EQ(-ESRCH, section_fd(self->pair.server, self->own.id, 1));
	self->peer.fd = section_fd(self->pair.server, self->own.id, 0);
	EXPECT_LE(0, self->peer.fd);
	close(other.client);
	close(other.server);
}

/* --- deleting ------------------------------------------------------------- */

TEST_F(section, deleted_is_not_found_and_stays_mapped)
{
	ASSERT_EQ(0, section_make(self->pair.client, page_size(), ALPC_SECTION_PEER_WRITE,
				  &self->own));
	ASSERT_EQ(0, section_open(self->pair.server, self->own.id, &self->peer));
	EXPECT_EQ(-ENOENT, section_delete(self->pair.server, self->own.id));
	EXPECT_EQ(-ENOENT, section_delete(self->pair.client, self->own.id + 1));
	EXPECT_EQ(-ENOENT, section_delete(self->pair.client, 0));
	EXPECT_EQ(-EOPNOTSUPP, section_delete(self->pair.port, self->own.id));
	EXPECT_EQ(0, section_delete(self->pair.client, self->own.id));
	EXPECT_EQ(-ENOENT, section_delete(self->pair.client, self->own.id));
	EXPECT_EQ(-ENOENT, section_fd(self->pair.server, self->own.id, 0));
	EXPECT_EQ(-ENOENT, send_view(self->pair.client, 0, 0, self->own.id, 0, 1, 0));
	pattern(self->own.mem, self->own.len, 3);
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 3));
	pattern(self->peer.mem, self->peer.len, 4);
	EXPECT_TRUE(is_pattern(self->own.mem, self->own.len, 4));
}

TEST_F(section, counts_for_its_end_until_it_is_freed)
{
	struct section more;

	/* Each end has its own account. */
	EXPECT_EQ(0, create_pages(self->pair.server, MAX_TOTAL - MAX_SECTION));
	ASSERT_EQ(0, section_make(self->pair.client, MAX_SECTION * page_size(), 0, &self->own));
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, MAX_TOTAL - MAX_SECTION + 1));
	ASSERT_EQ(0, section_create(self->pair.client, (MAX_TOTAL - MAX_SECTION) * page_size(), 0,
				    &more));
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, 1));
	/* A section without a descriptor is there to be opened. */
	close_fd(&more.fd);
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, 1));
	EXPECT_EQ(0, section_delete(self->pair.client, more.id));
	EXPECT_EQ(0, create_pages(self->pair.client, MAX_TOTAL - MAX_SECTION));
	/* One that is deleted is there as long as anybody can see it. */
	ASSERT_EQ(0, section_open(self->pair.server, self->own.id, &self->peer));
	EXPECT_EQ(0, section_delete(self->pair.client, self->own.id));
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, 1));
	section_close(&self->own);
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, 1));
	close_fd(&self->peer.fd);
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, 1));
	section_close(&self->peer);
	EXPECT_EQ(0, create_pages(self->pair.client, MAX_SECTION));
}

TEST_F(section, deleted_is_freed_when_its_last_view_is_given_back)
{
	ASSERT_EQ(0, section_create(self->pair.client, MAX_SECTION * page_size(), 0, &self->own));
	ASSERT_EQ(0, send_view(self->pair.client, 0, 0, self->own.id, 0, 1, 0));
	section_close(&self->own);
	EXPECT_EQ(0, section_delete(self->pair.client, self->own.id));
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, MAX_SECTION));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-EDQUOT, create_pages(self->pair.client, MAX_SECTION));
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	EXPECT_EQ(0, create_pages(self->pair.client, MAX_SECTION));
}

/* --- the limit of a user -------------------------------------------------- */

/* With its page of counters a section of n pages counts as n + 1. */
TEST_F(section, counts_for_its_user_over_all_connections)
{
	const char *name = self->pair.name;
	int client, other;

	ASSERT_EQ(0, set_user_limit(20));
	ASSERT_EQ(0, fchmod(self->pair.port, 0666));
	START_CLIENT(&client);
	if (!self->child.pid) {
		EXPECT_EQ(-EDQUOT, create_pages(client, 20));
		ASSERT_EQ(0, section_make(client, 9 * page_size(), 0, &self->own));
		EXPECT_EQ(0, create_pages(client, 9));
		EXPECT_EQ(-EDQUOT, create_pages(client, 1));
		EXPECT_EQ(0, section_delete(client, self->own.id));
		EXPECT_EQ(-EDQUOT, create_pages(client, 1));
		section_close(&self->own);
		EXPECT_EQ(0, create_pages(client, 8));
		EXPECT_EQ(-EDQUOT, create_pages(client, 1));
		child_signal(&self->child);
		other = alpc_connect_to(name);
		ASSERT_LE(0, other);
		EXPECT_EQ(-EDQUOT, create_pages(other, 1));
		close(client);
		EXPECT_EQ(0, create_pages(other, 19));
		child_exit(true);
	}
	self->server = client;
	ASSERT_EQ(0, child_wait(&self->child));
	AWAIT(ALPC_CONNECTION_REQUEST, self->pair.port, &self->msg, self->buf);
	/* Whoever may take as much as there is may do so here as well. */
	EXPECT_EQ(0, create_pages(self->pair.client, 20));
	EXPECT_EQ(0, create_pages(self->pair.client, 20));
	client = alpc_accept_id(self->pair.port, self->msg.id, 2);
	ASSERT_LE(0, client);
	EXPECT_EQ(0, child_end(&self->child));
	close(client);
}

TEST_F(section, abuse_39_millions_of_single_bytes_end_at_the_limit)
{
	int client, count;

	ASSERT_EQ(0, set_user_limit(150));
	START_CLIENT(&client);
	if (!self->child.pid) {
		/* The user's limit, each having a page of counters ... */
		for (count = 0; !section_create(client, 1, 0, &self->own); count++)
			close_fd(&self->own.fd);
		EXPECT_EQ(75, count);
		child_exit(true);
	}
	self->server = client;
	EXPECT_EQ(0, child_end(&self->child));
	/* ... and that of the end, even for root. */
	for (count = 0; !section_create(self->pair.client, 1, 0, &self->own); count++)
		close_fd(&self->own.fd);
	EXPECT_EQ(MAX_TOTAL, count);
	EXPECT_EQ(0, create_pages(self->pair.server, 1));
}

/* --- when its creator is gone --------------------------------------------- */

/*
 * A client process of user 1001 that has a section full of that pattern, has sent
 * it, and is there to be killed.
 */
#define START_CREATOR(its_id) do { \
	int __client; \
\
	START_CLIENT(&__client); \
	if (!self->child.pid) { \
		ASSERT_EQ(0, section_make(__client, 15 * page_size(), 0, &self->own)); \
		pattern(self->own.mem, self->own.len, 17); \
		ASSERT_EQ(0, send_view(__client, 0, 0, self->own.id, 0, self->own.len, 0)); \
		child_put(&self->child, &self->own.id, sizeof(self->own.id)); \
		child_wait(&self->child); \
		child_exit(false); \
	} \
	self->server = __client; \
	ASSERT_EQ(0, child_get(&self->child, its_id, sizeof(*(its_id)))); \
} while (0)

TEST_F(section, abuse_17_of_a_client_that_was_killed_is_readable_and_then_freed)
{
	int i;
	__u32 id;

	ASSERT_EQ(0, set_user_limit(20));
	for (i = 0; i < 5; i++) {
		START_CREATOR(&id);
		ASSERT_EQ(0, section_open(self->server, id, &self->peer));
		child_kill(&self->child);
		EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 17));
		EXPECT_EQ(-ENOENT, section_fd(self->server, id, 0));
		section_close(&self->peer);
		/* With it the view of it goes that nobody has received. */
		close_fd(&self->server);
	}
}

/* A client gone before its message is received is no reason to lose it. */
TEST_F(section, abuse_17_whose_creator_was_killed_is_opened_by_its_message)
{
	__u32 id;

	START_CREATOR(&id);
	child_kill(&self->child);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(id, self->msg.section);
	self->peer.fd = section_fd(self->pair.port, id, self->msg.id);
	ASSERT_LE(0, self->peer.fd);
	EXPECT_EQ(0, alpc_release(self->pair.port, self->msg.id));
	self->peer.len = self->msg.view_len;
	self->peer.mem = map_section(self->peer.fd, 0, self->peer.len, PROT_READ);
	ASSERT_NE(NULL, self->peer.mem);
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 17));
	TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
}

TEST_F(section, abuse_18_of_a_server_that_was_killed_is_readable_and_then_freed)
{
	struct child server;
	__u32 id;

	ASSERT_LE(0, child_start(&server));
	if (!server.pid) {
		close_fd(&self->pair.client);
		ASSERT_EQ(0, section_make(self->pair.server, 15 * page_size(), 0, &self->own));
		pattern(self->own.mem, self->own.len, 18);
		child_put(&server, &self->own.id, sizeof(self->own.id));
		child_wait(&server);
		child_exit(false);
	}
	ASSERT_EQ(0, child_get(&server, &id, sizeof(id)));
	ASSERT_EQ(0, section_open(self->pair.client, id, &self->peer));
	close_fd(&self->pair.server);
	close_fd(&self->pair.port);
	child_kill(&server);
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 18));
	EXPECT_EQ(-ENOENT, section_fd(self->pair.client, id, 0));
}

/* Kill it at any instant: the whole limit is there for the next one. */
TEST_F(section, abuse_17_is_freed_whenever_its_creator_is_killed)
{
	struct section all;
	int client, i, k;

	ASSERT_EQ(0, set_user_limit(31));
	for (i = 0; i < 30; i++) {
		START_CLIENT(&client);
		if (!self->child.pid) {
			EXPECT_EQ(0, section_create(client, 30 * page_size(), 0, &all));
			EXPECT_EQ(0, section_delete(client, all.id));
			section_close(&all);
			child_signal(&self->child);
			for (;;) {
				if (section_make(client, 5 * page_size(), 0, &self->own))
					continue;
				self->own.mem[0] = 1;
				send_view(client, 0, 0, self->own.id, 0, page_size(),
					  ALPC_VIEW_SECURE | ALPC_VIEW_SLOT(1));
				send_view(client, ALPC_SEND_REQUEST, 0, self->own.id, page_size(),
					  page_size(), ALPC_VIEW_SLOT(2));
				section_close(&self->own);
				section_delete(client, self->own.id);
			}
		}
		self->server = client;
		ASSERT_EQ(0, child_wait(&self->child));
		for (k = 0; k < i; k++) {
			if (!alpc_receive_nowait(self->pair.port, &self->msg, self->buf,
						 sizeof(self->buf)) && k % 2)
				alpc_release(self->pair.port, self->msg.id);
		}
		child_kill(&self->child);
		close_fd(&self->server);
	}
}

TEST_HARNESS_MAIN
