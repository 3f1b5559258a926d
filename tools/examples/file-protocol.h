/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What file-service and its clients say to each other. Both run on the same
 * machine, so numbers are sent as they lie in memory.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef FILE_PROTOCOL_H
#define FILE_PROTOCOL_H

#include <stdint.h>

#define FILES_NAME	"file-service"	/* of the port, unless told otherwise */
#define FILES_GREETING	"files/1"	/* the connection message */
#define FILES_PIECE	4096U		/* bytes of a file in one message */
#define FILES_MESSAGE	(FILES_PIECE + 256U)

/**
 * enum files_op - struct files_request.op
 * @FILES_LOOKUP: size, mode and time of a file
 * @FILES_READ: a piece of it, from .offset
 * @FILES_FETCH: all of it: the service makes a callback with each piece, and
 *	then replies
 * @FILES_WATCH: tell this client from now on when the file was written
 * @FILES_WAIT: reply when the file was written
 * @FILES_SUM: what the client has sent from .offset on follows in place of the
 *	path, and is added to a checksum
 */
enum files_op {
	FILES_LOOKUP = 1,
	FILES_READ,
	FILES_FETCH,
	FILES_WATCH,
	FILES_WAIT,
	FILES_SUM,
};

/**
 * struct files_request - from a client
 * @op: &enum files_op
 * @reserved: 0
 * @offset: of %FILES_READ, in bytes
 * @path: rest of the message, without a NUL: below the service's directory
 */
struct files_request {
	uint32_t op;
	uint32_t reserved;
	uint64_t offset;
	char path[];
};

/**
 * struct files_reply - from the service
 * @error: 0, or an errno value; then there is nothing else
 * @mode: as of stat(2)
 * @size: in bytes
 * @mtime: seconds since 1970
 * @data: of %FILES_READ, the piece: rest of the message; empty at the end. Of
 *	%FILES_SUM, a &struct files_sum.
 */
struct files_reply {
	int32_t error;
	uint32_t mode;
	uint64_t size;
	int64_t mtime;
	unsigned char data[];
};

/**
 * struct files_sum - what a client has sent
 * @bytes: of all pieces
 * @crc: their CRC-32
 * @reserved: 0
 */
struct files_sum {
	uint64_t bytes;
	uint32_t crc;
	uint32_t reserved;
};

/**
 * enum files_word - struct files_notice.word
 * @FILES_HERE: a callback of %FILES_FETCH: here is a piece, from .value on. The
 *	answer is how many bytes the client has now, a uint64_t.
 * @FILES_CHANGED: a datagram: the file has .value bytes now; its path follows
 * @FILES_KEPT: a request: how often was this client told that a file had
 *	changed? The answer is a uint64_t.
 */
enum files_word {
	FILES_HERE = 1,
	FILES_CHANGED,
	FILES_KEPT,
};

/**
 * struct files_notice - what the service sends of its own accord
 * @word: &enum files_word
 * @reserved: 0
 * @value: see there
 * @data: rest of the message
 */
struct files_notice {
	uint32_t word;
	uint32_t reserved;
	uint64_t value;
	unsigned char data[];
};

#endif /* FILE_PROTOCOL_H */
