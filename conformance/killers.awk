# SPDX-License-Identifier: BSD-2-Clause
# From mutants.json, read twice: for each case that no row of mutants.def names, the three mutants
# that it kills and that the fewest cases kill, as rows of C.
{ sub(/\r$/, "") }
!/"mutant": "/ { next }
{ split($0, q, "\""); mutant = q[4]; of = $0; sub(/.*"case": "/, "", of); sub(/".*/, "", of) }
FNR == NR { named[of] = 1; next }
{
	line = $0
	sub(/.*"killers": \[/, "", line)
	n = split(line, k, "\"")
	for (i = 2; i <= n; i += 2)
		if (!(k[i] in named))
			add(k[i], mutant, n)
}
function add(c, m, weight,   at) {
	for (at = 3; at > 0 && (!((c, at) in w) || w[c, at] > weight); at--)
		if (at < 3 && (c, at) in w) {
			w[c, at + 1] = w[c, at]
			who[c, at + 1] = who[c, at]
		}
	if (at < 3) {
		w[c, at + 1] = weight
		who[c, at + 1] = m
	}
	if (!(c in seen)) {
		seen[c] = 1
		order[++cases] = c
	}
}
END {
	print "#include \"conformance/selftest.h\""
	print "const struct wc_killer wc_killers[] = {"
	for (i = 1; i <= cases; i++)
		for (at = 1; at <= 3; at++)
			if ((order[i], at) in w)
				printf "\t{ \"%s\", \"%s\" },\n", order[i], who[order[i], at]
	print "\t{ 0, 0 },\n};"
}
