/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Delivery, as the engine's other files see it: what has come and is acknowledged, what is
 * outstanding or lost, by which path and when the next packet goes, and its bytes.
 * core/pdc.h includes it.
 */
#ifndef WEFT_CORE_DELIVERY_H
#define WEFT_CORE_DELIVERY_H

#include "core/pdc.h"

/* sack.c: which PSNs have come */
enum weft_drop sack_judge_any(const struct weft_pdc *p, uint32_t psn);
/* Mostly a packet comes that is the next one, and there is room for it. */
static inline enum weft_drop sack_judge(const struct weft_pdc *p, uint32_t psn)
{
	return psn == p->rx_max && psn - p->rx_cum < p->prof->window ? WEFT_DROP_NONE :
	       sack_judge_any(p, psn);
}
void sack_have(struct weft_pdc *p, uint32_t psn);
void sack_forget(struct weft_pdc *p, uint32_t psn);
void sack_done(struct weft_pdc *p, uint32_t psn);
/* Has every packet come that the peer sent before that one? */
bool sack_whole(const struct weft_pdc *p, uint32_t psn);
size_t sack_fill(const struct weft_pdc *p, uint64_t *words, uint32_t *base);

/* ack.c */
void ack_note(struct weft_pdc *p, const struct weft_view *v, bool urgent, weft_time now);
void ack_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, enum weft_drop *why);
enum weft_drop ack_cumulative(struct weft_pdc *p, const struct weft_view *v, weft_time now);
void nack_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, enum weft_drop *why);

/* trim.c */
weft_time trim_due(const struct weft_pdc *p);
uint8_t trim_take(struct weft_pdc *p, struct weft_hdr_range *out, weft_time now);

/* retx.c */
static inline struct txrec *txrec_of(struct weft_pdc *p, uint32_t psn)
{
	return &p->tx[(psn - p->tx_start) & p->tx_mask];
}
/* Of a record that is outstanding, or the next. */
static inline uint32_t txpsn_of(const struct weft_pdc *p, const struct txrec *r)
{
	return p->una + (((uint32_t)(r - p->tx) - (p->una - p->tx_start)) & p->tx_mask);
}
static inline uint16_t txidx_of(const struct weft_pdc *p, const struct txrec *r)
{
	return (uint16_t)(r - p->tx);
}
static inline struct rxrec *rxrec_of(const struct weft_pdc *p, uint32_t psn)
{
	return &p->rx[psn & p->rx_mask];
}
void retx_sent(struct weft_pdc *p, struct txrec *r, weft_time now);
void retx_acked(struct weft_pdc *p, struct txrec *r);
void retx_mark_lost(struct weft_pdc *p, struct txrec *r);
weft_time retx_window_due(const struct weft_pdc *p);
void retx_orphan(struct weft_pdc *p, struct txrec *r);
uint32_t retx_go_back(struct weft_pdc *p, uint32_t first);
void retx_rack(struct weft_pdc *p, weft_time now);
void retx_rtt(struct weft_pdc *p, uint64_t rtt);
uint64_t retx_rto(const struct weft_pdc *p);
weft_time retx_deadline(const struct weft_pdc *p);
void retx_expire(struct weft_pdc *p, weft_time now);
/* A stream is to be connected after timeouts: the oldest packet may go again (WEFT-RTX-043). */
void retx_nudge(struct weft_pdc *p, weft_time now);
/* Is the packet under congestion control, and in which class (WEFT-CC-001)? */
static inline bool retx_is_data(const struct txrec *r, bool *rsp)
{
	*rsp = (1u << TX_READ_RSP | 1u << TX_LS_RSP) >> r->kind & 1;
	return (1u << TX_REQ | 1u << TX_LS | 1u << TX_RD) >> r->kind & 1 || *rsp;
}

