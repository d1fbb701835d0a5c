# SPDX-License-Identifier: BSD-2-Clause
# Requirements of the specification to a C table: `> **WEFT-PKT-001** sentence, over some lines`.

function flush_req()
{
	if (id == "")
		return
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/`/, "", text)
	gsub(/×/, "x", text)
	gsub(/−/, "-", text)
	gsub(/⁶⁴/, "^64", text)
	gsub(/³²/, "^32", text)
	gsub(/³¹/, "^31", text)
	printf "\t{ \"%s\",\n\t  \"%s\" },\n", id, text
	id = ""
}

BEGIN {
	print "/* Made by the build from spec/. */"
	print "#include \"conformance/requirements.h\"\n"
	print "const struct wc_req wc_reqs[] = {"
}

/^> \*\*WEFT-[A-Z]+-[0-9]+\*\*/ {
	flush_req()
	id = $2
	gsub(/\*/, "", id)
	text = $0
	sub(/^> \*\*[^*]*\*\* */, "", text)
	next
}

/^> / && id != "" {
	text = text " " substr($0, 3)
	next
}

{ flush_req() }

END {
	flush_req()
	print "\t{ NULL, NULL },\n};"
}
