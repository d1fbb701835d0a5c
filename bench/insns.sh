#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Instructions that a data packet costs both engines together, as callgrind counts them, beside
# the reference in bench/insns.txt.  More than 2 % over the reference fails; --update writes it.
# Usage: bench/insns.sh [--update]
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
ref=bench/insns.txt
command -v valgrind > /dev/null || { echo "insns: no valgrind: apt-get install valgrind"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
{
	echo "# Instructions for each packet with payload, both ends; by bench/insns.sh --update,"
	echo "# gcc $(gcc -dumpfullversion 2> /dev/null || echo unknown), -O2, $(uname -m)."
} > "$tmp/new"
for case in write_4k write_4k_rod write_256k read_4k send_64; do
	n=$(valgrind -q --tool=callgrind --toggle-collect='engine_counted*' \
		--callgrind-out-file="$tmp/$case" "$B/bin/weft_bench" --count "$case")
	ir=$(sed -n 's/^totals: *\([0-9]*\).*/\1/p' "$tmp/$case")
	per=$((ir / n))
	was=$(sed -n "s/^$case  *\([0-9]*\)$/\1/p" "$ref" 2> /dev/null || true)
	printf '%-14s %s\n' "$case" "$per" >> "$tmp/new"
	printf '%-14s %5s instructions a packet, reference %s\n' "$case" "$per" "${was:-none}"
	[ -z "$was" ] || [ $((per * 100)) -le $((was * 102)) ] || bad=1
	[ "${KEEP:-}" = "" ] || cp "$tmp/$case" "$KEEP.$case"
done
[ "${1:-}" != --update ] || { cp "$tmp/new" "$ref"; exit 0; }
[ $bad = 0 ] || echo "insns: more than 2 % over the reference"
exit $bad
