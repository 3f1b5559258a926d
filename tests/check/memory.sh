# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# What was found in earlier runs in this tree, which holds for as long as all that it depends on
# is the same. Only who was content is believed later. Sourced by run, whose variables it uses.
# shellcheck shell=bash disable=SC2154

# What a check of the sources depends on: these, and its tools.
inputs() {
	local within=.
	[[ $1 != model ]] || within=tests/model
	{
		find "$within" \( -path ./out -o -path ./.git \) -prune -o -type f -exec sha256sum {} + |
			sort
		dpkg-query -W clang coccinelle gcc g++ perl shellcheck sparse spin
		cat "$(tests/kernel/source 6.12)/.version-stamp"
	} | sha256sum
}

# remembered NAME COMMAND...: what a check of the sources said when it was content holds
# for as long as these are the same.
remembered() {
	local said=$work/said/$1 now
	mkdir -p "$work/said"
	now=$(inputs "$1")
	if ((again)) || [[ ! -f $said.inputs || $(<"$said.inputs") != "$now" ]]; then
		rm -f "$said.inputs"
		"${@:2}" >"$said" 2>&1 || {
			cat "$said"
			return 1
		}
		echo "$now" >"$said.inputs"
	fi
	cat "$said"
}

# What all suites in a guest of this kernel depend on, beside what each of them has of its own.
declare -A of_kernel=()
kernel_inputs() {
	local dir
	dir=$(tests/kernel/get "$1")
	{
		dpkg-query -W
		"$(tests/kernel/emulator "$(machine_of "$1")")" --version
		sha256sum "$dir/vmlinuz" tests/vm/*
		guest_files "$1" | files_added | xargs sha256sum
	} | sha256sum
}

# The files on this machine that options of the runner add, which stand one in a line.
files_added() { sed '/^--/d; s/:.*//'; }

suite_inputs() {
	[[ ${of_kernel[$1]:-} ]] || of_kernel[$1]=$(kernel_inputs "$1")
	{
		echo "${of_kernel[$1]}"
		suite_files "$1" "$2" | files_added | xargs -r sha256sum
		[[ $2 != @(libalpc_*|examples) ]] || sha256sum out/lib/libalpc.so.*
	} | sha256sum
}

# place_of GUEST SUITE: where it is kept what that suite said. A kernel may have several guests,
# and which of them a suite runs in does not matter, but leaks are those of one guest.
place_of() {
	local owner=${1%%-*}
	[[ $2 != kmemleak ]] || owner=$1
	printf '%s\n' "$work/said/$owner-$2"
}

# Of what is named, somebody wants to see what it does now; and what these do is left to chance.
is_recalled() {
	[[ ! $only_suite && ! $only_kernel && $1 != @(fuzz|storm) ]] && ((!again && times == 1))
}

# Does what a suite said hold? If not, what it depends on now is noted beside its results.
still_holds() {
	local inputs=$work/$1/$2.inputs
	is_recalled "$2" || return 1
	suite_inputs "${1%%-*}" "$2" >"$inputs" || {
		rm "$inputs"
		return 1
	}
	cmp -s "$inputs" "$(place_of "$1" "$2").inputs"
}

# recall GUEST: which of its suites, given one in a line, have to run. What the others said is
# put where they would have said it. Leaks are looked for after whatever runs.
recall() {
	local suite runs=0
	while read -r suite; do
		if still_holds "$1" "$suite" && [[ $suite/$runs != kmemleak/1 ]]; then
			rm "$work/$1/$suite.inputs"
			{ echo "$recall_mark" && cat "$(place_of "$1" "$suite")"; } >"$work/$1/$suite.tap"
		else
			echo "$suite"
			runs=1
		fi
	done
}

recall_mark='# said in an earlier run of the same'

was_recalled() {
	local first=''
	[[ ! -f $work/$1/$2.tap ]] || read -r first <"$work/$1/$2.tap"
	[[ $first == "$recall_mark" ]]
}

# remember GUEST FAILED...: what its suites said but for these. Who left memory behind is not
# known.
remember() {
	local guest=$1 file suite said
	shift
	[[ " $* " != *" kmemleak "* ]] || return 0
	for file in "$work/$guest"/*.inputs; do
		[[ -e $file ]] || return 0
		suite=$(basename "$file" .inputs)
		[[ " $* " != *" $suite "* ]] || continue
		said=$(place_of "$guest" "$suite")
		cp "$work/$guest/$suite.tap" "$said"
		mv "$file" "$said.inputs"
	done
}
