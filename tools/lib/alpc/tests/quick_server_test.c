// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libalpc: the server's side of quick calls. Each time its one thread asks the kernel
 * for a message, which it does between any two looks at the page, the test plays the
 * client: it sees what is in the page, writes what it likes, and says what the
 * kernel delivers.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "kernel.h"
#include "../quick_server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kselftest_harness.h>

#define QUICK_SECTION	5
#define VIEW_SECTION	6
#define OTHER_SECTION	7
#define BATCH		64	/* quick requests before the kernel is asked */

/* -- A client ---------------------------------------------------------------------- */

static struct {
	int fd;			/* of the sections' memory */
	int client;		/* server communication port */
	struct alpc_lib_quick_page *page;
	size_t len;		/* of a section, as the kernel says */
	bool read_only;
	uint64_t context;
	uint64_t received;	/* messages of the client */
	unsigned int step, disconnects, canceled, woken;
	bool shut;
	uint64_t next_id;
	/* The last reply. */
	unsigned int replies;
	uint64_t replied;
	size_t reply_len;
	unsigned int reply_fds;
	unsigned char reply[4096];
	/* Plays the client. Return: 0 with a message in @recv, or -EAGAIN, ... */
	int (*play)(unsigned int step, struct alpc_msg *recv);
} c;

static int deliver(struct alpc_msg *recv, unsigned int type, const void *data,
		   size_t len)
{
	uint64_t to = recv->data;

	*recv = (struct alpc_msg){
		.type = (__u16)type, .id = c.next_id++, .data = to,
		.len = (__u32)len, .context = c.context,
	};
	if (type == ALPC_CONNECTION_REQUEST)
		recv->context = 0;
	else if (type == ALPC_PORT_CLOSED)
		recv->seq = c.received;
	else
		c.received++;
	if (len)
		memcpy((void *)(uintptr_t)to, data, len);
	return 0;
}

static int deliver_hello(struct alpc_msg *recv, uint32_t what, uint32_t section,
			 uint32_t value)
{
	const struct alpc_lib_quick_hello h = {
		.magic = QUICK_MAGIC, .version = QUICK_VERSION, .what = what,
		.section = section, .value = (int32_t)value,
	};

	return deliver(recv, what == QUICK_HELLO_CLOSE ? ALPC_DATAGRAM :
							 ALPC_REQUEST,
		       &h, sizeof(h));
}

static void post(uint32_t seq, uint32_t len)
{
	memset(c.page->request, 'q', len <= ALPC_QUICK_MAX ? len : 0);
	atomic_store(&c.page->ask, quick_ask(QUICK_POSTED, len, seq));
}

static unsigned int state(void)
{
	return QUICK_STATE(atomic_load(&c.page->ask));
}

/* -- The kernel -------------------------------------------------------------------- */

static int transfer(struct alpc_transfer *t)
{
	int ret;

	t->out_done = 0;
	if (t->flags & ALPC_TRANSFER_SEND && t->send.flags == ALPC_SEND_REPLY) {
		const struct alpc_attrs *attrs = (void *)(uintptr_t)t->send.attrs;

		c.replies++;
		c.replied = t->send.id;
		c.reply_len = t->send.len;
		c.reply_fds = attrs ? attrs->fd_count : 0;
		if (t->send.len <= sizeof(c.reply))
			memcpy(c.reply, (void *)(uintptr_t)t->send.data,
			       t->send.len);
	}
	if (t->flags & ALPC_TRANSFER_SEND)
		t->out_done |= ALPC_DONE_SENT;
	if (!(t->flags & ALPC_TRANSFER_RECEIVE))
		return 0;
	if (c.shut)
		return -ESHUTDOWN;
	/* It asks once more until something comes. */
	do {
		ret = c.play(c.step++, &t->recv);
	} while (ret == -EAGAIN && !(t->flags & ALPC_TRANSFER_DONTWAIT));
	if (!ret)
		t->out_done |= ALPC_DONE_RECEIVED;
	return ret;
}

