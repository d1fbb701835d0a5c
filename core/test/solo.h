/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One context alone: the test plays its peer packet by packet, its host action by action, and
 * its clock.  For what a network of two cannot bring about, or not at will.
 */
#ifndef WEFT_TEST_SOLO_H
#define WEFT_TEST_SOLO_H

#include "core/pdc.h"
#include "core/test/pk.h"

#define SOLO_CHIP	0xa0ull		/* ours */
#define SOLO_PEER	0xb0ull
#define SOLO_ID		0x111u
#define SOLO_GEN	2u
#define SOLO_PEER_ID	0x222u
#define SOLO_PEER_GEN	1u
#define SOLO_QPN	0x60u		/* our stream */
#define SOLO_PEER_QPN	0x50u
#define SOLO_START	1000u		/* our first PSN, unless peer.tx_next is changed */
#define SOLO_PEER_START	5000u
#define SOLO_ACTS	128

#define NO_TLP 255	/* in tlp_sent: no tail-loss probe comes before the timeout */

struct solo {
	/* solo_init() fills these; change them before solo_open() or solo_connect(). */
	struct weft_peer peer;
	struct weft_profile prof;
	struct weft_stats stats;		/* what the context counts */
	struct weft_pdc_cfg cfg;
	struct weft_stream_cfg scfg;
	uint16_t peer_window, peer_max_payload;	/* what the peer's SYN says */
	uint32_t psn;				/* the peer's next PSN; at first its start */
	uint16_t ep_window;			/* what its EP_CONNECT or EP_ACCEPT says */
	uint8_t ep_reads;
	weft_time now;

	uint32_t peer_start;
	struct weft_pdc *p;
	struct weft_stream *s;
	void *mem, *smem;

	uint8_t in[PK_MAX];			/* the packet given to weft_rx() last */
	struct weft_view v;
	struct weft_act act;			/* what came of it, if has_act */
	bool has_act;
	enum weft_drop why;

	struct weft_txd txd;			/* the packet taken from weft_tx() last */
	uint8_t out[PK_MAX];
	struct weft_view sent;

	struct weft_act acts[SOLO_ACTS];	/* of weft_work(), by solo_work() */
	size_t n_acts;
	uint8_t tlvs[256];
};

void solo_init(struct solo *so);
/* Prepares the profile; bytes of a context, 0 if it is invalid. */
size_t solo_size(struct solo *so);
/* A target: the peer has opened the context with a NOP, which is acknowledged, and is OPEN. */
void solo_open(struct solo *so);
/* solo_open(), and a stream that the peer has connected and we have accepted; all quiet. */
void solo_ready(struct solo *so);
/* An initiator that has sent nothing. */
void solo_start(struct solo *so);
/* solo_start(), and a stream that we have connected and the peer has accepted; all quiet. */
void solo_connect(struct solo *so);
void solo_fini(struct solo *so);
/* A further stream of the context, accepted as by solo_ready(); mem is the caller's to free. */
struct weft_stream *solo_stream(struct solo *so, uint32_t qpn, uint32_t peer_qpn, void **mem);

/* Packets from the peer, to be changed and given to solo_rx().  DATA and CTRL take a PSN. */
struct weft_view solo_pkt(struct solo *so, enum weft_ptype type);
struct weft_view solo_op(struct solo *so, enum weft_opcode code, uint32_t msn);
/* Packet at off, len bytes, of a message of msg_len; SOM and EOM as they should be. */
struct weft_view solo_write(struct solo *so, uint32_t msn, uint32_t off, uint32_t len,
			    uint32_t msg_len);
struct weft_view solo_send(struct solo *so, uint32_t msn, uint32_t ssn, uint32_t off, uint32_t len,
			   uint32_t msg_len);
struct weft_view solo_read(struct solo *so, uint32_t msn, uint32_t len);
struct weft_view solo_atomic(struct solo *so, uint32_t msn);
struct weft_view solo_reduce(struct solo *so, uint32_t msn, uint32_t off, uint32_t len,
			     uint32_t msg_len);
struct weft_view solo_flush(struct solo *so, uint32_t msn, enum weft_flush level);
struct weft_view solo_read_rsp(struct solo *so, uint32_t msn, uint32_t off, uint32_t len,
			       uint32_t msg_len);
struct weft_view solo_tack(struct solo *so, uint32_t msn, enum weft_status st);
struct weft_view solo_ack(struct solo *so, uint32_t ack_psn);
/* A CTRL packet with one TLV. */
struct weft_view solo_ctrl(struct solo *so, enum weft_tlv type, const void *value, uint16_t len);
void solo_syn(struct solo *so, struct weft_view *v);	/* adds the SYN extension */

/* Build, parse, weft_rx(). */
enum weft_drop solo_rx(struct solo *so, const struct weft_view *v);
/* solo_rx(), and the action, if any, is answered with st. */
enum weft_drop solo_take(struct solo *so, const struct weft_view *v, enum weft_status st);
/* One packet from weft_tx(); false if there is none. */
bool solo_tx(struct solo *so);
/* Takes packets until one of this type, which is in so->sent; false if none comes. */
bool solo_tx_type(struct solo *so, enum weft_ptype type);
/* Until a DATA packet of this operation. */
bool solo_tx_op(struct solo *so, enum weft_opcode code);
/* Everything that weft_tx() gives; returns how many. */
size_t solo_drain(struct solo *so);
/* Everything that weft_work() gives, into acts. */
size_t solo_work(struct solo *so);
/* solo_work(), each action answered with OK (RELEASE_HOLD and events need none). */
size_t solo_obey(struct solo *so);
const struct weft_act *solo_find(const struct solo *so, enum weft_act_type type);
const struct weft_act *solo_event(const struct solo *so, enum weft_event ev);
/* The peer acknowledges all that was sent. */
void solo_ack_all(struct solo *so);
/* Let time go by to `at`, with weft_expire() when it is due. */
void solo_until(struct solo *so, weft_time at);
/* Places for held packets that are free. */
uint32_t solo_holds(const struct solo *so);
int solo_post(struct solo *so, enum weft_opcode code, uint64_t id, uint32_t len, uint8_t flags);

#endif
