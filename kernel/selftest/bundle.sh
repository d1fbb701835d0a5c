# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=pair timeout=200 only=weft programs=bundle
#
# Packets that leave as one bundle though their bytes lie differently (bundle.c), over a card that
# has its bundles taken apart by the kernel.
ga=$(gid "$DEV_A" "$IP_A") && gb=$(on b gid "$DEV_B" "$IP_B") || exit 1
pair mixed 18650 "$WEFT_PROGRAMS/bundle $DEV_B $gb 18650" \
	"$WEFT_PROGRAMS/bundle $DEV_A $ga 18650 $IP_B"
finish