static int open_section(struct alpc_open_section *arg)
{
	if (arg->section != QUICK_SECTION && arg->section != VIEW_SECTION &&
	    arg->section != OTHER_SECTION)
		return -ENOENT;
	arg->out_fd = dup(c.fd);
	arg->out_len = c.len;
	arg->out_flags = c.read_only ? 0 : ALPC_SECTION_PEER_WRITE;
	return 0;
}

static int client_kernel(int step, int fd, unsigned long request, void *arg)
{
	struct alpc_port_info *info = arg;
	struct alpc_accept *a = arg;

	(void)step;
	switch (request) {
	case ALPC_IOC_PORT_INFO:
		info->out_kind = fd == c.client ? ALPC_KIND_SERVER :
						  ALPC_KIND_CONNECTION;
		info->out_max_message = 1000;
		return 0;
	case ALPC_IOC_TRANSFER:
		return transfer(arg);
	case ALPC_IOC_ACCEPT:
		c.context = a->context;
		a->out_fd = memfd_create("client", 0);
		c.client = a->out_fd;
		return 0;
	case ALPC_IOC_OPEN_SECTION:
		return open_section(arg);
	case ALPC_IOC_DISCONNECT:
		return c.disconnects++ ? -EPIPE : 0;
	case ALPC_IOC_CANCEL:
		c.canceled++;
		return 0;
	case ALPC_IOC_QUICK_WAKE:
		c.woken++;
		return 0;
	case ALPC_IOC_SHUTDOWN:
		c.shut = true;
		return 0;
	default:
		return -ENOTTY;
	}
}

/* -- The server -------------------------------------------------------------------- */

static struct alpc_server *server;
static atomic_uint handled, handled_quickly, closed;
static atomic_int mistakes;
static uint64_t last_id;
static int (*handler)(struct alpc_client *client, struct alpc_message *reply);

static int on_request(struct alpc_client *client,
		      const struct alpc_message *request,
		      struct alpc_message *reply)
{
	handled++;
	handled_quickly += alpc_message_way(request) == ALPC_WAY_QUICK;
	last_id = alpc_message_id(request);
	if (alpc_message_len(request) > ALPC_QUICK_MAX)
		mistakes++;
	return handler(client, reply);
}

static void on_closed(struct alpc_client *client)
{
	(void)client;
	closed++;
}

static const struct alpc_server_ops ops = {
	.size = sizeof(ops), .request = on_request, .closed = on_closed,
};

static int say_yes(struct alpc_client *client, struct alpc_message *reply)
{
	(void)client;
	return alpc_message_set(reply, "yes", 3);
}

/* How often the sections' memory is mapped. */
static unsigned int maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned int n = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		n += !!strstr(line, "memfd:quick-page");
	if (f)
		fclose(f);
	return n;
}

FIXTURE(quick) {
	struct alpc_server_options options;
};

FIXTURE_SETUP(quick)
{
	struct alpc_port *port;

	memset(&c, 0, sizeof(c));
	c.fd = memfd_create("quick-page", 0);
	c.client = -1;
	c.len = QUICK_PAGE_LEN;
	c.next_id = 100;
	ASSERT_EQ(0, ftruncate(c.fd, 2 * QUICK_PAGE_LEN));
	c.page = mmap(NULL, QUICK_PAGE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
		      c.fd, 0);
	ASSERT_NE(MAP_FAILED, c.page);
	handler = say_yes;
	kernel_set(client_kernel);
	self->options = (struct alpc_server_options){
		.size = sizeof(self->options),
		.flags = ALPC_SERVER_QUICK | ALPC_SERVER_IN_PLACE,
		.quick_ns = ALPC_QUICK_SPIN_MAX,
	};
	ASSERT_EQ(0, alpc_port_adopt(memfd_create("port", 0), &port));
	ASSERT_EQ(0, alpc_server_new_with(port, &ops, NULL, &self->options,
					  &server));
}

FIXTURE_TEARDOWN(quick)
{
	alpc_server_free(server);
	EXPECT_EQ(1, atomic_load(&closed));
	EXPECT_EQ(0, atomic_load(&mistakes));
	/* The test's own. */
	EXPECT_EQ(1, maps());
	munmap(c.page, QUICK_PAGE_LEN);
	close(c.fd);
}

/* A client that connects, opens a page, and goes on as @then says, from step 0. */
static int (*then)(unsigned int step, struct alpc_msg *recv);

