#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: root serial timeout=180
#
# dpdk: two processes over net_memif (without and with huge pages) and net_af_packet over veth. Huge
# pages are reserved here and given back, whatever happens.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip "huge pages and namespaces need root"

say "without its shared object, the error names the package"
cp "$W" "$T/wio_check"
refused "no wio_dpdk.so" "libdpdk-dev" env -u WEFT_IO_PATH "$T/wio_check" open dpdk:net_null0
[ -e "$B/lib/wio_dpdk.so" ] || skip "built without DPDK (Debian: libdpdk-dev, dpdk)"

HUGE=/sys/kernel/mm/hugepages/hugepages-2048kB
former=$(cat $HUGE/nr_hugepages 2>/dev/null)
give_back() {
	clean_up
	[ -z "$former" ] || echo "$former" >$HUGE/nr_hugepages
}
trap give_back EXIT

# memif_pair NAME QUERY COUNT LENS [DEVARGS]
memif_pair() {
	local common="socket=$T/m.sock,socket-abstract=no$5" to rc
	rm -f "$T/m.sock"
	"$W" recv "dpdk:net_memif0,role=server,$common?$2" "$3" 20 >"$T/rx" 2>&1 &
	local rx=$!
	to=$(local_of "$T/rx")
	free_now=$(cat $HUGE/free_hugepages 2>/dev/null)
	# The two find each other in the background: packets sent before that are lost.
	if ! "$W" send "dpdk:net_memif0,role=client,$common?$2&link_wait_ms=5000" "$to" "$3" "$4" \
		>"$T/tx" 2>&1; then
		bad "$1: sender"; cat "$T/tx"
	fi
	wait $rx
	rc=$?
	if [ $rc = 0 ]; then
		say "$1: $(grep '^received' "$T/rx")"
	else
		bad "$1: receiver ($rc)"
		cat "$T/rx" "$T/tx"
	fi
}

memif_pair "memif, no huge pages" huge=no 2000 8,46,60,64,1000,1500
echo 80 >$HUGE/nr_hugepages 2>/dev/null
if [ "$(cat $HUGE/free_hugepages 2>/dev/null || echo 0)" -ge 64 ]; then
	before=$(cat $HUGE/free_hugepages)
	memif_pair "memif, huge pages" huge=yes 2000 8,46,60,64,1000,1500
	[ "$free_now" -lt "$before" ] || bad "no huge page was used"
	equal "huge pages are free again" "$(cat $HUGE/free_hugepages)" "$before"
else
	say "huge pages: the system has none to give: not tried"
fi

veth_pair 1500 || exit 1
lens=8,46,64,1000,1500
afp=dpdk:net_af_packet0,iface=
carry "net_af_packet" ${afp}vA ${afp}vB 1000 $lens
carry "packet to net_af_packet" packet:vA ${afp}vB 1000 $lens
carry "net_af_packet to packet" ${afp}vA packet:vB 1000 $lens

refused "no such driver" "dpdk:net_nosuch0: no such device" "$W" open dpdk:net_nosuch0
refused "no name" "name a device" "$W" open dpdk:
refused "bad key" "mtu=3: give a whole number from 64 to 65000" "$W" open 'dpdk:net_null0?mtu=3'
refused "no such PCI device" "dpdk:0000:ff:1f.7" "$W" open 'dpdk:0000:ff:1f.7'
echo "$former" >$HUGE/nr_hugepages
[ "$(cat $HUGE/free_hugepages)" != 0 ] ||
	refused "huge pages wanted, none there" "huge=no" "$W" open 'dpdk:net_null0?huge=yes'
exit $failed
