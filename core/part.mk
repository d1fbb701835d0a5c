# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include core/files.mk
core-cflags := -ffreestanding -fno-stack-protector -fPIC
$(call weft_lib,weft_core,$(addprefix core/,$(core-files)),$(core-cflags))
$(call weft_lib,core_test,core/test/net.c)
$(call weft_test,t_torture,core/test/t_torture.c,core_test weft_core)
