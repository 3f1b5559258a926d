// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The part of file-service that speaks first: a thread that waits for files to
 * be written and tells the clients that asked for it.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "file-watch.h"

#include "file-protocol.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* A client that is to be told. Protected by the lock, as the list is. */
struct watch {
	struct watch *next;
	struct alpc_client *client;
	uint64_t id;
	int fd;
	int wd;
	char path[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct watch *watches;
static int events = -1;
static int stop = -1;
static pthread_t thread;

static struct watch *unlink_watch(struct watch **at)
{
	struct watch *gone = *at;

	*at = gone->next;
	return gone;
}

static void free_watch(struct watch *w)
{
	struct watch *other;

	/* Watches of one file share their number. */
	for (other = watches; other; other = other->next)
		if (other->wd == w->wd)
			break;
	if (!other)
		inotify_rm_watch(events, w->wd);
	close(w->fd);
	free(w);
}

int watch_add(struct alpc_client *client, uint64_t id, int fd, const char *path)
{
	struct watch *w = malloc(sizeof(*w) + strlen(path) + 1);
	char name[40];
	int err = 0;

	if (!w)
		return ENOMEM;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	strcpy(w->path, path);
	w->client = client;
	w->id = id;
	w->fd = dup(fd);
	pthread_mutex_lock(&lock);
	w->wd = inotify_add_watch(events, name, IN_CLOSE_WRITE);
	if (w->fd < 0 || w->wd < 0) {
		err = errno;
	} else {
		w->next = watches;
		watches = w;
	}
	pthread_mutex_unlock(&lock);
	if (err) {
		if (w->fd >= 0)
			close(w->fd);
		free(w);
	}
	return err;
}

void watch_drop(struct alpc_client *client, uint64_t id)
{
	struct watch **at = &watches;

	pthread_mutex_lock(&lock);
	while (*at) {
		if ((*at)->client == client && (!id || (*at)->id == id))
			free_watch(unlink_watch(at));
		else
			at = &(*at)->next;
	}
	pthread_mutex_unlock(&lock);
}

/*
 * Messages of our own: that it changed, and a question, whose answer arrives
 * like any message. A client that does not take its messages does not hold us up.
 */
static void tell(const struct watch *w, uint64_t size)
{
	struct alpc_port *port = alpc_client_port(w->client);
	unsigned char buffer[sizeof(struct files_notice) + FILES_PIECE];
	struct files_notice notice = { .word = FILES_CHANGED, .value = size };
	size_t len = strlen(w->path);
	int err;

	memcpy(buffer, &notice, sizeof(notice));
	memcpy(buffer + sizeof(notice), w->path, len);
	err = alpc_send(port, buffer, sizeof(notice) + len, 0);
	if (!err) {
		notice.word = FILES_KEPT;
		err = alpc_send_request(port, &notice, sizeof(notice),
					sizeof(uint64_t), 0, 0, NULL);
	}
	if (err)
		printf("file-service %d: a client is not told about %s: %s\n",
		       getpid(), w->path, strerror(-err));
}

static void answer(const struct watch *w, const struct stat *st)
{
	const struct files_reply reply = {
		.mode = st->st_mode,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtime,
	};

	/* Who gave up in this moment is reported as canceled. */
	alpc_server_reply(alpc_client_server(w->client), w->id, &reply,
			  sizeof(reply));
}

static void written(int wd)
{
	struct watch **at = &watches;
	struct stat st;

	pthread_mutex_lock(&lock);
	while (*at) {
		struct watch *w = *at;

		if (w->wd != wd || fstat(w->fd, &st)) {
			at = &w->next;
		} else if (w->id) {
			answer(w, &st);
			free_watch(unlink_watch(at));
		} else {
			tell(w, (uint64_t)st.st_size);
			at = &w->next;
		}
	}
	pthread_mutex_unlock(&lock);
}

static void take_events(void)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(events, buffer, sizeof(buffer));
	const struct inotify_event *e;

	for (char *p = buffer; p < buffer + n; p += sizeof(*e) + e->len) {
		e = (const struct inotify_event *)p;
		if (e->mask & IN_CLOSE_WRITE)
			written(e->wd);
	}
}

static void *watch_thread(void *unused)
{
	struct pollfd fds[] = {
		{ .fd = stop, .events = POLLIN },
		{ .fd = events, .events = POLLIN },
	};

	(void)unused;
	while (poll(fds, 2, -1) > 0 && !fds[0].revents)
		take_events();
	return NULL;
}

int watch_start(void)
{
	events = inotify_init1(IN_CLOEXEC);
	stop = eventfd(0, EFD_CLOEXEC);
	if (events < 0 || stop < 0)
		return -errno;
	return -pthread_create(&thread, NULL, watch_thread, NULL);
}

void watch_stop(void)
{
	eventfd_write(stop, 1);
	pthread_join(thread, NULL);
}
