#ifndef ACT_PICKUP_H
#define ACT_PICKUP_H
#include "act/place.h"
#include "case/case.h"

/*
 * pickup - what spoolreplay put into a spool that is about to be rotated.
 *
 * What the server has not taken by then goes away with the old tree, where
 * nobody looks for it any more: it is marked as returned, and may be
 * replayed again.
 */

/* -1 and ERR_LIMIT: a replay into the spool was stopped before its end. */
int	pickup_check(struct casefile *c, const struct place *p,
	    struct err *err);

/* Wait for the server to take what is there; *left is what it has not. */
int	pickup_wait(struct casefile *c, const struct place *p,
	    unsigned seconds, size_t *left, struct err *err);

/*
 * The spool's old tree is at old now: what lies in it is returned, what
 * does not has been taken; nothing is said of those whose folder is neither.
 */
int	pickup_carried(struct casefile *c, const struct place *p, int old,
	    size_t *returned, struct err *err);
#endif
