/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driving a device: contexts, streams and operations of an initiator, as a case's script uses them.
 *
 * A script sends, waits and marks; it gives no verdict.  All that it does and all that comes back
 * is in the transcript, which is all that the judge sees.  A wait that ends without its answer is
 * recorded, and the script goes on or returns: the judge finds what is missing.
 *
 * The driver behaves as a well-meaning initiator: it acknowledges what comes, repeats what is not
 * acknowledged, and answers SENDs.  A script can break each of these habits.
 */
#ifndef WEFT_CONFORMANCE_DRIVE_H
#define WEFT_CONFORMANCE_DRIVE_H

#include "conformance/dut.h"
#include "conformance/view.h"

#include <signal.h>

#define WC_CTXS		8u
#define WC_STREAMS	80u
#define WC_OUT_MAX	64u	/* packets of a context that wait for acknowledgement */
#define WC_OWN_WINDOW	128u	/* packets that we say we receive */
#define WC_OUR_MESSAGES	64u	/* messages that the device may have outstanding with us, */
#define WC_OUR_READS	16u	/* of these READs and atomics */

/*
 * Set it (from a signal handler, if need be) and every wait ends at once: whatever case is being
 * driven is then worth nothing.
 */
extern volatile sig_atomic_t wc_interrupted;

struct wc_t;

struct wc_sent {
	struct wc_frame f;	/* body points into the transcript */
	uint64_t at_ns;		/* last time */
	unsigned tries;
};

/* A request of the device that is not answered yet. */
struct wc_todo {
	bool used, whole;
	uint32_t msn, got;		/* bytes of it that came */
	uint64_t opcode, addr, len, aop, operand, compare;	/* as its latest packet says */
};
#define WC_TODO 64u

/* Our own memory, which a device that has work for us reaches by this key. */
#define WC_OWN_KEY	0x7e57u
#define WC_OWN_BASE	0x500000ull
#define WC_OWN_LEN	131072u

/* One context of ours. */
struct wc_ctx {
	struct wc_t *t;
	uint32_t id, gen;		/* ours */
	uint32_t mode, domain;
	uint64_t chip_id;
	uint32_t incarnation;
	uint32_t start, next;		/* PSN of our first packet, and of the next */
	uint32_t window, payload;	/* that we announce */
	uint32_t cookie;		/* that the device asked for; 0: none */
	bool known;			/* the device's SYN has come */
	uint32_t peer_id, peer_gen, peer_window, peer_payload, peer_start;
	bool quiet;			/* acknowledge nothing */
	bool target;			/* the device opened it */
	bool keep_syn;			/* send SYN though the device is known */
	uint32_t rx_next;		/* first PSN of the device not received */
	uint8_t seen[WC_MAX_WINDOW];	/* 1: received, by PSN modulo */
	uint32_t rx_bytes, echo_psn, echo_entropy;
	bool ack_due;
	bool ended;			/* closed or reset: repeat nothing more */
	struct wc_sent out[WC_OUT_MAX];
	unsigned n_out;
};

/* One stream of ours. */
struct wc_stream {
	struct wc_ctx *c;
	uint32_t qpn, peer_qpn;		/* ours, the device's */
	uint32_t msn, ssn;		/* of the next message, and of the next SEND */
	uint32_t credits, window, reads;	/* as the device accepted */
	uint32_t rx_msn;		/* next message of the device to be acknowledged */
	bool tack_due;
	bool mute;			/* complete no message of the device */
	/* For a device that is the requester (drive_ut.c, drive_serve.c). */
	uint32_t ep;			/* of its queue pair, by the upper tester; 0: none */
	unsigned rnr_retry;		/* that it was made with; 0: its default */
	uint32_t posted;		/* work requests of the device, so far */
	bool serve;			/* its requests, not SENDs alone, are served */
	bool called;			/* the device is to ask for it, as this service */
	uint32_t service;
	bool taken;			/* it has */
	struct wc_todo todo[WC_TODO];
	uint32_t epoch;			/* EPOCH of the packets that we take */
	uint32_t refuse_msn, refuse_delay_ns;
	uint64_t refuse;		/* the status that this message is refused with */
	unsigned refuse_times;		/* so often more */
};

/* Memory that every device under test lets us reach. */
struct wc_mem {
	uint32_t key;
	uint64_t base;
	uint64_t len;
};

/* Regions of the personality (case.h): the first key, and where each begins. */
#define WC_REGION_FIRST		0x11u
#define WC_REGION_BASE(key)	(0x10000ull + ((key) - WC_REGION_FIRST) * 0x20000ull)

