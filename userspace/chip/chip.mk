# SPDX-License-Identifier: BSD-2-Clause
# The reference chip: pools, regions, engines and queues. It is started by `weft chip`.

chip-files := pool.c region.c half.c reduce.c engine.c queue.c queue_step.c

$(call weft_lib,weft_chip,$(addprefix userspace/chip/,$(chip-files)))

chip-test-libs := weft_chip weft_core
$(foreach t,t_pool t_half t_engine t_queue,\
	$(call weft_test,$(t),userspace/chip/test/$(t).c,$(chip-test-libs),,-lcrypto -lm))
