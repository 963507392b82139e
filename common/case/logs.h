#ifndef CASE_LOGS_H
#define CASE_LOGS_H
#include "case/case.h"
#include "log/rank.h"
#include "site/site.h"

/*
 * logs - what a server's logs say, joined to the entries of a case.
 *
 * A message of a log is an entry's by its queue id, unless sender and
 * Message-ID are other ones, else its Message-ID, else time, sender, first
 * recipient and how many there were.  A join that is not unique is not made:
 * two entries with that key, or two messages that differ in account or
 * client.  What the spool itself tells stays.
 */
#define JOIN_DAY	86400	/* seconds between arrival and log, by an id */
#define JOIN_CLOSE	600	/* and by the envelope alone */

struct case_logs;
struct case_logs_sums {
	size_t	entries;
	size_t	queue_id, message_id, envelope;	/* joined by */
	size_t	unclear;			/* not unique */
	size_t	judged;		/* entries with another class or reason */
	size_t	moved[C_COUNT][C_COUNT];	/* from a class to a class */
};

int	case_logs_new(struct case_logs **out, struct casefile *c,
	    struct err *err);
void	case_logs_free(struct case_logs *l);		/* NULL allowed */

/* An event; all but messages are passed over. */
void	case_logs_add(struct case_logs *l, const struct log_event *e);

/*
 * Write accounts and clients into their entries, let the judge run again
 * over all of the case, and write what changed by it: an entry keeps its
 * class where the judge says the same with and without the logs.  Marks
 * stay.  u: ranked; site: as told, filled in by a guess, which why says,
 * when guess is set.  One transaction, with a row of the ledger.
 */
int	case_logs_judge(struct case_logs *l, struct site *site, bool guess,
	    struct buf *why, struct usage *u, struct slice args,
	    struct case_logs_sums *sums, struct err *err);
#endif
