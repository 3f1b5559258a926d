# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The ALPC for Linux authors
#
# The part of the demo about who is who. Sourced by demo.sh.
# shellcheck shell=sh disable=SC2154 # its variables

# serve PROGRAM ARG...: start a service as root; its lines come to hear()
serve() {
	program=$1
	shift
	("$bin/$program" "$@" >"$tmp/service" 2>&1) &
	service=$!
	started "$service"
	exec 3<"$tmp/service"
}

# stop_service PROGRAM: end it
stop_service() {
	kill -TERM "$service"
	hear "$1 $service: stopped"
	ended "$service" 0
}

# key USER TEXT: a key that only this user, and root, may read; its path is in $key
key() {
	key=$tmp/files/key.$1
	echo "$2" >"$key"
	chmod 400 "$key"
	chown "$1" "$key"
}

authenticating() {
	step 'an authentication service, root, reads files as its clients'
	key "$service_user" another-one
	other_key=$key
	key "$client_user" open-sesame
	echo "$client_uid open-sesame" >"$tmp/keys"
	chmod 600 "$tmp/keys"
	serve auth-service -n demo.auth "$tmp/keys"
	hear 'user 0 has keys (users: 1)'
	run 0 "$client_user" auth-client -n demo.auth "$key"
	says 'session 1'
	hear "read $key as user $client_uid"
	hear "session 1 is user $client_uid's"
	run 1 "$service_user" auth-client -n demo.auth "$key"
	says 'refused: Permission denied'
	hear "user $service_uid may not read $key: Permission denied"
	run 1 "$client_user" auth-client -n demo.auth "$tmp/keys"
	says 'refused: Permission denied'
	hear "user $client_uid may not read $tmp/keys: Permission denied"
	run 1 "$service_user" auth-client -n demo.auth "$other_key"
	says 'refused: this is not your key'
	hear "read $other_key as user $service_uid"
	run 1 "$client_user" auth-client -i -n demo.auth "$key"
	says 'refused: let the service act as you'
	hear "cannot act as user $client_uid: Permission denied"
	stop_service auth-service
}

managing() {
	step "a session manager lets one user's processes in"
	serve session-manager -n demo.session "$client_uid"
	hear "user 0 manages the session of user $client_uid"
	run 1 "$service_user" session-client -n demo.session list
	says 'demo.session: Permission denied'
	run 1 root session-client -n demo.session list
	says "refused: this is another user's session"
	hear "of user 0 is refused: this is another user's session"
	start /dev/null "$client_user" session-client -n demo.session stay
	stays=$client_pid
	listen "session-client $stays: joined"
	hear "process $stays joins: stay"
	run 0 "$client_user" session-client -n demo.session list
	says "$stays stay"
	hear 'has left'
	run 1 "$client_user" session-client -n demo.session lend
	says 'no answer: Broken pipe'
	hear "of user $client_uid sends in the name of process"
	hear 'has left'
	run 0 "$client_user" session-client -n demo.session logoff
	says '1 ended'
	ended "$stays" 143
	expected "process $stays of the session was ended by SIGTERM"
	hear 'has left'
	hear 'has left'
	stop_service session-manager
}
