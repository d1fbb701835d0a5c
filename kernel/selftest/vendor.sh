# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=netns timeout=200 only=weft programs=vendor,libweft_peer device=none
#
# Atomics beyond those of verbs, by the provider's own entries (vendor.c); with a peer that offers
# none of them too, which is libweft's.
need rdma ibv_devinfo
. "$WEFT_TOP/tools/vm/guest/device.sh"
modules_in || exit 1
abi=/sys/module/weft/parameters/user_abi
folder=$(dirname "$(ls /usr/lib/*/libibverbs/librxe-rdmav34.so)")
cp "$WEFT_PROGRAMS/../provider/libweft-rdmav34.so" "$folder"
cp "$WEFT_PROGRAMS/../provider/weft.driver" /etc/libibverbs.d/
ln -sf libibverbs/libweft-rdmav34.so "${folder%/*}/libweftdv.so.1"

# Driven by another's provider it is no device for this.
device_up "$DEV_A" "$NETDEV_A" || exit 1
ga=$(gid "$DEV_A" "$IP_A")
refuse not_supported "$WEFT_PROGRAMS/vendor $DEV_A $ga query"
check why_not "grep -q weftdv_is_supported $LOG/not_supported.txt"
rdma link del "$DEV_A"
echo weft >$abi
device_up "$DEV_A" "$NETDEV_A" || exit 1
ga=$(gid "$DEV_A" "$IP_A")
for name in $("$WEFT_PROGRAMS/vendor" --list); do
	check "$name" "$WEFT_PROGRAMS/vendor $DEV_A $ga $name"
done

# The other end is no verbs device; what it has at the end is what it offered to do.
ip netns exec b "$WEFT_PROGRAMS/libweft_peer" plain "$IP_B" 0x1234 >"$LOG/peer.out" 2>&1 &
tries=0
until grep -q '^qpn' "$LOG/peer.out" || [ $tries -ge 100 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
read -r _ qpn _ key _ addr <"$LOG/peer.out"
check plain_peer "$WEFT_PROGRAMS/vendor $DEV_A $ga peer $IP_B $qpn $key $addr"
wait $!
check plain_peer_has "grep -qx 'word 4711' $LOG/peer.out"
echo rxe >$abi
finish
