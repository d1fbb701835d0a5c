/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GEMM: c = a x b, row by row (spec 60.3).
 *
 * A row of c is first cleared, then each row of b is added to it, times an element of a: so that a
 * slice can end anywhere, sums lie in c itself, and the compiler can work on many at a time.
 * Integers wrap.  Floating sums are kept in f32, one rounding for a product and one for a sum.
 */
#include <endian.h>
#include <string.h>

#include <weft/mem.h>

#include "core/mutant.h"
#include "userspace/chip/engine.h"
#include "userspace/lib/half.h"

#if __BYTE_ORDER != __LITTLE_ENDIAN
#error "numbers in a chip's memory are little-endian; this host would need to swap them"
#endif

#define SLICE (1u << 19)	/* elements of b added in one turn */
#define C_BYTES 4u		/* an element of c: i32 or f32 */

static unsigned in_bytes(unsigned dtype)
{
	switch (dtype) {
	case WEFT_DTYPE_I8:
		return 1;
	case WEFT_DTYPE_F16:
	case WEFT_DTYPE_BF16:
		return 2;
	case WEFT_DTYPE_F32:
		return 4;
	}
	return 0;
}

/* Bytes from the first element of a matrix to behind its last; UINT64_MAX: more than there are. */
static uint64_t extent(uint32_t rows, uint32_t cols, uint32_t ld, unsigned size)
{
	uint64_t n = (uint64_t)(rows - 1) * ld + cols;	/* at most 2^64 - 2^32 */

	if (!rows || !cols)
		return 0;
	return n <= UINT64_MAX / size ? n * size : UINT64_MAX;
}

static bool overlap(const uint8_t *x, uint64_t x_len, const uint8_t *y, uint64_t y_len)
{
	return x_len && y_len &&
	       ((uint64_t)((uintptr_t)x - (uintptr_t)y) < y_len ||
		(uint64_t)((uintptr_t)y - (uintptr_t)x) < x_len);
}

struct matrices {
	const uint8_t *a, *b;
	uint8_t *c;
	uint64_t a_len, b_len, c_len;	/* bytes */
};

/* WEFT-ACC-031; again at each turn, for memory may be freed meanwhile. */
static enum weft_cmd_status reach(const struct chip_job *job, const struct chip_reach *r,
				  struct matrices *m)
{
	const struct weft_hdr_gemm *g = &job->gemm.g;
	unsigned size = in_bytes(job->c.dtype);
	uint32_t need = WEFT_REMOTE_WRITE;
	enum weft_cmd_status st = WEFT_CMD_STATUS_OK;

	if (g->flags & WEFT_GEMMFLAGS_ACCUMULATE)
		need |= WEFT_REMOTE_READ;
	m->a_len = extent(g->m, g->k, g->lda, size);
	m->b_len = extent(g->k, g->n, g->ldb, size);
	m->c_len = extent(g->m, g->n, g->ldc, C_BYTES);
	m->a = r->at(r->ctx, g->a_key, WEFT_REMOTE_READ, g->a_addr, m->a_len, &st);
	if (st == WEFT_CMD_STATUS_OK)
		m->b = r->at(r->ctx, g->b_key, WEFT_REMOTE_READ, g->b_addr, m->b_len, &st);
	if (st == WEFT_CMD_STATUS_OK)
		m->c = r->at(r->ctx, job->c.dst_key, need, job->c.dst_addr, m->c_len, &st);
	return st;
}

/* WEFT-ACC-028, WEFT-ACC-029, WEFT-ACC-030 */
enum weft_cmd_status chip_gemm_judge(struct chip_job *job, const struct chip_reach *r)
{
	struct weft_hdr_gemm *g = &job->gemm.g;
	enum weft_cmd_status st = WEFT_CMD_STATUS_OK;
	struct matrices m = { 0 };
	const uint8_t *args;

	if (job->c.length != WEFT_HDR_GEMM_LEN || !in_bytes(job->c.dtype))
		return WEFT_CMD_STATUS_BAD_ARGUMENT;
	args = r->at(r->ctx, job->c.src_key, WEFT_REMOTE_READ, job->c.src_addr,
		     WEFT_HDR_GEMM_LEN, &st);
	if (st != WEFT_CMD_STATUS_OK)
		return st;
	weft_hdr_gemm_unpack(g, args);
	if (g->lda < g->k || g->ldb < g->n || g->ldc < g->n ||
	    g->flags & (uint8_t)~WEFT_GEMMFLAGS_ACCUMULATE)
		return WEFT_CMD_STATUS_BAD_ARGUMENT;
	job->gemm.pass = g->flags & WEFT_GEMMFLAGS_ACCUMULATE && !WEFT_MUTANT(GEMM_CLEARS);
	st = reach(job, r, &m);
	if (st != WEFT_CMD_STATUS_OK || !m.c_len || WEFT_MUTANT(GEMM_OVERLAP))
		return st;
	return overlap(m.c, m.c_len, m.a, m.a_len) || overlap(m.c, m.c_len, m.b, m.b_len) ?
		WEFT_CMD_STATUS_BAD_ARGUMENT : st;
}

