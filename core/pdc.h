/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a context is made of, for the engine's own files.  Hosts see core/weft.h only.
 *
 * Who owns what: sack.c the receive bitmaps, ack.c acknowledgements both ways, retx.c the
 * list of sent packets and the timers, tx.c what is sent next, path.c entropy, stream.c and
 * below it requester.c and responder.c the messages, hold.c packets before their turn.
 */
#ifndef WEFT_CORE_PDC_H
#define WEFT_CORE_PDC_H

#include "core/cc.h"
#include "core/msg.h"
#include "core/grantor.h"
#include "core/mutant.h"
#include "core/path.h"
#include "core/psn.h"
#include "core/weft.h"

#define NO_IDX	0xffffu		/* no list neighbour, hold */
#define CTRL_SLOTS 16u
#define CTRL_BYTES (WEFT_HDR_TLV_LEN + WEFT_HDR_TLV_EP_CONNECT_LEN + WEFT_EP_PRIVATE_MAX)
#define WEFT_QPN_BITS 24
#define OWED_SPARE 16u		/* beyond one for each stream */

/* ---- sending ------------------------------------------------------------------------ */

enum txkind {			/* what a PSN carries, to build it again */
	TX_NONE,
	TX_REQ,			/* a packet of a request: msn, off, len */
	TX_READ_RSP,		/* msn, off, len */
	TX_ATOMIC_RSP,		/* msn */
	TX_TACK,		/* the stream's state when it is built */
	TX_NAK,			/* the stream's refusal of msn; off: status; slot: NAK_GONE or 0 */
	TX_REFUSAL,		/* the same, or a TACK, without a stream; off: qpn; slot: status */
	TX_REJECT,		/* EP_REJECT: off: the peer's qpn, msn: ours or 0, slot: reason */
	TX_DISCONNECT,		/* EP_DISCONNECT: the same */
	TX_CTRL,		/* slot */
	TX_NOP,
	TX_LS,			/* load and store; msn: chain of tags */
	TX_LS_RSP,		/* answers; the same */
	TX_RD,			/* reliable datagram; msn: which */
	TX_RD_RSP,		/* its answer; off: qpn, msn: tag, slot: status */
	TX_WINDOW,		/* WINDOW_STATUS; off: the window, slot: status */
};

#define NAK_GONE 1u		/* the memory of a READ went; it may be done at the requester */

struct txrec {			/* one PSN outstanding, which its place tells: txpsn_of() */
	weft_time sent;		/* last time */
	struct weft_stream *s;	/* NULL: none, or it has gone */
	uint32_t msn;
	uint32_t off;
	union {
		uint16_t len;	/* of what has a payload */
		uint8_t slot;	/* of what has none: see enum txkind */
	};
	uint16_t next, prev;	/* in the order list or the lost list */
	uint8_t path;
	uint8_t kind : 4;	/* enum txkind */
	uint8_t acked : 1;
	uint8_t lost : 1;	/* on the lost list */
	uint8_t again : 1;	/* sent more than once: gives no round-trip sample */
	uint8_t sure : 1;	/* goes by a path that has just worked: WEFT-CC-093 */
};

_Static_assert(sizeof(struct txrec) <= 32, "two in a cache line: there are many");

struct txlist {
	uint16_t head, tail;	/* NO_IDX: empty */
};

struct ctrl_slot {
	uint8_t bytes[CTRL_BYTES];	/* a TLV, padded */
	uint16_t len;			/* 0: free */
	bool queued;			/* has no PSN yet */
	bool close;			/* this is CLOSE */
};

struct owed {			/* something short to tell the peer, that waits for a PSN */
	uint32_t qpn;
	uint32_t msn;		/* TX_REFUSAL: the message; the others: our qpn, or 0 */
	uint8_t kind;		/* TX_REFUSAL, TX_REJECT, TX_DISCONNECT */
	uint8_t reason;		/* TX_REFUSAL: the status; OK: a TACK */
};

/* ---- receiving ---------------------------------------------------------------------- */

enum rxkind { RX_FREE, RX_REQ, RX_RSP, RX_LS, RX_RD };

struct rxrec {			/* one PSN received whose placement is not answered */
	uint32_t psn, msn, off, len;
	struct weft_stream *s;	/* NULL: the stream has gone */
	uint16_t hold;		/* slot offered or used for keeping the packet, or WEFT_NO_HOLD */
	uint16_t next;		/* in the stream's list of held packets, ring index */
	uint8_t kind;		/* enum rxkind */
	bool kept;		/* the host has the packet in `hold` */
	bool loose;		/* kept for its message's turn; then in any order */
};

