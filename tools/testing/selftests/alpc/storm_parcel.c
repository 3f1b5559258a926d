// SPDX-License-Identifier: GPL-2.0-only
/*
 * What messages bring in a storm: views, descriptors, ranges of memory; and words that
 * both sides look at.
 *
 * The view and the range of a message have a copy of its letter.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <sched.h>

#include "alpc_access.h"
#include "alpc_fds.h"
#include "storm.h"

/* A section has slots for views, and then a page for the two words. */
#define WORDS	(SLOTS * SLOT)

/* --- sending --------------------------------------------------------------- */

/* The release counter of slot @i is word @i + 1: 0 is none. */
static int free_slot(struct desk *desk, struct link *link)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		__u32 returned = link->section.slots[i + 1];

		if ((__s32)(returned - link->uses[i]) > 0)
			fault(desk, "a view was given back %u times, and sent %u times", returned,
			      link->uses[i]);
		if (returned == link->uses[i])
			return i;
	}
	return -1;
}

static bool has_section(struct desk *desk, struct link *link)
{
	int err;

	if (link->section.fd >= 0)
		return true;
	err = section_make(link->fd, WORDS + SLOT, ALPC_SECTION_PEER_WRITE, &link->section);
	if (!one_of(err, -EPIPE, -EDQUOT, 0))
		fault(desk, "no section: %d", err);
	if (err)
		section_close(&link->section);
	return !err;
}

__u16 parcel_possible(struct desk *desk, struct link *link, __u16 kind)
{
	int slot = -1;

	if (kind & HAS_VIEW && has_section(desk, link))
		slot = free_slot(desk, link);
	desk->view = slot + 1;
	return slot < 0 ? kind & ~(HAS_VIEW | ASK_QUICK) : kind;
}

static void add_view(struct desk *desk, struct link *link, bool secure)
{
	__u64 offset = (desk->view - 1) * SLOT;

	memcpy(link->section.mem + offset, desk->out, letter_out(desk)->len);
	transfer_view(&desk->t.send, link->section.id, offset, SLOT,
		      ALPC_VIEW_SLOT(desk->view) | (secure ? ALPC_VIEW_SECURE : 0));
}

void parcel_add(struct desk *desk, struct link *link, __u16 kind)
{
	static struct alpc_range range;
	static int fds[2];

	if (kind & HAS_VIEW)
		add_view(desk, link, draw(desk, 2));
	if (!(kind & (HAS_FDS | HAS_RANGE)))
		return;
	desk->send_attrs = (struct alpc_attrs){};
	if (kind & HAS_FDS) {
		fds[0] = ledger->probe;
		fds[1] = ledger->probe;
		desk->send_attrs.fds = address(fds);
		desk->send_attrs.fd_count = 1 + draw(desk, 2);
	}
	if (kind & HAS_RANGE) {
		range = (struct alpc_range){
			.address = address(desk->out), .len = letter_out(desk)->len,
			.rights = ALPC_RANGE_READ | ALPC_RANGE_WRITE,
		};
		desk->send_attrs.ranges = address(&range);
		desk->send_attrs.range_count = 1;
	}
	transfer_attrs(&desk->t.send, &desk->send_attrs);
}

/* What was not sent has been given back already. */
void parcel_sent(struct desk *desk, struct link *link, bool sent)
{
	int slot = desk->view - 1;

	desk->view = 0;
	if (slot < 0 || link->section.fd < 0)
		return;
	if (sent)
		link->uses[slot]++;
	else
		link->uses[slot] = link->section.slots[slot + 1];
}

void parcel_want(struct desk *desk, struct alpc_msg *msg)
{
	desk->recv_attrs = (struct alpc_attrs){ .fd_kinds = ALPC_FD_ANY };
	transfer_attrs(msg, &desk->recv_attrs);
}

/* --- receiving ------------------------------------------------------------- */

static bool same_letter(const struct letter *a, const struct letter *b)
{
	return a->len == b->len && !memcmp(a, b, a->len);
}

bool may_be_gone(struct desk *desk, const struct alpc_msg *msg, int err)
{
	const struct life *life = life_of(desk);

	return (msg->type == ALPC_REQUEST || (life->server && !life->alone)) &&
	       one_of(err, -ESRCH, -ECANCELED, -EPIPE, 0);
}

/* Whether the view that a message brought is still the receiver's. */
static bool is_held(struct desk *desk, int port, const struct alpc_msg *msg)
{
	int fd = section_fd(port, msg->section, msg->id);
	bool held = fd >= 0 || !may_be_gone(desk, msg, fd);

	close_fd(&fd);
	return held;
}

static void look_at_view(struct desk *desk, const struct alpc_msg *msg, int port, int fd,
			 const struct letter *letter)
{
	void *view = map_section(fd, msg->view_offset, msg->view_len, PROT_READ);

	if (!view) {
		fault(desk, "a view cannot be mapped: %s", strerror(errno));
		return;
	}
	if (server_was_killed(letter->conn) && !life_of(desk)->server)
		reach(LOST_VIEW);
	/* It is its sender's again if another thread has closed the connection. */
	if (!same_letter(view, letter) && is_held(desk, port, msg))
		fault(desk, "a view is damaged");
	munmap(view, msg->view_len);
}

