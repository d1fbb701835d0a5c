#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What of core/ runs when its tests and the fuzz targets' committed inputs run, by llvm-cov: one
# line a file, then the total. `make coverage` builds what it needs; $1: that build folder.
set -eu
build=${1:-build/coverage}
raw=$build/raw
objects=''

rm -rf "$raw"
mkdir -p "$raw"
for test in "$build"/test/t_*; do
	[ -x "$test" ] || continue
	LLVM_PROFILE_FILE="$raw/$(basename "$test")-%p.profraw" "$test" > "$raw/log" 2>&1 ||
		{ tail -5 "$raw/log"; exit 1; }
	objects="$objects -object $test"
done
for target in "$build"/target/fuzz_*; do
	[ -x "$target" ] || continue
	name=$(basename "$target")
	LLVM_PROFILE_FILE="$raw/$name-%p.profraw" "$target" -runs=0 "core/fuzz/corpus/$name" \
		> "$raw/log" 2>&1 || { tail -5 "$raw/log"; exit 1; }
	objects="$objects -object $target"
done

# $1: which raw profiles; $2: a name for the table
table() {
	# shellcheck disable=SC2086 # both are lists
	llvm-profdata merge -sparse -o "$build/$2.profdata" "$raw"/$1
	echo "$2:"
	# shellcheck disable=SC2086
	llvm-cov report $objects -instr-profile="$build/$2.profdata" \
		-ignore-filename-regex='core/(test|fuzz|names|wire)|tools/|userspace/' |
		awk '/^(core|port|psn|[a-z0-9_]+\.[ch])|^TOTAL/ {
			printf "  %-18s lines %7s   regions %7s   branches %7s\n", $1,
				$10, $4, $13 }'
}
table '*.profraw' tests-and-corpora
table 'fuzz_*.profraw' corpora-alone
