#ifndef IO_USTAR_H
#define IO_USTAR_H
#include <stdbool.h>
#include <sys/stat.h>
#include "base/buf.h"

/*
 * ustar - the header of an ordinary file in a pax tar, POSIX.1-2017 pax(1):
 * a ustar block, and before it an extended header with the time when that
 * has fractions of a second.  Most members of a spool are such files, and a
 * general writer of tars is slow for what is two blocks with few digits.
 */
#define USTAR_BLOCK	512

/*
 * Append the header to b.  user and group may be NULL.  false, and nothing:
 * the name or a number does not fit into its field, and needs more words.
 */
bool	ustar_header(struct buf *b, const char *name, const struct stat *st,
	    const char *user, const char *group);
#endif
