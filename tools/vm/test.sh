#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: serial timeout=1800
#
# A short set of guests, four minutes on a quiet machine: the device by itself on 6.12, every byte
# compared, the conformance suite with its upper tester over libibverbs, two areas of it, and 6.1
# against 6.12 over a wire.  make test-kernel takes more.
set -u
cd "$(dirname "$0")/../.." || exit 1

passed=0 failed=0 skipped=0
# What one run said, and its numbers added to those of all.
guests() {
	local out status
	out=$(tools/vm/run --slow 3 "$@")
	status=$?
	grep -v '^# cunit' <<<"$out"
	if [ $status -eq 77 ]; then
		skipped=$((skipped + 1))
		return
	fi
	passed=$((passed + $(grep -c '^ok ' <<<"$out")))
	skipped=$((skipped + $(grep -c '^skip ' <<<"$out")))
	[ $status -eq 0 ] || failed=$((failed + 1))
}
guests --kernel 6.12 kernel/selftest/verify.sh kernel/selftest/pingpong.sh
if [ -e /usr/include/infiniband/verbs.h ]; then
	make --no-print-directory -s upper-verbs || failed=$((failed + 1))
	guests --topology netns --kernel 6.12 --set PATIENCE=5000 --set AREAS=UT,MP \
		kernel/selftest/conform.sh
else
	echo "skip  conform.sh: there is no infiniband/verbs.h (libibverbs-dev)"
	skipped=$((skipped + 1))
fi
guests --topology pair --kernel 6.1:6.12 kernel/selftest/verify.sh
echo "# cunit: guests: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 77
