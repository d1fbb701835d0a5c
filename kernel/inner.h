/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the host half is made of, for its own files; verbs see host.h only.
 *
 * main.c loads and unloads; netdev.c knows namespaces and events of netdevs, device.c a device;
 * carry_udp.c and carry_l2.c move packets, bundle.c many as one; door.c finds whom a packet is for;
 * turn.c is the turn of a shard, bell.c who takes it; send.c makes packets; turn_act.c does what
 * the engine asks; context.c, peers.c own contexts and what is known of chips; hello.c, ask.c
 * discovery; ep.c, connect.c endpoints; dgram.c datagrams; crc.c checksums; counters.c numbers;
 * flight.c and flight_show.c what an operator sees.
 */
#ifndef WEFT_KERNEL_INNER_H
#define WEFT_KERNEL_INNER_H

#include <linux/hrtimer.h>
#include <linux/ip.h>
#include <linux/irq_work.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/timerqueue.h>
#include <linux/udp.h>
#include <linux/workqueue.h>
#include <net/dst.h>
#include <net/net_namespace.h>

#include "kernel/compat.h"
#include "kernel/flight.h"
#include "kernel/host.h"

#define WEFTK_MAX_PAYLOAD 16384u	/* the largest that we take in a packet */
#define WEFTK_SHARDS_MAX 16u
#define WEFTK_CONTEXTS	1024u		/* of a device, a power of two */
#define WEFTK_PEERS	1024u		/* of a shard */
#define WEFTK_ASKS	1024u		/* addresses that a device knows or asks for */
#define WEFTK_STREAMS	4096u		/* of a context */
#define WEFTK_HOLDS	256u		/* packets a context keeps before their turn */
#define WEFTK_HEADROOM	(LL_MAX_HEADER + 48)
#define WEFTK_HDR_ROOM	1088u		/* bytes of a packet that are looked at, beyond payload */
#define WEFTK_ACTS	16u
#define WEFTK_TXD	8u

/* ---- Time --------------------------------------------------------------------------- */

struct weftk_timer {
	struct timerqueue_node node;
	bool on;
	void (*fire)(struct weftk_shard *sh, struct weftk_timer *t, u64 now);
};

/* ---- Packets ------------------------------------------------------------------------ */

/* In skb->cb from the carriage on. */
struct weftk_cb {
	u32 off, len;			/* of the Weft packet, or packets, in skb */
	u16 seg;			/* bytes of each of them but the last; 0: there is one */
	u8 way;				/* enum weftk_way */
	u8 tos;				/* of the IP header */
};

static inline struct weftk_cb *weftk_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct weftk_cb) > sizeof(skb->cb));
	return (struct weftk_cb *)skb->cb;
}

/* A packet as it is read; one for each shard, one for each processor. */
struct weftk_reader {
	struct weft_view v;
	struct sk_buff *skb;		/* that has its bytes */
	u32 payload_off;		/* of the payload in that skb */
	struct weftk_addr from;
	u8 hdr[WEFTK_HDR_ROOM];
};

struct weftk_route {			/* a way out, kept while it is good */
	struct dst_entry *dst;		/* NULL: none */
	struct in6_addr local;		/* source address */
	u32 cookie;
};

/* ---- Peers and contexts ------------------------------------------------------------- */

/* What a HELLO came to, for contexts that are opened. */
struct weftk_terms {
	u64 chip;
	enum weft_agree disagree;	/* ALL: agreed holds */
	struct weft_agreed agreed;
	u16 window, payload;		/* the peer's */
};

struct weftk_peer {
	struct weft_peer core;
	struct hlist_node by_chip;
	struct list_head ctxs;
	struct weftk_terms terms;
	bool known;			/* terms hold */
	u64 used_at;
	u64 failed_at;			/* an attempt to connect to it came to nothing; 0: none */
};

struct weftk_hold {
	struct sk_buff *skb;		/* NULL: free */
	u32 off;			/* of the payload */
};

