#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Devices that implement nothing pass nothing, though each case runs against them, and the reports
# of such runs are well-formed.
# weft-test: timeout=180
. conformance/test/lib.sh

"$B/bin/weft-conform" selftest --degenerate --out "$OUT/degenerate" > "$OUT/log" ||
	die "$(cat "$OUT/log")"
cat "$OUT/log"
for mode in silent ack hello nack-context nack-reset refuse yes echo noise flood; do
	xmllint --noout "$OUT/degenerate/$mode/junit.xml" || die "$mode: junit.xml"
	grep -q ' failures="0" errors="0"' "$OUT/degenerate/$mode/junit.xml" &&
		die "$mode: neither failures nor errors in junit.xml"
done
check_reports "$OUT/degenerate/noise"
check_reports "$OUT/degenerate/silent"
echo "ok    reports of failing runs are well-formed"
echo "# cunit: run_degenerate.sh: 11 passed, 0 failed, 0 skipped"
