/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verbs half of the module: the ib_device and the objects that its users make.  Network,
 * contexts and streams are the host half's (kernel/host.h), which calls back through
 * weftk_verbs_ops.
 *
 * Locks, outermost first: qp->modify (sleeps) -> the host's shard lock -> qp->sq.lock, qp->rq.lock,
 * srq->lock -> cq->lock.  Keys, address handles and queue pairs are found in tables under RCU
 * or the table's lock, and held by a reference while they are used.
 */
#ifndef WEFTK_VERBS_H
#define WEFTK_VERBS_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <rdma/ib_verbs.h>
#include <rdma/ib_umem.h>

#include "kernel/compat.h"
#include "kernel/host.h"
#include "kernel/ring.h"

/* What the device offers. */
#define WEFTK_RING_MAX		0x7ffffu	/* usable elements of a ring */
#define WEFTK_MAX_CQE		WEFTK_RING_MAX	/* libfabric's ofi_rxm asks for 262,144 */
#define WEFTK_MAX_WR		16383u
#define WEFTK_MAX_SGE		32u
#define WEFTK_MAX_INLINE	512u
#define WEFTK_MAX_RD_ATOMIC	128u	/* READs and atomics outstanding in a queue pair */
#define WEFTK_MAX_MSG		0x80000000u	/* MSG_MAX of section 40 */
#define WEFTK_MAX_FAST_PAGES	512u
#define WEFTK_MAX_SRQ_SGE	27u
#define WEFTK_SRQ_HOLD		8u	/* shared buffers that messages of one queue pair hold */
#define WEFTK_WINDOW		64u	/* messages of the peer's outstanding in a queue pair */
#define WEFTK_SQ_BUSY		32u	/* so many with the engine: processes need not ring */
#define WEFTK_SQ_DEPTH		256u	/* work requests of a queue pair with the engine, at most */
#define WEFTK_QPN_FIRST		16u
#define WEFTK_QPN_MASK		0xffffffu	/* 24 bits */
#define WEFTK_QPN_MCAST		0xffffffu	/* a datagram to a group names this number */
#define WEFTK_GIDS		64u
#define WEFTK_GRH		40u	/* bytes in front of a received datagram */

/* ---- The device (dev.c) -------------------------------------------------------------- */

struct weftk_ibdev {
	struct ib_device ib;
	struct list_head list;		/* of all devices */
	struct weftk_dev *host;		/* NULL: not created, or destroyed */
	struct net_device *netdev;	/* a reference is held */
	struct ib_device_attr attr;
	struct xarray keys;		/* key >> 8 -> struct weftk_key */
	struct xarray qps;		/* number -> struct weftk_qp; its lock guards the finding */
	struct xarray avs;		/* number -> struct weftk_av */
	struct ida pds;
	struct mutex groups_lock;	/* joining and leaving */
	spinlock_t groups_guard;	/* the list; inside groups_lock */
	struct list_head groups;	/* struct weftk_member */
	atomic64_t counts[16];		/* enum weftk_count */
	u32 next_key;
	u32 next_qpn;
	u32 next_av;
};

/* What verbs themselves count. */
enum weftk_count {
	WEFTK_COUNT_CQ_OVERRUN,		/* completions that found their CQ full */
	WEFTK_COUNT_BAD_WQE,		/* elements of a mapped queue that were refused */
	WEFTK_COUNT_UD_NO_ROOM,		/* datagrams without a receive buffer, or too long for it */
	WEFTK_COUNT_UD_SENT,
	WEFTK_COUNT_UD_RECEIVED,
	WEFTK_COUNT_QP_ERRORS,		/* queue pairs that failed */
	WEFTK_COUNTS,
};

static inline struct weftk_ibdev *to_wdev(struct ib_device *ib)
{
	return container_of(ib, struct weftk_ibdev, ib);
}

static inline void weftk_count(struct weftk_ibdev *dev, enum weftk_count what)
{
	atomic64_inc(&dev->counts[what]);
}

