/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet in one line of words, for reports and captures.  Decides nothing.
 */
#include "conformance/frame.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct line {
	char *out;
	size_t len, at;
};

__attribute__((format(printf, 2, 3)))
static void say(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (l->at + 1 >= l->len)
		return;
	va_start(ap, fmt);
	n = vsnprintf(l->out + l->at, l->len - l->at, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->at += (size_t)n;
}

static void say_data(struct line *l, const struct wc_frame *f)
{
	say(l, " %s qpn=%" PRIu64 " msn=%" PRIu64, wc_opcode_name(f->opcode), f->qpn, f->msn);
	switch (f->opcode) {
	case WC_WRITE:
		say(l, " key=0x%" PRIx64 " addr=0x%" PRIx64 " msg_len=%" PRIu64 " offset=%" PRIu64,
		    f->rkey, f->addr, f->msg_len, f->offset);
		break;
	case WC_READ:
		say(l, " key=0x%" PRIx64 " addr=0x%" PRIx64 " msg_len=%" PRIu64,
		    f->rkey, f->addr, f->msg_len);
		break;
	case WC_SEND:
		say(l, " ssn=%" PRIu64 " msg_len=%" PRIu64 " offset=%" PRIu64,
		    f->ssn, f->msg_len, f->offset);
		break;
	case WC_READ_RSP:
		say(l, " msg_len=%" PRIu64 " offset=%" PRIu64, f->msg_len, f->offset);
		break;
	case WC_ATOMIC:
		say(l, " key=0x%" PRIx64 " addr=0x%" PRIx64 " aop=%" PRIu64 " width=%" PRIu64
		    " operand=0x%" PRIx64 " compare=0x%" PRIx64, f->rkey, f->addr, f->aop, f->width,
		    f->operand, f->compare);
		break;
	case WC_REDUCE:
		say(l, " key=0x%" PRIx64 " addr=0x%" PRIx64 " msg_len=%" PRIu64 " offset=%" PRIu64
		    " op=%" PRIu64 " dtype=%" PRIu64, f->rkey, f->addr, f->msg_len, f->offset,
		    f->redop, f->dtype);
		break;
	case WC_FLUSH:
		say(l, " key=0x%" PRIx64 " addr=0x%" PRIx64 " length=%" PRIu64 " level=%" PRIu64,
		    f->rkey, f->addr, f->msg_len, f->level);
		break;
	case WC_RD_SEND:
		say(l, " from=%" PRIu64 " qkey=0x%" PRIx64 " tag=%" PRIu64, f->src_qpn, f->qkey,
		    f->tag);
		break;
	case WC_RD_RSP:
		say(l, " status=%s tag=%" PRIu64, wc_status_name(f->status), f->tag);
		break;
	case WC_ATOMIC_RSP:
		say(l, " old=0x%" PRIx64, f->old);
		break;
	case WC_TACK:
		say(l, " status=%s credits=%" PRIu64, wc_status_name(f->status), f->credits);
		break;
	default:
		break;
	}
	say(l, "%s%s", f->oflags & WC_O_SOM ? " SOM" : "", f->oflags & WC_O_EOM ? " EOM" : "");
	say(l, " len=%" PRIu64, f->length);
}

static void say_ack(struct line *l, const struct wc_frame *f)
{
	say(l, " window=%" PRIu64 " echo=%" PRIu64, f->window, f->echo_psn);
	for (unsigned i = 0; i < f->words && i < WC_SACK_WORDS; i++)
		say(l, " sack[%" PRIu64 "+%u]=%016" PRIx64, f->sack_base, i * 64, f->sack[i]);
}

static const char *tlv_name(uint64_t type)
{
	switch (type) {
	case WC_TLV_HELLO: return "HELLO";
	case WC_TLV_POOL: return "POOL";
	case WC_TLV_ENGINE: return "ENGINE";
	case WC_TLV_NAME: return "NAME";
	case WC_TLV_QUEUES: return "QUEUES";
	case WC_TLV_NEIGHBOUR: return "NEIGHBOUR";
	case WC_TLV_VERSION_REJECT: return "VERSION_REJECT";
	case WC_TLV_CLOSE: return "CLOSE";
	case WC_TLV_EP_CONNECT: return "EP_CONNECT";
	case WC_TLV_EP_ACCEPT: return "EP_ACCEPT";
	case WC_TLV_EP_REJECT: return "EP_REJECT";
	case WC_TLV_EP_DISCONNECT: return "EP_DISCONNECT";
	case WC_TLV_LIMITS: return "LIMITS";
	case WC_TLV_PAD: return "PAD";
	case WC_TLV_WINDOW_BIND: return "WINDOW_BIND";
	case WC_TLV_WINDOW_STATUS: return "WINDOW_STATUS";
	case WC_TLV_PORT_STATUS: return "PORT_STATUS";
	case WC_TLV_TELEMETRY_GET: return "TELEMETRY_GET";
	case WC_TLV_TELEMETRY: return "TELEMETRY";
	default: return NULL;
	}
}

static void say_ctrl(struct line *l, const struct wc_frame *f)
{
	struct wc_tlv_view tlv;

	for (unsigned n = 0; n < 12 && wc_frame_tlv(f, n, &tlv); n++) {
		const char *name = tlv_name(tlv.type);

		if (name)
			say(l, " %s", name);
		else
			say(l, " TLV(0x%04" PRIx64 ")", tlv.type);
	}
}

char *wc_frame_text(const struct wc_frame *f, char *out, size_t len)
{
	static const char *const type[16] = {
		"type0", "DATA", "ACK", "NACK", "CTRL", "DGRAM", "MEM", "PROBE", "CREDIT", "type9",
		"type10", "type11", "type12", "type13", "type14", "type15",
	};
	struct line l = { out, len, 0 };

	out[0] = 0;
	say(&l, "%s", type[f->type & 15]);
	if (f->version != WC_VERSION)
		say(&l, " version=%" PRIu64, f->version);
	say(&l, " pdc=%" PRIu64 " psn=%" PRIu64, f->pdc_id, f->psn);
	if (f->flags & WC_F_AKV)
		say(&l, " ack=%" PRIu64, f->ack_psn);
	say(&l, "%s%s%s%s", f->flags & WC_F_SYN ? " SYN" : "", f->flags & WC_F_AR ? " AR" : "",
	    f->flags & WC_F_RTX ? " RTX" : "", f->flags & WC_F_SEC ? " SEC" : "");
	if (f->type == WC_DATA)
		say_data(&l, f);
	else if (f->type == WC_ACK)
		say_ack(&l, f);
	else if (f->type == WC_NACK)
		say(&l, " %s echo_psn=%" PRIu64 " echo_pdc=%" PRIu64 " arg=%" PRIu64,
		    wc_reason_name(f->reason), f->nack_psn, f->echo_pdc, f->arg);
	else if (f->type == WC_CTRL)
		say_ctrl(&l, f);
	return out;
}
