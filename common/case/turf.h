#ifndef CASE_TURF_H
#define CASE_TURF_H
#include "case/case.h"

/*
 * turf - entries that were taken out of a live spool, and are on their way
 * out, back, or into nothing.
 *
 * The way is written down before a file is touched, and that it has ended
 * after the folders were synced, so that a run that was killed is brought
 * to its end by the next.  An entry that is out belongs to the folder it
 * lies in, as to any spool: it can be shown, archived and replayed there.
 */
enum turf_state {
	TURF_GOING,	/* out of the spool */
	TURF_OUT,
	TURF_RETURNING,
	TURF_BACK,
	TURF_DELETING,
	TURF_DELETED,
	TURF_LEFT,	/* nothing was done: it stays where it was */
};

struct turf_entry {
	int64_t		 batch, row;
	enum turf_state	 state;
	const char	*aside;		/* the batch's folder; "": none */
	const char	*path;		/* of the entry; told by turf_list */
	const char	**files;	/* below the spool, and below aside, as
					   they go out; back the other way */
	size_t		 nfiles;
};

/*
 * A batch: entries of the spool go to the folder aside (NULL: they are
 * deleted).  Both are absolute.
 */
int	turf_begin(struct casefile *c, const char *spool, const char *aside,
	    int64_t *batch, struct err *err);

/* An entry begins its way: going or deleting. */
int	turf_add(struct casefile *c, const struct turf_entry *e,
	    struct err *err);

/* It has come so far; the entry belongs to where it is now. */
int	turf_set(struct casefile *c, const struct turf_entry *e,
	    enum turf_state state, struct err *err);

/*
 * At most max of the spool's in that state, those behind (batch, row) in
 * their order; memory is a's.
 */
struct turf_after {
	int64_t	batch, row;
};
int	turf_list(struct casefile *c, const char *spool,
	    enum turf_state state, struct turf_after after, size_t max,
	    struct arena *a, struct turf_entry **v, size_t *n,
	    struct err *err);

/* Bytes of the spool's entries that are out; -1 and err. */
int	turf_bytes(struct casefile *c, const char *spool, uint64_t *bytes,
	    struct err *err);
#endif
