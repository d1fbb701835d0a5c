# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=netns timeout=240 device=none only=weft
#
# The host half alone: a chip on a netdev that libweft's tools on the other end of the wire
# find, ask for its counters, and are refused by when they want to connect.
[ "$WEFT_DEVICE" = weft ] || exit 77
weft=$WEFT_TOP/build/bin/weft
[ -x "$weft" ] || { echo "build/bin/weft is not built: run make"; exit 77; }
. "$WEFT_TOP/tools/vm/guest/device.sh"
modules_in
check attach "rdma link add weft0 type weft netdev v0"
refuse attach_twice "rdma link add weft1 type weft netdev v0"
check found_v4 "ip netns exec b $weft ls 10.0.0.1 | grep -q v0"
check found_v6 "ip netns exec b $weft ls --port 'udp:[fd00::2]' 'fd00::1' | grep -q v0"
mac=$(cat /sys/class/net/v0/address)
check found_l2 "ip netns exec b $weft ls --port packet:v1 $mac | grep -q v0"
refuse connect "ip netns exec b $weft ping -c 1 --timeout 3s 10.0.0.1"
check refused_by_us "grep -qi 'no_service\|no such service\|rejected' $LOG/connect.txt"
check detach "rdma link delete weft0"
check attach_again "rdma link add weft0 type weft netdev v0"
check netdev_gone "ip link del v0; sleep 1"
finish
