# SPDX-License-Identifier: BSD-2-Clause
# What every test program shares. main() comes from an archive: a test with its own main() keeps it.

$(call weft_lib,cunit_main,tools/test/cunit_main.c)