/* ---- trimmed packets ---------------------------------------------------------------- */

struct trims {			/* what the sender is to be told was trimmed */
	uint32_t first[WEFT_MAX_RANGES];
	uint16_t count[WEFT_MAX_RANGES];
};

/* ---- streams ------------------------------------------------------------------------ */

struct sqe {			/* requester: one work request */
	struct weft_wr wr;
	union {
		uint32_t ssn;		/* SEND, or with IMM */
		uint32_t contig;	/* READ: bytes placed in order */
	};
	uint32_t taken;		/* READ: bytes given to the host to place */
	uint32_t got;		/* READ: bytes placed */
	union {
		uint64_t value;		/* ATOMIC: old value */
		uint64_t cover;		/* READ: of pieces placed out of order: cover.h */
	};
	bool done;		/* READ, ATOMIC: the response is complete */
};

/* Rings of streams with something to do, each stream in its turn. */
enum ring {
	RING_REQ,		/* requests to send */
	RING_RSP,		/* responses to send */
	RING_RNR,		/* waits to replay; never on RING_REQ then */
	RING_WORK,		/* actions to give the host */
	RINGS,
};

struct link {			/* a place in a ring */
	struct weft_stream *next, *prev;	/* NULL: not in it */
};

/*
 * What only a stream with work needs: behind the stream, or in a block of a pool while there is
 * any.  At rest no link is in a ring and all messages are MSG_FREE, so that nothing need be made
 * afresh.  sq_depth send-queue entries and `window` messages follow.
 */
struct stream_run {
	void *pool_link;	/* the pool's while the block is free */
	struct link link[RING_WORK];
	struct msg *msgs;	/* cfg.window, by msn */

	uint32_t drain_msn;	/* requester: `drain` */

	/* requester, in state RNR */
	weft_time rnr_until;
	uint32_t rnr_msn;
	uint8_t rnr_tries;

	/* responder */
	uint8_t nak_status;
	uint8_t exec_tag;	/* token of the message that the host executes */
	uint32_t nak_msn;
	uint32_t exec_msn;
	uint32_t late_msn, gone_msn;	/* late_status, gone */
	bool cut;		/* the peer has given up message cut_msn and later ones */
	uint32_t cut_msn;
};

struct weft_stream {
	struct weft_pdc *pdc;
	struct weft_stream_cfg cfg;
	struct stream_run *run;	/* NULL: at rest */
	struct weft_stream *child[2];	/* streams.c's tree by queue pair number */
	struct link work;
	enum weft_stream_state state;
	uint32_t peer_qpn;	/* 0: not known yet */
	uint32_t early_end;	/* a DISCONNECT that came before ACCEPT: its src_qpn, reason:8 */
	enum weft_status fail_status;	/* of message fail_msn; ERROR only */
	enum weft_status ev_status;
	bool failing;		/* messages from fail_msn on are lost */
	bool ev_error;		/* STREAM_ERROR is to be told, with ev_status */
	bool ev_refused;	/* we refused a request of the peer's */
	uint16_t out;		/* PSNs outstanding that carry something of this stream */

	/* requester */
	uint32_t head;		/* oldest msn not completed to the host */
	uint32_t next;		/* msn to send next */
	uint32_t tail;		/* msn of the next post */
	uint32_t off;		/* bytes of message `next` that have a PSN */
	uint32_t acked;		/* msns before it are complete at the responder */
	uint32_t next_ssn;
	uint32_t fail_msn;
	uint16_t reads_out;	/* READs and atomics sent and not complete */
	uint16_t unacked;	/* packets of requests without acknowledgement */
	uint16_t peer_window;
	uint8_t peer_reads;
	bool tx_epoch;
	bool drain;		/* begin no message from run->drain_msn on */
	bool ev_drained;	/* SQ_DRAINED is to be told */
	bool spoke;		/* the host has posted since the peer's last message */
	int8_t turns;		/* messages that went to and fro; below 0: a TACK waited in vain */

