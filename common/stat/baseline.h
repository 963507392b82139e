#ifndef STAT_BASELINE_H
#define STAT_BASELINE_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "stat/count.h"

/*
 * baseline - what is normal at this hour of this weekday.
 *
 * Of all spools together, and of each folder or class, it has for each of
 * the 168 hours of a week (UTC) how many entries lay there and how many were
 * young, and how much that varies.  What is learned counts as much as the
 * last BASELINE_MEMORY times; a count far off teaches little, so that an
 * incident does not soon become normal.
 *
 * In a file it is lines of words:
 *	spoolkit-baseline 1
 *	NAME HOUR COUNTS ENTRIES SPREAD YOUNG SPREAD
 * NAME has %XX for what is no plain character.
 */
#define BASELINE_MEMORY	48
#define BASELINE_NAMES	512	/* folders and the like that are learned */
#define BASELINE_LEAST	3	/* counts in an hour before it tells */
#define BASELINE_FILE	(64 * 1024 * 1024)	/* bytes of a file that is read */

struct baseline;
struct baseline	*baseline_new(void);
void		 baseline_free(struct baseline *b);	/* NULL allowed */

/* Bytes of a file; -1 and err names the line that is wrong. */
int	baseline_read(struct baseline *b, struct slice text, struct err *err);
void	baseline_write(const struct baseline *b, struct buf *out);

/*
 * How far a row is from what is normal at that time: in the spread of the
 * hour, of the entries or the young ones, what is farther.  Where the hour
 * is not known well, the same hour of other days tells, else all of them.
 * false: nothing is known yet.
 */
struct baseline_off {
	double	normal;		/* entries */
	double	young;		/* of them, those of the last 5 minutes */
	double	off;		/* below 0: fewer than normal */
};
bool	baseline_ask(const struct baseline *b, struct slice name, int64_t at,
	    const struct count_row *r, struct baseline_off *out);
void	baseline_learn(struct baseline *b, struct slice name, int64_t at,
	    const struct count_row *r);

/* What a row is called in it: "total", "folder:out@/srv/Imcdata"; into out. */
void	baseline_name(struct buf *out, enum count_by by,
	    const struct count_row *r);
#endif
