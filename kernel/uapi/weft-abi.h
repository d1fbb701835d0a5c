/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process and weft.ko say to each other beside the common verbs commands: the queues in
 * shared memory, and the few bytes that commands carry more.  The only description of it; both
 * sides assert sizes and offsets against it (kernel/abi.c, userspace/provider/test/t_abi.c).
 *
 * Queues.  A command's answer says where a queue is to be mapped (struct weft_abi_map).  A queue is
 * a ring: its head (struct weft_abi_ring) and after that index_mask + 1 elements of
 * 1 << log2_elem bytes.  One side puts elements in, the other takes them out:
 *
 *	send queue, receive queue, shared receive queue	  process -> kernel
 *	completion queue				  kernel -> process
 *
 * Who puts writes the element at `producer`, then stores producer + 1 with release order.  Who
 * takes loads `producer` with acquire order, reads the element at `consumer`, then stores
 * consumer + 1 with release order.  Indices are masked when they are stored.  The ring is empty
 * when they are equal and full when producer + 1 equals consumer, so one element is never used.
 *
 * Waking.  `wake` is the taker's: what it wants to be told.
 *	- Queues that the kernel takes from: not 0: the kernel does not look at the ring by
 *	  itself; whoever puts something in must ring the doorbell (POST_SEND of no work
 *	  requests) after.  0: it looks again, and no doorbell is due.  The kernel writes it,
 *	  the process only reads.
 *	- Completion queues: WEFT_ABI_WAKE_* bits that the process sets, by an atomic OR, and
 *	  the kernel clears when it sends the event.
 * Both sides put a full memory barrier between their two accesses: who puts, between storing
 * `producer` and loading `wake`; who takes, between storing `wake` and loading `producer` once
 * more.  One of them then always sees the other's store.
 *
 * The kernel never believes the memory that it shares: it keeps its own index, masks the other's,
 * and copies an element before it looks at it.  A process that writes nonsense harms itself only.
 *
 * The layout is also that of rdma/rdma_user_rxe.h, which speaks of the reserved fields and of
 * `wake` as padding; a provider written for that one works with the same kernel code and rings the
 * doorbell each time.
 *
 * All integers are in the machine's own order.  What is called reserved is written as 0 and not
 * read.
 */
#ifndef WEFT_ABI_H
#define WEFT_ABI_H

#include <linux/types.h>

/* Grows when something here changes its meaning; a provider takes the versions that it knows. */
#define WEFT_ABI_VERSION	1

/* enum rdma_driver_id of devices that speak this ABI: outside the range that Linux gives out. */
#define WEFT_ABI_DRIVER_ID	0x57454654u	/* "WEFT" */

/* ---- Rings ------------------------------------------------------------------------- */

struct weft_abi_ring {
	/* These four the kernel only writes. */
	__u32 log2_elem;	/* log2 of an element's bytes */
	__u32 index_mask;	/* elements - 1, elements a power of two */
	__u32 version;		/* WEFT_ABI_VERSION of the kernel */
	__u32 atomics;		/* send queue: WEFT_ABI_ATOMICS_* that the peer offers too; 0: not
				 * known: not connected yet, or a kernel without them */
	__u32 reserved_1[28];
	__u32 producer;		/* next element to put; at 128, a cache line of its own */
	__u32 reserved_2[31];
	__u32 consumer;		/* next element to take; at 256 */
	__u32 wake;		/* see above; in the taker's cache line */
	__u32 reserved_3[30];
	__u8 data[];		/* at 384 */
};

#define WEFT_ABI_WAKE_DOORBELL		1u	/* kernel: ring the doorbell */
#define WEFT_ABI_WAKE_SOLICITED		1u	/* process: at a solicited completion or an error */
#define WEFT_ABI_WAKE_ANY		2u	/* process: at any completion */

/* Where a ring is to be mapped: mmap(NULL, bytes, READ | WRITE, SHARED, command fd, offset). */
struct weft_abi_map {
	__aligned_u64 offset;
	__u32 bytes;		/* whole pages */
	__u32 reserved;
};

/* ---- Work requests ----------------------------------------------------------------- */

/* weft_abi_send.opcode: enum ib_uverbs_wr_opcode. */
enum weft_abi_op {
	WEFT_ABI_OP_WRITE = 0,
	WEFT_ABI_OP_WRITE_IMM = 1,
	WEFT_ABI_OP_SEND = 2,
	WEFT_ABI_OP_SEND_IMM = 3,
	WEFT_ABI_OP_READ = 4,
	WEFT_ABI_OP_CMP_SWP = 5,
	WEFT_ABI_OP_FETCH_ADD = 6,
	WEFT_ABI_OP_LOCAL_INV = 7,
	WEFT_ABI_OP_BIND_MW = 8,
	WEFT_ABI_OP_SEND_INV = 9,
	WEFT_ABI_OP_FLUSH = 14,
	WEFT_ABI_OP_ATOMIC_WRITE = 15,
	WEFT_ABI_OP_ATOMIC = 128,	/* any atomic of Weft's, where WEFT_ABI_HAS_ATOMIC */
};

