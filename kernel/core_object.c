/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The module around the engine, so that the kernel's own build, flags and symbol check see it.
 *
 * Decides nothing: every line of the protocol is in core/, unchanged.  The module is built, and
 * its undefined symbols resolved; it registers no device.  Attaching the engine to a network
 * device and to verbs, and loading it, belong to the kernel host that comes later.
 */
#include <linux/module.h>

#include "core/weft.h"

static int __init weft_core_init(void)
{
	return 0;
}

static void __exit weft_core_exit(void)
{
}

module_init(weft_core_init);
module_exit(weft_core_exit);

MODULE_DESCRIPTION("Weft protocol engine");
MODULE_LICENSE("Dual BSD/GPL");
