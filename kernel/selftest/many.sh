# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=netns,pair,self timeout=600
#
# A thousand queue pairs between two hosts: over Weft they share the contexts of their traffic
# class, and a receiver that is not ready stops none but its own sender.
. "$WEFT_TOP/kernel/selftest/lib/moves.sh"

count=${COUNT:-1000}
contexts=0
# One that each end opened, whichever asked first; two devices of one guest count their own.
[ "$WEFT_DEVICE" != weft ] || contexts=2
tool="python3 $WEFT_TOP/kernel/selftest/lib/many.py"
ulimit -n 8192
LIMIT=500
serve many 19900 "ulimit -n 8192; $tool server $DEV_B $gb $IP_B 19900 $count" \
	>"$LOG/many.start.txt" 2>&1
timeout $LIMIT $tool client "$DEV_A" "$ga" "$IP_B" 19900 "$count" $contexts 2>"$LOG/many.txt" ||
	fail client "$(last_line "$LOG/many.txt"); $(last_line "$LOG/many.server.txt")"
reap many >/dev/null
finish
