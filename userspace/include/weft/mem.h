/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that other chips may reach.
 *
 * Local buffers of operations need no registration; only what others name by a key does.
 */
#ifndef WEFT_MEM_PUBLIC_H
#define WEFT_MEM_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_port;
struct weft_mem;

/* Rights; a set is their OR. */
#define WEFT_REMOTE_READ	1u
#define WEFT_REMOTE_WRITE	2u	/* WRITE, REDUCE, FLUSH */
#define WEFT_REMOTE_ATOMIC	4u	/* on little-endian words of 1 to 8 bytes, naturally
					 * aligned; signals too */
#define WEFT_REMOTE_INVALIDATE	16u	/* weft_send_invalidate() may take the key away */
#define WEFT_RELAXED		8u	/* data may be placed in any order: faster on RUD contexts.
					 * Without it a stream's writes appear in order, so that a
					 * program may poll the last byte */

struct weft_mem_opts {
	uint64_t addr;		/* first address that others use; used if addr_given */
	uint32_t key;		/* fixed key, for test devices; used if key_given */
	uint32_t domain;	/* used if domain_given, else the port's */
	uint32_t pd;		/* protection domain: only endpoints of the same pd have access;
				 * 0: every endpoint of the domain */
	unsigned addr_given : 1, key_given : 1, domain_given : 1;
};

/*
 * Let other chips reach [buf, buf + len) with these rights, by endpoints of the same domain and
 * protection domain.  len may be 0.
 *
 * buf stays the caller's, and must stay valid until weft_dereg().  Others change it during
 * weft_progress() only.  Stores a handle.  The address that others use is buf's own value unless
 * opts says otherwise.
 *
 * Errors: -EINVAL (NULL with a length, a range that wraps, unknown rights, atomics on memory that
 * is not aligned to 8 like its address), -EEXIST (fixed key in use), -ENOMEM.
 */
int weft_reg(struct weft_port *port, void *buf, size_t len, unsigned rights,
	     const struct weft_mem_opts *opts, struct weft_mem **mem);

/*
 * Withdraw it.  At once: nothing reads or writes the buffer after this returns, packets on their
 * way included; later accesses are refused with BAD_KEY.  NULL is allowed.
 */
void weft_dereg(struct weft_mem *mem);

/* May others still use the key?  0: it was taken away (WEFT_REMOTE_INVALIDATE); weft_dereg() is
 * still due. */
int weft_mem_alive(const struct weft_mem *mem);
uint32_t weft_mem_key(const struct weft_mem *mem);
uint64_t weft_mem_addr(const struct weft_mem *mem);	/* as others address its first byte */
void *weft_mem_buf(const struct weft_mem *mem);
size_t weft_mem_len(const struct weft_mem *mem);

/*
 * Judge an access as if an endpoint of (domain, pd) had asked for it: what a chip does with the
 * keys in its commands.  need: WEFT_REMOTE_*.  Returns WEFT_ST_OK and the local pointer in
 * *local, or BAD_KEY, BAD_DOMAIN, NO_RIGHTS or OUT_OF_BOUNDS, the first that applies.
 */
unsigned weft_mem_check(struct weft_port *port, uint32_t domain, uint32_t pd, uint32_t key,
			unsigned need, uint64_t addr, uint64_t len, void **local);

/*
 * dst[i] = dst[i] op src[i], as a REDUCE does it: op is enum weft_red_op, type enum weft_red_type,
 * len bytes.  Errors: -EINVAL (no such pair, or len is not a number of elements).
 */
int weft_combine(unsigned op, unsigned type, void *dst, const void *src, size_t len);

/* The registered memory of a key; NULL: there is none. */
struct weft_mem *weft_mem_find(struct weft_port *port, uint32_t key);

#ifdef __cplusplus
}
#endif

#endif