/* ---- arithmetic --------------------------------------------------------------------- */

static uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static float load_f32(const uint8_t *p)
{
	float v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* c[0 .. n) += a * b[0 .. n).  WEFT-ACC-033 */
#define ADD_FLOAT(name, size, load)						\
	static void name(uint8_t *c, const uint8_t *a, const uint8_t *b, uint32_t n) \
	{									\
		float by = load(a);						\
										\
		for (size_t i = 0; i < n; i++) {				\
			float sum = load_f32(c + C_BYTES * i) + by * load(b + (size) * i); \
										\
			memcpy(c + C_BYTES * i, &sum, sizeof(sum));		\
		}								\
	}

#define LOAD_F16(p) weftu_f16_to_f32(load16(p))
#define LOAD_BF16(p) weftu_bf16_to_f32(load16(p))

ADD_FLOAT(add_f16, 2, LOAD_F16)
ADD_FLOAT(add_bf16, 2, LOAD_BF16)
ADD_FLOAT(add_f32, 4, load_f32)

/* WEFT-ACC-032: unsigned, so that it wraps. */
static void add_i8(uint8_t *c, const uint8_t *a, const uint8_t *b, uint32_t n)
{
	int32_t by = (int8_t)*a;

	for (size_t i = 0; i < n; i++) {
		uint32_t sum;

		memcpy(&sum, c + C_BYTES * i, sizeof(sum));
		sum += (uint32_t)(by * (int8_t)b[i]);
		memcpy(c + C_BYTES * i, &sum, sizeof(sum));
	}
}

static void add(unsigned dtype, uint8_t *c, const uint8_t *a, const uint8_t *b, uint32_t n)
{
	switch (dtype) {
	case WEFT_DTYPE_I8:
		add_i8(c, a, b, n);
		break;
	case WEFT_DTYPE_F16:
		add_f16(c, a, b, n);
		break;
	case WEFT_DTYPE_BF16:
		add_bf16(c, a, b, n);
		break;
	default:
		add_f32(c, a, b, n);
		break;
	}
}

/* ---- turns -------------------------------------------------------------------------- */

/* n elements of the row, from where the job is.  WEFT-ACC-034: never beyond the row. */
static void piece(const struct chip_job *job, const struct matrices *m, uint32_t n)
{
	const struct chip_gemm *w = &job->gemm;
	uint64_t size = in_bytes(job->c.dtype);
	uint8_t *c = m->c + ((uint64_t)w->row * w->g.ldc + w->col) * C_BYTES;

	if (!w->pass) {
		memset(c, 0, (size_t)n * C_BYTES);	/* 0, and 0.0f */
		return;
	}
	add(job->c.dtype, c, m->a + ((uint64_t)w->row * w->g.lda + w->pass - 1) * size,
	    m->b + ((w->pass - 1) * w->g.ldb + w->col) * size, n);
}

/* The next row, pass, column. */
static void advance(struct chip_gemm *w, uint32_t n)
{
	w->col += n;
	if (w->col < w->g.n)
		return;
	w->col = 0;
	if (++w->pass <= w->g.k)
		return;
	w->pass = w->g.flags & WEFT_GEMMFLAGS_ACCUMULATE ? 1 : 0;
	w->row++;
}

enum weft_cmd_status chip_gemm_turn(struct chip_job *job, const struct chip_reach *r, bool *over)
{
	struct chip_gemm *w = &job->gemm;
	struct matrices m = { 0 };
	enum weft_cmd_status st = reach(job, r, &m);
	uint32_t left = SLICE;

	if (st != WEFT_CMD_STATUS_OK)
		return st;
	while (left && m.c_len && w->row < w->g.m && w->pass <= w->g.k) {
		uint32_t n = w->g.n - w->col < left ? w->g.n - w->col : left;

		piece(job, &m, n);
		advance(w, n);
		left -= n;
	}
	*over = !m.c_len || w->row == w->g.m || w->pass > w->g.k;
	return st;
}
