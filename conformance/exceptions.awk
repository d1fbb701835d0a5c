# SPDX-License-Identifier: BSD-2-Clause
# exceptions.txt to a C table: requirement, word, reason, and the test that proves it elsewhere.

function quoted(s)
{
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	return "\"" s "\""
}

BEGIN {
	print "\n/* From conformance/exceptions.txt. */"
	print "const struct wc_exception wc_exceptions[] = {"
}

/^#/ || /^$/ { next }

/^== / {
	word = $2
	reason = $0
	sub(/^== [^ ]+ +/, "", reason)
	next
}

/^  / {
	sub(/^ +/, "")
	reason = reason " " $0
	next
}

{ printf "\t{ %s, %s,\n\t  %s,\n\t  %s },\n", quoted($1), quoted(word), quoted(reason), quoted($2) }

END { print "\t{ NULL, NULL, NULL, NULL },\n};" }
