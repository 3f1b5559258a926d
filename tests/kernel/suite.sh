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
	local mirror=$1 suite=$2 own=${3:-}
	apt_state "$suite" "$(dpkg --print-architecture)" ${own:+/var/lib/dpkg/status} \
		< <(printf '%s\n' "$mirror $suite" ${own:+"$mirror $own"})
	[[ ! $own ]] || printf 'APT::Default-Release "%s";\n' "$suite" >>"$cache/apt/$suite/apt.conf"
}

# foreign_apt ARCHITECTURE: look at the release's own suites, from where the machine has
# them, for another architecture.
foreign_apt() {
	local release suites
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	suites=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' |
		awk -v own="$release" '($2 == own || index($2, own "-") == 1) && $3 == "main" {
			print $1, $2 }' | sort -u)
	[[ $suites ]] || die "apt knows no mirror of this release's main component"
	apt_state "$release-$1" "$1" <<<"$suites"
}

# apt_state NAME ARCHITECTURE [STATUS] <"MIRROR SUITE" lines: point apt_options to a
# state of that name, with those suites; STATUS says what is installed.
apt_state() {
	local dir=$cache/apt/$1 mirror suite
	mkdir -p "$dir"/{lists/partial,archives/partial,etc/none}
	: >"$dir/status"
	while read -r mirror suite; do
		printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
			"$mirror" "$suite"
	done >"$dir/etc/sources.list"
	cat >"$dir/apt.conf" <<-END
		Dir::State "$dir";
		Dir::State::lists "$dir/lists";
		Dir::State::status "${3:-$dir/status}";
		Dir::Cache "$dir";
		Dir::Etc::sourcelist "$dir/etc/sources.list";
		Dir::Etc::sourceparts "$dir/etc/none";
		Dir::Etc::preferencesparts "$dir/etc/none";
		APT::Architecture "$2";
		APT::Architectures { "$2"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		APT::Update::Post-Invoke {};
		APT::Update::Post-Invoke-Success {};
	END
	apt_options=(-c "$dir/apt.conf")
}
