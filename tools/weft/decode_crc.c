/* SPDX-License-Identifier: BSD-2-Clause */
/* The CRC32C of packets that were captured.  See decode_crc.h. */
#include "tools/weft/decode_crc.h"

#include "core/wire.h"

static uint32_t table[256];

static void make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0x82f63b78u : 0);
		table[i] = c;
	}
}

static uint32_t update(uint32_t crc, const uint8_t *p, uint32_t n)
{
	while (n--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return crc;
}

uint32_t decode_crc(const uint8_t *bytes, uint32_t len)
{
	uint8_t head[WEFT_HDR_DELIVERY_LEN];

	if (!table[1])
		make_table();
	weft_hdr_delivery_mask(head, bytes);
	return ~update(update(~0u, head, sizeof(head)), bytes + sizeof(head),
		       len - (uint32_t)sizeof(head));
}
