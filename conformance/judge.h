/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts: a pure function of a case and its transcript.
 *
 * Order: trouble of the tester, a device that crashed or hung, total silence (inconclusive), form
 * of the device's packets, the probe before, the case's own checkpoints, behaviour of the device's
 * packets, the probe after.  The first that fails gives the code.  A pass with a checkpoint that
 * was never reached is an ERROR of the suite.
 */
#ifndef WEFT_CONFORMANCE_JUDGE_H
#define WEFT_CONFORMANCE_JUDGE_H

#include "conformance/dut.h"
#include "conformance/view.h"

enum wc_verdict_kind { WC_PASS, WC_FAIL, WC_INCONC, WC_NA, WC_ERROR, WC_VERDICTS };

#define WC_TEXT 320

struct wc_verdict {
	enum wc_verdict_kind kind;
	char code[40];			/* FAIL, INCONC, NA, ERROR: which; a stable word */
	char expected[WC_TEXT];		/* for people */
	char observed[WC_TEXT];
	char stimulus[WC_TEXT];
	size_t evidence;		/* record of the transcript, or WC_NONE */
	unsigned checkpoints, reached;	/* declared, touched */
};

const char *wc_verdict_name(enum wc_verdict_kind kind);

struct wc_case;

struct wc_judge {
	const struct wc_case *c;
	struct wc_view *v;
	struct wc_verdict *out;
	bool failed;
	uint32_t touched;	/* checkpoints, bit n - 1 */
	size_t evidence;	/* of the question asked last */
};

void wc_judge(const struct wc_case *c, const struct wc_transcript *t, struct wc_verdict *out);

/*
 * A case of a capture (observers.c), its part of the above.  FAIL(the observer's code);
 * INCONC(CAPTURE_LOSS): a packet that the capture lacks may explain it; NA(NOTHING_SEEN).
 */
void wc_judge_observer(const struct wc_case *c, const struct wc_transcript *t,
		       struct wc_verdict *out);
/* Record at is o's evidence: it, and what was sent before it, in words. */
void wc_tell_evidence(const struct wc_view *v, struct wc_verdict *o, size_t at);

/* What a transcript says that the device claims, as the driver noted it at its head. */
void wc_view_claims(const struct wc_view *v, struct wc_claims *out);

/* The code of NA when these claims do not ask for this case, else NULL. */
const char *wc_not_claimed(const struct wc_case *c, const struct wc_claims *claims);
/* The same, by the claims in the transcript. */
const char *wc_not_applicable(const struct wc_case *c, const struct wc_view *v);

/* ---- what a case's judge is made of ---------------------------------------------------- */

/* Checkpoint n (from 1): cond must hold, or the case fails with code.  fmt: what was expected. */
__attribute__((format(printf, 5, 6)))
void wc_cp(struct wc_judge *j, unsigned n, bool cond, const char *code, const char *fmt, ...);

/* It completed.  NO_ANSWER, REFUSED. */
void wc_ok(struct wc_judge *j, unsigned n, const char *op);
/* It was refused with that status, once.  NO_REFUSAL, NOT_REFUSED, WRONG_STATUS. */
void wc_refused(struct wc_judge *j, unsigned n, const char *op, enum wc_status status);
/* A READ brought these bytes.  NO_ANSWER, REFUSED, or code. */
void wc_data(struct wc_judge *j, unsigned n, const char *op, const uint8_t *want, uint32_t len,
	     const char *code);
/* The same, against wc_fill(seed). */
void wc_data_fill(struct wc_judge *j, unsigned n, const char *op, uint32_t seed, uint32_t len,
		  const char *code);
/* An ATOMIC brought this old value.  NO_ANSWER, REFUSED, WRONG_OLD. */
void wc_old(struct wc_judge *j, unsigned n, const char *op, uint64_t old);
/* A READ of a 64-bit word brought this value (words lie little-endian).  As wc_data. */
void wc_word(struct wc_judge *j, unsigned n, const char *op, uint64_t value, const char *code);
/* Nothing between the marks acknowledges the PSN that value psn names.  Code. */
void wc_untaken(struct wc_judge *j, unsigned n, const char *from, const char *until,
		const char *psn, const char *code);
/* The marker after mark `from` was answered, so that silence means something.  NO_MARKER. */
void wc_marked(struct wc_judge *j, unsigned n, const char *from);

/* Questions. */
uint64_t wc_val(const struct wc_judge *j, const char *name);
size_t wc_at(const struct wc_judge *j, const char *mark);	/* 0 if there is none */
struct wc_result wc_res(struct wc_judge *j, const char *op);

/* Data READ by an operation, at most room bytes; true if it completed. */
bool wc_res_data(struct wc_judge *j, const char *op, uint8_t *data, uint32_t room);

/* ---- observers (observe.c) -------------------------------------------------------------- */

struct wc_hit {
	const char *code;	/* NULL: nothing is wrong */
	char text[WC_TEXT];	/* what was expected */
	size_t at;
};

/* Form of every packet of the device: CRC, version, lengths, reserved bits. */
void wc_observe_form(const struct wc_view *v, struct wc_hit *hit);
/* Behaviour: acknowledges only what was sent, keeps windows and limits, repeats faithfully. */
void wc_observe_behaviour(const struct wc_view *v, struct wc_hit *hit);

/* What came of one code in a capture. */
struct wc_sight {
	const char *code;
	unsigned judged;	/* packets that the rule was held against */
	struct wc_hit hit;	/* the first that broke it, for sure */
	struct wc_hit doubt;	/* the first that did, unless the capture lacks a packet */
};

/*
 * Both in a transcript of a capture (passive.h), for n codes apart.  There a packet that is not in
 * the transcript may have been sent all the same: what it would explain is a doubt, until a later
 * packet proves that it was not sent.
 */
void wc_observe_capture(const struct wc_view *v, struct wc_sight *sight, unsigned n);

#endif