/* path.c */
uint16_t path_choose(struct weft_pdc *p, weft_time now);
static inline uint16_t path_pick(struct weft_pdc *p, weft_time now)
{
	return p->cfg.n_paths == 1 ? p->path_next : path_choose(p, now);
}
uint16_t path_pick_other(struct weft_pdc *p, uint16_t lost_on, bool sure, weft_time now);
void path_marked(struct weft_pdc *p, uint16_t path, weft_time now);
void path_lost(struct weft_pdc *p, uint16_t path, weft_time now);
void path_good(struct weft_pdc *p, uint16_t path);
bool path_known(struct weft_pdc *p);
void path_begin(struct weft_pdc *p, struct path_set *s);
void path_end(struct weft_pdc *p, bool rests);
bool path_worth(const struct weft_pdc *p);
void path_reset(struct weft_pdc *p);
uint8_t path_ports_of(const struct weft_pdc *p, uint16_t path);
/* By which of our ports a path leaves, << 4, and for which of the peer's. */
static inline uint8_t path_ports(const struct weft_pdc *p, uint16_t path)
{
	return p->cfg.n_ports == 1 && p->cfg.peer_ports == 1 ? 0 : path_ports_of(p, path);
}
void path_timeout(struct weft_pdc *p, uint16_t path, weft_time now);
uint16_t path_best(const struct weft_pdc *p);
void path_deaf(struct weft_pdc *p, weft_time now);
void path_follow(struct weft_pdc *p, const struct weft_view *v, weft_time now);
void path_leave(struct weft_pdc *p, weft_time now);
void path_deny(struct weft_pdc *p, uint16_t path, weft_time now);
void path_state(struct weft_pdc *p, uint16_t path, enum weft_path_state next, weft_time until);
void path_level(struct path_set *s, uint16_t path, uint8_t level);
void path_relevel(struct weft_pdc *p, uint16_t path);

/* probe.c: is a path alive */
bool probe_usable(const struct weft_pdc *p);
weft_time probe_deadline(const struct weft_pdc *p);
bool probe_tx(struct weft_pdc *p, struct weft_txd *t, weft_time now);
void probe_rx(struct weft_pdc *p, const struct weft_view *v, weft_time now, enum weft_drop *why);

/* credit.c, grantor.c: demands and grants */
weft_time credit_deadline(const struct weft_pdc *p);
bool credit_tx(struct weft_pdc *p, struct weft_txd *t, weft_time now);
void credit_rx(struct weft_pdc *p, const struct weft_view *v);
void grantor_join(struct weft_grantor *g, struct weft_pdc *p);
void grantor_leave(struct weft_grantor *g, struct weft_pdc *p);

/* ports.c: ports that fail and return */
void ports_rx(struct weft_pdc *p, uint8_t port, enum weft_port_state state, weft_time now);
void ports_tell(struct weft_pdc *p);

/* tx.c */
bool tx_room(const struct weft_pdc *p, bool request);
bool tx_cc_room(const struct weft_pdc *p, bool rsp);

/* pace.c: the law's interval between packets */
bool pace_open(const struct weft_pdc *p, weft_time now);
static inline void pace_look(struct weft_pdc *p, weft_time now)
{
	p->pace_open = (!p->cc.pace && !p->cc.ops->on_credit) || pace_open(p, now);
}
void pace_sent(struct weft_pdc *p, const struct txrec *r, uint32_t bytes, weft_time now);
void pace_wait(struct weft_pdc *p);
void pace_expire(struct weft_pdc *p, weft_time now);

/* tx_build.c: bytes of packets */
void build_rec(struct weft_pdc *p, struct txrec *r, bool ar, struct weft_txd *t, weft_time now);
void build_ack(struct weft_pdc *p, struct weft_txd *t, weft_time now);
void build_probe(struct weft_pdc *p, struct weft_txd *t, weft_time now);
void build_path_probe(struct weft_pdc *p, const struct weft_hdr_probe *h, uint16_t path,
		      struct weft_txd *t);
void build_credit(struct weft_pdc *p, uint8_t flags, uint32_t pkts, struct weft_txd *t,
		  weft_time now);
void build_nack(struct weft_pdc *p, enum weft_nack reason, const struct weft_hdr_range *ranges,
		uint8_t n, struct weft_txd *t);

#endif
