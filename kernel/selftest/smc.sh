# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self,pair timeout=300
#
# SMC-R: the kernel carries the streams of TCP applications over the device. A connection must
# really use queue pairs: a fall-back to TCP is a failure.
need python3 rdma

smc="python3 $WEFT_TOP/kernel/selftest/lib/smc.py"
# A connection to oneself goes through lo, whose prefixes both ends compare.
if [ "$WEFT_TOPOLOGY" = self ]; then
	ip addr add "$IP_A/24" dev lo noprefixroute
	ip addr add "$IP6_A/64" dev lo noprefixroute nodad
fi
check network_a "modprobe -a smc smc_diag && $smc pnetid NET1 $NETDEV_A lo $DEV_A"
if [ "$WEFT_TOPOLOGY" = pair ]; then
	check network_b "on b 'modprobe -a smc smc_diag && $smc pnetid NET1 $NETDEV_B lo $DEV_B'"
fi
pair stream 9001 "$smc server $IP_B 9001" "$smc client $IP_B 9001 1048576"
pair stream_v6 9002 "$smc server $IP6_B 9002" "$smc client $IP6_B 9002 65536"
pair long_stream 9003 "$smc server $IP_B 9003" "$smc client $IP_B 9003 8388608"
ip addr del "$IP_A/24" dev lo 2>/dev/null
ip addr del "$IP6_A/64" dev lo 2>/dev/null
modprobe -r smc_diag smc 2>/dev/null
[ "$WEFT_TOPOLOGY" != pair ] || on b "modprobe -r smc_diag smc"
finish