	/* responder */
	uint32_t exp;		/* oldest msn not complete */
	uint32_t rsp_next;	/* oldest msn whose response may not have been sent whole */
	uint32_t credits;	/* SSN up to which receive buffers are posted */
	uint32_t rx_ssn;	/* receive buffer that completes next */
	uint16_t n_msgs;	/* messages that are not MSG_FREE */
	uint16_t reads_in;	/* READs and atomics whose response has not been sent whole */
	uint16_t held, held_tail;	/* kept packets in order of place, ring index of PSN */
	uint16_t placing;	/* packets of requests that the host is placing */
	bool nak_due, tack_due;
	bool unbind_due;	/* the host is to free receive buffers bound ahead */
	uint8_t late_status;	/* refusal of message run->late_msn, in its turn; OK: none */
	bool gone;		/* the memory of READ run->gone_msn went; the peer will hear */
	bool mute;		/* READs and atomics get no more answers */
	bool rx_epoch;
	bool dead;		/* requests have no effect any more */
	bool told;		/* the peer knows of the end, or will be told */
	bool tell_due;		/* the peer is to be told when what comes before is complete */
};

#define TURNS_SURE 4		/* turns until a TACK waits for the next message */
#define TURNS_AGAIN 16		/* after one that waited in vain, so many more */

/* ---- the context -------------------------------------------------------------------- */

struct weft_pdc {
	const struct weft_profile *prof;
	struct weft_stats *st;
	struct weft_pdc_cfg cfg;
	enum weft_pdc_state state;
	bool initiator;
	bool peer_known;	/* peer_id and the peer's limits are known */
	bool peer_knows;	/* the peer has shown that it knows our id */
	bool restarted;		/* the peer has a later incarnation than we knew */
	uint32_t peer_id;
	uint32_t peer_incarnation;
	uint32_t cookie;	/* that the target gave us; 0: none */
	uint8_t peer_gen;
	uint16_t peer_window, peer_payload;
	enum weft_status fail_status;	/* state FAILED only */

	/* sending */
	struct txrec *tx;	/* ring, index (psn - tx_start) & tx_mask */
	uint32_t tx_start;	/* first PSN of our direction */
	uint32_t una, nxt;	/* oldest outstanding, next new */
	uint32_t peer_edge;	/* first PSN that the peer will not receive */
	struct txlist order;	/* outstanding in order of sending */
	struct txlist lost;	/* to be sent again, in PSN order as far as known */
	uint32_t flight_req, flight_rsp;	/* packets under congestion control */
	struct ctrl_slot *ctrl;	/* n_ctrl */
	struct owed *owed;	/* ring of rings_owed(), at most max_streams + OWED_SPARE */
	uint16_t ctrl_queued;	/* slots without a PSN */
	uint16_t owed_at, n_owed;
	uint8_t n_ctrl;		/* slots there are now, at most CTRL_SLOTS */
	bool want_nop;		/* keepalive */
	bool tack_waited;	/* a request went before a TACK: it is the TACK's turn */
	bool want_window;	/* the peer's window is to be asked for */
	bool pace_open;		/* at the look before this packet: data may go */
	uint16_t tlp_idx;	/* packet to send as tail-loss probe, or NO_IDX */

	/* time */
	uint64_t srtt, var, min_rtt;
	weft_time progress;	/* last acknowledgement of something new, or first sending */
	weft_time newest_sent;	/* sending time of the newest packet acknowledged */
	weft_time heard;	/* last packet taken from the peer */
	weft_time active;	/* last use, for the idle close */
	weft_time rack_due;	/* WEFT_NEVER: none */
	weft_time timeout_at;	/* the last timeout */
	uint32_t cwnd_before;	/* congestion window before the first timeout in a row; 0: none
				 * was, or a packet was lost since */
	uint32_t timeout_psn;	/* what went again at the last timeout */
	uint8_t backoff;	/* timeouts in a row */
	uint8_t reo_steps;	/* how much needless retransmission widened the reordering time */
	uint8_t tlp_sent;	/* tail-loss probes in a row */
	bool was_busy;		/* the peer said BUSY */

