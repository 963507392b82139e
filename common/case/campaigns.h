#ifndef CASE_CAMPAIGNS_H
#define CASE_CAMPAIGNS_H
#include "case/case.h"
#include "judge/scan.h"

/*
 * Campaigns from one scan to the next: they keep their numbers, and what a
 * person said of all of one holds for what comes later.
 */
struct case_campaigns {
	struct campaign_known *v;	/* for judge_known */
	int64_t		*rows;		/* entry of each */
	uint32_t	*was;		/* its campaign, as the case has it */
	size_t		 n;
	uint32_t	 used;		/* the highest number ever given */
};

/*
 * What the case knows, before a scan is judged.  Entries of the scan's own
 * spools come again, and do not count twice.  s NULL: of no scan, all are
 * judged from the case.
 */
int	case_campaigns_read(struct casefile *c, const struct scan *s,
	    struct case_campaigns *out, struct err *err);
void	case_campaigns_free(struct case_campaigns *cc);

/*
 * When the scan has been stored: the labels, entries of other spools whose
 * campaign has changed, and marks for new ones of campaigns that a person
 * has decided about.  Part of case_store.
 */
int	case_campaigns_write(struct casefile *c, const struct judge *j,
	    const struct case_campaigns *cc, struct err *err);

/*
 * After marks on entries of a campaign: when all of it has this class now,
 * what comes later gets it too (*taught); class empty: no more.
 */
int	case_campaign_teach(struct casefile *c, int64_t campaign,
	    struct slice class, struct slice because, bool *taught,
	    struct err *err);
#endif
