/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tester's end of the upper tester (upper/upper.h): commands to a program beside the device,
 * over a socket or, for a device in this process, by a call.  Every command and response is in the
 * transcript, before the judge sees what came of it.
 *
 * What it says is the device's word: cases compare it with the wire.
 */
#ifndef WEFT_CONFORMANCE_UT_H
#define WEFT_CONFORMANCE_UT_H

#include "conformance/drive.h"
#include "conformance/way.h"

struct wc_judge;

/* What the device answered to QUERY. */
struct wc_ut {
	struct wc_way way;
	uint32_t seq;
	uint32_t level, flags, domain;
	uint64_t ops, chip;
	bool personality;	/* it gives the regions of the personality, and its streams */
	bool dead;		/* it did not answer, or talked nonsense: it is asked no more */
};

/*
 * Reach the upper tester at url, one of WC_WAYS; NULL: the port's own, if it has one.  0 (also
 * when there is none: d->ut is NULL), or a negative errno with one sentence in err.
 */
int wc_ut_open(struct wc_dut *d, const char *url, char *err, size_t errlen);
void wc_ut_close(struct wc_dut *d);

/*
 * One command.  The response's body goes to out[UPPER_BODY] and its length to *out_len (both may be
 * NULL).  Returns its status, or -1: no answer, which makes the case inconclusive, or fails it when
 * the device fell.
 */
int wc_ut_call(struct wc_t *t, unsigned op, const uint8_t *body, uint32_t len, uint8_t *out,
	       uint32_t *out_len);

const char *wc_ut_op_name(unsigned op);

/* ---- for scripts (drive_ut.c) ----------------------------------------------------------- */

/* Before each case: nothing of an earlier one is left, and there is local memory. */
bool wc_ut_begin(struct wc_t *t);

/* Memory of the device that only its own work requests name: byte i is 7 * i mod 256 at first. */
#define WC_LOCAL_LEN 65536u

/*
 * A queue pair of the device for stream s of ours: what service to ask for to reach it.  0: it has
 * none.  flags: enum upper_ep_flags.
 */
uint32_t wc_ut_expect(struct wc_stream *s, unsigned flags);
/* A stream of which the device is the requester: wc_connect() to a queue pair of its own. */
struct wc_stream *wc_ut_connect(struct wc_ctx *c, const char *name);
/* The same with a bound on replays for want of a receive buffer. */
struct wc_stream *wc_ut_connect_with(struct wc_ctx *c, const char *name, unsigned rnr_retry);
/*
 * The device connects to us, in WC_OTHER_DOMAIN, where it opens a context of its own: its stream.
 * NULL: it did not.
 */
struct wc_stream *wc_ut_called(struct wc_t *t, const char *name, uint32_t mode);
/* The same on context c, which nothing was sent on, without waiting for it. */
struct wc_stream *wc_ut_call_begin(struct wc_ctx *c, const char *name);

/* A work request of the device; fields not given are 0. */
struct wc_work {
	unsigned op, flags;	/* enum upper_do, enum upper_wr_flags */
	uint32_t at;		/* in its local memory */
	uint32_t len;
	uint64_t addr;		/* of our memory */
	uint32_t key;		/* 0: that of all of it */
	uint32_t imm;
	uint64_t operand, compare;
};

/* Post it; the value "wid.NAME" is its number.  False: not taken. */
bool wc_ut_post(struct wc_stream *s, const char *name, const struct wc_work *w);
/* n of them, at most UPPER_POSTS, in one command: "NAME0", ... */
bool wc_ut_post_all(struct wc_stream *s, const char *name, const struct wc_work *w, unsigned n);
/* Wait until it completes. */
bool wc_ut_await(struct wc_t *t, const char *name);
/* Ask for completions once: for those that must not be there. */
void wc_ut_poll(struct wc_t *t);
/* Fill it, at most UPPER_BODY - 16 bytes, with wc_fill(seed). */
bool wc_ut_fill(struct wc_t *t, uint32_t at, uint32_t len, uint32_t seed);
/* Read the device's local memory into the transcript, as value-less record "mem.NAME". */
bool wc_ut_memory(struct wc_t *t, const char *name, uint32_t at, uint32_t len);
/* The same of any region of the device, as its host sees it; at most UPPER_BYTES. */
bool wc_ut_look(struct wc_t *t, const char *name, const struct wc_mem *m, uint32_t at,
		uint32_t len);
/* Memory of the device that our requests may read, write and change by atomics; of zeros. */
bool wc_ut_region(struct wc_t *t, uint32_t len, struct wc_mem *m);
/* The same with these rights (UPPER_READ, ...). */
bool wc_ut_region_for(struct wc_t *t, uint32_t len, unsigned rights, struct wc_mem *m);
/*
 * A receive buffer for s in the device's local memory; its completion is found by that name.  For
 * streams that were made while t->own_recvs was set: others have buffers of the stub's own.
 */
bool wc_ut_recv(struct wc_stream *s, const char *name, uint32_t at, uint32_t len);
/* Its queue pair is destroyed, or with `cancel` ended: what is outstanding there completes. */
bool wc_ut_end(struct wc_stream *s, bool cancel);

/* ---- for judges (drive_ut.c) ------------------------------------------------------------ */

/* The completion of that name before record until; its record, or WC_NONE. */
size_t wc_ut_done(const struct wc_view *v, const char *name, size_t until, struct upper_done *done);
/* How many there are. */
unsigned wc_ut_dones(const struct wc_view *v, const char *name);
/*
 * It completed once, with that status, and a success not before we had answered it.  NO_COMPLETION,
 * WRONG_COMPLETION, LIES, COMPLETED_TWICE.
 */
void wc_completed(struct wc_judge *j, unsigned n, const char *name, unsigned status);
/* The memory that was read under that name. */
const uint8_t *wc_ut_bytes(const struct wc_view *v, const char *name, uint32_t *len);

#endif
