#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the simulator is validated against: closed forms, and results of a peer.
B=${B:-build}
exec "$B/bin/weft-sim" validate sim/validation
