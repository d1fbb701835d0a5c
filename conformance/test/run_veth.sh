#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Over raw Ethernet (AF_PACKET, a veth pair between two namespaces) both chips pass as over UDP, and
# one when the tester has its packets of DPDK.
# weft-test: root timeout=120
. conformance/test/lib.sh

[ "$(id -u)" -eq 0 ] || { echo "needs root: makes network namespaces"; exit 77; }
NS1=wcT$$ NS2=wcD$$
ip netns add "$NS1" 2> "$OUT/err" || {
	echo "no network namespaces here: $(cat "$OUT/err")"
	exit 77
}
ip netns add "$NS2"
trap 'cleanup; ip netns del "$NS1"; ip netns del "$NS2"' EXIT
ip link add wct$$ netns "$NS1" type veth peer name wcd$$ netns "$NS2"
ip -n "$NS1" link set wct$$ mtu 9000 up
ip -n "$NS2" link set wcd$$ mtu 9000 up
MAC=$(ip netns exec "$NS2" cat /sys/class/net/wcd$$/address)

MINE="packet:wct$$"		# the tester's carriage
run()	# NAME MOST-NA OPTION...
{
	name=$1 most=$2
	shift 2
	ip netns exec "$NS2" "$B/bin/weft" chip --name "$name" --port "packet:wcd$$" --domain any \
		--quiet --personality conformance/personality.txt \
		--ready-file "$OUT/$name.ready" "$@" > "$OUT/$name.chip" 2>&1 &
	pid=$!
	PIDS="$PIDS $pid"
	i=0
	while [ ! -s "$OUT/$name.ready" ]; do
		i=$((i + 1))
		[ $i -lt 200 ] || die "chip $name does not start: $(cat "$OUT/$name.chip")"
		sleep 0.05
	done
	ip netns exec "$NS1" "$B/bin/weft-conform" run --dut "${MINE%%:*}:$MAC" \
		--local "$MINE" --out "$OUT/$name" -q > "$OUT/$name.log" ||
		die "chip $name over Ethernet: $(cat "$OUT/$name.log")"
	check_reports "$OUT/$name"
	verdicts "$OUT/$name" > "$OUT/$name.verdicts"
	na=$(inapplicable "$OUT/$name.verdicts")
	[ "$na" -le "$most" ] || die "chip $name: $na cases do not apply, at most $most expected"
	kill "$pid" && wait "$pid"
	echo "ok    chip $name over Ethernet: $(tail -2 "$OUT/$name.log" | head -1)"
}

run a 0 --class gpu --modes rud,rod --max-payload 8192 --window 1024
run b 98 --class npu --pool DDR:64M --modes rod --max-payload 1024 --window 64

# The same by DPDK, of which net_af_packet needs neither a NIC nor huge pages.
[ -e "$B/lib/wio_dpdk.so" ] || {
	echo "skip  DPDK: built without it (Debian: libdpdk-dev, dpdk)"
	echo "# cunit: run_veth.sh: 2 passed, 0 failed, 1 skipped"
	exit 0
}
MINE="dpdk:net_af_packet0,iface=wct$$?huge=no"
run d 32 --modes rud,rod --max-payload 1024
echo "# cunit: run_veth.sh: 3 passed, 0 failed, 0 skipped"
