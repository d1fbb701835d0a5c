/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What many scripts and judges have in common.
 */
#ifndef WEFT_CONFORMANCE_CASES_COMMON_H
#define WEFT_CONFORMANCE_CASES_COMMON_H

#include "conformance/case.h"

/* The scripts' usual amount of data, and the seeds of what must be there and must not. */
#define WC_SIZE		64u
#define WC_OLD_SEED	1u
#define WC_NEW_SEED	2u

/* Address of page n of the common memory. */
uint64_t wc_page(const struct wc_t *t, unsigned n);
/* WC_SIZE bytes of that seed, in a static buffer of that seed. */
const uint8_t *wc_bytes(uint32_t seed);

/*
 * Packets that the device must drop:
 *
 *	wc_bad_begin(t, page);		the old bytes are written; from here on PSN p is free
 *	wc_emit(..., WC_E_BAD) ...	built by wc_bad_write() and spoilt
 *	wc_bad_end(t, page);		marker; then a READ uses PSN p
 *
 * and in the judge wc_bad_judge(j, n), which takes four checkpoints from n on: p was not
 * acknowledged, nothing was answered, the marker was, and the READ finds the old bytes.
 */
void wc_bad_begin(struct wc_t *t, unsigned page);
struct wc_frame wc_bad_write(const struct wc_t *t, unsigned page);
void wc_bad_end(struct wc_t *t, unsigned page);
void wc_bad_judge(struct wc_judge *j, unsigned n);

/* The same from checkpoint 1 on, as a whole judge. */
void wc_bad_judge_all(struct wc_judge *j);

/* No NACK, VERSION_REJECT or acknowledgement of PSN value psn between the marks.  ANSWERED. */
void wc_silent(struct wc_judge *j, unsigned n, const char *from, const char *until,
	       const char *psn);

/* The service that the common streams have. */
uint32_t wc_service(const struct wc_t *t);
/* The same for an EP_CONNECT by hand on c, from queue pair qpn of ours. */
uint32_t wc_service_for(const struct wc_ctx *c, uint32_t qpn);
/* A stream of that service, on the common context. */
struct wc_stream *wc_fresh(struct wc_t *t, const char *name);
/* It ends, for a case that tries more streams than there is room for: `slots` are in use then. */
void wc_end_stream(struct wc_stream *s, unsigned slots);

/*
 * The READ of that name was answered while the context was quiet: wait until the device sends the
 * last packet of the answer again (its number becomes value psn), then acknowledge.
 */
void wc_await_again(struct wc_t *t, const char *name);

/* A 64-bit word, little-endian as words lie in memory. */
void wc_set_word(struct wc_stream *s, const char *name, uint64_t at, uint64_t value);
void wc_get_word(struct wc_stream *s, const char *name, uint64_t at);

/* Build f to bytes. */
uint32_t wc_build(const struct wc_frame *f, uint8_t out[WC_FRAME_MAX]);

#endif
