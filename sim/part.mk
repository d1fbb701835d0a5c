# SPDX-License-Identifier: BSD-2-Clause
# The packet-level simulator: a fabric that knows no protocol, and chips on it that run the engine.

sim-fabric := $(addprefix sim/,util.c event.c timer.c packet.c stats.c topology.c graph.c link.c \
		switch.c route_file.c lanes.c buffer.c deadlock.c run.c audit.c team.c)
sim-engine := $(addprefix sim/,scenario.c scenario_keys.c scenario_lanes.c host.c host_table.c \
		host_act.c nic.c closed.c graph_shapes.c graph_file.c graph_hpcc.c graph_topo.c \
		collective.c flow_list.c flow_file.c flow_foreign.c flow_matrix.c tasks.c \
		tasks_run.c tasks_make.c requests.c \
		goal.c chakra.c chakra_pb.c chakra_json.c sizes.c \
		flows.c flow_sum.c bare.c fluid.c fault.c pcap.c experiment.c report.c page.c \
		plots.c plots_flows.c plots_links.c plots_paths.c watch.c codec.c snapshot.c \
		progress.c show.c svg.c bench.c \
		tables.c describe.c validate.c sweep.c sweep_page.c compare.c team_sum.c cli.c)
sim-ldlibs := -lcyaml -ljansson -lm

$(call weft_lib,sim_fabric,$(sim-fabric))
$(call weft_lib,sim,$(sim-engine))

# $(call sim-prog,NAME,MAIN[,CFLAGS[,LDLIBS]]): by gcc as it is set up here the engine, the fabric
# and the chips are compiled as a whole, which takes a tenth off the instructions and changes no
# result (README, "Cost"); by others, with other options, under sanitizers they are the libraries'.
ifeq ($(strip $(CC) $(OPT) $(SAN)),gcc -O2)
sim-whole := $(patsubst %.c,$(B)/whole/%.o,$(addprefix core/,$(core-files)) $(sim-fabric) \
		$(addprefix sim/,host.c host_table.c host_act.c nic.c flows.c collective.c))
DEPFILES += $(sim-whole:.o=.d)
$(B)/whole/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $< (whole)"
	@$(CC) $(CPPFLAGS) $(if $(call freestanding,$<),$(core-cflags),$(HOSTED)) $(CFLAGS) \
		$(PART_CFLAGS) -O3 -flto -frandom-seed=$< -MMD -MP -c -o $@ $<
define sim-prog
$(eval PROGS += $(B)/bin/$(1))
$(eval DEPFILES += $(B)/whole/$(2:.c=.d))
$(eval $(B)/whole/$(2:.c=.o): PART_CFLAGS = $(3))
$(eval $(B)/bin/$(1): PART_LDLIBS = -O3 -flto=auto $(sim-ldlibs) $(4))
$(eval $(B)/bin/$(1): $(B)/whole/$(2:.c=.o) $(sim-whole) $(B)/lib/sim.a)
endef
else
sim-prog = $(call weft_prog,$(1),$(2),sim sim_fabric weft_core,$(3),$(sim-ldlibs) $(4))
endif

$(call sim-prog,weft-sim,sim/main.c)

# The same for several processes, where an MPI and its headers are installed; weft-sim needs none.
sim-mpi := $(shell command -v mpicc >/dev/null 2>&1 && mpicc -show)
sim-mpi-dirs := $(patsubst -I%,%,$(filter -I%,$(sim-mpi)))
ifneq ($(wildcard $(addsuffix /mpi.h,/usr/include $(sim-mpi-dirs))),)
ifneq ($(sim-mpi),)
$(call sim-prog,weft-sim-mpi,sim/mpi.c,$(addprefix -isystem ,$(sim-mpi-dirs)),\
	$(filter -L% -l%,$(sim-mpi)))
endif
endif

sim-test = $(call weft_test,sim_$(1),sim/test/$(1).c $(2),$(3) cunit_main,,-lcunit $(sim-ldlibs))

$(call sim-test,t_event,,sim_fabric)
$(call sim-test,t_fabric,sim/test/window_host.c,sim_fabric)
$(call sim-test,t_lanes,sim/test/window_host.c,sim sim_fabric weft_core)
$(call sim-test,t_planes,,sim sim_fabric weft_core)
$(call sim-test,t_closed,sim/test/window_host.c,sim sim_fabric weft_core)
$(call sim-test,t_scenario,,sim sim_fabric weft_core)
$(call sim-test,t_ring,,sim sim_fabric weft_core)
$(call sim-test,t_cc,,sim sim_fabric weft_core)
$(call sim-test,t_flows,,sim sim_fabric weft_core)
$(call sim-test,t_flow_file,,sim sim_fabric weft_core)
$(call sim-test,t_tasks,,sim sim_fabric weft_core)
$(call sim-test,t_trace,,sim sim_fabric weft_core)
$(call sim-test,t_graph,,sim sim_fabric weft_core)
$(call sim-test,t_route,,sim sim_fabric weft_core)
$(call sim-test,t_source,,sim sim_fabric weft_core)
$(call sim-test,t_nic,,sim sim_fabric weft_core)
$(call sim-test,t_watch,,sim sim_fabric weft_core)
$(call sim-test,t_codec,,sim sim_fabric weft_core)
$(call sim-test,t_packet,,sim sim_fabric weft_core)
$(call sim-test,t_requests,,sim sim_fabric weft_core)
$(call sim-test,t_look,,sim sim_fabric weft_core)
$(call sim-test,t_bare,,sim sim_fabric weft_core)
$(call sim-test,t_team,,sim sim_fabric weft_core)
TEST_SCRIPTS += sim/test/cli.sh
TEST_SCRIPTS += sim/test/compilers.sh
TEST_SCRIPTS += sim/test/mpi.sh
TEST_SCRIPTS += sim/test/page.py
TEST_SCRIPTS += sim/test/python.py
TEST_SCRIPTS += sim/test/tutorial.sh
TEST_SCRIPTS += sim/test/validation.sh

FUZZERS += sim/fuzz/fuzz_goal.c sim/fuzz/fuzz_chakra.c sim/fuzz/fuzz_files.c
FUZZ_LIBS_fuzz_goal = sim sim_fabric weft_core
FUZZ_LIBS_fuzz_chakra = sim sim_fabric weft_core
FUZZ_LIBS_fuzz_files = sim sim_fabric weft_core
$(B)/target/fuzz_goal $(B)/target/fuzz_chakra $(B)/target/fuzz_files: PART_LDLIBS = $(sim-ldlibs)
