/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of alpc-bench share: the table of mechanisms, the pair of
 * processes that one round trip is measured between, and the measurements.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#ifndef ALPC_BENCH_H
#define ALPC_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct mechanism;
struct service_ops;

/**
 * struct channel - one way to carry messages between a client and a server
 * @mech: the mechanism that carries them
 * @bytes: length of the payload, the same in both directions
 * @msg: @bytes bytes for a message, in which the client writes its request.
 *	After the fork each process has its own, unless the mechanism has a
 *	place for it: then it puts that here in @mech->open() or
 *	@mech->attach(), and takes it away in @mech->close(). For the others the
 *	caller allocates and frees it.
 * @priv: the mechanism's own state, freed by @mech->close()
 */
struct channel {
	const struct mechanism *mech;
	size_t bytes;
	void *msg;
	void *priv;
};

/**
 * struct connection_ops - how one connection is made and ended in one process
 * @listen: returns the state of a listener that has up to so many connections
 *	at a time
 * @connect: makes one connection and puts the descriptors of its two ends
 *	into the array
 * @call: asks through the connection, answers and takes the reply; NULL where
 *	growth is not measured
 * @disconnect: closes both ends, and takes in what the listener is told of it
 * @unlisten: ends the listener and frees its state
 */
struct connection_ops {
	void *(*listen)(unsigned int connections);
	void (*connect)(void *listener, int end[2]);
	void (*call)(void *listener, const int end[2]);
	void (*disconnect)(void *listener, const int end[2]);
	void (*unlisten)(void *listener);
};

/**
 * struct loan - memory of one process that another one reads
 * @bytes: its length
 * @memory: where it lies. After the fork each process has its own.
 * @owner: in the reader: the process whose memory it is
 * @priv: the mechanism's own state, freed by @end() of struct loan_ops
 */
struct loan {
	size_t bytes;
	void *memory;
	pid_t owner;
	void *priv;
};

/**
 * struct loan_ops - how one process reads memory of another, that waits
 * @open: before the fork: makes what both processes inherit
 * @lend: in the owner: lets @loan.memory be read until the reader is through
 * @begin: in the reader: waits until it can be read
 * @read: in the reader: reads all of it with one system call
 * @end: in the reader: makes @lend() return
 */
struct loan_ops {
	void (*open)(struct loan *loan);
	void (*lend)(struct loan *loan);
	void (*begin)(struct loan *loan);
	void (*read)(struct loan *loan, void *to);
	void (*end)(struct loan *loan);
};

/* Messages of one call in a stream. */
#define STREAM_BATCH	32

/**
 * struct stream - messages that one process sends to another, many in one call
 * @bytes: payload of each
 * @batch: STREAM_BATCH messages, one after the other. After the fork each process
 *	has its own.
 * @priv: the mechanism's own state, freed by @close() of struct stream_ops
 */
struct stream {
	size_t bytes;
	unsigned char *batch;
	void *priv;
};

/**
 * struct stream_ops - how messages are sent that want no reply
 * @open: before the fork: makes what both processes inherit
 * @send: in the sender: sends the first so many messages of @stream.batch
 * @receive: in the receiver: waits for a message, receives what is there into
 *	@stream.batch, and returns how many that are
 * @close: in the receiver, after the sender has ended
 */
struct stream_ops {
	void (*open)(struct stream *stream);
	void (*send)(struct stream *stream, unsigned int count);
	unsigned int (*receive)(struct stream *stream);
	void (*close)(struct stream *stream);
};

/**
 * struct mechanism - one row of the table of mechanisms
 * @name: as it stands in the CSV file
 * @max_bytes: the largest payload that one message carries
 * @variant: which of several mechanisms that share their code this is
 * @open: before the fork: makes what both processes inherit; NULL where there
 *	are no calls
 * @serve_init: in the server, before the client goes on; may be NULL
 * @serve: in the server: answers with msg_answer() until that returns true
 * @attach: in the client, before its first call; may be NULL
 * @call: in the client: sends @channel.msg, waits for the reply and returns
 *	where it lies; it stays there until the next call
 * @close: in the client, after the server has ended
 * @connection: NULL where making a connection is not measured
 * @loan: NULL where reading the memory of another process is not measured
 * @stream: NULL where messages without a reply are not measured
 * @service: NULL where a server of many clients is not measured
 *
 * Every function ends the program through fail() when something goes wrong.
 */
struct mechanism {
	const char *name;
	size_t max_bytes;
	unsigned int variant;
	void (*open)(struct channel *ch);
	void (*serve_init)(struct channel *ch);
	void (*serve)(struct channel *ch);
	void (*attach)(struct channel *ch);
	const void *(*call)(struct channel *ch);
	void (*close)(struct channel *ch);
	const struct connection_ops *connection;
	const struct loan_ops *loan;
	const struct stream_ops *stream;
	const struct service_ops *service;
};

