// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * CRC32C by the kernel's fastest implementation, over memory for the engine and over the pieces of
 * an skb for the carriages.
 */
#include <linux/crc32c.h>

#include "kernel/inner.h"

/* The engine begins with 0 and keeps the CRC as it is sent; the kernel's is inverted. */
static uint32_t by_kernel(uint32_t crc, const void *data, size_t len)
{
	return ~crc32c(~crc, data, (unsigned int)len);
}

int weftk_crc_init(void)
{
	weft_crc32c_override(by_kernel);
	return 0;
}

void weftk_crc_exit(void)
{
	weft_crc32c_override(NULL);
}

u32 weftk_crc_skb(u32 crc, struct sk_buff *skb, u32 from, u32 len)
{
	struct skb_seq_state seq;
	const u8 *data;
	u32 done = 0, n;

	if (from + len <= skb_headlen(skb))
		return by_kernel(crc, skb->data + from, len);
	skb_prepare_seq_read(skb, from, from + len, &seq);
	while (done < len) {
		n = skb_seq_read(done, &data, &seq);
		if (!n)
			break;
		n = min(n, len - done);
		crc = by_kernel(crc, data, n);
		done += n;
	}
	skb_abort_seq_read(&seq);
	return crc;
}
