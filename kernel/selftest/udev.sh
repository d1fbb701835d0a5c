# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=120 only=weft
#
# With udev and rdma-core's rules at work, a device called weft... keeps its name; our rule is what
# does that.
udevd=/usr/lib/systemd/systemd-udevd
[ -x $udevd ] || udevd=/lib/systemd/systemd-udevd
[ -x $udevd ] && [ -e /usr/lib/udev/rules.d/60-rdma-persistent-naming.rules ] || {
	echo "no udev, or none of rdma-core's rules"
	exit 77
}
mkdir -p /etc/udev/rules.d
# Only the rules in question: the others start services.
mkdir /tmp/rules
cp /usr/lib/udev/rules.d/60-rdma-persistent-naming.rules /tmp/rules
mount --bind /tmp/rules /usr/lib/udev/rules.d
[ ! -d /lib/udev/rules.d ] || mount --bind /tmp/rules /lib/udev/rules.d
rdma link del "$DEV_A"

# name_after RULES: what becomes of a device called weft7
name_after() {
	$udevd --daemon
	rdma link add weft7 type weft netdev v0
	udevadm settle -t 20
	sleep 1
	rdma link show | sed -n 's,^link \([^/]*\)/.*,\1,p'
	rdma link del "$(rdma link show | sed -n 's,^link \([^/]*\)/.*,\1,p')" 2>/dev/null
	udevadm control --exit
	sleep 1
}
before=$(name_after)
case "$before" in
roce*) ok without_our_rule_it_is_renamed ;;
*) fail without_our_rule_it_is_renamed "it is called $before" ;;
esac
cp "$WEFT_TOP/kernel/dkms/61-weft.rules" /tmp/rules
after=$(name_after)
[ "$after" = weft7 ] && ok it_keeps_its_name || fail it_keeps_its_name "it is called $after"
finish
