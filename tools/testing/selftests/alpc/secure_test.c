// SPDX-License-Identifier: GPL-2.0-only
/*
 * Secure views: as long as the receiver holds one nobody on the sender's side
 * changes the bytes, in whatever way, and afterwards everybody can again.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <sys/random.h>
#include <sys/uio.h>

#include "alpc_view.h"

enum { PAGES = 8 };

FIXTURE(secure)
{
	struct pair pair;
	struct section own, peer;
	size_t page;
	struct child child;
	struct alpc_msg msg;
	struct view_call call;
	char buf[64];
};

FIXTURE_SETUP(secure)
{
	self->page = page_size();
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	ASSERT_EQ(0, section_make(self->pair.client, PAGES * self->page, ALPC_SECTION_PEER_WRITE,
				  &self->own));
	ASSERT_EQ(0, section_open(self->pair.server, self->own.id, &self->peer));
}

FIXTURE_TEARDOWN(secure)
{
	section_close(&self->own);
	section_close(&self->peer);
	pair_close(&self->pair);
}

/* Send pages @first to @first + @count - 1. */
#define SEND(kind, first, count) \
	ASSERT_EQ(0, send_view(self->pair.client, kind, 0, self->own.id, \
			       (first) * self->page, (count) * self->page, ALPC_VIEW_SECURE))

/* Two pages in the middle, which the server holds. */
#define HOLD() do { \
	SEND(0, 2, 2); \
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf); \
} while (0)

#define RELEASE() \
	ASSERT_EQ(0, alpc_release(self->pair.port, self->msg.id))

/* Which pages can be written to through a mapping: one letter for each. */
static const char *writable(unsigned char *mem)
{
	static char text[PAGES + 1];
	size_t page = page_size();
	int i;

	for (i = 0; i < PAGES; i++) {
		text[i] = touch_read(mem + i * page) ? '-' :
			  touch_write(mem + i * page) ? 'r' : 'w';
		/* The whole page, and again after reading. */
		if (touch_write(mem + (i + 1) * page - 1) != (text[i] == 'w' ? 0 : SIGSEGV))
			text[i] = '!';
	}
	return text;
}

#define EXPECT_WRITABLE(mem)	EXPECT_STREQ("wwwwwwww", writable(mem))
#define EXPECT_PROTECTED(mem)	EXPECT_STREQ("wwrrwwww", writable(mem))

/* --- abuse 35: every way to write ----------------------------------------- */

TEST_F(secure, abuse_35_is_not_writable_from_sending_to_release)
{
	int round;

	pattern(self->own.mem, self->own.len, 35);
	for (round = 0; round < 5; round++) {
		EXPECT_WRITABLE(self->own.mem);
		SEND(0, 2, 2);
		EXPECT_PROTECTED(self->own.mem);
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_TRUE(is_view(&self->msg, self->own.id, 2 * self->page, 2 * self->page,
				    ALPC_VIEW_SECURE));
		EXPECT_PROTECTED(self->own.mem);
		EXPECT_EQ(0, touch_write(self->own.slots));
		EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 35));
		EXPECT_TRUE(is_pattern(self->own.mem, self->own.len, 35));
		RELEASE();
	}
	EXPECT_WRITABLE(self->own.mem);
	pattern(self->own.mem, self->own.len, 36);
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 36));
}

/* Whatever the page tables looked like before. */
TEST_F(secure, abuse_35_whether_it_was_touched_before_or_not)
{
	unsigned char *mem[3];
	int i;

	for (i = 0; i < 3; i++) {
		mem[i] = map_section(self->own.fd, 0, self->own.len, PROT_READ | PROT_WRITE);
		ASSERT_NE(NULL, mem[i]);
	}
	touch_read(mem[1] + 2 * self->page);
	touch_write(mem[2] + 2 * self->page);
	HOLD();
	/* The first access writes, or reads. */
	EXPECT_EQ(SIGSEGV, touch_write(mem[0] + 2 * self->page));
	EXPECT_EQ(SIGSEGV, touch_write(self->own.mem + 3 * self->page));
	for (i = 0; i < 3; i++)
		EXPECT_PROTECTED(mem[i]);
	RELEASE();
	for (i = 0; i < 3; i++) {
		EXPECT_WRITABLE(mem[i]);
		munmap(mem[i], self->own.len);
	}
}

