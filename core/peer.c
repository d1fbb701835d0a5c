/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a chip remembers of another one beyond contexts, so that a delayed SYN never executes
 * twice: its incarnation, and where start PSNs stand in both directions.
 */
#include "core/mutant.h"
#include "core/psn.h"
#include "core/weft.h"

void weft_peer_init(struct weft_peer *p, uint64_t chip_id, uint32_t tx_seed)
{
	memset(p, 0, sizeof(*p));
	p->chip_id = chip_id;
	p->tx_next = tx_seed;
}

/* WEFT-PDC-003, WEFT-PDC-005, WEFT-PDC-006 */
enum weft_admission weft_admit(struct weft_peer *p, const struct weft_view *v, uint32_t *arg)
{
	bool restarted = p->known && p->incarnation != v->syn.incarnation;

	if (restarted && psn_before(v->syn.incarnation, p->incarnation) &&
	    !WEFT_MUTANT(INCARNATION_OLD))
		return WEFT_ADMIT_OLD;
	if (!restarted && p->floored && !psn_before(p->rx_floor, v->syn.start_psn) &&
	    !WEFT_MUTANT(STALE_SYN_TAKEN) &&
	    !(WEFT_MUTANT(SYN_TWICE) && p->rx_floor == v->syn.start_psn)) {
		*arg = p->rx_floor;
		return WEFT_ADMIT_STALE;
	}
	p->known = true;
	p->incarnation = v->syn.incarnation;
	p->rx_floor = v->syn.start_psn;
	p->floored = true;
	return restarted && !WEFT_MUTANT(RESTART_KEEPS) ? WEFT_ADMIT_RESTARTED : WEFT_ADMIT;
}
