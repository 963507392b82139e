#ifndef CASE_CHECK_H
#define CASE_CHECK_H
#include "case/case.h"

/*
 * check - is a case what it says, and are the messages still there?  The
 * ledger's chain is ledger_verify.
 */

/*
 * Tables, views and triggers as this version makes them, each page and
 * reference whole.  Returns 1; 0: no, and err says what; -1.
 */
int	case_check_schema(struct casefile *c, struct err *err);

/*
 * The bytes of the wanted entries, wherever they are now, against their
 * digests.  differs is told of each that is not what was scanned.
 */
struct case_check {
	void	(*differs)(void *ctx, const char *why);
	void	*ctx;
	void	(*progress)(void *ctx, size_t entries, uint64_t bytes);
	void	*progress_ctx;

	size_t	 same, changed;
	size_t	 gone;		/* taken away meanwhile: no harm by itself */
	size_t	 unread;	/* of these there is no digest */
};
int	case_check_files(struct casefile *c, const struct case_want *want,
	    struct case_check *check, struct err *err);
#endif
