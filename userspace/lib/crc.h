/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to compute a CRC32C, for the test that compares them. */
#ifndef WEFT_USERSPACE_LIB_CRC_H
#define WEFT_USERSPACE_LIB_CRC_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t weftu_crc_fn(uint32_t crc, const void *data, size_t len);

uint32_t weftu_crc_tables(uint32_t crc, const void *data, size_t len);
/* By the processor's instruction; NULL: it has none. */
weftu_crc_fn *weftu_crc_instruction(void);

#endif
