/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The host of the engine in the kernel, as verbs see it: devices, addresses, endpoints (the stream
 * of one connected queue pair), datagrams, counters; and what verbs do for the engine: memory,
 * receive buffers, completions.
 *
 * A device has shards, each with a lock, peers, contexts, timers and a turn of its own; all
 * contexts with one peer are in one shard.  Callbacks that say "in the turn" run with that shard's
 * lock held and bottom halves off: they never sleep, their work is bounded, and they call back only
 * what is marked so here.
 * Locks order: the caller's sleeping locks -> shard -> verbs' spinlocks (queue pair, CQ, keys).
 */
#ifndef WEFT_KERNEL_HOST_H
#define WEFT_KERNEL_HOST_H

#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>

#include "core/manage.h"
#include "core/weft.h"

struct weftk_dev;
struct weftk_shard;
struct weftk_conn;
struct weftk_ask;

/* ---- Addresses ---------------------------------------------------------------------- */

enum weftk_way {
	WEFTK_WAY_NONE,
	WEFTK_WAY_UDP4,
	WEFTK_WAY_UDP6,
	WEFTK_WAY_L2,		/* the EtherType */
};

/*
 * One way between this chip and another.  Unused bytes are zero, so that two are compared with
 * memcmp().  IPv4 addresses are IPv4-mapped, as in GIDs.
 */
struct weftk_addr {
	struct in6_addr local, remote;	/* UDP; with L2 zero, or GIDs that a datagram brings */
	u8 lmac[ETH_ALEN], rmac[ETH_ALEN];	/* L2; with UDP zero */
	__be16 port;			/* UDP: the peer's; 0 from verbs: WEFT_UDP_PORT */
	u8 way;				/* enum weftk_way */
	u8 tclass;			/* the IP header's traffic class, its ECN bits zero */
};

/* How a packet is to leave; not part of who is meant. */
struct weftk_hop {
	u32 flow_label;			/* IPv6; 0: none */
	u8 ttl;				/* 0: 64 */
};

/* ---- What verbs do for the engine ---------------------------------------------------- */

/*
 * An endpoint: the stream of one connected queue pair.  Embedded in it; its fields are the host's.
 */
struct weftk_ep {
	struct weftk_dev *dev;
	struct weftk_conn *conn;	/* the stream and its memory; NULL: not connecting */
	struct weftk_conn *mirror;	/* of a queue pair that is its own peer: the end that is
					 * asked; else NULL */
	struct weftk_shard *shard;	/* NULL: not known yet */
	struct list_head kicked;	/* in the shard's list; under that list's lock */
	struct list_head asking;	/* in the question's list; under the device's */
	struct weftk_ask *ask;		/* the question it waits for; NULL: none */
	spinlock_t lock;		/* state and what follows; inside the shard's */
	u8 state;			/* enum ep_state of kernel/ep.c */
	u8 fail_st;			/* enum weft_status: to fail with it in the next turn */
	u32 qpn;			/* 24 bits, not 0, 1 */
	u32 dst_qpn;			/* expected peer */
	u64 dst_chip;			/* 0: not known yet */
	u32 features;			/* WEFT_FEATURES_* that both chips offer; valid once there
					 * is a stream */
	u64 expires;			/* ns: when to give up connecting */
	u64 retry_ns;			/* back-off after a refusal; 0: none yet */
	struct weftk_addr addr;
	struct weftk_ep_cfg {
		u32 pd;			/* of the memory that the peer may name */
		u16 sq_depth;		/* work requests with the engine, a power of two, 1..4096 */
		u16 window;		/* messages of the peer's under way, 1..256, so too */
		u8 reads;		/* of these READs and atomics, 1..window */
		u8 rnr_retry;		/* as in verbs: 7 is for ever */
		u8 srq;			/* 0: own receive queue; else at most so many of the
					 * shared buffers are bound to its messages at a time */
		u32 rnr_delay_ns;	/* what the peer is asked to wait */
		u64 connect_ns;		/* how long to try to connect before GONE; 0: 10 s */
	} cfg;
	/* A request of the peer's that came before weftk_ep_connect(). */
	struct weftk_kept {
		struct weft_hdr_tlv_ep_connect ep;
		u64 chip;
		u32 ctx_id;		/* 0: none is kept */
	} kept;
};

enum weftk_event {
	WEFTK_EV_CONNECTED,	/* the stream is there: next_wr() will be called */
	WEFTK_EV_ERROR,		/* status; remote: we refused a request of the peer's */
	WEFTK_EV_DISCONNECTED,	/* the peer ended the stream; status DISCONNECTED */
	WEFTK_EV_DRAINED,	/* weftk_ep_drain(): what was begun is complete */
	WEFTK_EV_GONE,		/* no connection could be made; status says why */
};

enum weftk_port_event {
	WEFTK_PORT_UP,
	WEFTK_PORT_DOWN,
	WEFTK_PORT_MTU,		/* of the netdev has changed */
	WEFTK_PORT_ADDR,	/* MAC address has changed */
	WEFTK_PORT_GONE,	/* the netdev goes: unregister the ib_device soon, but not in the
				 * call, which holds the RTNL */
};

