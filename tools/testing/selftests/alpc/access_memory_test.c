// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct access to all kinds of memory, and where there is none.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "alpc_access.h"

enum { LENGTH = 4 << 20 };

/* Where the parts of the memory that are looked at begin; the last one ends it. */
enum { PIECE = 70 * 1000 };

static const __u32 pieces[] = { 0, 100 * 4096, (1 << 20) - 5, (2 << 20) - 4096, LENGTH - PIECE };

#define PAGE	sysconf(_SC_PAGESIZE)

/* --- kinds of memory ------------------------------------------------------ */

FIXTURE(access_memory)
{
	struct pair pair;
	struct child child;
	struct alpc_msg msg;
	char buf[64];
	char own[PIECE];
	int server;
};

/* What the client maps; @touched: all of it is there before the call. */
FIXTURE_VARIANT(access_memory)
{
	void *(*map)(void);
	bool touched;
};

static void *map_flags(int flags)
{
	return mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, flags, -1, 0);
}

static void *map_private(void)
{
	return map_flags(MAP_PRIVATE | MAP_ANONYMOUS);
}

static void *map_shared(void)
{
	return map_flags(MAP_SHARED | MAP_ANONYMOUS);
}

static void *map_locked(void)
{
	return map_flags(MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED);
}

static void *map_large(void)
{
	char *p = mmap(NULL, 2 * LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	p = (char *)(((unsigned long)p + LENGTH - 1) & -(unsigned long)LENGTH);
	return madvise(p, LENGTH, MADV_HUGEPAGE) ? MAP_FAILED : p;
}

static void *map_hugetlb(void)
{
	return map_flags(MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
}

static void *map_hugetlb_shared(void)
{
	return map_flags(MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB);
}

static void *map_file(int flags)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, LENGTH))
		return MAP_FAILED;
	return mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, flags, fd, 0);
}

static void *map_file_shared(void)
{
	return map_file(MAP_SHARED);
}

static void *map_file_private(void)
{
	return map_file(MAP_PRIVATE);
}

FIXTURE_VARIANT_ADD(access_memory, anonymous) { map_private, true };
FIXTURE_VARIANT_ADD(access_memory, anonymous_untouched) { map_private, false };
FIXTURE_VARIANT_ADD(access_memory, shared) { map_shared, true };
FIXTURE_VARIANT_ADD(access_memory, shared_untouched) { map_shared, false };
FIXTURE_VARIANT_ADD(access_memory, locked) { map_locked, false };
FIXTURE_VARIANT_ADD(access_memory, large_pages) { map_large, true };
FIXTURE_VARIANT_ADD(access_memory, large_pages_untouched) { map_large, false };
FIXTURE_VARIANT_ADD(access_memory, hugetlb) { map_hugetlb, true };
FIXTURE_VARIANT_ADD(access_memory, hugetlb_untouched) { map_hugetlb, false };
FIXTURE_VARIANT_ADD(access_memory, hugetlb_shared) { map_hugetlb_shared, true };
FIXTURE_VARIANT_ADD(access_memory, file) { map_file_shared, true };
FIXTURE_VARIANT_ADD(access_memory, file_untouched) { map_file_shared, false };
FIXTURE_VARIANT_ADD(access_memory, file_private) { map_file_private, true };
FIXTURE_VARIANT_ADD(access_memory, file_private_untouched) { map_file_private, false };

/* Two of 2 MiB each, which is not more than the smallest guest has to spare. */
FIXTURE_SETUP(access_memory)
{
	if (variant->map == map_hugetlb || variant->map == map_hugetlb_shared)
		ASSERT_EQ(0, write_file("/proc/sys/vm/nr_hugepages", "2"));
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->server = -1;
}

FIXTURE_TEARDOWN(access_memory)
{
	close_fd(&self->server);
	pair_close(&self->pair);
	if (variant->map == map_hugetlb || variant->map == map_hugetlb_shared)
		EXPECT_EQ(0, write_file("/proc/sys/vm/nr_hugepages", "0"));
}

