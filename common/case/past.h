#ifndef CASE_PAST_H
#define CASE_PAST_H
#include "case/campaigns.h"
#include "case/case.h"
#include "judge/scan.h"

/*
 * past - the abuse that a scan does not find any more.
 *
 * Who relayed, and what it looked like, is known from many messages.  When
 * most of them have been moved aside, deleted or sent, those that stay, and
 * those that come after, are to be judged as if the others still lay there.
 * So the judge is given what the case has of them: entries of the scanned
 * spools, and of what spoolclean moved aside from these, that the scan has
 * not met, and that are relay, backscatter or spam, whether the judge or a
 * person said so.
 */
#define PAST_MAX	100000		/* entries; the newest */

struct case_past {
	struct facts	**v;		/* for judge_new: those of the scan, */
	size_t		 n;		/* then these */
	int64_t		*rows;		/* entries of these, sorted */
	size_t		 nrows;
	struct arena	*a;
};

/* Before judge_new: strings of the scan's table are added. */
int	case_past_read(struct casefile *c, struct scan *s,
	    struct case_past *out, struct err *err);
void	case_past_free(struct case_past *p);

/* Their sketches are the judge's already: they do not count twice. */
void	case_past_known(const struct case_past *p, struct case_campaigns *cc);
#endif
