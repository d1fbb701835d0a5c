# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=3000 only=weft programs=postpoll
#
# What posting and polling cost a process through Weft's own provider and through the stock one,
# over the same module, by turns (postpoll.c). Run it with tools/vm/run --count: the guest's clock
# counts instructions then, and leaps while the guest waits for a file: limits are wide.
need rdma
built=$WEFT_PROGRAMS/../provider
[ -e "$built/libweft-rdmav34.so" ] || { echo "the provider is not built: make provider"; exit 77; }
. "$WEFT_TOP/tools/vm/guest/device.sh"
cp "$built/libweft-rdmav34.so" "$(dirname "$(ls /usr/lib/*/libibverbs/librxe-rdmav34.so)")"
cp "$built/weft.driver" /etc/libibverbs.d/

for round in $(seq "${ROUNDS:-3}"); do
	for abi in rxe weft; do
		echo $abi >/sys/module/weft/parameters/user_abi
		rdma link del "$DEV_A"
		device_up "$DEV_A" "$NETDEV_A" || exit 1
		line=$(timeout 2000 "$WEFT_PROGRAMS/postpoll" "$DEV_A" "$(gid "$DEV_A" "$IP_A")" \
			"${MESSAGES:-1500}") || { fail "$abi$round" "$line"; finish; }
		echo "$abi $line" | tee -a "$LOG/cost.txt"
	done
done
echo rxe >/sys/module/weft/parameters/user_abi

# The median of a number, and how it compares: no worse is what must hold.
for what in recv poll send doorbells; do
	for abi in rxe weft; do
		grep "^$abi " "$LOG/cost.txt" | grep -o "$what [0-9]*" | cut -d' ' -f2 | sort -n |
			awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
	done | tr '\n' ' ' >"$LOG/$what.txt"
	read -r stock ours <"$LOG/$what.txt"
	if [ "$ours" -le "$stock" ]; then
		ok "$what"
	else
		fail "$what" "$ours, stock $stock"
	fi
done
finish
