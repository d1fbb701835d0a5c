# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=pair timeout=300 only=weft programs=bundle
#
# Bundles between two cards that do nothing for them: packets leave as one though their bytes lie
# differently (bundle.c); and those of a burst come up as one, over IPv4 and IPv6.
need ib_write_bw
ga=$(gid "$DEV_A" "$IP_A") && gb=$(on b gid "$DEV_B" "$IP_B") || exit 1
pair mixed 18650 "$WEFT_PROGRAMS/bundle $DEV_B $gb 18650" \
	"$WEFT_PROGRAMS/bundle $DEV_A $ga 18650 $IP_B"

# What came to the second host: packets, and what its UDP gave on.
packets() { on b "cat /sys/class/infiniband/$DEV_B/ports/1/hw_counters/rx_packets"; }
given_on() { on b "awk '/^Udp$1InDatagrams|^Udp: [0-9]/ { print \$2 }' /proc/net/snmp$2"; }

# burst NAME PORT ADDRESS-A ADDRESS-B WORDS-OF-given_on: at least four packets in one
burst() {
	a=$(gid "$DEV_A" "$3") && b=$(on b gid "$DEV_B" "$4") || exit 1
	before=$(packets) && udp=$(given_on "$5" "$6")
	pair "$1" "$2" "ib_write_bw -d $DEV_B -x $b -F -p $2 -s 65536 -n 200" \
		"ib_write_bw -d $DEV_A -x $a -F -p $2 -s 65536 -n 200 $IP_B" || return
	came=$(($(packets) - before)) given=$(($(given_on "$5" "$6") - udp))
	check "$1_together" "echo $came packets, given on $given times; [ $given -gt 0 ] &&
		[ $((given * 4)) -lt $came ]"
}
burst v4 18651 "$IP_A" "$IP_B" :
burst v6 18652 "$IP6_A" "$IP6_B" 6 6
finish
