#ifndef CASE_FIGURES_H
#define CASE_FIGURES_H
#include "case/case.h"

/*
 * figures - what a report asks of a case: each question gives rows of text.
 * Entries that are gone from their spool count as well: they were part of
 * what happened.
 */
enum figure {
	FIGURE_SPAN,		/* entries, bytes, first, last, gone, marked */
	FIGURE_CLASSES,		/* class, entries, bytes, marked */
	FIGURE_TIMES,		/* seconds, cut to a minute, class, entries */
	FIGURE_SPOOLS,		/* path, format, host, scanned, archive, entries */
	FIGURE_REASONS,		/* class, reason, entries, two rows */
	FIGURE_ACCOUNTS,	/* key, entries, relay, backscatter, spam, legit, */
	FIGURE_CLIENTS,		/* unsure, first, last */
	FIGURE_SENDERS,
	FIGURE_CAMPAIGNS,
	FIGURE_STOLEN,		/* account, why, entries, clients */
	FIGURE_LOCK,		/* account */
	FIGURE_DENY,		/* client */
	FIGURE_REPLAYS,		/* target, state, messages */
	FIGURE_UNSETTLED,	/* state, messages: not yet taken by anybody */
	FIGURE_LEFT,		/* id, state, target, sender, why */
	FIGURE_PIECES,		/* archive of some entries, spool, entries */
	FIGURES
};

/* n columns; they live until each returns, which may stop with -1 and err. */
#define FIGURE_COLUMNS	9
int	case_figure(struct casefile *c, enum figure what,
	    int (*each)(void *ctx, const struct slice *v, struct err *err),
	    void *ctx, struct err *err);
#endif
