/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a file that was written.
 */
#ifndef WEFT_CONFORMANCE_FILE_H
#define WEFT_CONFORMANCE_FILE_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

/* Close f: 0, or as negative errno why not all of it is there (-ENOSPC: the disk is full). */
static inline int wc_file_close(FILE *f)
{
	bool bad;
	int why;

	errno = 0;
	bad = fflush(f) || ferror(f);	/* what failed before fails again, and says why */
	why = errno;
	bad |= fclose(f) != 0;
	why = why ? why : errno;
	return !bad ? 0 : why ? -why : -EIO;
}

#endif
