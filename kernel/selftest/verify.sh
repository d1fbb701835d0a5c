# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self,netns,pair timeout=300
#
# Every byte and every atomic is compared (verify.py), on a wire that does nothing to them.
need python3
. "$WEFT_TOP/kernel/selftest/lib/moves.sh"
verified clean 18700 write read send add
finish
