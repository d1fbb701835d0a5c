/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The form of a request: which operations and flags there are, and whether a packet agrees with
 * itself.  Pure: looks at one packet, knows nothing of its stream.  What its message has said
 * before is responder.c's; keys and memory are the host's.
 */
#include "core/pdc.h"

/* WEFT-SEM-041: flags that go with any request, and those of each operation. */
#define FLAGS_ANY (WEFT_OFLAGS_SOM | WEFT_OFLAGS_EOM | WEFT_OFLAGS_SE | WEFT_OFLAGS_FENCE | \
		   WEFT_OFLAGS_EPOCH)
#define FLAGS_LAST (WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL)

/* Flags of the operations that are offered; 0: another code. */
static uint8_t flags_of(uint8_t opcode)
{
	static const uint8_t flags[] = {
		[WEFT_OPCODE_SEND] = FLAGS_ANY | FLAGS_LAST,
		[WEFT_OPCODE_WRITE] = FLAGS_ANY | WEFT_OFLAGS_IMM | WEFT_OFLAGS_SIGNAL,
		[WEFT_OPCODE_REDUCE] = FLAGS_ANY | WEFT_OFLAGS_SIGNAL,
		[WEFT_OPCODE_READ] = FLAGS_ANY,
		[WEFT_OPCODE_ATOMIC] = FLAGS_ANY,
		[WEFT_OPCODE_FLUSH] = FLAGS_ANY,
	};

	return opcode < WEFT_ARRAY_LEN(flags) ? flags[opcode] : 0;
}

bool request_offered(uint8_t opcode)
{
	return flags_of(opcode);
}

static void range_of(const struct weft_view *v, struct range *g)
{
	switch (v->b.data.op.opcode) {
	case WEFT_OPCODE_SEND:
		g->msg_len = v->b.data.u.send.msg_len;
		g->offset = v->b.data.u.send.offset;
		g->ssn = v->b.data.u.send.ssn;
		break;
	case WEFT_OPCODE_WRITE:
		g->rkey = v->b.data.u.write.rkey;
		g->addr = v->b.data.u.write.addr;
		g->msg_len = v->b.data.u.write.msg_len;
		g->offset = v->b.data.u.write.offset;
		break;
	case WEFT_OPCODE_REDUCE:
		g->rkey = v->b.data.u.reduce.rkey;
		g->addr = v->b.data.u.reduce.addr;
		g->msg_len = v->b.data.u.reduce.msg_len;
		g->offset = v->b.data.u.reduce.offset;
		g->code = v->b.data.u.reduce.op;
		g->type = v->b.data.u.reduce.dtype;
		break;
	case WEFT_OPCODE_READ:
		g->rkey = v->b.data.u.read.rkey;
		g->addr = v->b.data.u.read.addr;
		g->msg_len = v->b.data.u.read.msg_len;
		break;
	case WEFT_OPCODE_FLUSH:
		g->rkey = v->b.data.u.flush.rkey;
		g->addr = v->b.data.u.flush.addr;
		g->msg_len = v->b.data.u.flush.length;
		g->code = v->b.data.u.flush.level;
		break;
	default:
		g->rkey = v->b.data.u.atomic.rkey;
		g->addr = v->b.data.u.atomic.addr;
		g->msg_len = v->b.data.u.atomic.width;
		break;
	}
}

void request_atomic(const struct weft_view *v, struct weft_atomic *a)
{
	const struct weft_hdr_atomic *h = &v->b.data.u.atomic;

	*a = weft_atomic_whole(h->aop, h->width, h->operand, h->compare);
	if (h->flags & WEFT_AFLAGS_MASKED) {
		a->operand_mask = v->b.data.amask.operand_mask;
		a->compare_mask = v->b.data.amask.compare_mask;
	}
	if (WEFT_MUTANT(WIDTH_ANY) && !weft_atomic_ok(a))
		a->width = 8;
}

/* ---- what there is ------------------------------------------------------------------ */

/* WEFT-MEM-007, WEFT-MEM-080, WEFT-SEM-015 */
static enum weft_status judge_atomic(const struct weft_view *v)
{
	struct weft_atomic a;

	request_atomic(v, &a);
	if (!weft_atomic_ok(&a) || (v->b.data.u.atomic.flags & ~WEFT_AFLAGS_MASKED &&
				    !WEFT_MUTANT(ATOMIC_FLAGS_ANY)))
		return WEFT_STATUS_BAD_OPCODE;
	if (v->b.data.u.atomic.addr % a.width && !WEFT_MUTANT(MISALIGNED_TAKEN) &&
	    !(a.width < 8 && WEFT_MUTANT(NARROW_ANYWHERE)))
		return WEFT_STATUS_MISALIGNED;
	return WEFT_STATUS_OK;
}