/* A running case. */
struct wc_t {
	struct wc_dut *dut;
	struct wc_transcript tr;
	struct wc_view view;
	uint64_t t0_ns;
	uint64_t rng;
	bool runaway;		/* the device exceeded its budget: nothing more is waited for */
	uint32_t rx_budget;	/* packets of the device that a case puts up with */
	uint32_t first_id;	/* of the context ids of this case */
	unsigned timeouts;	/* waits that ended without what they waited for */
	struct wc_ctx ctx[WC_CTXS];
	unsigned n_ctx;
	struct wc_stream stream[WC_STREAMS];
	unsigned n_streams;
	/* what every script finds made: a context with two streams, and memory */
	struct wc_ctx *c;
	struct wc_stream *a, *b;
	struct wc_mem mem;
	/* with an upper tester */
	struct wc_mem local;		/* of the device, for its own work requests */
	struct wc_mem region[16];	/* the personality's, in order; key 0: as named */
	struct wc_ctx *callee;		/* the context that the device is to open; NULL: none */
	uint32_t next_wid;
	uint8_t *own;			/* WC_OWN_LEN bytes */
	/* True: the network loses this packet of the device: nothing is done with it.  Or NULL. */
	bool (*lose)(struct wc_t *t, const struct wc_frame *f);
	unsigned lost;			/* for lose() to count in */
	uint32_t our_messages, our_reads;	/* WC_OUR_*, or what the script allows */
	uint32_t sack_bits;		/* that our HELLO says we take; 0: all that there can be */
	uint32_t version_min, version_max;	/* that it says; both 0: version 1 alone */
	bool own_recvs;			/* the script posts the device's receive buffers itself */
};

void wc_drive_init(struct wc_t *t, struct wc_dut *dut, uint64_t seed);
void wc_drive_free(struct wc_t *t);

/* ---- notes for the judge -------------------------------------------------------------- */

void wc_mark(struct wc_t *t, const char *name);
void wc_value(struct wc_t *t, const char *name, uint64_t value);
/* The tester could not do its part. */
void wc_trouble(struct wc_t *t, const char *what);
/* Nothing more will come: the device fell, which is its failure, or our carriage did. */
void wc_lost(struct wc_t *t);
/* "w", 3 -> "w3"; in a buffer that lives until sixteen more calls. */
const char *wc_nth(const char *name, unsigned n);
/* The same bytes for the same seed, here and in the judge. */
void wc_fill(uint8_t *to, uint32_t len, uint32_t seed);

/* ---- contexts and streams ------------------------------------------------------------- */

/* A context of ours, in mode and domain.  Nothing is sent before there is something to send. */
struct wc_ctx *wc_open(struct wc_t *t, uint32_t mode, uint32_t domain);
/* The best mode that the device claims. */
uint32_t wc_best_mode(const struct wc_t *t);
/* Ask for a stream.  NULL when it was not accepted; the operation of that name says why. */
struct wc_stream *wc_connect(struct wc_ctx *c, const char *name, uint32_t service);
/* The same, returning at once; and what to do when the acceptance has come. */
struct wc_stream *wc_connect_start(struct wc_ctx *c, const char *name, uint32_t service);
/* The same of a queue pair that the upper tester is asked for (WC_SERVICE_UPPER). */
#define WC_SERVICE_UPPER 0x55540000u
struct wc_stream *wc_connect_asking(struct wc_ctx *c, const char *name, uint32_t service,
				    unsigned rnr_retry);
bool wc_connected(struct wc_stream *s, const char *name);
/* End a context in order: CLOSE, and its acknowledgement. */
void wc_close(struct wc_ctx *c);
/* Forget a context without a word. */
void wc_drop(struct wc_ctx *c);
/* Give it up by NACK RESET, in whatever state it is. */
void wc_reset(struct wc_ctx *c);

/* ---- operations ----------------------------------------------------------------------- */

/* Bytes of payload that fit into one packet to the device: by its limit and by the path's. */
uint32_t wc_payload_limit(const struct wc_ctx *c);
/* Begin an operation; wc_await() waits for it. */
void wc_write(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
	      const uint8_t *data, uint32_t len);
void wc_read(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr, uint32_t len);
void wc_fadd(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr, uint64_t add);
void wc_cas(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
	    uint64_t compare, uint64_t swap);
void wc_send(struct wc_stream *s, const char *name, const uint8_t *data, uint32_t len);

/* Wait until it is answered.  True: answered (whatever the answer). */
bool wc_await(struct wc_t *t, const char *name);
/* Wait until its last PSN is acknowledged. */
bool wc_await_ack(struct wc_t *t, const char *name);

/* Begin and wait. */
bool wc_do_write(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
		 const uint8_t *data, uint32_t len);
bool wc_do_read(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
		uint32_t len);
bool wc_do_fadd(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
		uint64_t add);
bool wc_do_cas(struct wc_stream *s, const char *name, uint32_t key, uint64_t addr,
	       uint64_t compare, uint64_t swap);

/* WRITE and READ back of a fresh number: is everything up to memory alive? */
bool wc_probe(struct wc_stream *s, const char *name);

/* ---- packets by hand ------------------------------------------------------------------ */

/*
 * One packet of an operation, with the next PSN and MSN, neither of which is used up.  Change it,
 * then announce it with wc_op() if it is to be answered, then emit it.
 */
struct wc_frame wc_f_write(const struct wc_stream *s, uint32_t key, uint64_t addr,
			   const uint8_t *data, uint32_t len);