static void open_view(struct desk *desk, int port, const struct alpc_msg *msg,
		      const struct letter *letter)
{
	int fd;

	desk->at = AT_VIEW;
	fd = section_fd(port, msg->section, msg->id);
	if (fd >= 0) {
		look_at_view(desk, msg, port, fd, letter);
		close(fd);
	} else if (!may_be_gone(desk, msg, fd)) {
		fault(desk, "the section of a message of type %u: %d", msg->type, fd);
	}
	if (draw(desk, 2))
		usleep(draw(desk, 500));
}

static void take_all(struct desk *desk, int port, const struct alpc_msg *msg)
{
	__u32 count = desk->recv_attrs.fd_count, i;
	struct stat stat;
	int fds[2], err;

	desk->at = AT_TAKE;
	if (count > 2) {
		fault(desk, "%u descriptors came", count);
		return;
	}
	/* Or let them go with the message. */
	if (!count || !draw(desk, 4))
		return;
	err = take_fds(port, msg->id, 0, count, fds);
	if (err) {
		if (!may_be_gone(desk, msg, err))
			fault(desk, "its descriptors: %d", err);
		return;
	}
	for (i = 0; i < count; i++) {
		if (fstat(fds[i], &stat) || stat.st_ino != ledger->probe_inode)
			fault(desk, "another descriptor came");
		/* Some stay open as long as the process lives. */
		if (draw(desk, 8))
			close(fds[i]);
	}
}

static void open_range(struct desk *desk, int port, const struct alpc_msg *msg,
		       const struct letter *letter)
{
	unsigned char copy[BUFFER];
	int err = 0, i;

	desk->at = AT_ACCESS;
	for (i = draw(desk, 16); i >= 0 && !err; i--) {
		err = read_range(port, msg->id, 0, copy, letter->len).err;
		if (!err && !same_letter((struct letter *)copy, letter))
			fault(desk, "the caller's memory is not what it sent");
		if (!err && i % 2)
			err = write_range(port, msg->id, 0, copy, letter->len).err;
	}
	if (err && !may_be_gone(desk, msg, err))
		fault(desk, "the caller's memory: %d", err);
}

void parcel_open(struct desk *desk, int fd, const struct alpc_msg *msg,
		 const struct letter *letter)
{
	if (msg->flags & ALPC_MSG_RANGES)
		open_range(desk, fd, msg, letter);
	if (msg->flags & ALPC_MSG_FDS)
		take_all(desk, fd, msg);
	if (msg->view_len)
		open_view(desk, fd, msg, letter);
}

/* --- words ----------------------------------------------------------------- */

static int quick(struct link *link, unsigned long command, __u32 section, int word, __u32 value,
		 __s64 timeout)
{
	struct alpc_quick arg = {
		.size = sizeof(arg), .section = section, .value = value, .timeout = timeout,
		.offset = WORDS + word * sizeof(__u32),
	};

	return alpc_ioctl(link->fd, command, &arg);
}

/* The words count up; whose turn has come writes what it read, or one more. */
static bool quick_turn(struct desk *desk, struct link *link, __u32 *words, __u32 section, int mine,
		       enum storm_at at)
{
	__u32 before = __atomic_load_n(&words[!mine], __ATOMIC_ACQUIRE);
	int err;

	desk->at = at;
	err = quick(link, ALPC_IOC_QUICK_WAKE, section, mine, 0, 0);
	if (!err)
		err = quick(link, ALPC_IOC_QUICK_WAIT, section, !mine, before,
			    (1 + draw(desk, 5)) * NSEC_PER_MSEC);
	if (err == -EPIPE && !life_of(desk)->server && server_was_killed(link->conn))
		reach(LOST_QUICK);
	if (!one_of(err, -EPIPE, -ENOENT, -EBUSY, -ETIMEDOUT, 0))
		fault(desk, "a word: %d", err);
	return !err || err == -ETIMEDOUT;
}

void quick_ask(struct desk *desk, struct link *link, __u32 number)
{
	__u32 *words = (__u32 *)(link->section.mem + WORDS), answer;
	int i;

	__atomic_store_n(&words[0], number, __ATOMIC_RELEASE);
	for (i = 0; i < 4 && quick_turn(desk, link, words, link->section.id, 0, AT_QUICK); i++) {
		answer = __atomic_load_n(&words[1], __ATOMIC_ACQUIRE);
		if (answer > number)
			fault(desk, "word %u was answered by %u", number, answer);
		if (answer == number)
			break;
	}
}

void quick_answer(struct desk *desk, struct link *link, __u32 section)
{
	struct section open;
	__u32 *words;
	int err, i;

	err = section_open(link->fd, section, &open);
	if (err) {
		/* Its creator has gone. */
		if (!one_of(err, -ENOENT, -EPIPE, 0))
			fault(desk, "the section of a word: %d", err);
		return;
	}
	words = (__u32 *)(open.mem + WORDS);
	for (i = 0; i < 3; i++) {
		__atomic_store_n(&words[1], __atomic_load_n(&words[0], __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
		if (!quick_turn(desk, link, words, section, 1, AT_WORD))
			break;
	}
	section_close(&open);
}