	/* receiving */
	uint64_t *have, *done;	/* bitmaps, by psn & (rx_bits - 1) */
	uint16_t rx_bits;	/* prof->window, but at least 64 */
	uint16_t tx_mask, rx_mask;	/* of rings: rings.c */
	struct rxrec *rx;	/* ring, index psn & rx_mask */
	bool rx_started;
	uint32_t rx_start;	/* the peer's first PSN */
	uint32_t rx_cum;	/* first PSN not done */
	uint32_t rx_max;	/* PSN after the highest received */
	uint32_t acked_cum;	/* rx_cum when the peer was told last */
	uint32_t rx_last;	/* PSN received last, for echoes */
	uint32_t rx_unacked;	/* packets since the last acknowledgement */
	uint32_t rx_bytes;
	uint32_t echo_psn;
	uint16_t echo_entropy, ce_count, ce_seen;
	weft_time echo_at;
	weft_time ack_due;	/* WEFT_NEVER: none */
	bool ack_now, ack_late;	/* one is due: at once, or if nothing that goes says the same */
	bool nack_due, nack_sent;	/* ROD */
	uint32_t nack_psn;	/* ROD: last packet that came out of order */
	bool reset_due;
	uint8_t trim_spent;	/* NACKs TRIMMED of the budget, as it was at trim_at */
	uint8_t n_trims;	/* ranges in use */
	bool fro;		/* the last message that came was of those that go to and fro */
	bool nudged;		/* somebody connects: has an old timeout to be waited for? */
	weft_time trim_at;
	struct trims *trims;

	/* streams */
	struct weft_stream *streams;	/* tree by queue pair number, stream.c */
	struct weft_stream *ring[RINGS];	/* whose turn it is; NULL: empty */
	weft_time rnr_due;	/* no stream in RING_RNR may replay before this */
	uint32_t n_streams;
	uint32_t n_busy;	/* streams, not failing, with work requests not complete */
	uint8_t exec_tag;	/* of the token given last for an execution */
	uint8_t req_turn, rsp_turn;	/* whose turn: streams, load and store, datagrams */

	/*
	 * Places for packets before their turn: those given back stand on a stack; from hold_mark
	 * on they have not been given yet.
	 */
	uint16_t *hold_free, *hold_release;	/* stacks: free; to be released by the host */
	uint16_t n_hold_free, n_hold_release, hold_mark;

	/*
	 * The block with all that only an active context needs, to which the pointers above and
	 * below lead; NULL: at rest.  All is zero in it but for records of packets, acknowledged.
	 */
	void *run;
	uint32_t run_psn;	/* records of PSNs before it are another context's */
	weft_time block_due;	/* when to try again for a block, or to let it go whatever the
				 * paths have learnt; WEFT_NEVER: neither */

	struct path_set *paths;	/* NULL: there is one path, or nothing is known of them */
	uint16_t path_next;	/* ROD: in use; RUD without `paths`: next in turn */
	uint16_t path_proven;	/* whose packet was acknowledged last; NO_PATH: none */
	uint8_t ports_down, peer_ports_down;	/* ports that do not work, a bit each */
	uint8_t ports_tell;	/* ports of ours whose state the peer has to learn */
	struct weft_hdr_probe probe_rx;	/* the peer's probe that is to be answered */
	bool probe_owed;
	struct weft_cc cc;
	uint32_t demand_told;	/* credit: packets that the peer knows we want to have sent */
	uint32_t granted;	/* packets that we let the peer have sent */
	uint32_t peer_demand;	/* what it wants to have sent */
	bool grant_owed;	/* the peer is to be told `granted` */
	bool grant_on;		/* in the grantor's list */
	struct weft_pdc *grant_next, *grant_prev;
	weft_time demand_at;	/* without a grant, we ask again then */
	struct ls *ls;			/* load and store; NULL: not offered */
	struct rd *rd;			/* reliable datagrams; NULL: not offered */
	weft_time pace_at;	/* when the next packet would go if none were ever late */
	weft_time pace_due;	/* packets wait for their time; WEFT_NEVER: none does */
	uint16_t pace_frac;	/* of pace_at, 1/65536 ns */

	bool want_close, peer_closed;
	bool close_asked;	/* by the host, not by the idle time: no new streams */
	bool ev_open, ev_closed, ev_failed;
};

/* An action of a type that uses nothing from wc on (weft.h). */
static inline void act_clear(struct weft_act *a)
{
	_Static_assert(offsetof(struct weft_act, wc) <= 64, "cleared for every packet");
	memset(a, 0, offsetof(struct weft_act, wc));
}

