#ifndef CASE_ROTATION_H
#define CASE_ROTATION_H
#include "case/case.h"

/*
 * rotation - how far a rotation came, so that the next run can tell.
 *
 * It is written before anything is done:
 *	building	the generation's folder is a skeleton, or a part of one
 *	swapping	the folders of swap are being put in place; each has
 *			the inode number of the fresh one
 *	done		and the case has followed
 *	undone		nothing was changed, the skeleton is gone
 */
enum rotation_state {
	ROTATION_BUILDING,
	ROTATION_SWAPPING,
	ROTATION_DONE,
	ROTATION_UNDONE,
};

struct rotation_swap {
	const char	*name;		/* below spool and generation; "": they */
	uint64_t	 fresh;		/* inode number */
};

struct rotation {
	int64_t		 id;
	enum rotation_state state;
	const char	*spool, *generation;	/* absolute */
	struct rotation_swap *swap;
	size_t		 nswap;
};

/* A new one, building; the id is filled in. */
int	rotation_begin(struct casefile *c, struct rotation *r,
	    struct err *err);

/* Store its swaps, and that it is swapping. */
int	rotation_swapping(struct casefile *c, struct rotation *r,
	    struct err *err);

/* It has come to an end: done or undone. */
int	rotation_end(struct casefile *c, struct rotation *r,
	    enum rotation_state how, struct err *err);

/* Was there a generation of that path, even if it is gone?  1, 0, -1. */
int	rotation_known(struct casefile *c, const char *generation,
	    struct err *err);

/* The spool's rotation that has not.  Returns 1, 0: there is none, -1. */
int	rotation_pending(struct casefile *c, const char *spool,
	    struct arena *a, struct rotation *r, struct err *err);
#endif