struct wc_frame wc_f_read(const struct wc_stream *s, uint32_t key, uint64_t addr, uint32_t len);
struct wc_frame wc_f_atomic(const struct wc_stream *s, uint32_t key, uint64_t addr,
			    uint64_t aop, uint64_t operand, uint64_t compare);
struct wc_frame wc_f_reduce(const struct wc_stream *s, uint32_t key, uint64_t addr,
			    uint64_t redop, uint64_t dtype, const uint8_t *data, uint32_t len);
struct wc_frame wc_f_flush(const struct wc_stream *s, uint32_t key, uint64_t addr, uint32_t len,
			   uint64_t level);
/* Add a SIGNAL to a packet with EOM. */
void wc_signal(struct wc_frame *f, uint32_t key, uint64_t addr, uint32_t value);
struct wc_frame wc_f_send(const struct wc_stream *s, const uint8_t *data, uint32_t len);
struct wc_frame wc_f_nop(const struct wc_stream *s);
/* The delivery header alone, as the context stands now: SYN while the device is not known. */
struct wc_frame wc_f_base(const struct wc_ctx *c);
/* A CTRL packet of a context with these TLVs. */
struct wc_frame wc_f_ctrl(const struct wc_ctx *c, const uint8_t *tlvs, uint32_t len);
/* A CTRL packet that stands alone; psn is a fresh transaction number. */
struct wc_frame wc_f_alone(struct wc_t *t, const uint8_t *tlvs, uint32_t len);
/* HELLO as a TLV at buf, with or without REPLY; returns its length. */
uint32_t wc_hello_tlv(const struct wc_t *t, uint8_t *buf, uint64_t flags);
/*
 * A PAD behind the TLVs of a question, at bytes so far, that makes the packet that stands alone as
 * long as asked for, a multiple of 4, and the room for its answer three times that (WEFT-MGT-030);
 * returns the new length of the TLVs.
 */
uint32_t wc_pad_put(uint8_t *tlvs, uint32_t at, uint32_t bytes);
#define WC_ASK_HELLO	160u	/* bytes of a question that bring any HELLO */
#define WC_ASK_METERS	344u	/* ... or 82 counters */

/* Announce f as an operation of s; uses up its MSN. */
void wc_op(struct wc_stream *s, const char *name, enum wc_op_kind kind,
	   const struct wc_frame *f);

/* Announce f, emit it, and wait for its answer. */
bool wc_do(struct wc_stream *s, const char *name, enum wc_op_kind kind, const struct wc_frame *f);

enum wc_emit {
	WC_E_OK = 0,	/* the device is to take it: repeated until acknowledged; uses up its PSN */
	WC_E_BAD = 1,	/* the device must not take it: sent once; uses up nothing */
	WC_E_LOOSE = 2,	/* sent once, as if the network could lose the rest; uses up its PSN */
	WC_E_AUTO = 4,	/* not of the script */
	WC_E_SERVE = 8,	/* not of the script either, but repeated as WC_E_OK */
	WC_E_WILD = 16,	/* beside BAD or LOOSE: made by chance */
};
/* A key of the personality, and an address of its region, as the device has them: others where an
 * upper tester made the regions.  Done to every packet that is emitted as fields. */
void wc_localise(const struct wc_t *t, uint64_t *key, uint64_t *addr);
void wc_emit(struct wc_ctx *c, const struct wc_frame *f, unsigned how);
/* Raw bytes.  Takes WC_E_BAD or WC_E_LOOSE, with WC_E_WILD or without; uses up no PSN. */
void wc_emit_bytes(struct wc_t *t, const uint8_t *bytes, uint32_t len, unsigned how);

/* ---- waiting -------------------------------------------------------------------------- */

/* Let packets come for so long. */
void wc_pause(struct wc_t *t, unsigned ms);
/* Ask HELLO twice, and wait for the answers: whatever came before has been dealt with. */
bool wc_marker(struct wc_t *t);
typedef bool (*wc_until)(struct wc_t *t, const void *arg);
/* Wait until `until` holds, recording what for when it does not. */
bool wc_wait(struct wc_t *t, wc_until until, const void *arg, const char *what);

/* ---- inside the driver ---------------------------------------------------------------- */

void wc_drive_rx(struct wc_t *t, const struct wc_frame *f);
void wc_drive_answers(struct wc_t *t);
void wc_drive_repeat(struct wc_t *t);
/* The device's requests (drive_serve.c): one more packet of them; answer what can be answered. */
void wc_serve_rx(struct wc_stream *s, const struct wc_frame *f);
void wc_serve(struct wc_stream *s);
/* Append a record to the transcript; returns its index. */
size_t wc_record(struct wc_t *t, enum wc_kind kind, unsigned flags, const char *name,
		 const uint8_t *bytes, uint32_t len);
/* The device's time, in nanoseconds. */
uint64_t wc_now(const struct wc_t *t);
uint64_t wc_random(struct wc_t *t);
/* The next number of a generator whose state is *rng. */
uint64_t wc_next(uint64_t *rng);

#endif
