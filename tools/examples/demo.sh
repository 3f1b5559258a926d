#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The ALPC for Linux authors
#
# Real processes talk over /dev/alpc: a file service, its clients, and what can
# happen to them; who is let in, and acts for whom (demo-security.sh); and very many
# clients at once (demo-crowd.sh). Prints who did what and checks every step; ends
# with status 0 if everything went as expected. Takes root, because the processes are
# to be different users. Programs are looked for beside this script and in PATH.
set -u

limit=${DEMO_LIMIT:-240}	# seconds for the whole
service_user=daemon
client_user=nobody
port=demo.files

# --- telling and checking ------------------------------------------------------

title='' checks=0 steps=0 summary=''

step() {
	finish_step
	title=$1 checks=0
	printf '\n-- %s\n' "$title"
}

finish_step() {
	[ "$title" ] || return 0
	steps=$((steps + 1))
	summary="$summary$(printf '%-68s %2d as expected' "$title" "$checks")
"
}

show() { while IFS= read -r shown; do printf '   %s\n' "$shown"; done; }

expected() {
	checks=$((checks + 1))
	printf '   = %s\n' "$*"
}

die() {
	printf '\n*** NOT AS EXPECTED in "%s": %s\n*** the demo FAILED\n' "$title" "$*"
	exit 1
}

# --- processes -------------------------------------------------------------------

# as_user USER PROGRAM ARG...: become that; for a subshell or the background.
as_user() {
	who=$1
	shift
	if setpriv --reuid="$who" --regid="$who" --clear-groups true 2>/dev/null; then
		exec setpriv --reuid="$who" --regid="$who" --clear-groups "$@"
	fi
	# busybox has only this; the last words are for the shell that it starts.
	# shellcheck disable=SC2016
	exec su -s /bin/sh "$who" -- -c 'exec "$0" "$@"' "$@"
}

pids=''
cleanup() {
	for pid in $pids; do
		kill -CONT "$pid" 2>/dev/null
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "$tmp"
}

# started PID: to be ended with the demo, whatever happens
started() { pids="$pids $1"; }

# ended PID STATUS: wait for a process, which is to end with that status
ended() {
	wait "$1" 2>/dev/null
	ended_with=$?
	[ "$ended_with" -eq "$2" ] || die "process $1 ended with $ended_with, not $2"
}

# run STATUS USER PROGRAM ARG...: run it to its end; what it says is in $said
run() {
	wanted=$1 user=$2 program=$3
	shift 3
	said=$(as_user "$user" "$bin/$program" "$@" 2>&1)
	got=$?
	printf '%s\n' "$said" | show
	[ "$got" -eq "$wanted" ] || die "$program ended with $got, not $wanted"
}

# client STATUS ARG...: the same for a client of the file service
client() {
	wanted=$1
	shift
	run "$wanted" "$client_user" file-client -n "$port" "$@"
	client_pid=${said#file-client }
	client_pid=${client_pid%%:*}
}

# says TEXT: the last client has said this
says() {
	case $said in
	*"$1"*) expected "the client says \"$1\"" ;;
	*) die "the client does not say \"$1\"" ;;
	esac
}

# hear TEXT: take what the service says, up to this
hear() {
	while IFS= read -r line <&3; do
		printf '   %s\n' "$line"
		case $line in
		*"$1"*) expected "the service says \"$1\"" && return ;;
		esac
	done
	die "the service is gone and has not said \"$1\""
}

# listen TEXT: the same for the client in the background
listen() {
	while IFS= read -r line <&4; do
		printf '   %s\n' "$line"
		case $line in
		*"$1"*) expected "the client says \"$1\"" && return ;;
		esac
	done
	die "the client is gone and has not said \"$1\""
}

# background INPUT ARG...: start a client of the file service; its lines come to
# listen(), its pid is in $client_pid
background() {
	input=$1
	shift
	start "$input" "$client_user" file-client -n "$port" "$@"
}

# start INPUT USER PROGRAM ARG...: the same for any program
start() {
	input=$1 user=$2 program=$3
	shift 3
	(as_user "$user" "$bin/$program" "$@" <"$input" >"$tmp/client" 2>&1) &
	client_pid=$!
	started "$client_pid"
	exec 4<"$tmp/client"
}

# --- the steps -------------------------------------------------------------------

