# SPDX-License-Identifier: BSD-2-Clause
# Weft. `make help` lists what a user calls; each part says what it builds in its own part.mk.

include config.mk

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

PROGS		:=
LIBS		:=
TESTS		:=
TEST_SCRIPTS	:=
DEPFILES	:=

# $(call objs,SRCS): object names below $(B)/obj
objs = $(patsubst %.c,$(B)/obj/%.o,$(1))

# $(call weft_lib,NAME,SRCS[,CFLAGS]) -> $(B)/lib/NAME.a
define weft_lib
$(eval LIBS += $(B)/lib/$(1).a)
$(eval DEPFILES += $(patsubst %.o,%.d,$(call objs,$(2))))
$(eval $(call objs,$(2)): PART_CFLAGS = $(if $(filter-out undefined,$(origin 3)),$(3)))
$(eval $(B)/lib/$(1).a: $(call objs,$(2)))
endef

# $(call weft_prog,NAME,SRCS,LIBS[,CFLAGS[,LDLIBS]]) -> $(B)/bin/NAME
define weft_prog
$(eval PROGS += $(B)/bin/$(1))
$(eval $(call weft_link,$(B)/bin/$(1),$(2),$(3),$(4),$(5)))
endef

# $(call weft_test,NAME,SRCS,LIBS[,CFLAGS[,LDLIBS]]) -> $(B)/test/NAME
define weft_test
$(eval TESTS += $(B)/test/$(1))
$(eval $(call weft_link,$(B)/test/$(1),$(2),$(3) cunit_main,$(4),$(5) -lcunit))
endef

define weft_link
DEPFILES += $(patsubst %.o,%.d,$(call objs,$(2)))
$(call objs,$(2)): PART_CFLAGS = $(4)
$(1): PART_LDLIBS = $(5)
$(1): $(call objs,$(2)) $(patsubst %,$(B)/lib/%.a,$(3))
endef

PARTS := $(wildcard core/part.mk userspace/io/part.mk userspace/part.mk sim/part.mk \
	   conformance/part.mk tools/part.mk kernel/part.mk bench/part.mk tools/test/part.mk)
include $(PARTS)

# The engine itself, not its tests and fuzzers.
freestanding = $(filter-out core/test/% core/fuzz/%,$(filter core/%,$(1)))

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CPPFLAGS) $(if $(call freestanding,$<),,$(HOSTED)) $(CFLAGS) $(PART_CFLAGS) \
		-MMD -MP -c -o $@ $<

$(B)/lib/%.a:
	@mkdir -p $(@D)
	@echo "  AR      $@"
	@rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(B)/bin/% $(B)/test/%:
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PART_LDLIBS) $(LDLIBS)

-include tools/specgen.mk
-include tools/proof.mk
-include tools/infra.mk

.PHONY: all progs tests clean
all: progs
progs: $(LIBS) $(PROGS)
tests: $(TESTS)

clean:
	rm -rf build out

-include $(DEPFILES)
