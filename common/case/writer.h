#ifndef CASE_WRITER_H
#define CASE_WRITER_H
#include "case/db.h"
#include "judge/row.h"

/*
 * writer - the statements that put entries into their tables, prepared once.
 * case_row reads back what this writes.
 */
struct writer;

struct stored {
	int64_t		 row, spool;	/* numbers of this case */
	int64_t		 content;	/* by writer_content */
	struct slice	 id;
	const struct row *r;		/* with its record, and what was said */
};

/* d NULL: for writer_content and writer_keep, in a thread of its own. */
struct writer	*writer_new(struct db *d, struct err *err);
void		 writer_free(struct writer *w);		/* NULL allowed */

/* A hash over all that would be written: the same, nothing to write. */
int64_t		 writer_content(struct writer *w, const struct stored *s);

/*
 * kept - new entries on their way, of one arena, which has or gets all texts:
 * they are made rows by one thread, and put into the case by another, all of
 * one table with one statement.
 */
struct kept;
struct kept	*kept_new(struct arena *a);
void		 kept_reset(struct kept *k);	/* with the arena */
void		 kept_free(struct kept *k);		/* NULL allowed */
void		 writer_keep(struct writer *w, const struct stored *s,
		    struct kept *k);
int		 writer_put(struct writer *w, const struct kept *k,
		    struct err *err);

/* A new entry; or in the place of what the row had: no mark is touched. */
int	writer_add(struct writer *w, const struct stored *s, struct err *err);
int	writer_replace(struct writer *w, const struct stored *s,
	    struct err *err);
#endif
