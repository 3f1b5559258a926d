// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections as memory: how they can be mapped, what fork, exec, mremap, munmap and
 * mprotect do to that, and what nobody can do to it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <linux/io_uring.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "alpc_view.h"

enum { PAGES = 70 };

FIXTURE(map)
{
	struct pair pair;
	struct section own, peer;
	struct child child;
	size_t page;
};

FIXTURE_SETUP(map)
{
	const struct alpc_create_port options = {
		.max_section_total = PAGES * page_size(),
	};

	self->page = page_size();
	ASSERT_EQ(0, pair_open(&self->pair, &options));
	ASSERT_EQ(0, section_make(self->pair.client, PAGES * self->page, 0, &self->own));
	ASSERT_EQ(0, section_open(self->pair.server, self->own.id, &self->peer));
}

/* Whatever was done to it, it is freed in the end. */
FIXTURE_TEARDOWN(map)
{
	struct section again;

	EXPECT_EQ(0, pair_works(&self->pair));
	section_close(&self->own);
	section_close(&self->peer);
	section_delete(self->pair.client, self->own.id);
	EXPECT_EQ(0, section_create(self->pair.client, PAGES * self->page, 0, &again));
	section_close(&again);
	pair_close(&self->pair);
}

/* Create another section than the fixture's, which the other end may write to. */
#define MAKE_WRITABLE() do { \
	section_close(&self->own); \
	section_close(&self->peer); \
	ASSERT_EQ(0, section_delete(self->pair.client, self->own.id)); \
	ASSERT_EQ(0, section_make(self->pair.client, PAGES * self->page, \
				  ALPC_SECTION_PEER_WRITE, &self->own)); \
	ASSERT_EQ(0, section_open(self->pair.server, self->own.id, &self->peer)); \
} while (0)

#define EXPECT_NO_MAP(error, fd, offset, len, prot, flags) do { \
	EXPECT_EQ(MAP_FAILED, mmap(NULL, len, prot, flags, fd, offset)); \
	EXPECT_EQ(error, errno); \
} while (0)

/* --- which mappings there are --------------------------------------------- */

