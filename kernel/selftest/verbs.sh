# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=400
#
# What chapter 47 says, asked of the device by verbs_api.py through Python's verbs: each line of it
# is one check here.
need /usr/bin/python3
/usr/bin/python3 -c 'import pyverbs' 2>/dev/null || exit 77	# python3-pyverbs
api=$WEFT_TOP/kernel/selftest/verbs_api.py
for name in $(/usr/bin/python3 "$api" --list); do
	check "$name" "/usr/bin/python3 $api $DEV_A $IP_A $name"
done

# WEFT-VRB-035: two members of a group get what a third program sends, each as often as it was sent.
need mckey
mckey="timeout 60 mckey -m 224.1.2.3 -b $IP_A -C 10"
check group "$mckey >$LOG/member.1.txt 2>&1 & one=\$!; $mckey >$LOG/member.2.txt 2>&1 & two=\$!
	sleep 4; $mckey -s && wait \$one && wait \$two"
finish
