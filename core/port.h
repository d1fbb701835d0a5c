/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the engine asks of the world it is compiled in: integer types, bool,
 * memcpy/memset/memcmp, and an assertion for faults of our own.
 */
#ifndef WEFT_PORT_H
#define WEFT_PORT_H

#ifdef __KERNEL__
#include <linux/bug.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#define weft_assert(x) WARN_ON_ONCE(!(x))
#ifndef UINT32_MAX
#define UINT32_MAX U32_MAX
#endif
#ifndef UINT64_MAX
#define UINT64_MAX U64_MAX
#endif
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* A fault of our own.  Traps, and so needs nothing from a C library. */
#define weft_assert(x) ((x) ? (void)0 : __builtin_trap())
#endif

/* On the way of every packet, and called from few places. */
#define weft_hot inline __attribute__((__always_inline__))
/* Called seldom enough to stay out of its one caller, which then has less to save. */
#define weft_apart __attribute__((__noinline__))
/* Off the way: kept apart, and what leads to it is taken for unlikely. */
#define weft_cold __attribute__((__cold__, __noinline__))

#define WEFT_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
