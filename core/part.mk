# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include core/files.mk
$(call weft_lib,weft_core,$(addprefix core/,$(core-files)),-ffreestanding -fno-stack-protector -fPIC)
