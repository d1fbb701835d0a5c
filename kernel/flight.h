/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flight recorder: what each context did last, kept for the moment something fails.
 */
#ifndef WEFT_KERNEL_FLIGHT_H
#define WEFT_KERNEL_FLIGHT_H

#include <linux/types.h>

#define WEFTK_FLIGHT_ENTRIES 64u	/* of a context, a power of two */
#define WEFTK_FLIGHTS 8u		/* records that a device keeps */

struct weftk_ctx;
struct weftk_dev;
struct weft_act;
struct weft_txd;
struct weft_view;

enum weftk_seen {
	WEFTK_SEEN_NOTHING,
	WEFTK_SEEN_IN,		/* a packet that came; code: its type, status: enum weft_drop */
	WEFTK_SEEN_OUT,		/* a packet sent; code: its type; status: 1 if not for the first
				 * time */
	WEFTK_SEEN_REFUSED,	/* an action that was not OK; code: enum weft_act_type */
	WEFTK_SEEN_DONE,	/* a work request complete; code: enum weft_opcode */
	WEFTK_SEEN_EVENT,	/* code: enum weft_event */
};

struct weftk_entry {
	u64 at;			/* ns */
	u32 psn;		/* of a packet; else 0 */
	u32 msn;		/* of DATA; DONE: low half of the work request's number */
	u32 qpn;		/* ours; 0: none, or not known */
	u16 len;		/* payload bytes */
	u8 seen;		/* enum weftk_seen */
	u8 code, op;		/* op: enum weft_opcode of DATA */
	u8 status;		/* enum weft_status, unless said otherwise above */
};

struct weftk_flight {		/* of a context; under its shard's lock */
	u32 n;			/* entries ever made */
	u32 newest;		/* PSN after the latest sent */
	u64 kept_at;		/* when it was kept last; 0: never */
	struct weftk_entry ring[WEFTK_FLIGHT_ENTRIES];
};

/* In the turn, with the shard's lock held. */
void weftk_saw_in(struct weftk_ctx *ctx, const struct weft_view *v, u8 why);
void weftk_saw_out(struct weftk_ctx *ctx, const struct weft_txd *t);
void weftk_saw_refusal(struct weftk_ctx *ctx, const struct weft_act *act, u8 st);
/* COMPLETE and EVENT: one that tells of an error keeps the record. */
void weftk_saw_act(struct weftk_ctx *ctx, const struct weft_act *act);

/*
 * Process context.  Without debugfs there is no folder, and nothing else differs; host.h has what
 * makes a device's.  weftk_flights_close() waits for readers; before the device's shards go.
 */
void weftk_flights_init(void);
void weftk_flights_exit(void);
int weftk_flights_make(struct weftk_dev *dev);
void weftk_flights_close(struct weftk_dev *dev);
void weftk_flights_free(struct weftk_dev *dev);

#endif
