// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * file-client: sending a file's contents.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "file-send.h"
#include "file-protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

/* Inline a message holds a piece; else there is room for the whole. */
static size_t piece_len(enum alpc_way way, size_t len)
{
	return way == ALPC_WAY_INLINE && len > FILES_PIECE ? FILES_PIECE : len;
}

static int read_all(int fd, unsigned char *data, size_t len)
{
	while (len) {
		ssize_t n = read(fd, data, len);

		if (n <= 0)
			return n ? errno : EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The service's answer to a piece: what it has now. */
static int check(const struct alpc_message *m, struct sent *sent)
{
	const struct files_reply *reply = alpc_message_data(m);
	struct files_sum sum;

	if (alpc_message_len(m) < sizeof(*reply))
		return EPROTO;
	if (reply->error)
		return reply->error;
	if (alpc_message_len(m) != sizeof(*reply) + sizeof(sum))
		return EPROTO;
	memcpy(&sum, reply->data, sizeof(sum));
	sent->crc_there = sum.crc;
	return sum.bytes == sent->bytes ? 0 : EPROTO;
}

/* @buffer is a request, with room for a piece behind it. */
static int send_pieces(struct alpc_port *port, int fd, size_t len,
		       size_t piece, struct files_request *buffer,
		       struct alpc_message *m, struct sent *sent)
{
	int err = 0;

	while (len && !err) {
		size_t n = len < piece ? len : piece;

		*buffer = (struct files_request){
			.op = FILES_SUM, .offset = sent->bytes,
		};
		err = read_all(fd, (unsigned char *)buffer->path, n);
		if (!err)
			err = -alpc_call(port, buffer, sizeof(*buffer) + n, m,
					 ALPC_INFINITE);
		sent->bytes += n;
		sent->calls++;
		sent->crc = (uint32_t)crc32_z(sent->crc,
					      (unsigned char *)buffer->path, n);
		if (!err)
			err = check(m, sent);
		len -= n;
	}
	return err;
}

static double seconds(const struct timespec *t)
{
	return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

static void clocks(struct sent *sent)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sent->seconds = seconds(&now) - sent->seconds;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	sent->cpu = seconds(&now) - sent->cpu;
}

int send_file(struct alpc_port *port, enum alpc_way way, const char *path,
	      struct sent *sent)
{
	struct files_request *buffer;
	struct alpc_message *m;
	struct stat st = { 0 };
	size_t piece;
	int fd, err;

	*sent = (struct sent){ 0 };
	err = -alpc_message_new(0, &m);
	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		err = errno;
	piece = piece_len(way, (size_t)st.st_size);
	buffer = malloc(sizeof(*buffer) + piece);
	if (!err && !buffer)
		err = ENOMEM;
	if (!err)
		err = -alpc_port_set_way(port, way);
	clocks(sent);
	if (!err)
		err = send_pieces(port, fd, (size_t)st.st_size, piece, buffer, m,
				  sent);
	clocks(sent);
	free(buffer);
	if (fd >= 0)
		close(fd);
	alpc_message_free(m);
	return err;
}
