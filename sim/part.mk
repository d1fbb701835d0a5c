# SPDX-License-Identifier: BSD-2-Clause
# The packet-level simulator: a fabric that knows no protocol, and chips on it that run the engine.

sim-fabric := $(addprefix sim/,util.c event.c timer.c packet.c stats.c topology.c graph.c link.c \
		switch.c run.c)
sim-engine := $(addprefix sim/,scenario.c scenario_keys.c host.c host_table.c host_act.c \
		closed.c graph_shapes.c graph_file.c graph_hpcc.c collective.c flow_list.c \
		flow_file.c flow_foreign.c sizes.c flows.c flow_sum.c bare.c fluid.c fault.c \
		pcap.c experiment.c report.c page.c plots.c plots_flows.c svg.c bench.c \
		validate.c sweep.c compare.c)
sim-ldlibs := -lcyaml -ljansson -lm

$(call weft_lib,sim_fabric,$(sim-fabric))
$(call weft_lib,sim,$(sim-engine))
$(call weft_prog,weft-sim,sim/main.c,sim sim_fabric weft_core,,$(sim-ldlibs))

sim-test = $(call weft_test,sim_$(1),sim/test/$(1).c $(2),$(3) cunit_main,,-lcunit $(sim-ldlibs))

$(call sim-test,t_event,,sim_fabric)
$(call sim-test,t_fabric,sim/test/window_host.c,sim_fabric)
$(call sim-test,t_closed,sim/test/window_host.c,sim sim_fabric weft_core)
$(call sim-test,t_scenario,,sim sim_fabric weft_core)
$(call sim-test,t_ring,,sim sim_fabric weft_core)
$(call sim-test,t_cc,,sim sim_fabric weft_core)
$(call sim-test,t_flows,,sim sim_fabric weft_core)
$(call sim-test,t_flow_file,,sim sim_fabric weft_core)
$(call sim-test,t_graph,,sim sim_fabric weft_core)
$(call sim-test,t_route,,sim sim_fabric weft_core)
$(call sim-test,t_bare,,sim sim_fabric weft_core)
TEST_SCRIPTS += sim/test/cli.sh
TEST_SCRIPTS += sim/test/validation.sh