extern const struct weftk_verbs_ops weftk_verbs_ops;	/* act.c */
void weftk_port_event(struct weftk_dev *host, enum weftk_port_event ev);	/* dev.c */
void weftk_dispatch(struct weftk_ibdev *dev, enum ib_event_type type);
void weftk_attr_init(struct weftk_ibdev *dev);		/* query.c */
int weftk_query_device(struct ib_device *ib, struct ib_device_attr *attr, struct ib_udata *udata);
int weftk_query_port(struct ib_device *ib, u32 port, struct ib_port_attr *attr);
int weftk_port_immutable(struct ib_device *ib, u32 port, struct ib_port_immutable *im);
int weftk_query_pkey(struct ib_device *ib, u32 port, u16 index, u16 *pkey);
int weftk_modify_device(struct ib_device *ib, int mask, struct ib_device_modify *attr);
int weftk_modify_port(struct ib_device *ib, u32 port, int mask, struct ib_port_modify *attr);
enum rdma_link_layer weftk_link_layer(struct ib_device *ib, u32 port);

int weftk_stats_init(void);	/* stats.c */
void weftk_stats_exit(void);
struct rdma_hw_stats *weftk_alloc_stats(struct ib_device *ib, u32 port);
int weftk_get_stats(struct ib_device *ib, struct rdma_hw_stats *stats, u32 port, int index);

/* ---- Contexts, protection domains, address handles (pd.c) ---------------------------- */

struct weftk_ucontext {
	struct ib_ucontext ib;
};

struct weftk_pd {
	struct ib_pd ib;
	u32 num;		/* what the engine compares; not 0 */
};

static inline struct weftk_pd *to_wpd(struct ib_pd *ib)
{
	return container_of(ib, struct weftk_pd, ib);
}

/* Where an address handle leads.  Freed after a grace period, so that senders may copy it. */
struct weftk_av {
	struct rcu_head rcu;
	struct weftk_addr addr;
	struct weftk_hop hop;
	u32 pd;			/* number of its protection domain */
};

struct weftk_ah {
	struct ib_ah ib;
	struct weftk_av *av;
	u32 num;
};

static inline struct weftk_ah *to_wah(struct ib_ah *ib)
{
	return container_of(ib, struct weftk_ah, ib);
}

int weftk_alloc_ucontext(struct ib_ucontext *ib, struct ib_udata *udata);
void weftk_dealloc_ucontext(struct ib_ucontext *ib);
void weftk_disassociate_ucontext(struct ib_ucontext *ib);
int weftk_alloc_pd(struct ib_pd *ib, struct ib_udata *udata);
int weftk_dealloc_pd(struct ib_pd *ib, struct ib_udata *udata);
int weftk_create_ah(struct ib_ah *ib, struct rdma_ah_init_attr *init, struct ib_udata *udata);
int weftk_destroy_ah(struct ib_ah *ib, u32 flags);
/* The way that the attributes of an address describe.  -EINVAL: none. */
int weftk_addr_of(struct weftk_ibdev *dev, const struct rdma_ah_attr *attr,
		  struct weftk_addr *addr, struct weftk_hop *hop);

/* ---- Memory (mr.c, mr_user.c, mr_fast.c, mw.c, mem.c) -------------------------------- */

/* What a key names: a region, or a window onto one. */
struct weftk_key {
	refcount_t users;	/* the owner's one, and those of actions under way */
	struct completion unused;	/* nobody uses it any more */
	struct rcu_head rcu;
	u32 key;		/* as users name it; index << 8 | changing byte */
	bool window;
};

enum weftk_mr_kind { WEFTK_MR_DMA, WEFTK_MR_USER, WEFTK_MR_DMABUF, WEFTK_MR_FAST };

struct weftk_mr {
	struct ib_mr ib;
	struct weftk_key key;
	enum weftk_mr_kind kind;
	/* Held to read by whoever touches the bytes or the keys of it, to write by who changes it:
	 * after an invalidation nobody is still at work on the memory. */
	rwlock_t guard;
	bool valid;		/* FAST: between REG_MR and its invalidation; else: to the end */
	u32 pd;			/* number of the protection domain */
	u32 access;		/* IB_ACCESS_* */
	u64 base;		/* first address, as users name it */
	u64 len;		/* bytes */
	u64 skip;		/* bytes of the first chunk before base */
	struct page **chunks;	/* first page of each */
	u32 n_chunks, max_chunks;
	u8 shift;		/* log2 of a chunk's bytes */
	struct ib_umem *umem;	/* USER */
	struct dma_buf *dmabuf;	/* DMABUF */
	struct iosys_map map;	/* DMABUF */
	atomic_t windows;	/* bound to it */
};

