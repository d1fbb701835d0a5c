#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests of the specification compiler. Every random choice comes from WEFT_SEED
# (printed on failure).
cd "$(dirname "$0")" || exit 1
command -v tshark >/dev/null ||
	echo "specgen: the dissector's tests are skipped: tshark is not installed (tools/deps)"
exec "${PYTHON:-/usr/bin/python3}" -B -m unittest discover -q -p 'test_*.py'
