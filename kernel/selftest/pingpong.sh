# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self,netns,pair timeout=600
#
# The small programs that everyone tries first: they post, poll, and connect queue pairs by hand
# (over TCP) or with rdma_cm.  Over UDP, and over the EtherType, whose GIDs are of type RoCE v1;
# rxe has only the former.
need ibv_devinfo ibv_rc_pingpong rping

check devinfo "ibv_devinfo -v -d $DEV_A && ibv_devinfo -d $DEV_A | grep -q PORT_ACTIVE"
check link "rdma link show $DEV_A/1 | grep -q ACTIVE"
check resource "rdma resource show $DEV_A && rdma resource show qp | grep -q $DEV_A"
check statistic "rdma statistic show link $DEV_A/1 | grep -q $DEV_A"
case "$WEFT_DEVICE" in weft) kinds="v2 v1" ;; *) kinds=v2 ;; esac

# pingpong NAME PROGRAM [OPTIONS]
pingpong() {
	name=$kind.$1 program=$2
	shift 2
	pair "$name" 18515 "$program -d $DEV_B -g $gb $*" "$program -d $DEV_A -g $ga $* $IP_B"
}
for kind in $kinds; do
	ga=$(gid "$DEV_A" "$IP_A" "$kind") && gb=$(on b gid "$DEV_B" "$IP_B" "$kind") || exit 1
	pingpong rc ibv_rc_pingpong -n 500
	pingpong rc_events ibv_rc_pingpong -n 200 -e
	pingpong rc_odd_size ibv_rc_pingpong -n 200 -s 10007
	pingpong rc_big ibv_rc_pingpong -n 10 -s 1048576 -r 4
	pingpong rc_checked ibv_rc_pingpong -n 200 -c
	pingpong ud ibv_ud_pingpong -n 500 -s 1024
	pingpong ud_events ibv_ud_pingpong -n 200 -s 1024 -e
	pingpong srq ibv_srq_pingpong -n 300 -q 4
	pingpong srq_events ibv_srq_pingpong -n 100 -q 4 -e
	# The GID is of an IPv6 address, the exchange of numbers over IPv4.
	ga=$(gid "$DEV_A" "$IP6_A" "$kind") && gb=$(on b gid "$DEV_B" "$IP6_B" "$kind") || exit 1
	pingpong rc_v6 ibv_rc_pingpong -n 200
	pingpong ud_v6 ibv_ud_pingpong -n 200 -s 1024
	pingpong srq_v6 ibv_srq_pingpong -n 100 -q 4
	cm_gids "$kind" || fail "$kind".cm_gids "rdma_cm does not take the type"
	pair "$kind".rping cm:7174 "rping -s -a $IP_B -p 7174 -C 50 -S 1024" \
		"rping -c -a $IP_B -p 7174 -C 50 -S 1024 -V"
	pair "$kind".rping_v6 cm:7175 "rping -s -a $IP6_B -p 7175 -C 20" \
		"rping -c -a $IP6_B -p 7175 -C 20 -V"
done
finish
