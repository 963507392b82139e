#ifndef IO_TARR_H
#define IO_TARR_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * tarr - members of a pax tar, read by libarchive from whoever gives the
 * bytes, which may be hostile.  io/archive.h reads archives of all kinds for
 * a scan; this reads those of ours, with all that tarw wrote.
 */
struct tarr;

/* The next bytes, to live until the next call; n 0 at the end; -1 and err. */
typedef int tarr_in(void *ctx, struct slice *bytes, struct err *err);

struct tarr_member {
	const char	*name;		/* raw; all until the next tarr_next */
	struct slice	 true_name;	/* bytes; empty: name is true */
	const char	*hard;		/* name of the member whose bytes it has */
	const char	*target;	/* of a symbolic link */
	mode_t		 mode;
	uid_t		 uid;
	gid_t		 gid;
	uint64_t	 size;
	struct timespec	 mtime;
};

/* filters: the bytes may be compressed with gzip or zstd as a whole. */
struct tarr *tarr_new(tarr_in *in, void *ctx, bool filters);
void	tarr_free(struct tarr *t);			/* NULL allowed */

/* Returns 1; 0 at the end; -1: damaged. */
int	tarr_next(struct tarr *t, struct tarr_member *m, struct err *err);

/*
 * The member's next bytes and where they belong: what lies between is zeros.
 * Returns 1; 0 at its end; -1.
 */
int	tarr_data(struct tarr *t, struct slice *bytes, uint64_t *at,
	    struct err *err);

/*
 * tard - members put on disk, below the working directory, with all that
 * the tar says of them.  Nothing that exists is written over, no link is
 * followed on the way, and a file that cannot be written whole is not left.
 * Folders get their modes and times in tard_free; one that is there stays as
 * it is, unless it is to be dressed.
 *
 * tard_put returns 0; 1 and err: it is there, but owner, mode, attributes or
 * ACL of it are not; -1 and err.
 */
struct tard;
struct tard *tard_new(bool dress);
int	tard_put(struct tard *d, struct tarr *t, const char *path,
	    const char *hard, const char *target, struct err *err);
int	tard_free(struct tard *d, struct err *err);	/* NULL allowed */
#endif