extern const struct mechanism mech_eventfd;
extern const struct mechanism mech_futex;
extern const struct mechanism mech_pipe;
extern const struct mechanism mech_unix_stream;
extern const struct mechanism mech_unix_seqpacket;
extern const struct mechanism mech_posix_mq;
extern const struct mechanism mech_sysv_msg;
extern const struct mechanism mech_memfd_scm_rights;
extern const struct mechanism mech_binder;
extern const struct mechanism mech_process_vm_readv;
extern const struct mechanism mech_alpc;
extern const struct mechanism mech_alpc_nospin;
extern const struct mechanism mech_alpc_section;
extern const struct mechanism mech_alpc_completion;
extern const struct mechanism mech_alpc_bound;
extern const struct mechanism mech_unix_epoll;
extern const struct mechanism mech_unix_dgram;
extern const struct mechanism mech_alpc_vector;
extern const struct mechanism mech_alpc_list;
extern const struct mechanism mech_alpc_list_single;
extern const struct mechanism mech_alpc_auto;
extern const struct mechanism mech_alpc_inline;
extern const struct mechanism mech_alpc_view_copy;
extern const struct mechanism mech_alpc_direct;
extern const struct mechanism mech_alpc_view;
extern const struct mechanism mech_alpc_view_secure;
extern const struct mechanism mech_alpc_quick;

/**
 * struct options - what the command line asks for
 * @count: the clock counts instructions
 * @iterations: measured operations in each round
 * @enough_ns: time after which a round of round trips may end before that
 * @warmup: those before them, in each round
 * @rounds: rounds of each measurement
 * @connections: how many connections the memory measurement holds open
 * @pin: put the client on CPU 0 and the server on CPU 1
 */
struct options {
	bool count;
	unsigned int iterations;
	uint64_t enough_ns;
	unsigned int warmup;
	unsigned int rounds;
	unsigned int connections;
	bool pin;
};

/**
 * struct pair - a client (this process) and a server (its child)
 * @ch: how they talk
 * @server: the child
 * @seq: number of the last request
 */
struct pair {
	struct channel ch;
	pid_t server;
	uint64_t seq;
};

/* pair.c */
void pair_start(struct pair *pair, const struct mechanism *mech, size_t bytes,
		bool pin);
void pair_call(struct pair *pair);
void pair_call_long(struct pair *pair);
void pair_stop(struct pair *pair);

/* One file for each measurement; each returns the value of one round. */
double measure_roundtrip(const struct mechanism *mech, size_t bytes,
			 const struct options *opt);
double measure_cpu_caller(const struct mechanism *mech, size_t bytes,
			  const struct options *opt);
double measure_cpu_long(const struct mechanism *mech, size_t bytes,
			const struct options *opt);
double measure_cpu_receiver(const struct mechanism *mech, size_t bytes,
			    const struct options *opt);
double measure_read(const struct mechanism *mech, size_t bytes,
		    const struct options *opt);
double measure_stream(const struct mechanism *mech, size_t bytes,
		      const struct options *opt);
double measure_connect(const struct mechanism *mech, size_t bytes,
		       const struct options *opt);
double measure_memory(const struct mechanism *mech, size_t bytes,
		      const struct options *opt);
double measure_clients(const struct mechanism *mech, size_t bytes,
		       unsigned int count, const struct options *opt);
double measure_load(const struct mechanism *mech, size_t bytes,
		    unsigned int count, const struct options *opt);
double measure_threads(const struct mechanism *mech, size_t bytes,
		       unsigned int threads, const struct options *opt);
double measure_quiet(const struct mechanism *mech, size_t bytes,
		     unsigned int percentile, const struct options *opt);
double measure_flood(const struct mechanism *mech, size_t bytes,
		     unsigned int percentile, const struct options *opt);
double measure_paced_quiet(const struct mechanism *mech, size_t bytes,
			   unsigned int percentile, const struct options *opt);
double measure_paced_flood(const struct mechanism *mech, size_t bytes,
			   unsigned int percentile, const struct options *opt);
double measure_flood_errors(const struct mechanism *mech, size_t bytes,
			    unsigned int unused, const struct options *opt);
double measure_flood_share(const struct mechanism *mech, size_t bytes,
			   unsigned int unused, const struct options *opt);
double measure_many_make(const struct mechanism *mech, size_t bytes,
			 unsigned int n, const struct options *opt);
double measure_many_call(const struct mechanism *mech, size_t bytes,
			 unsigned int n, const struct options *opt);
double measure_many_end(const struct mechanism *mech, size_t bytes,
			unsigned int n, const struct options *opt);
double measure_many_memory(const struct mechanism *mech, size_t bytes,
			   unsigned int n, const struct options *opt);
double measure_ports_make(const struct mechanism *mech, size_t bytes,
			  unsigned int n, const struct options *opt);
double measure_ports_call(const struct mechanism *mech, size_t bytes,
			  unsigned int n, const struct options *opt);
double measure_ports_end(const struct mechanism *mech, size_t bytes,
			 unsigned int n, const struct options *opt);

/* util.c */
void fail(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void fail_errno(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void *xcalloc(size_t n, size_t size);
void *shared_memory(size_t bytes);
void *page_memory(size_t bytes);
void write_all(int fd, const void *buf, size_t bytes);
void read_all(int fd, void *buf, size_t bytes);
void raise_open_files(unsigned int n);
void sleep_seconds(double seconds);
void watch_for_trouble(void);
void expect_child_exit(bool expected);
bool was_stopped(void);
void run_for_ms(unsigned int ms);
uint64_t cpu_ns(pid_t pid);
uint64_t now_ns(void);

#endif /* ALPC_BENCH_H */