TEST_F(secure, abuse_35_in_every_mapping_of_the_sender)
{
	unsigned char *before = map_section(self->own.fd, 0, self->own.len,
					    PROT_READ | PROT_WRITE);
	unsigned char *after, *part;

	EXPECT_WRITABLE(before);
	HOLD();
	EXPECT_PROTECTED(before);
	after = map_section(self->own.fd, 0, self->own.len, PROT_READ | PROT_WRITE);
	EXPECT_PROTECTED(after);
	part = map_section(self->own.fd, 3 * self->page, self->page, PROT_READ | PROT_WRITE);
	EXPECT_EQ(SIGSEGV, touch_write(part));
	RELEASE();
	EXPECT_WRITABLE(before);
	EXPECT_WRITABLE(after);
	EXPECT_EQ(0, touch_write(part));
	munmap(before, self->own.len);
	munmap(after, self->own.len);
	munmap(part, self->page);
}

TEST_F(secure, abuse_35_in_every_process_of_the_sender)
{
	unsigned char *mem;

	madvise(self->own.mem, self->own.len, MADV_DOFORK);
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		/* What it inherited on demand, and what it mapped itself. */
		mem = map_section(self->own.fd, 0, self->own.len, PROT_READ | PROT_WRITE);
		EXPECT_WRITABLE(mem);
		EXPECT_WRITABLE(self->own.mem);
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_PROTECTED(mem);
		EXPECT_PROTECTED(self->own.mem);
		munmap(mem, self->own.len);
		mem = map_section(self->own.fd, 0, self->own.len, PROT_READ | PROT_WRITE);
		EXPECT_PROTECTED(mem);
		child_signal(&self->child);
		child_wait(&self->child);
		EXPECT_WRITABLE(mem);
		EXPECT_WRITABLE(self->own.mem);
		child_exit(true);
	}
	ASSERT_EQ(0, child_wait(&self->child));
	HOLD();
	EXPECT_PROTECTED(self->own.mem);
	child_signal(&self->child);
	ASSERT_EQ(0, child_wait(&self->child));
	RELEASE();
	child_signal(&self->child);
	EXPECT_EQ(0, child_end(&self->child));
}

TEST_F(secure, abuse_35_whatever_is_done_to_the_mapping)
{
	const size_t len = self->own.len;
	unsigned char *mem = self->own.mem, *place;

	EXPECT_WRITABLE(mem);
	HOLD();
	EXPECT_EQ(0, mprotect(mem, len, PROT_READ | PROT_WRITE));
	EXPECT_PROTECTED(mem);
	EXPECT_EQ(0, mprotect(mem, len, PROT_READ));
	EXPECT_STREQ("rrrrrrrr", writable(mem));
	EXPECT_EQ(0, mprotect(mem, len, PROT_READ | PROT_WRITE));
	EXPECT_PROTECTED(mem);
	EXPECT_EQ(0, mprotect(mem, len, PROT_NONE));
	EXPECT_STREQ("--------", writable(mem));
	/* What can be written to can be read, then as well. */
	EXPECT_EQ(0, mprotect(mem, len, PROT_WRITE));
	EXPECT_PROTECTED(mem);
	EXPECT_EQ(0, mprotect(mem + 2 * self->page, self->page, PROT_READ | PROT_WRITE));
	EXPECT_PROTECTED(mem);
	madvise(mem, len, MADV_DONTNEED);
	EXPECT_PROTECTED(mem);
	place = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* Changing the protection has made several mappings of it. */
	EXPECT_EQ(0, mprotect(mem, len, PROT_READ | PROT_WRITE));
	if (mremap(mem, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place) {
		EXPECT_PROTECTED(place);
		mem = place;
	}
	munmap(mem, len);
	self->own.mem = mmap(mem, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			     self->own.fd, 0);
	ASSERT_EQ(mem, self->own.mem);
	EXPECT_PROTECTED(mem);
	RELEASE();
	EXPECT_WRITABLE(mem);
}

TEST_F(secure, abuse_35_moved_before_and_while_it_is_held)
{
	const size_t len = self->own.len;
	unsigned char *place[2];
	int i;

	for (i = 0; i < 2; i++)
		place[i] = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_WRITABLE(self->own.mem);
	ASSERT_EQ(place[0], mremap(self->own.mem, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				   place[0]));
	HOLD();
	EXPECT_PROTECTED(place[0]);
	ASSERT_EQ(place[1], mremap(place[0], len, len, MREMAP_MAYMOVE | MREMAP_FIXED, place[1]));
	EXPECT_PROTECTED(place[1]);
	RELEASE();
	EXPECT_WRITABLE(place[1]);
	self->own.mem = place[1];
}

/* System calls that would write there. */
TEST_F(secure, abuse_35_by_no_system_call)
{
	unsigned char *target = self->own.mem + 2 * self->page;
	char text[16] = "something else";
	struct iovec local = { .iov_base = target, .iov_len = sizeof(text) };
	struct iovec remote = { .iov_base = text, .iov_len = sizeof(text) };
	int zero = open("/dev/zero", O_RDONLY);
	int mem = open("/proc/self/mem", O_RDWR);
	int pipes[2];

	ASSERT_LE(0, zero);
	ASSERT_LE(0, mem);
	ASSERT_EQ(0, pipe(pipes));
	pattern(self->own.mem, self->own.len, 1);
	HOLD();
	ASSERT_EQ(sizeof(text), write(pipes[1], text, sizeof(text)));
	EXPECT_EQ(-1, read(pipes[0], target, sizeof(text)));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(zero, target, self->page));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, getrandom(target, 8, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, process_vm_writev(getpid(), &remote, 1, &local, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	/* A debugger's way. */
	EXPECT_EQ(-1, pwrite(mem, text, sizeof(text), address(target)));
	/* And our own: the message stays. */
	ASSERT_EQ(0, alpc_send(self->pair.server, text, sizeof(text)));
	EXPECT_EQ(-EFAULT, alpc_receive_nowait(self->pair.client, &self->call.worker.transfer.recv,
					       NULL, sizeof(text)));
	transfer_init(&self->call.worker.transfer, ALPC_TRANSFER_RECEIVE);
	self->call.worker.transfer.recv.data = address(target);
	self->call.worker.transfer.recv.len = sizeof(text);
	EXPECT_EQ(-EFAULT, alpc_transfer(self->pair.client, &self->call.worker.transfer));
	EXPECT_EQ(1, alpc_queued(self->pair.client));
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 1));
	/* Reading is no harm. */
	EXPECT_EQ(sizeof(text), write(pipes[1], target, sizeof(text)));
	EXPECT_EQ(sizeof(text), pread(mem, text, sizeof(text), address(target)));
	RELEASE();
	EXPECT_EQ(0, alpc_transfer(self->pair.client, &self->call.worker.transfer));
	EXPECT_EQ(sizeof(text), read(pipes[0], target, sizeof(text)));
	close(pipes[0]);
	close(pipes[1]);
	close(zero);
	close(mem);
}

