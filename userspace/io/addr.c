/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as text.  Decides what spellings are accepted and which one is printed; it asks the
 * system only for interface names of IPv6 scopes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "userspace/io/io.h"

_Static_assert(sizeof(struct wio_addr) == 24, "addresses are compared and hashed as bytes");

/* Decimal 0..65535 without sign, blank or leading zeros beyond "0" itself. */
static int parse_port(const char *s, uint16_t *port)
{
	uint32_t v = 0;

	if (!*s || (s[0] == '0' && s[1]))
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		v = v * 10 + (uint32_t)(*s - '0');
		if (v > 65535)
			return -EINVAL;
	}
	*port = (uint16_t)v;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int parse_mac(const char *s, struct wio_addr *a)
{
	for (int i = 0; i < 6; i++, s += 3) {
		int hi = hex_digit(s[0]);
		int lo = hi < 0 ? -1 : hex_digit(s[1]);

		if (lo < 0 || s[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		a->ip[i] = (uint8_t)(hi << 4 | lo);
		if (i == 5)
			break;
	}
	a->family = WIO_L2;
	return 0;
}

/* "ADDRESS" or "ADDRESS%SCOPE" of |n| bytes; SCOPE is an interface's name or number. */
static int parse_ip6(const char *s, size_t n, struct wio_addr *a)
{
	char buf[WIO_ADDR_STRLEN], *scope;

	if (n >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, s, n);
	buf[n] = '\0';
	scope = strchr(buf, '%');
	if (scope) {
		uint16_t num;

		*scope++ = '\0';
		a->scope = if_nametoindex(scope);
		if (!a->scope && (parse_port(scope, &num) || !num))
			return -EINVAL;
		if (!a->scope)
			a->scope = num;
	}
	if (inet_pton(AF_INET6, buf, a->ip) != 1)
		return -EINVAL;
	a->family = WIO_UDP6;
	return 0;
}

static int parse_bracketed(const char *s, struct wio_addr *a)
{
	const char *end = strchr(s, ']');

	if (!end || parse_ip6(s + 1, (size_t)(end - s - 1), a))
		return -EINVAL;
	if (!end[1])
		return 0;
	return end[1] == ':' ? parse_port(end + 2, &a->port) : -EINVAL;
}

static int parse_ip4(const char *s, struct wio_addr *a)
{
	char buf[WIO_ADDR_STRLEN], *colon;
	size_t n = strlen(s);

	if (n >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, s, n + 1);
	colon = strchr(buf, ':');
	if (colon)
		*colon = '\0';
	if (inet_pton(AF_INET, buf, a->ip) != 1)
		return -EINVAL;
	a->family = WIO_UDP4;
	return colon ? parse_port(colon + 1, &a->port) : 0;
}

static int parse_any(const char *s, struct wio_addr *a)
{
	const char *colon = strchr(s, ':');

	if (s[0] == '[')
		return parse_bracketed(s, a);
	if (!parse_mac(s, a))
		return 0;
	memset(a->ip, 0, sizeof(a->ip));
	if (colon && strchr(colon + 1, ':'))
		return parse_ip6(s, strlen(s), a);
	return parse_ip4(s, a);
}

int wio_addr_parse(const char *text, struct wio_addr *a)
{
	memset(a, 0, sizeof(*a));
	a->port = WIO_UDP_PORT;
	if (parse_any(text, a)) {
		memset(a, 0, sizeof(*a));
		return -EINVAL;
	}
	if (a->family == WIO_L2)
		a->port = 0;
	return 0;
}

char *wio_addr_str(const struct wio_addr *a, char buf[WIO_ADDR_STRLEN])
{
	char ip[INET6_ADDRSTRLEN] = "";
	const uint8_t *m = a->ip;

	switch ((enum wio_family)a->family) {
	case WIO_UDP4:
		inet_ntop(AF_INET, a->ip, ip, sizeof(ip));
		snprintf(buf, WIO_ADDR_STRLEN, "%s:%u", ip, a->port);
		return buf;
	case WIO_UDP6:
		inet_ntop(AF_INET6, a->ip, ip, sizeof(ip));
		if (a->scope)
			snprintf(buf, WIO_ADDR_STRLEN, "[%s%%%u]:%u", ip, a->scope, a->port);
		else
			snprintf(buf, WIO_ADDR_STRLEN, "[%s]:%u", ip, a->port);
		return buf;
	case WIO_L2:
		snprintf(buf, WIO_ADDR_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
			 m[3], m[4], m[5]);
		return buf;
	case WIO_NONE:
		break;
	}
	snprintf(buf, WIO_ADDR_STRLEN, "none");
	return buf;
}
