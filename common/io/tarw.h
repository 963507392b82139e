#ifndef IO_TARW_H
#define IO_TARW_H
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * tarw - members of a pax tar, written to whoever takes the bytes, by
 * libarchive but for ordinary files (io/ustar.h).  Members stand for
 * themselves: what several tarw wrote, one behind the other, is one archive;
 * TARW_END bytes of zero end it.
 *
 * Owner, group, mode, modification time, extended attributes, ACLs and holes
 * come from the file itself.  A true name that name does not show is kept as
 * the attribute TARW_NAME, and comes back when we read it; the target of a
 * link that is not UTF-8 is kept as TARW_TARGET.
 */
struct tarw;
typedef void tarw_out(void *ctx, struct slice bytes);

#define TARW_END	1024
/* In no namespace that a file system has: other programs pass them over. */
#define TARW_NAME	"spoolkit.name"
#define TARW_TARGET	"spoolkit.target"	/* ends in NUL */

struct tarw_member {
	const char	*name;		/* UTF-8; ends in no slash */
	const char	*true_name;	/* bytes; NULL: it is name */
	const char	*hard;		/* name of the member whose bytes it has */
	const char	*target;	/* of a symbolic link; bytes */
	struct stat	 st;
	int		 fd;		/* to ask for attributes, or -1: */
	const char	*path;		/* the path for that; NULL: there are none */
};

struct tarw *tarw_new(tarw_out *out, void *ctx);
void	tarw_free(struct tarw *t);			/* NULL allowed */

/*
 * The header; then st.st_size bytes of a regular file that is no hard link,
 * in pieces.  Bytes that lie in a hole are dropped.  tarw_done adds zeros
 * for those that are missing, and pads.
 */
int	tarw_begin(struct tarw *t, const struct tarw_member *m,
	    struct err *err);
int	tarw_bytes(struct tarw *t, struct slice bytes, struct err *err);
int	tarw_done(struct tarw *t, struct err *err);
#endif
