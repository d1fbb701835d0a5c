/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened in one case, in order: the only thing that a judge sees.
 *
 * Records are appended by the driver and never changed.  Each is hashed onto the ones before
 * (SHA-256), so that a transcript on disk that was touched is refused.
 */
#ifndef WEFT_CONFORMANCE_TRANSCRIPT_H
#define WEFT_CONFORMANCE_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wc_kind {
	WC_R_VALUE = 1,	/* name = value: a claim of the device, the seed, a number for the judge */
	WC_R_MARK,	/* a place that the judge refers to by name */
	WC_R_TX,	/* bytes that we sent */
	WC_R_RX,	/* bytes that the device sent */
	WC_R_OP,	/* an operation begins: struct wc_op in bytes; its packets follow */
	WC_R_TIMEOUT,	/* we gave up waiting for what name says */
	WC_R_TROUBLE,	/* the tester itself could not do something: the case is inconclusive */
	WC_R_UT,	/* a frame of the upper tester: name says which command */
	WC_R_KINDS,
};

enum wc_ut_flags {
	WC_U_RESPONSE = 1,	/* WC_R_UT: the device's answer, else our command */
};

enum wc_tx_flags {
	WC_T_AUTO = 1,	/* the driver's own: acknowledgements, repetitions */
	WC_T_BAD = 2,	/* the device must not take it */
	WC_T_WILD = 4,	/* made by chance: its fields may hold what the device chose */
};

enum wc_rx_flags {
	WC_X_CE = 1,	/* the IP header around it says CE */
};

enum wc_op_flags {
	WC_O_AGAIN = 1,	/* WC_R_OP, of a capture: the first packet of it there is a repetition */
};

struct wc_rec {
	enum wc_kind kind;
	uint8_t flags;		/* enum wc_tx_flags, wc_rx_flags, wc_op_flags, wc_ut_flags */
	uint64_t t_ns;		/* since the case began */
	uint64_t value;		/* of a capture, TX, RX and OP: which other end; 0: all of them */
	const char *name;	/* "" if none; of a capture, TX and RX: its frame there */
	const uint8_t *bytes;
	uint32_t len;
};

struct wc_transcript {
	struct wc_rec *rec;
	size_t count, room;
	uint8_t head[32];	/* of the hash chain */
};

void wc_transcript_init(struct wc_transcript *t);
void wc_transcript_free(struct wc_transcript *t);
/* Append a copy of r and of what it points to; returns its index. */
size_t wc_transcript_add(struct wc_transcript *t, const struct wc_rec *r);

/* 0, or a negative errno. */
int wc_transcript_save(const struct wc_transcript *t, const char *path);
/* The same of n bytes in memory. */
int wc_transcript_parse(struct wc_transcript *t, const uint8_t *bytes, size_t n);
/* 0; -EBADMSG when the file is no transcript or was changed; or another negative errno. */
int wc_transcript_load(struct wc_transcript *t, const char *path);

#endif
