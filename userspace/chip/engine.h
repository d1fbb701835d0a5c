/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Engines: what the reference chip computes.
 *
 * This file decides what a kernel's arguments may be and what it does to memory, piece by piece,
 * so that the caller can stop after any piece.  Whose memory that is, keys, order and signals are
 * queue.h's.
 *
 * Numbers in memory are little-endian.  Integer sums wrap.  MIN and MAX with a NaN give a NaN.
 * A CRC32C result is 4 bytes in the order in which it would stand in a packet.
 */
#ifndef WEFT_USERSPACE_CHIP_ENGINE_H
#define WEFT_USERSPACE_CHIP_ENGINE_H

#include "core/wire.h"

#define CHIP_KERNELS 8u		/* kernels 1 .. CHIP_KERNELS - 1 of enum weft_kernel */
#define CHIP_DIGEST_MAX 32u	/* bytes in the longest result of a digest engine */

/* A command under way.  All zero: none. */
struct chip_job {
	const struct chip_engine *engine;
	struct weft_hdr_command c;
	void *md;		/* SHA-256 state, an EVP_MD_CTX; NULL: not started */
	uint32_t crc;
};

struct chip_engine {
	enum weft_kernel kernel;
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
};

/* The engine of a kernel, or NULL if this chip has none whatever its options. */
const struct chip_engine *chip_engine_of(unsigned kernel);

/* Begin job for c.  0, or -ENOMEM. */
int chip_job_begin(struct chip_job *job, const struct chip_engine *e,
		   const struct weft_hdr_command *c);
/* Free what the job holds.  Harmless on one that is not under way. */
void chip_job_end(struct chip_job *job);

/* Bytes of one element; 0: no such type. */
unsigned chip_dtype_size(unsigned dtype);
/*
 * dst[i] = dst[i] op src[i] for n bytes, n a multiple of the element size; op and dtype must be
 * ones that chip_reduce_ok() allows.
 */
void chip_reduce(unsigned op, unsigned dtype, uint8_t *dst, const uint8_t *src, size_t n);
bool chip_reduce_ok(unsigned op, unsigned dtype);

/*
 * Read a list of engines, "fill,copy,sha256", names as core's weft_kernel_name() in any case, or
 * "all" or "none".  Returns a mask (bit n: kernel n), or -1 with *bad at the name that is none.
 */
int chip_engines_parse(const char *text, const char **bad);

#endif