/* pdc.c */
bool pdc_take_block(struct weft_pdc *p);
/* The context is about to have work.  False: the pool is empty (WEFT-PDC-060). */
static inline bool pdc_wake(struct weft_pdc *p)
{
	return p->run || pdc_take_block(p);
}
void pdc_settle(struct weft_pdc *p, weft_time now);
void pdc_set_state(struct weft_pdc *p, enum weft_pdc_state next);
void pdc_fail(struct weft_pdc *p, enum weft_status st);
static inline bool pdc_live(const struct weft_pdc *p)
{
	return p->state != WEFT_PDC_STATE_CLOSED && p->state != WEFT_PDC_STATE_FAILED;
}
void pdc_maybe_closed(struct weft_pdc *p);
void pdc_closed(struct weft_pdc *p);
bool pdc_learn_peer(struct weft_pdc *p, const struct weft_hdr_syn *syn);

/* telemetry.c */
bool telemetry_answer(struct weft_pdc *p, const uint8_t *value);

/* rings.c */
uint16_t rings_tx_first(const struct weft_profile *f);
uint16_t rings_tx_short(const struct weft_profile *f);
uint16_t rings_rx_first(const struct weft_profile *f);
uint16_t rings_owed_first(const struct weft_profile *f);
void rings_begin(struct weft_pdc *p, void *block);
void rings_end(struct weft_pdc *p);
uint16_t rings_ctrl_first(const struct weft_profile *f);
bool rings_grow_tx(struct weft_pdc *p);
bool rings_grow_ctrl(struct weft_pdc *p);
bool rings_grow_owed(struct weft_pdc *p);
uint32_t rings_owed(const struct weft_pdc *p);
bool rings_grow_rx(struct weft_pdc *p);

/* blocks.c */
bool blocks_fit(struct weft_blocks *pool, size_t block, uint64_t shape);
void *blocks_take(struct weft_blocks *pool);
void blocks_give(struct weft_blocks *pool, void *block);

/* stream.c, streams.c */
struct weft_stream *stream_search(const struct weft_pdc *p, uint32_t qpn);
static inline struct weft_stream *stream_find(const struct weft_pdc *p, uint32_t qpn)
{
	struct weft_stream *top = p->streams;

	return !top || top->cfg.qpn == qpn ? top : stream_search(p, qpn);
}
void stream_put(struct weft_pdc *p, struct weft_stream *s);
void stream_take(struct weft_pdc *p, struct weft_stream *s);
void stream_set_state(struct weft_stream *s, enum weft_stream_state next);
void stream_error(struct weft_stream *s, enum weft_status st, uint32_t fail_msn);
void stream_tell_due(struct weft_stream *s);
void stream_error_tell(struct weft_stream *s, enum weft_status st, uint32_t fail_msn);
void stream_refused(struct weft_stream *s, enum weft_status st);
bool stream_take_block(struct weft_stream *s);
/* The stream is about to have work.  False: its pool is empty (WEFT-PDC-060). */
static inline bool stream_wake(struct weft_stream *s)
{
	return s->run || stream_take_block(s);
}
void stream_settle(struct weft_stream *s);
static inline struct link *link_of(struct weft_stream *s, enum ring which)
{
	return which == RING_WORK ? &s->work : &s->run->link[which];
}
void ring_join(struct weft_stream *s, enum ring which);
static inline void ring_add(struct weft_stream *s, enum ring which)
{
	if (!link_of(s, which)->next)
		ring_join(s, which);
}
void ring_del(struct weft_stream *s, enum ring which);
static inline void ring_turn(struct weft_pdc *p, enum ring which)
{
	p->ring[which] = link_of(p->ring[which], which)->next;
}

struct stream_walk {		/* all streams of a context; none may come or go meanwhile */
	struct weft_stream *todo[WEFT_QPN_BITS + 2];
	uint32_t n;
};
struct weft_stream *stream_first(const struct weft_pdc *p, struct stream_walk *w);
struct weft_stream *stream_next(struct stream_walk *w);

/* ep.c: connecting, and other TLVs of a context */
bool ep_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, struct weft_act *act,
	   bool *has_act, enum weft_drop *why);
struct ctrl_slot *ep_slot(struct weft_pdc *p);
void ep_put(struct weft_pdc *p, struct ctrl_slot *c, enum weft_tlv type, const void *head,
	    size_t head_len, const void *priv, size_t priv_len);
bool ep_queue_close(struct weft_pdc *p);
bool ep_owe(struct weft_pdc *p, enum txkind kind, uint32_t qpn, uint32_t msn, uint8_t reason);
bool ep_next_owed(struct weft_pdc *p, struct txrec *r);

