/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DSSE envelopes.
 */
#include "conformance/envelope.h"
#include "conformance/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wc_envelope_free(struct wc_envelope *e)
{
	free(e->payload);
	memset(e, 0, sizeof(*e));
}

/* What is signed: the pre-authentication encoding.  The caller's to free. */
static char *encoding(const struct wc_envelope *e, size_t *n)
{
	size_t room = strlen(e->payload) + 128;
	char *out = malloc(room);

	*n = out ? (size_t)snprintf(out, room, "DSSEv1 %zu %s %zu %s", strlen(WC_PAYLOAD_TYPE),
				    WC_PAYLOAD_TYPE, strlen(e->payload), e->payload) : 0;
	return out;
}

static int index_of(const struct wc_envelope *e, const struct wc_key *k)
{
	char id[65];

	wc_key_id(k, id);
	for (unsigned i = 0; i < e->count; i++)
		if (!strcmp(e->sig[i].key, id))
			return (int)i;
	return -1;
}

bool wc_envelope_sign(struct wc_envelope *e, const struct wc_key *k)
{
	size_t n;
	char *what;

	if (e->count == WC_SIGS_MAX || index_of(e, k) >= 0)
		return false;
	what = encoding(e, &n);
	if (!what)
		return false;
	wc_key_id(k, e->sig[e->count].key);
	e->sig[e->count].len = wc_sign(k, what, n, e->sig[e->count].sig);
	free(what);
	if (!e->sig[e->count].len)
		return false;
	e->count++;
	return true;
}

bool wc_envelope_signed(const struct wc_envelope *e, const struct wc_key *k)
{
	int i = index_of(e, k);
	size_t n;
	char *what = i < 0 ? NULL : encoding(e, &n);
	bool good = what && wc_sign_check(k, what, n, e->sig[i].sig, e->sig[i].len);

	free(what);
	return good;
}

static const char head[] = "{\"payloadType\": \"" WC_PAYLOAD_TYPE "\",\n \"payload\": \"";
static const char middle[] = "\",\n \"signatures\": [";
static const char tail[] = "]}\n";

char *wc_envelope_text(const struct wc_envelope *e)
{
	char *buf = NULL, *b64 = wc_base64(e->payload, strlen(e->payload));
	size_t len = 0;
	FILE *m = open_memstream(&buf, &len);

	if (!m || !b64)
		abort();
	fprintf(m, "%s%s%s", head, b64, middle);
	free(b64);
	for (unsigned i = 0; i < e->count; i++) {
		b64 = wc_base64(e->sig[i].sig, e->sig[i].len);
		fprintf(m, "%s\n  {\"keyid\": \"%s\", \"sig\": \"%s\"}", i ? "," : "",
			e->sig[i].key, b64 ? b64 : "");
		free(b64);
	}
	fputs(tail, m);
	return fclose(m) ? NULL : buf;
}

/* The text up to the next quote, decoded; *at then stands behind the quote. */
static uint8_t *decoded(const char **at, size_t *n)
{
	size_t len = strcspn(*at, "\"");
	char *text = strndup(*at, len);
	uint8_t *out = text && (*at)[len] ? wc_base64_back(text, n) : NULL;

	free(text);
	*at += len + ((*at)[len] != 0);
	return out;
}

/* Does *at begin with want?  Then behind it. */
static bool skip(const char **at, const char *want)
{
	if (strncmp(*at, want, strlen(want)))
		return false;
	*at += strlen(want);
	return true;
}

static bool parse_sig(struct wc_envelope *e, const char **at)
{
	uint8_t *sig;
	size_t n = 0;

	if (e->count == WC_SIGS_MAX || !skip(at, "\n  {\"keyid\": \"") || strlen(*at) < 64)
		return false;
	memcpy(e->sig[e->count].key, *at, 64);
	*at += 64;
	if (!skip(at, "\", \"sig\": \""))
		return false;
	sig = decoded(at, &n);
	if (sig && n && n <= WC_SIG_MAX) {
		memcpy(e->sig[e->count].sig, sig, n);
		e->sig[e->count++].len = n;
	}
	free(sig);
	return sig && n && n <= WC_SIG_MAX && skip(at, "}");
}

bool wc_envelope_parse(struct wc_envelope *e, const char *text)
{
	const char *at = text;
	size_t n = 0;
	bool good;

	memset(e, 0, sizeof(*e));
	good = skip(&at, head);
	if (good) {
		uint8_t *p = decoded(&at, &n);

		e->payload = p ? strndup((char *)p, n) : NULL;
		free(p);
	}
	at -= e->payload != NULL;	/* the quote belongs to what follows */
	good = good && e->payload && strlen(e->payload) == n && skip(&at, middle);
	while (good && *at != ']')
		good = (!e->count || skip(&at, ",")) && parse_sig(e, &at);
	good = good && !strcmp(at, tail);
	if (!good)
		wc_envelope_free(e);
	return good;
}