prepare() {
	mkdir "$tmp/bin" "$tmp/files" "$tmp/files/programs" "$tmp/copies"
	chmod 755 "$tmp" "$tmp"/*
	chmod 777 "$tmp/copies"
	mkfifo "$tmp/service" "$tmp/client" "$tmp/input"
	# Users who may not look into the place that the programs lie in run copies.
	for program in file-service file-client hello-server hello-client \
		auth-service auth-client session-manager session-client \
		crowd-service crowd-clients; do
		found=$here/$program
		[ -x "$found" ] || found=$(command -v "$program") ||
			die "there is no program $program"
		cp "$found" "$tmp/bin/$program"
		library=${found%/*}/../lib/libalpc.so.0
		[ -e "$library" ] && mkdir -p "$tmp/lib" && cp "$library" "$tmp/lib/"
	done
	bin=$tmp/bin
	cp /proc/version "$tmp/files/version"
	cp /proc/cpuinfo "$tmp/files/cpuinfo"
	cp /etc/passwd "$tmp/files/passwd"
	cp "$bin"/* "$tmp/files/programs/"
	echo 'first line' >"$tmp/files/notes"
	chmod -R a+rX "$tmp/files" "$tmp/bin"
	[ ! -d "$tmp/lib" ] || chmod -R a+rX "$tmp/lib"
	service_uid=$(id -u "$service_user")
	client_uid=$(id -u "$client_user")
}

start_service() {
	step "a file service starts, as user $service_user"
	(as_user "$service_user" "$bin/file-service" -n "$port" -t 4 \
		-u "$client_uid" "$tmp/files" >"$tmp/service" 2>&1) &
	service=$!
	started "$service"
	exec 3<"$tmp/service"
	hear "file-service $service: user $service_uid serves"
}

connecting() {
	step 'clients connect by name, and know whom they talk to'
	client 1 -n no.such.port lookup version
	says 'no.such.port: No such file or directory'
	client 1 -s 0 lookup version
	says "$port: Operation not permitted"
	client 0 -s "$service_uid" lookup version
	hear "client $client_pid of user $client_uid is accepted"
	hear "client $client_pid is gone (requests: 1, datagrams: 0)"
}

refusing() {
	step 'clients are refused, with a reason'
	client 1 -g hello lookup version
	says 'refused: greet with files/1'
	hear "client $client_pid of user $client_uid is refused: greet with files/1"
	said=$("$bin/file-client" -n "$port" lookup version 2>&1) &&
		die 'root was served'
	printf '%s\n' "$said" | show
	says 'refused: your user is not served here'
	hear 'of user 0 is refused: your user is not served here'
}

# looked_up FILE: is what clients were told what the file system says?
looked_up() {
	line=$(cd "$tmp/files" && stat -c "$1: %s bytes, mode %a, written at %Y" "$1")
	for i in 1 2 3; do
		grep -qF "$line" "$tmp/copies/out.$i" || die "client $i was not told $line"
	done
	expected "all three were told $line"
}

lookups() {
	step 'three clients at once look files up'
	all='version cpuinfo passwd notes programs programs/file-service programs/hello-client'
	lookers=''
	for i in 1 2 3; do
		# The words of $all are the paths.
		# shellcheck disable=SC2086
		(as_user "$client_user" "$bin/file-client" -n "$port" lookup $all \
			>"$tmp/copies/out.$i" 2>&1) &
		started "$!"
		lookers="$lookers $!"
	done
	for pid in $lookers; do ended "$pid" 0; done
	cat "$tmp/copies"/out.? | show
	for i in 1 2 3; do hear 'is gone (requests: 7,'; done
	for file in $all; do looked_up "$file"; done
	client 1 lookup ../../../../etc/passwd
	says 'Invalid cross-device link'
	hear "client $client_pid is gone"
	client 1 lookup no/such/file
	says 'no/such/file: No such file or directory'
	hear "client $client_pid is gone"
}

contents() {
	step 'clients copy files, with many calls and with callbacks inside one'
	client 0 read programs/file-service "$tmp/copies/read"
	hear "client $client_pid is gone"
	client 0 fetch programs/file-service "$tmp/copies/fetched"
	hear "client $client_pid is gone (requests: 1,"
	for copy in read fetched; do
		cmp "$tmp/copies/$copy" "$tmp/files/programs/file-service" ||
			die "the $copy copy differs"
		expected "the $copy copy is the same as the file"
	done
}

# sent WAY HOW: a client has sent the big file; does the service say the same?
sent() {
	client 0 send "$1" "$tmp/files/big"
	says "$1: sent $big bytes"
	sum=${said##*checksum }
	sum=${sum%% *}
	says "checksum $sum here and $sum there"
	hear "client $client_pid has sent $big bytes $2, checksum $sum"
	hear "client $client_pid is gone"
	[ "${first_sum:=$sum}" = "$sum" ] || die "the checksum was $first_sum before"
	expected "the checksum is $first_sum this way too"
}

ways() {
	step 'a client sends a file of 100 MiB, by each of the three ways'
	big=104857600
	head -c $big /dev/urandom >"$tmp/files/big"
	chmod 644 "$tmp/files/big"
	sent inline inline
	sent view 'in a view'
	sent direct 'from its memory'
	sent auto 'in a view'
	rm "$tmp/files/big"
}

datagrams() {
	step 'a client sends datagrams'
	client 0 say 'good morning' 'nobody answers this' 'good night'
	says 'sent 3 datagrams'
	hear "client $client_pid is gone (requests: 0, datagrams: 3)"
}

watching() {
	step 'the service speaks first, to a client that watches a file'
	background /dev/null watch notes 2
	listen 'watching notes'
	for n in 1 2; do
		echo "line $n" >>"$tmp/files/notes"
		size=$(stat -c %s "$tmp/files/notes")
		listen "service $service tells: notes has $size bytes now"
		listen "service $service asks"
		hear "client $client_pid answers: told so far: $n"
	done
	ended "$client_pid" 0
	hear "client $client_pid is gone (requests: 1,"
}

killing() {
	step 'a client is killed in the middle of a call'
	background /dev/null wait notes
	hear "client $client_pid waits for notes"
	kill -KILL "$client_pid"
	ended "$client_pid" 137
	expected "client $client_pid died of SIGKILL"
	hear "client $client_pid gave a request up"
	hear "client $client_pid is gone (requests: 1,"
	background /dev/null wait notes
	hear "client $client_pid waits for notes"
	echo 'last line' >>"$tmp/files/notes"
	listen "notes has $(stat -c %s "$tmp/files/notes") bytes now"
	ended "$client_pid" 0
	hear "client $client_pid is gone (requests: 1,"
}

# stopped PID: is every thread of it stopped?
stopped() {
	for status in /proc/"$1"/task/*/status; do
		grep -q '^State:[[:space:]]*T' "$status" || return 1
	done
}

