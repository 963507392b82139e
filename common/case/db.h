#ifndef CASE_DB_H
#define CASE_DB_H
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * db - an SQLite file; only common/case/ includes this.
 *
 * A query is prepared once and used again.  Values are numbered from 1,
 * columns from 0.  Text given to a query must live until the next q_step
 * of it that returns 0 or -1, or q_reset; what a column gives lives until
 * its next step or reset.  Empty text is NULL, and NULL is empty text.
 *
 * Errors name the file and say what can be done.
 */
struct db;
struct query;
#define CASE_VALUE_MAX	(64 * 1024 * 1024) /* bytes; none of ours is near */

/* make: the file may be absent.  Nothing is written by opening. */
int	db_open(struct db **out, const char *path, bool write, bool make,
	    struct err *err);
void	db_close(struct db *d);				/* NULL allowed */

/*
 * From here on SQLite opens and removes files of this database through a
 * process beside ours, and no others at all, so that this one needs no right
 * to: base/sandbox.h.  Until db_released; one database at a time.
 */
int	db_confine(struct db *d, struct err *err);
void	db_released(void);

/*
 * Is there a log beside the file (or would one be made)?  db_settle takes
 * it into a file that is not open any more, so that the file is enough;
 * nothing happens while anybody else has it open, or where it cannot be.
 */
bool	db_has_log(struct db *d);
void	db_settle(const char *path);

/* Most of it is going to be read: the disk may begin. */
void	db_ahead(struct db *d);

int	db_run(struct db *d, const char *sql, struct err *err);	/* statements */
int64_t	db_int(struct db *d, const char *sql, int64_t fail);	/* one value */
int64_t	db_changes(struct db *d);	/* rows of the last statement */
bool	db_in_transaction(struct db *d);

struct query *db_query(struct db *d, const char *sql, struct err *err);
void	query_free(struct query *q);			/* NULL allowed */
void	q_text(struct query *q, int i, struct slice v);
void	q_blob(struct query *q, int i, struct slice v);
void	q_int(struct query *q, int i, int64_t v);
void	q_int_or_null(struct query *q, int i, int64_t v);	/* 0: NULL */
int	q_step(struct query *q, struct err *err);	/* 1; 0 end; -1 */
int	q_run(struct query *q, struct err *err);	/* to the end: 0, -1 */
void	q_reset(struct query *q);
int	q_columns(struct query *q);
struct slice q_col(struct query *q, int i);
int64_t	q_col_int(struct query *q, int i);
bool	q_col_null(struct query *q, int i);

/*
 * Rows for one statement: what is given is the table "given", c1, c2 and so on
 * its columns, until it is given others.  INSERT ... SELECT ... FROM given puts
 * many rows at a fraction of what a query for each would take.
 */
struct db_value {
	enum { DB_NULL, DB_INT, DB_TEXT, DB_BLOB } type;
	int64_t		 n;		/* an integer, or bytes of p */
	const char	*p;		/* borrowed */
};
#define GIVEN_COLUMNS	30

int	db_giving(struct db *d, struct err *err);	/* once, before */
void	db_give(struct db *d, const struct db_value *v, size_t columns,
	    size_t rows);

/*
 * Every case has two functions more than SQLite:
 *	fits(pattern, text)		1 when the shell pattern does; A-Z folded
 *	in_network(network, address)	1 when it is one of the network
 * NULL, or a text that is no address, is in none and fits nothing.
 */

/*
 * A query in somebody else's words: the text between head and tail.  It can
 * read and nothing else, takes no more than the seconds given, and an error
 * says where in the text it is.
 */
struct query *db_guarded(struct db *d, const char *head, const char *text,
	    const char *tail, unsigned seconds, struct err *err);
void	db_unguard(struct db *d);	/* when it has been freed */
#endif