/* In the client: what each piece was before the call, and is to be after it. */
static bool client_calls(int fd, const FIXTURE_VARIANT(access_memory) *variant)
{
	char *memory = variant->map();
	__u32 i;

	if (memory == MAP_FAILED) {
		fprintf(stderr, "# no such memory: %s\n", strerror(errno));
		return false;
	}
	if (variant->touched)
		pattern(memory, LENGTH, 0);
	if (call_with_memory(fd, memory, LENGTH, BOTH))
		return false;
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		if (!is_pattern(memory + pieces[i], PIECE, i + 1))
			return false;
	}
	/* What was not written to is as it was. */
	return memory[PIECE + 4096] == (char)(variant->touched ?
					      pattern_byte(PIECE + 4096, 0) : 0);
}

TEST_F(access_memory, is_read_and_written)
{
	__u32 i, j;

	ASSERT_LE(0, client_start(&self->pair, &self->child, 1, &self->server));
	if (!self->child.pid)
		child_exit(client_calls(self->server, variant));
	AWAIT(ALPC_REQUEST, self->pair.port, &self->msg, self->buf);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		bool right = true;

		EXPECT_RESULT(0, PIECE, read_range(self->server, self->msg.id, pieces[i],
						   self->own, PIECE));
		for (j = 0; j < PIECE && right; j++)
			right = (unsigned char)self->own[j] ==
				(variant->touched ? pattern_byte(pieces[i] + j, 0) : 0);
		EXPECT_TRUE(right);
		pattern(self->own, PIECE, i + 1);
		EXPECT_RESULT(0, PIECE, write_range(self->server, self->msg.id, pieces[i],
						    self->own, PIECE));
	}
	ASSERT_EQ(0, alpc_reply(self->server, self->msg.id, NULL, 0));
	EXPECT_EQ(0, child_end(&self->child));
}

/* --- where there is none -------------------------------------------------- */

enum { PAGES = 24, BAD = 19 };	/* in the second batch */

FIXTURE(access_hole)
{
	struct pair pair;
	struct worker caller;
	struct access_call call;
	struct alpc_range range;
	struct alpc_msg msg;
	char buf[64];
	/* PAGES pages each; page number BAD of one of them is bad. */
	char *memory, *own;
};

FIXTURE_SETUP(access_hole)
{
	ASSERT_EQ(0, pair_open(&self->pair, NULL));
	self->memory = memory_in_holes(PAGES);
	self->own = memory_in_holes(PAGES);
	ASSERT_NE(NULL, self->memory);
	ASSERT_NE(NULL, self->own);
	pattern(self->memory, PAGES * PAGE, 1);
	memset(self->own, 'o', PAGES * PAGE);
}

FIXTURE_TEARDOWN(access_hole)
{
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(0, worker_join(&self->caller));
	EXPECT_EQ(0, pair_works(&self->pair));
	pair_close(&self->pair);
	munmap(self->memory, PAGES * PAGE);
	munmap(self->own, PAGES * PAGE);
}

struct caller_arg {
	int fd;
	struct access_call *call;
};

static int run_call(void *data)
{
	struct caller_arg *arg = data;

	return alpc_transfer(arg->fd, &arg->call->transfer);
}

/* The range is @len bytes at @p. */
#define CALL(self, p, len) do { \
	static struct caller_arg __arg; \
\
	__arg = (struct caller_arg){ (self)->pair.client, &(self)->call }; \
	(self)->range = range_of(p, len, BOTH); \
	call_init(&(self)->call, &(self)->range, 1); \
	ASSERT_EQ(0, worker_start(&(self)->caller, run_call, &__arg)); \
	ASSERT_EQ(0, worker_blocked(&(self)->caller)) { \
		TH_LOG("the call failed: %d", worker_join(&(self)->caller)); \
	} \
	TAKE(ALPC_REQUEST, (self)->pair.port, &(self)->msg, (self)->buf); \
} while (0)

/* Read all of the range; write to all of it. */
#define READ(self) read_range((self)->pair.port, (self)->msg.id, 0, (self)->own, PAGES * PAGE)
#define WRITE(self) write_range((self)->pair.port, (self)->msg.id, 0, (self)->own, PAGES * PAGE)

