/* SPDX-License-Identifier: BSD-2-Clause */
/* See pcap.h. */
#include <errno.h>
#include <string.h>

#include "core/wire.h"
#include "sim/fabric.h"
#include "sim/pcap.h"

enum {
	MAGIC_NS = 0xa1b23c4d,
	SNAPLEN = 65535,
	LINK_ETHERNET = 1,
	ETH = 14,
	IP = 20,
	UDP = 8
};

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static void emit(struct sim_pcap *p, const void *bytes, size_t n)
{
	if (!p->error && fwrite(bytes, 1, n, p->out) != n)
		p->error = errno ? errno : EIO;
}

int sim_pcap_open(struct sim_pcap *p, const char *path, enum sim_carriage carriage, uint64_t max)
{
	uint32_t head[6] = { MAGIC_NS, 4u << 16 | 2, 0, 0, SNAPLEN, LINK_ETHERNET };

	memset(p, 0, sizeof(*p));
	p->out = fopen(path, "wb");
	if (!p->out)
		return -errno;
	p->carriage = carriage;
	p->max = max;
	emit(p, head, sizeof(head));	/* in host order: readers go by the magic */
	return 0;
}

int sim_pcap_close(struct sim_pcap *p)
{
	if (fclose(p->out) && !p->error)
		p->error = errno;
	return -p->error;
}

static void put_mac(uint8_t *p, uint32_t chip)
{
	p[0] = 0x02;
	p[1] = 0;
	put32(p + 2, chip);
}

static void put_ip(uint8_t *p, const struct sim_pkt *k, uint32_t weft_bytes)
{
	uint32_t sum = 0;

	memset(p, 0, IP);
	p[0] = 0x45;
	p[1] = k->ecn & SIM_ECN_CE ? 3 : k->ecn & SIM_ECN_CAPABLE ? 2 : 0;
	put16(p + 2, IP + UDP + weft_bytes);
	put16(p + 6, 0x4000);	/* do not fragment */
	p[8] = 64;
	p[9] = 17;
	put32(p + 12, 10u << 24 | (k->src + 1));
	put32(p + 16, 10u << 24 | (k->dst + 1));
	for (int i = 0; i < IP; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(p + 10, ~(sum + (sum >> 16)));
}

static size_t put_headers(uint8_t *p, const struct sim_pcap *c, const struct sim_pkt *k,
			  uint32_t weft_bytes)
{
	put_mac(p, k->dst);
	put_mac(p + 6, k->src);
	if (c->carriage == SIM_CARRIAGE_L2) {
		put16(p + 12, WEFT_ETHERTYPE);
		return ETH;
	}
	put16(p + 12, 0x0800);
	put_ip(p + ETH, k, weft_bytes);
	put16(p + ETH + IP, k->entropy);
	put16(p + ETH + IP + 2, WEFT_UDP_PORT);
	put16(p + ETH + IP + 4, UDP + weft_bytes);
	put16(p + ETH + IP + 6, 0);
	return ETH + IP + UDP;
}

void sim_pcap_tap(void *ctx, const struct sim *sim, uint32_t port, uint32_t pkt)
{
	const struct sim_pkt *k = &sim->pool.pkt[pkt];
	const struct sim_load *l = &sim->pool.load[pkt];
	uint32_t weft = l->hdr_bytes + l->payload_bytes + WEFT_HDR_CRC_LEN;
	struct sim_pcap *p = ctx;
	uint8_t head[ETH + IP + UDP];
	uint32_t record[4];
	size_t n;

	if (sim->port[port].peer >= sim->topo.hosts || p->packets == p->max)
		return;
	n = put_headers(head, p, k, weft);
	record[0] = (uint32_t)(sim->now / (1000 * (sim_time)SIM_MS));
	record[1] = (uint32_t)(sim->now / SIM_NS % 1000000000u);
	record[2] = (uint32_t)n + l->hdr_bytes;
	record[3] = (uint32_t)n + weft;
	emit(p, record, sizeof(record));
	emit(p, head, n);
	emit(p, sim_pkt_hdr(&sim->pool, pkt), l->hdr_bytes);
	p->packets++;
}
