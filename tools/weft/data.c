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

void sha256(const void *bytes, uint64_t len, uint8_t out[SHA256_LEN])
{
	EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL);
}

uint32_t crc32c_of(const void *bytes, uint64_t len)
{
	const struct chip_engine *e = chip_engine_of(WEFT_KERNEL_CRC32C);
	struct chip_job job = { .engine = e };
	struct weft_hdr_crc h;
	uint8_t out[WEFT_HDR_CRC_LEN];

	e->step(&job, NULL, bytes, len);
	e->end(&job, out);
	weft_hdr_crc_unpack(&h, out);
	return h.crc;
}
