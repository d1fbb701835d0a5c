#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The engine compiles without a warning where pointers and size_t have 32 bits.
B=${B:-build}
include=$B/check32/include
passed=0 failed=0

mkdir -p "$include" || exit 1
for h in stdarg.h stdbool.h stddef.h stdint.h; do
	printf '#include "%s"\n' "$(gcc -print-file-name=include/$h)" >"$include/$h"
done
printf '#include "%s"\n' "$(gcc -print-file-name=include/stdint-gcc.h)" >"$include/stdint-gcc.h"
cat >"$include/string.h" <<'H'
#include <stddef.h>
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
H
echo 'int x[sizeof(void *) == 4 ? 1 : -1];' >"$B/check32/width.c"
gcc -m32 -c -o /dev/null "$B/check32/width.c" || { echo "gcc has no -m32 here"; exit 77; }

for c in core/*.c; do
	if gcc -m32 -std=c11 -O2 -ffreestanding -nostdinc -fno-stack-protector -Wall -Wextra \
		-Wconversion -Wshadow -Werror -I. -I"$include" -S -o /dev/null "$c"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL  $c"
	fi
done
echo "# cunit: bits32: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 20 ]
