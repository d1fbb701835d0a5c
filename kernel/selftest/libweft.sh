# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=netns timeout=300 only=weft programs=libweft_peer device=none
#
# The module and libweft, one stream between them: each asks and each is asked, over IPv4 and IPv6;
# WRITE, READ, SEND and atomics both ways, every byte compared. Each time another chip is at the
# address: WEFT-VRB-007.
/usr/bin/python3 -c 'import pyverbs' 2>/dev/null || { echo "no python3-pyverbs"; exit 77; }
. "$WEFT_TOP/tools/vm/guest/device.sh"
modules_in && device_up "$DEV_A" "$NETDEV_A" || exit 1
tool="python3 $WEFT_TOP/kernel/selftest/lib/peer_of.py"
peer="ip netns exec b $WEFT_PROGRAMS/libweft_peer"
for role in answer ask; do
	check ${role}_v4 "$tool $role $DEV_A $(gid "$DEV_A" "$IP_A") $IP_A $IP_B $peer"
	check ${role}_v6 "$tool $role $DEV_A $(gid "$DEV_A" "$IP6_A") $IP6_A $IP6_B $peer"
done
finish
