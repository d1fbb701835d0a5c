# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=pair,self timeout=500
#
# Things that happen under load: the link goes down and up, the MTU changes, programs are killed
# with work in flight, the device and the module are taken away. Nothing hangs, and what is started
# afterwards works.
need ib_write_bw ip
. "$WEFT_TOP/kernel/selftest/lib/moves.sh"

port=18900
# load: a stream of writes in the background; $load is its client
load() {
	port=$((port + 1))
	LIMIT=200 serve "load$port" $port \
		"ib_write_bw -d $DEV_B -x $gb -F -s 65536 -D 60 -p $port" >/dev/null
	ib_write_bw -d "$DEV_A" -x "$ga" -F -s 65536 -D 60 -p $port "$IP_B" \
		>"$LOG/load$port.txt" 2>&1 &
	load=$!
	sleep 2
}
# Both ends of the load end within 20 seconds, whatever they say.
unload() {
	[ -z "$load" ] || kill $load 2>/dev/null
	on b "pkill -f 'ib_write_bw.* -p $port'" >/dev/null
	for _ in $(seq 200); do
		kill -0 $load 2>/dev/null || { wait $load; load=; return 0; }
		sleep 0.1
	done
	fail "$1_ends" "ib_write_bw does not end"
}

load
ip link set "$NETDEV_A" down
sleep 1
ip link set "$NETDEV_A" up
ip addr add "$IP6_A/64" dev "$NETDEV_A" nodad 2>/dev/null
sleep 2
check flap_alive "rdma link show $DEV_A/1 | grep -q ACTIVE"
unload flap
verified after_flap 18951 write read

load
ip link set "$NETDEV_A" mtu 1500
sleep 2
ip link set "$NETDEV_A" mtu "$WEFT_MTU"
unload mtu
verified after_mtu 18952 write add

load
kill -9 $load
unload killed
verified after_kill 18953 write send

load
on b "pkill -9 -f 'ib_write_bw.* -p $port'"
sleep 2
unload killed_server
verified after_killed_server 18954 write

load
check delete_under_load "timeout 20 rdma link del $DEV_A"
unload delete
[ "$WEFT_TOPOLOGY" != pair ] || on b "pkill -f ib_write_bw" >/dev/null
check add_again "rdma link add $DEV_A type $WEFT_DEVICE netdev $NETDEV_A"
gid "$DEV_A" "$IP_A" >/dev/null
verified after_delete 18955 write
finish
