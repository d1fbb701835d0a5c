# SPDX-License-Identifier: BSD-2-Clause
# Proofs beside the tests: the engine on other machines (big-endian, run by qemu; 32 bits wide,
# compiled), and the models of spec/models.

BE_CC		?= s390x-linux-gnu-gcc
BE_AR		?= s390x-linux-gnu-ar
BE_RUN		?= qemu-s390x-static
B_BE		:= $(B)/be
be-cunit	:= $(B_BE)/cunit/libcunit.a
# Every test of the engine but those of other programs' parts; of the library those of words and
# numbers in memory.
be-tests	:= $(core-tests) $(core-vector-tests) t_half t_offers

TEST_SCRIPTS += tools/test/portable/big_endian.sh tools/test/portable/bits32.sh \
	tools/models/models.py

.PHONY: be-build test-be test-32 check-models
check-models:
	@$(PYTHON) tools/models/models.py

be-build:
	@mkdir -p $(dir $(be-cunit))
	@$(BE_CC) -std=c11 -O2 -Wall -Wextra -Itools/test/cunit -c -o $(B_BE)/cunit/cunit.o \
		tools/test/cunit/cunit.c
	@rm -f $(be-cunit) && $(BE_AR) rcs $(be-cunit) $(B_BE)/cunit/cunit.o
	@$(MAKE) --no-print-directory B=$(B_BE) CC='$(BE_CC)' AR='$(BE_AR)' \
		CPPFLAGS='$(CPPFLAGS) -isystem tools/test/cunit' \
		LDFLAGS='-static -L$(dir $(be-cunit))' $(be-tests:%=$(B_BE)/test/%)

test-be:
	@B=$(B) tools/test/portable/big_endian.sh

test-32:
	@B=$(B) tools/test/portable/bits32.sh tools/models/models.py
