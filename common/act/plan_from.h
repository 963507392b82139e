#ifndef ACT_PLAN_FROM_H
#define ACT_PLAN_FROM_H
#include "act/plan.h"
#include "case/case.h"
#include "judge/judge.h"
#include "judge/scan.h"

/*
 * The entries of a plan: from a case, with their lines; or from a scan that
 * was judged and has its records.  tree is the folder's path as it was given to
 * the scan.  A scan's lines may come when plan_end was called: the archive may
 * be written meanwhile.
 */
int	plan_from_case(struct plan *p, struct casefile *c, const char *tree,
	    const char *where, struct err *err);
void	plan_from_scan(struct plan *p, struct scan *scan,
	    const struct judge *j, const char *tree);
int	plan_lines_from_scan(struct plan *p, struct scan *scan,
	    const struct judge *j, struct err *err);
#endif
