/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weft-cosim OBJECT.so [OPTIONS]: a device of weft_dut.h in a process of its own, served over
 * cosim.h.  The other end of port_cosim.c, and what a simulator's glue has to do, in C.
 */
#include "conformance/cosim.h"
#include "conformance/weft_dut.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
	struct wc_cosim h;
	uint8_t bytes[WC_COSIM_MAX];
};

struct host {
	const struct weft_dut_ops *dut;
	const char *options;
	void *dev;
	uint64_t now;
};

static int say(uint32_t kind, uint64_t ns, const void *bytes, uint32_t len)
{
	struct message m = { .h = { .kind = kind, .len = len, .ns = ns } };

	memcpy(m.bytes, bytes, len);
	return send(WC_COSIM_FD, &m, sizeof(m.h) + len, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static void transmit(void *tester, const struct weft_dut_packet *p)
{
	struct host *s = tester;

	if (p->len <= WC_COSIM_MAX)
		say(WC_COSIM_PACKET, s->now, p->bytes, p->len);
}

static int reset(struct host *s, uint64_t seed)
{
	struct weft_dut_config c = {
		.options = s->options, .seed = seed, .transmit = transmit, .tester = s,
	};
	struct wc_cosim_ready r = {
		.magic = WC_COSIM_MAGIC, .abi = WC_COSIM_ABI, .mtu = s->dut->mtu,
		.family = s->dut->family,
	};
	char err[256] = "";

	if (s->dev)
		s->dut->close(s->dev);
	s->dev = NULL;
	s->now = 0;
	if (s->dut->open(&c, &s->dev, err, sizeof(err))) {
		fprintf(stderr, "weft-cosim: %s\n", err);
		return -1;
	}
	return say(WC_COSIM_READY, 0, &r, sizeof(r));
}

static int serve(struct host *s, const struct message *m)
{
	struct weft_dut_packet p = { .bytes = m->bytes, .len = m->h.len, .entropy = 0x1234 };

	switch (m->h.kind) {
	case WC_COSIM_RESET:
		return reset(s, m->h.ns);
	case WC_COSIM_PACKET:
		if (s->dev)
			s->dut->receive(s->dev, &p);
		return 0;
	case WC_COSIM_RUN:
		if (s->dev)
			s->now = s->dut->run(s->dev, m->h.ns);
		return say(WC_COSIM_DONE, s->now, NULL, 0);
	default:
		fprintf(stderr, "weft-cosim: what is message %u?\n", m->h.kind);
		return -1;
	}
}

static int load(struct host *s, const char *path)
{
	const struct weft_dut_ops *(*entry)(void);
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *sym = so ? dlsym(so, "weft_dut_entry") : NULL;

	if (!sym) {
		fprintf(stderr, "weft-cosim: %s\n", dlerror());
		return -1;
	}
	memcpy(&entry, &sym, sizeof(entry));
	s->dut = entry();
	return s->dut->abi >= 1 && s->dut->abi <= WEFT_DUT_ABI ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct message m;
	struct host s = { .options = argc > 2 ? argv[2] : "" };
	ssize_t n;

	if (argc < 2 || argc > 3) {
		fputs("usage: weft-cosim OBJECT.so [OPTIONS]   (weft-conform run --dut "
		      "'cosim:weft-cosim ...' starts it)\n", stderr);
		return 2;
	}
	if (load(&s, argv[1]))
		return 1;
	while ((n = recv(WC_COSIM_FD, &m, sizeof(m), 0)) >= (ssize_t)sizeof(m.h))
		if (m.h.len != (size_t)n - sizeof(m.h) || serve(&s, &m))
			return 1;
	if (n < 0)
		perror("weft-cosim: file descriptor 3");
	if (s.dev)
		s.dut->close(s.dev);
	return n ? 1 : 0;
}
