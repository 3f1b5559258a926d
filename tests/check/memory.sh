# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# What was found in earlier runs in this tree. It holds for as long as all that it depends on is
# the same, which its key stands for; what has no key does not hold. Sourced by run, whose
# variables it uses.
# shellcheck shell=bash disable=SC2154

said=$work/said
recall_mark='# said in an earlier run of the same'

# key_of FILE...: of what is in these and what is installed here. Fails if one cannot be read.
key_of() {
	local sums
	sums=$(sha256sum "$@") || return 1
	[[ ${packages:-} ]] || packages=$(dpkg-query -W) || return 1
	printf '%s\n' "$sums" "$packages" | sha256sum
}

# holds NAME KEY: does what NAME said? Of what is named, somebody wants to see what it does now.
holds() {
	[[ $2 && ! $only_suite && ! $only_kernel ]] && ((!again && times == 1)) &&
		[[ -f $said/$1.key && $(<"$said/$1.key") == "$2" ]]
}

forget() { rm -f "$said/$1.key"; }

# --- checks of the sources ---------------------------------------------------

source_key() {
	local files within=.
	[[ $1 != model ]] || within=tests/model
	mapfile -t files < <(find "$within" \( -path ./out -o -path ./.git \) -prune -o -type f -print |
		sort)
	key_of "${files[@]}" "$(tests/kernel/source 6.12)/.version-stamp" \
		"$(tests/kernel/get 6.12)/release"
}

# remembered NAME COMMAND...: a check, if what it said when it was content does not hold.
remembered() {
	local key
	key=$(source_key "$1") || key=''
	if holds "$1" "$key"; then
		echo "$recall_mark"
	else
		forget "$1"
		"${@:2}" >"$said/$1" 2>&1 || {
			cat "$said/$1"
			return 1
		}
		[[ ! $key ]] || echo "$key" >"$said/$1.key"
	fi
	cat "$said/$1"
}

# --- suites ------------------------------------------------------------------

# The files on this machine that options of the runner add, which stand one in a line.
files_added() { sed '/^--/d; s/:.*//'; }

# Of what all suites in a guest of that kernel depend on.
guest_key() {
	local dir files
	dir=$(tests/kernel/get "$1") || return 1
	mapfile -t files < <(guest_files "$1" | files_added)
	[[ $1 != arm64 ]] || files+=("$dir/busybox")
	key_of "${files[@]}" "$dir/vmlinuz" "$dir/release" tests/vm/* tests/check/run \
		"$(tests/kernel/emulator "$(machine_of "$1")")"
}

# suite_key GUEST_KEY KERNEL SUITE: nothing for what is another thing each time.
suite_key() {
	local files own
	((!faults)) && [[ $1 && $3 != @(fuzz|storm) ]] || return 0
	mapfile -t files < <(suite_files "$2" "$3" | files_added)
	[[ $3 != @(libalpc_*|examples) ]] || files+=(out/lib/libalpc.so.*)
	# Looking for leaks takes nothing else than what all have.
	own=$(key_of tests/check/guest "${files[@]}") || return 0
	echo "$1 $own"
}

# A kernel may have several guests, and which of them a suite runs in does not matter, but
# leaks are those of one guest.
name_of() {
	if [[ $2 == kmemleak ]]; then echo "$1-$2"; else echo "${1%%-*}-$2"; fi
}

# recall GUEST: which of its suites, given one in a line, have to run. What the others said is
# put where they would have said it. Leaks are looked for after whatever runs.
recall() {
	local guest=$1 common suite name key runs=0
	common=$(guest_key "${1%%-*}") || common=''
	while read -r suite; do
		name=$(name_of "$guest" "$suite")
		key=$(suite_key "$common" "${guest%%-*}" "$suite")
		if [[ $suite/$runs != kmemleak/1 ]] && holds "$name" "$key"; then
			{ echo "$recall_mark" && cat "$said/$name"; } >"$work/$guest/$suite.tap"
		else
			echo "$key" >"$work/$guest/$suite.key"
			echo "$suite"
			runs=1
		fi
	done
}

was_recalled() {
	local first=''
	[[ ! -f $work/$1/$2.tap ]] || read -r first <"$work/$1/$2.tap" || true
	[[ $first == "$recall_mark" ]]
}

# remember GUEST FAILED...: what its suites said, and of those that failed not even what they
# said before. Who left memory behind, or broke the guest ("guest"), is not known.
remember() {
	local guest=$1 failed=" ${*:2} " suite name key
	while read -r suite; do
		name=$(name_of "$guest" "$suite")
		if [[ $failed == *" $suite "* ]]; then
			forget "$name"
		elif [[ -f $work/$guest/$suite.key ]]; then
			key=$(<"$work/$guest/$suite.key")
			forget "$name"
			[[ $key && $failed != *" kmemleak "* && $failed != *" guest "* ]] || continue
			cp "$work/$guest/$suite.tap" "$said/$name"
			echo "$key" >"$said/$name.key"
		fi
	done < <(suites_of "$guest")
}
