/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the observers: what they remember of contexts and streams, and how they say what they
 * find.  observe_sent.c follows what the tester sends, observe.c judges what the device does.
 */
#ifndef WEFT_CONFORMANCE_OBSERVE_H
#define WEFT_CONFORMANCE_OBSERVE_H

#include "conformance/judge.h"

#define WC_RING	8192u		/* PSNs of a context that are remembered: more than any window */
#define WC_CLAIMS	4u		/* of a context that wait for their proof */

/* In a capture: what was not sent as far as it shows, and may prove not to have been. */
struct wc_claim {
	const char *code;
	uint32_t psn;
	size_t at;
};

/* One context as the transcript shows it. */
struct wc_track {
	uint64_t end;			/* whose it is, of those that the device talks to */
	uint32_t id, gen, start, window, payload;
	bool reused;			/* the id was another context's before */
	bool rival;			/* the id is another's still, unless the device answers */
	bool peer_known, plain_sent;	/* plain: without SYN */
	uint32_t peer_id, peer_start;
	uint64_t chip;
	bool acked;			/* we acknowledged something: edge is meaningful */
	uint32_t edge;			/* first PSN that we do not let the device send */
	uint32_t cum;			/* first PSN that the device did not acknowledge */
	uint32_t sent[WC_RING];		/* record + 1 of our packet, by PSN modulo */
	uint32_t first[WC_MAX_WINDOW];	/* record + 1 of the device's packet, likewise */
	/* in a capture, what is proven or not by what comes later; at + 1, 0: none */
	size_t early;			/* without SYN, though we had not shown that we know it */
	size_t beyond;			/* furthest beyond the window as seen: beyond_psn */
	uint32_t beyond_psn;
	struct wc_claim claim[WC_CLAIMS];
	unsigned n_claims;
};

/* One stream of ours: what was asked on it. */
struct wc_asker {
	uint64_t end;
	uint32_t qpn, msn;		/* msn: the latest */
	bool any;			/* it was sent what nobody knows: all answers are right */
	size_t early;			/* record + 1 that answered what was not asked yet, ... */
	uint32_t early_msn;		/* ... which is this */
};

struct wc_observer {
	const struct wc_view *v;
	struct wc_hit *hit;		/* live: the first */
	struct wc_sight *sight;		/* a capture: each by itself; NULL: live */
	unsigned sights;
	struct wc_track **track;
	struct wc_asker *asker;
	size_t *caller;			/* packets of the device that are to open a context */
	unsigned n, n_askers, n_callers;
	size_t at;
};

/* bad: the packet at hand broke a rule.  Returns bad. */
__attribute__((format(printf, 4, 5)))
bool wc_ob_hit(struct wc_observer *o, bool bad, const char *code, const char *fmt, ...);
/* The same where a packet that the capture lacks would explain it: there it is a doubt. */
__attribute__((format(printf, 4, 5)))
bool wc_ob_doubt(struct wc_observer *o, bool bad, const char *code, const char *fmt, ...);

/* A packet or an operation of ours. */
void wc_ob_tx(struct wc_observer *o, const struct wc_rec *r, const struct wc_frame *f);
void wc_ob_op(struct wc_observer *o, const struct wc_rec *r);
/* A packet of the device that is to open a context. */
void wc_ob_caller(struct wc_observer *o);
/* The context that a packet of the device is for, or NULL. */
struct wc_track *wc_ob_addressed(struct wc_observer *o, const struct wc_frame *f);
/* What was asked on the queue pair of that number, or NULL. */
struct wc_asker *wc_ob_asker(struct wc_observer *o, uint64_t qpn);
void wc_ob_free(struct wc_observer *o);

#endif