static inline struct weftk_mr *to_wmr(struct ib_mr *ib)
{
	return container_of(ib, struct weftk_mr, ib);
}

struct weftk_window {
	struct weftk_key key;
	spinlock_t lock;	/* all that follows */
	struct weftk_mr *mr;	/* bound to it, a reference held; NULL: to none */
	u64 addr, len;		/* as peers name it */
	u64 shift;		/* what to add for the region's addresses */
	u32 access;
	u32 qpn;		/* type 2: whose peer may use it */
	u32 pd;
	bool type2;
	bool alive;
};

struct weftk_mw {
	struct ib_mw ib;
	struct weftk_window *w;
};

/* A range of one region, checked and held: with its guard, so one at a time. */
struct weftk_span {
	struct weftk_mr *mr;	/* a reference is held */
	u64 off;		/* of its first byte, from the region's chunks on */
};

/* mr.c */
int weftk_key_add(struct weftk_ibdev *dev, struct weftk_key *key, bool window);
/* Take it out of the table and wait until nobody uses it.  Sleeps. */
void weftk_key_remove(struct weftk_ibdev *dev, struct weftk_key *key);
struct weftk_key *weftk_key_get(struct weftk_ibdev *dev, u32 index);
void weftk_key_put(struct weftk_key *key);
static inline struct weftk_mr *weftk_key_mr(struct weftk_key *key)
{
	return container_of(key, struct weftk_mr, key);
}
static inline struct weftk_window *weftk_key_window(struct weftk_key *key)
{
	return container_of(key, struct weftk_window, key);
}
/* Release a span; bottom halves are off from getting it until then, and nothing sleeps. */
void weftk_span_put(struct weftk_span *span);
struct weftk_mr *weftk_mr_new(struct ib_pd *pd, enum weftk_mr_kind kind, u32 access);
int weftk_mr_publish(struct weftk_mr *mr);
struct ib_mr *weftk_get_dma_mr(struct ib_pd *pd, int access);
int weftk_dereg_mr(struct ib_mr *ib, struct ib_udata *udata);
/* A local buffer of a work request of pd.  access: 0 or IB_ACCESS_LOCAL_WRITE. */
enum weft_status weftk_local(struct weftk_ibdev *dev, u32 pd, const struct ib_sge *sge, u32 access,
			     struct weftk_span *span);
/* What a peer names; need: WEFT_MR_*.  qpn: ours.  *relaxed: may be placed out of order. */
enum weft_status weftk_remote(struct weftk_ibdev *dev, u32 pd, u32 qpn, u32 key, u32 need,
			      u64 addr, u64 len, struct weftk_span *span, bool *relaxed);

struct ib_mr *weftk_reg_user_mr(struct ib_pd *pd, u64 start, u64 len, u64 virt, int access,
				struct ib_udata *udata);
struct ib_mr *weftk_rereg_user_mr(struct ib_mr *ib, int flags, u64 start, u64 len, u64 virt,
				  int access, struct ib_pd *pd, struct ib_udata *udata);
WEFTK_REG_DMABUF(weftk_reg_user_mr_dmabuf);
void weftk_mr_release(struct weftk_mr *mr);

struct ib_mr *weftk_alloc_mr(struct ib_pd *pd, enum ib_mr_type type, u32 max_pages);
int weftk_map_mr_sg(struct ib_mr *ib, struct scatterlist *sg, int n, unsigned int *offset);
/* REG_MR, LOCAL_INV and the peer's INV.  Softirq. */
enum ib_wc_status weftk_fast_reg(struct weftk_ibdev *dev, u32 pd, struct ib_mr *ib, u32 key,
				 u32 access);
enum weft_status weftk_invalidate(struct weftk_ibdev *dev, u32 pd, u32 qpn, u32 key, bool remote);

int weftk_alloc_mw(struct ib_mw *ib, struct ib_udata *udata);
int weftk_dealloc_mw(struct ib_mw *ib);
struct weftk_bind {
	u64 addr, len;
	u32 mr_lkey, mw_rkey, rkey, access;
};
enum ib_wc_status weftk_bind_mw(struct weftk_ibdev *dev, u32 pd, u32 qpn,
				const struct weftk_bind *b);