static int play(unsigned int step, struct alpc_msg *recv)
{
	if (!step)
		return deliver(recv, ALPC_CONNECTION_REQUEST, NULL, 0);
	if (step == 1)
		return deliver_hello(recv, QUICK_HELLO_OPEN, QUICK_SECTION, 0);
	return then(step - 2, recv);
}

static void serve(int (*fn)(unsigned int step, struct alpc_msg *recv))
{
	then = fn;
	c.play = play;
	if (alpc_server_run(server, 1))
		mistakes++;
}

#define MUST(what) do { \
	if (!(what)) { \
		ksft_print_msg("%d: %s\n", __LINE__, #what); \
		mistakes++; \
	} \
} while (0)

static bool is_answered(uint32_t seq, uint32_t head)
{
	return atomic_load(&c.page->answer) == seq &&
	       atomic_load(&c.page->head) == head;
}

/* -- Requests ---------------------------------------------------------------------- */

static int ask_quickly(unsigned int step, struct alpc_msg *recv)
{
	static const uint32_t seqs[] = { 1, 2, 77, QUICK_SEQ_MAX };

	(void)recv;
	MUST(state() == QUICK_LOOKING);
	if (step) {
		MUST(handled == step);
		MUST(is_answered(seqs[step - 1], QUICK_HEAD(QUICK_DATA, 3)));
		MUST(!memcmp(c.page->reply, "yes", 3));
		/* Who sleeps is woken, and nobody else. */
		MUST(c.woken == step / 2);
	}
	if (step == 4)
		return -ESHUTDOWN;
	if (step % 2)
		atomic_fetch_or(&c.page->answer, QUICK_ASLEEP);
	post(seqs[step], step == 3 ? ALPC_QUICK_MAX : step);
	return -EAGAIN;
}

TEST_F(quick, requests)
{
	serve(ask_quickly);
	EXPECT_EQ(4, atomic_load(&handled));
	EXPECT_EQ(0, c.disconnects);
	/* Only that the page was opened. */
	EXPECT_EQ(1, c.replies);
	EXPECT_EQ(QUICK_ABSENT, state());
}

static uint32_t wrong_seq, wrong_len;

static int ask_wrongly(unsigned int step, struct alpc_msg *recv)
{
	if (!step) {
		post(wrong_seq, wrong_len);
		return -EAGAIN;
	}
	MUST(c.disconnects == 1);
	c.shut = true;
	return deliver(recv, ALPC_PORT_CLOSED, NULL, 0);
}

/* Each of them ends the connection, and no handler sees it. */
#define WRONG(name, seq, len) TEST_F(quick, wrong_##name) \
{ \
	wrong_seq = seq; \
	wrong_len = len; \
	serve(ask_wrongly); \
	EXPECT_EQ(0, atomic_load(&handled)); \
	EXPECT_EQ(1, atomic_load(&closed)); \
}

WRONG(length, 1, ALPC_QUICK_MAX + 1)
WRONG(length_by_far, 1, 0xffffff)
WRONG(number, QUICK_SEQ_MAX + 1, 1)
WRONG(number_0, 0, 1)

/* -- Answers ----------------------------------------------------------------------- */

static int (*late)(uint64_t id);

static int leave(struct alpc_client *client, struct alpc_message *reply)
{
	(void)client;
	(void)reply;
	return ALPC_REPLY_LATER;
}

static uint32_t late_head;

static int ask_for_later(unsigned int step, struct alpc_msg *recv)
{
	(void)recv;
	if (!step) {
		atomic_store(&c.page->answer, QUICK_ASLEEP);
		post(9, 4);
		return -EAGAIN;
	}
	MUST(handled == 1 && state() == QUICK_TAKEN);
	MUST(atomic_load(&c.page->answer) == QUICK_ASLEEP);
	MUST(!late(last_id));
	MUST(state() == QUICK_ABSENT);
	MUST(is_answered(9, late_head));
	MUST(c.woken == 1);
	/* It is answered. */
	MUST(late(last_id) == -ESRCH);
	MUST(alpc_server_cancel(server, last_id) == -ESRCH);
	MUST(alpc_server_reply(server, last_id, NULL, 0) == -ESRCH);
	return -ESHUTDOWN;
}

