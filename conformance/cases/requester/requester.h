/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the cases of a device that is the requester have in common: its stream to us, and the
 * questions to what it sent on it.
 */
#ifndef WEFT_CONFORMANCE_CASES_REQUESTER_H
#define WEFT_CONFORMANCE_CASES_REQUESTER_H

#include "conformance/cases/common.h"
#include "conformance/ut.h"

/* A stream of the common context of which the device is the requester; values "R.qpn", "R.pdc". */
struct wc_stream *wc_rq_begin(struct wc_t *t);
/* The same on another context, and with a bound on RNR replays (0: none). */
struct wc_stream *wc_rq_on(struct wc_ctx *c, unsigned rnr_retry);
/* RESET: the streams of the case are gone; what the probe after it needs is made anew. */
void wc_rq_restart(struct wc_t *t);
/* A stream of a context that the device opens, its PSNs beginning just after this one. */
#define WC_NEAR_END 0xfffffff0u
struct wc_stream *wc_rq_near_end(struct wc_t *t);
/* Wait for EP_CONNECT of a stream that the device is to ask for; NULL: it did not. */
struct wc_stream *wc_rq_taken(struct wc_stream *s);
/* Note the stream for the judge. */
void wc_rq_note(struct wc_stream *s);

/* WRITE of len bytes of its local memory from `at` on to the same place of ours. */
bool wc_rq_write(struct wc_stream *s, const char *name, uint32_t at, uint32_t len);
/* n WRITEs of 64 bytes, of consecutive places, posted together: "NAME0", ... */
bool wc_rq_writes(struct wc_stream *s, const char *name, unsigned n);
bool wc_rq_read(struct wc_stream *s, const char *name, uint32_t at, uint32_t len);
bool wc_rq_send(struct wc_stream *s, const char *name, uint32_t at, uint32_t len);
/* FADD of 1 to the word at our `at`. */
bool wc_rq_fadd(struct wc_stream *s, const char *name, uint32_t at);

/* Record i is a request of the device on R; or, for opcode 0, any. */
bool wc_rq_is(const struct wc_view *v, size_t i, uint64_t opcode);
/* The n-th (from 0) request packet on R of that opcode (0: any) that is not a repetition. */
size_t wc_rq_nth(const struct wc_view *v, uint64_t opcode, unsigned n);
/* How many of them there are in [from, until), again: those with RTX, else those without. */
unsigned wc_rq_count(const struct wc_view *v, size_t from, size_t until, bool again);
/* The first packet of that PSN on R with RTX in [from, ...). */
size_t wc_rq_again(const struct wc_view *v, uint64_t psn, size_t from);
/* The message msn was sent as [0, len) in packets that fit together; false: it was not, or byte i
 * is not 7 * (first + i). */
bool wc_rq_whole(const struct wc_view *v, uint64_t msn, uint32_t first, uint32_t len);

/* Wait until the device has sent n request packets on R that are no repetitions. */
bool wc_rq_sent(struct wc_t *t, unsigned n);
/*
 * Wait until the device sends nothing new on R: how many packets it has sent that are no
 * repetitions.  How many it may have outstanding is its congestion control's affair.
 */
unsigned wc_rq_settle(struct wc_t *t);
/* It was fewer than the case needs: it does not apply. */
bool wc_rq_enough(struct wc_t *t, unsigned sent, unsigned needed);
/* Wait until the PSN of the n-th such packet has come again. */
bool wc_rq_repeated(struct wc_t *t, unsigned n);

/* What the upper tester says of the queue pair of s, as value "state". */
void wc_rq_ask_state(struct wc_stream *s);
/* Wait until the device, which asked for s, thinks itself connected. */
bool wc_rq_established(struct wc_stream *s);

/* For struct wc_t's lose: the packet that count t->lost names (from 0, repetitions not counted). */
bool wc_rq_lose_nth(struct wc_t *t, const struct wc_frame *f);

#endif