/* The receiver's side is the receiver's: it may write, if it may at all. */
TEST_F(secure, view_can_be_written_to_by_its_receiver)
{
	HOLD();
	EXPECT_WRITABLE(self->peer.mem);
	pattern(self->peer.mem, self->peer.len, 2);
	EXPECT_TRUE(is_pattern(self->own.mem, self->own.len, 2));
	EXPECT_PROTECTED(self->own.mem);
	RELEASE();
}

/* --- how it ends ---------------------------------------------------------- */

TEST_F(secure, ends_with_the_reply)
{
	ASSERT_EQ(0, call_view(&self->call, self->pair.client, self->own.id, 2 * self->page,
			       2 * self->page, ALPC_VIEW_SECURE | ALPC_VIEW_WRITE));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_PROTECTED(self->own.mem);
	/* The reply may lie there all the same. */
	self->peer.mem[2 * self->page] = 77;
	ASSERT_EQ(0, send_view(self->pair.port, ALPC_SEND_REPLY, self->msg.id, self->own.id,
			       2 * self->page, 1, ALPC_VIEW_BODY));
	EXPECT_WRITABLE(self->own.mem);
	EXPECT_EQ(0, worker_join(&self->call.worker.worker));
	EXPECT_EQ(77, self->own.mem[2 * self->page]);
}

TEST_F(secure, ends_with_an_early_release)
{
	SEND(ALPC_SEND_REQUEST, 2, 2);
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_PROTECTED(self->own.mem);
	RELEASE();
	EXPECT_WRITABLE(self->own.mem);
	/* It can be sent again before the reply to the first one. */
	SEND(0, 2, 2);
	EXPECT_PROTECTED(self->own.mem);
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_PROTECTED(self->own.mem);
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	RELEASE();
	EXPECT_WRITABLE(self->own.mem);
}

