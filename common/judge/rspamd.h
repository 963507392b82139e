#ifndef JUDGE_RSPAMD_H
#define JUDGE_RSPAMD_H
#include "judge/judge.h"
#include "judge/scan.h"

/*
 * rspamd - a running rspamd is asked about mail that stays unsure.
 *
 * Each such message is read again and sent to it with its envelope, a few
 * at a time, at most SPOOL_READ_MAX bytes of it.  A bad word decides; a good
 * one only speaks: what a filter of words does not know may be spam all the
 * same.  What lies in an archive is not asked about.
 */
struct rspamd;

#define RSPAMD_AT_ONCE	8	/* questions */
#define RSPAMD_SECS	20	/* for one; rspamd itself gives up after 8 */
#define RSPAMD_FAILURES	8	/* without an answer between: it is not there */

struct rspamd_sums {
	size_t	 asked;		/* and answered */
	size_t	 bad;		/* of them */
	size_t	 failed;	/* not answered, or not asked any more */
	size_t	 packed;	/* in an archive: not asked */
	char	 why[512];	/* the first failure */
};

/* Before a sandbox goes up.  confined: there will be one. */
int	rspamd_new(struct rspamd **out, const char *url, bool confined,
	    struct err *err);
/* When all is judged, and what is answered changes it. */
void	rspamd_ask(struct rspamd *r, const struct scan *s, struct judge *j,
	    struct rspamd_sums *sums);
void	rspamd_free(struct rspamd *r);	/* NULL allowed; after the judge */

/* What it says, in JSON: memory is a's.  False: it is no verdict. */
bool	rspamd_read(struct answer *out, struct arena *a, struct slice json);
#endif
