#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=900
# The engine's tests, codec and test vectors among them, on a big-endian machine: built for s390x,
# run by qemu-user.  Skipped where the cross compiler or qemu cannot be had.
B=${B:-build}
LIMIT_S=300
passed=0 failed=0 skipped=0

say() { printf '%-5s %s\n' "$1" "$2"; }

for tool in "${BE_CC:-s390x-linux-gnu-gcc}" "${BE_RUN:-qemu-s390x-static}"; do
	command -v "$tool" >/dev/null || { echo "$tool is not installed (tools/deps)"; exit 77; }
done

make --no-print-directory -s B="$B" be-build >"$B/be-build.log" 2>&1 || {
	grep -E 'error|Error' "$B/be-build.log" | head -n 20
	echo "the build for s390x failed; all of it is in $B/be-build.log"
	exit 1
}

# A program of ours, not of the host's: else this would prove nothing.
first=$(find "$B/be/test" -type f -perm -u+x | head -n 1)
case $(od -An -tx1 -j5 -N1 "$first") in
*02*) ;;
*) echo "$first is not big-endian"; exit 1 ;;
esac

cases() { tail -n 1 "$B/be/$1.log" | sed 's/.*: //'; }

for t in "$B"/be/test/*; do
	[ -x "$t" ] && [ -f "$t" ] || continue
	name=$(basename "$t")
	timeout "$LIMIT_S" "${BE_RUN:-qemu-s390x-static}" "$t" >"$B/be/$name.log" 2>&1
	case $? in
	0) passed=$((passed + 1)); say ok "$name: $(cases "$name")" ;;
	77) skipped=$((skipped + 1)); say skip "$name: all its cases are" ;;
	*)
		failed=$((failed + 1))
		say FAIL "$name"
		grep -v '^ok\|^-' "$B/be/$name.log" | tail -n 20 ;;
	esac
done
echo "# cunit: big_endian: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 30 ]