/*
 * Callbacks.  act, txd, wc: the engine's, core/weft.h, which says what each is to check and which
 * statuses are the answers.  Payload of an action: act->len bytes of skb from offset off.
 * All "in the turn" but where it says otherwise.
 */
struct weftk_verbs_ops {
	/* Take the next work request off the send queue; false: there is none.  Called after
	 * weftk_ep_kick() and when there is room again, and only then, so what is returned is
	 * taken, and comes back by complete(); wr->id and wr->local are verbs' own. */
	bool (*next_wr)(struct weftk_ep *ep, struct weft_wr *wr);
	/* Might there be one, now that there is no room for it?  If not, a later one is kicked
	 * for, or found when the next completes. */
	bool (*wr_waits)(struct weftk_ep *ep);

	/* PLACE_MEM, REDUCE: check, then copy.  If act->early and memory without RELAXED, or if
	 * TOO_EARLY: copy nothing, return HELD with *value as the engine wants it: the host keeps
	 * skb, and calls again with the same payload when it is its turn. */
	enum weft_status (*place_mem)(struct weftk_ep *ep, const struct weft_act *act,
				      const struct sk_buff *skb, u32 off, u64 *value);
	/* PLACE_RECV.  NO_HOLD: not now, see enum weft_early. */
	enum weft_status (*place_recv)(struct weftk_ep *ep, const struct weft_act *act,
				       const struct sk_buff *skb, u32 off);
	/* PLACE_WR: data of a READ or atomic of ours, to act->local at act->offset. */
	enum weft_status (*place_wr)(struct weftk_ep *ep, const struct weft_act *act,
				     const struct sk_buff *skb, u32 off);
	enum weft_status (*read_check)(struct weftk_ep *ep, const struct weft_act *act);
	enum weft_status (*atomic)(struct weftk_ep *ep, const struct weft_act *act, u64 *value);
	enum weft_status (*flush)(struct weftk_ep *ep, const struct weft_act *act);
	enum weft_status (*invalidate)(struct weftk_ep *ep, const struct weft_act *act);
	enum weft_status (*recv)(struct weftk_ep *ep, const struct weft_act *act);
	void (*unbind)(struct weftk_ep *ep, const struct weft_act *act);
	/*
	 * Append the txd->len payload bytes of a packet (SRC_WR or SRC_MEM) to skb.  If its
	 * tailroom takes them, copy them there by skb_put(); else add page fragments with a
	 * reference each (skb_add_rx_frag()), leaving one of MAX_SKB_FRAGS free.  Returns OK, or
	 * why not, skb->len as it was: the host refuses the READ (SRC_MEM) or fails the endpoint
	 * (SRC_WR).  RNR: they fit neither way (too many pieces, pages that cannot be shared): the
	 * host calls again with tailroom.
	 */
	enum weft_status (*gather)(struct weftk_ep *ep, const struct weft_txd *txd,
				   struct sk_buff *skb);
	void (*complete)(struct weftk_ep *ep, const struct weft_wc *wc);
	void (*complete_recv)(struct weftk_ep *ep, const struct weft_wc *wc);
	/* May be called in the turn, or with no lock but bottom halves off (GONE). */
	void (*event)(struct weftk_ep *ep, enum weftk_event ev, enum weft_status st, bool remote);

	/*
	 * A datagram came: bottom halves off, no lock held, on several CPUs at a time.  v is a
	 * ROUTE_DGRAM packet; its payload is v->b.dgram.h.length bytes of skb from off.  from: who
	 * sent it and to which address of ours it came (for the GRH).  Look up the queue pair, let
	 * weft_dgram_judge() decide, copy, complete.  Returns what the judge said.
	 */
	enum weft_drop (*dgram_recv)(struct weftk_dev *dev, const struct weft_view *v,
				     const struct sk_buff *skb, u32 off,
				     const struct weftk_addr *from);
	/*
	 * Who has that number?  Takes a reference that ep_put() returns; NULL: nobody.  Bottom
	 * halves off, perhaps the shard's lock held.  ep_put() never sleeps.
	 */
	struct weftk_ep *(*ep_get)(struct weftk_dev *dev, u32 qpn);
	void (*ep_put)(struct weftk_ep *ep);
	/* Process context, RTNL perhaps held. */
	void (*port_event)(struct weftk_dev *dev, enum weftk_port_event ev);
};

/* ---- Devices ------------------------------------------------------------------------ */

/*
 * Attach to a netdev.  priv: verbs' own (the ib_device).  Takes a reference to netdev.  Packets
 * are taken only after weftk_dev_start().  Process context, no RTNL.  -ENOMEM, -EADDRINUSE (the UDP
 * port is taken), -EEXIST (there is a device on it).
 */
int weftk_dev_create(struct net_device *netdev, const struct weftk_verbs_ops *ops, void *priv,
		     struct weftk_dev **out);
