/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a case is: which requirements it proves, its script, its judge.
 */
#ifndef WEFT_CONFORMANCE_CASE_H
#define WEFT_CONFORMANCE_CASE_H

#include "conformance/drive.h"
#include "conformance/judge.h"

/* What the device must claim for the case to apply. */
enum wc_needs {
	WC_NEEDS_RUD = 1,
	WC_NEEDS_ROD = 2,
	WC_NEEDS_PERSONALITY = 4,	/* regions with rights, keys and domains of all kinds */
	WC_NEEDS_CHIP = 8,		/* the chip service: ALLOC and FREE */
	WC_NEEDS_PLAIN = 16,		/* that it does not claim SECURE */
	WC_NEEDS_TWO_DOMAINS = 32,	/* contexts in WC_OTHER_DOMAIN too */
	WC_NEEDS_MAILBOXES = 64,	/* the personality's datagram queues */
	WC_NEEDS_UPPER = 128,		/* an upper tester that posts work requests */
	WC_NEEDS_CALLER = 256,		/* and that opens contexts itself */
	WC_NEEDS_STREAMS = 512,		/* streams that are no queue pairs of verbs, ... */
	WC_NEEDS_VERBS = 1024,		/* ... for which chapter 47 has another rule */
	WC_NEEDS_CHOICE = 2048,		/* both modes: with one, the case itself is in that */
};

/* Which variants are made of a case (variants.c). */
enum wc_vary {
	WC_VARY_ROD = 1,	/* "+rod": in mode ROD where the device would do better */
	WC_VARY_WRAP = 2,	/* "+wrap": our PSNs wrap at the beginning of the script */
	WC_VARY_PAYLOAD = 4,	/* "+payload64" to "+payload8192": no packet carries more */
	/* Of a case without a mode of its own. */
	WC_VARY_ORDER = WC_VARY_ROD | WC_VARY_WRAP,
	WC_VARY_ALL = WC_VARY_ORDER | WC_VARY_PAYLOAD,
};

/* In a table of macros: beside its checkpoints a case says its variants. */
#define WC_VARIED(checkpoints, which) checkpoints, .vary = (which)

#define WC_ID 32	/* bytes of an id, at most */

struct wc_case {
	const char *id;			/* area, class, number: never used for something else */
	unsigned version;		/* grows with each change of script or judge */
	const char *title;
	const char *reqs;		/* requirements that it proves, separated by blanks */
	const char *stimulus;
	const char *expected;
	unsigned needs;			/* enum wc_needs */
	unsigned features;		/* enum wc_feature, that the device must claim */
	unsigned profiles;		/* enum wc_profile, likewise */
	bool ends_context;		/* the script ends the common context: probe a fresh one */
	unsigned mode;			/* of the common context; 0: the best that is claimed */
	unsigned checkpoints;
	bool timed;			/* judged by time too: see WC_TRIES */
	unsigned vary;			/* enum wc_vary: variants that are made of it */
	/* Of a variant, as variants.c made it. */
	const struct wc_case *of;	/* the case that it is one of; NULL: none */
	uint32_t payload;		/* of a packet, at most; 0: what the path carries */
	bool wrap;			/* our first context starts just before 2^32 */
	/*
	 * Of a capture: the code of the observer that is its judge; it has neither script nor
	 * judge of its own (passive.h).  NULL: an ordinary case.
	 */
	const char *observer;
	void (*drive)(struct wc_t *t);
	void (*judge)(struct wc_judge *j);
};

/* Cases of an area; NULL id ends it. */
extern const struct wc_case wc_cases_framing[], wc_cases_crc[], wc_cases_version[],
	wc_cases_delivery[], wc_cases_context[], wc_cases_recovery[], wc_cases_memory[],
	wc_cases_bounds[], wc_cases_atomics[], wc_cases_words[], wc_cases_reduce[],
	wc_cases_besides[], wc_cases_open[], wc_cases_trim[], wc_cases_limits[],
	wc_cases_meters[], wc_cases_datagrams[], wc_cases_loadstore[],
	wc_cases_semantics[], wc_cases_management[], wc_cases_above[], wc_cases_work[],
	wc_cases_loss[], wc_cases_window[], wc_cases_calls[], wc_cases_accel[],
	wc_cases_gemm[], wc_cases_checks[], wc_cases_ends[], wc_cases_watched[],
	wc_cases_answers[], wc_cases_patience[],
	wc_cases_credit[], wc_cases_robust[], wc_cases_flips[], wc_cases_session[],
	wc_cases_faults[], wc_cases_copies[],
	wc_cases_order[], wc_cases_withdrawn[], wc_cases_history[],
	wc_cases_pressure[], wc_cases_flood[], wc_cases_waits[], wc_cases_trips[],
	wc_cases_timeouts[], wc_cases_guesses[], wc_cases_nobody[], wc_cases_reads[],
	wc_cases_fields[], wc_cases_causes[], wc_cases_forged[], wc_cases_amplified[],
	wc_cases_states[], wc_cases_asked[];
/* Those of a capture; wc_case_nth() and a run leave them out. */
extern const struct wc_case wc_cases_observers[];

struct wc_area {
	const char *id;			/* first two letters of its cases */
	const char *name;
	const struct wc_case *const *lists;	/* NULL ends it */
};

extern const struct wc_area wc_areas[];	/* NULL id ends it */
extern const struct wc_area wc_area_observers;	/* of a capture's cases; not in wc_areas */

/* The n-th case of all, each followed by its variants, or NULL. */
const struct wc_case *wc_case_nth(unsigned n);
/* The names of c's variants, " +rod +wrap ...", without those that it has not. */
void wc_variant_names(const struct wc_case *c, char *out, size_t len);
/* The n-th of those of a capture, or NULL. */
const struct wc_case *wc_observer_nth(unsigned n);
/* By its id, of both kinds, or NULL. */
const struct wc_case *wc_case_find(const char *id);
const struct wc_area *wc_area_of(const struct wc_case *c);
/* The profiles that certify it, enum wc_profile: a chip that claims one of them must pass it. */
unsigned wc_profiles_of(const struct wc_case *c);

/* Regions of the personality, as conformance/personality.txt gives them. */
#define WC_R_LEN	65536u
#define WC_KEY_RWA	0x11u
#define WC_KEY_R	0x12u
#define WC_KEY_W	0x13u
#define WC_KEY_DOMAIN	0x14u
#define WC_KEY_DEAD	0x15u
#define WC_KEY_PD	0x16u
#define WC_KEY_RELAXED	0x17u
#define WC_KEY_INV	0x18u
#define WC_KEY_NONE	0x00abcdefu	/* not there */
#define WC_BASE(key)	WC_REGION_BASE(key)

#define WC_DOMAIN	1u	/* of the common context */
#define WC_OTHER_DOMAIN	2u

/* Where in a region the scripts work: a page each, so that none sees what another left. */
#define WC_AT(n)	((uint64_t)(n) * 0x200u)

#endif
