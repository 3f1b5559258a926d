// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * file-client: asks a file-service.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "file-protocol.h"
#include "file-send.h"
#include "file-tool.h"

#include <alpc/alpc.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: file-client [-n NAME] [-g GREETING] [-s UID] [-t MS] COMMAND\n"
	"  lookup PATH...   size, mode and time\n"
	"  ask              the same, for lines MS PATH on standard input, each in at\n"
	"                   most MS milliseconds (0: for ever)\n"
	"  read PATH FILE   copy to FILE, with one call for each piece\n"
	"  fetch PATH FILE  copy to FILE, with one call and callbacks inside it\n"
	"  say TEXT...      send each TEXT as a datagram\n"
	"  watch PATH N     until it was told N times that PATH was written\n"
	"  wait PATH        until PATH is written\n"
	"  send WAY FILE    send what is in FILE: inline, view, direct or auto\n"
	"  -n NAME          port of the service (" FILES_NAME ")\n"
	"  -g GREETING      say that instead of " FILES_GREETING "\n"
	"  -s UID           the user that the service must be\n"
	"  -t MS            milliseconds that a call may take (for ever)\n";

static struct {
	const char *name;
	const char *greeting;
	int64_t timeout;
	bool check_server;
	uid_t server;
} config = {
	.name = FILES_NAME,
	.greeting = FILES_GREETING,
	.timeout = ALPC_INFINITE,
};

static struct alpc_port *port;
static struct alpc_message *message;

/* Say what did not work, and that it did not. */
static int failed(const char *what, int err)
{
	say("%s: %s", what, strerror(err));
	return 1;
}

static int connect_service(void)
{
	const struct alpc_connect_options options = {
		.size = sizeof(options),
		.flags = config.check_server ? ALPC_CONNECT_SERVER_UID : 0,
		.server_uid = config.server,
		.data = config.greeting,
		.len = strlen(config.greeting),
		.answer = message,
	};
	int err = alpc_port_connect(config.name, &options, config.timeout, &port);

	if (err == -ECONNREFUSED) {
		say("refused: %.*s", (int)alpc_message_len(message),
		    (const char *)alpc_message_data(message));
		return 1;
	}
	return err ? failed(config.name, -err) : 0;
}

/* -- Calls ---------------------------------------------------------------- */

/* Return: the reply, in the message, or NULL and an error said. */
static const struct files_reply *call(enum files_op op, const char *path,
				      uint64_t offset,
				      const struct alpc_call_options *options)
{
	const struct files_request head = { .op = op, .offset = offset };
	unsigned char buffer[FILES_MESSAGE];
	const struct files_reply *reply;
	size_t len = strlen(path);
	int err;

	if (len > sizeof(buffer) - sizeof(head)) {
		failed(path, ENAMETOOLONG);
		return NULL;
	}
	memcpy(buffer, &head, sizeof(head));
	memcpy(buffer + sizeof(head), path, len);
	err = -alpc_call_with(port, buffer, sizeof(head) + len, message,
			      config.timeout, options);
	reply = alpc_message_data(message);
	if (!err && alpc_message_len(message) < sizeof(*reply))
		err = EPROTO;
	if (!err)
		err = reply->error;
	if (err) {
		failed(path, err);
		return NULL;
	}
	return reply;
}

static int lookup(const char *path)
{
	const struct files_reply *reply = call(FILES_LOOKUP, path, 0, NULL);

	if (!reply)
		return 1;
	say("%s: %llu bytes, mode %o, written at %lld", path,
	    (unsigned long long)reply->size, reply->mode & 07777,
	    (long long)reply->mtime);
	return 0;
}

static int command_lookup(char **paths)
{
	int ret = 0;

	for (; *paths; paths++)
		ret |= lookup(*paths);
	return ret;
}

static int command_ask(char **unused)
{
	char line[1024], *path;
	unsigned long ms;
	int ret = 0;

	(void)unused;
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		ms = strtoul(line, &path, 10);
		config.timeout = ms ? ALPC_MSEC(ms) : ALPC_INFINITE;
		ret |= lookup(path + strspn(path, " "));
	}
	return ret;
}

static int command_read(char **args)
{
	const struct files_reply *reply;
	FILE *file = fopen(args[1], "w");
	unsigned int calls = 0;
	uint64_t offset = 0;
	size_t len = 0;

	if (!file)
		return failed(args[1], errno);
	do {
		reply = call(FILES_READ, args[0], offset, NULL);
		if (!reply)
			break;
		len = alpc_message_len(message) - sizeof(*reply);
		fwrite(reply->data, 1, len, file);
		offset += len;
		calls++;
	} while (len);
	if (fclose(file))
		return failed(args[1], errno);
	if (!reply)
		return 1;
	say("%s: %llu bytes (calls: %u)", args[0], (unsigned long long)offset,
	    calls);
	return 0;
}

/* A file that is being fetched. */
struct copy {
	FILE *file;
	uint64_t bytes;
	unsigned int pieces;
};

static int on_piece(void *arg, const struct alpc_message *request,
		    struct alpc_message *answer)
{
	const struct files_notice *notice = alpc_message_data(request);
	struct copy *copy = arg;
	size_t len;

