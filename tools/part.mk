# SPDX-License-Identifier: BSD-2-Clause
# The command line and the reference chip that it starts.

include userspace/chip/chip.mk
