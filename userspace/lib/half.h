/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 16-bit floating point: IEEE binary16 (f16) and bfloat16, to and from float.
 *
 * Decides the rounding: to nearest, ties to even.  A NaN stays a NaN and becomes quiet.
 */
#ifndef WEFT_USERSPACE_LIB_HALF_H
#define WEFT_USERSPACE_LIB_HALF_H

#include <stdint.h>

float weftu_f16_to_f32(uint16_t h);
uint16_t weftu_f32_to_f16(float f);
float weftu_bf16_to_f32(uint16_t h);
uint16_t weftu_f32_to_bf16(float f);

#endif
