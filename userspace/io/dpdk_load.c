/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds and loads wio_dpdk.so, so that only those who ask for DPDK need it installed.  Decides the
 * order of places: WEFT_IO_PATH, ../lib beside the running program, Weft's own library folders, and
 * wherever the dynamic linker looks.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/io/driver.h"

#define SO_NAME		"wio_dpdk.so"
#define PATH_BYTES	4096

/* dlopen of DIR/wio_dpdk.so; a reason for failure that is not absence goes to |why|. */
static void *try_dir(const char *dir, size_t n, char *why, size_t why_len)
{
	char path[PATH_BYTES];
	void *so;

	if (snprintf(path, sizeof(path), "%.*s/%s", (int)n, dir, SO_NAME) >= (int)sizeof(path) ||
	    access(path, R_OK))
		return NULL;
	so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!so)
		snprintf(why, why_len, "%s", dlerror());
	return so;
}

static void *try_path(const char *list, char *why, size_t why_len)
{
	void *so = NULL;

	while (list && *list && !so) {
		size_t n = strcspn(list, ":");

		so = n ? try_dir(list, n, why, why_len) : NULL;
		list += n + (list[n] == ':');
	}
	return so;
}

static void *try_beside(char *why, size_t why_len)
{
	char exe[PATH_BYTES - 16], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 8);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	memcpy(slash, "/../lib", 8);
	return try_dir(exe, strlen(exe), why, why_len);
}

static void *find(char *why, size_t why_len)
{
	void *so = try_path(getenv("WEFT_IO_PATH"), why, why_len);

	if (!so)
		so = try_beside(why, why_len);
	if (!so)
		so = try_path("/usr/local/lib/weft:/usr/lib/weft", why, why_len);
	return so || *why ? so : dlopen(SO_NAME, RTLD_NOW | RTLD_LOCAL);
}

int wio_dpdk_load(const struct wio_cfg *c, const struct wio_driver **d)
{
	const struct wio_driver *(*get)(void);
	char why[256] = "";
	void *so = find(why, sizeof(why));
	void *sym;

	if (!so && *why)
		return wio_fail(c, -ELIBACC,
				"dpdk: %s does not load: %s; install DPDK (Debian: libdpdk-dev, "
				"dpdk)",
				SO_NAME, why);
	if (!so)
		return wio_fail(c, -ENOENT,
				"dpdk: no %s beside this program, in WEFT_IO_PATH or the "
				"system's lib: install libdpdk-dev and dpdk, then build Weft "
				"again",
				SO_NAME);
	sym = dlsym(so, "wio_dpdk_driver");
	if (sym) {
		memcpy(&get, &sym, sizeof(get));
		*d = get();
		if ((*d)->abi == WIO_DRIVER_ABI)
			return 0;
	}
	dlclose(so);
	return wio_fail(c, -ELIBBAD,
			"dpdk: %s belongs to another version of Weft: build both again", SO_NAME);
}