/* Take the window from its region.  w->lock held. */
void weftk_unbind(struct weftk_window *w);

/* mem.c: bytes of a checked range.  None sleeps. */
void weftk_from_skb(const struct weftk_span *span, u64 off, const struct sk_buff *skb, u32 from,
		    u32 len);
void weftk_to_mem(const struct weftk_span *span, u64 off, const void *from, u32 len);
void weftk_from_mem(const struct weftk_span *span, u64 off, void *to, u32 len);
/* The atomic on a word; false: the word is not aligned in memory. */
bool weftk_word(const struct weftk_span *span, const struct weft_atomic *op, u64 *old);
/* One store of 8 bytes; false: they are not aligned in memory. */
bool weftk_store8(const struct weftk_span *span, u64 value);
/* Add the bytes to an skb, copied to its tail or as page fragments; false: they cannot be. */
bool weftk_span_gather(const struct weftk_span *span, u64 off, u32 len, struct sk_buff *skb,
		       bool copy);
/* Take fragments off again, down to n of them; len: the skb's before they came. */
void weftk_drop_frags(struct sk_buff *skb, int n, u32 len);

/* ---- Completion queues (cq.c) -------------------------------------------------------- */

struct weftk_cq {
	struct ib_cq ib;
	spinlock_t lock;	/* ring and notify; innermost */
	struct weftk_ring ring;
	bool user;
	bool overrun;		/* a completion was lost: told once */
	u8 notify;		/* enum ib_cq_notify_flags asked for, or 0 */
	struct work_struct overrun_work;
};

static inline struct weftk_cq *to_wcq(struct ib_cq *ib)
{
	return container_of(ib, struct weftk_cq, ib);
}

WEFTK_CREATE_CQ(weftk_create_cq);
int weftk_resize_cq(struct ib_cq *ib, int cqe, struct ib_udata *udata);
int weftk_destroy_cq(struct ib_cq *ib, struct ib_udata *udata);
int weftk_poll_cq(struct ib_cq *ib, int n, struct ib_wc *wc);
int weftk_peek_cq(struct ib_cq *ib, int n);
int weftk_req_notify_cq(struct ib_cq *ib, enum ib_cq_notify_flags flags);
/* Add a completion, and call the handler if it is due.  Calls it with no verbs lock held. */
/* The same in two steps, for callers that hold locks: true: call weftk_cq_notify() later. */
bool weftk_cq_push(struct weftk_cq *cq, const struct ib_wc *wc, bool solicited);
void weftk_cq_notify(struct weftk_cq *cq);
static inline void weftk_cq_add(struct weftk_cq *cq, const struct ib_wc *wc, bool solicited)
{
	if (weftk_cq_push(cq, wc, solicited))
		weftk_cq_notify(cq);
}

/* ---- Receive queues (rq.c, srq.c) ---------------------------------------------------- */

/* A receive work request, copied from where the user can reach it. */
struct weftk_rwqe {
	struct list_head free;	/* SRQ: among the free ones, or those given back */
	u64 wr_id;
	u32 len;		/* bytes of all buffers */
	u32 n_sge;
	struct ib_sge sge[];
};

struct weftk_rq {
	spinlock_t lock;
	struct weftk_ring ring;	/* user: shared; kernel: unused */
	void *slots;		/* rwqe of each element */
	u32 stride;		/* bytes of a slot */
	u32 mask;		/* slots - 1 */
	u32 posted;		/* kernel: work requests ever posted */
	u32 taken;		/* of these copied into slots; kernel: as posted */
	u32 done;		/* of these complete */
	u32 base;		/* `done` when the stream began: buffer of SSN 0 */
	u32 max_wr, max_sge;
};

struct weftk_srq {
	struct ib_srq ib;
	spinlock_t lock;
	struct weftk_ring ring;	/* for kernel users too; own: what was taken */
	void *slots;
	u32 stride;
	u32 num;		/* what the process calls it */
	struct list_head free;		/* slots that hold nothing */
	struct list_head back;		/* given back by queue pairs: taken first */
	u32 n_back;
	u32 limit;		/* 0: none */
	u32 max_wr, max_sge;
	bool user;
	struct work_struct limit_work;
};

