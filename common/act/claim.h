#ifndef ACT_CLAIM_H
#define ACT_CLAIM_H
#include <sys/stat.h>
#include "act/mover.h"
#include "act/running.h"
#include "case/turf.h"
#include "spool/spool.h"

/*
 * claim - for a moment an entry of a live spool is ours: nobody else has it,
 * and its server does not take it up meanwhile.
 *
 * What the server locks, and how, the format says (struct spool_ways).
 * Postfix and most others: flock on the message.  Exim: fcntl on the first
 * line of -D; the lock here is one of the open file, which the same file
 * opened and closed elsewhere in the process does not end.
 * unix-spools PF-37, EX-26.
 */
struct claim {
	int		 fd;		/* of the message; -1 */
	int		 locked;	/* of another file of it; -1 */
	struct err	 err;		/* of the system, or ERR_NONE */
};

/*
 * The entry, whose message is to be the file of was.  NULL: it is ours until
 * claim_end; else why it is not.
 */
const char *claim_take(struct claim *c, struct mover *m,
	    const struct spool_ways *w, const struct turf_entry *e,
	    const struct stat *was);
void	claim_end(struct claim *c);

/* Does the spool's server run?  false: it does not, or cannot be asked. */
bool	claim_runs(const struct spool_ways *w, int root);

/*
 * Has the server to be stopped before anything of the spool is touched, and is
 * not?  Then *who it is.  What runs on another host is not seen.
 */
bool	claim_works(const struct spool_ways *w, int root, const char *path,
	    char who[RUNNING_WHO]);

/* A server that runs has the file of this path and mode: why, or NULL. */
const char *claim_in_hand(const struct spool_ways *w, const char *path,
	    uint32_t mode);

/* Would it not see what comes back there?  w NULL: it would. */
bool	claim_unread(const struct spool_ways *w, int root, const char *path);
#endif
