/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults by identity: which packets of a conversation are to meet which mishap.
 *
 * A packet is named by what it is, not by when it comes: its direction, context, stream, kind, PSN
 * counted from the context's first, and which transmission of it this is.  So a schedule does the
 * same to the same conversation whatever the timing.  A random one is drawn before the run, as such
 * rules, and can be stored and used again.  Pure: knows no network and no clock.
 *
 *	out lose psn=3 try=1			the first transmission of the initiator's PSN 3
 *	back delay=2ms opcode=READ_RSP psn=0..7
 *	out behind=3 stream=2 psn=12		three later packets of that direction pass it
 *	both mark type=DATA			CE on all data
 *	back lose type=ACK nth=1..4		the first four ACKs of the target in each context
 */
#ifndef WEFT_CONFORMANCE_FAULT_H
#define WEFT_CONFORMANCE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wc_way { WC_OUT = 0, WC_BACK = 1 };	/* from the initiator; from the target */

/* What a packet is.  Ordinals count from 1; 0: it has none. */
struct wc_ident {
	enum wc_way way;
	uint32_t ctx;		/* in the order in which contexts open; 0: of no context */
	uint32_t stream;	/* of its context, in the order in which its end names them */
	uint8_t type;		/* enum wc_ptype; 0: it cannot be read */
	uint8_t opcode;		/* of DATA, enum wc_opcode; else 0 */
	bool numbered;		/* psn and try mean something: DATA, CTRL and MEM of a context */
	uint32_t psn;		/* from 0: less its end's start PSN */
	uint32_t try;		/* which transmission of that PSN */
	uint32_t nth;		/* of this type, in this context and direction */
};

enum wc_mishap {
	WC_LOSE, WC_REPEAT, WC_DELAY, WC_BEHIND, WC_CORRUPT, WC_CUT, WC_CE, WC_MISHAPS,
};

struct wc_span { uint32_t first, last; };

struct wc_rule {
	enum wc_mishap what;
	uint64_t arg;		/* REPEAT: copies; DELAY: ns; BEHIND: packets; CORRUPT: bit */
	uint8_t ways;		/* bit 1 << enum wc_way */
	uint32_t ctx, stream;	/* 0: any */
	uint8_t type, opcode;	/* 0: any */
	bool numbered;		/* psn must lie in psn */
	bool counted;		/* nth must lie in nth */
	struct wc_span psn, try, nth;
	unsigned line;		/* where it was read; 0: drawn */
	uint64_t met;		/* packets so far */
	uint32_t next;		/* in its bucket, + 1; 0: the last */
};

#define WC_BUCKETS 1024u

/* Zero it, and free with wc_schedule_free(). */
struct wc_schedule {
	struct wc_rule *rule;
	uint32_t n, room;
	uint32_t bucket[WC_BUCKETS + 1];	/* by PSN or nth; the last: rules for many */
};

/* What becomes of one packet. */
struct wc_fate {
	bool lose, cut, ce, corrupt;
	uint32_t bit;		/* corrupt: which, modulo the packet's bits */
	uint32_t copies;	/* besides itself */
	uint32_t behind;
	uint64_t delay_ns;
};

/* A rule as text, from line number `line` of `where`.  0, or -EINVAL with one sentence in err. */
int wc_schedule_add(struct wc_schedule *s, const char *text, const char *where, unsigned line,
		    char *err, size_t errlen);
/* A file of them, a rule a line; # begins a comment.  0, or a negative errno and err. */
int wc_schedule_load(struct wc_schedule *s, const char *path, char *err, size_t errlen);
/*
 * Draw rules from "loss=0.02,repeat=0.01,delay=0.1:2ms,behind=0.05:3,corrupt=0.01,cut=0.01,
 * ce=0.05" for the first span PSNs of each direction in each context, three transmissions of each,
 * and as many ACKs and NACKs: the same for the same seed.
 */
int wc_schedule_draw(struct wc_schedule *s, const char *law, uint64_t seed, uint32_t span,
		     char *err, size_t errlen);
/* All rules as text that wc_schedule_load() reads.  0, or a negative errno. */
int wc_schedule_save(const struct wc_schedule *s, const char *path);
void wc_schedule_free(struct wc_schedule *s);

/* What the rules say to this packet; counts it for those that name it. */
struct wc_fate wc_schedule_fate(struct wc_schedule *s, const struct wc_ident *id);
/* Rules that were read (not drawn) and that no packet has met. */
uint32_t wc_schedule_unmet(const struct wc_schedule *s);

void wc_rule_text(const struct wc_rule *r, char *out, size_t room);
void wc_ident_text(const struct wc_ident *id, char *out, size_t room);
const char *wc_mishap_name(enum wc_mishap what);
/* "2ms", "50us", "7ns", "1s" in ns; false: it is none of these, or beyond an hour. */
bool wc_duration(const char *text, uint64_t *ns);
/* "0.02" in billionths; false: not in 0..1. */
bool wc_chance(const char *text, uint64_t *billionths);

#endif