static inline struct weftk_srq *to_wsrq(struct ib_srq *ib)
{
	return container_of(ib, struct weftk_srq, ib);
}

struct weftk_qp;
int weftk_rq_init(struct weftk_rq *rq, const struct ib_qp_cap *cap, struct ib_udata *udata,
		  struct weft_abi_map __user *mi);
void weftk_rq_free(struct weftk_rq *rq);
void weftk_rq_reset(struct weftk_rq *rq);
/* The i-th buffer counted from the beginning of the queue; NULL: not posted.  lock held. */
struct weftk_rwqe *weftk_rq_get(struct weftk_rq *rq, u32 i);
/* The oldest buffer is complete.  lock held. */
void weftk_rq_advance(struct weftk_rq *rq);
/* Copy a receive element out of a user's ring.  False: it is malformed. */
bool weftk_rwqe_copy(struct weftk_rwqe *to, const struct weft_abi_recv *from, u32 max_sge);
int weftk_rwqe_fill(struct weftk_rwqe *to, const struct ib_recv_wr *wr, u32 max_sge);
int weftk_post_recv(struct ib_qp *ib, const struct ib_recv_wr *wr, const struct ib_recv_wr **bad);

int weftk_create_srq(struct ib_srq *ib, struct ib_srq_init_attr *init, struct ib_udata *udata);
int weftk_modify_srq(struct ib_srq *ib, struct ib_srq_attr *attr, enum ib_srq_attr_mask mask,
		     struct ib_udata *udata);
int weftk_query_srq(struct ib_srq *ib, struct ib_srq_attr *attr);
int weftk_destroy_srq(struct ib_srq *ib, struct ib_udata *udata);
int weftk_post_srq_recv(struct ib_srq *ib, const struct ib_recv_wr *wr,
			const struct ib_recv_wr **bad);
/* Take a buffer; spare: only if another remains.  NULL: none. */
struct weftk_rwqe *weftk_srq_take(struct weftk_srq *srq, bool spare);
/* Give one back unused, or after use. */
void weftk_srq_return(struct weftk_srq *srq, struct weftk_rwqe *w);
void weftk_srq_used(struct weftk_srq *srq, struct weftk_rwqe *w);

/* Copy payload into a buffer, at off.  OK, TOO_LONG, LOCAL_PROTECTION. */
enum weft_status weftk_rwqe_place(struct weftk_ibdev *dev, u32 pd, const struct weftk_rwqe *w,
				  u32 off, const struct sk_buff *skb, u32 from, u32 len);
enum weft_status weftk_rwqe_write(struct weftk_ibdev *dev, u32 pd, const struct weftk_rwqe *w,
				  u32 off, const void *from, u32 len);

/* ---- Send queues (sq.c) -------------------------------------------------------------- */

enum weftk_swqe_state {
	WEFTK_SWQE_FREE,
	WEFTK_SWQE_POSTED,	/* kernel: waits to be taken */
	WEFTK_SWQE_ENGINE,	/* with the engine */
	WEFTK_SWQE_DONE,	/* executed here, or refused here: status */
};

/* A send work request, copied from where the user can reach it. */
struct weftk_swqe {
	u64 wr_id;
	u32 opcode;		/* enum ib_wr_opcode, or WEFTK_WR_ATOMIC */
	u32 flags;		/* IB_SEND_* */
	u32 len;		/* bytes of the message */
	u32 imm;		/* immediate in host order, or key to invalidate */
	u16 n_sge;
	u8 state;		/* enum weftk_swqe_state */
	u8 status;		/* DONE: enum ib_wc_status */
	u8 why;			/* DONE: enum weft_abi_why */
	union {
		struct {
			u64 addr;
			u32 rkey;
			u8 level;	/* FLUSH: enum weft_flush */
			bool masked;	/* atomics: the masks of word count */
			struct weft_atomic word;	/* atomics */
		} r;
		struct {
			struct weftk_addr addr;
			struct weftk_hop hop;
			u32 qpn, qkey;
		} ud;
		struct {
			struct ib_mr *mr;
			u32 key, access;
		} reg;
		struct weftk_bind bind;
	};
	union {
		DECLARE_FLEX_ARRAY(struct ib_sge, sge);
		DECLARE_FLEX_ARRAY(u8, bytes);	/* IB_SEND_INLINE */
	};
};