static int late_reply(uint64_t id)
{
	return alpc_server_reply(server, id, "later", 5);
}

TEST_F(quick, answer_that_comes_later)
{
	handler = leave;
	late = late_reply;
	late_head = QUICK_HEAD(QUICK_DATA, 5);
	serve(ask_for_later);
	EXPECT_EQ(0, memcmp(c.page->reply, "later", 5));
}

static int late_cancel(uint64_t id)
{
	return alpc_server_cancel(server, id);
}

TEST_F(quick, request_that_is_cancelled)
{
	handler = leave;
	late = late_cancel;
	late_head = QUICK_HEAD(QUICK_CANCELED, 0);
	serve(ask_for_later);
	/* The kernel knows nothing of it. */
	EXPECT_EQ(0, c.canceled);
}

/*
 * Who does not look makes way for others last: from then on another thread may look,
 * and answer. What makes way lies in memory of its own here, and to write there tells.
 */
static struct alpc_lib_quick_page *half;
static size_t half_len;
static unsigned int answer_before;

static void on_sigsegv(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (info->si_addr != (void *)&half->ask)
		abort();
	answer_before = atomic_load(&half->answer);
	mprotect((char *)&half->answer - half_len, half_len, PROT_READ | PROT_WRITE);
}

static int end_now(unsigned int step, struct alpc_msg *recv)
{
	(void)step;
	(void)recv;
	return -ESHUTDOWN;
}

