/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is a path alive?  A path that lost packets is asked by a PROBE and carries nothing meanwhile;
 * when no answer comes it is DENIED and asked again later, ever more rarely.  And the answers to
 * the peer's probes.
 */
#include "core/pdc.h"

#define GAP_NS		10000u		/* between probes */
#define DENIED_SHIFT	4		/* waits double up to 16 times the first */
#define WAIT_MAX_NS	1000000000u

/* Does the peer answer probes, and could it tell that they are ours (WEFT-CC-060)? */
bool probe_usable(const struct weft_pdc *p)
{
	return p->paths && p->cfg.features & WEFT_FEATURES_PROBE && p->peer_known && p->peer_knows;
}

/* Nothing waits for any path: asking can wait too. */
static bool quiet(const struct weft_pdc *p)
{
	return p->una == p->nxt && !p->ring[RING_REQ] && !p->ring[RING_RSP] &&
	       !WEFT_MUTANT(PROBE_QUIET);
}

weft_time probe_deadline(const struct weft_pdc *p)
{
	if (!p->paths || quiet(p) || !probe_usable(p))
		return WEFT_NEVER;
	return p->paths->probe_at > p->paths->probe_from ? p->paths->probe_at :
							   p->paths->probe_from;
}

static weft_time wait_ns(const struct weft_pdc *p, const struct path *a)
{
	unsigned shift = a->probes < DENIED_SHIFT ? a->probes : DENIED_SHIFT;
	weft_time ns = retx_rto(p) << (WEFT_MUTANT(PROBE_WAIT_SAME) ? 0 : shift);

	return ns < WAIT_MAX_NS ? ns : WAIT_MAX_NS;
}

/* No answer: WEFT-CC-062. */
static void unanswered(struct weft_pdc *p, uint16_t path, weft_time now)
{
	struct path *a = &p->paths->at[path];

	if (a->probes < 255)
		a->probes++;
	if (!WEFT_MUTANT(PROBE_LOST_GOOD))
		path_deny(p, path, now);
	a->until = now + wait_ns(p, a);
}

/* A path that is to be asked now, or false; and when to look again. */
static bool due(struct weft_pdc *p, weft_time now, uint16_t *path)
{
	struct path_set *s = p->paths;
	weft_time next = WEFT_NEVER;
	bool found = false;

	for (uint16_t k = s->first[PATH_BAD]; k < s->first[PATH_DOWN]; k++) {
		uint16_t i = s->at[k].order;
		struct path *a = &s->at[i];

		if (a->until <= now && a->asked)
			unanswered(p, i, now);
		if (a->until <= now && !found) {
			found = true;
			*path = i;
		} else if (a->until < next) {
			next = a->until;
		}
	}
	s->probe_at = next;
	return found;
}

/* WEFT-CC-061 */
bool probe_tx(struct weft_pdc *p, struct weft_txd *t, weft_time now)
{
	struct path *a;
	uint16_t path;

	if (p->probe_owed) {
		p->probe_owed = false;
		p->probe_rx.flags = WEFT_PROBEFLAGS_REPLY;
		build_path_probe(p, &p->probe_rx, path_pick(p, now), t);
		return true;
	}
	if (probe_deadline(p) > now || !due(p, now, &path))
		return false;
	a = &p->paths->at[path];
	if (a->state == WEFT_PATH_STATE_DENIED)
		path_state(p, path, WEFT_PATH_STATE_SUSPECT, now);
	a->asked = true;
	a->until = now + retx_rto(p);
	if (a->until < p->paths->probe_at)
		p->paths->probe_at = a->until;
	p->paths->probe_from = now + (WEFT_MUTANT(PROBE_NO_GAP) ? 0 : GAP_NS);	/* WEFT-CC-090 */
	build_path_probe(p, &(struct weft_hdr_probe){
		.port = a->ports >> 4, .entropy = (uint16_t)(p->cfg.entropy_base + path),
		.id = (uint32_t)a->until, .sent_ns = (uint32_t)now }, path, t);
	return true;
}

/* WEFT-RTX-041: there is but one copy of a probe, so its answer is not too soon for anything. */
static void sample(struct weft_pdc *p, const struct weft_hdr_probe *h, weft_time now)
{
	uint32_t rtt = (uint32_t)now - h->sent_ns;

	if (p->min_rtt && rtt && rtt < p->min_rtt)
		p->min_rtt = rtt;
}

/* WEFT-CC-063 */
static bool answered(struct weft_pdc *p, const struct weft_hdr_probe *h, weft_time now)
{
	uint16_t path = (uint16_t)(h->entropy - p->cfg.entropy_base);
	struct path *a;

	if (!p->paths || path >= p->cfg.n_paths)
		return false;
	a = &p->paths->at[path];
	if (!a->asked || (h->id != (uint32_t)a->until && !WEFT_MUTANT(PROBE_ANSWER_ANY)))
		return false;
	path_state(p, path, WEFT_PATH_STATE_GOOD, 0);
	sample(p, h, now);
	return true;
}

/* WEFT-CC-064 */
void probe_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, enum weft_drop *why)
{
	const struct weft_hdr_probe *h = &v->b.probe.h;

	if (!(h->flags & WEFT_PROBEFLAGS_REPLY)) {
		p->probe_rx = *h;
		p->probe_owed = !WEFT_MUTANT(PROBE_NOT_ANSWERED);
	} else if (!answered(p, h, now)) {
		*why = WEFT_DROP_BAD_ECHO;
	}
}
