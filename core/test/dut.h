/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Chip B of spec/vectors: the engine with the least host around it.  It takes packets as bytes
 * from whoever sends them, collects what it sends, and leaves every action to the test.
 *
 * It offers load and store, and reliable datagrams, in every context.
 *
 * Decides what a host decides: which context a packet is for, whether to admit one, what to answer
 * where there is none.
 */
#ifndef WEFT_TEST_DUT_H
#define WEFT_TEST_DUT_H

#include "core/pdc.h"
#include "core/names.h"
#include "core/test/json.h"

#define DUT_QUEUE 96
#define DUT_PKT_MAX 2048

struct dut_pkt {
	uint32_t len;			/* 0: claimed */
	uint8_t bytes[DUT_PKT_MAX];
};

struct dut {
	struct weft_peer peer;
	struct weft_profile prof;
	struct weft_stats stats;
	struct weft_pdc_cfg cfg;
	struct weft_stream_cfg scfg;
	struct weft_gate gate;
	weft_time now;
	struct weft_pdc *p;		/* NULL: no context */
	struct weft_stream *s;		/* NULL: no stream */
	void *mem, *smem, *lsmem, *rdmem;
	uint64_t region;		/* memory from here on is 0, 1, 2, ... */

	struct weft_act acts[DUT_QUEUE];	/* not done yet, oldest first */
	size_t n_acts;
	struct dut_pkt out[DUT_QUEUE];	/* sent and not claimed yet, oldest first */
	size_t n_out;
	bool acks;			/* it has sent an acknowledgement, the latest of: */
	uint32_t acked;
};

/* Of the `setup` of a vector file.  No context yet. */
void dut_init(struct dut *d, const struct json *setup);
void dut_fini(struct dut *d);
/* An initiator's context. */
void dut_open(struct dut *d);
/* A stream on the context, not connected. */
bool dut_stream(struct dut *d);
/* A packet arrives.  Returns what became of it; actions and packets it causes are queued. */
enum weft_drop dut_in(struct dut *d, const uint8_t *bytes, size_t len);
/* Takes what weft_work() and weft_tx() have into the queues. */
void dut_turn(struct dut *d);
/* The oldest action is done, with this answer. */
void dut_answer(struct dut *d, enum weft_status st, uint64_t value);
/* Time goes by, with weft_expire() and dut_turn() when due. */
void dut_wait(struct dut *d, uint64_t ns);
/* Claims the oldest packet that equals bytes[0..len) where mask is set; false: there is none. */
bool dut_claim(struct dut *d, const uint8_t *bytes, const uint8_t *mask, size_t len);
/* Is anything unclaimed but acknowledgements and packets sent again?  Forgets those. */
bool dut_unclaimed(struct dut *d);
/* Prints the unclaimed packets. */
void dut_print(const struct dut *d);

#endif
