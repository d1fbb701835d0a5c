# SPDX-License-Identifier: BSD-2-Clause
# The packet-level simulator.

sim-fabric := $(addprefix sim/,util.c event.c timer.c packet.c stats.c topology.c link.c switch.c \
		run.c)

$(call weft_lib,sim,$(sim-fabric))

sim-test = $(call weft_test,sim_$(1),sim/test/$(1).c $(2),$(3) cunit_main,,-lcunit -lm)

$(call sim-test,t_event,,sim)
$(call sim-test,t_fabric,sim/test/window_host.c,sim)