	if (alpc_message_len(request) < sizeof(*notice) ||
	    notice->word != FILES_HERE || notice->value != copy->bytes)
		return -EPROTO;
	len = alpc_message_len(request) - sizeof(*notice);
	if (fwrite(notice->data, 1, len, copy->file) != len)
		return -EIO;
	copy->bytes += len;
	copy->pieces++;
	return alpc_message_set(answer, &copy->bytes, sizeof(copy->bytes));
}

static int command_fetch(char **args)
{
	struct copy copy = { .file = fopen(args[1], "w") };
	const struct alpc_call_options options = {
		.size = sizeof(options),
		.callback = on_piece,
		.arg = &copy,
	};
	const struct files_reply *reply;

	if (!copy.file)
		return failed(args[1], errno);
	reply = call(FILES_FETCH, args[0], 0, &options);
	if (fclose(copy.file))
		return failed(args[1], errno);
	if (!reply)
		return 1;
	say("%s: %llu bytes with 1 call, and %u callbacks inside it", args[0],
	    (unsigned long long)copy.bytes, copy.pieces);
	return 0;
}

/* -- The rest ------------------------------------------------------------- */

static int command_say(char **texts)
{
	unsigned int n = 0;
	int err;

	for (; texts[n]; n++) {
		err = alpc_send(port, texts[n], strlen(texts[n]), config.timeout);
		if (err)
			return failed(texts[n], -err);
	}
	say("sent %u datagrams", n);
	return 0;
}

/* One message that the service started. */
static int heed(uint64_t *told)
{
	const struct files_notice *notice = alpc_message_data(message);

	if (alpc_message_len(message) < sizeof(*notice))
		return EPROTO;
	switch (alpc_message_type(message)) {
	case ALPC_DATAGRAM:
		(*told)++;
		say("service %d tells: %.*s has %llu bytes now",
		    alpc_message_pid(message),
		    (int)(alpc_message_len(message) - sizeof(*notice)),
		    (const char *)notice->data, (unsigned long long)notice->value);
		return 0;
	case ALPC_REQUEST:
		say("service %d asks how often this client was told",
		    alpc_message_pid(message));
		return -alpc_reply(port, alpc_message_id(message), told,
				   sizeof(*told));
	default:
		return EPROTO;
	}
}

static int command_watch(char **args)
{
	uint64_t told = 0, n = strtoull(args[1], NULL, 10);
	int err;

	if (!call(FILES_WATCH, args[0], 0, NULL))
		return 1;
	say("watching %s", args[0]);
	/* Each time, word comes of it, and then a question. */
	for (uint64_t i = 0; i < 2 * n; i++) {
		err = -alpc_receive(port, message, ALPC_INFINITE);
		if (!err)
			err = heed(&told);
		if (err)
			return failed("the service's message", err);
	}
	return 0;
}

static int command_wait(char **args)
{
	const struct files_reply *reply = call(FILES_WAIT, args[0], 0, NULL);

	if (!reply)
		return 1;
	say("%s has %llu bytes now", args[0], (unsigned long long)reply->size);
	return 0;
}

static int command_send(char **args)
{
	static const char * const ways[] = { "auto", "inline", "view", "direct" };
	struct sent sent;
	int way = 0, err;

	while (way < 4 && strcmp(args[0], ways[way]))
		way++;
	if (way == 4)
		return failed(args[0], EINVAL);
	err = send_file(port, (enum alpc_way)way, args[1], &sent);
	if (err)
		return failed(args[1], err);
	say("%s: sent %llu bytes (calls: %u), checksum %08x here and %08x there",
	    args[0], (unsigned long long)sent.bytes, sent.calls, sent.crc,
	    sent.crc_there);
	say("%s: it took %.3f s, of which %.3f s of this process", args[0],
	    sent.seconds, sent.cpu);
	return sent.crc == sent.crc_there ? 0 : 1;
}

static const struct command {
	const char *name;
	int min_args;
	int max_args;
	int (*run)(char **args);
} commands[] = {
	{ "lookup", 1, 1000, command_lookup },
	{ "ask", 0, 0, command_ask },
	{ "read", 2, 2, command_read },
	{ "fetch", 2, 2, command_fetch },
	{ "say", 1, 1000, command_say },
	{ "watch", 2, 2, command_watch },
	{ "wait", 1, 1, command_wait },
	{ "send", 2, 2, command_send },
	{ NULL, 0, 0, NULL },
};

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:g:s:t:")) != -1) {
		if (c == 'n') {
			config.name = optarg;
		} else if (c == 'g') {
			config.greeting = optarg;
		} else if (c == 's') {
			config.check_server = true;
			config.server = (uid_t)option_number(optarg, UINT32_MAX);
		} else if (c == 't') {
			config.timeout = ALPC_MSEC(option_number(optarg, UINT32_MAX));
		} else {
			fputs(usage, stderr);
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	const struct command *command;
	int args, err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	args = argc - optind - 1;
	for (command = commands; command->name && args >= 0; command++) {
		if (strcmp(command->name, argv[optind]) ||
		    args < command->min_args || args > command->max_args)
			continue;
		err = alpc_message_new(FILES_MESSAGE, &message);
		if (err)
			return failed("memory", -err);
		if (connect_service())
			return 1;
		err = command->run(argv + optind + 1);
		alpc_port_close(port);
		alpc_message_free(message);
		return err;
	}
	fputs(usage, stderr);
	return 2;
}
