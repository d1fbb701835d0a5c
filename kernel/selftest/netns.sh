# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=netns timeout=300 device=none
#
# RDMA devices that belong to one network namespace each (rdma system set netns exclusive): a device
# is seen where it is and nowhere else, works after it was moved, and goes with its namespace. That
# all namespaces see every device is what the other scripts of this topology run on.
need rdma ibv_rc_pingpong ibv_ud_pingpong
. "$WEFT_TOP/tools/vm/guest/device.sh"

# Only before there is a second namespace.
ip netns del b
modprobe ib_core && rdma system set netns exclusive || { echo "no exclusive namespaces"; exit 77; }
network_up
modules_in && device_up "$DEV_A" v0 || exit 1
check exclusive "rdma system show | grep -q 'netns exclusive'"
refuse not_in_b "ip netns exec b rdma link show $DEV_A/1"
check link_in_b "ip netns exec b rdma link add $DEV_B type $WEFT_DEVICE netdev v1"
rdma dev show "$DEV_B" >/dev/null 2>&1 && check move "rdma dev set $DEV_B netns b"
refuse not_here "rdma link show $DEV_B/1"
check in_b "ip netns exec b rdma link show $DEV_B/1"

ga=$(gid "$DEV_A" "$IP_A") && gb=$(on b gid "$DEV_B" "$IP_B") || { fail gid "none"; finish; }
for program in rc ud; do
	pair ${program}_between 18515 "ibv_${program}_pingpong -d $DEV_B -g $gb -n 100 -s 1000" \
		"ibv_${program}_pingpong -d $DEV_A -g $ga -n 100 -s 1000 $IP_B"
done
refuse open_there "ip netns exec b ibv_devinfo -d $DEV_A"

# A program that has the device open does not hold the namespace back.
ip netns exec b timeout 60 ibv_rc_pingpong -d "$DEV_B" -g "$gb" >"$LOG/left.txt" 2>&1 &
sleep 2
check namespace_gone "ip netns del b; kill $! ; sleep 3; ! rdma link show $DEV_B/1"
# The other end of the veth went with it.
check first_gone "! rdma link show $DEV_A/1"
check shared_again "for _ in 1 2 3 4 5; do rdma system set netns shared && break; sleep 1; done &&
	rdma system show | grep -q 'netns shared'"
finish
