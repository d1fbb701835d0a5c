/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registered memory: keys and the table of them.  Accesses are judged by the engine and carried
 * out in remote.c; what is not in the table cannot be reached, so deregistering is at once.
 */
#include <stdlib.h>

#include "userspace/lib/lib.h"

#define ALL_RIGHTS (WEFT_REMOTE_READ | WEFT_REMOTE_WRITE | WEFT_REMOTE_ATOMIC | \
		    WEFT_REMOTE_INVALIDATE | WEFT_RELAXED)

static int check(struct weft_port *port, const struct weft_mem *m, unsigned rights)
{
	const struct weft_mr *mr = &m->mr;

	if (!m->buf && mr->len)
		return weftu_fail(port, -EINVAL, "no buffer for %llu bytes of memory",
				  (unsigned long long)mr->len);
	if (rights & ~ALL_RIGHTS)
		return weftu_fail(port, -EINVAL, "unknown rights %#x", rights & ~ALL_RIGHTS);
	if (mr->len && (mr->len - 1 > UINT64_MAX - mr->base ||
			mr->len - 1 > UINTPTR_MAX - (uintptr_t)m->buf))
		return weftu_fail(port, -EINVAL, "memory of %llu bytes wraps around the end of the "
				  "address space", (unsigned long long)mr->len);
	if (mr->domain > DOMAIN_MAX)
		return weftu_fail(port, -EINVAL, "domain %#x has more than 24 bits", mr->domain);
	if (rights & WEFT_REMOTE_ATOMIC && ((uintptr_t)m->buf - mr->base) % 8)
		return weftu_fail(port, -EINVAL, "atomics need a buffer aligned to 8 bytes like "
				  "its remote address");
	return 0;
}

static uint32_t new_key(struct weft_port *port)
{
	uint32_t key;

	do
		key = (uint32_t)weftu_random(port);
	while (!key || weftu_mem(port, key));
	return key;
}

int weft_reg(struct weft_port *port, void *buf, size_t len, unsigned rights,
	     const struct weft_mem_opts *opts, struct weft_mem **out)
{
	static const struct weft_mem_opts none;
	const struct weft_mem_opts *o = opts ? opts : &none;
	struct weft_mem *m = calloc(1, sizeof(*m));
	int err;

	*out = NULL;
	if (!m)
		return weftu_fail(port, -ENOMEM, "out of memory for a registration");
	m->port = port;
	m->buf = buf;
	m->mr.base = o->addr_given ? o->addr : (uintptr_t)buf;
	m->mr.len = len;
	m->mr.domain = o->domain_given ? o->domain : port->o.domain;
	m->mr.pd = o->pd;
	m->mr.rights = rights;
	m->mr.alive = true;
	err = check(port, m, rights);
	if (!err && o->key_given && weftu_mem(port, o->key))
		err = weftu_fail(port, -EEXIST, "key %#x is in use", o->key);
	if (!err) {
		m->mr.key = o->key_given ? o->key : new_key(port);
		if (!weftu_map_put(&port->keys, m->mr.key, m))
			err = weftu_fail(port, -ENOMEM, "out of memory for a registration");
	}
	if (err) {
		free(m);
		return err;
	}
	*out = m;
	return 0;
}

void weft_dereg(struct weft_mem *m)
{
	if (!m || WEFT_MUTANT(KEY_DEAD_TAKEN))
		return;
	weftu_map_del(&m->port->keys, m->mr.key);
	free(m);
}

int weft_mem_alive(const struct weft_mem *m)
{
	return m->mr.alive;
}

uint32_t weft_mem_key(const struct weft_mem *m)
{
	return m->mr.key;
}

uint64_t weft_mem_addr(const struct weft_mem *m)
{
	return m->mr.base;
}

void *weft_mem_buf(const struct weft_mem *m)
{
	return m->buf;
}

size_t weft_mem_len(const struct weft_mem *m)
{
	return m->mr.len;
}

struct weft_mem *weft_mem_find(struct weft_port *port, uint32_t key)
{
	return weftu_mem(port, key);
}

unsigned weft_mem_check(struct weft_port *port, uint32_t domain, uint32_t pd, uint32_t key,
			unsigned need, uint64_t addr, uint64_t len, void **local)
{
	const struct weft_mem *m = weftu_mem(port, key);
	enum weft_status st = weft_mr_check(m ? &m->mr : NULL, domain, pd, need, addr, len);

	*local = st == WEFT_STATUS_OK ? m->buf + (addr - m->mr.base) : NULL;
	return st;
}
