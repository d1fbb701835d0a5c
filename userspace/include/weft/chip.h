/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chips: finding them, saying what this one is, telling one about another, and driving an
 * accelerator's memory and queues.
 */
#ifndef WEFT_CHIP_PUBLIC_H
#define WEFT_CHIP_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#include <weft/ep.h>
#include <weft/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_mem;

#define WEFT_POOLS_MAX	 8
#define WEFT_ENGINES_MAX 16

struct weft_pool_info {
	uint8_t index;		/* as ALLOC names it */
	uint8_t kind;		/* enum weft_pool_kind */
	uint64_t size;		/* bytes */
};

struct weft_engine_info {
	uint16_t kernel;	/* enum weft_run */
	uint32_t types;		/* bit n set: enum weft_red_type n */
};

/* What a chip says about itself. */
struct weft_chip_info {
	uint64_t chip_id;
	uint32_t incarnation;
	uint32_t vendor;		/* OUI */
	uint32_t profiles;		/* WEFT_PROFILE_* */
	uint8_t chip_class;		/* enum weft_chip_class */
	uint8_t modes;			/* WEFT_RUD | WEFT_ROD */
	uint8_t version_min, version_max;
	uint16_t max_payload;		/* bytes */
	uint16_t max_window;		/* packets */
	uint16_t paths;
	uint16_t queues;		/* architected queues at most; 0: none */
	uint32_t queue_depth;		/* commands in one, at most */
	uint32_t offers;		/* WEFT_OFFER_* */
	uint16_t windows;		/* bound in one context, at most */
	uint16_t mem_tags;		/* operations on them outstanding in one context, at most */
	uint8_t ports;			/* that it has; 0: it does not say */
	uint8_t n_pools, n_engines;
	struct weft_pool_info pools[WEFT_POOLS_MAX];
	struct weft_engine_info engines[WEFT_ENGINES_MAX];
	char name[WEFT_NAME_MAX];	/* printing ASCII */
	char addr[WEFT_ADDR_MAX];	/* where it answered from; ours: the port's */
};

/* ---- Discovery ------------------------------------------------------------------- */

/*
 * Ask who is there, and collect answers for timeout_ns; with an address, until that one answers.
 *
 * to: an address as in weft_connect(), or NULL for everybody in the neighbourhood.  The question
 * is repeated within the time, since it or the answer may be lost.  Stores up to max chips in the
 * order of their IDs, each once.  Chips found are remembered: "chip:ID" then names them.
 *
 * Returns how many answered, which may be more than max; 0: none.  Errors: -EINVAL (address),
 * -EADDRNOTAVAIL (this carriage has no broadcast), or as weft_wait().
 */
int weft_discover(struct weft_port *port, const char *to, uint64_t timeout_ns,
		  struct weft_chip_info *chips, int max);

/* Ask, without waiting: answers are remembered as they come. */
int weft_ask(struct weft_port *port, const char *to);

/* What is known of a chip.  Errors: -ENOENT. */
int weft_chip_info(struct weft_port *port, uint64_t chip_id, struct weft_chip_info *info);

/*
 * Replace what this port says of pools, engines and queues.  Only pools, engines, their numbers,
 * queues, queue_depth and profiles of info are used.  Errors: -EINVAL (too many).
 */
int weft_describe(struct weft_port *port, const struct weft_chip_info *info);

/* Read "chip:0011223344556677" or bare hexadecimal, with or without - or : between bytes.  Errors:
 * -EINVAL. */
int weft_chip_id_parse(const char *text, uint64_t *chip_id);
/* Write it as 00-11-22-33-44-55-66-77, 24 bytes with the NUL; returns buf. */
char *weft_chip_id_str(uint64_t chip_id, char buf[24]);

/* ---- Neighbours ------------------------------------------------------------------ */

/*
 * Tell the chip at `to` where another chip is, so that the two can talk to each other; repeated
 * until that chip confirms it.  addr: as in weft_connect(), seen from the chip told.
 *
 * timeout_ns: turn the port until it is confirmed.  0: do not wait; it is repeated by the turns
 * to come, for about a second.
 *
 * Errors: -EINVAL, -ENOENT, -ETIMEDOUT (not confirmed), -ENOMEM, or as weft_wait().
 */
int weft_tell(struct weft_port *port, const char *to, uint64_t chip_id, const char *addr,
	      uint64_t timeout_ns);

/* Where a chip is, by discovery or because we were told: text in addr.  Errors: -ENOENT. */
int weft_lookup(struct weft_port *port, uint64_t chip_id, char addr[WEFT_ADDR_MAX]);

/* ---- A chip's service: memory and queues (client) -------------------------------- */

struct weft_chip;

struct weft_chip_opts {
	struct weft_ep_opts ep;		/* of the endpoint that carries it all */
	uint64_t timeout_ns;		/* for each call below; 0: 10 s */
};

/*
 * Connect to a chip's service.  What is allocated through it is freed by the chip when it ends.
 * The calls below turn the port until the chip has answered.
 *
 * Errors: as weft_connect() and weft_connect_wait().
 */
int weft_chip_connect(struct weft_port *port, const char *to, const struct weft_chip_opts *opts,
		      struct weft_chip **chip);
/* Ends it.  Queues and endpoint are freed.  NULL is allowed. */
void weft_chip_close(struct weft_chip *chip);

/* The endpoint: for WRITE, READ and atomics on memory of the chip.  Completions of the calls below
 * do not appear in its completion queue. */
struct weft_ep *weft_chip_ep(const struct weft_chip *chip);