/* weft_abi_send.any.aop: the protocol's numbers (enum aop of the specification, section 20). */
enum weft_abi_aop {
	WEFT_ABI_AOP_FADD = 1,
	WEFT_ABI_AOP_CAS = 2,
	WEFT_ABI_AOP_SWAP = 3,
	WEFT_ABI_AOP_MIN = 4,		/* signed */
	WEFT_ABI_AOP_MAX = 5,
	WEFT_ABI_AOP_UMIN = 6,		/* unsigned */
	WEFT_ABI_AOP_UMAX = 7,
	WEFT_ABI_AOP_AND = 8,
	WEFT_ABI_AOP_OR = 9,
	WEFT_ABI_AOP_XOR = 10,
};

/* weft_abi_send.any.flags; other bits are refused. */
#define WEFT_ABI_AFLAG_MASKED		1u	/* the masks count */

/* Which atomics there are beside FADD and CAS of 8 bytes, whole. */
#define WEFT_ABI_ATOMICS_KNOWN		1u	/* what the other bits say is so */
#define WEFT_ABI_ATOMICS_OPS		2u	/* every enum weft_abi_aop */
#define WEFT_ABI_ATOMICS_NARROW		4u	/* words of 1, 2 and 4 bytes */
#define WEFT_ABI_ATOMICS_MASKED		8u	/* masks */

/* weft_abi_send.flags: enum ibv_send_flags. */
#define WEFT_ABI_SEND_FENCE		1u
#define WEFT_ABI_SEND_SIGNALED		2u
#define WEFT_ABI_SEND_SOLICITED		4u
#define WEFT_ABI_SEND_INLINE		8u

struct weft_abi_sge {
	__aligned_u64 addr;
	__u32 length;		/* bytes */
	__u32 lkey;
};

/*
 * The data of a work request.  It ends an element; what follows it there (WEFT_ABI_SGE,
 * WEFT_ABI_BYTES) are its buffers, or with WEFT_ABI_SEND_INLINE and for the 8 bytes of
 * ATOMIC_WRITE the data itself.
 */
struct weft_abi_data {
	/* Send: bytes of inline data, or of the memory that FLUSH means; else not read.  The kernel
	 * adds up the buffers itself. */
	__u32 length;
	__u32 reserved_1[2];
	__u32 num_sge;		/* buffers; not read if inline */
	__u32 reserved_2[2];
};

/* An element of a send queue. */
struct weft_abi_send {
	__aligned_u64 wr_id;	/* comes back with the completion */
	__u32 reserved_1;
	__u32 opcode;		/* enum weft_abi_op */
	__u32 flags;		/* WEFT_ABI_SEND_* */
	union {
		__be32 imm;		/* _IMM */
		__u32 invalidate;	/* SEND_INV, LOCAL_INV: the key */
	};
	union {
		struct {		/* WRITE, WRITE_IMM, READ, ATOMIC_WRITE */
			__aligned_u64 addr;
			__u32 rkey;
			__u32 reserved;
		} rdma;
		struct {		/* CMP_SWP, FETCH_ADD */
			__aligned_u64 addr;
			__aligned_u64 compare_add;
			__aligned_u64 swap;
			__u32 rkey;
			__u32 reserved;
		} atomic;
		struct {		/* ATOMIC */
			__aligned_u64 addr;	/* a multiple of width */
			__aligned_u64 operand;	/* addend, or new value; low bits if narrow */
			__aligned_u64 compare;	/* CAS */
			__u32 rkey;
			__u8 aop;	/* enum weft_abi_aop */
			__u8 width;	/* bytes of the word: 1, 2, 4 or 8 */
			__u8 flags;	/* WEFT_ABI_AFLAG_* */
			__u8 reserved;
			__aligned_u64 operand_mask;	/* bits that may change */
			__aligned_u64 compare_mask;	/* CAS: bits that are compared; FADD: bits
							 * that nothing is carried out of */
		} any;
		struct {		/* FLUSH; how many bytes: data.length */
			__aligned_u64 addr;
			__u32 length;	/* as data.length */
			__u32 rkey;
			__u8 type;	/* WEFT_ABI_FLUSH_* */
			__u8 level;	/* WEFT_ABI_FLUSH_RANGE or _REGION */
			__u8 reserved[6];
		} flush;
		struct {		/* UD */
			__u32 qpn;	/* of the receiver */
			__u32 qkey;	/* top bit set: the sender's own */
			__u16 pkey_index;	/* 0 */
			__u16 reserved_1;
			__u32 ah;	/* weft_abi_ah_resp.number */
			__u32 reserved_2[26];
		} ud;
		struct {		/* BIND_MW */
			__aligned_u64 addr;
			__aligned_u64 length;	/* 0: unbind */
			__u32 mr_lkey;	/* of the region */
			__u32 mw_rkey;	/* as the window has it now */
			__u32 rkey;	/* as it is to have it: another low byte */
			__u32 access;	/* enum ibv_access_flags */
		} mw;
	};
	__u32 reserved_2[10];
	struct weft_abi_data data;	/* at 184; 208 bytes in all */
};

