# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=600 programs=fuzz_user
#
# A hostile user: garbage in the shared queues, doorbells, malformed commands (fuzz_user.c).
g=$(gid "$DEV_A" "$IP_A") || exit 1
LIMIT=500
check attackers "$WEFT_PROGRAMS/fuzz_user $DEV_A $g ${ATTACKERS:-40} ${SEED:-1}"
finish
