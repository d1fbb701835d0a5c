/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a chip remembers of another one beyond contexts, so that a delayed SYN never executes
 * twice: its incarnation, and where start PSNs stand in both directions.
 */
#include "core/manage.h"
#include "core/mutant.h"
#include "core/psn.h"
#include "core/weft.h"

void weft_peer_init(struct weft_peer *p, uint64_t chip_id, uint32_t tx_seed)
{
	memset(p, 0, sizeof(*p));
	p->chip_id = chip_id;
	p->tx_next = tx_seed;		/* WEFT-PDC-082 */
}

/* Does the SYN say less than the chip has shown already?  WEFT-PDC-003, WEFT-PDC-006. */
static bool outdated(const struct weft_peer *p, const struct weft_view *v, bool restarted,
		     enum weft_admission *how)
{
	*how = restarted ? WEFT_ADMIT_OLD : WEFT_ADMIT_STALE;
	if (!restarted && p->gone && !psn_before(p->rx_gone, v->syn.start_psn) &&
	    !WEFT_MUTANT(GONE_OPENS_AGAIN)) {
		*how = WEFT_ADMIT_GONE;		/* WEFT-PDC-075 */
		return true;
	}
	if (restarted)
		return psn_before(v->syn.incarnation, p->incarnation) &&
		       !WEFT_MUTANT(INCARNATION_OLD);
	return p->floored && !psn_before(p->rx_floor, v->syn.start_psn) &&
	       !WEFT_MUTANT(STALE_SYN_TAKEN) &&
	       !(WEFT_MUTANT(SYN_TWICE) && p->rx_floor == v->syn.start_psn);
}

/*
 * WEFT-PDC-024, WEFT-PDC-025, WEFT-PDC-027: anyone can name a chip and a later incarnation of it,
 * so nothing is believed, and nothing ends, before the sender has shown that it hears us.
 */
static bool must_show(const struct weft_view *v, const struct weft_gate *gate, bool restarted)
{
	if (v->syn.cookie)
		return !weft_cookie_ok(gate, v) && !WEFT_MUTANT(COOKIE_ANY);
	return gate->ask || (restarted && !WEFT_MUTANT(RESTART_UNPROVEN) &&
			     !WEFT_MUTANT(INCARNATION_OLD));
}

/* WEFT-PDC-005 */
enum weft_admission weft_admit(struct weft_peer *p, const struct weft_view *v,
			       const struct weft_gate *gate, uint32_t *arg)
{
	bool restarted = p && p->known && p->incarnation != v->syn.incarnation;
	enum weft_admission how;

	if (p && outdated(p, v, restarted, &how)) {
		*arg = p->rx_floor;
		return how;
	}
	if (must_show(v, gate, restarted)) {
		*arg = weft_cookie(gate, v);
		return WEFT_ADMIT_COOKIE;
	}
	if (!p)
		return WEFT_ADMIT;
	p->known = true;
	p->incarnation = v->syn.incarnation;
	p->rx_floor = v->syn.start_psn;
	p->floored = true;
	p->gone &= !restarted;
	return restarted && !WEFT_MUTANT(RESTART_KEEPS) ? WEFT_ADMIT_RESTARTED : WEFT_ADMIT;
}
