/* SPDX-License-Identifier: 0BSD */
/*
 * The upper tester over a serial line, and through a window of memory.  Freestanding: this, upper.c
 * and sha256.c are all that firmware without an operating system needs besides its device's own
 * struct upper_ops.
 */
#include "conformance/upper/upper.h"

/* CCITT: polynomial 0x1021, from 0xffff. */
static uint16_t crc16(uint16_t crc, uint8_t byte)
{
	crc ^= (uint16_t)(byte << 8);
	for (unsigned i = 0; i < 8; i++)
		crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	return crc;
}

struct stuffing {
	uint8_t *line;
	uint32_t at, code;	/* where the next byte goes, and where the count of this run is */
};

static void stuff(struct stuffing *s, uint8_t byte)
{
	if (byte)
		s->line[s->at++] = byte;
	if (byte && s->at - s->code < 255)
		return;
	s->line[s->code] = (uint8_t)(s->at - s->code);
	s->code = s->at++;
}

uint32_t upper_to_line(const uint8_t *frame, uint32_t len, uint8_t *line)
{
	struct stuffing s = { .line = line, .at = 1 };
	uint16_t crc = 0xffff;

	for (uint32_t i = 0; i < len; i++) {
		crc = crc16(crc, frame[i]);
		stuff(&s, frame[i]);
	}
	stuff(&s, (uint8_t)(crc >> 8));
	stuff(&s, (uint8_t)crc);
	line[s.code] = (uint8_t)(s.at - s.code);
	line[s.at++] = 0;
	return s.at;
}

uint32_t upper_from_line(const uint8_t *line, uint32_t len, uint8_t *frame)
{
	uint8_t tail[2] = { 0 };	/* the last two bytes are the CRC */
	uint32_t n = 0;
	uint16_t crc = 0xffff;

	for (uint32_t i = 0; i < len;) {
		uint32_t code = line[i], end = i + code;

		if (!code || end > len)
			return 0;
		for (i++; i <= end; i++) {
			uint8_t byte = i < end ? line[i] : 0;

			if (i == end && (code == 255 || end == len))
				break;
			if (n >= UPPER_FRAME + 2)
				return 0;
			if (n >= 2) {
				frame[n - 2] = tail[0];
				crc = crc16(crc, tail[0]);
			}
			tail[0] = tail[1];
			tail[1] = byte;
			n++;
		}
		i = end;
	}
	return n > 2 && crc == (tail[0] << 8 | tail[1]) ? n - 2 : 0;
}

uint32_t upper_line_byte(struct upper_line *l, const struct upper *u, uint8_t byte, uint8_t *out)
{
	uint32_t n;

	if (byte) {
		if (l->n < sizeof(l->in))
			l->in[l->n] = byte;
		l->n += l->n <= sizeof(l->in);
		return 0;
	}
	n = l->n && l->n <= sizeof(l->in) ? upper_from_line(l->in, l->n, l->frame) : 0;
	l->n = 0;
	if (!n)
		return 0;	/* damaged: no answer, which the tester minds */
	n = upper_handle(u, l->frame, n, l->rsp);
	return upper_to_line(l->rsp, n, out);
}

int upper_mailbox_turn(struct upper_mailbox *m, const struct upper *u)
{
	uint32_t asked = m->asked, n;

	if (asked == m->answered)
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	n = m->length;
	m->length = upper_handle(u, m->command, n <= UPPER_FRAME ? n : 0, m->response);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	m->answered = asked;
	return 1;
}
