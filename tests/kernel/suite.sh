# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 The ALPC for Linux authors
#
# Which suite packages come from. Sourced after lib.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with lib.sh

# The mirror that serves this machine its own Debian, as apt knows it: the one
# setting that is right on any machine.
own_mirror() {
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' |
		awk -v own="$(. /etc/os-release && echo "$VERSION_CODENAME")" \
			'$1 == own && $2 == "main" { print $3; exit }'
}

# suite_for VERSION: point apt_options to a suite that has linux-source-VERSION.
# The machine's own suites come first. The others are looked at with an apt
# state of their own below the cache, so that the machine's stays untouched.
suite_for() {
	local version=$1 mirror suite
	apt_options=()
	mkdir -p "$cache"
	known_package "linux-source-$version" && return
	mirror=$(own_mirror)
	[[ $mirror ]] || die "apt knows no mirror of this release's main component"
	for suite in trixie-backports sid; do
		private_apt "$mirror" "$suite"
		if known_package "linux-source-$version"; then
			say "linux $version comes from $suite"
			return
		fi
	done
	die "no suite of the machine's mirror has linux-source-$version"
}

# private_apt MIRROR SUITE [OWN]: look at that suite, or at it before the machine's
# own one, knowing then what the machine has installed.
private_apt() {
	local mirror=$1 suite=$2 own=${3:-} dir=$cache/apt/$2 status
	local from="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror"
	mkdir -p "$dir"/{lists/partial,archives/partial,etc/none}
	: >"$dir/status"
	status=${own:+/var/lib/dpkg/status}
	printf '%s main\n' "$from $suite" ${own:+"$from $own"} >"$dir/etc/sources.list"
	cat >"$dir/apt.conf" <<-END
		Dir::State "$dir";
		Dir::State::lists "$dir/lists";
		Dir::State::status "${status:-$dir/status}";
		Dir::Cache "$dir";
		Dir::Etc::sourcelist "$dir/etc/sources.list";
		Dir::Etc::sourceparts "$dir/etc/none";
		Dir::Etc::preferencesparts "$dir/etc/none";
		APT::Sandbox::User "root";
		APT::Default-Release "${own:+$suite}";
		Acquire::Languages "none";
		APT::Update::Post-Invoke {};
		APT::Update::Post-Invoke-Success {};
	END
	apt_options=(-c "$dir/apt.conf")
}
