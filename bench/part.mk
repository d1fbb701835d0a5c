# SPDX-License-Identifier: BSD-2-Clause
# make bench: libweft beside plain sockets, and the engine alone; one run, ratios, results kept.

$(call weft_prog,weft_bench,$(addprefix bench/,main.c util.c sock.c weft.c engine.c),\
	weft_user weft_core weft_io,,-pthread -ldl)

.PHONY: bench
bench: $(B)/bin/weft_bench
	@B=$(B) bench/run.sh $(BENCH_ARGS)
