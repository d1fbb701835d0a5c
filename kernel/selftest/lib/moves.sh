# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# For guest scripts: verified NAME PORT PART... is a case for each part of verify.py.
ga=$(gid "$DEV_A" "$IP_A") && gb=$(on b gid "$DEV_B" "$IP_B") || exit 1
python3 -c 'import pyverbs' 2>/dev/null || { echo "python3-pyverbs is not installed"; exit 77; }

verified() {
	name=$1 at=$2
	shift 2
	tool="python3 $WEFT_TOP/kernel/selftest/lib/verify.py"
	LIMIT=${LIMIT:-120}
	serve "$name" "$at" "$tool server $DEV_B $gb $IP_B $at $*" >"$LOG/$name.start.txt" 2>&1
	timeout -k 5 "$((LIMIT * slow))" $tool client "$DEV_A" "$ga" "$IP_B" "$at" "$@" \
		>"$LOG/$name.txt" 2>&1
	reap "$name" >/dev/null
	for part in "$@"; do
		if grep -qx "$part" "$LOG/$name.txt"; then
			ok "${name}_$part"
		else
			fail "${name}_$part" "$(last_line "$LOG/$name.txt"); $(
				last_line "$LOG/$name.server.txt")"
		fi
	done
}
