/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a certificate says, as certificate.txt in the folder of its run holds it, and what makes it
 * true: the cases of the profile, the seed that the nonce gives, the verdicts.
 */
#ifndef WEFT_CONFORMANCE_CERTIFICATE_H
#define WEFT_CONFORMANCE_CERTIFICATE_H

#include "conformance/archive.h"
#include "conformance/waiver.h"

#define WC_CERT_TEXT	128u
#define WC_CERT_NAS	1024u		/* cases of any profile, at most */
#define WC_CERT_NA	64u

struct wc_cert {
	char profile[16];		/* CORE, AI, MEM, ACCEL */
	char nonce[65];			/* hexadecimal, at least 16 digits: the certifier's */
	char vendor[WC_CERT_TEXT], product[WC_CERT_TEXT], version[WC_CERT_TEXT];
	char suite[65];			/* SHA-256 of the program that ran */
	char date[16];			/* YYYY-MM-DD */
	uint64_t seed;
	unsigned passed, na, waived, bad;	/* cases */
	unsigned upper;			/* level of the upper tester beside the device; 0: none */
	char na_why[WC_CERT_NAS][WC_CERT_NA];	/* "ID REASON" of each that does not apply */
	char waiver[WC_WAIVERS_MAX][WC_WAIVER_LINE];	/* the waivers in words; "": no more */
};

#define WC_CERT_ROOM	65536u		/* bytes of any certificate's text, with its NUL */

/* Profile by name: its bit, or 0. */
unsigned wc_cert_profile(const char *name);
/* Must a chip that claims the profile of this bit pass the case, or show that it does not apply? */
bool wc_cert_covers(unsigned profile, const struct wc_case *c);
/* The seed that nonce and device give. */
uint64_t wc_cert_seed(const struct wc_cert *c);
/* Print these waivers on it. */
void wc_cert_waivers(struct wc_cert *c, const struct wc_waivers *w);
/* "vendor product version" */
void wc_cert_device(const struct wc_cert *c, char *out, size_t len);

/*
 * Count the verdicts of a run into c, and say there which do not apply, and why; a failure that a
 * waiver covers counts as waived.  A waiver that covers nothing is stale: one sentence in err, and
 * -EINVAL.
 */
int wc_cert_count(struct wc_cert *c, const struct wc_run *r, const struct wc_waivers *w, char *err,
		  size_t errlen);

/* As text, NUL-terminated; returns its length. */
size_t wc_cert_text(const struct wc_cert *c, char *out, size_t room);
/* And back: false: this is not the text of any certificate. */
bool wc_cert_parse(struct wc_cert *c, const char *text, size_t len);

/*
 * The statement that is signed: in-toto, its subject the root of the files.  The caller's to free;
 * NULL: out of memory.
 */
char *wc_cert_statement(const struct wc_cert *c, const struct wc_files *f);

#define WC_ENVELOPE	"envelope.json"
#define WC_PAYLOAD_TYPE	"application/vnd.in-toto+json"

#endif
