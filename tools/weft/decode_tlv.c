/* SPDX-License-Identifier: BSD-2-Clause */
/* The elements of CTRL packets into fields.  See decode.h. */
#include "tools/weft/decode_walk.h"

static bool walk_hello(struct walk *w)
{
	HEADER(tlv_hello, TLV_HELLO);
	HEX(tlv_hello, chip_id);
	HEX(tlv_hello, incarnation);
	ENUM(tlv_hello, class, class);
	NUM(tlv_hello, version_min);
	NUM(tlv_hello, version_max);
	FLAGS(tlv_hello, modes, modes);
	FLAGS(tlv_hello, flags, helloflags);
	FLAGS(tlv_hello, profiles, profiles);
	HEX(tlv_hello, vendor);
	NUM(tlv_hello, max_payload);
	NUM(tlv_hello, max_window);
	NUM(tlv_hello, domain);
	NUM(tlv_hello, paths);
	return true;
}

static bool walk_pool(struct walk *w)
{
	HEADER(tlv_pool, TLV_POOL);
	NUM(tlv_pool, index);
	ENUM(tlv_pool, kind, pool);
	NUM(tlv_pool, size);
	return true;
}

static bool walk_engine(struct walk *w)
{
	HEADER(tlv_engine, TLV_ENGINE);
	ENUM(tlv_engine, kernel, kernel);
	HEX(tlv_engine, dtypes);
	return true;
}

static bool walk_queues(struct walk *w)
{
	HEADER(tlv_queues, TLV_QUEUES);
	NUM(tlv_queues, queues);
	NUM(tlv_queues, depth);
	return true;
}

static bool walk_neighbour(struct walk *w)
{
	HEADER(tlv_neighbour, TLV_NEIGHBOUR);
	HEX(tlv_neighbour, chip_id);
	ENUM(tlv_neighbour, family, family);
	FLAGS(tlv_neighbour, flags, nbflags);
	NUM(tlv_neighbour, port);
	BYTES(tlv_neighbour, addr);
	return true;
}

static bool walk_limits(struct walk *w)
{
	HEADER(tlv_limits, TLV_LIMITS);
	FLAGS(tlv_limits, features, features);
	NUM(tlv_limits, sack_bits);
	NUM(tlv_limits, windows);
	NUM(tlv_limits, mem_tags);
	NUM(tlv_limits, ports);
	return true;
}

static bool walk_version_reject(struct walk *w)
{
	HEADER(tlv_version_reject, TLV_VERSION_REJECT);
	NUM(tlv_version_reject, min);
	NUM(tlv_version_reject, max);
	return true;
}

static bool walk_connect(struct walk *w)
{
	HEADER(tlv_ep_connect, TLV_EP_CONNECT);
	NUM(tlv_ep_connect, src_qpn);
	NUM(tlv_ep_connect, service);
	NUM(tlv_ep_connect, credits);
	NUM(tlv_ep_connect, window);
	NUM(tlv_ep_connect, reads);
	return true;
}

static bool walk_accept(struct walk *w)
{
	HEADER(tlv_ep_accept, TLV_EP_ACCEPT);
	NUM(tlv_ep_accept, dst_qpn);
	NUM(tlv_ep_accept, src_qpn);
	NUM(tlv_ep_accept, credits);
	NUM(tlv_ep_accept, window);
	NUM(tlv_ep_accept, reads);
	return true;
}

static bool walk_reject(struct walk *w)
{
	HEADER(tlv_ep_reject, TLV_EP_REJECT);
	NUM(tlv_ep_reject, dst_qpn);
	ENUM(tlv_ep_reject, reason, ep_reason);
	NUM(tlv_ep_reject, src_qpn);
	NUM(tlv_ep_reject, arg);
	return true;
}

static bool walk_disconnect(struct walk *w)
{
	HEADER(tlv_ep_disconnect, TLV_EP_DISCONNECT);
	NUM(tlv_ep_disconnect, dst_qpn);
	ENUM(tlv_ep_disconnect, reason, ep_reason);
	NUM(tlv_ep_disconnect, src_qpn);
	NUM(tlv_ep_disconnect, arg);
	return true;
}

