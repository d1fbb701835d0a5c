/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters that others may read: which number of the specification is which of ours, and the
 * packets that ask and answer, alone (a chip's) and in a context (that context's).  Whether a
 * stand-alone question is answered at all, and how often, is the host's.
 */
#include "core/pdc.h"
#include "core/manage.h"

#define AT(member) (uint16_t)(offsetof(struct weft_stats, member) / sizeof(uint64_t) + 1)

/* Of what struct weft_stats has: its place, from 1; the causes of drop follow DROP_SHORT. */
static const uint16_t place[] = {
	[WEFT_METER_TX_PACKETS] = AT(tx_pkts), [WEFT_METER_TX_BYTES] = AT(tx_bytes),
	[WEFT_METER_RX_PACKETS] = AT(rx_pkts), [WEFT_METER_RX_BYTES] = AT(rx_bytes),
	[WEFT_METER_TX_RETRANSMITS] = AT(rtx_pkts), [WEFT_METER_LOST_BY_SACK] = AT(rtx_rack),
	[WEFT_METER_LOST_BY_NACK] = AT(rtx_nack), [WEFT_METER_LOST_BY_TIMEOUT] = AT(rtx_rto),
	[WEFT_METER_TAIL_PROBES] = AT(rtx_tlp), [WEFT_METER_TX_ACKS] = AT(tx_acks),
	[WEFT_METER_RX_ACKS] = AT(rx_acks), [WEFT_METER_TX_NACKS] = AT(tx_nacks),
	[WEFT_METER_RX_NACKS] = AT(rx_nacks), [WEFT_METER_RX_CONGESTION_MARKS] = AT(ce_rx),
	[WEFT_METER_TX_RNR] = AT(rnr_tx), [WEFT_METER_RX_RNR] = AT(rnr_rx),
	[WEFT_METER_RX_HELD] = AT(held), [WEFT_METER_PATH_MOVES] = AT(path_moves),
};

_Static_assert(WEFT_METER_DROP_SHORT - WEFT_DROP_SHORT == WEFT_METER_DROP,
	       "a cause's counter is DROP plus its number");

bool weft_stats_counter(const struct weft_stats *s, uint16_t counter, uint64_t *value)
{
	uint16_t at = 0;

	if (counter > WEFT_METER_DROP && counter < WEFT_METER_DROP + WEFT_DROP_COUNT) {
		*value = s->drop[counter - WEFT_METER_DROP];
		return true;
	}
	if (counter < WEFT_ARRAY_LEN(place))
		at = place[counter];
	if (at)
		memcpy(value, (const uint8_t *)s + (at - 1u) * sizeof(*value), sizeof(*value));
	return at;
}

/*
 * WEFT-MGT-024, WEFT-MGT-025: those of [first, first + count) that there are, in order, as many as
 * fit.  host: further counters in order of their numbers.
 */
static size_t fill(uint8_t *out, size_t room, const struct weft_hdr_tlv_telemetry_get *get,
		   const struct weft_stats *s, const struct weft_hdr_telemetry_item *host,
		   size_t n_host)
{
	uint32_t end = (uint32_t)get->first + get->count;
	size_t len = 0;

	end = end < WEFT_METER_COUNT ? end : WEFT_METER_COUNT;
	for (uint32_t c = get->first + WEFT_MUTANT(METERS_FROM_NEXT);
	     c < end && len + WEFT_HDR_TELEMETRY_ITEM_LEN <= room; c++) {
		struct weft_hdr_telemetry_item item = { .counter = (uint16_t)c };
		bool known = weft_stats_counter(s, item.counter, &item.value);

		while (n_host && host->counter < c) {
			host++;
			n_host--;
		}
		if (n_host && host->counter == c) {
			item.value = host->value;
			known = true;
		}
		if (!known)
			continue;
		weft_hdr_telemetry_item_pack(out + len, &item);
		len += WEFT_HDR_TELEMETRY_ITEM_LEN;
	}
	return len;
}

/* ---- alone -------------------------------------------------------------------------- */

#define ALONE_HEAD (WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN + WEFT_HDR_TLV_LEN)

/* The question for all that fits into WEFT_ALONE_MAX (WEFT-MGT-030), and what it has but PAD. */
#define ASK_BYTES ((WEFT_ALONE_MAX / WEFT_ANSWER_FACTOR + 4u) & ~3u)
#define ASK_HEAD (ALONE_HEAD + WEFT_HDR_TLV_TELEMETRY_GET_LEN + WEFT_HDR_TLV_LEN + WEFT_HDR_CRC_LEN)

/*
 * A stand-alone CTRL packet around one element whose value is at out + ALONE_HEAD, and more bytes
 * of others behind it.
 */