static bool is_all(const char *p, char c, size_t len)
{
	while (len--) {
		if (*p++ != c)
			return false;
	}
	return true;
}

TEST_F(access_hole, unmapped_page_is_efault_there)
{
	CALL(self, self->memory, PAGES * PAGE);
	ASSERT_EQ(0, munmap(self->memory + BAD * PAGE, PAGE));
	EXPECT_RESULT(-EFAULT, BAD * PAGE, READ(self));
	EXPECT_TRUE(is_pattern(self->own, BAD * PAGE, 1));
	EXPECT_TRUE(is_all(self->own + BAD * PAGE, 'o', (PAGES - BAD) * PAGE));
	memset(self->own, 'w', PAGES * PAGE);
	EXPECT_RESULT(-EFAULT, BAD * PAGE, WRITE(self));
	EXPECT_TRUE(is_all(self->memory, 'w', BAD * PAGE));
	EXPECT_EQ(pattern_byte((BAD + 1) * PAGE, 1),
		  (unsigned char)self->memory[(BAD + 1) * PAGE]);
	/* Nothing at all, and what lies behind it. */
	EXPECT_RESULT(-EFAULT, 0, read_range(self->pair.port, self->msg.id, BAD * PAGE + 9,
					     self->own, 1));
	EXPECT_RESULT(0, PAGE, read_range(self->pair.port, self->msg.id, (BAD + 1) * PAGE,
					  self->own, PAGE));
}

TEST_F(access_hole, inaccessible_page_is_efault_there)
{
	CALL(self, self->memory, PAGES * PAGE);
	ASSERT_EQ(0, mprotect(self->memory + BAD * PAGE, PAGE, PROT_NONE));
	EXPECT_RESULT(-EFAULT, BAD * PAGE, READ(self));
	EXPECT_TRUE(is_pattern(self->own, BAD * PAGE, 1));
	EXPECT_RESULT(-EFAULT, BAD * PAGE, WRITE(self));
	ASSERT_EQ(0, mprotect(self->memory + BAD * PAGE, PAGE, PROT_READ));
	EXPECT_RESULT(0, PAGES * PAGE, READ(self));
}

/* That it was listed for writing does not make it so. */
TEST_F(access_hole, read_only_page_is_efault_when_written)
{
	CALL(self, self->memory, PAGES * PAGE);
	ASSERT_EQ(0, mprotect(self->memory + BAD * PAGE, PAGE, PROT_READ));
	EXPECT_RESULT(-EFAULT, BAD * PAGE, WRITE(self));
	EXPECT_TRUE(is_all(self->memory, 'o', BAD * PAGE));
	EXPECT_EQ(pattern_byte(BAD * PAGE, 1), (unsigned char)self->memory[BAD * PAGE]);
	EXPECT_RESULT(0, PAGES * PAGE, READ(self));
}

TEST_F(access_hole, page_beyond_the_end_of_a_file_is_efault_there)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, BAD * PAGE));
	ASSERT_EQ(self->memory, mmap(self->memory, PAGES * PAGE, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_FIXED, fd, 0));
	CALL(self, self->memory, PAGES * PAGE);
	EXPECT_RESULT(-EFAULT, BAD * PAGE, READ(self));
	EXPECT_TRUE(is_all(self->own, 0, BAD * PAGE));
	EXPECT_RESULT(-EFAULT, BAD * PAGE, WRITE(self));
	close(fd);
}

/* It has no pages to be pinned; what it has is reached by mapping it. */
TEST_F(access_hole, section_is_efault)
{
	struct alpc_create_section section = {
		.size = sizeof(section), .len = PAGES * PAGE, .out_fd = POISON_S32,
	};
	char *p;

	ASSERT_EQ(0, alpc_ioctl(self->pair.client, ALPC_IOC_CREATE_SECTION, &section));
	p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, section.out_fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	CALL(self, p, PAGES * PAGE);
	EXPECT_RESULT(-EFAULT, 0, READ(self));
	/* The receiver's own memory can be one. */
	memset(p, 's', PAGES * PAGE);
	ASSERT_EQ(0, alpc_reply(self->pair.port, self->msg.id, NULL, 0));
	EXPECT_EQ(0, worker_join(&self->caller));
	CALL(self, self->memory, PAGES * PAGE);
	EXPECT_RESULT(0, PAGES * PAGE, write_range(self->pair.port, self->msg.id, 0, p,
						   PAGES * PAGE));
	EXPECT_TRUE(is_all(self->memory, 's', PAGES * PAGE));
	memset(self->memory, 'm', PAGES * PAGE);
	EXPECT_RESULT(0, PAGES * PAGE, read_range(self->pair.port, self->msg.id, 0, p,
						  PAGES * PAGE));
	EXPECT_TRUE(is_all(p, 'm', PAGES * PAGE));
	munmap(p, PAGES * PAGE);
	close(section.out_fd);
}

