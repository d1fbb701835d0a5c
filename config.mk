# SPDX-License-Identifier: BSD-2-Clause
# How everything is compiled. Override on the command line: make CC=clang B=build/clang

B	?= build
CC	= gcc
AR	= ar
PYTHON	?= /usr/bin/python3
OPT	?= -O2
# SAN=address,undefined builds with sanitizers; use a B of its own.
SAN	?=
PREFIX	?= /usr/local

WARN	= -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	  -Wpointer-arith -Wvla -Werror
CPPFLAGS = -I. -Iuserspace/include
CFLAGS	= -std=c11 $(OPT) -g $(WARN) -fno-strict-aliasing
# Everything but core/ runs on a hosted Linux.
HOSTED	= -D_GNU_SOURCE
LDFLAGS	=
LDLIBS	=

ifneq ($(SAN),)
CFLAGS	+= -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS	+= -fsanitize=$(SAN)
endif
