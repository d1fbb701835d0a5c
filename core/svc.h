/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a context does beside its streams, load and store and reliable datagrams, as the engine's
 * other files see it.  core/pdc.h includes it.
 */
#ifndef WEFT_CORE_SVC_H
#define WEFT_CORE_SVC_H

#include "core/pdc.h"

/* memop.c, memop_rx.c, window.c: load and store */
bool ls_wants_req(const struct weft_pdc *p);
bool ls_wants_rsp(const struct weft_pdc *p);
bool ls_wants_ctrl(const struct weft_pdc *p);
bool ls_next_req(struct weft_pdc *p, struct txrec *r);
bool ls_next_rsp(struct weft_pdc *p, struct txrec *r);
bool ls_next_status(struct weft_pdc *p, struct txrec *r);
void ls_build(struct weft_pdc *p, const struct txrec *r, bool ar, struct weft_txd *t);
uint32_t ls_build_status(const struct txrec *r, uint8_t *at);
void ls_forget_answers(struct weft_pdc *p, struct txrec *r);
bool ls_rx_bind(struct weft_pdc *p, const uint8_t *value, uint32_t len, struct weft_act *act,
		bool *has_act, enum weft_drop *why);
bool ls_rx_status(struct weft_pdc *p, const uint8_t *value, uint32_t len, struct weft_act *act,
		  enum weft_drop *why);
uint32_t ls_limit(uint32_t payload);
void ls_rx(struct weft_pdc *p, const struct weft_view *v, uint32_t idx, struct weft_act *act,
	   bool *has_act, enum weft_drop *why);
void ls_done(struct weft_pdc *p, uint32_t token, enum weft_status st, uint64_t value);
bool ls_has_work(const struct weft_pdc *p);
bool ls_busy(const struct weft_pdc *p);
size_t ls_work(struct weft_pdc *p, struct weft_act *acts, size_t n);
void ls_fail(struct weft_pdc *p, enum weft_status st);

/* rd.c: reliable datagrams */
bool rd_wants_req(const struct weft_pdc *p);
bool rd_wants_rsp(const struct weft_pdc *p);
bool rd_next_req(struct weft_pdc *p, struct txrec *r);
bool rd_next_rsp(struct weft_pdc *p, struct txrec *r);
uint32_t rd_build(struct weft_pdc *p, const struct txrec *r, struct weft_txd *t, uint8_t *at);
uint32_t rd_build_rsp(struct weft_pdc *p, const struct txrec *r, uint8_t *at);
bool rd_rx(struct weft_pdc *p, const struct weft_view *v, uint32_t idx, weft_time now,
	   struct weft_act *act, bool *has_act, enum weft_drop *why);
void rd_done(struct weft_pdc *p, uint32_t what, enum weft_status st);
void rd_limit_known(struct weft_pdc *p);
weft_time rd_due(const struct weft_pdc *p);
void rd_expire(struct weft_pdc *p, weft_time now);
bool rd_has_work(const struct weft_pdc *p);
bool rd_busy(const struct weft_pdc *p);
size_t rd_work(struct weft_pdc *p, struct weft_act *acts, size_t n);
void rd_fail(struct weft_pdc *p, enum weft_status st);

/* What beside the streams a context does. */
static inline bool svc_wants_req(const struct weft_pdc *p)
{
	return ls_wants_req(p) || rd_wants_req(p);
}
static inline bool svc_wants_rsp(const struct weft_pdc *p)
{
	return ls_wants_rsp(p) || rd_wants_rsp(p);
}
static inline bool svc_busy(const struct weft_pdc *p)
{
	return ls_busy(p) || rd_busy(p);
}

#endif
