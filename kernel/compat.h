/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What differs between the kernels that weft.ko is built for (6.1, 6.12).  The only file that asks
 * for a version.
 */
#ifndef WEFT_KERNEL_COMPAT_H
#define WEFT_KERNEL_COMPAT_H

#include <linux/version.h>

#endif
