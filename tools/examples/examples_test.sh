#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The ALPC for Linux authors
#
# The services with an event loop serve clients, each in a process of its own, also when
# one of them is rude. A session's manager answers members only, and a crowd's service as
# many as it was told. Prints TAP. Programs are looked for in PATH.
set -u

clients=4
requests=50	# of each client

# point RESULT TEXT
number=0
point() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		failed=1
	fi
}

# Start a service, which can open so many descriptors, and hear that it is ready.
start() {
	# shellcheck disable=SC3045 # dash has it
	(ulimit -n "$2"; exec "$1" "$1.port") >"$tmp/service" 2>&1 &
	service=$!
	exec 3<"$tmp/service"
	read -r line <&3
	[ "$line" = "$1 $service: ready" ]
	point $? "$1 starts"
}

# All clients at once, each with more requests than it waits for.
visit() {
	pids=
	for i in $(seq $clients); do
		loop-client "$1.port" >"$tmp/client.$i" 2>&1 &
		pids="$pids $!"
	done
	status=0
	for pid in $pids; do
		wait "$pid" || status=1
	done
	sed 's/^/# /' "$tmp"/client.*
	point $status "$1 answers its clients, and they hear its timer"
}

# It ends by a signal that its loop takes.
stop() {
	kill -TERM "$service"
	read -r line <&3
	echo "# $line"
	[ "$line" = "$1 $service: clients: $clients, requests: $((clients * requests)), ticks: some" ]
	point $? "$1 has seen all of them"
	wait "$service"
	point $? "$1 ends by SIGTERM"
}

# Whatever one client does, the service is there for the others, and ends when it is told.
stand() {
	rude-client "$1.port" >"$tmp/rude" 2>&1
	status=$?
	sed 's/^/# /' "$tmp/rude"
	point $status "$1 cuts a rude client off, and refuses what it has no room for"
	visit "$1"
	kill -TERM "$service"
	read -r line <&3
	echo "# $line"
	status=1
	case $line in *" requests: $((clients * requests)), ticks: some") status=0 ;; esac
	point $status "$1 has served the others"
	wait "$service"
	point $? "$1 ends by SIGTERM"
}

# A child of a member, with the member's connection, is none.
manage() {
	session-manager "$1" >"$tmp/service" 2>&1 &
	service=$!
	exec 3<"$tmp/service"
	read -r line <&3
	point $? 'session-manager starts'
	session-client list >"$tmp/list" 2>&1
	point $? 'session-manager answers a member'
	session-client lend >"$tmp/lend" 2>&1
	[ $? -eq 1 ] && grep -q 'no answer: Broken pipe' "$tmp/lend"
	point $? 'session-manager does not answer who sends in its name'
	sed 's/^/# /' "$tmp/list" "$tmp/lend"
	kill -TERM "$service"
	cat <&3 | sed 's/^/# /'
	wait "$service"
	point $? 'session-manager ends by SIGTERM'
}

# For one client; there are two, the second of which does not get in.
crowd() {
	crowd-service crowd.port 1 1 1 >"$tmp/service" 2>&1 &
	service=$!
	exec 3<"$tmp/service"
	read -r line <&3
	echo "# $line"
	crowd-clients crowd.port 2 1 >"$tmp/crowd" 2>&1
	[ $? -eq 1 ] && grep -q 'Connection refused' "$tmp/crowd"
	point $? 'crowd-service refuses a client too many'
	sed 's/^/# /' "$tmp/crowd"
	cat <&3 | sed 's/^/# /'
	wait "$service"
	[ $? -eq 1 ]
	point $? 'crowd-service says that something was wrong'
}

# What is no number is no user, and no number of anything else.
mistake() {
	status=0
	for text in abc '' 1x -1 0 99999999999999999999; do
		timeout 10 crowd-service crowd.port "$text" 1 1 2>/dev/null
		[ $? -eq 2 ] || status=1
		timeout 10 crowd-clients crowd.port 1 "$text" 2>/dev/null
		[ $? -eq 2 ] || status=1
	done
	point $status 'crowd-service and crowd-clients refuse what is no number'
	status=0
	for uid in abc '' 1x -1 4294967295 99999999999999999999; do
		timeout 10 session-manager "$uid" 2>/dev/null
		[ $? -eq 2 ] || status=1
	done
	point $status 'session-manager refuses what is no user'
}

tmp=$(mktemp -d)
mkfifo "$tmp/service"
failed=0
echo 'TAP version 13'
echo '1..26'
for service_name in epoll-service libevent-service; do
	start $service_name 1024
	visit $service_name
	stop $service_name
	start $service_name 40
	stand $service_name
done
manage "$(id -u)"
crowd
mistake
rm -r "$tmp"
exit $failed