static size_t wrap(uint8_t *out, enum weft_tlv type, size_t len, size_t more, uint32_t transaction)
{
	struct weft_hdr_delivery d = { .version = WEFT_VERSION, .type = WEFT_PTYPE_CTRL,
				       .psn = transaction };
	struct weft_hdr_ctrl c = { .length = (uint16_t)(WEFT_HDR_TLV_LEN + len + more) };
	struct weft_hdr_tlv t = { .type = (uint16_t)type, .length = (uint16_t)len };
	struct weft_hdr_crc crc;

	weft_hdr_delivery_pack(out, &d);
	weft_hdr_ctrl_pack(out + WEFT_HDR_DELIVERY_LEN, &c);
	weft_hdr_tlv_pack(out + WEFT_HDR_DELIVERY_LEN + WEFT_HDR_CTRL_LEN, &t);
	len += ALONE_HEAD + more;
	crc.crc = weft_crc_header(out, len);
	weft_hdr_crc_pack(out + len, &crc);
	return len + WEFT_HDR_CRC_LEN;
}

size_t weft_telemetry_get_build(uint8_t *out, uint16_t first, uint16_t count, uint32_t transaction)
{
	struct weft_hdr_tlv_telemetry_get h = { .first = first, .count = count };

	struct weft_hdr_tlv pad = { .type = WEFT_TLV_PAD, .length = ASK_BYTES - ASK_HEAD };

	memset(out, 0, ASK_BYTES);
	weft_hdr_tlv_telemetry_get_pack(out + ALONE_HEAD, &h);
	weft_hdr_tlv_pack(out + ALONE_HEAD + WEFT_HDR_TLV_TELEMETRY_GET_LEN, &pad);
	return wrap(out, WEFT_TLV_TELEMETRY_GET, WEFT_HDR_TLV_TELEMETRY_GET_LEN,
		    WEFT_HDR_TLV_LEN + pad.length, transaction);
}

/* WEFT-MGT-023 */
size_t weft_telemetry_build(uint8_t *out, size_t room,
			    const struct weft_hdr_tlv_telemetry_get *get,
			    const struct weft_stats *s, const struct weft_hdr_telemetry_item *host,
			    size_t n_host, uint32_t transaction)
{
	weft_assert(room >= ALONE_HEAD + WEFT_HDR_CRC_LEN && room <= WEFT_ALONE_MAX);
	room -= ALONE_HEAD + WEFT_HDR_CRC_LEN;
	return wrap(out, WEFT_TLV_TELEMETRY, fill(out + ALONE_HEAD, room, get, s, host, n_host),
		    0, transaction);
}

/* The element of a packet for which weft_alone_parse() said what it is: the first critical one. */
static const uint8_t *critical(const struct weft_view *v, uint16_t *len)
{
	const uint8_t *at = v->b.ctrl.tlvs;
	struct weft_hdr_tlv h;

	weft_hdr_tlv_unpack(&h, at);
	while (!(h.type & 0x8000)) {
		at += WEFT_HDR_TLV_LEN + ((h.length + 3u) & ~3u);
		weft_hdr_tlv_unpack(&h, at);
	}
	*len = h.length;
	return at + WEFT_HDR_TLV_LEN;
}

void weft_telemetry_asked(const struct weft_view *v, struct weft_hdr_tlv_telemetry_get *get)
{
	uint16_t len;

	weft_hdr_tlv_telemetry_get_unpack(get, critical(v, &len));
}

size_t weft_telemetry_items(const struct weft_view *v, struct weft_hdr_telemetry_item *items,
			    size_t max)
{
	uint16_t len;
	const uint8_t *at = critical(v, &len);

	return weft_telemetry_unpack(at, len, items, max);
}

size_t weft_telemetry_unpack(const uint8_t *value, size_t len,
			     struct weft_hdr_telemetry_item *items, size_t max)
{
	size_t n = len / WEFT_HDR_TELEMETRY_ITEM_LEN;

	n = n < max ? n : max;
	for (size_t i = 0; i < n; i++)
		weft_hdr_telemetry_item_unpack(&items[i], value + i * WEFT_HDR_TELEMETRY_ITEM_LEN);
	return n;
}

/* ---- in a context ------------------------------------------------------------------- */

int weft_telemetry_ask(struct weft_pdc *p, uint16_t first, uint16_t count)
{
	struct weft_hdr_tlv_telemetry_get h = { .first = first, .count = count };
	uint8_t head[WEFT_HDR_TLV_TELEMETRY_GET_LEN];
	struct ctrl_slot *c;

	if (!pdc_live(p))
		return WEFT_ESTATE;
	c = ep_slot(p);
	if (!c)
		return WEFT_EFULL;
	weft_hdr_tlv_telemetry_get_pack(head, &h);
	ep_put(p, c, WEFT_TLV_TELEMETRY_GET, head, sizeof(head), NULL, 0);
	return WEFT_OK;
}

/* False: no room for the answer; the question will come again. */
bool telemetry_answer(struct weft_pdc *p, const uint8_t *value)
{
	struct weft_hdr_tlv_telemetry_get get;
	uint8_t items[CTRL_BYTES - WEFT_HDR_TLV_LEN];
	struct ctrl_slot *c = ep_slot(p);

	if (!c)
		return false;
	weft_hdr_tlv_telemetry_get_unpack(&get, value);
	ep_put(p, c, WEFT_TLV_TELEMETRY, items,
	       fill(items, sizeof(items), &get, p->st, NULL, 0), NULL, 0);
	return true;
}