struct weftk_ctx {
	struct weftk_timer timer;
	struct weftk_dev *dev;
	struct weftk_shard *shard;	/* whose lock guards all that follows */
	struct weftk_peer *peer;
	struct weft_pdc *pdc;		/* in mem; NULL: not yet */
	void *mem;
	struct weftk_hold *holds;
	struct list_head of_peer;
	struct list_head active;	/* in the shard's list; empty: not */
	struct list_head conns;
	struct list_head lingering;	/* of struct weftk_conn */
	struct list_head spare;		/* in the device's list of spare or dead ones */
	struct hlist_node remote;	/* in the device's map; its remotes_lock */
	u32 remote_id;			/* the peer's number; 0: not in the map */
	struct weftk_addr addr;
	struct weftk_route route;
	u32 room;			/* bytes of a packet that its way takes */
	u32 id;
	u32 n_streams;
	enum weft_mode mode;
	enum weft_status failure;
	bool initiator;
	bool closing;			/* takes no further streams */
	bool over;			/* to be freed at the end of this turn */
	struct weftk_flight flight;
};

struct weftk_kept_flight {		/* of a context that had a failure */
	u64 chip, at;
	struct weftk_addr addr;
	struct weft_gauges gauges;
	u32 context, qpn;
	u8 status;			/* enum weft_status */
	struct weftk_flight flight;
};

struct weftk_flights {			/* of a device */
	spinlock_t lock;		/* n, kept; inside the shards' */
	u32 n;				/* ever kept */
	struct dentry *dir;		/* in debugfs; NULL or an error: none */
	struct weftk_kept_flight kept[WEFTK_FLIGHTS];
};

/* The stream of an endpoint; it may outlive it until a refusal is told. */
struct weftk_conn {
	struct weftk_timer timer;	/* while connecting: the next attempt, or the end */
	struct weftk_ep *ep;		/* NULL: lingering */
	struct weftk_ctx *ctx;		/* NULL: on none */
	struct weft_stream *stream;	/* in mem; NULL: on no context */
	void *mem;
	struct list_head of_ctx;
	u64 linger_until;
	u32 out;			/* work requests that the engine has */
	bool starved;			/* there was no room for another */
	bool refused;			/* we refused a request of the peer's */
};

struct weftk_bundle {			/* packets that go down the stack as one */
	struct sk_buff *head, *tail;
	u32 seg, last, bytes;		/* of the first packet, of the last, of all */
	u32 n;
};

/* ---- Shards and devices ------------------------------------------------------------- */

struct weftk_shard {
	struct weftk_dev *dev;
	spinlock_t lock;		/* the turn: all below but rx, kicks */
	struct sk_buff_head rx, lone;	/* by their own locks; lone: not this shard's after all */
	spinlock_t kick_lock;		/* kicks; inside lock; interrupts off */
	struct list_head kicks;		/* endpoints */
	struct work_struct work;	/* the turns of a laden shard */
	struct tasklet_struct due;	/* before 6.4: softirqs do not wait for ksoftirqd */
	struct hrtimer hrtimer;		/* the next of timers, if it is near */
	struct timer_list ticks;	/* else */
	struct timerqueue_head timers;
	struct list_head active;	/* contexts with something to do */
	struct hlist_head peers[64];
	u32 n_peers;
	u32 overruns;			/* turns in a row that left something */
	bool laden;			/* its turns are a worker's; written with the lock */
	u32 number;			/* of the device's shards */
	bool stopped;
	bool wanted;			/* a turn, since the last one began; without the lock */
	u64 now;			/* of this turn */
	struct weft_stats st;
	u64 opened, accepted, closed, failed;
	struct weftk_reader rd;
	struct weft_act act;		/* of weft_rx() */
	struct weft_act acts[WEFTK_ACTS];
	struct weft_txd txd[WEFTK_TXD];
	struct weftk_bundle bundle;
};

