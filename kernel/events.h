/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tracepoints, /sys/kernel/tracing/events/weft: packets, what was refused, completions, events.
 * Names are those of the specification.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM weft

#if !defined(WEFT_KERNEL_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define WEFT_KERNEL_EVENTS_H

#include <linux/tracepoint.h>

#include "core/names.h"
#include "kernel/flight.h"

#define WEFTK_NAME 24

/* context: our number of it */
DECLARE_EVENT_CLASS(weft_packet,
	TP_PROTO(u64 chip, u32 context, const struct weftk_entry *e, const char *what),
	TP_ARGS(chip, context, e, what),
	TP_STRUCT__entry(
		__field(u64, chip)
		__field(u32, context)
		__field(u32, qpn)
		__field(u32, psn)
		__field(u32, msn)
		__field(u16, len)
		__array(char, type, WEFTK_NAME)
		__array(char, op, WEFTK_NAME)
		__array(char, what, WEFTK_NAME)
	),
	TP_fast_assign(
		__entry->chip = chip;
		__entry->context = context;
		__entry->qpn = e->qpn;
		__entry->psn = e->psn;
		__entry->msn = e->msn;
		__entry->len = e->len;
		strscpy(__entry->type, weft_ptype_name(e->code), WEFTK_NAME);
		strscpy(__entry->op, e->op ? weft_opcode_name(e->op) : "-", WEFTK_NAME);
		strscpy(__entry->what, what, WEFTK_NAME);
	),
	TP_printk("chip=%016llx context=%u type=%s op=%s qpn=%u psn=%u msn=%u len=%u %s",
		  __entry->chip, __entry->context, __entry->type, __entry->op, __entry->qpn,
		  __entry->psn, __entry->msn, __entry->len, __entry->what)
);

/* chip: the peer.  what: NONE, or why it was dropped. */
DEFINE_EVENT(weft_packet, weft_packet_in,
	TP_PROTO(u64 chip, u32 context, const struct weftk_entry *e, const char *what),
	TP_ARGS(chip, context, e, what));

/* what: `first`, or `again` for a retransmission. */
DEFINE_EVENT(weft_packet, weft_packet_out,
	TP_PROTO(u64 chip, u32 context, const struct weftk_entry *e, const char *what),
	TP_ARGS(chip, context, e, what));

DECLARE_EVENT_CLASS(weft_outcome,
	TP_PROTO(u64 chip, u32 context, u32 qpn, u64 number, const char *what, u8 status),
	TP_ARGS(chip, context, qpn, number, what, status),
	TP_STRUCT__entry(
		__field(u64, chip)
		__field(u64, number)
		__field(u32, context)
		__field(u32, qpn)
		__array(char, what, WEFTK_NAME)
		__array(char, status, WEFTK_NAME)
	),
	TP_fast_assign(
		__entry->chip = chip;
		__entry->number = number;
		__entry->context = context;
		__entry->qpn = qpn;
		strscpy(__entry->what, what, WEFTK_NAME);
		strscpy(__entry->status, weft_status_name(status), WEFTK_NAME);
	),
	TP_printk("chip=%016llx context=%u qpn=%u number=%llu %s: %s", __entry->chip,
		  __entry->context, __entry->qpn, __entry->number, __entry->what,
		  __entry->status)
);

/* A work request is complete.  number: it counts those of the queue pair; what: the operation. */
DEFINE_EVENT(weft_outcome, weft_complete,
	TP_PROTO(u64 chip, u32 context, u32 qpn, u64 number, const char *what, u8 status),
	TP_ARGS(chip, context, qpn, number, what, status));

/* A request of the peer's, or data for one of ours, was not OK.  number: the MSN. */
DEFINE_EVENT(weft_outcome, weft_refuse,
	TP_PROTO(u64 chip, u32 context, u32 qpn, u64 number, const char *what, u8 status),
	TP_ARGS(chip, context, qpn, number, what, status));

/* What the engine tells of a context or a stream.  number: the event's argument. */
DEFINE_EVENT(weft_outcome, weft_event,
	TP_PROTO(u64 chip, u32 context, u32 qpn, u64 number, const char *what, u8 status),
	TP_ARGS(chip, context, qpn, number, what, status));

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH kernel
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
