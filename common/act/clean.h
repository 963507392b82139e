#ifndef ACT_CLEAN_H
#define ACT_CLEAN_H
#include "act/held.h"
#include "act/place.h"
#include "case/case.h"

/*
 * clean - take entries out of a live spool, and put them back.
 *
 * Turfed entries go to a folder on the spool's own file system, with their
 * companions and streams: SPOOL.turf/TIME/ and the path they had.  The file
 * that tells the server of a message goes first and comes back last.  An
 * entry is touched only if its bytes are those the case knows, its server
 * was not told to keep it, and nobody has it (claim.h).  A run that was killed is brought to
 * its end by the next.
 */
struct clean {
	/* asked */
	struct place	*place;		/* locked */
	const char	*format;	/* NULL: ask each driver */
	const struct case_rows *rows;	/* the entries */
	uint64_t	 quota;		/* bytes turfed of this spool; 0: as
					   many as its file system has free */
	bool		 delete;
	bool		 kept;		/* what its server was told to keep, too */
	const struct held *held;	/* with delete: only what is in it; NULL:
					   whether an archive holds it or not */
	void		(*left)(void *ctx, const char *path, const char *why);
	void		 *ctx;		/* told of each that stays, and not of
					   those that a signal left */

	/* told */
	size_t		 done, left_over;
	uint64_t	 bytes;
	const char	*aside;		/* the folder; NULL: nothing went there */
};

/*
 * Take the rows out of the spool.  -1 and err: a failure, after which some
 * may be out; ERR_USAGE: the format has no way, and what to do instead.
 */
int	clean_out(struct casefile *c, struct arena *a, struct clean *k,
	    struct err *err);

/*
 * Put those of the rows back that are out of this spool; but none that was
 * replayed since, or may have been.
 */
int	clean_undo(struct casefile *c, struct arena *a, struct clean *k,
	    struct err *err);

/*
 * Bring to their end what an earlier run began; *n entries.  The functions
 * above do that first, too.
 */
int	clean_settle(struct casefile *c, struct arena *a,
	    struct place *place, size_t *n, struct err *err);
#endif
