# SPDX-License-Identifier: BSD-2-Clause
# make bench: libweft beside plain sockets, and the engine alone; one run, ratios, results kept.

$(call weft_prog,weft_bench,$(addprefix bench/,main.c util.c sock.c weft.c engine.c),\
	weft_user weft_core weft_io,,-pthread -ldl)

.PHONY: bench
bench: $(B)/bin/weft_bench
	@B=$(B) bench/run.sh $(BENCH_ARGS)

# Very many contexts open, few active; loss against go-back-N; instructions a packet.
$(call weft_prog,weft_many,$(addprefix bench/,many.c util.c),weft_core,,-pthread)
$(call weft_prog,weft_loss,bench/loss.c,sim sim_fabric weft_core,,-lm)

.PHONY: bench-insns bench-many bench-loss
bench-insns: $(B)/bin/weft_bench
	@B=$(B) bench/insns.sh
bench-many: $(B)/bin/weft_many
	$(B)/bin/weft_many 1000000 10000 bench/results/many.json
bench-loss: $(B)/bin/weft_loss
	$(B)/bin/weft_loss bench/results/loss

# One large run by several processes beside the same by one.
.PHONY: bench-sim-mpi
bench-sim-mpi: $(B)/bin/weft-sim $(B)/bin/weft-sim-mpi
	@B=$(B) bench/sim_mpi.py $(BENCH_ARGS)