/* --- the receiver's own --------------------------------------------------- */

TEST_F(access_hole, receivers_unmapped_page_is_efault_there)
{
	CALL(self, self->memory, PAGES * PAGE);
	ASSERT_EQ(0, munmap(self->own + BAD * PAGE, PAGE));
	EXPECT_RESULT(-EFAULT, BAD * PAGE, READ(self));
	EXPECT_TRUE(is_pattern(self->own, BAD * PAGE, 1));
	EXPECT_TRUE(is_all(self->own + (BAD + 1) * PAGE, 'o', (PAGES - BAD - 1) * PAGE));
	memset(self->own, 'w', BAD * PAGE);
	EXPECT_RESULT(-EFAULT, BAD * PAGE, WRITE(self));
	EXPECT_TRUE(is_all(self->memory, 'w', BAD * PAGE));
	EXPECT_EQ(pattern_byte(BAD * PAGE, 1), (unsigned char)self->memory[BAD * PAGE]);
}

TEST_F(access_hole, receivers_read_only_page_is_efault_when_read_into)
{
	CALL(self, self->memory, PAGES * PAGE);
	ASSERT_EQ(0, mprotect(self->own + BAD * PAGE, PAGE, PROT_READ));
	EXPECT_RESULT(-EFAULT, BAD * PAGE, READ(self));
	EXPECT_TRUE(is_all(self->own + BAD * PAGE, 'o', (PAGES - BAD) * PAGE));
	EXPECT_RESULT(0, PAGES * PAGE, WRITE(self));
	ASSERT_EQ(0, mprotect(self->own, PAGE, PROT_NONE));
	EXPECT_RESULT(-EFAULT, 0, READ(self));
	EXPECT_RESULT(-EFAULT, 0, WRITE(self));
}

/* Where the receiver's memory is not there yet it is brought in. */
TEST_F(access_hole, receivers_untouched_pages_are_brought_in)
{
	CALL(self, self->memory, PAGES * PAGE);
	ASSERT_EQ(0, madvise(self->own, PAGES * PAGE, MADV_DONTNEED));
	EXPECT_RESULT(0, PAGES * PAGE, READ(self));
	EXPECT_TRUE(is_pattern(self->own, PAGES * PAGE, 1));
	ASSERT_EQ(0, madvise(self->own, PAGES * PAGE, MADV_DONTNEED));
	EXPECT_RESULT(0, PAGES * PAGE, WRITE(self));
	EXPECT_TRUE(is_all(self->memory, 0, PAGES * PAGE));
}

/* What is not done is not touched, not even to see whether it is there. */
TEST_F(access_hole, receivers_bytes_beyond_those_done_stay)
{
	char text[PAGE];
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int i;

	memset(text, 'f', PAGE);
	for (i = 0; i < PAGES; i++)
		ASSERT_EQ(PAGE, write(fd, text, PAGE));
	ASSERT_EQ(self->own, mmap(self->own, PAGES * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_FIXED, fd, 0));
	CALL(self, self->memory, PAGES * PAGE);
	ASSERT_EQ(0, munmap(self->memory + PAGE, PAGE));
	EXPECT_RESULT(-EFAULT, PAGE, READ(self));
	EXPECT_TRUE(is_pattern(self->own, PAGE, 1));
	EXPECT_TRUE(is_all(self->own + PAGE, 'f', (PAGES - 1) * PAGE));
	close(fd);
}

TEST_HARNESS_MAIN