struct weftk_sq {
	spinlock_t lock;
	struct weftk_ring ring;	/* user: shared; kernel: unused */
	void *slots;
	u32 stride;
	u32 mask;
	u32 posted;		/* kernel: work requests ever posted */
	u32 taken;		/* of these taken out of the queue */
	u32 done;		/* of these complete */
	u32 max_wr, max_sge, max_inline;
	bool sig_all;
	bool waits;		/* the request taken last waits for those before it */
	bool stopped;		/* a request was refused here: none after it is begun */
};

static inline struct weftk_swqe *weftk_swqe(const struct weftk_sq *sq, u32 i)
{
	return sq->slots + (size_t)(i & sq->mask) * sq->stride;
}

static inline struct weftk_rwqe *weftk_rwqe(const struct weftk_rq *rq, u32 i)
{
	return rq->slots + (size_t)(i & rq->mask) * rq->stride;
}

int weftk_sq_init(struct weftk_sq *sq, struct ib_qp_cap *cap, struct ib_udata *udata,
		  struct weft_abi_map __user *mi);
void weftk_sq_free(struct weftk_sq *sq);
void weftk_sq_reset(struct weftk_sq *sq);
/* Take the next request out of the queue into its slot; NULL: there is none.  lock held. */
struct weftk_swqe *weftk_sq_take(struct weftk_qp *qp);
/* Is anything in the queue that was not taken? */
bool weftk_sq_pending(const struct weftk_sq *sq);
/*
 * A process rings the doorbell only where it is asked to, so whoever stops taking says by which of
 * these.  lock held.  rest: nothing looks at the queue before the next doorbell; true: something
 * came first.  look: a request is complete; true: the queue is to be pulled.
 */
bool weftk_sq_rest(struct weftk_sq *sq);
bool weftk_sq_look(struct weftk_qp *qp);
/* Complete in order what is DONE; sq.lock held.  What it found is to be settled without locks. */
enum weftk_reaped {
	WEFTK_REAPED_NOTIFY = 1,	/* the CQ's handler is due */
	WEFTK_REAPED_ERROR = 2,		/* the queue pair is to fail */
};
enum weftk_reaped weftk_sq_reap(struct weftk_qp *qp);
void weftk_sq_settle(struct weftk_qp *qp, enum weftk_reaped found);
int weftk_post_send(struct ib_qp *ib, const struct ib_send_wr *wr, const struct ib_send_wr **bad);
/* post.c: a kernel user's request into a slot. */
int weftk_swqe_fill(struct weftk_qp *qp, struct weftk_swqe *w, const struct ib_send_wr *wr);
/* post.c: a process's request into a slot.  False: it is malformed. */
bool weftk_swqe_copy(struct weftk_qp *qp, struct weftk_swqe *w, const struct weft_abi_send *from);
bool weftk_swqe_allowed(const struct weftk_qp *qp, u32 opcode);

#define WEFTK_WR_ATOMIC		WEFT_ABI_OP_ATOMIC	/* an atomic of atomics.h */

/* sq_data.c: the data of a request with the engine. */
/* Bytes [off, off + len) into an skb, as gather() of the host wants it. */
enum weft_status weftk_swqe_gather(struct weftk_qp *qp, const struct weftk_swqe *w, u32 off,
				   u32 len, struct sk_buff *skb);
enum weft_status weftk_swqe_place(struct weftk_qp *qp, const struct weftk_swqe *w, u32 off,
				  const struct sk_buff *skb, u32 from, u32 len);
/* An atomic's old value. */
enum weft_status weftk_swqe_result(struct weftk_qp *qp, const struct weftk_swqe *w, u64 value);

/* ---- Queue pairs (qp.c, modify.c) ---------------------------------------------------- */