/* What is counted outside of shards, and read there. */
struct weftk_cpu {
	struct weft_stats st;
	u64 tx_alone, tx_alone_limited, rx_alone;
	u64 rx_full;			/* packets for which a shard's queue had no room */
	u64 tx_nobufs, tx_unroutable;	/* packets not sent: no memory, no way */
	struct weftk_reader rd;
	struct weft_hello hello;	/* of a packet that is dealt with */
	u8 out[WEFT_ALONE_MAX];		/* its answer */
};

/* What is known of the chip at an address, or asked. */
struct weftk_ask {
	struct hlist_node by_addr;
	struct weftk_addr addr;
	struct list_head eps;		/* that wait for the answer */
	bool answered;			/* terms hold, since `at` */
	u8 tries;
	u32 transaction;
	u64 at, next_at, every_ns;
	struct weftk_terms terms;
};

struct weftk_sockets;

struct weftk_dev {
	struct net_device *netdev;
	netdevice_tracker tracker;
	const struct weftk_verbs_ops *ops;
	void *priv;
	struct list_head of_net;	/* RCU */
	struct weftk_sockets *socks;
	struct sock *socks_v6;		/* of socks; NULL: none */
	struct packet_type ptype;
	u64 chip_id;
	struct weft_profile profiles[2];	/* RUD, ROD */
	struct weft_hello self;
	bool started, stopped;

	spinlock_t ids_lock;		/* ids */
	struct weft_ids ids;		/* struct weftk_ctx, looked up under RCU */
	spinlock_t remotes_lock;	/* remotes */
	struct hlist_head remotes[64];	/* contexts by the peer's number */

	spinlock_t spare_lock;		/* spare, n_spare, dead */
	struct list_head spare, dead;
	u32 n_spare;
	struct work_struct refill;

	/* Before shards' locks in order. */
	spinlock_t ask_lock;		/* asks, and endpoints' `ask`, `asking`, `shard` */
	struct hlist_head asks[64];
	u32 n_asks, next_transaction;
	struct delayed_work ask_work;

	spinlock_t answer_lock;		/* answers allowed */
	u64 answer_at, answer_credit;
	u64 secret[2];

	struct weftk_cpu __percpu *cpu;
	struct weftk_flights *flights;
	struct net_device home;		/* of the bells' NAPI: no device */
	struct weftk_bell __percpu *bells;
	u32 n_shards;			/* a power of two */
	struct weftk_shard *shards[WEFTK_SHARDS_MAX];
};

static inline struct weftk_shard *weftk_shard_of(struct weftk_dev *dev, u64 chip)
{
	return dev->shards[(chip * 0x9e3779b97f4a7c15ull >> 32) & (dev->n_shards - 1)];
}

