# SPDX-License-Identifier: BSD-2-Clause
# libweft: the library in the tree (weft_user), and what is installed: libweft.so, libweft.a,
# weft.pc.

lib-files := port.c turn.c door.c context.c peer.c act.c remote.c combine.c half.c mem.c ep.c \
	     connect.c listen.c post.c completion.c event.c hello.c ask.c chip.c cmdq.c signal.c \
	     counters.c telemetry.c text.c crc.c table.c blocks.c service.c window.c remote_ls.c \
	     word.c dgram.c dgram_rd.c srq.c

# -fPIC: libweft.so is made of it.
$(call weft_lib,weft_user,$(addprefix userspace/lib/,$(lib-files)),-fPIC)

-include userspace/chip/chip.mk

WEFT_VERSION	:= 0.1.0
WEFT_SONAME	:= libweft.so.0
libweft-parts	:= $(patsubst %,$(B)/lib/%.a,weft_user weft_core weft_io)
# Every symbol found; sanitizers bring theirs only when a program is linked.
libweft-defs	= $(if $(SAN),,-Wl$(weft-comma)-z$(weft-comma)defs)
weft-comma	:= ,
libweft-map	:= userspace/lib/libweft.map
# The names in the version script, one a line.
libweft-names	= sed -n 's/^\t\(weft_[a-z0-9_]*\);$$/\1/p' $(libweft-map)

.PHONY: libweft install install-libweft
all: libweft
libweft: $(B)/lib/$(WEFT_SONAME) $(B)/lib/libweft.so $(B)/lib/libweft.a

$(B)/lib/$(WEFT_SONAME): $(libweft-parts) $(libweft-map)
	@echo "  LD      $@"
	@$(CC) $(LDFLAGS) -shared -o $@ -Wl,-soname,$(WEFT_SONAME) $(libweft-defs) \
		-Wl,--version-script=$(libweft-map) \
		-Wl,--whole-archive $(libweft-parts) -Wl,--no-whole-archive -pthread -ldl

$(B)/lib/libweft.so: $(B)/lib/$(WEFT_SONAME)
	@ln -sf $(WEFT_SONAME) $@

# One object that shows only the public names, so that nobody's own weft_crc32c() collides.
$(B)/lib/libweft.a: $(libweft-parts) $(libweft-map)
	@echo "  AR      $@"
	@rm -rf $@ $(@D)/libweft.tmp && mkdir -p $(@D)/libweft.tmp
	@ld -r -o $(@D)/libweft.tmp/libweft.o --whole-archive $(libweft-parts)
	@$(libweft-names) > $(@D)/libweft.tmp/names
	@objcopy --keep-global-symbols=$(@D)/libweft.tmp/names $(@D)/libweft.tmp/libweft.o
	@$(AR) rcs $@ $(@D)/libweft.tmp/libweft.o && rm -rf $(@D)/libweft.tmp

install: install-libweft
install-libweft: libweft
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/weft
	install -m 644 userspace/include/weft/*.h $(DESTDIR)$(PREFIX)/include/weft
	install -m 755 $(B)/lib/$(WEFT_SONAME) $(DESTDIR)$(PREFIX)/lib
	ln -sf $(WEFT_SONAME) $(DESTDIR)$(PREFIX)/lib/libweft.so
	install -m 644 $(B)/lib/libweft.a $(DESTDIR)$(PREFIX)/lib
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(WEFT_VERSION)|' userspace/weft.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/weft.pc

# ---- tests ---------------------------------------------------------------------------

$(call weft_lib,weft_world,userspace/test/world.c)
weft-user-libs	:= weft_world weft_user weft_core weft_io
$(foreach t,t_loadstore t_datagram t_shared t_offers t_data t_atomic t_ops t_half t_refuse \
	t_life t_wrong t_modes t_api t_table t_user_torture,\
	$(call weft_test,$(t),userspace/test/$(t).c,$(weft-user-libs),,-pthread -ldl))
$(call weft_test,t_client,userspace/test/t_client.c,weft_chip weft_user weft_core weft_io,,\
	-lcrypto -lm -pthread -ldl)
TEST_SCRIPTS += userspace/test/test_install.sh

$(foreach e,echo remote_memory,\
	$(call weft_prog,example_$(e),userspace/examples/$(e).c,weft_user weft_core weft_io,,\
	-pthread -ldl))

# ---- the provider for rdma-core --------------------------------------------------------

# The part that needs neither the library's inside nor a kernel; the rest is built by build.sh.
ifneq ($(wildcard /usr/include/infiniband/verbs.h),)
$(call weft_test,t_provider,$(addprefix userspace/provider/,test/t_provider.c wqe.c),,,-pthread)
endif

# Once rdma-core's tree is there, its objects can be made with all our warnings, by any compiler;
# commands and answers of that library end in arrays of no size that other fields follow.
provider-core := $(firstword $(wildcard $(addsuffix /provider/rdma-core/build/include,$(B) build)))
provider-core-objs := $(call objs,$(patsubst %,userspace/provider/%.c,\
	cq device post qp srq weftdv wr))
$(provider-core-objs): PART_CFLAGS = -std=gnu11 -isystem $(provider-core) -Wno-unused-parameter \
	-Wno-gnu-variable-sized-type-not-at-end

.PHONY: provider provider-deb
provider:
	@userspace/provider/build.sh $(B)/provider
provider-deb:
	@userspace/provider/build-deb $(B)