void weftk_dev_start(struct weftk_dev *dev);
/* No packet comes or goes any more, every context has ended (endpoints got ERROR); no callback is
 * running or will come.  Before the ib_device is freed; twice is once. */
void weftk_dev_stop(struct weftk_dev *dev);
/* Free it; its endpoints are destroyed already.  Stops it too. */
void weftk_dev_destroy(struct weftk_dev *dev);

/*
 * The device's folder in debugfs, weft/NAME: `contexts`, how they stand, and `flights`, what went
 * before the latest failures.  Once, before weftk_dev_start().  Process context.
 */
void weftk_flights_open(struct weftk_dev *dev, const char *name);

void *weftk_dev_priv(const struct weftk_dev *dev);
struct net_device *weftk_dev_netdev(const struct weftk_dev *dev);
u64 weftk_dev_chip_id(const struct weftk_dev *dev);
/* WEFT_FEATURES_* that every device here offers. */
u32 weftk_dev_features(void);

/*
 * Counters: those of spec/90-management.md that this host has, under their names in lower case.
 * weftk_counter_name(): NULL beyond the last.  weftk_counters() fills in as many as n, in the
 * same order; may sleep.
 */
unsigned int weftk_counters_n(void);
const char *weftk_counter_name(unsigned int i);
void weftk_counters(struct weftk_dev *dev, u64 *values, unsigned int n);

/* Join or leave a multicast group of UD (an MGID, IPv6 or IPv4-mapped).  Process context. */
int weftk_mcast(struct weftk_dev *dev, const struct in6_addr *mgid, bool join);

/* ---- Endpoints ---------------------------------------------------------------------- */

/*
 * Make an endpoint, at the queue pair's creation.  Nothing happens on it before
 * weftk_ep_connect(), but requests of the peer's are kept.
 */
void weftk_ep_init(struct weftk_ep *ep, struct weftk_dev *dev, u32 qpn);
/*
 * At RTR: connect with the peer's queue pair dst_qpn at addr, whoever of the two asks the other.
 * CONNECTED, or GONE, follows.  Process context.  -ENOMEM, -EINVAL (cfg), -EISCONN.
 */
int weftk_ep_connect(struct weftk_ep *ep, const struct weftk_addr *addr, u32 dst_qpn,
		     const struct weftk_ep_cfg *cfg);
/* At RTS, or later: takes effect from now on. */
void weftk_ep_set_rnr(struct weftk_ep *ep, u8 rnr_retry, u32 rnr_delay_ns);
/*
 * There is something in the send queue.  Any context, interrupts too, any of verbs' spinlocks
 * held.  Cheap when it is kicked already; from process context without locks it may run the turn
 * itself.
 */
void weftk_ep_kick(struct weftk_ep *ep);
/* The same, never running the turn in the caller. */
void weftk_ep_kick_later(struct weftk_ep *ep);
/* The same in the turn, which looks at all that was kicked before it ends: no bell is rung. */
void weftk_ep_kick_in_turn(struct weftk_ep *ep);
/* Stop beginning messages; DRAINED follows if connected (-ENOTCONN if not); and begin again. */
int weftk_ep_drain(struct weftk_ep *ep);
void weftk_ep_resume(struct weftk_ep *ep);
/*
 * To ERROR: what the engine has of its work requests comes back by complete(), FLUSHED, in the
 * turn that follows (or, if there is no stream, has never been taken).  The peer is told.  ERROR is
 * not reported for it.  Any context, in callbacks too.
 */
void weftk_ep_fail(struct weftk_ep *ep, enum weft_status st);
/*
 * To RESET, and before the queue pair goes: no callback about the endpoint runs or will come, and
 * work requests that the engine had are forgotten.  It may be connected again.  Process context,
 * no spinlock.  The caller then waits for the references of ep_get().
 */
void weftk_ep_reset(struct weftk_ep *ep);

/* ---- Datagrams ---------------------------------------------------------------------- */

/*
 * Send one.  data: an skb made by weftk_dgram_alloc() with d->len payload bytes in it (skb_put(),
 * or fragments); consumed.  Any context with bottom halves on or off, no hard interrupts off.
 * 0, -EHOSTUNREACH, -EMSGSIZE, -ENETDOWN, -ENOMEM.
 */
int weftk_dgram_send(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_hop hop,
		     const struct weft_dgram *d, struct sk_buff *skb);
/* With len bytes of tailroom. */
struct sk_buff *weftk_dgram_alloc(struct weftk_dev *dev, u32 len, gfp_t gfp);
/* Largest payload of a datagram that leaves in one piece by this netdev. */
u32 weftk_dgram_max(const struct weftk_dev *dev);

/* ---- The module --------------------------------------------------------------------- */

int weftk_host_init(void);
void weftk_host_exit(void);
/* kverbs': registers the link type; called last and first. */
int weftk_verbs_init(void);
void weftk_verbs_exit(void);

#endif
