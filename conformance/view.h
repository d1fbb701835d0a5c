/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transcript with its packets parsed, and the questions that can be asked of it.
 *
 * Both the driver (is the answer there yet?) and the judges (was it right?) ask here, so that
 * they cannot differ in what they see.  Looks, does not decide.
 */
#ifndef WEFT_CONFORMANCE_VIEW_H
#define WEFT_CONFORMANCE_VIEW_H

#include "conformance/frame.h"
#include "conformance/transcript.h"

#define WC_NONE SIZE_MAX	/* no such record */

struct wc_view {
	const struct wc_transcript *t;
	struct wc_frame *f;	/* of each record; meaningful for TX and RX */
	const char **wrong;	/* of each record: why it is no packet, NULL if it is one */
	size_t count, room;	/* records parsed so far */
};

void wc_view_init(struct wc_view *v, const struct wc_transcript *t);
void wc_view_free(struct wc_view *v);
/* Parse what was appended since the last call. */
void wc_view_update(struct wc_view *v);

/* Is record i a packet of the device whose form and CRC are right? */
bool wc_view_rx(const struct wc_view *v, size_t i);

size_t wc_view_mark(const struct wc_view *v, const char *name);
/* The latest value of that name; otherwise if there is none. */
uint64_t wc_view_value(const struct wc_view *v, const char *name, uint64_t otherwise);

/* Serial numbers: is a before b? (WEFT-CONV-001) */
static inline bool wc_before(uint64_t a, uint64_t b)
{
	uint32_t d = (uint32_t)b - (uint32_t)a;

	return d && d < 0x80000000u;
}

/* What kind of answer an operation waits for. */
enum wc_op_kind {
	WC_OP_MESSAGE = 1,	/* TACK: SEND, WRITE, and whatever is to be refused */
	WC_OP_READ,		/* READ_RSP, or a refusal */
	WC_OP_ATOMIC,		/* ATOMIC_RSP, or a refusal */
	WC_OP_CONNECT,		/* EP_ACCEPT or EP_REJECT */
	WC_OP_PLAIN,		/* nothing but the acknowledgement of its PSN */
	WC_OP_ANY,		/* none: whatever comes for this stream answers something */
};

/* An operation as the driver announced it; all it takes to find its answer. */
struct wc_op {
	enum wc_op_kind kind;
	uint32_t pdc;		/* our context id: where the answer comes to */
	uint32_t qpn;		/* our queue pair */
	uint32_t msn;
	uint32_t psn_first, psn_last;
	uint32_t len;		/* bytes asked for or sent */
};

#define WC_OP_BYTES 28u
void wc_op_pack(const struct wc_op *op, uint8_t out[WC_OP_BYTES]);

enum { WC_PENDING = -1 };	/* no answer */

struct wc_result {
	struct wc_op op;
	size_t at;		/* record of the operation, WC_NONE: there is none of that name */
	bool acked;		/* its last PSN, by ack_psn or bitmap */
	int status;		/* enum wc_status, or WC_PENDING; CONNECT: enum wc_ep_reason, OK */
	unsigned refusals;	/* distinct packets that refuse it */
	uint64_t old;		/* ATOMIC */
	size_t evidence;	/* record that settled it, or WC_NONE */
	uint32_t got;		/* READ: bytes that came */
	struct wc_ep ep;	/* CONNECT: the acceptance */
};

/*
 * What became of the operation of that name, by the records before `until` (WC_NONE: all).
 * data may be NULL; else READ data are copied there, at most room bytes.
 */
struct wc_result wc_view_result(const struct wc_view *v, const char *name, size_t until,
				uint8_t *data, uint32_t room);

/* First packet of the device in [from, until) that acknowledges psn of our context pdc. */
size_t wc_view_acked(const struct wc_view *v, uint32_t pdc, uint32_t psn, size_t from,
		     size_t until);
/* Does packet f acknowledge psn, by ack_psn or bitmap? */
bool wc_frame_acks(const struct wc_frame *f, uint32_t psn);
/* First NACK of that reason in [from, until). */
size_t wc_view_nack(const struct wc_view *v, uint64_t reason, size_t from, size_t until);
/* First stand-alone CTRL packet with that TLV and transaction number in [from, until). */
size_t wc_view_alone(const struct wc_view *v, uint64_t tlv, uint64_t psn, size_t from,
		     size_t until);

#endif