TEST_F(map, is_shared_and_holds_no_code)
{
	const int fds[] = { self->own.fd, self->peer.fd };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_NO_MAP(EINVAL, fds[i], 0, self->page, PROT_READ, MAP_PRIVATE);
		EXPECT_NO_MAP(EPERM, fds[i], 0, self->page, PROT_READ | PROT_EXEC, MAP_SHARED);
	}
	EXPECT_NO_MAP(EINVAL, self->own.fd, 0, self->page, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	EXPECT_EQ(-1, mprotect(self->own.mem, self->page, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(self->peer.mem, self->page, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(map, ends_where_the_section_ends)
{
	const size_t len = self->own.len;
	unsigned char *own, *peer;
	volatile __u32 *slots;

	own = map_section(self->own.fd, 0, len + 3 * self->page, PROT_READ | PROT_WRITE);
	peer = map_section(self->peer.fd, 0, len + 3 * self->page, PROT_READ);
	ASSERT_NE(NULL, own);
	ASSERT_NE(NULL, peer);
	EXPECT_EQ(0, touch_write(own + len - 1));
	EXPECT_EQ(0, touch_read(peer + len - 1));
	/* Behind it the counters lie, which are for the creator alone. */
	slots = (__u32 *)(own + len);
	EXPECT_EQ(0, touch_write(slots));
	slots[3] = 33;
	EXPECT_EQ(33, self->own.slots[3]);
	EXPECT_EQ(SIGBUS, touch_read(peer + len));
	EXPECT_EQ(SIGBUS, touch_read(own + len + self->page));
	EXPECT_EQ(SIGBUS, touch_write(own + len + self->page));
	EXPECT_EQ(SIGBUS, touch_read(peer + len + self->page));
	munmap(own, len + 3 * self->page);
	munmap(peer, len + 3 * self->page);
	/* Far behind, too. */
	own = map_section(self->own.fd, 1LL << 40, self->page, PROT_READ);
	if (own) {
		EXPECT_EQ(SIGBUS, touch_read(own));
		munmap(own, self->page);
	}
}

TEST_F(map, of_a_part_shows_that_part)
{
	unsigned char *part;
	int i;

	for (i = 0; i < PAGES; i++)
		memset(self->own.mem + i * self->page, i + 1, self->page);
	for (i = 0; i < PAGES - 1; i++) {
		part = map_section(self->peer.fd, i * self->page, 2 * self->page, PROT_READ);
		ASSERT_NE(NULL, part);
		/* In any order: a fault brings in others around it. */
		EXPECT_EQ(i + 2, part[self->page]);
		EXPECT_EQ(i + 1, part[0]);
		munmap(part, 2 * self->page);
	}
}

TEST_F(map, of_the_other_side_is_read_only)
{
	char path[64];

	EXPECT_EQ(O_RDONLY, fcntl(self->peer.fd, F_GETFL) & O_ACCMODE);
	EXPECT_NO_MAP(EACCES, self->peer.fd, 0, self->page, PROT_READ | PROT_WRITE, MAP_SHARED);
	EXPECT_NO_MAP(EACCES, self->peer.fd, 0, self->page, PROT_WRITE, MAP_SHARED);
	EXPECT_EQ(SIGSEGV, touch_write(self->peer.mem));
	EXPECT_EQ(-1, mprotect(self->peer.mem, self->page, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(SIGSEGV, touch_write(self->peer.mem));
	EXPECT_EQ(0, touch_read(self->peer.mem));
	/* Nobody opens it again for more. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->peer.fd);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(-1, open(path, O_RDONLY));
	fcntl(self->peer.fd, F_SETFL, O_RDWR);
	EXPECT_NO_MAP(EACCES, self->peer.fd, 0, self->page, PROT_WRITE, MAP_SHARED);
}

TEST_F(map, of_the_other_side_is_writable_if_the_creator_says_so)
{
	MAKE_WRITABLE();
	EXPECT_EQ(O_RDWR, fcntl(self->peer.fd, F_GETFL) & O_ACCMODE);
	pattern(self->peer.mem, self->peer.len, 1);
	EXPECT_TRUE(is_pattern(self->own.mem, self->own.len, 1));
	pattern(self->own.mem, self->own.len, 2);
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 2));
	/* But not the counters. */
	EXPECT_EQ(0, section_delete(self->pair.client, self->own.id));
	self->peer.slots = map_section(self->peer.fd, self->own.slots_at, self->page,
				       PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, self->peer.slots);
	EXPECT_EQ(SIGBUS, touch_write(self->peer.slots));
}

TEST_F(map, is_all_that_the_descriptor_is_good_for)
{
	int other = self->peer.fd;
	char buf[8] = "";
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-1, read(self->own.fd, buf, sizeof(buf)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->own.fd, buf, sizeof(buf)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(other, buf, sizeof(buf), 0));
	EXPECT_EQ(-1, pwrite(self->own.fd, buf, sizeof(buf), 0));
	EXPECT_EQ(-1, sendfile(pipes[1], self->own.fd, NULL, 1));
	EXPECT_EQ(-1, splice(self->own.fd, NULL, pipes[1], NULL, 1, 0));
	EXPECT_EQ(-ENOTTY, alpc_ioctl(self->own.fd, ALPC_IOC_PORT_INFO, buf));
	EXPECT_EQ(-1, fchmod(self->own.fd, 0666));
	EXPECT_EQ(-1, fchown(self->own.fd, 1001, 1001));
	close(pipes[0]);
	close(pipes[1]);
}

/* --- abuse 36: taking the memory away ------------------------------------- */

TEST_F(map, abuse_36_cannot_be_truncated_or_emptied)
{
	const int fds[] = { self->own.fd, self->peer.fd };
	size_t i;
	int advice;

	pattern(self->own.mem, self->own.len, 36);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_EQ(-1, ftruncate(fds[i], 0));
		EXPECT_EQ(-1, ftruncate(fds[i], 1LL << 30));
		EXPECT_EQ(-1, fallocate(fds[i], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
					self->page));
		EXPECT_EQ(-1, fallocate(fds[i], FALLOC_FL_ZERO_RANGE, 0, self->page));
		EXPECT_EQ(-1, fallocate(fds[i], FALLOC_FL_COLLAPSE_RANGE, 0, self->page));
		EXPECT_EQ(-1, fcntl(fds[i], F_ADD_SEALS, F_SEAL_WRITE));
		/* Accepted or not, there is nothing to throw away. */
		posix_fadvise(fds[i], 0, 0, POSIX_FADV_DONTNEED);
	}
	EXPECT_EQ(-1, madvise(self->own.mem, self->page, MADV_REMOVE));
	EXPECT_EQ(-1, madvise(self->peer.mem, self->page, MADV_REMOVE));
	/* None that the kernel knows, but those that break hardware. */
	for (advice = 0; advice < 100; advice++) {
		madvise(self->own.mem, self->own.len, advice);
		madvise(self->peer.mem, self->peer.len, advice);
	}
	ASSERT_EQ(0, touch_read(self->peer.mem));
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 36));
	EXPECT_TRUE(is_pattern(self->own.mem, self->own.len, 36));
}

/* --- abuse 37: what either side does to its mappings ---------------------- */

TEST_F(map, abuse_37_is_not_inherited)
{
	pattern(self->own.mem, self->own.len, 1);
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 1));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		EXPECT_EQ(SIGSEGV, touch_read(self->own.mem));
		EXPECT_EQ(SIGSEGV, touch_read(self->peer.mem));
		EXPECT_EQ(SIGSEGV, touch_read(self->own.slots));
		/* Who has the descriptor maps it. */
		self->own.mem = map_section(self->own.fd, 0, self->own.len,
					    PROT_READ | PROT_WRITE);
		ASSERT_NE(NULL, self->own.mem);
		EXPECT_TRUE(is_pattern(self->own.mem, self->own.len, 1));
		pattern(self->own.mem, self->own.len, 2);
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 2));
}