/* Memory on a chip. */
struct weft_chip_mem {
	uint64_t addr;
	uint64_t len;
	uint32_t key;
};

#define WEFT_ALLOC_RELAXED 1u	/* data may be placed out of order */

/*
 * Allocate memory of a pool; it reads as zero.  Errors: -EINVAL, -EREMOTEIO (the chip refused:
 * weft_error() says with what status), -ETIMEDOUT, -EHOSTDOWN (the endpoint failed).
 */
int weft_chip_alloc(struct weft_chip *chip, unsigned pool, uint64_t len, unsigned flags,
		    struct weft_chip_mem *mem);
int weft_chip_free(struct weft_chip *chip, uint32_t key);

/* ---- Architected queues (client) ------------------------------------------------- */

struct weft_queue;

/* A command.  Fields that its kernel does not use are 0. */
struct weft_command {
	uint16_t kernel;	/* enum weft_run */
	uint8_t barrier;	/* not 0: starts when all earlier commands have ended */
	uint8_t op;		/* REDUCE: enum weft_red_op */
	uint8_t type;		/* REDUCE, GEMM: enum weft_red_type */
	uint8_t value;		/* FILL */
	uint32_t len;		/* bytes */
	uint32_t dst_key, src_key;
	uint64_t dst_addr, src_addr;
	uint64_t src_chip;	/* whose memory src is; 0: that of the chip that runs it */
	uint64_t signal_addr;	/* word in our memory that the chip adds to; see weft_signal_* */
	uint32_t signal_key;	/* 0: no signal */
};

#define WEFT_GEMM_BYTES 56

/*
 * What a GEMM multiplies: c = a x b, or c + a x b.  Row-major; all in memory of the chip that runs
 * it.  Packed, it lies where the command's src says; the command's dst is c, its len
 * WEFT_GEMM_BYTES, its type that of a and b: I8 (c is I32), F16, BF16 or F32 (c is F32).
 */
struct weft_gemm {
	uint64_t a_addr, b_addr;
	uint32_t a_key, b_key;
	uint32_t m, n, k;	/* a is m by k, b is k by n, c is m by n */
	uint32_t lda, ldb, ldc;	/* elements from one row to the next; 0: rows touch */
	uint8_t accumulate;	/* not 0: add to what c holds */
};
void weft_gemm_pack(uint8_t out[WEFT_GEMM_BYTES], const struct weft_gemm *g);

/* Create a queue of depth commands, a power of two.  Errors: as weft_chip_alloc(). */
int weft_queue_create(struct weft_chip *chip, uint32_t depth, struct weft_queue **queue);
/* Commands that the chip has taken and not finished fail with ABORTED, and all that it took are
 * signalled before this returns; others have no effect.  Errors: as weft_chip_alloc(); the handle
 * is freed in any case.  NULL is allowed. */
int weft_queue_destroy(struct weft_queue *queue);
/* The same, and how many of the commands submitted the chip took; NULL: not asked. */
int weft_queue_end(struct weft_queue *queue, uint64_t *taken);

/*
 * Submit n commands, in order.  They are copied.  Returns how many there was room for, 0..n: the
 * queue's free slots are those that the chip is known to have taken commands from, and a question
 * for its read index is then on its way: turn and try again.  Errors: -EINVAL (a field), -ENOTCONN.
 */
int weft_queue_submit(struct weft_queue *queue, const struct weft_command *cmds, int n);
/* Turn the port until all n are submitted.  Errors: also -ETIMEDOUT; some may be submitted then:
 * weft_queue_submitted() tells. */
int weft_queue_submit_wait(struct weft_queue *queue, const struct weft_command *cmds, int n,
			   uint64_t timeout_ns);

uint64_t weft_queue_submitted(const struct weft_queue *queue);	/* commands, since it was created */
uint32_t weft_queue_depth(const struct weft_queue *queue);
/* The queue's memory on the chip: doorbell at +0, read index at +64, ring at +128. */
const struct weft_chip_mem *weft_queue_mem(const struct weft_queue *queue);

/* Signals: 64-bit little-endian words in memory registered with WEFT_REMOTE_ATOMIC, in the domain
 * and protection domain of the chip's endpoint, to which the chip adds for each command. */
struct weft_signals;

/* Allocate and register n words, zero.  The domain and protection domain are chip's.  Errors:
 * -EINVAL, -ENOMEM. */
int weft_signals_create(struct weft_chip *chip, uint32_t n, struct weft_signals **sig);
void weft_signals_destroy(struct weft_signals *sig);
uint32_t weft_signals_key(const struct weft_signals *sig);
uint64_t weft_signal_addr(const struct weft_signals *sig, uint32_t i);
/* The word's value; set it back to zero between uses. */
uint64_t weft_signal_get(const struct weft_signals *sig, uint32_t i);
void weft_signal_clear(struct weft_signals *sig, uint32_t i);

/* Reading a word: commands finished; how many of them failed; status, exact if one used it. */
uint32_t weft_signal_count(uint64_t word);
uint32_t weft_signal_failed(uint64_t word);
unsigned weft_signal_status(uint64_t word);		/* enum weft_cmd_st */
/* What a chip adds for one command that ended with status. */
uint64_t weft_signal_make(unsigned status);

/*
 * Turn until word i counts at least `count` commands.  Errors: -ETIMEDOUT, -EREMOTEIO (a command
 * failed: weft_error() says how), -EHOSTDOWN (the chip's endpoint failed), or as weft_wait().
 */
int weft_signal_wait(struct weft_signals *sig, uint32_t i, uint32_t count, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif

#endif