static inline bool weftk_addr_same(const struct weftk_addr *a, const struct weftk_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* main.c */
extern unsigned int weftk_udp_port;
extern bool weftk_tacks_wait;
extern u32 weftk_incarnation;
extern struct workqueue_struct *weftk_wq, *weftk_turns;

/* netdev.c */
int weftk_netdev_init(void);
void weftk_netdev_exit(void);
/* Whose is a packet that came to daddr by in?  RCU. */
struct weftk_dev *weftk_dev_by(struct net *net, struct net_device *in,
			       const struct in6_addr *daddr);
/* Is there a device on it, and is daddr an address of this host?  RCU. */
bool weftk_dev_takes(struct net *net, const struct net_device *in, const struct in6_addr *daddr);

/* device.c */
bool weftk_may_answer(struct weftk_dev *dev, u64 now);

/* carry_udp.c */
struct weftk_sockets *weftk_sockets_get(struct net *net);	/* or ERR_PTR; may sleep */
void weftk_sockets_put(struct weftk_sockets *s);
void weftk_sockets_wait(struct net *net);
struct sock *weftk_sockets_v6(struct weftk_sockets *s);	/* or NULL */
int weftk_udp_send(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_hop hop,
		   struct weftk_route *route, struct sk_buff *skb);
u32 weftk_udp_room(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_route *route);

/* bundle.c */
/* IPv4: give each packet of a bundle but the first its own headers.  The stack sets their lengths,
 * identifications and checksums.  False: they have no room, and nothing has changed. */
bool weftk_bundle_list(struct sk_buff *skb, const struct net_device *out, struct iphdr ip,
		       struct udphdr udp);
/* For the tunnel sockets; the UDP header has been pulled.  What is complete, or NULL. */
struct sk_buff *weftk_gro_receive(struct sock *sk, struct list_head *head, struct sk_buff *skb);
int weftk_gro_complete(struct sock *sk, struct sk_buff *skb, int at);

/* carry_l2.c */
void weftk_l2_start(struct weftk_dev *dev);
void weftk_l2_stop(struct weftk_dev *dev);
int weftk_l2_send(struct weftk_dev *dev, const struct weftk_addr *to, struct sk_buff *skb);

/* send.c */
/* Hand a whole packet to its carriage; consumes skb.  route may be NULL. */
int weftk_send(struct weftk_dev *dev, const struct weftk_addr *to, struct weftk_hop hop,
	       struct weftk_route *route, struct sk_buff *skb);
/* Bytes of a Weft packet that go to `to` in one piece; 0: no way there. */
u32 weftk_packet_room(struct weftk_dev *dev, const struct weftk_addr *to,
		      struct weftk_route *route);
void weftk_send_alone(struct weftk_dev *dev, const struct weftk_addr *to, const u8 *bytes,
		      size_t len);
bool weftk_add_crc(struct sk_buff *skb, const u8 *hdr, u32 hdr_len);
/* Make one packet of a context, which goes with the next flush; false: it is not sent, and a
 * refusal is to be. */
bool weftk_send_txd(struct weftk_ctx *ctx, const struct weft_txd *txd);
void weftk_send_flush(struct weftk_ctx *ctx);
void weftk_route_drop(struct weftk_route *route);

/* crc.c */
int weftk_crc_init(void);
void weftk_crc_exit(void);
u32 weftk_crc_skb(u32 crc, struct sk_buff *skb, u32 from, u32 len);

/* door.c */
/* From a carriage: skb->cb is filled in; consumed.  Bottom halves off, RCU. */
void weftk_came(struct weftk_dev *dev, struct sk_buff *skb);
/* The same of what a carriage brought earlier. */
void weftk_arrived(struct weftk_dev *dev, struct sk_buff *skb);
/* In the turn: consumed.  How many packets it was. */
u32 weftk_door(struct weftk_shard *sh, struct sk_buff *skb);
/* From whom, and to which address of ours. */
void weftk_from(const struct sk_buff *skb, struct weftk_addr *from);

/* turn.c */
int weftk_shard_init(struct weftk_shard *sh, struct weftk_dev *dev, u32 number);
void weftk_shard_fini(struct weftk_shard *sh);
void weftk_shard_stop(struct weftk_shard *sh);
/* Lock held: take the turn, and see to the next one.  How many packets came and went. */
u32 weftk_turn(struct weftk_shard *sh);
/* Packets of `lone`.  Lock not held, bottom halves off. */
void weftk_pass_on(struct weftk_shard *sh);
void weftk_activate(struct weftk_ctx *ctx);
void weftk_timer_set(struct weftk_shard *sh, struct weftk_timer *t, u64 due);
void weftk_timer_stop(struct weftk_shard *sh, struct weftk_timer *t);

/* bell.c */
/* Have a turn taken, soon, on this processor.  Any context. */
void weftk_shard_raise(struct weftk_shard *sh);
/* The same for a packet that a carriage brings. */
void weftk_shard_hurry(struct weftk_shard *sh);
/* Take the turn now, or leave it to who has the lock.  Bottom halves off.  Packets, as above. */
u32 weftk_shard_take(struct weftk_shard *sh);
/* Instead of spin_unlock(), spin_unlock_bh() on a shard's lock. */
void weftk_shard_unlock(struct weftk_shard *sh);
void weftk_shard_unlock_bh(struct weftk_shard *sh);
int weftk_bells_init(struct weftk_dev *dev);
void weftk_bells_rest(struct weftk_dev *dev);
void weftk_bells_fini(struct weftk_dev *dev);

/* turn_act.c: skb NULL: the payload is of the held packet that the action names. */
void weftk_act(struct weftk_ctx *ctx, const struct weft_act *act, struct sk_buff *skb, u32 off);

/* peers.c */
struct weftk_peer *weftk_peer_find(struct weftk_shard *sh, u64 chip);
struct weftk_peer *weftk_peer_get(struct weftk_shard *sh, u64 chip);
void weftk_peers_fini(struct weftk_shard *sh);

/* context.c */
void weftk_refill(struct work_struct *work);
void weftk_ctx_spares_free(struct weftk_dev *dev);
struct weftk_ctx *weftk_ctx_by_id(struct weftk_dev *dev, u32 id);	/* RCU */
struct weftk_ctx *weftk_ctx_usable(struct weftk_peer *p, const struct weftk_addr *addr);
/* NULL: no memory or number at hand (try again soon), or no way there. */
struct weftk_ctx *weftk_ctx_open(struct weftk_shard *sh, struct weftk_peer *p,
				 const struct weftk_addr *addr);
struct weftk_ctx *weftk_ctx_accept(struct weftk_shard *sh, struct weftk_peer *p,
				   const struct weft_view *v, const struct weftk_addr *from);
void weftk_ctx_settle(struct weftk_ctx *ctx);
/* The MTU has changed.  Lock not held. */
void weftk_ctx_mtu(struct weftk_shard *sh);
void weftk_ctx_fail_peer(struct weftk_peer *p, enum weft_status st);
void weftk_ctx_fail_former(struct weftk_ctx *ctx);
u32 weftk_ctx_find_remote(struct weftk_dev *dev, u32 remote_id, const struct weftk_addr *from);
void weftk_hold_put(struct weftk_hold *h);

/* hello.c */
void weftk_hello_self(struct weftk_dev *dev);
void weftk_alone(struct weftk_dev *dev, const struct weft_view *v, const struct weftk_addr *from,
		 struct weftk_cpu *cpu);

/* ask.c */
void weftk_ask_work(struct work_struct *work);
/* Process context.  NULL: out of memory.  Known: *terms and true in *known; else ep waits. */
int weftk_ask(struct weftk_ep *ep);
/* An answer to a question of ours?  Then endpoints that wait for it go on. */
bool weftk_answered(struct weftk_dev *dev, u32 transaction, const struct weft_hello *hello,
		    const struct weftk_addr *from);
bool weftk_asked(struct weftk_dev *dev, u32 transaction);
/* A chip has asked from an address: what was known of another one there is believed no more. */
void weftk_heard(struct weftk_dev *dev, const struct weftk_addr *from, u64 chip);
void weftk_asks_fini(struct weftk_dev *dev);

/* connect.c; the device's ask_lock held */
void weftk_ep_known(struct weftk_ep *ep, const struct weftk_terms *terms);
/* Has connecting to this chip failed since?  Then who is at its address is asked again. */
bool weftk_ep_doubted(struct weftk_dev *dev, const struct weftk_terms *terms, u64 since);
void weftk_ep_unreachable(struct weftk_ep *ep, enum weft_status st);
/* In the turn. */
void weftk_ep_asked(struct weftk_ctx *ctx, const struct weft_act *act);
void weftk_ep_event(struct weftk_ctx *ctx, const struct weft_act *act);
void weftk_ep_pull(struct weftk_ep *ep);
void weftk_conn_lost(struct weftk_conn *conn, enum weft_status st);
u64 weftk_conns_linger(struct weftk_ctx *ctx);

/* counters.c */
void weftk_counters_init(void);
/* The bytes of the answer, in out[WEFT_ALONE_MAX] */
size_t weftk_telemetry_answer(struct weftk_dev *dev, const struct weft_view *v, u8 *out);

/* flight_show.c; the rest of it is in flight.h */
const char *weftk_act_name(u8 code);
const char *weftk_event_name(u8 code);

/* dgram.c */
void weftk_dgram_arrived(struct weftk_dev *dev, const struct weftk_reader *rd,
			 struct weftk_cpu *cpu);

#endif
