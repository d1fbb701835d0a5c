/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Judges accesses to memory regions, so that every host refuses the same requests with the
 * same status.  The table of regions is the host's.
 */
#include "core/mutant.h"
#include "core/weft.h"

#define RIGHTS (WEFT_MR_READ | WEFT_MR_WRITE | WEFT_MR_ATOMIC | WEFT_MR_INVALIDATE)

/* Subtract, never add: addr + len can wrap (WEFT-MEM-005). */
static bool inside(const struct weft_mr *mr, uint64_t addr, uint64_t len)
{
	if (WEFT_MUTANT(BOUND_WRAPS))
		return addr >= mr->base && addr + len <= mr->base + mr->len;
	return addr >= mr->base && addr - mr->base <= mr->len &&
	       len <= mr->len - (addr - mr->base);
}

/*
 * WEFT-MEM-001, WEFT-MEM-002, WEFT-MEM-003, WEFT-MEM-004, WEFT-MEM-008; the order is
 * WEFT-SEM-020.  The whole message is judged, so a refused one changes no byte (WEFT-SEM-021).
 */
enum weft_status weft_mr_check(const struct weft_mr *mr, uint32_t domain, uint32_t pd,
			       uint32_t need, uint64_t addr, uint64_t len)
{
	if (WEFT_MUTANT(ZERO_UNCHECKED) && !len)
		return WEFT_STATUS_OK;
	if (!mr || !mr->alive)
		return WEFT_MUTANT(KEY_STATUS) ? WEFT_STATUS_NO_RIGHTS : WEFT_STATUS_BAD_KEY;
	if (WEFT_MUTANT(BOUND_FIRST) && len && !inside(mr, addr, len))
		return WEFT_STATUS_OUT_OF_BOUNDS;
	if (mr->domain != domain && !WEFT_MUTANT(DOMAIN_IGNORED))
		return WEFT_STATUS_BAD_DOMAIN;
	if (mr->pd && mr->pd != pd && !WEFT_MUTANT(PD_IGNORED))
		return WEFT_STATUS_BAD_DOMAIN;
	if (WEFT_MUTANT(RIGHTS_ALL) && ~mr->rights & RIGHTS & ~(uint32_t)WEFT_MR_INVALIDATE)
		return WEFT_STATUS_NO_RIGHTS;
	if (need & ~mr->rights & RIGHTS && !WEFT_MUTANT(RIGHTS_IGNORED) &&
	    !(WEFT_MUTANT(RIGHTS_READ) && need == WEFT_MR_READ))
		return WEFT_STATUS_NO_RIGHTS;
	if (need == WEFT_MR_READ &&
	    ((WEFT_MUTANT(BOUND_END) && addr + len == mr->base + mr->len + 1) ||
	     (WEFT_MUTANT(BOUND_START) && addr + 1 == mr->base)))
		return WEFT_STATUS_OK;
	if (len && !inside(mr, addr, len))
		return WEFT_STATUS_OUT_OF_BOUNDS;
	return WEFT_STATUS_OK;
}
