// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * CRC32C, over memory for the engine and over the pieces of an skb for the carriages.  Decides by
 * measuring which of the kernel's two implementations is used: that of the processor's
 * instructions is slower than tables where they are emulated.
 */
#include <linux/crc32.h>
#include <linux/crc32c.h>
#include <linux/slab.h>

#include "kernel/inner.h"

#define TRIAL_BYTES	4096u
#define TRIALS		5u

typedef uint32_t crc_fn(uint32_t crc, const void *data, size_t len);

static crc_fn *chosen;

/* The engine begins with 0 and keeps the CRC as it is sent; the kernel's is inverted. */
static uint32_t by_instructions(uint32_t crc, const void *data, size_t len)
{
	return ~crc32c(~crc, data, (unsigned int)len);
}

static uint32_t by_tables(uint32_t crc, const void *data, size_t len)
{
	return ~__crc32c_le(~crc, data, len);
}

/* The least of a few trials, ns. */
static u64 cost(crc_fn *fn, const void *data)
{
	u64 least = U64_MAX, from;
	u32 i;

	OPTIMIZER_HIDE_VAR(fn);		/* or calls without a use would be left out */
	for (i = 0; i < TRIALS; i++) {
		from = ktime_get_ns();
		fn(0, data, TRIAL_BYTES);
		least = min(least, ktime_get_ns() - from);
	}
	return least;
}

int weftk_crc_init(void)
{
	void *data = kzalloc(TRIAL_BYTES, GFP_KERNEL);
	u64 instructions, tables;

	if (!data)
		return -ENOMEM;
	instructions = cost(by_instructions, data);
	tables = cost(by_tables, data);
	kfree(data);
	chosen = tables < instructions ? by_tables : by_instructions;
	weft_crc32c_override(chosen);
	pr_info("weft: CRC32C: %llu ns for %u bytes by %s, %llu by %s\n",
		min(instructions, tables), TRIAL_BYTES,
		chosen == by_tables ? "tables" : "instructions", max(instructions, tables),
		chosen == by_tables ? "instructions" : "tables");
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
		return chosen(crc, skb->data + from, len);
	skb_prepare_seq_read(skb, from, from + len, &seq);
	while (done < len) {
		n = skb_seq_read(done, &data, &seq);
		if (!n)
			break;
		n = min(n, len - done);
		crc = chosen(crc, data, n);
		done += n;
	}
	skb_abort_seq_read(&seq);
	return crc;
}