/* Who insists has it inherited, and everything holds for the child as well. */
TEST_F(map, abuse_37_inherited_on_demand_is_shared_and_freed)
{
	pattern(self->own.mem, self->own.len, 1);
	if (madvise(self->own.mem, self->own.len, MADV_DOFORK))
		return;
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		EXPECT_TRUE(is_pattern(self->own.mem, self->own.len, 1));
		pattern(self->own.mem, self->own.len, 2);
		munmap(self->own.mem, self->page);
		child_exit(true);
	}
	EXPECT_EQ(0, child_end(&self->child));
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 2));
	EXPECT_TRUE(is_pattern(self->own.mem, self->own.len, 2));
}

TEST_F(map, abuse_37_is_gone_after_exec)
{
	struct section more;
	int in[2], out[2];
	char byte;

	section_close(&self->own);
	section_close(&self->peer);
	ASSERT_EQ(0, section_delete(self->pair.client, self->own.id));
	ASSERT_EQ(0, pipe(in));
	ASSERT_EQ(0, pipe(out));
	ASSERT_LE(0, child_start(&self->child));
	if (!self->child.pid) {
		ASSERT_EQ(0, section_make(self->pair.client, PAGES * self->page, 0, &more));
		ASSERT_EQ(0, section_delete(self->pair.client, more.id));
		EXPECT_EQ(-EDQUOT, section_create(self->pair.client, 1, 0, &self->own));
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execlp("cat", "cat", NULL);
		child_exit(false);
	}
	/* It answers, so it runs the other program. */
	ASSERT_EQ(1, write(in[1], "x", 1));
	ASSERT_EQ(1, read(out[0], &byte, 1));
	EXPECT_EQ(0, section_create(self->pair.client, PAGES * self->page, 0, &more));
	EXPECT_EQ(0, section_delete(self->pair.client, more.id));
	section_close(&more);
	close(in[1]);
	EXPECT_EQ(0, child_end(&self->child));
	close(in[0]);
	close(out[0]);
	close(out[1]);
}

