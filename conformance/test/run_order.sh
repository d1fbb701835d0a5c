#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Shuffled, and with one device for all cases, the verdicts are the same.
# weft-test: timeout=280
. conformance/test/lib.sh

make_mutants
"$B/bin/weft-conform" selftest --order --out "$OUT/order" -q > "$OUT/log" || die "$(cat "$OUT/log")"
cat "$OUT/log"
echo "# cunit: run_order.sh: 1 passed, 0 failed, 0 skipped"
