# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# What the scripts that fetch and build kernels share: where the cache is, how
# a Debian package gets there, and messages. Sourced, never run.
# shellcheck shell=bash

# Everything that is downloaded or takes minutes to build lies here, outside
# the source tree, and is shared by all checkouts.
# shellcheck disable=SC2034 # used by the scripts which source this
cache=${ALPC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/alpc}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# machine_of KERNEL: the machine that it runs on, as the emulator calls it.
machine_of() {
	if [[ $1 == arm64 ]]; then echo aarch64; else echo x86_64; fi
}

# in_cache_lock NAME COMMAND...: only one process at a time makes NAME.
in_cache_lock() {
	local name=$1
	shift
	mkdir -p "$cache/locks"
	(
		flock -n 9 || {
			say "waiting for another process which prepares $name"
			flock 9
		}
		"$@"
	) 9>"$cache/locks/$name"
}

# apt_options is what makes apt-get and apt-cache look at another suite than
# the machine's own: empty, or "-c FILE" (see suite.sh).
apt_options=()

# dependencies PACKAGE REGEX: the packages that PACKAGE depends on whose name
# matches.
dependencies() {
	apt-cache "${apt_options[@]}" show --no-all-versions "$1" |
		sed -n 's/^\(Pre-\)\?Depends: //p' | tr ',|' '\n' |
		sed 's/^ *//; s/[ (].*//' | { grep -xE "$2" || true; }
}

package_version() {
	apt-cache "${apt_options[@]}" policy "$1" | awk '$1 == "Candidate:" { print $2 }'
}

# One at a time: apt gives up where another one holds its lists.
refresh_lists() {
	say "reading the package lists"
	in_cache_lock package-lists apt-get "${apt_options[@]}" -qq update >&2 ||
		say "apt-get update failed; going on with the lists there are"
}

# known_package NAME: fails if no suite in use has it, with fresh lists.
known_package() {
	apt-cache "${apt_options[@]}" show "$1" >/dev/null 2>&1 && return
	refresh_lists
	apt-cache "${apt_options[@]}" show "$1" >/dev/null 2>&1
}

# unpack PACKAGE DIR: download one package and unpack it below DIR. Nothing is
# installed: a package is only an archive here.
unpack() {
	local package=$1 dir=$2 tmp
	tmp=$(mktemp -d "$cache/deb.XXXXXX")
	say "downloading $package"
	if ! (cd "$tmp" && download "$package"); then
		# The lists may be older than the archive, which keeps only
		# the newest versions.
		refresh_lists
		(cd "$tmp" && download "$package") || {
			rm -rf "$tmp"
			die "cannot download $package"
		}
	fi
	mkdir -p "$dir"
	dpkg-deb -x "$tmp"/*.deb "$dir" || die "cannot unpack $package"
	rm -rf "$tmp"
}

download() {
	apt-get "${apt_options[@]}" -qq -o APT::Sandbox::User=root download "$1" >&2
}

# make_progress LOG STEP ARGS...: run make with its output in LOG and a line
# now and then which shows that it moves.
make_progress() {
	local log=$1 step=$2 pid began=$SECONDS
	shift 2
	make "$@" >"$log" 2>&1 &
	pid=$!
	# shellcheck disable=SC2064 # the pid of now is meant
	trap "kill $pid 2>/dev/null" EXIT INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		if (((SECONDS - began) % 15 == 14)); then
			say "$step: $(grep -cE '^ +(CC|AS|LD|AR|HOSTCC) ' "$log" || true)" \
				"objects, $((SECONDS - began)) s"
		fi
	done
	trap - EXIT INT TERM
	wait "$pid" || {
		tail -n 30 "$log" >&2
		die "$step failed; the whole output is in $log"
	}
}