#define WEFT_ABI_FLUSH_GLOBAL		1u	/* type, bits: visible to all */
#define WEFT_ABI_FLUSH_PERSISTENT	2u
#define WEFT_ABI_FLUSH_RANGE		0u	/* level */
#define WEFT_ABI_FLUSH_REGION		1u

/* An element of a receive queue, shared or not. */
struct weft_abi_recv {
	__aligned_u64 wr_id;
	__u32 reserved[2];
	struct weft_abi_data data;	/* at 16; 40 bytes in all */
};

/* What follows an element of a send or receive queue. */
#define WEFT_ABI_SGE(element)	((struct weft_abi_sge *)((element) + 1))
#define WEFT_ABI_BYTES(element)	((__u8 *)((element) + 1))

/* ---- Completions ------------------------------------------------------------------- */

/* weft_abi_wc.flags: the kernel's enum ib_wc_flags, not the library's. */
#define WEFT_ABI_WC_GRH			1u
#define WEFT_ABI_WC_IMM			2u
#define WEFT_ABI_WC_INV			4u

/*
 * Why an ATOMIC was refused here, with IBV_WC_LOC_QP_OP_ERR.  Done, one has the old value in its
 * buffers: 8 bytes, whatever its width; its opcode is that of FETCH_ADD, or for CAS of CMP_SWP.
 */
enum weft_abi_why {
	WEFT_ABI_WHY_NONE = 0,
	WEFT_ABI_WHY_NO_ATOMIC = 1,	/* no such operation, width or flag */
	WEFT_ABI_WHY_MISALIGNED = 2,	/* the address is not a multiple of the width */
	WEFT_ABI_WHY_PEER = 3,		/* the peer does not offer it */
};

/* An element of a completion queue: struct ib_uverbs_wc. */
struct weft_abi_wc {
	__aligned_u64 wr_id;
	__u32 status;		/* enum ibv_wc_status */
	__u32 opcode;		/* enum ibv_wc_opcode; only if status is success */
	__u32 vendor_err;	/* enum weft_abi_why */
	__u32 byte_len;
	union {
		__be32 imm;
		__u32 invalidated;
	};
	__u32 qp_num;
	__u32 src_qp;
	__u32 flags;		/* WEFT_ABI_WC_* */
	__u16 pkey_index;
	__u16 slid;
	__u8 sl;
	__u8 dlid_path_bits;
	__u8 port_num;
	__u8 reserved;
};

/* ---- What commands carry more ------------------------------------------------------- */

/* weft_abi_context_resp.features. */
#define WEFT_ABI_HAS_WAKE_SEND		1u	/* `wake` of send and receive queues is kept */
#define WEFT_ABI_HAS_WAKE_CQ		2u	/* `wake` of completion queues is looked at */
#define WEFT_ABI_HAS_ATOMIC		4u	/* WEFT_ABI_OP_ATOMIC, and who offers what */

/* GET_CONTEXT.  A kernel or a provider that knows only the beginning leaves it at that. */
struct weft_abi_context_resp {
	__u32 version;		/* WEFT_ABI_VERSION of the kernel */
	__u32 features;
	__u32 atomics;		/* WEFT_ABI_ATOMICS_* of the device itself; at 8 */
	__u32 reserved;
};

/* CREATE_AH */
struct weft_abi_ah_resp {
	__u32 number;		/* for weft_abi_send.ud.ah */
	__u32 reserved;
};

/* CREATE_CQ, RESIZE_CQ: elements are weft_abi_wc.  After RESIZE_CQ what was not taken out of the
 * old ring is in the new one. */
struct weft_abi_cq_resp {
	struct weft_abi_map map;
};

/* CREATE_QP.  rq.bytes is 0 if the queue pair uses a shared receive queue. */
struct weft_abi_qp_resp {
	struct weft_abi_map rq;
	struct weft_abi_map sq;
};

/* CREATE_SRQ */
struct weft_abi_srq_resp {
	struct weft_abi_map map;
	__u32 number;
	__u32 reserved;
};

/* MODIFY_SRQ that resizes: where the kernel shall write a struct weft_abi_map. */
struct weft_abi_modify_srq_req {
	__aligned_u64 map_addr;
};

#endif
