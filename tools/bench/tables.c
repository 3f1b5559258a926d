// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of mechanisms and of metrics.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "plan.h"

#include <limits.h>

const struct mechanism *const mechanisms[MAX_MECHANISMS + 1] = {
	&mech_eventfd,
	&mech_futex,
	&mech_posix_mq,
	&mech_sysv_msg,
	&mech_pipe,
	&mech_unix_seqpacket,
	&mech_unix_stream,
	&mech_memfd_scm_rights,
	&mech_binder,
	&mech_process_vm_readv,
	&mech_alpc,
	&mech_alpc_nospin,
	&mech_alpc_section,
	&mech_alpc_completion,
	&mech_alpc_bound,
	&mech_unix_epoll,
	&mech_unix_dgram,
	&mech_alpc_vector,
	&mech_alpc_list,
	&mech_alpc_list_single,
	&mech_alpc_auto,
	&mech_alpc_inline,
	&mech_alpc_view_copy,
	&mech_alpc_direct,
	&mech_alpc_view,
	&mech_alpc_view_secure,
	&mech_alpc_quick,
};

#define CLIENTS(count) {						\
	.name = "clients-" #count, .measure_of = measure_clients,	\
	.of = (count), .subject = SERVICES, .max_rounds = 3 }

#define LOAD(count) {							\
	.name = "load-" #count, .measure_of = measure_load,		\
	.of = (count), .subject = SERVICES, .max_rounds = 3 }

#define THREADS(count) {						\
	.name = "threads-" #count, .measure_of = measure_threads,	\
	.of = (count), .subject = SERVICES, .max_rounds = UINT_MAX }

#define LATENCY(when, percentile, function) {				\
	.name = when "-" #percentile, .measure_of = (function),		\
	.of = (percentile), .subject = SERVICES, .max_rounds = UINT_MAX }

#define MANY_OF(metric, count, function) {				\
	.name = metric "-" #count, .measure_of = (function),		\
	.of = (count), .subject = GROWTH, .payload = NO_PAYLOAD,	\
	.max_rounds = 1 }

#define MANY_MEMORY(count) {						\
	.name = "many-memory-" #count, .unit = "bytes",			\
	.measure_of = measure_many_memory, .of = (count),		\
	.subject = GROWTH, .payload = NO_PAYLOAD, .max_rounds = 1 }

const struct metric metrics[MAX_METRICS + 1] = {
	{ .name = "roundtrip", .measure = measure_roundtrip,
	  .max_rounds = UINT_MAX },
	{ .name = "read", .measure = measure_read, .subject = LOANS,
	  .max_rounds = UINT_MAX },
	{ .name = "oneway", .measure = measure_stream, .subject = STREAMS,
	  .max_rounds = UINT_MAX },
	{ .name = "connect", .measure = measure_connect,
	  .subject = CONNECTIONS, .payload = NO_PAYLOAD,
	  .max_rounds = UINT_MAX },
	{ .name = "memory", .measure = measure_memory, .unit = "bytes",
	  .subject = CONNECTIONS, .payload = NO_PAYLOAD, .max_rounds = 3 },
	{ .name = "cpu-caller", .measure = measure_cpu_caller,
	  .payload = FIRST_SIZE, .unit = "ns of CPU per s",
	  .max_rounds = 3 },
	{ .name = "cpu-caller-long", .measure = measure_cpu_long,
	  .payload = FIRST_SIZE, .unit = "ns of CPU per s",
	  .max_rounds = 3 },
	{ .name = "cpu-receiver", .measure = measure_cpu_receiver,
	  .payload = FIRST_SIZE, .unit = "ns of CPU per s",
	  .max_rounds = 3 },
	CLIENTS(1), CLIENTS(10000),
	LOAD(1), LOAD(10), LOAD(100), LOAD(1000), LOAD(10000),
	THREADS(1), THREADS(2), THREADS(4),
	LATENCY("quiet", 50, measure_quiet),
	LATENCY("quiet", 99, measure_quiet),
	LATENCY("flood", 50, measure_flood),
	LATENCY("flood", 99, measure_flood),
	LATENCY("paced-quiet", 50, measure_paced_quiet),
	LATENCY("paced-quiet", 99, measure_paced_quiet),
	LATENCY("paced-flood", 50, measure_paced_flood),
	LATENCY("paced-flood", 99, measure_paced_flood),
	{ .name = "flood-errors", .measure_of = measure_flood_errors,
	  .subject = SERVICES, .unit = "clients", .max_rounds = UINT_MAX },
	{ .name = "flood-share", .measure_of = measure_flood_share,
	  .subject = SERVICES, .unit = "messages",
	  .max_rounds = UINT_MAX },
	MANY_OF("many-make", 1000, measure_many_make),
	MANY_OF("many-call", 1000, measure_many_call),
	MANY_OF("many-end", 1000, measure_many_end),
	MANY_MEMORY(1000),
	MANY_OF("many-make", 2000, measure_many_make),
	MANY_OF("many-call", 2000, measure_many_call),
	MANY_OF("many-end", 2000, measure_many_end),
	MANY_MEMORY(2000),
	MANY_OF("many-make", 5000, measure_many_make),
	MANY_OF("many-call", 5000, measure_many_call),
	MANY_OF("many-end", 5000, measure_many_end),
	MANY_MEMORY(5000),
	MANY_OF("many-make", 10000, measure_many_make),
	MANY_OF("many-call", 10000, measure_many_call),
	MANY_OF("many-end", 10000, measure_many_end),
	MANY_MEMORY(10000),
	MANY_OF("many-make", 20000, measure_many_make),
	MANY_OF("many-call", 20000, measure_many_call),
	MANY_OF("many-end", 20000, measure_many_end),
	MANY_MEMORY(20000),
	MANY_OF("many-make", 50000, measure_many_make),
	MANY_OF("many-call", 50000, measure_many_call),
	MANY_OF("many-end", 50000, measure_many_end),
	MANY_MEMORY(50000),
	MANY_OF("many-make", 100000, measure_many_make),
	MANY_OF("many-call", 100000, measure_many_call),
	MANY_OF("many-end", 100000, measure_many_end),
	MANY_MEMORY(100000),
	MANY_OF("ports-make", 100, measure_ports_make),
	MANY_OF("ports-call", 100, measure_ports_call),
	MANY_OF("ports-end", 100, measure_ports_end),
	MANY_OF("ports-make", 200, measure_ports_make),
	MANY_OF("ports-call", 200, measure_ports_call),
	MANY_OF("ports-end", 200, measure_ports_end),
	MANY_OF("ports-make", 500, measure_ports_make),
	MANY_OF("ports-call", 500, measure_ports_call),
	MANY_OF("ports-end", 500, measure_ports_end),
	MANY_OF("ports-make", 1000, measure_ports_make),
	MANY_OF("ports-call", 1000, measure_ports_call),
	MANY_OF("ports-end", 1000, measure_ports_end),
};
