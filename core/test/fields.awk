# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# core/wire.h -> the table of core/test/fields.h

BEGIN {
	print "/* Made from core/wire.h by core/test/fields.awk. */"
	print "#include \"core/test/fields.h\""
	print "#include \"core/wire.h\"\n"
}

/^struct weft_hdr_[a-z0-9_]+ \{/ {
	name = substr($2, 10)
	list = ""
	next
}

name != "" && /^}/ {
	s = "struct weft_hdr_" name
	print "_Static_assert(sizeof(" s ") <= FIELDS_STRUCT_MAX, \"raise FIELDS_STRUCT_MAX\");"
	print "static void pack_" name "(uint8_t *to, const void *from)\n{"
	print "\tweft_hdr_" name "_pack(to, from);\n}\n"
	print "static void unpack_" name "(void *to, const uint8_t *from)\n{"
	print "\tweft_hdr_" name "_unpack(to, from);\n}\n"
	print "static const struct field f_" name "[] = {\n" list "\t{ NULL, 0, 0 }\n};\n"
	rows = rows sprintf("\t{ \"%s\", WEFT_HDR_%s_LEN, f_%s, pack_%s, unpack_%s },\n", name,
			    toupper(name), name, name, name)
	name = ""
	next
}

# uint32_t psn;  or  uint8_t addr[16];
name != "" && /^\t(const )?uint(8|16|32|64)_t / {
	member = $2
	sub(/[;\[].*/, "", member)
	spec = member
	sub(/_$/, "", spec)		# a name that is a word of C
	list = list sprintf("\t{ \"%s\", offsetof(struct weft_hdr_%s, %s),\n" \
		"\t  sizeof(((struct weft_hdr_%s *)0)->%s) },\n", spec, name, member, name, member)
}

END {
	print "const struct header fields_headers[] = {\n" rows "\t{ NULL, 0, NULL, NULL, NULL }\n};"
}
