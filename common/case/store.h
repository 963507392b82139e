#ifndef CASE_STORE_H
#define CASE_STORE_H
#include "case/campaigns.h"
#include "judge/scan.h"

/*
 * store - a scan, judged, into a case.
 *
 * All of it in one transaction: a case has a scan whole, or not at all,
 * whatever kills the process.  An entry is known by its id; what is found
 * at another path and no longer at its own has moved; what is found no more
 * is gone, and stays in the case.  Marks are left alone.
 *
 * The scan must have been read with records, digests and contents; known
 * is what case_campaigns_read gave and the judge was told.  args is the
 * command line, for the ledger.
 */
struct case_changes {
	size_t	fresh, same, changed, moved, gone;	/* entries */
	size_t	marked;		/* a person calls them else than the judge */
};
int	case_store(struct casefile *c, struct scan *s, const struct judge *j,
	    const struct case_campaigns *known, struct slice args,
	    struct case_changes *out, struct err *err);
#endif
