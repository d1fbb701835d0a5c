# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self,netns,pair timeout=800
#
# The programs of librdmacm: connections by address, over IPv4 and IPv6, reliable and datagram,
# and the stream sockets that it makes of them.  Over UDP, and over the EtherType, whose GIDs are
# of type RoCE v1; rxe has only the former.
need rping ucmatose udaddy rdma_server rdma_client rdma_xserver rdma_xclient cmtime riostream \
	rstream mckey

# cm NAME SERVER CLIENT: both sides of a program, on a port of its own
port=7300
cm() {
	port=$((port + 1))
	pair "$kind.$1" "cm:$port" "$2 -p $port" "$3 -p $port"
}
# cmtime's server serves for ever, over any device: it is stopped when its client has ended.
cmtime_pair() {
	wanted "$1" || return 0
	port=$((port + 1))
	serve "$1" cm:$port "cmtime -b $2 -p $port -c 30 & echo \$! >/run/$1.pid; wait" \
		>"$LOG/$1.start.txt" 2>&1
	timeout -k 5 60 cmtime -s "$2" -p $port -c 30 >"$LOG/$1.txt" 2>&1
	status=$?
	on b "kill \$(cat /run/$1.pid)"
	reap "$1"
	if [ $status -eq 0 ]; then
		ok "$1"
	else
		fail "$1" "client $status: $(last_line "$LOG/$1.txt"); $(
			last_line "$LOG/$1.start.txt")"
	fi
}
# What is sent to a group comes to its member on the other host, which is waited for.
group() {
	wanted "$1" || return 0
	on a "ip route replace 224.0.0.0/4 dev $NETDEV_A"
	on b "ip route replace 224.0.0.0/4 dev $NETDEV_B"
	serve "$1" - "mckey -m $2 -b $IP_B -c 3" >"$LOG/$1.start.txt" 2>&1
	tries=0
	until on b "ip maddr show dev $NETDEV_B | grep -q $2" || [ $tries -ge $((15 * slow)) ]; do
		tries=$((tries + 1))
		sleep 1
	done
	timeout $((60 * slow)) mckey -m "$2" -b "$IP_A" -s -c 3 >"$LOG/$1.txt" 2>&1
	status=$?
	[ $status -eq 0 ] || on b "end_here $1"
	if reap "$1" && [ $status -eq 0 ]; then
		ok "$1"
	else
		fail "$1" "client $status: $(last_line "$LOG/$1.txt"); $(
			last_line "$LOG/$1.server.txt")"
	fi
}
case "$WEFT_DEVICE" in weft) kinds="v2 v1" ;; *) kinds=v2 ;; esac
for kind in $kinds; do
	cm_gids "$kind" || fail "$kind".cm_gids "rdma_cm does not take the type"
	for v in 4 6; do
		case $v in 4) ip=$IP_B ;; 6) ip=$IP6_B ;; esac
		cm rping_v$v "rping -s -a $ip -C 30 -S 4096" "rping -c -a $ip -C 30 -S 4096 -V"
		cm ucmatose_v$v "ucmatose -b $ip -c 4 -C 20 -S 2000" \
			"ucmatose -s $ip -c 4 -C 20 -S 2000"
		pair "$kind".udaddy_v$v cm:7174 "udaddy -b $ip -c 2 -C 20" \
			"udaddy -s $ip -c 2 -C 20"
		cm server_v$v "rdma_server -s $ip" "rdma_client -s $ip"
		cmtime_pair "$kind".cmtime_v$v "$ip"
		cm rstream_v$v "rstream -b $ip -S 4096 -C 20 -T v" \
			"rstream -s $ip -S 4096 -C 20 -T v"
		cm riostream_v$v "riostream -b $ip -S 4096 -C 20 -T v" \
			"riostream -s $ip -S 4096 -C 20 -T v"
	done
	cm xserver "rdma_xserver" "rdma_xclient -s $IP_B"
done
cm_gids v2
[ "$WEFT_TOPOLOGY" != pair ] || group mckey 239.7.8.9
refuse nobody_listens "rping -c -a $IP_B -p 7399 -C 1"
finish
