# SPDX-License-Identifier: BSD-2-Clause
# The reference chip: pools, engines, queues, its service. It is started by `weft chip`.

chip-files := chip.c session.c fetch.c personality.c personality_parse.c box.c pool.c gemm.c \
	      engine.c queue.c queue_step.c

# -fPIC: weft-dut-chip.so, the chip in the process of weft-conform, is made of it.
$(call weft_lib,weft_chip,$(addprefix userspace/chip/,$(chip-files)),-fPIC)
$(call objs,$(addprefix userspace/chip/,$(chip-files))): userspace/chip/chip.mk

$(foreach t,t_pool t_engine t_gemm t_queue t_queue_end t_personality,\
	$(call weft_test,$(t),userspace/chip/test/$(t).c,weft_chip weft_user weft_core weft_io,,\
		-lcrypto -lm -pthread -ldl))
$(foreach t,t_service t_service_queue t_two_processes,\
	$(call weft_test,$(t),userspace/chip/test/$(t).c,weft_chip weft_user weft_io weft_core,,\
		-lcrypto -lm -ldl -pthread))

FUZZERS += userspace/chip/fuzz/fuzz_queue.c
FUZZ_LIBS_fuzz_queue = weft_chip weft_user weft_core
$(B)/target/fuzz_queue: PART_LDLIBS = -lcrypto -lm
