/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and hashes of the commands.  See data.h. */
#include "tools/weft/data.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/weft.h>

#include "tools/weft/out.h"
#include "userspace/chip/engine.h"

int file_map(const char *path, struct file_map *m)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = EXIT_FAILED;
	struct stat st;
	void *p = NULL;

	*m = (struct file_map){ .bytes = NULL };
	if (fd < 0 || fstat(fd, &st)) {
		out_error("%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		out_error("%s: not a regular file", path);
	} else if (st.st_size > 0 && (p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
					       fd, 0)) == MAP_FAILED) {
		out_error("%s: %s", path, strerror(errno));
	} else {
		m->bytes = p;
		m->len = (uint64_t)st.st_size;
		ret = EXIT_OK;
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

void file_unmap(struct file_map *m)
{
	if (m->bytes)
		munmap((void *)(uintptr_t)m->bytes, m->len);
	m->bytes = NULL;
}

int file_save(const char *path, const void *bytes, uint64_t len)
{
	bool is_stdout = !strcmp(path, "-");
	FILE *f = is_stdout ? stdout : fopen(path, "we");
	bool ok = f && fwrite(bytes, 1, len, f) == len && !fflush(f);

	if (!ok)
		out_error("%s: %s", path, strerror(errno));
	if (f && !is_stdout && fclose(f))
		ok = false;
	return ok ? EXIT_OK : EXIT_FAILED;
}

#define CHUNK (1u << 20)	/* bytes worked on between turns of the port */

/* Called for each chunk in order; false ends it. */
typedef bool chunk_fn(void *state, const uint8_t *p, size_t n);

static void each_chunk(struct weft_port *port, const void *bytes, uint64_t len, chunk_fn *fn,
		       void *state)
{
	const uint8_t *p = bytes;

	for (uint64_t at = 0; at < len; at += CHUNK) {
		if (!fn(state, p + at, len - at < CHUNK ? len - at : CHUNK))
			return;
		if (port)
			weft_progress(port);
	}
}

static bool digest_chunk(void *state, const uint8_t *p, size_t n)
{
	return EVP_DigestUpdate(state, p, n) == 1;
}

void sha256(struct weft_port *port, const void *bytes, uint64_t len, uint8_t out[SHA256_LEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	memset(out, 0, SHA256_LEN);
	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1) {
		each_chunk(port, bytes, len, digest_chunk, md);
		EVP_DigestFinal_ex(md, out, NULL);
	}
	EVP_MD_CTX_free(md);
}

static bool crc_chunk(void *state, const uint8_t *p, size_t n)
{
	struct chip_job *job = state;

	job->engine->step(job, NULL, p, n);
	return true;
}

uint32_t crc32c_of(struct weft_port *port, const void *bytes, uint64_t len)
{
	struct chip_job job = { .engine = chip_engine_of(WEFT_KERNEL_CRC32C) };
	struct weft_hdr_crc h;
	uint8_t out[WEFT_HDR_CRC_LEN];

	each_chunk(port, bytes, len, crc_chunk, &job);
	job.engine->end(&job, out);
	weft_hdr_crc_unpack(&h, out);
	return h.crc;
}

struct compare {
	const uint8_t *with;
	bool same;
};

static bool compare_chunk(void *state, const uint8_t *p, size_t n)
{
	struct compare *c = state;

	c->same = !memcmp(c->with, p, n);
	c->with += n;
	return c->same;
}

bool same_bytes(struct weft_port *port, const void *a, const void *b, uint64_t len)
{
	struct compare c = { .with = b, .same = true };

	each_chunk(port, a, len, compare_chunk, &c);
	return c.same;
}
