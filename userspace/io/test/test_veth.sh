#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: root timeout=120 asan
#
# packet: and udp: over a veth cable of two namespaces: every length up to the MTU, padding,
# broadcast, foreign frames, an MTU too small, and what is refused.
#
#	A (vA 10.77.0.1) ======= veth ======= B (vB 10.77.0.2)
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip "namespaces need root"

veth_pair 9000 || exit 1
lens=8,20,45,46,47,60,64,100,512,1500,1501,4096,8999,9000

carry "packet, all lengths" packet:vA packet:vB 2000 $lens
equal "no frame of ours comes back" "$(stat_of "$T/tx" rx_frames)" 0
equal "all in order" "$(sed -n 's/.*in_order //p' "$T/rx")" 2000
carry "packet, small ring" "packet:vA?ring=300k" packet:vB 1000 $lens
carry "packet, another EtherType" "packet:vA?ethertype=0x9999" "packet:vB?ethertype=0x9999" 100 200
carry "packet, broadcast" packet:vA packet:vB 50 300 broadcast
equal "packets known as broadcast" "$(sed -n 's/.*bcast \([0-9]*\).*/\1/p' "$T/rx")" 50

say "a frame for another MAC address is not ours"
in_b "$W" recv packet:vB 1 1 >"$T/rx" &
rx=$!
local_of "$T/rx" >/dev/null
in_a "$W" send packet:vA 02:00:00:00:00:99 10 100 >"$T/tx"
wait $rx
equal "foreign frames handed out" "$(stat_of "$T/rx" rx_frames)" 0
equal "foreign frames counted" "$(stat_of "$T/rx" rx_drop_foreign)" 10

say "longer than the MTU"
in_a "$W" send packet:vA 02:00:00:00:00:99 1 9001 >"$T/tx" && bad "9001 bytes were taken"
grep -q 'Message too long' "$T/tx" || bad "9001 bytes: $(cat "$T/tx")"

refused "no such interface" "no such interface" in_a "$W" open packet:nosuch0
refused "not Ethernet" "not an Ethernet interface" in_a "$W" open packet:lo
refused "ring too small" "ring=5: give a whole number from" in_a "$W" open 'packet:vA?ring=5'
chmod 755 "$T" && cp "$W" "$T/wio_check"
refused "no permission" "CAP_NET_RAW" in_a setpriv --reuid=65534 --regid=65534 --clear-groups \
	--inh-caps=-all --bounding-set=-all "$T/wio_check" open packet:vA
ip -n "$A_NS" link set vA down
refused "interface down" "ip link set vA up" in_a "$W" open packet:vA
ip -n "$A_NS" link set vA up

carry "udp, all lengths" udp:10.77.0.1 udp:10.77.0.2 2000 8,20,64,1500,4096,8972
carry "udp, runs" udp:10.77.0.1 udp:10.77.0.2 2000 1400
at_least "sent in bundles" "$(stat_of "$T/tx" tx_gso)" 1900
at_least "received in bundles" "$(stat_of "$T/rx" rx_gro)" 1900
equal "longest packet" "$(sed -n 's/^mtu //p' "$T/tx")" 8972
carry "udp, subnet broadcast" udp:10.77.0.1 udp:10.77.0.2 20 100 broadcast
equal "packets known as broadcast" "$(sed -n 's/.*bcast \([0-9]*\).*/\1/p' "$T/rx")" 20

say "udp: a path narrower than the packets loses them, bundles too, and says so"
in_a "$W" send udp:10.77.0.1 10.77.0.2 100 8973 >"$T/tx"
equal "packets too long" "$(stat_of "$T/tx" tx_drop_mtu)" 100
equal "nothing else lost" "$(stat_of "$T/tx" tx_frames)" 0

say "udp: no segment offload on the interface"
if command -v ethtool >/dev/null; then
	in_a ethtool -K vA tx-udp-segmentation off tx off >/dev/null 2>&1
	carry "udp, no offload" udp:10.77.0.1 udp:10.77.0.2 2000 1400
fi
exit $failed