/* WEFT-SEM-051, WEFT-MEM-013 */
static enum weft_status judge_reduce(const struct weft_view *v)
{
	const struct weft_hdr_reduce *h = &v->b.data.u.reduce;

	if (!weft_reduce_ok(h->op, h->dtype) &&
	    !(WEFT_MUTANT(REDUCE_ANY_OP) && weft_dtype_size(h->dtype)))
		return WEFT_STATUS_BAD_OPCODE;
	if (h->addr % weft_dtype_size(h->dtype) && !WEFT_MUTANT(REDUCE_ANYWHERE))
		return WEFT_STATUS_MISALIGNED;
	return WEFT_STATUS_OK;
}

static enum weft_status judge_operation(const struct weft_view *v)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	uint8_t level = v->b.data.u.flush.level;

	if (op->flags & WEFT_OFLAGS_SIGNAL && v->b.data.signal.addr % 8 &&	/* WEFT-SEM-062 */
	    !WEFT_MUTANT(SIGNAL_ANYWHERE))
		return WEFT_STATUS_MISALIGNED;
	switch (op->opcode) {
	case WEFT_OPCODE_ATOMIC:
		return judge_atomic(v);
	case WEFT_OPCODE_REDUCE:
		return judge_reduce(v);
	case WEFT_OPCODE_FLUSH:		/* WEFT-SEM-057, WEFT-SEM-091 */
		return (level == WEFT_FLUSH_RESERVED || level >= WEFT_FLUSH_COUNT) &&
		       !WEFT_MUTANT(FLUSH_ANY_LEVEL) ?
		       WEFT_STATUS_BAD_OPCODE : WEFT_STATUS_OK;
	default:
		return WEFT_STATUS_OK;
	}
}

/* ---- does it agree with itself ------------------------------------------------------ */

/* WEFT-SEM-081: packets of a REDUCE are cut between elements. */
static bool cut_ok(const struct weft_hdr_op *op, const struct range *g)
{
	unsigned size;

	if (op->opcode != WEFT_OPCODE_REDUCE || WEFT_MUTANT(REDUCE_PARTS))
		return true;
	size = weft_dtype_size(g->type);
	return !((g->msg_len | g->offset | op->length) & (size - 1));
}

/* WEFT-SEM-010: place, SOM, EOM and what the last packet brings agree. */
static bool form_ok(const struct weft_hdr_op *op, const struct range *g)
{
	bool som = op->flags & WEFT_OFLAGS_SOM, eom = op->flags & WEFT_OFLAGS_EOM;

	if (!op_has_data(op->opcode))
		return som && eom && !op->length &&
		       (g->msg_len <= WEFT_MSG_MAX || op->opcode == WEFT_OPCODE_FLUSH);
	if (g->msg_len > WEFT_MSG_MAX ||
	    g->offset > g->msg_len || op->length > g->msg_len - g->offset)
		return false;
	if (!op->length && g->msg_len && !WEFT_MUTANT(EMPTY_PIECE_TAKEN))
		return false;
	if ((som != (g->offset == 0) || eom != (g->offset + op->length == g->msg_len)) &&
	    !WEFT_MUTANT(FORM_IGNORED))
		return false;
	if (op->flags & WEFT_OFLAGS_IMM && op->flags & WEFT_OFLAGS_INV &&	/* WEFT-SEM-066 */
	    !WEFT_MUTANT(IMM_AND_INV))
		return false;
	return (eom || !(op->flags & FLAGS_LAST)) && cut_ok(op, g);
}

/* WEFT-SEM-015, WEFT-SEM-020: code and form, before limits, key and memory. */
enum weft_status request_judge(const struct weft_view *v, struct range *g)
{
	const struct weft_hdr_op *op = &v->b.data.op;
	enum weft_status st;

	uint8_t flags = flags_of(op->opcode);

	*g = (struct range){ 0 };
	if (!flags)
		return WEFT_STATUS_BAD_OPCODE;
	range_of(v, g);
	if (op->flags & ~flags && !WEFT_MUTANT(FLAGS_ANY_OP))
		return WEFT_STATUS_BAD_OPCODE;
	st = judge_operation(v);
	if (st != WEFT_STATUS_OK)
		return st;
	return form_ok(op, g) ? WEFT_STATUS_OK : WEFT_STATUS_MALFORMED;
}
