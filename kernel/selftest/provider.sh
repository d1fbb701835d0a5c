# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=900 only=weft programs=fuzz_user
#
# The device driven by its own provider (user_abi=weft; `make provider` first): what the stock one
# is tested with, and what only this one can (provider_api.py).
need ibv_devinfo ibv_rc_pingpong rdma
built=$WEFT_PROGRAMS/../provider
[ -e "$built/libweft-rdmav34.so" ] || { echo "the provider is not built: make provider"; exit 77; }
. "$WEFT_TOP/tools/vm/guest/device.sh"
abi=/sys/module/weft/parameters/user_abi

check default "ibv_devinfo -d $DEV_A && grep -qx rxe $abi"
refuse unknown_abi "echo other >$abi"
echo weft >$abi
rdma link del "$DEV_A"
device_up "$DEV_A" "$NETDEV_A" || exit 1
refuse stock_library "ibv_devinfo -d $DEV_A"
folder=$(dirname "$(ls /usr/lib/*/libibverbs/librxe-rdmav34.so)")
cp "$built/libweft-rdmav34.so" "$folder"
cp "$built/weft.driver" /etc/libibverbs.d/
check devinfo "ibv_devinfo -v -d $DEV_A && ibv_devinfo -d $DEV_A | grep -q PORT_ACTIVE"
check renamed "rdma dev set $DEV_A name other0 && ibv_devinfo -d other0 &&
	rdma dev set other0 name $DEV_A"
ga=$(gid "$DEV_A" "$IP_A")
for kind in "rc -n 300" "rc -n 200 -e" "rc -n 10 -s 1048576 -r 4" "ud -n 300 -s 1024" \
	"ud -n 100 -s 1024 -e" "srq -n 200 -q 4" "srq -n 100 -q 4 -e"; do
	name=$(echo "pingpong_$kind" | tr -d ' -')
	program="ibv_${kind%% *}_pingpong -d $DEV_A -g $ga ${kind#* }"
	pair "$name" 18515 "$program" "$program $IP_B"
done
pair rping cm:7174 "rping -s -a $IP_B -p 7174 -C 50 -S 1024" \
	"rping -c -a $IP_B -p 7174 -C 50 -S 1024 -V"
. "$WEFT_TOP/kernel/selftest/lib/moves.sh"
verified clean 18700 write read send add
for api in verbs_api provider_api; do
	tool="python3 $WEFT_TOP/kernel/selftest/$api.py"
	for name in $($tool --list); do
		check "$name" "$tool $DEV_A $IP_A $name"
	done
done
LIMIT=300
check attackers "$WEFT_PROGRAMS/fuzz_user $DEV_A $ga ${ATTACKERS:-15} ${SEED:-7}"
modprobe vgem
python3 "$WEFT_TOP/kernel/selftest/lib/dmabuf.py" "$DEV_A" "$ga" library ||
	fail dmabuf "see its cases"
echo rxe >$abi
finish