static bool walk_window_bind(struct walk *w)
{
	HEADER(tlv_window_bind, TLV_WINDOW_BIND);
	NUM(tlv_window_bind, window);
	NUM(tlv_window_bind, qpn);
	HEX(tlv_window_bind, rkey);
	HEX(tlv_window_bind, addr);
	NUM(tlv_window_bind, length);
	return true;
}

static bool walk_window_status(struct walk *w)
{
	HEADER(tlv_window_status, TLV_WINDOW_STATUS);
	NUM(tlv_window_status, window);
	ENUM(tlv_window_status, status, status);
	return true;
}

static bool walk_port_status(struct walk *w)
{
	HEADER(tlv_port_status, TLV_PORT_STATUS);
	NUM(tlv_port_status, port);
	ENUM(tlv_port_status, state, port_state);
	return true;
}

static bool walk_telemetry_get(struct walk *w)
{
	HEADER(tlv_telemetry_get, TLV_TELEMETRY_GET);
	NUM(tlv_telemetry_get, first);
	NUM(tlv_telemetry_get, count);
	return true;
}

static bool walk_telemetry_item(struct walk *w)
{
	HEADER(telemetry_item, TELEMETRY_ITEM);
	ENUM(telemetry_item, counter, meter);
	NUM(telemetry_item, value);
	return true;
}

static bool walk_telemetry(struct walk *w)
{
	while (w->left)
		if (!walk_telemetry_item(w))
			return false;
	return true;
}

/* The value alone; w->left is its length. */
static bool walk_value(struct walk *w, unsigned type)
{
	static const struct {
		unsigned type;
		bool (*walk)(struct walk *w);
	} row[] = {
		{ WEFT_TLV_HELLO, walk_hello }, { WEFT_TLV_POOL, walk_pool },
		{ WEFT_TLV_ENGINE, walk_engine }, { WEFT_TLV_QUEUES, walk_queues },
		{ WEFT_TLV_NEIGHBOUR, walk_neighbour },
		{ WEFT_TLV_VERSION_REJECT, walk_version_reject },
		{ WEFT_TLV_EP_CONNECT, walk_connect }, { WEFT_TLV_EP_ACCEPT, walk_accept },
		{ WEFT_TLV_EP_REJECT, walk_reject }, { WEFT_TLV_EP_DISCONNECT, walk_disconnect },
		{ WEFT_TLV_LIMITS, walk_limits }, { WEFT_TLV_WINDOW_BIND, walk_window_bind },
		{ WEFT_TLV_WINDOW_STATUS, walk_window_status },
		{ WEFT_TLV_PORT_STATUS, walk_port_status },
		{ WEFT_TLV_TELEMETRY_GET, walk_telemetry_get },
		{ WEFT_TLV_TELEMETRY, walk_telemetry },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(row); i++)
		if (row[i].type == type)
			return row[i].walk(w);
	if (type == WEFT_TLV_NAME)
		add_bytes(w, "tlv", "name", DECODE_TEXT, w->p, w->left);
	return true;
}

static bool walk_tlv(struct walk *w)
{
	HEADER(tlv, TLV);
	struct walk value = { .d = w->d, .p = w->p, .left = tlv.length };
	uint32_t padded = (tlv.length + 3u) / 4 * 4;

	ENUM(tlv, type, tlv);
	NUM(tlv, length);
	if (!room(w, padded, "a TLV leaves the packet"))
		return false;
	advance(w, padded);
	return walk_value(&value, tlv.type);
}

bool decode_ctrl(struct walk *w)
{
	HEADER(ctrl, CTRL);
	struct walk tlvs = { .d = w->d, .p = w->p, .left = ctrl.length };

	NUM(ctrl, length);
	if (!room(w, ctrl.length, "cut in the TLVs"))
		return false;
	advance(w, ctrl.length);
	while (tlvs.left)
		if (!walk_tlv(&tlvs))
			return false;
	return true;
}
