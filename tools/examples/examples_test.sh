#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The ALPC for Linux authors
#
# The services with an event loop serve clients, each in a process of its own. Prints
# TAP. Programs are looked for in PATH.
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

# Start a service, and hear that it is ready.
start() {
	"$1" "$1.port" >"$tmp/service" 2>&1 &
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

tmp=$(mktemp -d)
mkfifo "$tmp/service"
failed=0
echo 'TAP version 13'
echo '1..8'
for service_name in epoll-service libevent-service; do
	start $service_name
	visit $service_name
	stop $service_name
done
rm -r "$tmp"
exit $failed
