/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core/request.c: the form of a request. */
#include "core/test/solo.h"
#include "tools/test/cunit_main.h"

#define SOM WEFT_OFLAGS_SOM
#define EOM WEFT_OFLAGS_EOM
#define BOTH (SOM | EOM)

static struct weft_view packet(enum weft_opcode code, uint8_t flags, uint16_t len)
{
	struct weft_view v;

	memset(&v, 0, sizeof(v));
	v.b.data.op.opcode = (uint8_t)code;
	v.b.data.op.flags = flags;
	v.b.data.op.length = len;
	return v;
}

static enum weft_status judge(const struct weft_view *v)
{
	struct range g;

	return request_judge(v, &g);
}

/* WEFT-SEM-041: which flags go with which operation. */
static void judge_operation__flags(void)
{
	static const struct {
		enum weft_opcode code;
		uint8_t flags;		/* of IMM, INV, SIGNAL */
	} offered[] = {
		{ WEFT_OPCODE_SEND, WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL },
		{ WEFT_OPCODE_WRITE, WEFT_OFLAGS_IMM | WEFT_OFLAGS_SIGNAL },
		{ WEFT_OPCODE_REDUCE, WEFT_OFLAGS_SIGNAL },
		{ WEFT_OPCODE_READ, 0 },
		{ WEFT_OPCODE_ATOMIC, 0 },
		{ WEFT_OPCODE_FLUSH, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(offered); i++) {
		for (unsigned flags = 0; flags < 256; flags++) {
			struct weft_view v = packet(offered[i].code, (uint8_t)(flags | BOTH), 0);
			unsigned wrong = flags & ~offered[i].flags &
				(WEFT_OFLAGS_IMM | WEFT_OFLAGS_INV | WEFT_OFLAGS_SIGNAL);
			bool two = flags & WEFT_OFLAGS_IMM && flags & WEFT_OFLAGS_INV;

			if (offered[i].code == WEFT_OPCODE_ATOMIC)
				v.b.data.u.atomic = (struct weft_hdr_atomic){ .width = 8,
					.aop = WEFT_AOP_FADD };
			if (offered[i].code == WEFT_OPCODE_REDUCE)
				v.b.data.u.reduce = (struct weft_hdr_reduce){ .dtype = 1, .op = 1 };
			if (offered[i].code == WEFT_OPCODE_FLUSH)
				v.b.data.u.flush.level = WEFT_FLUSH_PLACED;
			CU_ASSERT_EQUAL(judge(&v), wrong ? WEFT_STATUS_BAD_OPCODE :
					two ? WEFT_STATUS_MALFORMED :	/* WEFT-SEM-066 */
					WEFT_STATUS_OK);
		}
	}
}

/* WEFT-SEM-015: codes that are no requests. */
static void judge_operation__codes(void)
{
	for (unsigned code = 0; code < 256; code++) {
		struct weft_view v = packet((enum weft_opcode)code, BOTH, 0);
		bool known = code == WEFT_OPCODE_SEND || code == WEFT_OPCODE_WRITE ||
			     code == WEFT_OPCODE_READ;

		/* zeroed, the others lack a width, a type, a level */
		CU_ASSERT_EQUAL(judge(&v), known ? WEFT_STATUS_OK : WEFT_STATUS_BAD_OPCODE);
	}
}

/* WEFT-MEM-007, WEFT-MEM-080, WEFT-SEM-015 */
static void judge_atomic__table(void)
{
	static const struct {
		uint8_t aop, width, flags;
		uint64_t addr;
		enum weft_status st;
	} rows[] = {
		{ WEFT_AOP_FADD, 8, 0, 0x1000, WEFT_STATUS_OK },
		{ WEFT_AOP_XOR, 4, WEFT_AFLAGS_MASKED, 0x1004, WEFT_STATUS_OK },
		{ WEFT_AOP_UMAX, 2, 0, 0x1002, WEFT_STATUS_OK },
		{ WEFT_AOP_CAS, 1, 0, 0x1001, WEFT_STATUS_OK },
		{ WEFT_AOP_FADD, 8, 0, 0x1004, WEFT_STATUS_MISALIGNED },
		{ WEFT_AOP_FADD, 4, 0, 0x1002, WEFT_STATUS_MISALIGNED },
		{ WEFT_AOP_FADD, 2, 0, 0x1001, WEFT_STATUS_MISALIGNED },
		{ WEFT_AOP_FADD, 0, 0, 0x1000, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_AOP_FADD, 3, 0, 0x1001, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_AOP_FADD, 16, 0, 0x1000, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_AOP_FADD, 255, 0, 0x1000, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_AOP_RESERVED, 8, 0, 0x1000, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_AOP_COUNT, 8, 0, 0x1000, WEFT_STATUS_BAD_OPCODE },
		{ 255, 8, 0, 0x1000, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_AOP_FADD, 8, 0x40, 0x1000, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_AOP_FADD, 8, 0x81, 0x1000, WEFT_STATUS_BAD_OPCODE },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v = packet(WEFT_OPCODE_ATOMIC, BOTH, 0);

		v.b.data.u.atomic = (struct weft_hdr_atomic){ .aop = rows[i].aop,
			.width = rows[i].width, .flags = rows[i].flags, .addr = rows[i].addr };
		CU_ASSERT_EQUAL(judge(&v), rows[i].st);
	}
}

/* WEFT-MEM-011: what a packet without masks means. */
static void request_atomic__masks(void)
{
	struct weft_view v = packet(WEFT_OPCODE_ATOMIC, BOTH, 0);
	struct weft_atomic a;

	v.b.data.u.atomic = (struct weft_hdr_atomic){ .aop = WEFT_AOP_CAS, .width = 4,
						      .operand = 7, .compare = 9 };
	v.b.data.amask = (struct weft_hdr_amask){ 0xf0, 0x0f };
	request_atomic(&v, &a);
	CU_ASSERT(a.aop == WEFT_AOP_CAS && a.width == 4 && a.operand == 7 && a.compare == 9);
	CU_ASSERT(a.operand_mask == ~0ull && a.compare_mask == ~0ull);
	v.b.data.u.atomic.aop = WEFT_AOP_FADD;
	request_atomic(&v, &a);
	CU_ASSERT(a.operand_mask == ~0ull && a.compare_mask == 0);
	v.b.data.u.atomic.flags = WEFT_AFLAGS_MASKED;
	request_atomic(&v, &a);
	CU_ASSERT(a.operand_mask == 0xf0 && a.compare_mask == 0x0f);
}

/* WEFT-SEM-051, WEFT-SEM-081, WEFT-MEM-013 */
static void judge_reduce__table(void)
{
	static const struct {
		uint8_t op, type;
		uint64_t addr;
		uint32_t off, len, msg_len;
		enum weft_status st;
	} rows[] = {
		{ WEFT_REDOP_SUM, WEFT_DTYPE_I32, 0x1004, 0, 8, 8, WEFT_STATUS_OK },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_U8, 0x1001, 3, 5, 8, WEFT_STATUS_OK },
		{ WEFT_REDOP_XOR, WEFT_DTYPE_I64, 0x1008, 8, 8, 16, WEFT_STATUS_OK },
		{ WEFT_REDOP_MAX, WEFT_DTYPE_F16, 0x1002, 2, 2, 8, WEFT_STATUS_OK },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_I32, 0x1000, 0, 0, 0, WEFT_STATUS_OK },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_I32, 0x1000, 0, 6, 8, WEFT_STATUS_MALFORMED },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_I32, 0x1000, 2, 4, 8, WEFT_STATUS_MALFORMED },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_I32, 0x1000, 0, 4, 10, WEFT_STATUS_MALFORMED },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_I64, 0x1004, 0, 8, 8, WEFT_STATUS_MISALIGNED },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_BF16, 0x1001, 0, 8, 8, WEFT_STATUS_MISALIGNED },
		{ WEFT_REDOP_AND, WEFT_DTYPE_F32, 0x1000, 0, 8, 8, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_REDOP_COUNT, WEFT_DTYPE_I32, 0x1000, 0, 8, 8, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_REDOP_RESERVED, WEFT_DTYPE_I32, 0x1000, 0, 8, 8, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_COUNT, 0x1000, 0, 8, 8, WEFT_STATUS_BAD_OPCODE },
		{ WEFT_REDOP_SUM, WEFT_DTYPE_RESERVED, 0x1000, 0, 8, 8, WEFT_STATUS_BAD_OPCODE },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(rows); i++) {
		struct weft_view v = packet(WEFT_OPCODE_REDUCE, 0, (uint16_t)rows[i].len);

		v.b.data.op.flags = (uint8_t)((rows[i].off ? 0 : SOM) |
			(rows[i].off + rows[i].len == rows[i].msg_len ? EOM : 0));
		v.b.data.u.reduce = (struct weft_hdr_reduce){ .op = rows[i].op,
			.dtype = rows[i].type, .addr = rows[i].addr, .offset = rows[i].off,
			.msg_len = rows[i].msg_len };
		CU_ASSERT_EQUAL(judge(&v), rows[i].st);
	}
}

