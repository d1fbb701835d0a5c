#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-test: serial timeout=900
#
# DKMS builds the module from the package, for each supported kernel, in folders of this test's own;
# the module says all that modinfo should.
set -u

usage() {
	cat <<'TXT'
usage: kernel/dkms/test.sh [SERIES...]

Packs weft-dkms, unpacks it into a folder of its own, and lets DKMS build it for the installed
kernels of each series (default: 6.1 6.12). Nothing outside $B is written.

Exit: 0 passed, 1 failed, 77 DKMS or the kernels' headers are not installed
TXT
}
case "${1-}" in -h | --help) usage; exit 0 ;; esac
[ $# -gt 0 ] || set -- 6.1 6.12

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
build=${B:-build}
case "$build" in /*) ;; *) build=$top/$build ;; esac
for tool in dkms dpkg-deb modinfo; do
	command -v $tool >/dev/null || PATH=$PATH:/usr/sbin:/sbin
	command -v $tool >/dev/null || { echo "$tool is not installed: run tools/deps"; exit 77; }
done
mkdir -p "$build"
work=$(mktemp -d "$build/dkms.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok    $1"; }
fail() { failed=$((failed + 1)); echo "FAIL  $1: $2"; }

deb=$("$top/kernel/dkms/build-deb" "$work") || exit 1
dpkg-deb -x "$deb" "$work/root" || exit 1
version=$(dpkg-deb -f "$deb" Version)
ok package
here=(--dkmstree "$work/tree" --sourcetree "$work/root/usr/src" --installtree "$work/lib")
mkdir -p "$work/tree" "$work/lib"
dkms add -m weft -v "$version" "${here[@]}" >"$work/add.log" 2>&1 ||
	{ cat "$work/add.log"; fail add "dkms add"; }

# The newest installed kernel of a series that has its headers.
release_of() {
	printf '%s\n' /lib/modules/"$1"[.-]*/build/Makefile | sort -V | while read -r f; do
		[ -e "$f" ] && basename "${f%/build/Makefile}"
	done | tail -n 1
}

for series in "$@"; do
	release=$(release_of "$series")
	if [ -z "$release" ]; then
		skipped=$((skipped + 1))
		echo "skip  build.$series: no kernel with headers: run tools/deps as root"
		continue
	fi
	if ! dkms build -m weft -v "$version" -k "$release" "${here[@]}" >"$work/build.log" 2>&1
	then
		tail -n 30 "$work/build.log" "$work"/tree/weft/*/build/make.log
		fail "build.$series" "dkms build"
		continue
	fi
	ok "build.$series"
	module=$(find "$work/tree/weft/$version/$release" -name 'weft.ko*' | head -n 1)
	info=$(modinfo "$module")
	for field in description author license alias vermagic depends version; do
		grep -q "^$field:  *[^ ]" <<<"$info" || fail "modinfo.$series" "it has no $field"
	done
	bare=$(grep '^parm:' <<<"$info" | grep -vE '^parm: +[a-z_0-9]+:.{8,}')
	[ -z "$bare" ] || fail "modinfo.$series" "no explanation: $bare"
	grep -q "^alias: *rdma-link-weft" <<<"$info" ||
		fail "modinfo.$series" "no alias for rdma link"
	[ "$failed" -gt 0 ] || ok "modinfo.$series"
done
echo "# cunit: dkms: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