TEST_F(quick, answer_is_there_before_anybody_else_looks)
{
	const struct sigaction action = {
		.sa_sigaction = on_sigsegv, .sa_flags = SA_SIGINFO,
	};
	const uint64_t looking = quick_ask(QUICK_LOOKING, 1, 0);
	struct alpc_client client = { .port.fd = -1 };
	struct alpc_lib_channel ch = { .client = &client };
	char *pages;

	serve(end_now);
	half_len = (size_t)sysconf(_SC_PAGESIZE);
	pages = mmap(NULL, 2 * half_len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	half = (void *)(pages + half_len -
			offsetof(struct alpc_lib_quick_page, answer));
	ch.page = half;
	ASSERT_EQ(0, sigaction(SIGSEGV, &action, NULL));
	ASSERT_EQ(0, mprotect(pages, half_len, PROT_READ));
	alpc_lib_quick_say(&ch, 7, 0, quick_ask(QUICK_ABSENT, 0, 0));
	EXPECT_EQ(7, answer_before);
	/* But who looks itself is seen to do so with the answer. */
	ASSERT_EQ(0, mprotect(pages, half_len, PROT_READ));
	alpc_lib_quick_say(&ch, 8, 0, looking);
	EXPECT_EQ(7, answer_before);
	EXPECT_EQ(8, atomic_load(&half->answer));
	EXPECT_EQ(looking, atomic_load(&half->ask));
	munmap(pages, 2 * half_len);
}

/* -- Replies that are fetched ------------------------------------------------------- */

static int pipe_end[2];

static int reply_pipe(struct alpc_client *client, struct alpc_message *reply)
{
	(void)client;
	if (alpc_message_set_fds(reply, pipe_end, 1))
		return -EIO;
	return alpc_message_set(reply, "with pipe", 10);
}

/* In the caller's room, as long as it goes inline. */
static int reply_in_place(struct alpc_client *client, struct alpc_message *reply)
{
	void *data;

	(void)client;
	if (alpc_message_resize(reply, 200, &data) ||
	    !alpc_message_is_in_place(reply))
		return -EIO;
	memset(data, 'p', 200);
	return 0;
}

static int deliver_view(struct alpc_msg *recv)
{
	deliver(recv, ALPC_REQUEST, NULL, 0);
	recv->view_len = 1000;
	recv->view_flags = ALPC_VIEW_BODY | ALPC_VIEW_WRITE;
	recv->section = VIEW_SECTION;
	return 0;
}

static int fetch_and_ask_in_place(unsigned int step, struct alpc_msg *recv)
{
	switch (step) {
	case 0:
		post(1, 4);
		return -EAGAIN;
	case 1:
		MUST(is_answered(1, QUICK_HEAD(QUICK_FETCH, 0)));
		handler = reply_in_place;
		return deliver_hello(recv, QUICK_HELLO_FETCH, QUICK_SECTION, 1);
	case 2:
		MUST(c.reply_len == 10 && !memcmp(c.reply, "with pipe", 10));
		MUST(c.reply_fds == 1);
		return deliver_view(recv);
	default:
		MUST(c.reply_len == 200 && c.reply[0] == 'p' && c.reply[199] == 'p');
		return -ESHUTDOWN;
	}
}

TEST_F(quick, reply_in_place_after_one_that_was_fetched)
{
	ASSERT_EQ(0, pipe(pipe_end));
	handler = reply_pipe;
	serve(fetch_and_ask_in_place);
	EXPECT_EQ(2, atomic_load(&handled));
	EXPECT_EQ(3, c.replies);
}

/* A thread that was held up with the fetch of a call that is over. */
static int fetch_late(unsigned int step, struct alpc_msg *recv)
{
	unsigned int replies = 1 + (step == 5);

	MUST(c.replies == replies);
	MUST(c.canceled == (step < 3 ? 0 : step == 3 ? 1 : step < 6 ? 2 : 3));
	switch (step) {
	case 0:
		post(8, 4);
		return -EAGAIN;
	case 1:
		MUST(is_answered(8, QUICK_HEAD(QUICK_FETCH, 0)));
		post(9, 4);
		return -EAGAIN;
	case 2:
		MUST(is_answered(9, QUICK_HEAD(QUICK_FETCH, 0)));
		return deliver_hello(recv, QUICK_HELLO_FETCH, QUICK_SECTION, 8);
	case 3:
		return deliver_hello(recv, QUICK_HELLO_FETCH, OTHER_SECTION, 9);
	case 4:
		return deliver_hello(recv, QUICK_HELLO_FETCH, QUICK_SECTION, 9);
	case 5:
		MUST(c.reply_len == 10 && c.reply_fds == 1);
		c.replies--;
		return deliver_hello(recv, QUICK_HELLO_FETCH, QUICK_SECTION, 9);
	default:
		return -ESHUTDOWN;
	}
}

/* What one reply brings the next one does not. */
static int ask_for_pipe_and_more(unsigned int step, struct alpc_msg *recv)
{
	(void)recv;
	if (step)
		MUST(is_answered(step, step == 1 ? QUICK_HEAD(QUICK_FETCH, 0) :
						   QUICK_HEAD(QUICK_DATA, 3)));
	if (step)
		handler = say_yes;
	if (step == 3)
		return -ESHUTDOWN;
	post(step + 1, 4);
	return -EAGAIN;
}

TEST_F(quick, reply_after_one_with_a_descriptor)
{
	ASSERT_EQ(0, pipe(pipe_end));
	handler = reply_pipe;
	serve(ask_for_pipe_and_more);
	EXPECT_EQ(3, atomic_load(&handled));
}

TEST_F(quick, fetch_of_another_reply)
{
	ASSERT_EQ(0, pipe(pipe_end));
	handler = reply_pipe;
	serve(fetch_late);
	EXPECT_EQ(2, atomic_load(&handled));
	EXPECT_EQ(0, c.disconnects);
}

/* -- Sections ---------------------------------------------------------------------- */

static int expected;

static int look_at_answer(unsigned int step, struct alpc_msg *recv)
{
	struct alpc_lib_quick_hello h;

	(void)step;
	(void)recv;
	MUST(c.replies == 1 && c.reply_len == sizeof(h));
	memcpy(&h, c.reply, sizeof(h));
	MUST(h.value == expected);
	MUST(state() == (expected ? QUICK_ABSENT : QUICK_LOOKING));
	return -ESHUTDOWN;
}

TEST_F(quick, section_that_is_long)
{
	c.len = 2 * QUICK_PAGE_LEN;
	expected = -EPROTO;
	serve(look_at_answer);
}

TEST_F(quick, section_that_is_read_only)
{
	c.read_only = true;
	expected = -EPROTO;
	serve(look_at_answer);
}

TEST_F(quick, section_that_is_a_page)
{
	serve(look_at_answer);
}

/* -- Ends -------------------------------------------------------------------------- */

/* The client asks on, whatever has become of the connection. */
static int ask_on(unsigned int step, struct alpc_msg *recv)
{
	(void)step;
	(void)recv;
	post(1 + step, 4);
	return -EAGAIN;
}

static int ask_on_after_the_end(unsigned int step, struct alpc_msg *recv)
{
	if (step < 3)
		return ask_on(step, recv);
	MUST(handled == 3);
	ask_on(step, recv);
	if (step == 3)
		return deliver(recv, ALPC_PORT_CLOSED, NULL, 0);
	if (step < 6)
		return -EAGAIN;
	/* Nobody looks any more. */
	MUST(closed == 1);
	return -ESHUTDOWN;
}

TEST_F(quick, client_that_is_gone_and_asks_on)
{
	serve(ask_on_after_the_end);
	EXPECT_EQ(3, atomic_load(&handled));
}

static int say_goodbye(struct alpc_client *client, struct alpc_message *reply)
{
	return alpc_port_disconnect(alpc_client_port(client)) ?:
	       alpc_message_set(reply, "bye", 3);
}

static int ask_on_although_disconnected(unsigned int step, struct alpc_msg *recv)
{
	MUST(handled == (step > 0));
	MUST(c.disconnects == (step > 0));
	if (step < 3)
		return ask_on(step, recv);
	if (step == 3)
		return deliver(recv, ALPC_PORT_CLOSED, NULL, 0);
	MUST(closed == 1);
	return -ESHUTDOWN;
}

/* A server that ends the connection takes nothing more, whatever the kernel says. */
TEST_F(quick, client_that_is_disconnected_and_asks_on)
{
	handler = say_goodbye;
	serve(ask_on_although_disconnected);
	EXPECT_EQ(1, atomic_load(&handled));
}

static int leave_the_page(unsigned int step, struct alpc_msg *recv)
{
	MUST(handled == (step > 1));
	switch (step) {
	case 0:
		return deliver_hello(recv, QUICK_HELLO_CLOSE, OTHER_SECTION, 0);
	case 1:
		return ask_on(step, recv);
	case 2:
		return deliver_hello(recv, QUICK_HELLO_CLOSE, QUICK_SECTION, 0);
	case 3:
	case 4:
		return ask_on(step, recv);
	default:
		return -ESHUTDOWN;
	}
}

TEST_F(quick, page_that_the_client_has_left)
{
	serve(leave_the_page);
	EXPECT_EQ(1, atomic_load(&handled));
	EXPECT_EQ(0, c.disconnects);
}

static int open_again(unsigned int step, struct alpc_msg *recv)
{
	if (step < 40) {
		MUST(state() == QUICK_LOOKING);
		/* The test's, the new one, and perhaps the one that was looked at. */
		MUST(maps() <= 3);
		return deliver_hello(recv, QUICK_HELLO_OPEN, QUICK_SECTION, 0);
	}
	return -ESHUTDOWN;
}

TEST_F(quick, page_that_is_opened_again)
{
	serve(open_again);
	EXPECT_EQ(41, c.replies);
}

/* -- Others ------------------------------------------------------------------------ */

static atomic_bool enough;
static unsigned int before, most;

/* It always asks. */
static void *ask_always(void *unused)
{
	uint32_t seq = 0;

	while (!enough)
		if (state() == QUICK_LOOKING)
			post(seq = seq % 1000 + 1, 0);
	return unused;
}

static int count(unsigned int step, struct alpc_msg *recv)
{
	if (handled_quickly - before > most)
		most = handled_quickly - before;
	before = handled_quickly;
	MUST(most <= BATCH);
	if (most == BATCH)
		return -ESHUTDOWN;
	/* After an ordinary request it looks again. */
	return step % 4 ? -EAGAIN : deliver(recv, ALPC_REQUEST, NULL, 0);
}

/* The kernel is asked for other messages after so many. */
TEST_F(quick, client_that_always_asks)
{
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, ask_always, NULL));
	serve(count);
	enough = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(BATCH, most);
}

TEST_HARNESS_MAIN
