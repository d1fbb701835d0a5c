/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomics on words of registered memory, which lie there little-endian on every machine.  The
 * program may work on such a word too, so that each is one step of the processor's.
 */
#include <endian.h>

#include "userspace/lib/lib.h"

#define htole8(x) (x)
#define le8toh(x) (x)

#define WORD(bits)								\
	static uint64_t work_on_##bits(void *at, const struct weft_atomic *op)	\
	{									\
		uint##bits##_t *word = at, old = __atomic_load_n(word, __ATOMIC_SEQ_CST), new; \
										\
		do								\
			new = htole##bits((uint##bits##_t)			\
					  weft_atomic_apply(op, le##bits##toh(old))); \
		while (!__atomic_compare_exchange_n(word, &old, new, false,	\
				__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));		\
		return le##bits##toh(old);					\
	}
WORD(8)
WORD(16)
WORD(32)
WORD(64)

uint64_t weftu_word(void *at, const struct weft_atomic *op)
{
	switch (op->width) {
	case 1:
		return work_on_8(at, op);
	case 2:
		return work_on_16(at, op);
	case 4:
		return work_on_32(at, op);
	default:
		return work_on_64(at, op);
	}
}
