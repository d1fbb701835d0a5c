/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Engines: what the reference chip computes.
 *
 * This file decides what a kernel's arguments may be and what it does to memory, piece by piece,
 * so that the caller can stop after any piece.  Whose memory that is, keys, order and signals are
 * queue.h's.
 *
 * A kernel works through its range piece by piece by step(), or, if it names more memory than its
 * src and dst, by judge() and turn().  Kernels of the vendor's are engines that a chip is given.
 *
 * Numbers in memory are little-endian.  Integer sums wrap.  MIN and MAX with a NaN give a NaN.
 * A CRC32C result is 4 bytes in the order in which it would stand in a packet.
 */
#ifndef WEFT_USERSPACE_CHIP_ENGINE_H
#define WEFT_USERSPACE_CHIP_ENGINE_H

#include "core/wire.h"

#define CHIP_KERNELS 8u		/* kernels 1 .. CHIP_KERNELS - 1 of enum weft_kernel */
#define CHIP_DIGEST_MAX 32u	/* bytes in the longest result of a digest engine */
#define CHIP_VENDOR_MAX 8u	/* kernels of the vendor's in one chip */
#define CHIP_VENDOR 0x8000u	/* the first code of theirs */

/* A GEMM under way: its structure, and how far it is. */
struct chip_gemm {
	struct weft_hdr_gemm g;
	uint32_t row;		/* of c */
	uint64_t pass;		/* 0: the row is cleared; else column of a, plus 1 */
	uint32_t col;		/* of c and b */
};

/* A command under way.  All zero: none. */
struct chip_job {
	const struct chip_engine *engine;
	struct weft_hdr_command c;
	void *md;		/* SHA-256 state, an EVP_MD_CTX; NULL: not started */
	uint32_t crc;
	struct chip_gemm gemm;
};

/* Memory as the command's stream may reach it (WEFT-ACC-021). */
struct chip_reach {
	void *ctx;
	/* Bytes of a region with the rights `need`, a set of WEFT_REMOTE_* of <weft/mem.h>; they
	 * are good for this call only.  NULL and why. */
	uint8_t *(*at)(void *ctx, uint32_t key, uint32_t need, uint64_t addr, uint64_t len,
		       enum weft_cmd_status *st);
};

struct chip_engine {
	uint16_t kernel;	/* enum weft_kernel, or from CHIP_VENDOR on */
	uint32_t dtypes;	/* bit n: dtype n; what HELLO says */
	bool src;		/* reads src[0 .. length) */
	bool streams;		/* writes dst[0 .. length) as it goes; else a result at the end */
	bool reads_dst;		/* combines with what dst holds */
	uint8_t result;		/* bytes written to dst at the end */

	/* Are op, dtype and length allowed?  OK or BAD_ARGUMENT.  NULL: all are. */
	enum weft_cmd_status (*check)(const struct weft_hdr_command *c);
	/* 0, or -ENOMEM.  NULL: nothing to begin. */
	int (*begin)(struct chip_job *job);
	/*
	 * Work on n bytes: dst (streams) and src (src) point to the same place in the command's
	 * range.  n is a multiple of 8 but for the last piece.
	 */
	void (*step)(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n);
	/* Write the result, `result` bytes. */
	void (*end)(struct chip_job *job, uint8_t *out);
	void (*drop)(struct chip_job *job);	/* free what begin made */

	/* Instead of src .. end: may the command do all that it asks?  Writes nothing. */
	enum weft_cmd_status (*judge)(struct chip_job *job, const struct chip_reach *r);
	/* Work for about as long as a step of CHIP_SLICE bytes takes.  *over: all is done. */
	enum weft_cmd_status (*turn)(struct chip_job *job, const struct chip_reach *r,
				     bool *over);
};

/* What a chip offers: WEFT-ACC-019, WEFT-ACC-020. */
struct chip_offer {
	uint32_t standard;	/* bit n: kernel n */
	unsigned n_vendor;
	const struct chip_engine *vendor[CHIP_VENDOR_MAX];	/* kept */
};

/* The engine that runs a kernel, or NULL if it is not offered. */
const struct chip_engine *chip_offer_find(const struct chip_offer *o, unsigned kernel);
/* Offer a kernel of the vendor's.  -EINVAL: its code is not theirs, -EEXIST, -ENOSPC. */
int chip_offer_add(struct chip_offer *o, const struct chip_engine *e);

/* The engine of a kernel, or NULL if this chip has none whatever its options. */
const struct chip_engine *chip_engine_of(unsigned kernel);

/* Begin job for c.  0, or -ENOMEM. */
int chip_job_begin(struct chip_job *job, const struct chip_engine *e,
		   const struct weft_hdr_command *c);
/* Free what the job holds.  Harmless on one that is not under way. */
void chip_job_end(struct chip_job *job);

/* gemm.c */
enum weft_cmd_status chip_gemm_judge(struct chip_job *job, const struct chip_reach *r);
enum weft_cmd_status chip_gemm_turn(struct chip_job *job, const struct chip_reach *r, bool *over);

/*
 * Read a list of engines, "fill,copy,sha256", names as core's weft_kernel_name() in any case, or
 * "all" or "none".  Returns a mask (bit n: kernel n), or -1 with *bad at the name that is none.
 */
int chip_engines_parse(const char *text, const char **bad);

#endif