stopping() {
	step 'a call times out while the service is stopped'
	# Opened for both, so that neither end has to wait for the other.
	exec 5<>"$tmp/input"
	background "$tmp/input" ask
	echo '0 version' >&5
	listen 'version: '
	kill -STOP "$service"
	until stopped "$service"; do :; done
	expected "service $service is stopped by SIGSTOP"
	echo '500 notes' >&5
	listen 'notes: Connection timed out'
	kill -CONT "$service"
	expected "service $service goes on after SIGCONT"
	echo '0 cpuinfo' >&5
	listen 'cpuinfo: '
	exec 5>&-
	# It has a writing end of its own input, so that it does not see an end of it.
	kill -TERM "$client_pid"
	ended "$client_pid" 143
	hear "client $client_pid is gone"
}

permissions() {
	step "a port's mode decides who may connect"
	(as_user "$service_user" "$bin/hello-server") &
	hello=$!
	started "$hello"
	# There is nothing to wait for a name with.
	while said=$(as_user "$client_user" "$bin/hello-client" 2>&1) ||
		[ "$said" = 'hello-client: No such file or directory' ]; do
		kill -0 "$hello" 2>/dev/null || die 'hello-server is gone'
	done
	printf '%s\n' "$said" | show
	says 'hello-client: Permission denied'
	said=$(as_user "$service_user" "$bin/hello-client" 2>&1) ||
		die "the owner of the port: $said"
	printf '%s\n' "$said" | show
	says "of user $service_uid"
	kill -TERM "$hello"
	ended "$hello" 143
}

ending() {
	step 'the service ends, and its name is free'
	kill -TERM "$service"
	hear "file-service $service: stopped"
	ended "$service" 0
	client 1 lookup version
	says "$port: No such file or directory"
}

main() {
	[ "$(id -u)" -eq 0 ] || die 'it takes root'
	[ -c /dev/alpc ] || die 'there is no /dev/alpc: is the module loaded?'
	printf 'kernel %s, %s CPUs\n' "$(uname -r)" "$(nproc)"
	prepare
	start_service
	connecting
	refusing
	lookups
	contents
	ways
	datagrams
	watching
	killing
	stopping
	permissions
	ending
	authenticating
	managing
	crowding
	finish_step
	printf '\n-- summary\n%s' "$summary"
	printf 'the demo PASSED: %d steps, each as expected\n' "$steps"
}

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tools/examples/demo-security.sh
. "$here/demo-security.sh"
# shellcheck source=tools/examples/demo-crowd.sh
. "$here/demo-crowd.sh"
if [ "${DEMO_INSIDE:-}" ]; then
	tmp=$(mktemp -d /tmp/alpc-demo.XXXXXX)
	trap cleanup EXIT
	trap 'die "it did not end in $limit s"' TERM
	trap 'die "it was interrupted"' INT
	main
else
	DEMO_INSIDE=1 timeout -k 5 "$limit" sh "$here/${0##*/}"
	status=$?
	[ "$status" -lt 124 ] || printf '\n*** the demo FAILED: status %s\n' "$status"
	exit "$status"
fi
