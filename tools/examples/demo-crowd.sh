# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The ALPC for Linux authors
#
# The part of the demo about very many clients. Sourced by demo.sh.
# shellcheck shell=sh disable=SC2154 # its variables

# a program's last words about its clients: $clients, $requests, $checksum
account() {
	clients=${1##*clients: }
	clients=${clients%%,*}
	requests=${1##*re*s: }
	requests=${requests%%,*}
	checksum=${1##*checksum: }
	checksum=${checksum%%,*}
}

crowding() {
	step '1,000 clients are served by two threads, through a completion port'
	processes=4 each=250 messages=10
	(as_user "$service_user" "$bin/crowd-service" demo.crowd 2 \
		$((processes * each)) $messages >"$tmp/service" 2>&1) &
	service=$!
	started "$service"
	exec 3<"$tmp/service"
	hear "crowd-service $service: 2 threads"
	crowds=''
	for i in $(seq $processes); do
		(as_user "$client_user" "$bin/crowd-clients" demo.crowd $each \
			$messages >"$tmp/copies/crowd.$i" 2>&1) &
		started "$!"
		crowds="$crowds $!"
	done
	for pid in $crowds; do ended "$pid" 0; done
	sum=0
	for i in $(seq $processes); do
		show <"$tmp/copies/crowd.$i"
		account "$(tail -n 1 "$tmp/copies/crowd.$i")"
		[ "$clients $requests" = "$each $((each * messages))" ] ||
			die "process $i has had $clients clients and $requests replies"
		sum=$((sum + 0x$checksum))
	done
	expected "$processes processes of $each clients each have had $messages right replies for each client"
	for thread in 1 2; do hear "thread $thread: "; done
	hear "packets, $((processes * each * (messages + 2))) messages"
	told=$(printf 'clients: %d, requests: %d, checksum: %016x, wrong: 0' \
		$((processes * each)) $((processes * each * messages)) "$sum")
	hear "$told"
	expected "none is lost: the service has seen what the clients have sent, by number and checksum"
	ended "$service" 0
}
