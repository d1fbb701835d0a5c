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
finish
