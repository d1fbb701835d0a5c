/* SPDX-License-Identifier: BSD-2-Clause */
/* The engines' table and all kernels but REDUCE's and GEMM's arithmetic.  See engine.h. */
#include "userspace/chip/engine.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include <weft/mem.h>

#include "core/names.h"
#include "core/weft.h"

static void fill_step(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n)
{
	(void)src;
	memset(dst, job->c.value, n);
}

static void copy_step(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n)
{
	(void)job;
	memmove(dst, src, n);
}

static enum weft_cmd_status reduce_check(const struct weft_hdr_command *c)
{
	if (!weft_reduce_ok(c->op, c->dtype) || c->length % weft_dtype_size(c->dtype))
		return WEFT_CMD_STATUS_BAD_ARGUMENT;
	return WEFT_CMD_STATUS_OK;
}

static void reduce_step(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n)
{
	weft_combine(job->c.op, job->c.dtype, dst, src, n);
}

static void crc_step(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n)
{
	(void)dst;
	job->crc = weft_crc32c(job->crc, src, n);
}

static void crc_end(struct chip_job *job, uint8_t *out)
{
	struct weft_hdr_crc h = { .crc = job->crc };

	weft_hdr_crc_pack(out, &h);
}

static int sha_begin(struct chip_job *job)
{
	job->md = EVP_MD_CTX_new();
	if (!job->md)
		return -ENOMEM;
	if (EVP_DigestInit_ex(job->md, EVP_sha256(), NULL) == 1)
		return 0;
	EVP_MD_CTX_free(job->md);
	job->md = NULL;
	return -ENOMEM;
}

static void sha_step(struct chip_job *job, uint8_t *dst, const uint8_t *src, size_t n)
{
	(void)dst;
	EVP_DigestUpdate(job->md, src, n);
}

static void sha_end(struct chip_job *job, uint8_t *out)
{
	EVP_DigestFinal_ex(job->md, out, NULL);
}

static void sha_drop(struct chip_job *job)
{
	EVP_MD_CTX_free(job->md);
	job->md = NULL;
}

#define ALL_DTYPES (1u << WEFT_DTYPE_I32 | 1u << WEFT_DTYPE_I64 | 1u << WEFT_DTYPE_F16 | \
		    1u << WEFT_DTYPE_BF16 | 1u << WEFT_DTYPE_F32 | 1u << WEFT_DTYPE_F64 | \
		    1u << WEFT_DTYPE_U8)
#define GEMM_DTYPES (1u << WEFT_DTYPE_I8 | 1u << WEFT_DTYPE_F16 | 1u << WEFT_DTYPE_BF16 | \
		     1u << WEFT_DTYPE_F32)

static const struct chip_engine engines[] = {
	{ .kernel = WEFT_KERNEL_NOP },
	{ .kernel = WEFT_KERNEL_FILL, .streams = true, .step = fill_step },
	{ .kernel = WEFT_KERNEL_COPY, .src = true, .streams = true, .step = copy_step },
	{ .kernel = WEFT_KERNEL_REDUCE, .dtypes = ALL_DTYPES, .src = true, .streams = true,
	  .reads_dst = true, .check = reduce_check, .step = reduce_step },
	{ .kernel = WEFT_KERNEL_GEMM, .dtypes = GEMM_DTYPES, .judge = chip_gemm_judge,
	  .turn = chip_gemm_turn },
	{ .kernel = WEFT_KERNEL_CRC32C, .src = true, .result = WEFT_HDR_CRC_LEN,
	  .step = crc_step, .end = crc_end },
	{ .kernel = WEFT_KERNEL_SHA256, .src = true, .result = 32, .begin = sha_begin,
	  .step = sha_step, .end = sha_end, .drop = sha_drop },
};

const struct chip_engine *chip_engine_of(unsigned kernel)
{
	for (size_t i = 0; i < WEFT_ARRAY_LEN(engines); i++)
		if (engines[i].kernel == kernel)
			return &engines[i];
	return NULL;
}

const struct chip_engine *chip_offer_find(const struct chip_offer *o, unsigned kernel)
{
	if (kernel < CHIP_KERNELS)
		return o->standard & 1u << kernel ? chip_engine_of(kernel) : NULL;
	for (unsigned i = 0; i < o->n_vendor; i++)
		if (o->vendor[i]->kernel == kernel)
			return o->vendor[i];
	return NULL;
}

int chip_offer_add(struct chip_offer *o, const struct chip_engine *e)
{
	if (e->kernel < CHIP_VENDOR)
		return -EINVAL;
	if (chip_offer_find(o, e->kernel))
		return -EEXIST;
	if (o->n_vendor == CHIP_VENDOR_MAX)
		return -ENOSPC;
	o->vendor[o->n_vendor++] = e;
	return 0;
}

int chip_job_begin(struct chip_job *job, const struct chip_engine *e,
		   const struct weft_hdr_command *c)
{
	*job = (struct chip_job){ .engine = e, .c = *c };
	return e->begin ? e->begin(job) : 0;
}

void chip_job_end(struct chip_job *job)
{
	if (job->engine && job->engine->drop && job->md)
		job->engine->drop(job);
	*job = (struct chip_job){ 0 };
}

static int engine_named(const char *name, size_t len)
{
	for (size_t i = 0; i < WEFT_ARRAY_LEN(engines); i++) {
		const char *n = weft_kernel_name(engines[i].kernel);

		if (strlen(n) == len && !strncasecmp(n, name, len))
			return engines[i].kernel;
	}
	return -1;
}

int chip_engines_parse(const char *text, const char **bad)
{
	int mask = 1 << WEFT_KERNEL_NOP;

	if (!strcasecmp(text, "none"))
		return mask;
	if (!strcasecmp(text, "all")) {
		for (size_t i = 0; i < WEFT_ARRAY_LEN(engines); i++)
			mask |= 1 << engines[i].kernel;
		return mask;
	}
	while (*text) {
		size_t len = strcspn(text, ",");
		int k = engine_named(text, len);

		if (k < 0) {
			*bad = text;
			return -1;
		}
		mask |= 1 << k;
		text += len;
		text += *text == ',';
	}
	return mask;
}