struct weftk_qp {
	struct ib_qp ib;
	struct weftk_ep ep;		/* RC */
	struct weftk_ibdev *dev;
	refcount_t users;		/* owner, ep_get(), datagrams under way */
	struct completion unused;
	struct mutex modify;		/* attributes and state change one at a time */
	u8 state;			/* enum ib_qp_state; to write: sq.lock and rq.lock too */
	bool user;
	bool connecting;		/* the endpoint has been told to connect */
	bool up;			/* its stream is there */
	bool gone;			/* the peer's end is no more: sends fail */
	bool told;			/* COMM_EST was reported */
	u32 pd;				/* number */
	u32 num;			/* 1: GSI */
	u32 ud_psn;			/* datagrams sent */
	spinlock_t ud_lock;		/* who sends datagrams; outside sq.lock */
	struct ib_qp_attr attr;		/* as set; cap is what was granted */
	struct weftk_addr addr;		/* RC: the peer's */
	struct weftk_hop hop;
	struct weftk_cq *send_cq, *recv_cq;
	struct weftk_srq *srq;
	struct weftk_sq sq;
	struct weftk_rq rq;
	struct weftk_rwqe **bound;	/* SRQ: buffers of messages, by SSN & bound_mask */
	u32 bound_mask;
	u32 srq_done;			/* SSN of the next message to complete */
	struct work_struct work;	/* flushes; sends datagrams */
	unsigned long events;		/* bits of enum ib_event_type to report; by work */
	u8 recv_error;			/* what the next buffer completes with, or 0: flushed */
	struct delayed_work patience;	/* ends when work has waited too long for a connection */
};

static inline struct weftk_qp *to_wqp(struct ib_qp *ib)
{
	return container_of(ib, struct weftk_qp, ib);
}

static inline bool weftk_is_ud(const struct weftk_qp *qp)
{
	return qp->ib.qp_type == IB_QPT_UD || qp->ib.qp_type == IB_QPT_GSI;
}

extern struct workqueue_struct *weftk_wq;

int weftk_create_qp(struct ib_qp *ib, struct ib_qp_init_attr *init, struct ib_udata *udata);
int weftk_destroy_qp(struct ib_qp *ib, struct ib_udata *udata);
int weftk_modify_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask, struct ib_udata *udata);
int weftk_query_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
		   struct ib_qp_init_attr *init);
struct weftk_qp *weftk_qp_get(struct weftk_ibdev *dev, u32 num);
void weftk_qp_put(struct weftk_qp *qp);
/* To ERR; what is queued is flushed.  Any context but hard interrupts; no verbs lock held. */
void weftk_qp_fail(struct weftk_qp *qp, enum weft_status st);
/* Report an event of the queue pair, from a context that may sleep. */
void weftk_qp_event(struct weftk_qp *qp, enum ib_event_type type);
void weftk_qp_work(struct work_struct *work);
/* Let qp->work run. */
void weftk_qp_later(struct weftk_qp *qp);
/* There is work to send: wait for a connection no longer than the queue pair's time. */
void weftk_qp_patience(struct weftk_qp *qp);
/* The peer's end is no more, or never came. */
void weftk_qp_gone(struct weftk_qp *qp);
/* Back to RESET: nothing is under way in it any more, and nothing will begin.  Sleeps. */
void weftk_qp_quiesce(struct weftk_qp *qp);
/* Complete what is in the queues with FLUSH_ERR. */
void weftk_qp_flush(struct weftk_qp *qp);

/* ---- Datagrams (ud.c) ------------------------------------------------------- */

/* Send what is queued.  Process context or softirq. */
void weftk_ud_send(struct weftk_qp *qp);
enum weft_drop weftk_ud_recv(struct weftk_dev *host, const struct weft_view *v,
			     const struct sk_buff *skb, u32 off, const struct weftk_addr *from);

/* A queue pair in a multicast group. */
struct weftk_member {
	struct list_head list;
	union ib_gid gid;
	struct weftk_qp *qp;
};

int weftk_attach_mcast(struct ib_qp *ib, union ib_gid *gid, u16 lid);
int weftk_detach_mcast(struct ib_qp *ib, union ib_gid *gid, u16 lid);
void weftk_leave_groups(struct weftk_qp *qp);

/* ---- Statuses (wc.c) ----------------------------------------------------------------- */

enum ib_wc_status weftk_wc_status(enum weft_status st);
enum ib_wc_opcode weftk_wc_opcode(u32 wr_opcode);
/* What the responder's side reports of a refusal; IB_EVENT_QP_FATAL if nothing better. */
enum ib_event_type weftk_refused_event(enum weft_status st);

#endif
