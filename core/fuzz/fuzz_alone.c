/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that stand alone: a list of TLVs that the input chooses is read; what was read is built
 * and read again, to the same.
 */
#include "core/fuzz/in.h"
#include "core/manage.h"
#include "core/test/pk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t types[] = { WEFT_TLV_HELLO, WEFT_TLV_POOL, WEFT_TLV_ENGINE, WEFT_TLV_NAME,
	WEFT_TLV_QUEUES, WEFT_TLV_NEIGHBOUR, WEFT_TLV_VERSION_REJECT, WEFT_TLV_CLOSE, 0x7777,
	0xf777 };
static const uint8_t lens[] = { WEFT_HDR_TLV_HELLO_LEN, WEFT_HDR_TLV_POOL_LEN,
	WEFT_HDR_TLV_ENGINE_LEN, 9, WEFT_HDR_TLV_QUEUES_LEN, WEFT_HDR_TLV_NEIGHBOUR_LEN,
	WEFT_HDR_TLV_VERSION_REJECT_LEN, 0, 4, 4 };

static uint32_t one_tlv(struct in *in, uint8_t *at)
{
	uint32_t which = in_u8(in), k = which % WEFT_ARRAY_LEN(types), len = lens[k];
	uint8_t value[256];

	if (which & 0x80)
		len = in_u8(in);
	for (uint32_t i = 0; i < len; i++)
		value[i] = (uint8_t)in_u8(in);
	return pk_tlv(at, types[k], value, (uint16_t)len);
}

/* Read, build, read: the same. */
static void again(const struct weft_hello *first, uint32_t transaction)
{
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	uint8_t out[WEFT_ALONE_MAX];
	struct weft_hello second;
	struct weft_view v;
	size_t len = weft_hello_build(out, sizeof(out), first, transaction);

	weft_assert(len <= sizeof(out));
	weft_assert(weft_parse(&v, out, (uint32_t)len) == WEFT_DROP_NONE && weft_crc_ok(&v));
	weft_assert(weft_alone_parse(&v, &second, &nb, &vr) == WEFT_ALONE_HELLO);
	weft_assert(v.d.psn == transaction);
	weft_assert(memcmp(&first->h, &second.h, sizeof(first->h)) == 0);
	weft_assert(strcmp(first->name, second.name) == 0);
	weft_assert(first->n_pools == second.n_pools && first->n_engines == second.n_engines);
	weft_assert(memcmp(first->pools, second.pools, sizeof(first->pools)) == 0);
	weft_assert(memcmp(first->engines, second.engines, sizeof(first->engines)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct in in = { data, size };
	struct weft_hdr_tlv_version_reject vr;
	struct weft_hdr_tlv_neighbour nb;
	struct weft_hello hello;
	static uint8_t tlvs[0x10000], out[0x11000];
	struct weft_view v;
	uint32_t len = 0, spoil = in_u32(&in), transaction = in_u32(&in);

	while (in.left && len < 4000)
		len += one_tlv(&in, tlvs + len);
	if (len && spoil % 4 == 0)			/* lengths that do not fit */
		tlvs[spoil / 4 % len] ^= (uint8_t)(1u << (spoil >> 24) % 8);
	memset(&v, 0, sizeof(v));
	v.d.version = WEFT_VERSION;
	v.d.type = WEFT_PTYPE_CTRL;
	v.d.psn = transaction;
	v.b.ctrl.tlvs = tlvs;
	v.b.ctrl.len = len;
	len = pk_build(out, &v);
	if (weft_parse(&v, out, len) != WEFT_DROP_NONE)
		return 0;
	weft_assert(weft_route(&v) == WEFT_ROUTE_ALONE);
	if (weft_alone_parse(&v, &hello, &nb, &vr) == WEFT_ALONE_HELLO)
		again(&hello, transaction);
	return 0;
}
