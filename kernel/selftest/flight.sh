# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=300 only=weft
#
# What an operator can see: contexts and the records of failures in debugfs, tracepoints.
need ibv_rc_pingpong /usr/bin/python3
/usr/bin/python3 -c 'import pyverbs' 2>/dev/null || exit 77	# python3-pyverbs
folder=/sys/kernel/debug/weft/$DEV_A
traces=/sys/kernel/tracing
[ -e $traces/events ] || mount -t tracefs tracefs $traces
api="/usr/bin/python3 $WEFT_TOP/kernel/selftest/verbs_api.py $DEV_A $IP_A"

# WEFT-VRB-050
traced() {
	: >$traces/trace
	echo 1 >$traces/events/weft/enable || return 1
	$api carriage
	status=$?
	echo 0 >$traces/events/weft/enable
	cp $folder/contexts "$LOG/standing.txt"		# soon: they close when nobody uses them
	cp $traces/trace "$LOG/trace.txt"
	return $status
}
# line NAME WORDS: the trace has a line with them
line() { check "$1" "grep -q '$2' $LOG/trace.txt"; }

check nothing_yet "grep -q '^# 0 failures' $folder/flights"
if traced; then
	line packet_out 'weft_packet_out: chip=[0-9a-f]\{16\} .*type=DATA op=SEND .*first'
	line packet_in 'weft_packet_in: .*type=DATA op=SEND .*NONE'
	line complete 'weft_complete: .*SEND: OK'
	check contexts "grep -Eq '^[0-9]+ OPEN [0-9a-f]{16} [^ ]+ R[UO]D (initiator|target) ' \
		$LOG/standing.txt"
	line event 'weft_event: .*EP_ACCEPTED: OK'
else
	fail traced "$(last_line "$LOG/trace.txt")"
fi

# WEFT-VRB-051: a key that is wrong.
check failing "$api error_is_event"
cp $folder/flights "$LOG/flights.txt"
check kept "grep -Eq ': BAD_KEY: qpn [0-9]+ on context [0-9]+ .* at $IP_A; acknowledged' \
	$LOG/flights.txt"
check kept_packets "grep -q 'us out DATA psn [0-9]* WRITE qpn' $LOG/flights.txt"
check kept_refusal "grep -q 'us refused PLACE_MEM .*BAD_KEY' $LOG/flights.txt"

# The folder goes with the device.
rdma link del "$DEV_A"
check gone "test ! -e $folder"
finish