/* requester.c */
void req_kick(struct weft_stream *s);
void req_connected(struct weft_stream *s);
uint32_t req_left(const struct weft_stream *s);
bool req_next(struct weft_stream *s, struct txrec *r);
void req_rx(struct weft_stream *s, const struct weft_view *v, uint32_t idx, weft_time now,
	    struct weft_act *act, bool *has_act, enum weft_drop *why);
void req_done(struct weft_stream *s, struct rxrec *x, enum weft_status st);
size_t req_work(struct weft_stream *s, struct weft_act *acts, size_t n);
bool req_complete(const struct weft_stream *s, uint32_t msn);
void req_rnr_due(struct weft_stream *s);
void req_expire_rnr(struct weft_stream *s, weft_time now);
uint64_t req_waiting(const struct weft_stream *s);
uint32_t req_payload_max(const struct weft_pdc *p);
/* The same where the operation has so many bytes of header after `op`. */
uint32_t req_payload_under(const struct weft_pdc *p, uint32_t hdr);

/* responder.c */
bool rsp_rx(struct weft_stream *s, const struct weft_view *v, uint32_t idx,
	    struct weft_act *act, bool *has_act, enum weft_drop *why);
void rsp_answered(struct weft_stream *s);
void rsp_untake(struct weft_stream *s, const struct rxrec *x);
void rsp_give_up(struct weft_stream *s, uint32_t msn);
void rsp_done_place(struct weft_stream *s, struct rxrec *x, enum weft_status st);
static inline struct msg *msg_of(struct weft_stream *s, uint32_t msn)
{
	return &s->run->msgs[msn & (s->cfg.window - 1u)];
}
static inline struct sqe *sqe_of(const struct weft_stream *s, uint32_t msn)
{
	return (struct sqe *)(void *)(s->run + 1) + (msn & (s->cfg.sq_depth - 1u));
}

/* execute.c */
void rsp_whole(struct weft_stream *s, struct msg *m);
void rsp_done_exec(struct weft_stream *s, enum weft_status st, uint64_t value);
size_t rsp_work(struct weft_stream *s, struct weft_act *acts, size_t n);
void rsp_refuse(struct weft_stream *s, struct msg *m, enum weft_status st);
void rsp_refuse_late(struct weft_stream *s, uint32_t msn, enum weft_status st);
void rsp_nak(struct weft_stream *s, uint32_t msn, enum weft_status st);
void rsp_free(struct weft_stream *s, struct msg *m);
void rsp_skip(struct weft_stream *s);

/* respond.c */
bool rsp_next(struct weft_stream *s, struct txrec *r);
uint64_t rsp_waiting(const struct weft_stream *s);
bool rsp_mere_tack(const struct weft_stream *s);
void rsp_kick(struct weft_stream *s);
void rsp_turn(struct weft_stream *s);

/* hold.c */
uint16_t hold_offer(struct weft_pdc *p);
void hold_keep(struct weft_stream *s, uint32_t idx);
void hold_release(struct weft_pdc *p, uint16_t slot);
bool hold_take(struct weft_stream *s, struct weft_act *act);
bool hold_overlaps(struct weft_stream *s);
void hold_drop_from(struct weft_stream *s, uint32_t msn);
void hold_drop_all(struct weft_stream *s);
size_t hold_work(struct weft_pdc *p, struct weft_act *acts, size_t n);

/*
 * Tokens: what a weft_done() is about.  They hold enough of what they name to tell a late one
 * from its successor in the same place.
 */
#define TOKEN_PLACE 1u		/* bits 28 on; then the low 28 bits of the PSN */
#define TOKEN_LS    3u		/* value: generation and tag: core/ls.h */
#define TOKEN_LOAD  4u
#define TOKEN_BIND  5u
#define TOKEN_RD    6u		/* value: low 28 bits of the PSN */
#define TOKEN_VALUE 0x0fffffffu
#define TOKEN_EXEC 0x80000000u	/* queue pair number in bits 7 to 30, then a tag */
#define TOKEN_TAG 0x7fu
static inline uint32_t token_place(uint32_t psn)
{
	return TOKEN_PLACE << 28 | (psn & TOKEN_VALUE);
}
static inline uint32_t token_exec(const struct weft_stream *s, uint32_t tag)
{
	return TOKEN_EXEC | s->cfg.qpn << 7 | (tag & TOKEN_TAG);
}

#include "core/delivery.h"
#include "core/svc.h"

#endif