TEST_F(map, abuse_37_moves_and_shrinks_but_does_not_grow)
{
	const size_t len = self->own.len;
	unsigned char *place, *moved;

	pattern(self->own.mem, len, 1);
	place = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	moved = mremap(self->own.mem, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, moved);
	EXPECT_EQ(SIGSEGV, touch_read(self->own.mem));
	self->own.mem = moved;
	EXPECT_TRUE(is_pattern(moved, len, 1));
	pattern(moved, len, 2);
	EXPECT_TRUE(is_pattern(self->peer.mem, len, 2));
	EXPECT_EQ(MAP_FAILED, mremap(moved, len, len + self->page, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(moved, 0, len, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->peer.mem, len, 2 * len, MREMAP_MAYMOVE));
	EXPECT_TRUE(is_pattern(moved, len, 2));
	EXPECT_EQ(moved, mremap(moved, len, self->page, 0));
	EXPECT_TRUE(is_pattern(moved, self->page, 2));
	EXPECT_EQ(SIGSEGV, touch_read(moved + self->page));
	EXPECT_TRUE(is_pattern(self->peer.mem, len, 2));
}

TEST_F(map, abuse_37_is_there_until_the_last_part_is_unmapped)
{
	const size_t len = self->own.len;
	struct section more;

	pattern(self->own.mem, len, 1);
	close_fd(&self->own.fd);
	close_fd(&self->peer.fd);
	munmap((void *)self->own.slots, self->page);
	self->own.slots = NULL;
	ASSERT_EQ(0, section_delete(self->pair.client, self->own.id));
	/* One side lets go of all, the other one of all but a page in the middle. */
	munmap(self->own.mem, len);
	EXPECT_EQ(SIGSEGV, touch_read(self->own.mem));
	EXPECT_TRUE(is_pattern(self->peer.mem, len, 1));
	munmap(self->peer.mem, 3 * self->page);
	munmap(self->peer.mem + 4 * self->page, len - 4 * self->page);
	EXPECT_EQ(SIGSEGV, touch_read(self->peer.mem));
	EXPECT_EQ(SIGSEGV, touch_read(self->peer.mem + 4 * self->page));
	EXPECT_EQ(pattern_byte(3 * self->page + 5, 1), self->peer.mem[3 * self->page + 5]);
	EXPECT_EQ(-EDQUOT, section_create(self->pair.client, len, 0, &more));
	munmap(self->peer.mem + 3 * self->page, self->page);
	EXPECT_EQ(0, section_create(self->pair.client, len, 0, &more));
	EXPECT_EQ(0, section_delete(self->pair.client, more.id));
	section_close(&more);
	self->own.mem = NULL;
	self->peer.mem = NULL;
}

TEST_F(map, abuse_37_has_the_protection_that_each_side_gives_it)
{
	const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	unsigned char *mem;
	int i, k, round;

	MAKE_WRITABLE();
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 6; i++) {
			mem = i % 2 ? self->own.mem : self->peer.mem;
			k = (i / 2 + round) % 3;
			ASSERT_EQ(0, mprotect(mem + self->page, 2 * self->page, prots[k]));
			EXPECT_EQ(k > 0 ? 0 : SIGSEGV, touch_read(mem + self->page));
			EXPECT_EQ(k > 1 ? 0 : SIGSEGV, touch_write(mem + self->page));
			EXPECT_EQ(0, touch_write(mem));
			EXPECT_EQ(0, touch_write(mem + 3 * self->page));
		}
	}
	mprotect(self->own.mem, self->own.len, PROT_READ | PROT_WRITE);
	mprotect(self->peer.mem, self->peer.len, PROT_READ | PROT_WRITE);
	pattern(self->own.mem, self->own.len, 5);
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 5));
}

/* Views are of the section: who has unmapped it can still send and release. */
TEST_F(map, abuse_37_needs_no_mapping_for_views)
{
	struct alpc_msg msg;
	char buf[64];

	pattern(self->own.mem, self->own.len, 6);
	munmap(self->own.mem, self->own.len);
	self->own.mem = NULL;
	munmap(self->peer.mem, self->peer.len);
	self->peer.mem = NULL;
	ASSERT_EQ(0, send_view(self->pair.client, 0, 0, self->own.id, 0, self->page,
			       ALPC_VIEW_SECURE | ALPC_VIEW_SLOT(1)));
	TAKE(ALPC_DATAGRAM, self->pair.port, &msg, buf);
	EXPECT_EQ(0, alpc_release(self->pair.port, msg.id));
	EXPECT_EQ(1, self->own.slots[1]);
}

/* --- its pages cannot be pinned ------------------------------------------- */

