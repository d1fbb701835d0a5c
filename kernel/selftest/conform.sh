# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=netns timeout=460 device=none only=weft
#
# The conformance suite against this module: the tester at the other end of the wire, and its upper
# tester over libibverbs beside the device. --set WAY=l2: by the EtherType; AREAS=MP,AT: some.
[ "$WEFT_DEVICE" = weft ] || exit 77
W=$WEFT_TOP/build/bin/weft-conform
U=$WEFT_TOP/build/bin/weft-upper-verbs
[ -x "$W" ] || { echo "build/bin/weft-conform is not built: run make"; exit 77; }
[ -x "$U" ] || { echo "build/bin/weft-upper-verbs is not built: run make upper-verbs"; exit 77; }
. "$WEFT_TOP/tools/vm/guest/device.sh"
modules_in
# Of two chips that connect the one with the smaller number asks: the tester's begins with 02.
ip link set v0 address 52:54:00:00:00:01
check attach "rdma link add weft0 type weft netdev v0"
until rdma link show weft0/1 | grep -q 'state ACTIVE'; do sleep 0.1; done
"$U" --device weft0 --listen tcp:10.0.0.1:4999 >"$LOG/upper.txt" 2>&1 &
upper=$!
until grep -q ready "$LOG/upper.txt" || ! kill -0 $upper; do sleep 0.1; done
case "${WAY:-udp}" in
udp) dut=udp:10.0.0.1 local=udp:10.0.0.2:49190 ;;
l2) dut=packet:52:54:00:00:00:01 local=packet:v1 ;;
esac
set -f
set --
for area in $(echo "$AREAS" | tr , ' '); do set -- "$@" "$area*"; done
ip netns exec b "$W" run --dut "$dut" --local "$local" --upper tcp:10.0.0.1:4999 \
	--patience "${PATIENCE:-10000}" --out "$LOG/conform" "$@" >"$LOG/conform.txt" 2>&1
status=$?
tail -3 "$LOG/conform.txt"
[ $status -eq 0 ] && ok conform || fail conform "exit status $status"
kill $upper 2>/dev/null
wait $upper
check detach "rdma link delete weft0"
finish