TEST_F(secure, does_not_end_when_the_caller_gives_up)
{
	struct alpc_transfer *t = &self->call.worker.transfer;
	int how;

	for (how = 0; how < 3; how++) {
		transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
		transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
		transfer_receive(t, self->call.buf, sizeof(self->call.buf));
		transfer_view(&t->send, self->own.id, 2 * self->page, 2 * self->page,
			      ALPC_VIEW_SECURE);
		ASSERT_EQ(0, worker_transfer(&self->call.worker, self->pair.client));
		AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		EXPECT_EQ(-EINTR, worker_interrupt(&self->call.worker.worker));
		EXPECT_PROTECTED(self->own.mem);
		if (how) {
			TAKE(ALPC_CANCELED, self->pair.port, &self->msg, self->buf);
			EXPECT_PROTECTED(self->own.mem);
		}
		if (how == 1) {
			RELEASE();
		} else {
			EXPECT_EQ(how ? -ESRCH : -ECANCELED,
				  alpc_reply(self->pair.port, self->msg.id, NULL, 0));
		}
		EXPECT_WRITABLE(self->own.mem);
	}
	/* Nobody has seen it: it ends with the call. */
	transfer_init(t, ALPC_TRANSFER_SEND | ALPC_TRANSFER_WAIT);
	transfer_send(t, ALPC_SEND_REQUEST, 0, "call", 4);
	transfer_receive(t, self->call.buf, sizeof(self->call.buf));
	transfer_view(&t->send, self->own.id, 2 * self->page, 2 * self->page, ALPC_VIEW_SECURE);
	t->timeout = 0;
	EXPECT_EQ(-ETIMEDOUT, alpc_transfer(self->pair.client, t));
	EXPECT_WRITABLE(self->own.mem);
}

TEST_F(secure, does_not_end_when_the_sender_disconnects_or_goes)
{
	int how;

	for (how = 0; how < 2; how++) {
		SEND(ALPC_SEND_REQUEST, 2, 1);
		TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
		SEND(0, 3, 1);
		if (how)
			close_fd(&self->pair.client);
		EXPECT_EQ(how ? -EBADF : 0, alpc_disconnect(self->pair.client));
		EXPECT_PROTECTED(self->own.mem);
		/* What had been sent before arrives. */
		EXPECT_EQ(-ESRCH, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
		EXPECT_STREQ("wwwrwwww", writable(self->own.mem));
		TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
		EXPECT_STREQ("wwwrwwww", writable(self->own.mem));
		RELEASE();
		EXPECT_WRITABLE(self->own.mem);
		TAKE(ALPC_PORT_CLOSED, self->pair.port, &self->msg, self->buf);
		section_close(&self->own);
		section_close(&self->peer);
		close_fd(&self->pair.client);
		close_fd(&self->pair.server);
		ASSERT_EQ(0, pair_connect(self->pair.port, self->pair.name, 1, &self->pair.client,
					  &self->pair.server));
		ASSERT_EQ(0, section_make(self->pair.client, PAGES * self->page, 0, &self->own));
		ASSERT_EQ(0, section_open(self->pair.server, self->own.id, &self->peer));
	}
}

TEST_F(secure, ends_when_the_receiver_goes)
{
	/* One that is held, one that was never received. */
	SEND(ALPC_SEND_REQUEST, 2, 1);
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	SEND(0, 3, 1);
	EXPECT_PROTECTED(self->own.mem);
	close_fd(&self->pair.server);
	EXPECT_WRITABLE(self->own.mem);
}

TEST_F(secure, ends_when_the_receiver_is_killed)
{
	struct alpc_msg *msg = &self->msg;

	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		close_fd(&self->pair.client);
		AWAIT(ALPC_DATAGRAM, self->pair.port, msg, self->buf);
		child_signal(&self->child);
		child_wait(&self->child);
		child_exit(false);
	}
	close_fd(&self->pair.port);
	close_fd(&self->pair.server);
	SEND(0, 2, 2);
	ASSERT_EQ(0, child_wait(&self->child));
	EXPECT_PROTECTED(self->own.mem);
	child_kill(&self->child);
	EXPECT_WRITABLE(self->own.mem);
}

/* Who receives it would be told that it is protected when it no longer is. */
TEST_F(secure, is_not_given_back_by_being_received)
{
	const __u32 flags = ALPC_VIEW_SECURE | ALPC_VIEW_AUTO_RELEASE;
	struct section theirs;

	EXPECT_EQ(-EINVAL, send_view(self->pair.client, 0, 0, self->own.id, 2 * self->page,
				     2 * self->page, flags));
	EXPECT_WRITABLE(self->own.mem);
	NOTHING(self->pair.port);
	ASSERT_EQ(0, section_make(self->pair.server, PAGES * self->page, 0, &theirs));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-EINVAL, send_view(self->pair.port, ALPC_SEND_REPLY, self->msg.id, theirs.id,
				     2 * self->page, 2 * self->page, flags));
	EXPECT_WRITABLE(theirs.mem);
	EXPECT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	section_close(&theirs);
}

