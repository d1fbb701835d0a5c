# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=pair timeout=200
#
# What a newcomer should see: two hosts, a device on each, a transfer, the counters. Run by
# `make kernel-demo`, which shows what it prints.
show() {
	echo
	echo "\$ $*"
	sh -c "$*"
}
echo "Two guests, $(uname -r) and $(on b uname -r), joined by a virtual wire."
show modinfo -F description "$WEFT_KO"
show "rdma link show $DEV_A/1"
show "ibv_devinfo -d $DEV_A | grep -E 'hca_id|fw_ver|state|active_mtu|link_layer'"
ga=$(gid "$DEV_A" "$IP_A") && gb=$(on b gid "$DEV_B" "$IP_B") || exit 1
serve demo 18515 "ib_write_bw -d $DEV_B -x $gb -F -s 65536 -n 200" || exit 1
show "ib_write_bw -d $DEV_A -x $ga -F -s 65536 -n 200 $IP_B |
	grep -A 1 -E '#bytes|Link type|GID index'" || exit 1
reap demo || exit 1
show "rdma statistic show link $DEV_A/1 | tr ' ' '\n' | paste - - | grep -vw 0 | tail -n +3"
finish
