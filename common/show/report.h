#ifndef SHOW_REPORT_H
#define SHOW_REPORT_H
#include "case/case.h"
#include "show/doc.h"
#include "site/site.h"

/*
 * report - what a case says of an incident, as a doc: what happened, when, who
 * it was, why we say so, what was done, and what is left.
 *
 * redact: addresses, accounts and subjects are tokens, the same for the same
 * text in every report of this case, and nothing that a reader could try
 * words on: they are made with the case's UUID, which is then not told.
 */
struct report_opts {
	bool		 redact;
	bool		 entries;	/* with the table of entries */
	size_t		 rows;		/* of it, beside all that are unsure */
	struct site	*site;		/* for relay rules; NULL: none are asked */
};
#define REPORT_ROWS	10000

/* d->a is the caller's.  -1 and err. */
int	report_make(struct doc *d, struct casefile *c,
	    const struct report_opts *o, struct err *err);
#endif
