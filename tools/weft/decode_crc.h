/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC32C of a packet as the specification defines it (WEFT-PKT-005), apart from the engine's. */
#ifndef WEFT_TOOLS_DECODE_CRC_H
#define WEFT_TOOLS_DECODE_CRC_H

#include <stdint.h>

/* Of len bytes, 16 at least: those of the delivery header that a switch may change count as 0. */
uint32_t decode_crc(const uint8_t *bytes, uint32_t len);

#endif
