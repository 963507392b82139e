#ifndef STAT_COUNT_H
#define STAT_COUNT_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "site/site.h"

/*
 * count - how much lies in spools, of what, and how old it is.
 *
 * By folder nothing is read: names and sizes tell (spool_glance), but for
 * mailboxes of many messages.  By anything else each message is read, and by
 * client, account and class judged.
 *
 * The bands of age are those of Postfix's qshape: up to 5 minutes, 10, 20,
 * and so on, and the last what is older than 1280.  By domain recipients
 * are counted, as there, that the server would still try; by anything else
 * messages.
 */
enum count_by {
	COUNT_FOLDER, COUNT_DOMAIN, COUNT_SENDER, COUNT_CLIENT,
	COUNT_ACCOUNT, COUNT_CLASS,
	COUNT_BYS
};
bool	count_by_parse(const char *name, enum count_by *by);
const char *count_by_name(enum count_by by);

#define COUNT_BANDS	10
#define COUNT_TICK	300	/* seconds, of the first */

struct count_row {
	uint32_t	 id;		/* of idmap; never printed */
	struct slice	 spool;		/* path; empty: of all */
	struct slice	 key;		/* hostile; empty: it has none */
	uint64_t	 entries, bytes;
	uint64_t	 age[COUNT_BANDS];
	uint64_t	 oldest;	/* seconds */
	size_t		 last;		/* for the count's own use */
};

struct count {
	/* set by the caller */
	enum count_by	 by;
	const char	*format;	/* NULL: ask each driver */
	struct site	*site;		/* where it judges; a guess fills it in */
	bool		 guess;
	size_t		 threads;	/* 0: one a processor */
	int64_t		 at;		/* the time that ages end at */

	/* filled by count_spools */
	struct arena	*a;
	struct count_row total;
	struct count_row *rows;		/* the largest first */
	size_t		 n;
	size_t		 vanished;	/* files that went away: normal */
	size_t		 unread;	/* folders and files; the first is in why */
	struct err	 why;
	struct buf	 guessed;
	bool		 stopped;	/* by a signal: figures are not all */
};

/* -1 and err: a path could not be opened at all. */
int	count_spools(struct count *c, char *const paths[], struct err *err);

/* All rows but the n largest become one, whose key is COUNT_OTHERS. */
#define COUNT_OTHERS	"(others)"
void	count_fold(struct count *c, size_t n);

/* The row with that spool and key, or NULL. */
const struct count_row *count_find(const struct count *c, struct slice spool,
	    struct slice key);
void	count_free(struct count *c);
#endif
