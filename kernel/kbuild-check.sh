#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-test: serial timeout=600
#
# Builds the module, with the engine unchanged in it, against the headers of each supported kernel.
# Decides: which kernels, and that a warning is a failure. Leaves the flags to the kernel, the lists
# of sources to kernel/Kbuild and core/files.mk. Everything is built in $B/kernel-SERIES; the
# sources are linked there, so that the source folders stay clean.
set -u

usage() {
	cat <<'TXT'
usage: kernel/kbuild-check.sh [SERIES...]

Builds the kernel object for each kernel series whose headers are installed (default: 6.1 6.12) in
$B/kernel-SERIES ($B is build by default). Series "debug" is the kernel of tools/vm/debug/build.

Example:
  kernel/kbuild-check.sh 6.12

Exit: 0 built, 1 a build failed or warned, 77 no headers are installed
TXT
}

case "${1-}" in -h | --help) usage; exit 0 ;; esac
[ $# -gt 0 ] || set -- 6.1 6.12

top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${B:-build}
case "$build" in /*) ;; *) build=$top/$build ;; esac
arch=$(dpkg --print-architecture)
passed=0 failed=0 skipped=0

# The newest installed headers of a series: 6.1 must not find 6.12.
headers_of() {
	local dir newest=
	if [ "$1" = debug ]; then
		dir=$("$top/tools/vm/debug/build" --print) && printf '%s' "$dir/out"
		return
	fi
	while read -r dir; do
		[ -e "$dir/Makefile" ] && newest=$dir
	done < <(printf '%s\n' /usr/src/linux-headers-"$1".*-"$arch" | sort -V)
	printf '%s' "$newest"
}

# Lays the sources under $1 as links to the tree.
lay_out() {
	local out=$1 f
	cd "$top" || return 1
	mkdir -p "$out/core" "$out/kernel/uapi" || return 1
	find "$out" -type l -delete
	for f in core/*.[ch] core/files.mk kernel/Kbuild kernel/*.[ch] kernel/uapi/*.h; do
		[ -e "$top/$f" ] || continue
		ln -s "$top/$f" "$out/$f" || return 1
	done
	ln -s "$top/kernel/selftest/"{failnth,kobjects}.c "$out/kernel/"
}

# What the kernel's build says of itself, not of our code.
not_ours='the compiler differs from the one used to build the kernel'

build_one() {
	local series=$1 headers=$2 out=$build/kernel-$1 log status
	log=$out/build.log
	lay_out "$out" || return 1
	make -C "$headers" M="$out/kernel" -j"$(nproc)" WEFT_SELFTEST=1 modules \
		>"$log" 2>&1 </dev/null
	status=$?
	cat "$log"
	if [ "$status" -ne 0 ]; then
		echo "the build for $series failed; its messages are above and in $log"
		return 1
	fi
	if grep -i 'warning' "$log" | grep -v "$not_ours"; then
		echo "the build for $series warned"
		return 1
	fi
	ls "$out"/kernel/*.ko >/dev/null 2>&1 || { echo "no kernel object came out"; return 1; }
	size -t "$out"/kernel/*.ko
}

for series in "$@"; do
	headers=$(headers_of "$series")
	if [ -z "$headers" ]; then
		skipped=$((skipped + 1))
		echo "skip  kbuild.$series: no /usr/src/linux-headers-$series.*-$arch:" \
			"run tools/deps as root"
	elif build_one "$series" "$headers"; then
		passed=$((passed + 1))
		echo "ok    kbuild.$series"
	else
		failed=$((failed + 1))
		echo "FAIL  kbuild.$series"
	fi
done
echo "# cunit: kbuild: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 77
