# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=200
#
# What an administrator sees and does: rdma link, dev, resource, statistic, system; sysfs; the
# state of the port follows that of the network device.
need rdma ibv_devinfo ip

sys=/sys/class/infiniband/$DEV_A
# becomes NAME STATE: within five seconds
becomes() {
	for _ in $(seq 50); do
		! rdma link show "$DEV_A/1" | grep -q " state $2 " || { ok "$1"; return; }
		sleep 0.1
	done
	fail "$1" "$(rdma link show "$DEV_A/1"), not $2"
}

check link "rdma link show $DEV_A/1 | grep -q 'state ACTIVE physical_state LINK_UP netdev v0'"
check dev "rdma dev show $DEV_A | grep -q 'node_guid [0-9a-f]*:[0-9a-f]*:'"
check devinfo "ibv_devinfo -v -d $DEV_A"
check link_layer "grep -q Ethernet $sys/ports/1/link_layer"
check gid_v2 "gid $DEV_A $IP_A && gid $DEV_A $IP6_A"
[ "$WEFT_DEVICE" = rxe ] || check gid_v1 "gid $DEV_A $IP_A v1"
check counters "rdma statistic show link $DEV_A/1 && ls $sys/ports/1/hw_counters/*"
check counters_readable "for f in $sys/ports/1/hw_counters/*; do [ -d \$f ] || cat \$f; done"
check resources "rdma resource show $DEV_A | grep -q 'qp 1 '"
check resource_qp "rdma resource show qp link $DEV_A/1 | grep -q 'lqpn 1 type GSI state RTS'"
check resource_kinds "for k in qp cm_id mr cq pd ctx srq; do rdma resource show \$k; done"

check new_address "ip addr add 10.0.0.77/24 dev v0 && gid $DEV_A 10.0.0.77"
check address_gone "ip addr del 10.0.0.77/24 dev v0 && sleep 1 &&
	! grep -rl 0a00:004d $sys/ports/1/gids"
ip link set v0 down
becomes link_down DOWN
ip link set v0 up
becomes link_up ACTIVE
ip link set v0 mtu 1500
check mtu_1500 "sleep 0.5; ibv_devinfo -d $DEV_A | grep -q 'active_mtu:.*1024'"
ip link set v0 mtu "$WEFT_MTU"

check rename "rdma dev set $DEV_A name spare0 && rdma link show spare0/1"
check rename_back "rdma dev set spare0 name $DEV_A && ibv_devinfo -d $DEV_A"
refuse second_of_one_netdev "rdma link add again0 type $WEFT_DEVICE netdev v0"
refuse no_such_netdev "rdma link add other0 type $WEFT_DEVICE netdev nothing0"
check delete "rdma link del $DEV_A && ! rdma link show $DEV_A/1"
check delete_netdev "rdma link add $DEV_A type $WEFT_DEVICE netdev v0 && ip link del v0 &&
	sleep 1 && ! rdma link show $DEV_A/1"
finish
