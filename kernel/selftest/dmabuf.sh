# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=120 only=weft
#
# A memory region made of another driver's memory (vgem's dma-buf).
. "$WEFT_TOP/kernel/selftest/lib/moves.sh"
modprobe vgem || exit 1
python3 "$WEFT_TOP/kernel/selftest/lib/dmabuf.py" "$DEV_A" "$ga"