TEST_F(map, gives_no_reference_to_its_pages)
{
	unsigned char copy[64];
	struct iovec section = { .iov_base = self->own.mem, .iov_len = sizeof(copy) };
	struct iovec plain = { .iov_base = copy, .iov_len = sizeof(copy) };
	int pipes[2];

	pattern(self->own.mem, self->page, 9);
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-1, vmsplice(pipes[1], &section, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, vmsplice(pipes[1], &section, 1, SPLICE_F_GIFT));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, process_vm_readv(getpid(), &plain, 1, &section, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, process_vm_writev(getpid(), &plain, 1, &section, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	/* Copying is no harm. */
	EXPECT_EQ(sizeof(copy), write(pipes[1], self->own.mem, sizeof(copy)));
	EXPECT_EQ(sizeof(copy), read(pipes[0], copy, sizeof(copy)));
	EXPECT_TRUE(is_pattern(copy, sizeof(copy), 9));
	EXPECT_EQ(sizeof(copy), write(pipes[1], copy, sizeof(copy)));
	EXPECT_EQ(sizeof(copy), read(pipes[0], self->own.mem + 100, sizeof(copy)));
	EXPECT_TRUE(is_pattern(self->peer.mem + 100, sizeof(copy), 9));
	EXPECT_EQ(sizeof(copy), process_vm_readv(getpid(), &section, 1, &plain, 1, 0));
	close(pipes[0]);
	close(pipes[1]);
}

/* Not even for a disk, which would write to them without anybody's knowing. */
TEST_F(map, gives_no_reference_to_direct_io)
{
	int disk = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC);
	unsigned char *plain = shared_memory(self->page);
	unsigned char *mem[] = { self->own.mem, self->peer.mem };
	size_t i;

	if (disk < 0 && errno == ENOENT)
		SKIP(return, "there is no RAM disk");
	ASSERT_LE(0, disk);
	pattern(self->own.mem, self->own.len, 9);
	pattern(plain, self->page, 10);
	/* Ordinary memory is written from, and read into. */
	ASSERT_EQ(self->page, pwrite(disk, plain, self->page, 0));
	memset(plain, 0, self->page);
	ASSERT_EQ(self->page, pread(disk, plain, self->page, 0));
	EXPECT_TRUE(is_pattern(plain, self->page, 10));
	for (i = 0; i < ARRAY_SIZE(mem); i++) {
		ASSERT_EQ(0, touch_read(mem[i]));
		EXPECT_EQ(-1, pread(disk, mem[i], self->page, 0));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_EQ(-1, pwrite(disk, mem[i], self->page, 0));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 9));
	ASSERT_EQ(self->page, pread(disk, plain, self->page, 0));
	EXPECT_TRUE(is_pattern(plain, self->page, 10));
	close(disk);
}

/* Nor for a ring, which would keep them for as long as it is there. */
TEST_F(map, gives_no_reference_to_io_uring)
{
	struct io_uring_params params = {};
	int ring = syscall(SYS_io_uring_setup, 4, &params);
	struct iovec memory = { .iov_len = self->page };
	int i;

	ASSERT_LE(0, ring);
	/* What can only be read is refused in any case. */
	MAKE_WRITABLE();
	for (i = 0; i < 2; i++) {
		memory.iov_base = i ? self->peer.mem : self->own.mem;
		ASSERT_EQ(0, touch_write(memory.iov_base));
		EXPECT_EQ(-1, syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
				      &memory, 1));
		EXPECT_EQ(EFAULT, errno);
	}
	memory.iov_base = shared_memory(self->page);
	EXPECT_EQ(0, syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &memory, 1));
	close(ring);
}

TEST_F(map, is_seen_by_a_debugger_who_cannot_write_to_it)
{
	unsigned char buf[3 * 4096];
	int mem = open("/proc/self/mem", O_RDWR);
	off_t at = address(self->own.mem);

	ASSERT_LE(0, mem);
	pattern(self->own.mem, self->own.len, 4);
	EXPECT_EQ(sizeof(buf), pread(mem, buf, sizeof(buf), at));
	EXPECT_TRUE(is_pattern(buf, sizeof(buf), 4));
	EXPECT_EQ(-1, pwrite(mem, "x", 1, at));
	EXPECT_EQ(-1, pwrite(mem, "x", 1, address(self->peer.mem)));
	EXPECT_TRUE(is_pattern(self->peer.mem, self->peer.len, 4));
	/* Behind the end of a mapping lies something else. */
	munmap(self->own.mem + self->page, self->own.len - self->page);
	ASSERT_EQ(self->own.mem + self->page,
		  mmap(self->own.mem + self->page, self->page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(self->own.mem + self->page, 'a', self->page);
	EXPECT_EQ(200, pread(mem, buf, 200, at + self->page - 100));
	EXPECT_EQ(pattern_byte(self->page - 1, 4), buf[99]);
	EXPECT_EQ('a', buf[100]);
	EXPECT_EQ('a', buf[199]);
	close(mem);
}

TEST_HARNESS_MAIN
