#ifndef STAT_TALLY_H
#define STAT_TALLY_H
#include "base/idmap.h"
#include "base/intern.h"
#include "stat/count.h"

/*
 * tally - adds up the rows of a count; each thread has one of its own.
 * Only common/stat/ includes this.
 */
struct tally {
	int64_t		 at;		/* ages end here */
	struct arena	*a;
	struct intern	*keys;		/* of the spool's path, NUL and the key */
	struct idmap	 rows;		/* struct count_row */
	struct count_row total;
	struct buf	 tmp;
	size_t		 last_row;	/* that was added to */
	size_t		 nth;		/* message, from 1 */
	size_t		 vanished, unread;
	struct err	 why;		/* of the first unread */
};

/* One thing that is counted. */
struct one {
	uint64_t	 bytes;
	int64_t		 arrived;
};

void	tally_init(struct tally *t, int64_t at);
void	tally_free(struct tally *t);
void	tally_add(struct tally *t, const char *spool, struct slice key,
	    const struct one *x);
void	tally_unread(struct tally *t, const char *path,
	    const struct err *err);
void	tally_merge(struct tally *to, const struct tally *from);
void	row_merge(struct count_row *to, const struct count_row *from);

/* By folder: a glance at each entry, threads together.  -1 and err. */
int	tally_walk(struct tally *t, size_t threads, char *const paths[],
	    const char *format, struct err *err);
#endif