/* WEFT-SEM-057 */
static void judge_operation__flush(void)
{
	for (unsigned level = 0; level < 256; level++) {
		struct weft_view v = packet(WEFT_OPCODE_FLUSH, BOTH, 0);

		v.b.data.u.flush.level = (uint8_t)level;
		v.b.data.u.flush.length = 0xffffffff;
		CU_ASSERT_EQUAL(judge(&v), level >= 1 && level <= 3 ? WEFT_STATUS_OK :
				WEFT_STATUS_BAD_OPCODE);
		v.b.data.op.length = 4;
		CU_ASSERT_NOT_EQUAL(judge(&v), WEFT_STATUS_OK);
		v.b.data.op.length = 0;
		v.b.data.op.flags = SOM;
		CU_ASSERT_NOT_EQUAL(judge(&v), WEFT_STATUS_OK);
	}
}

/* WEFT-SEM-010, WEFT-SEM-062, WEFT-SEM-066: what the last packet brings, it alone may bring. */
static void form_ok__attached(void)
{
	static const uint8_t each[] = { WEFT_OFLAGS_IMM, WEFT_OFLAGS_INV, WEFT_OFLAGS_SIGNAL };

	for (size_t i = 0; i < WEFT_ARRAY_LEN(each); i++) {
		struct weft_view v = packet(WEFT_OPCODE_SEND, (uint8_t)(BOTH | each[i]), 8);

		v.b.data.u.send.msg_len = 8;
		CU_ASSERT_EQUAL(judge(&v), WEFT_STATUS_OK);
		v.b.data.u.send.msg_len = 16;
		v.b.data.op.flags = (uint8_t)(SOM | each[i]);
		CU_ASSERT_EQUAL(judge(&v), WEFT_STATUS_MALFORMED);
		v.b.data.u.send.offset = 8;
		v.b.data.op.flags = (uint8_t)(EOM | each[i]);
		CU_ASSERT_EQUAL(judge(&v), WEFT_STATUS_OK);
		v.b.data.signal.addr = 0x1004;
		CU_ASSERT_EQUAL(judge(&v), each[i] == WEFT_OFLAGS_SIGNAL ?
				WEFT_STATUS_MISALIGNED : WEFT_STATUS_OK);
	}
}

/* WEFT-SEM-010: a packet brings something of a message that has something. */
static void form_ok__empty_pieces(void)
{
	static const struct { uint8_t flags; uint32_t offset; } piece[] = {
		{ SOM, 0 }, { 0, 8 }, { EOM, 16 }, { BOTH, 0 },
	};

	for (size_t i = 0; i < WEFT_ARRAY_LEN(piece); i++) {
		struct weft_view v = packet(WEFT_OPCODE_SEND, piece[i].flags, 0);

		v.b.data.u.send.msg_len = 16;
		v.b.data.u.send.offset = piece[i].offset;
		CU_ASSERT_EQUAL(judge(&v), WEFT_STATUS_MALFORMED);
	}
}

WEFT_SUITE(t_request) {
	{ "judge_operation__flags", judge_operation__flags },
	{ "judge_operation__codes", judge_operation__codes },
	{ "judge_atomic__table", judge_atomic__table },
	{ "request_atomic__masks", request_atomic__masks },
	{ "judge_reduce__table", judge_reduce__table },
	{ "judge_operation__flush", judge_operation__flush },
	{ "form_ok__attached", form_ok__attached },
	{ "form_ok__empty_pieces", form_ok__empty_pieces },
};