TEST_F(secure, does_not_begin_if_sending_fails)
{
	int sent = 0;

	/* The pages are protected before it is known whether there is room. */
	while (!alpc_send_nowait(self->pair.client, NULL, 0))
		sent++;
	EXPECT_LT(0, sent);
	EXPECT_EQ(-EAGAIN, send_view(self->pair.client, 0, 0, self->own.id, 2 * self->page,
				     2 * self->page, ALPC_VIEW_SECURE));
	EXPECT_WRITABLE(self->own.mem);
	ASSERT_EQ(0, alpc_disconnect(self->pair.server));
	EXPECT_EQ(-EPIPE, send_view(self->pair.client, 0, 0, self->own.id, 2 * self->page,
				    2 * self->page, ALPC_VIEW_SECURE));
	EXPECT_WRITABLE(self->own.mem);
}

TEST_F(secure, view_can_come_with_a_reply)
{
	struct section theirs;

	ASSERT_EQ(0, section_make(self->pair.server, PAGES * self->page, 0, &theirs));
	ASSERT_EQ(0, alpc_request_async(self->pair.client, "ask", 3, 0, 0, NULL));
	TAKE(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	EXPECT_EQ(-EINVAL, send_view(self->pair.port, ALPC_SEND_REPLY, self->msg.id, theirs.id,
				     1, self->page, ALPC_VIEW_SECURE));
	EXPECT_WRITABLE(theirs.mem);
	ASSERT_EQ(0, send_view(self->pair.port, ALPC_SEND_REPLY, self->msg.id, theirs.id,
			       2 * self->page, 2 * self->page, ALPC_VIEW_SECURE));
	EXPECT_PROTECTED(theirs.mem);
	TAKE(ALPC_REPLY, self->pair.client, &self->msg, self->buf);
	EXPECT_EQ(ALPC_MSG_HELD, self->msg.flags);
	EXPECT_PROTECTED(theirs.mem);
	EXPECT_EQ(0, alpc_release(self->pair.client, self->msg.id));
	EXPECT_WRITABLE(theirs.mem);
	section_close(&theirs);
}

/* --- several of them ------------------------------------------------------ */

TEST_F(secure, views_do_not_overlap)
{
	const size_t page = self->page;
	const struct {
		__u64 first, count;
	} overlapping[] = { { 2, 2 }, { 2, 1 }, { 3, 1 }, { 1, 2 }, { 3, 2 }, { 0, 8 } };
	struct alpc_msg last;
	size_t i;

	HOLD();
	for (i = 0; i < ARRAY_SIZE(overlapping); i++) {
		EXPECT_EQ(-EBUSY, send_view(self->pair.client, 0, 0, self->own.id,
					    overlapping[i].first * page,
					    overlapping[i].count * page, ALPC_VIEW_SECURE));
		EXPECT_PROTECTED(self->own.mem);
	}
	NOTHING(self->pair.port);
	/* Those beside it are none of its business; nor are those that promise nothing. */
	SEND(0, 1, 1);
	SEND(0, 4, 4);
	EXPECT_STREQ("wrrrrrrr", writable(self->own.mem));
	RELEASE();
	EXPECT_STREQ("wrwwrrrr", writable(self->own.mem));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	RELEASE();
	EXPECT_STREQ("wwwwrrrr", writable(self->own.mem));
	TAKE(ALPC_DATAGRAM, self->pair.port, &last, self->buf);
	ASSERT_EQ(0, send_view(self->pair.client, 0, 0, self->own.id, 0, self->own.len, 0));
	TAKE(ALPC_DATAGRAM, self->pair.port, &self->msg, self->buf);
	RELEASE();
	EXPECT_STREQ("wwwwrrrr", writable(self->own.mem));
	ASSERT_EQ(0, alpc_release(self->pair.port, last.id));
	EXPECT_WRITABLE(self->own.mem);
}

TEST_F(secure, views_are_of_whole_pages)
{
	const size_t page = self->page;
	const struct {
		__u64 offset, len;
	} bad[] = {
		{ 0, 1 }, { 0, page - 1 }, { 0, page + 1 }, { 1, page }, { page - 1, page },
		{ page + 8, 2 * page }, { 1, page - 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, send_view(self->pair.client, 0, 0, self->own.id, bad[i].offset,
					     bad[i].len, ALPC_VIEW_SECURE));
	EXPECT_WRITABLE(self->own.mem);
	NOTHING(self->pair.port);
}

TEST_HARNESS_MAIN
