#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=60 asan
#
# A recording is a file other tools read: tshark finds no malformed packet and no wrong checksum,
# also when the recording process was killed; and a replay gives the packets back.
. "$(dirname "$0")/lib.sh"
command -v tshark >/dev/null || skip "no tshark (Debian: tshark)"

# Frames of $1 that tshark, checking every checksum, finds fault with.
faults() {
	local f='_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0'

	tshark -n -r "$1" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-Y "$f || udp.length.bad" 2>"$T/err" | wc -l
}
frames() { tshark -n -r "$1" -Y "$2" 2>>"$T/err" | wc -l; }

check_file() {	# NAME FILE FRAMES
	equal "$1: frames" "$(frames "$2" frame)" "$3"
	equal "$1: faults" "$(faults "$2")" 0
	equal "$1: complaints of tshark" "$(grep -vc 'Running as user' "$T/err")" 0
}

for ip in 127.0.0.1 '[::1]'; do
	"$W" recv "udp:$ip:0?bcast=0&pcap=$T/rx.pcap" 300 >"$T/rx" 2>&1 &
	rx=$!
	to=$(local_of "$T/rx")
	[ -n "$to" ] || { say "no $ip here"; continue; }
	"$W" send "udp:$ip:0?bcast=0&pcap=$T/tx.pcap" "$to" 300 8,9,100,1471,9000,60000 >"$T/tx" ||
		bad "$ip: sender"
	wait $rx || bad "$ip: receiver"
	check_file "$ip sender" "$T/tx.pcap" 300
	check_file "$ip receiver" "$T/rx.pcap" 300
	ecn='ip.dsfield.ecn == 2 || ipv6.tclass.ecn == 2'
	equal "$ip: ECN-capable" "$(frames "$T/tx.pcap" "$ecn")" 300
	"$W" recv "pcap:$T/tx.pcap?port=0&pace=0" 300 >"$T/replay" ||
		bad "$ip: replay: $(cat "$T/replay")"
	say "$ip: recorded, read by tshark, replayed"
done

say "a killed recorder leaves a readable file"
"$W" recv "udp:127.0.0.1:0?bcast=0&pcap=$T/kill.pcap" 100000 20 >"$T/rx" 2>&1 &
rx=$!
to=$(local_of "$T/rx")
"$W" send 'udp:127.0.0.1:0?bcast=0' "$to" 1000 1000 >/dev/null || bad "sender"
sleep 0.4
{ kill -9 $rx; wait $rx; } 2>/dev/null
check_file "killed" "$T/kill.pcap" 1000

say "impaired traffic is recorded as the host saw it"
"$W" recv "udp:127.0.0.1:0?bcast=0&loss=0.2&dup=0.2&seed=5&pcap=$T/imp.pcap" 2000 2 >"$T/rx" 2>&1 &
rx=$!
to=$(local_of "$T/rx")
"$W" send 'udp:127.0.0.1:0?bcast=0' "$to" 2000 100 >/dev/null || bad "sender"
wait $rx
lost=$(stat_of "$T/rx" impair_rx_lost)
dup=$(stat_of "$T/rx" impair_rx_dup)
at_least "lost" "$lost" 300
check_file "impaired" "$T/imp.pcap" $((2000 - lost + dup))
exit $failed
